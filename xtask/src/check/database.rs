//! The rule over `snapshots/database.txt`: it is what every boot is proved by, so it must be of these very files.

use super::Context;
use crate::database::{self, WRITE};
use contract::artefacts::{CATALOG, SNAPSHOT};
use snapshot::Finding;

pub(crate) const RULE: &str = "database-catalog";

/// It is there, as it was written, and of these migrations and this snapshot. Whether it is true, a dry run tells.
pub(crate) fn catalog(context: &Context) -> Vec<Finding> {
    let finding = |message: &str| Finding::error(RULE, CATALOG, message).hint(WRITE);
    let file = match &context.catalog {
        None => return vec![finding("the file is missing: no boot could be proved")],
        Some(Err(wrong)) => {
            let message = format!("{}: this file is written again, never edited", wrong.message);
            return vec![finding(&message).at(wrong.line, 1)];
        }
        Some(Ok(file)) => file,
    };
    let text = |path: &str| context.repository.text(path).ok().flatten();
    let is = text(CATALOG).unwrap_or_default().replace("\r\n", "\n");
    let wanted = file.to_text();
    if is != wanted {
        let line = is.lines().zip(wanted.lines()).position(|(is, wanted)| is != wanted);
        let line = line.unwrap_or_else(|| is.lines().count().min(wanted.lines().count()));
        return vec![finding("it is not as it was written: never edit it").at(line + 1, 1)];
    }
    // Of files that cannot be read, other rules speak.
    if !context.problems.is_empty() {
        return Vec::new();
    }
    let now = database::origins(&context.migrations, text(SNAPSHOT).as_deref());
    let stale = database::stale(file, &now);
    if stale.is_empty() {
        return Vec::new();
    }
    vec![finding(&format!("it was written before other files were: {}", stale.join(", ")))]
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;
    use catalog::File;
    use contract::Phase;
    use migrations::{Migration, Migrations};

    const SQL: (&str, &str) = ("db-init/001_a.sql", "CREATE TABLE a (b int);\n");
    const SCHEMA: (&str, &str) = (SNAPSHOT, "version: 1\n");

    fn written() -> String {
        let migrations = Migrations::new([Migration::new(Phase::Pre, 1, "001_a.sql", SQL.1)]);
        let lines = "# except table a_*: by date\n[migrations]\ntable a\n";
        let file = File::parse(lines).unwrap();
        File { origins: database::origins(&migrations, Some(SCHEMA.1)), ..file }.to_text()
    }

    #[test]
    fn a_file_of_these_migrations_and_this_snapshot_is_fine() {
        let text = written();
        check(RULE, &[SQL, SCHEMA, (CATALOG, &text)], &[]);
        check(RULE, &[SQL, SCHEMA, (CATALOG, &text.replace('\n', "\r\n"))], &[]);
        // A comment is no other migration.
        let commented = (SQL.0, "-- Devices.\nCREATE TABLE a (b int);\n");
        check(RULE, &[SQL, SCHEMA, (CATALOG, &text), ("seeds/a.yaml", "")], &[]);
        check(
            RULE,
            &[commented, SCHEMA, (CATALOG, &text)],
            &[
                "snapshots/database.txt: database-catalog: it was written before other files were: `db-init/001_a.sql` changed",
            ],
        );
    }

    #[test]
    fn one_of_other_files_is_found_with_what_became_of_them() {
        let text = written();
        check(
            RULE,
            &[("db-init/001_a.sql", "SELECT 1;"), ("db-init/002_b.sql", "SELECT 1;"), (CATALOG, &text)],
            &[
                "snapshots/database.txt: database-catalog: it was written before other files were: `db-init/001_a.sql` changed, \
               `db-init/002_b.sql` is new, `snapshots/schema.yaml` is gone",
            ],
        );
    }

    #[test]
    fn one_that_is_missing_edited_or_in_conflict_is_found() {
        check(
            RULE,
            &[SQL, SCHEMA],
            &["snapshots/database.txt: database-catalog: the file is missing: no boot could be proved"],
        );
        let edited = written().replace("table a\n", "table b\ntable a\n");
        check(
            RULE,
            &[SQL, SCHEMA, (CATALOG, &edited)],
            &["snapshots/database.txt:10:1: database-catalog: it is not as it was written: never edit it"],
        );
        let conflict = written().replace("table a\n", "<<<<<<< HEAD\ntable a\n");
        check(
            RULE,
            &[SQL, SCHEMA, (CATALOG, &conflict)],
            &[
                "snapshots/database.txt:10:1: database-catalog: a merge conflict: this file is written again, never edited",
            ],
        );
    }
}
