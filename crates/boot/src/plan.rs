//! Builds the boot plan: which steps a boot takes, and why. Pure, so that every state can be tested without a database;
//! what `runner plan` prints is the value that `runner start` performs.

use crate::state::{Directus, State};
use contract::env::{ADMIN_EMAIL, ADMIN_PASSWORD, Environment};
use contract::{Exit, Failure, Outcome};
use std::collections::BTreeSet;

/// One step of the boot, in this order (docs/decisions/0001-install-before-apply.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The migrations of `db-init/`.
    Pre,
    /// Directus' own tables, system migrations and first administrator.
    Install,
    /// The snapshot: plan, gate, apply, verify.
    Apply,
    /// The migrations of `db-init-post/`.
    Post,
    /// Everything that the release creates is there.
    Prove,
}

impl StepKind {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            StepKind::Pre => "pre",
            StepKind::Install => "install",
            StepKind::Apply => "apply",
            StepKind::Post => "post",
            StepKind::Prove => "prove",
        }
    }
}

/// What to do with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Perform it.
    Do,
    /// There is nothing to do; the reason says so.
    Skip,
}

/// One planned step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub kind: StepKind,
    /// Whether it is performed.
    pub action: Action,
    /// Why.
    pub reason: String,
}

/// The ordered steps of one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootPlan {
    /// In boot order; skipped ones included.
    pub steps: Vec<Step>,
    /// Whether something was managed before this boot, so that a deletion could lose data.
    pub populated: bool,
}

/// What the release brings, as far as it can be known before Directus is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a> {
    /// Migrations of the pre phase that have not run.
    pub pre: &'a [String],
    /// Migrations of the post phase that have not run.
    pub post: &'a [String],
    /// The versions of the migration files that Directus would run: its own, and those of extensions.
    pub system_migrations: &'a [String],
}

/// Decides.
///
/// # Errors
/// Exit 2 when an install needs an administrator that the environment does not name (D25); exit 1 for an install that died half-way.
pub fn compute(state: &State, pending: Pending<'_>, environment: &Environment) -> Outcome<BootPlan> {
    let step = |kind, action, reason: String| Step { kind, action, reason };
    let (install, populated) = match &state.directus {
        Directus::Absent => {
            demand_admin(environment, "the database has no Directus yet")?;
            (step(StepKind::Install, Action::Do, "the database has no Directus".to_owned()), false)
        }
        Directus::Partial { missing } => return Err(half_installed(missing)),
        Directus::Installed { users: 0, .. } => {
            demand_admin(
                environment,
                "the database has no user: whoever reaches the server first could make himself admin",
            )?;
            (step(StepKind::Install, Action::Do, "the database has no user".to_owned()), true)
        }
        Directus::Installed { system_migrations, .. } => {
            let unknown = unknown(system_migrations, pending.system_migrations);
            if !unknown.is_empty() {
                return Err(newer(&unknown));
            }
            let missing = pending
                .system_migrations
                .iter()
                .filter(|version| !system_migrations.contains(*version))
                .count();
            let step = match missing {
                0 => {
                    step(StepKind::Install, Action::Skip, "installed, no system migration pending".to_owned())
                }
                _ => step(
                    StepKind::Install,
                    Action::Do,
                    format!("{missing} of Directus' system migrations pending"),
                ),
            };
            (step, true)
        }
    };
    let phase = |kind, pending: &[String]| match pending {
        [] => step(kind, Action::Skip, "no new migration".to_owned()),
        names => step(kind, Action::Do, names.join(", ")),
    };
    Ok(BootPlan {
        steps: vec![
            phase(StepKind::Pre, pending.pre),
            install,
            step(StepKind::Apply, Action::Do, "differences to the snapshot are applied".to_owned()),
            phase(StepKind::Post, pending.post),
            step(StepKind::Prove, Action::Do, "everything the release creates must be there".to_owned()),
        ],
        populated,
    })
}

/// What the database records and no file brings: another Directus has been here, and this one knows nothing of its changes.
fn unknown<'a>(applied: &'a BTreeSet<String>, files: &[String]) -> Vec<&'a str> {
    applied.iter().filter(|version| !files.contains(version)).map(String::as_str).collect()
}

fn newer(unknown: &[&str]) -> Failure {
    Failure::new("install Directus: the database was made by another version, with migrations that this one does not have")
        .cause(unknown.join(", "))
        .hint("use the version that made it, or a later one; or bring back the extension whose migrations they are")
}

fn demand_admin(environment: &Environment, why: &str) -> Outcome<()> {
    let missing: Vec<&str> =
        [ADMIN_EMAIL, ADMIN_PASSWORD].into_iter().filter(|name| environment.get(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("install Directus: `{}` not set", missing.join("` and `")))
        .exit(Exit::Usage)
        .cause(why)
        .hint("set ADMIN_EMAIL and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE) for the first administrator"))
}

fn half_installed(missing: &[String]) -> Failure {
    Failure::new("install Directus: an earlier install died half-way")
        .cause(format!("`directus_collections` or others exist, `{}` do not", missing.join("`, `")))
        .cause("Directus takes this for installed and never finishes it")
        .hint("if the database holds nothing else, drop and create it; otherwise restore a backup")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(admin: bool) -> Environment {
        let pairs = [(ADMIN_EMAIL, "admin@example.com"), (ADMIN_PASSWORD, "secret")];
        let pairs =
            pairs.into_iter().filter(|_| admin).map(|(name, value)| (name.to_owned(), value.to_owned()));
        Environment::resolve(pairs, |_| Err(String::new())).expect("no files")
    }

    fn installed(users: i64, versions: &[&str]) -> State {
        let system_migrations: BTreeSet<String> = versions.iter().map(ToString::to_string).collect();
        State { directus: Directus::Installed { users, system_migrations } }
    }

    fn check(state: &State, pre: &[&str], post: &[&str], expected: &str) {
        let own = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (pre, post, system_migrations) = (own(pre), own(post), own(&["A", "B"]));
        let pending = Pending { pre: &pre, post: &post, system_migrations: &system_migrations };
        let plan = compute(state, pending, &environment(true)).unwrap();
        let text: Vec<String> = plan
            .steps
            .iter()
            .filter(|step| {
                step.action == Action::Do && ![StepKind::Apply, StepKind::Prove].contains(&step.kind)
            })
            .map(|step| format!("{}: {}", step.kind.word(), step.reason))
            .collect();
        assert_eq!(text.join("\n"), expected);
        let kinds: Vec<StepKind> = plan.steps.iter().map(|step| step.kind).collect();
        assert_eq!(
            kinds,
            [StepKind::Pre, StepKind::Install, StepKind::Apply, StepKind::Post, StepKind::Prove]
        );
    }

    #[test]
    fn an_empty_database_gets_everything() {
        check(
            &State { directus: Directus::Absent },
            &["db-init/001_a.sql"],
            &["db-init-post/001_b.sql"],
            "pre: db-init/001_a.sql\ninstall: the database has no Directus\npost: db-init-post/001_b.sql",
        );
    }

    #[test]
    fn an_up_to_date_database_gets_nothing_but_the_comparison() {
        check(&installed(1, &["A", "B"]), &[], &[], "");
    }

    #[test]
    fn a_database_of_a_newer_directus_is_refused() {
        let files = ["A".to_owned(), "B".to_owned()];
        let pending = Pending { pre: &[], post: &[], system_migrations: &files };
        let failure = compute(&installed(1, &["A", "B", "C"]), pending, &environment(true)).unwrap_err();
        assert_eq!(failure.causes, ["C"]);
    }

    #[test]
    fn a_newer_directus_gets_its_migrations() {
        check(&installed(1, &["A"]), &[], &[], "install: 1 of Directus' system migrations pending");
    }

    #[test]
    fn d25_a_database_without_a_user_is_repaired() {
        check(&installed(0, &["A", "B"]), &[], &[], "install: the database has no user");
    }

    #[test]
    fn d25_an_install_without_an_administrator_is_refused() {
        for state in [State { directus: Directus::Absent }, installed(0, &["A", "B"])] {
            let pending = Pending { pre: &[], post: &[], system_migrations: &[] };
            let failure = compute(&state, pending, &environment(false)).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.what.contains("`ADMIN_EMAIL` and `ADMIN_PASSWORD`"));
        }
    }

    #[test]
    fn d9_an_install_that_died_half_way_is_explained() {
        let state = State { directus: Directus::Partial { missing: vec!["directus_users".to_owned()] } };
        let pending = Pending { pre: &[], post: &[], system_migrations: &[] };
        let failure = compute(&state, pending, &environment(true)).unwrap_err();
        assert!(failure.render().contains("`directus_users`"));
    }
}
