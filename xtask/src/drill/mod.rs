//! Drills: real boots that are disturbed on purpose, many times; each trial must end where an undisturbed boot ends.

pub(crate) mod disturb;
pub(crate) mod replicas;
mod site;

use crate::console::elapsed;
use anyhow::Result;
use contract::Failure;
use snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much of a drill is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every step once, at one moment of it.
    Sample,
    /// Every step at every moment, and that many times.
    All {
        /// How many times.
        rounds: u32,
    },
}

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
    /// How long all of them took.
    pub(crate) elapsed: Duration,
}

impl Outcome {
    fn new(name: &str) -> Self {
        Outcome { name: name.to_owned(), ..Outcome::default() }
    }

    /// One trial more: what happened, or why it failed.
    fn count(&mut self, result: Result<impl Into<String>, String>) {
        self.trials += 1;
        match result {
            Ok(what) => *self.seen.entry(what.into()).or_default() += 1,
            Err(why) => self.failures.push(why),
        }
    }

    /// Whether all of them ended as they must.
    pub(crate) fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// `kill -9: 30 trials in 2 min 5 s; finished by the next boot 30; 0 failures`
    pub(crate) fn line(&self) -> String {
        let seen: Vec<String> = self.seen.iter().map(|(what, count)| format!("{what} {count}")).collect();
        format!(
            "{}: {} trials in {}; {}; {} failures",
            self.name,
            self.trials,
            elapsed(self.elapsed),
            seen.join(", "),
            self.failures.len()
        )
    }
}

/// The same artefacts with one more migration in each phase and one more field: a new release, with something to do in every step.
fn next_release(root: &Path, within: &Path) -> Result<PathBuf> {
    let folder = within.join("release-2");
    std::fs::create_dir(&folder)?;
    for name in ["db-init", "db-init-post", "snapshots", "bridge"] {
        let status = std::process::Command::new("cp").arg("-R").arg(root.join(name)).arg(&folder).status()?;
        if !status.success() {
            return Err(Failure::new(format!("copy `{name}`")).into());
        }
    }
    let pre = "CREATE TABLE IF NOT EXISTS drill (id integer PRIMARY KEY);\nSELECT pg_sleep(0.2);\n";
    std::fs::write(folder.join("db-init/9001_drill.sql"), pre)?;
    let (table, key) = another_field(&folder.join(contract::artefacts::SNAPSHOT), "drill_note")?;
    let columns = format!("drill_note, {}", quoted(&key));
    let post = format!(
        "CREATE INDEX IF NOT EXISTS drill_idx ON {} ({columns});\nSELECT pg_sleep(0.2);\n",
        quoted(&table)
    );
    std::fs::write(folder.join("db-init-post/9001_drill_index.sql"), post)?;
    Ok(folder)
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Adds a copy of the first optional text field under another name; returns its collection, and that one's primary key.
fn another_field(path: &Path, name: &str) -> Result<(String, String)> {
    let snapshot = Snapshot::parse(&std::fs::read_to_string(path)?)
        .map_err(|error| Failure::new(format!("read `{}`", path.display())).cause(error))?;
    let is = |field: &snapshot::Field<'_>, key: &str, value: bool| field.schema(key) == Some(&value.into());
    let like = snapshot.fields().find(|field| {
        field.kind() == "string" && is(field, "is_nullable", true) && is(field, "is_unique", false)
    });
    let like = like.ok_or_else(|| Failure::new("find an optional text field in the snapshot"))?;
    let (collection, mut copy) = (like.collection().to_owned(), like.value().clone());
    let key = snapshot.fields().find(|field| field.collection() == collection && field.is_primary_key());
    let key = key.ok_or_else(|| Failure::new(format!("find the primary key of `{collection}`")))?;
    let key = key.name().to_owned();
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
    Ok((collection, key))
}
