//! Every test this machine can run; what is left out is named, with the reason.

use crate::console::{self, GREEN, RED, paint};
use crate::process::{self, Env};
use contract::{Exit, Failure, Outcome};
use std::path::{Path, PathBuf};
use testbed::{Cache, Progress};

/// Run every test that this machine can run.
///
/// Formatting, lints, the static rules, then unit and integration tests against real Postgres, TimescaleDB and Directus, which are fetched
/// first if need be. What cannot run here is named with the reason; with --require that is a failure.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask test
  cargo xtask test --only fast     what needs no database: seconds
  cargo xtask test --require       leave nothing out: for CI")]
pub(crate) struct Args {
    /// Only one group.
    #[arg(long, value_enum)]
    only: Option<Group>,
    /// Fail when something cannot run here.
    #[arg(long)]
    require: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    /// Formatting, lints, static rules, unit tests.
    Fast,
    /// Against real services.
    Services,
    /// Fetching those services from nothing, and failing to: minutes.
    Network,
}

struct Suite {
    name: &'static str,
    group: Group,
    arguments: &'static [&'static str],
}

const SUITES: [Suite; 5] = [
    Suite { name: "formatting", group: Group::Fast, arguments: &["fmt", "--all", "--check"] },
    Suite {
        name: "lints",
        group: Group::Fast,
        arguments: &["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
    },
    Suite {
        name: "unit tests",
        group: Group::Fast,
        arguments: &["test", "--quiet", "--locked", "--workspace", "--lib", "--bins"],
    },
    Suite {
        name: "integration tests",
        group: Group::Services,
        // One at a time within a binary: two cores, and each test may run a Directus of its own.
        arguments: &[
            "test",
            "--locked",
            "--workspace",
            "--test",
            "it",
            "--no-fail-fast",
            "--",
            "--nocapture",
            "--test-threads=2",
        ],
    },
    Suite {
        name: "provisioning tests",
        group: Group::Network,
        // They fetch everything anew into folders of their own, so they are marked and run by themselves.
        arguments: &[
            "test",
            "--locked",
            "--package",
            "testbed",
            "--test",
            "it",
            "--",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ],
    },
];

/// Runs the suites in order; all of them, so that one failure does not hide another.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    let wanted = |group: Group| args.only.is_none_or(|only| only == group);
    let mut results: Vec<(&str, Outcome<()>)> = Vec::new();
    if wanted(Group::Fast) {
        console::heading("static rules");
        results.push((
            "static rules",
            crate::cmd::check::require_clean(root).map_err(|error| crate::as_failure(&error)),
        ));
    }
    let services = if wanted(Group::Services) || wanted(Group::Network) {
        services(root, args.require)
    } else {
        Ok(Vec::new())
    };
    for suite in SUITES.iter().filter(|suite| wanted(suite.group)) {
        console::heading(suite.name);
        let env = match (&services, suite.group) {
            (_, Group::Fast) => Vec::new(),
            (Ok(env), _) => env.clone(),
            (Err(failure), _) => {
                results.push((suite.name, Err(failure.clone())));
                continue;
            }
        };
        results.push((suite.name, cargo(suite, root, env)));
    }
    Ok(conclude(&results))
}

/// Fetches the services once, so that no test has to, and says where they are.
fn services(root: &Path, require: bool) -> Outcome<Vec<(String, String)>> {
    console::heading("services");
    let (_, install) = testbed::provision_all(&Cache::open()?, root, &Progress::auto())?;
    let mut env = vec![("TEST_DIRECTUS".to_owned(), install.dir.display().to_string())];
    if require {
        env.push(("TEST_REQUIRE".to_owned(), "1".to_owned()));
    }
    Ok(env)
}

fn cargo(suite: &Suite, root: &Path, mut env: Vec<(String, String)>) -> Outcome<()> {
    let program = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    env.push(("CARGO_TERM_COLOR".to_owned(), "never".to_owned()));
    let mut arguments = suite.arguments.to_vec();
    let manifest = root.join("Cargo.toml").display().to_string();
    arguments.splice(1..1, ["--manifest-path", manifest.as_str()]);
    process::run(suite.name, &program, &arguments, Env::Inherited(env), console::say).map(drop)
}

fn conclude(results: &[(&str, Outcome<()>)]) -> Exit {
    console::say("");
    for (name, result) in results {
        match result {
            Ok(()) => console::say(&format!("  {name:<20} {}", paint(GREEN, "ok"))),
            Err(failure) => {
                console::say(&format!("  {name:<20} {}", paint(RED, "failed")));
                // What a suite printed has been on the screen already.
                let brief = Failure { excerpt: None, ..failure.clone() };
                console::error(brief.render().trim_end());
            }
        }
    }
    let failed = results.iter().filter(|(_, result)| result.is_err()).count();
    console::result(&format!("{} passed, {failed} failed", results.len() - failed));
    if failed == 0 { Exit::Done } else { Exit::Failed }
}
