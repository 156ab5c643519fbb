//! The history of releases: the append-only table `schema_releases`, one row for each release that a boot completed, with the catalog
//! that it left: its lines, without what is somebody else's, and a hash of all that was there. That hash makes the next boot free.
//!
//! A boot that is about to change what another release left appends a row first, that it *began*, with the catalog that it found: from
//! then on the other release is superseded. Without it a restarting pod of the old image would still be the latest, and would put back
//! what a boot that died, or failed at its last step, had already done.

use crate::id::ReleaseId;
use catalog::{Catalog, Drift, FORMAT};
use contract::sql::{literal, quoted};
use contract::{Commit, Outcome};
use migrations::session::{Session, failure};

/// The table's name.
pub const TABLE: &str = "schema_releases";

/// How a release came to be the latest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By an ordinary boot.
    Boot,
    /// By a rollback that somebody asked for.
    Rollback,
}

impl How {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            How::Boot => "boot",
            How::Rollback => "rollback",
        }
    }
}

/// Before the word of a row whose boot has not been completed.
const BEGUN: &str = "begun ";

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, growing.
    pub number: i64,
    /// Which release.
    pub release: ReleaseId,
    /// When, in UTC: `2026-11-24T10:00:00Z`.
    pub recorded_at: String,
    /// How.
    pub how: How,
    /// Whether the boot came to its end; if not, it was only begun.
    pub completed: bool,
    /// Directus' version.
    pub directus: String,
    /// The runner's version, and the commit of its image if it had one ([`Entry::commit`]).
    pub runner: String,
    /// What the catalog's spelling depends on: see [`spelling`].
    pub spelling: String,
    /// The hash of everything that was there; empty in an entry of an earlier runner.
    pub fingerprint: String,
}

impl Entry {
    /// The commit of the image that recorded it.
    pub fn commit(&self) -> Option<Commit> {
        Commit::parse(self.runner.split_once(' ')?.1)
    }

    /// `boot`, `rollback`, `begun boot`: as in the table.
    pub fn word(&self) -> String {
        format!("{}{}", if self.completed { "" } else { BEGUN }, self.how.word())
    }
}

/// The history, and the catalogs that a decision needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// What the release left that was completed last; not read when nothing changed since.
    pub latest: Catalog,
    /// What the first boot found that was begun since the last one was completed; `None` when none was.
    pub found: Option<Catalog>,
}

impl History {
    /// The latest entry, be it only begun.
    pub fn latest(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// The latest entry whose boot was completed.
    pub fn completed(&self) -> Option<&Entry> {
        self.entries.iter().rfind(|entry| entry.completed)
    }

    /// Whether a release is in it.
    pub fn knows(&self, release: &ReleaseId) -> bool {
        self.entries.iter().any(|entry| entry.release == *release)
    }

    /// How the database had changed since the last completed boot, before any boot was begun: what a boot did that died is no drift.
    pub fn drift(&self, live: &Catalog) -> Drift {
        let mut drift = self.latest.drift(self.found.as_ref().unwrap_or(live));
        drift.missing.retain(|line| !live.has(line));
        drift.changed.retain(|(was, _)| !live.has(was));
        drift
    }
}

/// What must be equal for two catalogs to be comparable: their format, and the server's major version.
pub fn spelling(server_version_num: u32) -> String {
    format!("{FORMAT}/pg{}", server_version_num / 10_000)
}

/// The query for the entries. What they recorded is large, and is read apart from them.
pub(crate) fn entries(schema: &str, fingerprints: bool) -> String {
    format!(
        "SELECT number, release, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), how, directus, runner, spelling, {} \
         FROM {}.{TABLE} ORDER BY number",
        if fingerprints { "coalesce(fingerprint, '')" } else { "''" },
        quoted(schema)
    )
}

/// The queries for what was recorded: the catalog that was left last, and the one that was found by the first boot begun since.
pub(crate) fn recorded(schema: &str) -> String {
    let table = format!("{}.{TABLE}", quoted(schema));
    let completed = format!("NOT starts_with(how, {})", literal(BEGUN));
    format!(
        "SELECT listing FROM {table} WHERE {completed} ORDER BY number DESC LIMIT 1; \
         SELECT listing FROM {table} WHERE number > (SELECT max(number) FROM {table} WHERE {completed}) ORDER BY number LIMIT 1"
    )
}

/// What the answer to [`entries`] says.
pub(crate) fn read(rows: Vec<Vec<String>>) -> History {
    History { entries: rows.into_iter().filter_map(entry).collect(), ..History::default() }
}

fn entry(row: Vec<String>) -> Option<Entry> {
    let [number, release, recorded_at, how, directus, runner, spelling, fingerprint] =
        <[String; 8]>::try_from(row).ok()?;
    let word = how.strip_prefix(BEGUN);
    let completed = word.is_none();
    Some(Entry {
        number: number.parse().ok()?,
        release: ReleaseId::from_record(release),
        recorded_at,
        how: if word.unwrap_or(&how) == How::Rollback.word() { How::Rollback } else { How::Boot },
        completed,
        directus,
        runner,
        spelling,
        fingerprint,
    })
}

/// What is to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Which release.
    pub release: &'a ReleaseId,
    /// How it became the latest.
    pub how: How,
    /// Whether its boot is completed, or only begun.
    pub completed: bool,
    /// Directus' version.
    pub directus: &'a str,
    /// The runner's version and commit.
    pub runner: &'a str,
    /// See [`spelling`].
    pub spelling: &'a str,
    /// What the database has now: what the boot left, or what it found.
    pub catalog: &'a Catalog,
    /// The hash of all that is there.
    pub fingerprint: &'a str,
}

/// Appends an entry, and empties the catalogs that no boot asks for any more, which is all before the last completed one; makes the table if there is none. One transaction.
///
/// # Errors
/// When the role may not.
pub fn append(session: &mut Session, schema: &str, record: &Record<'_>) -> Outcome<()> {
    let table = format!("{}.{TABLE}", quoted(schema));
    let make = format!(
        "CREATE TABLE IF NOT EXISTS {table} (\
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, release text NOT NULL, \
            recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), how text NOT NULL, directus text NOT NULL, \
            runner text NOT NULL, spelling text NOT NULL, listing text NOT NULL, fingerprint text); \
         ALTER TABLE {table} ADD COLUMN IF NOT EXISTS fingerprint text; \
         COMMENT ON TABLE {table} IS 'Releases that a boot completed, oldest first, each with what it left, or began, with what it found. Append only; written by the runner.'"
    );
    let insert = format!(
        "INSERT INTO {table} (release, how, directus, runner, spelling, listing, fingerprint) VALUES ({}, {}, {}, {}, {}, {}, {})",
        literal(record.release.as_str()),
        literal(&format!("{}{}", if record.completed { "" } else { BEGUN }, record.how.word())),
        literal(record.directus),
        literal(record.runner),
        literal(record.spelling),
        literal(&record.catalog.to_text()),
        literal(record.fingerprint),
    );
    let prune = format!(
        "UPDATE {table} SET listing = '' WHERE listing <> '' AND number < (SELECT max(number) FROM {table} WHERE NOT starts_with(how, {}))",
        literal(BEGUN)
    );
    // One message is one implicit transaction (P2).
    session
        .client()
        .batch_execute(&format!("{make}; {insert}; {prune}"))
        .map_err(|error| failure(format!("record the release in {table}"), &error))?;
    // "already exists, skipping"
    session.take_notices();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let row = |number: &str, release: &str, how: &str| {
            let row = [number, release, "2026-11-24T10:00:00Z", how, "11.17.4", "0.1.0", "3/pg17", "f00d"];
            row.iter().map(ToString::to_string).collect::<Vec<String>>()
        };
        let (abc, def) = (ReleaseId::from_record("abc"), ReleaseId::from_record("def"));
        let history = read(vec![row("2", "abc", "rollback")]);
        assert_eq!(history.latest().map(|entry| (entry.number, entry.how)), Some((2, How::Rollback)));
        assert!(history.knows(&abc));
        let history = read(vec![row("2", "abc", "rollback"), row("3", "def", "begun rollback")]);
        assert_eq!(history.latest().map(Entry::word).as_deref(), Some("begun rollback"));
        assert_eq!(history.completed().map(|entry| entry.number), Some(2));
        assert!(history.knows(&def));
    }

    #[test]
    fn catalogs_are_comparable_within_a_major_version() {
        assert_eq!(spelling(170_012), spelling(170_099));
        assert_ne!(spelling(160_004), spelling(170_000));
    }
}
