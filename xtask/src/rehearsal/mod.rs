//! The upgrade rehearsal: another revision's boot, rows in every collection, then this tree's boot over it. What applies cleanly to an
//! empty database can fail on a populated one (D28), or cost something.

mod containers;
mod counts;
mod fill;
mod filler;
mod pattern;
pub(crate) mod revision;

pub(crate) use counts::Counts;
pub(crate) use revision::{Revision, before, resolve};

use crate::console;
use crate::directus::Directus;
use crate::engine::{Ask, Ground, Stage};
use crate::process::{self, Env};
use anyhow::{Context, Result};
use boot::ReleaseId;
use boot::choices::Consent;
use catalog::{Catalog, File};
use contract::Failure;
use contract::artefacts::CATALOG;
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
    /// What could not be filled, by name and reason.
    not_filled: Vec<String>,
    before: Counts,
    after: Counts,
    /// Why the revision could not serve beside what was booted over it.
    beside: Vec<String>,
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
        let rows = self.rows_for(&old.tree)?;
        let server = crate::engine::serve(&old.ground, stage, stage.environment_of(&old.tree, &old.ground))?;
        let mut directus = Directus::connect(stage.address(), stage.login().credentials())?;
        self.filled = fill::fill(&mut directus, &rows)?;
        server.stop(Duration::from_secs(10))?;
        self.fill_the_rest(stage)
    }

    /// The rows for a tree's collections; what cannot be filled is noted.
    fn rows_for(&mut self, tree: &Path) -> Result<Vec<filler::Row>> {
        let text = std::fs::read_to_string(tree.join(contract::artefacts::SNAPSHOT))
            .context("read the revision's snapshot")?;
        let snapshot = Snapshot::parse(&text)
            .map_err(|error| Failure::new("read the revision's snapshot").cause(error))?;
        let (rows, left_out) = filler::rows(&snapshot);
        self.not_filled = left_out;
        Ok(rows)
    }

    /// The migrations' own tables; then everything is told and counted.
    fn fill_the_rest(&mut self, database: &dyn Ask) -> Result<()> {
        fill::fill_db_only(database, &counts::db_only(database)?, &mut self.filled)?;
        self.not_filled.append(&mut self.filled.left_out);
        let total: usize = self.filled.rows.values().sum();
        console::say(&format!("    {total} rows in {} tables", self.filled.rows.len()));
        self.not_filled.iter().for_each(|line| console::say(&format!("    left out: {line}")));
        self.before = counts::count(database)?;
        Ok(())
    }

    /// A dump, restored, instead of another revision's boot.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn restored(&mut self, database: &dyn Ask, path: &Path) -> Result<()> {
        self.from = path.display().to_string();
        self.before = counts::count(database)?;
        let (rows, tables) = (self.before.values().sum::<u64>(), self.before.len());
        let plural = if tables == 1 { "" } else { "s" };
        console::say(&format!("    {rows} rows in {tables} table{plural}, Directus' own left out"));
        Ok(())
    }

    /// Counts again, tells the difference, and fails if rows are gone that nobody consented to lose.
    ///
    /// # Errors
    /// The tables that lost rows.
    pub(crate) fn compare(&mut self, database: &dyn Ask) -> Result<()> {
        self.after = counts::count(database)?;
        counts::table(&self.before, &self.after).iter().for_each(|line| console::say(&format!("    {line}")));
        let consent = consent_for(database)?;
        let is_given_up = |table: &str| consent.as_ref().is_some_and(|consent| consent.covers(table));
        let lost = counts::lost(&self.before, &self.after, is_given_up);
        if lost.is_empty() {
            return Ok(());
        }
        Err(Failure::new("boot over another revision: rows are gone, and nothing was refused")
            .excerpt(lost.join("\n"))
            .into())
    }

    /// Tells whether the revision could serve beside what was booted over it, as it does while replicas are replaced: what it would miss,
    /// and which of its inserts would fail.
    ///
    /// # Errors
    /// What git says.
    pub(crate) fn beside(&mut self, root: &Path, revision: &Revision, live: &Catalog) -> Result<()> {
        let text = revision::file(root, revision, CATALOG)?.unwrap_or_default();
        let Ok(file) = File::parse(&String::from_utf8_lossy(&text)) else { return Ok(()) };
        let missed = file.catalog.missed_in(live).into_iter();
        let missed = missed.map(|line| format!("{line}: it would not start again"));
        let demanded = file.catalog.demanded_by(live);
        let demanded = demanded.map(|column| {
            format!("column {column}: must not be null and has no default: its inserts would fail")
        });
        self.beside = missed.chain(demanded).collect();
        if !self.beside.is_empty() {
            console::say("    the revision cannot serve beside this one, while replicas are replaced:");
            self.beside.iter().for_each(|line| console::say(&format!("      {line}")));
        }
        Ok(())
    }

    /// For `--json`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "from": self.from, "runner": self.runner, "filled": self.filled.rows, "left_out": self.not_filled,
            "before": self.before, "after": self.after, "beside": self.beside,
        })
    }
}

/// The consent that the boot had, if it was for the release that the boot recorded.
fn consent_for(database: &dyn Ask) -> Result<Option<Consent>> {
    let Some((_, text)) = crate::engine::consent()? else { return Ok(None) };
    let consent = Consent::parse(&text)?;
    let latest = database.ask("SELECT release FROM schema_releases ORDER BY number DESC LIMIT 1")?;
    Ok(latest.first().map(ReleaseId::from_record).filter(|release| consent.is_for(release)).map(|_| consent))
}
