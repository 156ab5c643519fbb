//! The same with images: the revision's own, built from its tree, boots and is filled; then the candidate takes over.

use super::{Rehearsal, Revision, fill, revision};
use crate::console;
use crate::docker::Docker;
use crate::engine::DockerScene;
use crate::image::build::{self, Recipe};
use crate::image::context::{RunnerFrom, architecture};
use anyhow::{Context, Result};
use contract::Failure;
use std::path::{Path, PathBuf};

/// The revision's image, and its tree.
pub(crate) struct OldImage {
    id: String,
    tree: PathBuf,
    _folder: tempfile::TempDir,
}

impl Rehearsal {
    /// Builds the revision's image and boots it.
    ///
    /// # Errors
    /// What git, the build or that boot say.
    pub(crate) fn boot_image(
        &mut self,
        docker: &Docker,
        root: &Path,
        scene: &DockerScene,
        revision: &Revision,
    ) -> Result<OldImage> {
        self.from = revision.commit.clone();
        console::say(&format!("    {}, {}", &revision.commit[..revision.commit.len().min(12)], revision.why));
        let folder = tempfile::tempdir().context("make a folder for the revision")?;
        let tree = revision::export(root, revision, folder.path())?;
        if !tree.join("Dockerfile").is_file() {
            return Err(Failure::new("boot the revision: it has no Dockerfile")
                .hint("take a later revision")
                .into());
        }
        let from = match revision::has_this_runner(root, revision) {
            true => {
                self.runner = "the candidate's, which is the revision's".to_owned();
                scene.lay_runner(&tree.join(format!("prebuilt/runner-{}", architecture())))?;
                RunnerFrom::Prebuilt
            }
            false => {
                self.runner = "the revision's own, compiled from it".to_owned();
                RunnerFrom::Source
            }
        };
        console::say(&format!("    runner: {}", self.runner));
        let recipe = Recipe { from, labels: scene.labels(), ..Recipe::default() };
        let id = build::build(docker, &tree, &recipe, build::tell)?;
        scene.prepare_image(&id, &contract::Variables::new())?;
        Ok(OldImage { id, tree, _folder: folder })
    }

    /// Serves the revision's Directus, and fills it.
    ///
    /// # Errors
    /// When a collection stays empty.
    pub(crate) fn fill_image(&mut self, scene: &DockerScene, old: &OldImage) -> Result<()> {
        let rows = self.rows_for(&old.tree)?;
        let serving = scene.start_image(&old.id)?;
        self.filled = fill::fill(&mut serving.directus()?, &rows)?;
        serving.stop()?;
        self.fill_the_rest(scene)
    }
}
