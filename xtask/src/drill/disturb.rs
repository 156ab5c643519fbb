//! One boot of an empty database is disturbed at a step; the next one must finish it, and leave what an undisturbed boot leaves.

use super::{Outcome, picture, prepare, stage};
use crate::console;
use crate::engine::{Ground, Stage};
use crate::process::Running;
use anyhow::Result;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How a boot is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The runner is killed; nothing of a container kills its child.
    Kill,
    /// Postgres is stopped and started again.
    Restart,
}

/// The steps of a boot of an empty database, as its JSON lines name them.
const STEPS: [&str; 5] = ["pre", "install", "apply", "post", "prove"];
/// How long after a step's beginning, in milliseconds.
const DELAYS_MS: [u64; 5] = [0, 20, 80, 250, 600];
/// How long a boot may take to come to a step.
const PATIENCE: Duration = Duration::from_secs(60);

/// Disturbs a boot at every step, at every delay, `rounds` times.
pub(crate) fn drill(how: How, ground: &Ground, root: &Path, rounds: u32) -> Result<Outcome> {
    let mut outcome = Outcome::new(match how {
        How::Kill => "kill -9 of the working runner",
        How::Restart => "Postgres stopped and restarted",
    });
    let undisturbed = {
        let stage = stage(ground, root)?;
        finish(ground, &stage)?;
        picture(&stage)?
    };
    for _ in 0..rounds {
        for step in STEPS {
            for delay_ms in DELAYS_MS {
                outcome.trials += 1;
                let trial = format!("{step} + {delay_ms} ms");
                match one(how, ground, root, step, delay_ms, &undisturbed) {
                    Ok(seen) => {
                        console::say(&format!("    {trial}: {seen}"));
                        outcome.count(seen);
                    }
                    Err(error) => outcome
                        .failures
                        .push(format!("{trial}: {}", crate::as_failure(&error).render().trim_end())),
                }
            }
        }
    }
    Ok(outcome)
}

fn one(
    how: How,
    ground: &Ground,
    root: &Path,
    step: &str,
    delay_ms: u64,
    undisturbed: &str,
) -> Result<&'static str> {
    let stage = stage(ground, root)?;
    let (sender, receiver) = channel();
    let marker = format!("\"event\":\"begin\",\"step\":\"{step}\"");
    let running = prepare(ground, &stage, move |line| {
        if line.contains(&marker) {
            // The drill may have gone on already.
            let _ = sender.send(());
        }
    })?;
    reached(&receiver, &running, step)?;
    std::thread::sleep(Duration::from_millis(delay_ms));
    match how {
        How::Kill => running.kill_outright(),
        How::Restart => stage.restart_database()?,
    }
    let ended = running.wait()?;
    let seen = match (how, ended.status.code()) {
        (_, Some(0)) => "was through already, or went on",
        (How::Kill, None) => "died, and the next boot finished",
        (How::Restart, Some(1 | 5)) => "failed, and the next boot finished",
        _ => return Err(ended.failure("be disturbed: this is no way to end").into()),
    };
    finish(ground, &stage)?;
    let now = picture(&stage)?;
    if now == undisturbed {
        return Ok(seen);
    }
    let difference =
        similar::TextDiff::from_lines(undisturbed, &now).unified_diff().context_radius(0).to_string();
    let lines: Vec<&str> = difference.lines().take(20).collect();
    Err(contract::Failure::new("compare with an undisturbed boot: the database differs")
        .excerpt(lines.join("\n"))
        .into())
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

/// A boot that must succeed.
fn finish(ground: &Ground, stage: &Stage) -> Result<()> {
    let ended = prepare(ground, stage, |_| {})?.wait()?;
    if ended.status.success() { Ok(()) } else { Err(ended.failure("finish what was disturbed").into()) }
}
