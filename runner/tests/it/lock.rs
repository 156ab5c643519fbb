//! The boot's lock, taken away while a boot is at work.

use crate::site::Site;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The backend that holds the boot's lock; no other session of a boot ever takes an advisory lock.
const HOLDER: &str = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[test]
fn a_boot_that_lost_its_lock_does_nothing_more_and_the_next_one_goes_on() {
    let Some(site) = Site::new() else { return };
    site.tree.write("db-init/004_slow.sql", "CREATE TABLE slow (id int);\nSELECT pg_sleep(3);\n");
    site.tree.write("db-init/005_next.sql", "CREATE TABLE next (id int);\n");
    let child = site.runner(&["prepare"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("a process");
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)%' AND state = 'active' \
        AND pid <> pg_backend_pid() AND datname = current_database()";
    let began = Instant::now();
    while site.ask(asleep) == "0" {
        assert!(began.elapsed() < Duration::from_secs(30), "the migration did not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    let holder = site.ask(HOLDER);
    assert_eq!(site.ask(&format!("SELECT pg_terminate_backend({holder})")), "t");
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the lock's connection is lost, so another boot may have begun"), "{said}");
    // The file at work may have come to its end; no other one was begun, and no later step.
    assert_eq!(site.ask("SELECT to_regclass('next') IS NULL AND to_regclass('directus_users') IS NULL"), "t");
    site.prepare().expect(0, &["recorded"]);
    assert_eq!(site.ask("SELECT to_regclass('next') IS NOT NULL"), "t");
}
