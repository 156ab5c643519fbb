//! What is on this machine, what is missing for a dry run, and the command that gets it. Only looks.

use crate::console::{self, GREEN, RED, paint};
use crate::{dev, process};
use contract::{Exit, Outcome};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use testbed::needs::{self, Program};
use testbed::{Cache, DirectusInstall, PostgresRoot, disk};

/// Show what this machine has, what is missing, and the command that gets it.
///
/// It only looks: nothing is fetched or installed. What is optional never fails it; what a dry run would fetch by itself counts
/// as missing until it is there, because fetching takes minutes and a network.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask doctor
  cargo xtask doctor --json | jq -r '.rows[] | select(.state == \"missing\") | .get'

Exit codes:
  0 everything that a dry run needs is here   1 something is missing or too old")]
pub(crate) struct Args {
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// One thing that is here or not.
struct Row {
    what: String,
    /// What for.
    why: &'static str,
    state: State,
    version: String,
    place: String,
    /// The command that gets it.
    get: String,
    need: Need,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Missing,
    TooOld,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Needed,
    Optional,
}

/// How long a program may take to say its version; a Docker client waits for its daemon.
const PATIENCE: Duration = Duration::from_secs(5);
/// Since this one, npm reads lock files of version 3.
const NPM: &str = "7";
/// Since this one, bubblewrap has all that we ask of it.
const BUBBLEWRAP: &str = "0.4";

/// Looks at everything, then judges.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    let rows = rows(root)?;
    let lacking: Vec<&Row> = rows.iter().filter(|row| row.fails()).collect();
    if args.json {
        let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
        console::result(&format!("{:#}", json!({ "ready": lacking.is_empty(), "rows": rows })));
    } else {
        table(&rows).iter().for_each(|line| console::result(line));
    }
    if lacking.is_empty() {
        console::say(&paint(GREEN, "everything that a dry run needs is here"));
        return Ok(Exit::Done);
    }
    let names: Vec<&str> = lacking.iter().map(|row| row.what.as_str()).collect();
    console::complain(&paint(RED, &format!("not ready for a dry run: {}", names.join(", "))));
    Ok(Exit::Failed)
}

fn rows(root: &Path) -> Outcome<Vec<Row>> {
    let cache = Cache::open()?;
    let postgres = PostgresRoot::cached(&cache);
    let directus = DirectusInstall::cached(&cache, root)?;
    let mut rows = vec![rust(), target(), program(("gcc", "gcc"), "to build the runner", Need::Needed)];
    rows.extend(needs::RUN.iter().map(|each| program(*each, "to run Postgres", Need::Needed)));
    rows.push(check("namespaces", "to run Postgres", needs::namespaces(), Need::Needed));
    rows.push(part("Postgres", postgres.as_ref().map(|root| (root.version(), root.dir().to_owned()))));
    // What is fetched needs nothing to be fetched with.
    let need = if postgres.is_some() { Need::Optional } else { Need::Needed };
    let why = "to fetch Postgres";
    rows.extend(needs::FETCH_POSTGRES.iter().map(|each| program(*each, why, need)));
    if !testbed::is_root() {
        rows.extend(needs::FETCH_POSTGRES_AS_USER.iter().map(|each| program(*each, why, need)));
        rows.push(check("subordinate ids", why, needs::subordinate_ids(), need));
    }
    let install = directus.as_ref().map(|install| (Ok(install.version.clone()), install.dir.clone()));
    rows.push(part("Directus", install));
    rows.push(node(directus.as_ref()));
    let need = if directus.is_some() { Need::Optional } else { Need::Needed };
    rows.extend(needs::FETCH_DIRECTUS.iter().map(|each| program(*each, "to fetch Directus", need)));
    if postgres.is_none() || directus.is_none() {
        rows.push(space(&cache));
    }
    rows.push(program(("git", "git"), "for dry-run --from", Need::Optional));
    rows.extend(docker());
    rows.extend(needs::BROWSER.iter().map(|each| program(*each, "for the browser tests", Need::Optional)));
    rows.push(instance(root));
    Ok(rows)
}

impl Row {
    fn new(what: impl Into<String>, why: &'static str, need: Need) -> Row {
        let (version, place, get) = (String::new(), String::new(), String::new());
        Row { what: what.into(), why, state: State::Missing, version, place, get, need }
    }

    fn fails(&self) -> bool {
        self.need == Need::Needed && self.state != State::Ok
    }

    /// Here, in this version; too old when it is before `least`.
    fn found(mut self, said: &str, place: &Path, least: &str) -> Row {
        self.version = version(said);
        self.place = place.display().to_string();
        self.state = if is_before(&self.version, least) { State::TooOld } else { State::Ok };
        self
    }

    fn to_json(&self) -> Value {
        let text = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
        json!({
            "what": self.what, "for": self.why, "state": self.state.word(), "needed": self.need == Need::Needed,
            "version": text(&self.version), "where": text(&self.place),
            "get": if self.state == State::Ok { Value::Null } else { text(&self.get) },
        })
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Missing => "missing",
            State::TooOld => "too old",
        }
    }
}

fn program((name, package): Program, why: &'static str, need: Need) -> Row {
    let mut row = Row::new(name, why, need);
    row.get = format!("sudo apt-get install {package}");
    match testbed::find_program(name) {
        Some(path) => {
            let least = if name == "npm" { NPM } else { BUBBLEWRAP };
            let said = process::said(&path, &["--version"], PATIENCE).unwrap_or_default();
            row.found(&said, &path, if ["npm", "bwrap"].contains(&name) { least } else { "" })
        }
        None => row,
    }
}

fn rust() -> Row {
    let mut row = Row::new("Rust", "to build everything", Need::Needed);
    row.get = "rustup update; the version is pinned in rust-toolchain.toml".to_owned();
    let Some(path) = testbed::find_program("rustc") else { return row };
    let said = process::said(&path, &["--version"], PATIENCE).unwrap_or_default();
    row.found(&said, &path, env!("CARGO_PKG_RUST_VERSION"))
}

/// The runner is a static binary.
fn target() -> Row {
    let name = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let mut row = Row::new("Rust's static target", "to build the runner", Need::Needed);
    row.get = format!("rustup target add {name}");
    let sysroot = testbed::find_program("rustc")
        .and_then(|rustc| process::said(&rustc, &["--print", "sysroot"], PATIENCE))
        .map(|sysroot| PathBuf::from(sysroot).join("lib/rustlib").join(&name));
    match sysroot.filter(|folder| folder.join("lib").is_dir()) {
        Some(folder) => row.found("", &folder, ""),
        None => row,
    }
}

fn check(what: &str, why: &'static str, outcome: Outcome<()>, need: Need) -> Row {
    let mut row = Row::new(what, why, need);
    match outcome {
        Ok(()) => row.state = State::Ok,
        Err(failure) => {
            row.place = failure.causes.join(": ");
            row.get = failure.hint.unwrap_or_default();
        }
    }
    row
}

/// A part of the local engine, in the cache.
fn part(what: &str, found: Option<(Outcome<String>, PathBuf)>) -> Row {
    let mut row = Row::new(what, "the local engine", Need::Needed);
    row.get = "cargo xtask setup".to_owned();
    match found {
        Some((Ok(said), dir)) => row.found(&said, &dir, ""),
        Some((Err(failure), dir)) => {
            row.place = dir.display().to_string();
            row.get = failure.causes.join(": ");
            row
        }
        None => row,
    }
}

/// Directus' own, out of the cache; before that is there, npm runs on the machine's.
fn node(directus: Option<&DirectusInstall>) -> Row {
    let mut row = Row::new("node", "to run Directus", Need::Needed);
    row.get = "cargo xtask setup".to_owned();
    let Some(install) = directus else { return row };
    match process::said(&install.node, &["--version"], PATIENCE) {
        Some(said) => row.found(&said, &install.node, "22"),
        None => row,
    }
}

fn space(cache: &Cache) -> Row {
    let mut row = Row::new("free space", "to fetch what is missing", Need::Needed);
    row.place = cache.dir().display().to_string();
    let needed = disk::human(needs::FETCH_BYTES);
    row.get = format!("free {needed}, or set {} to a folder on a larger disk", testbed::cache::DIR_VARIABLE);
    // A file system that does not tell is taken to have enough.
    let free = disk::free_bytes(cache.dir()).unwrap_or(u64::MAX);
    row.version = disk::human(free);
    row.state = if free < needs::FETCH_BYTES { State::Missing } else { State::Ok };
    row
}

/// The client answers only when its daemon does.
fn docker() -> [Row; 2] {
    let questions: [(&str, &[&str]); 2] = [
        ("docker daemon", &["version", "--format", "{{.Server.Version}}"]),
        ("docker compose", &["compose", "version", "--short"]),
    ];
    questions.map(|(what, question)| {
        let mut row = Row::new(what, "for images", Need::Optional);
        row.get = "https://docs.docker.com/engine/install/".to_owned();
        let Some(path) = testbed::find_program("docker") else { return row };
        match process::said(&path, question, PATIENCE) {
            Some(said) => row.found(&said, &path, ""),
            None => Row { place: format!("{}: no answer", path.display()), ..row },
        }
    })
}

/// What `up` runs for this checkout.
fn instance(root: &Path) -> Row {
    let mut row = Row::new("this checkout's Directus", "to click in", Need::Optional);
    row.get = "cargo xtask up".to_owned();
    match dev::environment(root) {
        Some(environment) => {
            row.place = environment.get(contract::env::DIRECTUS_URL).unwrap_or_default().to_owned();
            row.state = State::Ok;
            row
        }
        None => row,
    }
}

/// The first word of `said` that is a version: `bubblewrap 0.8.0` is `0.8.0`. Nothing when there is none.
fn version(said: &str) -> String {
    let mut words = said.split(|character: char| character.is_whitespace() || "(),v".contains(character));
    let is_version =
        |word: &&str| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.');
    words.find(is_version).unwrap_or_default().to_owned()
}

/// Whether `version` comes before `least`, number by number; what says no version is taken to be new enough.
fn is_before(version: &str, least: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|character: char| !character.is_ascii_digit())
            .map_while(|part| part.parse().ok())
            .collect()
    };
    !least.is_empty() && !numbers(version).is_empty() && numbers(version) < numbers(least)
}

/// One aligned line for each.
fn table(rows: &[Row]) -> Vec<String> {
    let width = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (what, version) = (width(|row| &row.what), width(|row| &row.version));
    let line = |row: &Row| {
        let state = match (row.state, row.need) {
            (State::Ok, _) => "ok",
            (_, Need::Optional) => "–",
            (state, Need::Needed) => state.word(),
        };
        let place = match (row.state, row.place.as_str()) {
            (State::Ok, place) => place.to_owned(),
            (_, "") => format!("{}: {}", row.why, row.get),
            (_, place) => format!("{place}; {}: {}", row.why, row.get),
        };
        let head = format!("{state:<8} {:<what$}  {:<version$}  ", row.what, row.version);
        console::hanging(&head, &console::short_path(&place))
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_programs_say_of_themselves() {
        for (said, expected) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", "1.95.0"),
            ("bubblewrap 0.8.0", "0.8.0"),
            ("v22.23.3", "22.23.3"),
            ("postgres (PostgreSQL) 17.12 (Debian 17.12-1)", "17.12"),
            ("9.2.0", "9.2.0"),
            ("unshare from util-linux 2.38.1", "2.38.1"),
            ("GNU Make 4.3", "4.3"),
            (
                "chromium: 9: [: 25274986496: unexpected operator\nChromium 156.0.8078.79 built on Debian",
                "156.0.8078.79",
            ),
            ("nothing of the kind", ""),
        ] {
            assert_eq!(version(said), expected, "{said}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_before("1.94.1", "1.95") && is_before("6.14.15", "7") && is_before("0.3.1", "0.4"));
        assert!(!is_before("1.95.0", "1.95") && !is_before("10.2", "9.9") && !is_before("0.8.0", "0.4"));
        assert!(!is_before("", "7") && !is_before("unknown", "7") && !is_before("1", ""));
    }

    #[test]
    fn what_is_optional_never_fails_and_says_what_it_would_be_for() {
        let missing = |need| Row { get: "sudo apt-get install x".to_owned(), ..Row::new("x", "for y", need) };
        assert!(missing(Need::Needed).fails() && !missing(Need::Optional).fails());
        assert!(!missing(Need::Needed).found("x 1.0", Path::new("/bin/x"), "").fails());
        assert!(missing(Need::Needed).found("x 1.0", Path::new("/bin/x"), "2").fails());
        let rows = [missing(Need::Needed), missing(Need::Optional)];
        assert_eq!(
            table(&rows),
            ["missing  x    for y: sudo apt-get install x", "–        x    for y: sudo apt-get install x"]
        );
    }
}
