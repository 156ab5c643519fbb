//! `ghost-collection`: managed and db-only tables are disjoint.
//!
//! A row in `directus_collections` for a table that a migration owns makes the table a ghost: it enters the snapshot, a fresh apply
//! makes a bogus table or fails (D11), and removing the entry later drops the real table with its rows (D12).

use super::{Finding, found};
use crate::ghosts::with_key;
use crate::model::Document;
use contract::Phase;
use std::collections::HashMap;

const RULE: &str = "ghost-collection";

/// A table that a migration creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTable {
    /// The table's name as Postgres stores it, without its schema.
    pub name: String,
    /// The phase of the migration.
    pub phase: Phase,
    /// The migration's file, relative to the repository.
    pub path: String,
    /// The line of the statement, from 1.
    pub line: usize,
}

/// Finds collections that a migration creates as tables, and collections that Directus could not have created itself.
pub fn ghost_collection(document: &Document, created: &[CreatedTable]) -> Vec<Finding> {
    let with_key = with_key(&document.snapshot);
    let by_name: HashMap<&str, &CreatedTable> =
        created.iter().rev().map(|table| (table.name.as_str(), table)).collect();
    let mut findings = Vec::new();
    for (index, collection) in document.snapshot.collections().enumerate() {
        if !collection.has_table() {
            continue;
        }
        let name = collection.name();
        let path = ["collections".into(), index.into(), "collection".into()];
        if let Some(table) = by_name.get(name) {
            findings.push(found(RULE, document, &path, made_by_sql(name, table)).hint(format!(
                "if the table is the migration's, take `{name}` out of the snapshot and its row out of directus_collections; if it is Directus', drop the CREATE TABLE"
            )));
        } else if !with_key.contains(name) {
            let message = format!(
                "`{name}` has a table but no primary key field: a fresh apply would create a bogus table with an `id` of its own in its place (D12)"
            );
            findings.push(found(RULE, document, &path, message).hint(format!(
                "if `{name}` is a db-only table, take it out of the snapshot and its row out of directus_collections"
            )));
        }
    }
    findings
}

fn made_by_sql(name: &str, table: &CreatedTable) -> String {
    let place = format!("{}:{}", table.path, table.line);
    match table.phase {
        Phase::Pre => format!(
            "`{name}` is created by {place}: a fresh apply would fail because the table exists (D11), and taking the collection out later would drop the real table (D12)"
        ),
        Phase::Post => format!(
            "`{name}` is created by {place} too: Directus has made it by then, so the statement fails or does nothing (D11)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{REAL, document, lines};
    use super::*;

    fn created(name: &str, phase: Phase) -> CreatedTable {
        CreatedTable { name: name.to_owned(), phase, path: format!("{}/002_x.sql", phase.folder()), line: 7 }
    }

    #[test]
    fn d12_a_db_only_table_in_the_snapshot_is_found() {
        let findings = ghost_collection(&document(REAL), &[created("positions", Phase::Pre)]);
        let [ghost_empty, positions] = &lines(&findings)[..] else { panic!("{findings:?}") };
        assert!(ghost_empty.contains("`ghost_empty` has a table but no primary key field"), "{ghost_empty}");
        assert_eq!(
            positions,
            "105: `positions` is created by db-init/002_x.sql:7: a fresh apply would fail because the table exists (D11), and taking the collection out later would drop the real table (D12)"
        );
    }

    #[test]
    fn d11_a_managed_table_created_by_the_post_phase_is_found() {
        let findings = ghost_collection(&document(REAL), &[created("events", Phase::Post)]);
        assert!(lines(&findings)[0].contains("the statement fails or does nothing (D11)"));
    }

    #[test]
    fn a_folder_and_a_db_only_table_are_fine() {
        let text = "collections:\n  - collection: rally\n    meta: {}\n  - {collection: a, schema: {name: a}}\nfields:\n  - {collection: a, field: id, schema: {is_primary_key: true}}\n";
        let findings = ghost_collection(
            &document(text),
            &[created("rally", Phase::Pre), created("positions", Phase::Pre)],
        );
        assert_eq!(findings, []);
    }
}
