//! The image that was built last, and whether a dry run has proved it: what is published is that very image and no rebuild (C11).

use anyhow::{Context as _, Result};
use contract::{Exit, Failure};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What `target/image/image.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `sha256:…`: the image itself, under whatever name.
    pub(crate) id: String,
    /// The release's identity.
    pub(crate) release: String,
    /// The commit, with `-dirty` behind it when it is not exactly that.
    pub(crate) revision: String,
    /// Whether a dry run of this image has passed.
    pub(crate) proved: bool,
}

impl Record {
    /// The folder of everything that a build leaves here: below the checkout, whatever CARGO_TARGET_DIR says. That one may be shared with other
    /// checkouts, and what one of them has built and proved is not the other's to publish.
    pub(crate) fn folder(root: &Path) -> PathBuf {
        root.join("target/image")
    }

    fn path(root: &Path) -> PathBuf {
        Record::folder(root).join("image.json")
    }

    /// The last build's record.
    ///
    /// # Errors
    /// Exit 2 when nothing was built here.
    pub(crate) fn read(root: &Path) -> Result<Record> {
        let path = Record::path(root);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::new("find the image that was built last")
                .exit(Exit::Usage)
                .cause(error)
                .hint("cargo xtask image")
        })?;
        serde_json::from_str(&text).with_context(|| format!("read `{}`", path.display()))
    }

    /// Writes it aside, then renames.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        let path = Record::path(root);
        std::fs::create_dir_all(Record::folder(root)).context("make the folder of the image's record")?;
        crate::files::replace(&path, &format!("{}\n", serde_json::to_string_pretty(self)?))
            .with_context(|| format!("write `{}`", path.display()))
    }

    /// Notes that the image `id` was proved, if it is this one.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub(crate) fn prove(root: &Path, id: &str) -> Result<()> {
        match Record::read(root) {
            Ok(record) if record.id == id => Record { proved: true, ..record }.write(root),
            _ => Ok(()),
        }
    }
}
