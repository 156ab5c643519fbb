//! Where the artefacts of a release lie: the same relative paths in a checkout and in the image.

use std::fmt;
use std::path::{Path, PathBuf};

/// Which side of the Directus schema a migration belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// `db-init/`: before the Directus schema exists.
    Pre,
    /// `db-init-post/`: after it, so that it may name managed collections.
    Post,
}

impl Phase {
    /// Both, in boot order.
    pub const ALL: [Phase; 2] = [Phase::Pre, Phase::Post];

    /// The folder's name, relative to the artefacts' root.
    pub fn folder(self) -> &'static str {
        match self {
            Phase::Pre => "db-init",
            Phase::Post => "db-init-post",
        }
    }

    /// The word in the ledger and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Pre => "pre",
            Phase::Post => "post",
        }
    }

    /// The inverse of [`Phase::word`].
    pub fn from_word(word: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.word() == word)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The root folder of a release's artefacts: a checkout, or `/directus` in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefacts {
    root: PathBuf,
}

impl Artefacts {
    /// The artefacts below `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Artefacts { root: root.into() }
    }

    /// The root itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The migrations of one phase.
    pub fn migrations(&self, phase: Phase) -> PathBuf {
        self.root.join(phase.folder())
    }

    /// The Directus schema.
    pub fn snapshot(&self) -> PathBuf {
        self.root.join(SNAPSHOT)
    }

    /// The catalog of the release.
    pub fn catalog(&self) -> PathBuf {
        self.root.join(CATALOG)
    }

    /// The Node program through which everything talks to Directus.
    pub fn bridge(&self) -> PathBuf {
        self.root.join("bridge/main.js")
    }
}

/// The snapshot, relative to the artefacts' root.
pub const SNAPSHOT: &str = "snapshots/schema.yaml";

/// The catalog that the files produce on an empty database, relative to the artefacts' root.
pub const CATALOG: &str = "snapshots/database.txt";

/// The folders of a release that are baked into the image, below `/directus`.
pub const BAKED_IN: [&str; 6] = ["bridge", "db-init", "db-init-post", "extensions", "seeds", "snapshots"];
