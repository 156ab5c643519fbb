//! The rule over junctions: a snapshot cannot say that a pair occurs once (D15), so a migration has to. A warning, because there are
//! junctions in which a pair may come twice.

use super::Context;
use contract::artefacts::SNAPSHOT;
use migrations::{Migrations, objects};
use snapshot::junctions::{Junction, junctions};
use snapshot::span::Step;
use snapshot::{Finding, Snapshot};

pub(crate) const RULE: &str = "junction-unique";

/// Every junction's pairs are made unique by a migration.
pub(crate) fn unique(context: &Context) -> Vec<Finding> {
    let Some(document) = context.document().filter(|_| context.problems.is_empty()) else {
        return Vec::new();
    };
    let snapshot = &document.snapshot;
    let finding = |junction: Junction| {
        let index = snapshot.collections().position(|each| each.name() == junction.collection).unwrap_or(0);
        let (line, column) = document.position(&[Step::Key("collections"), Step::Index(index)]);
        Finding::error(RULE, SNAPSHOT, what(&junction)).at(line, column).hint(remedy(&junction)).warning()
    };
    lacking(snapshot, &context.migrations).into_iter().map(finding).collect()
}

/// The junctions whose pairs no migration makes unique.
pub(crate) fn lacking(snapshot: &Snapshot, migrations: &Migrations) -> Vec<Junction> {
    let objects = objects::objects(migrations.iter());
    let is_unique = |junction: &Junction| {
        let own = objects.iter().filter(|object| object.table == junction.collection);
        junction.is_unique_by(own.map(|object| object.columns.as_slice()))
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

    const SCHEMA: &str = "version: 1\ncollections:\n  - {collection: a, schema: {name: a}}\n  - {collection: ab, schema: {name: ab}}\n\
        fields:\n  - {collection: ab, field: a}\n  - {collection: ab, field: b}\n\
        relations:\n  - {collection: ab, field: b, related_collection: b, meta: {junction_field: a}}\n\
        \x20 - {collection: ab, field: a, related_collection: a, meta: {junction_field: b}}\n";

    #[test]
    fn a_junction_without_a_unique_pair_is_worth_a_look() {
        check(
            RULE,
            &[(SNAPSHOT, SCHEMA)],
            &[
                "snapshots/schema.yaml:4:5: warning: junction-unique: `ab` joins a and b, and nothing makes the pair unique; Directus cannot",
            ],
        );
        let once = "ALTER TABLE ab ADD CONSTRAINT ab_once UNIQUE (b, a);\n";
        check(RULE, &[(SNAPSHOT, SCHEMA), ("db-init-post/001_once.sql", once)], &[]);
    }
}
