//! The image: built of tracked files, looked at, proved, published; and the same of the same commit.

use super::registry::{Registry, TOKEN, USER};
use super::{Undo, built, built_of_its_commit, containers, docker, image, text_of, turn};
use crate::checkout::{Checkout, runner, said};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testbed::require;

/// Every file that our layers bring, with its owner, mode and checksum.
fn inside(id: &str) -> String {
    let script = "cd / && find usr/local/bin/runner directus/bridge directus/db-init directus/db-init-post directus/extensions directus/prelinked directus/seeds directus/snapshots -type f -exec stat -c '%a %u %n' {} + -exec sha256sum {} +";
    let said = docker(&["run", "--rm", "--entrypoint", "sh", id, "-c", script]).expect(0, &[]);
    let mut lines: Vec<&str> = said.stdout.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn push(checkout: &Checkout, repository: &str, token: &str) -> Command {
    let mut command = image(checkout, &["--push", "--to", repository]);
    command.env("REGISTRY_USER", USER).env("REGISTRY_TOKEN", token);
    command
}

/// Until some of a push has arrived.
fn wait_for_upload(registry: &Registry) {
    let (before, began) = (registry.bytes(), Instant::now());
    while registry.bytes() < before + 5_000_000 {
        assert!(began.elapsed() < Duration::from_secs(120), "nothing arrives");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn c11_the_image_that_was_proved_is_published_and_no_other() {
    let Some(()) = require(containers()) else { return };
    let Some(mut registry) = require(Registry::start()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    let id = built_of_its_commit(&checkout);
    let repository = registry.repository();
    let names = [format!("{repository}:main")];
    let _names = Undo(|| drop(docker(&["rmi", "--force", &names[0]])));

    // Not before a dry run of it has passed.
    said(&mut push(&checkout, &repository, TOKEN)).expect(4, &["no dry run of this very image has passed"]);
    let mut dry_run = checkout.xtask(&["dry-run", "--engine", "docker", "--image"]);
    let proved =
        said(dry_run.env("CARGO_TARGET_DIR", checkout.path("target"))).expect(0, &["pass 2", "round trip"]);
    assert_eq!(proved.last_line(), "dry-run passed");
    assert!(text_of(&checkout.path("target/image/image.json")).contains("\"proved\": true"));

    // A stand-in is nothing for a registry that others pull from.
    if !docker(&["image", "inspect", "--format", "{{.Config.Labels}}", &id]).stdout.contains("stand-in:") {
        eprintln!("the base image is the real one: no refusal of a stand-in was tried");
    } else {
        said(&mut push(&checkout, "registry.example.com/team/directus", TOKEN))
            .expect(4, &["its base is a stand-in"]);
    }

    // Nobody is let in with another token, and nothing is named for it.
    said(&mut push(&checkout, &repository, "wrong")).expect(2, &["log in to `127.0.0.1:", "REGISTRY_TOKEN"]);
    assert_ne!(docker(&["image", "inspect", &names[0]]).code, 0);

    // Ended in the middle, it leaves neither the token nor a name.
    let scratch = checkout.path("scratch");
    std::fs::create_dir(&scratch).expect("a folder");
    let mut pushing = push(&checkout, &repository, TOKEN);
    let mut pushing = pushing.env("TMPDIR", &scratch).stderr(Stdio::null()).spawn().expect("a process");
    wait_for_upload(&registry);
    assert_ne!(std::fs::read_dir(&scratch).expect("a folder").count(), 0, "the token is elsewhere");
    kill_process(Pid::from_child(&pushing), Signal::TERM).expect("a process");
    assert_eq!(pushing.wait().expect("an end").code(), Some(143));
    assert_eq!(std::fs::read_dir(&scratch).expect("a folder").count(), 0);
    assert_ne!(docker(&["image", "inspect", &names[0]]).code, 0);

    // The registry goes away in the middle: the push says so, the names here are as before, and the one that moves was not touched.
    let pushing = push(&checkout, &repository, TOKEN)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    wait_for_upload(&registry);
    registry.kill();
    let output = pushing.wait_with_output().expect("an end");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("push `127.0.0.1:") && text.contains("the names here are as before"), "{text}");
    assert_ne!(docker(&["image", "inspect", &names[0]]).code, 0);
    said(&mut push(&checkout, &repository, TOKEN)).expect(1, &["is the registry up"]);

    // Back again, it gets both names of the very image, and gives it back.
    registry.run();
    let pushed = said(&mut push(&checkout, &repository, TOKEN)).expect(0, &["pushed "]);
    let by_digest = pushed.stdout.trim().to_owned();
    assert!(by_digest.starts_with(&format!("{repository}@sha256:")), "{by_digest}");
    assert!(
        registry.tags().contains("\"main\"") && registry.tags().contains("\"sha-"),
        "{}",
        registry.tags()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let configuration = folder.path().display().to_string();
    let login = Command::new("sh")
        .args([
            "-c",
            "printf %s \"$2\" | docker --config \"$0\" login --username \"$1\" --password-stdin \"$3\"",
            &configuration,
            USER,
            TOKEN,
            &repository,
        ])
        .output();
    assert!(login.expect("sh").status.success());
    docker(&["rmi", "--force", &names[0], &by_digest]);
    docker(&["--config", &configuration, "pull", "--quiet", &by_digest]).expect(0, &[]);
    let back = docker(&["image", "inspect", "--format", "{{.Id}}", &by_digest]).expect(0, &[]);
    assert_eq!(back.stdout.trim(), id);
    // Whoever reads the image finds no token in it.
    let history = docker(&["history", "--no-trunc", &by_digest]).expect(0, &[]);
    assert!(!history.stdout.contains(TOKEN));
}

#[test]
fn one_commit_gives_the_same_layers() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    // Of layers that an earlier build may have made, and then of none.
    let first = inside(&built(&checkout, &[]));
    // No other checkout's commit has that name: its time is in it.
    let commit =
        format!("label=org.opencontainers.image.revision={}-dirty", checkout.git(&["rev-parse", "HEAD"]));
    let left = docker(&["image", "ls", "--quiet", "--filter", "dangling=true", "--filter", &commit]);
    assert_eq!(left.expect(0, &[]).stdout, "", "a build leaves images without a name");
    assert_ne!(
        docker(&["image", "ls", "--quiet", "--filter", &commit]).stdout,
        "",
        "the label is another one"
    );
    assert!(
        first.contains("usr/local/bin/runner") && first.contains("directus/snapshots/schema.yaml"),
        "{first}"
    );
    assert_eq!(first, inside(&built(&checkout, &["--no-cache"])));
}

#[test]
fn the_runner_can_be_compiled_inside_the_build() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    let said = said(&mut image(&checkout, &["--runner-from", "source", "--json"])).expect(0, &[]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    let id = json["image"]["id"].as_str().expect("an id");
    let version = docker(&["run", "--rm", id, "--version"]).expect(0, &[]);
    let label = "{{index .Config.Labels \"org.opencontainers.image.revision\"}}";
    let revision = docker(&["image", "inspect", "--format", label, id]).expect(0, &[]).stdout;
    let commit = format!(", commit {}", &revision[..12]);
    assert!(
        version.stdout.starts_with("runner ") && version.stdout.trim_end().ends_with(&commit),
        "{}",
        version.stdout
    );
    let parts: serde_json::Value =
        serde_json::from_str(&text_of(&checkout.path("target/image/sbom.cdx.json"))).expect("JSON");
    let names: Vec<&str> = parts["components"]
        .as_array()
        .expect("components")
        .iter()
        .filter_map(|each| each["name"].as_str())
        .collect();
    assert!(
        names.contains(&"directus/directus") && names.contains(&"rustls") && !names.contains(&"clap"),
        "{names:?}"
    );
}

#[test]
fn what_git_does_not_know_is_refused_and_what_does_not_belong_is_found() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    checkout.write("db-init/900_mine.sql", "SELECT 1;\n");
    let runner = runner().display().to_string();
    said(&mut image(&checkout, &["--runner", &runner]))
        .expect(2, &["db-init/900_mine.sql", "git add them, or remove them"]);
    checkout.remove("db-init/900_mine.sql");
    // A stray file, and a secret.
    checkout.edit("Dockerfile", |text| {
        text.replace(
            "# By number,",
            "COPY --chmod=0444 bridge/README.md /directus/README.md\nENV DB_PASSWORD=hunter2\n# By number,",
        )
    });
    said(&mut image(&checkout, &["--runner", &runner])).expect(
        1,
        &["/directus/README.md does not belong into the image", "the variable DB_PASSWORD is baked in"],
    );
}

#[test]
fn d26_another_directus_than_the_pinned_one_ends_the_build() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    checkout.edit("snapshots/schema.yaml", |text| text.replacen("directus: 11.17.4", "directus: 11.16.1", 1));
    let runner = runner().display().to_string();
    said(&mut image(&checkout, &["--runner", &runner]))
        .expect(1, &["build the image: exit code", "it is of Directus 11.16.1, this is 11.17.4"]);
}
