//! Reference data: what the seed files say is put into a Directus, as often as one likes.

use crate::console;
use crate::dev;
use crate::directus::Directus;
use crate::engine;
use crate::seed::{self, Action, Item, Plan, Seed, Step, Tally};
use anyhow::Result;
use contract::Exit;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Put reference data into a Directus: the files of seeds/, or those named.
///
/// Every item is found by its natural key, made if it is not there, changed where the file says otherwise, and never deleted. Everything
/// goes through Directus' API, so that its validation, hooks and revisions apply. Mistakes in the files are found before anything is
/// sent, each with its line. A run that was cut off is finished by the next one.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask seed                                 into the Directus that `up` runs
  cargo xtask seed --plan                          only say what would be done
  cargo xtask seed seeds/rally-albania-2026.yaml
  DIRECTUS_URL=https://directus.example.com DIRECTUS_TOKEN_FILE=token cargo xtask seed

Where to:
  DIRECTUS_URL, with DIRECTUS_TOKEN or DIRECTUS_EMAIL and DIRECTUS_PASSWORD (each also as NAME_FILE); else what `up` runs

Exit codes:
  0 done, or nothing to do   1 Directus refused an item   2 no Directus, or wrong credentials   3 mistakes in the files
  5 Directus does not answer")]
pub(crate) struct Args {
    /// The files whose items are sent; all of seeds/ when there is none. What they point to may be in any file of seeds/.
    files: Vec<PathBuf>,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    plan: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// Reads, plans, performs.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let seed = match args.files.as_slice() {
        [] => seed::load(root, &seed::files_of(root)?)?,
        files => seed::load_only(root, &absolute(files)?)?,
    };
    let (address, credentials) = dev::target(root, &engine::environment()?)?;
    let mut directus = Directus::connect(&address, credentials)?;
    console::say(&format!("{} items for {}", seed.sent().count(), directus.address()));
    let plan = seed::plan(&mut directus, &seed)?;
    let mut lines = |item: &Item, step: &Step| {
        if !args.json {
            seed::lines(item, step).iter().for_each(|line| console::result(line));
        }
    };
    match args.plan {
        true => seed.items.iter().zip(&plan.steps).for_each(|(item, step)| lines(item, step)),
        false => seed::perform(&mut directus, &seed, &plan, &mut lines)?,
    }
    let tally = Tally::of(&plan);
    if args.json {
        console::result(&format!("{:#}", to_json(&seed, &plan, tally)));
    }
    console::say(&match (tally.is_settled(), args.plan) {
        (true, _) => format!("nothing to do: all {} items are as the files say", tally.unchanged),
        (false, true) => format!("would be: {tally}"),
        (false, false) => tally.to_string(),
    });
    Ok(Exit::Done)
}

/// From where the command was typed: cargo runs us elsewhere only if told to.
fn absolute(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(files.iter().map(std::path::absolute).collect::<Result<_, _>>()?)
}

fn to_json(seed: &Seed, plan: &Plan, tally: Tally) -> Value {
    let steps = seed.items.iter().zip(&plan.steps).filter(|(item, _)| item.is_sent).map(|(item, step)| {
        let (action, changes) = match &step.action {
            Action::Create => ("create", Vec::new()),
            Action::Keep | Action::Find => ("keep", Vec::new()),
            Action::Update(changes) => (
                "update",
                changes.iter().map(|each| json!({ "field": each.field, "from": each.from, "to": each.to })).collect(),
            ),
        };
        json!({
            "action": action, "collection": item.collection, "key": item.name, "path": item.path, "line": item.line,
            "changes": changes,
        })
    });
    let mut json = tally.to_json();
    json["items"] = steps.collect();
    json
}
