//! The SQL phases against the database of `DB_*`: run them, show what would run, or show what ran.

use crate::{console, database, ending, engine};
use anyhow::Context;
use catalog::Drift;
use clap::ValueEnum;
use contract::artefacts::CATALOG;
use contract::{Artefacts, DatabaseSettings, Exit, Failure, Outcome, Phase, env};
use migrations::plan::{Action, Plan, Step};
use migrations::run::{Event, perform};
use migrations::{Ledger, Migrations, Session, file, hazards, ledger, lock, plan, session};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Run the SQL migrations of db-init/ and db-init-post/, or show what would run or what ran.
///
/// Each file runs once, in one transaction together with its row in the table `migrations_applied`, unless it begins with
/// `-- no-transaction`. A file that was edited after it
/// ran is refused; put the change into a new file. Files of db-init-post/ need the Directus schema: on an empty database use
/// `cargo xtask dry-run` or the image, which create it between the two phases.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask db-init plan                 what would run, and why; changes nothing
  cargo xtask db-init --phase pre          run db-init/ only
  cargo xtask db-init status --json        every file and every row of the ledger
  cargo xtask db-init plan --check         exit code 3 when something is pending

The database is that of DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD or DB_CONNECTION_STRING, each also as NAME_FILE.")]
pub(crate) struct Args {
    /// What to do.
    #[arg(value_enum, default_value_t = What::Run)]
    what: What,
    /// Which folders.
    #[arg(long, value_enum, default_value_t = Phases::All)]
    phase: Phases,
    /// Another folder than db-init/, for the phase `pre`; a relative one counts from where the command is typed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// With `plan` and `status`: end with exit code 3 when the database is not what the files say.
    #[arg(long)]
    check: bool,
    /// One JSON value on stdout instead of lines.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    /// Run what is pending.
    Run,
    /// Show what `run` would do.
    Plan,
    /// Show every file and every row of the ledger.
    Status,
}

#[derive(Clone, Copy, ValueEnum)]
enum Phases {
    /// db-init/
    Pre,
    /// db-init-post/
    Post,
    /// Both.
    All,
}

/// Reads the files, asks the ledger, and does what was asked.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    if args.check && args.what == What::Run {
        let failure = Failure::new("use `--check` with `run`: running leaves nothing to compare");
        return Err(failure.exit(Exit::Usage).hint("cargo xtask db-init plan --check").into());
    }
    let environment = engine::environment()?;
    let settings = DatabaseSettings::from_environment(&environment)?;
    let migrations = discover(&args, root)?;
    hazards::refuse_all(&migrations)?;
    let wait_s = environment.number(env::DB_WAIT_S, 60, env::WAIT_S)?;
    let mut session = session::wait_and_connect(&settings, "xtask-db-init", wait_s, &mut console::say)?;
    match args.what {
        What::Run => {
            let lock_wait_s = environment.number(env::LOCK_WAIT_S, 600, env::WAIT_S)?;
            run_pending(&args, root, &mut session, &migrations, lock_wait_s)
        }
        What::Plan => {
            let ledger = rows_of(&args, root, &migrations, &mut session)?;
            show_plan(&args, &plan::compute(&migrations, &ledger, args.phases())?)
        }
        What::Status => show_status(&args, &migrations, &rows_of(&args, root, &migrations, &mut session)?),
    }
}

/// The files of the phases that were asked for. The other phase's are read too where they are not in question: they say what became of
/// things since, and whose a row of the ledger is.
fn discover(args: &Args, root: &Path) -> Outcome<Migrations> {
    let artefacts = Artefacts::at(root);
    let own = |phase: Phase| (phase, artefacts.migrations(phase), phase.folder().to_owned());
    let folders = Phase::ALL.into_iter().filter_map(|phase| {
        let is_asked_for = args.phases().contains(&phase);
        match &args.dir {
            Some(dir) if phase == Phase::Pre => Some((phase, dir.clone(), name_of(dir, root))),
            Some(_) => is_asked_for.then(|| own(phase)),
            None => (is_asked_for || artefacts.migrations(phase).is_dir()).then(|| own(phase)),
        }
    });
    if let Some(dir) = args.dir.as_ref().filter(|dir| !dir.is_dir()) {
        return Err(Failure::new(format!("read the folder `{}`: it is not there, or is none", dir.display()))
            .exit(Exit::Usage)
            .hint("--dir (DB_INIT_DIR of scripts/apply-db-init.sh) names a folder; a relative one counts from where the command is typed"));
    }
    file::discover_in(folders)
}

/// As messages name a folder: from the checkout's root, if it is in it.
fn name_of(dir: &Path, root: &Path) -> String {
    let path = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    // Collected anew without a slash at the end.
    let path: PathBuf = path.strip_prefix(root).unwrap_or(&path).components().collect();
    path.display().to_string()
}

/// The ledger, as far as it is about these files: what ran from the checkout's own folders is not missing in another one. Its numbers stay
/// taken, though: the ledger has each once in a phase.
fn rows_of(args: &Args, root: &Path, migrations: &Migrations, session: &mut Session) -> Outcome<Ledger> {
    let mut ledger = ledger::read(session.client())?;
    if args.dir.is_none() {
        return Ok(ledger);
    }
    let own = Phase::ALL.map(|phase| Artefacts::at(root).migrations(phase));
    let is_elsewhere = |row: &ledger::Row| {
        migrations.find(&row.filename).is_none()
            && own.iter().any(|folder| folder.join(&row.filename).is_file())
    };
    let (elsewhere, rows): (Vec<_>, Vec<_>) = ledger.rows.into_iter().partition(is_elsewhere);
    let new = migrations.iter().filter(|file| !rows.iter().any(|row| row.filename == file.name));
    let taken: Vec<String> = new
        .filter_map(|file| {
            let is_same =
                |row: &&ledger::Row| row.phase == Some(file.phase) && row.number == Some(file.number);
            let row = elsewhere.iter().find(is_same)?;
            Some(format!("`{}` has the number that `{}` was applied with", file.path, row.filename))
        })
        .collect();
    if !taken.is_empty() {
        let failure = Failure::new("plan the migrations of another folder: their numbers are taken; nothing was changed")
            .hint("the files of db-init-post/ run with: cargo xtask db-init --phase post; others need numbers that are free");
        return Err(taken.into_iter().fold(failure, Failure::cause));
    }
    ledger.rows = rows;
    Ok(ledger)
}

impl Args {
    fn phases(&self) -> &'static [Phase] {
        match self.phase {
            Phases::Pre => &[Phase::Pre],
            Phases::Post => &[Phase::Post],
            Phases::All => &Phase::ALL,
        }
    }

    /// Prints the result: one JSON value, or its lines.
    fn print(&self, json: &Value, lines: impl IntoIterator<Item = String>) {
        match self.json {
            true => console::result(&json.to_string()),
            false => lines.into_iter().for_each(|line| console::result(&line)),
        }
    }

    fn exit(&self, differs: bool) -> Exit {
        if self.check && differs { Exit::Differences } else { Exit::Done }
    }
}

fn run_pending(
    args: &Args,
    root: &Path,
    session: &mut Session,
    migrations: &Migrations,
    lock_wait_s: u64,
) -> anyhow::Result<Exit> {
    let lock = lock::acquire(session, lock_wait_s, &mut console::say)?;
    let before = rows_of(args, root, migrations, session)?;
    let plan = plan::compute(migrations, &before, args.phases())?;
    say_notices(&plan);
    // Ctrl-C cancels the statement; the end of the connection rolls back and frees the lock.
    let cancel = session.cancel_token();
    let _undoing = ending::Undoing::new(move || drop(cancel.cancel()));
    let managed = managed(root)?;
    let mut done = Vec::new();
    for phase in args.phases() {
        perform(session, &plan, *phase, &managed, &mut |event| observe(args, event, &mut done))?;
    }
    prove(root, session)?;
    lock.release(session)?;
    let skipped = plan.steps.len() - plan.pending().count();
    console::say(&format!("{} done, {skipped} applied before", done.len()));
    if args.json {
        console::result(&Value::from(done).to_string());
    }
    Ok(Exit::Done)
}

/// What the files made when they were last tried is in this database, as far as its migrations all ran and its managed tables are there:
/// on a database without Directus, whatever needs none of them.
fn prove(root: &Path, session: &mut Session) -> anyhow::Result<()> {
    if let Some(why) = database::unusable(root)? {
        console::say(&format!("not proved by {CATALOG}: {why}; {} writes it", database::WRITE));
        return Ok(());
    }
    let file = database::read(root)?;
    let migrations = file::discover(&Artefacts::at(root))?;
    let ledger = ledger::read(session.client())?;
    let waits: Vec<&str> = migrations
        .iter()
        .filter(|each| ledger.find(&each.name).is_none())
        .map(|each| each.source.as_str())
        .collect();
    let (live, _) = boot::state::catalog(session)?;
    let wanted = database::provable(&file.catalog, &live, &waits);
    let lost = Drift { added: Vec::new(), unmanaged: Vec::new(), ..wanted.drift(&live) };
    // Columns are said by their table.
    let names = lost.lost().filter(|line| line.kind() != "column").map(|line| line.own_name());
    let files: BTreeSet<&str> = names.filter_map(|name| database::named_in(&migrations, name)).collect();
    let lines = lost.render();
    if lines.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("prove the migrations: the database is not what {CATALOG} says"))
        .excerpt(database::indented(&lines))
        .cause("the ledger says that the files ran, and this is missing or different all the same")
        .cause(format!("what names it first: {}", files.into_iter().collect::<Vec<_>>().join(", ")))
        .hint("put it back by hand or with a new migration; a row that says too much is deleted from migrations_applied")
        .into())
}

/// One line per migration as it is done; what the server says goes to the conversation.
fn observe(args: &Args, event: Event<'_>, done: &mut Vec<Value>) {
    let (migration, action, elapsed) = match event {
        Event::Started { .. } => return,
        Event::Repaired { migration, what } => {
            return console::say(&format!("{}: {what}", migration.path));
        }
        Event::Notice { migration, notice } => {
            return console::say(&format!("{}: {}: {}", migration.path, notice.severity(), notice.message()));
        }
        Event::Finished { migration, elapsed } => (migration, Action::Run, Some(elapsed)),
        Event::Adopted { migration } => (migration, Action::Adopt, None),
    };
    if !args.json {
        let time = elapsed.map(|elapsed| format!("  {}", console::elapsed(elapsed))).unwrap_or_default();
        console::result(&format!("{:5}  {}{time}", action.word(), migration.path));
    }
    done.push(json!({
        "path": migration.path,
        "phase": migration.phase.word(),
        "number": migration.number,
        "action": action.word(),
        "elapsed_ms": elapsed.map(|elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
    }));
}

fn show_plan(args: &Args, plan: &Plan) -> anyhow::Result<Exit> {
    say_notices(plan);
    let pending: Vec<&Step> = plan.pending().collect();
    let json = pending.iter().map(|step| {
        json!({
            "path": step.migration.path,
            "phase": step.migration.phase.word(),
            "number": step.migration.number,
            "action": step.action.word(),
            "reason": step.reason,
        })
    });
    let lines = pending
        .iter()
        .map(|step| format!("{:5}  {}  ({})", step.action.word(), step.migration.path, step.reason));
    args.print(&json.collect(), lines);
    console::say(&format!("{} pending, {} applied", pending.len(), plan.steps.len() - pending.len()));
    Ok(args.exit(!pending.is_empty()))
}

/// Unlike a plan, a status shows what contradicts the ledger instead of refusing it.
fn show_status(args: &Args, migrations: &Migrations, ledger: &Ledger) -> anyhow::Result<Exit> {
    let mut entries: Vec<Entry<'_>> = args
        .phases()
        .iter()
        .flat_map(|phase| migrations.of(*phase))
        .map(|migration| {
            let row = ledger.find(&migration.name);
            let state = match row {
                None => "pending",
                Some(row) if row.phase.is_none() => "not adopted",
                Some(row) if row.checksum.as_ref().is_none_or(|applied| *applied == migration.checksum) => {
                    "applied"
                }
                Some(row) if row.tokens.as_ref() == Some(&migration.tokens) => "applied, comments edited",
                Some(_) => "edited",
            };
            Entry { path: migration.path.clone(), state, row }
        })
        .collect();
    for row in ledger.rows.iter().filter(|row| migrations.find(&row.filename).is_none()) {
        match row.phase {
            None => entries.push(Entry { path: row.filename.clone(), state: "orphan", row: Some(row) }),
            Some(phase) if args.phases().contains(&phase) => {
                let path = format!("{}/{}", phase.folder(), row.filename);
                entries.push(Entry { path, state: "missing", row: Some(row) });
            }
            Some(_) => {}
        }
    }
    args.print(&entries.iter().map(Entry::json).collect(), entries.iter().map(Entry::line));
    let differs = |entry: &Entry<'_>| !(entry.state.starts_with("applied") || entry.state == "orphan");
    Ok(args.exit(entries.iter().any(differs)))
}

/// One line of the status.
struct Entry<'a> {
    path: String,
    state: &'static str,
    row: Option<&'a ledger::Row>,
}

impl Entry<'_> {
    fn line(&self) -> String {
        let when = self.row.map(|row| format!("  {}", row.applied_at)).unwrap_or_default();
        let time = self.row.and_then(|row| row.elapsed_ms).map(|ms| format!("  {ms} ms")).unwrap_or_default();
        format!("{:11}  {}{when}{time}", self.state, self.path)
    }

    fn json(&self) -> Value {
        json!({
            "path": self.path,
            "state": self.state,
            "applied_at": self.row.map(|row| row.applied_at.as_str()),
            "phase": self.row.and_then(|row| row.phase).map(Phase::word),
            "number": self.row.and_then(|row| row.number),
            "checksum": self.row.and_then(|row| row.checksum.as_ref()).map(|checksum| checksum.as_str()),
            "elapsed_ms": self.row.and_then(|row| row.elapsed_ms),
            "runner": self.row.and_then(|row| row.runner.as_deref()),
        })
    }
}

fn say_notices(plan: &Plan) {
    for notice in &plan.notices {
        console::say(&format!("notice: {}: {}", notice.path, notice.text));
    }
    for row in &plan.orphans {
        console::say(&format!(
            "notice: the ledger's row `{}` belongs to no file; it stays as it is",
            row.filename
        ));
    }
}

/// Whether a table is one that Directus creates from the snapshot. Without a snapshot none is.
fn managed(root: &Path) -> anyhow::Result<impl Fn(&str) -> bool + use<>> {
    let path = Artefacts::at(root).snapshot();
    let snapshot = match std::fs::read_to_string(&path) {
        Ok(text) => Some(snapshot::Snapshot::parse(&text).map_err(anyhow::Error::from)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(error.into())),
    };
    let snapshot = snapshot.transpose().with_context(|| format!("read `{}`", path.display()))?;
    Ok(move |name: &str| {
        snapshot
            .as_ref()
            .is_some_and(|snapshot| snapshot.collection(name).is_some_and(|found| found.has_table()))
    })
}
