//! The files of a checkout, each read once, when a rule first asks for it; or files in memory, for the tests of the rules.

use anyhow::Context as _;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The files of one repository. Paths are relative to its root, with `/`.
pub(crate) struct Repository {
    source: Source,
    texts: RefCell<BTreeMap<String, Option<Rc<str>>>>,
}

enum Source {
    Folder(PathBuf),
    #[cfg_attr(not(test), allow(dead_code, reason = "the tests of the rules are data in, data out"))]
    Memory(BTreeMap<String, Vec<u8>>),
}

impl Repository {
    /// The checkout at `root`.
    pub(crate) fn open(root: &Path) -> Repository {
        Repository { source: Source::Folder(root.to_owned()), texts: RefCell::default() }
    }

    /// Files in memory.
    #[cfg(test)]
    pub(crate) fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Repository {
        Repository { source: Source::Memory(files.into_iter().collect()), texts: RefCell::default() }
    }

    /// The text of one file; `None` when there is none. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    pub(crate) fn text(&self, path: &str) -> anyhow::Result<Option<Rc<str>>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return Ok(known.clone());
        }
        let bytes = match &self.source {
            Source::Memory(files) => files.get(path).cloned(),
            Source::Folder(root) => match std::fs::read(root.join(path)) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(error).with_context(|| format!("read `{path}`")),
            },
        };
        let text: Option<Rc<str>> = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into());
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        Ok(text)
    }

    /// The files directly in a folder, by name; none when there is no such folder.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read.
    pub(crate) fn folder(&self, path: &str) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let root = match &self.source {
            Source::Memory(files) => {
                let inside = |(file, bytes): (&String, &Vec<u8>)| {
                    let name = file.strip_prefix(path)?.strip_prefix('/')?;
                    (!name.contains('/')).then(|| (name.to_owned(), bytes.clone()))
                };
                return Ok(files.iter().filter_map(inside).collect());
            }
            Source::Folder(root) => root,
        };
        let listing = match std::fs::read_dir(root.join(path)) {
            Ok(listing) => listing,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("read the folder `{path}`")),
        };
        let mut files = Vec::new();
        for entry in listing {
            let entry = entry.with_context(|| format!("read the folder `{path}`"))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Through a symbolic link too: the boot would follow it.
            if entry.path().is_file() {
                let bytes = std::fs::read(entry.path()).with_context(|| format!("read `{path}/{name}`"))?;
                files.push((name, bytes));
            }
        }
        files.sort();
        Ok(files)
    }
}
