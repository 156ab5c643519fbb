//! The duties of an init: signals, reaping, exit codes.

use crate::site::Site;
use rustix::process::Signal;
use std::time::Duration;

/// The child of `bwrap` that is PID 1 inside.
fn pid_one(parent: u32) -> u32 {
    let children =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("the children");
    children.split_whitespace().next().expect("a child").parse().expect("a pid")
}

/// As PID 1 of a pid namespace, as in a container.
const AS_PID_1: [&str; 9] =
    ["--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--as-pid-1", "--die-with-parent", "--"];

#[test]
fn d24_under_the_runner_as_pid_1_directus_stops_in_a_moment() {
    let Some(site) = Site::new() else { return };
    let mut words = AS_PID_1.to_vec();
    words.extend([env!("CARGO_BIN_EXE_runner"), "start"]);
    let mut serving = site.serve(&mut site.program("bwrap", &words));
    assert!(site.get("/server/ping").is_some_and(|(_, answer)| answer == "pong"));
    let (said, took) =
        serving.end(pid_one(serving.pid()), Signal::TERM, Duration::from_secs(10)).expect("an end");
    said.expect(143, &["Directus shut down OK. Bye bye!"]);
    assert!(took < Duration::from_secs(2), "it took {took:?}");
}

#[test]
fn d24_directus_itself_hangs_as_pid_1() {
    // If this fails, Directus has been mended and the runner need not be its init any more.
    let Some(site) = Site::booted() else { return };
    let mut words = AS_PID_1.to_vec();
    let node = site.install.node.display().to_string();
    words.extend([
        &node,
        "--input-type=module",
        "--eval",
        "import('@directus/api/cli/run.js')",
        "--",
        "directus",
        "start",
    ]);
    let mut command = site.program("bwrap", &words);
    command.current_dir(&site.install.dir).env("CONFIG_PATH", "/dev/null");
    let mut serving = site.serve(&mut command);
    assert!(
        serving.end(pid_one(serving.pid()), Signal::TERM, Duration::from_secs(3)).is_none(),
        "{}",
        serving.said()
    );
    assert!(serving.said().contains("Bye bye!"), "{}", serving.said());
}

#[test]
fn a_signal_during_a_migration_rolls_it_back_and_ends_with_128_plus_n() {
    let Some(site) = Site::new() else { return };
    site.tree.write("db-init/004_slow.sql", "CREATE TABLE half (id int);\nSELECT pg_sleep(60);\n");
    let child = site
        .runner(&["prepare"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let child = child.expect("a process");
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()";
    while site.ask(asleep) == "0" {
        std::thread::sleep(Duration::from_millis(20));
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).expect("a process");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(143), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(site.ask("SELECT to_regclass('half') IS NULL"), "t");
    // Nothing is locked or half done: the next boot goes on.
    site.tree.remove("db-init/004_slow.sql");
    site.prepare().expect(0, &[]);
}

#[test]
fn a_killed_runner_takes_its_bridge_along() {
    let Some(site) = Site::booted() else { return };
    let mut serving = site.serve(&mut site.runner(&["start"]));
    let bridge = pid_one(serving.pid());
    serving.end(serving.pid(), Signal::KILL, Duration::from_secs(5)).expect("an end");
    std::thread::sleep(Duration::from_millis(200));
    let state = std::fs::read_to_string(format!("/proc/{bridge}/stat")).unwrap_or_default();
    // Gone, or a zombie that its new parent has not reaped yet.
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
}

#[test]
fn c1_a_signal_while_waiting_for_the_database_ends_the_wait() {
    let Some(site) = Site::new() else { return };
    let mut command = site.runner(&["prepare"]);
    command.env("DB_HOST", "/nowhere").env("RUNNER_DB_WAIT_S", "60").env("RUNNER_STOP_WAIT_S", "30");
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("a process");
    std::thread::sleep(Duration::from_millis(500));
    let began = std::time::Instant::now();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).expect("a process");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(143), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
}

#[test]
fn c2_directus_ignores_and_blocks_nothing_that_its_runner_was_started_with() {
    let Some(site) = Site::booted() else { return };
    let script = "trap '' TERM INT HUP; exec \"$0\" start";
    let mut serving = site.serve(&mut site.program("sh", &["-c", script, env!("CARGO_BIN_EXE_runner")]));
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", pid_one(serving.pid()))).expect("a process");
    let mask = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        u64::from_str_radix(line.trim(), 16).expect("a mask")
    };
    // SIGHUP 1, SIGINT 2, SIGTERM 15.
    let stopping = 1 | 1 << 1 | 1 << 14;
    assert_eq!((mask("SigBlk:"), mask("SigIgn:") & stopping), (0, 0), "{status}");
    let (said, _) = serving.end(serving.pid(), Signal::INT, Duration::from_secs(10)).expect("an end");
    assert!([130, 0].contains(&said.code), "{}", said.stderr);
    assert!(said.stderr.contains("Bye bye!"), "{}", said.stderr);
}

#[test]
fn orphans_are_reaped_by_the_runner_as_pid_1() {
    let Some(site) = Site::booted() else { return };
    let mut words = AS_PID_1.to_vec();
    words.extend([env!("CARGO_BIN_EXE_runner"), "start"]);
    let serving = site.serve(&mut site.program("bwrap", &words));
    let one = pid_one(serving.pid());
    // A shell inside the namespace whose child outlives it, and then ends: PID 1 is its parent.
    let inside = std::process::Command::new("nsenter")
        .args(["-t", &one.to_string(), "-p", "sh", "-c", "(sleep 0.2 &) ; true"])
        .status();
    assert!(inside.expect("nsenter").success());
    std::thread::sleep(Duration::from_millis(600));
    let children = std::fs::read_to_string(format!("/proc/{one}/task/{one}/children")).expect("the children");
    let zombies = children.split_whitespace().filter(|child| {
        std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    });
    assert_eq!(zombies.count(), 0, "{children}");
}
