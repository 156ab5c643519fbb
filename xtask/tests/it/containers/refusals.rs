//! What can be missing or wrong around containers: each a clear message and an exit code.

use super::{Undo, containers, image, program, turn};
use crate::checkout::{Checkout, runner, said};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testbed::require;

#[test]
fn without_a_daemon_or_the_right_to_talk_to_it_the_remedy_is_said() {
    let checkout = Checkout::committed();
    let Some(()) = require(program("docker", "install Docker's client")) else { return };
    for arguments in [&["image"][..], &["dry-run", "--engine", "docker", "--image"]] {
        let mut command = checkout.xtask(arguments);
        said(command.env("DOCKER_HOST", "unix:///nowhere/docker.sock"))
            .expect(2, &["talk to the Docker daemon: it does not answer", "start it: "]);
        said(checkout.xtask(arguments).env("PATH", "/nowhere")).expect(2, &["no `docker` on PATH"]);
    }
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    // A socket that only root may open.
    let xtask = env!("CARGO_BIN_EXE_xtask");
    let place = tempfile::tempdir().expect("a folder");
    let copy = place.path().join("xtask");
    std::fs::copy(xtask, &copy).expect("a copy");
    let open = Command::new("chmod").args(["-R", "a+rX"]).arg(place.path()).arg(checkout.path("")).status();
    assert!(open.expect("chmod").success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&copy).arg("image");
    command.env("CARGO_MANIFEST_DIR", checkout.path("xtask")).env("HOME", "/nonexistent");
    said(&mut command).expect(2, &["talk to the Docker daemon: permission denied", "usermod -aG docker"]);
}

#[test]
fn volumes_that_cannot_be_removed_now_keep_their_password() {
    let Some(()) = require(program("docker", "install Docker's client")) else { return };
    let checkout = Checkout::committed();
    said(&mut checkout.xtask(&["down"])).expect(0, &[]);
    let turn = std::fs::read_dir(checkout.path("state")).expect("a folder").next().expect("a file");
    let home = turn.expect("a file").path().with_extension("");
    std::fs::create_dir(&home).expect("a folder");
    let record = r#"{"file": "compose.dev.yaml", "project": "xtask-test-none", "port": 1, "database_port": 2, "database_password": "x"}"#;
    std::fs::write(home.join("compose"), record).expect("a file");
    let mut down = checkout.xtask(&["down", "--volumes"]);
    said(down.env("DOCKER_HOST", "unix:///nowhere/docker.sock"))
        .expect(2, &["nothing is removed yet", "it does not answer", "start it: "]);
    assert!(home.join("compose").exists());
}

#[test]
fn a_base_image_that_cannot_be_had_is_named_with_the_way_around() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    checkout.edit("Dockerfile", |text| {
        text.replace(
            "FROM directus/directus:11.17.4${DIRECTUS_DIGEST}",
            "FROM 127.0.0.1:1/directus/directus:0.0.0",
        )
    });
    let runner = runner().display().to_string();
    said(&mut image(&checkout, &["--runner", &runner]))
        .expect(1, &["a base image cannot be had", "scripts/base-images.sh"]);
    assert!(!checkout.path("target/image/image.json").exists(), "nothing was built, and nothing is recorded");
}

/// A daemon of its own, whose whole disk is a few megabytes.
#[test]
fn a_full_disk_is_said_to_be_one() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let place = tempfile::tempdir().expect("a folder");
    let path = |name: &str| place.path().join(name).display().to_string();
    std::fs::create_dir(place.path().join("data")).expect("a folder");
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs", &path("data")]).status();
    assert!(mount.expect("mount").success());
    let data = path("data");
    let _mount = Undo(|| drop(Command::new("umount").args(["--lazy", &data]).status()));
    let host = format!("unix://{}", path("docker.sock"));
    // On a network of its own: it would take down the bridge of the other one.
    let mut daemon = Command::new("unshare");
    daemon.args([
        "--net",
        "dockerd",
        "--host",
        &host,
        "--data-root",
        &data,
        "--exec-root",
        &path("exec"),
        "--pidfile",
        &path("pid"),
        "--bridge=none",
        "--iptables=false",
    ]);
    let mut daemon = daemon.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("dockerd");
    let pid = rustix::process::Pid::from_child(&daemon);
    let began = Instant::now();
    let answers = || said(Command::new("docker").args(["--host", &host, "version"])).code == 0;
    while !answers() {
        assert!(began.elapsed() < Duration::from_secs(30), "the second daemon does not answer");
        std::thread::sleep(Duration::from_millis(100));
    }
    let checkout = Checkout::committed();
    // More than the disk, and in git.
    std::fs::write(checkout.path("extensions/large.bin"), vec![7; 40 << 20]).expect("a file");
    checkout.commit("large");
    checkout.edit("Dockerfile", |_| "FROM scratch\nCOPY extensions /directus/extensions\n".to_owned());
    let runner = runner().display().to_string();
    let ended = said(image(&checkout, &["--runner", &runner]).env("DOCKER_HOST", &host));
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a process");
    daemon.wait().expect("an end");
    ended.expect(1, &["the disk is full", "docker system prune"]);
}
