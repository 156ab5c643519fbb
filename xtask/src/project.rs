//! Facts about this checkout: where it is, and what `[workspace.metadata.project]` says.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Names and versions that are this team's and not the tool's; those of the local engine are `testbed`'s own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Project {
    /// Of folders and labels.
    pub(crate) name: String,
    /// The image, with its registry, without a tag.
    pub(crate) image: String,
    /// The image of throwaway and development databases.
    pub(crate) database_image: String,
    /// The image that the runner is compiled in.
    pub(crate) rust_image: String,
    /// The image that the workflow's job runs in.
    pub(crate) job_image: String,
}

/// What the root manifest says, as this program was compiled.
pub(crate) static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let manifest: toml::Value = toml::from_str(include_str!("../../Cargo.toml"))
        .unwrap_or_else(|why| unreachable!("cargo has read it before us: {why}"));
    let project = manifest["workspace"]["metadata"]["project"].clone();
    project
        .try_into()
        .unwrap_or_else(|why| panic!("read [workspace.metadata.project] of the root Cargo.toml: {why}"))
});

/// The checkout that this program was built from. `cargo xtask` runs from any folder of it.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
