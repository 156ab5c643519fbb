//! Where the tests get a database from: a fresh one per test, dropped afterwards, on the server of `TEST_DB_HOST` (a host or the
//! folder of a socket, with `TEST_DB_PORT` and `TEST_DB_USER`), else on testbed's throwaway server with TimescaleDB.

use contract::database::Tls;
use contract::{DatabaseSettings, Exit, Outcome, Phase};
use migrations::file::{Migration, Migrations, parse_name};
use migrations::run::{Event, Summary};
use migrations::{ledger, plan, run, session};
use postgres::Client;
use std::sync::atomic::{AtomicU32, Ordering};

/// One throwaway database.
pub(crate) struct Database {
    pub(crate) settings: DatabaseSettings,
    name: String,
    server: DatabaseSettings,
}

/// A fresh database, or `None` with a word on why; with `TEST_REQUIRE=1` the test fails instead.
#[track_caller]
pub(crate) fn database() -> Option<Database> {
    match given() {
        Some(server) => database_on(server),
        None => throwaway_database(),
    }
}

/// A fresh database on testbed's server, also when another one is given: where a test needs TimescaleDB or a unix socket.
#[track_caller]
pub(crate) fn throwaway_database() -> Option<Database> {
    database_on(throwaway()?)
}

/// A fresh database on a server of its own that has TimescaleDB installed, but not preloaded.
#[track_caller]
pub(crate) fn database_without_preload() -> Option<(testbed::Server, Database)> {
    let options = testbed::ServerOptions { preload_timescaledb: false, ..Default::default() };
    let server = testbed::require(own_server(options))?;
    let database = database_on(settings_of(&server))?;
    // In this order the database is dropped before its server.
    Some((server, database))
}

/// A server that is not like testbed's shared one.
pub(crate) fn own_server(options: testbed::ServerOptions) -> Result<testbed::Server, testbed::Absent> {
    let root = testbed::PostgresRoot::cached(&testbed::Cache::open()?)
        .ok_or_else(|| testbed::Absent::new("no Postgres root in the cache: run cargo xtask setup"))?;
    Ok(testbed::Server::start(&root, options)?)
}

fn database_on(server: DatabaseSettings) -> Option<Database> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("migrations_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let database = Database { settings: with_name(&server, &name), name, server };
    database.admin(&format!("CREATE DATABASE {}", database.name));
    Some(database)
}

fn given() -> Option<DatabaseSettings> {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    Some(DatabaseSettings {
        host: std::env::var("TEST_DB_HOST").ok()?,
        port: variable("TEST_DB_PORT", "5432").parse().expect("TEST_DB_PORT is a number"),
        database: "postgres".to_owned(),
        user: variable("TEST_DB_USER", "postgres"),
        password: None,
        tls: Tls::Off,
        certificate: None,
    })
}

#[track_caller]
fn throwaway() -> Option<DatabaseSettings> {
    testbed::require(testbed::Server::shared()).map(settings_of)
}

fn settings_of(server: &testbed::Server) -> DatabaseSettings {
    DatabaseSettings::from_environment(&server.environment("postgres").into())
        .expect("testbed gives Directus' variables")
}

fn with_name(settings: &DatabaseSettings, name: &str) -> DatabaseSettings {
    DatabaseSettings { database: name.to_owned(), ..settings.clone() }
}

impl Database {
    /// A plain client, as any other program would have.
    pub(crate) fn client(&self) -> Client {
        client(&self.settings)
    }

    /// The first column of the first row, as text; empty when there is none.
    pub(crate) fn ask(&self, query: &str) -> String {
        let messages = self.client().simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        let row = messages.iter().find_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("").to_owned()),
            _ => None,
        });
        row.unwrap_or_default()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.client().batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Plans and runs both phases, as `db-init run` does.
    pub(crate) fn run(&self, migrations: &Migrations) -> Outcome<Vec<Summary>> {
        self.run_observed(migrations, &mut |_| {})
    }

    pub(crate) fn run_observed(
        &self,
        migrations: &Migrations,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Outcome<Vec<Summary>> {
        let mut session = session::connect(&self.settings, "migrations test")?;
        let ledger = ledger::read(session.client())?;
        let plan = plan::compute(migrations, &ledger, &Phase::ALL)?;
        let managed = |name: &str| name == "drivers";
        Phase::ALL
            .into_iter()
            .map(|phase| run::perform(&mut session, &plan, phase, &managed, observer))
            .collect()
    }

    fn admin(&self, sql: &str) {
        client(&self.server).batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// The failure of a run, as a person sees it.
    pub(crate) fn failure(&self, migrations: &Migrations) -> String {
        let failure = self.run(migrations).expect_err("the run fails");
        assert_eq!(failure.exit, Exit::Failed);
        failure.render()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.admin(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// Files named like `db-init/001_a.sql`.
pub(crate) fn files(files: &[(&str, &str)]) -> Migrations {
    Migrations::new(files.iter().map(|(path, source)| {
        let (folder, name) = path.split_once('/').expect("a folder");
        let phase = Phase::ALL.into_iter().find(|phase| phase.folder() == folder).expect("a phase");
        Migration::new(phase, parse_name(name).expect("a name"), name, *source)
    }))
}

fn client(settings: &DatabaseSettings) -> Client {
    let DatabaseSettings { host, port, database, user, password, .. } = settings;
    let mut config = Client::configure();
    config.host(host).port(*port).dbname(database).user(user);
    if let Some(password) = password {
        config.password(password.expose());
    }
    config.connect(postgres::NoTls).expect("the test server accepts connections")
}
