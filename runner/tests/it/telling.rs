//! What people and machines are told: the log's tail at a failure, JSON lines, status, and the health check.

use crate::site::{Site, said};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_failure_ends_with_directus_own_last_lines() {
    let Some(site) = Site::booted() else { return };
    // Somebody listens at the socket already: Directus says so in its log, and ends.
    let _taken = std::os::unix::net::UnixListener::bind(site.socket()).expect("a socket");
    let failed = said(&mut site.runner(&["start"])).expect(1, &["error: start Directus"]);
    let (_, log) = failed.stderr.split_once("Directus' log, last lines:").expect("the tail");
    assert!(log.contains("is already in use"), "{log}");
}

#[test]
fn as_json_every_line_of_the_runner_is_one_object() {
    let Some(site) = Site::new() else { return };
    let lines = |variables: &[(&str, &str)]| -> Vec<serde_json::Value> {
        let output =
            site.runner(&["prepare"]).env("RUNNER_LOG", "json").envs(variables.iter().copied()).output();
        let stderr = String::from_utf8(output.expect("a process").stderr).expect("text");
        // What Node itself says there (PM2's library about HOME) is Directus'.
        let ours = stderr.lines().filter(|line| line.starts_with('{'));
        ours.map(|line| serde_json::from_str(line).expect(line)).collect()
    };
    let cold = lines(&[]);
    let of = |event: &str| cold.iter().filter(|line| line["event"] == event).count();
    assert_eq!((of("begin"), of("prepared"), of("failed")), (6, 1, 0), "{cold:?}");
    assert!(cold.iter().all(|line| line["time"].as_str().is_some_and(|time| time.ends_with('Z'))));
    let failed = lines(&[("DB_DATABASE", "nowhere"), ("RUNNER_DB_WAIT_S", "1")]);
    let last = failed.last().expect("a line");
    assert_eq!((last["event"].as_str(), last["exit"].as_u64()), (Some("failed"), Some(2)), "{last}");
    site.run(&["prepare"], &[("RUNNER_LOG", "xml")]).expect(2, &["`xml` is neither text nor json"]);
}

#[test]
fn status_and_plan_say_what_is_and_what_would_be() {
    let Some(site) = Site::new() else { return };
    let json = |arguments: &[&str], code: i32| -> serde_json::Value {
        serde_json::from_str(&site.run(arguments, &[]).expect(code, &[]).stderr).expect("JSON alone")
    };
    let before = json(&["status", "--json", "--check"], 3);
    assert_eq!((before["settled"].as_bool(), before["installed"].as_bool()), (Some(false), Some(false)));
    assert_eq!(before["next_boot"]["steps"].as_array().map(Vec::len), Some(6));
    assert_eq!(json(&["plan", "--json", "--check"], 3)["way"], "full");
    assert_eq!(site.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0", "reading wrote");
    site.prepare().expect(0, &[]);
    let after = json(&["status", "--json", "--check"], 0);
    assert_eq!((after["settled"].as_bool(), after["drift"].as_array().map(Vec::len)), (Some(true), Some(0)));
    assert_eq!(
        (after["ledger"].as_array().map(Vec::len), after["releases"].as_array().map(Vec::len)),
        (Some(5), Some(1))
    );
    assert_eq!((after["directus"].as_str(), after["lock"].is_null()), (Some("11.17.4"), true));
    assert!(after["timescaledb"].as_str().is_some() && after["postgres"].as_str().is_some());
    site.ask("ALTER TABLE beds DROP CONSTRAINT beds_season_code_unique");
    site.run(&["status", "--check"], &[])
        .expect(3, &["drift       1 difference", "- constraint beds.beds_season_code_unique"]);
    // A refusal is part of the status, not the end of it.
    site.run(&["status"], &[("RUNNER_ON_DRIFT", "refuse")]).expect(0, &["refused (exit 4)", "releases"]);
}

#[test]
fn a_health_check_tells_preparing_from_serving_from_down() {
    let Some(site) = Site::new() else { return };
    let check = |arguments: &[&str], code: i32, text: &str| {
        site.run(&[&["healthcheck"], arguments].concat(), &[]).expect(code, &[text]);
    };
    check(&[], 1, "down: ");
    check(&["--live"], 1, "no runner is there");
    site.tree.write("db-init/004_slow.sql", "SELECT pg_sleep(60);\n");
    let mut child =
        site.runner(&["start"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()";
    while site.ask(sleeping) == "0" {
        std::thread::sleep(Duration::from_millis(20));
    }
    check(&[], 1, "preparing: pre, for ");
    check(&["--live"], 0, "preparing: pre");
    site.run(&["status"], &[]).expect(0, &["lock        held by runner-"]);
    kill_process(Pid::from_child(&child), Signal::TERM).expect("a process");
    assert_eq!(child.wait().expect("an end").code(), Some(143));
    site.tree.remove("db-init/004_slow.sql");
    let mut serving = site.serve(&mut site.runner(&["start"]));
    check(&[], 0, "serving");
    serving.end(serving.pid(), Signal::TERM, Duration::from_secs(10)).expect("an end");
    check(&[], 1, "down: ");
}

#[test]
fn no_text_of_the_servers_forges_a_line() {
    let Some(site) = Site::new() else { return };
    site.tree.write(
        "db-init/004_forged.sql",
        "DO $$ BEGIN RAISE WARNING E'x\\nrunner: prepared\\x1b[2K\\u202e'; END $$;\n",
    );
    let said = site.prepare().expect(0, &["WARNING: x\\u{a}runner: prepared\\u{1b}[2K\\u{202e}"]);
    assert_eq!(said.stderr.lines().filter(|line| line.starts_with("runner: prepared")).count(), 1);
    // Nor does an error, or what somebody has put into the database; of that Directus' own log says what it likes.
    site.tree.write("db-init/005_wrong.sql", "DO $$ BEGIN RAISE E'no\\nrunner: ok\\x1b[31m'; END $$;\n");
    for (arguments, code) in [(["prepare"], 1), (["plan"], 0), (["status"], 0)] {
        let said = site.run(&arguments, &[]).expect(code, &[]);
        assert!(!said.stderr.contains('\u{1b}'), "{}", said.stderr);
        assert!(!said.stderr.lines().any(|line| line.starts_with("runner: ok")), "{}", said.stderr);
        site.ask("CREATE TABLE IF NOT EXISTS \"a\nrunner: ok\x1b[31m\" (id int)");
    }
}
