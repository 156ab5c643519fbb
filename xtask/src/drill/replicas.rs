//! Many replicas at once, on an empty database and again on a new release: one works, none fails, all become healthy.

use super::Outcome;
use super::site::Site;
use crate::console;
use crate::engine::Ground;
use crate::http::{self, Address};
use crate::process::Running;
use anyhow::Result;
use contract::Failure;
use std::path::Path;
use std::time::{Duration, Instant};
use testbed::Database;

/// How long all of them may take to become healthy: they share this machine.
const HEALTHY_WITHIN: Duration = Duration::from_secs(180);

/// `rounds` databases, each with a first and a second release for `replicas` runners.
pub(crate) fn drill(ground: &Ground, root: &Path, rounds: u32, replicas: u32) -> Result<Outcome> {
    let name = format!("{replicas} replicas at once");
    console::heading(&name);
    let mut outcome = Outcome::new(&name);
    let all = Instant::now();
    let site = Site::open(ground, root)?;
    let releases = [("empty database", site.first_release()), ("new release", site.second_release())];
    for round in 1..=rounds {
        let database = site.server().fresh_database("replicas")?;
        for (what, release) in &releases {
            let began = Instant::now();
            let result = together(&site, &database, release, replicas);
            crate::ending::wait_if_begun();
            let word =
                if result.is_ok() { format!("one worked, {replicas} healthy") } else { "FAILED".to_owned() };
            let time = console::elapsed(began.elapsed());
            console::say(&format!("    round {round}, {what}: {word} ({time})"));
            outcome.count(result.map(|()| format!("{what}: one worked, all healthy")).map_err(|error| {
                format!("round {round}, {what}: {}", crate::as_failure(&error).render().trim_end())
            }));
        }
    }
    outcome.elapsed = all.elapsed();
    Ok(outcome)
}

fn together(site: &Site<'_>, database: &Database<'_>, release: &Path, replicas: u32) -> Result<()> {
    let mut all: Vec<(Running, Address)> = Vec::new();
    for number in 0..replicas {
        let socket = site.folder().join(format!("replica-{number}.sock"));
        all.push((site.start(database, release, &socket)?, Address::Socket(socket)));
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
