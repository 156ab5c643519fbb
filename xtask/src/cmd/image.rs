//! The production image: built from tracked files, looked at from all sides, recorded; and published once a dry run has proved it.

use crate::console::{self, GREEN, paint};
use crate::docker::Docker;
use crate::engine;
use crate::git;
use crate::image::build::{self, Labels, Recipe};
use crate::image::context::{Context, Runner, RunnerFrom};
use crate::image::push::{self, Publication, Standing};
use crate::image::record::Record;
use crate::image::{expected, layers, sbom};
use crate::project::PROJECT;
use crate::steps::Steps;
use anyhow::{Context as _, Result};
use contract::{Exit, Failure, commit};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Build the production image and look at it from all sides; with --push, publish the one that a dry run has proved.
///
/// The static runner is built here and laid into a context of tracked files only. Afterwards the image must be what production runs: entry
/// point, user, labels, a static runner within its size, every artefact byte for byte as in git, nothing else in any layer. The image is
/// recorded in target/image/image.json, its parts in target/image/sbom.cdx.json.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask image
  cargo xtask image --tag rally:try
  cargo xtask image --runner-from source          compile the runner inside `docker build`, as `docker compose up --build` does
  cargo xtask image && cargo xtask dry-run --engine docker --image && cargo xtask image --push

Environment of --push:
  REGISTRY_USER, REGISTRY_TOKEN (or REGISTRY_TOKEN_FILE)   a user and a token that may write packages")]
pub(crate) struct Args {
    /// A name for the image on this machine.
    #[arg(long, value_name = "NAME:TAG")]
    tag: Option<String>,
    /// Where the runner comes from.
    #[arg(long, value_enum, default_value_t)]
    runner_from: RunnerFrom,
    /// Use this runner instead of building one. Such an image is no commit's, and --push refuses it.
    #[arg(long, value_name = "FILE", conflicts_with = "runner_from")]
    runner: Option<PathBuf>,
    /// Take no layer from an earlier build.
    #[arg(long)]
    no_cache: bool,
    /// The digest that the base image must have: sha256:…
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    base_digest: Option<String>,
    /// Publish the image that was built last, as :main and :sha-…; builds nothing. Refused unless a dry run of that very image has passed, and it is of this commit, which is on main.
    #[arg(long, conflicts_with_all = ["tag", "runner_from", "runner", "base_digest", "no_cache"])]
    push: bool,
    /// With --push: another repository than the pinned one.
    #[arg(long, value_name = "REPOSITORY", requires = "push")]
    to: Option<String>,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

fn digest(text: &str) -> Result<String, String> {
    let hexadecimal = text
        .strip_prefix("sha256:")
        .filter(|rest| rest.len() == 64 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal
        .map(|_| text.to_owned())
        .ok_or_else(|| "a digest is sha256: and 64 hexadecimal digits".to_owned())
}

/// Builds, or pushes.
pub(crate) fn run(args: Args, root: &Path) -> Result<Exit> {
    let docker = Docker::find()?;
    if args.push {
        return push(&args, root, &docker);
    }
    let mut steps = Steps::new();
    let wanted = Wanted {
        tag: args.tag.as_deref(),
        from: args.runner_from,
        runner: args.runner.as_deref(),
        recipe: Recipe {
            base_digest: args.base_digest.clone(),
            no_cache: args.no_cache,
            ..Recipe::default()
        },
    };
    let built = make(&docker, root, &wanted, &mut steps);
    if !args.json {
        console::say(&steps.table());
    }
    steps.summarize("Image", &[]);
    let record = built?;
    if args.json {
        let mut json = steps.to_json(None);
        json["image"] = serde_json::to_value(&record)?;
        console::result(&json.to_string());
    } else {
        console::result(&record.id);
    }
    Ok(Exit::Done)
}

/// How an image is built.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    tag: Option<&'a str>,
    from: RunnerFrom,
    /// A runner to take instead of building one.
    runner: Option<&'a Path>,
    recipe: Recipe,
}

/// Builds with the defaults, for a command that needs an image; with a runner that is there already, if one is given.
///
/// # Errors
/// As the build.
pub(crate) fn build_default(
    docker: &Docker,
    root: &Path,
    runner: Option<&Path>,
    steps: &mut Steps,
) -> Result<Record> {
    make(docker, root, &Wanted { runner, ..Wanted::default() }, steps)
}

fn make(docker: &Docker, root: &Path, wanted: &Wanted<'_>, steps: &mut Steps) -> Result<Record> {
    let file = match (wanted.from, wanted.runner) {
        (RunnerFrom::Source, _) => None,
        (RunnerFrom::Prebuilt, Some(runner)) => Some(engine::given_runner(runner)?),
        (RunnerFrom::Prebuilt, None) => {
            Some(steps.step("runner", || Ok(engine::build_runner(root, contract::Variables::new())?))?)
        }
    };
    let runner = match (&file, wanted.runner) {
        (None, _) => Runner::Compiled,
        (Some(file), None) => Runner::Built(file),
        (Some(file), Some(_)) => Runner::Given(file),
    };
    let context = steps.step("context", || Context::assemble(root, runner))?;
    let (labels, commit) = (labels(&context), context.commit.clone());
    let mut recipe = Recipe { from: wanted.from, labels, commit, ..wanted.recipe.clone() };
    let (id, release) = steps.step("build", || {
        let first = build::build(docker, context.folder(), &recipe, build::tell)?;
        // Only the image itself knows its release for certain. The second build takes every layer from the first.
        let release = ask_release(docker, &first)?;
        recipe.labels.insert("release".to_owned(), release.clone());
        recipe.no_cache = false;
        let id = build::build(docker, context.folder(), &recipe, |_| {})?;
        docker.remove_unnamed(&first);
        Ok((id, release))
    })?;
    steps.step("look", || look(docker, &id, &context, &recipe.labels))?;
    steps.step("record", || {
        let record = Record { id: id.clone(), release, revision: context.revision.clone(), proved: false };
        let subject = sbom::Subject { id: &id, revision: &context.revision, base: &base_name(root)? };
        let parts = sbom::document(root, &subject)?;
        record.write(root)?;
        let path = Record::folder(root).join("sbom.cdx.json");
        crate::files::replace(&path, &format!("{}\n", serde_json::to_string_pretty(&parts)?))?;
        // Without a name, the first one that is taken back would take the image along; and pruning would.
        let kept = format!("{}:built", PROJECT.name);
        for name in [Some(kept.as_str()), wanted.tag].into_iter().flatten() {
            docker.run(&format!("name the image `{name}`"), &["tag", &id, name], |_| {})?;
        }
        Ok(record)
    })
}

fn labels(context: &Context) -> Labels {
    [
        ("org.opencontainers.image.title", PROJECT.name.clone()),
        ("org.opencontainers.image.revision", context.revision.clone()),
        ("org.opencontainers.image.version", env!("CARGO_PKG_VERSION").to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The base image's name, as the Dockerfile has it without a digest.
fn base_name(root: &Path) -> Result<String> {
    let package = std::fs::read_to_string(root.join("package.json")).context("read `package.json`")?;
    let package: Value = serde_json::from_str(&package).context("read `package.json`")?;
    Ok(format!("directus/directus:{}", package["dependencies"]["directus"].as_str().unwrap_or_default()))
}

fn ask_release(docker: &Docker, id: &str) -> Result<String> {
    let said = docker.ask(
        "ask the image for its release",
        &["run", "--rm", "--network", "none", id, "image-check", "--json"],
    )?;
    let image: Value = serde_json::from_str(&said).context("read what the image says of itself")?;
    Ok(image["release"].as_str().unwrap_or_default().to_owned())
}

/// Everything that must be true of it.
fn look(docker: &Docker, id: &str, context: &Context, labels: &Labels) -> Result<()> {
    let image = docker.inspect("image", id)?;
    let mut findings = expected::configuration(&image, labels);
    let dockerfile =
        std::fs::read_to_string(context.folder().join("Dockerfile")).context("read `Dockerfile`")?;
    let added = layers::topmost(docker, id, layers::added_by(&dockerfile), context.folder())?;
    findings.extend(expected::contents(&added, &context.artefacts));
    let version =
        docker.ask("run the image's runner", &["run", "--rm", "--network", "none", id, "--version"])?;
    let runner = commit::recorded(env!("CARGO_PKG_VERSION"), context.commit.as_ref());
    let expected = format!("runner {}", commit::told(&runner));
    if version != expected {
        findings.push(format!("its runner says `{version}`, not `{expected}`"));
    }
    if let Some(what) = docker.stand_in(id) {
        console::say(&format!("    the base is a stand-in: {what}"));
    }
    if findings.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(|finding| format!("  - {finding}")).collect();
    Err(Failure::new("look at the image: it is not what production runs")
        .exit(Exit::Failed)
        .excerpt(lines.join("\n"))
        .into())
}

fn push(args: &Args, root: &Path, docker: &Docker) -> Result<Exit> {
    let record = Record::read(root)?;
    let repository = args.to.as_deref().unwrap_or(&PROJECT.image);
    let standing = Standing {
        head: git::ask(root, &["rev-parse", "HEAD"])?,
        is_on_main: ["origin/main", "main"]
            .iter()
            .any(|branch| git::ask(root, &["merge-base", "--is-ancestor", "HEAD", branch]).is_ok()),
        stand_in: docker.stand_in(&record.id).filter(|_| !push::is_loopback(repository)),
    };
    if let Some(refusal) = push::refusal(&record, &standing) {
        return Err(refusal.into());
    }
    if !docker.has_image(&record.id) {
        return Err(Failure::new(format!("push the image: `{}` is not here any more", record.id))
            .hint("cargo xtask image")
            .into());
    }
    let publication = Publication::from_environment(&engine::environment()?, repository)?;
    let digest = publication.push(docker, &record)?;
    console::say(&paint(GREEN, &format!("pushed {repository}:main")));
    if args.json {
        console::result(&json!({ "repository": repository, "digest": digest, "image": record }).to_string());
    } else {
        console::result(&format!("{repository}@{digest}"));
    }
    Ok(Exit::Done)
}
