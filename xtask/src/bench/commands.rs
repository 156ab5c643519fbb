//! The commands of every day: a whole dry run, the static rules, and `cargo xtask` when nothing was changed.

use super::{Amount, Row, boot, in_turn, median, migrations, schema};
use crate::console;
use crate::engine::Ground;
use crate::process::{self, Env};
use crate::rehearsal::{resolve, revision};
use anyhow::Result;
use contract::artefacts::SNAPSHOT;
use snapshot::canonical;
use std::path::Path;
use std::time::{Duration, Instant};

/// All four rows.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    console::heading("commands");
    let (ours, theirs) = in_turn(
        runs,
        || this_program(root, &["dry-run", "--engine", "local"]),
        || boot::rehearsed_by_hand(ground, root),
    )?;
    let dry_run = Row {
        what: "dry-run, provisioned".into(),
        ours: Amount::Time(ours),
        beside: Some((
            "the same by Directus' own commands: bootstrap, apply, both again, start, snapshot",
            Amount::Time(theirs),
        )),
        target: "≤ 0.4, ≤ 6 s",
    };
    let folder = tempfile::tempdir()?;
    let large = large(root, folder.path())?;
    let times = |measure: &dyn Fn() -> Result<Duration>| -> Result<Duration> {
        (0..runs).map(|_| measure()).collect::<Result<Vec<_>>>().map(median)
    };
    Ok(vec![
        dry_run,
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

/// One command of this program in that tree, from outside.
pub(super) fn this_program(tree: &Path, arguments: &[&str]) -> Result<Duration> {
    let manifest = ("CARGO_MANIFEST_DIR".to_owned(), tree.join("xtask").display().to_string());
    let began = Instant::now();
    let what = format!("run `cargo xtask {}`", arguments.join(" "));
    process::run(&what, &std::env::current_exe()?, arguments, Env::Inherited(vec![manifest]), |_| {})?;
    Ok(began.elapsed())
}

/// As a person types it; cargo looks whether anything is to be built.
fn by_cargo(root: &Path) -> Result<Duration> {
    let manifest = root.join("Cargo.toml").display().to_string();
    let arguments = ["run", "--quiet", "--manifest-path", &manifest, "--package", "xtask", "--", "--version"];
    let began = Instant::now();
    process::run("run `cargo xtask`", Path::new("cargo"), &arguments, Env::Inherited(Vec::new()), |_| {})?;
    Ok(began.elapsed())
}
