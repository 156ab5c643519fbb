//! The command line: one word. Small enough to need no parser in the image.

use contract::{Exit, Failure, Outcome};

/// What the runner is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Prepare the database, then serve.
    Start,
    /// Prepare the database, then end.
    Prepare,
    /// Say what a boot would do.
    Plan,
    /// Print the usage.
    Help,
    /// Print the version.
    Version,
}

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Brings the database to what this release says, then runs Directus.

Usage: runner [COMMAND]

Commands:
  start      prepare the database, then serve (default)
  prepare    prepare the database, then end: for an init container or a job
  plan       say what a boot would do, and why; change nothing

Options:
  --help     this text
  --version  the runner's version

Environment: Directus' own (DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD, DB_SSL__…, DB_CONNECTION_STRING, each also as
NAME_FILE; ADMIN_EMAIL and ADMIN_PASSWORD for the first boot), and
  RUNNER_ROOT         folder of the release's artefacts        /directus
  RUNNER_DIRECTUS     folder that holds Directus               /directus
  RUNNER_NODE         the Node 22 program                      node
  RUNNER_DB_WAIT_S    seconds to wait for the database         60
  RUNNER_LOCK_WAIT_S  seconds to wait for another boot         600
  RUNNER_STOP_WAIT_S  seconds Directus may take to stop        8

Exit codes: 0 done, 1 a step failed, 2 usage or configuration, 4 refused, 5 database not reachable in time,
6 lock not obtained in time, 128+n ended by signal n; while serving, Directus' own.";

/// Reads the arguments.
///
/// # Errors
/// Exit 2 for anything else than the words above.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Outcome<Command> {
    let command = match arguments.next().as_deref() {
        None | Some("start") => Command::Start,
        Some("prepare") => Command::Prepare,
        Some("plan") => Command::Plan,
        Some("--help" | "-h" | "help") => Command::Help,
        Some("--version" | "-V") => Command::Version,
        Some(other) => return Err(unknown(other)),
    };
    match arguments.next() {
        None => Ok(command),
        Some(more) => Err(unknown(&more)),
    }
}

fn unknown(argument: &str) -> Failure {
    Failure::new(format!("understand the argument `{argument}`")).exit(Exit::Usage).hint("runner --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Outcome<Command> {
        parse(words.iter().map(ToString::to_string))
    }

    #[test]
    fn start_is_the_default() {
        assert_eq!(parsed(&[]), Ok(Command::Start));
        assert_eq!(parsed(&["prepare"]), Ok(Command::Prepare));
    }

    #[test]
    fn anything_unknown_is_a_usage_error() {
        for words in [&["serve"][..], &["start", "--fast"]] {
            assert_eq!(parsed(words).unwrap_err().exit, Exit::Usage);
        }
    }
}
