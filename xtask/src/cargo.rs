//! Cargo at work, as a step that shows how far it is. Cargo draws its bar for terminals alone unless told to; here it is told to, and the
//! bar is read: a terminal then shows one live line, a log one line every so often, and nothing is said when there is nothing to build.

use crate::console;
use crate::process::{self, Ended, Env};
use contract::{Outcome, Variables};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use testbed::progress::Step;

/// Runs `cargo` with `arguments` in the workspace at `root` and returns what it wrote to stdout. `title` names the step.
///
/// # Errors
/// ``what: exit code 101``, with everything that the compiler said.
pub(crate) fn run(
    root: &Path,
    what: &str,
    title: &str,
    arguments: &[&str],
    mut variables: Variables,
) -> Outcome<Vec<u8>> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    for (name, value) in [("WHEN", "always"), ("WIDTH", "200")] {
        variables.set(format!("CARGO_TERM_PROGRESS_{name}"), value);
    }
    let manifest = root.join("Cargo.toml").display().to_string();
    let (command, rest) = arguments.split_first().unwrap_or((&"build", &[]));
    let arguments: Vec<&str> =
        [*command, "--manifest-path", &manifest].into_iter().chain(rest.iter().copied()).collect();
    let progress = console::progress();
    let mut step: Option<Step<'_>> = None;
    let mut lines: Vec<String> = Vec::new();
    let (status, stdout) = process::apart(&cargo, &arguments, environment(variables), |line| {
        if let Some(bar) = Bar::read(line) {
            let step = step.get_or_insert_with(|| progress.step(title));
            step.fraction(bar.done as f32 / bar.all as f32);
            step.detail(format!("{} of {}: {}", bar.done, bar.all, bar.now));
        } else if !line.is_empty() {
            console::overhear(line);
            lines.push(line.to_owned());
        }
    })?;
    if let Some(step) = step {
        if status.success() { step.done() } else { step.failed("see below") }
    }
    if status.success() {
        return Ok(stdout);
    }
    lines.retain(|line| !is_status(line));
    Err(Ended { status, lines }.failure_with(what, usize::MAX))
}

/// Ours with `variables` on top, but without what an outer cargo has told this program of its package: `ring` asks for those names while it
/// is built, so it and all that stands on it would be compiled again at every change from a cargo that a person calls to one that we call.
pub(crate) fn environment(variables: Variables) -> Env {
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    let ours = std::env::vars_os().filter_map(text).filter(|(name, _)| !is_of_a_package(name));
    Env::Only(ours.chain(variables).collect())
}

fn is_of_a_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"].contains(&name)
}

/// What cargo's bar says.
#[derive(Debug, PartialEq, Eq)]
struct Bar<'a> {
    done: u32,
    all: u32,
    now: &'a str,
}

impl<'a> Bar<'a> {
    /// Of `    Building [=====>    ] 23/105: serde, boot`; `None` of any other line.
    fn read(line: &'a str) -> Option<Bar<'a>> {
        let (_, rest) = line.split_once('[').filter(|(_, rest)| rest.starts_with(['=', '>', ' ']))?;
        let (counts, now) = rest.split_once("] ")?.1.split_once(": ")?;
        let (done, all) = counts.trim().split_once('/')?;
        let all = all.parse().ok().filter(|all| *all > 0)?;
        Some(Bar { done: done.parse().ok()?, all, now: now.trim() })
    }
}

/// What cargo says beside the compiler: `   Compiling serde v1.0.0`, its verb set to the right.
fn is_status(line: &str) -> bool {
    let line = line.trim_start_matches("\u{1b}[K");
    [
        "Compiling",
        "Checking",
        "Building",
        "Downloading",
        "Downloaded",
        "Blocking",
        "Finished",
        "Updating",
        "Locking",
    ]
    .iter()
    .any(|verb| line.starts_with(' ') && line.trim_start().starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_read_and_other_lines_are_not_bars() {
        let bar = Bar::read("    Building [=======>      ] 23/105: serde, xtask(bin)      ");
        assert_eq!(bar, Some(Bar { done: 23, all: 105, now: "serde, xtask(bin)" }));
        for line in [
            "   Compiling serde v1.0.0",
            "warning: unused variable: `x`",
            "    |     ^^^ help: use `[0] 1/0: x`",
            "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.1s",
        ] {
            assert_eq!(Bar::read(line), None, "{line}");
        }
    }

    #[test]
    fn what_names_a_package_stays_out_and_all_else_comes_along() {
        let names = ["CARGO_MANIFEST_DIR", "CARGO_PKG_VERSION_PRE", "CARGO_TARGET_DIR", "CARGO_HOME", "PATH"];
        let kept: Vec<&str> = names.into_iter().filter(|name| !is_of_a_package(name)).collect();
        assert_eq!(kept, ["CARGO_TARGET_DIR", "CARGO_HOME", "PATH"]);
    }

    #[test]
    fn what_the_compiler_says_is_told_apart_from_what_cargo_does() {
        assert!(is_status("   Compiling serde v1.0.0") && is_status("    Blocking waiting for file lock"));
        assert!(!is_status("error[E0425]: cannot find value") && !is_status("Compiling is hard"));
    }
}
