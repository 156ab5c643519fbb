//! Servers: start, stop, crash, and what is left afterwards.

use crate::helper;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use testbed::{Absent, Cache, DATABASE, PostgresRoot, Server, ServerOptions, require};

fn root() -> Result<PostgresRoot, Absent> {
    PostgresRoot::cached(&Cache::open()?)
        .ok_or_else(|| Absent::new("no Postgres root in the cache: run cargo xtask setup"))
}

fn one_number(client: &mut postgres::Client, query: &str) -> i64 {
    client.query_one(query, &[]).unwrap().get(0)
}

/// Whether anything lives in a server's folder: all of it, Postgres' own children too, holds the folder's lock.
fn is_alive(folder: &Path) -> bool {
    let lock = std::fs::File::open(folder.join("lock"));
    lock.is_ok_and(|lock| rustix::fs::flock(lock, rustix::fs::FlockOperation::NonBlockingLockShared).is_err())
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "not within 10 s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process of its own that runs a server, and the server's folder.
fn serving_process() -> (Child, PathBuf) {
    let mut child = helper::command("serve").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let folder = lines
        .map(|line| line.unwrap())
        .find_map(|line| line.split_once("serving ").map(|(_, folder)| PathBuf::from(folder)))
        .expect("the helper names its folder");
    (child, folder)
}

#[test]
fn timescaledb_and_postgis_can_be_created_and_used() {
    let Some(server) = require(Server::shared()) else { return };
    let database = server.fresh_database("extensions").unwrap();
    let mut client = database.connect().unwrap();
    client
        .batch_execute(
            "CREATE EXTENSION timescaledb; CREATE EXTENSION postgis;
             CREATE TABLE positions (at timestamptz NOT NULL, place geometry(Point, 4326));
             SELECT create_hypertable('positions', 'at');
             INSERT INTO positions VALUES ('2026-05-30T08:00Z', ST_SetSRID(ST_MakePoint(19.82, 41.33), 4326));",
        )
        .unwrap();
    assert_eq!(one_number(&mut client, "SELECT count(*) FROM timescaledb_information.chunks"), 1);
}

#[test]
fn without_preload_timescaledb_ends_the_session() {
    let Some(root) = require(root()) else { return };
    let options = ServerOptions { preload_timescaledb: false, ..ServerOptions::default() };
    let server = Server::start(&root, options).unwrap();
    let refused = || {
        let mut session = server.connect("postgres").unwrap();
        session.batch_execute("CREATE EXTENSION timescaledb").unwrap_err()
    };
    // The client loses the words of the server where it hears of the session's end first.
    let said = (0..10).find_map(|_| refused().as_db_error().map(|error| error.message().to_owned()));
    assert!(said.as_deref().is_some_and(|text| text.contains("must be preloaded")), "{said:?} (P7)");
}

#[test]
fn a_stopped_server_leaves_nothing() {
    let Some(root) = require(root()) else { return };
    let server = Server::start(&root, ServerOptions::default()).unwrap();
    let folder = server.dir().to_owned();
    // The file outlives its name: whoever of the sandbox lives on still holds it. Not at once, because a process that another
    // test is about to start holds copies of everything until it has begun.
    let lock = std::fs::File::open(folder.join("lock")).unwrap();
    server.stop().unwrap();
    assert!(!folder.exists());
    let exclusive = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    eventually("nothing lives on", || rustix::fs::flock(&lock, exclusive).is_ok());
}

#[test]
fn a_kept_server_leaves_its_data_and_log_and_is_never_swept() {
    let Some(root) = require(root()) else { return };
    let server = Server::start(&root, ServerOptions { keep: true, ..ServerOptions::default() }).unwrap();
    let folder = server.dir().to_owned();
    server.stop().unwrap();
    Server::start(&root, ServerOptions::default()).unwrap().stop().unwrap();
    assert!(folder.join("d/PG_VERSION").exists() && folder.join("log").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn data_in_a_folder_of_ones_own_outlives_the_server_and_admits_only_one() {
    let Some(root) = require(root()) else { return };
    let data = tempfile::tempdir().unwrap();
    let options = || ServerOptions { data: Some(data.path().join("pg")), ..ServerOptions::default() };
    let server = Server::start(&root, options()).unwrap();
    server.connect("postgres").unwrap().batch_execute("CREATE TABLE kept (id int)").unwrap();
    let failure = Server::start(&root, options()).err().expect("a second server on the same data");
    assert!(failure.causes[0].contains("another server"), "{}", failure.render());
    server.stop().unwrap();
    let server = Server::start(&root, options()).unwrap();
    assert_eq!(one_number(&mut server.connect("postgres").unwrap(), "SELECT count(*) FROM kept"), 0);
}

#[test]
fn a_server_at_rest_has_an_address_and_rises_with_an_empty_database() {
    let Some(root) = require(root()) else { return };
    let data = tempfile::tempdir().unwrap();
    let options = || ServerOptions { data: Some(data.path().to_owned()), ..ServerOptions::default() };
    let mut server = Server::at_rest(&root, options()).unwrap();
    let address = server.connection(DATABASE);
    assert!(server.is_new() && address.connect(postgres::NoTls).is_err());
    server.rise().unwrap();
    let mut session = address.connect(postgres::NoTls).unwrap();
    session.batch_execute("CREATE TABLE kept (id int)").unwrap();
    drop((session, server));
    let mut server = Server::at_rest(&root, options()).unwrap();
    assert!(!server.is_new());
    server.rise().unwrap();
    assert_eq!(one_number(&mut server.connect(DATABASE).unwrap(), "SELECT count(*) FROM kept"), 0);
}

#[test]
fn servers_begin_with_copies_of_one_cluster() {
    let Some(root) = require(root()) else { return };
    let identity = |server: &Server| {
        let query = "SELECT system_identifier FROM pg_control_system()";
        one_number(&mut server.connect(DATABASE).unwrap(), query)
    };
    let servers = [(), ()].map(|()| Server::start(&root, ServerOptions::default()).unwrap());
    assert_eq!(identity(&servers[0]), identity(&servers[1]), "initdb draws a number");
    servers[0].connect(DATABASE).unwrap().batch_execute("CREATE TABLE mine (id int)").unwrap();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(one_number(&mut servers[1].connect(DATABASE).unwrap(), tables), 0);
}

#[test]
fn a_cluster_that_was_left_half_made_is_made_anew() {
    let Some(root) = require(root()) else { return };
    let data = tempfile::tempdir().unwrap();
    let unfinished = data.path().join("cluster.new");
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::write(unfinished.join("PG_VERSION"), "17\n").unwrap();
    let options = ServerOptions { data: Some(data.path().to_owned()), ..ServerOptions::default() };
    let server = Server::start(&root, options).unwrap();
    assert!(server.connect("postgres").is_ok());
    assert!(!unfinished.exists());
}

#[test]
fn a_server_outlives_the_thread_that_started_it() {
    let Some(root) = require(root()) else { return };
    let start = move || Server::start(&root, ServerOptions::default()).unwrap();
    let server = std::thread::spawn(start).join().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(server.connect("postgres").is_ok());
}

#[test]
fn a_killed_server_recovers_on_restart_with_what_was_committed() {
    let Some(root) = require(root()) else { return };
    let server = Server::start(&root, ServerOptions::default()).unwrap();
    let mut client = server.connect("postgres").unwrap();
    client.batch_execute("SET synchronous_commit = on; CREATE TABLE committed (id int)").unwrap();
    server.kill().unwrap();
    assert!(server.connect("postgres").is_err());
    server.restart().unwrap();
    assert_eq!(one_number(&mut server.connect("postgres").unwrap(), "SELECT count(*) FROM committed"), 0);
    server.restart().unwrap();
    assert!(server.connect("postgres").is_ok());
}

#[test]
fn a_setting_that_postgres_refuses_is_told_with_its_own_words() {
    let Some(root) = require(root()) else { return };
    let options = ServerOptions {
        // Postgres refuses port 0 (P20), so a free port cannot be asked for; hence the socket.
        extra_settings: vec![("port".to_owned(), "0".to_owned())],
        ..ServerOptions::default()
    };
    let failure = Server::start(&root, options).err().expect("port 0 is refused");
    let text = failure.render();
    assert!(text.contains("0 is outside the valid range for parameter \"port\""), "{text}");
}

#[test]
fn pg_dump_gives_the_same_text_twice() {
    let Some(server) = require(Server::shared()) else { return };
    let database = server.fresh_database("dump").unwrap();
    database.connect().unwrap().batch_execute("CREATE TABLE stages (id int PRIMARY KEY, name text)").unwrap();
    let dump = || server.pg_dump(database.name(), &["--schema-only"]).unwrap();
    let first = dump();
    assert!(first.contains("CREATE TABLE public.stages"), "{first}");
    assert_eq!(first, dump());
    let failure = server.pg_dump("no_such_database", &[]).unwrap_err();
    assert!(failure.causes[0].contains("does not exist"), "{}", failure.render());
}

#[test]
fn a_dropped_database_is_gone_even_with_a_session_in_it() {
    let Some(server) = require(Server::shared()) else { return };
    let database = server.fresh_database("dropped").unwrap();
    let name = database.name().to_owned();
    let _session = database.connect().unwrap();
    drop(database);
    let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(one_number(&mut server.connect("postgres").unwrap(), &query), 0);
}

#[test]
fn a_killed_owner_takes_its_server_along_and_the_next_start_sweeps() {
    let Some(root) = require(root()) else { return };
    let (mut owner, folder) = serving_process();
    assert!(is_alive(&folder));
    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("no process in the folder of a killed owner", || !is_alive(&folder));
    drop(Server::start(&root, ServerOptions::default()).unwrap());
    // Another test's start may be the one that is sweeping it.
    eventually("the folder of a killed owner is swept", || !folder.exists());
}

#[test]
fn a_start_does_not_sweep_a_server_that_lives() {
    let Some(root) = require(root()) else { return };
    let (mut owner, folder) = serving_process();
    drop(Server::start(&root, ServerOptions::default()).unwrap());
    assert!(folder.join("d/postmaster.pid").exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
}
