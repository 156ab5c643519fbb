//! Which named objects a list of migrations leaves behind, and which of them the database lacks: the boot's proof of the post
//! phase. An exit code or a ledger row says that a file ran; only the catalog says that what it made is there.
//!
//! [`objects`] is pure. It reads as much grammar as it needs; what it does not understand it leaves out, so that it never
//! reports as missing what was never promised.

use crate::collect::Collector;
use crate::file::Migration;
use crate::session::describe;
use contract::sql::quoted;
use contract::{Failure, Outcome};
use postgres::Client;
use postgres::types::Type;
use std::fmt;
use std::sync::Arc;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `CREATE TABLE`
    Table,
    /// `ALTER TABLE … ADD COLUMN`
    Column,
    /// A named constraint, of `ALTER TABLE` or `CREATE TABLE`.
    Constraint,
    /// `CREATE INDEX`, with a name.
    Index,
}

impl Kind {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Table => "table",
            Kind::Column => "column",
            Kind::Constraint => "constraint",
            Kind::Index => "index",
        }
    }
}

/// One object that must exist once the migrations ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// The schema, when the migration names one or has set `search_path`.
    pub schema: Option<String>,
    /// The table it belongs to, or is.
    pub table: String,
    /// Its name; of a table, the same as `table`.
    pub name: String,
    /// The migration that makes it.
    pub path: String,
    /// The line there.
    pub line: usize,
    /// The columns of a UNIQUE or primary key, or of a UNIQUE index over plain columns, in order; empty for anything else.
    pub columns: Vec<String>,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Object { kind, table, name, path, line, .. } = self;
        match kind {
            Kind::Table => write!(f, "table `{name}`")?,
            Kind::Column => write!(f, "column `{table}.{name}`")?,
            Kind::Constraint | Kind::Index => write!(f, "{} `{name}` on `{table}`", kind.word())?,
        }
        write!(f, " ({path}:{line})")
    }
}

/// The objects that `migrations`, run in this order, leave.
pub fn objects<'a>(migrations: impl IntoIterator<Item = &'a Arc<Migration>>) -> Vec<Object> {
    let mut collector = Collector::default();
    for migration in migrations {
        collector.read(migration);
    }
    collector.into_objects()
}

/// Those of `objects` that the database lacks, in one query. An index that a failed build left invalid counts as lacking (P5), and so
/// does a UNIQUE or primary key of that name over other columns.
///
/// # Errors
/// Exit 1 when the catalog cannot be read.
pub fn missing(client: &mut Client, objects: &[Object]) -> Outcome<Vec<Object>> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let qualified = |object: &Object, name: &str| match &object.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
        None => quoted(name),
    };
    let kinds: Vec<&str> = objects.iter().map(|object| object.kind.word()).collect();
    let tables: Vec<String> = objects.iter().map(|object| qualified(object, &object.table)).collect();
    // An index lives in its table's schema.
    let relations: Vec<String> = objects.iter().map(|object| qualified(object, &object.name)).collect();
    let names: Vec<&str> = objects.iter().map(|object| object.name.as_str()).collect();
    let columns: Vec<String> = objects.iter().map(|object| object.columns.join("\u{1f}")).collect();
    let rows = client
        .query_typed(
            MISSING,
            &[
                (&kinds, Type::TEXT_ARRAY),
                (&tables, Type::TEXT_ARRAY),
                (&relations, Type::TEXT_ARRAY),
                (&names, Type::TEXT_ARRAY),
                (&columns, Type::TEXT_ARRAY),
            ],
        )
        .map_err(|error| {
            Failure::new("look for the objects that the migrations make").cause(describe(&error))
        })?;
    let numbers = rows.iter().filter_map(|row| usize::try_from(row.get::<_, i64>(0)).ok());
    Ok(numbers.filter_map(|number| objects.get(number.checked_sub(1)?)).cloned().collect())
}

/// A ledger row says that a file ran; only the catalog says that what it made is there.
///
/// # Errors
/// Exit 1 with the list of what [`missing`] finds.
pub fn prove(client: &mut Client, objects: &[Object]) -> Outcome<()> {
    let missing = missing(client, objects)?;
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = missing.iter().map(|object| format!("  - {object}")).collect();
    Err(Failure::new("prove the migrations: what they make is missing")
        .excerpt(lines.join("\n"))
        .cause("the ledger says that their files ran, but the database does not have this, or a key of that name has other columns")
        .hint("find out who dropped or changed it; a new migration that creates it again repairs it"))
}

const MISSING: &str = "
    SELECT w.number FROM ROWS FROM (unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)) WITH ORDINALITY
        AS w (kind, tbl, relation, name, columns, number)
    WHERE NOT CASE w.kind
        WHEN 'table' THEN to_regclass(w.tbl) IS NOT NULL
        WHEN 'column' THEN EXISTS (SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = to_regclass(w.tbl) AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)
        WHEN 'constraint' THEN EXISTS (SELECT FROM pg_catalog.pg_constraint c
            WHERE c.conrelid = to_regclass(w.tbl) AND c.conname = w.name AND (w.columns = '' OR w.columns = (
                SELECT string_agg(a.attname::text, chr(31) ORDER BY key.place)
                FROM unnest(c.conkey) WITH ORDINALITY AS key (number, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = key.number)))
        ELSE EXISTS (SELECT FROM pg_catalog.pg_index i
            WHERE i.indexrelid = to_regclass(w.relation) AND i.indrelid = to_regclass(w.tbl) AND i.indisvalid)
    END
    ORDER BY w.number";

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Phase;

    /// The objects that the files leave, without their places.
    fn check(sources: &[&str], expected: &[&str]) {
        let files: Vec<_> = sources
            .iter()
            .map(|source| Arc::new(Migration::new(Phase::Post, 1, "1_a.sql", *source)))
            .collect();
        let found: Vec<String> = objects(&files)
            .iter()
            .map(|object| object.to_string().split(" (").next().unwrap_or_default().replace('`', ""))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_statements_make_is_found() {
        check(&["CREATE TABLE IF NOT EXISTS public.positions (id int, at timestamptz CONSTRAINT positions_at NOT NULL,
                   CONSTRAINT positions_pk PRIMARY KEY (id, at));
                 CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY positions (at DESC);
                 ALTER TABLE IF EXISTS ONLY \"Stage\" ADD COLUMN IF NOT EXISTS a int CONSTRAINT a_positive CHECK (a > 0), ADD b int,
                   ADD CONSTRAINT stage_unique UNIQUE (a, b), ADD UNIQUE (b);
                 CREATE INDEX ON positions (id);"],
            &["table positions", "constraint positions_at on positions", "constraint positions_pk on positions", "index i on positions",
              "column Stage.a", "constraint a_positive on Stage", "column Stage.b", "constraint stage_unique on Stage"]);
    }

    #[test]
    fn what_a_guarded_do_body_makes_is_found() {
        check(&["DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'x') THEN
                   ALTER TABLE t ADD CONSTRAINT x UNIQUE (a, b); END IF; EXECUTE 'CREATE INDEX i ON t (a, b)'; END $$"],
            &["constraint x on t", "index i on t"]);
    }

    #[test]
    fn the_columns_of_a_key_are_known() {
        let check = |source: &str, expected: &[&str]| {
            let file = Arc::new(Migration::new(Phase::Post, 1, "1_a.sql", source));
            let found = objects([&file]).into_iter().find(|object| object.kind == Kind::Constraint);
            assert_eq!(
                found.map(|object| object.columns),
                Some(expected.iter().map(ToString::to_string).collect()),
                "{source}"
            );
        };
        check("ALTER TABLE t ADD CONSTRAINT c UNIQUE (organization, \"user\")", &["organization", "user"]);
        check("ALTER TABLE t ADD CONSTRAINT c UNIQUE NULLS NOT DISTINCT (a)", &["a"]);
        check("CREATE TABLE t (a int, CONSTRAINT c PRIMARY KEY (a, B))", &["a", "b"]);
        check("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", &[]);
        check("ALTER TABLE t ADD CONSTRAINT c UNIQUE (a, b); ALTER TABLE t RENAME a TO d", &[]);
    }

    #[test]
    fn the_columns_of_a_unique_index_are_known_where_they_are_all_it_is_about() {
        let check = |source: &str, expected: &[&str]| {
            let file = Arc::new(Migration::new(Phase::Post, 1, "1_a.sql", source));
            let found = objects([&file]).into_iter().find(|object| object.kind == Kind::Index);
            assert_eq!(
                found.map(|object| object.columns),
                Some(expected.iter().map(ToString::to_string).collect()),
                "{source}"
            );
        };
        check("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a, \"b\")", &["a", "b"]);
        check("CREATE UNIQUE INDEX i ON t USING btree (a) INCLUDE (b)", &["a"]);
        check("CREATE UNIQUE INDEX i ON t (a, b) WHERE c", &[]);
        check("CREATE UNIQUE INDEX i ON t (lower(a), b)", &[]);
        check("CREATE INDEX i ON t (a, b)", &[]);
    }

    #[test]
    fn what_a_later_file_drops_or_renames_is_gone_or_renamed() {
        let first = "CREATE TABLE t (a int, b int, CONSTRAINT c CHECK (a > 0)); CREATE INDEX i ON t (b); ALTER TABLE t ADD COLUMN d int;";
        check(&[first, "DROP TABLE IF EXISTS t CASCADE"], &[]);
        check(
            &[first, "ALTER TABLE t DROP CONSTRAINT IF EXISTS c; DROP INDEX IF EXISTS public.i"],
            &["table t", "column t.d"],
        );
        check(&[first, "ALTER TABLE t DROP COLUMN b, DROP a CASCADE"], &["table t", "column t.d"]);
        check(
            &[
                first,
                "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME CONSTRAINT c TO k; ALTER INDEX i RENAME TO j; ALTER TABLE u RENAME d TO e",
            ],
            &["table u", "constraint k on u", "index j on u", "column u.e"],
        );
    }

    #[test]
    fn what_does_not_stay_is_not_promised() {
        check(
            &[
                "CREATE TEMP TABLE t (a int CONSTRAINT c CHECK (a > 0))",
                "CREATE INDEX ON t (a)",
                "SELECT 'CREATE TABLE x ()'",
                "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ CREATE TABLE y () $$",
            ],
            &[],
        );
    }

    #[test]
    fn an_index_that_becomes_a_constraint_is_a_constraint() {
        check(
            &["CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i"],
            &["constraint c on t"],
        );
    }

    #[test]
    fn a_schema_is_taken_from_the_name_or_from_the_files_search_path() {
        let file = |source| Arc::new(Migration::new(Phase::Post, 1, "1_a.sql", source));
        let found = objects(&[
            file("CREATE TABLE s.t (); SET search_path TO u, public; CREATE TABLE v ()"),
            file("CREATE TABLE w ()"),
        ]);
        let schemas: Vec<_> = found.iter().map(|object| object.schema.as_deref()).collect();
        assert_eq!(schemas, [Some("s"), Some("u"), None]);
    }

    #[test]
    fn each_knows_its_line() {
        let file = Arc::new(Migration::new(
            Phase::Post,
            1,
            "1_a.sql",
            "SELECT 1;\n\nALTER TABLE t\n  ADD CONSTRAINT c CHECK (true)",
        ));
        assert_eq!(objects(&[file])[0].to_string(), "constraint `c` on `t` (db-init-post/1_a.sql:4)");
    }
}
