//! Every test this machine can run; what is skipped is named, with the reason. The suites themselves are in `suites`.

use crate::console;
use crate::docker::Docker;
use crate::suites::{
    Binaries, Coverage, Done, Group, Means, PROVISIONING, SUITES, Suite, Tally, Went, What, conclude,
};
use contract::{Exit, Failure, Outcome, Variables};
use std::path::Path;
use std::time::Instant;
use testbed::{Cache, Progress};

/// Run every test that this machine can run.
///
/// Formatting, lints, the static rules, then unit and integration tests against real Postgres, TimescaleDB and Directus, which are fetched
/// first if need be, and a sample of the drills; the admin UI in a real browser, if there is one, whose pictures are kept in
/// target/screenshots/; image, compose file and workflow, if Docker answers. The tests that fetch everything from scratch run beside them,
/// because they often wait for the network. The end has each suite's time and its slowest tests. What cannot run here is skipped, with
/// the reason; with --require that is a failure.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask test
  cargo xtask test --only fast     what needs no database: seconds
  cargo xtask test --require       skip nothing: for CI
  cargo xtask test --only fast,services --coverage     and which lines they reach
  cargo xtask test --json | jq '.suites[] | {suite, elapsed_ms}'")]
pub(crate) struct Args {
    /// Only these groups.
    #[arg(long, value_enum, value_name = "GROUP", value_delimiter = ',')]
    only: Vec<Group>,
    /// Fail when something cannot run here.
    #[arg(long)]
    require: bool,
    /// Count which lines the tests reach, crate by crate. Everything is built once more, in target/coverage.
    #[arg(long)]
    coverage: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// What all suites share.
struct Run<'a> {
    root: &'a Path,
    require: bool,
    coverage: Option<Coverage>,
    binaries: Outcome<Binaries>,
    services: Outcome<Variables>,
}

/// Runs the suites in order; all of them, so that one failure does not hide another.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let wanted = |suite: &&Suite| args.only.is_empty() || args.only.contains(&suite.group);
    let only_fast = args.only == [Group::Fast];
    let coverage = args.coverage.then(|| Coverage::begin(root)).transpose()?;
    let variables = coverage.as_ref().map(Coverage::build_variables).unwrap_or_default();
    let binaries = Binaries::build(root, only_fast, variables);
    let services = if only_fast { Ok(Variables::new()) } else { services(root, args.require) };
    let run = Run { root, require: args.require, coverage, binaries, services };
    let suites = std::thread::scope(|scope| {
        let beside = [&PROVISIONING].into_iter().find(wanted).map(|suite| {
            console::say(&format!("{}: beside the others", suite.name));
            scope.spawn(|| {
                leave_the_way();
                run.suite(suite, &Progress::silent())
            })
        });
        if SUITES.iter().filter(wanted).any(|suite| suite.group != Group::Fast) {
            // One core compiles it for most of a minute, and several tests would wait for it.
            scope.spawn(|| {
                leave_the_way();
                crate::engine::build_runner_ahead(root);
            });
        }
        let progress = console::progress();
        let mut suites: Vec<Done> =
            SUITES.iter().filter(wanted).map(|suite| run.suite(suite, &progress)).collect();
        if let Some(beside) = beside {
            let step = progress.step(format!("wait for the {}", PROVISIONING.name));
            while !beside.is_finished() {
                step.tick();
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            step.done();
            suites.push(beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        suites
    });
    let coverage = run.tell_coverage();
    let exit = conclude(&suites, began.elapsed(), args.json);
    coverage?;
    Ok(exit)
}

impl Run<'_> {
    fn suite(&self, suite: &Suite, progress: &Progress) -> Done {
        // Tests show their own progress.
        if !matches!(suite.what, What::Tests(_) | What::OnOtherServers(_)) {
            console::heading(suite.name);
        }
        let began = Instant::now();
        let mut tally = Tally::default();
        let went = match self.env(suite) {
            Ok(env) => {
                let means = Means { binaries: &self.binaries, env, progress };
                suite.run(self.root, &means, &mut tally).into()
            }
            // Services that could not be fetched are a failure, and no reason to skip what needs them.
            Err(failure) if self.require || self.services.is_err() => Went::Failed(failure),
            Err(failure) => Went::Skipped(failure),
        };
        crate::ending::wait_if_begun();
        Done { name: suite.name, went, elapsed: began.elapsed(), tally }
    }

    fn tell_coverage(&self) -> Outcome<()> {
        if let (Some(coverage), Ok(binaries)) = (&self.coverage, &self.binaries) {
            console::heading("lines that the tests reach");
            coverage.report(self.root, binaries)?.iter().for_each(|line| console::say(line));
        }
        Ok(())
    }

    /// The variables of a suite, if it can run here.
    fn env(&self, suite: &Suite) -> Outcome<Variables> {
        if suite.group == Group::Fast {
            return Ok(Variables::new());
        }
        require_programs(suite)?;
        self.services.clone()
    }
}

/// What this thread starts takes the gaps that others leave. An error costs some time.
fn leave_the_way() {
    let _ = rustix::process::setpriority_process(None, 10);
}

/// Fetches the services once, so that no test has to, and says where they are.
fn services(root: &Path, require: bool) -> Outcome<Variables> {
    let (cache, progress) = (Cache::open()?, console::progress());
    let (postgres, install) = testbed::provision_all(&cache, root, &progress)?;
    testbed::embedded(&cache, &postgres, &progress)?;
    let env = Variables::new().with("TEST_DIRECTUS", install.dir.display());
    Ok(if require { env.with("TEST_REQUIRE", 1) } else { env })
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
