//! What leads from a checkout to a running image: Dockerfile, .dockerignore, compose file, .env.example. Each must agree with what the
//! program knows, so that a new artefact or another version of Directus cannot be forgotten in one of them.

use super::{Context, Repository};
use crate::image::context::SOURCES;
use crate::project::PROJECT;
use contract::artefacts::BAKED_IN;
use contract::env;
use serde_yaml::Value;
use snapshot::Finding;
use std::collections::BTreeSet;

pub(crate) const DOCKERFILE: &str = "dockerfile";
pub(crate) const COMPOSE: &str = "compose";
pub(crate) const ENV_EXAMPLE: &str = "env-example";

/// The files that these rules look at.
pub(crate) const FILES: [&str; 4] = ["Dockerfile", ".dockerignore", "compose.dev.yaml", ".env.example"];
/// What every `docker build` of this repository needs of its context: the artefacts, the sources, and where a built runner is laid.
fn needed() -> impl Iterator<Item = &'static str> {
    BAKED_IN.into_iter().chain(SOURCES).chain(["prebuilt"])
}

/// The image's recipe: pinned bases, every artefact copied and none ignored, and what production relies on.
pub(crate) fn dockerfile(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    let file = "Dockerfile";
    let Some(text) = text(&context.repository, file) else { return vec![missing(DOCKERFILE, file)] };
    let mut say = |line: Option<usize>, message: String| {
        let finding = Finding::error(DOCKERFILE, file, message);
        findings.push(line.map_or(finding.clone(), |line| finding.at(line, 1)));
    };
    if text.lines().next().is_some_and(|line| line.starts_with("# syntax=")) {
        say(Some(1), "a `# syntax=` line asks a registry for another front end (C12)".to_owned());
    }
    let stages: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("FROM ")?.split(" AS ").nth(1)).collect();
    let directus = context.pinned().map(|version| format!("directus/directus:{version}"));
    for (number, line) in text.lines().enumerate() {
        let Some(rest) = line.strip_prefix("FROM ") else { continue };
        let image = rest.split_whitespace().next().unwrap_or_default();
        let name = image.replace("${DIRECTUS_DIGEST}", "");
        let is_stage = stages.contains(&image) || image == "scratch" || image == "runner-${RUNNER}";
        if is_stage || name == PROJECT.rust_image || Some(&name) == directus.as_ref() {
            continue;
        }
        let expected = if name.starts_with("rust") {
            format!("`{}` of Cargo.toml", PROJECT.rust_image)
        } else {
            format!("`{}` of package.json", directus.as_deref().unwrap_or("directus/directus:?"))
        };
        say(Some(number + 1), format!("`{image}` is not the pinned base {expected}"));
    }
    let image = text.rsplit("\nFROM ").next().unwrap_or_default();
    for folder in BAKED_IN {
        if !image
            .lines()
            .any(|line| line.starts_with("COPY ") && line.ends_with(&format!(" {folder} /directus/{folder}")))
        {
            say(
                None,
                format!("`{folder}` is not copied to `/directus/{folder}`: the image would boot without it"),
            );
        }
    }
    for (line, why) in [
        ("ENTRYPOINT [\"runner\"]", "the runner is not the entry point"),
        ("CMD [\"start\"]", "setting ENTRYPOINT has reset the base image's CMD (C9)"),
        ("USER 1000:1000", "Kubernetes' runAsNonRoot needs the user by number (C9)"),
    ] {
        if !image.lines().any(|each| each == line) {
            say(None, format!("`{line}` is missing: {why}"));
        }
    }
    if !image.contains("[\"runner\", \"image-check\"]") {
        say(None, "no `RUN … [\"runner\", \"image-check\"]`: a base image that differs would be found in production".to_owned());
    }
    if !image.contains("HEALTHCHECK ") || !image.contains("CMD [\"runner\", \"healthcheck\"]") {
        say(None, "no HEALTHCHECK through the runner".to_owned());
    }
    if let Some(version) = context.pinned()
        && !image.contains(&format!(
            "org.opencontainers.image.base.name=\"docker.io/directus/directus:{version}\""
        ))
    {
        say(
            line_of(&text, "image.base.name"),
            format!("the label of the base image does not say Directus {version}"),
        );
    }
    findings.extend(ignored(&context.repository));
    findings
}

/// Everything is ignored but what is named; whatever is needed must be.
fn ignored(repository: &Repository) -> Vec<Finding> {
    let file = ".dockerignore";
    let Some(text) = text(repository, file) else { return vec![missing(DOCKERFILE, file)] };
    let patterns: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut findings = Vec::new();
    if patterns.first() != Some(&"*") {
        findings.push(
            Finding::error(
                DOCKERFILE,
                file,
                "the first pattern is not `*`: whatever lies in the checkout would be sent to the daemon",
            )
            .hint("ignore everything, and name what is needed: !/bridge"),
        );
    }
    for name in needed() {
        let is_named = patterns.contains(&format!("!/{name}").as_str());
        let again = patterns.iter().any(|pattern| pattern.trim_start_matches('/') == name);
        if !is_named || again {
            let finding =
                Finding::error(DOCKERFILE, file, format!("`{name}` is ignored, and the build needs it"));
            findings.push(finding.hint(format!("add !/{name}")));
        }
    }
    findings
}

/// The developer's services: the same database as everywhere, ready when it says so, uploads that stay, time to stop.
pub(crate) fn compose(context: &Context) -> Vec<Finding> {
    let file = "compose.dev.yaml";
    let Some(text) = text(&context.repository, file) else { return vec![missing(COMPOSE, file)] };
    let yaml: Value = match serde_yaml::from_str(&text) {
        Ok(yaml) => yaml,
        Err(error) => return vec![unreadable(COMPOSE, file, &error)],
    };
    let (database, directus) = (&yaml["services"]["database"], &yaml["services"]["directus"]);
    let mut findings = Vec::new();
    let mut say = |word: &str, message: String| {
        let finding = Finding::error(COMPOSE, file, message);
        findings.push(line_of(&text, word).map_or(finding.clone(), |line| finding.at(line, 1)));
    };
    if database["image"].as_str() != Some(&PROJECT.database_image) {
        say("image:", format!("the database is not the pinned `{}` of Cargo.toml", PROJECT.database_image));
    }
    let words = |value: &Value| -> Vec<String> {
        value.as_sequence().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    if !words(&database["healthcheck"]["test"]).contains(&"127.0.0.1".to_owned()) {
        say(
            "healthcheck:",
            "the database's health is not asked over TCP: its first start would be taken for ready (C10)"
                .to_owned(),
        );
    }
    if directus["depends_on"]["database"]["condition"].as_str() != Some("service_healthy") {
        say("directus:", "directus does not wait for a healthy database".to_owned());
    }
    if !words(&directus["volumes"]).iter().any(|volume| volume.ends_with(":/directus/uploads")) {
        say(
            "directus:",
            "no volume at /directus/uploads: a new container would be without the uploads".to_owned(),
        );
    }
    if directus["stop_grace_period"].as_str().is_none() {
        say("directus:", "no `stop_grace_period`: Docker would kill what the runner still stops".to_owned());
    }
    if directus["build"]["args"]["RUNNER"].as_str() != Some("source") {
        say(
            "build:",
            "the runner is not built from source: `up --build` would need more than Docker".to_owned(),
        );
    }
    findings
}

/// Where .env.example goes on with what compose passes on to no container.
const FOR_THE_CONTAINER: &str = "# === for the container alone";

/// Every variable that compose file and runner read is in .env.example; above its second heading exactly those that compose takes from .env.
pub(crate) fn env_example(context: &Context) -> Vec<Finding> {
    let file = ".env.example";
    let Some(example) = text(&context.repository, file) else { return vec![missing(ENV_EXAMPLE, file)] };
    let compose = text(&context.repository, "compose.dev.yaml").unwrap_or_default();
    let taken: BTreeSet<&str> = interpolated(&compose).collect();
    let mut read = taken.clone();
    read.extend(env::KNOBS);
    read.extend(env::READ);
    let mut findings = Vec::new();
    let mut of_compose = true;
    for (index, line) in example.lines().enumerate() {
        of_compose &= !line.starts_with(FOR_THE_CONTAINER);
        let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        read.remove(name);
        let message = match (of_compose, taken.contains(name)) {
            (true, false) => {
                format!("compose.dev.yaml does not take `{name}`: in a .env it would do nothing")
            }
            (false, true) => {
                format!("compose.dev.yaml takes `{name}`, and here it is said to be no use to it")
            }
            _ => continue,
        };
        findings.push(
            Finding::error(ENV_EXAMPLE, file, message)
                .at(index + 1, 1)
                .hint(format!("move the line across `{FOR_THE_CONTAINER}`")),
        );
    }
    findings.extend(read.into_iter().map(|name| {
        Finding::error(ENV_EXAMPLE, file, format!("`{name}` is read, and not named here"))
            .hint(format!("add a line {name}="))
    }));
    findings
}

/// The names in `${NAME}` and `${NAME:-default}`.
fn interpolated(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
}

fn text(repository: &Repository, path: &str) -> Option<std::rc::Rc<str>> {
    repository.text(path).ok().flatten()
}

fn missing(rule: &'static str, file: &str) -> Finding {
    Finding::error(rule, file, "the file is missing")
}

fn unreadable(rule: &'static str, file: &str, error: &serde_yaml::Error) -> Finding {
    let finding = Finding::error(rule, file, format!("not readable: {error}"));
    error.location().map_or(finding.clone(), |place| finding.at(place.line(), place.column()))
}

fn line_of(text: &str, word: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(word)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, ours};
    use super::*;

    /// This checkout's own file with one text replaced, and the version that it is for.
    fn with(file: &'static str, from: &str, to: &str) -> Vec<(&'static str, String)> {
        let mut files: Vec<(&'static str, String)> =
            FILES.into_iter().chain(["package.json"]).map(|name| (name, ours(name))).collect();
        let (_, text) = files.iter_mut().find(|(name, _)| *name == file).expect("one of the files");
        assert!(text.contains(from), "{file} has no `{from}`");
        *text = text.replacen(from, to, 1);
        files
    }

    fn found(rule: &str, file: &'static str, from: &str, to: &str, expected: &[&str]) {
        let files = with(file, from, to);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        check(rule, &files, expected);
    }

    #[test]
    fn ours_are_fine() {
        for rule in [DOCKERFILE, COMPOSE, ENV_EXAMPLE] {
            found(rule, "Dockerfile", "FROM", "FROM", &[]);
        }
    }

    #[test]
    fn another_base_is_found() {
        let line =
            ours("Dockerfile").lines().position(|line| line.starts_with("FROM directus/")).unwrap() + 1;
        let message = format!(
            "Dockerfile:{line}:1: dockerfile: `directus/directus:latest` is not the pinned base `directus/directus:11.17.4` of package.json"
        );
        found(
            DOCKERFILE,
            "Dockerfile",
            "FROM directus/directus:11.17.4${DIRECTUS_DIGEST}",
            "FROM directus/directus:latest",
            &[&message],
        );
    }

    #[test]
    fn a_folder_that_is_not_copied_or_is_ignored_is_found() {
        found(
            DOCKERFILE,
            "Dockerfile",
            "COPY --chmod=0555 seeds /directus/seeds\n",
            "",
            &[
                "Dockerfile: dockerfile: `seeds` is not copied to `/directus/seeds`: the image would boot without it",
            ],
        );
        found(
            DOCKERFILE,
            ".dockerignore",
            "!/db-init-post\n",
            "",
            &[".dockerignore: dockerfile: `db-init-post` is ignored, and the build needs it"],
        );
    }

    #[test]
    fn what_production_relies_on_is_demanded() {
        found(
            DOCKERFILE,
            "Dockerfile",
            "CMD [\"start\"]\n",
            "",
            &[
                "Dockerfile: dockerfile: `CMD [\"start\"]` is missing: setting ENTRYPOINT has reset the base image's CMD (C9)",
            ],
        );
        found(
            DOCKERFILE,
            "Dockerfile",
            "# The image",
            "# syntax=docker/dockerfile:1\n# The image",
            &["Dockerfile:1:1: dockerfile: a `# syntax=` line asks a registry for another front end (C12)"],
        );
    }

    #[test]
    fn a_compose_file_that_loses_uploads_is_found() {
        let line = ours("compose.dev.yaml").lines().position(|line| line.contains("directus:")).unwrap() + 1;
        let message = format!(
            "compose.dev.yaml:{line}:1: compose: no volume at /directus/uploads: a new container would be without the uploads"
        );
        found(COMPOSE, "compose.dev.yaml", "uploads:/directus/uploads", "uploads:/uploads", &[&message]);
    }

    #[test]
    fn a_variable_that_nobody_is_told_of_is_found() {
        found(
            ENV_EXAMPLE,
            ".env.example",
            "RUNNER_FAST=on\n",
            "",
            &[".env.example: env-example: `RUNNER_FAST` is read, and not named here"],
        );
    }

    #[test]
    fn a_variable_that_would_do_nothing_in_a_dot_env_is_found() {
        let line = |text: &str, word: &str| text.lines().position(|line| line.starts_with(word)).unwrap() + 1;
        let example = ours(".env.example");
        let message = format!(
            ".env.example:{}:1: env-example: compose.dev.yaml does not take `PUBLIC_URL`: in a .env it would do nothing",
            line(&example, "PUBLIC_URL=")
        );
        found(
            ENV_EXAMPLE,
            "compose.dev.yaml",
            "${PUBLIC_URL:-http://localhost:8055}",
            "http://a",
            &[&message],
        );
        let message = format!(
            ".env.example:{}:1: env-example: compose.dev.yaml takes `REDIS`, and here it is said to be no use to it",
            line(&example, "REDIS=")
        );
        found(ENV_EXAMPLE, "compose.dev.yaml", "TELEMETRY: \"false\"", "REDIS: ${REDIS}", &[&message]);
    }
}
