//! What the database is, as far as the boot plan needs to know. Reads only.

use contract::{Failure, Outcome};
use migrations::session::Session;
use std::collections::BTreeSet;

/// The database before a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Directus' own tables.
    pub directus: Directus,
}

/// How far Directus is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directus {
    /// None of its tables is there.
    Absent,
    /// Some are: an earlier install died half-way, and Directus itself takes this for installed (D9).
    Partial {
        /// The tables that are missing.
        missing: Vec<String>,
    },
    /// All are.
    Installed {
        /// Rows of `directus_users`.
        users: i64,
        /// Versions in `directus_migrations`.
        system_migrations: BTreeSet<String>,
    },
}

/// Tables that every install has from its first statement to its last; Directus asks for the first one only.
const MARKERS: [&str; 4] =
    ["directus_collections", "directus_migrations", "directus_settings", "directus_users"];

impl State {
    /// Reads the state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn read(session: &mut Session) -> Outcome<State> {
        let what = "read the state of the database";
        let failed = |error: postgres::Error| Failure::new(what).cause_chain(&error);
        let client = session.client();
        let rows = client
            .query(
                "SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL",
                &[&MARKERS.as_slice()],
            )
            .map_err(failed)?;
        let missing: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        if missing.len() == MARKERS.len() {
            return Ok(State { directus: Directus::Absent });
        }
        if !missing.is_empty() {
            return Ok(State { directus: Directus::Partial { missing } });
        }
        let users = client.query_one("SELECT count(*) FROM directus_users", &[]).map_err(failed)?.get(0);
        Ok(State { directus: Directus::Installed { users, system_migrations: system_migrations(session)? } })
    }
}

/// The versions of Directus' own migrations that the database records.
///
/// # Errors
/// When the table cannot be read.
pub fn system_migrations(session: &mut Session) -> Outcome<BTreeSet<String>> {
    let rows = session
        .client()
        .query("SELECT version::text FROM directus_migrations", &[])
        .map_err(|error| Failure::new("read `directus_migrations`").cause_chain(&error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
