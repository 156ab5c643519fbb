//! What a dry run needs of an engine: a throwaway database, and the runner under test beside it. The story itself is in `cmd/dry_run.rs`.

use crate::directus::Directus;
use anyhow::{Result, anyhow};
use catalog::File;
use contract::Failure;
use snapshot::Snapshot;
use std::time::Duration;

/// How long Directus may take to become healthy.
pub(crate) const HEALTHY_WITHIN: Duration = Duration::from_secs(90);

/// A throwaway database, and the runner under test.
pub(crate) trait Scene {
    /// `runner prepare` with these variables on top, and what the caller consents to lose, to its end; its lines are shown as they come.
    ///
    /// # Errors
    /// The runner's own exit code and last lines.
    fn prepare(&self, variables: &[(&str, &str)]) -> Result<()>;

    /// What the database has, as `snapshots/database.txt` would say it of the candidate; no exception is made.
    ///
    /// # Errors
    /// What the runner or the server says.
    fn catalog(&self) -> Result<File>;

    /// Everything that is in the database, as text: two equal pictures are two equal databases.
    ///
    /// # Errors
    /// What the server says.
    fn picture(&self) -> Result<String>;

    /// `runner start`, until Directus is healthy.
    ///
    /// # Errors
    /// When it ends, or is not healthy in time.
    fn start(&self) -> Result<Box<dyn Serving + '_>>;

    /// For `--keep`: lines that say how to reach both.
    fn how_to_connect(&self) -> Vec<String>;

    /// Which parts are not the real ones, and what they are instead.
    fn stand_ins(&self) -> Vec<String>;
}

/// A database that can be asked.
pub(crate) trait Ask {
    /// The first column of a query's rows, as text.
    ///
    /// # Errors
    /// What the server says.
    fn ask(&self, query: &str) -> Result<Vec<String>>;
}

/// A Directus that serves. Dropped, it is ended.
pub(crate) trait Serving {
    /// The schema that it has, once Directus' own diff with the checkout's snapshot was found to be empty.
    ///
    /// # Errors
    /// What Directus says, or what is left of the diff.
    fn schema(&mut self) -> Result<Snapshot>;

    /// Its API, as its administrator.
    ///
    /// # Errors
    /// When nobody can log in.
    fn directus(&self) -> Result<Directus>;

    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn has_ended(&self) -> Result<bool>;

    /// Stops it as an orchestrator would, and holds it to a clean end.
    ///
    /// # Errors
    /// When it takes too long, or says anything but 128 + 15.
    fn stop(self: Box<Self>) -> Result<()>;
}

/// Reads what `runner catalog` wrote.
///
/// # Errors
/// When it is no catalog.
pub(super) fn catalog_of(said: &[u8]) -> Result<File> {
    File::parse(&String::from_utf8_lossy(said))
        .map_err(|wrong| anyhow!("read what `runner catalog` says, line {}: {}", wrong.line, wrong.message))
}

/// The failure of a wait for health, with what was seen last.
pub(crate) fn not_healthy(last: &str) -> Failure {
    Failure::new(format!("wait for a healthy Directus: not within {} s", HEALTHY_WITHIN.as_secs()))
        .cause(last)
}
