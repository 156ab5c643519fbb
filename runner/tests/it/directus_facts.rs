//! What we rely on about Directus itself. A failure here means that the pinned version behaves differently: read docs/ARCHITECTURE.md
//! for what rests on the fact.

use crate::site::{Site, said};
use rustix::process::Signal;
use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[test]
fn d1_schema_apply_without_directus_tables_does_nothing_and_exits_0() {
    let Some(site) = Site::new() else { return };
    let snapshot = site.tree.path("snapshots/schema.yaml");
    let snapshot = snapshot.to_str().expect("text");
    site.directus(&["schema", "apply", "--yes", snapshot])
        .expect(0, &["Directus isn't installed on this database"]);
    assert_eq!(site.ask("SELECT to_regclass('plantings') IS NULL"), "t");
}

/// A snapshot of one collection, with `meta` as given.
fn snapshot_of_one(site: &Site, meta: &str) -> String {
    let path = site.tree.path("one.json");
    let text = format!(
        r#"{{"version":1,"directus":"11.17.4","vendor":"postgres","fields":[],"systemFields":[],"relations":[],
            "collections":[{{"collection":"toys","meta":{meta},"schema":{{"name":"toys"}}}}]}}"#
    );
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn d2_schema_apply_says_success_of_a_collection_that_it_did_not_create() {
    // Its group is neither in the database nor in the file. (Without the key `group` it is created, at the top: see d3.)
    let Some(site) = Site::new() else { return };
    site.directus(&["bootstrap"]).expect(0, &[]);
    let snapshot = snapshot_of_one(&site, r#"{"collection":"toys","group":"nobody"}"#);
    site.directus(&["schema", "apply", "--yes", &snapshot]).expect(0, &["Snapshot applied successfully"]);
    assert_eq!(site.ask("SELECT to_regclass('toys') IS NULL"), "t");
}

#[test]
fn d3_schema_apply_drops_a_populated_table_for_a_missing_key_and_says_success() {
    let Some(site) = Site::new() else { return };
    site.directus(&["bootstrap"]).expect(0, &[]);
    let snapshot = snapshot_of_one(&site, r#"{"collection":"toys"}"#);
    site.directus(&["schema", "apply", "--yes", &snapshot]).expect(0, &["Snapshot applied successfully"]);
    site.ask("INSERT INTO toys DEFAULT VALUES");
    assert_eq!(site.ask("SELECT count(*) FROM toys"), "1");
    // The very same file again.
    site.directus(&["schema", "apply", "--yes", &snapshot]).expect(0, &["Snapshot applied successfully"]);
    assert_eq!(site.ask("SELECT to_regclass('toys') IS NULL"), "t");
}

#[test]
fn d17_cli_js_asks_for_updates_first() {
    // A proxy that never answers sees who asks. The other half is `the_boot_needs_no_network`.
    let Some(site) = Site::new() else { return };
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let cli = site.install.dir.join("node_modules/directus/cli.js");
    let mut command = site.program(&site.install.node, &[cli.to_str().expect("text"), "--version"]);
    // Its cache of the answer is looked for in the working folder's package.
    command.current_dir(site.tree.root()).env("HTTPS_PROXY", &address).env("https_proxy", &address);
    let mut child = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("node");
    proxy.set_nonblocking(true).expect("a socket");
    let end = Instant::now() + Duration::from_secs(20);
    let asked = loop {
        if let Ok((mut stream, _)) = proxy.accept() {
            stream.set_nonblocking(false).expect("a socket");
            let mut bytes = [0; 64];
            let count = stream.read(&mut bytes).expect("a request");
            break String::from_utf8_lossy(&bytes[..count]).into_owned();
        }
        assert!(Instant::now() < end && child.try_wait().expect("a status").is_none(), "nobody asked");
        std::thread::sleep(Duration::from_millis(10));
    };
    child.kill().expect("a process");
    child.wait().expect("an end");
    assert!(asked.contains("/directus HTTP/1.1") || asked.starts_with("CONNECT "), "{asked}");
}

#[test]
fn d25_bootstrap_without_admin_variables_exits_0_and_makes_no_user() {
    let Some(site) = Site::new() else { return };
    let mut words =
        vec!["--input-type=module", "--eval", "import('@directus/api/cli/run.js')", "--", "directus"];
    words.push("bootstrap");
    let mut command = site.program(&site.install.node, &words);
    command
        .current_dir(&site.install.dir)
        .env("CONFIG_PATH", "/dev/null")
        .env_remove("ADMIN_EMAIL")
        .env_remove("ADMIN_PASSWORD");
    said(&mut command).expect(0, &[]);
    assert_eq!(site.ask("SELECT count(*) FROM directus_users"), "0");
}

#[test]
fn d26_every_module_that_the_bridge_takes_is_there() {
    // The bridge names what is missing; a boot that installs, applies and serves has used every one of them.
    let Some(site) = Site::new() else { return };
    site.tree.edit("bridge/modules.js", |text| {
        text.replace("'utils/get-snapshot': ['getSnapshot']", "'utils/get-snapshot': ['getPicture']")
    });
    site.prepare().expect(1, &["`@directus/api/utils/get-snapshot` no longer exports `getPicture`"]);
}

#[test]
fn d27_connections_say_whose_they_are_and_none_of_the_work_is_left_while_serving() {
    let Some(site) = Site::new() else { return };
    // Cold, so that the bridge has had connections for the work; again, when it never had; and when Directus compared the schema and had
    // nothing to do, so that it took its pool without being asked to work on it.
    for fast in ["on", "on", "off"] {
        let mut serving = site.serve(site.runner(&["start"]).env("RUNNER_FAST", fast));
        let count = |name: &str| {
            site.ask(&format!("SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^{name}$' AND datname = current_database()"))
        };
        assert_ne!(count("directus-[0-9a-f]{8}"), "0");
        assert_eq!(count("runner-.*"), "0");
        serving.end(serving.pid(), Signal::TERM, Duration::from_secs(10)).expect("an end");
    }
}
