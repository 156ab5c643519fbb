//! The next migration, from a template that can run as it is.

use crate::template::{Ground, Template, Wanted, sql};
use crate::{console, database};
use anyhow::{Context, Result};
use boot::release;
use clap::ValueEnum;
use contract::artefacts::SNAPSHOT;
use contract::{Artefacts, Exit, Failure, Outcome, Phase};
use migrations::{Migrations, file};
use snapshot::{Document, Snapshot};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Write the next migration, numbered, from a guarded template.
///
/// The number is the next one of its folder, with as many digits as the others have. The file runs as it is: it makes something, asks first
/// whether that is there, and passes `cargo xtask check`. What is still yours to write begins with "Say what". Once a file ran anywhere it
/// never changes: the next change is the next file.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask new pre stage_times                              a table that Directus does not manage
  cargo xtask new pre readings --as hypertable
  cargo xtask new pre postgis --as extension
  cargo xtask new post vehicle_once --table entries --columns event,vehicle  UNIQUE over both
  cargo xtask new post entries_by_class --as index --table entries --columns event,class

Before the Directus schema (db-init/) its collections do not exist yet: what is about them belongs after it (db-init-post/).
A UNIQUE or an index over one column of a collection belongs into the snapshot (D14).")]
pub(crate) struct Args {
    /// Before or after the Directus schema.
    #[arg(value_enum)]
    phase: PhaseName,
    /// Words in lower case, joined by underscores: stage_times.
    name: String,
    /// What to make. Without it: in db-init/ a table, in db-init-post/ a UNIQUE.
    #[arg(long = "as", value_enum, value_name = "TEMPLATE")]
    template: Option<Template>,
    /// What the UNIQUE or index is on; of a table or an extension its name, when it is not NAME.
    #[arg(long)]
    table: Option<String>,
    /// What the UNIQUE or index is over.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    columns: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PhaseName {
    /// db-init/: before the Directus schema.
    Pre,
    /// db-init-post/: after it.
    Post,
}

impl PhaseName {
    fn phase(self) -> Phase {
        match self {
            PhaseName::Pre => Phase::Pre,
            PhaseName::Post => Phase::Post,
        }
    }
}

/// Numbers, fills in, writes.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let phase = args.phase.phase();
    let migrations = file::discover(&Artefacts::at(root))?;
    let path = next(&migrations, phase, &args.name)?;
    let snapshot = snapshot_of(root)?;
    let made = database::read(root)?.catalog;
    let wanted = Wanted {
        template: args.template.unwrap_or(Template::of(phase)),
        phase,
        name: &args.name,
        table: args.table.as_deref(),
        columns: &args.columns,
    };
    let text = sql(&wanted, &Ground { snapshot: &snapshot, made: &made, migrations: &migrations })?;
    write(root, &path, &text)?;
    console::result(&path);
    console::say(&format!("next: write what it is for, then {}", database::WRITE));
    Ok(Exit::Done)
}

/// The next path: `db-init/004_stage_times.sql`. Pure.
fn next(migrations: &Migrations, phase: Phase, name: &str) -> Outcome<String> {
    let refuse = |what: String| Failure::new(what).exit(Exit::Usage).cause("nothing was written");
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if !(name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('_').all(is_word)) {
        return Err(refuse(format!(
            "name a migration `{name}`: it is not of words in lower case, joined by underscores"
        ))
        .hint("for example: cargo xtask new pre stage_times"));
    }
    let words = |file: &str| file.split_once('_').map(|(_, words)| words.to_owned());
    if let Some(taken) =
        migrations.iter().find(|each| words(&each.name).is_some_and(|words| words == format!("{name}.sql")))
    {
        return Err(refuse(format!("name a migration `{name}`: `{}` has that name", taken.path))
            .hint("take another name; what ran is never changed, so the next change is a file of its own"));
    }
    let mut wanted = 1;
    let mut width = 3;
    for migration in migrations.of(phase) {
        if migration.number != wanted {
            return Err(refuse(format!(
                "number a migration in {}/: there is no number {wanted}, and `{}` is there",
                phase.folder(),
                migration.path
            ))
            .hint(format!(
                "a file that ran somewhere must stay: git log --diff-filter=D --name-only -- {}/ shows what was removed",
                phase.folder()
            )));
        }
        wanted += 1;
        width = migration.name.find('_').unwrap_or(width);
    }
    Ok(format!("{}/{wanted:0width$}_{name}.sql", phase.folder()))
}

/// The schema, or one without anything where there is no file yet.
fn snapshot_of(root: &Path) -> Outcome<Snapshot> {
    let text = match std::fs::read_to_string(root.join(SNAPSHOT)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "version: 1\n".to_owned(),
        Err(error) => return Err(Failure::new(format!("read `{SNAPSHOT}`")).exit(Exit::Usage).cause(error)),
    };
    Ok(Document::parse(&text).map_err(|error| release::unreadable(SNAPSHOT, &error))?.snapshot)
}

/// Never over a file that is there.
fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(root.join(path));
    file.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| format!("write `{path}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrations::Migration;

    fn files(paths: &[&str]) -> Migrations {
        Migrations::new(paths.iter().map(|path| {
            let (folder, name) = path.split_once('/').unwrap();
            let phase = if folder == "db-init" { Phase::Pre } else { Phase::Post };
            Migration::new(phase, file::parse_name(name).unwrap(), name, "")
        }))
    }

    fn check(paths: &[&str], phase: Phase, name: &str, expected: &str) {
        assert_eq!(next(&files(paths), phase, name).as_deref(), Ok(expected));
    }

    fn refused(paths: &[&str], name: &str, expected: &str) {
        let failure = next(&files(paths), Phase::Pre, name).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains(expected) && failure.hint.is_some(), "{failure:?}");
    }

    #[test]
    fn the_number_is_the_next_of_its_folder_as_wide_as_the_others() {
        check(&[], Phase::Pre, "a", "db-init/001_a.sql");
        check(
            &["db-init/001_a.sql", "db-init/002_b.sql", "db-init-post/001_c.sql"],
            Phase::Pre,
            "d",
            "db-init/003_d.sql",
        );
        check(
            &["db-init/001_a.sql", "db-init/002_b.sql", "db-init-post/001_c.sql"],
            Phase::Post,
            "d_2",
            "db-init-post/002_d_2.sql",
        );
        check(&["db-init/1_a.sql"], Phase::Pre, "b", "db-init/2_b.sql");
    }

    #[test]
    fn a_name_is_words_in_lower_case_that_no_other_file_has() {
        for name in ["", "A", "a-b", "a__b", "_a", "a_", "2a", "ä", "a b", "a.sql", "../a"] {
            refused(&[], name, "it is not of words in lower case");
        }
        refused(&["db-init-post/001_a.sql"], "a", "`db-init-post/001_a.sql` has that name");
    }

    #[test]
    fn a_gap_is_somebody_elses_file_that_was_lost() {
        refused(
            &["db-init/001_a.sql", "db-init/003_c.sql"],
            "d",
            "there is no number 2, and `db-init/003_c.sql` is there",
        );
        refused(&["db-init/002_a.sql"], "d", "there is no number 1");
    }
}
