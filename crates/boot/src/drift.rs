//! Drift: the database is not what the latest release left. What to do about it is a policy; what it is, is always told in full.

use crate::excerpt::{in_words, listed};
use crate::history::Entry;
use crate::release::Release;
use catalog::{Catalog, Class, Drift, Line};
use contract::env::ON_DRIFT;
use contract::sql::{literal, quoted};
use contract::{Exit, Failure, Outcome};
use std::collections::BTreeSet;

/// The drift in full, one line each, for the conversation.
pub(crate) fn lines(drift: &Drift, latest: &Entry) -> Vec<String> {
    let count = drift.count();
    let heading = format!(
        "drift: {count} difference{} to what release {} left (entry {}, {})",
        if count == 1 { "" } else { "s" },
        latest.release,
        latest.number,
        latest.recorded_at
    );
    std::iter::once(heading).chain(drift.render().into_iter().map(|line| format!("  {line}"))).collect()
}

/// Objects that are not in git disturb nothing, and are said once per boot.
pub(crate) fn unmanaged(lines: &[Line]) -> Option<String> {
    const SHOWN: usize = 5;
    let names = catalog::condensed(lines);
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match (names.len(), more) {
        (0, _) => None,
        (_, 0) => Some(format!("in the database and not in git, left alone: {shown}")),
        (_, more) => Some(format!("in the database and not in git, left alone: {shown}; and {more} more")),
    }
}

/// Policy `refuse`.
pub(crate) fn refused(drift: &Drift, latest: &Entry) -> Failure {
    Failure::new(format!("prepare the database: it is not what release {} left", latest.release))
        .exit(Exit::Refused)
        .excerpt(in_words(drift.render()))
        .cause(format!("{ON_DRIFT}=refuse; nothing was touched"))
        .hint(format!("undo what was changed behind the release's back, or set {ON_DRIFT}=repair"))
}

/// Without its row a migration would run a second time, over the data that it made.
///
/// # Errors
/// Exit 4, with the rows that the ledger had, if any of them is gone or different.
pub(crate) fn ledger_is_whole(recorded: &Catalog, live: &Catalog) -> Outcome<()> {
    let drift = recorded.of(Class::Ledger).drift(&live.of(Class::Ledger));
    let lost = drift.missing.iter().chain(drift.changed.iter().map(|(was, _)| was));
    let lost: Vec<String> = lost.map(|line| format!("{}  {}", line.name(), line.definition())).collect();
    if lost.is_empty() {
        return Ok(());
    }
    Err(Failure::new("prepare the database: the ledger lost rows that the latest release had recorded")
        .exit(Exit::Refused)
        .excerpt(listed(lost))
        .cause("the migrations would run again over what they have already made; nothing was touched")
        .hint("restore `migrations_applied` from a backup; the files and checksums above are what it held"))
}

/// What the latest release left, this one has too, and no apply of Directus puts back: what migrations made, and what is Directus' own.
/// All that went with it is told beside it, because its statements need that.
pub(crate) fn lost(drift: &Drift, release: &Release) -> Drift {
    let file = &release.catalog.catalog;
    let has = |line: &Line| file.lines().any(|each| each.key() == line.key());
    let is_lost = |line: &Line| match line.class() {
        Class::DbOnly => has(line),
        Class::Directus => line.is_object(),
        _ => false,
    };
    match drift.lost().any(is_lost) {
        true => drift.lost_of(|line| {
            is_lost(line) || (line.class() == Class::Managed && line.is_object() && has(line))
        }),
        false => Drift::default(),
    }
}

/// A managed column: collection and field.
pub(crate) type Column = (String, String);

/// The managed columns that an index or a key of somebody else's names: Directus is to leave them as they are (D42).
pub(crate) fn left_alone(unmanaged: &[Line], live: &Catalog) -> Vec<Column> {
    let keys: Vec<String> = unmanaged.iter().filter_map(Line::only_column).collect();
    let is_named = |column: &&Line| {
        column.class() == Class::Managed
            && column.kind() == "column"
            && keys.iter().any(|key| key == column.name())
    };
    let named = live.lines().filter(is_named);
    named.map(|column| (column.table().to_owned(), column.own_name().to_owned())).collect()
}

/// Collections whose table Directus did not make: the key of none that it made is without metadata.
pub(crate) fn registered(live: &Catalog) -> Vec<String> {
    let columns = live.lines().filter(|line| line.kind() == "column" && line.class() == Class::Managed);
    let fields: BTreeSet<&str> = columns.map(Line::name).collect();
    let keys = live.lines().filter(|line| line.definition().starts_with("PRIMARY KEY "));
    let made: BTreeSet<&str> = keys
        .filter(|key| key.only_column().is_some_and(|column| fields.contains(column.as_str())))
        .map(Line::table)
        .collect();
    let tables: BTreeSet<&str> = live.names("table").collect();
    let is_registered = |name: &&str| tables.contains(name) && !made.contains(name);
    live.names("collection").filter(is_registered).map(str::to_owned).collect()
}

/// What has metadata, is in git, and has no table, no column, or no foreign key; and columns that have no metadata.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    collections: Vec<String>,
    fields: Vec<Column>,
    /// By their column.
    relations: Vec<Column>,
    /// The other way round: columns without metadata, which Directus would take for new.
    unregistered: Vec<Column>,
}

/// Those of a live catalog.
pub(crate) fn orphans(release: &Release, live: &Catalog) -> Orphans {
    let has: BTreeSet<(&str, &str)> = live.lines().map(Line::key).collect();
    let refers: BTreeSet<(&str, &str)> =
        live.lines().filter_map(|line| Some((line.table(), referencing(line)?))).collect();
    let mut orphans = Orphans::default();
    let expected = release.catalog.catalog.lines().filter(|line| line.class() == Class::Managed);
    for line in expected.filter(|line| !live.has(line)) {
        let (table, column) = (line.table(), referencing(line).unwrap_or(line.own_name()));
        let name = format!("{table}.{column}");
        match line.kind() {
            "table" if has.contains(&line.key()) => {}
            "table" if has.contains(&("collection", table)) => orphans.collections.push(table.to_owned()),
            "column" if !has.contains(&("table", table)) => {}
            "column"
                if has.contains(&line.key())
                    && (!has.contains(&("collection", table)) || has.contains(&("field", line.name()))) => {}
            "column" if has.contains(&line.key()) => {
                orphans.unregistered.push((table.to_owned(), column.to_owned()));
            }
            "column" if has.contains(&("field", line.name())) => {
                orphans.fields.push((table.to_owned(), column.to_owned()));
            }
            "constraint" if refers.contains(&(table, column)) => {}
            "constraint" if referencing(line).is_some() && has.contains(&("relation", &name)) => {
                orphans.relations.push((table.to_owned(), column.to_owned()));
            }
            _ => {}
        }
    }
    orphans
}

/// The column of a foreign key.
fn referencing(line: &Line) -> Option<&str> {
    let (column, _) = line.definition().strip_prefix("FOREIGN KEY (")?.split_once(')')?;
    Some(column.trim_matches('"'))
}

impl Orphans {
    pub(crate) fn is_empty(&self) -> bool {
        self.collections.is_empty()
            && self.fields.is_empty()
            && self.relations.is_empty()
            && self.unregistered.is_empty()
    }

    /// What is done about them, for people.
    pub(crate) fn notes(&self) -> Vec<String> {
        let name = |(collection, field): &Column| format!("{collection}.{field}");
        let relations = self.relations.iter().map(|column| format!("the relation of {}", name(column)));
        let gone: Vec<String> =
            self.collections.iter().cloned().chain(self.fields.iter().map(name)).chain(relations).collect();
        let bare: Vec<String> = self.unregistered.iter().map(name).collect();
        let told = [
            ("had metadata and was not there, is made again, empty", gone),
            ("had no metadata, gets it", bare),
        ];
        let told = told.into_iter().filter(|(_, names)| !names.is_empty());
        told.map(|(what, names)| format!("{what}: {}", names.join(", "))).collect()
    }

    /// One transaction: a message of several statements is one (P2). Groups are put back by the apply.
    pub(crate) fn repair(&self, home: &str) -> String {
        let home = quoted(home);
        let mut sql = String::new();
        for collection in &self.collections {
            let name = literal(collection);
            sql.push_str(&format!(
                "DELETE FROM {home}.directus_relations WHERE many_collection = {name}; \
                 DELETE FROM {home}.directus_fields WHERE collection = {name}; \
                 UPDATE {home}.directus_collections SET \"group\" = NULL WHERE \"group\" = {name}; \
                 DELETE FROM {home}.directus_collections WHERE collection = {name}; "
            ));
        }
        for (collection, field) in self.fields.iter().chain(&self.relations) {
            sql.push_str(&format!(
                "DELETE FROM {home}.directus_relations WHERE many_collection = {} AND many_field = {}; ",
                literal(collection),
                literal(field)
            ));
        }
        for (collection, field) in &self.unregistered {
            sql.push_str(&format!(
                "INSERT INTO {home}.directus_fields (collection, field) VALUES ({}, {}); ",
                literal(collection),
                literal(field)
            ));
        }
        for (collection, field) in &self.fields {
            sql.push_str(&format!(
                "DELETE FROM {home}.directus_fields WHERE collection = {} AND field = {}; ",
                literal(collection),
                literal(field)
            ));
        }
        sql
    }
}

/// What nobody puts back is not made the next release's truth.
pub(crate) fn unrepaired(lost: &Drift, latest: &Entry, release: &Release) -> Failure {
    Failure::new(format!("prepare the database: it is not what release {} left", latest.release))
        .exit(Exit::Refused)
        .excerpt(in_words(lost.render()))
        .cause("this is gone or altered since, and no migration has still to run that could put it back; nothing was touched")
        .hint(restored(release, lost))
}

/// How to put back what is gone: statements to run by hand, and where in the migrations a thing is named.
pub(crate) fn restored(release: &Release, lost: &Drift) -> String {
    let statements = catalog::restore(lost);
    let its_table = |source: &str, line: &Line| {
        let table = line.table().rsplit('.').next().unwrap_or_default();
        line.table() == line.name() || has_word(source, table.trim_matches('"'))
    };
    let names =
        |source: &str| lost.lost().any(|line| has_word(source, line.own_name()) && its_table(source, line));
    let named: Vec<&str> =
        release.migrations.iter().filter(|each| names(&each.source)).map(|each| each.path.as_str()).collect();
    let mut hint = format!("put it back, by hand or with a new migration:\n{}", statements.join("\n"));
    if !named.is_empty() {
        hint.push_str(&format!("\nwhat named it: {}", named.join(", ")));
    }
    hint.push_str(&format!("\nto serve meanwhile, set {ON_DRIFT}=ignore"));
    hint
}

/// Whether `text` has `word`, and not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}
