//! The prelinked Directus is no other Directus: one long conversation with both, compared answer by answer, and so is the database it leaves.

use crate::site::Site;
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The script of the conversation and the extensions it talks to.
fn data() -> PathBuf {
    testkit::repository().join("runner/tests/data/conversation")
}

/// What one conversation left behind.
struct Conversation {
    answers: Vec<String>,
    picture: Vec<String>,
    said: Vec<String>,
}

/// What the bridge says when it does not run the prelinked Directus though it should.
const WARNING: &str = "Directus' plain modules run";

/// Everything that may be switched on and needs nothing from outside.
const SETTINGS: [(&str, &str); 12] = [
    ("WEBSOCKETS_ENABLED", "true"),
    ("EMAIL_TRANSPORT", "sendmail"),
    ("EMAIL_FROM", "directus@example.com"),
    ("EXTENSIONS_MUST_LOAD", "true"),
    // Nothing: the conversation's own server is on this machine.
    ("IMPORT_IP_DENY_LIST", "192.0.2.1"),
    ("TUS_ENABLED", "true"),
    ("METRICS_ENABLED", "true"),
    ("MCP_ENABLED", "true"),
    ("RATE_LIMITER_ENABLED", "true"),
    ("RATE_LIMITER_POINTS", "100000"),
    ("USER_INVITE_TOKEN_TTL", "1d"),
    ("NODE_OPTIONS", "--no-node-snapshot"),
];

/// A fresh database, a boot with extensions, the conversation, and the end.
fn converse(site: &Site, prelinked: &[(&str, &str)]) -> Conversation {
    let text = |path: PathBuf| path.display().to_string();
    let (mailbox, sendmail) = (site.tree.root().join("mailbox"), site.tree.root().join("sendmail"));
    // In one piece, because two flows may send at once.
    let script = format!(
        "#!/bin/sh\nmail=$(mktemp)\n{{ cat; printf '\\f'; }} >\"$mail\"\ncat \"$mail\" >>'{}'\nrm \"$mail\"\n",
        mailbox.display()
    );
    std::fs::write(&sendmail, script).expect("a script");
    std::fs::set_permissions(&sendmail, PermissionsExt::from_mode(0o755)).expect("a script");
    let copied = Command::new("cp").arg("-R").arg(data().join("extensions")).arg(site.tree.root()).status();
    assert!(copied.expect("cp").success());
    // Where extensions find `@directus/api`, as in an image.
    symlink(site.install.dir.join("node_modules"), site.tree.root().join("node_modules")).expect("a link");

    std::fs::write(
        site.tree.root().join("db-init/900_geometry.sql"),
        "CREATE EXTENSION IF NOT EXISTS postgis;\n",
    )
    .expect("a migration");

    let mut command = site.runner(&["start"]);
    command.envs(SETTINGS).envs(prelinked.iter().copied());
    command
        .env("EXTENSIONS_PATH", site.tree.root().join("extensions"))
        .env("TEMP_PATH", site.tree.root().join("temp"));
    command.env("EMAIL_SENDMAIL_PATH", &sendmail);
    let mut serving = site.serve(&mut command);
    let operations = site.install.dir.join("node_modules/@directus/api/dist/operations");
    let talk = [data().join("talk.mjs"), site.socket(), mailbox, operations].map(text);
    let talked = Command::new(&site.install.node).args(&talk).output().expect("node");
    let trouble = String::from_utf8_lossy(&talked.stderr).into_owned();
    let answers = String::from_utf8(talked.stdout).expect("text");
    let last = answers.lines().last().unwrap_or_default();
    assert!(talked.status.success(), "{}\n{trouble}\nthe last answer: {last}", serving.said());
    let (farewell, _) = serving.end(serving.pid(), Signal::TERM, Duration::from_secs(20)).expect("an end");
    let farewell = farewell.expect(143, &["Directus shut down OK. Bye bye!"]);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    assert_eq!(site.ask(left), "0", "connections left open");
    Conversation {
        answers: answers.lines().map(str::to_owned).collect(),
        picture: picture(site),
        said: farewell.stderr.lines().map(str::to_owned).collect(),
    }
}

/// The database without what is made up in each run, as sorted lines. What the runner records of itself has times in it.
fn picture(site: &Site) -> Vec<String> {
    let own = ["migrations_applied", "schema_releases"].map(|table| format!("--exclude-table-data={table}"));
    let arguments = ["--no-owner", "--exclude-table-data=_timescaledb*.*", &own[0], &own[1]];
    let server = site.database.server();
    let dump = server.pg_dump(site.database.name(), &arguments).expect("a dump");
    let file = site.tree.root().join("dump.sql");
    std::fs::write(&file, dump).expect("a file");
    let same = Command::new(&site.install.node)
        .arg(data().join("same.mjs"))
        .stdin(std::fs::File::open(&file).expect("a file"))
        .output()
        .expect("node");
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
    String::from_utf8(same.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn a_prelinked_directus_answers_and_stores_as_the_plain_one() {
    let (Some(plain_site), Some(site)) = (Site::new(), Site::new()) else { return };
    // At once: they share nothing, and each waits for flows, websockets and mails.
    let (plain, prelinked) = std::thread::scope(|scope| {
        let plain = scope.spawn(|| converse(&plain_site, &[("RUNNER_PRELINKED", "off")]));
        let prelinked = converse(&site, &[]);
        (plain.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), prelinked)
    });
    assert!(prelinked.said.iter().all(|line| !line.contains(WARNING)), "{}", prelinked.said.join("\n"));
    assert!(plain.answers.len() > 250, "{} answers", plain.answers.len());
    assert_eq!(differences(&plain.answers, &prelinked.answers), "");
    assert_eq!(differences(&plain.picture, &prelinked.picture), "");
    assert_eq!(farewell(&plain.said), farewell(&prelinked.said));
}

/// What is said from the end of serving on, without the times.
fn farewell(said: &[String]) -> Vec<&str> {
    let from = said.iter().position(|line| line.contains("Shutting down")).expect("an end");
    said[from..].iter().map(|line| line.split_once("] ").map_or(line.as_str(), |(_, text)| text)).collect()
}

/// The lines that differ, in pairs.
fn differences(one: &[String], other: &[String]) -> String {
    let mut text = String::new();
    for (at, (a, b)) in one.iter().zip(other).enumerate().filter(|(_, (a, b))| a != b) {
        let _ = writeln!(text, "{at}\n  plain:     {a}\n  prelinked: {b}");
    }
    if one.len() != other.len() {
        let _ = writeln!(text, "{} lines and {}", one.len(), other.len());
    }
    text
}

/// A copy of the prelinked Directus, to break.
fn copy(site: &Site) -> Option<PathBuf> {
    let copy = site.tree.root().join("prelinked");
    let original = site.install.prelinked.as_deref()?;
    let copied = Command::new("cp").arg("-R").arg(original).arg(&copy).status();
    assert!(copied.expect("cp").success());
    Some(copy)
}

/// What `image-check` finds in it.
#[track_caller]
fn expect_finding(site: &Site, folder: &Path, finding: &[&str]) {
    let folder = folder.to_str().expect("text");
    site.run(&["image-check"], &[("RUNNER_PRELINKED", folder)]).expect(3, finding);
}

fn edit(path: &Path, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(path).expect("a file");
    let edited = text.replacen(from, to, 1);
    assert_ne!(text, edited, "no `{from}` in `{}`", path.display());
    std::fs::write(path, edited).expect("a file");
    text
}

#[test]
fn what_does_not_fit_is_not_used_and_the_reason_is_told() {
    let Some(site) = Site::new() else { return };
    let Some(folder) = copy(&site) else { return };
    let manifest = folder.join("manifest.json");
    for (from, to, reason) in [
        ("\"node\": \"22\"", "\"node\": \"24\"", "it is for Node 24, this is 22."),
        ("\"installation\": \"", "\"installation\": \"0", "another install of the same version"),
        ("\"name\": \"", "\"name\": \"0", "another version of the bridge made it"),
        ("\"api\": \"", "\"api\": \"0", "it is of @directus/api 0"),
    ] {
        let original = edit(&manifest, from, to);
        expect_finding(&site, &folder, &[&format!("{WARNING}, and take seconds longer: "), reason]);
        std::fs::write(&manifest, original).expect("a file");
    }
    let main = folder.join("main.mjs");
    let text = std::fs::read_to_string(&main).expect("a file");
    std::fs::write(&main, format!("{text} ")).expect("a file");
    expect_finding(&site, &folder, &["`main.mjs` has "]);
    // As long as before, and another one: only the image's own check looks at every byte.
    std::fs::write(&main, format!("{} ", &text[..text.len() - 1])).expect("a file");
    expect_finding(&site, &folder, &["is not what its manifest says"]);
    std::fs::remove_file(&main).expect("a file");
    // It boots all the same.
    let missing = [("RUNNER_PRELINKED", folder.to_str().expect("text"))];
    site.run(&["prepare"], &missing).expect(0, &[WARNING, "`main.mjs` is missing", "recorded"]);
    let off = site.run(&["prepare"], &[("RUNNER_PRELINKED", "off"), ("RUNNER_FAST", "off")]);
    let off = off.expect(0, &[]);
    assert!(!off.stderr.contains(WARNING), "{}", off.stderr);
}

#[test]
fn d36_a_start_loads_the_same_modules_as_the_plain_one() {
    let Some(site) = Site::new() else { return };
    let repository = testkit::repository();
    let loaded = |prelinked: &Path| {
        // Libraries look there for what earlier starts left.
        let home = tempfile::tempdir().expect("a folder");
        let mut node = Command::new(&site.install.node);
        node.arg(repository.join("runner/tests/data/modules.mjs"))
            .arg(repository.join("bridge"))
            .args([&site.install.dir, prelinked])
            .env("HOME", home.path());
        let said = node.output().expect("node");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).expect("text").lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let plain = loaded(Path::new("off"));
    let prelinked = loaded(site.install.prelinked.as_deref().expect("a prelinked Directus"));
    assert!(plain.len() > 3000, "{} modules", plain.len());
    let missing: Vec<_> = plain.difference(&prelinked).collect();
    assert!(missing.is_empty(), "not loaded: {missing:?}");
    let more: Vec<_> = prelinked.difference(&plain).collect();
    assert!(more.is_empty(), "loaded beside: {more:?}");
}

#[test]
fn a_module_that_relies_on_sloppy_mode_is_not_linked() {
    let Some(site) = Site::new() else { return };
    let manifest = site.install.prelinked.as_deref().expect("a prelinked Directus").join("manifest.json");
    let manifest = std::fs::read_to_string(manifest).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let is_linked = |name: &str| {
        let place = format!("node_modules/bintrees/lib/{name}");
        manifest["modules"].as_array().expect("modules").iter().any(|module| *module == *place)
    };
    // It assigns `ret` without having declared it, which strict mode refuses; its neighbour does not.
    assert!(site.install.dir.join("node_modules/bintrees/lib/bintree.js").is_file());
    assert!(!is_linked("bintree.js") && is_linked("rbtree.js"));
}

#[test]
fn the_same_install_gives_the_same_bytes_and_the_same_compile_cache() {
    let Some(site) = Site::new() else { return };
    let scripts = testkit::repository().join("bridge/prelink");
    let run = |words: &[&Path]| {
        let mut node = Command::new(&site.install.node);
        let ended =
            node.arg("--random-seed=1").args(words).env_remove("NODE_OPTIONS").output().expect("node");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    let again = site.tree.root().join("again");
    run(&[&scripts.join("build.js"), &site.install.dir, &again]);
    let original = site.install.prelinked.as_deref().expect("a prelinked Directus");
    assert_eq!(files(original, "compiled"), files(&again, "compiled"));
    // The cache knows its files by their addresses, and which user it is for.
    let compiled = |run: &dyn Fn()| {
        let folder = again.join("compiled");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        run();
        files(&folder, "")
    };
    let compile = || run(&[&scripts.join("compile.js"), &site.install.dir, &again]);
    let first = compiled(&compile);
    assert!(first.len() > 40, "{} files", first.len());
    assert!(first == compiled(&compile), "two compile caches differ");
}

/// The names and contents of the files in a folder, without those of the folder `but` in it.
fn files(folder: &Path, but: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = PathBuf::from(path.file_name().expect("a name"));
        if path.is_dir() && name.to_str() != Some(but) {
            found.extend(files(&path, "").into_iter().map(|(inner, content)| (name.join(inner), content)));
        } else if path.is_file() {
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn the_release_is_another_one_with_another_prelinker_and_the_same_without_it() {
    let Some(site) = Site::new() else { return };
    // As in an image: both in one folder.
    let folder = site.tree.root().join("directus");
    std::fs::create_dir_all(folder.join("prelinked")).expect("a folder");
    symlink(site.install.dir.join("node_modules"), folder.join("node_modules")).expect("a link");
    let name = folder.join("prelinked/name");
    let release = |prelinked: &str| {
        let variables =
            [("RUNNER_DIRECTUS", folder.to_str().expect("text")), ("RUNNER_PRELINKED", prelinked)];
        let said = site.run(&["plan", "--json"], &variables).expect(0, &[]).stderr;
        let line = said.lines().find(|line| line.starts_with('{')).expect("a plan");
        let plan: serde_json::Value = serde_json::from_str(line).expect("JSON");
        plan["release"].as_str().expect("a release").to_owned()
    };
    std::fs::write(&name, "one\n").expect("a file");
    let (on, off) = (release(""), release("off"));
    assert_eq!(on, off, "the switch makes no other release");
    std::fs::write(&name, "another\n").expect("a file");
    assert_ne!(on, release(""));
}
