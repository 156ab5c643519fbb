//! Rules of style that can be checked are tests: each failure reads `path:line: what, do this`.

use crate::checkout::root;
use std::collections::{BTreeMap, BTreeSet};
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

/// Modules that need each other can only be read together. `snapshot`, `testbed` and `xtask` still have some.
#[test]
fn no_modules_of_these_crates_import_each_other_in_a_circle() {
    let crates = ["boot", "catalog", "contract", "migrations"];
    none(crates.into_iter().flat_map(|name| circles(&format!("crates/{name}/src"))).collect());
}

/// The modules below `folder`, a file or a folder each, that lead back to themselves.
fn circles(folder: &str) -> Vec<String> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let sources =
        files(&format!("{folder}/**/*.rs")).into_iter().filter(|(path, _)| !path.ends_with("tests.rs"));
    for (path, text) in sources {
        let inside = path.strip_prefix(folder).expect("below it").with_extension("");
        let module = inside.iter().next().expect("a name").to_string_lossy().into_owned();
        // What is for tests alone is at the end.
        let text = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        let named = text.split("crate::").skip(1).flat_map(|rest| {
            let list = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
            let first = |name: &str| {
                name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
            };
            list.map_or_else(|| vec![first(rest)], |list| list.split(',').map(first).collect())
        });
        uses.entry(module).or_default().extend(named.flatten());
    }
    let leads = |from: &str, to: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            for name in uses.get(next).into_iter().flatten().filter(|name| uses.contains_key(*name)) {
                if name == to {
                    return true;
                }
                if seen.insert(name) {
                    open.push(name);
                }
            }
        }
        false
    };
    let round = uses.keys().filter(|name| !["lib", "main"].contains(&name.as_str()) && leads(name, name));
    round.map(|name| format!("{folder}/{name}: imports what imports it, directly or not")).collect()
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
