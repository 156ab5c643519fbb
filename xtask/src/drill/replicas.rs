//! Many replicas at once, on an empty database and again on a new release: one works, none fails, all become healthy.

use super::{Outcome, next_release, stage};
use crate::console;
use crate::engine::{Ground, Stage};
use crate::http::{self, Address};
use crate::process::{self, Env, Running};
use anyhow::Result;
use contract::Failure;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long all of them may take to become healthy: they share this machine.
const HEALTHY_WITHIN: Duration = Duration::from_secs(180);

/// `rounds` databases, each with a first and a second release for `replicas` runners.
pub(crate) fn drill(ground: &Ground, root: &Path, rounds: u32, replicas: u32) -> Result<Outcome> {
    let mut outcome = Outcome::new(&format!("{replicas} replicas at once"));
    for round in 1..=rounds {
        let stage = stage(ground, root)?;
        let second = next_release(root, &stage, 1)?;
        for (what, release) in [("empty database", root), ("new release", second.as_path())] {
            outcome.trials += 1;
            let began = Instant::now();
            match together(ground, &stage, release, replicas) {
                Ok(()) => {
                    console::say(&format!(
                        "    round {round}, {what}: one worked, {replicas} healthy ({:.1} s)",
                        began.elapsed().as_secs_f64()
                    ));
                    outcome.count(format!("{what}: one worked, all healthy"));
                }
                Err(error) => {
                    outcome.failures.push(format!(
                        "round {round}, {what}: {}",
                        crate::as_failure(&error).render().trim_end()
                    ));
                }
            }
        }
    }
    Ok(outcome)
}

fn together(ground: &Ground, stage: &Stage, release: &Path, replicas: u32) -> Result<()> {
    let mut all: Vec<(Running, Address)> = Vec::new();
    for number in 0..replicas {
        let socket = stage.folder().join(format!("replica-{number}.sock"));
        let mut environment = super::of_release(stage, release);
        environment.retain(|(name, _)| name != "UNIX_SOCKET_PATH");
        environment.push(("UNIX_SOCKET_PATH".to_owned(), socket.display().to_string()));
        let running = process::start(&ground.runner, &["start"], Env::Only(environment), |_| {})?;
        all.push((running, Address::Socket(socket)));
    }
    let until = Instant::now() + HEALTHY_WITHIN;
    for (running, address) in &all {
        while !http::get(address, "/server/health").is_ok_and(|answer| answer.status == 200) {
            if running.ended()?.is_some() || Instant::now() > until {
                return Err(Failure::new("become healthy").excerpt(running.lines().join("\n")).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let worked = all.iter().filter(|(running, _)| running.lines().iter().any(|line| proved(line))).count();
    if worked != 1 {
        return Err(Failure::new(format!("let one work: {worked} did")).into());
    }
    for (running, _) in all {
        let ended = running.stop(Duration::from_secs(20))?;
        if ended.status.code() != Some(143) {
            return Err(ended.failure("stop a replica: expected exit code 143").into());
        }
    }
    Ok(())
}

/// Whether a runner's line says that it took all steps, whether it recorded the release or found it recorded.
fn proved(line: &str) -> bool {
    line.starts_with("runner: prove")
}
