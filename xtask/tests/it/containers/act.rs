//! The workflow file itself, executed by a real runner: nektos/act, from which Gitea's own is forked.

use super::registry::{Registry, TOKEN, USER};
use super::{Undo, containers, docker, pin, program};
use crate::checkout::{Checkout, Said, said};
use std::process::Command;
use testbed::{Absent, require};

fn runner() -> Result<(), Absent> {
    containers()?;
    program("act", "go install github.com/nektos/act@latest")?;
    let image = pin("job-image");
    match docker(&["image", "inspect", &image]).code {
        0 => Ok(()),
        _ => Err(Absent::new(format!(
            "the image {image} is not here: docker pull it, or scripts/base-images.sh job"
        ))),
    }
}

/// A push to main, as the runner takes it. `compiled`: where cargo compiles, in the volume that the runner keeps between jobs. The sources of
/// two pushes are the same, and so what was compiled for the first one is not compiled again for the second.
fn push(checkout: &Checkout, compiled: &str) -> Said {
    let mut command = Command::new("act");
    command.args([
        "push",
        "--workflows",
        ".gitea/workflows/build.yml",
        "--pull=false",
        "--defaultbranch",
        "main",
        "--rm",
    ]);
    command.args(["--env", &format!("CARGO_TARGET_DIR=/opt/hostedtoolcache/{compiled}")]);
    command.args(["--platform", &format!("ubuntu-latest={}", pin("job-image"))]);
    command.args([
        "--secret",
        &format!("REGISTRY_USER={USER}"),
        "--secret",
        &format!("REGISTRY_TOKEN={TOKEN}"),
    ]);
    said(command.current_dir(checkout.path("")))
}

fn steps(said: &Said, word: &str) -> Vec<String> {
    let lines = said.stdout.lines().filter(|line| line.contains(word) && line.contains(" - Main "));
    lines.filter_map(|line| Some(line.split_once(" - Main ")?.1.split(" [").next()?.to_owned())).collect()
}

#[test]
fn a_push_to_main_is_proved_and_published_and_with_the_ordering_bug_it_is_not() {
    let Some(()) = require(runner()) else { return };
    let Some(registry) = require(Registry::start()) else { return };
    let checkout = Checkout::committed();
    let ours = pin("image");
    checkout.edit("Cargo.toml", |text| text.replace(&ours, &registry.repository()));
    checkout.commit("publish to the test's registry");
    let compiled = format!("xtask-test-{}", std::process::id());
    let _compiled = Undo(|| {
        let folder = format!("/kept/{compiled}");
        let words = [
            "run",
            "--rm",
            "--volume",
            "act-toolcache:/kept",
            "--entrypoint",
            "rm",
            &pin("job-image"),
            "-rf",
        ];
        docker(&[&words[..], &[&folder]].concat());
    });
    let good = push(&checkout, &compiled);
    let all = ["Static rules", "Formatting, lints and unit tests", "Image", "Dry run", "Upgrade", "Push"];
    let passed = steps(&good, "Success");
    assert_eq!(good.code, 0, "{}\n{}", good.stdout, good.stderr);
    assert!(passed.ends_with(&all.map(str::to_owned)), "{passed:?}");
    let published = registry.tags();
    assert!(published.contains("\"main\""), "{published}");
    // The password of the registry is in no line.
    assert!(!good.stdout.contains(TOKEN) && !good.stderr.contains(TOKEN));

    // SQL that alters a table of Directus before Directus has made it, hidden from the static rules.
    let bug = "DO $$ BEGIN EXECUTE 'ALTER TABLE plant' || 'ings ADD CONSTRAINT planted UNIQUE (id, season)'; END $$;\n";
    checkout.write("db-init/004_planted.sql", bug);
    checkout.renew_header();
    checkout.commit("the ordering bug");
    let bad = push(&checkout, &compiled);
    assert_ne!(bad.code, 0);
    assert_eq!(steps(&bad, "Failure"), ["Dry run"], "{}", bad.stdout);
    assert!(bad.stdout.contains("relation \"plantings\" does not exist"), "{}", bad.stdout);
    assert_eq!(registry.tags(), published, "nothing was published");
}
