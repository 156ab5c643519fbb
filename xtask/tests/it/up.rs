//! The Directus to click in: it starts, stays, is found, changes with its checkout, and goes without a trace.

use crate::checkout::{Checkout, said};
use crate::instance::{Instance, free_port};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The one folder in the state folder.
fn folder(checkout: &Checkout) -> Option<PathBuf> {
    let entries = std::fs::read_dir(checkout.path("state")).ok()?.flatten();
    entries.map(|entry| entry.path()).find(|path| path.is_dir())
}

/// The supervisor that the record names.
fn supervisor(checkout: &Checkout) -> Pid {
    let record =
        std::fs::read_to_string(folder(checkout).expect("a folder").join("record")).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    Pid::from_raw(record["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid"))
        .expect("a pid")
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Processes, other than zombies, that have `text` in their command line or environment.
fn processes_with(text: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let mine = |path: PathBuf| {
        let read = |name: &str| std::fs::read(path.join(name)).unwrap_or_default();
        let words = [read("cmdline"), read("environ")].concat();
        let words = String::from_utf8_lossy(&words).into_owned();
        let is_self = path.ends_with(std::process::id().to_string());
        (!is_self && words.contains(text))
            .then(|| String::from_utf8_lossy(&read("cmdline")).replace('\0', " "))
    };
    entries.map(|entry| entry.path()).filter_map(mine).collect()
}

/// What everything that belongs to a checkout's Directus has in its command line or environment.
fn sign(checkout: &Checkout) -> String {
    folder(checkout).expect("a folder").display().to_string()
}

#[test]
fn it_stays_is_found_changes_with_its_checkout_and_goes_without_a_trace() {
    let Some(mut instance) = Instance::up(&[]) else { return };
    let state = folder(&instance.checkout).expect("a folder");
    let mode = |path: PathBuf| std::fs::metadata(path).expect("a file").mode() & 0o777;
    assert_eq!((mode(state.clone()), mode(state.join("login"))), (0o700, 0o600));
    assert_eq!(instance.items("beds", "").len(), 5);

    let pid = supervisor(&instance.checkout);
    let again = instance.start(&[]);
    assert_eq!((&again["was_running"], &again["seeded"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(supervisor(&instance.checkout), pid, "it is the same one");

    instance.checkout.write("db-init-post/003_note.sql", "COMMENT ON TABLE gardens IS 'changed';\n");
    let port = instance.port.to_string();
    let said_so = said(&mut instance.checkout.up(&["--port", &port]))
        .expect(0, &["schema, migrations or runner changed since", "db-init-post/003_note.sql"]);
    assert!(said_so.stdout.contains(&format!("http://localhost:{port}")), "{}", said_so.stdout);
    assert_ne!(supervisor(&instance.checkout), pid);

    let down = instance.down().expect(0, &["stopping Directus, then Postgres\n", "its data stays in"]);
    assert_eq!(down.stdout, "Directus and Postgres are stopped\n");
    let log = std::fs::read_to_string(state.join("log")).expect("a log");
    assert!(log.contains("Directus shut down OK"), "{log}");
    assert!(!log.contains("did not end within"), "{log}");
    assert_eq!(processes_with(&sign(&instance.checkout)), Vec::<String>::new());

    // The port is remembered.
    said(&mut instance.checkout.up(&[])).expect(0, &["seeded before: all 14 items"]);
    let gone = said(&mut instance.checkout.xtask(&["down", "--volumes"]))
        .expect(0, &["removing ", "database", "uploads"]);
    assert_eq!(gone.stdout, "Directus and Postgres are stopped\n");
    assert!(!state.exists());
    said(&mut instance.checkout.xtask(&["down", "--volumes"])).expect(0, &["there is no data"]);
}

#[test]
fn kill_9_of_the_supervisor_leaves_nothing_running_and_the_next_up_works() {
    let Some(mut instance) = Instance::warm(&[]) else { return };
    for _ in 0..2 {
        kill_process(supervisor(&instance.checkout), Signal::KILL).expect("a process");
        // At once: the killed one's Postgres may still be dying.
        let json = instance.start(&[]);
        assert_eq!(json["was_running"], Value::Bool(false));
        // The very last commit may not have been on disk: nobody waits for that.
        let items = |what: &str| json["seeded"][what].as_u64().expect("a number");
        assert_eq!((items("unchanged") + items("created"), items("created") < 3), (14, true), "{json}");
    }
    let sign = sign(&instance.checkout);
    kill_process(supervisor(&instance.checkout), Signal::KILL).expect("a process");
    eventually("nothing lives on", || processes_with(&sign).is_empty());
}

#[test]
fn ctrl_c_stops_what_up_has_started_but_not_what_was_running() {
    let Some(checkout) = Checkout::new() else { return };
    let port = free_port().to_string();
    let begin = |arguments: &[&str], until: &str| {
        let mut words = vec!["--port", port.as_str()];
        words.extend(arguments);
        let log = checkout.path("said");
        let file = std::fs::File::create(&log).expect("a file");
        let child = checkout.up(&words).stdout(Stdio::null()).stderr(file).spawn().expect("a process");
        let has_said = || std::fs::read_to_string(&log).is_ok_and(|text| text.contains(until));
        eventually(until, has_said);
        child
    };
    let interrupt = |mut child: std::process::Child| {
        kill_process(Pid::from_child(&child), Signal::INT).expect("a process");
        assert_eq!(child.wait().expect("an end").code(), Some(130));
    };
    // While it starts, and while it is watched.
    interrupt(begin(&[], "starting the runner"));
    assert_eq!(processes_with(&sign(&checkout)), Vec::<String>::new());
    interrupt(begin(&["--foreground"], "Ctrl-C stops it"));
    assert_eq!(processes_with(&sign(&checkout)), Vec::<String>::new());

    said(&mut checkout.up(&[])).expect(0, &[]);
    interrupt(begin(&["--foreground"], "Directus runs on"));
    assert!(!processes_with(&sign(&checkout)).is_empty());
    said(&mut checkout.xtask(&["down", "--volumes"])).expect(0, &[]);
}

#[test]
fn what_keeps_it_from_starting_is_told() {
    let Some(checkout) = Checkout::new() else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    said(&mut checkout.up(&["--port", &port]))
        .expect(2, &[&format!("error: listen on port {port}"), "--port"]);

    checkout.write("db-init/004_typo.sql", "ALTER TABEL readings ADD x int;\n");
    let port = free_port().to_string();
    said(&mut checkout.up(&["--port", &port])).expect(
        1,
        &["error: start Directus", "db-init/004_typo.sql:1:7", "syntax error at or near \"TABEL\""],
    );
    assert_eq!(processes_with(&sign(&checkout)), Vec::<String>::new());

    checkout.remove("db-init/004_typo.sql");
    checkout.write("seeds/typo.yaml", "seasons: []\n");
    said(&mut checkout.up(&["--port", &port])).expect(3, &["seeds/typo.yaml:1:1", "nothing was sent"]);
}

#[test]
fn what_was_clicked_stays_and_no_newer_files_undo_it_unasked() {
    let Some(mut instance) = Instance::warm(&[]) else { return };
    let port = instance.port.to_string();
    let up = |instance: &Instance, variables: &[(&str, &str)]| {
        let mut command = instance.checkout.up(&["--no-seed", "--port", &port]);
        said(command.envs(variables.iter().copied()))
    };
    let click = |instance: &Instance, width: &str| {
        let (status, answer) = instance.ask(
            "PATCH",
            "/fields/beds/code",
            Some(&json!({ "field": "code", "meta": { "width": width } })),
        );
        assert_eq!(status, 200, "{answer}");
    };
    let width = |instance: &Instance| {
        instance.ask("GET", "/fields/beds/code", None).1["data"]["meta"]["width"].clone()
    };
    let as_recorded = width(&instance);
    click(&instance, "fill");
    let colour =
        json!({ "field": "colour", "type": "string", "schema": {}, "meta": { "interface": "input" } });
    assert_eq!(instance.ask("POST", "/fields/plants", Some(&colour)).0, 200);
    let named = [
        "in the database, and not yet in git:\n",
        "  + field plants.colour\n",
        "~ field beds.code: width ",
        "cargo xtask snapshot keeps it",
    ];

    // The same files: it is named, whether it runs or is started, and it stays.
    up(&instance, &[]).expect(0, &named);
    instance.down().expect(0, &[]);
    up(&instance, &[]).expect(0, &named);
    let json = instance.start(&["--no-seed"]);
    assert_eq!(json["unsaved"].as_array().map(Vec::len), Some(2), "{json}");
    assert_eq!(
        (width(&instance), instance.ask("GET", "/fields/plants/colour", None).0),
        (json!("fill"), 200)
    );

    // Other files, of which it is not known that they would keep it: refused, and what runs is left running.
    let pid = supervisor(&instance.checkout);
    let migration = instance.checkout.path("db-init-post/003_note.sql");
    std::fs::write(&migration, "COMMENT ON TABLE gardens IS 'changed';\n").expect("a migration");
    let refused = [
        "error: ",
        "  + plants.colour (string(255))\n",
        "~ beds.code: width ",
        "git stash",
        "RUNNER_ON_DRIFT=repair cargo xtask up",
    ];
    up(&instance, &[]).expect(4, &refused);
    assert_eq!((supervisor(&instance.checkout), width(&instance)), (pid, json!("fill")));
    instance.down().expect(0, &[]);
    up(&instance, &[]).expect(4, &refused);
    assert_eq!(processes_with(&sign(&instance.checkout)), Vec::<String>::new());

    // The way out: the snapshot on the files that the database is of, and then the others.
    std::fs::remove_file(&migration).expect("a file");
    up(&instance, &[]).expect(0, &named);
    said(&mut instance.checkout.xtask(&["snapshot"])).expect(0, &[]);
    std::fs::write(&migration, "COMMENT ON TABLE gardens IS 'changed';\n").expect("a migration");
    let said_so = up(&instance, &[]).expect(0, &["db-init-post/003_note.sql"]);
    assert!(!said_so.stderr.contains("not yet in git"), "{}", said_so.stderr);
    instance.start(&["--no-seed"]);
    assert_eq!(width(&instance), json!("fill"));

    // The other way out: the files win, as far as no data is lost without a consent, which reaches the runner too.
    click(&instance, "half");
    up(&instance, &[("RUNNER_ON_DRIFT", "repair")]).expect(0, &["what was clicked is to be undone"]);
    instance.start(&["--no-seed"]);
    assert_eq!(width(&instance), json!("fill"));
    let colour =
        json!({ "field": "shade", "type": "string", "schema": {}, "meta": { "interface": "input" } });
    assert_eq!(instance.ask("POST", "/fields/plants", Some(&colour)).0, 200);
    let gate = up(&instance, &[("RUNNER_ON_DRIFT", "repair")]).expect(4, &["RUNNER_ALLOW_DESTRUCTIVE="]);
    up(&instance, &[("RUNNER_ON_DRIFT", "repair"), ("RUNNER_ALLOW_DESTRUCTIVE", &gate.consent())])
        .expect(0, &[]);
    instance.start(&["--no-seed"]);
    assert_ne!(instance.ask("GET", "/fields/plants/shade", None).0, 200);
    assert_ne!(as_recorded, json!("fill"));
    instance.down().expect(0, &[]);
}
