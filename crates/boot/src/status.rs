//! What a database is, for people and for monitoring: the history, what the next boot would do, who holds the lock, which versions.
//! Reads only.

use crate::history::Entry;
use crate::id::ReleaseId;
use crate::perform::Boot;
use crate::plan::{self, BootPlan, Route};
use crate::release::Release;
use crate::report::Report;
use crate::state::{Directus, Server, State};
use catalog::{Class, Drift};
use contract::{Commit, Failure, Outcome};
use migrations::lock::{self, Holder};

/// The status of one database, as one release sees it.
#[derive(Clone, Debug)]
pub struct Status {
    /// The release that asks.
    pub release: ReleaseId,
    /// What the next boot of it would do, or why it would refuse.
    pub next: Result<BootPlan, Failure>,
    /// The commit that the asking release is of.
    pub commit: Option<Commit>,
    /// Recorded releases, oldest first, begun ones too.
    pub history: Vec<Entry>,
    /// How the database differs from what the last completed one left.
    pub drift: Drift,
    /// What the database has and git has not, one line for each.
    pub unmanaged: Vec<String>,
    /// The migrations in the ledger, by file name, with their checksums.
    pub ledger: Vec<(String, String)>,
    /// Who boots now.
    pub holder: Option<Holder>,
    /// The server, and this role.
    pub server: Server,
    /// Directus' tables.
    pub directus: Directus,
}

impl Status {
    /// The entry of the release that was completed last: what the drift is measured by.
    pub fn completed(&self) -> Option<&Entry> {
        self.history.iter().rfind(|entry| entry.completed)
    }

    /// Whether a boot would find nothing to do, and nobody is at work.
    pub fn is_settled(&self) -> bool {
        self.holder.is_none()
            && matches!(&self.next, Ok(plan) if [Route::Fast, Route::Superseded].contains(&plan.decision.route))
    }
}

impl Boot<'_> {
    /// Reads the status.
    ///
    /// # Errors
    /// When the release is malformed or the database cannot be read; what a boot would refuse is part of the status.
    pub fn status(&self, report: Report<'_>) -> Outcome<Status> {
        let release = Release::read(&self.settings().sources())?;
        let mut session = self.connect(report)?;
        let state = State::read(&mut session, &release.id, true)?;
        let holder = lock::holder(&mut session)?;
        let drift = match state.history.completed() {
            Some(_) => state.history.latest.drift(&state.catalog),
            None => Drift::default(),
        };
        let unmanaged = catalog::condensed(&plan::unmanaged(&release, &state));
        let (id, commit) = (release.id.clone(), release.commit.clone());
        let next = self.decide(release, state.clone(), &mut session);
        Ok(Status {
            release: id,
            commit,
            next: next.map(|known| known.into_plan()),
            drift,
            unmanaged,
            ledger: state
                .catalog
                .lines()
                .filter(|line| line.class() == Class::Ledger)
                .map(|line| (line.name().to_owned(), line.definition().to_owned()))
                .collect(),
            history: state.history.entries,
            holder,
            server: state.server,
            directus: state.directus,
        })
    }
}
