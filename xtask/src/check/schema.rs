//! The rules over the snapshot. They are the library's (`snapshot::rules`); here they get what this repository holds.

use super::{Context, pin};
use contract::artefacts::SNAPSHOT;
use snapshot::Finding;
use snapshot::rules;

pub(crate) const YAML: &str = "snapshot-yaml";

/// The snapshot is there, and Directus reads it as it is meant.
pub(crate) fn yaml(context: &Context) -> Vec<Finding> {
    match &context.snapshot {
        None => vec![
            Finding::error(YAML, SNAPSHOT, "the file is missing: there is no schema to apply")
                .hint("run cargo xtask snapshot against a Directus that has the schema"),
        ],
        Some(Err(error)) => vec![rules::unreadable(error)],
        Some(Ok(document)) => rules::yaml(document),
    }
}

/// Made by the pinned Directus; without a pin, `directus-pin` says so.
pub(crate) fn version(context: &Context) -> Vec<Finding> {
    match (context.document(), context.pinned()) {
        (Some(document), Some(pinned)) => rules::version(document, &pinned),
        _ => Vec::new(),
    }
}

/// Made on Postgres.
pub(crate) fn vendor(context: &Context) -> Vec<Finding> {
    context.document().map(rules::vendor).unwrap_or_default()
}

/// Every key that the pinned Directus writes; without a pin, the one that the snapshot names.
pub(crate) fn keys(context: &Context) -> Vec<Finding> {
    let Some(document) = context.document() else { return Vec::new() };
    let version =
        pin::pinned(&context.repository).or_else(|| document.snapshot.directus().map(str::to_owned));
    version.map(|version| rules::keys(document, &version)).unwrap_or_default()
}

/// Names of something that exists.
pub(crate) fn references(context: &Context) -> Vec<Finding> {
    context.document().map(rules::references).unwrap_or_default()
}

/// Columns that Directus can make and reads back as they are.
pub(crate) fn columns(context: &Context) -> Vec<Finding> {
    context.document().map(rules::columns).unwrap_or_default()
}

/// No table is made by migrations and managed by Directus.
pub(crate) fn ghosts(context: &Context) -> Vec<Finding> {
    let Some(document) = context.document() else { return Vec::new() };
    let db_only: Vec<String> =
        context.made().map(|made| made.db_only_tables().map(str::to_owned).collect()).unwrap_or_default();
    rules::ghost_collection(document, &db_only)
}

#[cfg(test)]
mod tests {
    use super::super::pin::PACKAGE;
    use super::super::tests::check;
    use super::*;
    use contract::artefacts::CATALOG;

    const PINNED: (&str, &str) = (PACKAGE, r#"{"dependencies": {"directus": "11.17.4"}}"#);
    const EMPTY: &str = "version: 1\ndirectus: 11.17.4\nvendor: postgres\ncollections: []\nfields: []\nsystemFields: []\nrelations: []\n";

    #[test]
    fn an_empty_snapshot_of_the_pinned_version_is_fine() {
        for rule in [
            YAML,
            "snapshot-version",
            "snapshot-vendor",
            "snapshot-keys",
            "snapshot-references",
            "ghost-collection",
        ] {
            check(rule, &[PINNED, (SNAPSHOT, EMPTY)], &[]);
        }
    }

    #[test]
    fn a_missing_or_unreadable_snapshot_is_found_once() {
        check(
            YAML,
            &[PINNED],
            &["snapshots/schema.yaml: snapshot-yaml: the file is missing: there is no schema to apply"],
        );
        let broken = [PINNED, (SNAPSHOT, "version: 1\nversion: 2\n")];
        check(YAML, &broken, &["snapshots/schema.yaml:2:1: snapshot-yaml: the key `version` comes twice"]);
        for rule in [
            "snapshot-version",
            "snapshot-vendor",
            "snapshot-keys",
            "snapshot-references",
            "ghost-collection",
        ] {
            check(rule, &broken, &[]);
        }
    }

    #[test]
    fn d6_another_version_and_vendor_are_found() {
        let text = EMPTY.replace("11.17.4", "9.0.0").replace("postgres", "mysql");
        let files = [PINNED, (SNAPSHOT, text.as_str())];
        check(
            "snapshot-version",
            &files,
            &[
                "snapshots/schema.yaml:2:1: snapshot-version: made by Directus 9.0.0, but 11.17.4 is pinned; Directus checks neither and applies what it understands of the file",
            ],
        );
        check(
            "snapshot-vendor",
            &files,
            &[
                "snapshots/schema.yaml:3:1: snapshot-vendor: names `mysql` as its vendor, not `postgres`; Directus does not check it and applies foreign types",
            ],
        );
    }

    #[test]
    fn d5_a_missing_section_is_found() {
        let text = EMPTY.replace("systemFields: []\n", "");
        check(
            "snapshot-keys",
            &[PINNED, (SNAPSHOT, &text)],
            &[
                "snapshots/schema.yaml:1:1: snapshot-keys: the section `systemFields` is missing: the next apply would drop the indexes of Directus' own tables (D5)",
            ],
        );
    }

    #[test]
    fn a_group_that_is_missing_is_found() {
        let text =
            EMPTY.replace("collections: []", "collections:\n  - collection: a\n    meta:\n      group: b");
        check(
            "snapshot-references",
            &[PINNED, (SNAPSHOT, &text)],
            &[
                "snapshots/schema.yaml:7:7: snapshot-references: `a` is grouped under `b`, which is not in the snapshot: a fresh apply would skip `a` and report success without having created it",
            ],
        );
    }

    #[test]
    fn d31_a_default_with_an_apostrophe_is_found() {
        let text = EMPTY.replace(
            "fields: []",
            "fields:\n  - collection: a\n    field: b\n    schema:\n      default_value: 'it''s'",
        );
        check(
            "snapshot-columns",
            &[PINNED, (SNAPSHOT, &text)],
            &[
                "snapshots/schema.yaml:9:7: snapshot-columns: Directus cannot read the default of `a.b` back: an apostrophe in it comes back doubled, so every apply would change it again (D31)",
            ],
        );
    }

    #[test]
    fn d12_positions_in_the_snapshot_is_found() {
        let text = EMPTY.replace(
            "collections: []",
            "collections:\n  - collection: positions\n    schema:\n      name: positions",
        );
        check(
            "ghost-collection",
            &[(SNAPSHOT, &text), (CATALOG, "[migrations]\ntable positions\n")],
            &[
                "snapshots/schema.yaml:5:5: ghost-collection: `positions` is a table of the migrations: a fresh apply would fail because the table exists (D11), and taking the collection out later would drop the real table (D12)",
            ],
        );
    }
}
