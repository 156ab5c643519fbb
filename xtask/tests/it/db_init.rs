//! `cargo xtask db-init` as people and pipelines meet it: what it does to a database, what it refuses, and how it ends.

use crate::checkout::{Checkout, Said, root, said};
use contract::Phase;
use migrations::file::Migration;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testbed::{Absent, Cache, Database, PostgresRoot, Server, ServerOptions, require};

const PRE: [&str; 3] =
    ["db-init/001_extensions.sql", "db-init/002_readings_hypertable.sql", "db-init/003_faulty_column.sql"];
const POST: [&str; 2] =
    ["db-init-post/001_junction_unique_constraints.sql", "db-init-post/002_season_unique_constraints.sql"];
/// What bash ran from `db-init/` before those files moved to `db-init-post/` under other numbers.
const ORPHANS: [&str; 2] = ["004_junction_unique_constraints.sql", "005_season_unique_constraints.sql"];

/// A checkout to break and an empty database.
struct Scene {
    checkout: Checkout,
    server: &'static Server,
    database: Database<'static>,
}

impl Scene {
    #[track_caller]
    fn new() -> Option<Scene> {
        let server = require(Server::shared())?;
        let checkout = Checkout::new()?;
        Some(Scene { checkout, server, database: server.fresh_database("db_init").expect("a database") })
    }

    /// `cargo xtask db-init …` against the database, not started yet.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = db_init(&self.checkout, arguments);
        command.envs(self.database.environment());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process")
    }

    fn add(&self, path: &str, text: &str) {
        self.checkout.write(path, text);
    }

    fn source(&self, path: &str) -> String {
        self.checkout.read(path)
    }

    fn execute(&self, sql: &str) {
        self.database.connect().expect("a connection").batch_execute(sql).expect("it works");
    }

    /// The first column of every row, as text.
    fn ask(&self, query: &str) -> Vec<String> {
        let mut client = self.database.connect().expect("a connection");
        let answer = client.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        answer
            .iter()
            .filter_map(|message| match message {
                postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
                _ => None,
            })
            .collect()
    }

    fn exists(&self, table: &str) -> bool {
        self.ask(&format!("SELECT to_regclass('{table}') IS NOT NULL")) == ["t"]
    }

    /// The ledger's file names.
    fn applied(&self) -> Vec<String> {
        self.ask("SELECT filename FROM migrations_applied ORDER BY filename")
    }

    /// Everything in the database, as text.
    fn dump(&self) -> String {
        self.server.pg_dump(self.database.name(), &[]).expect("a dump")
    }
}

/// `cargo xtask db-init …` that knows of no database yet.
fn db_init(checkout: &Checkout, arguments: &[&str]) -> Command {
    let mut command = checkout.xtask(&[&["db-init"], arguments].concat());
    for name in ["DB_CLIENT", "DB_SSL", "DB_PASSWORD_FILE", "RUNNER_DB_WAIT_S", "RUNNER_LOCK_WAIT_S"] {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn has_exactly(object: &Value, keys: &[&str]) {
    let found: BTreeSet<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(found, keys.iter().copied().collect());
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn planning_and_asking_change_nothing() {
    let Some(scene) = Scene::new() else { return };
    let before = scene.dump();
    let plan = scene.run(&["plan"]).expect(0, &["5 pending, 0 applied"]);
    assert_eq!(
        plan.words(),
        [PRE.as_slice(), &POST].concat().iter().map(|path| ["run", path]).collect::<Vec<_>>()
    );
    assert!(plan.stdout.contains("(not in the ledger)"), "{}", plan.stdout);
    let plan = scene.run(&["plan", "--check", "--phase", "post"]).expect(3, &["2 pending, 0 applied"]);
    assert_eq!(plan.words(), POST.map(|path| ["run", path]));
    let status = scene.run(&["status"]).expect(0, &[]);
    assert_eq!(status.words()[0], ["pending", PRE[0]]);
    scene.run(&["status", "--check"]).expect(3, &[]);
    assert!(!scene.exists("migrations_applied"));
    assert_eq!(scene.dump(), before);
}

#[test]
fn a_phase_runs_once() {
    let Some(scene) = Scene::new() else { return };
    let first = scene.run(&["run", "--phase", "pre"]).expect(0, &["3 done, 0 applied before"]);
    assert_eq!(first.words(), PRE.map(|path| ["run", path]));
    assert_eq!(scene.ask("SELECT hypertable_name FROM timescaledb_information.hypertables"), ["readings"]);
    assert_eq!(scene.applied(), PRE.map(|path| path.trim_start_matches("db-init/")));

    let before = scene.dump();
    // Without a word, `run` is meant.
    let second = scene.run(&["--phase", "pre"]).expect(0, &["0 done, 3 applied before"]);
    assert_eq!(second.stdout, "");
    assert_eq!(scene.dump(), before);

    scene.run(&["plan", "--check", "--phase", "pre"]).expect(0, &["0 pending, 3 applied"]);
    scene.run(&["status", "--check", "--phase", "pre"]).expect(0, &[]);
    scene.run(&["plan", "--check"]).expect(3, &["2 pending, 3 applied"]);
    let status = scene.run(&["status"]).expect(0, &[]);
    let states = status.words().iter().map(|[state, _]| *state).collect::<Vec<_>>();
    assert_eq!(states, ["applied", "applied", "applied", "pending", "pending"]);
}

#[test]
fn json_is_one_value_of_a_known_shape_and_alone_on_stdout() {
    let Some(scene) = Scene::new() else { return };
    let plan = scene.run(&["plan", "--json"]).expect(0, &[]).objects();
    assert_eq!(plan.len(), 5);
    for step in &plan {
        has_exactly(step, &["path", "phase", "number", "action", "reason"]);
    }
    let post = ["path", "phase", "number", "action"].map(|key| &plan[4][key]);
    assert_eq!(post, [&POST[1].into(), &"post".into(), &2.into(), &Value::from("run")]);

    let done = scene.run(&["run", "--phase", "pre", "--json"]).expect(0, &[]).objects();
    assert_eq!(done.len(), 3);
    for migration in &done {
        has_exactly(migration, &["path", "phase", "number", "action", "elapsed_ms"]);
        assert!(migration["action"] == "run" && migration["elapsed_ms"].is_u64(), "{migration}");
    }
    let nothing = scene.run(&["run", "--phase", "pre", "--json"]).expect(0, &[]).objects();
    assert!(nothing.is_empty(), "{nothing:?}");

    let status = scene.run(&["status", "--json"]).expect(0, &[]).objects();
    assert_eq!(status.len(), 5);
    for entry in &status {
        has_exactly(
            entry,
            &["path", "state", "applied_at", "phase", "number", "checksum", "elapsed_ms", "runner"],
        );
    }
    let (applied, pending) = (&status[1], &status[3]);
    assert_eq!([&applied["path"], &applied["state"]], [&Value::from(PRE[1]), &"applied".into()]);
    assert_eq!(applied["checksum"].as_str().map(str::len), Some(64));
    assert!(applied["applied_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{applied}");
    assert_eq!([&pending["path"], &pending["state"]], [&Value::from(POST[0]), &"pending".into()]);
    assert!(pending["applied_at"].is_null() && pending["checksum"].is_null(), "{pending}");
}

#[test]
fn an_edited_file_is_refused_with_both_checksums_and_nothing_runs() {
    let Some(scene) = Scene::new() else { return };
    scene.run(&["--phase", "pre"]).expect(0, &[]);
    let checksum = |scene: &Scene| {
        let file = Migration::new(Phase::Pre, 3, "003_faulty_column.sql", scene.source(PRE[2]));
        file.checksum.short().to_owned()
    };
    let applied = checksum(&scene);
    scene.checkout.edit(PRE[2], |text| text.replace("DEFAULT false", "DEFAULT true"));
    scene.add("db-init/004_more.sql", "CREATE TABLE more ();\n");
    let (edited, before) = (checksum(&scene), scene.dump());
    for arguments in [&["plan"][..], &["run"], &["run", "--phase", "pre", "--json"]] {
        let refused = scene.run(arguments).expect(
            1,
            &[
                "error: plan the migrations: 1 edited; nothing was changed",
                "`db-init/003_faulty_column.sql` was edited after it was applied 20",
                &format!("applied {applied}, file {edited}"),
                "hint: restore the file as it was applied",
                "into a new migration",
            ],
        );
        assert_eq!(refused.stdout, "");
    }
    assert_eq!(scene.dump(), before);
    // A status refuses nothing: it shows.
    let status = scene.run(&["status", "--check", "--phase", "pre"]).expect(3, &[]);
    assert_eq!(status.words()[2..], [["edited", PRE[2]], ["pending", "db-init/004_more.sql"]]);
}

#[test]
fn an_edited_comment_is_a_notice() {
    let Some(scene) = Scene::new() else { return };
    scene.run(&["--phase", "pre"]).expect(0, &[]);
    scene.checkout.edit(PRE[2], |text| format!("-- Why it is so.\r\n{text}"));
    scene
        .run(&["--phase", "pre"])
        .expect(0, &["notice: db-init/003_faulty_column.sql: only comments", "0 done, 3 applied before"]);
}

#[test]
fn a_missing_and_a_renamed_file_are_refused() {
    let Some(scene) = Scene::new() else { return };
    scene.run(&["--phase", "pre"]).expect(0, &[]);
    let text = scene.source(PRE[2]);
    scene.checkout.remove(PRE[2]);
    scene.run(&["run"]).expect(
        1,
        &[
            "1 missing; nothing was changed",
            "`db-init/003_faulty_column.sql` was applied 20",
            "and is gone",
            "hint: restore the file under its old name",
        ],
    );
    scene.add("db-init/004_faulty_column.sql", &text);
    scene.run(&["run"]).expect(1, &["`db-init/004_faulty_column.sql` has its content: renamed?"]);
    let status = scene.run(&["status", "--phase", "pre"]).expect(0, &[]);
    assert_eq!(status.words()[3], ["missing", PRE[2]]);
}

/// The ledger as the bash version made and filled it.
fn bash_ledger(scene: &Scene) {
    scene.execute(
        "CREATE TABLE migrations_applied (filename text PRIMARY KEY, applied_at timestamptz DEFAULT now())",
    );
    for path in PRE.iter().chain(&ORPHANS) {
        let name = path.trim_start_matches("db-init/");
        scene.execute(&format!("INSERT INTO migrations_applied(filename) VALUES ('{name}')"));
    }
}

#[test]
fn the_ledger_of_the_bash_version_is_adopted_and_bash_can_go_on_with_it() {
    let Some(scene) = Scene::new() else { return };
    for path in PRE {
        scene.execute(&scene.source(path));
    }
    bash_ledger(&scene);
    let status = scene.run(&["status", "--phase", "pre"]).expect(0, &[]);
    assert!(status.stdout.starts_with("not adopted  db-init/001_extensions.sql  20"), "{}", status.stdout);

    let orphans = ORPHANS.map(|name| format!("the ledger's row `{name}` belongs to no file"));
    let orphans = orphans.each_ref().map(String::as_str);
    let before = scene.dump();
    let plan = scene.run(&["plan", "--check", "--phase", "pre"]).expect(3, &orphans);
    assert_eq!(plan.words(), PRE.map(|path| ["adopt", path]));
    assert_eq!(scene.dump(), before);

    let run = scene.run(&["--phase", "pre"]).expect(0, &orphans).expect(0, &["3 done, 0 applied before"]);
    assert_eq!(run.words(), PRE.map(|path| ["adopt", path]));
    let adopted =
        "SELECT filename FROM migrations_applied WHERE phase = 'pre' AND length(checksum) = 64 ORDER BY 1";
    assert_eq!(scene.ask(adopted), PRE.map(|path| path.trim_start_matches("db-init/")));
    let untouched =
        "SELECT filename FROM migrations_applied WHERE phase IS NULL AND checksum IS NULL ORDER BY 1";
    assert_eq!(scene.ask(untouched), ORPHANS);

    // The two statements of the bash version, for a while of both side by side.
    let asked = "SELECT 1 FROM migrations_applied WHERE filename = '002_readings_hypertable.sql'";
    assert_eq!(scene.ask(asked), ["1"]);
    scene.add("db-init/006_by_bash.sql", "CREATE TABLE by_bash ();\n");
    scene.execute(
        "CREATE TABLE by_bash (); INSERT INTO migrations_applied(filename) VALUES ('006_by_bash.sql')",
    );
    let run = scene.run(&["--phase", "pre"]).expect(0, &["1 done, 3 applied before"]);
    assert_eq!(run.words(), [["adopt", "db-init/006_by_bash.sql"]]);
    scene.run(&["plan", "--check", "--phase", "pre"]).expect(0, &["0 pending, 4 applied"]);
}

#[test]
fn a_ledger_that_says_more_than_is_true_is_not_believed() {
    let Some(scene) = Scene::new() else { return };
    bash_ledger(&scene);
    scene.run(&["--phase", "pre"]).expect(
        1,
        &[
            "prove the migrations: ",
            "  - table readings\n",
            "  - hypertable readings.ts: ",
            "what names it first: db-init/001_extensions.sql, db-init/002_readings_hypertable.sql",
            "hint: put it back",
        ],
    );
}

#[test]
fn the_post_phase_without_directus_fails_at_its_line_and_leaves_nothing() {
    let Some(scene) = Scene::new() else { return };
    scene.run(&["--phase", "pre"]).expect(0, &[]);
    let before = scene.dump();
    let source = scene.source(POST[0]);
    let lines = source.lines().enumerate();
    let (index, _) =
        lines.clone().find(|(_, line)| line.contains("'planting_sensors'::regclass")).expect("a line");
    scene.run(&["run", "--phase", "post"]).expect(
        1,
        &[
            "error: run migration `db-init-post/001_junction_unique_constraints.sql`",
            &format!("--> {}:{}:", POST[0], index + 1),
            "relation \"planting_sensors\" does not exist",
            "42P01",
            "nothing of this file remains",
        ],
    );
    assert_eq!(scene.dump(), before);
}

#[test]
fn a_failing_statement_takes_its_whole_file_back_and_none_before_it() {
    let Some(scene) = Scene::new() else { return };
    scene.add("db-init/004_half.sql", "CREATE TABLE half ();\nSELECT 1/0;\n");
    let failed = scene.run(&["--phase", "pre"]).expect(
        1,
        &[
            "--> db-init/004_half.sql:2:1",
            "division by zero",
            "22012",
            "3 migrations that ran before it stay applied",
        ],
    );
    assert_eq!(failed.words(), PRE.map(|path| ["run", path]));
    assert!(!scene.exists("half") && scene.applied().len() == 3);
    scene.checkout.edit("db-init/004_half.sql", |text| text.replace("1/0", "1/1"));
    scene.run(&["--phase", "pre"]).expect(0, &["1 done, 3 applied before"]);
}

#[test]
fn p3_transaction_control_is_refused_before_anything_connects() {
    let Some(scene) = Scene::new() else { return };
    scene.add("db-init/004_own.sql", "BEGIN;\nCREATE TABLE own ();\nCOMMIT;\n");
    let mut command = scene.command(&["run"]);
    command.env("DB_PORT", "1").env("RUNNER_DB_WAIT_S", "30");
    said(&mut command).expect(2, &["db-init/004_own.sql:1:1", "db-init/004_own.sql:3:1"]);
}

/// A server whose role `guarded` has to say this password.
const PASSWORD: &str = "S3cret/with:odd@characters";

fn guarded_server() -> Result<Server, Absent> {
    let root = PostgresRoot::cached(&Cache::open()?)
        .ok_or_else(|| Absent::new("no Postgres root in the cache: run cargo xtask setup"))?;
    let server = Server::start(&root, ServerOptions::default())?;
    let role =
        format!("CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'; ALTER DATABASE postgres OWNER TO guarded");
    server.connect("postgres")?.batch_execute(&role).expect("a role");
    let rules = "local all guarded scram-sha-256\nlocal all all trust\n";
    std::fs::write(server.dir().join("d/pg_hba.conf"), rules).expect("pg_hba.conf");
    server.restart()?;
    Ok(server)
}

#[test]
fn a_password_may_come_from_a_file_and_is_never_told() {
    let Some(server) = require(guarded_server()) else { return };
    let Some(checkout) = Checkout::new() else { return };
    let command = |file: Option<&Path>, value: Option<&str>| {
        let mut command = db_init(&checkout, &["run", "--phase", "pre"]);
        command.envs(server.environment("postgres")).env("DB_USER", "guarded").env_remove("DB_PASSWORD");
        command.envs(file.map(|path| ("DB_PASSWORD_FILE", path)));
        command.envs(value.map(|value| ("DB_PASSWORD", value)));
        command
    };
    let secret = |name: &str, content: String| {
        let path = checkout.path(name);
        std::fs::write(&path, content).expect("a file");
        path
    };
    // Secret stores and editors add a newline.
    let (right, wrong) =
        (secret("right", format!("{PASSWORD}\n")), secret("wrong", "hunter2-hunter2".to_owned()));
    // TimescaleDB is not a trusted extension, so an administrator has to have made it.
    server
        .connect("postgres")
        .expect("a connection")
        .batch_execute("CREATE EXTENSION timescaledb")
        .expect("it works");
    said(&mut command(Some(&right), None)).expect(0, &["3 done, 0 applied before"]);

    let started = Instant::now();
    let refused =
        said(&mut command(Some(&wrong), None)).expect(2, &["28P01", "hint: check DB_USER and DB_PASSWORD"]);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "a wrong password is not worth a second attempt (P15)"
    );
    assert!(!format!("{}{}", refused.stdout, refused.stderr).contains("hunter2"), "{}", refused.stderr);

    let both = said(&mut command(Some(&right), Some(PASSWORD)))
        .expect(2, &["`DB_PASSWORD` and `DB_PASSWORD_FILE` are both set", "hint: keep one"]);
    assert!(!both.stderr.contains(PASSWORD), "{}", both.stderr);
    let nowhere = checkout.path("nowhere");
    said(&mut command(Some(&nowhere), None)).expect(2, &["nowhere", "named by `DB_PASSWORD_FILE`"]);
    said(&mut command(None, None)).expect(2, &["hint: set DB_PASSWORD or DB_PASSWORD_FILE"]);
}

#[test]
fn a_server_that_is_not_there_is_waited_for_as_long_as_the_setting_says() {
    let Some(scene) = Scene::new() else { return };
    for (wait_s, most_s) in [("0", 3), ("2", 6)] {
        let mut command = scene.command(&["plan"]);
        command.env("DB_HOST", "127.0.0.1").env("DB_PORT", "1").env("RUNNER_DB_WAIT_S", wait_s);
        let started = Instant::now();
        said(&mut command).expect(
            5,
            &[
                "127.0.0.1:1",
                &format!("in {wait_s} s; last: "),
                "refused",
                "hint: start the database",
                "RUNNER_DB_WAIT_S",
            ],
        );
        let elapsed = started.elapsed();
        assert!(elapsed < Duration::from_secs(most_s), "{wait_s} s: {elapsed:?}");
    }
}

#[test]
fn settings_that_are_missing_or_nonsense_are_told_before_anything_connects() {
    let Some(scene) = Scene::new() else { return };
    let with = |name: &str, value: Option<&str>| {
        let mut command = scene.command(&["plan"]);
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        said(&mut command)
    };
    with("DB_HOST", None).expect(2, &["`DB_HOST` is not set", "hint: set DB_HOST, DB_PORT, DB_DATABASE"]);
    with("DB_HOST", Some("")).expect(2, &["`DB_HOST` is not set"]);
    with("DB_PORT", Some("0")).expect(2, &["`DB_PORT` is `0`"]);
    with("DB_CLIENT", Some("mysql")).expect(2, &["`DB_CLIENT` is `mysql`", "hint: set DB_CLIENT=pg"]);
    with("RUNNER_DB_WAIT_S", Some("1m")).expect(2, &["`RUNNER_DB_WAIT_S`: `1m` is not a whole number"]);
    with("DB_DATABASE", Some("nowhere")).expect(2, &["3D000", "hint: check DB_DATABASE"]);
    scene.run(&["run", "--check"]).expect(2, &["hint: cargo xtask db-init plan --check"]);
}

#[test]
fn of_two_runs_at_once_one_waits_and_both_succeed() {
    let Some(scene) = Scene::new() else { return };
    scene.add("db-init/004_slow.sql", "SELECT pg_sleep(2);\nCREATE TABLE slow ();\n");
    let both = [(); 2].map(|()| scene.start(&["--phase", "pre"]));
    let mut ends = both.map(|child| child.wait_with_output().expect("an end")).map(|output| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{text}");
        (text.contains("waiting for the lock: `xtask-db-init` (backend "), text)
    });
    ends.sort();
    let [(false, worked), (true, waited)] = ends else { panic!("one waits: {ends:?}") };
    assert!(worked.contains("4 done, 0 applied before"), "{worked}");
    assert!(waited.contains("0 done, 4 applied before"), "{waited}");
}

#[test]
fn a_lock_that_somebody_keeps_ends_the_wait_with_6() {
    let Some(scene) = Scene::new() else { return };
    let mut holder = scene.database.connect().expect("a connection");
    let lock =
        format!("SET application_name = 'another boot'; SELECT pg_advisory_lock({})", migrations::lock::KEY);
    holder.batch_execute(&lock).expect("the lock");
    let mut command = scene.command(&["run"]);
    command.env("RUNNER_LOCK_WAIT_S", "1");
    said(&mut command).expect(6, &["`another boot`", "not obtained in 1 s", "RUNNER_LOCK_WAIT_S"]);
    assert!(!scene.exists("migrations_applied"));
    // Whoever only reads waits for nobody.
    scene.run(&["plan"]).expect(0, &["5 pending"]);
}

#[test]
fn ctrl_c_cancels_the_statement_and_leaves_no_half_of_a_file() {
    let Some(scene) = Scene::new() else { return };
    scene.add("db-init/004_slow.sql", "CREATE TABLE slow ();\nSELECT pg_sleep(60);\n");
    let child = scene.start(&["--phase", "pre"]);
    let sleeping = || {
        let query = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND datname = current_database()";
        scene.ask(query) == ["1"]
    };
    wait_for("the statement runs", sleeping);
    let started = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).expect("a process");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    wait_for("the server has ended the statement", || !sleeping());
    assert!(!scene.exists("slow") && scene.applied().len() == 3);
    scene.checkout.edit("db-init/004_slow.sql", |text| text.replace("60", "0"));
    scene.run(&["--phase", "pre"]).expect(0, &["1 done, 3 applied before"]);
}

/// The scripts of old habits, called from a folder of its own, with this program for cargo.
#[test]
fn the_script_takes_a_folder_from_where_it_is_called() {
    let Some(scene) = Scene::new() else { return };
    let scripts = scene.checkout.path("scripts");
    std::fs::create_dir(&scripts).expect("a folder");
    std::fs::copy(root().join("scripts/apply-db-init.sh"), scripts.join("apply-db-init.sh"))
        .expect("a script");
    let programs = tempfile::tempdir().expect("a folder");
    let cargo = programs.path().join("cargo");
    std::fs::write(&cargo, format!("#!/bin/sh\nshift\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_xtask")))
        .expect("a program");
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let script = |folder: &str, dir: Option<&str>, arguments: &[&str]| {
        // For its environment.
        let template = scene.command(&[]);
        let mut command = Command::new(scripts.join("apply-db-init.sh"));
        command.args(arguments).current_dir(scene.checkout.path(folder)).stdin(Stdio::null());
        for (name, value) in template.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.path().display()));
        dir.map(|dir| command.env("DB_INIT_DIR", dir));
        said(&mut command)
    };
    std::fs::create_dir_all(scene.checkout.path("else/where")).expect("a folder");
    scene.add("else/where/001_other.sql", "CREATE TABLE other (id int);\n");
    let plan = script("else", Some("where"), &["--json"]).expect(0, &["1 done"]);
    assert!(plan.stdout.contains("\"else/where/001_other.sql\""), "{}", plan.stdout);
    script("else", Some("nowhere"), &[]).expect(
        2,
        &[&format!("read the folder `{}`", scene.checkout.path("else/nowhere").display()), "DB_INIT_DIR"],
    );
    scene.checkout.remove("else/where/001_other.sql");
    scene.execute("DELETE FROM migrations_applied");
    script("else", None, &[]).expect(0, &["3 done"]);
    // The other phase's folder: what is wrong is named where it is, and what ran from the first one is not missing.
    scene.add("db-init-post/bad-name.sql", "SELECT 1;\n");
    script("", Some("db-init-post"), &[]).expect(2, &["db-init-post/bad-name.sql: "]);
    scene.checkout.remove("db-init-post/bad-name.sql");
    script("", Some("db-init-post"), &[]).expect(
        1,
        &[
            "`db-init-post/001_junction_unique_constraints.sql` has the number that `001_extensions.sql` was applied with",
            "cargo xtask db-init --phase post",
        ],
    );
    for path in POST {
        scene.checkout.remove(path);
    }
    scene.add("db-init-post/004_note.sql", "COMMENT ON TABLE other IS 'x';\n");
    let post = script("", Some("db-init-post/"), &[]).expect(0, &["1 done, 0 applied before"]);
    assert!(post.stdout.contains("db-init-post/004_note.sql"), "{}", post.stdout);
    script("", Some("db-init-post"), &[]).expect(0, &["0 done, 1 applied before"]);
}

#[test]
fn a_phase_that_was_not_asked_for_needs_no_folder() {
    let Some(scene) = Scene::new() else { return };
    std::fs::remove_dir_all(scene.checkout.path("db-init-post")).expect("a folder");
    scene.run(&["plan", "--phase", "pre"]).expect(0, &["3 pending"]);
    scene.run(&["plan"]).expect(2, &["db-init-post"]);
}

#[test]
fn another_folder_takes_the_place_of_the_first_phase() {
    let Some(scene) = Scene::new() else { return };
    let folder = scene.checkout.path("elsewhere");
    std::fs::create_dir(&folder).expect("a folder");
    scene.add("elsewhere/001_other.sql", "CREATE TABLE other (id int);\n");
    let dir = folder.display().to_string();
    scene.run(&["run", "--phase", "pre", "--dir", &dir]).expect(0, &["1 done, 0 applied before"]);
    assert_eq!((scene.exists("other"), scene.applied()), (true, vec!["001_other.sql".to_owned()]));
}
