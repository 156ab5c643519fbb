//! The runner's own code is a part of every release.

use crate::site::{Site, said};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies what cargo needs of this workspace.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(from, to).expect("a copy");
        return;
    }
    for entry in
        std::fs::read_dir(from).expect("a folder").flatten().filter(|each| each.file_name() != "target")
    {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// The runner of the sources in `tree`.
fn build(tree: &Path, target: &Path) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "build",
        "--quiet",
        "--locked",
        "--offline",
        "--package",
        "runner",
        "--config",
        "profile.dev.debug=0",
    ]);
    said(cargo.current_dir(tree).env("CARGO_TARGET_DIR", target)).expect(0, &[]);
    target.join("debug/runner")
}

#[test]
fn a_runner_of_one_other_line_is_another_release_and_one_of_the_same_lines_is_not() {
    let Some(site) = Site::new() else { return };
    let release = |runner: &Path| -> String {
        let plan = said(&mut site.program(runner, &["plan", "--json"])).expect(0, &[]).stderr;
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON alone");
        plan["release"].as_str().expect("a release").to_owned()
    };
    // Kept, so that only the first time compiles everything.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("identity");
    let (tree, target) = (folder.join("tree"), folder.join("target"));
    let _ = std::fs::remove_dir_all(&tree);
    for name in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo", "crates", "runner", "xtask"] {
        copy(&testkit::repository().join(name), &tree.join(name));
    }
    let ours = release(Path::new(env!("CARGO_BIN_EXE_runner")));
    assert_eq!(release(&build(&tree, &target)), ours, "the same sources elsewhere");
    let append = |name: &str| {
        let path = tree.join(name);
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(path, text + "// One more line.\n").expect("a file");
    };
    append("crates/boot/src/lib.rs");
    let other = release(&build(&tree, &target));
    assert_ne!(other, ours);
    // What is not built into it does not count.
    append("runner/tests/it/main.rs");
    append("xtask/src/main.rs");
    assert_eq!(release(&build(&tree, &target)), other);
    append("crates/contract/src/exit.rs");
    assert_ne!(release(&build(&tree, &target)), other);
}
