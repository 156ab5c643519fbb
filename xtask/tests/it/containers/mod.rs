//! Real containers: the image, the compose file, the workflow. One test at a time, because each needs the whole machine; but beside them the
//! workflow, whose job compiles for minutes, and which comes first by its name.

mod act;
mod compose;
mod engine;
mod image;
mod linters;
mod refusals;
mod registry;

use crate::checkout::{Checkout, STATIC_RUNNER, Said, cargo_home, root, runner, said};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use testbed::Absent;

/// The turn of one test.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether containers can be made here, of base images that are here.
fn containers() -> Result<(), Absent> {
    let daemon = docker(&["version", "--format", "{{.Server.Version}}"]);
    if daemon.code != 0 {
        return Err(Absent::new("no Docker daemon answers; start one: sudo dockerd &"));
    }
    for image in [pin("database-image"), pin("rust-image"), directus_image()] {
        if docker(&["image", "inspect", &image]).code != 0 {
            return Err(Absent::new(format!(
                "the image {image} is not here: docker pull it, or scripts/base-images.sh"
            )));
        }
    }
    Ok(())
}

/// A program of this machine.
fn program(name: &str, from: &str) -> Result<(), Absent> {
    let found =
        Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().expect("sh").status.success();
    if found { Ok(()) } else { Err(Absent::new(format!("no {name} on PATH: {from}"))) }
}

fn directus_image() -> String {
    let package = std::fs::read_to_string(root().join("package.json")).expect("package.json");
    let (_, rest) = package.split_once("\"directus\": \"").expect("a pin");
    format!("directus/directus:{}", rest.split('"').next().expect("a version"))
}

/// A name that the root manifest has.
fn pin(name: &str) -> String {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{name} = \""))).expect(name);
    line.trim_end_matches('"').to_owned()
}

fn docker(arguments: &[&str]) -> Said {
    said(Command::new("docker").args(arguments))
}

/// `cargo xtask image` with the runner that ships, not started yet; its folder for what it leaves is the checkout's own.
fn image(checkout: &Checkout, arguments: &[&str]) -> Command {
    let mut command = checkout.xtask(&["image"]);
    command.args(arguments).env("CARGO_TARGET_DIR", checkout.path("target"));
    command
}

/// Builds an image out of a checkout, with a runner that is there already, and returns its id. It is no commit's, and cannot be pushed.
#[track_caller]
fn built(checkout: &Checkout, arguments: &[&str]) -> String {
    let runner = runner().display().to_string();
    let mut words = vec!["--runner", &runner];
    words.extend(arguments);
    said(&mut image(checkout, &words)).expect(0, &["record"]).stdout.trim().to_owned()
}

/// The same with a runner of the checkout's own sources, compiled from nothing in its folder, of crates that lie elsewhere than usual; and
/// nevertheless the same.
#[track_caller]
fn built_of_its_commit(checkout: &Checkout) -> String {
    let home = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(cargo_home().join("registry"), home.path().join("registry")).expect("a link");
    let said = said(image(checkout, &[]).env("CARGO_HOME", home.path())).expect(0, &["record"]);
    let own = std::fs::read(checkout.path("target").join(STATIC_RUNNER)).expect("a runner");
    assert!(own == std::fs::read(runner()).expect("the runner"), "two builds of one commit differ");
    said.stdout.trim().to_owned()
}

/// Something to undo at the end of a test, however it ends.
struct Undo<F: FnMut()>(F);

impl<F: FnMut()> Drop for Undo<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
