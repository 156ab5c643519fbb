//! What came of the suites: a table with their times and slowest tests, or the same as JSON.

use super::Tally;
use crate::console::{self, GREEN, RED, elapsed, paint};
use contract::{Exit, Failure, Outcome};
use serde_json::{Value, json};
use std::time::Duration;

/// How many of a suite's slowest tests are named, if they took that long at least.
const SLOWEST: usize = 3;
const SLOW: Duration = Duration::from_millis(500);

/// How a suite went.
pub(crate) enum Went {
    Passed,
    /// What it needs is not here; the failure says why.
    Skipped(Failure),
    Failed(Failure),
}

impl From<Outcome<()>> for Went {
    fn from(outcome: Outcome<()>) -> Self {
        outcome.map_or_else(Went::Failed, |()| Went::Passed)
    }
}

impl Went {
    fn word(&self) -> &'static str {
        match self {
            Went::Passed => "ok",
            Went::Skipped(_) => "skipped",
            Went::Failed(_) => "failed",
        }
    }

    fn why(&self) -> Option<&Failure> {
        match self {
            Went::Passed => None,
            Went::Skipped(why) | Went::Failed(why) => Some(why),
        }
    }
}

/// A suite that is over.
pub(crate) struct Done {
    pub(crate) name: &'static str,
    pub(crate) went: Went,
    pub(crate) elapsed: Duration,
    pub(crate) tally: Tally,
}

impl Done {
    /// `  unit tests              14.2 s   412 tests  ok`
    fn line(&self) -> String {
        let count = self.tally.passed + self.tally.failed;
        let mut tests = if count == 0 { String::new() } else { format!("{count} tests") };
        if !self.tally.skipped.is_empty() {
            tests.push_str(&format!(", {} skipped", self.tally.skipped.len()));
        }
        let word = match self.went {
            Went::Passed => paint(GREEN, self.went.word()),
            Went::Skipped(_) => self.went.word().to_owned(),
            Went::Failed(_) => paint(RED, self.went.word()),
        };
        format!("  {:<20} {:>12}  {tests:>10}  {word}", self.name, elapsed(self.elapsed))
    }

    fn slowest(&self) -> Vec<&(String, String, Duration)> {
        let mut all: Vec<_> = self.tally.times.iter().filter(|(_, _, time)| *time >= SLOW).collect();
        all.sort_by_key(|(_, _, time)| std::cmp::Reverse(*time));
        all.truncate(SLOWEST);
        all
    }

    fn to_json(&self) -> Value {
        let slowest: Vec<Value> = self
            .slowest()
            .iter()
            .map(|(package, name, time)| json!({ "package": package, "test": name, "elapsed_ms": millis(*time) }))
            .collect();
        json!({
            "suite": self.name, "went": self.went.word(), "elapsed_ms": millis(self.elapsed),
            "why": self.went.why().map(|why| why.render().trim_end().to_owned()),
            "tests": { "passed": self.tally.passed, "failed": self.tally.failed, "skipped": self.tally.skipped },
            "slowest": slowest,
        })
    }
}

/// Tells everything; the last line has the counts of suites, which CI reads.
pub(crate) fn conclude(suites: &[Done], total: Duration, as_json: bool) -> Exit {
    let count = |word: &str| suites.iter().filter(|suite| suite.went.word() == word).count();
    let (passed, failed, skipped) = (count("ok"), count("failed"), count("skipped"));
    console::say("");
    for suite in suites {
        if let Some(why) = suite.went.why() {
            console::error(why.render().trim_end());
        }
    }
    for suite in suites {
        console::say(&suite.line());
        for (package, name, time) in suite.slowest() {
            console::say(&format!("  {:<20} {:>12}  {package} {name}", "", elapsed(*time)));
        }
        suite.tally.skipped.iter().for_each(|line| console::say(&format!("    {line}")));
    }
    console::say(&format!("  {:<20} {:>12}", "total", elapsed(total)));
    let closing = format!("{passed} passed, {failed} failed, {skipped} skipped");
    if as_json {
        let suites: Vec<Value> = suites.iter().map(Done::to_json).collect();
        let all = json!({
            "passed": passed, "failed": failed, "skipped": skipped, "elapsed_ms": millis(total), "suites": suites,
        });
        console::say(&closing);
        console::result(&all.to_string());
    } else {
        console::result(&closing);
    }
    if failed == 0 { Exit::Done } else { Exit::Failed }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(went: Went, times: &[u64]) -> Done {
        let time = |ms: &u64| ("xtask".to_owned(), format!("of_{ms}"), Duration::from_millis(*ms));
        let tally =
            Tally { passed: times.len(), times: times.iter().map(time).collect(), ..Tally::default() };
        Done { name: "unit tests", went, elapsed: Duration::from_millis(1200), tally }
    }

    #[test]
    fn the_slowest_tests_are_named_and_quick_ones_are_not() {
        let suite = done(Went::Passed, &[600, 20, 9000, 700, 800]);
        let names: Vec<&str> = suite.slowest().iter().map(|(_, name, _)| name.as_str()).collect();
        assert_eq!(names, ["of_9000", "of_800", "of_700"]);
        assert_eq!(suite.line().trim_end(), "  unit tests                  1.2 s     5 tests  ok");
    }

    #[test]
    fn what_was_skipped_is_no_failure_and_says_why() {
        let suite = done(Went::Skipped(Failure::new("run them: no Docker")), &[]);
        assert_eq!(suite.to_json()["went"], "skipped");
        assert_eq!(suite.to_json()["why"], "error: run them: no Docker");
        assert_eq!(conclude(&[suite], Duration::ZERO, false), Exit::Done);
        assert_eq!(
            conclude(&[done(Went::Failed(Failure::new("no")), &[])], Duration::ZERO, false),
            Exit::Failed
        );
    }
}
