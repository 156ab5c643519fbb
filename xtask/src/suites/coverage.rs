//! Which lines the tests reach: everything is built once more with counters (`-C instrument-coverage`), and LLVM's own tools, which rustup
//! has, read them. Counted are tests and all that they start, as far as it ends by itself; what is killed, and the static runner, count
//! nothing.
//!
//! Where a program's counters go is linked into it: tests start programs in environments and folders of their own, to which a variable does
//! not come, and in which a file would be in the way.

use super::Binaries;
use crate::console;
use crate::process::{self, Env};
use contract::{Failure, Outcome, Variables};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the counters are, and the tools that read them.
pub(crate) struct Coverage {
    folder: PathBuf,
    tools: PathBuf,
}

/// Lines of one crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lines {
    covered: u64,
    all: u64,
}

impl Coverage {
    /// Makes an empty folder for the counters, and fetches the tools when they are missing.
    ///
    /// # Errors
    /// What rustup says.
    pub(crate) fn begin(root: &Path) -> Outcome<Coverage> {
        let folder = root.join("target/coverage");
        let counters = folder.join("counters");
        // Those of the last run.
        let _ = std::fs::remove_dir_all(&counters);
        std::fs::create_dir_all(&counters).map_err(|error| {
            Failure::new(format!("make the folder `{}`", counters.display())).cause(error)
        })?;
        let source = folder.join("counters.c");
        std::fs::write(&source, named(&counters))
            .map_err(|error| Failure::new(format!("write `{}`", source.display())).cause(error))?;
        let (source, object) = (source.display().to_string(), folder.join(OBJECT).display().to_string());
        process::output(
            "compile with `cc` where counters go",
            Path::new("cc"),
            &["-c", "-o", &object, &source],
        )?;
        let tools = tools()?;
        if !tools.join("llvm-cov").exists() {
            console::say("adding llvm-tools with rustup: they read the counters");
            let add = ["component", "add", "llvm-tools"];
            process::run(
                "add `llvm-tools` with `rustup`",
                Path::new("rustup"),
                &add,
                Env::Inherited(Variables::new()),
                |_| {},
            )
            .map_err(|failure| failure.hint("install the component llvm-tools for this Rust toolchain"))?;
        }
        Ok(Coverage { folder, tools })
    }

    /// Variables for the build: a target folder of its own, so that the other one stays as it is. Build scripts count too, and nobody asks for them.
    pub(crate) fn build_variables(&self) -> Variables {
        let object = self.folder.join(OBJECT);
        Variables::new()
            // Encoded, because a path may have spaces.
            .with(
                "CARGO_ENCODED_RUSTFLAGS",
                format!("-Cinstrument-coverage\u{1f}-Clink-arg={}", object.display()),
            )
            .with("CARGO_TARGET_DIR", self.folder.display())
    }

    /// One line for each crate, the total last.
    ///
    /// # Errors
    /// What LLVM's tools say.
    pub(crate) fn report(&self, root: &Path, binaries: &Binaries) -> Outcome<Vec<String>> {
        let text = |path: PathBuf| path.display().to_string();
        let (list, merged) = (self.folder.join("counters.list"), text(self.folder.join("all.profdata")));
        let counters: Vec<String> = std::fs::read_dir(self.folder.join("counters"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| text(entry.path()))
            .collect();
        std::fs::write(&list, counters.join("\n"))
            .map_err(|error| Failure::new(format!("write `{}`", list.display())).cause(error))?;
        let list = text(list);
        let merge = ["merge", "--sparse", "--failure-mode=all", "--input-files", &list, "--output", &merged];
        process::output(
            "merge the counters with `llvm-profdata`",
            &self.tools.join("llvm-profdata"),
            &merge,
        )?;
        let mut words = vec!["export", "--summary-only", "--instr-profile", &merged];
        let programs = binaries.paths_with_tested(&self.folder);
        let programs: Vec<String> = programs.into_iter().map(text).collect();
        programs.iter().for_each(|program| words.extend(["--object", program]));
        let json =
            process::output("read the counters with `llvm-cov`", &self.tools.join("llvm-cov"), &words)?;
        let json = serde_json::from_slice(&json)
            .map_err(|error| Failure::new("read what `llvm-cov` says").cause(error))?;
        Ok(table(&per_crate(root, &json)))
    }
}

/// What is linked into every program.
const OBJECT: &str = "counters.o";

/// The source of it. Each program has a few files, into which all of its processes add: one for each process would be gigabytes.
fn named(counters: &Path) -> String {
    let pattern =
        counters.join("%4m.profraw").display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "void __llvm_profile_set_filename(const char *);\n__attribute__((constructor)) static void name(void) {{ __llvm_profile_set_filename(\"{pattern}\"); }}\n"
    )
}

/// Where rustup puts LLVM's tools.
fn tools() -> Outcome<PathBuf> {
    let words = ["--print", "sysroot", "--print", "host-tuple"];
    let said = process::output("ask for the toolchain", Path::new("rustc"), &words)?;
    let said = String::from_utf8_lossy(&said);
    let mut lines = said.lines();
    let (sysroot, host) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    Ok(Path::new(sysroot).join("lib/rustlib").join(host).join("bin"))
}

/// The lines of each crate's own code: not of its tests, and not of other people's crates.
fn per_crate(root: &Path, json: &Value) -> BTreeMap<String, Lines> {
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    for file in json["data"][0]["files"].as_array().into_iter().flatten() {
        let path = Path::new(file["filename"].as_str().unwrap_or_default());
        let Some((name, _)) = path
            .strip_prefix(root)
            .ok()
            .and_then(|path| path.to_str())
            .and_then(|path| path.split_once("/src/"))
        else {
            continue;
        };
        let count = |key: &str| file["summary"]["lines"][key].as_u64().unwrap_or(0);
        let lines = crates.entry(name.rsplit('/').next().unwrap_or(name).to_owned()).or_default();
        lines.covered += count("covered");
        lines.all += count("count");
    }
    crates
}

fn table(crates: &BTreeMap<String, Lines>) -> Vec<String> {
    let line = |name: &str, lines: Lines| {
        let percent = 100.0 * lines.covered as f64 / lines.all.max(1) as f64;
        format!("  {name:<20} {percent:>5.1} %  {:>6} of {:>6} lines", lines.covered, lines.all)
    };
    let total = crates.values().fold(Lines::default(), |sum, each| Lines {
        covered: sum.covered + each.covered,
        all: sum.all + each.all,
    });
    crates.iter().map(|(name, lines)| line(name, *lines)).chain([line("all", total)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_summed_for_each_crate_and_neither_tests_nor_other_crates_count() {
        let file = |name: &str, covered: u64, count: u64| serde_json::json!({ "filename": name, "summary": { "lines": { "covered": covered, "count": count } } });
        let json = serde_json::json!({ "data": [{ "files": [
            file("/w/crates/boot/src/plan.rs", 30, 40),
            file("/w/crates/boot/src/plan/tests.rs", 10, 10),
            file("/w/runner/src/main.rs", 1, 10),
            file("/w/runner/tests/it/site.rs", 5, 5),
            file("/home/registry/src/serde/src/lib.rs", 5, 5),
        ] }] });
        assert_eq!(
            table(&per_crate(Path::new("/w"), &json)),
            [
                "  boot                  80.0 %      40 of     50 lines",
                "  runner                10.0 %       1 of     10 lines",
                "  all                   68.3 %      41 of     60 lines",
            ]
        );
    }
}
