//! The tables of a catalog with their columns and keys, for pictures of a schema and for rules about it.

use crate::lines::{Class, Line};
use crate::set::{Catalog, column_type};
use std::collections::BTreeMap;

/// One table. Names are as the server stores them, with their schema in front unless it is Directus' own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether Directus manages it.
    pub is_managed: bool,
    /// Sorted by name.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in order.
    pub key: Vec<String>,
    /// What else is unique, whatever the rows hold.
    pub unique: Vec<Unique>,
    /// The column by which TimescaleDB divides it, when it is a hypertable.
    pub hypertable_by: Option<String>,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type: `double precision`.
    pub kind: String,
    /// Whether it is NOT NULL.
    pub required: bool,
    /// The table that it alone refers to.
    pub references: Option<String>,
}

/// A UNIQUE constraint or index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unique {
    /// Its name, unless it is a managed one, which goes by its meaning.
    pub name: Option<String>,
    /// In order.
    pub columns: Vec<String>,
}

impl Catalog {
    /// Its tables, sorted by name; partitions are parts of theirs.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
        for line in self.lines().filter(|line| line.kind() == "table") {
            if !line.definition().contains("partition of ") {
                let is_managed = line.class() == Class::Managed;
                tables
                    .insert(line.name(), Table { name: plain(line.name()), is_managed, ..Table::default() });
            }
        }
        // Columns first: keys say something about them.
        for wants_columns in [true, false] {
            for line in self.lines().filter(|line| (line.kind() == "column") == wants_columns) {
                if let Some(table) = tables.get_mut(line.table()) {
                    table.add(line);
                }
            }
        }
        tables.into_values().collect()
    }
}

impl Table {
    fn add(&mut self, line: &Line) {
        let definition = line.definition();
        match line.kind() {
            "column" => {
                let kind = column_type(line);
                let required = definition[kind.len()..].starts_with(" not null");
                let name = line.own_name().to_owned();
                self.columns.push(Column { name, kind: kind.to_owned(), required, references: None });
            }
            "constraint" if definition.starts_with("PRIMARY KEY") => self.key = columns_in(definition),
            "constraint" if definition.starts_with("UNIQUE") => self.unique.push(Unique::of(line)),
            "constraint" if definition.starts_with("FOREIGN KEY") => self.refer(definition),
            // One with a predicate is about some of the rows.
            "index" if definition.starts_with("CREATE UNIQUE") && !definition.contains(" WHERE ") => {
                self.unique.push(Unique::of(line));
            }
            "hypertable" if definition.starts_with("every ") => {
                self.hypertable_by = Some(line.own_name().to_owned());
            }
            _ => {}
        }
    }

    fn refer(&mut self, definition: &str) {
        let Some((_, target)) = definition.split_once(" REFERENCES ") else { return };
        let target = target.split_once('(').map_or(target, |(name, _)| name);
        let [own] = columns_in(definition).try_into().unwrap_or_else(|_| [String::new()]);
        if let Some(column) = self.columns.iter_mut().find(|column| column.name == own) {
            column.references = Some(plain(target.strip_prefix("public.").unwrap_or(target)));
        }
    }
}

impl Unique {
    fn of(line: &Line) -> Unique {
        let is_named = line.class() != Class::Managed;
        Unique { name: is_named.then(|| line.own_name().to_owned()), columns: columns_in(line.definition()) }
    }
}

/// The names in the first parentheses, without quotes.
fn columns_in(definition: &str) -> Vec<String> {
    let inside = definition.split_once('(').map_or("", |(_, rest)| rest);
    let mut names = vec![String::new()];
    let mut quoted = false;
    for c in inside.chars() {
        match c {
            '"' => quoted = !quoted,
            ')' if !quoted => break,
            ',' if !quoted => names.push(String::new()),
            ' ' if !quoted && names.last().is_some_and(String::is_empty) => {}
            _ => names.last_mut().expect("there is one").push(c),
        }
    }
    names
}

/// A name of one part without its quotes.
fn plain(name: &str) -> String {
    let inside = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inside.filter(|inside| !inside.contains("\".\"")).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::File;

    #[test]
    fn a_table_has_its_columns_and_keys() {
        let text = "\
[managed]
column entries.event: uuid not null
column entries.user: uuid
constraint entries: FOREIGN KEY (event) REFERENCES public.events(id) ON DELETE CASCADE
constraint entries: UNIQUE (event)
table entries

[migrations]
column positions.ts: timestamp with time zone not null default now()
column positions.device: character varying(15) not null
constraint entries.entries_once: UNIQUE NULLS NOT DISTINCT (event, \"user\") INCLUDE (id)
constraint positions.positions_pkey: PRIMARY KEY (device, ts)
hypertable positions.device: 3 partitions
hypertable positions.ts: every 7 days
index positions.i: CREATE UNIQUE INDEX i ON public.positions USING btree (ts, device)
index positions.j: CREATE UNIQUE INDEX j ON public.positions USING btree (ts) WHERE (ts > now())
table positions
table positions_2: partition of public.positions DEFAULT
";
        let tables = File::parse(text).unwrap().catalog.tables();
        let [entries, positions] = &tables[..] else { panic!("{tables:?}") };
        assert!(entries.is_managed && !positions.is_managed);
        let column = |name: &str, kind: &str, required, references: Option<&str>| Column {
            name: name.to_owned(),
            kind: kind.to_owned(),
            required,
            references: references.map(str::to_owned),
        };
        assert_eq!(
            entries.columns,
            [column("event", "uuid", true, Some("events")), column("user", "uuid", false, None)]
        );
        let unique = |name: Option<&str>, columns: &[&str]| Unique {
            name: name.map(str::to_owned),
            columns: columns.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            entries.unique,
            [unique(None, &["event"]), unique(Some("entries_once"), &["event", "user"])]
        );
        assert_eq!(positions.columns[1], column("ts", "timestamp with time zone", true, None));
        assert_eq!(positions.key, ["device", "ts"]);
        assert_eq!(positions.unique, [unique(Some("i"), &["ts", "device"])]);
        assert_eq!(positions.hypertable_by.as_deref(), Some("ts"));
    }
}
