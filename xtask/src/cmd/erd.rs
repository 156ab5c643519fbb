//! The schema as a picture, in `docs/schema.md`.

use crate::{console, database, erd, files};
use anyhow::{Context, Result};
use boot::release;
use contract::artefacts::SNAPSHOT;
use contract::{Artefacts, Exit, Failure};
use migrations::file;
use snapshot::Document;
use std::path::Path;

/// Draw the schema: docs/schema.md, with a Mermaid diagram that Gitea shows.
///
/// Collections with their keys and required fields, relations with their numbers, and from snapshots/database.txt what a snapshot cannot express:
/// UNIQUE over several columns, tables and hypertables. `cargo xtask check` finds a picture that is not up to date, and `cargo xtask snapshot`
/// draws it anew by itself. Needs no database.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask erd              write docs/schema.md
  cargo xtask erd --check      exit code 3 when it is not up to date
  cargo xtask erd --stdout     print it instead")]
pub(crate) struct Args {
    /// Only compare, write nothing.
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print it, write nothing.
    #[arg(long)]
    stdout: bool,
}

/// Reads, draws, writes.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let text = draw(root)?;
    if args.stdout {
        console::result(text.trim_end());
        return Ok(Exit::Done);
    }
    let path = root.join(erd::PATH);
    if std::fs::read_to_string(&path).is_ok_and(|before| before == text) {
        console::say(&format!("{} is up to date", erd::PATH));
        return Ok(Exit::Done);
    }
    if args.check {
        return Err(Failure::new(format!("compare {} with the schema: it is not up to date", erd::PATH))
            .exit(Exit::Differences)
            .hint("cargo xtask erd")
            .into());
    }
    write(root, &text)?;
    console::say(&format!("wrote {}", erd::PATH));
    Ok(Exit::Done)
}

/// The picture of the checkout at `root`.
///
/// # Errors
/// A snapshot or migrations that cannot be read, by file and line.
pub(crate) fn draw(root: &Path) -> Result<String> {
    let text = std::fs::read_to_string(root.join(SNAPSHOT)).with_context(|| format!("read `{SNAPSHOT}`"))?;
    let document = Document::parse(&text).map_err(|error| release::unreadable(SNAPSHOT, &error))?;
    let migrations = file::discover(&Artefacts::at(root))?;
    Ok(erd::markdown(&document.snapshot, &database::read(root)?.catalog, &migrations))
}

/// Draws it where it is old, and says whether it was.
///
/// # Errors
/// As [`draw`], and when it cannot be written.
pub(crate) fn update(root: &Path) -> Result<bool> {
    let text = draw(root)?;
    let is_old = !std::fs::read_to_string(root.join(erd::PATH)).is_ok_and(|before| before == text);
    if is_old {
        write(root, &text)?;
    }
    Ok(is_old)
}

/// Writes it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(root: &Path, text: &str) -> Result<()> {
    let path = root.join(erd::PATH);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
    }
    files::replace(&path, text)
}
