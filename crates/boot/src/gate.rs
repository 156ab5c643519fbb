//! The gate: whether a diff may be applied. Pure: the diff and what is at stake in, a verdict out.
//!
//! 1. Rows that make Directus fail half-way are found first: no consent helps, the rows must be put right.
//! 2. A deletion or a narrowing is refused (exit 4) unless it is named in `RUNNER_ALLOW_DESTRUCTIVE` for this very release.
//! 3. On a database in which nothing was managed before, there is nothing to lose.

use crate::choices::Consent;
use crate::diff::{self, Change};
use crate::excerpt::in_words;
use crate::id::ReleaseId;
use crate::stake::{self, Stake};
use contract::env::ALLOW_DESTRUCTIVE;
use contract::{Exit, Failure, Outcome};
use std::collections::BTreeSet;

/// Everything the verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The release that is to be applied.
    pub release: &'a ReleaseId,
    /// What differs.
    pub changes: &'a [Change],
    /// What is at stake.
    pub stakes: &'a [Stake],
    /// Tables that somebody registered in Directus, which did not make them: no consent drops one.
    pub registered: &'a [String],
    /// What somebody consented to.
    pub consent: Option<&'a Consent>,
    /// Whether migrations that may put rows right have still to run; then only losses are judged.
    pub rows_may_change: bool,
}

/// Judges; returns what will be lost with consent, as lines.
///
/// # Errors
/// Exit 1 for rows that stand in the way; exit 4 for losses without consent, with the line to copy.
pub fn judge(case: Case<'_>) -> Outcome<Vec<String>> {
    let failing: Vec<&Stake> = case.stakes.iter().filter(|stake| stake.fails()).collect();
    if !failing.is_empty() && !case.rows_may_change {
        return Err(in_the_way(&case, &failing));
    }
    let registered = |name: &&String| {
        case.changes.iter().any(|change| change.what.collection == **name && change.kind.destroys())
    };
    let registered: Vec<&String> = case.registered.iter().filter(registered).collect();
    if !registered.is_empty() {
        return Err(not_directus_own(&registered));
    }
    let consent = case.consent.filter(|consent| consent.is_for(case.release));
    let destroying = || case.changes.iter().filter(|change| change.kind.destroys());
    let covered = |change: &&Change| consent.is_some_and(|consent| consent.covers(&change.name()));
    let refused: Vec<&Change> = destroying().filter(|change| !covered(change)).collect();
    if refused.is_empty() {
        return Ok(destroying().map(|change| stake::line(change, case.stakes)).collect());
    }
    Err(without_consent(&case, &refused))
}

/// The names of a consent for this release by which nothing would be lost.
pub fn unused<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let Some(consent) = case.consent.filter(|consent| consent.is_for(case.release)) else {
        return Vec::new();
    };
    let destroying: Vec<String> =
        case.changes.iter().filter(|change| change.kind.destroys()).map(Change::name).collect();
    let is_used =
        |name: &str| destroying.iter().any(|each| each == name || each.split('.').next() == Some(name));
    consent.names().filter(|name| !is_used(name)).collect()
}

/// The SQL that makes Directus forget a table: the three places that tell it of one.
pub fn forget(table: &str) -> String {
    let name = format!("'{}'", table.replace('\'', "''"));
    [
        ("directus_collections", "collection"),
        ("directus_fields", "collection"),
        ("directus_relations", "many_collection"),
    ]
    .map(|(of, column)| format!("DELETE FROM {of} WHERE {column} = {name};"))
    .join(" ")
}

fn not_directus_own(tables: &[&String]) -> Failure {
    let names: Vec<String> = tables.iter().map(|table| format!("`{table}`")).collect();
    let statements: Vec<String> = tables.iter().map(|table| forget(table)).collect();
    Failure::new(format!("apply the snapshot: {} would be dropped, and Directus did not make it", names.join(", ")))
        .exit(Exit::Refused)
        .cause("somebody registered the table in Directus: its key has no metadata; nothing was applied (D12)")
        .hint(format!(
            "take it out of Directus, which leaves the table as it is:\n{}\nor take it into git: cargo xtask snapshot",
            statements.join("\n")
        ))
}

fn in_the_way(case: &Case<'_>, failing: &[&Stake]) -> Failure {
    let changes = case.changes.iter().filter(|change| failing.iter().any(|stake| stake.is_of(change)));
    let lines = changes.map(|change| stake::line(change, case.stakes));
    Failure::new("apply the snapshot: rows stand in its way")
        .excerpt(in_words(lines.collect()))
        .cause("Directus would fail half-way; nothing was applied (D28)")
        .hint("put the rows right: by hand, or with a migration in db-init/ that runs before the schema is applied")
}

fn without_consent(case: &Case<'_>, refused: &[&Change]) -> Failure {
    let owned: Vec<Change> = refused.iter().copied().cloned().collect();
    let lines = refused.iter().map(|change| stake::line(change, case.stakes));
    // A consent holds for what it names alone: what was consented to already must be in the line again.
    let before = case.consent.filter(|consent| consent.is_for(case.release));
    let names: BTreeSet<String> = refused
        .iter()
        .map(|change| change.name())
        .chain(before.iter().flat_map(|consent| consent.names().map(str::to_owned)))
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let failure =
        Failure::new(format!("apply the snapshot: it would destroy data ({})", diff::summary(&owned)))
            .exit(Exit::Refused)
            .excerpt(in_words(lines.collect()))
            .cause("the database has more than snapshots/schema.yaml says; nothing was applied");
    let failure = match case.consent.filter(|consent| !consent.is_for(case.release)) {
        Some(consent) => failure.cause(format!(
            "{ALLOW_DESTRUCTIVE} is for release {}, this is {}: ignored",
            consent.release(),
            case.release
        )),
        None => failure,
    };
    failure.hint(format!(
        "put it back into the snapshot; or, to lose it on purpose, set\n{ALLOW_DESTRUCTIVE}={}:{}",
        case.release,
        names.join(",")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{self, Risk};
    use serde_json::{Value, json};

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn dropped_field(collection: &str, field: &str) -> Change {
        of(
            json!({"fields": [{"collection": collection, "field": field, "diff": [{"kind": "D", "lhs": {"type": "string"}}]}]}),
        )
    }

    fn edited_field(collection: &str, field: &str, key: &str, before: Value, after: Value) -> Change {
        let edit = json!({"kind": "E", "path": ["schema", key], "lhs": before, "rhs": after});
        of(json!({"fields": [{"collection": collection, "field": field, "diff": [edit]}]}))
    }

    fn of(diff: Value) -> Change {
        diff::changes(&diff).remove(0)
    }

    fn check(
        changes: &[Change],
        counts: &[i64],
        consent: Option<&str>,
        rows_may_change: bool,
    ) -> Outcome<Vec<String>> {
        let stakes: Vec<Stake> = changes
            .iter()
            .zip(counts)
            .map(|(change, count)| Stake {
                name: change.name(),
                risk: change.risks[0].clone(),
                count: Some(*count),
            })
            .collect();
        let consent = consent.map(|text| Consent::parse(text).unwrap());
        let release = ReleaseId::from_record(ID);
        judge(Case {
            release: &release,
            changes,
            stakes: &stakes,
            registered: &["legacy".to_owned()],
            consent: consent.as_ref(),
            rows_may_change,
        })
    }

    fn losses() -> Vec<Change> {
        let teams = json!({"collections": [{"collection": "teams", "diff": [{"kind": "D", "lhs": {"schema": {"name": "teams"}}}]}]});
        vec![
            dropped_field("entries", "race_number"),
            edited_field("organizations", "name", "max_length", json!(255), json!(50)),
            of(teams),
        ]
    }

    #[test]
    fn losses_are_refused_with_their_numbers_and_the_line_to_copy() {
        let failure = check(&losses(), &[412, 3, 7], None, false).unwrap_err();
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(
            failure.excerpt.as_deref(),
            Some(
                "  - entries.race_number (dropped, 412 rows hold a value)\n  ~ organizations.name: max length 255 → 50 (3 values are longer than 50)\n  - teams (collection dropped, 7 rows)"
            )
        );
        assert!(
            failure.hint.unwrap().ends_with(
                "RUNNER_ALLOW_DESTRUCTIVE=0123456789ab:entries.race_number,organizations.name,teams"
            )
        );
    }

    #[test]
    fn consent_is_by_name_and_a_collection_covers_its_fields() {
        let all = "0123456789ab:entries,organizations.name,teams";
        assert_eq!(check(&losses(), &[412, 3, 7], Some(all), false).unwrap().len(), 3);
        let failure = check(&losses(), &[412, 3, 7], Some("0123456789ab:teams"), false).unwrap_err();
        assert!(failure.hint.unwrap().ends_with(":entries.race_number,organizations.name,teams"));
    }

    #[test]
    fn consent_for_another_release_counts_for_nothing_and_is_said_so() {
        let other = "ffffffffffff:entries,organizations,teams";
        let failure = check(&losses(), &[1, 1, 1], Some(other), false).unwrap_err();
        assert!(
            failure.causes[1].contains("is for release ffffffffffff, this is 0123456789ab"),
            "{failure:?}"
        );
    }

    #[test]
    fn d28_rows_in_the_way_fail_unless_migrations_may_still_put_them_right() {
        let changes = [edited_field("entries", "team", "is_nullable", json!(true), json!(false))];
        assert_eq!(changes[0].risks, [Risk::Nulls]);
        let failure = check(&changes, &[2], None, false).unwrap_err();
        assert_eq!(failure.exit, Exit::Failed);
        assert_eq!(failure.excerpt.unwrap(), "  ~ entries.team: required no → yes (2 rows have no value)");
        assert!(check(&changes, &[2], None, true).is_ok());
        assert!(check(&changes, &[0], None, false).is_ok());
    }

    #[test]
    fn a_table_that_somebody_registered_is_never_dropped() {
        let legacy = of(
            json!({"collections": [{"collection": "legacy", "diff": [{"kind": "D", "lhs": {"schema": {"name": "legacy"}}}]}]}),
        );
        let failure = check(&[legacy], &[5], Some("0123456789ab:legacy"), false).unwrap_err();
        assert_eq!(failure.exit, Exit::Refused);
        let text = failure.render();
        assert!(text.contains("DELETE FROM directus_collections WHERE collection = 'legacy';"), "{text}");
        assert!(!text.contains(ALLOW_DESTRUCTIVE), "{text}");
    }

    #[test]
    fn a_name_in_sql_is_a_name_whatever_is_in_it() {
        assert_eq!(
            forget("o'clock"),
            "DELETE FROM directus_collections WHERE collection = 'o''clock'; \
             DELETE FROM directus_fields WHERE collection = 'o''clock'; \
             DELETE FROM directus_relations WHERE many_collection = 'o''clock';"
        );
    }

    #[test]
    fn a_name_in_a_consent_that_matches_nothing_is_known() {
        let (consent, release) =
            (Consent::parse("0123456789ab:teams,entrys").unwrap(), ReleaseId::from_record(ID));
        let changes = losses();
        let case = Case {
            release: &release,
            changes: &changes,
            stakes: &[],
            registered: &[],
            consent: Some(&consent),
            rows_may_change: false,
        };
        assert_eq!(unused(&case), ["entrys"]);
    }
}
