//! The same release on every major version of Postgres that there is a server of. They are plain, so the release needs no extension.

use std::path::Path;
use std::process::{Command, Stdio};
use testbed::{Database, DirectusInstall, Server, require};
use testkit::{environment, install, repository};

/// The tiny release, laid out to be booted.
pub(crate) fn release() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny");
    let folders = ["db-init", "db-init-post", "snapshots"].map(|name| tiny.join(name));
    for from in folders.into_iter().chain([repository().join("bridge")]) {
        let status = Command::new("cp").arg("-R").arg(from).arg(folder.path()).status();
        assert!(status.expect("cp").success());
    }
    folder
}

/// Runs the runner to its end; it must end with 0 and say all of `texts`.
#[track_caller]
fn runner(
    release: &Path,
    install: &DirectusInstall,
    database: &Database<'_>,
    arguments: &[&str],
    fast: &str,
    texts: &[&str],
) {
    let variables = environment(database, install, release, release).with("RUNNER_FAST", fast);
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command.args(arguments).env_clear().envs(variables).stdin(Stdio::null());
    let output = command.output().expect("the runner");
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?} on {}:\n{said}",
        database.ask("SHOW server_version")
    );
    for text in texts {
        assert!(said.contains(text), "no `{text}` in:\n{said}");
    }
}

/// The recorded listing, without what each version spells in its own way: those lines end with a hash over it.
fn listing(database: &Database<'_>) -> String {
    let listing = database.ask("SELECT listing FROM schema_releases ORDER BY number DESC LIMIT 1");
    let is_hashed = |line: &&str| ["\tview\t", "\tfunction\t"].iter().any(|kind| line.contains(kind));
    listing.lines().filter(|line| !is_hashed(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn p7_a_server_without_timescaledb_is_not_told_to_load_it() {
    let Some(install) = require(install()) else { return };
    let Some(server) = require(Server::of_major(16)) else { return };
    let (release, database) = (release(), server.fresh_database("versions").expect("a database"));
    let file = release.path().join("db-init/002_hypertables.sql");
    std::fs::write(file, "CREATE EXTENSION IF NOT EXISTS timescaledb;\n").expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command.arg("prepare").env_clear().envs(environment(&database, &install, release.path(), release.path()));
    let said = crate::site::said(&mut command);
    let said = said.expect(2, &["TimescaleDB is not installed on it", "use a server that has it"]);
    assert!(!said.stderr.contains("shared_preload_libraries"), "{}", said.stderr);
}

#[test]
fn p26_a_release_boots_on_every_major_version_and_is_listed_in_the_same_words() {
    let Some(install) = require(install()) else { return };
    let release = release();
    let mut listings = Vec::new();
    for major in testbed::MAJORS {
        let Some(server) = require(Server::of_major(major)) else { return };
        let database = server.fresh_database("versions").expect("a database");
        assert!(database.ask("SHOW server_version_num").starts_with(&major.to_string()));
        let run = |arguments: &[&str], fast: &str, texts: &[&str]| {
            runner(release.path(), &install, &database, arguments, fast, texts);
        };
        run(&["prepare"], "on", &["1 migration run", "installed", "add 2 collections", "runner: prepared"]);
        run(&["plan"], "on", &["this release is the latest (entry 1), and nothing changed since"]);
        run(
            &["prepare"],
            "off",
            &["no new migration, 1 already applied", "no differences", "the record stands"],
        );
        listings.push((major, listing(&database)));
        assert_eq!(database.ask("SELECT count(*) FROM migrations_applied WHERE checksum IS NOT NULL"), "2");

        // What somebody does by hand is seen, in this version's words too.
        database.ask("ALTER TABLE readings DROP CONSTRAINT readings_degrees_check; ALTER TABLE plants ALTER name SET DEFAULT 'fern'");
        run(&["status"], "on", &["constraint readings.readings_degrees_check", "plants.name"]);
    }
    for pair in listings.windows(2) {
        let [(one, before), (other, after)] = pair else { unreachable!("windows of two") };
        assert_eq!(before, after, "Postgres {one} and {other} list the same database otherwise");
    }
}
