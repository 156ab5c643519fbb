//! The same release on every major version of Postgres that there is a server of. They are plain, so the release needs no extension.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testbed::{Database, DirectusInstall, Server, require};
use testkit::{environment, install, repository};

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny")
}

/// The tiny release, laid out to be booted.
pub(crate) fn release() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let folders = ["db-init", "db-init-post", "snapshots"].map(|name| tiny().join(name));
    for from in folders.into_iter().chain([repository().join("bridge")]) {
        let status = Command::new("cp").arg("-R").arg(from).arg(folder.path()).status();
        assert!(status.expect("cp").success());
    }
    folder
}

/// Runs the runner to its end; it must end with 0 and say all of `texts`. What it says on stdout.
#[track_caller]
fn runner(
    release: &Path,
    install: &DirectusInstall,
    database: &Database<'_>,
    arguments: &[&str],
    fast: &str,
    texts: &[&str],
) -> String {
    let variables = environment(database, install, release, release).with("RUNNER_FAST", fast);
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command.args(arguments).env_clear().envs(variables).stdin(Stdio::null());
    let output = command.output().expect("the runner");
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    let said = [stdout.as_str(), &stderr].concat();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?} on {}:\n{said}",
        database.ask("SHOW server_version")
    );
    for text in texts {
        assert!(said.contains(text), "no `{text}` in:\n{said}");
    }
    stdout
}

#[test]
fn p7_a_server_without_timescaledb_is_not_told_to_load_it() {
    let Some(install) = require(install()) else { return };
    let Some(server) = require(Server::of_major(16)) else { return };
    let (release, database) = (release(), server.fresh_database("versions").expect("a database"));
    let file = release.path().join("snapshots/database.txt");
    let catalog = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(file, format!("{catalog}extension timescaledb\n")).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command.arg("prepare").env_clear().envs(environment(&database, &install, release.path(), release.path()));
    let said = crate::site::said(&mut command);
    let said = said.expect(2, &["TimescaleDB is not installed on it", "use a server that has it"]);
    assert!(!said.stderr.contains("shared_preload_libraries"), "{}", said.stderr);
}

#[test]
fn p26_a_release_boots_on_every_major_version_and_has_the_same_catalog() {
    let Some(install) = require(install()) else { return };
    let release = release();
    let file = tiny().join("snapshots/database.txt");
    for major in testbed::MAJORS {
        let Some(server) = require(Server::of_major(major)) else { return };
        let database = server.fresh_database("versions").expect("a database");
        assert!(database.ask("SHOW server_version_num").starts_with(&major.to_string()));
        let run = |arguments: &[&str], fast: &str, texts: &[&str]| {
            runner(release.path(), &install, &database, arguments, fast, texts)
        };
        run(&["prepare"], "on", &["1 migration run", "installed", "add 2 collections", "runner: prepared"]);
        run(&["plan"], "on", &["this release is the latest (entry 1), and nothing changed since"]);
        run(
            &["prepare"],
            "off",
            &["no new migration, 1 already applied", "no differences", "the record stands"],
        );
        let live = run(&["catalog"], "on", &[]);
        crate::catalog::is_up_to_date(&file, &live);
        assert_eq!(database.ask("SELECT count(*) FROM migrations_applied WHERE checksum IS NOT NULL"), "2");

        // What somebody does by hand is seen, in this version's words too.
        database.ask("ALTER TABLE readings DROP CONSTRAINT readings_degrees_check; ALTER TABLE plants ALTER name SET DEFAULT 'fern'");
        run(&["status"], "on", &["constraint readings.readings_degrees_check", "plants.name"]);
    }
}
