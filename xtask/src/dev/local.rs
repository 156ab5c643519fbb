//! The local engine's side of `up` and `down`: Postgres and Directus without containers, in the background.

use super::home::{Home, Record};
use super::supervisor::PREFIX;
use super::{Instance, Lines, Options, Up, require_free, unsaved};
use crate::ending::{self, Undoing};
use crate::engine::{self, Ground, settings_for};
use crate::http::{self, Address};
use crate::process;
use crate::{console, database};
use anyhow::Result;
use boot::BootSettings;
use boot::drift::Policy;
use boot::release::Release;
use contract::{Exit, Failure, Outcome, Variables, artefacts, env};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant, UNIX_EPOCH};
use testbed::DirectusInstall;

/// How long the whole way to a healthy Directus may take: as long as the runner waits for its lock.
const HEALTHY_WITHIN: Duration = Duration::from_secs(600);
/// How long a clean end may take: the supervisor's patience with the runner, and Postgres' checkpoint.
const END_WITHIN: Duration = Duration::from_secs(45);
/// What the runner says when Directus listens.
const SERVING: &str = "runner: serving";
/// How often the log is looked at, and how often Directus is asked before that line.
const LOOK: Duration = Duration::from_millis(10);
const ASK: Duration = Duration::from_secs(1);
/// How many of the log's last lines a failure shows.
const TAIL: usize = 40;

/// Starts it, or says that it runs; with changed artefacts it is started anew.
///
/// # Errors
/// What provisioning, the runner or Directus say.
pub(crate) fn up(root: &Path, home: &Home, options: &Options) -> Result<Up> {
    let ground = Ground::prepare(root, options.runner.as_deref())?;
    let release = release(root, &ground)?;
    if let Some(why) = database::unusable(root)? {
        say(&format!("not proved by {}: {why}; {} writes it", artefacts::CATALOG, database::WRITE));
    }
    if let Some(record) = home.running() {
        let (settings, _) = boot_of(root, home, &ground.install, &record)?;
        let same_port = options.port.is_none_or(|port| port == record.port);
        let clicked = unsaved::lines(&settings, &say)?;
        let undo = settings.choices.on_drift == Policy::Repair && !clicked.is_empty();
        if record.release == release && same_port && !undo {
            return Ok(Up { unsaved: clicked, ..found(home, &record)? });
        }
        // Before it is stopped: only what runs can be asked for a snapshot.
        unsaved::require_saved(&settings, &say)?;
        let why = if !same_port {
            "another port is wanted"
        } else if undo {
            "what was clicked is to be undone"
        } else {
            "schema, migrations or runner changed since it was started"
        };
        console::say(&format!("    it runs at {}, but {why}: restarting it", Address::Port(record.port)));
        stop(home, &record)?;
    }
    let port = options.port.or(home.last().map(|record| record.port)).unwrap_or(super::PORT);
    require_free(port)?;
    let login = home.login_or_new()?;
    keep_last_log(home);
    let words = [
        "supervise",
        "--runner",
        &ground.runner.display().to_string(),
        "--port",
        &port.to_string(),
        "--release",
        &release,
    ]
    .map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut supervisor = process::detached(&words, &home.log())?;
    ending::spare(supervisor.id());
    let pid = Pid::from_child(&supervisor);
    let undoing = Undoing::new({
        let home = home.clone();
        move || {
            // What cannot be ended now says so in its log.
            let _ = end(&home, pid);
        }
    });
    let address = Address::Port(port);
    wait_until_healthy(home, &mut supervisor, &address)?;
    let record =
        home.running().ok_or_else(|| Failure::new("start Directus: it ended as soon as it was healthy"))?;
    let (settings, _) = boot_of(root, home, &ground.install, &record)?;
    let unsaved = unsaved::lines(&settings, &say)?;
    Ok(Up { unsaved, ..Up::local(home, record, address, login, Some(undoing)) })
}

/// The environment of the runner, with the choices of whoever calls, and the settings that it makes of it.
///
/// # Errors
/// When the administrator cannot be read, or a choice is none.
pub(super) fn boot_of(
    root: &Path,
    home: &Home,
    install: &DirectusInstall,
    record: &Record,
) -> Result<(BootSettings, Variables)> {
    let (address, login) = (Address::Port(record.port), home.login_or_new()?);
    let mut variables = record.database.clone();
    variables.extend(engine::directus_variables(root, install, home.dir(), &address, &login)?);
    variables.extend(unsaved::choices(|name| std::env::var(name).ok()));
    variables.extend(choice_of_proof(root)?);
    Ok((settings_for(root, install, variables.clone().into())?, variables))
}

/// It runs; whether it is healthy is worth a question.
fn found(home: &Home, record: &Record) -> Result<Up> {
    let address = Address::Port(record.port);
    let login = home.login().ok_or_else(|| {
        Failure::new(format!("read `{}`", home.dir().join("login").display()))
            .hint("cargo xtask down --volumes begins anew")
    })?;
    match http::get(&address, "/server/ping") {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) => return Err(silent(home, format!("it answers {}", answer.status)).into()),
        Err(error) => return Err(silent(home, error.to_string()).into()),
    }
    Ok(Up::local(home, record.clone(), address, login, None))
}

fn silent(home: &Home, why: String) -> Failure {
    Failure::new("ask the running Directus: it does not answer")
        .cause(why)
        .excerpt(tail(home))
        .hint("cargo xtask down, then cargo xtask up")
}

/// What tells one run from another: the release, and the very binary that runs it.
fn release(root: &Path, ground: &Ground) -> Result<String> {
    // Only the artefacts count; the settings insist on a database.
    let database = Variables::from([("DB_HOST", "/nowhere"), ("DB_DATABASE", "x"), ("DB_USER", "x")]);
    let mut variables = database.with("EXTENSIONS_PATH", root.join("extensions").display());
    variables.extend(choice_of_proof(root)?);
    let release = Release::read(&settings_for(root, &ground.install, variables.into())?)?;
    let binary = fs::metadata(&ground.runner)?;
    let built = binary.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{}-{:x}-{:x}", release.id, binary.len(), built.as_millis()))
}

/// Whoever edits and clicks writes snapshots/database.txt when that is done, not before each start: until then no boot is proved by it.
fn choice_of_proof(root: &Path) -> Outcome<Option<(&'static str, &'static str)>> {
    Ok(database::unusable(root)?.map(|_| (env::CATALOG, "off")))
}

fn keep_last_log(home: &Home) {
    // The one before is a courtesy.
    let _ = fs::rename(home.log(), home.log().with_extension("old"));
}

fn wait_until_healthy(home: &Home, supervisor: &mut Child, address: &Address) -> Result<()> {
    let mut log = Follow::new(home);
    let began = Instant::now();
    let (mut serves, mut asked) = (false, began);
    let mut last = String::from("nobody listens yet");
    while began.elapsed() < HEALTHY_WITHIN {
        for line in log.lines() {
            serves |= line.starts_with(SERVING);
            show(&line);
        }
        if let Some(status) = supervisor.try_wait()? {
            crate::ending::wait_if_begun();
            let exit = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 0);
            return Err(Failure::new("start Directus")
                .exit(exit.map_or(Exit::Failed, Exit::Child))
                .excerpt(tail(home))
                .hint(format!("the whole log is {}", home.log().display()))
                .into());
        }
        std::thread::sleep(LOOK);
        if !serves && asked.elapsed() < ASK {
            continue;
        }
        asked = Instant::now();
        match http::get(address, "/server/health") {
            Ok(answer) if answer.status == 200 && answer.body.contains("\"status\":\"ok\"") => {
                log.lines().iter().for_each(|line| show(line));
                return Ok(());
            }
            Ok(answer) => last = format!("{} {}", answer.status, answer.body.trim()),
            Err(error) => last = error.to_string(),
        }
    }
    let within = HEALTHY_WITHIN.as_secs();
    Err(Failure::new(format!("wait for `/server/health`: not ok within {within} s"))
        .cause(last)
        .excerpt(tail(home))
        .into())
}

/// The supervisor's and the runner's own lines are the story. What becomes of Postgres is told by the one who starts it.
fn show(line: &str) {
    let text = line.strip_prefix(PREFIX).or_else(|| line.strip_prefix("runner: "));
    if let Some(text) = text.filter(|text| !text.starts_with("waiting for database")) {
        say(text);
    }
}

fn say(text: &str) {
    console::say(&format!("    {text}"));
}

/// Ends what runs, in its own order: Directus, then Postgres.
///
/// # Errors
/// When it had to be killed.
pub(crate) fn stop(home: &Home, record: &Record) -> Outcome<()> {
    match Pid::from_raw(record.pid) {
        Some(pid) => end(home, pid),
        None => Ok(()),
    }
}

fn end(home: &Home, pid: Pid) -> Outcome<()> {
    // The lock is free when it has ended; an error means that it has just done so.
    let _ = kill_process(pid, Signal::TERM);
    let began = Instant::now();
    while home.is_alive() {
        if began.elapsed() > END_WITHIN {
            let _ = kill_process(pid, Signal::KILL);
            return Err(Failure::new(format!(
                "stop Directus and Postgres: not ended within {} s, so they were killed",
                END_WITHIN.as_secs()
            ))
            .excerpt(tail(home))
            .hint("the data is safe: Postgres recovers at the next start"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn tail(home: &Home) -> String {
    let log = fs::read(home.log()).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..]
        .iter()
        .map(|line| format!("  | {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl Instance for Home {
    fn is_alive(&self) -> bool {
        Home::is_alive(self)
    }

    fn log_place(&self) -> String {
        self.log().display().to_string()
    }

    fn follow(&self) -> Box<dyn Lines> {
        Box::new(Follow::from_now(self))
    }
}

/// A growing log, line by line.
struct Follow {
    path: std::path::PathBuf,
    read: u64,
    rest: String,
}

impl Follow {
    /// From its beginning.
    fn new(home: &Home) -> Follow {
        Follow { path: home.log(), read: 0, rest: String::new() }
    }

    /// From its end.
    fn from_now(home: &Home) -> Follow {
        let read = fs::metadata(home.log()).map_or(0, |log| log.len());
        Follow { read, ..Follow::new(home) }
    }
}

impl Lines for Follow {
    fn lines(&mut self) -> Vec<String> {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut log| {
            log.seek(SeekFrom::Start(self.read))?;
            log.read_to_end(&mut bytes)
        });
        self.read += read.unwrap_or(0) as u64;
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        let Some(end) = self.rest.rfind('\n') else { return Vec::new() };
        let rest = self.rest.split_off(end + 1);
        std::mem::replace(&mut self.rest, rest).lines().map(str::to_owned).collect()
    }
}
