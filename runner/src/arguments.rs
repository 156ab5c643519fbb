//! The command line: one word, and a flag or two. Small enough to need no parser in the image.

use contract::{Exit, Failure, Outcome};

/// What the runner is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Prepare the database, then serve.
    Start,
    /// Prepare the database, then end.
    Prepare,
    /// Say what a boot would do.
    Plan(Output),
    /// Say what the database is.
    Status(Output),
    /// Say whether Directus serves.
    Healthcheck {
        /// Preparing counts as well.
        live: bool,
    },
    /// Say what schema the database has.
    Snapshot,
    /// Say what the database has, as `snapshots/database.txt` would.
    Catalog,
    /// Say whether the image is what this runner expects.
    ImageCheck {
        /// As JSON.
        json: bool,
    },
    /// Print a text.
    Help(&'static str),
    /// Print the version.
    Version,
}

/// How a command that only reads answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    /// As JSON.
    pub(crate) json: bool,
    /// Exit 3 when there is something to do.
    pub(crate) check: bool,
}

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Brings the database to what this release says, then runs Directus.

Usage: runner [COMMAND]

Commands:
  start        prepare the database, then serve (default)
  prepare      prepare the database, then end: for an init container or a job
  plan         say what a boot would do, and why; change nothing
  status       say what the database is: releases, drift, lock, versions
  healthcheck  say whether Directus serves, still prepares, or is down
  snapshot     print the live Directus schema as JSON
  catalog      print what the database has, as snapshots/database.txt would
  image-check  say whether the image is what this runner expects: a step of its build

Options:
  --help       this text, or a command's own: runner plan --help
  --version    the runner's version

Environment: Directus' own (DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD, DB_SSL__…, DB_CONNECTION_STRING, each also as
NAME_FILE; ADMIN_EMAIL and ADMIN_PASSWORD for the first boot), and
  RUNNER_ROOT               folder of the release's artefacts             /directus
  RUNNER_DIRECTUS           folder that holds Directus                    /directus
  RUNNER_PRELINKED          folder of the prelinked Directus, or `off`    prelinked, in the one above
  RUNNER_NODE               the Node 22 program                           node
  RUNNER_DB_WAIT_S          seconds to wait for the database              60
  RUNNER_LOCK_WAIT_S        seconds to wait for another boot              600
  RUNNER_STOP_WAIT_S        seconds Directus may take to stop             8
  RUNNER_DIRECTUS_WAIT_S    seconds one step of Directus may take         900
  RUNNER_HEALTH_WAIT_S      seconds a health check waits for an answer    5
  RUNNER_FAST               off: take all steps at every boot             on
  RUNNER_QUICK_APPLY        off: Directus' own apply, however long        on
  RUNNER_CATALOG            off: not proved by snapshots/database.txt     on
  RUNNER_ON_DRIFT           repair, refuse or ignore                      repair
  RUNNER_ALLOW_DESTRUCTIVE  RELEASE:name,name: what may be lost           nothing
  RUNNER_ROLLBACK           RELEASE: take the schema back to it
  RUNNER_COMMIT             HASH@SECONDS: the commit of the image         none
  RUNNER_LOG                text or json                                  text

Exit codes: 0 done, 1 a step failed, 2 usage or configuration, 3 something to do (--check), 4 refused, 5 database not
reachable in time, 6 lock not obtained in time, 128+n ended by signal n; while serving, Directus' own.";

const PLAN: &str = "\
Say what a boot would do, and why. Takes no lock, starts no Node, changes nothing.

Usage: runner plan [--json] [--check]

  --json   the plan as JSON
  --check  exit 3 when the boot would take steps

Example: docker run --rm --env-file prod.env IMAGE plan --check";

const STATUS: &str = "\
Say what the database is: recorded releases, what the next boot would do, drift, who holds the lock, versions.

Usage: runner status [--json] [--check]

  --json   as JSON
  --check  exit 3 unless a boot would find nothing to do, and nobody is at work

Example: kubectl exec deploy/directus -- runner status";

const HEALTHCHECK: &str = "\
Say whether this container's Directus serves: exit 0, else exit 1 with `preparing: …` or `down: …`.
It asks /server/ping and not /server/health, which also judges database and storage: restarting Directus mends neither.

Usage: runner healthcheck [--live]

  --live  preparing is exit 0 too: for a liveness probe, so that a long migration is not killed

Example: HEALTHCHECK --start-period=60s CMD [\"runner\", \"healthcheck\"]";

const SNAPSHOT: &str = "\
Print the live Directus schema as JSON, as Directus itself would write it into a snapshot. Its log goes to stderr.

Usage: runner snapshot

Example: docker exec directus runner snapshot > live.json";

const CATALOG: &str = "\
Print what the database has, as snapshots/database.txt would: one object a line. Takes no lock, starts no Node, changes nothing.

Usage: runner catalog

Example: runner catalog | diff /directus/snapshots/database.txt -";

const IMAGE_CHECK: &str = "\
Say whether the image is what this runner expects: Node and Directus of the pinned versions, every module that the bridge takes, all system
migrations, a user that is not root and may write uploads but none of the artefacts. Asks no database. Exit 3 with what is not so.

Usage: runner image-check [--json]

  --json  what the image holds, as JSON

Example: RUN [\"runner\", \"image-check\"]";

/// Reads the arguments.
///
/// # Errors
/// Exit 2 for anything else than the words above.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Outcome<Command> {
    let arguments: Vec<String> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (first, flags) = words.split_first().map_or(("start", &[][..]), |(first, rest)| (*first, rest));
    let wants_help = flags.iter().any(|flag| ["--help", "-h"].contains(flag));
    match first {
        "--help" | "-h" | "help" => none(flags, Command::Help(USAGE)),
        "--version" | "-V" => none(flags, Command::Version),
        "start" | "prepare" if wants_help => Ok(Command::Help(USAGE)),
        "start" => none(flags, Command::Start),
        "prepare" => none(flags, Command::Prepare),
        "plan" if wants_help => Ok(Command::Help(PLAN)),
        "plan" => output(flags).map(Command::Plan),
        "status" if wants_help => Ok(Command::Help(STATUS)),
        "status" => output(flags).map(Command::Status),
        "healthcheck" if wants_help => Ok(Command::Help(HEALTHCHECK)),
        "healthcheck" => match flags {
            [] => Ok(Command::Healthcheck { live: false }),
            ["--live"] => Ok(Command::Healthcheck { live: true }),
            [other, ..] => Err(unknown(other)),
        },
        "snapshot" if wants_help => Ok(Command::Help(SNAPSHOT)),
        "snapshot" => none(flags, Command::Snapshot),
        "catalog" if wants_help => Ok(Command::Help(CATALOG)),
        "catalog" => none(flags, Command::Catalog),
        "image-check" if wants_help => Ok(Command::Help(IMAGE_CHECK)),
        "image-check" => match flags {
            [] => Ok(Command::ImageCheck { json: false }),
            ["--json"] => Ok(Command::ImageCheck { json: true }),
            [other, ..] => Err(unknown(other)),
        },
        other => Err(unknown(other)),
    }
}

fn none(flags: &[&str], command: Command) -> Outcome<Command> {
    flags.first().map_or(Ok(command), |flag| Err(unknown(flag)))
}

fn output(flags: &[&str]) -> Outcome<Output> {
    let mut output = Output::default();
    for flag in flags {
        match *flag {
            "--json" => output.json = true,
            "--check" => output.check = true,
            other => return Err(unknown(other)),
        }
    }
    Ok(output)
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
    fn the_help_names_every_knob() {
        for knob in contract::env::KNOBS {
            assert!(USAGE.contains(&format!("  {knob} ")), "{knob}");
        }
    }

    #[test]
    fn flags_belong_to_their_command() {
        assert_eq!(
            parsed(&["plan", "--check", "--json"]),
            Ok(Command::Plan(Output { json: true, check: true }))
        );
        assert_eq!(parsed(&["healthcheck", "--live"]), Ok(Command::Healthcheck { live: true }));
        assert_eq!(parsed(&["status", "--help"]), Ok(Command::Help(STATUS)));
        assert_eq!(parsed(&["image-check", "--json"]), Ok(Command::ImageCheck { json: true }));
    }

    #[test]
    fn anything_unknown_is_a_usage_error() {
        for words in [&["serve"][..], &["start", "--fast"], &["plan", "--live"], &["healthcheck", "--json"]] {
            assert_eq!(parsed(words).unwrap_err().exit, Exit::Usage);
        }
    }
}
