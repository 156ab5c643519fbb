//! The workflow's own steps, on this machine: what is green here is green there.

use crate::console::{self, GREEN, RED, paint};
use crate::pipeline::{STEPS, Step};
use crate::steps::Steps;
use anyhow::Result;
use contract::{Exit, Failure};
use std::path::Path;

/// Take the steps of the workflow, here.
///
/// The same list as .gitea/workflows/build.yml, which `cargo xtask check` holds against it; without the push, unless --push says so. It ends
/// at the first step that fails. Needs Docker.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask ci
  cargo xtask ci --list      the steps, as the lines that you could type
  cargo xtask ci --push      publish as well: REGISTRY_USER and REGISTRY_TOKEN must be set")]
pub(crate) struct Args {
    /// Only say which steps there are.
    #[arg(long)]
    list: bool,
    /// Take the last step too: publish.
    #[arg(long)]
    push: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// Each step by a process of its own, as the workflow does it.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    if args.list {
        STEPS.iter().for_each(|step| console::result(&step.line()));
        return Ok(Exit::Done);
    }
    let mut steps = Steps::new();
    let outcome = STEPS
        .iter()
        .filter(|step| args.push || !step.publishes)
        .try_for_each(|step| steps.step(step.name, || take(step, root)));
    match args.json {
        true => console::result(&steps.to_json(outcome.as_ref().err()).to_string()),
        false => console::say(&steps.table()),
    }
    match outcome {
        Ok(()) => {
            console::say(&paint(GREEN, "ci passed"));
            Ok(Exit::Done)
        }
        Err(error) => {
            let exit = crate::fail(&error);
            console::complain(&paint(
                RED,
                &format!("ci failed at {}", steps.failed().unwrap_or("an unnamed step")),
            ));
            Ok(exit)
        }
    }
}

/// Its conversation and its result go where ours goes, as one conversation.
fn take(step: &Step, root: &Path) -> Result<()> {
    let status = crate::process::own(step.words, root)?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => {
            let exit = u8::try_from(code).map_or(Exit::Failed, Exit::Child);
            Err(Failure::new(format!("{}: exit code {code}", step.line())).exit(exit).into())
        }
        None => Err(Failure::new(format!("{}: ended by a signal", step.line())).into()),
    }
}
