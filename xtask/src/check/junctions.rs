//! The rule over junctions: a snapshot cannot say that a pair occurs once (D15), so a migration has to. A warning, because there are
//! junctions in which a pair may come twice.

use super::Context;
use catalog::Catalog;
use contract::artefacts::SNAPSHOT;
use snapshot::junctions::{Junction, junctions};
use snapshot::span::Step;
use snapshot::{Finding, Snapshot};

pub(crate) const RULE: &str = "junction-unique";

/// Every junction's pairs are made unique by a migration.
pub(crate) fn unique(context: &Context) -> Vec<Finding> {
    let (Some(document), Some(made)) = (context.document(), context.made()) else { return Vec::new() };
    let snapshot = &document.snapshot;
    let finding = |junction: Junction| {
        let index = snapshot.collections().position(|each| each.name() == junction.collection).unwrap_or(0);
        let (line, column) = document.position(&[Step::Key("collections"), Step::Index(index)]);
        Finding::error(RULE, SNAPSHOT, what(&junction)).at(line, column).hint(remedy(&junction)).warning()
    };
    lacking(snapshot, made).into_iter().map(finding).collect()
}

/// The junctions whose pairs nothing makes unique.
pub(crate) fn lacking(snapshot: &Snapshot, made: &Catalog) -> Vec<Junction> {
    let tables = made.tables();
    let is_unique = |junction: &Junction| {
        let own = tables.iter().filter(|table| table.name == junction.collection);
        let keys = own.flat_map(|table| {
            table.unique.iter().map(|key| key.columns.as_slice()).chain([table.key.as_slice()])
        });
        junction.is_unique_by(keys)
    };
    junctions(snapshot).into_iter().filter(|junction| !is_unique(junction)).collect()
}

/// What is missing, for people.
pub(crate) fn what(junction: &Junction) -> String {
    format!(
        "`{}` joins {}, and nothing makes the pair unique; Directus cannot",
        junction.collection,
        junction.columns.join(" and ")
    )
}

/// The command that makes it so.
pub(crate) fn remedy(Junction { collection, columns }: &Junction) -> String {
    format!(
        "cargo xtask new post {collection}_unique --as unique --table {collection} --columns {}",
        columns.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;
    use contract::artefacts::CATALOG;

    const SCHEMA: &str = "version: 1\ncollections:\n  - {collection: a, schema: {name: a}}\n  - {collection: ab, schema: {name: ab}}\n\
        fields:\n  - {collection: ab, field: a}\n  - {collection: ab, field: b}\n\
        relations:\n  - {collection: ab, field: b, related_collection: b, meta: {junction_field: a}}\n\
        \x20 - {collection: ab, field: a, related_collection: a, meta: {junction_field: b}}\n";

    #[test]
    fn a_junction_without_a_unique_pair_is_worth_a_look() {
        check(
            RULE,
            &[(SNAPSHOT, SCHEMA), (CATALOG, "[managed]\ntable ab\n")],
            &[
                "snapshots/schema.yaml:4:5: warning: junction-unique: `ab` joins a and b, and nothing makes the pair unique; Directus cannot",
            ],
        );
        let once = "[managed]\ntable ab\n[migrations]\nconstraint ab.ab_once: UNIQUE (b, a)\n";
        check(RULE, &[(SNAPSHOT, SCHEMA), (CATALOG, once)], &[]);
    }
}
