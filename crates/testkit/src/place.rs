//! A place to boot in: a database of its own, the pinned Directus, and a folder for its socket and its uploads.

use crate::repository;
use client::{Address, Answer, Client};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use testbed::{Absent, Cache, Database, DirectusInstall, Server, require};

/// The first administrator of every database that is booted in a [`Place`].
pub const EMAIL: &str = "admin@example.com";
/// And the password.
pub const PASSWORD: &str = "correct horse battery";

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
        self.folder.path().join("directus.sock")
    }

    /// Everything that the runner and Directus need to know to boot the release in `root`.
    pub fn environment(&self, root: &Path) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        let mut all = self.database.environment();
        all.extend(
            [
                ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
                ("RUNNER_ROOT", text(root)),
                ("RUNNER_DIRECTUS", text(&self.install.dir)),
                ("RUNNER_PRELINKED", self.install.prelinked.as_deref().map_or("off".to_owned(), text)),
                ("RUNNER_NODE", text(&self.install.node)),
                ("SECRET", "0123456789abcdef0123456789abcdef".to_owned()),
                ("ADMIN_EMAIL", EMAIL.to_owned()),
                ("ADMIN_PASSWORD", PASSWORD.to_owned()),
                ("UNIX_SOCKET_PATH", text(&self.socket())),
                ("PUBLIC_URL", "http://localhost".to_owned()),
                ("STORAGE_LOCAL_ROOT", text(&self.folder.path().join("uploads"))),
                ("EXTENSIONS_PATH", text(&root.join("extensions"))),
                ("TELEMETRY", "false".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        all
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
