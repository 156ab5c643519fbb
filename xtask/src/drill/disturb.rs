//! One boot is disturbed at a step; the next one must finish it, and leave what an undisturbed boot leaves. Both kinds of boot that do
//! something: of an empty database, and of a new release over the one before. As many trials run at once as the machine has cores, each
//! row of them on a server of its own, because a restart disturbs everything on a server.

use super::site::{Site, picture};
use super::{Extent, Outcome};
use crate::console;
use crate::engine::Ground;
use crate::process::Running;
use anyhow::Result;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use testbed::Database;

/// How a boot is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The runner is killed; nothing of a container kills its child.
    Kill,
    /// Postgres is stopped and started again.
    Restart,
}

/// Which boot is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// Of an empty database.
    Cold,
    /// Of a new release, with something to do in every step but the install, over the release before.
    Upgrade,
}

impl Which {
    /// The steps that do something, as the JSON lines name them.
    fn steps(self) -> [&'static str; 5] {
        match self {
            Which::Cold => ["pre", "install", "apply", "post", "prove"],
            Which::Upgrade => ["gate", "pre", "apply", "post", "prove"],
        }
    }

    /// One delay for each of these steps, in milliseconds: short ones for the short steps, so that most boots are still at work.
    fn sample(self, how: How) -> [u64; 5] {
        match (self, how) {
            (Which::Cold, How::Kill) => [20, 600, 250, 80, 0],
            (Which::Cold, How::Restart) => [80, 250, 20, 0, 20],
            (Which::Upgrade, How::Kill) => [0, 80, 250, 20, 0],
            (Which::Upgrade, How::Restart) => [20, 20, 80, 250, 0],
        }
    }

    fn word(self) -> &'static str {
        match self {
            Which::Cold => "empty database",
            Which::Upgrade => "new release",
        }
    }
}

/// How long after a step's beginning, in milliseconds.
const DELAYS_MS: [u64; 5] = [0, 20, 80, 250, 600];
/// How long a boot may take to come to a step.
const PATIENCE: Duration = Duration::from_secs(60);

/// One boot to disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trial {
    which: Which,
    how: How,
    step: &'static str,
    delay_ms: u64,
}

/// All trials of one drill, always in the same order.
fn trials(how: How, extent: Extent) -> Vec<Trial> {
    let both = [Which::Cold, Which::Upgrade].into_iter();
    let trial = move |which, step, delay_ms| Trial { which, how, step, delay_ms };
    let every = both.clone().flat_map(move |which| {
        let steps = which.steps().into_iter();
        steps.flat_map(move |step| DELAYS_MS.map(|delay_ms| trial(which, step, delay_ms)))
    });
    let one_each = both.flat_map(move |which| {
        which.steps().into_iter().zip(which.sample(how)).map(move |(step, ms)| trial(which, step, ms))
    });
    match extent {
        Extent::Sample => one_each.collect(),
        Extent::All { rounds } => (0..rounds).flat_map(|_| every.clone()).collect(),
    }
}

/// A server with what its trials start from and are compared with.
struct Row<'a> {
    site: &'a Site<'a>,
    /// A database that the first release booted: what an upgrade starts from.
    booted: Database<'a>,
}

/// What came of a trial that proves nothing.
const UNDISTURBED: &str = "was through already, or went on";

/// What undisturbed boots leave.
struct Undisturbed {
    cold: String,
    upgrade: String,
}

/// Disturbs both boots at the steps, once for each of `hows`.
///
/// # Errors
/// When a boot fails that nobody disturbed.
pub(crate) fn drill(hows: &[How], ground: &Ground, root: &Path, extent: Extent) -> Result<Vec<Outcome>> {
    if hows.is_empty() {
        return Ok(Vec::new());
    }
    let most = hows.iter().map(|how| trials(*how, extent).len()).max().unwrap_or(0);
    let at_once = crate::parallel::directus_at_once().min(most);
    console::say(&format!("    booting what the trials start from, {at_once} at once"));
    let sites = (0..at_once).map(|_| Site::open(ground, root)).collect::<Result<Vec<_>>>()?;
    let rows = crate::parallel::each(&sites, Row::prepare).into_iter().collect::<Result<Vec<_>>>()?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let undisturbed = first.undisturbed()?;
    Ok(hows.iter().map(|how| one(*how, &rows, &undisturbed, extent)).collect())
}

/// One drill: each row takes the next trial until there is none.
fn one(how: How, rows: &[Row<'_>], undisturbed: &Undisturbed, extent: Extent) -> Outcome {
    let name = match how {
        How::Kill => "kill -9 of the working runner",
        How::Restart => "Postgres stopped and restarted",
    };
    console::heading(name);
    let began = Instant::now();
    let trials = trials(how, extent);
    let next = AtomicUsize::new(0);
    let results = crate::parallel::each(rows, |row| {
        let mut seen = Vec::new();
        while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            let result = row.perform(*trial, undisturbed);
            crate::ending::wait_if_begun();
            let line = trial.describe();
            let word = *result.as_ref().unwrap_or(&"FAILED");
            let time = console::elapsed(began.elapsed());
            console::say(&format!("    {line}: {word} ({time})"));
            seen.push(
                result.map_err(|error| format!("{line}: {}", crate::as_failure(&error).render().trim_end())),
            );
        }
        seen
    });
    let mut outcome = Outcome::new(name);
    results.into_iter().flatten().for_each(|result| outcome.count(result));
    if outcome.failures.is_empty() && outcome.seen.keys().all(|what| what == UNDISTURBED) {
        outcome.failures.push("no boot was disturbed: each was through before".to_owned());
    }
    outcome.elapsed = began.elapsed();
    outcome
}

impl<'a> Row<'a> {
    /// Boots the first release, undisturbed.
    fn prepare(site: &'a Site<'a>) -> Result<Row<'a>> {
        let booted = site.server().fresh_database("booted")?;
        site.finish(&booted, site.first_release())?;
        Ok(Row { site, booted })
    }

    fn undisturbed(&self) -> Result<Undisturbed> {
        let cold = picture(&self.booted)?;
        let (database, release) = self.set(Which::Upgrade)?;
        self.site.finish(&database, release)?;
        Ok(Undisturbed { cold, upgrade: picture(&database)? })
    }

    /// A database that a boot is about to change, and the release that does.
    fn set(&self, which: Which) -> Result<(Database<'_>, &Path)> {
        let server = self.site.server();
        Ok(match which {
            Which::Cold => (server.fresh_database("empty")?, self.site.first_release()),
            Which::Upgrade => (server.fresh_copy(&self.booted)?, self.site.second_release()),
        })
    }

    fn perform(&self, trial: Trial, undisturbed: &Undisturbed) -> Result<&'static str> {
        let (database, release) = self.set(trial.which)?;
        let (sender, receiver) = channel();
        let marker = format!("\"event\":\"begin\",\"step\":\"{}\"", trial.step);
        let running = self.site.prepare(&database, release, move |line| {
            if line.contains(&marker) {
                // The drill may have gone on already.
                let _ = sender.send(());
            }
        })?;
        reached(&receiver, &running, trial.step)?;
        std::thread::sleep(Duration::from_millis(trial.delay_ms));
        match trial.how {
            How::Kill => running.kill_outright(),
            How::Restart => self.site.server().restart()?,
        }
        let ended = running.wait()?;
        let seen = match (trial.how, ended.status.code()) {
            (_, Some(0)) => UNDISTURBED,
            (How::Kill, None) => "died, and the next boot finished",
            (How::Restart, Some(1 | 5)) => "failed, and the next boot finished",
            _ => return Err(ended.failure("be disturbed: this is no way to end").into()),
        };
        self.site.finish(&database, release)?;
        let (now, expected) = (picture(&database)?, undisturbed.of(trial.which));
        if now == expected { Ok(seen) } else { Err(differs(expected, &now).into()) }
    }
}

impl Trial {
    /// `empty database, apply + 80 ms`
    fn describe(self) -> String {
        format!("{}, {} + {} ms", self.which.word(), self.step, self.delay_ms)
    }
}

impl Undisturbed {
    fn of(&self, which: Which) -> &str {
        match which {
            Which::Cold => &self.cold,
            Which::Upgrade => &self.upgrade,
        }
    }
}

fn differs(expected: &str, now: &str) -> contract::Failure {
    let difference =
        similar::TextDiff::from_lines(expected, now).unified_diff().context_radius(0).to_string();
    let lines: Vec<&str> = difference.lines().take(20).collect();
    contract::Failure::new("compare with an undisturbed boot: the database differs").excerpt(lines.join("\n"))
}

/// Waits until the boot says that it begins the step.
fn reached(receiver: &Receiver<()>, running: &Running, step: &str) -> Result<()> {
    match receiver.recv_timeout(PATIENCE) {
        Ok(()) => Ok(()),
        Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {
            Err(contract::Failure::new(format!("come to the step `{step}`"))
                .excerpt(running.lines().join("\n"))
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_disturbs_every_step_of_both_boots_once_and_at_every_delay_somewhere() {
        let both: Vec<Trial> =
            [How::Kill, How::Restart].into_iter().flat_map(|how| trials(how, Extent::Sample)).collect();
        for how in [How::Kill, How::Restart] {
            for which in [Which::Cold, Which::Upgrade] {
                let mine = both.iter().filter(|trial| (trial.how, trial.which) == (how, which));
                assert_eq!(mine.map(|trial| trial.step).collect::<Vec<_>>(), which.steps());
            }
        }
        assert!(DELAYS_MS.iter().all(|ms| both.iter().any(|trial| trial.delay_ms == *ms)), "{both:?}");
    }

    #[test]
    fn a_round_of_all_has_every_delay_at_every_step() {
        let round = trials(How::Kill, Extent::All { rounds: 1 });
        assert_eq!(round.len(), 50);
        assert!(trials(How::Kill, Extent::Sample).iter().all(|trial| round.contains(trial)));
        assert_eq!(
            trials(How::Kill, Extent::All { rounds: 3 }),
            [round.clone(), round.clone(), round].concat()
        );
    }
}
