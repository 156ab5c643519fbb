//! A Directus to click in: started, migrated and seeded by one command.

use crate::console::{self, GREEN, paint};
use crate::dev::{self, Choice, Options, Up};
use crate::directus::Directus;
use crate::seed;
use anyhow::Result;
use contract::{Exit, Failure};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Start a local Directus to click in, migrated and seeded.
///
/// It runs in the background, on this machine's loopback address, with a database and uploads that stay until `down --volumes`: one for
/// each checkout, outside of it. The runner that ships starts it, so what it does is what production does. If it runs already, that is
/// said; with a schema or migrations that changed since, it is started anew with them. What was clicked and is in no file yet stays and is
/// named; files that would undo it are refused with exit code 4, before anything is stopped.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask up
  cargo xtask up --port 8056
  cargo xtask up --foreground            with its log, until Ctrl-C
  cargo xtask up --json | jq -r .url

Afterwards:
  cargo xtask snapshot                   write what you clicked into snapshots/schema.yaml
  cargo xtask seed                       the seed files again; a start does it too
  cargo xtask down                       stop it; --volumes removes its data too

Environment:
  RUNNER_ON_DRIFT, RUNNER_ALLOW_DESTRUCTIVE, RUNNER_ROLLBACK
                    as at any boot (docs/operations.md), on the local engine; RUNNER_ON_DRIFT=repair lets the files win over what was clicked
  XTASK_STATE_DIR   where its data goes; default $XDG_STATE_HOME/trm-directus, else ~/.local/state/trm-directus")]
pub(crate) struct Args {
    /// Where database and Directus come from.
    #[arg(long, value_enum, default_value_t)]
    engine: Choice,
    /// Where Directus listens on this machine; as before, else 8055.
    #[arg(long)]
    port: Option<u16>,
    /// Do not put the seed files into it.
    #[arg(long)]
    no_seed: bool,
    /// Stay, show its log, and stop it on Ctrl-C.
    #[arg(long)]
    foreground: bool,
    /// Use this runner instead of building one.
    #[arg(long, value_name = "FILE")]
    runner: Option<PathBuf>,
    /// The result as JSON.
    #[arg(long, conflicts_with = "foreground")]
    json: bool,
}

/// Starts, seeds, and says where it is.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    // Before anything takes time.
    let seed = match args.no_seed {
        true => None,
        false => Some(seed::load(root, &seed::files_of(root)?)?),
    };
    let up = dev::up(root, &Options { engine: args.engine, port: args.port, runner: args.runner })?;
    let tally = match &seed {
        None => None,
        // Whoever works in it has changed things on purpose.
        Some(_) if up.was_running => {
            console::say("    it ran already, so nothing is seeded again: cargo xtask seed does");
            None
        }
        Some(seed) => {
            console::heading("seed");
            let mut directus = Directus::connect(&up.address, up.login.credentials())?;
            Some(seed::run(&mut directus, seed)?)
        }
    };
    let state = if up.was_running { "runs already" } else { "runs" };
    console::say(&paint(GREEN, &format!("Directus {state}")));
    if !up.unsaved.is_empty() {
        console::say("in the database, and not yet in git:");
        up.unsaved.iter().for_each(|line| console::say(&format!("  {line}")));
        console::say("  cargo xtask snapshot keeps it");
    }
    if args.json {
        let database: serde_json::Map<String, serde_json::Value> =
            up.database.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let seeded = tally.map(seed::Tally::to_json);
        let (email, password) = (&up.login.email, up.login.password.expose());
        console::result(&format!(
            "{:#}",
            json!({
                "url": up.address.to_string(), "email": email, "password": password, "engine": up.engine,
                "was_running": up.was_running, "database": database, "log": up.instance.log_place(), "seeded": seeded,
                "unsaved": up.unsaved,
            })
        ));
    } else {
        tell(&up);
    }
    if args.foreground {
        return stay(up);
    }
    up.leave();
    Ok(Exit::Done)
}

fn tell(up: &Up) {
    for (what, text) in [
        ("open", up.address.to_string()),
        ("login", format!("{}  {}", up.login.email, up.login.password.expose())),
        ("database", up.psql()),
        ("log", up.instance.log_place()),
    ] {
        console::result(&format!("  {what:<9} {text}"));
    }
    console::say("next: cargo xtask snapshot (after a change), cargo xtask down");
}

/// Shows its log until somebody ends it, or it ends. One that was started by this command ends with it.
fn stay(up: Up) -> Result<Exit> {
    console::say(match up.was_running {
        true => "Ctrl-C ends this view; Directus runs on",
        false => "Ctrl-C stops it",
    });
    let mut log = up.instance.follow();
    while up.instance.is_alive() {
        log.lines().iter().for_each(|line| console::say(line));
        std::thread::sleep(Duration::from_millis(200));
    }
    crate::ending::wait_if_begun();
    log.lines().iter().for_each(|line| console::say(line));
    if up.was_running {
        return Ok(Exit::Done);
    }
    Err(Failure::new("keep Directus running: it ended").into())
}
