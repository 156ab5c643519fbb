//! Boots: from the start of a program to a healthy Directus, beside Directus' own commands run by hand.

use super::{Amount, Row, in_turn};
use crate::console;
use crate::engine::{Choice, Ground, Stage};
use crate::http;
use crate::process::{self, Env, Running};
use anyhow::Result;
use contract::Failure;
use std::path::Path;
use std::time::{Duration, Instant};

const HEALTHY_WITHIN: Duration = Duration::from_secs(120);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// Cold: from an empty database. Warm: when there is nothing to do.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    console::heading("cold boot");
    let (ours, theirs) = in_turn(
        runs,
        || runner_start(ground, &Stage::set(ground, root, Choice::Local, None)?),
        || {
            let stage = Stage::set(ground, root, Choice::Local, None)?;
            // Its tables must exist for Directus to apply over them, as in the scripts; psql's own time is left out.
            by_hand(ground, &stage, root)
        },
    )?;
    let cold = Row {
        what: "cold boot: empty database to healthy".into(),
        ours: Amount::Time(ours),
        beside: Some(("bootstrap + schema apply + start", Amount::Time(theirs))),
        target: "≤ 0.3",
    };
    console::heading("warm boot");
    let stage = Stage::set(ground, root, Choice::Local, None)?;
    runner_start(ground, &stage)?;
    let (ours, theirs) = in_turn(runs, || runner_start(ground, &stage), || directus_start(ground, &stage))?;
    let warm = Row {
        what: "warm boot: nothing to do, to healthy".into(),
        ours: Amount::Time(ours),
        beside: Some(("directus start alone", Amount::Time(theirs))),
        target: "≤ 0.5",
    };
    console::heading("the runner's own work");
    let (ours, theirs) = in_turn(runs, || runner_plan(ground, &stage), || scripts(ground, &stage, root))?;
    let own = Row {
        what: "the runner's own work in a warm boot, process and connection included".into(),
        ours: Amount::Time(ours),
        beside: Some((
            "the scripts with nothing to do: psql per file, schema apply, bootstrap",
            Amount::Time(theirs),
        )),
        target: "≤ 0.0067 (150 ×)",
    };
    let binary = Row {
        what: "runner binary, static, with TLS".into(),
        ours: Amount::Size(std::fs::metadata(&ground.runner)?.len()),
        beside: None,
        target: "≤ 2.5 MB",
    };
    let memory = Row {
        what: "the runner's memory once Directus runs".into(),
        ours: Amount::Size(memory(ground, &stage)?),
        beside: None,
        target: "≤ 4 MB",
    };
    Ok(vec![cold, warm, own, binary, memory])
}

/// What the runner holds while it supervises a healthy Directus: its resident set.
fn memory(ground: &Ground, stage: &Stage) -> Result<u64> {
    let server = process::start(&ground.runner, &["start"], Env::Only(stage.environment()), |_| {})?;
    healthy(&server, stage)?;
    let bytes = server.resident_bytes();
    server.stop(STOPPED_WITHIN)?;
    Ok(bytes?)
}

/// `runner plan` reads and decides what a warm boot does, and nothing else.
fn runner_plan(ground: &Ground, stage: &Stage) -> Result<Duration> {
    let began = Instant::now();
    process::run("plan", &ground.runner, &["plan"], Env::Only(stage.environment()), |_| {})?;
    Ok(began.elapsed())
}

/// What the scripts that the runner replaces do at every start, although there is nothing to do.
fn scripts(ground: &Ground, stage: &Stage, root: &Path) -> Result<Duration> {
    let migrations = migrations::file::discover(&contract::Artefacts::at(root))?;
    let began = Instant::now();
    for migration in migrations.iter() {
        stage.psql(&format!("SELECT 1 FROM migrations_applied WHERE filename = '{}';", migration.name))?;
    }
    directus_all(ground, stage, &[&["schema", "apply", "--yes", &snapshot(root)], &["bootstrap"]])?;
    Ok(began.elapsed())
}

fn runner_start(ground: &Ground, stage: &Stage) -> Result<Duration> {
    let began = Instant::now();
    let server = process::start(&ground.runner, &["start"], Env::Only(stage.environment()), |_| {})?;
    until_healthy(server, stage, began)
}

fn directus_start(ground: &Ground, stage: &Stage) -> Result<Duration> {
    let began = Instant::now();
    until_healthy(directus(ground, stage, &["start"])?, stage, began)
}

fn by_hand(ground: &Ground, stage: &Stage, root: &Path) -> Result<Duration> {
    let began = Instant::now();
    directus_all(ground, stage, &[&["bootstrap"], &["schema", "apply", "--yes", &snapshot(root)]])?;
    until_healthy(directus(ground, stage, &["start"])?, stage, began)
}

/// The commands with which a person would try the whole way on an empty database: both passes, a start, and the snapshot back.
pub(super) fn rehearsed_by_hand(ground: &Ground, root: &Path) -> Result<Duration> {
    let began = Instant::now();
    let stage = Stage::set(ground, root, Choice::Local, None)?;
    let (snapshot, folder) = (snapshot(root), tempfile::tempdir()?);
    let (bootstrap, apply) = (&["bootstrap"][..], &["schema", "apply", "--yes", &snapshot][..]);
    directus_all(ground, &stage, &[bootstrap, apply, bootstrap, apply])?;
    let server = directus(ground, &stage, &["start"])?;
    healthy(&server, &stage)?;
    let back = folder.path().join("schema.yaml").display().to_string();
    directus_all(ground, &stage, &[&["schema", "snapshot", "--yes", &back]])?;
    server.stop(STOPPED_WITHIN)?;
    Ok(began.elapsed())
}

fn snapshot(root: &Path) -> String {
    root.join(contract::artefacts::SNAPSHOT).display().to_string()
}

/// One after the other, each to its end.
fn directus_all(ground: &Ground, stage: &Stage, commands: &[&[&str]]) -> Result<()> {
    for arguments in commands {
        let ended = directus(ground, stage, arguments)?.wait()?;
        if !ended.status.success() {
            return Err(ended.failure(&format!("run `directus {}`", arguments.join(" "))).into());
        }
    }
    Ok(())
}

/// One of Directus' own commands, without its question for updates.
fn directus(ground: &Ground, stage: &Stage, arguments: &[&str]) -> Result<Running> {
    let (node, dir) = ground.directus();
    let mut words = vec![
        "-C",
        &dir,
        &node,
        "--input-type=module",
        "--eval",
        "import('@directus/api/cli/run.js')",
        "--",
        "directus",
    ];
    words.extend(arguments);
    let environment = stage.environment().with(contract::env::CONFIG_PATH, contract::env::NO_CONFIG);
    Ok(process::start(Path::new("/usr/bin/env"), &words, Env::Only(environment), |_| {})?)
}

/// How long the program took since it `began`; then it is stopped.
fn until_healthy(server: Running, stage: &Stage, began: Instant) -> Result<Duration> {
    let healthy = healthy(&server, stage);
    let took = began.elapsed();
    match (healthy, server.ended()?) {
        (Err(_), Some(_)) => Err(server.wait()?.failure("start Directus").into()),
        (healthy, _) => {
            server.stop(STOPPED_WITHIN)?;
            healthy.map(|()| took)
        }
    }
}

/// Waits until Directus answers that it is.
fn healthy(server: &Running, stage: &Stage) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < HEALTHY_WITHIN && server.ended()?.is_none() {
        if http::get(stage.address(), "/server/health").is_ok_and(|answer| answer.status == 200) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(Failure::new(format!("wait for Directus: not healthy within {} s", HEALTHY_WITHIN.as_secs())).into())
}
