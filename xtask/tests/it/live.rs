//! A live Directus to work on: a database in which this process has booted a checkout's release, and its API once it serves.

use crate::checkout::{Checkout, root};
use boot::bridge::{Log, Options};
use boot::{Boot, BootSettings, Bridge, Interrupt};
use contract::Artefacts;
use contract::env::Environment;
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use testbed::{Cache, Database, DirectusInstall, Server};

const EMAIL: &str = "admin@example.com";
const PASSWORD: &str = "correct horse battery";

/// A database with a checkout's release in it.
pub(crate) struct Live {
    pub(crate) database: Database<'static>,
    install: DirectusInstall,
    artefacts: PathBuf,
    folder: tempfile::TempDir,
}

/// Directus, serving. It ends with this value.
pub(crate) struct Serving {
    // In this order: Directus ends before its socket goes.
    _bridge: Bridge,
    socket: PathBuf,
    token: String,
    died: Cell<bool>,
}

impl Live {
    /// Boots the checkout's release in a database of its own, as the image would.
    pub(crate) fn boot(checkout: &Checkout) -> Live {
        let live = Live::empty(checkout);
        live.prepare().end();
        live
    }

    /// A database without anything in it.
    pub(crate) fn empty(checkout: &Checkout) -> Live {
        let server = Server::shared().expect("`Checkout::new` has asked for it");
        let install = DirectusInstall::cached(&Cache::open().expect("a cache"), &root()).expect("a cache");
        Live {
            database: server.fresh_database("live").expect("a database"),
            install: install.expect("`Checkout::new` has asked for it"),
            artefacts: checkout.path(""),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// The same in a copy of the database, which nobody may be connected to.
    pub(crate) fn copy(&self) -> Live {
        let server = Server::shared().expect("`Checkout::new` has asked for it");
        let database = server.fresh_copy(&self.database);
        Live {
            database: database.unwrap_or_else(|failure| panic!("{}", failure.render())),
            install: self.install.clone(),
            artefacts: self.artefacts.clone(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn prepare(&self) -> boot::Prepared {
        let settings = self.settings();
        let interrupt = Interrupt::default();
        Boot::new(&settings, &interrupt)
            .prepare(&mut |_| {})
            .unwrap_or_else(|failure| panic!("{}", failure.render()))
    }

    /// Boots again, and serves.
    pub(crate) fn serve(&self) -> Serving {
        let mut prepared = self.prepare();
        prepared.serve().unwrap_or_else(|failure| panic!("{}", failure.render()));
        self.log_in(prepared.bridge)
    }

    /// Serves the database as it is: nothing is applied.
    pub(crate) fn serve_as_it_is(&self) -> Serving {
        // One that died left its socket behind.
        let _ = std::fs::remove_file(self.socket());
        let mut bridge = self.bridge();
        let started = bridge.call("start Directus", "start", json!({ "name": "directus" }));
        started.unwrap_or_else(|failure| panic!("{}", failure.render()));
        self.log_in(bridge)
    }

    fn log_in(&self, bridge: Bridge) -> Serving {
        let died = Cell::new(false);
        let mut serving = Serving { _bridge: bridge, socket: self.socket(), token: String::new(), died };
        let login = serving.api("POST", "/auth/login", &json!({ "email": EMAIL, "password": PASSWORD }));
        serving.token = login.expect("a login")["access_token"].as_str().expect("a token").to_owned();
        serving
    }

    /// What the next boot would do, and what there is.
    pub(crate) fn status(&self) -> boot::status::Status {
        let (settings, interrupt) = (self.settings(), Interrupt::default());
        Boot::new(&settings, &interrupt)
            .status(&mut |_| {})
            .unwrap_or_else(|failure| panic!("{}", failure.render()))
    }

    /// Everything in the database; two equal pictures are two equal databases.
    pub(crate) fn picture(&self) -> String {
        let arguments = ["--no-owner", "--exclude-table-data=_timescaledb*.*"];
        self.database.server().pg_dump(self.database.name(), &arguments).expect("a dump")
    }

    /// A bridge beside: Directus' own comparison, without a server.
    pub(crate) fn bridge(&self) -> Bridge {
        let migrations = migrations::file::discover(&Artefacts::at(&self.artefacts)).expect("migrations");
        let db_only = boot::perform::not_for_directus(&migrations);
        let options = Options { application_name: "test", db_only: &db_only, log: Log::Stderr };
        Bridge::spawn(&self.settings(), &options, &Interrupt::default()).expect("a bridge")
    }

    /// A program in the environment of this database.
    pub(crate) fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.database.environment())
    }

    /// The first column of the first row, as text.
    pub(crate) fn ask(&self, query: &str) -> String {
        self.database.ask(query)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("directus.sock")
    }

    fn settings(&self) -> BootSettings {
        let text = |path: PathBuf| path.display().to_string();
        let mut variables = self.database.environment();
        variables.extend(
            [
                ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
                ("HOME", text(self.folder.path().to_path_buf())),
                ("SECRET", "0123456789abcdef0123456789abcdef".to_owned()),
                ("ADMIN_EMAIL", EMAIL.to_owned()),
                ("ADMIN_PASSWORD", PASSWORD.to_owned()),
                ("UNIX_SOCKET_PATH", text(self.socket())),
                ("PUBLIC_URL", "http://localhost".to_owned()),
                ("STORAGE_LOCAL_ROOT", text(self.folder.path().join("uploads"))),
                ("EXTENSIONS_PATH", text(self.artefacts.join("extensions"))),
                ("TELEMETRY", "false".to_owned()),
                ("LOG_LEVEL", "silent".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let environment = Environment::resolve(variables, |_| Err(String::new())).expect("an environment");
        let mut settings = BootSettings::from_environment(environment).expect("settings");
        settings.artefacts = Artefacts::at(&self.artefacts);
        settings.directus = self.install.dir.clone();
        settings.prelinked = self.install.prelinked.clone();
        settings.node = self.install.node.clone();
        settings
    }
}

impl Serving {
    /// One request; the `data` of the answer, or Directus' own words.
    pub(crate) fn api(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authorization = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = UnixStream::connect(&self.socket).expect("a server");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = Vec::new();
        // A connection that is reset has no answer either.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            self.died.set(true);
            return Err("the server died of it".to_owned());
        };
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        let status: u16 = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        match json["errors"][0]["message"].as_str() {
            Some(message) => Err(message.to_owned()),
            None if status >= 300 => Err(format!("{status} {body}")),
            None => Ok(json["data"].clone()),
        }
    }

    /// Whether a request was the last one: some of Directus' mistakes end its process.
    pub(crate) fn has_died(&self) -> bool {
        self.died.get()
    }

    /// The same, which must succeed.
    #[track_caller]
    pub(crate) fn must(&self, method: &str, path: &str, body: Value) -> Value {
        self.api(method, path, &body).unwrap_or_else(|error| panic!("{method} {path} {body}: {error}"))
    }
}
