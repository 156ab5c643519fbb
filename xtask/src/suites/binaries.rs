//! The test programs, built as one graph.

use super::Of;
use contract::{Outcome, Variables};
use std::path::{Path, PathBuf};

/// All that were built.
pub(crate) struct Binaries(Vec<Binary>);

/// One test program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) path: PathBuf,
    /// The package's folder: tests run in it.
    pub(crate) folder: PathBuf,
    is_integration: bool,
}

impl Binaries {
    /// Builds the tests: those beside the code, or all.
    ///
    /// # Errors
    /// What the compiler says.
    pub(crate) fn build(root: &Path, units_only: bool, variables: Variables) -> Outcome<Binaries> {
        let mut words =
            vec!["test", "--no-run", "--locked", "--workspace", "--message-format=json-render-diagnostics"];
        if units_only {
            words.extend(["--lib", "--bins"]);
        }
        let messages = crate::cargo::run(root, "build the tests", "build the tests", &words, variables)?;
        Ok(Binaries(String::from_utf8_lossy(&messages).lines().filter_map(Binary::read).collect()))
    }

    /// Those of one kind, in the order of their packages.
    pub(crate) fn of(&self, of: Of) -> Vec<&Binary> {
        let wanted = |binary: &&Binary| match of {
            Of::Units => !binary.is_integration,
            Of::Integration(package) => {
                binary.is_integration && package.is_none_or(|package| binary.package() == package)
            }
        };
        let mut all: Vec<&Binary> = self.0.iter().filter(wanted).collect();
        all.sort_by(|a, b| a.folder.cmp(&b.folder));
        all
    }
}

impl Binaries {
    /// All test programs, and the programs that they start.
    pub(crate) fn paths_with_tested(&self, target: &Path) -> Vec<PathBuf> {
        let tested = ["xtask", "runner"].map(|name| target.join("debug").join(name));
        let tests = self.0.iter().map(|binary| binary.path.clone());
        tests.chain(tested.into_iter().filter(|path| path.exists())).collect()
    }
}

impl Binary {
    /// From cargo's message about it; `None` of any other message.
    fn read(line: &str) -> Option<Binary> {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        if message["profile"]["test"] != true {
            return None;
        }
        let path = PathBuf::from(message["executable"].as_str()?);
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_path_buf();
        let is_integration = message["target"]["kind"][0] == "test";
        Some(Binary { path, folder, is_integration })
    }

    /// The package's name: its folder has it.
    pub(crate) fn package(&self) -> &str {
        self.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// How many of its tests may run at once. What boots Directus computes for most of its time; one more than there are cores fills
    /// the gaps in which it waits. The others wait for Postgres or for Node.
    pub(crate) fn at_once(&self) -> usize {
        let cores = crate::parallel::directus_at_once();
        match (self.is_integration, self.package()) {
            (false, _) => cores,
            (true, "runner" | "xtask") => cores + 1,
            (true, _) => 2 * cores,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, test: bool, package: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"/w/{package}/Cargo.toml","target":{{"kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":"/t/{package}-{kind}"}}"#
        )
    }

    #[test]
    fn test_programs_are_told_apart_from_what_they_test() {
        let lines = [
            message("bin", true, "xtask"),
            message("bin", false, "xtask"),
            message("test", true, "xtask"),
            message("test", true, "crates/boot"),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let binaries = Binaries(lines.iter().filter_map(|line| Binary::read(line)).collect());
        let paths = |of: Of| {
            binaries.of(of).iter().map(|binary| binary.path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(paths(Of::Units), ["/t/xtask-bin"]);
        assert_eq!(paths(Of::Integration(None)), ["/t/crates/boot-test", "/t/xtask-test"]);
        assert_eq!(paths(Of::Integration(Some("boot"))), ["/t/crates/boot-test"]);
    }
}
