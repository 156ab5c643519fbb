//! What is handed to `docker build`: the tracked files that the image is made of, as they are in the working tree, with the same modes and
//! times on every machine. Nothing else can get into an image, not by accident either.

use crate::git;
use anyhow::{Context as _, Result};
use contract::artefacts::BAKED_IN;
use contract::{Commit, Exit, Failure};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Files for every build, beside the folders that are baked in.
const RECIPE: [&str; 2] = ["Dockerfile", ".dockerignore"];
/// What the runner is compiled from in the stage `source`.
pub(crate) const SOURCES: [&str; 7] =
    [".cargo/config.toml", "Cargo.lock", "Cargo.toml", "crates", "runner", "rust-toolchain.toml", "xtask"];

/// Where the runner in the image comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RunnerFrom {
    /// Built here, and laid into the context.
    #[default]
    Prebuilt,
    /// Compiled by `docker build`.
    Source,
}

impl RunnerFrom {
    /// The value of the build argument.
    pub(crate) fn word(self) -> &'static str {
        match self {
            RunnerFrom::Prebuilt => "prebuilt",
            RunnerFrom::Source => "source",
        }
    }
}

/// The binary that is laid in, for [`RunnerFrom::Prebuilt`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runner<'a> {
    /// None: the sources are.
    Compiled,
    /// Built of this working tree.
    Built(&'a Path),
    /// Somebody's: nobody can tell of which sources.
    Given(&'a Path),
}

/// A folder ready to be built from.
pub(crate) struct Context {
    folder: tempfile::TempDir,
    /// The commit, with `-dirty` behind it when what is built is not surely that.
    pub(crate) revision: String,
    /// The same, when it is surely that.
    pub(crate) commit: Option<Commit>,
    /// The checksum of every baked-in file, by its path in the checkout.
    pub(crate) artefacts: BTreeMap<String, String>,
}

impl Context {
    /// Assembles it.
    ///
    /// # Errors
    /// Exit 2 when this is no git repository, or when there are artefacts that git does not know: they would be missing in the image.
    pub(crate) fn assemble(root: &Path, runner: Runner<'_>) -> Result<Context> {
        let commit = git::ask(root, &["rev-parse", "HEAD"]).map_err(|failure| {
            failure
                .within("find the commit of the image")
                .exit(Exit::Usage)
                .hint("build in a clone of the repository")
        })?;
        refuse_untracked(root)?;
        let mut wanted: Vec<&str> = BAKED_IN.into_iter().chain(RECIPE).collect();
        // A runner that was built here is of these sources too, although they are not laid in.
        let made_of: Vec<&str> = wanted.iter().copied().chain(SOURCES).collect();
        let changed = matches!(runner, Runner::Given(_))
            || !listed(root, &["status", "--porcelain", "-z"], &made_of)?.is_empty();
        if matches!(runner, Runner::Compiled) {
            wanted.extend(SOURCES);
        }
        let epoch: u64 = git::ask(root, &["log", "-1", "--format=%ct"])?.parse().unwrap_or(0);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(epoch);
        let folder = tempfile::tempdir().context("make a folder for the context")?;
        let mut artefacts = BTreeMap::new();
        for name in listed(root, &["ls-files", "-z"], &wanted)? {
            let path = root.join(&name);
            // Deleted in the working tree, and not in git yet: not part of what is built.
            if !path.exists() {
                continue;
            }
            let content = fs::read(&path).with_context(|| format!("read `{name}`"))?;
            if BAKED_IN.iter().any(|baked| name.starts_with(&format!("{baked}/"))) {
                artefacts.insert(name.clone(), checksum(&content));
            }
            lay(&folder.path().join(&name), &content, time)?;
        }
        if let Runner::Built(runner) | Runner::Given(runner) = runner {
            let content = fs::read(runner).with_context(|| format!("read `{}`", runner.display()))?;
            lay(&folder.path().join(format!("prebuilt/runner-{}", architecture())), &content, time)?;
        }
        let revision = if changed { format!("{commit}-dirty") } else { commit.clone() };
        let commit = (!changed).then_some(Commit { hash: commit, time_s: epoch });
        Ok(Context { folder, revision, commit, artefacts })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The machine's architecture, as Docker names it.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn checksum(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn listed(root: &Path, command: &[&str], paths: &[&str]) -> Result<Vec<String>> {
    let arguments: Vec<&str> = command.iter().copied().chain(["--"]).chain(paths.iter().copied()).collect();
    Ok(git::names(root, &arguments)?)
}

/// A dry run of the checkout sees them, an image would not: what was proved would not be what ships.
fn refuse_untracked(root: &Path) -> Result<()> {
    let untracked = listed(root, &["ls-files", "--others", "--exclude-standard", "-z"], &BAKED_IN)?;
    if untracked.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = untracked.iter().map(|name| format!("  - {name}")).collect();
    Err(Failure::new("assemble the image: git does not know some of its files")
        .exit(Exit::Usage)
        .excerpt(lines.join("\n"))
        .hint("git add them, or remove them")
        .into())
}

fn lay(path: &Path, content: &[u8], time: SystemTime) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("make `{}`", parent.display()))?;
    }
    let write = || {
        fs::write(path, content)?;
        // As a clone has them, so that `docker compose build` takes the layers of an image that was built from here, and the other way round.
        fs::set_permissions(path, Permissions::from_mode(0o644))?;
        File::options().write(true).open(path)?.set_modified(time)
    };
    write().with_context(|| format!("write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("Dockerfile", "FROM scratch\n"), ("runner/main.rs", "fn main() {}\n")] {
            lay(&folder.path().join(name), content.as_bytes(), SystemTime::now()).unwrap();
        }
        git::ask(folder.path(), &["init", "--quiet"]).unwrap();
        git::ask(folder.path(), &["add", "--all"]).unwrap();
        let author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        git::ask(folder.path(), &[&author[..], &["commit", "--quiet", "--message", "all"]].concat()).unwrap();
        folder
    }

    #[test]
    fn a_runner_of_sources_that_no_commit_has_makes_no_image_of_a_commit() {
        let (folder, elsewhere) = (repository(), tempfile::NamedTempFile::new().unwrap());
        let is_of_a_commit = |runner: Runner<'_>| {
            !Context::assemble(folder.path(), runner).unwrap().revision.ends_with("-dirty")
        };
        assert!(is_of_a_commit(Runner::Compiled) && is_of_a_commit(Runner::Built(elsewhere.path())));
        assert!(!is_of_a_commit(Runner::Given(elsewhere.path())));
        fs::write(folder.path().join("runner/main.rs"), "fn main() { loop {} }\n").unwrap();
        assert!(!is_of_a_commit(Runner::Compiled) && !is_of_a_commit(Runner::Built(elsewhere.path())));
    }
}
