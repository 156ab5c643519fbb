//! A server that somebody names may be of another major version than our own Postgres.

use crate::checkout::{Checkout, said};
use std::path::Path;
use std::process::Command;
use testbed::{Server, require};

#[test]
fn p25_a_dry_run_passes_on_a_server_that_is_newer_than_our_own_postgres() {
    let Some(checkout) = Checkout::new() else { return };
    let newest = testbed::MAJORS.into_iter().max().expect("there are some");
    let Some(server) = require(Server::of_major(newest)) else { return };
    // A release that needs no extension: the server has none.
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runner/tests/data/tiny");
    for name in ["db-init", "db-init-post", "snapshots"] {
        std::fs::remove_dir_all(checkout.path(name)).expect("a folder");
        let status = Command::new("cp").arg("-R").arg(tiny.join(name)).arg(checkout.path("")).status();
        assert!(status.expect("cp").success(), "{name}");
    }
    let mut command = checkout.dry_run(&["--skip-check"]);
    command.envs(server.environment("postgres"));
    said(&mut command).expect(0, &["a database of its own, `dry_run_", "dry-run passed"]);
    let mut session = server.connect("postgres").expect("a session");
    let count: i64 = session
        .query_one("SELECT count(*) FROM pg_database WHERE datname LIKE 'dry_run_%'", &[])
        .expect("a row")
        .get(0);
    assert_eq!(count, 0, "its database is left");
}
