//! The workflow: valid, the pipeline's own steps in their order, started by exactly what the image is made of, and publishing what was proved,
//! from main alone, with secrets that no other step sees.

use super::Context;
use crate::image::context::SOURCES;
use crate::pipeline::STEPS;
use crate::project::PROJECT;
use contract::artefacts::BAKED_IN;
use serde::Deserialize;
use snapshot::Finding;
use std::collections::BTreeMap;

pub(crate) const RULE: &str = "workflow";
pub(crate) const FILE: &str = ".gitea/workflows/build.yml";

/// When the step that publishes runs, to the letter: what else would mean the same is not for this rule to find out.
const GUARD: &str = "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'";

/// The part of the format that we use; anything else is an error, as a misspelt key is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workflow {
    #[expect(dead_code, reason = "must be there, and be a text")]
    name: String,
    on: On,
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct On {
    push: Event,
    pull_request: Event,
    #[expect(dead_code, reason = "must be there")]
    workflow_dispatch: BTreeMap<String, serde_yaml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    #[serde(default)]
    branches: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Job {
    runs_on: String,
    container: Option<String>,
    timeout_minutes: Option<u32>,
    #[serde(default)]
    #[expect(dead_code, reason = "may be there; secrets are looked for in the text")]
    env: BTreeMap<String, String>,
    #[serde(default)]
    services: BTreeMap<String, Service>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    image: String,
    #[serde(default)]
    #[expect(dead_code, reason = "may be there; secrets are looked for in the text")]
    env: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: Option<String>,
    uses: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, serde_yaml::Value>,
    run: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "may be there; secrets are looked for in the text")]
    env: BTreeMap<String, String>,
    r#if: Option<String>,
}

/// The rule.
pub(crate) fn workflow(context: &Context) -> Vec<Finding> {
    let Some(text) = context.repository.text(FILE).ok().flatten() else {
        return vec![Finding::error(RULE, FILE, "the file is missing")];
    };
    let workflow: Workflow = match serde_yaml::from_str(&text) {
        Ok(workflow) => workflow,
        Err(error) => {
            let finding = Finding::error(RULE, FILE, format!("not a workflow as we write them: {error}"));
            return vec![
                error.location().map_or(finding.clone(), |place| finding.at(place.line(), place.column())),
            ];
        }
    };
    let mut findings = Vec::new();
    let mut say = |word: &str, message: String| {
        let line = text.lines().position(|line| line.contains(word)).map(|index| index + 1);
        let finding = Finding::error(RULE, FILE, message);
        findings.push(line.map_or(finding.clone(), |line| finding.at(line, 1)));
    };
    triggers(&workflow.on, &mut say);
    let mut jobs = workflow.jobs.values();
    match (jobs.next(), jobs.next()) {
        (Some(job), None) => judge(job, &mut say),
        _ => say(
            "jobs:",
            "there must be one job: what one has built and proved, another does not have".to_owned(),
        ),
    }
    secrets(&text, &mut |line, message| findings.push(Finding::error(RULE, FILE, message).at(line, 1)));
    findings
}

fn triggers(on: &On, say: &mut impl FnMut(&str, String)) {
    if on.push.branches != ["main"] {
        say("branches:", "a push starts it on another branch than main alone".to_owned());
    }
    let expected = paths();
    for (word, event) in [("push:", &on.push), ("pull_request:", &on.pull_request)] {
        let missing: Vec<&str> =
            expected.iter().filter(|path| !event.paths.contains(path)).map(String::as_str).collect();
        let more: Vec<&str> =
            event.paths.iter().filter(|path| !expected.contains(path)).map(String::as_str).collect();
        if !missing.is_empty() {
            say(word, format!("a change of {} would not start it", missing.join(", ")));
        }
        if !more.is_empty() {
            say(word, format!("{} is no part of the image", more.join(", ")));
        }
    }
}

/// What the image is made of, as path filters; and the workflow itself.
fn paths() -> Vec<String> {
    let as_filter = |name: &str| {
        if name.contains('.') || name == "Dockerfile" { name.to_owned() } else { format!("{name}/**") }
    };
    let others = ["Dockerfile", ".dockerignore", "package.json", "package-lock.json", FILE];
    BAKED_IN.into_iter().chain(SOURCES).chain(others).map(as_filter).collect()
}

fn judge(job: &Job, say: &mut impl FnMut(&str, String)) {
    if job.runs_on.contains("host") {
        say("runs-on:", "a job of the host starts no service (C3)".to_owned());
    }
    if job.container.as_deref() != Some(&PROJECT.job_image) {
        say("runs-on:", format!("its container is not the pinned `{}` of Cargo.toml", PROJECT.job_image));
    }
    if job.timeout_minutes.is_none() {
        say("runs-on:", "no `timeout-minutes`: a job that hangs would hold the runner".to_owned());
    }
    if job.services.is_empty() || job.services.values().any(|service| service.image != PROJECT.database_image)
    {
        say(
            "services:",
            format!("the database is not the pinned `{}` of Cargo.toml", PROJECT.database_image),
        );
    }
    let own = job
        .steps
        .iter()
        .skip_while(|step| !step.run.as_deref().is_some_and(|run| run.starts_with("cargo xtask")));
    let own: Vec<&Step> = own.collect();
    let before = job.steps.len() - own.len();
    if before != 2
        || !job
            .steps
            .first()
            .and_then(|step| step.uses.as_deref())
            .is_some_and(|uses| uses.starts_with("actions/checkout@"))
    {
        say("steps:", "before our own steps there are checkout and Rust, and nothing else".to_owned());
    }
    if job
        .steps
        .first()
        .is_some_and(|step| step.with.get("fetch-depth").and_then(serde_yaml::Value::as_u64) != Some(0))
    {
        say(
            "actions/checkout",
            "`fetch-depth: 0` is missing: there would be no earlier commit to rehearse from".to_owned(),
        );
    }
    let lines: Vec<String> = own.iter().map(|step| step.run.clone().unwrap_or_default()).collect();
    let expected: Vec<String> = STEPS.iter().map(crate::pipeline::Step::line).collect();
    if lines != expected {
        say("steps:", format!("its steps are not those of `cargo xtask ci --list`: {}", lines.join("; ")));
        return;
    }
    for (ours, theirs) in STEPS.iter().zip(&own) {
        let word = format!("name: {}", ours.name);
        if theirs.name.as_deref() != Some(ours.name) {
            say(&format!("run: {}", ours.line()), format!("the step is not named `{}`", ours.name));
        }
        let condition = theirs.r#if.as_deref().unwrap_or_default();
        if ours.publishes && condition != GUARD {
            say(&word, "it would publish from another branch, or from a pull request".to_owned());
        }
        if !ours.publishes && !condition.is_empty() {
            say(&word, "it has a condition: what it proves would be skipped in silence".to_owned());
        }
    }
}

/// No line but the push step's names a secret, in whatever key and spelling.
fn secrets(text: &str, say: &mut impl FnMut(usize, String)) {
    let push = STEPS.iter().find(|step| step.publishes).map(|step| format!("- name: {}", step.name));
    let mut in_push = false;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start();
        if content.starts_with("- ") {
            in_push = Some(content.trim_end()) == push.as_deref();
        }
        if !in_push && !content.starts_with('#') && content.to_lowercase().contains("secrets") {
            say(number + 1, "a secret is seen outside of the push".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, ours};
    use super::*;

    fn found(from: &str, to: &str, expected: &[&str]) {
        let text = ours(FILE);
        assert!(text.contains(from), "no `{from}`");
        check(RULE, &[(FILE, &text.replacen(from, to, 1))], expected);
    }

    fn line(word: &str) -> usize {
        ours(FILE).lines().position(|line| line.contains(word)).unwrap() + 1
    }

    #[test]
    fn ours_is_fine() {
        found("name: build", "name: build", &[]);
    }

    #[test]
    fn a_path_that_would_start_nothing_is_found() {
        let message =
            format!("{FILE}:{}:1: workflow: a change of db-init/** would not start it", line("  push:"));
        found("      - db-init/**\n", "", &[&message]);
        let message = format!("{FILE}:{}:1: workflow: docs/** is no part of the image", line("  push:"));
        found("      - db-init/**\n", "      - db-init/**\n      - docs/**\n", &[&message]);
    }

    #[test]
    fn a_push_that_is_not_behind_the_dry_run_or_not_guarded_is_found() {
        let text = ours(FILE);
        let steps = format!(
            "{FILE}:{}:1: workflow: its steps are not those of `cargo xtask ci --list`: cargo xtask check; cargo xtask test --only fast; cargo xtask image; cargo xtask dry-run --engine docker --image --from; cargo xtask image --push",
            line("steps:")
        );
        let dry_run =
            &text[text.find("      - name: Dry run").unwrap()..text.find("      - name: Upgrade").unwrap()];
        found(dry_run, "", &[&steps]);
        let guard = format!(
            "{FILE}:{}:1: workflow: it would publish from another branch, or from a pull request",
            line("name: Push")
        );
        found(" && github.ref == 'refs/heads/main'", "", &[&guard]);
        found("if: github.event_name", "if: always() || github.event_name", &[&guard]);
    }

    #[test]
    fn a_secret_outside_of_the_push_is_found() {
        let elsewhere = [
            ("DB_PASSWORD: throwaway", "DB_PASSWORD: ${{ secrets.REGISTRY_TOKEN }}"),
            ("POSTGRES_PASSWORD: throwaway", "POSTGRES_PASSWORD: ${{ secrets['REGISTRY_TOKEN'] }}"),
            ("fetch-depth: 0", "fetch-depth: 0\n          token: ${{ toJSON(Secrets) }}"),
            ("command -v cargo", "echo ${{ secrets.A }}; command -v cargo"),
        ];
        for (from, to) in elsewhere {
            let at = line(from) + to.lines().count() - 1;
            let message = format!("{FILE}:{at}:1: workflow: a secret is seen outside of the push");
            found(from, to, &[&message]);
        }
    }

    #[test]
    fn a_key_that_no_runner_knows_is_found_with_its_line() {
        let text = ours(FILE).replacen("timeout-minutes: 60", "timeout: 60", 1);
        let repository = super::super::Repository::of_files([(FILE.to_owned(), text.into_bytes())]);
        let findings = workflow(&Context::new(repository).unwrap());
        assert!(findings[0].message.contains("unknown field `timeout`"), "{findings:?}");
        assert!(findings[0].line.is_some());
    }
}
