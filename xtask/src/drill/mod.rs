//! Drills: real boots that are disturbed on purpose, many times; each trial must end where an undisturbed boot ends.

pub(crate) mod disturb;
mod releases;
pub(crate) mod replicas;
mod site;

use crate::console::elapsed;
use anyhow::Result;
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
