//! Where a drill happens: a server of its own, on which each trial gets a database of its own. Making a database or copying one takes a
//! tenth of a second; a new server for each trial, or booting once more what the trial starts from, takes seconds.

use super::releases::Releases;
use crate::ending::Undoing;
use crate::engine::{Ground, Login, directus_variables};
use crate::http::Address;
use crate::process::{self, Env, Running};
use anyhow::Result;
use contract::Variables;
use std::path::{Path, PathBuf};
use testbed::{Database, Instance, Server};

/// A server, and a folder for what runs on it.
pub(crate) struct Site<'a> {
    ground: &'a Ground,
    releases: Releases,
    server: Server,
    folder: PathBuf,
    variables: Variables,
    _undoing: Undoing,
}

impl<'a> Site<'a> {
    /// Starts the server, on which nothing is, and lays out the releases.
    ///
    /// # Errors
    /// When it does not start, or a release cannot be laid out.
    pub(crate) fn open(ground: &'a Ground, root: &Path) -> Result<Self> {
        let instance = Instance::new()?;
        let folder = instance.dir().to_path_buf();
        let undoing = Undoing::new(move || drop(instance));
        let server = ground.server(&folder)?;
        let address = Address::Socket(folder.join("directus.sock"));
        let variables = directus_variables(root, &ground.install, &folder, &address, &Login::new()?)?;
        let releases = Releases::lay(root, &folder)?;
        Ok(Site { ground, releases, server, folder, variables, _undoing: undoing })
    }

    /// The server, to make databases on.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// The server's folder; it goes with it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The checkout's release, and what a drill adds to it.
    pub(crate) fn first_release(&self) -> &Path {
        &self.releases.first
    }

    /// The one after it.
    pub(crate) fn second_release(&self) -> &Path {
        &self.releases.second
    }

    /// The runner's environment for a release and a database.
    pub(crate) fn environment(&self, database: &Database<'_>, release: &Path) -> Variables {
        let mut environment = self.variables.clone();
        environment.extend(database.environment());
        environment.with(contract::env::ROOT, release.display())
    }

    /// Starts `runner prepare` of a release, with JSON lines.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn prepare(
        &self,
        database: &Database<'_>,
        release: &Path,
        each: impl Fn(&str) + Send + 'static,
    ) -> Result<Running> {
        let environment = self.environment(database, release).with(contract::env::LOG, "json");
        Ok(process::start(&self.ground.runner, &["prepare"], Env::Only(environment), each)?)
    }

    /// Starts `runner start` of a release, with further variables.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(&self, database: &Database<'_>, release: &Path, socket: &Path) -> Result<Running> {
        let environment = self.environment(database, release).with("UNIX_SOCKET_PATH", socket.display());
        Ok(process::start(&self.ground.runner, &["start"], Env::Only(environment), |_| {})?)
    }

    /// A boot that must succeed.
    ///
    /// # Errors
    /// The runner's last lines.
    pub(crate) fn finish(&self, database: &Database<'_>, release: &Path) -> Result<()> {
        let ended = self.prepare(database, release, |_| {})?.wait()?;
        if ended.status.success() { Ok(()) } else { Err(ended.failure("boot to the end").into()) }
    }
}

/// Everything that must be the same after two boots: the recorded listing, and the number of rows of every table.
pub(crate) fn picture(database: &Database<'_>) -> Result<String> {
    let mut client = database.connect()?;
    let mut lines = |query: &str| -> Result<Vec<String>> {
        let messages = client.simple_query(query)?;
        let text = |message: &postgres::SimpleQueryMessage| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        Ok(messages.iter().filter_map(text).collect())
    };
    let listing = lines("SELECT listing FROM schema_releases ORDER BY number DESC LIMIT 1")?;
    let counts = lines(
        "SELECT c.relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', n.nspname, c.relname), false, true, '')))[1] \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1",
    )?;
    Ok(format!("{}\n{}", listing.join("\n"), counts.join("\n")))
}
