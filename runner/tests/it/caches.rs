//! What a replica of the older release, which runs on, serves once a newer release has added a field: Directus keeps its schema in
//! memory, and hears of a change only through Redis.

use crate::site::{Serving, Site};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testbed::{Absent, require};

const TOKEN: &str = "a-token-of-a-test";

/// A Redis of one test, on a socket.
struct Redis {
    child: Child,
    socket: PathBuf,
}

impl Redis {
    fn start(folder: &Path) -> Result<Redis, Absent> {
        let socket = folder.join("redis.sock");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(&socket).current_dir(folder);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child
            .map_err(|error| Absent::new(format!("redis-server: {error}; apt-get install redis-server")))?;
        let redis = Redis { child, socket };
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(&redis.socket).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(redis)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status with which the running replica answers a question for a field of `plants`.
fn asked_for(site: &Site, field: &str) -> u16 {
    let path = format!("/items/plants?fields={field}&access_token={TOKEN}");
    site.get(&path).expect("an answer").0
}

/// A replica that serves, and a newer release that has just added `plants.colour` beside it.
fn overtaken(site: &Site, variables: &[(&str, &str)]) -> Serving {
    site.ask(&format!("UPDATE directus_users SET token = '{TOKEN}'"));
    let serving = site.serve(site.runner(&["start"]).envs(variables.iter().copied()));
    assert_eq!((asked_for(site, "tag"), asked_for(site, "colour")), (200, 403));
    let newer = site.another_release();
    newer.add_field("plants", "tag", "colour");
    let all: Vec<(&str, &str)> = variables.iter().copied().chain([newer.variable()]).collect();
    site.run(&["prepare"], &all).expect(0, &["add 1 field", "recorded"]);
    serving
}

#[test]
fn without_redis_a_running_replica_serves_the_fields_that_it_knows_until_it_restarts() {
    let Some(site) = Site::booted() else { return };
    let mut serving = overtaken(&site, &[]);
    assert_eq!((asked_for(&site, "tag"), asked_for(&site, "colour")), (200, 403));
    serving.end(serving.pid(), Signal::TERM, Duration::from_secs(10)).expect("an end");
    let _serving = site.serve(&mut site.runner(&["start"]));
    assert_eq!((asked_for(&site, "tag"), asked_for(&site, "colour")), (200, 200));
}

#[test]
fn d44_with_redis_a_running_replica_serves_a_new_field_at_once() {
    let Some(site) = Site::booted() else { return };
    let Some(redis) = require(Redis::start(site.tree.root())) else { return };
    let socket = redis.socket.display().to_string();
    let _serving = overtaken(&site, &[("REDIS", &socket)]);
    // The news goes through Redis; it is there within moments.
    let began = Instant::now();
    while asked_for(&site, "colour") != 200 {
        assert!(began.elapsed() < Duration::from_secs(5), "the replica did not hear of the new field");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(asked_for(&site, "tag"), 200);
}
