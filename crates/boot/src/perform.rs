//! Performs the boot plan, step by step, each with its proof. The only module that changes anything.

use crate::bridge::{Log, Options};
use crate::diff::{changes, summary};
use crate::interrupt::Interrupt;
use crate::plan::{Action, BootPlan, Pending, StepKind, compute};
use crate::report::{Event, Report};
use crate::settings::BootSettings;
use crate::state::State;
use crate::{Bridge, directus, proof};
use contract::{Exit, Failure, Outcome, Phase};
use migrations::{Migrations, Plan, Session};
use migrations::{file, hazards, ledger, lock, objects, run, session};
use serde_json::{Value, json};
use snapshot::Snapshot;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the lock's session may take to say that it is still there.
const ALIVE_WITHIN: Duration = Duration::from_secs(5);

/// One boot of one release against one database.
pub struct Boot<'a> {
    settings: &'a BootSettings,
    interrupt: &'a Interrupt,
    /// Marks every connection of this boot, so that its backends can be told from others (P19).
    application_name: String,
}

/// A database that is what the release says, and a bridge that has Directus loaded.
pub struct Prepared {
    /// Ready to serve.
    pub bridge: Bridge,
}

/// What the artefacts and the Directus beside them say; read and judged before anything is connected to.
struct Release {
    migrations: Migrations,
    snapshot: Snapshot,
    /// The versions of all migration files that Directus would run.
    system_migrations: Vec<String>,
}

/// Everything that is known before anything is done.
struct Known {
    release: Release,
    sql: Plan,
    plan: BootPlan,
}

impl<'a> Boot<'a> {
    /// A boot; nothing happens yet.
    pub fn new(settings: &'a BootSettings, interrupt: &'a Interrupt) -> Self {
        Boot { settings, interrupt, application_name: format!("runner-{:08x}", unique()) }
    }

    /// Computes the plan and does nothing else: no lock, no table, no Node.
    ///
    /// # Errors
    /// When the release is malformed, the database cannot be reached, or what it holds contradicts the release.
    pub fn plan(&self, report: Report<'_>) -> Outcome<BootPlan> {
        let release = self.release()?;
        let mut session = self.connect(report)?;
        Ok(self.ask(release, &mut session)?.plan)
    }

    /// Brings the database to what the release says, and proves it.
    ///
    /// # Errors
    /// The failure of the first step that did not do what it must; what earlier steps did stays, and the next boot goes on from there.
    pub fn prepare(&self, report: Report<'_>) -> Outcome<Prepared> {
        let outcome = self.prepare_inner(report);
        self.interrupt.set_cancel(None);
        match self.interrupt.signal() {
            Some(signal) => Err(Failure::new(format!("boot: ended by signal {signal}"))
                .exit(Exit::Signal(u8::try_from(signal).unwrap_or(0)))),
            None => outcome,
        }
    }

    fn prepare_inner(&self, report: Report<'_>) -> Outcome<Prepared> {
        let release = self.release()?;
        // Node imports Directus for two seconds: it may as well do that while we work.
        let db_only = db_only_tables(&release.migrations);
        let options =
            Options { application_name: &self.application_name, db_only: &db_only, log: Log::Stdout };
        let mut bridge = Bridge::spawn(self.settings, &options, self.interrupt)?;
        let mut session = self.connect(report)?;
        let mut lock_session = session::connect(&self.settings.database, &self.application_name)?;
        lock_session.set_stop(self.stop());
        let lock = lock::acquire(&mut lock_session, self.settings.lock_wait_s, &mut |text| {
            report(Event::Doing(text.to_owned()));
        })?;
        let known = self.ask(release, &mut session)?;
        for index in 0..known.plan.steps.len() {
            self.still_wanted(&mut lock_session)?;
            // Only here, so that its time is not taken for a step's: what is left of the imports after the pre phase.
            if known.plan.steps[index].kind == StepKind::Install {
                loaded(&mut bridge, report)?;
            }
            self.step(index, &known, &mut session, &mut bridge, report)?;
        }
        lock.release(&mut lock_session)?;
        Ok(Prepared { bridge })
    }

    /// Ends every wait once a signal has come.
    fn stop(&self) -> session::Stop {
        let interrupt = self.interrupt.clone();
        Arc::new(move || interrupt.signal().is_some())
    }

    /// Reads the release. What is wrong with it by itself is said here, before anything is touched: migrations that would escape
    /// their transaction or end the session (P3, P4), an unreadable snapshot, or one of another Directus (D6).
    fn release(&self) -> Outcome<Release> {
        let migrations = file::discover(&self.settings.artefacts)?;
        hazards::refuse_all(&migrations)?;
        let path = self.settings.artefacts.snapshot();
        let unreadable = || Failure::new(format!("read `{}`", path.display())).exit(Exit::Usage);
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable().cause(error))?;
        let snapshot = Snapshot::parse(&text).map_err(|error| unreadable().cause(error))?;
        if let Some(version) = directus::version(&self.settings.directus) {
            same_version(&snapshot, &version)?;
        }
        let mut system_migrations = directus::system_migrations(&self.settings.directus)?;
        let custom = self.settings.environment.get(MIGRATIONS_PATH).unwrap_or("migrations");
        system_migrations.extend(directus::custom_migrations(&self.settings.directus.join(custom)));
        Ok(Release { migrations, snapshot, system_migrations })
    }

    fn connect(&self, report: Report<'_>) -> Outcome<Session> {
        let session = session::wait_unless(
            &self.stop(),
            &self.settings.database,
            &self.application_name,
            self.settings.db_wait_s,
            &mut |text| report(Event::Doing(text.to_owned())),
        )?;
        let token = session.cancel_token();
        self.interrupt.set_cancel(Some(Arc::new(move || drop(token.cancel()))));
        match self.interrupt.signal() {
            Some(signal) => Err(Failure::new(format!("boot: ended by signal {signal}"))),
            None => Ok(session),
        }
    }

    fn ask(&self, release: Release, session: &mut Session) -> Outcome<Known> {
        let ledger = ledger::read(session.client())?;
        let sql = migrations::plan::compute(&release.migrations, &ledger, &Phase::ALL)?;
        let (pre, post) = (pending_paths(&sql, Phase::Pre), pending_paths(&sql, Phase::Post));
        let pending = Pending { pre: &pre, post: &post, system_migrations: &release.system_migrations };
        let plan = compute(&State::read(session)?, pending, &self.settings.environment)?;
        Ok(Known { release, sql, plan })
    }

    /// Before each effect: nobody has asked us to stop, and the lock is still ours.
    fn still_wanted(&self, lock_session: &mut Session) -> Outcome<()> {
        if let Some(signal) = self.interrupt.signal() {
            return Err(Failure::new(format!("boot: ended by signal {signal}")));
        }
        lock_session.client().is_valid(ALIVE_WITHIN).map_err(|error| {
            Failure::new("boot: the lock's connection is lost, so another boot may have begun")
                .cause_chain(&error)
        })
    }

    fn step(
        &self,
        index: usize,
        known: &Known,
        session: &mut Session,
        bridge: &mut Bridge,
        report: Report<'_>,
    ) -> Outcome<()> {
        let step = &known.plan.steps[index];
        let began = Instant::now();
        let what = match (step.kind, step.action) {
            (StepKind::Pre, _) => self.migrate(Phase::Pre, known, session, report)?,
            (StepKind::Post, _) => self.migrate(Phase::Post, known, session, report)?,
            (_, Action::Skip) => step.reason.clone(),
            (StepKind::Install, Action::Do) => install(known, session, bridge)?,
            (StepKind::Apply, Action::Do) => self.apply(known, bridge, report)?,
            (StepKind::Prove, Action::Do) => self.prove(known, session, bridge)?,
        };
        report(Event::Done { step: step.kind.word(), what, elapsed: began.elapsed() });
        Ok(())
    }

    /// Also called when nothing is pending: it adopts rows of the older ledger, and says so.
    fn migrate(
        &self,
        phase: Phase,
        known: &Known,
        session: &mut Session,
        report: Report<'_>,
    ) -> Outcome<String> {
        for notice in
            known.sql.notices.iter().filter(|notice| notice.path.starts_with(&format!("{}/", phase.folder())))
        {
            report(Event::Note(format!("{}: {}", notice.path, notice.text)));
        }
        let summary = run::perform(
            session,
            &known.sql,
            phase,
            &|relation| managed(&known.release.snapshot, relation),
            &mut |event| match event {
                run::Event::Finished { migration, elapsed } => {
                    report(Event::Note(format!("{} ({} ms)", migration.path, elapsed.as_millis())));
                }
                run::Event::Adopted { migration } => {
                    report(Event::Note(format!("{} adopted", migration.path)))
                }
                // "already exists, skipping" is what a guarded migration says when all is well.
                run::Event::Notice { migration, notice } if notice.severity() != "NOTICE" => {
                    report(Event::Note(format!(
                        "{}: {}: {}",
                        migration.path,
                        notice.severity(),
                        notice.message()
                    )));
                }
                run::Event::Started { .. } | run::Event::Notice { .. } => {}
            },
        )?;
        let ran = match summary.ran.len() {
            0 => "no new migration".to_owned(),
            1 => "1 migration run".to_owned(),
            count => format!("{count} migrations run"),
        };
        Ok(format!("{ran}, {} already applied", summary.skipped + summary.adopted))
    }

    fn apply(&self, known: &Known, bridge: &mut Bridge, report: Report<'_>) -> Outcome<String> {
        let what = "apply the snapshot";
        same_version(&known.release.snapshot, &bridge.ready()?.directus)?;
        let diff = bridge.call("compare the snapshot with the database", "plan", self.path())?["diff"].take();
        let planned = changes(&diff);
        proof::harmless(&planned, known.plan.populated)?;
        if planned.is_empty() {
            return Ok("no differences".to_owned());
        }
        report(Event::Doing(format!("applying: {}", summary(&planned))));
        bridge.call(what, "apply", json!({}))?;
        proof::applied(&bridge.call("verify the snapshot", "verify", self.path())?["diff"], what)?;
        Ok(summary(&planned))
    }

    fn prove(&self, known: &Known, session: &mut Session, bridge: &mut Bridge) -> Outcome<String> {
        let expected = objects::objects(known.release.migrations.iter());
        proof::installed(session, &known.release.system_migrations)?;
        objects::prove(session.client(), &expected)?;
        // The post phase may have changed what Directus sees, as a single-column index would (D14).
        if !pending_paths(&known.sql, Phase::Post).is_empty() {
            let diff = bridge.call("verify the snapshot", "verify", self.path())?;
            proof::applied(&diff["diff"], "prove the post phase")?;
        }
        Ok(format!("{} objects of the migrations are there", expected.len()))
    }

    fn path(&self) -> Value {
        json!({ "path": self.settings.artefacts.snapshot() })
    }
}

/// Directus' own name for the folder of migrations that extensions bring.
const MIGRATIONS_PATH: &str = "MIGRATIONS_PATH";

/// Whether a relation is a collection that Directus makes from the snapshot.
pub fn managed(snapshot: &Snapshot, relation: &str) -> bool {
    snapshot.collection(relation).is_some_and(|collection| collection.has_table())
}

/// A snapshot of another version would be applied without a word (D6).
fn same_version(snapshot: &Snapshot, directus: &str) -> Outcome<()> {
    let of = snapshot.directus().unwrap_or("an unknown version");
    if of == directus {
        return Ok(());
    }
    Err(Failure::new(format!("apply the snapshot: it is of Directus {of}, this is {directus}"))
        .exit(Exit::Usage)
        .hint("take the snapshot again with the pinned version: cargo xtask snapshot"))
}

/// The tables that migrations make. Directus does not manage them, so it need not look at them.
pub fn db_only_tables(migrations: &Migrations) -> Vec<String> {
    let objects = objects::objects(migrations.iter());
    objects
        .into_iter()
        .filter(|object| object.kind == objects::Kind::Table)
        .map(|object| object.table)
        .collect()
}

/// The files of one phase that will run.
fn pending_paths(plan: &Plan, phase: Phase) -> Vec<String> {
    let runs = |step: &&migrations::plan::Step| step.action == migrations::plan::Action::Run;
    plan.of(phase).filter(runs).map(|step| step.migration.path.clone()).collect()
}

/// A number that no other boot has: in a container every process id is 1.
fn unique() -> u32 {
    use std::hash::{BuildHasher, Hasher};
    // Each `RandomState` is seeded by the operating system.
    let bits = std::hash::RandomState::new().build_hasher().finish();
    u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0)
}

fn loaded(bridge: &mut Bridge, report: Report<'_>) -> Outcome<()> {
    let began = Instant::now();
    let identity = bridge.ready()?;
    let what = format!("Directus {} on Node {}", identity.directus, identity.node);
    report(Event::Done { step: "load", what, elapsed: began.elapsed() });
    Ok(())
}

fn install(known: &Known, session: &mut Session, bridge: &mut Bridge) -> Outcome<String> {
    let made = bridge.call("install Directus", "install", json!({}))?;
    proof::installed(session, &known.release.system_migrations)?;
    Ok(match (made["first"].as_bool(), made["admin"].as_bool()) {
        (Some(true), _) => format!("Directus {} installed", bridge.ready()?.directus),
        (_, Some(true)) => "first administrator made".to_owned(),
        _ => "system migrations run".to_owned(),
    })
}
