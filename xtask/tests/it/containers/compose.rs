//! The compose file: a developer's Directus, several replicas, and a new release while the old one serves.

use super::{containers, docker, turn};
use crate::checkout::{Checkout, Said, said};
use client::{Address, Client};
use contract::Secret;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testbed::{Absent, require};

/// Ports that nothing else takes here; as many as there may be replicas.
const PORTS: &str = "28055-28062";
const DATABASE_PORT: &str = "25432";

fn compose_plugin() -> Result<(), Absent> {
    containers()?;
    match docker(&["compose", "version"]).code {
        0 => Ok(()),
        _ => Err(Absent::new(
            "no docker compose: install docker-compose-plugin (Docker's) or docker-compose (Debian's, version 2)",
        )),
    }
}

/// The services of one checkout. Dropped, they go with their volumes.
struct Project<'a> {
    checkout: &'a Checkout,
    name: String,
}

impl<'a> Project<'a> {
    fn new(checkout: &'a Checkout, name: &str) -> Project<'a> {
        let project = Project { checkout, name: format!("xtask-test-{name}-{}", std::process::id()) };
        project.compose(&["down", "--volumes", "--remove-orphans"]);
        project
    }

    fn compose(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new("docker");
        command.args(["compose", "--file", "compose.dev.yaml", "--project-name", &self.name]).args(arguments);
        command.env("DIRECTUS_PORT", PORTS).env("DATABASE_PORT", DATABASE_PORT).env("DOCKER_BUILDKIT", "1");
        said(command.current_dir(self.checkout.path("")))
    }

    /// The containers of Directus, oldest first.
    fn replicas(&self) -> Vec<String> {
        let said = self.compose(&["ps", "--all", "--quiet", "directus"]).expect(0, &[]);
        let mut made: Vec<(String, String)> = said
            .stdout
            .lines()
            .map(|id| (docker(&["inspect", "--format", "{{.Created}}", id]).stdout, id.to_owned()))
            .collect();
        made.sort();
        made.into_iter().map(|(_, id)| id).collect()
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        self.compose(&["down", "--volumes", "--remove-orphans", "--rmi", "local"]);
    }
}

fn log(container: &str) -> String {
    let said = docker(&["logs", container]);
    format!("{}{}", said.stdout, said.stderr)
}

fn port(container: &str) -> u16 {
    let said = docker(&["port", container, "8055/tcp"]).expect(0, &[]);
    said.stdout.trim().rsplit(':').next().and_then(|text| text.parse().ok()).expect("a port")
}

/// An administrator's token, by the account of the compose file.
fn token(port: u16) -> Secret {
    let account = json!({ "email": "admin@example.com", "password": "development" });
    let login = Client::new(&Address::Port(port)).send("POST", "/auth/login", None, Some(&account));
    let answer: Value = serde_json::from_str(&login.expect("an answer").body).expect("JSON");
    Secret::new(answer["data"]["access_token"].as_str().expect("a token"))
}

/// Asks for a field of a plant.
fn plants(port: u16, token: &Secret, field: &str) -> Result<(), String> {
    let path = format!("/items/plants?limit=1&fields=id,{field}");
    match Client::new(&Address::Port(port)).send("GET", &path, Some(token), None) {
        Ok(answer) if answer.status == 200 => Ok(()),
        Ok(answer) => Err(format!("{} {}", answer.status, answer.body)),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_developers_directus_comes_up_stops_cleanly_and_is_warm_the_next_time() {
    let Some(()) = require(compose_plugin()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    let project = Project::new(&checkout, "dev");
    project.compose(&["up", "--build", "--wait", "--detach"]).expect(0, &["Healthy"]);
    let replicas = project.replicas();
    let (container, at) = (replicas[0].as_str(), port(&replicas[0]));
    assert_eq!(plants(at, &token(at), "tag"), Ok(()));
    // Its health is asked every few seconds, and is not in the log.
    assert!(!log(container).contains("/server/ping"), "{}", log(container));

    project.compose(&["stop", "directus"]).expect(0, &[]);
    let state = docker(&["inspect", "--format", "{{.State.ExitCode}}", container]);
    assert_eq!(state.stdout.trim(), "143", "{}", log(container));
    assert!(log(container).contains("Directus shut down OK. Bye bye!"), "{}", log(container));

    project.compose(&["up", "--wait", "--detach"]).expect(0, &[]);
    assert!(log(container).contains("nothing changed since"), "{}", log(container));
    assert_eq!(log(container).matches(" recorded (").count(), 1, "{}", log(container));
}

#[test]
fn of_four_replicas_one_works_and_a_new_release_beside_them_disturbs_no_request() {
    let Some(()) = require(compose_plugin()) else { return };
    let _turn = turn();
    let checkout = Checkout::committed();
    let project = Project::new(&checkout, "roll");
    project
        .compose(&["up", "--build", "--wait", "--detach", "--scale", "directus=4"])
        .expect(0, &["Healthy"]);
    let old = project.replicas();
    assert_eq!(old.len(), 4);
    let worked = old.iter().filter(|container| log(container).contains(" recorded (")).count();
    assert_eq!(worked, 1, "one works, and the others find nothing to do");
    let ports: Vec<u16> = old.iter().map(|container| port(container)).collect();
    let token = token(ports[0]);

    // The next release has one more field. It comes up beside the old one, while that is being asked.
    checkout.add_field("plants", "tag", "colour");
    checkout.renew_header();
    project.compose(&["build", "directus"]).expect(0, &[]);
    let (going_on, asked) = (AtomicBool::new(true), AtomicUsize::new(0));
    let failed = std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut failed = Vec::new();
            for port in ports.iter().cycle() {
                if !going_on.load(Ordering::SeqCst) {
                    break;
                }
                failed.extend(plants(*port, &token, "tag").err());
                asked.fetch_add(1, Ordering::SeqCst);
            }
            failed
        });
        let up = project.compose(&["up", "--wait", "--detach", "--no-recreate", "--scale", "directus=6"]);
        // Some more, now that both serve.
        let enough = asked.load(Ordering::SeqCst) + 40;
        let until = Instant::now() + Duration::from_secs(60);
        while asked.load(Ordering::SeqCst) < enough && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        going_on.store(false, Ordering::SeqCst);
        up.expect(0, &["Healthy"]);
        client.join().expect("no panic")
    });
    assert_eq!(failed, Vec::<String>::new(), "of {} requests", asked.load(Ordering::SeqCst));
    assert!(asked.load(Ordering::SeqCst) >= 40);

    // The new one serves its field, and an old one that restarts flips nothing.
    let new: Vec<String> = project.replicas().into_iter().filter(|each| !old.contains(each)).collect();
    assert_eq!(new.len(), 2);
    assert_eq!(plants(port(&new[0]), &token, "colour"), Ok(()));
    docker(&["restart", &old[0]]).expect(0, &[]);
    let began = Instant::now();
    while !log(&old[0]).contains("came after this one; everything that this one manages is there") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", log(&old[0]));
        std::thread::sleep(Duration::from_millis(200));
    }
    for container in &old {
        docker(&["stop", container]).expect(0, &[]);
    }
    assert_eq!(plants(port(&new[0]), &token, "colour"), Ok(()));
    let query = "SELECT string_agg(how, ', ' ORDER BY number) FROM schema_releases";
    let database =
        project.compose(&["exec", "-T", "database", "psql", "-U", "postgres", "-Atc", query, "directus"]);
    assert_eq!(database.stdout.trim(), "boot, begun boot, boot", "two releases, each recorded once");
}
