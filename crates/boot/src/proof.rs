//! Proofs: whether a step really did what it said. Exit codes and log lines of Directus prove nothing (D1, D2).

use crate::diff::{self, Change};
use crate::state;
use contract::{Failure, Outcome};
use migrations::session::Session;
use serde_json::Value;

/// Directus is installed: its recorded system migrations are the files of the pinned version, and somebody can administer it.
///
/// # Errors
/// What is missing.
pub fn installed(session: &mut Session, system_migrations: &[String]) -> Outcome<()> {
    let applied = state::system_migrations(session)?;
    let missing: Vec<&str> =
        system_migrations.iter().filter(|each| !applied.contains(*each)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(Failure::new("install Directus: system migrations are missing afterwards")
            .cause(missing.join(", ")));
    }
    if active_admins(session)? == 0 {
        return Err(Failure::new("install Directus: there is no active administrator")
            .cause("no active user has a policy with admin access, by itself, by its role or by a parent role (D25)")
            .hint("give a user of `directus_users` the status `active` and a role whose policy has admin access"));
    }
    Ok(())
}

/// Active users with admin access: a policy of their own, of their role, or of a role above it.
fn active_admins(session: &mut Session) -> Outcome<i64> {
    const QUERY: &str = "
        WITH RECURSIVE roles AS (
            SELECT u.id AS user_id, u.role AS role FROM directus_users u WHERE u.status = 'active'
            UNION
            SELECT roles.user_id, r.parent FROM roles JOIN directus_roles r ON r.id = roles.role WHERE r.parent IS NOT NULL
        )
        SELECT count(DISTINCT roles.user_id)
        FROM roles
        JOIN directus_access a ON a.role = roles.role OR a.\"user\" = roles.user_id
        JOIN directus_policies p ON p.id = a.policy
        WHERE p.admin_access";
    let row = session.client().query_one(QUERY, &[]);
    Ok(row.map_err(|error| Failure::new("read the administrators").cause_chain(&error))?.get(0))
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
        .excerpt(listed(&left))
        .hint("cargo xtask check finds incomplete entries of the snapshot; cargo xtask snapshot writes complete ones"))
}

/// A plan that deletes or narrows is refused: consent cannot be given yet.
///
/// # Errors
/// Exit 4 with the list.
pub fn harmless(changes: &[Change], populated: bool) -> Outcome<()> {
    let destroying: Vec<Change> = changes.iter().filter(|change| change.kind.destroys()).cloned().collect();
    if destroying.is_empty() || !populated {
        return Ok(());
    }
    Err(Failure::new(format!("apply the snapshot: it would destroy data ({})", diff::summary(&destroying)))
        .exit(contract::Exit::Refused)
        .excerpt(listed(&destroying))
        .cause("the database has more than snapshots/schema.yaml says; nothing was applied")
        .hint("put it back into the snapshot, or change it in Directus first, on purpose"))
}

/// Lines of an excerpt, with an end.
fn listed(changes: &[Change]) -> String {
    const MOST: usize = 20;
    let mut lines: Vec<String> =
        changes.iter().take(MOST).map(|change| format!("  - {}", change.line())).collect();
    if changes.len() > MOST {
        lines.push(format!("  … and {} more", changes.len() - MOST));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Exit;
    use serde_json::json;

    #[test]
    fn a_deletion_on_a_populated_database_is_refused_by_name() {
        let diff = json!({"collections": [{"collection": "teams", "diff": [{"kind": "D", "lhs": {}}]}]});
        let changes = diff::changes(&diff);
        let failure = harmless(&changes, true).unwrap_err();
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(failure.excerpt.as_deref(), Some("  - delete collection teams"));
        assert!(harmless(&changes, false).is_ok());
    }

    #[test]
    fn d2_what_is_left_of_a_diff_is_a_failure() {
        let diff = json!({"collections": [{"collection": "teams", "diff": [{"kind": "N", "rhs": {}}]}]});
        let failure = applied(&diff, "apply the snapshot").unwrap_err();
        assert_eq!(
            failure.what,
            "apply the snapshot: not everything was done, whatever Directus logged; left: create 1 collection"
        );
        assert_eq!(failure.excerpt.as_deref(), Some("  - create collection teams"));
    }
}
