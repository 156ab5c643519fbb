//! `ghost-collection`: managed and db-only tables are disjoint.
//!
//! A row in `directus_collections` for a table that a migration owns makes the table a ghost: it enters the snapshot, a fresh apply
//! makes a bogus table or fails (D11), and removing the entry later drops the real table with its rows (D12).

use super::{Finding, found};
use crate::ghosts::with_key;
use crate::model::Document;
use std::collections::HashSet;

const RULE: &str = "ghost-collection";

/// Finds collections whose table the migrations make (`db_only`: such tables by name, as the release's catalog has them), and collections
/// that Directus could not have created itself.
pub fn ghost_collection(document: &Document, db_only: &[String]) -> Vec<Finding> {
    let with_key = with_key(&document.snapshot);
    let db_only: HashSet<&str> = db_only.iter().map(String::as_str).collect();
    let mut findings = Vec::new();
    for (index, collection) in document.snapshot.collections().enumerate() {
        if !collection.has_table() {
            continue;
        }
        let name = collection.name();
        let path = ["collections".into(), index.into(), "collection".into()];
        if db_only.contains(name) {
            let message = format!(
                "`{name}` is a table of the migrations: a fresh apply would fail because the table exists (D11), and taking the collection out later would drop the real table (D12)"
            );
            findings.push(found(RULE, document, &path, message).hint(format!(
                "if the table is the migrations', take `{name}` out of the snapshot and its row out of directus_collections; if it is Directus', drop its CREATE TABLE and write snapshots/database.txt again: cargo xtask dry-run --write"
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

#[cfg(test)]
mod tests {
    use super::super::tests::{REAL, document, lines};
    use super::*;

    #[test]
    fn d12_a_db_only_table_in_the_snapshot_is_found() {
        let findings = ghost_collection(&document(REAL), &["positions".to_owned()]);
        let [ghost_empty, positions] = &lines(&findings)[..] else { panic!("{findings:?}") };
        assert!(ghost_empty.contains("`ghost_empty` has a table but no primary key field"), "{ghost_empty}");
        assert_eq!(
            positions,
            "105: `positions` is a table of the migrations: a fresh apply would fail because the table exists (D11), and taking the collection out later would drop the real table (D12)"
        );
    }

    #[test]
    fn a_folder_and_a_db_only_table_are_fine() {
        let text = "collections:\n  - collection: rally\n    meta: {}\n  - {collection: a, schema: {name: a}}\nfields:\n  - {collection: a, field: id, schema: {is_primary_key: true}}\n";
        let findings = ghost_collection(&document(text), &["rally".to_owned(), "positions".to_owned()]);
        assert_eq!(findings, []);
    }
}
