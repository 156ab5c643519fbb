//! Runs test programs and reads what Rust's test harness says: which test ended how, and after how long.
//!
//! The harness tells no times. But it starts its tests in the order in which it lists them, as many as it may at once, and the next one
//! when one has ended; so the moment at which each began follows from the ends.

use super::binaries::Binary;
use super::{Means, Tests};
use crate::process::{self, Env};
use contract::{Failure, Outcome, Variables};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use testbed::progress::Step;

/// How long what a test left behind may hold the output.
const OUTPUT_WITHIN: Duration = Duration::from_secs(10);

/// What a suite's tests came to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// What a test lacked, as it says it: `runner/tests/it/x.rs:12: skipped: why`.
    pub(crate) skipped: Vec<String>,
    /// How long each took: package, name, time.
    pub(crate) times: Vec<(String, String, Duration)>,
}

/// Runs the tests, program by program; all of them, so that one failure does not hide another.
///
/// # Errors
/// What the harness says of those that failed.
pub(super) fn run(suite: &str, tests: Tests, means: &Means<'_>, tally: &mut Tally) -> Outcome<()> {
    let env = &means.env;
    let binaries = means.binaries.as_ref().map_err(Clone::clone)?.of(tests.of);
    let programs: Vec<Program<'_>> =
        binaries.into_iter().map(|binary| Program::new(binary, tests.words, env)).collect::<Outcome<_>>()?;
    let all: usize = programs.iter().map(|program| program.names.len()).sum();
    if all == 0 {
        return Err(Failure::new(format!("run the {suite}: there is no such test")));
    }
    let step = means.progress.step(format!("{suite} ({all})"));
    let failures: Vec<String> = programs
        .iter()
        .filter_map(|program| program.run(env, &step, all, tally).map_err(|failure| failure.render()).err())
        .collect();
    if failures.is_empty() {
        step.done();
        return Ok(());
    }
    step.failed("see below");
    Err(Failure::new(format!("run the {suite}")).excerpt(failures.join("\n").trim_end().to_owned()))
}

/// One test program, and the tests in it that are wanted, in the order in which they start.
struct Program<'a> {
    binary: &'a Binary,
    words: Vec<String>,
    at_once: usize,
    names: Vec<String>,
}

impl<'a> Program<'a> {
    fn new(binary: &'a Binary, words: &[&str], env: &Variables) -> Outcome<Self> {
        let given = words.iter().find_map(|word| word.strip_prefix("--test-threads=")?.parse().ok());
        let at_once = given.unwrap_or_else(|| binary.at_once());
        let mut words: Vec<String> = words
            .iter()
            .filter(|word| !word.starts_with("--test-threads="))
            .map(|word| (*word).to_owned())
            .collect();
        words.push(format!("--test-threads={at_once}"));
        let mut program = Program { binary, words, at_once, names: Vec::new() };
        let listed: Vec<&str> =
            program.words.iter().map(String::as_str).chain(["--list", "--format=terse"]).collect();
        let lines = process::output_with("list the tests", &binary.path, &listed, program.env(env))?;
        let lines = String::from_utf8_lossy(&lines);
        program.names =
            lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect();
        Ok(program)
    }

    /// As cargo sets it.
    fn env(&self, env: &Variables) -> Env {
        let env = env.clone().with("CARGO_MANIFEST_DIR", self.binary.folder.display());
        Env::Inherited(env.with("CARGO_PKG_NAME", self.binary.package()))
    }

    fn run(&self, env: &Variables, step: &Step<'_>, all: usize, tally: &mut Tally) -> Outcome<()> {
        if self.names.is_empty() {
            return Ok(());
        }
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let said = Arc::new(Mutex::new(Vec::new()));
        let sink = said.clone();
        let mut harness = Harness::new(&self.names, self.at_once, Instant::now());
        let running =
            process::start_in(&self.binary.folder, &self.binary.path, &words, self.env(env), move |line| {
                sink.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), line.to_owned()));
            })?;
        let before = tally.passed + tally.failed;
        let mut ended = false;
        while !ended {
            // Before the lines are taken, so that none is missed.
            ended = running.ended()?.is_some();
            for (now, line) in std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner)) {
                harness.hear(&line, now);
            }
            let done = before + harness.ended.len();
            step.fraction(done as f32 / all.max(1) as f32);
            step.detail(format!(
                "{done} of {all}: {} {}",
                self.binary.package(),
                harness.running().join(", ")
            ));
            if !ended {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let what = format!("run the tests of `{}`", self.binary.package());
        let ended = running.wait_for_output(OUTPUT_WITHIN).map_err(|failure| failure.within(what.clone()))?;
        for (now, line) in std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner)) {
            harness.hear(&line, now);
        }
        tally.failed += harness.failed;
        // The harness' own number: the line of a test may have been lost in what somebody else wrote.
        tally.passed += harness.result.map_or(harness.ended.len() - harness.failed, |(passed, _)| passed);
        tally.skipped.append(&mut harness.skipped);
        let package = self.binary.package().to_owned();
        tally.times.extend(harness.ended.into_iter().map(|(name, time)| (package.clone(), name, time)));
        // From the harness' own chapter on; a program that was killed has none, and its last lines must do.
        if ended.status.success() {
            // A test can end the whole program, and with exit code 0.
            return match harness.result {
                Some((passed, ignored)) if passed + ignored == self.names.len() => Ok(()),
                Some((passed, ignored)) => Err(Failure::new(what)
                    .cause(format!("{passed} passed and {ignored} ignored of {}", self.names.len()))),
                None => Err(ended.failure(&format!("{what}: it ended before its tests did"))),
            };
        }
        match ended.lines.iter().position(|line| line == "failures:") {
            Some(at) => Err(Failure::new(what).excerpt(ended.lines[at..].join("\n"))),
            None => Err(ended.failure(&what)),
        }
    }
}

/// What the harness has said so far.
struct Harness {
    waiting: VecDeque<String>,
    began: HashMap<String, Instant>,
    /// The test whose line is not complete: with one at a time the harness says its name first.
    open: Option<String>,
    ended: Vec<(String, Duration)>,
    failed: usize,
    skipped: Vec<String>,
    /// How many the harness says have passed, and how many it ignored; once it has ended.
    result: Option<(usize, usize)>,
}

impl Harness {
    fn new(names: &[String], at_once: usize, now: Instant) -> Self {
        let mut harness = Harness {
            waiting: names.iter().cloned().collect(),
            began: HashMap::new(),
            open: None,
            ended: Vec::new(),
            failed: 0,
            skipped: Vec::new(),
            result: None,
        };
        (0..at_once).for_each(|_| harness.begin(now));
        harness
    }

    fn begin(&mut self, now: Instant) {
        if let Some(name) = self.waiting.pop_front() {
            self.began.insert(name, now);
        }
    }

    /// The tests that are running, sorted.
    fn running(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.began.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    fn hear(&mut self, line: &str, now: Instant) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            let count = |word: &str| {
                let mut parts = counts.split([';', '.']).map(str::trim);
                parts.find_map(|part| part.strip_suffix(word)?.trim().parse::<usize>().ok())
            };
            self.result = count("passed").zip(count("ignored"));
        }
        if line.contains(": skipped: ") {
            let (_, said) = line.rsplit_once(" ... ").unwrap_or(("", line));
            self.skipped.push(said.to_owned());
        }
        if let Some((name, rest)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) {
            let name = name.split(" - should panic").next().unwrap_or(name).to_owned();
            match Verdict::read(rest) {
                Some(verdict) => self.end(name, verdict, now),
                None => self.open = Some(name),
            }
        } else if let (Some(verdict), Some(name)) =
            (Verdict::read(line), self.open.take_if(|_| Verdict::read(line).is_some()))
        {
            self.end(name, verdict, now);
        }
    }

    fn end(&mut self, name: String, verdict: Verdict, now: Instant) {
        let Some(began) = self.began.remove(&name) else { return };
        if verdict != Verdict::Ignored {
            self.failed += usize::from(verdict == Verdict::Failed);
            self.ended.push((name, now - began));
        }
        self.begin(now);
    }
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Ignored,
}

impl Verdict {
    fn read(text: &str) -> Option<Verdict> {
        match text.trim() {
            "ok" => Some(Verdict::Passed),
            "FAILED" => Some(Verdict::Failed),
            text if text.starts_with("ignored") => Some(Verdict::Ignored),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known after `lines`, each with the second in which it is said.
    fn heard(names: &[&str], at_once: usize, lines: &[(u64, &str)]) -> Harness {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let start = Instant::now();
        let mut harness = Harness::new(&names, at_once, start);
        lines.iter().for_each(|(second, line)| harness.hear(line, start + Duration::from_secs(*second)));
        harness
    }

    fn seconds(harness: &Harness) -> Vec<(&str, u64)> {
        harness.ended.iter().map(|(name, time)| (name.as_str(), time.as_secs())).collect()
    }

    #[test]
    fn a_test_begins_when_another_one_has_ended() {
        let lines = [
            (2, "test b ... ok"),
            (3, "test c ... ignored, needs a network"),
            (7, "test d - should panic ... FAILED"),
            (9, "test a ... ok"),
        ];
        let harness = heard(&["a", "b", "c", "d", "e"], 2, &lines);
        assert_eq!(seconds(&harness), [("b", 2), ("d", 4), ("a", 9)]);
        assert_eq!((harness.failed, harness.running()), (1, vec!["e"]));
    }

    #[test]
    fn one_at_a_time_a_name_comes_first_and_the_verdict_later() {
        let lines = [
            (0, "test a ... xtask/tests/it/live.rs:7: skipped: no server"),
            (1, "ok"),
            (1, "ok"),
            (2, "test b ... ok"),
        ];
        let harness = heard(&["a", "b"], 1, &lines);
        assert_eq!(seconds(&harness), [("a", 1), ("b", 1)]);
        assert_eq!(harness.skipped, ["xtask/tests/it/live.rs:7: skipped: no server"]);
    }
}
