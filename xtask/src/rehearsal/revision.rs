//! Another revision of this repository: found with git, and laid out in a folder of the run's own. The user's checkout stays as it is.

use crate::git;
use crate::process::{self, Env};
use anyhow::Result;
use contract::{Exit, Failure, Outcome, Variables};
use std::path::{Path, PathBuf};

/// What makes the runner and the bridge: if none of it differs, the working tree's runner is the revision's.
const RUNNER_SOURCES: [&str; 6] =
    ["runner", "crates", "bridge", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    /// Its hash.
    pub(crate) commit: String,
    /// How it was chosen: for people.
    pub(crate) why: String,
}

/// What git understands.
///
/// # Errors
/// Exit 2 when this is no git repository, or git does not know the revision.
pub(crate) fn resolve(root: &Path, wanted: &str) -> Outcome<Revision> {
    let commit = git::ask(root, &["rev-parse", "--verify", "--quiet", &format!("{wanted}^{{commit}}")]);
    Ok(Revision { commit: commit.map_err(|_| unknown(root, wanted))?, why: format!("`{wanted}`") })
}

/// The revision before this one: the merge base with the main branch, else the last tag, else the commit before. `None`: there is none.
///
/// # Errors
/// Exit 2 when this is no git repository, or one that does not know what is before.
pub(crate) fn before(root: &Path) -> Outcome<Option<Revision>> {
    let head = git::ask(root, &["rev-parse", "HEAD"]).unwrap_or_default();
    for branch in ["origin/main", "main"] {
        match git::ask(root, &["merge-base", "HEAD", branch]) {
            // On the branch itself nothing would be rehearsed.
            Ok(commit) if commit != head => {
                return Ok(Some(Revision { commit, why: format!("the merge base with `{branch}`") }));
            }
            _ => {}
        }
    }
    if let Ok(tag) = git::ask(root, &["describe", "--tags", "--abbrev=0"]) {
        let commit = git::ask(root, &["rev-parse", "--verify", "--quiet", &format!("{tag}^{{commit}}")]);
        // On the tag itself neither.
        match commit.map_err(|_| unknown(root, &tag))? {
            commit if commit == head => {}
            commit => return Ok(Some(Revision { commit, why: format!("the last tag, `{tag}`") })),
        }
    }
    match git::ask(root, &["rev-parse", "--verify", "--quiet", "HEAD^"]) {
        Ok(commit) => Ok(Some(Revision { commit, why: "the commit before".to_owned() })),
        Err(_) if head.is_empty() => Err(unknown(root, BEFORE)),
        Err(_) if is_shallow(root) => Err(unknown(root, BEFORE)),
        Err(_) => Ok(None),
    }
}

fn is_shallow(root: &Path) -> bool {
    git::ask(root, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer == "true")
}

/// In the place of a name.
const BEFORE: &str = "";

fn unknown(root: &Path, wanted: &str) -> Failure {
    if git::ask(root, &["rev-parse", "--git-dir"]).is_err() {
        return Failure::new(format!("find revision `{wanted}`: `{}` is no git repository", root.display()))
            .exit(Exit::Usage)
            .hint("run it in a clone of the repository");
    }
    let failure = match wanted {
        BEFORE => Failure::new("find a revision to start from: git shows none before this one"),
        _ => Failure::new(format!("find revision `{wanted}`: git does not know it")),
    };
    failure.exit(Exit::Usage).hint(if is_shallow(root) {
        "this clone is shallow: git fetch --unshallow --tags"
    } else {
        "git log --oneline --all shows what there is"
    })
}

/// Lays the revision's tree out in `folder`.
///
/// # Errors
/// What git or tar say.
pub(crate) fn export(root: &Path, revision: &Revision, folder: &Path) -> Result<PathBuf> {
    // BuildKit knows a context again by the folder's own name, and a file in it by size and time: two commits of one second must not share it.
    let tree = folder.join(format!("from-{}", revision.commit));
    std::fs::create_dir(&tree)?;
    let archive = folder.join("from.tar").display().to_string();
    // The modes of a clone: by them, too, Docker knows a layer again.
    git::ask(root, &["-c", "tar.umask=0022", "archive", "--format=tar", "-o", &archive, &revision.commit])?;
    let target = tree.display().to_string();
    process::run(
        "unpack the revision",
        Path::new("tar"),
        &["-xf", &archive, "-C", &target],
        Env::Inherited(Variables::new()),
        |_| {},
    )?;
    Ok(tree)
}

/// Whether the working tree's runner and bridge are those of the revision.
pub(crate) fn has_this_runner(root: &Path, revision: &Revision) -> bool {
    let mut arguments = vec!["diff", "--quiet", &revision.commit, "--"];
    arguments.extend(RUNNER_SOURCES);
    git::ask(root, &arguments).is_ok()
}

/// The commit from which two others went their ways.
///
/// # Errors
/// Exit 2 when they have none in common.
pub(crate) fn merge_base(root: &Path, one: &Revision, other: &Revision) -> Outcome<Revision> {
    let commit = git::ask(root, &["merge-base", &one.commit, &other.commit]).map_err(|_| {
        Failure::new(format!(
            "find where {} and {} went their ways: git knows no commit of both",
            one.why, other.why
        ))
        .exit(Exit::Usage)
        .hint("a shallow clone may lack it: git fetch --unshallow")
    })?;
    Ok(Revision { commit, why: format!("the merge base of {} and {}", one.why, other.why) })
}

/// A file of the revision, byte for byte; `None` when it has none of that name.
///
/// # Errors
/// What git says.
pub(crate) fn file(root: &Path, revision: &Revision, path: &str) -> Outcome<Option<Vec<u8>>> {
    git::bytes(root, &["cat-file", "blob", &format!("{}:{path}", revision.commit)]).map(Some).or_else(
        |failure| match git::ask(root, &["ls-tree", "--name-only", &revision.commit, "--", path])?.is_empty()
        {
            true => Ok(None),
            false => Err(failure),
        },
    )
}
