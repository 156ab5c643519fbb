//! The process behind `up`: holds Postgres and the runner, each with a parent-death signal, so that nothing of them outlives it, however
//! it ends. It restarts nothing: what ended has a reason, and the reason is in the log.

use super::home::{Home, Record};
use super::{local, unsaved};
use crate::console;
use crate::process;
use anyhow::Result;
use contract::{Exit, Failure};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testbed::{Cache, DATABASE, DirectusInstall, PostgresRoot, Server, ServerOptions};

/// What the supervisor's own lines begin with; the runner's begin with `runner: `.
pub(crate) const PREFIX: &str = "up: ";
/// How long the runner may take to stop: longer than it gives Directus (`RUNNER_STOP_WAIT_S`).
const STOP_WAIT: Duration = Duration::from_secs(20);
/// How often it is looked whether something ended.
const LOOK: Duration = Duration::from_millis(50);

/// What it is started with.
pub(crate) struct Orders<'a> {
    pub(crate) runner: &'a Path,
    pub(crate) port: u16,
    /// For the record.
    pub(crate) release: &'a str,
}

/// Starts Postgres and the runner, and stays with them until it is told to end or the runner ends.
///
/// # Errors
/// When something cannot be started.
pub(crate) fn supervise(root: &Path, orders: &Orders<'_>) -> Result<Exit> {
    // Out of the terminal's reach: its Ctrl-C and its closing are not meant for us. An error means that we are out already.
    let _ = rustix::process::setsid();
    let told_to_end = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, told_to_end.clone())?;
    }
    let home = Home::of(root)?;
    let _lock = home.hold()?;
    let cache = Cache::open()?;
    let missing = |what: &str| Failure::new(format!("find {what} in the cache")).hint("cargo xtask setup");
    let postgres = PostgresRoot::cached(&cache).ok_or_else(|| missing("Postgres"))?;
    let install = DirectusInstall::cached(&cache, root)?.ok_or_else(|| missing("Directus"))?;

    let options = ServerOptions {
        data: Some(home.data()),
        within: Some(home.dir().to_path_buf()),
        ..ServerOptions::default()
    };
    let mut server = Server::at_rest(&postgres, options)?;
    let record = Record {
        engine: "local".to_owned(),
        pid: std::process::id().cast_signed(),
        port: orders.port,
        release: orders.release.to_owned(),
        database: server.environment(DATABASE),
    };
    home.write_record(&record)?;

    let (settings, variables) = local::boot_of(root, &home, &install, &record)?;
    let start = || process::attached(orders.runner, &["start"], variables);
    let mut runner = if server.is_new() {
        // Nothing in it could be lost, so Directus may load while Postgres starts.
        say("starting the runner beside Postgres");
        let runner = start()?;
        server.rise()?;
        runner
    } else {
        say("starting Postgres");
        server.rise()?;
        if let Err(error) = unsaved::require_saved(&settings, &say) {
            server.stop()?;
            return Err(error);
        }
        say("Postgres runs; starting the runner");
        start()?
    };
    let status = watch(&mut runner, &told_to_end)?;
    say(&format!("the runner ended: {status}; stopping Postgres"));
    server.stop()?;
    say("ended");
    Ok(match (told_to_end.load(Ordering::SeqCst), status.code()) {
        (true, _) => Exit::Done,
        // Nobody asked it to end, so it failed, whatever its code.
        (false, Some(code @ 1..)) => Exit::Child(u8::try_from(code).unwrap_or(1)),
        (false, _) => Exit::Signal(u8::try_from(status.signal().unwrap_or(1)).unwrap_or(1)),
    })
}

/// Waits for the end of the runner; tells it to end when we are told.
fn watch(runner: &mut Child, told_to_end: &AtomicBool) -> Result<ExitStatus> {
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = runner.try_wait()? {
            return Ok(status);
        }
        match asked {
            None if told_to_end.load(Ordering::SeqCst) => {
                say("stopping Directus");
                // An error means that it has just ended by itself.
                let _ = kill_process(Pid::from_child(runner), Signal::TERM);
                asked = Some(Instant::now());
            }
            Some(since) if since.elapsed() > STOP_WAIT => {
                say(&format!("the runner did not end within {} s: killing it", STOP_WAIT.as_secs()));
                runner.kill()?;
            }
            _ => {}
        }
        std::thread::sleep(LOOK);
    }
}

fn say(text: &str) {
    console::say(&format!("{PREFIX}{text}"));
}
