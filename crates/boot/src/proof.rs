//! Proofs: whether a step really did what it said. Exit codes and log lines of Directus prove nothing (D1, D2).

use crate::diff;
use crate::gate::in_words;
use crate::release::Release;
use crate::settings::BootSettings;
use crate::state::{self, Directus};
use catalog::{Catalog, Drift, Line};
use contract::env::ON_DRIFT;
use contract::{Failure, Outcome};
use migrations::session::Session;
use serde_json::Value;

/// Directus is installed: its recorded system migrations are the files of the pinned version, and somebody can administer it.
///
/// # Errors
/// What is missing.
pub fn installed(session: &mut Session, wanted: &[String]) -> Outcome<()> {
    let Directus::Installed { admins, system_migrations, .. } = state::installed(session)? else {
        return Err(Failure::new("install Directus: its tables are missing afterwards"));
    };
    let missing: Vec<&str> =
        wanted.iter().filter(|each| !system_migrations.contains(*each)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(Failure::new("install Directus: system migrations are missing afterwards")
            .cause(missing.join(", ")));
    }
    if admins == 0 {
        return Err(Failure::new("install Directus: there is no active administrator")
            .cause("no active user has a policy with admin access, by itself, by its role or by a parent role (D25)")
            .hint("give a user of `directus_users` the status `active` and a role whose policy has admin access"));
    }
    Ok(())
}

/// The same release left the same catalog as before.
///
/// # Errors
/// The list of what differs still, after everything was done.
pub fn left(drift: &Drift) -> Outcome<()> {
    if drift.is_none() {
        return Ok(());
    }
    Err(Failure::new("prove the release: the database is not what this release left before")
        .excerpt(in_words(drift.render()))
        .cause("everything that could be applied again was applied; this differs still")
        .hint(format!(
            "undo it by hand, or with a new migration; to serve meanwhile, set {}=ignore",
            ON_DRIFT
        )))
}

/// Every line of the release's catalog is in the live one with the same definition, but for those that are `kept` out although they are
/// gone. What else there is belongs to somebody else, and is returned.
///
/// # Errors
/// What is missing or different, line by line, and the statements that restore it.
pub fn catalog(
    release: &Release,
    settings: &BootSettings,
    live: &Catalog,
    kept: &[Line],
) -> Outcome<Vec<Line>> {
    let file = &release.catalog;
    let drift = file.catalog.drift(&file.of(live));
    if !settings.proves_catalog {
        return Ok(drift.unmanaged);
    }
    let lost = drift.lost_of(|line| !kept.iter().any(|each| each.key() == line.key()));
    if lost.is_none() {
        return Ok(drift.unmanaged);
    }
    let failure = Failure::new(format!("prove the release: the database is not what {} says", catalog::PATH))
        .excerpt(in_words(lost.render()))
        .cause("the migrations ran and the snapshot was applied; this is missing or different all the same");
    let (stale, restored) = (release.stale(), restored(release, &lost));
    Err(match stale.is_empty() {
        true => failure.hint(restored),
        false => failure.cause(format!("the file was written before {} changed", stale.join(", "))).hint(
            format!("write it again: cargo xtask dry-run --write; if it names this even then, {restored}"),
        ),
    })
}

/// How to put back what is gone: statements to run by hand, and where in the migrations a thing is named.
pub(crate) fn restored(release: &Release, lost: &Drift) -> String {
    let statements = catalog::restore(lost);
    let mut named: Vec<&str> = Vec::new();
    for line in lost.lost() {
        let name = line.own_name();
        named.extend(
            release
                .migrations
                .iter()
                .filter(|each| each.source.as_str().contains(name))
                .map(|each| each.path.as_str()),
        );
    }
    named.sort_unstable();
    named.dedup();
    let mut hint = format!("put it back, by hand or with a new migration:\n{}", statements.join("\n"));
    if !named.is_empty() {
        hint.push_str(&format!("\nwhat named it: {}", named.join(", ")));
    }
    hint.push_str(&format!("\nto serve meanwhile, set {ON_DRIFT}=ignore"));
    hint
}

/// The schema is what the snapshot says: the diff is empty.
///
/// # Errors
/// The list of what was not done.
pub fn applied(diff: &Value, what: &str) -> Outcome<()> {
    let left = diff::changes(diff);
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{what}: not everything was done, whatever Directus logged; left: {}", diff::summary(&left)))
        .excerpt(in_words(left.iter().map(diff::Change::line).collect()))
        .hint("cargo xtask check finds incomplete entries of the snapshot; cargo xtask snapshot writes complete ones"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn d2_what_is_left_of_a_diff_is_a_failure() {
        let diff =
            json!({"collections": [{"collection": "teams", "diff": [{"kind": "N", "rhs": {"schema": {}}}]}]});
        let failure = applied(&diff, "apply the snapshot").unwrap_err();
        assert_eq!(
            failure.what,
            "apply the snapshot: not everything was done, whatever Directus logged; left: add 1 collection"
        );
        assert_eq!(failure.excerpt.as_deref(), Some("  + teams (collection)"));
    }
}
