//! Ctrl-C and kill -9 at any moment: nothing is left running, and the next run works.

use crate::checkout::{Checkout, said};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How many moments are tried, spread over the length of a run.
const MOMENTS: u32 = 6;
const RUN: Duration = Duration::from_secs(9);

/// The processes below `parent`, at any depth, with what they are.
fn descendants(parent: u32) -> BTreeSet<(u32, String)> {
    let mut found = BTreeSet::new();
    let mut open = vec![parent];
    while let Some(pid) = open.pop() {
        for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|word| word.parse().ok()) {
                let name = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                found.insert((child, name.trim().to_owned()));
                open.push(child);
            }
        }
    }
    found
}

/// Those that still run, after a moment to die in.
fn survivors(processes: &BTreeSet<(u32, String)>) -> Vec<String> {
    let alive = || {
        let runs = |pid: u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z ") && !stat.contains(") X ")
        };
        processes
            .iter()
            .filter(|(pid, _)| runs(*pid))
            .map(|(pid, name)| format!("{pid} {name}"))
            .collect::<Vec<_>>()
    };
    let end = Instant::now() + Duration::from_secs(3);
    while !alive().is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    alive()
}

/// Folders of dry runs below the given temporary folder.
fn leftovers(temporary: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(temporary).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn begin(checkout: &Checkout, temporary: &std::path::Path) -> Child {
    let mut command = checkout.dry_run(&[]);
    command.env("TMPDIR", temporary).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process")
}

#[test]
fn ctrl_c_at_any_moment_leaves_nothing() {
    let Some(checkout) = Checkout::new() else { return };
    let temporary = tempfile::Builder::new().prefix("x").tempdir().expect("a folder");
    for moment in 0..MOMENTS {
        let mut child = begin(&checkout, temporary.path());
        std::thread::sleep(Duration::from_millis(200) + RUN * moment / MOMENTS);
        let processes = descendants(child.id());
        if child.try_wait().expect("a status").is_some() {
            continue;
        }
        kill_process(Pid::from_child(&child), Signal::INT).expect("a process");
        let code = child.wait().expect("an end").code();
        // The last moments may come when it has just passed; the earlier ones may not.
        assert!(code == Some(130) || code == Some(0) && moment >= MOMENTS / 2, "moment {moment}: {code:?}");
        assert_eq!(survivors(&processes), Vec::<String>::new(), "moment {moment}");
        assert_eq!(leftovers(temporary.path()), Vec::<String>::new(), "moment {moment}");
    }
}

#[test]
fn kill_9_at_any_moment_leaves_nothing_running_and_the_next_run_works() {
    let Some(checkout) = Checkout::new() else { return };
    let temporary = tempfile::Builder::new().prefix("x").tempdir().expect("a folder");
    for moment in 0..MOMENTS {
        let mut child = begin(&checkout, temporary.path());
        std::thread::sleep(Duration::from_millis(200) + RUN * moment / MOMENTS);
        let processes = descendants(child.id());
        // An error means that it has passed already.
        let _ = child.kill();
        child.wait().expect("an end");
        assert_eq!(survivors(&processes), Vec::<String>::new(), "moment {moment}");
    }
    let mut command = checkout.dry_run(&[]);
    assert_eq!(said(command.env("TMPDIR", temporary.path())).expect(0, &[]).last_line(), "dry-run passed");
    assert_eq!(leftovers(temporary.path()), Vec::<String>::new(), "what the killed ones left is swept");
}
