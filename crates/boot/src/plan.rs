//! Builds the boot plan: which way a boot takes, which steps that has, and why. Pure, so that every state can be tested without a
//! database; what `runner plan` prints is the value that `runner start` performs.
//!
//! The way, in order of precedence:
//! 1. No release recorded: the full way. If Directus has collections that this release does not know, and nothing says that this
//!    team was here before, it is somebody else's database: refused.
//! 2. This release is the latest, and the database is what it left: nothing is done.
//! 3. This release is the latest, and the database drifted: by policy repaired (the full way), refused, or ignored.
//! 4. This release was superseded, or is of an older commit than the latest one: nothing is migrated or applied; it starts if everything
//!    that its catalog has is there. Only an explicit rollback takes the full way.
//! 5. A new release, or one that was begun and not completed: the full way.
//!
//! On the full way nothing is done over a ledger that lost rows, nor over a loss that no migration of this release puts back
//! ([`unrepaired`]).

use crate::choices::{Choices, Policy, Rollback};
use crate::drift::{self, Column};
use crate::history::{Entry, How, spelling};
use crate::id::ReleaseId;
use crate::preflight;
use crate::release::Release;
use crate::state::{Directus, State};
use catalog::{Drift, Line};
use contract::env::{ADMIN_EMAIL, ADMIN_PASSWORD, ALLOW_DESTRUCTIVE, Environment, FAST, ROLLBACK};
use contract::{Exit, Failure, Outcome, Phase};
use migrations::{Ledger, Plan, plan};
use std::collections::BTreeSet;

/// One step of the boot, in this order (docs/decisions/0001-install-before-apply.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The snapshot is compared before anything is touched: what would be refused is refused now.
    Gate,
    /// The migrations of `db-init/`.
    Pre,
    /// Directus' own tables, system migrations and first administrator.
    Install,
    /// The snapshot: plan, gate, apply, verify.
    Apply,
    /// The migrations of `db-init-post/`.
    Post,
    /// Everything that the release creates is there, and is recorded with it.
    Prove,
}

impl StepKind {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            StepKind::Gate => "gate",
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

/// Which way a boot takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Nothing to do: this release is the latest and the database is what it left.
    Fast,
    /// Nothing may be done: a later release was here, and this one can live with it.
    Superseded,
    /// Nothing is done about a drift, because the policy says so.
    Ignoring,
    /// All steps.
    Full(How),
}

impl Route {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Route::Fast => "fast",
            Route::Superseded => "superseded",
            Route::Ignoring => "ignoring",
            Route::Full(How::Boot) => "full",
            Route::Full(How::Rollback) => "rollback",
        }
    }
}

/// The way, and why; all of the decision that needs no migration files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which way.
    pub route: Route,
    /// Why.
    pub reason: String,
    /// What else is worth saying: a drift's lines, a variable that counts for nothing.
    pub notes: Vec<String>,
    /// Ledger rows without a file that a later release left, by file name; they stay.
    pub tolerated: BTreeSet<String>,
}

/// The ordered steps of one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootPlan {
    /// The release that boots.
    pub release: ReleaseId,
    /// The way, and why.
    pub decision: Decision,
    /// In boot order, skipped ones included; none unless the way is the full one.
    pub steps: Vec<Step>,
    /// Whether something was managed before this boot, so that a deletion could lose data.
    pub populated: bool,
    /// Whether an install that died half-way is begun anew.
    pub redo_install: bool,
    /// The migrations; none unless the way is the full one.
    pub sql: Option<Plan>,
    /// Managed columns on which somebody has an index or a key of their own.
    pub(crate) keep: Vec<Column>,
    /// What of the latest release is gone, and stays in the record because the drift is ignored.
    pub(crate) kept: Vec<Line>,
}

impl BootPlan {
    fn of(release: &Release, decision: Decision) -> BootPlan {
        BootPlan {
            release: release.id.clone(),
            decision,
            steps: Vec::new(),
            populated: true,
            redo_install: false,
            sql: None,
            keep: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Whether a step is performed.
    pub fn does(&self, kind: StepKind) -> bool {
        self.steps.iter().any(|step| step.kind == kind && step.action == Action::Do)
    }
}

/// The whole decision: what is to be done, and why, or why nothing may be. `ledger` is read on the full way alone.
///
/// # Errors
/// What [`preflight`], [`decide`], the files and the ledger say against it, before anything was done.
pub fn make(
    release: &Release,
    state: &State,
    choices: &Choices,
    environment: &Environment,
    ledger: impl FnOnce() -> Outcome<Ledger>,
) -> Outcome<BootPlan> {
    preflight::server(&state.server, release)?;
    let decision = decide(release, state, choices)?;
    let mut plan = BootPlan {
        keep: drift::left_alone(&unmanaged(release, state), &state.catalog),
        ..BootPlan::of(release, decision)
    };
    if !matches!(plan.decision.route, Route::Full(_)) {
        return Ok(plan);
    }
    // What is wrong with it by itself is said before anything is done.
    release.snapshot()?;
    let sql = migrations(release, ledger()?, &plan.decision)?;
    plan.kept = unrepaired(release, state, &sql, choices)?;
    steps(&mut plan, release, state, &sql, environment)?;
    plan.sql = Some(sql);
    let works = [StepKind::Pre, StepKind::Install, StepKind::Post].iter().any(|kind| plan.does(*kind));
    let is_latest =
        state.history.latest().is_some_and(|latest| latest.release == release.id && latest.completed);
    if works || !is_latest {
        preflight::role(state, &plan.decision.reason)?;
    }
    Ok(plan)
}

/// Decides the way.
///
/// # Errors
/// Exit 4 for somebody else's database, a drift that is refused or cannot be repaired, and a superseded release that misses something.
fn decide(release: &Release, state: &State, choices: &Choices) -> Outcome<Decision> {
    let mut decision = match (state.history.latest(), state.history.completed()) {
        (Some(latest), Some(_)) if latest.release == release.id && latest.completed => {
            same(latest, release, state, choices)
        }
        (Some(latest), Some(_)) if latest.release == release.id => Ok(begun(latest, state)),
        (Some(latest), Some(_)) if state.history.knows(&release.id) || is_older(release, latest) => {
            superseded(latest, release, state, choices)
        }
        (Some(_), Some(completed)) => new(completed, state, choices),
        _ => first(release, state, choices),
    }?;
    if let (Route::Full(_), Some(_), false) = (decision.route, state.history.completed(), state.unchanged) {
        drift::ledger_is_whole(&state.history.latest, &state.catalog)?;
    }
    decision.notes.extend(drift::unmanaged(&unmanaged(release, state)));
    decision.notes.extend(unused_rollback(&decision, release, choices));
    if let Some(consent) = choices.consent.as_ref().filter(|consent| !consent.is_for(&release.id)) {
        decision.notes.push(format!(
            "{ALLOW_DESTRUCTIVE} is for release {}, this is {}: ignored",
            consent.release(),
            release.id
        ));
    }
    Ok(decision)
}

/// What the database has and git has not: neither this release's catalog, nor what the latest one left.
pub fn unmanaged(release: &Release, state: &State) -> Vec<Line> {
    let file = &release.catalog;
    if state.unchanged || file.catalog.is_empty() {
        return Vec::new();
    }
    let lines = file.catalog.drift(&file.of(&state.catalog)).unmanaged;
    lines.into_iter().filter(|line| !state.history.latest.has(line)).collect()
}

/// Whether it is of an older commit than the latest one recorded: it comes late, and is nothing new.
fn is_older(release: &Release, latest: &Entry) -> bool {
    release.commit.as_ref().zip(latest.commit()).is_some_and(|(ours, latest)| ours.is_older_than(&latest))
}

fn full(reason: impl Into<String>) -> Decision {
    Decision {
        route: Route::Full(How::Boot),
        reason: reason.into(),
        notes: Vec::new(),
        tolerated: BTreeSet::new(),
    }
}

fn first(release: &Release, state: &State, choices: &Choices) -> Outcome<Decision> {
    let installed = matches!(state.directus, Directus::Installed { .. });
    if !installed {
        return Ok(full("no release was recorded here"));
    }
    let covered = |name: &str| {
        choices.consent.as_ref().is_some_and(|consent| consent.is_for(&release.id) && consent.covers(name))
    };
    let snapshot = release.snapshot()?;
    let foreign: Vec<&str> = state
        .catalog
        .names("collection")
        .filter(|name| state.catalog.find("table", name).is_some())
        .filter(|name| snapshot.collection(name).is_none() && !covered(name))
        .collect();
    // A ledger says that this team was here before; then the gate judges, with row counts.
    if !foreign.is_empty() && state.catalog.names("migration").next().is_none() {
        return Err(Failure::new("prepare the database: it is another project's Directus")
            .exit(Exit::Refused)
            .cause(format!("no release was ever recorded in it, and it has collections that this one does not know: {}", foreign.join(", ")))
            .cause("nothing was touched")
            .hint("check DB_HOST and DB_DATABASE; to take this database over, take its schema into git first: cargo xtask snapshot"));
    }
    Ok(full("Directus is installed, and no release was recorded: the database is adopted"))
}

fn same(latest: &Entry, release: &Release, state: &State, choices: &Choices) -> Outcome<Decision> {
    let tolerated: BTreeSet<String> = state.history.latest.names("migration").map(str::to_owned).collect();
    let full = |reason: &str| Decision { tolerated: tolerated.clone(), ..full(reason) };
    match state.directus {
        Directus::Installed { users: 0, .. } => return Ok(full("the database has no user")),
        // The proof says what to do about it.
        Directus::Installed { admins: 0, .. } => return Ok(full("the database has no active administrator")),
        _ => {}
    }
    if latest.spelling != spelling(state.server.version_num) {
        return Ok(full(
            "the recorded catalog is of another server version, or of an older runner: it is recorded again",
        ));
    }
    let drift = match state.unchanged {
        true => Drift::default(),
        false => state.history.latest.drift(&state.catalog),
    };
    let file = &release.catalog;
    if !state.unchanged
        && drift.is_none()
        && !file.catalog.drift(&file.of(&state.catalog)).lost().all(|line| state.history.latest.has(line))
    {
        return Ok(full("it was recorded without its catalog, which it is proved by now"));
    }
    Ok(match (drift.is_none(), choices.always_full) {
        (true, false) => Decision {
            route: Route::Fast,
            ..full(&format!(
                "this release is the latest (entry {}), and nothing changed since",
                latest.number
            ))
        },
        (true, true) => full(&format!("{FAST}=off")),
        (false, _) => drifted(&drift, latest, release, choices.on_drift, full("drift is repaired"))?,
    })
}

fn drifted(
    drift: &Drift,
    latest: &Entry,
    release: &Release,
    policy: Policy,
    repair: Decision,
) -> Outcome<Decision> {
    let notes = drift::lines(drift, latest);
    match policy {
        Policy::Refuse => Err(drift::refused(drift, latest)),
        Policy::Ignore => Ok(Decision {
            route: Route::Ignoring,
            reason: "this release is the latest; the drift is ignored, and not recorded".to_owned(),
            notes,
            ..repair
        }),
        Policy::Repair => match drift::lost(drift, release) {
            lost if lost.is_none() => Ok(Decision { notes, ..repair }),
            lost => Err(drift::unrepaired(&lost, latest, release)),
        },
    }
}

fn superseded(latest: &Entry, release: &Release, state: &State, choices: &Choices) -> Outcome<Decision> {
    let asked = choices.rollback.as_deref().and_then(|text| Rollback::parse(text, &release.id));
    let mut notes = Vec::new();
    if let Some(asked) = asked {
        let used = state
            .history
            .entries
            .iter()
            .any(|entry| entry.release == release.id && entry.how == How::Rollback);
        match asked.from {
            Some(number) if number == latest.number => return Ok(rollback(latest, state)),
            None if !used => return Ok(rollback(latest, state)),
            _ => notes.push(format!(
                "{ROLLBACK}={} was used already: ignored; to roll back again, set {ROLLBACK}={}@{}",
                choices.rollback.as_deref().unwrap_or_default(),
                release.id,
                latest.number
            )),
        }
    }
    if let Directus::Installed { users: 0, .. } = state.directus {
        return Err(Failure::new("start Directus: the database has no user")
            .cause("whoever reaches the server first could make himself admin (D25)")
            .hint("boot the latest release with ADMIN_EMAIL and ADMIN_PASSWORD: it makes one"));
    }
    let came = match (state.history.knows(&release.id), latest.completed) {
        (false, _) => "is of a younger commit than",
        (true, true) => "came after",
        (true, false) => "was begun after",
    };
    let later =
        format!("release {} (entry {}, {}) {came}", latest.release, latest.number, latest.recorded_at);
    let missed = missed(release, state)?;
    if missed.is_empty() {
        let demanded: Vec<&str> = release.catalog.catalog.demanded_by(&state.catalog).collect();
        if !demanded.is_empty() {
            notes.push(format!(
                "every insert of this release into their tables will fail: {} must not be null, has no default, and is not known to it",
                demanded.join(", ")
            ));
        }
        return Ok(Decision {
            route: Route::Superseded,
            reason: format!("{later} this one; everything that this one manages is there"),
            notes,
            tolerated: BTreeSet::new(),
        });
    }
    Err(Failure::new(format!("start an older release: {later} it, and what it needs is not there"))
        .exit(Exit::Refused)
        .excerpt(crate::excerpt::listed(missed))
        .cause("an older release never migrates nor applies by itself; nothing was touched")
        .hint(way_back(latest, release, state)))
}

/// What a superseded release would miss: objects of its catalog; collections, fields and relations of its snapshot, by name.
fn missed(release: &Release, state: &State) -> Outcome<Vec<String>> {
    let mut missed = release.catalog.catalog.missed_in(&state.catalog);
    let snapshot = release.snapshot()?;
    let names = |kind: &'static str| state.catalog.names(kind).collect::<BTreeSet<&str>>();
    let (collections, fields, relations) = (names("collection"), names("field"), names("relation"));
    let gone = |kind: &str, name: String| format!("{kind} {name}: gone");
    missed.extend(
        snapshot
            .collections()
            .filter(|each| !collections.contains(each.name()))
            .map(|each| gone("collection", each.name().to_owned())),
    );
    let field = |collection: &str, name: &str| format!("{collection}.{name}");
    let of_fields = snapshot.fields().map(|each| field(each.collection(), each.name()));
    missed.extend(of_fields.filter(|name| !fields.contains(name.as_str())).map(|name| gone("field", name)));
    let of_relations = snapshot.relations().map(|each| field(each.collection(), each.field()));
    missed.extend(
        of_relations.filter(|name| !relations.contains(name.as_str())).map(|name| gone("relation", name)),
    );
    Ok(missed)
}

/// What a release can be told that may not go on: system migrations of Directus are never undone, so over those there is no way back.
fn way_back(latest: &Entry, release: &Release, state: &State) -> String {
    match unknown_system_migrations(release, state).is_empty() {
        true => format!(
            "deploy the latest release again; or, to take the schema back to this one on purpose, set\n{ROLLBACK}={}@{}",
            release.id, latest.number
        ),
        false => format!(
            "deploy the latest release again; there is no way back to this one but a backup: Directus {} has run system migrations that this one's version does not have",
            latest.directus
        ),
    }
}

/// System migrations that the database has and this release's Directus has not.
fn unknown_system_migrations<'a>(release: &Release, state: &'a State) -> Vec<&'a str> {
    let Directus::Installed { system_migrations, .. } = &state.directus else { return Vec::new() };
    let unknown = system_migrations.iter().filter(|version| !release.system_migrations.contains(version));
    unknown.map(String::as_str).collect()
}

/// A variable that is set and counts for nothing is said to be.
fn unused_rollback(decision: &Decision, release: &Release, choices: &Choices) -> Option<String> {
    let text = choices.rollback.as_deref()?;
    if [Route::Full(How::Rollback), Route::Superseded].contains(&decision.route)
        && Rollback::parse(text, &release.id).is_some()
    {
        return None;
    }
    let why = match (Rollback::parse(text, &release.id), Rollback::names(text, &release.id)) {
        (Some(_), _) => "this release is the latest, and needs no way back".to_owned(),
        (None, true) => "it is not RELEASE or RELEASE@ENTRY".to_owned(),
        (None, false) => format!("this is release {}", release.id),
    };
    Some(format!("{ROLLBACK}={text}: ignored, {why}"))
}

fn rollback(latest: &Entry, state: &State) -> Decision {
    Decision {
        route: Route::Full(How::Rollback),
        reason: format!(
            "{ROLLBACK} takes the schema back from release {} (entry {})",
            latest.release, latest.number
        ),
        notes: vec!["what later migrations made in SQL stays: only the Directus schema goes back".to_owned()],
        tolerated: state.catalog.names("migration").map(str::to_owned).collect(),
    }
}

/// Whatever this release has already done is no drift.
fn begun(latest: &Entry, state: &State) -> Decision {
    let reason = format!("this release was begun (entry {}) and not completed", latest.number);
    match latest.how {
        How::Boot => full(reason),
        How::Rollback => Decision { reason, ..rollback(latest, state) },
    }
}

fn new(latest: &Entry, state: &State, choices: &Choices) -> Outcome<Decision> {
    let mut decision = full(format!("a new release after {} (entry {})", latest.release, latest.number));
    if latest.spelling != spelling(state.server.version_num) {
        return Ok(decision);
    }
    let drift = state.history.drift(&state.catalog);
    if !drift.is_none() {
        if choices.on_drift == Policy::Refuse {
            return Err(drift::refused(&drift, latest));
        }
        decision.notes.extend(drift::lines(&drift, latest));
    }
    Ok(decision)
}

/// The migrations of a full boot. Rows that a later release left are looked over.
///
/// # Errors
/// Exit 1 when the files contradict the ledger.
fn migrations(release: &Release, mut ledger: Ledger, decision: &Decision) -> Outcome<Plan> {
    let files: BTreeSet<&str> = release.migrations.iter().map(|migration| migration.name.as_str()).collect();
    ledger
        .rows
        .retain(|row| files.contains(row.filename.as_str()) || !decision.tolerated.contains(&row.filename));
    let plan = plan::compute(&release.migrations, &ledger, &Phase::ALL)?;
    Ok(Plan { runner: release.runner(), ..plan })
}

/// What the latest release left, is gone or altered since, and would stay so: this release has it too, and no migration has still to
/// run. A release that was recorded over it would make the loss its own truth. With migrations to run the proof at the end judges.
///
/// # Errors
/// Exit 4 with the list; with `RUNNER_ON_DRIFT=ignore` the lines instead, which stay in the record as they were.
fn unrepaired(release: &Release, state: &State, sql: &Plan, choices: &Choices) -> Outcome<Vec<Line>> {
    let comparable = |entry: &&Entry| entry.spelling == spelling(state.server.version_num);
    let Some(latest) = state.history.completed().filter(comparable).filter(|_| !state.unchanged) else {
        return Ok(Vec::new());
    };
    let lost = drift::lost(&state.history.drift(&state.catalog), release);
    let nothing_runs = sql.steps.iter().all(|step| step.action != plan::Action::Run);
    match choices.on_drift {
        Policy::Ignore => Ok(lost.lost().cloned().collect()),
        _ if lost.is_none() || !nothing_runs => Ok(Vec::new()),
        _ => Err(drift::unrepaired(&lost, latest, release)),
    }
}

/// The files of one phase that will run.
pub(crate) fn pending(plan: &Plan, phase: Phase) -> Vec<String> {
    let runs = |step: &&plan::Step| step.action == plan::Action::Run;
    plan.of(phase).filter(runs).map(|step| step.migration.path.clone()).collect()
}

/// The steps of the full way.
///
/// # Errors
/// Exit 2 when an install needs an administrator that the environment does not name (D25); exit 1 for an install that died half-way and
/// cannot be begun anew, and for a database of a newer Directus.
fn steps(
    plan: &mut BootPlan,
    release: &Release,
    state: &State,
    sql: &Plan,
    environment: &Environment,
) -> Outcome<()> {
    let step = |kind, action, reason: &str| Step { kind, action, reason: reason.to_owned() };
    let phase = |kind, names: Vec<String>| match names.is_empty() {
        true => step(kind, Action::Skip, "no new migration"),
        false => step(kind, Action::Do, &names.join(", ")),
    };
    let install = install(release, state, environment, plan)?;
    let gate = match (&state.directus, install.action, plan.populated) {
        (Directus::Installed { .. }, Action::Skip, _) => {
            step(StepKind::Gate, Action::Do, "the snapshot is compared before anything is touched")
        }
        // Directus cannot compare over a schema of its own that is not this version's.
        (Directus::Installed { .. }, Action::Do, true) => step(
            StepKind::Gate,
            Action::Do,
            "what would be dropped is known by name; the rest is compared after Directus is installed",
        ),
        _ => step(StepKind::Gate, Action::Skip, "compared after Directus is installed"),
    };
    plan.steps = vec![
        gate,
        phase(StepKind::Pre, pending(sql, Phase::Pre)),
        install,
        step(StepKind::Apply, Action::Do, "differences to the snapshot are applied"),
        phase(StepKind::Post, pending(sql, Phase::Post)),
        step(StepKind::Prove, Action::Do, "everything the release creates must be there, and is recorded"),
    ];
    Ok(())
}

fn install(
    release: &Release,
    state: &State,
    environment: &Environment,
    plan: &mut BootPlan,
) -> Outcome<Step> {
    let step = |action, reason: String| Step { kind: StepKind::Install, action, reason };
    match &state.directus {
        Directus::Absent => {
            demand_admin(environment, "the database has no Directus yet")?;
            plan.populated = false;
            Ok(step(Action::Do, "the database has no Directus".to_owned()))
        }
        Directus::Partial { missing, contents: true } => Err(half_installed(missing)),
        Directus::Partial { .. } => redo(environment, plan),
        Directus::Installed { users, system_migrations, .. } => {
            let unknown = unknown_system_migrations(release, state);
            if !unknown.is_empty() {
                return Err(newer(&unknown));
            }
            let missing = release
                .system_migrations
                .iter()
                .filter(|version| !system_migrations.contains(*version))
                .count();
            let untouched =
                state.catalog.names("collection").next().is_none() && state.history.latest().is_none();
            match (missing, users) {
                (1.., 0) if untouched => redo(environment, plan),
                (_, 0) => {
                    demand_admin(
                        environment,
                        "the database has no user: whoever reaches the server first could make himself admin",
                    )?;
                    Ok(step(Action::Do, "the database has no user".to_owned()))
                }
                (1.., _) => Ok(step(Action::Do, format!("{missing} of Directus' system migrations pending"))),
                (0, _) => Ok(step(Action::Skip, "installed, no system migration pending".to_owned())),
            }
        }
    }
}

/// An install that died half-way and holds nothing: its tables are dropped and made anew (D9, D10).
fn redo(environment: &Environment, plan: &mut BootPlan) -> Outcome<Step> {
    demand_admin(environment, "an earlier install died half-way and is begun anew")?;
    plan.populated = false;
    plan.redo_install = true;
    Ok(Step {
        kind: StepKind::Install,
        action: Action::Do,
        reason: "an earlier install died half-way and holds nothing: it is begun anew".to_owned(),
    })
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
        return preflight::admin_email(environment);
    }
    Err(Failure::new(format!("install Directus: `{}` not set", missing.join("` and `")))
        .exit(Exit::Usage)
        .cause(why)
        .hint("set ADMIN_EMAIL and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE) for the first administrator"))
}

fn half_installed(missing: &[String]) -> Failure {
    Failure::new("install Directus: an earlier install died half-way")
        .cause(format!("some of Directus' tables exist, `{}` do not", missing.join("`, `")))
        .cause("users or collections are in it already, so it is not begun anew; and Directus takes it for installed and never finishes it")
        .hint("restore a backup; if the database holds nothing else, drop and create it")
}

#[cfg(test)]
mod tests;
