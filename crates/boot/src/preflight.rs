//! What must be true of the server before anything is done on it. Pure: facts in, verdict out.

use crate::release::Release;
use crate::state::{Server, State};
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
    if wants_timescaledb && !server.timescaledb_preloaded {
        return Err(Failure::new("use the server: TimescaleDB is not loaded")
            .exit(Exit::Usage)
            .cause("the migrations use it, and the server was started without it (P7)")
            .hint("set shared_preload_libraries = 'timescaledb' and restart Postgres"));
    }
    if server.timescaledb_restoring {
        return Err(Failure::new("use the server: TimescaleDB is in restoring mode")
            .exit(Exit::Usage)
            .cause("a restore was begun with timescaledb_pre_restore() and not ended")
            .hint("wait for the restore to end, then: SELECT timescaledb_post_restore();"));
    }
    Ok(())
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
