//! `docker build`, told in our own words: which step runs, and what the failed one said.

use super::context::RunnerFrom;
use crate::console;
use crate::docker::{Docker, NO_REGISTRY};
use contract::env::COMMIT;
use contract::{Commit, Exit, Failure, Outcome};
use std::collections::BTreeMap;
use std::path::Path;

/// Labels by their OCI names.
pub(crate) type Labels = BTreeMap<String, String>;

/// How it is built, beside what of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recipe {
    /// Where the runner comes from.
    pub(crate) from: RunnerFrom,
    /// `sha256:…`, when the base's very bytes are pinned.
    pub(crate) base_digest: Option<String>,
    /// The commit that it is of.
    pub(crate) commit: Option<Commit>,
    /// Whether no layer of an earlier build may be taken.
    pub(crate) no_cache: bool,
    /// What the image says of itself.
    pub(crate) labels: Labels,
}

/// Builds out of a folder, and returns the image's id; `each` sees docker's lines as they come.
///
/// # Errors
/// Exit 1 with the last lines of the failed step; the remedy where it is known.
pub(crate) fn build(
    docker: &Docker,
    folder: &Path,
    recipe: &Recipe,
    each: impl Fn(&str) + Send + 'static,
) -> Outcome<String> {
    let id_file = folder.with_extension("id");
    let id_path = id_file.display().to_string();
    let digest = recipe.base_digest.as_ref().map_or(String::new(), |digest| format!("@{digest}"));
    let mut arguments = ["build", "--progress=plain", "--iidfile", &id_path].map(str::to_owned).to_vec();
    let commit = recipe.commit.as_ref().map_or_else(String::new, ToString::to_string);
    for argument in [
        format!("RUNNER={}", recipe.from.word()),
        format!("DIRECTUS_DIGEST={digest}"),
        format!("{COMMIT}={commit}"),
    ] {
        arguments.extend(["--build-arg".to_owned(), argument]);
    }
    arguments.extend(recipe.no_cache.then(|| "--no-cache".to_owned()));
    for (name, value) in &recipe.labels {
        arguments.extend(["--label".to_owned(), format!("{name}={value}")]);
    }
    arguments.push(folder.display().to_string());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let built = docker.run("build the image", &words, each);
    let id = std::fs::read_to_string(&id_file);
    let _ = std::fs::remove_file(&id_file);
    built.map_err(explained)?;
    id.map_err(|error| Failure::new("build the image: docker wrote no id").cause(error))
}

/// Tells the beginning of each step that does something: `#12 [image 3/9] COPY …`.
pub(crate) fn tell(line: &str) {
    let Some((_, rest)) = line.split_once("] ").filter(|_| line.starts_with('#') && line.contains(" ["))
    else {
        return;
    };
    let internal = line.contains("[internal]") || rest.starts_with("FROM ");
    if !internal && ["RUN ", "COPY ", "ADD "].iter().any(|word| rest.starts_with(word)) {
        let text: String = rest.chars().take(90).collect();
        console::say(&format!("    {text}"));
    }
}

fn explained(failure: Failure) -> Failure {
    let said = failure.excerpt.clone().unwrap_or_default();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let failure = failure.exit(Exit::Failed);
    if has(&["no space left on device"]) {
        return failure
            .cause("the disk is full")
            .hint("docker system prune, or more disk below /var/lib/docker");
    }
    if has(&[
        "failed to resolve source metadata",
        "failed to do request",
        "pull access denied",
        "failed to solve with frontend",
        "no such host",
        "manifest unknown",
    ]) && !has(&["executor failed running"])
    {
        return failure.cause("a base image cannot be had").hint(NO_REGISTRY);
    }
    if has(&["it is not what the runner expects"]) {
        return failure
            .cause("the base image is not the one that runner and bridge are made for")
            .hint("the lines above name what differs: pin another version, or teach the bridge the new one");
    }
    failure
}
