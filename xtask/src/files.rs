//! Files that this program writes into the checkout.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Replaces a file in one step: whoever reads it sees the old text or the new one, also after a power cut.
///
/// # Errors
/// When it cannot be written; the old file is untouched then.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    let touched = || format!("write `{}`", path.display());
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    // Beside it, because a rename works within a file system only. A killed run leaves it, and the next one takes it over.
    let aside = path.with_file_name(name);
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    });
    written
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&aside);
        })
        .with_context(touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schema.yaml");
        replace(&path, "a: 1\n").unwrap();
        replace(&path, "a: 2\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a: 2\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = replace(&folder.path().join("nowhere/x"), "a").unwrap_err();
        assert!(format!("{error:#}").starts_with("write `"), "{error:#}");
    }
}
