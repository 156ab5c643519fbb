//! The main job: the whole boot, twice, on a throwaway database; then start, health and round trip.

use crate::console::{self, GREEN, RED, paint};
use crate::engine::{self, Ground, Stage};
use crate::http;
use crate::process::{self, Env, Running};
use crate::rehearsal::{self, Rehearsal};
use crate::steps::Steps;
use anyhow::Result;
use contract::{Exit, Failure};
use snapshot::{Snapshot, canonical, change};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Prove the whole boot on a throwaway database, from nothing to a healthy Directus, twice.
///
/// Fetches what this machine lacks (once), starts a throwaway Postgres with TimescaleDB and the pinned Directus, and lets the very runner
/// that ships do what production does: pre phase, install, snapshot, post phase. A second pass must change nothing. Then Directus must
/// become healthy, and the schema it has must be the one in git. With DB_HOST… set, that server is used, with a database of its own on it.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask dry-run
  cargo xtask dry-run --from v1.4        over a database that v1.4 left, filled with rows
  cargo xtask dry-run --from             over the merge base with main, else the last tag
  cargo xtask dry-run --restore prod.dump   over a backup
  cargo xtask dry-run --keep             leave database and Directus running, and say how to reach them
  cargo xtask dry-run --json             the steps and times as JSON
  DB_HOST=db DB_USER=postgres DB_DATABASE=postgres DB_PASSWORD_FILE=pw cargo xtask dry-run")]
pub(crate) struct Args {
    /// Where the throwaway database and Directus come from.
    #[arg(long, value_enum, default_value_t)]
    engine: engine::Choice,
    /// Rehearse the upgrade: boot this revision first and fill it with rows. Without a value: the merge base with main, else the last tag.
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "auto")]
    from: Option<String>,
    /// The same over a database restored from this dump of pg_dump, plain or custom.
    #[arg(long, value_name = "DUMP", conflicts_with = "from")]
    restore: Option<PathBuf>,
    /// Leave database and Directus running when everything passed, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// With --keep: the port on which Directus listens on this machine.
    #[arg(long, default_value_t = 8055, requires = "keep")]
    port: u16,
    /// Leave the static rules out: prove that the boot itself finds a mistake.
    #[arg(long)]
    skip_check: bool,
    /// Use this runner instead of building one.
    #[arg(long, value_name = "FILE")]
    runner: Option<PathBuf>,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// Every step in order; the first that fails ends it, and its name is in the last line.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let mut steps = Steps::new();
    let mut rehearsal = (args.from.is_some() || args.restore.is_some()).then(Rehearsal::default);
    let outcome = prove(&args, root, &mut steps, rehearsal.as_mut());
    if args.json {
        let mut json = steps.to_json(outcome.as_ref().err());
        if let Some(rehearsal) = &rehearsal {
            json["rehearsal"] = rehearsal.to_json();
        }
        console::result(&json.to_string());
    } else {
        console::say(&steps.table());
    }
    let proved = match outcome {
        Ok(proved) => proved,
        Err(error) => {
            let exit = crate::fail(&error);
            let step = steps.failed().unwrap_or("an unnamed step");
            console::say(&paint(RED, &format!("dry-run failed at {step}")));
            return Ok(exit);
        }
    };
    console::say(&paint(GREEN, "dry-run passed"));
    if args.keep {
        keep(&proved)?;
    }
    Ok(Exit::Done)
}

/// What passed, and still runs with `--keep`.
struct Proved {
    // In this order: the server ends before the database it uses.
    server: Option<Running>,
    stage: Stage,
}

fn prove(args: &Args, root: &Path, steps: &mut Steps, rehearsal: Option<&mut Rehearsal>) -> Result<Proved> {
    // Before anything takes time.
    let revision = args.from.as_deref().map(|wanted| rehearsal::resolve(root, wanted)).transpose()?;
    let dump = args.restore.as_deref().map(read_dump).transpose()?;
    if !args.skip_check {
        steps.step("check", || crate::cmd::check::require_clean(root))?;
    }
    let ground = steps.step("provision", || Ground::prepare(root, args.runner.as_deref()))?;
    let port = args.keep.then_some(args.port);
    let stage = steps.step("database", || Stage::set(&ground, root, args.engine, port))?;
    match rehearsal {
        Some(rehearsal) => {
            if let Some(revision) = &revision {
                let old = steps.step("from", || rehearsal.boot(root, &ground, &stage, revision))?;
                steps.step("fill", || rehearsal.fill(&stage, &old))?;
            }
            if let Some((path, dump)) = &dump {
                steps.step("restore", || rehearsal.restore(&stage, path, dump))?;
            }
            steps.step("upgrade", || {
                boot_once(&ground, &stage)?;
                rehearsal.compare(&stage)
            })?;
        }
        None => steps.step("pass 1", || boot_once(&ground, &stage))?,
    }
    let before = steps.step("picture", || stage.picture())?;
    steps.step("pass 2", || {
        boot_again(&ground, &stage)?;
        unchanged(&before, &stage.picture()?)
    })?;
    let (server, mut bridge) = steps.step("start", || {
        // Its imports run while the server starts.
        let bridge = stage.bridge(root)?;
        Ok((start(&ground, &stage)?, bridge))
    })?;
    steps.step("round trip", || round_trip(&mut bridge, root))?;
    bridge.close();
    let server = if args.keep {
        Some(server)
    } else {
        steps.step("stop", || stop(server))?;
        None
    };
    Ok(Proved { server, stage })
}

fn read_dump(path: &Path) -> Result<(&Path, Vec<u8>)> {
    let dump = std::fs::read(path);
    let dump = dump.map_err(|error| {
        Failure::new(format!("read the dump `{}`", path.display())).exit(Exit::Usage).cause(error)
    })?;
    Ok((path, dump))
}

/// One boot by the real runner, as an init container would do it.
fn boot_once(ground: &Ground, stage: &Stage) -> Result<()> {
    prepare(ground, stage.environment())
}

/// The same once more, all steps of it: on the fast path nothing would be proved to change nothing (D4).
fn boot_again(ground: &Ground, stage: &Stage) -> Result<()> {
    let mut environment = stage.environment();
    environment.push((contract::env::FAST.to_owned(), "off".to_owned()));
    prepare(ground, environment)
}

fn prepare(ground: &Ground, environment: Vec<(String, String)>) -> Result<()> {
    process::run("boot with the runner", &ground.runner, &["prepare"], Env::Only(environment), show)?;
    Ok(())
}

/// The runner's own lines are the story; Directus' log is kept for the error.
pub(crate) fn show(line: &str) {
    if let Some(text) = line.strip_prefix("runner: ") {
        console::say(&format!("    {text}"));
    }
}

/// A second boot of the same release must leave every byte as it was: schema, metadata, ledger and content.
fn unchanged(before: &str, after: &str) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let lines = similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(2)
        .header("pass 1", "pass 2")
        .to_string();
    let lines: Vec<&str> = lines.lines().take(40).collect();
    Err(Failure::new("boot again: the second pass changed the database")
        .excerpt(lines.join("\n"))
        .cause(
            "the same release twice must leave the same database; something here is made anew at every boot",
        )
        .into())
}

/// `runner start`, until `/server/health` says ok.
fn start(ground: &Ground, stage: &Stage) -> Result<Running> {
    serve(ground, stage, stage.environment())
}

/// The same with another environment.
///
/// # Errors
/// When Directus ends, or is not healthy in time.
pub(crate) fn serve(ground: &Ground, stage: &Stage, environment: Vec<(String, String)>) -> Result<Running> {
    const WITHIN: Duration = Duration::from_secs(90);
    let server = process::start(&ground.runner, &["start"], Env::Only(environment), show)?;
    let began = Instant::now();
    let mut last = "nobody listens yet".to_owned();
    while began.elapsed() < WITHIN {
        if server.ended()?.is_some() {
            return Err(server.wait()?.failure("start Directus with the runner").into());
        }
        match http::get(stage.address(), "/server/health") {
            Ok(answer) if answer.status == 200 && answer.body.contains("\"status\":\"ok\"") => {
                return Ok(server);
            }
            Ok(answer) => last = format!("{} {}", answer.status, answer.body.trim()),
            Err(error) => last = error.to_string(),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Failure::new(format!("wait for `/server/health`: not ok within {} s", WITHIN.as_secs()))
        .cause(last)
        .into())
}

/// What Directus has is what git says, in both directions: its snapshot equals the file, and its own diff is empty.
fn round_trip(bridge: &mut boot::Bridge, root: &Path) -> Result<()> {
    let path = root.join(contract::artefacts::SNAPSHOT);
    let diff = bridge.call("compare with the snapshot", "verify", serde_json::json!({ "path": path }))?;
    boot::proof::applied(&diff["diff"], "compare with the snapshot")?;
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("read `{}`", path.display())).cause(error))?;
    let file = Snapshot::parse(&text).map_err(|error| Failure::new("read the snapshot").cause(error))?;
    let live = engine::snapshot_of(bridge)?;
    if canonical(&file).to_json() == canonical(&live).to_json() {
        return Ok(());
    }
    let differences = change::between(&canonical(&file), &canonical(&live));
    let lines: Vec<String> =
        differences.iter().take(20).map(|change| format!("  {}", change.line())).collect();
    Err(Failure::new("compare the snapshot with the file: they differ")
        .excerpt(lines.join("\n"))
        .cause("Directus finds nothing to apply, and still would write another snapshot than the one in git")
        .hint("cargo xtask snapshot")
        .into())
}

fn keep(proved: &Proved) -> Result<()> {
    for line in proved.stage.how_to_connect() {
        console::say(&line);
    }
    console::say("Ctrl-C stops both and removes everything");
    while let Some(server) = &proved.server {
        if server.ended()?.is_some() {
            return Err(Failure::new("keep Directus running: it ended by itself").into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Directus under the runner ends by itself within moments of SIGTERM, and says how: 128 + 15.
fn stop(server: Running) -> Result<()> {
    let ended = server.stop(Duration::from_secs(10))?;
    match ended.status.code() {
        Some(143) => Ok(()),
        _ => Err(ended.failure("stop Directus: expected exit code 143").into()),
    }
}
