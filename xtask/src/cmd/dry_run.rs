//! The main job: the whole boot, twice, on a throwaway database; then start, health and round trip.

use crate::cmd::image;
use crate::console::{self, GREEN, RED, paint};
use crate::database::{self, Attempt};
use crate::directus::Directus;
use crate::docker::Docker;
use crate::engine::{self, Choice, DockerScene, Ground, Listen, LocalScene, Scene, Serving, Stage};
use crate::image::record::Record;
use crate::rehearsal::{self, Rehearsal, Revision};
use crate::seed::{self, Seed, Tally};
use crate::steps::Steps;
use anyhow::Result;
use contract::{Exit, Failure};
use serde_json::{Value, json};
use snapshot::{Snapshot, canonical, change};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Prove the whole boot on a throwaway database, from nothing to a healthy Directus, twice.
///
/// Fetches what this machine lacks (once), starts a throwaway Postgres with TimescaleDB and the pinned Directus, and lets the very runner
/// that ships do what production does: pre phase, install, snapshot, post phase. A second pass must change nothing. Then Directus must
/// become healthy, and the schema it has must be the one in git; so must whatever else the files made, which snapshots/database.txt says
/// line by line. With DB_HOST… set, that server is used, with a database of its own on it.
///
/// With --engine docker the production image itself is the candidate: it is built first, or named with --image, and runs in containers
/// beside a throwaway TimescaleDB. A pass is noted, and allows `cargo xtask image --push`.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask dry-run
  cargo xtask dry-run --write            accept what the files make: write snapshots/database.txt
  cargo xtask dry-run --from v1.4        over a database that v1.4 left, filled with rows
  cargo xtask dry-run --from             over the merge base with main, else the last tag, else the commit before
  cargo xtask dry-run --restore prod.dump   over a backup
  cargo xtask dry-run --seed             the seed files too, twice: the second time must change nothing
  cargo xtask dry-run --keep             leave database and Directus running, and say how to reach them
  cargo xtask dry-run --json             the steps and times as JSON
  cargo xtask dry-run --engine docker    the production image, in containers
  cargo xtask dry-run --engine docker --image    the image that was built last
  DB_HOST=db DB_USER=postgres DB_DATABASE=postgres DB_PASSWORD_FILE=pw cargo xtask dry-run")]
pub(crate) struct Args {
    /// Where the throwaway database and Directus come from.
    #[arg(long, value_enum, default_value_t)]
    engine: Choice,
    /// With --engine docker: the image to try, by name or id. Without a value: the one that `cargo xtask image` built last.
    #[arg(long, value_name = "IMAGE", num_args = 0..=1, default_missing_value = "")]
    image: Option<String>,
    /// Write what the files make of an empty database to snapshots/database.txt, instead of comparing it.
    #[arg(long, conflicts_with_all = ["from", "restore", "image"])]
    write: bool,
    /// Rehearse the upgrade: boot this revision first and fill it with rows. Without a value: the merge base with main, else the last tag, else the commit before.
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "")]
    from: Option<String>,
    /// The same over a database restored from this dump of pg_dump, plain or custom.
    #[arg(long, value_name = "DUMP", conflicts_with = "from")]
    restore: Option<PathBuf>,
    /// Put the seed files into it after the start; a second time must change nothing.
    #[arg(long)]
    seed: bool,
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
    refuse_contradictions(&args)?;
    let mut steps = Steps::new();
    let mut report = Report::default();
    let outcome = match args.engine {
        Choice::Docker => in_containers(&args, root, &mut steps, &mut report),
        Choice::Auto | Choice::Local => on_this_machine(&args, root, &mut steps, &mut report),
    };
    if args.json {
        let mut json = steps.to_json(outcome.as_ref().err());
        if let Some(rehearsal) = &report.rehearsal {
            json["rehearsal"] = rehearsal.to_json();
        }
        json["stand_ins"] = report.stand_ins.clone().into();
        if let Some(made) = &report.made {
            json["database"] = made.clone();
        }
        console::result(&json.to_string());
    } else {
        console::say(&steps.table());
    }
    steps.summarize("Dry run", &report.stand_ins);
    if let Err(error) = outcome {
        let exit = crate::fail(&error);
        let step = steps.failed().unwrap_or("an unnamed step");
        console::complain(&paint(RED, &format!("dry-run failed at {step}")));
        return Ok(exit);
    }
    console::say(&paint(GREEN, PASSED));
    Ok(Exit::Done)
}

/// What the run has to tell beside its steps.
#[derive(Default)]
struct Report {
    rehearsal: Option<Rehearsal>,
    stand_ins: Vec<String>,
    /// How what the files made differs from what git says of it, and whether that was written.
    made: Option<Value>,
}

fn refuse_contradictions(args: &Args) -> Result<(), Failure> {
    let refuse = |what: &str, hint: &str| Err(Failure::new(what).exit(Exit::Usage).hint(hint));
    let in_containers = args.engine == Choice::Docker;
    match (in_containers, &args.image, &args.runner) {
        (false, Some(_), _) => {
            refuse("try an image: only the docker engine does", "cargo xtask dry-run --engine docker --image")
        }
        // What is only written from is published by nobody.
        (true, _, Some(_)) if !args.write => {
            refuse("try another runner: the docker engine takes the image's own", "leave --runner out")
        }
        _ => Ok(()),
    }
}

/// The local engine: fetched once, and the runner built here.
fn on_this_machine(args: &Args, root: &Path, steps: &mut Steps, report: &mut Report) -> Result<()> {
    // Before anything takes time.
    let revision = revision(args, root)?;
    let dump = args.restore.as_deref().map(read_dump).transpose()?;
    let seed = seed_files(args, root)?;
    check(args, root, steps)?;
    let ground = steps.step("provision", || Ground::prepare(root, args.runner.as_deref()))?;
    let port = args.keep.then_some(args.port);
    let stage = steps.step("database", || Stage::set(&ground, root, args.engine, port))?;
    let scene = LocalScene { ground: &ground, stage: &stage, root };
    if revision.is_some() || dump.is_some() {
        let rehearsal = report.rehearsal.insert(Rehearsal::default());
        if let Some(revision) = &revision {
            let old = steps.step("from", || rehearsal.boot(root, &ground, &stage, revision))?;
            steps.step("fill", || rehearsal.fill(&stage, &old))?;
        }
        if let Some((path, dump)) = &dump {
            steps.step("restore", || {
                stage.restore(dump)?;
                rehearsal.restored(&stage, path)
            })?;
        }
        steps.step("upgrade", || {
            scene.prepare(&[])?;
            rehearsal.compare(&stage)?;
            match &revision {
                Some(revision) => rehearsal.beside(root, revision, &scene.catalog()?.catalog),
                None => Ok(()),
            }
        })?;
    } else {
        if first_pass(args, root, steps, &scene, report)? {
            // With another file it is another release, which the second pass has to find recorded.
            steps.step("prove", || scene.prepare(&[]))?;
        }
    }
    prove(args, root, steps, &scene, seed.as_ref())
}

/// The docker engine: the image that ships is the candidate, and its pass is noted.
fn in_containers(args: &Args, root: &Path, steps: &mut Steps, report: &mut Report) -> Result<()> {
    let docker = Docker::find()?;
    let revision = revision(args, root)?;
    let dump = args.restore.as_deref().map(read_dump).transpose()?;
    let seed = seed_files(args, root)?;
    check(args, root, steps)?;
    // Old lines below a new header would pass every check: whatever ends this run before it has written takes that back.
    let undoing = args.write.then(|| database::renew_header(root)).transpose()?;
    let image = match args.image.as_deref() {
        None => image::build_default(&docker, root, args.runner.as_deref(), steps)?.id,
        Some("") => Record::read(root)?.id,
        Some(name) => name.to_owned(),
    };
    let id = engine::docker::image_id(&docker, &image)?;
    let listen = match (args.keep, seed.is_some() || revision.is_some()) {
        (true, _) => Listen::Port(args.port),
        (false, true) => Listen::AnyPort,
        (false, false) => Listen::Socket,
    };
    let scene = steps.step("database", || DockerScene::set(&docker, &id, listen))?;
    report.stand_ins = scene.stand_ins();
    report.stand_ins.iter().for_each(|line| console::say(&format!("    stand-in for {line}")));
    let mut take_all = || -> Result<bool> {
        if revision.is_some() || dump.is_some() {
            let rehearsal = report.rehearsal.insert(Rehearsal::default());
            if let Some(revision) = &revision {
                let old = steps.step("from", || rehearsal.boot_image(&docker, root, &scene, revision))?;
                steps.step("fill", || rehearsal.fill_image(&scene, &old))?;
            }
            if let Some((path, dump)) = &dump {
                steps.step("restore", || {
                    scene.restore(dump)?;
                    rehearsal.restored(&scene, path)
                })?;
            }
            steps.step("upgrade", || {
                scene.prepare(&[])?;
                rehearsal.compare(&scene)?;
                match &revision {
                    Some(revision) => rehearsal.beside(root, revision, &scene.catalog()?.catalog),
                    None => Ok(()),
                }
            })?;
        } else {
            let written = first_pass(args, root, steps, &scene, report)?;
            if written {
                console::say(
                    "the image has the file as it was: cargo xtask dry-run --engine docker builds and proves it",
                );
                return Ok(false);
            }
        }
        prove(args, root, steps, &scene, seed.as_ref())?;
        Ok(true)
    };
    let is_proved = take_all().map_err(|error| scene.with_logs(&error))?;
    if let Some(undoing) = undoing {
        undoing.dismiss();
    }
    // An upgrade alone does not prove that an empty database boots.
    if is_proved && revision.is_none() && dump.is_none() { Record::prove(root, &id) } else { Ok(()) }
}

fn check(args: &Args, root: &Path, steps: &mut Steps) -> Result<()> {
    if args.skip_check { Ok(()) } else { steps.step("check", || crate::cmd::check::require_bootable(root)) }
}

/// The boot on an empty database, and what it made: compared with what git says of it, or written. Whether the file is another one now.
fn first_pass(
    args: &Args,
    root: &Path,
    steps: &mut Steps,
    scene: &dyn Scene,
    report: &mut Report,
) -> Result<bool> {
    let before = steps.step("pass 1", || {
        let before = scene.catalog()?;
        // What proves a boot is only made here.
        scene.prepare(&[(contract::env::CATALOG, "off")])?;
        Ok(before.catalog)
    })?;
    steps.step("compare", || {
        let made = Attempt::new(database::text(root)?, scene.catalog()?, &before);
        let written = args.write && made.write(root)?;
        report.made = Some(json!({ "differences": made.differences, "written": written }));
        if !args.write {
            made.require_same()?;
        } else {
            made.differences.iter().for_each(|line| console::say(&format!("    {line}")));
            let what = if written { "wrote" } else { "nothing to write:" };
            console::say(&format!("    {what} {}", contract::artefacts::CATALOG));
            if written && crate::cmd::erd::update(root)? {
                console::say(&format!("    wrote {}", crate::erd::PATH));
            }
        }
        made.require_no_idle_exception()?;
        Ok(written)
    })
}

/// What both engines have in common, once the candidate has booted: it changes nothing the second time, serves, and has git's schema.
fn prove(args: &Args, root: &Path, steps: &mut Steps, scene: &dyn Scene, seed: Option<&Seed>) -> Result<()> {
    let before = steps.step("picture", || scene.picture())?;
    steps.step("pass 2", || {
        // All steps of it: on the fast path nothing would be proved to change nothing (D4).
        scene.prepare(&[(contract::env::FAST, "off")])?;
        unchanged(&before, &scene.picture()?)
    })?;
    let mut serving = steps.step("start", || scene.start())?;
    if let Some(seed) = seed {
        steps.step("seed", || seed_twice(&mut serving.directus()?, seed))?;
    }
    steps.step("round trip", || round_trip(serving.as_mut(), root))?;
    if args.keep {
        console::say(&steps.table());
        console::say(&paint(GREEN, PASSED));
        return keep(scene, serving.as_ref());
    }
    steps.step("stop", || serving.stop())
}

/// The revision to start from, if one is asked for and there is one.
fn revision(args: &Args, root: &Path) -> Result<Option<Revision>> {
    let revision = match args.from.as_deref() {
        None => return Ok(None),
        Some("") => rehearsal::before(root)?,
        Some(name) => Some(rehearsal::resolve(root, name)?),
    };
    if revision.is_none() {
        console::say("nothing to rehearse: there is no commit before this one");
    }
    Ok(revision)
}

fn seed_files(args: &Args, root: &Path) -> Result<Option<Seed>> {
    Ok(args.seed.then(|| seed::load(root, &seed::files_of(root)?)).transpose()?)
}

/// The last line of a run that passed.
const PASSED: &str = "dry-run passed";

fn read_dump(path: &Path) -> Result<(&Path, Vec<u8>)> {
    let dump = std::fs::read(path);
    let dump = dump.map_err(|error| {
        Failure::new(format!("read the dump `{}`", path.display())).exit(Exit::Usage).cause(error)
    })?;
    Ok((path, dump))
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

/// What the files say is there afterwards, and a second run finds nothing to do.
fn seed_twice(directus: &mut Directus, seed: &Seed) -> Result<()> {
    seed::run(directus, seed)?;
    let plan = seed::plan(directus, seed)?;
    if Tally::of(&plan).is_settled() {
        return Ok(());
    }
    let left = seed.items.iter().zip(&plan.steps).filter(|(_, step)| step.action != seed::Action::Keep);
    let lines: Vec<String> =
        left.map(|(item, _)| format!("  - {} ({})", item.title(), item.place())).collect();
    Err(Failure::new("seed again: the second run would change something").excerpt(lines.join("\n")).into())
}

/// What Directus has is what git says, in both directions: its snapshot equals the file, and its own diff is empty.
fn round_trip(serving: &mut dyn Serving, root: &Path) -> Result<()> {
    let path = root.join(contract::artefacts::SNAPSHOT);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("read `{}`", path.display())).cause(error))?;
    let file = Snapshot::parse(&text).map_err(|error| Failure::new("read the snapshot").cause(error))?;
    let live = serving.schema()?;
    if canonical(&file).to_json() == canonical(&live).to_json() {
        return Ok(());
    }
    let differences = change::revised(&canonical(&file), &canonical(&live));
    let lines: Vec<String> =
        differences.iter().take(20).map(|change| format!("  {}", change.line())).collect();
    Err(Failure::new("compare the snapshot with the file: they differ")
        .excerpt(lines.join("\n"))
        .cause("Directus finds nothing to apply, and still would write another snapshot than the one in git")
        .hint("cargo xtask snapshot")
        .into())
}

/// Until Ctrl-C, or until Directus ends by itself.
fn keep(scene: &dyn Scene, serving: &dyn Serving) -> Result<()> {
    scene.how_to_connect().iter().for_each(|line| console::say(line));
    console::say("Ctrl-C stops both and removes everything");
    while !serving.has_ended()? {
        std::thread::sleep(Duration::from_millis(200));
    }
    Err(Failure::new("keep Directus running: it ended by itself").into())
}
