//! One boot is disturbed at a step; the next one must finish it, and leave what an undisturbed boot leaves. Both kinds of boot that do
//! something: of an empty database, and of a new release over the one before.

use super::{Outcome, next_release, picture, prepare, stage};
use crate::console;
use crate::engine::{Ground, Stage};
use crate::process::Running;
use anyhow::Result;
use std::path::{Path, PathBuf};
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

/// Where one trial happens.
struct Trial<'a> {
    ground: &'a Ground,
    how: How,
    step: &'static str,
    delay_ms: u64,
}

/// A database that a boot is about to change, and the release that does.
struct Scene {
    stage: Stage,
    release: PathBuf,
}

impl Scene {
    fn set(ground: &Ground, root: &Path, which: Which) -> Result<Scene> {
        let stage = stage(ground, root)?;
        if which == Which::Cold {
            return Ok(Scene { stage, release: root.to_path_buf() });
        }
        finish(ground, &stage, root)?;
        let release = next_release(root, &stage, 1)?;
        Ok(Scene { stage, release })
    }
}

/// Disturbs both boots at every step, at every delay, `rounds` times.
pub(crate) fn drill(how: How, ground: &Ground, root: &Path, rounds: u32) -> Result<Outcome> {
    let mut outcome = Outcome::new(match how {
        How::Kill => "kill -9 of the working runner",
        How::Restart => "Postgres stopped and restarted",
    });
    for which in [Which::Cold, Which::Upgrade] {
        let undisturbed = {
            let scene = Scene::set(ground, root, which)?;
            finish(ground, &scene.stage, &scene.release)?;
            picture(&scene.stage)?
        };
        for _ in 0..rounds {
            for (step, delay_ms) in which.steps().into_iter().flat_map(|step| DELAYS_MS.map(|ms| (step, ms)))
            {
                outcome.trials += 1;
                let name = format!("{}, {step} + {delay_ms} ms", which.word());
                let scene = Scene::set(ground, root, which)?;
                match (Trial { ground, how, step, delay_ms }).run(&scene, &undisturbed) {
                    Ok(seen) => {
                        console::say(&format!("    {name}: {seen}"));
                        outcome.count(seen);
                    }
                    Err(error) => outcome
                        .failures
                        .push(format!("{name}: {}", crate::as_failure(&error).render().trim_end())),
                }
            }
        }
    }
    Ok(outcome)
}

impl Trial<'_> {
    fn run(&self, scene: &Scene, undisturbed: &str) -> Result<&'static str> {
        let (sender, receiver) = channel();
        let marker = format!("\"event\":\"begin\",\"step\":\"{}\"", self.step);
        let running = prepare(self.ground, &scene.stage, &scene.release, move |line| {
            if line.contains(&marker) {
                // The drill may have gone on already.
                let _ = sender.send(());
            }
        })?;
        reached(&receiver, &running, self.step)?;
        std::thread::sleep(Duration::from_millis(self.delay_ms));
        match self.how {
            How::Kill => running.kill_outright(),
            How::Restart => scene.stage.restart_database()?,
        }
        let ended = running.wait()?;
        let seen = match (self.how, ended.status.code()) {
            (_, Some(0)) => "was through already, or went on",
            (How::Kill, None) => "died, and the next boot finished",
            (How::Restart, Some(1 | 5)) => "failed, and the next boot finished",
            _ => return Err(ended.failure("be disturbed: this is no way to end").into()),
        };
        finish(self.ground, &scene.stage, &scene.release)?;
        let now = picture(&scene.stage)?;
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
fn finish(ground: &Ground, stage: &Stage, release: &Path) -> Result<()> {
    let ended = prepare(ground, stage, release, |_| {})?.wait()?;
    if ended.status.success() { Ok(()) } else { Err(ended.failure("finish what was disturbed").into()) }
}
