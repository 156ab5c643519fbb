//! One connection to the database, and the bounded wait for it.
//!
//! What is worth a retry (P15): refused, reset, a name that does not resolve yet, a socket that is not there yet, 57P03 (starting
//! up), 53300 (too many connections), 57P01/57P02 (shutting down). Everything else would fail again in the same way.

use crate::tls::{Connector, connector};
use contract::database::Tls;
use contract::{DatabaseSettings, Exit, Failure, Outcome};
use postgres::config::{Host, SslMode};
use postgres::error::{DbError, SqlState};
use postgres::{Client, Config, NoTls};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a statement waits for a lock that another session holds on a table. Without a limit a migration queues behind one
/// forgotten transaction, and every reader of the table queues behind the migration. Raise it in a file with `SET lock_timeout`.
pub const LOCK_TIMEOUT_S: u32 = 60;

/// How long one attempt to connect may take.
const ATTEMPT_S: u64 = 10;

/// One connection. Its notices are collected until somebody takes them.
pub struct Session {
    client: Client,
    connector: Connector,
    settings: DatabaseSettings,
    application_name: String,
    notices: Notices,
    stop: Stop,
}

/// Says whether whoever made a session wants its waits to end: for the lock, and between two files.
pub type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// Waits as long as it is allowed to.
fn never() -> Stop {
    Arc::new(|| false)
}

type Notices = Arc<Mutex<Vec<DbError>>>;

/// Ends the running statement of a session from another thread; it may be cloned and kept.
#[derive(Clone)]
pub struct CancelToken {
    token: postgres::CancelToken,
    connector: Connector,
}

impl Session {
    /// The driver's client.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// What cancels the running statement.
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken { token: self.client.cancel_token(), connector: self.connector.clone() }
    }

    /// From now on `stop` is asked at every pause.
    pub fn set_stop(&mut self, stop: Stop) {
        self.stop = stop;
    }

    /// Goes on, unless it should stop; `what` would not be done then.
    ///
    /// # Errors
    /// Exit 1 when it should stop; the caller knows why, and says so.
    pub(crate) fn unless_stopped(&self, what: &str) -> Outcome<()> {
        if (self.stop)() { Err(Failure::new(format!("{what}: stopped"))) } else { Ok(()) }
    }

    /// Whether the connection is known to be gone. After a FATAL error it may be gone although this is still false (P7).
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// What it was connected with.
    pub fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    /// The name that others see in `pg_stat_activity`.
    pub fn application_name(&self) -> &str {
        &self.application_name
    }

    /// The server's notices since the last call, in order.
    pub fn take_notices(&mut self) -> Vec<DbError> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another connection with the same settings, for after this one was lost.
    ///
    /// # Errors
    /// As [`wait_and_connect`].
    pub fn reconnect(&self, wait_s: u64, report: &mut dyn FnMut(&str)) -> Outcome<Session> {
        wait_and_connect(&self.settings, &self.application_name, wait_s, report)
    }
}

impl CancelToken {
    /// Asks the server to cancel; whether a statement was still running is not told.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn cancel(&self) -> Outcome<()> {
        let sent = match &self.connector {
            Some(tls) => self.token.cancel_query(tls.clone()),
            None => self.token.cancel_query(NoTls),
        };
        sent.map_err(|error| {
            Failure::new("cancel the running statement").exit(Exit::Unreachable).cause_chain(&error)
        })
    }
}

/// Connects once.
///
/// # Errors
/// Exit 5 when a later attempt may succeed, exit 2 when the settings are wrong (password, database name, TLS).
pub fn connect(settings: &DatabaseSettings, application_name: &str) -> Outcome<Session> {
    Connecting::new(settings, application_name)?
        .attempt(Duration::from_secs(ATTEMPT_S), &never())
        .map_err(|refusal| refusal.failure(settings))
}

/// Connects, and tries again for `wait_s` seconds while the server may still be on its way up. `report` hears why, once per reason.
///
/// # Errors
/// Exit 5 when the time is over, with what was seen last; exit 2 at once when the settings are wrong.
pub fn wait_and_connect(
    settings: &DatabaseSettings,
    application_name: &str,
    wait_s: u64,
    report: &mut dyn FnMut(&str),
) -> Outcome<Session> {
    wait_unless(&never(), settings, application_name, wait_s, report)
}

/// The same, ending early when `stop` says so; it becomes the session's own ([`Session::set_stop`]).
///
/// # Errors
/// As [`wait_and_connect`]; exit 1 when stopped.
pub fn wait_unless(
    stop: &Stop,
    settings: &DatabaseSettings,
    application_name: &str,
    wait_s: u64,
    report: &mut dyn FnMut(&str),
) -> Outcome<Session> {
    let connecting = Connecting::new(settings, application_name)?;
    let end = Instant::now() + Duration::from_secs(wait_s);
    let mut pause = Pause::new(Duration::from_millis(20), Duration::from_secs(1));
    let mut last = String::new();
    loop {
        if stop() {
            return Err(Refusal::Stopped.failure(settings));
        }
        let left = end.saturating_duration_since(Instant::now());
        let limit = left.clamp(Duration::from_secs(1), Duration::from_secs(ATTEMPT_S));
        let refusal = match connecting.attempt(limit, stop) {
            Ok(mut session) => {
                session.stop = Arc::clone(stop);
                return Ok(session);
            }
            Err(refusal) => refusal,
        };
        if !refusal.is_worth_a_retry() {
            return Err(refusal.failure(settings));
        }
        let seen = refusal.describe();
        if seen != last {
            report(&format!("waiting for {}: {seen}", settings.describe()));
            last = seen;
        }
        let next = Instant::now() + pause.next();
        if next >= end {
            return Err(Failure::new(format!("connect to {}", settings.describe()))
                .exit(Exit::Unreachable)
                .cause(format!("the database did not accept connections in {wait_s} s; last: {last}"))
                .hint(while_unreachable(&last)));
        }
        while Instant::now() < next && !stop() {
            std::thread::sleep(SLICE.min(next.saturating_duration_since(Instant::now())));
        }
    }
}

/// What to do about a server that could not be reached, by what was seen last.
fn while_unreachable(last: &str) -> String {
    if last.contains("failed to lookup address") {
        return "check DB_HOST: this name has no address here".to_owned();
    }
    if last.contains("(53300)") {
        return "end other sessions, or raise max_connections or the role's CONNECTION LIMIT".to_owned();
    }
    format!("start the database, check DB_HOST and DB_PORT, or wait longer with {}", contract::env::DB_WAIT_S)
}

/// The failure of a statement of our own: what the server says, and the remedy where it is always the same.
pub fn failure(what: impl Into<String>, error: &postgres::Error) -> Failure {
    let failure = Failure::new(what).cause(describe(error));
    match error.code().and_then(|code| remedy(code.code())) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// What to do when the server says this to any statement at all.
pub fn remedy(sqlstate: &str) -> Option<&'static str> {
    match sqlstate {
        "53100" => Some("free space on the server's disk; the next boot goes on where this one stopped"),
        _ => None,
    }
}

/// How long a wait goes without asking whether it should stop.
const SLICE: Duration = Duration::from_millis(50);

/// Why an attempt to connect gave no session.
enum Refusal {
    /// What the driver says.
    Driver(postgres::Error),
    /// The server took the connection and said nothing: a paused container, a load balancer without a back end.
    Silent(Duration),
    /// It should stop.
    Stopped,
}

impl Refusal {
    fn is_worth_a_retry(&self) -> bool {
        match self {
            Refusal::Driver(error) => is_worth_a_retry(error),
            Refusal::Silent(_) => true,
            Refusal::Stopped => false,
        }
    }

    fn describe(&self) -> String {
        match self {
            Refusal::Driver(error) => describe(error),
            Refusal::Silent(limit) => {
                format!("it took the connection and said nothing for {} s", limit.as_secs())
            }
            Refusal::Stopped => "stopped".to_owned(),
        }
    }

    fn failure(&self, settings: &DatabaseSettings) -> Failure {
        match self {
            Refusal::Driver(error) => refused(settings, error),
            Refusal::Silent(_) | Refusal::Stopped => {
                let exit = if matches!(self, Refusal::Silent(_)) { Exit::Unreachable } else { Exit::Failed };
                Failure::new(format!("connect to {}", settings.describe())).exit(exit).cause(self.describe())
            }
        }
    }
}

/// Everything that stays the same between attempts.
struct Connecting<'a> {
    config: Config,
    connector: Connector,
    settings: &'a DatabaseSettings,
    application_name: &'a str,
}

impl<'a> Connecting<'a> {
    fn new(settings: &'a DatabaseSettings, application_name: &'a str) -> Outcome<Self> {
        let connector = connector(settings)?;
        let mut config = Config::new();
        config.host(&settings.host).port(settings.port).dbname(&settings.database).user(&settings.user);
        if let Some(password) = &settings.password {
            config.password(password.expose());
        }
        if settings.tls != Tls::Off && config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_))) {
            return Err(Failure::new(format!("connect to {}", settings.describe()))
                .exit(Exit::Usage)
                .cause("encryption is asked for, but Postgres has none on a unix socket")
                .hint("unset DB_SSL, or give a host name as DB_HOST"));
        }
        config.ssl_mode(if connector.is_some() { SslMode::Require } else { SslMode::Disable });
        config.application_name(application_name);
        // A server that vanished without a word is found out while a statement runs: the default is two hours.
        config.keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(10));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(60));
        // As startup options they are what RESET ALL goes back to between files (P6).
        config.options(&format!("-c lock_timeout={LOCK_TIMEOUT_S}s"));
        Ok(Connecting { config, connector, settings, application_name })
    }

    /// One attempt. The driver's own time limit ends with the socket's connect, so the rest is watched from here: what hangs is left to
    /// a thread of its own, which ends when the server or the process does.
    fn attempt(&self, limit: Duration, stop: &Stop) -> Result<Session, Refusal> {
        let notices = Notices::default();
        let collected = Arc::clone(&notices);
        let mut config = self.config.clone();
        config.connect_timeout(limit);
        config.notice_callback(move |notice| {
            collected.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        });
        let (sender, receiver) = std::sync::mpsc::channel();
        let tls = self.connector.clone();
        std::thread::spawn(move || {
            // An error means that nobody waits any more.
            let _ = sender.send(match tls {
                Some(tls) => config.connect(tls),
                None => config.connect(NoTls),
            });
        });
        let end = Instant::now() + limit;
        let client = loop {
            match receiver.recv_timeout(SLICE) {
                Ok(connected) => break connected.map_err(Refusal::Driver)?,
                Err(_) if stop() => return Err(Refusal::Stopped),
                Err(_) if Instant::now() >= end => return Err(Refusal::Silent(limit)),
                Err(_) => {}
            }
        };
        Ok(Session {
            client,
            connector: self.connector.clone(),
            settings: self.settings.clone(),
            application_name: self.application_name.to_owned(),
            notices,
            stop: never(),
        })
    }
}

fn is_worth_a_retry(error: &postgres::Error) -> bool {
    if let Some(code) = error.code() {
        return [
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
        ]
        .contains(code);
    }
    if is_permission_denied(error) {
        return false;
    }
    // The driver keeps the kind of an error to itself; its text is the only sign (postgres 0.19).
    let text = error.to_string();
    ["error connecting to server", "error communicating with the server", "connection closed"]
        .iter()
        .any(|kind| text.starts_with(kind))
}

fn is_permission_denied(error: &postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::PermissionDenied)
        {
            return true;
        }
        source = inner.source();
    }
    false
}

/// One line: the server's message with its SQLSTATE, else the innermost reason.
pub fn describe(error: &postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} ({})", db.message(), db.code().code());
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

fn refused(settings: &DatabaseSettings, error: &postgres::Error) -> Failure {
    let failure = Failure::new(format!("connect to {}", settings.describe())).cause(describe(error));
    if is_worth_a_retry(error) {
        return failure.exit(Exit::Unreachable);
    }
    let failure = failure.exit(Exit::Usage);
    let hint = match error.code().map(SqlState::code) {
        Some("28P01") => "check DB_USER and DB_PASSWORD",
        Some("28000") => "check DB_USER, DB_SSL and the server's pg_hba.conf",
        Some("3D000") => "check DB_DATABASE, or create the database",
        Some(_) => return failure,
        None if is_permission_denied(error) => "check who may enter the socket's folder",
        None if describe(error).contains("does not support TLS") => {
            "switch TLS on at the server; or set DB_SSL=false (in a connection string sslmode=disable), where the way to it is trusted"
        }
        None if error.to_string().contains("TLS") => {
            "check DB_SSL and DB_SSL__CA_FILE; the name in DB_HOST must be one of the certificate's"
        }
        None if error.to_string().contains("configuration")
            || error.to_string().contains("authentication") =>
        {
            "set DB_PASSWORD or DB_PASSWORD_FILE"
        }
        None => return failure,
    };
    failure.hint(hint)
}

/// Growing pauses with jitter, so that replicas started together do not knock in step.
pub(crate) struct Pause {
    next: Duration,
    most: Duration,
    seed: u64,
}

impl Pause {
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        // Different in every process is all that is asked of it.
        let clock = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |now| now.subsec_nanos());
        Pause { next: first, most, seed: u64::from(clock) ^ (u64::from(std::process::id()) << 20) | 1 }
    }

    /// Between 75 % and 125 % of a duration that grows by an eighth each time: whoever waited for a second notices the end of it within a
    /// seventh.
    pub(crate) fn next(&mut self) -> Duration {
        // xorshift
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let pause = self.next.mul_f64(0.75 + (self.seed % 512) as f64 / 1024.0);
        self.next = (self.next * 9 / 8).min(self.most);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, port: u16) -> DatabaseSettings {
        DatabaseSettings {
            host: host.to_owned(),
            port,
            database: "d".to_owned(),
            user: "u".to_owned(),
            password: None,
            tls: Tls::Off,
            certificate: None,
        }
    }

    #[test]
    fn p15_a_missing_socket_is_waited_for_and_then_named() {
        let settings = at("/nonexistent", 5432);
        let mut said = Vec::new();
        let failure = wait_and_connect(&settings, "test", 1, &mut |line| said.push(line.to_owned()))
            .err()
            .expect("a failure");
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.causes[0].contains("last: error connecting to server"), "{failure:?}");
        assert_eq!(said.len(), 1, "{said:?}");
    }

    #[test]
    fn a_name_without_an_address_is_told_to_be_checked() {
        let failure = wait_and_connect(&at("db.invalid", 5432), "test", 0, &mut |_| {}).err().unwrap();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.starts_with("check DB_HOST")), "{failure:?}");
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let mut pause = Pause::new(Duration::from_millis(50), Duration::from_secs(1));
        let pauses: Vec<_> = (0..50).map(|_| pause.next()).collect();
        assert!(pauses[0] <= Duration::from_millis(63));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(1250)));
        assert!(pauses[49] >= Duration::from_millis(750));
    }

    #[test]
    fn a_server_that_says_nothing_does_not_hold_up_the_wait_for_ever() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let settings = at("127.0.0.1", listener.local_addr().unwrap().port());
        let failure = wait_and_connect(&settings, "test", 1, &mut |_| {}).err().unwrap();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.causes[0].contains("said nothing"), "{:?}", failure.causes);
    }

    #[test]
    fn a_wait_that_should_stop_ends() {
        let settings = at("/nowhere", 5432);
        let stop: Stop = Arc::new(|| true);
        let failure = wait_unless(&stop, &settings, "test", 3600, &mut |_| {}).err().unwrap();
        assert_eq!(failure.causes, ["stopped"]);
    }
}
