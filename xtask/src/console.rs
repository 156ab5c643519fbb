//! What people see: stdout is the result, stderr the conversation; colours only on a terminal, and never with `NO_COLOR`.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;
use testbed::Progress;

/// A line of the result. A closed pipe is not an error: the reader has seen enough.
pub(crate) fn result(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// How much of the conversation is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Volume {
    /// Errors alone.
    Quiet,
    /// What happens, in our words.
    #[default]
    Normal,
    /// And every line that other programs say.
    Verbose,
}

static VOLUME: OnceLock<Volume> = OnceLock::new();

/// Said once, by the command line.
pub(crate) fn set_volume(volume: Volume) {
    let _ = VOLUME.set(volume);
}

fn volume() -> Volume {
    VOLUME.get().copied().unwrap_or_default()
}

/// A line of the conversation.
pub(crate) fn say(text: &str) {
    if volume() != Volume::Quiet {
        complain(text);
    }
}

/// A line that is said at any volume: something is wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A line that another program says.
pub(crate) fn overhear(line: &str) {
    if volume() == Volume::Verbose {
        complain(&format!("      | {line}"));
    }
}

/// How far something long is, as the volume allows.
pub(crate) fn progress() -> Progress {
    if volume() == Volume::Quiet { Progress::silent() } else { Progress::auto() }
}

/// A line of the result in two parts, the second one hanging: on a terminal that is too narrow, words go on below where it began. Piped, it
/// is one line.
pub(crate) fn hanging(head: &str, text: &str) -> String {
    match terminal_size::terminal_size() {
        Some((terminal_size::Width(width), _)) if std::io::stdout().is_terminal() => {
            hang(head, text, usize::from(width))
        }
        _ => format!("{head}{text}").trim_end().to_owned(),
    }
}

/// A word that is longer than what is left of the width stays whole, and the terminal breaks it.
fn hang(head: &str, text: &str, width: usize) -> String {
    let indent = head.chars().count();
    let mut lines = vec![head.to_owned()];
    let mut used = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > indent && used + 1 + length > width {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        if let Some(line) = lines.last_mut() {
            if used > indent {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// A path as a shell takes it, short: below the home folder with a tilde.
pub(crate) fn short_path(path: &str) -> String {
    let home = std::env::var("HOME").unwrap_or_default();
    match path.strip_prefix(&home).filter(|_| !home.is_empty()) {
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        _ => path.to_owned(),
    }
}

/// A heading: what begins now.
pub(crate) fn heading(text: &str) {
    say(&paint(BOLD, text));
}

/// An error, already rendered; its first word is red.
pub(crate) fn error(text: &str) {
    match text.strip_prefix("error:") {
        Some(rest) => complain(&format!("{}{rest}", paint(RED, "error:"))),
        None => complain(text),
    }
}

/// `1.2 s`, `340 ms`, `2 min 5 s`: as precise as it is interesting.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

pub(crate) const BOLD: &str = "1";
pub(crate) const RED: &str = "1;31";
pub(crate) const GREEN: &str = "1;32";

/// A text of the conversation in a colour, where colours are wanted.
pub(crate) fn paint(colour: &str, text: &str) -> String {
    painted(colour, text, &std::io::stderr())
}

/// The same for the result: it may be in a file when the conversation is on a terminal.
pub(crate) fn paint_result(colour: &str, text: &str) -> String {
    painted(colour, text, &std::io::stdout())
}

fn painted(colour: &str, text: &str, stream: &impl IsTerminal) -> String {
    let wanted = stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hang_below_where_the_text_began() {
        assert_eq!(hang("rule  ", "one two three", 14), "rule  one two\n      three");
        assert_eq!(hang("rule  ", "one two three", 80), "rule  one two three");
        assert_eq!(hang("rule  ", "unbreakable", 10), "rule  unbreakable");
    }

    #[test]
    fn times_are_as_precise_as_they_are_interesting() {
        assert_eq!(elapsed(Duration::from_millis(340)), "340 ms");
        assert_eq!(elapsed(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
    }
}
