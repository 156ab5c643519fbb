//! Every test this machine can run; what is left out is named, with the reason.

use crate::console::{self, GREEN, RED, paint};
use crate::docker::Docker;
use contract::{Exit, Failure, Outcome};
use std::path::Path;
use testbed::Cache;
use xshell::{Shell, cmd};

/// Run every test that this machine can run.
///
/// Formatting, lints, the static rules, then unit and integration tests against real Postgres, TimescaleDB and Directus, which are fetched
/// first if need be; the admin UI in a real browser, if there is one, whose pictures are kept in target/screenshots/; image, compose file and
/// workflow, if Docker answers. What cannot run here is named with the reason; with --require that is a failure.
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
    /// Image, compose file and workflow, with Docker: minutes.
    Containers,
    /// Fetching those services from nothing, and failing to: minutes.
    Network,
}

struct Suite {
    name: &'static str,
    group: Group,
    /// Programs that are not fetched by us, each with the package that has it.
    needs: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
}

const SUITES: [Suite; 7] = [
    Suite { name: "formatting", group: Group::Fast, needs: &[], arguments: &["fmt", "--all", "--check"] },
    Suite {
        name: "lints",
        group: Group::Fast,
        needs: &[],
        arguments: &["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
    },
    Suite {
        name: "unit tests",
        group: Group::Fast,
        needs: &[],
        arguments: &["test", "--quiet", "--locked", "--workspace", "--lib", "--bins"],
    },
    Suite {
        name: "integration tests",
        group: Group::Services,
        needs: &[],
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
            "--skip",
            "browser::",
            "--skip",
            "containers::",
        ],
    },
    Suite {
        name: "container tests",
        group: Group::Containers,
        needs: testbed::needs::DOCKER,
        arguments: &[
            "test",
            "--locked",
            "--package",
            "xtask",
            "--test",
            "it",
            "--no-fail-fast",
            "--",
            "--nocapture",
            "containers::",
        ],
    },
    Suite {
        name: "browser tests",
        group: Group::Services,
        needs: testbed::needs::BROWSER,
        arguments: &[
            "test",
            "--locked",
            "--package",
            "xtask",
            "--test",
            "it",
            "--",
            "--nocapture",
            "browser::",
        ],
    },
    Suite {
        name: "provisioning tests",
        group: Group::Network,
        needs: &[],
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
    let mut results: Vec<(&str, Went)> = Vec::new();
    if wanted(Group::Fast) {
        console::heading("static rules");
        let clean = crate::cmd::check::require_clean(root);
        results.push(("static rules", clean.map_err(|error| crate::as_failure(&error)).into()));
    }
    let services = if [Group::Services, Group::Containers, Group::Network].into_iter().any(wanted) {
        services(root, args.require)
    } else {
        Ok(Vec::new())
    };
    for suite in SUITES.iter().filter(|suite| wanted(suite.group)) {
        console::heading(suite.name);
        let env = match (&services, suite.group) {
            (_, Group::Fast) => Ok(Vec::new()),
            (services, _) => services.clone(),
        };
        results.push(match env.and_then(|env| require_programs(suite).map(|()| env)) {
            Ok(env) => (suite.name, cargo(suite, root, env).into()),
            Err(failure) if args.require => (suite.name, Went::Failed(failure)),
            Err(failure) => (suite.name, Went::LeftOut(failure)),
        });
    }
    if wanted(Group::Services) {
        console::heading(DRILLS);
        results.push((
            DRILLS,
            if services.is_ok() { drills(root).into() } else { Went::Failed(Failure::new("no services")) },
        ));
    }
    Ok(conclude(&results))
}

const DRILLS: &str = "drills";

/// A sample of them; `cargo xtask drill` does all.
fn drills(root: &Path) -> Outcome<()> {
    match crate::cmd::drill::sampled(root) {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(Failure::new("run the drills: a disturbed boot did not end as it must")
                .hint("cargo xtask drill"))
        }
        Err(error) => Err(crate::as_failure(&error)),
    }
}

/// Fetches the services once, so that no test has to, and says where they are.
fn services(root: &Path, require: bool) -> Outcome<Vec<(String, String)>> {
    console::heading("services");
    let (_, install) = testbed::provision_all(&Cache::open()?, root, &crate::console::progress())?;
    let mut env = vec![("TEST_DIRECTUS".to_owned(), install.dir.display().to_string())];
    if require {
        env.push(("TEST_REQUIRE".to_owned(), "1".to_owned()));
    }
    Ok(env)
}

/// What a suite needs and we do not fetch.
fn require_programs(suite: &Suite) -> Outcome<()> {
    let missing: Vec<_> =
        suite.needs.iter().filter(|(program, _)| testbed::find_program(program).is_none()).collect();
    if missing.is_empty() {
        // A client alone is no engine.
        return if suite.group == Group::Containers { Docker::find().map(drop) } else { Ok(()) };
    }
    let programs: Vec<String> = missing.iter().map(|(program, _)| format!("`{program}`")).collect();
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    Err(Failure::new(format!("run the {}", suite.name))
        .cause(format!("{} not installed", programs.join(", ")))
        .hint(format!("sudo apt-get install {}", packages.join(" "))))
}

/// A line that you could type; its output goes where ours goes.
fn cargo(suite: &Suite, root: &Path, env: Vec<(String, String)>) -> Outcome<()> {
    let failed = |error: xshell::Error| Failure::new(format!("run the {}", suite.name)).cause(error);
    let shell = Shell::new().map_err(failed)?;
    shell.change_dir(root);
    let arguments = suite.arguments;
    cmd!(shell, "cargo {arguments...}").envs(env).run().map_err(failed)
}

/// How a suite went.
enum Went {
    Passed,
    /// What it needs is not here; the failure says why.
    LeftOut(Failure),
    Failed(Failure),
}

impl From<Outcome<()>> for Went {
    fn from(outcome: Outcome<()>) -> Self {
        outcome.map_or_else(Went::Failed, |()| Went::Passed)
    }
}

fn conclude(results: &[(&str, Went)]) -> Exit {
    let (mut passed, mut left_out, mut failed) = (0, 0, 0);
    console::say("");
    for (name, went) in results {
        let (count, word, why) = match went {
            Went::Passed => (&mut passed, paint(GREEN, "ok"), None),
            Went::LeftOut(why) => (&mut left_out, "left out".to_owned(), Some(why)),
            Went::Failed(why) => (&mut failed, paint(RED, "failed"), Some(why)),
        };
        *count += 1;
        console::say(&format!("  {name:<20} {word}"));
        if let Some(why) = why {
            console::error(why.render().trim_end());
        }
    }
    console::result(&format!("{passed} passed, {failed} failed, {left_out} skipped"));
    if failed == 0 { Exit::Done } else { Exit::Failed }
}
