//! The commit that an image was made of: `HASH@SECONDS`, the time being the commit's own. An image says it by `RUNNER_COMMIT`; on a laptop
//! there is none.

use crate::env::{COMMIT, Environment};
use crate::{Exit, Failure, Outcome};
use std::fmt;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// When it was made, in seconds since 1970.
    pub time_s: u64,
    /// Its hash.
    pub hash: String,
}

impl Commit {
    /// Of `HASH@SECONDS`.
    pub fn parse(text: &str) -> Option<Commit> {
        let (hash, time_s) = text.split_once('@')?;
        let is_hash = hash.len() >= 7 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Commit { time_s: time_s.parse().ok().filter(|_| is_hash)?, hash: hash.to_owned() })
    }

    /// The one that the image says it is of, if it does.
    ///
    /// # Errors
    /// Exit 2 when `RUNNER_COMMIT` is not `HASH@SECONDS`.
    pub fn of(environment: &Environment) -> Outcome<Option<Commit>> {
        let Some(text) = environment.get(COMMIT) else { return Ok(None) };
        Commit::parse(text).map(Some).ok_or_else(|| {
            Failure::new(format!("read `{COMMIT}`: `{text}` is not HASH@SECONDS"))
                .exit(Exit::Usage)
                .hint(format!("build with --build-arg {COMMIT}=$(git log -1 --format=%H@%ct), or without it"))
        })
    }

    /// Whether it was made before `other`.
    pub fn is_older_than(&self, other: &Commit) -> bool {
        self.time_s < other.time_s
    }

    /// What people see.
    pub fn short(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.hash, self.time_s)
    }
}

/// A runner as ledger and history record it: its version and, if there is one, the commit.
pub fn recorded(version: &str, commit: Option<&Commit>) -> String {
    commit.map_or_else(|| version.to_owned(), |commit| format!("{version} {commit}"))
}

/// The same for people, of what was recorded.
pub fn told(recorded: &str) -> String {
    match recorded.split_once(' ').and_then(|(version, commit)| Some((version, Commit::parse(commit)?))) {
        Some((version, commit)) => format!("{version}, commit {}", commit.short()),
        None => recorded.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_read_again() {
        let commit = Commit::parse("3f2a91c0b7d4e5f60718@1795522530").unwrap();
        assert_eq!(commit.to_string(), "3f2a91c0b7d4e5f60718@1795522530");
        assert_eq!(told(&recorded("0.1.0", Some(&commit))), "0.1.0, commit 3f2a91c0b7d4");
        assert_eq!(told(&recorded("0.1.0", None)), "0.1.0");
        assert!(commit.is_older_than(&Commit { time_s: commit.time_s + 1, hash: "0000000".to_owned() }));
        for wrong in ["", "3f2a91c0b7d4", "main@1", "3f2a91c0@yesterday", "3f2a91c0b7-dirty@1"] {
            assert_eq!(Commit::parse(wrong), None, "{wrong}");
        }
    }
}
