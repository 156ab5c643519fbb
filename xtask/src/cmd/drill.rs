//! Drills: boots that are killed, cut off from their database, or crowded, many times.

use crate::console::{self, GREEN, RED, paint_result};
use crate::drill::disturb::{self, How};
use crate::drill::{Outcome, replicas};
use crate::engine::Ground;
use anyhow::Result;
use contract::Exit;
use serde_json::json;
use std::path::Path;

/// Disturb real boots on purpose, many times: each must end where an undisturbed boot ends.
///
/// `kill`: kill -9 of the working runner at every step. `restart`: Postgres stopped and restarted at every step. `replicas`: many runners
/// at once, on an empty database and again on a new release. Numbers of trials and outcomes are printed.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask drill
  cargo xtask drill replicas --rounds 20
  cargo xtask drill kill --json")]
pub(crate) struct Args {
    /// Only one drill.
    #[arg(value_enum)]
    only: Option<Drill>,
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

impl Args {
    /// Every drill once.
    pub(crate) fn once() -> Self {
        Args { only: None, rounds: 1, replicas: 8, json: false }
    }
}

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
    let ground = Ground::prepare(root, None)?;
    let wanted = |drill: Drill| args.only.is_none_or(|only| only == drill);
    let mut outcomes = Vec::new();
    for (drill, how) in [(Drill::Kill, How::Kill), (Drill::Restart, How::Restart)] {
        if wanted(drill) {
            console::heading(if drill == Drill::Kill { "kill" } else { "restart" });
            outcomes.push(disturb::drill(how, &ground, root, args.rounds)?);
        }
    }
    if wanted(Drill::Replicas) {
        console::heading("replicas");
        outcomes.push(replicas::drill(&ground, root, args.rounds, args.replicas)?);
    }
    tell(&outcomes, args.json);
    let failed = outcomes.iter().any(|outcome| !outcome.failures.is_empty());
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn tell(outcomes: &[Outcome], as_json: bool) {
    for outcome in outcomes {
        outcome.failures.iter().for_each(|failure| console::error(failure));
        if !as_json {
            let colour = if outcome.failures.is_empty() { GREEN } else { RED };
            console::result(&paint_result(colour, &outcome.line()));
        }
    }
    if as_json {
        let all: Vec<_> = outcomes
            .iter()
            .map(|outcome| {
                json!({ "drill": outcome.name, "trials": outcome.trials, "seen": outcome.seen, "failures": outcome.failures })
            })
            .collect();
        console::result(&json!(all).to_string());
    }
}
