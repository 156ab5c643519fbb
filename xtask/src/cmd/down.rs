//! The end of what `up` started.

use crate::console;
use crate::dev::{self, Down};
use contract::Exit;
use std::path::Path;
use testbed::disk;

/// Stop the local Directus that `up` started.
///
/// Directus ends first, by its own shutdown, then Postgres. The data stays for the next `up`, unless --volumes says otherwise.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask down
  cargo xtask down --volumes    its database, uploads and login too: the next `up` begins with nothing")]
pub(crate) struct Args {
    /// Remove database, uploads and login as well.
    #[arg(long)]
    volumes: bool,
}

/// Stops, and removes if it is told to; both are fine when there is nothing.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    if args.volumes {
        dev::remove(root, announce)?;
        return Ok(Exit::Done);
    }
    let down = dev::down(root)?;
    say_whether_it_ran(&down);
    if let Some(folder) = &down.folder {
        console::say(&format!(
            "its data stays in {}; cargo xtask down --volumes removes it",
            folder.display()
        ));
    }
    Ok(Exit::Done)
}

fn announce(down: &Down) {
    say_whether_it_ran(down);
    let Some(folder) = &down.folder else {
        console::say("there is no data of it");
        return;
    };
    console::say(&format!("removing {}:", folder.display()));
    for (name, what) in [("data", "database"), ("uploads", "uploads")] {
        let bytes = disk::used_bytes(&folder.join(name));
        console::say(&format!("  {what:<9} {}", disk::human(bytes)));
    }
    if let Some(project) = &down.project {
        console::say(&format!("  volumes   of the compose project {project}"));
    }
    console::say("  login and logs");
}

fn say_whether_it_ran(down: &Down) {
    console::result(if down.was_running {
        "Directus and Postgres are stopped"
    } else {
        "nothing was running"
    });
}
