//! Runs one slow outside program: its output to a log, its progress to a step, its failure told with its own last words.

use crate::cache::{Workshop, touched};
use crate::{children, disk};
use contract::{Failure, Outcome};
use duct::Expression;
use std::fs::File;
use std::io::Read;
use std::time::Duration;

/// How many of the tool's last lines a failure shows.
pub(crate) const TAIL_LINES: usize = 15;
/// How often the log is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How many looks in a row at a full disk end the tool: five seconds.
const FULL_POLLS: u32 = 50;

/// One run of an outside program.
pub(crate) struct Tool<'a> {
    /// What it is for, naming the object: ``fetch Debian packages with `mmdebstrap` ``.
    pub(crate) what: String,
    /// The command or pipe, each command made by [`children::dying_with_us`]. What it writes to stderr goes to the log.
    pub(crate) expression: Expression,
    /// The programs it needs, so that a missing one is named.
    pub(crate) programs: &'a [&'a str],
}

/// Runs `tool` to its end. `watch` gets each line of its output.
///
/// # Errors
/// Exit 1: a program is missing, the disk is full, a server was out of reach, or the tool failed; always with the last lines
/// of its output and the path of the log.
pub(crate) fn run(tool: &Tool<'_>, workshop: &Workshop<'_>, watch: impl FnMut(&str)) -> Outcome<()> {
    run_and_look(tool, workshop, watch, || {})
}

/// The same for a tool that says too little: `look` is called every tenth of a second.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_and_look(
    tool: &Tool<'_>,
    workshop: &Workshop<'_>,
    mut watch: impl FnMut(&str),
    mut look: impl FnMut(),
) -> Outcome<()> {
    if let Some(missing) = tool.programs.iter().find(|program| children::find(program).is_none()) {
        return Err(Failure::new(&tool.what).cause(format!("`{missing}` is not installed")));
    }
    let open = |options: &mut std::fs::OpenOptions| {
        options.open(&workshop.log).map_err(|error| touched("open the log", &workshop.log, &error))
    };
    let mut log = open(File::options().read(true))?;
    let begin = log.metadata().map(|metadata| metadata.len()).unwrap_or(0);
    let sink = open(File::options().append(true))?;
    let handle = tool
        .expression
        .stdin_null()
        .stderr_file(sink)
        .unchecked()
        .start()
        .map_err(|error| Failure::new(&tool.what).cause_chain(&error))?;

    let mut lines = Lines::skipping(&mut log, begin);
    // npm, when the disk is full, cleans up and then complains of missing folders; so the disk is watched as well.
    // And it tries on for minutes: a disk that stays full ends it.
    let (mut was_full, mut full_polls) = (false, 0);
    let status = loop {
        let ended = handle.try_wait().map_err(|error| Failure::new(&tool.what).cause_chain(&error))?;
        let status = ended.map(|output| output.status);
        lines.read(&mut watch);
        full_polls = if disk::is_full(workshop.cache.dir()) { full_polls + 1 } else { 0 };
        was_full |= full_polls > 0;
        if let Some(status) = status {
            break status;
        }
        if full_polls == FULL_POLLS {
            handle.kill().map_err(|error| Failure::new(&tool.what).cause_chain(&error))?;
        }
        look();
        workshop.step.tick();
        std::thread::sleep(POLL);
    };
    if status.success() {
        return Ok(());
    }
    let failure = if was_full || is_disk_full(&lines.seen) {
        disk::full(&tool.what, workshop.cache.dir())
    } else {
        explain(&tool.what, &status.to_string(), &lines.seen)
    };
    let telling: String = lines.seen.split_inclusive('\n').filter(|line| !is_noise(line)).collect();
    let tail = indent(&tail(&telling, TAIL_LINES));
    Err(failure.excerpt(tail).cause(format!("the whole output is in `{}`", workshop.log.display())))
}

/// Turns a tool's output into a failure with a reason, where the output tells one.
fn explain(what: &str, status: &str, output: &str) -> Failure {
    match unreachable(output) {
        Some(line) => Failure::new(what)
            .cause(format!("a server could not be reached: {}", line.trim()))
            .hint("check the network and the proxy settings (http_proxy, https_proxy), then run it again"),
        None => Failure::new(what).cause(format!("it ended with {status}")),
    }
}

/// npm's warning that it runs on another Node than Directus will (it may), and its list of everything it asks for.
fn is_noise(line: &str) -> bool {
    line.starts_with("npm warn EBADENGINE")
        || line.starts_with("npm http fetch")
        || line.contains("user config \"nodedir\"")
}

/// The last `count` lines that are not blank.
pub(crate) fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A block below a failure's first line.
pub(crate) fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
}

fn is_disk_full(output: &str) -> bool {
    ["No space left on device", "ENOSPC", "You don't have enough free space"]
        .iter()
        .any(|sign| output.contains(sign))
}

/// The line that says which server could not be reached: the tool's verdict rather than one of its many tries.
fn unreachable(output: &str) -> Option<&str> {
    let is_verdict = |line: &&str| line.starts_with("E: ") || line.starts_with("npm error request");
    let lines = || output.lines().filter(|line| is_unreachable(line));
    lines().find(is_verdict).or_else(|| lines().next())
}

/// What apt and npm say when they cannot reach a server.
fn is_unreachable(line: &str) -> bool {
    const SIGNS: &[&str] = &[
        "Failed to fetch",
        "Temporary failure resolving",
        "Could not resolve",
        "Could not connect",
        "Unable to connect",
        "Connection refused",
        "Network is unreachable",
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ECONNRESET",
        "ETIMEDOUT",
        "ENETUNREACH",
        "ERR_SOCKET_TIMEOUT",
        "CERT_",
    ];
    SIGNS.iter().any(|sign| line.contains(sign))
}

/// Follows a growing log line by line.
struct Lines<'a> {
    log: &'a mut File,
    seen: String,
    told: usize,
}

impl<'a> Lines<'a> {
    fn skipping(log: &'a mut File, begin: u64) -> Self {
        use std::io::Seek;
        // A log that cannot be followed costs the progress, not the work.
        let _ = log.seek(std::io::SeekFrom::Start(begin));
        Lines { log, seen: String::new(), told: 0 }
    }

    fn read(&mut self, watch: &mut impl FnMut(&str)) {
        let mut bytes = Vec::new();
        if self.log.read_to_end(&mut bytes).is_err() {
            return;
        }
        self.seen.push_str(&String::from_utf8_lossy(&bytes));
        while let Some(end) = self.seen[self.told..].find('\n') {
            let line = self.seen[self.told..self.told + end].trim_end();
            watch(line);
            self.told += end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_other_failures() {
        assert!(is_disk_full("tar: ./usr/bin/x: Cannot write: No space left on device"));
        assert!(is_disk_full("npm error code ENOSPC"));
        assert!(!is_disk_full("npm error code ENOENT"));
    }

    #[test]
    fn an_unreachable_server_is_named_with_what_was_wanted_from_it() {
        let output = "  Temporary failure resolving 'a'\nE: Failed to fetch http://a/Release  Temporary failure resolving 'a'";
        let failure = explain("fetch packages", "exit status: 1", output);
        assert!(failure.causes[0].contains("http://a/Release"), "{failure:?}");
        assert!(failure.hint.unwrap().contains("proxy"));
        assert_eq!(
            explain("fetch packages", "exit status: 1", "E: broken").causes,
            ["it ended with exit status: 1"]
        );
    }

    #[test]
    fn a_tail_is_the_last_lines_that_say_something() {
        let output: String = (1..=40).map(|number| format!("line {number}\n\n")).collect();
        assert_eq!(tail(&output, 2), "line 39\nline 40");
        assert_eq!(indent("a\nb"), "  | a\n  | b");
    }
}
