//! The live schema, written to `snapshots/schema.yaml` in canonical order; or only compared with it. What changed is said in words.

use crate::cmd::{self, apply};
use crate::{check, console, database, engine, erd, files};
use anyhow::Result;
use boot::state::{Directus, State};
use boot::{BootSettings, Bridge, ReleaseId, directus, gate, release};
use catalog::{Catalog, Class, File, Line};
use contract::artefacts::SNAPSHOT;
use contract::{Exit, Failure, Outcome};
use migrations::file;
use migrations::session::{self, Session, describe};
use serde_json::{Value, json};
use snapshot::change::{self, Change};
use snapshot::ghosts::{self, Stripped};
use snapshot::{Document, Finding, Snapshot, canonical, rules};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// Write the live schema to snapshots/schema.yaml, and say in words what changed.
///
/// Reads the database that DB_HOST… name, else that of the instance that `cargo xtask up` runs, through the pinned Directus, and writes what
/// `directus schema snapshot` would, in an order that does not depend on who made which field first. Collections that Directus did not make
/// (a table of a migration that somebody turned into a collection by a click) are left out and named. The file is replaced in one step,
/// and only when something differs; docs/schema.md is drawn anew with it.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask snapshot             + entries.start_time (timestamp, required)
                                   ~ classes.name: width half → full
                                   - vehicles.colour (dropped)
  cargo xtask snapshot --check     only compare; exit code 3 when they differ, or the database has what no file makes
  cargo xtask snapshot --json      {\"written\": …, \"changes\": […], \"findings\": […], …}
  DB_HOST=localhost DB_DATABASE=rally DB_USER=directus DB_PASSWORD_FILE=pw cargo xtask snapshot")]
pub(crate) struct Args {
    /// Only compare, write nothing.
    #[arg(long)]
    check: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// Reads, compares, writes, and says what is to be thought of next.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let migrations = file::discover(&contract::Artefacts::at(root))?;
    let file = database::read(root)?;
    let made = &file.catalog;
    let db_only: Vec<String> = made.db_only_tables().map(str::to_owned).collect();
    let settings = engine::boot_settings(root, engine::live_environment(root)?)?;
    apply::require_known_keys(&settings)?;
    console::say(&format!("reading the schema of {} through Directus", settings.database.describe()));
    // Node imports Directus meanwhile.
    let mut bridge = engine::bridge(&settings)?;
    // Over a file with a conflict in it nothing is written: one side of it is not in the database.
    let before = Before::read(&root.join(SNAPSHOT))?;
    let mut session =
        session::wait_and_connect(&settings.database, "cargo-xtask", settings.db_wait_s, &mut console::say)?;
    require_installed(&mut session, &settings)?;
    let taken = take(&mut bridge, &mut session, &db_only)?;
    drop(bridge);
    let unmanaged = unmanaged(&mut session, &file)?;
    let live = canonical(&taken.snapshot);
    let text = live.to_yaml();
    let differs = before.text.as_deref() != Some(text.as_str());
    let (document, changes, picture) = std::thread::scope(|scope| {
        let document = scope.spawn(|| read_back(&text, &live));
        let changes = match differs {
            true => change::revised(before.snapshot.as_ref().unwrap_or(&live.emptied()), &live),
            false => Vec::new(),
        };
        let picture = erd::markdown(&live, made, &migrations);
        (document.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), changes, picture)
    });
    let document = document?;
    let hints = hints(&changes, &live, made);
    if differs && !args.check {
        files::replace(&root.join(SNAPSHOT), &text)?;
        cmd::erd::write(root, &picture)?;
    }
    // A comparison is about the file that is there.
    let findings = if args.check { Vec::new() } else { judge(&document, &db_only) };
    let report = Report {
        args: &args,
        differs,
        changes: &changes,
        taken: &taken,
        unmanaged: &unmanaged,
        hints: &hints,
        findings: &findings,
    };
    report.tell();
    match (args.check, findings.is_empty()) {
        (true, _) => compared(differs, &taken, &unmanaged),
        (false, true) => Ok(Exit::Done),
        (false, false) => Ok(Exit::Differences),
    }
}

/// The file before.
struct Before {
    text: Option<String>,
    snapshot: Option<Snapshot>,
}

impl Before {
    fn read(path: &Path) -> Outcome<Before> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Before { text: None, snapshot: None });
            }
            Err(error) => {
                return Err(Failure::new(format!("read `{}`", path.display()))
                    .exit(Exit::Usage)
                    .cause(error));
            }
        };
        // Doubtful scalars are a rule's business: they are what this command puts right.
        let snapshot = Snapshot::read(&text)
            .map_err(|error| release::unreadable(SNAPSHOT, &error).cause("nothing was written"))?;
        Ok(Before { text: Some(text), snapshot: Some(snapshot) })
    }
}

/// The schema that the database has, as the pinned Directus sees it, without ghosts.
fn take(bridge: &mut Bridge, session: &mut Session, db_only: &[String]) -> Result<Stripped> {
    let tracked = tracked(session, db_only)?;
    let live = engine::snapshot_of(bridge)?;
    let names: HashSet<&str> = db_only.iter().map(String::as_str).collect();
    let mut stripped = ghosts::strip(&live, &names);
    stripped.ghosts.extend(tracked);
    match stripped.pointing.first() {
        None => Ok(stripped),
        Some((field, ghost)) => Err(Failure::new(format!("take a snapshot: `{field}` points to `{ghost}`, which Directus does not manage"))
            .cause("without the other end the relation would not be applied, and with it a migration's table would be managed (D11, D12)")
            .hint(format!("remove the relation of `{field}` in Directus; a foreign key to `{ghost}` belongs in db-init-post/"))
            .into()),
    }
}

/// What hangs on the schema and no snapshot shows: a column without metadata (D41), an index, a CHECK, a trigger, a table of somebody's own.
fn unmanaged(session: &mut Session, file: &File) -> Outcome<Vec<Line>> {
    if file.catalog.is_empty() {
        return Ok(Vec::new());
    }
    let (live, _) = boot::state::catalog(session)?;
    Ok(file.catalog.drift(&file.of(&live)).unmanaged)
}

/// Directus itself stumbles over a database of another version, with an error of the server's.
fn require_installed(session: &mut Session, settings: &BootSettings) -> Outcome<()> {
    let refuse = |what: &str| Failure::new(format!("take a snapshot: {what}")).exit(Exit::Usage);
    let state = State::read(session, &ReleaseId::from_record(""), true)?;
    let Directus::Installed { system_migrations, .. } = state.directus else {
        return Err(refuse("the database has no Directus")
            .hint("is it the right DB_DATABASE? cargo xtask up makes one that has"));
    };
    let wanted = directus::system_migrations(&settings.directus)?;
    let pending: Vec<String> =
        wanted.into_iter().filter(|version| !system_migrations.contains(version)).collect();
    let version = directus::version(&settings.directus).unwrap_or_default();
    match pending.is_empty() {
        true => Ok(()),
        false => Err(refuse(&format!("the database is of an older Directus than {version}"))
            .cause(format!("system migrations that it has not run: {}", pending.join(", ")))
            .hint("boot it once with this version: cargo xtask up, or the image; or check out the version that made it")),
    }
}

/// The tables of migrations that Directus has metadata of. It is told not to look at them, so that no snapshot shows them.
fn tracked(session: &mut Session, db_only: &[String]) -> Outcome<BTreeSet<String>> {
    let rows = session.client().query(
        "SELECT collection::text FROM directus_collections WHERE collection = ANY($1) \
         UNION SELECT collection::text FROM directus_fields WHERE collection = ANY($1) \
         UNION SELECT many_collection::text FROM directus_relations WHERE many_collection = ANY($1)",
        &[&db_only],
    );
    match rows {
        Ok(rows) => Ok(rows.iter().map(|row| row.get(0)).collect()),
        Err(error) => Err(Failure::new("ask which tables Directus has metadata of").cause(describe(&error))),
    }
}

/// What is written must be read as what was meant, before it is written.
fn read_back(text: &str, live: &Snapshot) -> Result<Document> {
    let document =
        Document::parse(text).map_err(|error| Failure::new("read the new snapshot back").cause(error))?;
    if document.doubts.is_empty() && document.snapshot == *live {
        return Ok(document);
    }
    Err(Failure::new("read the new snapshot back: it is not what was written")
        .cause("this is a mistake of this program; nothing was written")
        .into())
}

/// What a snapshot cannot say, and a migration should.
fn hints(changes: &[Change], live: &Snapshot, made: &Catalog) -> Vec<String> {
    let touched: HashSet<&str> = changes
        .iter()
        .filter(|change| change.action == change::Action::Add)
        .map(|change| change.collection.as_str())
        .collect();
    let new = check::junctions::lacking(live, made).into_iter();
    new.filter(|junction| touched.contains(junction.collection.as_str()))
        .map(|junction| {
            format!("{}:\n    {}", check::junctions::what(&junction), check::junctions::remedy(&junction))
        })
        .collect()
}

/// What there is to say.
struct Report<'a> {
    args: &'a Args,
    differs: bool,
    changes: &'a [Change],
    taken: &'a Stripped,
    unmanaged: &'a [Line],
    hints: &'a [String],
    findings: &'a [Finding],
}

impl Report<'_> {
    fn tell(&self) {
        if self.args.json {
            console::result(&self.to_json().to_string());
        } else {
            self.changes.iter().for_each(|change| console::result(&change.line()));
        }
        for ghost in &self.taken.ghosts {
            console::say(&format!("left out: `{ghost}`, which Directus did not make (D12)"));
            console::say(
                "  hint: if it is db-only, in SQL; never \"delete\" it in Directus, that drops the table",
            );
            console::say(&format!("    {}", gate::forget(ghost)));
        }
        self.taken.with_them.iter().for_each(|field| console::say(&format!("left out with it: `{field}`")));
        for line in catalog::condensed(self.unmanaged) {
            console::say(&format!("in the database and not in git: {line}"));
        }
        // Of what Directus makes the snapshot tells, and a dry run writes it down.
        if self.unmanaged.iter().any(|line| line.class() == Class::DbOnly) {
            console::say(&format!(
                "  hint: Directus knows nothing of it; write a migration that makes it, and then: {}",
                database::WRITE
            ));
        }
        self.hints.iter().for_each(|hint| console::say(&format!("hint: {hint}")));
        let what = match (self.differs, self.changes) {
            (false, _) => format!("{SNAPSHOT} is what the database has"),
            (true, []) => "the same schema in another order or spelling".to_owned(),
            (true, changes) => change::summary(changes),
        };
        console::say(&what);
        if self.differs && !self.args.check {
            console::say(&format!("wrote {SNAPSHOT}, and {}", erd::PATH));
            console::say(&format!("next: {}, which writes snapshots/database.txt to it", database::WRITE));
        }
        // What makes the exit code 3 is said however quiet it is to be.
        self.findings.iter().for_each(|finding| console::complain(&finding.to_string()));
    }

    fn to_json(&self) -> Value {
        json!({
            "differs": self.differs,
            "written": self.differs && !self.args.check,
            "changes": self.changes.iter().map(Change::to_json).collect::<Vec<_>>(),
            "ghosts": self.taken.ghosts,
            "left_out_with_them": self.taken.with_them,
            "unmanaged": self.unmanaged.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "hints": self.hints,
            "findings": self.findings.iter().map(cmd::check::as_json).collect::<Vec<_>>(),
        })
    }
}

/// Exit 3 when the files are not what the database has.
fn compared(differs: bool, taken: &Stripped, unmanaged: &[Line]) -> Result<Exit> {
    let what = match (differs, taken.ghosts.is_empty(), unmanaged.is_empty()) {
        (false, true, true) => return Ok(Exit::Done),
        (true, ..) => "they differ",
        (false, false, _) => "it has collections that Directus did not make",
        (false, true, false) => "it has objects that no file in git makes",
    };
    let failure =
        Failure::new(format!("compare {SNAPSHOT} with the database: {what}")).exit(Exit::Differences);
    Err(if differs { failure.hint("cargo xtask snapshot") } else { failure }.into())
}

/// What the database has may not be fit for another one: Directus' app tidies up what its API leaves behind.
fn judge(document: &Document, db_only: &[String]) -> Vec<Finding> {
    let version = document.snapshot.directus().unwrap_or_default();
    let findings = [
        rules::keys(document, version),
        rules::references(document),
        rules::columns(document),
        rules::ghost_collection(document, db_only),
    ];
    findings.into_iter().flatten().collect()
}
