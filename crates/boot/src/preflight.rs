//! What must be true of the server before anything is done on it. Pure: facts in, verdict out.

use crate::release::Release;
use crate::state::{Server, State};
use contract::env::{ADMIN_EMAIL, Environment};
use contract::{Exit, Failure, Outcome};

/// The oldest server: `pg_current_xact_id()` is of 13.
const OLDEST: u32 = 130_000;

/// Judges the server by itself, before the way is decided.
///
/// # Errors
/// Exit 2 for a server that cannot be used; exit 5 for one that is not the primary, which may change.
pub fn server(server: &Server, release: &Release) -> Outcome<()> {
    if server.version_num < OLDEST {
        return Err(Failure::new(format!("use the server: Postgres {} is too old", server.version))
            .exit(Exit::Usage)
            .hint("use Postgres 13 or later; 16 or later for TimescaleDB"));
    }
    if server.read_only {
        return Err(Failure::new("use the server: it does not take writes")
            .exit(Exit::Unreachable)
            .cause("it is a standby, or `default_transaction_read_only` is on")
            .hint("connect to the primary: check DB_HOST"));
    }
    let wants_timescaledb = release.catalog.catalog.names("extension").any(|name| name == "timescaledb");
    if wants_timescaledb && !server.timescaledb_preloaded && !server.timescaledb_available {
        return Err(Failure::new("use the server: TimescaleDB is not installed on it")
            .exit(Exit::Usage)
            .cause("the migrations use it, and pg_available_extensions does not have it; told to load it, this server would not start")
            .hint("use a server that has it, such as the image timescale/timescaledb-ha; of managed servers only some offer it"));
    }
    if wants_timescaledb && !server.timescaledb_preloaded {
        return Err(Failure::new("use the server: TimescaleDB is not loaded")
            .exit(Exit::Usage)
            .cause("the migrations use it, and the server was started without it (P7)")
            .hint("set shared_preload_libraries = 'timescaledb', on a managed server among its parameters, and restart it"));
    }
    if server.timescaledb_restoring {
        return Err(Failure::new("use the server: TimescaleDB is in restoring mode")
            .exit(Exit::Usage)
            .cause("a restore was begun with timescaledb_pre_restore() and not ended")
            .hint("wait for the restore to end, then: SELECT timescaledb_post_restore();"));
    }
    Ok(())
}

/// Judges the first administrator's address as far as it can be told without Directus, which refuses it only after its whole install.
///
/// # Errors
/// Exit 2 when it cannot be one.
pub fn admin_email(environment: &Environment) -> Outcome<()> {
    let email = environment.get(ADMIN_EMAIL).unwrap_or_default();
    let is_one = email.split_once('@').is_some_and(|(local, domain)| {
        let labels: Vec<&str> = domain.split('.').collect();
        !local.is_empty()
            && labels.len() > 1
            && labels.iter().all(|label| !label.is_empty())
            && !email.contains(char::is_whitespace)
            && !domain.contains('@')
    });
    if is_one {
        return Ok(());
    }
    Err(Failure::new(format!("install Directus: `{ADMIN_EMAIL}` is no email address"))
        .exit(Exit::Usage)
        .hint("set it to the address that the first administrator logs in with: name@example.com"))
}

/// Judges the role, before an effect: `why` is what there is to do.
///
/// # Errors
/// Exit 2 when this role may not create anything.
pub fn role(state: &State, why: &str) -> Outcome<()> {
    if state.server.may_create {
        return Ok(());
    }
    Err(Failure::new(format!(
        "prepare the database: the role `{}` may not create in schema `{}`",
        state.server.role, state.tables.home
    ))
    .exit(Exit::Usage)
    .cause(format!("there is something to do: {why}"))
    .hint("run `runner prepare` with the role that owns the schema; `start` may then use a lesser one"))
}

/// A geometry field needs PostGIS where Directus' session finds it (D22).
///
/// # Errors
/// Exit 2 when it is not there.
pub fn geometry(server: &Server, release: &Release) -> Outcome<()> {
    let field = release.snapshot()?.fields().find(|field| field.kind().starts_with("geometry"));
    match field {
        Some(field) if !server.geometry => Err(Failure::new(format!(
            "apply the snapshot: `{}.{}` is a geometry, and this role's search_path finds no PostGIS",
            field.collection(),
            field.name()
        ))
        .exit(Exit::Usage)
        .cause(match &server.postgis {
            Some(version) => {
                format!("PostGIS {version} is installed in a schema that is not on the search_path (D22)")
            }
            None => "the extension is not created in this database (D22)".to_owned(),
        })
        .hint("a migration in db-init/: CREATE EXTENSION IF NOT EXISTS postgis;")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Variables;

    #[test]
    fn an_address_is_told_from_what_cannot_be_one() {
        let judge = |email: &str| admin_email(&Variables::new().with(ADMIN_EMAIL, email).into());
        for email in ["admin@example.com", "a.b+c@mail.example.co", "ë@example.com"] {
            assert_eq!(judge(email), Ok(()), "{email}");
        }
        for email in [
            "admin",
            "admin@localhost",
            "@example.com",
            "a b@example.com",
            "a@b@example.com",
            "a@example..com",
            "a@.com",
        ] {
            assert_eq!(judge(email).unwrap_err().exit, Exit::Usage, "{email}");
        }
    }
}
