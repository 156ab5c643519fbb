//! Facts about this checkout: where it is, and what `[workspace.metadata.project]` says.

use std::path::{Path, PathBuf};

/// The checkout that this program was built from. `cargo xtask` runs from any folder of it.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
