//! The process that `up` leaves in the background. Not for people, so it is in no list of commands.

use crate::dev::supervisor::{Orders, supervise};
use contract::Exit;
use std::path::{Path, PathBuf};

/// Hold Postgres and the runner of this checkout's Directus; `cargo xtask up` starts this.
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    /// The runner.
    #[arg(long)]
    runner: PathBuf,
    /// Where Directus listens.
    #[arg(long)]
    port: u16,
    /// What tells this run from another.
    #[arg(long)]
    release: String,
}

/// Stays until it is told to end.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    supervise(root, &Orders { runner: &args.runner, port: args.port, release: &args.release })
}
