//! The schema alone, for a person with a database of their own: compared with it, or applied to it. It is the boot's own way (its state,
//! its decision, its lock, its gate, its proof) without the steps around it.
//!
//! What it does beside the history of releases: nothing. It never appends an entry, so it cannot leave a "latest release, nothing
//! changed" that no boot has proved. The next boot sees what it did: of the same snapshot, that there is nothing left to apply, and
//! records its release; of the release recorded last, a drift. And a database in which a later release was recorded is not taken back
//! without `RUNNER_ROLLBACK`, as in a boot.

use super::{Boot, steps};
use crate::Bridge;
use crate::bridge::Log;
use crate::diff::{self, Change};
use crate::drift;
use crate::gate::{self, Case};
use crate::guard::Guard;
use crate::plan::{self, Route, StepKind};
use crate::preflight;
use crate::release::{self, Release, ReleaseId};
use crate::report::{Event, Report};
use crate::stake::{self, Stake};
use crate::state::{Directus, State};
use contract::env::ROLLBACK;
use contract::{Exit, Failure, Outcome, Phase};
use migrations::{Session, session};

/// What an apply would do to a database.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The release that the working tree is.
    pub release: ReleaseId,
    /// Everything that Directus would do.
    pub changes: Vec<Change>,
    /// The rows that have to do with it.
    pub stakes: Vec<Stake>,
    /// What else is worth saying.
    pub notes: Vec<String>,
    /// What would be lost with consent; or why nothing would be applied.
    pub verdict: Outcome<Vec<String>>,
}

impl Comparison {
    /// One line for each change, with the rows at stake.
    pub fn lines(&self) -> Vec<String> {
        self.changes.iter().map(|change| stake::line(change, &self.stakes)).collect()
    }

    /// "add 1 field; drop 1 collection".
    pub fn summary(&self) -> String {
        diff::summary(&self.changes)
    }
}

impl Boot<'_> {
    /// Compares the snapshot with the database. Takes no lock and changes nothing.
    ///
    /// # Errors
    /// When the release is malformed, or the database cannot be reached or has no Directus.
    pub fn compare(&self, report: Report<'_>) -> Outcome<Comparison> {
        let release = Release::read(self.settings())?;
        let mut bridge = self.bridge_named(&self.reading_as(), &release, Log::Stderr)?;
        let mut session = self.connect(report)?;
        let state = State::read(&mut session, &release.id, true)?;
        let comparison = self.compared(release, state, &mut session, &mut bridge)?;
        bridge.close();
        Ok(comparison)
    }

    /// Applies the snapshot, if the gate lets it. `show` sees what is about to be done, or refused, before anything is.
    ///
    /// # Errors
    /// What the gate refuses, with exit 4; what was not done, whatever Directus says.
    pub fn apply(&self, report: Report<'_>, show: &mut dyn FnMut(&Comparison)) -> Outcome<Comparison> {
        let release = Release::read(self.settings())?;
        let mut bridge = self.bridge_named(&self.working_as(), &release, Log::Stderr)?;
        let mut session = self.connect(report)?;
        let (lock, state) = self.lock(&mut session, &release, report)?;
        let guard = Guard::new(session, lock);
        let mut session = session::connect(&self.settings().database, &self.working_as())?;
        let (server, fields) = (state.server.clone(), release.clone());
        let comparison = self.compared(release, state.clone(), &mut session, &mut bridge)?;
        show(&comparison);
        comparison.verdict.clone()?;
        if !comparison.changes.is_empty() {
            preflight::geometry(&server, &fields)?;
            preflight::role(&state, "differences to the snapshot")?;
            guard.check()?;
            report(Event::Doing(format!("applying: {}", comparison.summary())));
            let keep = drift::left_alone(&plan::unmanaged(&fields, &state), &state.catalog);
            steps::apply_planned(&mut bridge, self.settings(), &keep, report)?;
        }
        // Before the lock is given back: its next holder ends whatever carries the work's name.
        drop(session);
        bridge.close();
        guard.release()?;
        Ok(comparison)
    }

    fn compared(
        &self,
        release: Release,
        state: State,
        session: &mut Session,
        bridge: &mut Bridge,
    ) -> Outcome<Comparison> {
        let Directus::Installed { .. } = state.directus else {
            return Err(Failure::new("compare the snapshot with the database: it has no Directus")
                .exit(Exit::Usage)
                .hint("cargo xtask up makes one; or boot the image once"));
        };
        release::same_version(release.snapshot()?, &bridge.ready()?.directus)?;
        let home = state.tables.home.clone();
        let keep = drift::left_alone(&plan::unmanaged(&release, &state), &state.catalog);
        let (changes, stakes) = steps::compared(bridge, session, self.settings(), &keep, &home)?;
        let registered = drift::registered(&state.catalog);
        let id = release.id.clone();
        let mut notes = Vec::new();
        let verdict = self.may_apply(release, state, session, &mut notes).and_then(|()| {
            gate::judge(Case {
                release: &id,
                changes: &changes,
                stakes: &stakes,
                registered: &registered,
                consent: self.settings().choices.consent.as_ref(),
                rows_may_change: false,
            })
        });
        Ok(Comparison { release: id, changes, stakes, notes, verdict })
    }

    /// Whether a boot of this release would get as far as applying.
    fn may_apply(
        &self,
        release: Release,
        state: State,
        session: &mut Session,
        notes: &mut Vec<String>,
    ) -> Outcome<()> {
        let known = self.decide(release, state, session)?;
        notes.extend(known.plan.decision.notes.iter().cloned());
        if known.plan.decision.route == Route::Superseded {
            return Err(Failure::new("apply the snapshot: a later release was here")
                .exit(Exit::Refused)
                .cause(&known.plan.decision.reason)
                .hint(format!("work on the later one; or, to take the schema back to this one on purpose, set\n{ROLLBACK}={}", known.plan.release)));
        }
        if known.plan.does(StepKind::Install) {
            return Err(Failure::new("apply the snapshot: Directus is not fully installed")
                .cause("its system migrations are pending, or it has no user")
                .hint("boot once: cargo xtask up, or the image"));
        }
        for (phase, sql) in Phase::ALL.into_iter().filter_map(|phase| Some((phase, known.sql.as_ref()?))) {
            let pending = plan::pending(sql, phase);
            if !pending.is_empty() {
                notes.push(format!(
                    "pending, and not run by this: {}; cargo xtask db-init",
                    pending.join(", ")
                ));
            }
        }
        Ok(())
    }
}
