//! What differs, in words: between the snapshot and a live database, or between two revisions of the repository.

use crate::cmd::apply;
use crate::rehearsal::revision::{self, Revision};
use crate::{console, engine};
use anyhow::Result;
use boot::diff::{self, Change};
use boot::{Boot, Interrupt, release};
use contract::artefacts::SNAPSHOT;
use contract::{Exit, Failure, Outcome};
use serde_json::json;
use snapshot::Snapshot;
use std::fmt::Write;
use std::path::Path;

/// Say in words how schemas differ: what `apply` would do, or what changed between two revisions.
///
/// Without REVISIONS it compares the live database (that of DB_HOST…, else that of the instance that `cargo xtask up` runs) with
/// snapshots/schema.yaml, and counts the rows that a change would cost. With REVISIONS it compares the file as git has it, without any
/// database: A..B from A to B, A...B from where they went their ways to B, A alone from A to the working tree.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask diff                              what `cargo xtask apply` would do to the live database
  cargo xtask diff main..HEAD                   ~ classes.name: width half → full
  cargo xtask diff origin/main...HEAD --markdown   for a pull request
  cargo xtask diff v1.4 --json                  {\"from\": …, \"to\": …, \"changes\": […], \"summary\": …}
  cargo xtask diff main..HEAD --check           exit code 3 when they differ")]
pub(crate) struct Args {
    /// A..B, A...B, or A.
    #[arg(value_name = "REVISIONS")]
    revisions: Option<String>,
    /// The result as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// The result as Markdown.
    #[arg(long)]
    markdown: bool,
    /// End with exit code 3 when there are differences.
    #[arg(long)]
    check: bool,
}

/// Reads both sides, compares, prints.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let differs = match &args.revisions {
        Some(revisions) => between(&args, root, revisions)?,
        None => with_live(&args, root)?,
    };
    Ok(if args.check && differs { Exit::Differences } else { Exit::Done })
}

fn between(args: &Args, root: &Path, revisions: &str) -> Result<bool> {
    let (before, after) = sides(root, revisions)?;
    // Side by side: reading is most of the time.
    let (old, new) = std::thread::scope(|scope| {
        let old = scope.spawn(|| before.read(root));
        let new = after.read(root);
        (old.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), new)
    });
    let (old, new) = (old?, new?);
    // A side without the file is a side without a schema, of whatever Directus the other is.
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) => (old.clone(), old.emptied()),
        (None, Some(new)) => (new.emptied(), new),
        (None, None) => {
            return Err(Failure::new(format!("compare `{revisions}`: neither side has {SNAPSHOT}"))
                .exit(Exit::Usage)
                .into());
        }
    };
    let changes = diff::revised(&old, &new);
    let lines: Vec<String> = changes.iter().map(Change::line).collect();
    if args.json {
        let all: Vec<_> = changes.iter().map(Change::to_json).collect();
        let json = json!({ "from": before.to_json(), "to": after.to_json(), "changes": all, "summary": diff::summary(&changes) });
        console::result(&json.to_string());
    } else {
        print(args, &lines, &changes);
    }
    console::say(&format!("{} → {}: {}", before.describe(), after.describe(), diff::summary(&changes)));
    Ok(!changes.is_empty())
}

fn with_live(args: &Args, root: &Path) -> Result<bool> {
    let settings = engine::boot_settings(root, engine::live_environment(root)?)?;
    apply::require_known_keys(&settings)?;
    apply::say_what_is_compared(&settings);
    let interrupt = Interrupt::default();
    let comparison = Boot::new(&settings, &interrupt).compare(&mut |event| apply::tell(&event))?;
    if args.json {
        console::result(&apply::to_json(&comparison, apply::Done::Planned).to_string());
    } else {
        print(args, &comparison.lines(), &comparison.changes);
    }
    apply::say_notes(&comparison);
    console::say(&format!("{} → {SNAPSHOT}: {}", settings.database.describe(), comparison.summary()));
    if let Err(failure) = &comparison.verdict {
        console::say(&format!("note: cargo xtask apply would refuse: {}", failure.what));
    }
    Ok(!comparison.changes.is_empty())
}

fn print(args: &Args, lines: &[String], changes: &[Change]) {
    match args.markdown {
        true => console::result(markdown(lines, changes).trim_end()),
        false => lines.iter().for_each(|line| console::result(line)),
    }
}

/// For a pull request: a heading, the lines in a block that colours them, and what would need a consent.
fn markdown(lines: &[String], changes: &[Change]) -> String {
    let mut text = format!("### Schema: {}\n", diff::summary(changes));
    if lines.is_empty() {
        return text;
    }
    // Longer than any run of backticks inside: what is in a note stays in the block.
    let fence = "`".repeat(lines.iter().map(|line| longest_run(line, '`')).max().unwrap_or(0).max(2) + 1);
    let _ = write!(text, "\n{fence}diff\n{}\n{fence}\n", lines.join("\n"));
    let destroyed: Vec<String> =
        changes.iter().filter(|change| change.kind.destroys()).map(|change| quoted(&change.name())).collect();
    if !destroyed.is_empty() {
        let _ = write!(
            text,
            "\n**Loses data where there is some**, so a boot asks for a consent by name: {}\n",
            destroyed.join(", ")
        );
    }
    text
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|c| c != wanted).map(str::len).max().unwrap_or(0)
}

/// A name as code, whatever is in it.
fn quoted(name: &str) -> String {
    let name = name.replace(char::is_control, " ");
    let fence = "`".repeat(longest_run(&name, '`') + 1);
    match fence.len() {
        1 => format!("`{name}`"),
        _ => format!("{fence} {name} {fence}"),
    }
}

/// One side of a comparison.
enum Side {
    Revision(Revision),
    WorkingTree,
}

/// `A..B`, `A...B`, `A`; an empty end is HEAD, as in git.
fn sides(root: &Path, revisions: &str) -> Outcome<(Side, Side)> {
    let resolve = |name: &str| revision::resolve(root, if name.is_empty() { "HEAD" } else { name });
    if let Some((one, other)) = revisions.split_once("...") {
        let (one, other) = (resolve(one)?, resolve(other)?);
        let base = revision::merge_base(root, &one, &other)?;
        return Ok((Side::Revision(base), Side::Revision(other)));
    }
    match revisions.split_once("..") {
        Some((one, other)) => Ok((Side::Revision(resolve(one)?), Side::Revision(resolve(other)?))),
        None => Ok((Side::Revision(resolve(revisions)?), Side::WorkingTree)),
    }
}

impl Side {
    /// The schema there; `None` when there is no file.
    fn read(&self, root: &Path) -> Outcome<Option<Snapshot>> {
        let (bytes, file) = match self {
            Side::Revision(revision) => {
                let file = format!("{}:{SNAPSHOT}", short(revision));
                (revision::file(root, revision, SNAPSHOT)?, file)
            }
            Side::WorkingTree => match std::fs::read(root.join(SNAPSHOT)) {
                Ok(bytes) => (Some(bytes), SNAPSHOT.to_owned()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => (None, SNAPSHOT.to_owned()),
                Err(error) => {
                    return Err(Failure::new(format!("read `{SNAPSHOT}`")).exit(Exit::Usage).cause(error));
                }
            },
        };
        let Some(bytes) = bytes else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        Snapshot::read(&text).map(Some).map_err(|error| release::unreadable(&file, &error))
    }

    fn describe(&self) -> String {
        match self {
            Side::Revision(revision) => format!("{} ({})", revision.why, short(revision)),
            Side::WorkingTree => "the working tree".to_owned(),
        }
    }

    /// The commit; null for the working tree.
    fn to_json(&self) -> Option<&str> {
        match self {
            Side::Revision(revision) => Some(&revision.commit),
            Side::WorkingTree => None,
        }
    }
}

fn short(revision: &Revision) -> &str {
    revision.commit.get(..12).unwrap_or(&revision.commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str) -> Vec<Change> {
        let snapshot = |text: &str| Snapshot::parse(&format!("version: 1\nfields:\n{text}")).unwrap();
        diff::revised(&snapshot(before), &snapshot(after))
    }

    fn check(changes: &[Change], expected: &str) {
        let lines: Vec<String> = changes.iter().map(Change::line).collect();
        assert_eq!(markdown(&lines, changes), expected);
    }

    #[test]
    fn markdown_is_a_coloured_block_and_names_what_loses_data() {
        let dropped = changes(
            "  - {collection: vehicles, field: colour, type: string}\n",
            "  - {collection: a, field: b, type: uuid}\n",
        );
        check(
            &dropped,
            "### Schema: add 1 field; drop 1 field\n\n```diff\n+ a.b (uuid)\n- vehicles.colour (dropped)\n```\n\n\
             **Loses data where there is some**, so a boot asks for a consent by name: `vehicles.colour`\n",
        );
        check(&[], "### Schema: no differences\n");
    }

    #[test]
    fn what_is_in_a_note_does_not_end_the_block() {
        let field = |note: &str| format!("  - {{collection: a, field: b, meta: {{note: {note}}}}}\n");
        let noted = changes(&field("x"), &field("'```` y'"));
        check(&noted, "### Schema: change 1 field\n\n`````diff\n~ a.b: note x → ```` y\n`````\n");
    }
}
