//! Rules of style that can be checked are tests: each failure reads `path:line: what, do this`.

use crate::checkout::root;
use std::path::PathBuf;

fn files(pattern: &str) -> Vec<(PathBuf, String)> {
    let root = root();
    let pattern = root.join(pattern).display().to_string();
    let paths = glob::glob(&pattern).expect("a pattern").flatten();
    let ours = paths.filter(|path| {
        !path.components().any(|part| part.as_os_str() == "target" || part.as_os_str() == "node_modules")
    });
    ours.map(|path| {
        let text = std::fs::read_to_string(&path).expect("a text");
        (path.strip_prefix(&root).expect("below the root").to_path_buf(), text)
    })
    .collect()
}

#[track_caller]
fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn every_source_file_opens_with_its_purpose() {
    let rust = files("**/*.rs").into_iter().filter(|(_, text)| !text.starts_with("//! "));
    let scripts = files("bridge/*.js").into_iter().filter(|(_, text)| !text.starts_with("// "));
    none(
        rust.chain(scripts)
            .map(|(path, _)| format!("{}:1: no purpose, open with a `//!` line", path.display()))
            .collect(),
    );
}

#[test]
fn duct_is_named_where_processes_are_made_and_nowhere_else() {
    let named = files("xtask/src/**/*.rs")
        .into_iter()
        .filter(|(path, text)| !path.ends_with("process.rs") && text.contains("duct::"));
    none(named.map(|(path, _)| format!("{}: names duct, go through `process`", path.display())).collect());
}

#[test]
fn a_result_has_colours_only_where_it_goes_to_a_terminal_itself() {
    let painted =
        files("xtask/src/**/*.rs").into_iter().filter(|(_, text)| text.contains("console::result(&paint("));
    none(painted.map(|(path, _)| format!("{}: asks stderr, use `paint_result`", path.display())).collect());
}

#[test]
fn the_pure_crates_do_no_io() {
    let pure = ["crates/contract/src/**/*.rs", "crates/snapshot/src/**/*.rs"].into_iter().flat_map(files);
    let touching = pure.filter(|(_, text)| {
        ["std::fs", "std::process", "std::net"].iter().any(|module| text.contains(&format!("use {module}")))
    });
    none(touching.map(|(path, _)| format!("{}: does I/O, let the caller do it", path.display())).collect());
}

#[test]
fn the_runner_ships_without_the_tools_of_the_host() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args([
        "tree",
        "--locked",
        "--package",
        "runner",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let output = command.current_dir(root()).output().expect("cargo");
    let tree = String::from_utf8(output.stdout).expect("a text");
    assert!(tree.starts_with("runner "), "{tree}");
    let unwanted =
        ["clap", "duct", "xshell", "anyhow", "indicatif", "testbed", "aws-lc-rs", "openssl", "regex"];
    let found = tree.lines().filter(|line| unwanted.iter().any(|name| line.starts_with(&format!("{name} "))));
    none(found.map(|line| format!("runner/Cargo.toml: the runner depends on {line}")).collect());
}

#[test]
fn what_the_tests_bring_along_ships_with_nothing() {
    let manifests = files("*/Cargo.toml").into_iter().chain(files("crates/*/Cargo.toml"));
    let shipping = manifests.filter(|(_, text)| {
        text.split("[dev-dependencies]").next().is_some_and(|before| before.contains("\ntestkit"))
    });
    none(
        shipping
            .map(|(path, _)| format!("{}: testkit is for tests, make it a dev-dependency", path.display()))
            .collect(),
    );
}

#[test]
fn nothing_is_left_unfinished() {
    // Spelled so that this file does not find itself.
    let words = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore]"),
    ];
    let unfinished =
        files("**/*.rs").into_iter().filter(|(_, text)| words.iter().any(|word| text.contains(word)));
    none(unfinished.map(|(path, _)| format!("{}: unfinished, finish it", path.display())).collect());
}

#[test]
fn the_scripts_of_old_habits_name_commands_that_are_there() {
    let root = root();
    for (script, words) in [
        ("apply-db-init", &["db-init", "run", "--phase", "pre"][..]),
        ("schema-snapshot", &["snapshot"]),
        ("schema-apply", &["apply"]),
    ] {
        let text = std::fs::read_to_string(root.join(format!("scripts/{script}.sh"))).expect("a script");
        assert!(text.contains(&format!("exec cargo xtask {}", words.join(" "))), "{script}");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"));
        let help = command.args(words).arg("--help").output().expect("a program");
        assert!(help.status.success(), "{script}: {words:?}");
    }
    let package = std::fs::read_to_string(root.join("package.json")).expect("package.json");
    for script in ["schema:snapshot", "schema:apply"] {
        assert!(package.contains(&format!("\"{script}\": \"scripts/")), "{script}");
    }
}
