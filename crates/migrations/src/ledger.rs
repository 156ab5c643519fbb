//! The ledger, table `migrations_applied`: which migration ran, with its checksum.
//!
//! The first version of this project was bash, with a table of two columns (`filename`, `applied_at`). Its table is adopted by
//! adding nullable columns, so that its `SELECT 1 … WHERE filename = …` and `INSERT INTO migrations_applied (filename)` go on
//! working. Reading copes with no table, the old one and the current one, and changes nothing; only [`prepare`] writes.
//!
//! It is in `public`, which is always written, because a file may `SET search_path` (P6), and the next session's may differ (P24).

use crate::checksum::Checksum;
use crate::file::Migration;
use crate::schema::{self, SCHEMA};
use crate::session::failure;
use contract::sql::{literal, quoted};
use contract::{Failure, Outcome, Phase};
use postgres::{Client, SimpleQueryMessage};
use std::fmt;

/// The table's name.
pub const TABLE: &str = "migrations_applied";

/// The table, qualified and quoted when displayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The schema it is in, or would be created in.
    pub schema: String,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{TABLE}", quoted(&self.schema))
    }
}

/// What the table looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// There is none.
    Missing,
    /// The two columns of the bash version, or something between.
    Old,
    /// All columns and the unique constraint.
    Current,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The base name of the file: the primary key.
    pub filename: String,
    /// When it was applied, in UTC: `2026-11-23T10:00:00Z`.
    pub applied_at: String,
    /// The phase; `None` in rows of the bash version that are not adopted yet, and in orphans.
    pub phase: Option<Phase>,
    /// The number.
    pub number: Option<u32>,
    /// Over the normalised source as it ran.
    pub checksum: Option<Checksum>,
    /// Over its tokens.
    pub tokens: Option<Checksum>,
    /// How long it took.
    pub elapsed_ms: Option<u64>,
    /// The version of the runner.
    pub runner: Option<String>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Where it is.
    pub table: Table,
    /// What it looks like.
    pub shape: Shape,
    /// The rows, by the time they were applied.
    pub rows: Vec<Row>,
}

impl Ledger {
    /// The ledger of a database in which nothing ever ran.
    pub fn empty() -> Self {
        Ledger { table: Table { schema: SCHEMA.to_owned() }, shape: Shape::Missing, rows: Vec::new() }
    }

    /// The row of a file.
    pub fn find(&self, filename: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.filename == filename)
    }
}

/// Columns that the current shape adds to the bash version's two.
const ADDED: [(&str, &str); 6] = [
    ("phase", "text"),
    ("number", "integer"),
    ("checksum", "text"),
    ("tokens", "text"),
    ("elapsed_ms", "integer"),
    ("runner", "text"),
];

const UNIQUE: &str = "migrations_applied_phase_number_key";

/// Reads the ledger, whatever its shape; changes nothing.
///
/// # Errors
/// Exit 1 when it cannot be read; exit 2 when it is not where it should be, or the session's first schema is another one.
pub fn read(client: &mut Client) -> Outcome<Ledger> {
    let (table, shape) = resolve(client)?;
    if shape == Shape::Missing {
        return Ok(Ledger { table, shape, rows: Vec::new() });
    }
    let added: String = ADDED
        .iter()
        .map(|(name, _)| match shape {
            Shape::Current => format!(", m.{name}"),
            // NULL for a column that the old table does not have; too slow for the usual case.
            _ => format!(", pg_catalog.to_jsonb(m)->>'{name}'"),
        })
        .collect();
    let query = format!(
        "SELECT filename, coalesce(to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '') {added} \
         FROM {table} AS m ORDER BY applied_at, filename"
    );
    let rows = rows(client, &query)?;
    let rows = rows.into_iter().map(|mut row| {
        let mut take = |at: usize| row[at].take();
        Row {
            filename: take(0).unwrap_or_default(),
            applied_at: take(1).unwrap_or_default(),
            phase: take(2).and_then(|word| Phase::from_word(&word)),
            number: take(3).and_then(|number| number.parse().ok()),
            checksum: take(4).map(Checksum::from_ledger),
            tokens: take(5).map(Checksum::from_ledger),
            elapsed_ms: take(6).and_then(|elapsed| elapsed.parse().ok()),
            runner: take(7),
        }
    });
    Ok(Ledger { table, shape, rows: rows.collect() })
}

/// Creates the table, or adds what the old one lacks, in one transaction. Does nothing when the shape is current.
///
/// # Errors
/// Exit 1 when the role may not.
pub fn prepare(client: &mut Client) -> Outcome<Table> {
    let (table, shape) = resolve(client)?;
    if shape == Shape::Current {
        return Ok(table);
    }
    let columns: String =
        ADDED.iter().map(|(name, kind)| format!(", ADD COLUMN IF NOT EXISTS {name} {kind}")).collect();
    let sql = format!(
        "BEGIN;\
         CREATE TABLE IF NOT EXISTS {table} (filename text PRIMARY KEY, applied_at timestamptz DEFAULT pg_catalog.now());\
         ALTER TABLE {table} {};\
         ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {UNIQUE}, ADD CONSTRAINT {UNIQUE} UNIQUE (phase, number);\
         COMMIT",
        &columns[2..]
    );
    client.batch_execute(&sql).map_err(|error| {
        let failure = failure(format!("prepare the ledger `{table}`"), &error);
        // The session goes on being used, for unlocking at least.
        let _ = client.batch_execute("ROLLBACK");
        match error.code().map(|code| code.code()) {
            Some("42501") => failure.hint(format!(
                "make the role of DB_USER the owner of {table}, or give it CREATE on the schema"
            )),
            _ => failure,
        }
    })?;
    Ok(table)
}

/// The statement that records `migration`; it is part of the migration's own transaction, and does nothing in any other (P3).
pub(crate) fn insert(
    table: &Table,
    migration: &Migration,
    elapsed_ms: u128,
    runner: &str,
    transaction: &str,
) -> String {
    let same = format!(
        " WHERE pg_catalog.pg_current_xact_id()::text OPERATOR(pg_catalog.=) {}",
        literal(transaction)
    );
    insert_outside(table, migration, elapsed_ms, runner) + &same
}

/// The same for a file that ran outside of a transaction.
pub(crate) fn insert_outside(table: &Table, migration: &Migration, elapsed_ms: u128, runner: &str) -> String {
    format!(
        "INSERT INTO {table} (filename, applied_at, phase, number, checksum, tokens, elapsed_ms, runner) \
         SELECT {}, pg_catalog.clock_timestamp(), '{}', {}, '{}', '{}', {}, {}",
        literal(&migration.name),
        migration.phase,
        migration.number,
        migration.checksum,
        migration.tokens,
        elapsed_ms.min(i32::MAX as u128),
        literal(runner),
    )
}

/// The statement that gives a row of the bash version what today's file says.
pub(crate) fn adopt(table: &Table, migration: &Migration) -> String {
    format!(
        "UPDATE {table} SET phase = '{}', number = {}, checksum = '{}', tokens = '{}' WHERE filename = {} AND phase IS NULL",
        migration.phase,
        migration.number,
        migration.checksum,
        migration.tokens,
        literal(&migration.name),
    )
}

/// Whether the ledger has a row for `migration` with its checksum; asked after a connection was lost during COMMIT (P16).
pub(crate) fn has(client: &mut Client, table: &Table, migration: &Migration) -> Outcome<bool> {
    let query = format!(
        "SELECT 1 FROM {table} WHERE filename = {} AND checksum = '{}'",
        literal(&migration.name),
        migration.checksum
    );
    Ok(!rows(client, &query)?.is_empty())
}

/// Where the table is or would be created, in a session that is judged too.
fn resolve(client: &mut Client) -> Outcome<(Table, Shape)> {
    let query = format!(
        "SELECT {}, t.oid IS NOT NULL, \
                (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND NOT a.attisdropped \
                 AND a.attname = ANY ('{{{}}}')), \
                EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = t.oid AND k.conname = '{UNIQUE}') \
         FROM (SELECT pg_catalog.to_regclass('{SCHEMA}.{TABLE}') AS oid) AS t",
        schema::facts(&[TABLE]),
        ADDED.map(|(name, _)| name).join(","),
    );
    let rows = rows(client, &query)?;
    let row =
        rows.first().ok_or_else(|| Failure::new("find the ledger").cause("the server gave no answer"))?;
    let text = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
    schema::judge(std::array::from_fn(text))?;
    let shape = match [0, 1, 2].map(|at| text(schema::FACTS + at)) {
        ["t", "6", "t"] => Shape::Current,
        ["t", ..] => Shape::Old,
        _ => Shape::Missing,
    };
    Ok((Table { schema: SCHEMA.to_owned() }, shape))
}

fn rows(client: &mut Client, query: &str) -> Outcome<Vec<Vec<Option<String>>>> {
    let messages =
        client.simple_query(query).map_err(|error| failure(format!("read the ledger `{TABLE}`"), &error))?;
    Ok(messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
            }
            _ => None,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_are_quoted() {
        assert_eq!(
            Table { schema: "My \"own\"".to_owned() }.to_string(),
            r#""My ""own""".migrations_applied"#
        );
    }

    #[test]
    fn the_columns_of_the_upgrade_are_those_that_are_counted() {
        assert_eq!(ADDED.len(), 6, "`resolve` compares with this number");
    }
}
