//! Provisioning with the real tools: what a person is told, and what is left after a kill.
//!
//! The tests that fetch are ignored unless asked for (`cargo test -p testbed -- --include-ignored`): they need a network.

use crate::helper;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use testbed::{Absent, require};

/// A cache and an npm cache of its own, so that nothing is known yet.
struct Fresh {
    dir: tempfile::TempDir,
}

impl Fresh {
    fn new() -> Fresh {
        Fresh { dir: tempfile::tempdir().unwrap() }
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    fn command(&self, task: &str) -> Command {
        let mut command = helper::command(task);
        command.env("XTASK_CACHE_DIR", self.cache()).env("npm_config_cache", self.dir.path().join("npm"));
        command
    }

    /// Finished parts in it.
    fn parts(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.cache()).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("postgres-") || name.starts_with("directus-")).collect()
    }
}

/// `command`, run by `wrapper`, as in `unshare --net command …`.
fn wrapped(wrapper: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(wrapper[0]);
    outer.args(&wrapper[1..]).arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        outer.env(name, value.unwrap_or_default());
    }
    outer
}

fn works(words: &[&str]) -> Result<(), Absent> {
    let worked =
        Command::new(words[0]).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match worked {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Absent::new(format!("`{}` does not work here", words.join(" ")))),
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Processes that work for the cache at `dir`: they have its path in their environment, their words or their folder.
fn processes_of(dir: &Path) -> Vec<String> {
    let needle = dir.to_str().unwrap().as_bytes();
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|process| process.path());
    let is_of = |process: &PathBuf| {
        let names_it = |file: &str| {
            std::fs::read(process.join(file))
                .is_ok_and(|text| text.windows(needle.len()).any(|part| part == needle))
        };
        names_it("environ")
            || names_it("cmdline")
            || std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir))
    };
    let name = |process: PathBuf| {
        std::fs::read_to_string(process.join("comm")).unwrap_or_default().trim().to_owned()
    };
    processes.filter(is_of).map(name).collect()
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(120), "not within 120 s: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Bytes below `dir`, to see a tool at work.
fn filled(dir: &Path) -> u64 {
    testbed::disk::used_bytes(dir)
}

#[test]
fn without_a_network_what_could_not_be_fetched_is_named() {
    let alone: &[&str] = if rustix::process::geteuid().is_root() {
        &["unshare", "--net"]
    } else {
        // The inner namespace for subordinate ids needs the outer one to have them.
        &["unshare", "--net", "--map-root-user", "--map-auto"]
    };
    if require(works(&[alone, &["mmdebstrap", "--version"]].concat())).is_none() {
        return;
    }
    for (task, whats) in [
        (
            "provision-postgres",
            [
                "fetch Postgres 17 with TimescaleDB and PostGIS (Debian trixie) with `mmdebstrap`",
                "/dists/trixie",
            ],
        ),
        ("provision-directus", ["error: fetch `directus@11.17.4` from the npm registry", "npm error"]),
    ] {
        let fresh = Fresh::new();
        let output = wrapped(alone, &fresh.command(task)).output().unwrap();
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        for what in whats {
            assert!(told.contains(what), "`{what}` is not in:\n{told}");
        }
        assert!(told.contains("caused by: a server could not be reached: "), "{told}");
        assert!(told.contains("hint: check the network and the proxy settings"), "{told}");
        assert_eq!(fresh.parts(), [""; 0]);
    }
}

#[test]
fn on_a_small_disk_nothing_is_begun() {
    let Some(output) = on_a_small_disk("size=20m", "provision") else { return };
    let told = told(&output);
    assert!(told.contains("error: make room in `") && told.contains("needed"), "{told}");
    assert!(told.contains("XTASK_CACHE_DIR"), "{told}");
    assert!(!told.contains("fetch"), "{told}");
}

#[test]
#[ignore = "fetches some packages: needs a network"]
fn a_disk_that_fills_up_on_the_way_is_named() {
    // Room enough in bytes, but for few files: the tools themselves run into the end of it.
    for (task, files) in [("provision-postgres", 400), ("provision-directus", 5000)] {
        let Some(output) = on_a_small_disk(&format!("size=4g,nr_inodes={files}"), task) else { return };
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("caused by: no space left on the disk of `"), "{told}");
        assert!(told.contains("XTASK_CACHE_DIR"), "{told}");
    }
}

fn on_a_small_disk(options: &str, task: &str) -> Option<Output> {
    let fresh = Fresh::new();
    let mount = format!("mount -t tmpfs -o {options} small \"$XTASK_CACHE_DIR\"");
    std::fs::create_dir(fresh.cache()).unwrap();
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "sh", "-c", &mount]).env("XTASK_CACHE_DIR", fresh.cache());
    let mounted = probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    require(if mounted { Ok(()) } else { Err(Absent::new("mounting a small disk takes root")) })?;
    let script = format!("{mount} && exec \"$@\"");
    Some(wrapped(&["unshare", "--mount", "sh", "-c", &script, "sh"], &fresh.command(task)).output().unwrap())
}

#[test]
#[ignore = "fetches some packages: needs a network"]
fn a_killed_provisioner_leaves_no_process_and_nothing_that_looks_finished() {
    for (task, tool) in [("provision-postgres", "scratch"), ("provision-directus", "part/node_modules")] {
        let fresh = Fresh::new();
        let mut child = fresh.command(task).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let staging = fresh.cache().join("staging");
        wait_for("a tool at work", || {
            let entries = std::fs::read_dir(&staging).into_iter().flatten().flatten();
            entries.map(|entry| filled(&entry.path().join(tool))).sum::<u64>() > 5_000_000
        });
        assert!(!processes_of(&fresh.cache()).is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        wait_for("no process of a killed provisioner", || processes_of(&fresh.cache()).is_empty());
        assert_eq!(fresh.parts(), [""; 0]);
        // The next one sweeps, even if it gets nowhere itself.
        let nowhere = "http://127.0.0.1:9";
        let mut next = fresh.command(task);
        next.env("http_proxy", nowhere).env("https_proxy", nowhere).env("npm_config_https_proxy", nowhere);
        let output = next.output().unwrap();
        assert!(!output.status.success());
        assert_eq!(std::fs::read_dir(&staging).unwrap().count(), 0, "{}", told(&output));
    }
}

#[test]
#[ignore = "fetches everything, about three minutes: needs a network"]
fn two_provisioners_at_once_fetch_everything_once() {
    let fresh = Fresh::new();
    let start = || {
        let mut command = fresh.command("provision");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (first, second) = (start(), start());
    let outputs = [first.wait_with_output().unwrap(), second.wait_with_output().unwrap()];
    let both: String = outputs.iter().map(told).collect();
    for output in &outputs {
        assert!(output.status.success(), "{both}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("provisioned postgres (PostgreSQL) 17"),
            "{both}"
        );
    }
    for part in ["Postgres 17 with TimescaleDB and PostGIS", "Directus 11.17.4 and its Node"] {
        let count = |begin: &str| both.lines().filter(|line| *line == format!("{begin}{part} …")).count();
        assert_eq!(count("fetch "), 1, "one fetches\n{both}");
        let waits = both.lines().filter(|line| {
            line.starts_with("wait for process ") && line.ends_with(&format!("to fetch {part} …"))
        });
        assert_eq!(waits.count(), 1, "the other waits\n{both}");
    }
    assert_eq!(fresh.parts().len(), 2);
    assert_eq!(std::fs::read_dir(fresh.cache().join("staging")).unwrap().count(), 0);
}
