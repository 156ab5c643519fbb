//! The upgrade rehearsal: another revision's boot, rows in every collection, then this tree's boot over it. What applies cleanly to an
//! empty database can fail on a populated one (D28), or cost something.

mod counts;
mod fill;
mod filler;
mod pattern;
pub(crate) mod revision;

pub(crate) use counts::Counts;
pub(crate) use revision::{Revision, resolve};

use crate::console;
use crate::engine::{Ground, Stage};
use crate::process::{self, Env};
use anyhow::{Context, Result};
use contract::Failure;
use serde_json::{Value, json};
use snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was rehearsed; for the report.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    from: String,
    runner: String,
    filled: fill::Filled,
    before: Counts,
    after: Counts,
}

/// The other revision, laid out and ready to boot.
pub(crate) struct Old {
    tree: PathBuf,
    ground: Ground,
}

impl Rehearsal {
    /// Boots the revision with its own runner, and its own Directus.
    ///
    /// # Errors
    /// What git, cargo or that boot say.
    pub(crate) fn boot(
        &mut self,
        root: &Path,
        ground: &Ground,
        stage: &Stage,
        revision: &Revision,
    ) -> Result<Old> {
        self.from = revision.commit.clone();
        console::say(&format!("    {}, {}", &revision.commit[..revision.commit.len().min(12)], revision.why));
        let tree = revision::export(root, revision, stage.folder())?;
        let same = revision::has_this_runner(root, revision);
        self.runner = match (same, tree.join("runner").is_dir()) {
            (true, _) => "the working tree's, which is the revision's".to_owned(),
            (false, true) => "the revision's own, built from it".to_owned(),
            (false, false) => {
                return Err(Failure::new("boot the revision: it has no runner")
                    .hint("take a later revision")
                    .into());
            }
        };
        console::say(&format!("    runner: {}", self.runner));
        let ground = ground.of_another_tree(&tree, same)?;
        let environment = stage.environment_of(&tree, &ground);
        process::run(
            "boot the revision",
            &ground.runner,
            &["prepare"],
            Env::Only(environment),
            crate::engine::show,
        )?;
        Ok(Old { tree, ground })
    }

    /// Serves the revision's Directus, and fills it.
    ///
    /// # Errors
    /// When a collection stays empty.
    pub(crate) fn fill(&mut self, stage: &Stage, old: &Old) -> Result<()> {
        let text = std::fs::read_to_string(old.tree.join(contract::artefacts::SNAPSHOT))
            .context("read the revision's snapshot")?;
        let snapshot = Snapshot::parse(&text)
            .map_err(|error| Failure::new("read the revision's snapshot").cause(error))?;
        let (rows, mut left_out) = filler::rows(&snapshot);
        let server = crate::engine::serve(&old.ground, stage, stage.environment_of(&old.tree, &old.ground))?;
        self.filled = fill::fill(stage.address(), stage.login().credentials(), &rows)?;
        server.stop(Duration::from_secs(10))?;
        let migrations = migrations::file::discover(&contract::Artefacts::at(&old.tree))?;
        fill::fill_db_only(stage, &boot::perform::db_only_tables(&migrations), &mut self.filled)?;
        left_out.append(&mut self.filled.left_out);
        self.filled.left_out = left_out;
        let total: usize = self.filled.rows.values().sum();
        console::say(&format!("    {total} rows in {} tables", self.filled.rows.len()));
        self.filled.left_out.iter().for_each(|line| console::say(&format!("    left out: {line}")));
        self.before = counts::count(stage)?;
        Ok(())
    }

    /// A dump instead of another revision's boot.
    ///
    /// # Errors
    /// What psql or pg_restore say.
    pub(crate) fn restore(&mut self, stage: &Stage, path: &Path, dump: &[u8]) -> Result<()> {
        self.from = path.display().to_string();
        stage.restore(dump)?;
        self.before = counts::count(stage)?;
        let (rows, tables) = (self.before.values().sum::<u64>(), self.before.len());
        console::say(&format!("    {rows} rows in {tables} tables, Directus' own left out"));
        Ok(())
    }

    /// Counts again, tells the difference, and fails if rows are gone that nobody consented to lose.
    ///
    /// # Errors
    /// The tables that lost rows.
    pub(crate) fn compare(&mut self, stage: &Stage) -> Result<()> {
        self.after = counts::count(stage)?;
        counts::table(&self.before, &self.after).iter().for_each(|line| console::say(&format!("    {line}")));
        let lost = counts::lost(&self.before, &self.after);
        if lost.is_empty() {
            return Ok(());
        }
        Err(Failure::new("boot over another revision: rows are gone, and nothing was refused")
            .excerpt(lost.join("\n"))
            .into())
    }

    /// For `--json`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "from": self.from, "runner": self.runner, "filled": self.filled.rows, "left_out": self.filled.left_out,
            "before": self.before, "after": self.after,
        })
    }
}
