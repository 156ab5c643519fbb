//! Performs a boot: reads, decides, and takes the steps of the plan in order. Only [`steps`] changes anything.
//!
//! 1. The lock comes before the state is read, so that what was read stays true.
//! 2. Before each step the lock is asked for again, and whether anybody wants us to stop.
//! 3. Work is done on other sessions than the lock's, and they have a name by which the next holder can tell and end them (P19).
//!    None of them is left when the lock is given back.

mod alone;
mod leftovers;
mod steps;

pub use alone::Comparison;

use crate::bridge::{Log, Options};
use crate::guard::Guard;
use crate::interrupt::Interrupt;
use crate::plan::{self, BootPlan, Route, StepKind};
use crate::release::{self, Release};
use crate::report::{Event, Report};
use crate::settings::BootSettings;
use crate::state::{self, State};
use crate::{Bridge, history};
use contract::{Exit, Failure, Outcome};
use migrations::Session;
use migrations::lock::{self, Lock};
use migrations::{ledger, session};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// One boot of one release against one database.
pub struct Boot<'a> {
    settings: &'a BootSettings,
    interrupt: &'a Interrupt,
    /// A number that no other boot has.
    id: String,
}

/// A database that is what the release says, and a bridge that has Directus loaded.
pub struct Prepared {
    /// Ready to serve.
    pub bridge: Bridge,
    serving_as: String,
}

impl Prepared {
    /// Serves; returns once Directus listens, with its address.
    ///
    /// # Errors
    /// What Directus threw.
    pub fn serve(&mut self) -> Outcome<Value> {
        self.bridge.log().begin();
        let answer = self.bridge.call("start Directus", "start", json!({ "name": self.serving_as }));
        answer.map_err(|failure| Failure { log: self.bridge.log().lines(), ..failure })
    }

    /// Ends without serving. A bridge that was not needed may still be at its imports: it is not waited for.
    pub fn end(self) {
        if self.bridge.is_ready() { self.bridge.close() } else { drop(self.bridge) }
    }
}

/// Everything that is known before anything is done.
pub(crate) struct Known {
    release: Release,
    state: State,
    plan: BootPlan,
}

impl Known {
    pub(crate) fn into_plan(self) -> BootPlan {
        self.plan
    }
}

impl<'a> Boot<'a> {
    /// A boot; nothing happens yet.
    pub fn new(settings: &'a BootSettings, interrupt: &'a Interrupt) -> Self {
        Boot { settings, interrupt, id: format!("{:08x}", unique()) }
    }

    pub(crate) fn settings(&self) -> &BootSettings {
        self.settings
    }

    /// Computes the plan and does nothing else: no lock, no table, no Node.
    ///
    /// # Errors
    /// When the release is malformed, the database cannot be reached, or what it holds contradicts the release.
    pub fn plan(&self, report: Report<'_>) -> Outcome<BootPlan> {
        let release = Release::read(&self.settings.sources())?;
        let mut session = self.connect(report)?;
        let state = self.read(&mut session, &release)?;
        Ok(self.decide(release, state, &mut session)?.plan)
    }

    /// The live schema, as Directus would write it into a snapshot; its log goes to stderr. Takes no lock and changes nothing.
    ///
    /// # Errors
    /// When the migrations cannot be read, or what Directus threw.
    pub fn live_schema(&self) -> Outcome<Value> {
        let db_only = not_for_directus(
            &release::read_catalog(&self.settings.artefacts, self.settings.proves_catalog)?.0,
        );
        let name = format!("runner-{}", self.id);
        let options = Options { application_name: &name, db_only: &db_only, log: Log::Stderr };
        let mut bridge = Bridge::spawn(self.settings, &options, self.interrupt)?;
        let mut answer = bridge.call("take a snapshot", "snapshot", json!({}))?;
        bridge.close();
        Ok(answer["snapshot"].take())
    }

    /// What the database has, as `snapshots/database.txt` would have it, its exceptions included. Takes no lock and changes nothing.
    ///
    /// # Errors
    /// When the release is malformed, or the database cannot be read.
    pub fn catalog(&self, report: Report<'_>) -> Outcome<catalog::File> {
        let release = Release::read(&self.settings.sources())?;
        let mut session = self.connect(report)?;
        let (live, _) = state::catalog(&mut session)?;
        let origins = release.origins();
        let catalog = catalog::File::default().of(&live);
        Ok(catalog::File { origins, exceptions: release.catalog.exceptions, catalog })
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
        let began = Instant::now();
        let release = Release::read(&self.settings.sources())?;
        // Importing Directus is the longest part of a warm boot: Node may as well do it while we work.
        let bridge = self.bridge_named(&self.working_as(), &release, Log::Stdout)?;
        let mut session = self.connect(report)?;
        let (lock, state) = self.lock(&mut session, &release, report)?;
        let known = self.decide(release, state, &mut session)?;
        known.plan.decision.notes.iter().for_each(|note| report(Event::Note(note.clone())));
        let what = format!("release {}: {}", known.release.id, known.plan.decision.reason);
        report(Event::Done { step: "check", what, elapsed: began.elapsed() });
        let prepared = |bridge| Prepared { bridge, serving_as: self.serving_as() };
        if !matches!(known.plan.decision.route, Route::Full(_)) {
            lock.release(&mut session)?;
            return Ok(prepared(bridge));
        }
        let guard = Guard::new(session, lock);
        let bridge = self.work(&known, &guard, bridge, report)?;
        guard.release()?;
        Ok(prepared(bridge))
    }

    fn bridge_named(&self, name: &str, release: &Release, log: Log) -> Outcome<Bridge> {
        let db_only = not_for_directus(&release.catalog);
        let options = Options { application_name: name, db_only: &db_only, log };
        Bridge::spawn(self.settings, &options, self.interrupt)
    }

    /// The state; all of it when the full way is asked for.
    fn read(&self, session: &mut Session, release: &Release) -> Outcome<State> {
        State::read(session, &release.id, self.settings.choices.always_full)
    }

    /// Takes the lock, and reads the state once nobody but us can change it.
    fn lock(&self, session: &mut Session, release: &Release, report: Report<'_>) -> Outcome<(Lock, State)> {
        let mut say = |text: &str| report(Event::Doing(text.to_owned()));
        let lock = lock::acquire(session, self.settings.lock_wait_s, &mut say)?;
        let mut state = self.read(session, release)?;
        if !state.server.leftovers.is_empty() {
            leftovers::end(session, self.settings.lock_wait_s, &mut say)?;
            state = self.read(session, release)?;
        }
        Ok((lock, state))
    }

    /// The full way: every step, with the lock held.
    fn work(&self, known: &Known, guard: &Guard, bridge: Bridge, report: Report<'_>) -> Outcome<Bridge> {
        let mut session = session::connect(&self.settings.database, &self.working_as())?;
        let token = session.cancel_token();
        self.interrupt.set_cancel(Some(Arc::new(move || drop(token.cancel()))));
        let (stop, lost) = (self.stop(), guard.watch());
        session.set_stop(Arc::new(move || stop() || lost()));
        let mut work = steps::Work::new(self.settings, known, guard, session, bridge);
        for step in &known.plan.steps {
            self.unless_interrupted()?;
            guard.check()?;
            // What is left of the imports must not be taken for a step's own time.
            let loaded = match step.kind == StepKind::Install || known.plan.does(StepKind::Gate) {
                true => work.load(report),
                false => Ok(()),
            };
            let began = Instant::now();
            let done = loaded.and_then(|()| {
                report(Event::Begin { step: step.kind.word(), why: step.reason.clone() });
                work.log().begin();
                work.step(step, report)
            });
            let what = done.map_err(|failure| match guard.check() {
                Ok(()) => Failure { log: work.log().lines(), ..failure },
                Err(lost) => lost.cause(failure.what),
            })?;
            report(Event::Done { step: step.kind.word(), what, elapsed: began.elapsed() });
        }
        work.settle(&self.serving_as())
    }

    pub(crate) fn decide(&self, release: Release, state: State, session: &mut Session) -> Outcome<Known> {
        let (choices, environment) = (&self.settings.choices, &self.settings.environment);
        let plan = plan::make(&release, &state, choices, environment, || ledger::read(session.client()))?;
        Ok(Known { release, state, plan })
    }

    /// The name of Directus' sessions once it serves.
    fn serving_as(&self) -> String {
        format!("directus-{}", self.id)
    }

    /// The name of sessions that change something.
    fn working_as(&self) -> String {
        format!("runner-{}{}", self.id, state::WORK)
    }

    /// The name of sessions that only read.
    fn reading_as(&self) -> String {
        format!("runner-{}", self.id)
    }

    /// Ends every wait once a signal has come.
    fn stop(&self) -> session::Stop {
        let interrupt = self.interrupt.clone();
        Arc::new(move || interrupt.signal().is_some())
    }

    pub(crate) fn connect(&self, report: Report<'_>) -> Outcome<Session> {
        let session = session::wait_unless(
            &self.stop(),
            &self.settings.database,
            &self.reading_as(),
            self.settings.db_wait_s,
            &mut |text| report(Event::Doing(text.to_owned())),
        )?;
        let token = session.cancel_token();
        self.interrupt.set_cancel(Some(Arc::new(move || drop(token.cancel()))));
        self.unless_interrupted()?;
        Ok(session)
    }

    fn unless_interrupted(&self) -> Outcome<()> {
        match self.interrupt.signal() {
            Some(signal) => Err(Failure::new(format!("boot: ended by signal {signal}"))),
            None => Ok(()),
        }
    }
}

/// What Directus need not look at: the migrations' tables, and our own bookkeeping, which nobody should be able to turn into a
/// collection by a click (D12).
pub fn not_for_directus(catalog: &catalog::File) -> Vec<String> {
    let own = [ledger::TABLE, history::TABLE];
    catalog.catalog.db_only_tables().chain(own).map(str::to_owned).collect()
}

/// A number that no other boot has: in a container every process id is 1.
fn unique() -> u32 {
    use std::hash::{BuildHasher, Hasher};
    // Each `RandomState` is seeded by the operating system.
    let bits = std::hash::RandomState::new().build_hasher().finish();
    u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0)
}
