//! For tests: one server per test binary, a database per test, and absence that is never silent.

use crate::cache::Cache;
use crate::postgres_root::PostgresRoot;
use crate::server::{Server, ServerOptions};
use contract::{Failure, Outcome, Variables};
use postgres::error::SqlState;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// With this variable set to `1`, what a test needs has to be there.
pub const REQUIRE_VARIABLE: &str = "TEST_REQUIRE";

/// Why something that a test needs is not there.
#[derive(Clone, Debug)]
pub struct Absent(Failure);

impl Absent {
    /// The reason, in a few words.
    pub fn new(why: impl Into<String>) -> Absent {
        Absent(Failure::new(why))
    }
}

impl From<Failure> for Absent {
    fn from(failure: Failure) -> Self {
        Absent(failure)
    }
}

impl std::fmt::Display for Absent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.render().trim_start_matches("error: ").trim_end())
    }
}

/// What a test needs, or `None` after saying "skipped: why"; with `TEST_REQUIRE=1` absence is a failure.
///
/// ```no_run
/// let Some(server) = testbed::require(testbed::Server::shared()) else { return };
/// ```
///
/// # Panics
/// When it is absent and `TEST_REQUIRE=1`.
#[track_caller]
pub fn require<T>(wanted: Result<T, Absent>) -> Option<T> {
    match wanted {
        Ok(wanted) => Some(wanted),
        Err(absent) if std::env::var_os(REQUIRE_VARIABLE).is_some_and(|value| value == "1") => {
            panic!("required, but absent: {absent}")
        }
        Err(absent) => {
            let caller = std::panic::Location::caller();
            // Not `eprintln!`: the test harness would swallow it, because the test passes.
            let _ = writeln!(std::io::stderr(), "{}:{}: skipped: {absent}", caller.file(), caller.line());
            None
        }
    }
}

/// How often a copy of a database is tried.
const ATTEMPTS: u32 = 20;

impl Server {
    /// The one server of this test binary, with TimescaleDB, started by the first test that asks. It takes the Postgres root from
    /// the cache and fetches nothing: tests are not the place for a download.
    ///
    /// # Errors
    /// [`Absent`] when the root is not in the cache or the server does not start.
    pub fn shared() -> Result<&'static Server, Absent> {
        static SHARED: OnceLock<Result<Server, Absent>> = OnceLock::new();
        SHARED.get_or_init(start_from_cache).as_ref().map_err(Clone::clone)
    }

    /// A new, empty database, dropped with the returned value. Its name begins with `prefix`.
    ///
    /// # Errors
    /// Exit 1 when the server refuses.
    pub fn fresh_database(&self, prefix: &str) -> Outcome<Database<'_>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{prefix}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.create_database(&name)?;
        Ok(Database { server: self, name })
    }

    /// A copy of a database, dropped with the returned value: faster than making its content again. Sessions in the original are ended,
    /// and so are the server's own workers, because Postgres copies only what nobody looks at.
    ///
    /// # Errors
    /// Exit 1 when the server refuses.
    pub fn fresh_copy(&self, of: &Database<'_>) -> Outcome<Database<'_>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}_copy_{}", of.name, COUNT.fetch_add(1, Ordering::Relaxed));
        let mut client = self.connect("postgres")?;
        let alone = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = $1";
        let copy = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&name), quoted(&of.name));
        let failed =
            |error: postgres::Error| Failure::new(format!("copy database `{}`", of.name)).cause_chain(&error);
        for _ in 0..ATTEMPTS {
            client.query(alone, &[&of.name]).map_err(failed)?;
            match client.batch_execute(&copy) {
                // A worker may come again at any moment.
                Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {}
                outcome => return outcome.map_err(failed).map(|()| Database { server: self, name }),
            }
        }
        Err(Failure::new(format!("copy database `{}`: somebody is in it again and again", of.name)))
    }

    fn create_database(&self, name: &str) -> Outcome<()> {
        // From `template0`, which nobody can be connected to: a session in the template would make it fail.
        let statement = format!("CREATE DATABASE {} TEMPLATE template0", quoted(name));
        let created = self.connect("postgres")?.batch_execute(&statement);
        created.map_err(|error| Failure::new(format!("create database `{name}`")).cause_chain(&error))
    }
}

fn start_from_cache() -> Result<Server, Absent> {
    let cache = Cache::open()?;
    let root = PostgresRoot::cached(&cache).ok_or_else(|| {
        let why = format!("no Postgres root in the cache `{}`", cache.dir().display());
        Absent(Failure::new(why).hint("fetch it once: cargo xtask setup"))
    })?;
    Ok(Server::start(&root, ServerOptions::default())?)
}

/// A database of its own, dropped with this value.
pub struct Database<'a> {
    server: &'a Server,
    name: String,
}

impl Database<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server it is on.
    pub fn server(&self) -> &Server {
        self.server
    }

    /// The variables that lead Directus and our own programs to it.
    pub fn environment(&self) -> Variables {
        self.server.environment(&self.name)
    }

    /// A session in it as the superuser.
    ///
    /// # Errors
    /// As [`Server::connect`].
    pub fn connect(&self) -> Outcome<postgres::Client> {
        self.server.connect(&self.name)
    }
}

impl Database<'_> {
    /// The first column of a query's first row, as text; empty without a row.
    ///
    /// # Panics
    /// When the server refuses: tests ask what they know to be right.
    #[track_caller]
    pub fn ask(&self, query: &str) -> String {
        let mut client = self.connect().unwrap_or_else(|failure| panic!("{}", failure.render()));
        let messages = client.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        let rows = messages.iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| row.get(0).unwrap_or("null").to_owned()).next().unwrap_or_default()
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A server that is gone took the database with it.
        if let Ok(mut client) = self.server.connect("postgres") {
            let _ =
                client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&self.name)));
        }
    }
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
