//! The numbers to hold, as ratios measured side by side in one run.

use crate::bench::{Row, boot, commands, migrations, schema};
use crate::console;
use crate::engine::Ground;
use anyhow::Result;
use contract::Exit;
use serde_json::json;
use std::path::Path;

/// Measure: boots, migrations and static rules, each beside what it replaces.
///
/// Every row is the median of several runs; the two sides of a row run in turn, so that a busy machine slows both. Ratios are what counts.
/// The last figures are in docs/benchmarks.md.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask bench
  cargo xtask bench boot --runs 5
  cargo xtask bench --json")]
pub(crate) struct Args {
    /// Only one group.
    #[arg(value_enum)]
    group: Option<Group>,
    /// Runs per row.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=50))]
    runs: u32,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    /// Container start to healthy.
    Boot,
    /// 1,000 migrations.
    Migrations,
    /// A snapshot of 100 collections, a difference between two, and how an apply grows with the schema (minutes).
    Schema,
    /// A dry run, the static rules, and `cargo xtask` itself.
    Commands,
}

/// Measures and prints; nothing is judged, because a machine's mood is no regression.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let ground = Ground::prepare(root, None)?;
    let wanted = |group: Group| args.group.is_none_or(|only| only == group);
    let mut rows = Vec::new();
    if wanted(Group::Migrations) {
        rows.extend(migrations::measure(&ground, root, args.runs)?);
    }
    if wanted(Group::Schema) {
        rows.extend(schema::measure(&ground, root, args.runs)?);
    }
    if wanted(Group::Boot) {
        rows.extend(boot::measure(&ground, root, args.runs)?);
    }
    if wanted(Group::Commands) {
        rows.extend(commands::measure(&ground, root, args.runs)?);
    }
    if args.json {
        console::result(&json!(rows.iter().map(Row::to_json).collect::<Vec<_>>()).to_string());
    } else {
        rows.iter().for_each(|row| console::result(&row.to_string()));
    }
    Ok(Exit::Done)
}
