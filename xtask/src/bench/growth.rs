//! How an apply and the static rules grow with the schema: 100 and 300 collections with relations, and Directus' own apply beside. What
//! is quadratic shows between the two sizes, not in either.

use super::schema::{self, FIELDS};
use super::{Amount, Row, Work, commands, median};
use crate::console;
use crate::engine::{Ask, Choice, Ground, Stage, snapshot_of};
use crate::rehearsal::{resolve, revision};
use anyhow::{Context, Result};
use boot::Bridge;
use contract::artefacts::SNAPSHOT;
use contract::env::{DIRECTUS_WAIT_S, QUICK_APPLY};
use serde_json::{Value, json};
use snapshot::{Snapshot, canonical};
use std::path::Path;
use std::time::{Duration, Instant};

const SIZES: [usize; 2] = [100, 300];
const GROWTH: &str = "≤ 3.5-fold";

/// One state of the schema after the other.
const CASES: [(&str, &str); 3] = [
    ("cold apply", "Node < 512 MB"),
    ("one field added in each", "≤ 0.1, Node < 512 MB"),
    ("one note changed in each", "Node < 512 MB"),
];

/// A row for each case and size, and one for each case's growth. Measured once: an apply cannot be repeated, and Directus' own takes minutes.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let tree = revision::export(root, &resolve(root, "HEAD")?, folder.path())?;
    for artefacts in ["db-init", "db-init-post", "seeds"] {
        std::fs::remove_dir_all(tree.join(artefacts))?;
        std::fs::create_dir(tree.join(artefacts))?;
    }
    let text = std::fs::read_to_string(root.join(SNAPSHOT))?;
    let (mut applied, mut checked) = (Vec::new(), Vec::new());
    for size in SIZES {
        console::say(&format!(
            "    applying {size} collections with {FIELDS} fields each, both ways: minutes"
        ));
        let schema = schema::large(&text, size)?;
        std::fs::write(tree.join(SNAPSHOT), canonical(&schema).to_yaml())?;
        commands::this_program(&tree, &["erd"])?;
        let check = || commands::this_program(&tree, &["check"]);
        checked.push(median((0..runs).map(|_| check()).collect::<Result<Vec<Duration>>>()?));
        applied.push([
            applied_way(ground, root, &tree, &schema, "on")?,
            applied_way(ground, root, &tree, &schema, "off")?,
        ]);
    }
    let mut rows = Vec::new();
    for (case, (name, target)) in CASES.into_iter().enumerate() {
        for (size, [ours, own]) in SIZES.into_iter().zip(&applied) {
            rows.push(Row {
                what: format!("{name} of {size} collections").into(),
                ours: Amount::Work(ours[case]),
                beside: Some(("Directus' own apply", Amount::Work(own[case]))),
                target,
            });
        }
        let times = applied.iter().map(|[ours, _]| ours[case].time);
        rows.push(growth(name, times));
    }
    for (size, time) in SIZES.into_iter().zip(&checked) {
        rows.push(Row::alone(format!("check of {size} collections"), *time, "≤ 0.5 s for 100"));
    }
    rows.push(growth("check", checked.into_iter()));
    Ok(rows)
}

fn growth(name: &str, mut times: impl Iterator<Item = Duration>) -> Row {
    let (small, large) = (times.next().unwrap_or_default(), times.next().unwrap_or_default());
    Row {
        what: format!("{name}: growth from {} to {} collections", SIZES[0], SIZES[1]).into(),
        ours: Amount::Times(large.as_secs_f64() / small.as_secs_f64()),
        beside: None,
        target: GROWTH,
    }
}

/// All cases on a database of their own, each by a bridge of its own, as in a boot.
fn applied_way(
    ground: &Ground,
    root: &Path,
    tree: &Path,
    schema: &Snapshot,
    quick: &str,
) -> Result<[Work; 3]> {
    let stage = Stage::set(ground, root, Choice::Local, None)?;
    stage.ask("ALTER DATABASE directus SET log_statement = 'all'")?;
    let bridge = || {
        stage.bridge_with(tree, &[(QUICK_APPLY, quick), (DIRECTUS_WAIT_S, "3600"), ("LOG_LEVEL", "error")])
    };
    let mut installing = bridge()?;
    installing.call("install", "install", json!({}))?;
    installing.close();
    let cold = apply(&stage, bridge()?, tree, &schema.to_json())?;
    let mut reading = bridge()?;
    let live = snapshot_of(&mut reading)?.to_json();
    reading.close();
    let wider = schema::with_a_field_in_each(&live);
    let added = apply(&stage, bridge()?, tree, &wider)?;
    let noted = apply(&stage, bridge()?, tree, &schema::with_a_note_in_each(&wider))?;
    Ok([cold, added, noted])
}

/// One apply, of which nothing may be left to do; the peak is that of loading, planning and applying.
fn apply(stage: &Stage, mut bridge: Bridge, tree: &Path, wanted: &Value) -> Result<Work> {
    let path = tree.join("wanted.json");
    std::fs::write(&path, wanted.to_string())?;
    let path = json!({ "path": path, "outline": true });
    bridge.call("plan", "plan", path.clone())?;
    let before = statements(stage)?;
    let began = Instant::now();
    bridge.call("apply", "apply", json!({}))?;
    let time = began.elapsed();
    let work = Work { time, statements: statements(stage)? - before, peak_bytes: peak_bytes(bridge.pid())? };
    let rest = bridge.call("verify", "verify", path)?;
    bridge.close();
    let is_done = rest["diff"].as_object().is_some_and(|all| all.values().all(|each| each == &json!([])));
    anyhow::ensure!(is_done, "something is left to do: {rest}");
    Ok(work)
}

/// How many statements the server has been sent, by its log.
fn statements(stage: &Stage) -> Result<usize> {
    let log = std::fs::read(stage.server_log().context("a server of our own")?)?;
    let log = String::from_utf8_lossy(&log);
    Ok(log
        .lines()
        .filter(|line| line.contains("LOG:  statement: ") || line.contains("LOG:  execute "))
        .count())
}

fn peak_bytes(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    Ok(peak.context("no VmHWM")?.trim().parse::<u64>()? * 1024)
}
