//! Drills: real boots that are disturbed on purpose, many times; each trial must end where an undisturbed boot ends.

pub(crate) mod disturb;
pub(crate) mod replicas;

use crate::engine::{Ask, Choice, Ground, Stage};
use crate::process::{self, Env, Running};
use anyhow::Result;
use contract::Failure;
use snapshot::Snapshot;
use std::path::{Path, PathBuf};

/// What came of one drill.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The drill's name.
    pub(crate) name: String,
    /// How many trials there were.
    pub(crate) trials: usize,
    /// What happened in how many of them, in words.
    pub(crate) seen: std::collections::BTreeMap<String, usize>,
    /// The trials that did not end as they must.
    pub(crate) failures: Vec<String>,
}

impl Outcome {
    fn new(name: &str) -> Self {
        Outcome { name: name.to_owned(), ..Outcome::default() }
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    /// `kill -9: 30 trials; finished by the next boot 30; 0 failures`
    pub(crate) fn line(&self) -> String {
        let seen: Vec<String> = self.seen.iter().map(|(what, count)| format!("{what} {count}")).collect();
        format!(
            "{}: {} trials; {}; {} failures",
            self.name,
            self.trials,
            seen.join(", "),
            self.failures.len()
        )
    }
}

/// A throwaway database of its own.
fn stage(ground: &Ground, root: &Path) -> Result<Stage> {
    Stage::set(ground, root, Choice::Local, None)
}

/// Starts `runner prepare` of the release in `root`, with JSON lines.
fn prepare(
    ground: &Ground,
    stage: &Stage,
    root: &Path,
    each: impl Fn(&str) + Send + 'static,
) -> Result<Running> {
    let mut environment = of_release(stage, root);
    environment.push((contract::env::LOG.to_owned(), "json".to_owned()));
    Ok(process::start(&ground.runner, &["prepare"], Env::Only(environment), each)?)
}

/// The stage's environment, for the release in `root`.
fn of_release(stage: &Stage, root: &Path) -> Vec<(String, String)> {
    let mut environment = stage.environment();
    environment.retain(|(name, _)| name != contract::env::ROOT);
    environment.push((contract::env::ROOT.to_owned(), root.display().to_string()));
    environment
}

/// Everything that must be the same after two boots: the recorded listing, and the number of rows of every table.
fn picture(stage: &Stage) -> Result<String> {
    let listing = stage.ask("SELECT listing FROM schema_releases ORDER BY number DESC LIMIT 1")?;
    let counts = stage.ask(
        "SELECT c.relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', n.nspname, c.relname), false, true, '')))[1] \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1",
    )?;
    Ok(format!("{}\n{}", listing.join("\n"), counts.join("\n")))
}

/// The same artefacts with one more migration in each phase and one more field: a new release, with something to do in every step.
fn next_release(root: &Path, stage: &Stage, number: usize) -> Result<PathBuf> {
    let folder = stage.folder().join(format!("release-{number}"));
    std::fs::create_dir(&folder)?;
    for name in ["db-init", "db-init-post", "snapshots", "bridge"] {
        let status = std::process::Command::new("cp").arg("-R").arg(root.join(name)).arg(&folder).status()?;
        if !status.success() {
            return Err(Failure::new(format!("copy `{name}`")).into());
        }
    }
    let pre = format!(
        "CREATE TABLE IF NOT EXISTS drill_{number} (id integer PRIMARY KEY);\nSELECT pg_sleep(0.2);\n"
    );
    std::fs::write(folder.join(format!("db-init/9{number:03}_drill.sql")), pre)?;
    let table = another_field(&folder.join(contract::artefacts::SNAPSHOT), &format!("drill_{number}"))?;
    let post = format!(
        "CREATE INDEX IF NOT EXISTS drill_{number}_idx ON {table} (drill_{number}, id);\nSELECT pg_sleep(0.2);\n"
    );
    std::fs::write(folder.join(format!("db-init-post/9{number:03}_drill_index.sql")), post)?;
    Ok(folder)
}

/// Adds a copy of the first optional text field under another name; returns its collection.
fn another_field(path: &Path, name: &str) -> Result<String> {
    let snapshot = Snapshot::parse(&std::fs::read_to_string(path)?)
        .map_err(|error| Failure::new(format!("read `{}`", path.display())).cause(error))?;
    let is = |field: &snapshot::Field<'_>, key: &str, value: bool| field.schema(key) == Some(&value.into());
    let like = snapshot.fields().find(|field| {
        field.kind() == "string" && is(field, "is_nullable", true) && is(field, "is_unique", false)
    });
    let like = like.ok_or_else(|| Failure::new("find an optional text field in the snapshot"))?;
    let (collection, mut copy) = (like.collection().to_owned(), like.value().clone());
    for place in ["/field", "/meta/field", "/schema/name"] {
        if let Some(value) = copy.pointer_mut(place) {
            *value = name.into();
        }
    }
    let mut json = snapshot.to_json();
    if let Some(fields) = json["fields"].as_array_mut() {
        fields.push(copy);
    }
    let another = Snapshot::from_json(json).map_err(|why| Failure::new("add a field").cause(why))?;
    std::fs::write(path, snapshot::canonical(&another).to_yaml())?;
    Ok(collection)
}
