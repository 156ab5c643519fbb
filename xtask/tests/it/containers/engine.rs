//! The docker engine of the dry run: what it shows when a boot fails, what it leaves when it is ended, and the upgrade over another image.

use super::{built, containers, docker, turn};
use crate::checkout::{Checkout, said};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use testbed::require;
use testkit::tls::{self, Authority};

const NOTHING: [&str; 0] = [];

fn dry_run(checkout: &Checkout, arguments: &[&str]) -> Command {
    let mut command = checkout.xtask(&["dry-run", "--engine", "docker"]);
    command.args(arguments).env("CARGO_TARGET_DIR", checkout.path("target"));
    command
}

/// What dry runs of this machine have made and not removed. The workflow's, which go on meanwhile, are of another one: the job's container.
fn left() -> Vec<String> {
    let (name, host) = (super::pin("name"), std::fs::read_to_string("/proc/sys/kernel/hostname"));
    let (label, host) = (format!("label={name}.dry-run"), host.expect("a name"));
    let owner = format!("\"{name}.owner\": \"{} ", host.trim().replace(' ', "-"));
    let listed = [["ps", "--all"], ["network", "ls"], ["image", "ls"]]
        .map(|[what, how]| docker(&[what, how, "--quiet", "--filter", &label]).stdout);
    let all = listed.iter().flat_map(|ids| ids.lines());
    all.filter(|id| docker(&["inspect", id]).stdout.contains(&owner)).map(str::to_owned).collect()
}

/// A container that goes with this value.
struct Job(String);

impl Drop for Job {
    fn drop(&mut self) {
        docker(&["rm", "--force", &self.0]);
    }
}

/// A dry run that has come as far as its first boot.
fn at_work(checkout: &Checkout) -> Child {
    let mut child = dry_run(checkout, &["--image"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let stderr = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.trim() == "pass 1"), "it did not come to its first boot");
    // Read on, so that it is not held up.
    std::thread::spawn(move || lines.for_each(drop));
    std::thread::sleep(std::time::Duration::from_millis(1500));
    child
}

#[test]
fn ctrl_c_leaves_no_container_and_what_a_killed_run_left_is_removed_by_the_next() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    built(&checkout, &[]);
    let mut child = at_work(&checkout);
    assert_ne!(left(), NOTHING);
    kill_process(Pid::from_child(&child), Signal::INT).expect("a process");
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    assert_eq!(left(), NOTHING);

    let mut child = at_work(&checkout);
    child.kill().expect("a process");
    child.wait().expect("an end");
    assert_ne!(left(), NOTHING, "nobody was there to remove it");
    let next =
        said(&mut dry_run(&checkout, &["--image"])).expect(0, &["removing what a killed run had left"]);
    assert_eq!(next.last_line(), "dry-run passed");
    assert_eq!(left(), NOTHING);
}

#[test]
fn a_given_server_is_verified_by_everybody_who_connects_to_it() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let ours = Authority::new("ours");
    let tls = ours.signs("server", &["localhost"]);
    let Some(server) = require(tls::server(tls, &ours.pem, "host all all all trust\n", "")) else { return };
    let checkout = Checkout::committed();
    built(&checkout, &[]);
    // As in a pipeline: the candidate joins the network of the job's container. This one is on the machine's own, where the server is.
    let job = Job(format!("xtask-test-job-{}", std::process::id()));
    let words = ["run", "--detach", "--rm", "--network", "host", "--name", &job.0, "--entrypoint", "sleep"];
    docker(&[&words[..], &[&super::pin("database-image"), "600"]].concat()).expect(0, &[]);
    let url = format!("postgres://postgres@localhost:{}/postgres", server.tcp_port().expect("a port"));
    let trusting = |authority: &Authority| {
        let mut command = dry_run(&checkout, &["--image"]);
        command.env("JOB_CONTAINER_NAME", &job.0);
        command.env("DB_CONNECTION_STRING", &url).env("DB_SSL", "true").env("DB_SSL__CA", &authority.pem);
        said(&mut command)
    };
    assert_eq!(trusting(&ours).expect(0, &[]).last_line(), "dry-run passed");
    let log = std::fs::read_to_string(server.log_path()).expect("a log");
    let over_tcp =
        log.lines().filter(|line| line.contains("connection authorized") && line.contains("dry_run_"));
    let sessions: Vec<&str> = over_tcp.collect();
    assert!(sessions.len() > 9 && sessions.iter().all(|line| line.contains("SSL enabled")), "{sessions:#?}");
    trusting(&Authority::new("a stranger")).expect(2, &["UnknownIssuer"]);
    assert_eq!(left(), NOTHING);
}

#[test]
fn a_boot_that_fails_is_shown_with_the_logs_of_both() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    let bug = "DO $$ BEGIN EXECUTE 'ALTER TABLE plant' || 'ings ADD COLUMN planted text'; END $$;\n";
    checkout.write("db-init/004_planted.sql", bug);
    checkout.renew_header();
    checkout.commit("the ordering bug");
    built(&checkout, &[]);
    let failed = said(&mut dry_run(&checkout, &["--image"]));
    let failed = failed.expect(
        1,
        &[
            "relation \"plantings\" does not exist",
            "the database's log, last lines",
            "boot with the image's runner",
        ],
    );
    assert_eq!(failed.last_line(), "dry-run failed at pass 1");
    assert_eq!(left(), NOTHING);
    assert!(super::text_of(&checkout.path("target/image/image.json")).contains("\"proved\": false"));
}

#[test]
fn what_the_image_makes_is_written_and_then_proved() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    checkout.write("db-init/004_note.sql", "ALTER TABLE readings ADD COLUMN note text;\n");
    checkout.git(&["add", "--all"]);
    // Its own image checks itself while it is built: an old header is not let through, a new one is made for it.
    let runner = crate::checkout::runner().display().to_string();
    said(super::image(&checkout, &["--runner", &runner]).env("RUST_BACKTRACE", "0"))
        .expect(1, &["`snapshots/database.txt` was written before `db-init/004_note.sql` changed"]);
    said(&mut dry_run(&checkout, &["--write", "--runner", &runner])).expect(
        0,
        &["+ column readings.note: text", "wrote snapshots/database.txt", "the image has the file as it was"],
    );
    assert!(checkout.read(catalog::PATH).contains("\ncolumn readings.note: text\n"));
    built(&checkout, &[]);
    let passed = said(&mut dry_run(&checkout, &["--image"])).expect(0, &["objects are there as in git"]);
    assert_eq!(passed.last_line(), "dry-run passed");
    assert_eq!(left(), NOTHING);
}

#[test]
fn a_later_step_that_fails_is_shown_with_the_logs_of_both_too() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    built(&checkout, &[]);
    // The image is not of this tree any more.
    checkout.add_field("plants", "tag", "colour");
    let failed = said(&mut dry_run(&checkout, &["--image"]));
    let failed = failed.expect(
        1,
        &["they differ", "Directus' log, last lines", "Server started at", "the database's log, last lines"],
    );
    assert_eq!(failed.last_line(), "dry-run failed at round trip");
    assert_eq!(left(), NOTHING);
}

#[test]
fn d28_an_upgrade_is_rehearsed_over_the_image_of_the_commit_before() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    checkout.add_field("plants", "tag", "colour");
    checkout.renew_header();
    checkout.commit("one more field");
    built(&checkout, &[]);
    let fine = said(&mut dry_run(&checkout, &["--image", "--from", "--json"]))
        .expect(0, &["the commit before", "add 1 field"]);
    assert_eq!(fine.last_line(), "dry-run passed");
    let json: serde_json::Value = serde_json::from_str(&fine.stdout).expect("JSON alone on stdout");
    assert_eq!(json["rehearsal"]["before"], json["rehearsal"]["after"]);
    assert_eq!(json["rehearsal"]["before"]["plants"], 3);
    // An upgrade alone proves no boot of an empty database.
    assert!(super::text_of(&checkout.path("target/image/image.json")).contains("\"proved\": false"));

    // What would be lost is refused, with its number; what was consented to is not.
    checkout.git(&["checkout", "--quiet", "HEAD^", "--", "snapshots"]);
    checkout.commit("not that field");
    built(&checkout, &[]);
    let refused = said(&mut dry_run(&checkout, &["--image", "--from"]))
        .expect(4, &["- plants.colour (dropped, ", "RUNNER_ALLOW_DESTRUCTIVE="]);
    assert_eq!(refused.last_line(), "dry-run failed at upgrade");
    let (_, line) = refused.stderr.split_once("RUNNER_ALLOW_DESTRUCTIVE=").expect("the line to copy");
    let consent = line.lines().next().unwrap_or_default();
    let passed = said(dry_run(&checkout, &["--image", "--from"]).env("RUNNER_ALLOW_DESTRUCTIVE", consent));
    assert_eq!(passed.expect(0, &[]).last_line(), "dry-run passed");
    assert_eq!(left(), NOTHING);
}

#[test]
fn a_backup_is_restored_into_the_database_of_the_image_and_keeps_its_rows() {
    let Some(()) = require(containers()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    built(&checkout, &[]);
    let dump = checkout.path("target/backup.sql");
    let rows = "-- of a database with timescaledb\nCREATE TABLE notes (id integer PRIMARY KEY);\nINSERT INTO notes VALUES (1), (2);\n";
    std::fs::write(&dump, rows).expect("a file");
    let dump = dump.to_str().expect("text");
    let passed = said(&mut dry_run(&checkout, &["--image", "--restore", dump]))
        .expect(0, &["2 rows in 1 table", "add 9 collections", "2 → 2"]);
    assert_eq!(passed.last_line(), "dry-run passed");
    // A backup alone proves no boot of an empty database.
    assert!(super::text_of(&checkout.path("target/image/image.json")).contains("\"proved\": false"));
    std::fs::write(dump, "SELECT 1 / 0;\n").expect("a file");
    let failed = said(&mut dry_run(&checkout, &["--image", "--restore", dump]))
        .expect(1, &["restore the dump with `psql`", "division by zero"]);
    assert_eq!(failed.last_line(), "dry-run failed at restore");
    assert_eq!(left(), NOTHING);
}
