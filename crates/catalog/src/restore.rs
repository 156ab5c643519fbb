//! Statements that put back what is gone, for a person to run.

use crate::lines::{Class, Line, ORDER, last_dot};
use crate::set::Drift;
use contract::sql::identifier;

/// The statements that take the database back from `drift`, in an order in which they can be run; a comment where only the file in git
/// knows the thing.
pub fn restore(drift: &Drift) -> Vec<String> {
    // Types before tables, tables before what hangs on them, and what points to another table last.
    let order = |kind: &str| ORDER.iter().position(|each| *each == kind).unwrap_or(ORDER.len());
    let mut missing: Vec<&Line> = drift.missing.iter().collect();
    missing.sort_by_key(|line| (order(line.kind()), line.definition().starts_with("FOREIGN")));
    let is_gone = |table: &str| missing.iter().any(|line| line.kind() == "table" && line.name() == table);
    let with_its_table = |line: &&&Line| line.kind() == "column" && is_gone(line.table());
    let again = missing.iter().filter(|line| !with_its_table(line)).map(|line| one(line, &missing));
    drift.changed.iter().flat_map(|(was, now)| back(was, now)).chain(again).collect()
}

/// From how a thing is now to how it was.
fn back(was: &Line, now: &Line) -> Vec<String> {
    let (table, name) = (as_sql(was.table()), name(was));
    let again = || one(was, &[]);
    match was.kind() {
        "column" => {
            let (before, after) = (Column::of(was), Column::of(now));
            let alter = |what: String| format!("ALTER TABLE {table} ALTER COLUMN {name} {what};");
            let is_of_another = before.kind != after.kind;
            // The default of one type is none of the other.
            let none = (is_of_another && after.default.is_some()).then(|| alter("DROP DEFAULT".to_owned()));
            let kind = is_of_another.then(|| alter(format!("TYPE {0} USING {name}::{0}", before.kind)));
            let required = match (before.required, after.required) {
                (true, false) => Some(alter("SET NOT NULL".to_owned())),
                (false, true) => Some(alter("DROP NOT NULL".to_owned())),
                _ => None,
            };
            let default = match (before.default, after.default) {
                (Some(value), now) if is_of_another || now != Some(value) => {
                    Some(alter(format!("SET DEFAULT {value}")))
                }
                (None, Some(_)) if !is_of_another => Some(alter("DROP DEFAULT".to_owned())),
                _ => None,
            };
            let statements: Vec<String> = [none, kind, required, default].into_iter().flatten().collect();
            if statements.is_empty() { vec![from_git(was)] } else { statements }
        }
        "constraint" if was.class() != Class::Managed => {
            vec![format!("ALTER TABLE {table} DROP CONSTRAINT {name};"), again()]
        }
        "index" if was.class() != Class::Managed => vec![format!("DROP INDEX {name};"), again()],
        "trigger" => vec![format!("DROP TRIGGER {name} ON {table};"), again()],
        _ => vec![from_git(was)],
    }
}

/// The parts of a column's definition that can be altered.
struct Column<'a> {
    kind: &'a str,
    required: bool,
    default: Option<&'a str>,
}

impl<'a> Column<'a> {
    fn of(line: &'a Line) -> Column<'a> {
        let (rest, default) = match line.definition().split_once(" default ") {
            Some((rest, default)) => (rest, Some(default)),
            None => (line.definition(), None),
        };
        Column { kind: crate::set::column_type(line), required: rest.contains(" not null"), default }
    }
}

fn one(line: &Line, all: &[&Line]) -> String {
    let (table, name, definition) = (&as_sql(line.table()), &name(line), line.definition());
    match line.kind() {
        "extension" => format!("CREATE EXTENSION {name};"),
        "schema" => format!("CREATE SCHEMA {name};"),
        "table" if definition.is_empty() => {
            let columns = all.iter().filter(|each| each.kind() == "column" && each.table() == line.name());
            let columns: Vec<String> =
                columns.map(|column| format!("{} {}", self::name(column), type_of(column))).collect();
            format!("CREATE TABLE {table} ({});", columns.join(", "))
        }
        "column" => format!("ALTER TABLE {table} ADD COLUMN {name} {};", type_of(line)),
        "constraint" if line.class() == Class::Managed => format!("ALTER TABLE {table} ADD {definition};"),
        "constraint" => format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition};"),
        "index" | "rule" | "statistics" => {
            format!("{};", definition.trim_end_matches(';').trim_end_matches(" invalid"))
        }
        "trigger" => trigger(table, name, definition),
        "type" => match definition.strip_prefix("enum ") {
            Some(values) => format!("CREATE TYPE {name} AS ENUM {values};"),
            None => from_git(line),
        },
        _ => from_git(line),
    }
}

/// The definition, and the state it was in.
fn trigger(table: &str, name: &str, definition: &str) -> String {
    let states = [(" disabled", "DISABLE"), (" replica", "ENABLE REPLICA"), (" always", "ENABLE ALWAYS")];
    match states.iter().find_map(|(word, state)| Some((definition.strip_suffix(word)?, state))) {
        Some((definition, state)) => format!("{definition}; ALTER TABLE {table} {state} TRIGGER {name};"),
        None => format!("{definition};"),
    }
}

fn from_git(line: &Line) -> String {
    format!("-- {} {}: as the migration makes it", line.kind(), line.name())
}

/// The name in a statement; of a part of a table without the table.
fn name(line: &Line) -> String {
    let own = line.name().strip_prefix(line.table()).and_then(|rest| rest.strip_prefix('.'));
    as_sql(own.unwrap_or(line.name()))
}

/// A line quotes no name for being reserved, or for capitals.
fn as_sql(name: &str) -> String {
    let (schema, own) = last_dot(name).map_or(("", name), |at| name.split_at(at + 1));
    let part = |part: &str| if part.starts_with('"') { part.to_owned() } else { identifier(part) };
    match schema.strip_suffix('.') {
        Some(schema) => format!("{}.{}", part(schema), part(own)),
        None => part(own),
    }
}

fn type_of(column: &Line) -> String {
    column.definition().replace(" auto increment", " generated by default as identity")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(missing: Vec<Line>) -> Drift {
        let expected: crate::Catalog = missing.into_iter().collect();
        expected.drift(&crate::Catalog::default())
    }

    #[test]
    fn what_was_altered_is_altered_back() {
        let check = |kind: &str, name: &str, was: &str, now: &str, expected: &[&str]| {
            let line = |definition| Line::new(Class::DbOnly, kind, name, definition);
            let drift = Drift { changed: vec![(line(was), line(now))], ..Drift::default() };
            assert_eq!(restore(&drift), expected);
        };
        check(
            "column",
            "t.a",
            "boolean not null default false",
            "text default 'x'::text",
            &[
                "ALTER TABLE t ALTER COLUMN a DROP DEFAULT;",
                "ALTER TABLE t ALTER COLUMN a TYPE boolean USING a::boolean;",
                "ALTER TABLE t ALTER COLUMN a SET NOT NULL;",
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT false;",
            ],
        );
        check("column", "t.a", "text", "text not null", &["ALTER TABLE t ALTER COLUMN a DROP NOT NULL;"]);
        check(
            "constraint",
            "t.u",
            "UNIQUE (a)",
            "UNIQUE (a, b)",
            &["ALTER TABLE t DROP CONSTRAINT u;", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);"],
        );
    }

    #[test]
    fn each_kind_has_its_statement() {
        let check = |class, kind: &str, name: &str, definition: &str, expected: &str| {
            assert_eq!(restore(&gone(vec![Line::new(class, kind, name, definition)])), [expected]);
        };
        use Class::{DbOnly, Managed};
        check(
            DbOnly,
            "constraint",
            "entries.one",
            "UNIQUE (a, b)",
            "ALTER TABLE entries ADD CONSTRAINT one UNIQUE (a, b);",
        );
        check(Managed, "constraint", "entries", "UNIQUE (a)", "ALTER TABLE entries ADD UNIQUE (a);");
        check(
            Managed,
            "column",
            "entries.year",
            "integer not null",
            "ALTER TABLE entries ADD COLUMN year integer not null;",
        );
        check(
            Managed,
            "column",
            "app.order.user",
            "text",
            "ALTER TABLE app.\"order\" ADD COLUMN \"user\" text;",
        );
        check(
            DbOnly,
            "index",
            "t.i",
            "CREATE INDEX i ON public.t USING btree (a) invalid",
            "CREATE INDEX i ON public.t USING btree (a);",
        );
        check(DbOnly, "type", "colour", "enum ('red')", "CREATE TYPE colour AS ENUM ('red');");
        check(
            DbOnly,
            "trigger",
            "t.x",
            "CREATE TRIGGER x … disabled",
            "CREATE TRIGGER x …; ALTER TABLE t DISABLE TRIGGER x;",
        );
        check(DbOnly, "view", "seen", "(a integer) as 00", "-- view seen: as the migration makes it");
    }

    #[test]
    fn a_table_comes_with_its_columns_and_before_its_keys() {
        let lines = [
            Line::new(Class::DbOnly, "constraint", "t.t_pkey", "PRIMARY KEY (id)"),
            Line::new(Class::DbOnly, "table", "t", ""),
            Line::new(Class::DbOnly, "column", "t.id", "integer not null"),
        ];
        let statements = [
            "CREATE TABLE t (id integer not null);",
            "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id);",
        ];
        assert_eq!(restore(&gone(lines.to_vec())), statements);
    }
}
