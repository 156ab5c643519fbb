//! The ledger: adopting the bash version's table, edited and missing files, reading without writing.

use crate::server::{Database, database, files};
use contract::Phase;
use migrations::ledger::{self, Shape};
use migrations::plan::Action;
use migrations::{plan, session};

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
fn p6_the_ledger_is_found_where_it_is_on_the_search_path() {
    let Some(database) = database() else { return };
    let user = database.ask("SELECT current_user");
    database.execute(&format!("CREATE SCHEMA \"{user}\"; CREATE SCHEMA s"));
    bash_table(&database);
    let mut session = session::connect(&database.settings, "migrations test").unwrap();
    assert_eq!(
        ledger::read(session.client()).unwrap().table.to_string(),
        format!("\"{user}\".migrations_applied")
    );
    database
        .run(&files(&[("db-init/2_b.sql", "SET search_path TO s; CREATE TABLE migrations_applied ()")]))
        .unwrap();
    assert_eq!(database.ask(&format!("SELECT count(*) FROM \"{user}\".migrations_applied")), "3");
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
