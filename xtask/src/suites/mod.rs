//! The suites of `cargo xtask test`: what they are, as plain data, and how each kind is run. All tests are built once, as one graph, and
//! then run as programs: a filter more costs no other build.

mod binaries;
mod coverage;
mod libtest;
mod report;

pub(crate) use binaries::Binaries;
pub(crate) use coverage::Coverage;
pub(crate) use libtest::Tally;
pub(crate) use report::{Done, Went, conclude};

use crate::process::{self, Env};
use contract::{Failure, Outcome, Variables};
use std::path::{Path, PathBuf};
use testbed::Progress;

/// What a suite asks of the machine; what `--only` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Group {
    /// Formatting, lints, static rules, unit tests.
    Fast,
    /// Against real services.
    Services,
    /// Image, compose file and workflow, with Docker: minutes.
    Containers,
    /// Fetching those services from nothing, and failing to: minutes.
    Network,
}

/// One suite.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    /// Programs that are not fetched by us, each with the package that has it.
    pub(crate) needs: &'static [(&'static str, &'static str)],
    pub(crate) what: What,
}

/// What a suite does.
pub(crate) enum What {
    /// A rule of this program's own.
    Own(fn(&Path) -> Outcome<()>),
    /// `cargo fmt …`: what it prints is what is wrong.
    Format(&'static [&'static str]),
    /// `cargo clippy …`
    Compile(&'static [&'static str]),
    /// Tests that were built before.
    Tests(Tests),
    /// The same on a server of each other major version of Postgres (`TEST_DB_HOST`).
    OnOtherServers(Tests),
}

/// Which tests, and how many of them at once.
#[derive(Clone, Copy)]
pub(crate) struct Tests {
    pub(crate) of: Of,
    /// Further words for the test programs.
    pub(crate) words: &'static [&'static str],
}

/// Of which programs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The tests beside the code.
    Units,
    /// Those below `tests/`; of one package, if it is named.
    Integration(Option<&'static str>),
}

/// In the order in which they run: what is cheap comes first.
pub(crate) const SUITES: [Suite; 9] = [
    Suite { name: "static rules", group: Group::Fast, needs: &[], what: What::Own(static_rules) },
    Suite {
        name: "formatting",
        group: Group::Fast,
        needs: &[],
        what: What::Format(&["fmt", "--all", "--check"]),
    },
    Suite {
        name: "lints",
        group: Group::Fast,
        needs: &[],
        what: What::Compile(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Suite {
        name: "unit tests",
        group: Group::Fast,
        needs: &[],
        what: What::Tests(Tests { of: Of::Units, words: &[] }),
    },
    Suite {
        name: "integration tests",
        group: Group::Services,
        needs: &[],
        what: What::Tests(Tests {
            of: Of::Integration(None),
            words: &["--skip", "browser::", "--skip", "containers::"],
        }),
    },
    Suite {
        name: "ledger on others",
        group: Group::Services,
        needs: &[],
        what: What::OnOtherServers(Tests { of: Of::Integration(Some("migrations")), words: &[] }),
    },
    Suite {
        name: "container tests",
        group: Group::Containers,
        needs: testbed::needs::DOCKER,
        what: What::Tests(Tests { of: Of::Integration(Some("xtask")), words: &["containers::"] }),
    },
    Suite {
        name: "browser tests",
        group: Group::Services,
        needs: testbed::needs::BROWSER,
        what: What::Tests(Tests { of: Of::Integration(Some("xtask")), words: &["browser::"] }),
    },
    Suite { name: "drills", group: Group::Services, needs: &[], what: What::Own(drills) },
];

/// They fetch everything from scratch into folders of their own, so they are marked, and run beside the others: they mostly wait for the network.
pub(crate) const PROVISIONING: Suite = Suite {
    name: "provisioning tests",
    group: Group::Network,
    needs: &[],
    what: What::Tests(Tests {
        of: Of::Integration(Some("testbed")),
        words: &["--ignored", "--test-threads=1"],
    }),
};

/// What suites are run with.
pub(crate) struct Means<'a> {
    pub(crate) binaries: &'a Outcome<Binaries>,
    /// Variables for the tests.
    pub(crate) env: Variables,
    pub(crate) progress: &'a Progress,
}

impl Suite {
    /// Performs it.
    ///
    /// # Errors
    /// What did not pass.
    pub(crate) fn run(&self, root: &Path, means: &Means<'_>, tally: &mut Tally) -> Outcome<()> {
        match &self.what {
            What::Own(perform) => perform(root),
            What::Format(words) => format(root, words),
            What::Compile(words) => {
                crate::cargo::run(root, &format!("run the {}", self.name), self.name, words, Variables::new())
                    .map(drop)
            }
            What::Tests(tests) => libtest::run(self.name, *tests, means, tally),
            What::OnOtherServers(tests) => on_other_servers(self.name, *tests, means, tally),
        }
    }
}

/// All of them, whatever came of one. Our own Postgres has its major version tried already, with TimescaleDB.
fn on_other_servers(suite: &str, tests: Tests, means: &Means<'_>, tally: &mut Tally) -> Outcome<()> {
    let others = testbed::MAJORS.into_iter().filter(|major| *major != testbed::pins::PINS.postgres_major);
    let mut outcome = Ok(());
    for major in others {
        let server = match testbed::Server::of_major(major) {
            Ok(server) => server,
            Err(absent) => {
                outcome = outcome.and(Err(Failure::new(absent.to_string())));
                continue;
            }
        };
        let host = means.env.clone().with("TEST_DB_HOST", server.socket_dir().display());
        let env = host.with("TEST_DB_PORT", server.port());
        let means = Means { env, ..*means };
        let passed = libtest::run(&format!("{suite}: Postgres {major}"), tests, &means, tally);
        outcome = outcome.and(passed);
    }
    outcome
}

fn static_rules(root: &Path) -> Outcome<()> {
    crate::cmd::check::require_clean(root).map_err(|error| crate::as_failure(&error))
}

fn format(root: &Path, words: &[&str]) -> Outcome<()> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let ended = process::start_in(root, &cargo, words, Env::Inherited(Variables::new()), |_| {})?.wait()?;
    if ended.status.success() {
        return Ok(());
    }
    Err(ended.failure_with("compare the formatting", usize::MAX).hint("cargo fmt --all"))
}

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
