//! The client of the bridge: starts the Node program, sends one command at a time, waits for its answer.
//! The protocol is described in `bridge/README.md`.

use crate::log::Tail;
use crate::{BootSettings, Interrupt};
use contract::database::Tls;
use contract::env;
use contract::known::{EXCLUDE_TABLES, Fate, fate};
use contract::{Exit, Failure, Outcome, Variables};
use migrations::session::SPELLING;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long the rest of a log may take to pass once its process has ended.
const DRAIN_WITHIN: Duration = Duration::from_secs(1);
const READY_WITHIN: Duration = Duration::from_secs(120);

/// Node's own name for a file of authorities that it trusts beside those that it comes with.
const EXTRA_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

/// Where Directus' own log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Where Directus writes it: stdout.
    Stdout,
    /// To stderr, for a program whose stdout is its result.
    Stderr,
}

/// How a bridge is started.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Marks its database connections, so that they can be told from others (D27, P19).
    pub application_name: &'a str,
    /// Tables that Directus need not look at (D13).
    pub db_only: &'a [String],
    /// Where Directus' log goes.
    pub log: Log,
}

/// What the bridge says of itself once Directus is imported.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Directus' version.
    pub directus: String,
    /// Node's version.
    pub node: String,
    /// The versions of Directus' own migration files, sorted.
    pub system_migrations: Vec<String>,
    /// Why Directus' plain modules run instead of the prelinked ones, where these were wanted.
    pub plain: Option<String>,
}

/// A running bridge. Dropped, it is killed: everything it does is either a transaction or repeated by the next boot.
pub struct Bridge {
    child: Child,
    socket: BufReader<UnixStream>,
    interrupt: Interrupt,
    answer_within: Duration,
    identity: Option<Identity>,
    last_id: u64,
    reaped: bool,
    serves: bool,
    log: Tail,
}

/// A bridge that serves: its process, and what must stay open as long as that lives.
pub struct Server {
    /// The process.
    pub pid: Pid,
    /// Its log, still passing.
    pub log: Tail,
    /// The bridge would end if it took us for gone.
    _connection: UnixStream,
}

/// All that Node is told. Of the database and of us it hears what we make of the settings, never the settings themselves: both ends must
/// mean the same.
fn environment(settings: &BootSettings, options: &Options<'_>) -> Variables {
    let given = settings.environment.variables().iter();
    let mut all: Variables =
        given.filter(|(name, value)| matches!(fate(name, value), None | Some(Fate::PassedOn))).collect();
    all.extend(settings.database.for_directus());
    // Node comes with authorities of its own; ours are the system's, so it gets these too.
    let trusts_the_system = settings.database.tls == Tls::Verified { ca: None };
    if trusts_the_system && settings.environment.get(EXTRA_CERTIFICATES).is_none() {
        let file = migrations::tls::system_certificates();
        all.extend(file.map(|file| (EXTRA_CERTIFICATES, file.display().to_string())));
    }
    // Without it each table with a composite key is a warning per step (D13).
    let excluded = settings.environment.get(EXCLUDE_TABLES).into_iter().map(str::to_owned);
    let excluded: Vec<String> = excluded.chain(options.db_only.iter().cloned()).collect();
    if !excluded.is_empty() {
        all.set(EXCLUDE_TABLES, excluded.join(","));
    }
    all.with(env::DIRECTUS, settings.directus.display())
        .with(env::PRELINKED, settings.prelinked.as_deref().unwrap_or("off".as_ref()).display())
        .with(env::QUICK_APPLY, if settings.quick_apply { "on" } else { "off" })
        .with(env::CONFIG_PATH, env::NO_CONFIG)
        .with(env::PGAPPNAME, options.application_name)
        .with(env::PGOPTIONS, SPELLING)
}

impl Bridge {
    /// Starts the Node program and returns at once; it imports Directus meanwhile (D36).
    /// The child dies with the calling *thread*.
    ///
    /// # Errors
    /// When Node cannot be started.
    pub fn spawn(settings: &BootSettings, options: &Options<'_>, interrupt: &Interrupt) -> Outcome<Bridge> {
        let what = || format!("start the bridge with `{}`", settings.node.display());
        let (ours, theirs) = UnixStream::pair().map_err(|error| Failure::new(what()).cause_chain(&error))?;
        let mut command = Command::new(&settings.node);
        command
            .arg(settings.artefacts.bridge())
            .current_dir(&settings.directus)
            .env_clear()
            .envs(environment(settings, options))
            .env("RUNNER_BRIDGE_FD", theirs.as_raw_fd().to_string())
            .stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        die_with_parent(&mut command);
        let their_fd = theirs.as_raw_fd();
        // SAFETY: the closure runs between fork and exec and makes one async-signal-safe system call; `theirs` is open until after
        // the spawn, so the borrowed descriptor is valid.
        unsafe {
            command.pre_exec(move || Ok(fcntl_setfd(BorrowedFd::borrow_raw(their_fd), FdFlags::empty())?));
        }
        let mut child = command.spawn().map_err(|error| spawn_failure(what(), settings, &error))?;
        let log = Tail::default();
        // The descriptors themselves: a buffer in between would hold back half a line, and lose it on a full pipe.
        let stderr = || io::stderr().as_fd().try_clone_to_owned().map(File::from);
        let target = match options.log {
            Log::Stdout => io::stdout().as_fd().try_clone_to_owned().map(File::from),
            Log::Stderr => stderr(),
        };
        let failed = |error: io::Error| Failure::new(what()).cause_chain(&error);
        if let (Some(stdout), Some(stderr_of_child)) = (child.stdout.take(), child.stderr.take()) {
            log.pump(stdout, target.map_err(failed)?);
            log.pump(stderr_of_child, stderr().map_err(failed)?);
        }
        interrupt.set_child(Pid::from_raw(child.id().cast_signed()));
        Ok(Bridge {
            child,
            socket: BufReader::new(ours),
            interrupt: interrupt.clone(),
            answer_within: Duration::from_secs(settings.directus_wait_s),
            identity: None,
            last_id: 0,
            reaped: false,
            serves: false,
            log,
        })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether Directus is imported, as far as was asked for.
    pub fn is_ready(&self) -> bool {
        self.identity.is_some()
    }

    /// Waits until Directus is imported.
    ///
    /// # Errors
    /// When it cannot be imported, or the process ends or says nothing for two minutes.
    pub fn ready(&mut self) -> Outcome<&Identity> {
        if self.identity.is_none() {
            let message = self.receive("load Directus", READY_WITHIN)?;
            if let Some(error) = message.get("error") {
                return Err(answer_failure("load Directus", error)
                    .hint("RUNNER_DIRECTUS names the folder that holds Directus; is it complete, and of the pinned version?"));
            }
            let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
            let migrations = message["migrations"].as_array().map(Vec::as_slice).unwrap_or_default();
            self.identity = Some(Identity {
                directus: text("directus"),
                node: text("node"),
                system_migrations: migrations
                    .iter()
                    .filter_map(|each| each.as_str().map(str::to_owned))
                    .collect(),
                plain: message["plain"].as_str().map(str::to_owned),
            });
        }
        match &self.identity {
            Some(identity) => Ok(identity),
            None => unreachable!("set above"),
        }
    }

    /// Sends one command and returns the result of its answer. `what` names it in errors.
    ///
    /// # Errors
    /// What Directus threw, or that the bridge ended.
    pub fn call(&mut self, what: &str, command: &str, arguments: Value) -> Outcome<Value> {
        self.ready()?;
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "command": command });
        if let (Some(message), Value::Object(arguments)) = (message.as_object_mut(), arguments) {
            message.extend(arguments);
        }
        let mut line = message.to_string();
        line.push('\n');
        if self.socket.get_mut().write_all(line.as_bytes()).is_err() {
            return Err(self.ended(what));
        }
        let mut answer = self.receive(what, self.answer_within)?;
        match answer.get("error") {
            Some(error) => Err(answer_failure(what, error)),
            None => Ok(answer["result"].take()),
        }
    }

    fn receive(&mut self, what: &str, within: Duration) -> Outcome<Value> {
        let failed = |error: &io::Error| Failure::new(what).cause(format!("the bridge: {error}"));
        self.socket.get_ref().set_read_timeout(Some(within)).map_err(|error| failed(&error))?;
        let mut line = String::new();
        match self.socket.read_line(&mut line) {
            Ok(0) => Err(self.ended(what)),
            Ok(_) => serde_json::from_str(&line).map_err(|error| failed(&error.into())),
            Err(error) if [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind()) => {
                Err(Failure::new(what)
                    .cause(format!("Directus did not answer within {} s", within.as_secs()))
                    .hint(format!(
                        "does another session hold a lock on its tables? A schema that needs longer: {}",
                        env::DIRECTUS_WAIT_S
                    )))
            }
            Err(_) => Err(self.ended(what)),
        }
    }

    /// The other end is gone: says how the process ended.
    fn ended(&mut self, what: &str) -> Failure {
        let failure = Failure::new(what);
        match self.wait_bounded(Duration::from_secs(2)) {
            Some(status) => failure.cause(format!("the bridge ended: {}", describe(status))),
            None => failure.cause("the bridge closed its connection"),
        }
        .hint("the lines above are Directus' own log")
    }

    fn wait_bounded(&mut self, within: Duration) -> Option<ExitStatus> {
        // Before the pid is free for somebody else's process.
        self.interrupt.set_child(None);
        let end = Instant::now() + within;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    self.reaped = true;
                    return Some(status);
                }
                Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
                _ => return None,
            }
        }
    }

    /// Ends the bridge by closing the connection, and waits for it, bounded.
    pub fn close(mut self) {
        let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Both);
        let _ = self.wait_bounded(Duration::from_secs(5));
    }

    /// Its log on the way through.
    pub(crate) fn log(&self) -> &Tail {
        &self.log
    }

    /// Hands the process over to an init.
    pub fn into_server(mut self) -> Server {
        (self.reaped, self.serves) = (true, true);
        // A duplicate, because a type with `Drop` cannot be taken apart; both are the same connection.
        let connection = self.socket.get_ref().try_clone();
        Server {
            pid: Pid::from_child(&self.child),
            log: self.log.clone(),
            _connection: connection
                .unwrap_or_else(|error| unreachable!("duplicating an open descriptor: {error}")),
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if !self.reaped {
            self.interrupt.set_child(None);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if !self.serves {
            self.log.drain(DRAIN_WITHIN);
        }
    }
}

/// Makes a child end when the *thread* that starts it does, even by kill -9.
pub fn die_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    // SAFETY: the closure runs between fork and exec and makes only async-signal-safe system calls.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // The parent may have died between fork and the line above; then nobody would send the signal.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from_raw_os_error(3)) }
        });
    }
}

fn spawn_failure(what: String, settings: &BootSettings, error: &io::Error) -> Failure {
    let failure = Failure::new(what).exit(Exit::Failed).cause(error);
    if !settings.directus.is_dir() {
        return failure
            .cause(format!("`{}` is not a folder", settings.directus.display()))
            .hint("set RUNNER_DIRECTUS");
    }
    failure.hint("set RUNNER_NODE to a Node 22 program")
}

fn answer_failure(what: &str, error: &Value) -> Failure {
    let mut failure = Failure::new(what).cause(error["message"].as_str().unwrap_or("unknown"));
    if let Some(code) = error["code"].as_str() {
        failure = failure.cause(format!("code {code}"));
        failure.hint = migrations::session::remedy(code).map(str::to_owned);
    }
    failure
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_hears_of_the_database_and_of_us_what_we_make_of_the_settings() {
        let given = Variables::from([
            ("DB_CONNECTION_STRING", "postgres://u:p%40ss@10.0.0.1/d?sslmode=no-verify"),
            ("DB_FILENAME", "/directus/database.sqlite"),
            ("DB_SERVICE_HOST", "10.0.0.2"),
            ("DB_POOL__MAX", "9"),
            ("DB_EXCLUDE_TABLES", "theirs"),
            ("PGDATA", "/data"),
            ("RUNNER_ROLLBACK", "0123456789ab"),
            ("SECRET", "s"),
        ]);
        let settings = BootSettings::from_environment(given.into()).unwrap();
        let options = Options { application_name: "work", db_only: &["ours".to_owned()], log: Log::Stderr };
        let told = environment(&settings, &options);
        let told: Vec<String> = told.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            told,
            [
                "CONFIG_PATH=/dev/null",
                "DB_CLIENT=pg",
                "DB_DATABASE=d",
                "DB_EXCLUDE_TABLES=theirs,ours",
                "DB_HOST=string:10.0.0.1",
                "DB_PASSWORD=p@ss",
                "DB_POOL__MAX=9",
                "DB_PORT=5432",
                "DB_SSL__HOST=string:10.0.0.1",
                "DB_SSL__REJECT_UNAUTHORIZED=false",
                "DB_USER=u",
                "PGAPPNAME=work",
                "PGOPTIONS=-c quote_all_identifiers=off",
                "RUNNER_DIRECTUS=/directus",
                "RUNNER_PRELINKED=/directus/prelinked",
                "RUNNER_QUICK_APPLY=on",
                "SECRET=s",
            ]
        );
    }
}
