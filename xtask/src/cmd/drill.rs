//! Drills: boots that are killed, cut off from their database, or crowded, many times.

use crate::console::{self, GREEN, RED, paint_result};
use crate::drill::disturb::{self, How};
use crate::drill::{Extent, Outcome, replicas};
use crate::engine::Ground;
use anyhow::Result;
use contract::Exit;
use serde_json::json;
use std::path::Path;

/// Disturb real boots on purpose, many times: each must end where an undisturbed boot ends.
///
/// `kill`: kill -9 of the working runner at every step. `restart`: Postgres stopped and restarted at every step. `replicas`: many runners
/// at once, on an empty database and again on a new release. Numbers of trials, outcomes and times are printed. `cargo xtask test` takes a
/// sample: every step once.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask drill
  cargo xtask drill --sample
  cargo xtask drill replicas --rounds 20
  cargo xtask drill kill --json")]
pub(crate) struct Args {
    /// Only one drill.
    #[arg(value_enum)]
    only: Option<Drill>,
    /// Every step once instead of at every moment of it, and a few replicas: what `cargo xtask test` does.
    #[arg(long, conflicts_with_all = ["rounds", "replicas"])]
    sample: bool,
    /// How often each is repeated.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// How many runners at once.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=64))]
    replicas: u32,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// How many runners at once in a sample.
const FEW_REPLICAS: u32 = 4;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Drill {
    /// kill -9 at every step.
    Kill,
    /// Postgres restarted at every step.
    Restart,
    /// Many runners at once.
    Replicas,
}

/// All drills, or one; all of their failures are listed.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let outcomes = match args.sample {
        true => sample(args.only, root)?,
        false => outcomes(args.only, Extent::All { rounds: args.rounds }, args.replicas, root)?,
    };
    tell(&outcomes, args.json);
    Ok(if outcomes.iter().all(Outcome::passed) { Exit::Done } else { Exit::Failed })
}

/// A sample of every drill, for `cargo xtask test`: whether all ended as they must.
///
/// # Errors
/// When an undisturbed boot fails.
pub(crate) fn sampled(root: &Path) -> Result<bool> {
    let outcomes = sample(None, root)?;
    for outcome in &outcomes {
        outcome.failures.iter().for_each(|failure| console::error(failure));
        console::say(&format!("  {}", outcome.line()));
    }
    Ok(outcomes.iter().all(Outcome::passed))
}

fn sample(only: Option<Drill>, root: &Path) -> Result<Vec<Outcome>> {
    outcomes(only, Extent::Sample, FEW_REPLICAS, root)
}

fn outcomes(only: Option<Drill>, extent: Extent, replicas: u32, root: &Path) -> Result<Vec<Outcome>> {
    let ground = Ground::prepare(root, None)?;
    let wanted = |drill: Drill| only.is_none_or(|only| only == drill);
    let hows = [(Drill::Kill, How::Kill), (Drill::Restart, How::Restart)];
    let hows: Vec<How> = hows.into_iter().filter(|(drill, _)| wanted(*drill)).map(|(_, how)| how).collect();
    let mut outcomes = disturb::drill(&hows, &ground, root, extent)?;
    if wanted(Drill::Replicas) {
        let rounds = match extent {
            Extent::Sample => 1,
            Extent::All { rounds } => rounds,
        };
        outcomes.push(replicas::drill(&ground, root, rounds, replicas)?);
    }
    Ok(outcomes)
}

fn tell(outcomes: &[Outcome], as_json: bool) {
    for outcome in outcomes {
        outcome.failures.iter().for_each(|failure| console::error(failure));
        if !as_json {
            let colour = if outcome.passed() { GREEN } else { RED };
            console::result(&paint_result(colour, &outcome.line()));
        }
    }
    if as_json {
        let all: Vec<_> = outcomes
            .iter()
            .map(|outcome| {
                json!({ "drill": outcome.name, "trials": outcome.trials, "seen": outcome.seen, "failures": outcome.failures,
                    "elapsed_ms": u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX) })
            })
            .collect();
        console::result(&json!(all).to_string());
    }
}
