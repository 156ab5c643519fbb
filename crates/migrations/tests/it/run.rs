//! Running files: transactions, state between files, many files, lost connections.

use crate::server::{database, files, throwaway_database};
use contract::Phase;
use migrations::file::{Migration, Migrations};
use migrations::run::Event;
use migrations::{ledger, plan, session};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[test]
fn files_run_in_order_and_a_second_run_does_nothing() {
    let Some(database) = database() else { return };
    let migrations = files(&[
        ("db-init/2_insert.sql", "INSERT INTO t VALUES ('two;') ; -- the end"),
        ("db-init/1_table.sql", "CREATE TABLE t (a text);"),
        ("db-init/10_last.sql", "-- nothing but a comment"),
        ("db-init-post/1_post.sql", "INSERT INTO t VALUES ('post')"),
    ]);
    let ran: Vec<_> = database
        .run(&migrations)
        .unwrap()
        .into_iter()
        .flat_map(|summary| summary.ran)
        .map(|(path, _)| path)
        .collect();
    assert_eq!(
        ran,
        ["db-init/1_table.sql", "db-init/2_insert.sql", "db-init/10_last.sql", "db-init-post/1_post.sql"]
    );
    assert_eq!(database.ask("SELECT string_agg(a, ',') FROM t"), "two;,post");
    assert_eq!(
        database.ask(
            "SELECT count(*) FROM migrations_applied WHERE length(checksum) = 64 AND elapsed_ms IS NOT NULL"
        ),
        "4"
    );

    let again = database.run(&migrations).unwrap();
    assert_eq!(
        again.iter().map(|summary| (summary.ran.len(), summary.skipped)).collect::<Vec<_>>(),
        [(0, 3), (0, 1)]
    );
}

#[test]
fn a_failing_file_leaves_nothing_and_the_ones_before_it_stay() {
    let Some(database) = database() else { return };
    let mut sources = vec![
        ("db-init/1_a.sql", "CREATE TABLE a ()"),
        ("db-init/2_b.sql", "CREATE TABLE b (); SELECT 1/0; CREATE TABLE c ()"),
    ];
    let text = database.failure(&files(&sources));
    assert!(
        text.contains(
            "rolled back: nothing of this file remains; the 1 migration that ran before it stays applied"
        ),
        "{text}"
    );
    assert_eq!(database.ask("SELECT to_regclass('a') IS NOT NULL AND to_regclass('b') IS NULL"), "t");
    assert_eq!(database.ask("SELECT string_agg(filename, ',') FROM migrations_applied"), "1_a.sql");

    sources[1].1 = "CREATE TABLE b ()";
    assert_eq!(database.run(&files(&sources)).unwrap()[0].ran.len(), 1);
}

#[test]
fn notices_reach_the_observer_with_their_file() {
    let Some(database) = database() else { return };
    let mut heard = Vec::new();
    let migrations =
        files(&[("db-init/1_a.sql", "DO $$ BEGIN RAISE NOTICE 'one'; END $$; DROP TABLE IF EXISTS x")]);
    database
        .run_observed(&migrations, &mut |event| match event {
            Event::Started { migration, index, total } => {
                heard.push(format!("{} {index}/{total}", migration.path))
            }
            Event::Notice { notice, .. } => heard.push(notice.message().to_owned()),
            Event::Finished { migration, .. } => heard.push(format!("done {}", migration.path)),
            Event::Adopted { .. } | Event::Repaired { .. } => heard.push("another".to_owned()),
        })
        .unwrap();
    assert_eq!(
        heard,
        ["db-init/1_a.sql 1/1", "one", "table \"x\" does not exist, skipping", "done db-init/1_a.sql"]
    );
}

#[test]
fn p3_commit_inside_a_file_is_caught() {
    let Some(database) = database() else { return };
    for source in [
        "CREATE TABLE a (); COMMIT; CREATE TABLE b ()",
        "CREATE TABLE c (); COMMIT; BEGIN; SELECT 1",
        "SELECT 1; ROLLBACK",
    ] {
        let text = database.failure(&files(&[("db-init/1_a.sql", source)]));
        assert!(text.contains("ended its own transaction (P3)"), "{text}");
    }
    assert_eq!(database.ask("SELECT count(*) FROM migrations_applied"), "0");
}

#[test]
fn p6_settings_roles_and_temporary_tables_do_not_leak() {
    let Some(database) = database() else { return };
    let role = database.ask("SELECT 'reader_' || pg_backend_pid()");
    let migrations = files(&[
        ("db-init/1_a.sql", &format!("CREATE ROLE {role}; CREATE SCHEMA s; CREATE TEMP TABLE scratch ();
            SET search_path TO s; SET lock_timeout = 0; SET ROLE {role}; SELECT 1;")),
        ("db-init/2_b.sql", "CREATE TEMP TABLE scratch (); CREATE TABLE t (a text);
            INSERT INTO t SELECT current_setting('search_path') || current_setting('lock_timeout') || current_user"),
    ]);
    let outcome = database.run(&migrations);
    let seen = outcome.as_ref().map(|_| database.ask("SELECT a FROM public.t")).unwrap_or_default();
    database.execute(&format!("DROP ROLE IF EXISTS {role}"));
    outcome.unwrap();
    assert!(seen.starts_with("\"$user\", public1min") && !seen.contains(&role), "{seen}");
    assert_eq!(database.ask("SELECT count(*) FROM public.migrations_applied"), "2");
}

#[test]
fn a_connection_killed_in_the_middle_of_a_file_leaves_nothing_half_done() {
    let Some(database) = database() else { return };
    let text = database.failure(&files(&[(
        "db-init/1_a.sql",
        "CREATE TABLE a ();\nSELECT pg_terminate_backend(pg_backend_pid());\nCREATE TABLE b ();",
    )]));
    assert!(text.contains("--> db-init/1_a.sql:2:1"), "{text}");
    assert!(text.contains("nothing of this file remains"), "{text}");
    assert_eq!(database.ask("SELECT to_regclass('a') IS NULL AND to_regclass('b') IS NULL"), "t");
    assert_eq!(database.ask("SELECT count(*) FROM migrations_applied"), "0");
}

#[test]
fn p16_a_connection_that_dies_in_commit_is_asked_about_in_the_ledger() {
    let Some(database) = database() else { return };
    let source = "CREATE TABLE a (x int); CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
        INSERT INTO a VALUES (1);";
    let text = database.failure(&files(&[("db-init/1_a.sql", source)]));
    assert!(text.contains("lost during COMMIT") && text.contains("says that it is not applied"), "{text}");
    assert_eq!(database.ask("SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn p16_a_commit_whose_answer_is_lost_is_recognised_as_applied() {
    // The proxy stands in front of a unix socket.
    let Some(database) = throwaway_database() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = behind_a_proxy_that_loses_the_answer_to_commit(&database.settings, folder.path());
    let migrations =
        files(&[("db-init/1_a.sql", "CREATE TABLE a ()"), ("db-init/2_b.sql", "CREATE TABLE b ()")]);
    // The ledger exists before: preparing it commits, too.
    ledger::prepare(&mut database.client()).unwrap();
    let mut session = session::connect(&settings, "migrations test").unwrap();
    let plan = plan::compute(&migrations, &ledger::read(session.client()).unwrap(), &Phase::ALL).unwrap();
    let failure =
        migrations::run::perform(&mut session, &plan, Phase::Pre, &|_| false, &mut |_| {}).unwrap_err();
    assert!(failure.render().contains("says that it is applied"), "{}", failure.render());
    assert_eq!(database.ask("SELECT string_agg(filename, ',') FROM migrations_applied"), "1_a.sql");
    assert_eq!(database.run(&migrations).unwrap()[0].ran.len(), 1, "the next run goes on with the next file");
}

/// Serves `folder/.s.PGSQL.5432` and hands everything on to the real server, but drops the first client that sends a COMMIT,
/// once the server has answered it.
fn behind_a_proxy_that_loses_the_answer_to_commit(
    real: &contract::DatabaseSettings,
    folder: &std::path::Path,
) -> contract::DatabaseSettings {
    static LOST: AtomicBool = AtomicBool::new(false);
    let server = format!("{}/.s.PGSQL.{}", real.host, real.port);
    let settings =
        contract::DatabaseSettings { host: folder.display().to_string(), port: 5432, ..real.clone() };
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = UnixStream::connect(&server).expect("the real server");
            let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let (mut from_server, mut to_client) = (server, client);
            static COMMITTING: AtomicBool = AtomicBool::new(false);
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(length @ 1..) = from_client.read(&mut buffer) {
                    if buffer[..length].windows(6).any(|text| text == b"COMMIT")
                        && !LOST.swap(true, Ordering::SeqCst)
                    {
                        COMMITTING.store(true, Ordering::SeqCst);
                    }
                    if to_server.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
                let _ = to_server.shutdown(std::net::Shutdown::Both);
            });
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(length @ 1..) = from_server.read(&mut buffer) {
                    if COMMITTING.swap(false, Ordering::SeqCst)
                        || to_client.write_all(&buffer[..length]).is_err()
                    {
                        break;
                    }
                }
                let _ = to_client.shutdown(std::net::Shutdown::Both);
                let _ = from_server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    settings
}

#[test]
fn a_running_statement_is_cancelled_from_another_thread() {
    let Some(database) = database() else { return };
    let migrations = files(&[("db-init/1_a.sql", "CREATE TABLE a (); SELECT pg_sleep(30)")]);
    let mut session = session::connect(&database.settings, "migrations test").unwrap();
    let plan = plan::compute(&migrations, &ledger::read(session.client()).unwrap(), &Phase::ALL).unwrap();
    let token = session.cancel_token();
    let cancelled = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(500));
        token.cancel()
    });
    let started = Instant::now();
    let failure =
        migrations::run::perform(&mut session, &plan, Phase::Pre, &|_| false, &mut |_| {}).unwrap_err();
    cancelled.join().expect("no panic").unwrap();
    assert!(started.elapsed().as_secs() < 20);
    assert!(failure.render().contains("57014"), "{}", failure.render());
    assert_eq!(database.ask("SELECT to_regclass('a') IS NULL"), "t");
    assert!(!session.is_closed());
}

#[test]
fn a_thousand_files_run_once() {
    let Some(database) = database() else { return };
    let migrations = Migrations::new((1..=1000).map(|number| {
        Migration::new(
            Phase::Pre,
            number,
            format!("{number:04}_t.sql"),
            format!("CREATE TABLE t{number} (a int);"),
        )
    }));
    let started = Instant::now();
    assert_eq!(database.run(&migrations).unwrap()[0].ran.len(), 1000);
    eprintln!("1,000 new migrations: {:?}", started.elapsed());
    let started = Instant::now();
    assert_eq!(database.run(&migrations).unwrap()[0].skipped, 1000);
    eprintln!("1,000 applied migrations: {:?}", started.elapsed());
    assert_eq!(database.ask("SELECT count(*) FROM migrations_applied"), "1000");
}

#[test]
fn a_file_outside_of_a_transaction_is_applied_and_recorded() {
    let Some(database) = database() else { return };
    let migrations = files(&[
        ("db-init/1_t.sql", "CREATE TABLE t (a int)"),
        (
            "db-init/2_i.sql",
            "-- no-transaction: built beside writers\nSET work_mem = '8MB';\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);\nVACUUM t;",
        ),
        ("db-init/3_after.sql", "CREATE TABLE work_mem AS SELECT current_setting('work_mem') AS setting"),
    ]);
    assert_eq!(database.run(&migrations).unwrap()[0].ran.len(), 3);
    assert_eq!(
        database.ask("SELECT count(*) FROM pg_index WHERE indexrelid = 'i'::regclass AND indisvalid"),
        "1"
    );
    assert_eq!(database.ask("SELECT count(*) FROM migrations_applied WHERE length(checksum) = 64"), "3");
    assert_ne!(database.ask("SELECT setting FROM work_mem"), "8MB", "what a file sets stays its own");
    assert_eq!(database.run(&migrations).unwrap()[0].skipped, 3);
}

#[test]
fn p5_a_build_that_fails_is_not_recorded_and_its_invalid_index_does_not_pass_for_made() {
    let Some(database) = database() else { return };
    let migrations = files(&[
        ("db-init/1_t.sql", "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)"),
        (
            "db-init/2_i.sql",
            "-- no-transaction\nCREATE TABLE IF NOT EXISTS u ();\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
        ),
    ]);
    let text = database.failure(&migrations);
    for part in [
        "db-init/2_i.sql:3",
        "could not create unique index",
        "outside of a transaction: the statement before it stays; the file is not recorded, and runs again from its beginning",
        "the 1 migration that ran before it stays applied",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    assert_eq!(
        database.ask("SELECT count(*) FROM pg_index WHERE indexrelid = 'i'::regclass AND NOT indisvalid"),
        "1"
    );
    assert_eq!(database.ask("SELECT string_agg(filename, ',') FROM migrations_applied"), "1_t.sql");
    database.ask("DELETE FROM t");
    let mut repaired = Vec::new();
    database
        .run_observed(&migrations, &mut |event| {
            if let Event::Repaired { what, .. } = event {
                repaired.push(what.to_owned());
            }
        })
        .unwrap();
    assert_eq!(repaired, ["dropped `public.i`, which an interrupted build had left invalid"]);
    assert_eq!(
        database.ask("SELECT count(*) FROM pg_index WHERE indexrelid = 'i'::regclass AND indisvalid"),
        "1"
    );
    assert_eq!(database.ask("SELECT count(*) FROM migrations_applied"), "2");
}
