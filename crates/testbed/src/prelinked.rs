//! The prelinked form of an installed Directus, made once by the checkout's own script (`bridge/prelink/`) with the install's own Node.

use crate::cache::{Cache, Recipe, Workshop, hash_of, touched};
use crate::progress::Progress;
use crate::tool::{self, Tool};
use crate::{children, directus::DirectusInstall};
use contract::{Exit, Failure, Outcome};
use std::fs;
use std::path::{Path, PathBuf};

/// What it takes (27 MB, and 5 MB of Node's compile cache), and a margin.
const NEEDS_BYTES: u64 = 60_000_000;
/// The script, in a checkout.
const SCRIPT: &str = "bridge/prelink/build.js";
/// What the result depends on, beside the script and those next to it.
const SOURCES: [&str; 2] = ["bridge/modules.js", "bridge/prelinked.js"];

/// The part's name: of this very install and these very scripts. `None` for a checkout from before there was a prelinked Directus.
pub(crate) fn part_name(repo_root: &Path, directus_part: &str) -> Outcome<Option<String>> {
    if !repo_root.join(SCRIPT).is_file() {
        return Ok(None);
    }
    let folder = repo_root.join(SCRIPT).parent().unwrap_or(repo_root).to_path_buf();
    let failed = |path: &Path, error: &std::io::Error| touched("read", path, error).exit(Exit::Usage);
    let mut sources: Vec<PathBuf> = SOURCES.iter().map(|name| repo_root.join(name)).collect();
    for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, &error))? {
        sources.push(entry.map_err(|error| failed(&folder, &error))?.path());
    }
    sources.sort();
    let mut parts = vec![directus_part.as_bytes().to_vec()];
    for path in &sources {
        parts.push(fs::read(path).map_err(|error| failed(path, &error))?);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Ok(Some(format!("prelinked-{}", hash_of(&parts))))
}

/// Makes it where it is not in the cache yet (some ten seconds).
pub(crate) fn provide(
    cache: &Cache,
    repo_root: &Path,
    part: &str,
    install: &DirectusInstall,
    progress: &Progress,
) -> Outcome<PathBuf> {
    let title = format!("Directus {}", install.version);
    let recipe = Recipe { verb: "prelink", title: &title, part, needs_bytes: NEEDS_BYTES };
    cache.provide(&recipe, progress, |workshop| build(workshop, repo_root, install))
}

fn build(workshop: &Workshop<'_>, repo_root: &Path, install: &DirectusInstall) -> Outcome<()> {
    workshop.step.detail("linking");
    let node = duct::cmd(&install.node, [&repo_root.join(SCRIPT), &install.dir, &workshop.part])
        .env_remove("NODE_OPTIONS")
        .env("TMPDIR", &workshop.scratch)
        .stdout_to_stderr();
    let tool = Tool {
        what: format!("prelink Directus {}", install.version),
        expression: children::dying_with_us(&node, Vec::new()),
        programs: &[],
    };
    tool::run(&tool, workshop, |_| {})?;
    let manifest = workshop.part.join("manifest.json");
    if manifest.is_file() { Ok(()) } else { Err(Failure::new(format!("find `{}`", manifest.display()))) }
}
