//! The schema as a picture: Markdown with a Mermaid diagram, which Gitea draws. Pure: the snapshot and the catalog in, text out.
//!
//! Drawn are keys, required columns and relations; a picture of everything shows nothing. What Mermaid has no sign for (a UNIQUE over
//! several columns, a hypertable) stands in tables below, and in words at the columns.

use crate::database;
use catalog::{Catalog, Table, Unique};
use migrations::Migrations;
use snapshot::{Collection, Field, Index, Relation, Snapshot, canonical};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The whole file. `made` is what the files make in a database; the migrations themselves are only searched for names.
pub(crate) fn markdown(snapshot: &Snapshot, made: &Catalog, migrations: &Migrations) -> String {
    let snapshot = canonical(snapshot);
    let schema = Schema::new(&snapshot, made, migrations);
    let mut text = String::from(HEAD);
    let _ = writeln!(text, "{}\n", schema.summary());
    let _ = writeln!(text, "```mermaid\nerDiagram");
    schema.collections().for_each(|collection| text.push_str(&schema.collection(collection)));
    schema.tables.iter().for_each(|table| text.push_str(&schema.table(table)));
    schema.lines().iter().for_each(|line| text.push_str(line));
    text.push_str("```\n");
    text.push_str(READING);
    text.push_str(&schema.keys_in_words());
    text.push_str(&schema.hypertables_in_words());
    text.push_str(&schema.collections_in_words());
    text
}

const HEAD: &str = "<!-- Made by `cargo xtask erd` from snapshots/schema.yaml and snapshots/database.txt; `cargo xtask check` holds it up to date. -->\n\n# Schema\n\n";

const READING: &str = "
PK primary key, FK reference, UK unique. `||` exactly one, `|o` one or none, `o{` any number; a dotted line leads to one of several collections.
Optional columns without a key are left out; `snapshots/schema.yaml` and `snapshots/database.txt` have them all.
";

/// What is drawn.
struct Schema<'a> {
    snapshot: &'a Snapshot,
    index: Index<'a>,
    /// The tables that migrations make.
    tables: Vec<Table>,
    /// UNIQUE over several columns of managed tables, by table.
    keys: Vec<(String, Unique)>,
    migrations: &'a Migrations,
    /// Field on the many side → what it points to; `None` is one of several collections.
    references: BTreeMap<(&'a str, &'a str), Relation<'a>>,
}

impl<'a> Schema<'a> {
    fn new(snapshot: &'a Snapshot, made: &Catalog, migrations: &'a Migrations) -> Self {
        let index = snapshot.index();
        let is_managed = |table: &str| index.collection(table).is_some_and(Collection::has_table);
        let (managed, tables): (Vec<Table>, Vec<Table>) =
            made.tables().into_iter().partition(|table| is_managed(&table.name));
        let keys = managed.into_iter().flat_map(|table| {
            let several = table.unique.into_iter().filter(|key| key.columns.len() > 1);
            several.map(|key| (table.name.clone(), key)).collect::<Vec<_>>()
        });
        let keys = keys.collect();
        // One that left the snapshot is still managed in the catalog.
        let tables = tables.into_iter().filter(|table| !table.is_managed).collect();
        let relations = snapshot.relations();
        let references =
            relations.map(|relation| ((relation.collection(), relation.field()), relation)).collect();
        Schema { snapshot, index, tables, keys, migrations, references }
    }

    /// Those that have a table.
    fn collections(&self) -> impl Iterator<Item = Collection<'a>> {
        self.snapshot.collections().filter(|collection| collection.has_table())
    }

    fn summary(&self) -> String {
        let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        format!(
            "{} of Directus, with {}; {} that migrations make.",
            count(self.collections().count(), "collection"),
            count(self.references.len(), "relation"),
            count(self.tables.len(), "table")
        )
    }

    fn collection(&self, collection: Collection<'_>) -> String {
        let name = collection.name();
        let fields = self.index.fields(name).iter().filter(|field| !field.is_alias());
        let lines: Vec<String> = fields.filter_map(|field| self.field(*field)).collect();
        box_of(&entity(name), &lines)
    }

    /// A line of a box; `None` for what is left out.
    fn field(&self, field: Field<'_>) -> Option<String> {
        let is = |key: &str| field.schema(key).is_some_and(|value| value == true);
        let (table, name) = (field.collection(), field.name());
        let signs = [
            (field.is_primary_key(), "PK"),
            (self.references.contains_key(&(table, name)), "FK"),
            (is("is_unique") && !field.is_primary_key(), "UK"),
        ];
        let required =
            !field.is_primary_key() && field.schema("is_nullable").is_some_and(|value| value == false);
        let in_the_app = !required && field.meta("required").is_some_and(|value| value == true);
        let keys = self.keys.iter().filter(|(of, _)| of == table).map(|(_, key)| key.columns.as_slice());
        let mut words: Vec<String> = Vec::new();
        words.extend(required.then(|| "required".to_owned()));
        words.extend(in_the_app.then(|| "required in the app".to_owned()));
        words.extend(unique_with(name, keys));
        line(field.kind(), name, &signs, &words)
    }

    fn table(&self, table: &Table) -> String {
        let title = match &table.hypertable_by {
            Some(column) => format!(
                "{}[\"{} (hypertable by {})\"]",
                entity(&table.name),
                label(&table.name),
                label(column)
            ),
            None => entity(&table.name),
        };
        let keys = || table.unique.iter().map(|key| key.columns.as_slice());
        let lines: Vec<String> = table
            .columns
            .iter()
            .filter_map(|column| {
                let is_key = |key: &[String]| key.len() == 1 && key[0] == column.name;
                let signs = [
                    (table.key.contains(&column.name), "PK"),
                    (column.references.is_some(), "FK"),
                    (keys().any(is_key), "UK"),
                ];
                let mut words: Vec<String> = Vec::new();
                words.extend(
                    (column.required && !table.key.contains(&column.name)).then(|| "required".to_owned()),
                );
                words.extend(unique_with(&column.name, keys().filter(|key| key.len() > 1)));
                line(short(&column.kind), &column.name, &signs, &words)
            })
            .collect();
        box_of(&title, &lines)
    }

    /// The relations, one line each; every pair of boxes in the order of names.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((collection, name), relation) in &self.references {
            let field = self.index.field(collection, name);
            let is = |key: &str, wanted: bool| {
                field.and_then(|field| field.schema(key)).is_some_and(|value| value == wanted)
            };
            let (one, many) = (
                if is("is_nullable", false) { "||" } else { "|o" },
                if is("is_unique", true) { "o|" } else { "o{" },
            );
            let targets: Vec<(&str, &str)> = match relation.related_collection() {
                Some(related) => vec![(related, "--")],
                None => {
                    let allowed = relation.meta("one_allowed_collections").and_then(|value| value.as_array());
                    allowed.into_iter().flatten().filter_map(|value| Some((value.as_str()?, ".."))).collect()
                }
            };
            for (related, dash) in targets {
                lines.push(format!(
                    "    {} {one}{dash}{many} {} : \"{}\"\n",
                    entity(related),
                    entity(collection),
                    label(name)
                ));
            }
        }
        for table in &self.tables {
            for column in &table.columns {
                let Some(related) = &column.references else { continue };
                let one = if column.required { "||" } else { "|o" };
                lines.push(format!(
                    "    {} {one}--o{{ {} : \"{}\"\n",
                    entity(related),
                    entity(&table.name),
                    label(&column.name)
                ));
            }
        }
        lines
    }

    fn keys_in_words(&self) -> String {
        let by = |key: &Unique| {
            let path = key.name.as_deref().and_then(|name| database::named_in(self.migrations, name));
            path.map(|path| format!("[{path}](../{path})")).unwrap_or_default()
        };
        let rows: Vec<String> = self
            .keys
            .iter()
            .map(|(table, key)| format!("| {} | {} | {} |\n", code(table), codes(&key.columns), by(key)))
            .collect();
        section("Unique together", "| collection | columns | by |\n|---|---|---|\n", &rows)
    }

    fn hypertables_in_words(&self) -> String {
        let rows: Vec<String> = self
            .tables
            .iter()
            .filter_map(|table| {
                let by = table.hypertable_by.as_ref()?;
                Some(format!("| {} | {} | {} |\n", code(&table.name), code(by), codes(&table.key)))
            })
            .collect();
        section("Hypertables", "| table | divided by | primary key |\n|---|---|---|\n", &rows)
    }

    fn collections_in_words(&self) -> String {
        let rows: Vec<String> = self
            .collections()
            .map(|collection| {
                let note = collection.meta("note").and_then(|note| note.as_str()).unwrap_or_default();
                let group = collection.group().map(code).unwrap_or_default();
                format!("| {} | {group} | {} |\n", code(collection.name()), plain(note))
            })
            .collect();
        section("Collections", "| collection | in | what it holds |\n|---|---|---|\n", &rows)
    }
}

/// "unique with event"
fn unique_with<'k>(name: &str, keys: impl Iterator<Item = &'k [String]>) -> Option<String> {
    let others: BTreeSet<String> = keys
        .filter(|key| key.iter().any(|column| column == name))
        .map(|key| {
            let others: Vec<&str> = key.iter().map(String::as_str).filter(|column| *column != name).collect();
            others.join(" and ")
        })
        .collect();
    let others: Vec<String> = others.into_iter().collect();
    (!others.is_empty()).then(|| format!("unique with {}", others.join(", with ")))
}

/// A type as people write it.
fn short(kind: &str) -> &str {
    match kind {
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time without time zone" => "time",
        _ => kind,
    }
}

fn line(kind: &str, name: &str, signs: &[(bool, &str)], words: &[String]) -> Option<String> {
    let signs: Vec<&str> = signs.iter().filter(|(holds, _)| *holds).map(|(_, sign)| *sign).collect();
    if signs.is_empty() && words.is_empty() {
        return None;
    }
    let mut line = format!("        {} {}", word(kind), word(name));
    if !signs.is_empty() {
        let _ = write!(line, " {}", signs.join(", "));
    }
    if !words.is_empty() {
        let _ = write!(line, " \"{}\"", label(&words.join("; ")));
    }
    line.push('\n');
    Some(line)
}

fn box_of(title: &str, lines: &[String]) -> String {
    format!("    {title} {{\n{}    }}\n", lines.concat())
}

fn section(title: &str, head: &str, rows: &[String]) -> String {
    if rows.is_empty() { String::new() } else { format!("\n## {title}\n\n{head}{}", rows.concat()) }
}

/// Words of Mermaid's own grammar (11.17.2, each one tried): as the name of a box they need quotes.
const RESERVED: [&str; 18] = [
    "one",
    "many",
    "zero",
    "only",
    "to",
    "optionally",
    "or",
    "more",
    "title",
    "direction",
    "style",
    "class",
    "classdef",
    "erdiagram",
    "end",
    "subgraph",
    "acctitle",
    "accdescr",
];
/// The same for columns, which cannot be quoted.
const SIGNS: [&str; 3] = ["PK", "FK", "UK"];

/// A name of a box: in quotes where Mermaid would stumble over it.
fn entity(name: &str) -> String {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_plain = starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain && !RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        name.to_owned()
    } else {
        format!("\"{}\"", label(name))
    }
}

/// A type or a column: one word of what Mermaid takes for one.
fn word(text: &str) -> String {
    let fits = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '-' | '(' | ')' | '[' | ']')
            || (c > '\u{bf}' && c.is_alphanumeric())
    };
    let word: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    let begins_well = word.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if begins_well && !SIGNS.contains(&word.to_ascii_uppercase().as_str()) {
        word
    } else {
        format!("_{word}")
    }
}

/// What stands in quotes: nothing that ends them, and nothing that Mermaid or a browser would take for more than text.
fn label(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '"' | '\\' | '%' | '<' | '>' | '`') { '_' } else { c })
        .collect()
}

/// A name in a table of Markdown.
fn code(name: &str) -> String {
    format!("`{}`", label(name).replace('|', "\\|"))
}

fn codes(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

/// Text in a table of Markdown, as it is.
fn plain(text: &str) -> String {
    text.chars().fold(String::new(), |mut plain, c| {
        if c.is_control() {
            plain.push(' ');
        } else {
            if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '#' | '!' | '~' | '$')
            {
                plain.push('\\');
            }
            plain.push(c);
        }
        plain
    })
}

/// Where it stands, relative to the repository.
pub(crate) const PATH: &str = "docs/schema.md";

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::File;
    use contract::Phase;
    use migrations::Migration;

    const SCHEMA: &str = "collections:
  - {collection: rally}
  - {collection: events, schema: {name: events}, meta: {note: 'Rallies | *past*', group: rally}}
  - {collection: entries, schema: {name: entries}, meta: {note: null}}
fields:
  - {collection: events, field: id, type: uuid, schema: {is_primary_key: true, is_nullable: false, is_unique: true}}
  - {collection: events, field: slug, type: string, schema: {is_unique: true, is_nullable: true}}
  - {collection: events, field: about, type: text, schema: {is_nullable: true}}
  - {collection: events, field: entries, type: alias}
  - {collection: entries, field: id, type: integer, schema: {is_primary_key: true}}
  - {collection: entries, field: event, type: uuid, schema: {is_nullable: false}}
  - {collection: entries, field: number, type: integer, schema: {is_nullable: true}}
  - {collection: entries, field: owner, type: uuid, schema: {is_nullable: true, is_unique: true}}
  - {collection: entries, field: item, type: string, schema: {is_nullable: true}, meta: {required: true}}
relations:
  - {collection: entries, field: event, related_collection: events, meta: {}}
  - {collection: entries, field: owner, related_collection: directus_users, meta: {}}
  - {collection: entries, field: item, related_collection: null, meta: {one_allowed_collections: [events, entries]}}
";

    fn drawn(lines: &str) -> String {
        let made = File::parse(lines).unwrap().catalog;
        let unique = "ALTER TABLE entries ADD CONSTRAINT entries_once UNIQUE (event, number);";
        let migrations = Migrations::new([Migration::new(Phase::Post, 1, "001_unique.sql", unique)]);
        markdown(&Snapshot::parse(SCHEMA).unwrap(), &made, &migrations)
    }

    #[track_caller]
    fn has(text: &str, part: &str) {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }

    #[test]
    fn boxes_have_keys_and_what_is_required_and_lines_have_their_number() {
        let text = drawn("");
        has(
            &text,
            "    entries {\n        uuid event FK \"required\"\n        integer id PK\n        string item FK \"required in the app\"\n        uuid owner FK, UK\n    }\n",
        );
        has(&text, "    events {\n        uuid id PK\n        string slug UK\n    }\n");
        has(&text, "    events ||--o{ entries : \"event\"\n");
        has(&text, "    directus_users |o--o| entries : \"owner\"\n");
        has(&text, "    events |o..o{ entries : \"item\"\n    entries |o..o{ entries : \"item\"\n");
        has(&text, "2 collections of Directus, with 3 relations; 0 tables that migrations make.");
        has(&text, "| `events` | `rally` | Rallies \\| \\*past\\* |\n");
        assert!(!text.contains("about") && !text.contains("## Hypertables"), "{text}");
    }

    #[test]
    fn what_migrations_make_is_in_the_picture() {
        let text = drawn(
            "[managed]\ntable entries\ntable left_the_snapshot\n\n[migrations]\n\
             column positions.device: text not null\ncolumn positions.entry: integer\n\
             column positions.ts: timestamp with time zone not null\n\
             constraint entries.entries_once: UNIQUE (event, number)\n\
             constraint positions.positions_entry_fkey: FOREIGN KEY (entry) REFERENCES public.entries(id)\n\
             constraint positions.positions_pkey: PRIMARY KEY (device, ts)\n\
             hypertable positions.ts: every 7 days\ntable positions\n",
        );
        has(
            &text,
            "    positions[\"positions (hypertable by ts)\"] {\n        text device PK\n        integer entry FK\n        timestamptz ts PK\n    }\n",
        );
        has(&text, "    entries |o--o{ positions : \"entry\"\n");
        has(&text, "        uuid event FK \"required; unique with number\"\n");
        has(&text, "        integer number \"unique with event\"\n");
        has(
            &text,
            "## Unique together\n\n| collection | columns | by |\n|---|---|---|\n| `entries` | `event`, `number` | [db-init-post/001_unique.sql](../db-init-post/001_unique.sql) |\n",
        );
        has(&text, "| `positions` | `ts` | `device`, `ts` |\n");
    }

    #[test]
    fn a_name_that_mermaid_has_a_use_for_is_quoted_and_nothing_ends_the_quotes() {
        assert_eq!(entity("entries_2"), "entries_2");
        assert_eq!((entity("one"), entity("Class")), ("\"one\"".to_owned(), "\"Class\"".to_owned()));
        assert_eq!(word("PK"), "_PK");
        assert_eq!(entity("größe \"x\""), "\"größe _x_\"");
        assert_eq!(
            (word("double precision"), word("numeric(10,2)"), word("2nd")),
            ("double_precision".to_owned(), "numeric(10_2)".to_owned(), "_2nd".to_owned())
        );
        assert_eq!(plain("a\n<b>`"), "a \\<b\\>\\`");
    }

    #[test]
    fn the_order_in_the_file_leaves_no_trace() {
        let mut value = Snapshot::parse(SCHEMA).unwrap().to_json();
        for section in ["collections", "relations"] {
            value[section].as_array_mut().unwrap().reverse();
        }
        let other = Snapshot::from_json(value).unwrap();
        assert_eq!(markdown(&other, &Catalog::default(), &Migrations::default()), drawn(""));
    }
}
