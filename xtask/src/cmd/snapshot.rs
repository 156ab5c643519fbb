//! The live schema, written to `snapshots/schema.yaml` in canonical order; or only compared with it.

use crate::{console, engine};
use anyhow::Context;
use contract::{Exit, Failure};
use snapshot::{Snapshot, canonical, change};
use std::path::Path;

/// Write the live schema to snapshots/schema.yaml.
///
/// Reads the database that DB_HOST… name, through the pinned Directus, and writes what `directus schema snapshot` would, in an order that
/// does not depend on who made which field first. The file is replaced in one step, and only when something differs.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  DB_HOST=localhost DB_DATABASE=rally DB_USER=directus DB_PASSWORD_FILE=pw cargo xtask snapshot
  cargo xtask snapshot --check     only compare; exit code 3 when the file is not what the database has")]
pub(crate) struct Args {
    /// Only compare, write nothing.
    #[arg(long)]
    check: bool,
}

/// Reads, compares, writes.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    let environment = engine::environment()?;
    let live = canonical(&live(root, environment)?);
    let path = root.join(contract::artefacts::SNAPSHOT);
    let before = std::fs::read_to_string(&path).ok();
    let text = live.to_yaml();
    if before.as_deref() == Some(text.as_str()) {
        console::say("snapshots/schema.yaml is what the database has");
        return Ok(Exit::Done);
    }
    let differences = match before.as_deref().map(Snapshot::parse) {
        Some(Ok(before)) => change::between(&before, &live).iter().map(change::Change::line).collect(),
        Some(Err(error)) => vec![format!("the file cannot be read: {error}")],
        None => vec!["there is no file yet".to_owned()],
    };
    for difference in &differences {
        console::result(difference);
    }
    if differences.is_empty() {
        console::say("the same schema in another order or spelling");
    }
    if args.check {
        let failure = Failure::new("compare snapshots/schema.yaml with the database: they differ")
            .exit(Exit::Differences);
        return Err(failure.hint("cargo xtask snapshot").into());
    }
    replace(&path, &text).with_context(|| format!("write `{}`", path.display()))?;
    console::say("wrote snapshots/schema.yaml");
    Ok(Exit::Done)
}

/// The schema that the database of `environment` has, as the pinned Directus sees it.
fn live(root: &Path, environment: contract::env::Environment) -> anyhow::Result<Snapshot> {
    let settings = engine::boot_settings(root, environment)?;
    engine::snapshot_of(&mut engine::bridge(&settings)?)
}

/// Writes aside, then renames: whoever reads the file sees the old one or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let aside = path.with_extension("yaml.new");
    std::fs::write(&aside, text)?;
    std::fs::rename(&aside, path)
}
