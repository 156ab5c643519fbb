//! The migration files: names, order, and what makes a folder of them unusable. The rules are pure ([`Migrations::from_entries`]);
//! [`discover`] is the thin half that reads folders.
//!
//! 1. A name is `^\d+_[a-z0-9_]+\.sql$`; the order is that of the numbers as integers.
//! 2. A number is taken once per phase; a base name is taken once in all, because the ledger keys on it.
//! 3. What does not end in `.sql` is not ours. What does, must satisfy 1: a file that is silently never run is a false green.

use crate::checksum::Checksum;
use crate::source::{Position, Span, position};
use contract::{Artefacts, Exit, Failure, Outcome, Phase};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One numbered SQL file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The folder it is in.
    pub phase: Phase,
    /// The number its name starts with.
    pub number: u32,
    /// The file name: `001_extensions.sql`.
    pub name: String,
    /// For people, relative to the artefacts' root: `db-init/001_extensions.sql`.
    pub path: String,
    /// The text.
    pub source: String,
    /// Over the normalised text.
    pub checksum: Checksum,
    /// Over the tokens: a comment-only edit leaves it as it is.
    pub tokens: Checksum,
}

impl Migration {
    /// One file of `phase`; the name must be well-formed ([`parse_name`]).
    pub fn new(phase: Phase, number: u32, name: impl Into<String>, source: impl Into<String>) -> Self {
        let (name, source) = (name.into(), source.into());
        Migration {
            phase,
            number,
            path: path_of(phase, &name),
            checksum: Checksum::of_source(&source),
            tokens: Checksum::of_tokens(&source),
            name,
            source,
        }
    }
}

/// All migrations of a release, in boot order: `pre` before `post`, each by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrations {
    all: Vec<Arc<Migration>>,
}

/// Something in the files that must be put right before anything runs. Data, so that `cargo xtask check` can list it as a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// Where in it, in bytes; `None` when it is about the file as a whole.
    pub span: Option<Span>,
    /// The same for people.
    pub position: Option<Position>,
    /// What is wrong: a sentence without its full stop.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn of_file(path: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Problem {
            path: path.into(),
            span: None,
            position: None,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// A problem at a place in `migration`.
    pub fn at(
        migration: &Migration,
        span: Span,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Problem {
            span: Some(span),
            position: Some(position(&migration.source, span.start)),
            ..Problem::of_file(migration.path.clone(), message, remedy)
        }
    }

    /// `path:line:column: message, remedy`
    pub fn render(&self) -> String {
        let place = self.position.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
        format!("{}{place}: {}; {}", self.path, self.message, self.remedy)
    }
}

impl Migrations {
    /// Sorts migrations that are already known to be well-formed, in tests for example.
    pub fn new(migrations: impl IntoIterator<Item = Migration>) -> Self {
        let mut all: Vec<_> = migrations.into_iter().map(Arc::new).collect();
        all.sort_by(|a, b| (a.phase, a.number, &a.name).cmp(&(b.phase, b.number, &b.name)));
        Migrations { all }
    }

    /// Builds the list from the entries of both folders, (phase, file name, content). What is unusable is left out and reported.
    pub fn from_entries(entries: impl IntoIterator<Item = (Phase, String, Vec<u8>)>) -> (Self, Vec<Problem>) {
        let entries = entries.into_iter();
        Migrations::from_files(entries.map(|(phase, name, content)| File {
            path: path_of(phase, &name),
            phase,
            name,
            content,
        }))
    }

    fn from_files(files: impl IntoIterator<Item = File>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut usable = Vec::new();
        for File { phase, path, name, content } in files {
            if !is_sql(&name) {
                continue;
            }
            match (parse_name(&name), text(&path, content)) {
                (Ok(number), Ok(source)) => {
                    usable.push(Migration { path, ..Migration::new(phase, number, name, source) });
                }
                (number, source) => {
                    problems.extend(number.err().map(|why| Problem::of_file(&path, why, NAME_REMEDY)));
                    problems.extend(source.err());
                }
            }
        }
        let migrations = Migrations::new(usable);
        problems.extend(migrations.collisions());
        problems.sort();
        (migrations, problems)
    }

    /// All, in boot order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Migration>> {
        self.all.iter()
    }

    /// Those of one phase, in order.
    pub fn of(&self, phase: Phase) -> impl DoubleEndedIterator<Item = &Arc<Migration>> {
        self.all.iter().filter(move |migration| migration.phase == phase)
    }

    /// The one with this file name, in whichever folder.
    pub fn find(&self, name: &str) -> Option<&Arc<Migration>> {
        self.all.iter().find(|migration| migration.name == name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Numbers taken twice in a phase, and base names taken in both.
    fn collisions(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut numbers: BTreeMap<(Phase, u32), &Migration> = BTreeMap::new();
        let mut names: BTreeMap<&str, &Migration> = BTreeMap::new();
        for migration in &self.all {
            if let Some(first) = numbers.insert((migration.phase, migration.number), migration) {
                problems.push(Problem::of_file(
                    &migration.path,
                    format!("number {} is taken by `{}`", migration.number, first.path),
                    "give one of the two the next free number",
                ));
            }
            if let Some(first) = names.insert(&migration.name, migration) {
                problems.push(Problem::of_file(
                    &migration.path,
                    format!("the ledger knows files by name, and this one is taken by `{}`", first.path),
                    "rename one of the two",
                ));
            }
        }
        problems
    }
}

/// The number in a migration's file name.
///
/// # Errors
/// What is wrong with the name, for people.
pub fn parse_name(name: &str) -> Result<u32, String> {
    let malformed = || format!("`{name}` is not a migration's name");
    let (digits, rest) = name.split_once('_').ok_or_else(malformed)?;
    let stem = rest.strip_suffix(".sql").ok_or_else(malformed)?;
    let is_stem =
        !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || !is_stem {
        return Err(malformed());
    }
    // The ledger's column is a Postgres integer.
    let number =
        digits.parse::<i32>().map_err(|_| format!("the number of `{name}` is larger than {}", i32::MAX))?;
    Ok(number.unsigned_abs())
}

/// A file as it was found.
struct File {
    phase: Phase,
    /// For people.
    path: String,
    name: String,
    content: Vec<u8>,
}

/// Reads both folders.
///
/// # Errors
/// Exit 2: a folder is missing or unreadable, or all [`Problem`]s of all files at once.
pub fn discover(artefacts: &Artefacts) -> Outcome<Migrations> {
    discover_in(Phase::ALL.map(|phase| (phase, artefacts.migrations(phase), phase.folder().to_owned())))
}

/// The same where the folders are elsewhere; the text is what each is called in messages.
///
/// # Errors
/// As [`discover`].
pub fn discover_in(folders: impl IntoIterator<Item = (Phase, PathBuf, String)>) -> Outcome<Migrations> {
    let mut files = Vec::new();
    for (phase, folder, called) in folders {
        files.extend(read_folder(&folder, phase, &called)?);
    }
    let (migrations, problems) = Migrations::from_files(files);
    refuse(problems)?;
    Ok(migrations)
}

/// Turns problems into one failure, exit 2, that lists them all.
///
/// # Errors
/// When there is at least one.
pub fn refuse(problems: Vec<Problem>) -> Outcome<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let count =
        if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
    let failure = Failure::new(format!("use the migrations: {count} in the files; nothing was touched"))
        .exit(Exit::Usage);
    Err(problems.iter().fold(failure, |failure, problem| failure.cause(problem.render())))
}

/// The `.sql` files of one folder.
///
/// # Errors
/// Exit 2 when the folder is missing or a file in it cannot be read.
fn read_folder(folder: &Path, phase: Phase, called: &str) -> Outcome<Vec<File>> {
    let touch = |what: String, error: std::io::Error| Failure::new(what).exit(Exit::Usage).cause(error);
    let listing = std::fs::read_dir(folder).map_err(|error| {
        touch(format!("read the folder `{}` of phase {phase}", folder.display()), error).hint(format!(
            "create {}/ (with a .gitkeep when it is empty), or say where it is with {}",
            phase.folder(),
            contract::env::ROOT
        ))
    })?;
    let mut files = Vec::new();
    for entry in listing {
        let entry = entry.map_err(|error| touch(format!("read the folder `{}`", folder.display()), error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_sql(&name) {
            let path = format!("{called}/{name}");
            let content = std::fs::read(entry.path())
                .map_err(|error| touch(format!("read migration `{path}`"), error))?;
            files.push(File { phase, path, name, content });
        }
    }
    Ok(files)
}

const NAME_REMEDY: &str = "name it NUMBER_words_in_lower_case.sql, for example 004_positions_hypertable.sql";

/// `.SQL` counts too: on a case-insensitive file system it is the same file.
fn is_sql(name: &str) -> bool {
    name.len() >= 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".sql")
}

fn path_of(phase: Phase, name: &str) -> String {
    format!("{}/{name}", phase.folder())
}

fn text(path: &str, content: Vec<u8>) -> Result<String, Problem> {
    let source = String::from_utf8(content).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let message = format!("byte {offset} is not UTF-8");
        Problem {
            span: Some(Span::new(offset, offset + 1)),
            ..Problem::of_file(path, message, "save the file as UTF-8")
        }
    })?;
    match source.find('\0') {
        None => Ok(source),
        Some(offset) => {
            let message = format!("byte {offset} is NUL, which Postgres cannot store (P12)");
            Err(Problem {
                span: Some(Span::new(offset, offset + 1)),
                position: Some(position(&source, offset)),
                ..Problem::of_file(path, message, "save the file as UTF-8 text")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(entries: &[(Phase, &str, &[u8])]) -> Vec<String> {
        let entries =
            entries.iter().map(|(phase, name, content)| (*phase, name.to_string(), content.to_vec()));
        Migrations::from_entries(entries).1.iter().map(Problem::render).collect()
    }

    #[test]
    fn names_are_numbers_and_lower_case_words() {
        assert_eq!(parse_name("001_extensions.sql"), Ok(1));
        assert_eq!(parse_name("20261123_a.sql"), Ok(20_261_123));
        for name in [
            "1.sql",
            "_a.sql",
            "a_1.sql",
            "001_A.sql",
            "001_a-b.sql",
            "001_.sql",
            "001-a.sql",
            " 1_a.sql",
            "+1_a.sql",
            "1_ë.sql",
        ] {
            assert!(parse_name(name).is_err(), "{name}");
        }
        assert!(parse_name("99999999999_a.sql").unwrap_err().contains("larger than"));
    }

    #[test]
    fn the_order_is_that_of_integers_and_pre_comes_first() {
        let entries = [(Phase::Post, "1_z.sql"), (Phase::Pre, "10_b.sql"), (Phase::Pre, "9_a.sql")];
        let (migrations, problems) =
            Migrations::from_entries(entries.map(|(phase, name)| (phase, name.to_owned(), Vec::new())));
        assert_eq!(problems, []);
        assert_eq!(
            migrations.iter().map(|m| m.path.as_str()).collect::<Vec<_>>(),
            ["db-init/9_a.sql", "db-init/10_b.sql", "db-init-post/1_z.sql"]
        );
    }

    #[test]
    fn what_is_not_sql_is_not_ours_and_an_empty_file_is_fine() {
        assert_eq!(
            problems(&[
                (Phase::Pre, "README.md", b"\xFF"),
                (Phase::Pre, ".gitkeep", b""),
                (Phase::Pre, "1_a.sql", b"")
            ]),
            [""; 0]
        );
    }

    #[test]
    fn a_number_taken_twice_names_both_files() {
        let found = problems(&[
            (Phase::Pre, "001_a.sql", b""),
            (Phase::Pre, "1_b.sql", b""),
            (Phase::Post, "1_c.sql", b""),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("`db-init/001_a.sql`") && found[0].starts_with("db-init/1_b.sql"),
            "{found:?}"
        );
    }

    #[test]
    fn a_name_in_both_folders_names_both_files() {
        let found = problems(&[(Phase::Pre, "001_a.sql", b""), (Phase::Post, "001_a.sql", b"")]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("`db-init/001_a.sql`") && found[0].starts_with("db-init-post/001_a.sql"),
            "{found:?}"
        );
    }

    #[test]
    fn every_problem_of_every_file_is_reported_at_once() {
        let found = problems(&[
            (Phase::Pre, "Extensions.sql", b""),
            (Phase::Pre, "002_b.SQL", b""),
            (Phase::Pre, "003_c.sql", b"SELECT '\xFF'"),
            (Phase::Post, "004_d.sql", b"a\nb\0"),
        ]);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("db-init-post/004_d.sql:2:2: byte 3 is NUL"), "{found:?}");
        assert!(found[2].starts_with("db-init/003_c.sql: byte 8 is not UTF-8"), "{found:?}");
    }

    #[test]
    fn a_missing_folder_is_a_failure_with_a_remedy() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let failure = discover(&Artefacts::at(folder.path())).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains("db-init"), "{}", failure.what);
        assert!(failure.hint.is_some());
    }
}
