//! The commands of every day: a whole dry run, the static rules, and `cargo xtask` when nothing was changed.

use super::{Amount, Row, boot, in_turn, median, migrations, schema};
use crate::console;
use crate::dev::home;
use crate::engine::Ground;
use crate::process::{self, Env};
use crate::rehearsal::{resolve, revision};
use anyhow::{Context as _, Result};
use contract::Variables;
use contract::artefacts::SNAPSHOT;
use snapshot::canonical;
use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

/// All rows.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    console::heading("commands");
    let (our_cpu, their_cpu) = (RefCell::default(), RefCell::default());
    let (ours, theirs) = in_turn(
        runs,
        || computing(&our_cpu, || this_program(root, &["dry-run", "--engine", "local"])),
        || computing(&their_cpu, || boot::rehearsed_by_hand(ground, root)),
    )?;
    let by_hand = "the same by Directus' own commands: bootstrap, apply, both again, start, snapshot";
    let row = |what: &'static str, ours: Duration, theirs: Duration, target: &'static str| Row {
        what: what.into(),
        ours: Amount::Time(ours),
        beside: Some((by_hand, Amount::Time(theirs))),
        target,
    };
    let dry_run = row("dry-run, provisioned", ours, theirs, "≤ 0.4, ≤ 6 s");
    let (ours, theirs) = (median(our_cpu.into_inner()), median(their_cpu.into_inner()));
    let computed = row("dry-run, processor time", ours, theirs, "≤ 10 s");
    let folder = tempfile::tempdir()?;
    let large = large(root, folder.path())?;
    let times = |measure: &dyn Fn() -> Result<Duration>| -> Result<Duration> {
        (0..runs).map(|_| measure()).collect::<Result<Vec<_>>>().map(median)
    };
    Ok(vec![
        dry_run,
        computed,
        Row::alone("up until clickable, provisioned, on an empty database", times(&|| up(root))?, "≤ 3 s"),
        Row::alone("check on this repository", times(&|| this_program(root, &["check"]))?, "≤ 50 ms"),
        Row::alone(
            "check on 1,000 migrations and 100 collections × 20 fields",
            times(&|| this_program(&large, &["check"]))?,
            "≤ 1 s",
        ),
        Row::alone("cargo xtask --version, nothing to build", times(&|| by_cargo(root))?, "≤ 0.2 s"),
    ])
}

/// The last commit's tree with other migrations and another snapshot, in which the static rules find nothing.
fn large(root: &Path, folder: &Path) -> Result<std::path::PathBuf> {
    let tree = revision::export(root, &resolve(root, "HEAD")?, folder)?;
    for artefacts in ["db-init", "db-init-post", "seeds"] {
        std::fs::remove_dir_all(tree.join(artefacts))?;
        std::fs::create_dir(tree.join(artefacts))?;
    }
    migrations::write(&tree)?;
    let schema = schema::large(&std::fs::read_to_string(root.join(SNAPSHOT))?, 100)?;
    std::fs::write(tree.join(SNAPSHOT), canonical(&schema).to_yaml())?;
    this_program(&tree, &["erd"])?;
    Ok(tree)
}

/// Adds to `all` the processor time of the programs that `work` runs, as far as they were waited for.
fn computing(all: &RefCell<Vec<Duration>>, work: impl FnOnce() -> Result<Duration>) -> Result<Duration> {
    let before = of_children()?;
    let took = work()?;
    all.borrow_mut().push(of_children()?.saturating_sub(before));
    Ok(took)
}

/// The processor time of this process' children so far: `cutime` and `cstime` of proc(5), in hundredths of a second.
fn of_children() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("read `/proc/self/stat`")?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(13).take(2).map(str::parse::<u64>);
    Ok(Duration::from_millis(10 * ticks.sum::<Result<u64, _>>().context("read `/proc/self/stat`")?))
}

/// A Directus to click in, with a state folder of its own; it is stopped again.
fn up(root: &Path) -> Result<Duration> {
    let state = tempfile::tempdir()?;
    let state = Variables::new().with(home::DIR_VARIABLE, state.path().display());
    let run = |arguments: &[&str]| this_program_with(root, arguments, state.clone());
    let took = run(&["up", "--engine", "local", "--port", "18055"]);
    run(&["down", "--volumes"])?;
    took
}

/// One command of this program in that tree, from outside.
pub(super) fn this_program(tree: &Path, arguments: &[&str]) -> Result<Duration> {
    this_program_with(tree, arguments, Variables::new())
}

fn this_program_with(tree: &Path, arguments: &[&str], more: Variables) -> Result<Duration> {
    let more = more.with("CARGO_MANIFEST_DIR", tree.join("xtask").display());
    let began = Instant::now();
    let what = format!("run `cargo xtask {}`", arguments.join(" "));
    process::run(&what, &std::env::current_exe()?, arguments, Env::Inherited(more), |_| {})?;
    Ok(began.elapsed())
}

/// As a person types it; cargo looks whether anything is to be built.
fn by_cargo(root: &Path) -> Result<Duration> {
    let manifest = root.join("Cargo.toml").display().to_string();
    let arguments = ["run", "--quiet", "--manifest-path", &manifest, "--package", "xtask", "--", "--version"];
    let began = Instant::now();
    process::run(
        "run `cargo xtask`",
        Path::new("cargo"),
        &arguments,
        Env::Inherited(Variables::new()),
        |_| {},
    )?;
    Ok(began.elapsed())
}
