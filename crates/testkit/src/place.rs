//! A place to boot in: a database of its own, the pinned Directus, and a folder for its socket and its uploads.

use crate::repository;
use client::{Address, Answer, Client};
use contract::Variables;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use testbed::{Absent, Cache, Database, DirectusInstall, Server, require};

/// The first administrator of every database that is booted in a [`Place`].
pub const EMAIL: &str = "admin@example.com";
/// And the password.
pub const PASSWORD: &str = "correct horse battery";

/// Where a started Directus listens, in the folder of its place.
const SOCKET: &str = "directus.sock";

/// A place to boot in. It goes with this value.
pub struct Place {
    /// The database, empty at first.
    pub database: Database<'static>,
    /// The pinned Directus.
    pub install: DirectusInstall,
    folder: tempfile::TempDir,
}

/// The pinned Directus out of the cache; nothing is fetched.
///
/// # Errors
/// [`Absent`] when it is not there.
pub fn install() -> Result<DirectusInstall, Absent> {
    let install = DirectusInstall::cached(&Cache::open()?, &repository())?;
    install
        .ok_or_else(|| Absent::new("the pinned Directus, or its form that the scripts in bridge/prelink make, is not in the cache: cargo xtask setup"))
}

/// Everything that the runner and Directus need to know to boot the release in `root` into `database`; socket and uploads are in `folder`.
pub fn environment(
    database: &Database<'_>,
    install: &DirectusInstall,
    folder: &Path,
    root: &Path,
) -> Variables {
    let prelinked = install.prelinked.as_deref().unwrap_or("off".as_ref());
    database
        .environment()
        .with("PATH", "/usr/local/bin:/usr/bin:/bin")
        .with("RUNNER_ROOT", root.display())
        .with("RUNNER_DIRECTUS", install.dir.display())
        .with("RUNNER_PRELINKED", prelinked.display())
        .with("RUNNER_NODE", install.node.display())
        .with("SECRET", "0123456789abcdef0123456789abcdef")
        .with("ADMIN_EMAIL", EMAIL)
        .with("ADMIN_PASSWORD", PASSWORD)
        .with("UNIX_SOCKET_PATH", folder.join(SOCKET).display())
        .with("PUBLIC_URL", "http://localhost")
        .with("STORAGE_LOCAL_ROOT", folder.join("uploads").display())
        .with("EXTENSIONS_PATH", root.join("extensions").display())
        .with("TELEMETRY", false)
}

impl Place {
    /// An empty one; `None` when the services are not there.
    #[track_caller]
    pub fn empty() -> Option<Place> {
        let server = require(Server::shared())?;
        let install = require(install())?;
        let database = server.fresh_database("place");
        Some(Place::of(database.unwrap_or_else(|failure| panic!("{}", failure.render())), install))
    }

    /// One in which the tests' own release was booted before. `boot` does so for the first that asks in this process; the others get a
    /// copy of that database, which takes a tenth of a second instead of a whole boot.
    #[track_caller]
    pub fn booted(boot: impl FnOnce(&Place)) -> Option<Place> {
        // The database alone: a folder in a static would never be removed.
        static TEMPLATE: OnceLock<Database<'static>> = OnceLock::new();
        let server = require(Server::shared())?;
        let install = require(install())?;
        let template = TEMPLATE.get_or_init(|| {
            let place = Place::empty().expect("both are there");
            boot(&place);
            // Nobody's session is in the way of a copy then, nor a worker of TimescaleDB, which leaves such a database alone.
            let closed = format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", place.database.name());
            let mut client = server.connect("postgres").expect("a connection");
            client.batch_execute(&closed).expect("a closed database");
            place.database
        });
        Some(Place::copy_of(template, install))
    }

    /// The same in a copy of the database, which nobody may be connected to.
    pub fn copy(&self) -> Place {
        Place::copy_of(&self.database, self.install.clone())
    }

    fn copy_of(database: &Database<'static>, install: DirectusInstall) -> Place {
        let server = Server::shared().expect("that database is on it");
        let copy = server.fresh_copy(database);
        Place::of(copy.unwrap_or_else(|failure| panic!("{}", failure.render())), install)
    }

    fn of(database: Database<'static>, install: DirectusInstall) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("uploads")).expect("a folder");
        Place { database, install, folder }
    }

    /// Where a started Directus listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }

    /// Everything that the runner and Directus need to know to boot the release in `root`.
    pub fn environment(&self, root: &Path) -> Variables {
        environment(&self.database, &self.install, self.folder.path(), root)
    }

    /// The first column of the first row, as text.
    #[track_caller]
    pub fn ask(&self, query: &str) -> String {
        self.database.ask(query)
    }

    /// Everything in the database; two equal pictures are two equal databases.
    pub fn picture(&self) -> String {
        let arguments = ["--no-owner", "--exclude-table-data=_timescaledb*.*"];
        self.database.server().pg_dump(self.database.name(), &arguments).expect("a dump")
    }

    /// Asks the Directus that serves here.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, client::Error> {
        Client::new(&Address::Socket(self.socket())).send(method, path, None, body)
    }
}
