//! The ledger: adopting the bash version's table, edited and missing files, reading without writing.

use crate::server::{Database, database, files};
use contract::{Exit, Phase};
use migrations::ledger::{self, Shape};
use migrations::plan;
use migrations::plan::Action;

/// The table as the bash version made and filled it.
fn bash_table(database: &Database) {
    database.execute(
        "CREATE TABLE IF NOT EXISTS migrations_applied (filename text PRIMARY KEY, applied_at timestamptz DEFAULT now());
         INSERT INTO migrations_applied (filename) VALUES ('001_a.sql'), ('004_junction_unique_constraints.sql')",
    );
}

#[test]
fn planning_changes_nothing_with_no_table_the_old_one_and_the_current_one() {
    let Some(database) = database() else { return };
    let everything = "SELECT string_agg(format('%s %s', attrelid::regclass, attname), ',' ORDER BY attrelid, attnum) FROM pg_attribute
         WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)";
    for (shape, change) in [(Shape::Missing, ""), (Shape::Old, "bash"), (Shape::Current, "run")] {
        match change {
            "bash" => bash_table(&database),
            "run" => {
                drop(database.run(&files(&[("db-init/001_a.sql", ""), ("db-init/002_b.sql", "")])).unwrap())
            }
            _ => {}
        }
        let before = database.ask(everything);
        let ledger = ledger::read(&mut database.client()).unwrap();
        assert_eq!((ledger.shape, ledger.table.schema.as_str()), (shape, "public"));
        plan::compute(&files(&[("db-init/001_a.sql", ""), ("db-init/002_b.sql", "")]), &ledger, &Phase::ALL)
            .unwrap();
        assert_eq!(database.ask(everything), before);
    }
}

#[test]
fn the_bash_versions_table_is_adopted_and_its_statements_still_work() {
    let Some(database) = database() else { return };
    bash_table(&database);
    let migrations = files(&[
        ("db-init/001_a.sql", "SELECT 1/0 -- must not run again"),
        ("db-init/002_b.sql", "CREATE TABLE b ()"),
    ]);
    let summary = &database.run(&migrations).unwrap()[0];
    assert_eq!((summary.adopted, summary.ran.len()), (1, 1));
    assert_eq!(
        database.ask("SELECT string_agg(concat_ws(':', filename, phase, number, length(checksum)), ' ' ORDER BY filename) FROM migrations_applied"),
        "001_a.sql:pre:1:64 002_b.sql:pre:2:64 004_junction_unique_constraints.sql"
    );
    // What the bash version does for each file.
    assert_eq!(database.ask("SELECT 1 FROM migrations_applied WHERE filename = '002_b.sql'"), "1");
    database.execute("INSERT INTO migrations_applied(filename) VALUES ('003_by_bash.sql')");
    let migrations = files(&[
        ("db-init/001_a.sql", "SELECT 1/0"),
        ("db-init/002_b.sql", "CREATE TABLE b ()"),
        ("db-init/003_by_bash.sql", ""),
    ]);
    let ledger = ledger::read(&mut database.client()).unwrap();
    let plan = plan::compute(&migrations, &ledger, &Phase::ALL).unwrap();
    assert_eq!(
        plan.steps.iter().map(|step| step.action).collect::<Vec<_>>(),
        [Action::Skip, Action::Skip, Action::Adopt]
    );
    assert_eq!(plan.orphans.len(), 1);
}

#[test]
fn edited_and_missing_files_are_refused_before_anything_runs() {
    let Some(database) = database() else { return };
    database.run(&files(&[("db-init/1_a.sql", "SELECT 1"), ("db-init/2_b.sql", "SELECT 2")])).unwrap();
    let text = database
        .failure(&files(&[("db-init/1_a.sql", "SELECT 3"), ("db-init/3_c.sql", "CREATE TABLE c ()")]));
    assert!(
        text.contains("`db-init/1_a.sql` was edited") && text.contains("`db-init/2_b.sql` was applied"),
        "{text}"
    );
    assert_eq!(database.ask("SELECT to_regclass('c') IS NULL"), "t");
}

#[test]
fn p24_the_ledger_is_in_public_and_another_first_schema_is_refused_with_the_statement_that_mends_it() {
    let Some(database) = database() else { return };
    let user = database.ask("SELECT quote_ident(current_user)");
    database.execute("CREATE SCHEMA s");
    let migrations =
        files(&[("db-init/2_b.sql", "SET search_path TO s; CREATE TABLE migrations_applied ()")]);
    database.run(&migrations).unwrap();
    assert_eq!(database.ask("SELECT count(*) FROM public.migrations_applied"), "1");
    // Each puts another schema first, and an empty table of that name with it. The first is what a role of that name finds by default.
    let name = database.ask("SELECT quote_ident(current_database())");
    let role = format!("IN DATABASE {name}");
    for (sql, first) in [
        (format!("CREATE SCHEMA {user}"), user.as_str()),
        (format!("DROP SCHEMA {user}; ALTER DATABASE {name} SET search_path TO s, public"), "s"),
        (format!("ALTER ROLE {user} {role} SET search_path TO s"), "s"),
    ] {
        database.execute(&sql);
        let failure = database.run(&migrations).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage, "{sql}");
        assert!(failure.what.contains(&format!("`{first}` is the first schema")), "{}", failure.render());
        let mend = failure.hint.expect("a statement");
        assert!(
            mend.starts_with(&format!("ALTER ROLE {user} {role} SET search_path TO public, {first}")),
            "{mend}"
        );
        database.execute(&mend);
        assert_eq!(database.run(&migrations).unwrap()[0].skipped, 1, "{sql}: nothing runs again");
        database.execute(&format!("ALTER ROLE {user} {role} RESET search_path"));
    }
}

#[test]
fn p24_a_file_that_changes_what_the_next_session_finds_is_told_of_at_once() {
    let Some(database) = database() else { return };
    let name = database.ask("SELECT quote_ident(current_database())");
    let sql = format!("CREATE SCHEMA app; ALTER DATABASE {name} SET search_path TO app");
    let text = database.failure(&files(&[("db-init/1_a.sql", &sql)]));
    assert!(
        text.contains("`app` is the first schema") && text.contains("has changed it for the next"),
        "{text}"
    );
    assert_eq!(database.ask("SELECT count(*) FROM public.migrations_applied"), "1");
}

#[test]
fn p24_a_ledger_in_another_schema_is_named_and_nothing_runs_again() {
    let Some(database) = database() else { return };
    let migrations = files(&[("db-init/1_a.sql", "CREATE TABLE a ()")]);
    database.run(&migrations).unwrap();
    database.execute("CREATE SCHEMA app; ALTER TABLE migrations_applied SET SCHEMA app");
    let failure = database.run(&migrations).unwrap_err();
    assert_eq!(
        (failure.exit, failure.hint.as_deref()),
        (Exit::Usage, Some("ALTER TABLE app.migrations_applied SET SCHEMA public;"))
    );
    database.execute(failure.hint.as_deref().expect("a statement"));
    assert_eq!(database.run(&migrations).unwrap()[0].skipped, 1);
}

#[test]
fn preparing_twice_changes_nothing() {
    let Some(database) = database() else { return };
    for _ in 0..2 {
        ledger::prepare(&mut database.client()).unwrap();
        assert_eq!(ledger::read(&mut database.client()).unwrap().shape, Shape::Current);
    }
    database.execute("INSERT INTO migrations_applied (filename, phase, number) VALUES ('1_a.sql', 'pre', 1)");
    let twice = database.client().batch_execute(
        "INSERT INTO migrations_applied (filename, phase, number) VALUES ('1_b.sql', 'pre', 1)",
    );
    assert!(twice.is_err(), "a number is taken once per phase");
}
