//! Other programs: started, streamed, stopped. The only file that names duct.
//!
//! Every child dies with us, even after kill -9 (a parent-death signal), and an error names the program and shows its last lines;
//! duct's own errors do neither.

use contract::{Exit, Failure, Outcome, Variables};
use duct::{Expression, ReaderHandle};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many of a failed program's last lines an error shows.
const TAIL: usize = 40;

/// Where a program's environment comes from.
pub(crate) enum Env {
    /// Ours, and these on top.
    Inherited(Variables),
    /// These alone.
    Only(Variables),
}

/// A program that is running; its output is collected line by line. Dropped, it is killed.
pub(crate) struct Running {
    name: String,
    handle: Arc<ReaderHandle>,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// How a program ended, and what it said.
pub(crate) struct Ended {
    /// Its status.
    pub(crate) status: ExitStatus,
    /// Its output, both streams in order.
    pub(crate) lines: Vec<String>,
}

/// Starts a program; `each` sees every line of its output as it comes.
///
/// # Errors
/// When it cannot be started; the program is named.
pub(crate) fn start(
    program: &Path,
    arguments: &[&str],
    env: Env,
    each: impl Fn(&str) + Send + 'static,
) -> Outcome<Running> {
    begin(program, expression(program, arguments, env), each)
}

/// The same in a folder.
///
/// # Errors
/// As [`start`].
pub(crate) fn start_in(
    folder: &Path,
    program: &Path,
    arguments: &[&str],
    env: Env,
    each: impl Fn(&str) + Send + 'static,
) -> Outcome<Running> {
    begin(program, expression(program, arguments, env).dir(folder), each)
}

fn begin(program: &Path, expression: Expression, each: impl Fn(&str) + Send + 'static) -> Outcome<Running> {
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let handle = expression
        .reader()
        .map_err(|error| Failure::new(format!("start `{}`", program.display())).cause_chain(&error))?;
    let (handle, lines) = (Arc::new(handle), Arc::new(Mutex::new(Vec::new())));
    let reader = std::thread::spawn({
        let (handle, lines) = (handle.clone(), lines.clone());
        move || {
            let mut output = BufReader::new(&*handle);
            let mut bytes = Vec::new();
            while output.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                crate::console::overhear(&line);
                each(&line);
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                bytes.clear();
            }
        }
    });
    Ok(Running { name, handle, lines, reader: Some(reader) })
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, or ends with anything but 0; then with its exit code and its last lines.
pub(crate) fn run(
    what: &str,
    program: &Path,
    arguments: &[&str],
    env: Env,
    each: impl Fn(&str) + Send + 'static,
) -> Outcome<Vec<String>> {
    let ended = start(program, arguments, env, each)?.wait()?;
    if ended.status.success() { Ok(ended.lines) } else { Err(ended.failure(what)) }
}

/// Runs a program to its end and returns what it wrote to stdout, byte for byte.
///
/// # Errors
/// As [`run`]; what it wrote to stderr is shown.
pub(crate) fn output(what: &str, program: &Path, arguments: &[&str]) -> Outcome<Vec<u8>> {
    output_with(what, program, arguments, Env::Inherited(Variables::new()))
}

/// The same in an environment.
///
/// # Errors
/// As [`output`].
pub(crate) fn output_with(what: &str, program: &Path, arguments: &[&str], env: Env) -> Outcome<Vec<u8>> {
    let output = quiet(program, arguments, env)
        .stdout_capture()
        .stderr_capture()
        .run()
        .map_err(|error| Failure::new(format!("start `{}`", program.display())).cause_chain(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let lines = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
    Err(Ended { status: output.status, lines }.failure(what))
}

/// Runs a program to its end, its two streams apart: what it wrote to stdout is returned, and `each` sees its stderr as it comes, cut where
/// a line ends or is redrawn.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn apart(
    program: &Path,
    arguments: &[&str],
    env: Env,
    mut each: impl FnMut(&str) + Send,
) -> Outcome<(ExitStatus, Vec<u8>)> {
    let failed =
        |error: std::io::Error| Failure::new(format!("start `{}`", program.display())).cause_chain(&error);
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let expression = quiet(program, arguments, env).stdout_capture().stderr_file(writer);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let (mut reader, mut chunk, mut line) = (reader, [0; 4096], Vec::new());
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                for byte in &chunk[..count] {
                    if !matches!(byte, b'\r' | b'\n') {
                        line.push(*byte);
                        continue;
                    }
                    each(String::from_utf8_lossy(&line).trim_end());
                    line.clear();
                }
            }
            if !line.is_empty() {
                each(String::from_utf8_lossy(&line).trim_end());
            }
        });
        let output = expression.run();
        // It holds the end of the pipe that the thread waits for.
        drop(expression);
        output.map(|output| (output.status, output.stdout)).map_err(failed)
    })
}

/// The same, with bytes on its stdin, such as a secret, and its output kept for the error.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with_input(
    what: &str,
    program: &Path,
    arguments: &[&str],
    env: Env,
    input: &[u8],
) -> Outcome<()> {
    let expression = bare(program, arguments, env).stdin_bytes(input).stderr_to_stdout();
    let output = expression
        .stdout_capture()
        .run()
        .map_err(|error| Failure::new(format!("start `{}`", program.display())).cause_chain(&error))?;
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    let ended = Ended { status: output.status, lines };
    if ended.status.success() { Ok(()) } else { Err(ended.failure(what)) }
}

/// Both streams in order.
/// Starts a program whose output goes where ours goes, and which dies with the calling *thread*.
///
/// # Errors
/// When it cannot be started; the program is named.
pub(crate) fn attached(program: &Path, arguments: &[&str], all: Variables) -> Outcome<Child> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(all).stdin(Stdio::null());
    boot::bridge::die_with_parent(&mut command);
    command
        .spawn()
        .map_err(|error| Failure::new(format!("start `{}`", program.display())).cause_chain(&error))
}

/// Runs this program once more, for one of its other commands; what it says goes to stderr.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn own(arguments: &[&str], folder: &Path) -> Outcome<ExitStatus> {
    let failed = |error: std::io::Error| Failure::new("start `cargo xtask`").cause_chain(&error);
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(std::io::stderr());
    boot::bridge::die_with_parent(&mut command);
    command.status().map_err(failed)
}

/// Starts this program once more, to live on without us; what it says is appended to `log`.
///
/// # Errors
/// When it cannot be started, or the log cannot be written.
pub(crate) fn detached(arguments: &[&str], log: &Path) -> Outcome<Child> {
    let failed =
        |error: std::io::Error| Failure::new("start `cargo xtask` in the background").cause_chain(&error);
    let append = || std::fs::File::options().create(true).append(true).open(log);
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(arguments).stdin(Stdio::null());
    // In no folder that somebody may want to remove.
    command.current_dir("/").stdout(append().map_err(failed)?).stderr(append().map_err(failed)?);
    command.spawn().map_err(failed)
}

/// What a short program says, both streams, if it ends well within `within`.
pub(crate) fn said(program: &Path, arguments: &[&str], within: Duration) -> Option<String> {
    let running = start(program, arguments, Env::Inherited(Variables::new()), |_| {}).ok()?;
    let began = Instant::now();
    while running.ended().ok()?.is_none() {
        if began.elapsed() > within {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = running.wait().ok()?;
    ended.status.success().then(|| ended.lines.join("\n").trim().to_owned())
}

fn expression(program: &Path, arguments: &[&str], env: Env) -> Expression {
    quiet(program, arguments, env).stderr_to_stdout()
}

/// A program that reads nothing.
fn quiet(program: &Path, arguments: &[&str], env: Env) -> Expression {
    bare(program, arguments, env).stdin_null()
}

/// A program that dies with us. Of two redirections duct takes the inner one, so there is none yet.
fn bare(program: &Path, arguments: &[&str], env: Env) -> Expression {
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    // As a string: of a `Path` without a slash duct makes `./cargo`.
    let expression = duct::cmd(program.as_os_str(), arguments).unchecked().before_spawn(|command| {
        boot::bridge::die_with_parent(command);
        Ok(())
    });
    match env {
        Env::Inherited(more) => {
            more.into_iter().fold(expression, |expression, (name, value)| expression.env(name, value))
        }
        Env::Only(all) => expression.full_env(all),
    }
}

impl Running {
    /// What it said so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it holds in memory now: its resident set, without its children.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resident_bytes(&self) -> Outcome<u64> {
        let failed = || Failure::new(format!("read the memory of `{}`", self.name));
        let pid = self.handle.pids().first().copied().ok_or_else(failed)?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .map_err(|error| failed().cause_chain(&error))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.map(|kibibytes| kibibytes * 1024).ok_or_else(failed)
    }

    /// Whether it has ended, and how; never waits.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub(crate) fn ended(&self) -> Outcome<Option<ExitStatus>> {
        match self.handle.try_wait() {
            Ok(output) => Ok(output.map(|output| output.status)),
            Err(error) => Err(Failure::new(format!("wait for `{}`", self.name)).cause_chain(&error)),
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// As [`Running::ended`].
    pub(crate) fn wait(mut self) -> Outcome<Ended> {
        // The reader ends when the output does, and that is when the last process that holds it has ended.
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Ended { status, lines: self.lines() });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The same, but for a program that has ended, whose output somebody else may hold.
    ///
    /// # Errors
    /// When that is so, after `within`; and as [`Running::ended`].
    pub(crate) fn wait_for_output(self, within: Duration) -> Outcome<Ended> {
        let until = Instant::now() + within;
        while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) {
            if Instant::now() > until {
                return Err(Failure::new("read its output to the end")
                    .cause("it has ended, and something that it started still runs and holds its output"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.wait()
    }

    /// kill -9: the program gets no word in, and its children are on their own.
    pub(crate) fn kill_outright(&self) {
        for pid in self.handle.pids() {
            if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
                // An error means that it has just ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Sends SIGTERM and waits, bounded.
    ///
    /// # Errors
    /// When it has not ended within `within`; it is killed then.
    pub(crate) fn stop(self, within: Duration) -> Outcome<Ended> {
        for pid in self.handle.pids() {
            if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
                // An error means that it has just ended by itself.
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        let end = Instant::now() + within;
        while Instant::now() < end {
            if self.ended()?.is_some() {
                return self.wait();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Failure::new(format!(
            "stop `{}`: it did not end within {} s of SIGTERM",
            self.name,
            within.as_secs()
        )))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.handle.kill();
    }
}

impl Ended {
    /// The failure of a program that should have succeeded: its own exit code, and its last lines.
    pub(crate) fn failure(&self, what: &str) -> Failure {
        self.failure_with(what, TAIL)
    }

    /// The same with that many of its last lines.
    pub(crate) fn failure_with(&self, what: &str, most: usize) -> Failure {
        let (exit, how) = match (self.status.code(), self.status.signal()) {
            // Whoever asks for a failure did not get what it wanted: ended with 0, it still failed.
            (Some(code @ 1..=6), _) => {
                (Exit::Child(code.unsigned_abs().try_into().unwrap_or(1)), format!("exit code {code}"))
            }
            (Some(code), _) => (Exit::Failed, format!("exit code {code}")),
            (None, signal) => (Exit::Failed, format!("signal {}", signal.unwrap_or(0))),
        };
        let tail = &self.lines[self.lines.len().saturating_sub(most)..];
        let tail: Vec<String> = tail.iter().map(|line| format!("  | {line}")).collect();
        let failure = Failure::new(format!("{what}: {how}")).exit(exit);
        if tail.is_empty() { failure } else { failure.excerpt(tail.join("\n")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Outcome<Vec<String>> {
        run("try", Path::new("/bin/sh"), &["-c", script], Env::Only(Variables::new()), |_| {})
    }

    #[test]
    fn a_failed_program_is_shown_with_its_code_and_its_last_lines() {
        let failure = shell("echo out; echo err >&2; exit 4").unwrap_err();
        assert_eq!((failure.exit, failure.what.as_str()), (Exit::Child(4), "try: exit code 4"));
        assert_eq!(failure.excerpt.as_deref(), Some("  | out\n  | err"));
    }

    #[test]
    fn an_unwanted_end_is_never_a_success_whatever_its_code() {
        for (script, exit) in
            [("exit 0", Exit::Failed), ("exit 101", Exit::Failed), ("exit 5", Exit::Child(5))]
        {
            let running =
                start(Path::new("/bin/sh"), &["-c", script], Env::Only(Variables::new()), |_| {}).unwrap();
            assert_eq!(running.wait().unwrap().failure("serve").exit, exit, "{script}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure =
            run("try", Path::new("/nowhere/runner"), &[], Env::Only(Variables::new()), |_| {}).unwrap_err();
        assert_eq!(failure.what, "start `/nowhere/runner`");
    }

    #[test]
    fn a_secret_goes_by_stdin_and_what_a_failed_program_said_is_shown() {
        let run = |script: &str| {
            run_with_input(
                "try",
                Path::new("/bin/sh"),
                &["-c", script],
                Env::Only(Variables::new()),
                b"hunter2",
            )
        };
        assert_eq!(
            run("read -r word || true; test \"$word\" = hunter2 || { echo got nothing; exit 1; }"),
            Ok(())
        );
        assert_eq!(run("echo no >&2; exit 1").unwrap_err().excerpt.as_deref(), Some("  | no"));
    }

    #[test]
    fn the_environment_is_what_was_given() {
        let env = Env::Only(Variables::new().with("NAME", "value"));
        let lines = run("try", Path::new("/usr/bin/env"), &[], env, |_| {}).unwrap();
        assert_eq!(lines, ["NAME=value"]);
    }
}
