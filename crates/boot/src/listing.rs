//! The listing: what one database has, as a set of lines that say the same on every server: no oids, no attribute numbers, no ids of
//! metadata, no content. Kept whole with each recorded release, so that a difference can be shown and not only detected.
//!
//! Pure: the SQL that reads it is text here ([`query`]), and is run by [`crate::state`].
//!
//! What is in it, by class:
//! 1. *managed*: tables that Directus has in its metadata, with their columns, keys and single-column indexes; the metadata itself.
//! 2. *directus*: its own tables, and its system migrations.
//! 3. *db-only*: whatever else hangs on these tables (composite UNIQUE, CHECK, other indexes, triggers), and tables, views, functions,
//!    types, extensions and hypertables whose name is a word of a migration. Other objects are somebody else's, and not listed.
//! 4. *ledger*: which migrations ran, with their checksums.

use contract::sql::{literal, quoted};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The version of the listing's own format. Listings of different formats, or from servers of different major versions, whose own
/// spelling of definitions may differ, are not compared.
pub const FORMAT: u32 = 2;

/// Whose a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The snapshot's.
    Managed,
    /// Directus' own.
    Directus,
    /// The migrations'.
    DbOnly,
    /// Which migrations ran.
    Ledger,
}

impl Class {
    const ALL: [Class; 4] = [Class::Managed, Class::Directus, Class::DbOnly, Class::Ledger];

    fn word(self) -> &'static str {
        match self {
            Class::Managed => "managed",
            Class::Directus => "directus",
            Class::DbOnly => "db-only",
            Class::Ledger => "ledger",
        }
    }
}

/// One thing that the database has: `class TAB kind TAB name TAB definition`, kept as that text, because a warm boot reads thousands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    class: Class,
    text: Box<str>,
    /// Where the name begins, and where the definition does.
    name_at: usize,
    definition_at: usize,
}

impl Line {
    fn parse(text: String) -> Option<Line> {
        let word_ends = text.find('\t')?;
        let class = Class::ALL.into_iter().find(|class| class.word() == &text[..word_ends])?;
        let after = |from: usize| Some(from + text.get(from..)?.find('\t')? + 1);
        let name_at = after(word_ends + 1)?;
        let definition_at = after(name_at)?;
        Some(Line { class, name_at, definition_at, text: text.into() })
    }

    /// Whose it is.
    pub fn class(&self) -> Class {
        self.class
    }

    /// `table`, `column`, `constraint`, `field`, …
    pub fn kind(&self) -> &str {
        &self.text[self.class.word().len() + 1..self.name_at - 1]
    }

    /// `entries`, or `entries.race_number`.
    pub fn name(&self) -> &str {
        &self.text[self.name_at..self.definition_at - 1]
    }

    /// Its definition: a type, a constraint's text, metadata as JSON.
    pub fn definition(&self) -> &str {
        &self.text[self.definition_at..]
    }

    fn key(&self) -> (Class, &str, &str, &str) {
        (self.class, self.kind(), self.name(), self.definition())
    }

    /// Its definition as JSON, if it is metadata.
    fn metadata(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        if !["collection", "field", "relation"].contains(&self.kind()) {
            return None;
        }
        serde_json::from_str(self.definition()).ok()
    }

    /// The name of the table of a column.
    fn table(&self) -> &str {
        let table = self.name().rsplit_once('.').map_or(self.name(), |(table, _)| table);
        table.rsplit('.').next().unwrap_or(table)
    }

    /// Whether it is a part of a table or view.
    fn hangs(&self) -> bool {
        ["column", "constraint", "index", "trigger", "hypertable", "policy"].contains(&self.kind())
    }

    /// The last part of its name: a column's, a constraint's.
    fn own_name(&self) -> &str {
        let name = self.name().split('(').next().unwrap_or(self.name());
        name.rsplit('.').next().unwrap_or(name)
    }
}

impl Ord for Line {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// For people: `constraint entries.entries_event_race_number_unique: UNIQUE (event, race_number)`.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.name())?;
        match (self.definition().is_empty(), self.metadata()) {
            (false, None) => write!(f, ": {}", short(self.definition())),
            _ => Ok(()),
        }
    }
}

/// What one database has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    lines: BTreeSet<Line>,
}

impl Listing {
    /// From lines of four columns, as [`query`] gives them.
    pub fn new(lines: impl IntoIterator<Item = String>) -> Self {
        Listing { lines: lines.into_iter().filter_map(Line::parse).collect() }
    }

    /// Reads what [`Listing::to_text`] wrote.
    pub fn parse(text: &str) -> Self {
        Listing::new(text.lines().map(str::to_owned))
    }

    /// One line each, sorted.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }

    /// All lines.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// The names of one kind.
    pub fn names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter(move |line| line.kind() == kind).map(Line::name)
    }

    /// The line of that kind and name.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.kind() == kind && line.name() == name)
    }

    /// Without `lines`.
    pub fn without(mut self, lines: &[Line]) -> Listing {
        lines.iter().for_each(|line| {
            self.lines.remove(line);
        });
        self
    }

    /// With `lines`, each instead of what has its kind and name.
    pub fn with(mut self, lines: &[Line]) -> Listing {
        for line in lines {
            self.lines.retain(|each| (each.kind(), each.name()) != (line.kind(), line.name()));
            self.lines.insert(line.clone());
        }
        self
    }

    /// The lines of one class.
    pub fn of(&self, class: Class) -> Listing {
        Listing { lines: self.lines.iter().filter(|line| line.class() == class).cloned().collect() }
    }

    /// Whether `line` would be in this listing of a release with these words, if the object were there: a part of what is listed, or
    /// named by a migration.
    fn would_have(&self, line: &Line, words: &BTreeSet<String>) -> bool {
        if !line.hangs() {
            return words.contains(line.own_name());
        }
        let table = line.name().rsplit_once('.').map_or("", |(table, _)| table);
        self.find("table", table).or_else(|| self.find("view", table)).is_some()
    }

    /// How `live` differs from this recorded one.
    pub fn drift(&self, live: &Listing) -> Drift {
        let mut drift = Drift::default();
        let mut appeared: BTreeMap<(&str, &str), Vec<&Line>> = BTreeMap::new();
        for line in live.lines.difference(&self.lines) {
            appeared.entry((line.kind(), line.name())).or_default().push(line);
        }
        for line in self.lines.difference(&live.lines) {
            match appeared.get_mut(&(line.kind(), line.name())).and_then(Vec::pop) {
                Some(now) => drift.changed.push((line.clone(), now.clone())),
                None => drift.missing.push(line.clone()),
            }
        }
        for line in appeared.into_values().flatten() {
            if line.class() == Class::DbOnly { &mut drift.foreign } else { &mut drift.added }
                .push(line.clone());
        }
        drift
    }

    /// What a release whose listing this is would miss in `live`: columns with their types, and collections, fields and relations by
    /// name. Anything more, and anything looser, it can live with.
    pub fn missed_in(&self, live: &Listing) -> Vec<String> {
        let now: BTreeMap<(&str, &str), &Line> =
            live.lines.iter().map(|line| ((line.kind(), line.name()), line)).collect();
        let mut missed = Vec::new();
        for line in self.lines.iter().filter(|line| [Class::Managed, Class::Directus].contains(&line.class()))
        {
            let found = now.get(&(line.kind(), line.name()));
            match (line.kind(), found) {
                ("column", Some(found)) if column_type(found) != column_type(line) => missed.push(format!(
                    "column {}: {}, was {}",
                    line.name(),
                    column_type(found),
                    column_type(line)
                )),
                ("column" | "table" | "collection" | "field" | "relation", None) => {
                    missed.push(format!("{} {}: gone", line.kind(), line.name()));
                }
                _ => {}
            }
        }
        missed
    }
}

/// The type alone, without NOT NULL and default.
fn column_type(line: &Line) -> &str {
    let text = line.definition();
    let end = [" not null", " default ", " generated ", " identity"]
        .iter()
        .filter_map(|word| text.find(word))
        .min()
        .unwrap_or(text.len());
    &text[..end]
}

/// How a live listing differs from the recorded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Recorded, and gone.
    pub missing: Vec<Line>,
    /// Recorded, and different now.
    pub changed: Vec<(Line, Line)>,
    /// New in what Directus or the ledger has.
    pub added: Vec<Line>,
    /// New db-only objects, which no release made. They disturb nothing.
    pub foreign: Vec<Line>,
}

impl Drift {
    /// Whether the database still is what was recorded; foreign objects do not count.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty() && self.added.is_empty()
    }

    /// How many differences there are.
    pub fn count(&self) -> usize {
        self.missing.len() + self.changed.len() + self.added.len()
    }

    /// What the migrations made and somebody took away or altered since, as it was recorded: nothing but a migration puts it back. Not
    /// among it: what `named` by a migration that has still to run, and what hung on a table that is not there any more.
    pub(crate) fn unrepaired(
        &self,
        live: &Listing,
        named: &BTreeSet<String>,
        words: &BTreeSet<String>,
    ) -> Vec<Line> {
        let lost = self.missing.iter().chain(self.changed.iter().map(|(was, _)| was));
        let is_handled = |line: &&Line| match line.kind() {
            "hypertable" | "policy" => named.contains(line.table()),
            _ => named.contains(line.own_name()),
        };
        let lost = lost.filter(|line| line.class() == Class::DbOnly && !is_handled(line));
        lost.filter(|line| live.would_have(line, words)).cloned().collect()
    }

    /// Without db-only objects that the listing of a release with these words does not have: a later release's are not gone because an
    /// older one does not look for them.
    pub(crate) fn seen_by(mut self, live: &Listing, words: &BTreeSet<String>) -> Drift {
        self.missing.retain(|line| line.class() != Class::DbOnly || live.would_have(line, words));
        self
    }

    /// One line for each difference, marked `-`, `~` or `+`.
    pub fn render(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|line| format!("- {line}"));
        let changed = self.changed.iter().map(|(was, now)| format!("~ {}", changed(was, now)));
        let added = self.added.iter().map(|line| format!("+ {line}"));
        missing.chain(changed).chain(added).collect()
    }

    /// The foreign objects that no word of a migration names, so that they are not recorded as the release's. A new table that one names
    /// brings along what hangs on it, however the server called that: a boot that died half-way leaves such a table.
    pub(crate) fn foreign_to(&self, words: &BTreeSet<String>) -> Vec<Line> {
        let is_new =
            |table: &str| self.foreign.iter().any(|line| line.kind() == "table" && line.own_name() == table);
        let is_ours = |line: &Line| {
            words.contains(line.own_name()) || (words.contains(line.table()) && is_new(line.table()))
        };
        // A column of a table that was there is made by whoever names the table.
        let is_column = |line: &Line| line.kind() == "column" && words.contains(line.table());
        self.foreign.iter().filter(|line| !is_ours(line) && !is_column(line)).cloned().collect()
    }
}

/// `field classes.name: width "half" → "full"`, or the two definitions.
fn changed(was: &Line, now: &Line) -> String {
    let (Some(before), Some(after)) = (was.metadata(), now.metadata()) else {
        return format!(
            "{} {}: {} → {}",
            was.kind(),
            was.name(),
            short(was.definition()),
            short(now.definition())
        );
    };
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |value: Option<&serde_json::Value>| {
        value.map_or_else(|| "–".to_owned(), |value| short(&value.to_string()))
    };
    let changes: Vec<String> = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| format!("{key} {} → {}", text(before.get(key)), text(after.get(key))))
        .collect();
    format!("{} {}: {}", was.kind(), was.name(), changes.join(", "))
}

fn short(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(MOST).collect::<String>())
}

/// What of a database can be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// The schema that holds Directus' tables, or would.
    pub home: String,
    /// Whether the tables that metadata is in are there: `directus_collections`, `_fields`, `_relations`, `_migrations`.
    pub metadata: bool,
    /// The schema of the ledger, if there is one.
    pub ledger: Option<String>,
    /// Whether TimescaleDB is installed in this database.
    pub timescaledb: bool,
    /// The relations of our own bookkeeping, which are not listed.
    pub own: Vec<String>,
}

/// The query for the listing: one column, one row per line. It must run with `search_path` set to `pg_catalog` alone, because the
/// server spells names by it.
pub fn query(tables: &Tables, words: &BTreeSet<String>) -> String {
    let array = |words: &mut dyn Iterator<Item = &str>| {
        format!("ARRAY[{}]::text[]", words.map(literal).collect::<Vec<_>>().join(","))
    };
    let home = quoted(&tables.home);
    let words = array(&mut words.iter().map(String::as_str));
    let tracked = if tables.metadata {
        format!("EXISTS (SELECT FROM {home}.directus_collections d WHERE d.collection = c.relname)")
    } else {
        "false".to_owned()
    };
    let mut sql = LISTING
        .replace("{home_name}", &literal(&tables.home))
        .replace("{words}", &words)
        .replace("{tracked}", &tracked)
        .replace("{own}", &array(&mut tables.own.iter().map(String::as_str)));
    if tables.metadata {
        sql.push_str(&METADATA.replace("{home}", &home));
    }
    if let Some(schema) = &tables.ledger {
        sql.push_str(&LEDGER.replace("{schema}", &quoted(schema)));
    }
    if tables.timescaledb {
        sql.push_str(&HYPERTABLES.replace("{home_name}", &literal(&tables.home)));
    }
    format!(
        "SELECT concat_ws(E'\\t', class, kind, name, translate(coalesce(definition, ''), E'\\t\\n\\r', '   ')) FROM ({sql}) AS line"
    )
}

/// `k.contype` without `n` and `t`: newer servers list NOT NULL there too, and constraint triggers are triggers.
const LISTING: &str = "
WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), place AS MATERIALIZED (
    SELECT oid, nspname = {home_name} AS home, CASE nspname WHEN {home_name} THEN '' ELSE nspname || '.' END AS prefix
    FROM pg_namespace WHERE nspname !~ '^(pg_|_timescaledb|timescaledb_|information_schema$)'
), rel AS MATERIALIZED (
    SELECT c.oid, c.relkind, c.relrowsecurity, p.prefix || c.relname AS name, k.class
    FROM pg_class c JOIN place p ON p.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT CASE
        WHEN p.home AND starts_with(c.relname::text, 'directus_') THEN 'directus'
        WHEN p.home AND {tracked} THEN 'managed'
        ELSE 'db-only' END) AS k (class)
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname <> ALL ({own})
      AND (k.class <> 'db-only' OR c.relname = ANY ({words}))
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
)
SELECT class, CASE WHEN relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind, name,
       CASE WHEN relkind IN ('v', 'm') THEN md5(pg_get_viewdef(oid)) WHEN relrowsecurity THEN 'row security' ELSE '' END AS definition
FROM rel
UNION ALL
SELECT r.class, 'column', r.name || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || coalesce(CASE WHEN a.attgenerated <> '' THEN ' generated ' ELSE ' default ' END || pg_get_expr(d.adbin, d.adrelid), '')
       || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind NOT IN ('v', 'm')
UNION ALL
SELECT CASE WHEN r.class = 'managed' AND NOT (k.contype IN ('p', 'f') OR k.contype = 'u' AND cardinality(k.conkey) = 1)
            THEN 'db-only' ELSE r.class END,
       'constraint', r.name || '.' || k.conname, pg_get_constraintdef(k.oid)
FROM rel r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT CASE WHEN r.class = 'managed' AND (i.indnkeyatts > 1 OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)
            THEN 'db-only' ELSE r.class END,
       'index', r.name || '.' || x.relname, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
FROM rel r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = r.oid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'db-only', 'trigger', r.name || '.' || t.tgname,
       pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' disabled' ELSE '' END
FROM rel r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = t.tgfoid)
UNION ALL
SELECT 'db-only', 'function', p.prefix || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')',
       md5(concat_ws(' ', f.prosrc, f.prolang, pg_get_function_result(f.oid), f.proconfig::text, f.prosecdef, f.provolatile))
FROM pg_proc f JOIN place p ON p.oid = f.pronamespace
WHERE f.proname = ANY ({words})
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = f.oid)
UNION ALL
SELECT 'db-only', 'type', p.prefix || t.typname,
       (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_type t JOIN place p ON p.oid = t.typnamespace WHERE t.typtype = 'e' AND t.typname = ANY ({words})
UNION ALL
SELECT 'db-only', 'extension', extname, '' FROM pg_extension WHERE extname = ANY ({words})";

const METADATA: &str = "
UNION ALL
SELECT 'managed', 'collection', collection, to_jsonb(c)::text FROM {home}.directus_collections c
UNION ALL
SELECT 'managed', 'field', collection || '.' || field, (to_jsonb(f) - 'id')::text FROM {home}.directus_fields f
UNION ALL
SELECT 'managed', 'relation', many_collection || '.' || many_field, (to_jsonb(r) - 'id')::text FROM {home}.directus_relations r
UNION ALL
SELECT 'directus', 'system migration', version, '' FROM {home}.directus_migrations";

/// The checksum by way of JSON: the bash version's table has none.
const LEDGER: &str = "
UNION ALL
SELECT 'ledger', 'migration', filename, coalesce(to_jsonb(l)->>'checksum', '') FROM {schema}.migrations_applied l";

const HYPERTABLES: &str = "
UNION ALL
SELECT 'db-only', 'hypertable', CASE hypertable_schema WHEN {home_name} THEN '' ELSE hypertable_schema || '.' END
       || hypertable_name || '.' || column_name, concat_ws(' ', time_interval::text, integer_interval::text, num_partitions::text)
FROM timescaledb_information.dimensions
UNION ALL
SELECT 'db-only', 'policy', CASE hypertable_schema WHEN {home_name} THEN '' ELSE hypertable_schema || '.' END
       || hypertable_name || '.' || proc_name, concat_ws(' ', schedule_interval::text, config::text)
FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL";

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(lines: &[&str]) -> Listing {
        Listing::new(lines.iter().map(|line| line.replace('|', "\t")))
    }

    #[test]
    fn a_listing_survives_its_text() {
        let listing = listing(&["managed|column|entries.note|text", "db-only|extension|timescaledb|"]);
        assert_eq!(listing.lines().count(), 2);
        assert_eq!(Listing::parse(&listing.to_text()), listing);
    }

    #[test]
    fn drift_is_shown_as_what_is_gone_different_and_new() {
        let recorded = listing(&[
            "db-only|constraint|entries.one|UNIQUE (event, race_number)",
            "managed|field|classes.name|{\"width\": \"half\", \"hidden\": false}",
            "managed|column|classes.name|character varying(50)",
        ]);
        let live = listing(&[
            "managed|field|classes.name|{\"width\": \"full\", \"hidden\": false}",
            "managed|column|classes.name|character varying(5)",
            "managed|column|classes.extra|text",
            "db-only|index|classes.by_hand|CREATE INDEX",
        ]);
        let drift = recorded.drift(&live);
        assert_eq!(
            drift.render(),
            [
                "- constraint entries.one: UNIQUE (event, race_number)",
                "~ column classes.name: character varying(50) → character varying(5)",
                "~ field classes.name: width \"half\" → \"full\"",
                "+ column classes.extra: text",
            ]
        );
        assert_eq!((drift.count(), drift.foreign.len(), drift.is_none()), (4, 1, false));
    }

    #[test]
    fn foreign_objects_are_no_drift_and_are_recorded_only_when_a_migration_names_them() {
        let live = listing(&[
            "db-only|index|entries.by_hand|CREATE INDEX",
            "db-only|trigger|entries.audit|CREATE TRIGGER",
        ]);
        let drift = Listing::default().drift(&live);
        assert!(drift.is_none());
        let words = BTreeSet::from(["audit".to_owned()]);
        let foreign = drift.foreign_to(&words);
        assert_eq!(
            foreign.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["index entries.by_hand: CREATE INDEX"]
        );
        assert_eq!(live.without(&foreign).lines().count(), 1);
    }

    #[test]
    fn a_table_that_a_half_finished_boot_made_is_recorded_with_all_that_hangs_on_it() {
        let live = listing(&[
            "db-only|table|tracks|",
            "db-only|column|tracks.id|integer not null",
            "db-only|constraint|tracks.tracks_pkey|PRIMARY KEY (id)",
            "db-only|index|entries.entries_note_idx|CREATE INDEX",
        ]);
        let words = BTreeSet::from(["tracks".to_owned(), "entries".to_owned()]);
        let foreign = Listing::default().drift(&live).foreign_to(&words);
        let names: Vec<&str> = foreign.iter().map(Line::name).collect();
        assert_eq!(names, ["entries.entries_note_idx"], "an index by hand on a table that was there");
    }

    #[test]
    fn what_a_migration_made_is_unrepaired_unless_one_that_has_still_to_run_names_it() {
        let recorded = listing(&[
            "db-only|table|positions|",
            "db-only|hypertable|positions.ts|7 days",
            "db-only|index|positions.by_device|CREATE INDEX",
            "db-only|constraint|entries.one|UNIQUE (a, b)",
            "db-only|constraint|teams.two|UNIQUE (a, b)",
            "db-only|view|last_seen|1111",
            "managed|table|entries|",
            "managed|column|entries.note|text",
        ]);
        let live = listing(&[
            "db-only|table|positions|",
            "db-only|index|positions.by_device|CREATE INDEX invalid",
            "managed|table|entries|",
        ]);
        let drift = recorded.drift(&live);
        let set = |words: &[&str]| words.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
        let check = |named: &[&str], words: &[&str], expected: &[&str]| {
            let lines = drift.unrepaired(&live, &set(named), &set(words));
            assert_eq!(lines.iter().map(Line::name).collect::<Vec<_>>(), expected, "{named:?}");
        };
        let all = ["entries.one", "positions.ts", "last_seen", "positions.by_device"];
        check(&[], &["last_seen"], &all);
        check(&["one", "positions", "by_device"], &["last_seen"], &["last_seen"]);
        check(&["one", "positions", "by_device"], &[], &[]);
        let kept = live.clone().with(&drift.unrepaired(&live, &set(&[]), &set(&["last_seen"])));
        assert_eq!(recorded.drift(&kept).changed, [], "as it was recorded");
        assert_eq!(kept.names("hypertable").collect::<Vec<_>>(), ["positions.ts"]);
        let seen = recorded.drift(&live).seen_by(&live, &set(&[]));
        let names: Vec<&str> = seen.missing.iter().map(Line::name).collect();
        assert_eq!(
            names,
            ["entries.note", "entries.one", "positions.ts"],
            "an older release does not look for the view"
        );
    }

    #[test]
    fn an_older_release_can_live_with_more_and_with_looser_but_not_with_less() {
        let recorded = listing(&[
            "managed|column|entries.note|character varying(50) not null default 'a'::character varying",
            "managed|field|entries.note|{}",
            "db-only|constraint|entries.one|UNIQUE (a, b)",
        ]);
        let fine = listing(&[
            "managed|column|entries.note|character varying(50)",
            "managed|column|entries.more|text",
            "managed|field|entries.note|{\"hidden\": true}",
        ]);
        assert_eq!(recorded.missed_in(&fine), Vec::<String>::new());
        let poor = listing(&["managed|column|entries.note|text"]);
        assert_eq!(
            recorded.missed_in(&poor),
            ["column entries.note: text, was character varying(50)", "field entries.note: gone"]
        );
    }
}
