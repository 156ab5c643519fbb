//! The rules over migrations: names, hazards, and which phase a file belongs to.

use super::Context;
use ::migrations::file::Problem;
use ::migrations::relations::{Mention, relations_mentioned};
use ::migrations::source::position;
use ::migrations::{Migration, hazards as found_in};
use contract::Phase;
use snapshot::{Finding, directus};
use std::collections::HashSet;

pub(crate) const NAMES: &str = "migration-names";
pub(crate) const HAZARDS: &str = "migration-hazards";
pub(crate) const PHASE_ORDER: &str = "phase-order";

/// Names, numbers, encodings: what makes a file unusable.
pub(crate) fn names(context: &Context) -> Vec<Finding> {
    context.problems.iter().map(|problem| finding(NAMES, problem)).collect()
}

/// What must not be in a migration.
pub(crate) fn hazards(context: &Context) -> Vec<Finding> {
    let problems = context.migrations.iter().flat_map(|migration| found_in::problems(migration));
    problems.map(|problem| finding(HAZARDS, &problem)).collect()
}

/// A `pre` file that names what Directus creates only afterwards: the team's first ordering bug.
pub(crate) fn phase_order(context: &Context) -> Vec<Finding> {
    let managed: HashSet<&str> = match context.document() {
        Some(document) => {
            document.snapshot.collections().filter(|each| each.has_table()).map(|each| each.name()).collect()
        }
        None => HashSet::new(),
    };
    let mut findings = Vec::new();
    for migration in context.migrations.of(Phase::Pre) {
        for mention in relations_mentioned(&migration.source) {
            let is_public = mention.schema.as_deref().is_none_or(|schema| schema == "public");
            if is_public {
                findings.extend(too_early(context, migration, &mention, &managed));
            }
        }
    }
    findings
}

fn too_early(
    context: &Context,
    migration: &Migration,
    mention: &Mention,
    managed: &HashSet<&str>,
) -> Option<Finding> {
    let name = &mention.name;
    let whose = if managed.contains(name.as_str()) {
        "is managed by Directus"
    } else if directus::is_system(name) {
        "is one of Directus' own tables"
    } else {
        return None;
    };
    let message = format!("`{name}` {whose} and does not exist yet when {}/ runs", Phase::Pre.folder());
    let at = position(&migration.source, mention.span.start);
    Some(Finding::error(PHASE_ORDER, &migration.path, message).at(at.line, at.column).hint(format!(
        "git mv {} {}",
        migration.path,
        place_in_post(context, migration)
    )))
}

/// The same name with the next free number of the post phase.
fn place_in_post(context: &Context, migration: &Migration) -> String {
    let next =
        context.migrations.of(Phase::Post).map(|each| each.number).max().unwrap_or(0).saturating_add(1);
    let (digits, words) = migration.name.split_once('_').unwrap_or(("", &migration.name));
    format!("{}/{next:0width$}_{words}", Phase::Post.folder(), width = digits.len())
}

fn finding(rule: &'static str, problem: &Problem) -> Finding {
    let finding = Finding::error(rule, &problem.path, &problem.message).hint(&problem.remedy);
    match problem.position {
        Some(at) => finding.at(at.line, at.column),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, context};
    use super::*;
    use contract::artefacts::SNAPSHOT;

    const ENTRIES: (&str, &str) = (
        SNAPSHOT,
        "version: 1\ncollections:\n  - collection: entries\n    schema:\n      name: entries\n  - collection: rally\n",
    );

    #[test]
    fn well_named_files_are_fine() {
        check(
            NAMES,
            &[("db-init/001_a.sql", ""), ("db-init-post/001_b.sql", ""), ("db-init/README.md", "")],
            &[],
        );
    }

    #[test]
    fn a_bad_name_and_a_number_taken_twice_are_found() {
        check(
            NAMES,
            &[("db-init/a.sql", ""), ("db-init/1_b.sql", ""), ("db-init/001_c.sql", "")],
            &[
                "db-init/1_b.sql: migration-names: number 1 is taken by `db-init/001_c.sql`",
                "db-init/a.sql: migration-names: `a.sql` is not a migration's name",
            ],
        );
    }

    #[test]
    fn p3_transaction_control_is_found_where_it_stands() {
        check(HAZARDS, &[("db-init/1_a.sql", "DO $$ BEGIN NULL; END $$;\nSELECT 1;\n")], &[]);
        let findings = hazards(&context(&[("db-init-post/1_a.sql", "SELECT 1;\n  COMMIT;\n")]));
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!((finding.line, finding.column), (Some(2), Some(3)));
        assert!(finding.hint.is_some());
    }

    #[test]
    fn a_pre_file_that_names_a_managed_table_is_found() {
        let sql = "-- numbers\nALTER TABLE entries ADD CONSTRAINT u UNIQUE (event, race_number);\n";
        check(
            PHASE_ORDER,
            &[ENTRIES, ("db-init/004_numbers.sql", sql)],
            &[
                "db-init/004_numbers.sql:2:13: phase-order: `entries` is managed by Directus and does not exist yet when db-init/ runs",
            ],
        );
        check(PHASE_ORDER, &[ENTRIES, ("db-init-post/004_numbers.sql", sql)], &[]);
    }

    #[test]
    fn a_do_body_counts_and_the_remedy_takes_the_next_free_number() {
        let sql = "DO $$\nBEGIN\n  ALTER TABLE public.\"entries\" ADD COLUMN x int;\nEND\n$$;\n";
        let files = [ENTRIES, ("db-init/004_x.sql", sql), ("db-init-post/007_y.sql", "")];
        let findings = phase_order(&context(&files));
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(finding.line, Some(3));
        assert_eq!(finding.hint.as_deref(), Some("git mv db-init/004_x.sql db-init-post/008_x.sql"));
    }

    #[test]
    fn tables_of_its_own_and_of_another_schema_and_folders_are_fine() {
        for sql in [
            "CREATE TABLE positions (a int); ALTER TABLE positions ADD COLUMN b int;",
            "ALTER TABLE archive.entries ADD COLUMN b int;",
            "ALTER TABLE rally ADD COLUMN b int;",
            "CREATE TABLE entries (a int); CREATE INDEX i ON entries (a);",
        ] {
            check(PHASE_ORDER, &[ENTRIES, ("db-init/1_a.sql", sql)], &[]);
        }
    }

    #[test]
    fn directus_own_tables_do_not_exist_yet_either() {
        check(
            PHASE_ORDER,
            &[("db-init/1_a.sql", "UPDATE directus_users SET status = 'x';")],
            &[
                "db-init/1_a.sql:1:8: phase-order: `directus_users` is one of Directus' own tables and does not exist yet when db-init/ runs",
            ],
        );
    }
}
