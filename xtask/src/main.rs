//! `cargo xtask`: the one tool to learn. The command enum, and one match.

mod bench;
mod cargo;
mod check;
mod cmd;
mod console;
mod database;
mod dev;
mod directus;
mod docker;
mod drill;
mod ending;
mod engine;
mod erd;
mod files;
mod git;
mod image;
mod parallel;
mod pipeline;
mod process;
mod project;
mod rehearsal;
mod seed;
mod steps;
mod suites;
mod template;

use ::client as http;
use clap::{Parser, Subcommand};
use console::Volume;
use contract::{Exit, Failure};
use std::path::Path;
use std::process::ExitCode;

/// Schema as code for Directus 11 on Postgres and TimescaleDB.
///
/// What is in git is what is in the database: numbered SQL migrations before (`db-init/`) and after (`db-init-post/`) the Directus
/// schema (`snapshots/schema.yaml`). `dry-run` proves the whole way on a throwaway database before anything ships.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 110, after_long_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Show every line that other programs say, as they say it.
    #[arg(long, short, global = true)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask dry-run                    prove the whole boot, from nothing to a healthy Directus, twice
  cargo xtask up                         a Directus to click in, migrated and seeded
  cargo xtask check                      the static rules: milliseconds, offline
  cargo xtask new post vehicle_once --table entries --columns event,vehicle    the next migration
  cargo xtask db-init plan --phase pre   which migrations would run against DB_HOST…, and why
  cargo xtask snapshot                   write the live schema to snapshots/schema.yaml, and say what changed
  cargo xtask diff main..HEAD            what changed between two revisions, in words
  cargo xtask apply --plan               what applying snapshots/schema.yaml to the live database would do
  cargo xtask test                       every test this machine can run, naming what it skipped

Exit codes:
  0 done   1 a step failed   2 usage or configuration   3 differences or findings   4 refused: it would destroy data
  5 database (or Directus) not reachable in time   6 lock not obtained in time   128+n ended by signal n

The database is named by Directus' own variables: DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD, DB_SSL__…, or
DB_CONNECTION_STRING; each also as NAME_FILE.

For developers of this tool: `cargo xtask drill` disturbs real boots on purpose, `cargo xtask bench` measures.";

#[derive(Subcommand)]
enum Command {
    Check(cmd::check::Args),
    New(cmd::new::Args),
    DbInit(cmd::db_init::Args),
    Snapshot(cmd::snapshot::Args),
    Apply(cmd::apply::Args),
    Diff(cmd::diff::Args),
    Erd(cmd::erd::Args),
    DryRun(cmd::dry_run::Args),
    Image(cmd::image::Args),
    Ci(cmd::ci::Args),
    Up(cmd::up::Args),
    Down(cmd::down::Args),
    Seed(cmd::seed::Args),
    Test(cmd::test::Args),
    Doctor(cmd::doctor::Args),
    Setup(cmd::setup::Args),
    #[command(hide = true)]
    Drill(cmd::drill::Args),
    #[command(hide = true)]
    Bench(cmd::bench::Args),
    Completions(cmd::completions::Args),
    Supervise(cmd::supervise::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    console::set_volume(match (cli.quiet, cli.verbose) {
        (true, _) => Volume::Quiet,
        (_, true) => Volume::Verbose,
        _ => Volume::Normal,
    });
    // The supervisor ends gently what others only throw away.
    if !matches!(cli.command, Command::Supervise(_)) {
        ending::listen();
    }
    let root = project::root();
    match run(cli.command, &root) {
        Ok(exit) => exit.into(),
        Err(error) => fail(&error).into(),
    }
}

fn run(command: Command, root: &Path) -> anyhow::Result<Exit> {
    match command {
        Command::Check(args) => cmd::check::run(args, root),
        Command::New(args) => cmd::new::run(args, root),
        Command::DbInit(args) => cmd::db_init::run(args, root),
        Command::Snapshot(args) => cmd::snapshot::run(args, root),
        Command::Apply(args) => cmd::apply::run(args, root),
        Command::Diff(args) => cmd::diff::run(args, root),
        Command::Erd(args) => cmd::erd::run(args, root),
        Command::DryRun(args) => cmd::dry_run::run(args, root),
        Command::Image(args) => cmd::image::run(args, root),
        Command::Ci(args) => cmd::ci::run(args, root),
        Command::Up(args) => cmd::up::run(args, root),
        Command::Down(args) => cmd::down::run(args, root),
        Command::Seed(args) => cmd::seed::run(args, root),
        Command::Supervise(args) => cmd::supervise::run(args, root),
        Command::Test(args) => cmd::test::run(args, root),
        Command::Drill(args) => cmd::drill::run(args, root),
        Command::Bench(args) => cmd::bench::run(args, root),
        Command::Doctor(args) => cmd::doctor::run(args, root),
        Command::Setup(args) => cmd::setup::run(args, root),
        Command::Completions(args) => cmd::completions::run(args),
    }
}

/// Prints an error in the one form that all failures have, and says how to end.
fn fail(error: &anyhow::Error) -> Exit {
    ending::wait_if_begun();
    let failure = as_failure(error);
    console::error(failure.render().trim_end());
    if failure.exit.code() == 0 { Exit::Failed } else { failure.exit }
}

/// The failure inside, with the contexts around it on top.
fn as_failure(error: &anyhow::Error) -> Failure {
    let contexts: Vec<String> =
        error.chain().take_while(|each| !each.is::<Failure>()).map(ToString::to_string).collect();
    match error.chain().find_map(|each| each.downcast_ref::<Failure>()) {
        Some(failure) => contexts.into_iter().rev().fold(failure.clone(), Failure::within),
        None => {
            let mut contexts = contexts.into_iter();
            let what = Failure::new(contexts.next().unwrap_or_default());
            contexts.fold(what, Failure::cause)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_context_around_a_failure_keeps_its_exit_code() {
        let failure = Failure::new("connect").exit(Exit::Unreachable).hint("start it");
        let error = Err::<(), _>(failure).context("prepare").unwrap_err();
        let failure = as_failure(&error);
        assert_eq!((failure.exit, failure.what.as_str()), (Exit::Unreachable, "prepare"));
        assert_eq!(failure.causes, ["connect"]);
        assert_eq!(failure.hint.as_deref(), Some("start it"));
    }
}
