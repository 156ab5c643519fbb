//! What a new migration begins as: SQL that passes the static rules and runs as it is. What is still to be written begins with "Say
//! what". Pure.

use crate::database;
use catalog::{Catalog, Table, Unique};
use contract::sql::identifier;
use contract::{Exit, Failure, Outcome, Phase};
use migrations::Migrations;
use migrations::outside::MARK;
use snapshot::{Collection, Snapshot};
use std::collections::BTreeSet;

/// What is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Template {
    /// A table that Directus does not manage.
    Table,
    /// The same, divided by time: TimescaleDB.
    Hypertable,
    /// UNIQUE over several columns, which a snapshot cannot express.
    Unique,
    /// An index, built while others write.
    Index,
    /// An extension of Postgres.
    Extension,
}

impl Template {
    /// What a phase is mostly for.
    pub(crate) fn of(phase: Phase) -> Template {
        match phase {
            Phase::Pre => Template::Table,
            Phase::Post => Template::Unique,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) template: Template,
    pub(crate) phase: Phase,
    /// The words of the file's name.
    pub(crate) name: &'a str,
    /// Of `unique` and `index`: what they are on. Of the others, another name than the file's.
    pub(crate) table: Option<&'a str>,
    /// Of `unique` and `index`.
    pub(crate) columns: &'a [String],
}

/// What is there already.
pub(crate) struct Ground<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// What the files made when they were last tried.
    pub(crate) made: &'a Catalog,
    pub(crate) migrations: &'a Migrations,
}

/// The SQL.
///
/// # Errors
/// Exit 2 for what would be wrong from the first line: a table or a column that does not exist or not yet, a key that belongs into the
/// snapshot.
pub(crate) fn sql(wanted: &Wanted<'_>, ground: &Ground<'_>) -> Outcome<String> {
    let own = wanted.table.unwrap_or(wanted.name);
    match wanted.template {
        Template::Table => Ok(table(&made(wanted, ground, own)?)),
        Template::Hypertable => hypertable(&made(wanted, ground, own)?, ground),
        Template::Unique => {
            let on = on(wanted, ground)?;
            require_new(&on, ground)?;
            unique(wanted, &on)
        }
        Template::Index => index(wanted, &on(wanted, ground)?),
        Template::Extension => extension(own),
    }
}

fn refuse(what: impl Into<String>) -> Failure {
    Failure::new(what).exit(Exit::Usage).cause("nothing was written")
}

/// A name for a table that is nobody's yet.
fn made(wanted: &Wanted<'_>, ground: &Ground<'_>, name: &str) -> Outcome<String> {
    if let Some(column) = wanted.columns.first() {
        let what = format!("use `--columns {column}`: a new table's columns are yours to write");
        return Err(refuse(what).hint("leave --columns out, and edit the file"));
    }
    if ground.snapshot.collection(name).is_some_and(Collection::has_table) {
        return Err(refuse(format!("make the table `{name}`: Directus manages it"))
            .hint("change it in Directus, then cargo xtask snapshot; or take another name with --table"));
    }
    if ground.made.db_only_tables().any(|table| table == name) {
        return Err(refuse(format!("make the table `{name}`: an earlier migration makes it"))
            .hint("take another name with --table"));
    }
    Ok(identifier(name))
}

fn table(name: &str) -> String {
    format!(
        "-- Say what a row is, who writes it and who reads it. Directus does not manage this table.\n\
         CREATE TABLE IF NOT EXISTS {name} (\n    \
             id         bigint      GENERATED ALWAYS AS IDENTITY,\n    \
             name       text        NOT NULL,\n    \
             created_at timestamptz NOT NULL DEFAULT now(),\n    \
             CONSTRAINT {} PRIMARY KEY (id)\n\
         );\n\n\
         COMMENT ON TABLE {name} IS 'Say what a row is';\n",
        constraint(name, &[], "pkey")
    )
}

fn hypertable(name: &str, ground: &Ground<'_>) -> Outcome<String> {
    let has_timescaledb = ground.migrations.iter().any(|migration| migration.source.contains("timescaledb"));
    if !has_timescaledb {
        return Err(refuse("make a hypertable: no migration creates the extension TimescaleDB")
            .hint("cargo xtask new pre timescaledb --as extension"));
    }
    Ok(format!(
        "-- Say what a row is, who writes it and who reads it. Directus does not manage this table. Every key of a hypertable contains\n\
         -- the column that divides it.\n\
         CREATE TABLE IF NOT EXISTS {name} (\n    \
             device_id text             NOT NULL,\n    \
             ts        timestamptz      NOT NULL,\n    \
             value     double precision,\n    \
             CONSTRAINT {} PRIMARY KEY (device_id, ts)\n\
         );\n\n\
         COMMENT ON TABLE {name} IS 'Say what a row is';\n\n\
         SELECT create_hypertable({}, 'ts', if_not_exists => true, create_default_indexes => false);\n",
        constraint(name, &[], "pkey"),
        text(name)
    ))
}

/// A table that is there when the file runs, with columns that it has.
struct On {
    table: String,
    columns: Vec<String>,
    is_hypertable: bool,
}

fn on(wanted: &Wanted<'_>, ground: &Ground<'_>) -> Outcome<On> {
    let Wanted { phase, columns, .. } = wanted;
    let table = wanted.table.filter(|_| !columns.is_empty()).ok_or_else(|| {
        refuse("make it: on which table, and over which columns?")
            .hint(format!("cargo xtask new {phase} {} --table TABLE --columns A,B", wanted.name))
    })?;
    let made = ground.made.tables();
    let own = made.iter().find(|each| each.name == table && !each.is_managed);
    let is_managed = ground.snapshot.collection(table).is_some_and(Collection::has_table);
    if is_managed && *phase == Phase::Pre {
        return Err(refuse(format!("change `{table}` in db-init/: Directus makes it only afterwards"))
            .hint(format!("cargo xtask new post {}", wanted.name)));
    }
    let known: Vec<&str> = match own {
        _ if is_managed => columns_of(ground.snapshot, table),
        Some(own) => own.columns.iter().map(|column| column.name.as_str()).collect(),
        None => {
            return Err(refuse(format!(
                "find the table `{table}`: neither the snapshot nor a migration makes it"
            ))
            .hint(format!(
                "known are: {}; one that a migration is about to make is known after {}",
                tables_known(ground, &made),
                database::WRITE
            )));
        }
    };
    if let Some(column) = columns.iter().find(|column| !known.contains(&column.as_str())) {
        return Err(refuse(format!("find the column `{table}.{column}`: there is none"))
            .hint(format!("`{table}` has: {}", known.join(", "))));
    }
    if is_managed && columns.len() == 1 {
        let property = if wanted.template == Template::Unique { "is_unique" } else { "is_indexed" };
        return Err(refuse(format!(
            "make it over `{table}.{}` alone: Directus would undo it at the next apply (D14)",
            columns[0]
        ))
        .hint(format!("set it in Directus ({property}), then cargo xtask snapshot")));
    }
    Ok(On {
        table: table.to_owned(),
        columns: columns.to_vec(),
        is_hypertable: own.is_some_and(|own| own.hypertable_by.is_some()),
    })
}

/// A second UNIQUE over the same columns, in whatever order, costs an index and says nothing.
fn require_new(on: &On, ground: &Ground<'_>) -> Outcome<()> {
    let sorted = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<String>>();
    let wanted = sorted(&on.columns);
    let tables = ground.made.tables();
    let own = tables.iter().filter(|table| table.name == on.table);
    let keys = own.flat_map(|table| {
        let key = Unique { name: None, columns: table.key.clone() };
        table.unique.iter().cloned().chain([key])
    });
    let Some(same) = keys.into_iter().find(|key| sorted(&key.columns) == wanted) else { return Ok(()) };
    let by = same.name.map_or("its key".to_owned(), |name| {
        let path = database::named_in(ground.migrations, &name).map(|path| format!(" ({path})"));
        format!("`{name}`{}", path.unwrap_or_default())
    });
    Err(refuse(format!("make it: {by} makes them unique already"))
        .hint("name the columns that are to be unique together with --columns"))
}

fn columns_of<'a>(snapshot: &'a Snapshot, table: &str) -> Vec<&'a str> {
    let fields = snapshot.fields().filter(|field| field.collection() == table && !field.is_alias());
    fields.map(|field| field.name()).collect()
}

fn tables_known(ground: &Ground<'_>, made: &[Table]) -> String {
    let managed =
        ground.snapshot.collections().filter(|collection| collection.has_table()).map(Collection::name);
    let own = made.iter().filter(|table| !table.is_managed).map(|table| table.name.as_str());
    let mut names: Vec<&str> = managed.chain(own).collect();
    names.sort_unstable();
    names.join(", ")
}

/// In a DO block, because ADD CONSTRAINT has no IF NOT EXISTS. The guard asks for the name on the table: a missing table stays an error.
fn unique(wanted: &Wanted<'_>, on: &On) -> Outcome<String> {
    let name = fitting(wanted, constraint(&on.table, &on.columns, "unique"))?;
    let (table, columns) = (identifier(&on.table), list(&on.columns));
    Ok(format!(
        "-- Say what may occur once, and why. Directus cannot express a UNIQUE over several columns, and leaves one alone that it finds.\n\
         DO $$\n\
         BEGIN\n    \
             IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {}) THEN\n        \
                 ALTER TABLE {table} ADD CONSTRAINT {} UNIQUE ({columns});\n    \
             END IF;\n\
         END\n\
         $$;\n",
        text(&table),
        text(&name),
        identifier(&name)
    ))
}

fn index(wanted: &Wanted<'_>, on: &On) -> Outcome<String> {
    let name = identifier(&fitting(wanted, constraint(&on.table, &on.columns, "idx"))?);
    let (table, columns) = (identifier(&on.table), list(&on.columns));
    Ok(match on.is_hypertable {
        // TimescaleDB has no CONCURRENTLY.
        true => format!(
            "-- Say which question it answers.\nCREATE INDEX IF NOT EXISTS {name} ON {table} ({columns});\n"
        ),
        false => format!(
            "{MARK}: built while others write; if it is interrupted, the file runs again\n\
             -- Say which question it answers.\n\
             CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns});\n"
        ),
    })
}

fn extension(name: &str) -> Outcome<String> {
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    if !is_name {
        return Err(refuse(format!("create the extension `{name}`: that is no extension's name"))
            .hint("--table NAME says it when it is not the file's"));
    }
    Ok(format!("-- Say what needs it.\nCREATE EXTENSION IF NOT EXISTS {};\n", identifier(name)))
}

/// `entries_event_race_number_unique`
fn constraint(table: &str, columns: &[String], suffix: &str) -> String {
    let parts = std::iter::once(table).chain(columns.iter().map(String::as_str)).chain([suffix]);
    parts.collect::<Vec<_>>().join("_").replace('"', "")
}

/// Postgres would cut a longer name without a word, and then not find it by the one that stands in the file.
fn fitting(wanted: &Wanted<'_>, name: String) -> Outcome<String> {
    const LONGEST: usize = 63;
    match [name, wanted.name.to_owned()].into_iter().find(|name| name.len() <= LONGEST) {
        Some(name) => Ok(name),
        None => {
            Err(refuse(format!("name it after the file: `{}` is longer than {LONGEST} bytes", wanted.name))
                .hint("give the file a shorter name"))
        }
    }
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| identifier(column)).collect::<Vec<_>>().join(", ")
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::File;
    use migrations::Migration;
    use migrations::hazards::hazards;

    const SCHEMA: &str = "collections:\n  - {collection: entry_crew, schema: {name: entry_crew}}\n  - {collection: rally}\n\
        fields:\n  - {collection: entry_crew, field: entry, type: uuid}\n  - {collection: entry_crew, field: user, type: uuid}\n  - {collection: entry_crew, field: all, type: alias}\n";

    fn made(template: Template, phase: Phase, name: &str, on: Option<(&str, &[&str])>) -> Outcome<String> {
        let snapshot = Snapshot::parse(SCHEMA).unwrap();
        let lines = "[migrations]\ncolumn plain.a: integer\ncolumn plain.b: integer\ncolumn plain.c: integer\n\
            column positions.device: text\ncolumn positions.ts: timestamp with time zone not null\n\
            constraint plain.once: UNIQUE (a, b)\nconstraint plain.plain_pkey: PRIMARY KEY (c, a)\n\
            hypertable positions.ts: every 7 days\ntable plain\ntable positions\n";
        let made = File::parse(lines).unwrap().catalog;
        let positions = "CREATE EXTENSION timescaledb; CREATE TABLE plain (a int, b int, c int, CONSTRAINT once UNIQUE (a, b))";
        let migrations = Migrations::new([Migration::new(Phase::Pre, 1, "001_positions.sql", positions)]);
        let columns: Vec<String> =
            on.map(|(_, columns)| columns.iter().map(ToString::to_string).collect()).unwrap_or_default();
        let wanted = Wanted { template, phase, name, table: on.map(|(table, _)| table), columns: &columns };
        sql(&wanted, &Ground { snapshot: &snapshot, made: &made, migrations: &migrations })
    }

    #[track_caller]
    fn check(template: Template, phase: Phase, name: &str, on: Option<(&str, &[&str])>, part: &str) {
        let text = made(template, phase, name, on).unwrap();
        assert!(text.contains(part), "no `{part}` in\n{text}");
        assert_eq!(hazards(&text), [], "{text}");
    }

    #[track_caller]
    fn refused(template: Template, phase: Phase, on: Option<(&str, &[&str])>, part: &str) {
        let failure = made(template, phase, "x", on).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains(part) && failure.hint.is_some(), "{failure:?}");
    }

    #[test]
    fn each_template_names_what_it_is_asked_for() {
        use Template::{Extension, Hypertable, Index, Table, Unique};
        check(Table, Phase::Pre, "stages", None, "CREATE TABLE IF NOT EXISTS stages (");
        check(Table, Phase::Pre, "order", None, "CREATE TABLE IF NOT EXISTS \"order\" (");
        check(
            Hypertable,
            Phase::Pre,
            "readings",
            None,
            "SELECT create_hypertable('readings', 'ts', if_not_exists => true",
        );
        check(
            Extension,
            Phase::Pre,
            "uuids",
            Some(("uuid-ossp", &[])),
            "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\";",
        );
        let crew: Option<(&str, &[&str])> = Some(("entry_crew", &["entry", "user"]));
        check(
            Unique,
            Phase::Post,
            "crew_once",
            crew,
            "ADD CONSTRAINT entry_crew_entry_user_unique UNIQUE (entry, \"user\");",
        );
        check(
            Unique,
            Phase::Post,
            "crew_once",
            crew,
            "conrelid = 'entry_crew'::regclass AND conname = 'entry_crew_entry_user_unique'",
        );
        check(Index, Phase::Post, "crew", crew, "-- no-transaction");
        check(
            Index,
            Phase::Post,
            "crew",
            crew,
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS entry_crew_entry_user_idx ON entry_crew (entry, \"user\");",
        );
        check(
            Index,
            Phase::Pre,
            "p",
            Some(("positions", &["device"])),
            "CREATE INDEX IF NOT EXISTS positions_device_idx ON positions (device);",
        );
        check(
            Index,
            Phase::Pre,
            "p",
            Some(("plain", &["a"])),
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS plain_a_idx ON plain (a);",
        );
    }

    #[test]
    fn what_would_be_wrong_from_the_first_line_is_refused() {
        use Template::{Extension, Index, Table, Unique};
        refused(Unique, Phase::Post, None, "on which table, and over which columns?");
        refused(
            Unique,
            Phase::Post,
            Some(("nobody", &["a", "b"])),
            "neither the snapshot nor a migration makes it",
        );
        refused(
            Unique,
            Phase::Post,
            Some(("rally", &["a", "b"])),
            "neither the snapshot nor a migration makes it",
        );
        refused(
            Unique,
            Phase::Post,
            Some(("entry_crew", &["entry", "all"])),
            "find the column `entry_crew.all`",
        );
        refused(
            Unique,
            Phase::Post,
            Some(("entry_crew", &["user"])),
            "Directus would undo it at the next apply (D14)",
        );
        refused(
            Index,
            Phase::Post,
            Some(("entry_crew", &["user"])),
            "Directus would undo it at the next apply (D14)",
        );
        refused(
            Unique,
            Phase::Pre,
            Some(("entry_crew", &["entry", "user"])),
            "Directus makes it only afterwards",
        );
        for columns in [&["a", "b"], &["b", "a"], &["a", "c"]] {
            refused(Unique, Phase::Post, Some(("plain", columns)), "makes them unique already");
        }
        refused(Table, Phase::Pre, Some(("entry_crew", &[])), "Directus manages it");
        refused(Table, Phase::Pre, Some(("positions", &[])), "an earlier migration makes it");
        refused(Table, Phase::Pre, Some(("t", &["a"])), "a new table's columns are yours to write");
        refused(Extension, Phase::Pre, Some(("a;b", &[])), "that is no extension's name");
    }

    #[test]
    fn a_name_that_postgres_would_cut_is_the_files() {
        let long = "x".repeat(70);
        let wanted =
            |name| Wanted { template: Template::Unique, phase: Phase::Post, name, table: None, columns: &[] };
        assert_eq!(fitting(&wanted("short"), long.clone()).as_deref(), Ok("short"));
        assert!(fitting(&wanted(&long), long.clone()).is_err());
    }
}
