//! The snapshot, applied to a live database: the boot's own plan, gate and proof, for the database that a person works on.

use crate::{console, engine};
use anyhow::Result;
use boot::perform::Comparison;
use boot::{Boot, BootSettings, Event, Interrupt};
use contract::artefacts::SNAPSHOT;
use contract::{Exit, Failure, Outcome};
use serde_json::{Value, json};
use snapshot::{Document, rules};
use std::path::Path;

/// Apply snapshots/schema.yaml to a live database, or show what that would do.
///
/// The database is the one that DB_HOST… name, else that of the instance that `cargo xtask up` runs. What would be done is shown first, with
/// the rows at stake; what would destroy data is refused with exit code 4 unless it is named in RUNNER_ALLOW_DESTRUCTIVE, exactly as at a
/// boot. Afterwards Directus' own comparison must be empty. Migrations are not run (`cargo xtask db-init` does), and no release is recorded:
/// that is the boot's to do, once it has proved everything.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask apply --plan           + entries.start_time (timestamp, required)
                                     - vehicles.colour (dropped, 14 rows hold a value)
  cargo xtask apply
  cargo xtask apply --plan --json    {\"release\": …, \"changes\": [{\"line\": …, \"rows\": …}], \"refused\": …}

Exit codes:
  0 done, or nothing to do   1 it was not done   2 usage or configuration   4 refused: it would destroy data   6 a boot holds the lock")]
pub(crate) struct Args {
    /// Only show what would be done.
    #[arg(long)]
    plan: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// Compares, shows, and applies.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let settings = engine::boot_settings(root, engine::live_environment(root)?)?;
    require_known_keys(&settings)?;
    say_what_is_compared(&settings);
    let interrupt = Interrupt::default();
    let boot = Boot::new(&settings, &interrupt);
    let report = &mut |event| tell(&event);
    if args.plan {
        let comparison = boot.compare(report)?;
        show(&args, &comparison);
        if args.json {
            console::result(&to_json(&comparison, Done::Planned).to_string());
        }
        comparison.verdict?;
        return Ok(Exit::Done);
    }
    let mut seen = None;
    let outcome = boot.apply(report, &mut |comparison| {
        show(&args, comparison);
        seen = Some(comparison.clone());
    });
    if let (true, Some(comparison)) = (args.json, &seen) {
        let done = if outcome.is_ok() { Done::Applied } else { Done::Planned };
        console::result(&to_json(comparison, done).to_string());
    }
    conclude(&outcome?);
    Ok(Exit::Done)
}

/// Refuses a snapshot with keys that Directus does not have: an apply and the next snapshot would drop them in silence, and whoever wrote
/// them meant something. A file that another Directus wrote is another matter: an upgrade must not stand in its own way.
///
/// # Errors
/// Exit 2 with everything that is wrong with its keys, by line.
pub(crate) fn require_known_keys(settings: &BootSettings) -> Outcome<()> {
    // What cannot be read is the next reader's to refuse.
    let document = std::fs::read_to_string(settings.artefacts.snapshot())
        .ok()
        .and_then(|text| Document::parse(&text).ok());
    let (Some(document), Some(pinned)) = (document, boot::directus::version(&settings.directus)) else {
        return Ok(());
    };
    if document.snapshot.directus() != Some(&pinned) || !rules::has_unknown_keys(&document, &pinned) {
        return Ok(());
    }
    let lines: Vec<String> = rules::keys(&document, &pinned)
        .iter()
        .map(|finding| format!("  - {}:{}: {}", finding.path, finding.line.unwrap_or(1), finding.message))
        .collect();
    Err(Failure::new(format!("read `{SNAPSHOT}`: it has keys that Directus {pinned} does not have"))
        .exit(Exit::Usage)
        .excerpt(lines.join("\n"))
        .cause("nothing was written")
        .hint("take them out of the file, or spell them as Directus does"))
}

/// Node imports Directus, and a large schema takes its time.
pub(crate) fn say_what_is_compared(settings: &BootSettings) {
    console::say(&format!("comparing {} with {SNAPSHOT} through Directus", settings.database.describe()));
}

/// Before anything is done, or refused.
fn show(args: &Args, comparison: &Comparison) {
    if !args.json {
        comparison.lines().iter().for_each(|line| console::result(line));
    }
    say_notes(comparison);
}

fn conclude(comparison: &Comparison) {
    if comparison.changes.is_empty() {
        return console::say("nothing to apply: the database is what snapshots/schema.yaml says");
    }
    console::say(&format!("applied and proved: {}", comparison.summary()));
    console::say("a Directus that is running knows the schema it started with; restart it to see this");
}

/// What is worth saying beside the changes.
pub(crate) fn say_notes(comparison: &Comparison) {
    comparison.notes.iter().for_each(|note| console::say(&format!("note: {note}")));
}

/// What a comparison led to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Nothing: it was only planned, or refused, or it failed.
    Planned,
    /// Everything, and it was proved.
    Applied,
}

/// The comparison for a machine.
pub(crate) fn to_json(comparison: &Comparison, done: Done) -> Value {
    let changes = comparison.changes.iter().zip(comparison.lines()).map(|(change, line)| {
        let mut json = change.to_json();
        json["line"] = json!(line);
        json["rows"] = comparison
            .stakes
            .iter()
            .filter(|stake| stake.is_of(change))
            .map(|stake| json!({ "count": stake.count, "what": stake.sentence(), "fails": stake.risk.fails() }))
            .collect();
        json
    });
    json!({
        "release": comparison.release.as_str(),
        "applied": done == Done::Applied && !comparison.changes.is_empty(),
        "changes": changes.collect::<Vec<_>>(),
        "summary": comparison.summary(),
        "notes": comparison.notes,
        "refused": refusal(&comparison.verdict),
    })
}

fn refusal(verdict: &Outcome<Vec<String>>) -> Option<Value> {
    let Failure { what, causes, hint, exit, .. } = verdict.as_ref().err()?;
    Some(json!({ "what": what, "causes": causes, "hint": hint, "exit": exit.code() }))
}

/// The steps of the way, as they are taken.
pub(crate) fn tell(event: &Event) {
    match event {
        Event::Doing(text) => console::say(text),
        Event::Note(text) => console::say(&format!("note: {text}")),
        Event::Begin { .. } | Event::Done { .. } => {}
    }
}
