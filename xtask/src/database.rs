//! `snapshots/database.txt` in a checkout: read, judged against the files that it was made of, compared with a database, and written.
//! All but reading and writing is pure.

use crate::ending::Undoing;
use crate::files;
use anyhow::Result;
use boot::release;
use catalog::{Catalog, Class, Drift, File, Line, Origin};
use contract::artefacts::{CATALOG, SNAPSHOT};
use contract::{Artefacts, Exit, Failure, Outcome};
use migrations::Migrations;
use std::path::Path;

/// The command that writes it.
pub(crate) const WRITE: &str = "cargo xtask dry-run --write";

/// The checkout's; an empty one where there is none yet.
///
/// # Errors
/// Exit 2 when it cannot be read, with its line.
pub(crate) fn read(root: &Path) -> Outcome<File> {
    let Some(text) = text(root)? else { return Ok(File::default()) };
    File::parse(&text).map_err(|wrong| {
        Failure::new(format!("read `{CATALOG}:{}`: {}", wrong.line, wrong.message))
            .exit(Exit::Usage)
            .hint(format!("never edit it; write it again: {WRITE}"))
    })
}

/// Its text, if there is one.
///
/// # Errors
/// When it is there and cannot be read.
pub(crate) fn text(root: &Path) -> Outcome<Option<String>> {
    match std::fs::read_to_string(root.join(CATALOG)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(format!("read `{CATALOG}`")).exit(Exit::Usage).cause(error)),
    }
}

/// The file without its lines and origins: what people wrote into it.
fn exceptions(text: &str) -> File {
    let own = text.lines().filter(|line| line.starts_with("# except "));
    let own: String = own.map(|line| format!("{line}\n")).collect();
    File::parse(&own).unwrap_or_default()
}

/// What it has to say that it was made of.
pub(crate) fn origins(migrations: &Migrations, snapshot: Option<&str>) -> Vec<Origin> {
    let snapshot =
        snapshot.map(|text| Origin { path: SNAPSHOT.to_owned(), checksum: release::checksum(text) });
    migrations.iter().map(release::origin).chain(snapshot).collect()
}

/// The files that are not what it was made of, each with what became of it.
pub(crate) fn stale(file: &File, now: &[Origin]) -> Vec<String> {
    let before = |path: &str| file.origins.iter().find(|each| each.path == path);
    let is_now = |path: &str| now.iter().any(|each| each.path == path);
    let other = now.iter().filter_map(|each| match before(&each.path) {
        None => Some(format!("`{}` is new", each.path)),
        Some(before) if before.checksum != each.checksum => Some(format!("`{}` changed", each.path)),
        Some(_) => None,
    });
    let gone = file.origins.iter().filter(|each| !is_now(&each.path));
    other.chain(gone.map(|each| format!("`{}` is gone", each.path))).collect()
}

/// Why no boot of these very files can be proved by the file, if none can.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn unusable(root: &Path) -> Outcome<Option<String>> {
    let Some(text) = text(root)? else { return Ok(Some("it is missing".to_owned())) };
    let file = match File::parse(&text) {
        Ok(file) => file,
        Err(wrong) => return Ok(Some(format!("line {}: {}", wrong.line, wrong.message))),
    };
    let stale = stale(&file, &origins_of(root)?);
    Ok((!stale.is_empty()).then(|| stale.join(", ")))
}

/// What the files of the checkout are.
fn origins_of(root: &Path) -> Outcome<Vec<Origin>> {
    let snapshot = std::fs::read_to_string(root.join(SNAPSHOT)).ok();
    Ok(origins(&migrations::file::discover(&Artefacts::at(root))?, snapshot.as_deref()))
}

/// What a boot of these files made on an empty database, beside what the file says of it.
pub(crate) struct Attempt {
    /// The file's text, if there is one.
    text: Option<String>,
    /// What the text says; without its lines where they cannot be read.
    file: Result<File, String>,
    /// What it has to say.
    wanted: File,
    /// How that differs, as `-`, `~` and `+`.
    pub(crate) differences: Vec<String>,
    /// The exceptions that cover nothing.
    idle: Vec<String>,
}

impl Attempt {
    /// Of `made`, all that is in the database now; `before` was in it before the boot. That is nobody's news, and is written only where
    /// the file names it already: a server may give every new database some extensions.
    pub(crate) fn new(text: Option<String>, made: File, before: &Catalog) -> Attempt {
        let read = text.as_deref().map(File::parse).unwrap_or_else(|| Ok(File::default()));
        let file = read.map_err(|wrong| format!("{CATALOG}:{}: {}", wrong.line, wrong.message));
        // What people wrote into it stays, also where the rest cannot be read.
        let kept = file.clone().unwrap_or_else(|_| exceptions(text.as_deref().unwrap_or_default()));
        let is_idle = |each: &&catalog::Exception| !made.catalog.lines().any(|line| each.covers(line));
        let idle = kept.exceptions.iter().filter(is_idle).map(ToString::to_string).collect();
        let catalog = kept.of(&made.catalog).retain(|line| !before.has(line) || kept.catalog.has(line));
        let drift = kept.catalog.drift(&catalog);
        let mut more: Vec<&Line> = drift.added.iter().chain(&drift.unmanaged).collect();
        more.sort();
        let known = Drift { added: Vec::new(), ..drift.clone() };
        let more = more.into_iter().map(|line| format!("+ {line}"));
        let differences = known.render().into_iter().chain(more).collect();
        let wanted = File { origins: made.origins, exceptions: kept.exceptions, catalog };
        Attempt { text, file, wanted, differences, idle }
    }

    /// Whether the file is what it has to be, to the letter.
    fn is_settled(&self) -> bool {
        self.text.as_deref().is_some_and(|text| text.replace("\r\n", "\n") == self.wanted.to_text())
    }

    /// Writes the file, and says whether that was necessary.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, root: &Path) -> Result<bool> {
        if !self.is_settled() {
            files::replace(&root.join(CATALOG), &self.wanted.to_text())?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Every exception covers something.
    ///
    /// # Errors
    /// Exit 3 with those that do not.
    pub(crate) fn require_no_idle_exception(&self) -> Outcome<()> {
        if self.idle.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!("read the exceptions in {CATALOG}: they cover nothing"))
            .exit(Exit::Differences)
            .excerpt(indented(&self.idle))
            .hint(format!("take them out of its header, or correct the names, and then {WRITE}")))
    }

    /// The file says what was made.
    ///
    /// # Errors
    /// Exit 3 with the differences, and the command that accepts them.
    pub(crate) fn require_same(&self) -> Outcome<()> {
        let differ = |what: String| Failure::new(what).exit(Exit::Differences);
        if self.text.is_none() {
            return Err(
                differ(format!("compare the database with {CATALOG}: the file is missing")).hint(WRITE)
            );
        }
        let file = match &self.file {
            Err(wrong) => {
                return Err(
                    differ(format!("read {wrong}")).hint(format!("never edit it; write it again: {WRITE}"))
                );
            }
            Ok(file) => file,
        };
        if !self.differences.is_empty() {
            return Err(differ(format!("compare the database with {CATALOG}: the files make another one"))
                .excerpt(indented(&self.differences))
                .hint(format!("if that is what they are to make, accept it: {WRITE}")));
        }
        if self.is_settled() {
            return Ok(());
        }
        let mut stale = stale(file, &self.wanted.origins);
        if stale.is_empty() {
            stale.push("it was edited".to_owned());
        }
        Err(differ(format!("compare the database with {CATALOG}: its lines are right, its header is old"))
            .cause(stale.join(", "))
            .hint(WRITE))
    }
}

/// Gives the file the header of these very files, and leaves its lines: an image of an older header is not built.
///
/// # Errors
/// When a file cannot be read or written.
fn write_header(root: &Path) -> Result<()> {
    let text = text(root)?.unwrap_or_default();
    let kept = File::parse(&text).unwrap_or_else(|_| exceptions(&text));
    let file = File { origins: origins_of(root)?, ..kept };
    files::replace(&root.join(CATALOG), &file.to_text())
}

/// The same until it is dismissed.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn renew_header(root: &Path) -> Result<Undoing> {
    let (path, before) = (root.join(CATALOG), text(root)?);
    let undoing = Undoing::new(move || {
        let _ = match before {
            Some(text) => std::fs::write(&path, text),
            None => std::fs::remove_file(&path),
        };
    });
    write_header(root)?;
    Ok(undoing)
}

pub(crate) fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Of the file's lines, those that must be in a database where everything ran but the migrations in `waits` (their texts: whatever one
/// names may come with it). Managed tables come with Directus; without them, nothing that hangs on one is there.
pub(crate) fn provable(file: &Catalog, live: &Catalog, waits: &[&str]) -> Catalog {
    let is_managed =
        |table: &str| file.find("table", table).is_some_and(|line| line.class() == Class::Managed);
    let is_there = |table: &str| !is_managed(table) || live.find("table", table).is_some();
    let is_provable = |line: &Line| {
        let target = line.definition().split_once(" REFERENCES public.").map(|(_, rest)| rest);
        let target = target.and_then(|rest| rest.split_once('(')).map(|(name, _)| name);
        line.class() == Class::DbOnly
            && is_there(line.table())
            && target.is_none_or(is_there)
            && !waits.iter().any(|text| mentions(text, line.own_name()) || mentions(text, line.table()))
    };
    file.clone().retain(is_provable)
}

/// The migration that names it first: a hint, no more.
pub(crate) fn named_in<'a>(migrations: &'a Migrations, name: &str) -> Option<&'a str> {
    migrations.iter().find(|each| mentions(&each.source, name)).map(|each| each.path.as_str())
}

/// Whether `name` is one of the words of `text`.
fn mentions(text: &str, name: &str) -> bool {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let mut found = text.match_indices(name);
    found.any(|(at, _)| {
        is_apart(text[..at].chars().next_back()) && is_apart(text[at + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> File {
        File::parse(text).unwrap()
    }

    fn attempt(text: Option<&str>, made: &str, before: &str) -> Attempt {
        Attempt::new(text.map(str::to_owned), of(made), &of(before).catalog)
    }

    const MADE: &str = "\
# of 1  db-init/001_a.sql
[managed]
column entries.id: uuid not null
table entries
[migrations]
extension timescaledb
index entries.by_hand: CREATE INDEX by_hand ON public.entries USING btree (id)
table positions_2026_11
";

    #[test]
    fn every_difference_has_its_line_in_both_directions() {
        let file = "[managed]\ncolumn entries.id: uuid\ntable entries\n[migrations]\ntable gone\n";
        let attempt = attempt(Some(file), MADE, "");
        assert_eq!(
            attempt.differences,
            [
                "- table gone",
                "~ column entries.id: uuid → uuid not null",
                "+ index entries.by_hand: CREATE INDEX by_hand ON public.entries USING btree (id)",
                "+ table positions_2026_11",
                "+ extension timescaledb",
            ]
        );
        let failure = attempt.require_same().unwrap_err();
        assert_eq!(
            (failure.exit, failure.hint.as_deref()),
            (
                Exit::Differences,
                Some("if that is what they are to make, accept it: cargo xtask dry-run --write")
            )
        );
    }

    #[test]
    fn what_was_there_before_is_written_only_where_the_file_names_it() {
        let before = "[migrations]\nextension timescaledb\n";
        assert!(!attempt(None, MADE, before).wanted.to_text().contains("timescaledb"));
        assert!(attempt(Some(before), MADE, before).wanted.to_text().contains("timescaledb"));
    }

    #[test]
    fn what_is_written_is_settled_and_an_old_header_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("snapshots")).unwrap();
        let first = attempt(None, MADE, "");
        assert!(first.write(folder.path()).unwrap());
        let written = text(folder.path()).unwrap().unwrap();
        let second = attempt(Some(&written), MADE, "");
        assert!(!second.write(folder.path()).unwrap());
        second.require_same().unwrap();
        let third = attempt(Some(&written), &MADE.replace("# of 1", "# of 2"), "");
        let failure = third.require_same().unwrap_err();
        assert_eq!(failure.causes, ["`db-init/001_a.sql` changed"]);
    }

    #[test]
    fn an_exception_survives_a_conflict_and_must_cover_something() {
        let conflict = "# except table positions_2*: by date\n<<<<<<< HEAD\n";
        let attempt = attempt(Some(conflict), MADE, "");
        assert!(attempt.require_same().unwrap_err().what.contains("database.txt:2: a merge conflict"));
        let text = attempt.wanted.to_text();
        assert!(
            text.contains("\n# except table positions_2*: by date\n") && !text.contains("2026_11"),
            "{text}"
        );
        attempt.require_no_idle_exception().unwrap();
        let idle = super::tests::attempt(Some("# except view v: for nothing\n"), MADE, "");
        let failure = idle.require_no_idle_exception().unwrap_err();
        assert_eq!(failure.excerpt.as_deref(), Some("  except view v: for nothing"));
    }

    #[test]
    fn without_directus_only_what_needs_no_managed_table_is_proved() {
        let file = of("[managed]\ntable entries\n[migrations]\nconstraint entries.once: UNIQUE (a, b)\n\
             constraint notes.notes_entry_fkey: FOREIGN KEY (entry) REFERENCES public.entries(id)\n\
             constraint notes.notes_pkey: PRIMARY KEY (id)\ntable later\ntable notes\n")
        .catalog;
        let names = |live: &str, waits: &[&str]| -> Vec<String> {
            provable(&file, &of(live).catalog, waits).lines().map(|line| line.name().to_owned()).collect()
        };
        assert_eq!(names("", &["CREATE TABLE later (footnotes int)"]), ["notes", "notes.notes_pkey"]);
        assert_eq!(
            names("[managed]\ntable entries\n", &[]),
            ["entries.once", "later", "notes", "notes.notes_entry_fkey", "notes.notes_pkey"]
        );
    }
}
