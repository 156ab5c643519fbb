//! A server that DB_HOST… name: a database of our own on it, made at the start and dropped at the end.

use crate::ending::Undoing;
use contract::env::{self, DB_WAIT_S, Environment};
use contract::{DatabaseSettings, Failure, Outcome, Variables};
use migrations::session::{self, Session};
use std::time::{SystemTime, UNIX_EPOCH};

/// Of every throwaway database's name; the time of its making follows, in seconds.
const PREFIX: &str = "dry_run_";
/// No run takes as long, in seconds.
const ABANDONED_AFTER_S: u64 = 7200;
const APPLICATION_NAME: &str = "xtask-dry-run";
/// How long to wait for a server that may still be starting, in seconds: a CI service is.
const WAIT_S: u64 = 60;

/// A throwaway database on a given server.
pub(crate) struct Given {
    settings: DatabaseSettings,
    _undoing: Undoing,
}

impl Given {
    /// Makes the database, when the environment names a server; `None` when it does not. `unique` tells its name from others.
    ///
    /// # Errors
    /// When the server cannot be reached or the role may not create databases.
    pub(crate) fn from_environment(environment: &Environment, unique: &str) -> Outcome<Option<Given>> {
        if ["DB_HOST", "DB_CONNECTION_STRING"].iter().all(|name| environment.get(name).is_none()) {
            return Ok(None);
        }
        let maintenance = DatabaseSettings::from_environment(environment)?;
        let wait_s = environment.number(DB_WAIT_S, WAIT_S, env::WAIT_S)?;
        let mut session = session::wait_and_connect(&maintenance, APPLICATION_NAME, wait_s, &mut |text| {
            crate::console::say(text)
        })?;
        sweep(&mut session);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let name = format!("{PREFIX}{now}_{unique}");
        crate::console::say(&format!(
            "    a database of its own, `{name}`, beside the {}",
            maintenance.describe()
        ));
        // Before it is made: a signal in between finds something to undo, and dropping what is not there is no error.
        let undoing = Undoing::new({
            let (maintenance, name) = (maintenance.clone(), name.clone());
            move || drop_database(&maintenance, &name)
        });
        session.client().batch_execute(&format!("CREATE DATABASE \"{name}\"")).map_err(|error| {
            Failure::new(format!("create the throwaway database `{name}`"))
                .cause_chain(&error)
                .hint("DB_USER needs CREATEDB")
        })?;
        let settings = DatabaseSettings { database: name, ..maintenance };
        Ok(Some(Given { settings, _undoing: undoing }))
    }

    /// The variables that name the throwaway database.
    pub(crate) fn variables(&self) -> Variables {
        self.settings.variables()
    }

    /// The address, for people.
    pub(crate) fn describe(&self) -> String {
        self.settings.describe()
    }

    /// How to connect to it.
    pub(crate) fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }
}

/// Drops what a killed run left behind: its name says when it was made, and nobody is connected to it.
fn sweep(session: &mut Session) {
    let query = format!(
        "SELECT datname::text FROM pg_database d WHERE datname ~ '^{PREFIX}[0-9]+_[0-9a-f]+$'
         AND substring(datname FROM '[0-9]+')::bigint < extract(epoch FROM now()) - {ABANDONED_AFTER_S}
         AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)"
    );
    for row in session.client().query(&query, &[]).unwrap_or_default() {
        let name: String = row.get(0);
        // Without FORCE, and an error is no failure: somebody may just have connected.
        if session.client().batch_execute(&format!("DROP DATABASE \"{name}\"")).is_ok() {
            crate::console::say(&format!("    dropped `{name}`, which a killed run had left"));
        }
    }
}

fn drop_database(maintenance: &DatabaseSettings, name: &str) {
    let dropped = session::connect(maintenance, APPLICATION_NAME).and_then(|mut session| {
        let sql = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        session.client().batch_execute(&sql).map_err(|error| Failure::new("drop").cause_chain(&error))
    });
    if dropped.is_err() {
        crate::console::say(&format!("could not drop the throwaway database `{name}`: drop it by hand"));
    }
}
