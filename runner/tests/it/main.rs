//! The runner against real Postgres with TimescaleDB and the real, pinned Directus.

mod boot;
mod caches;
mod directus_facts;
mod fast_path;
mod identity;
mod lock;
mod mixture;
mod prelinked;
mod quick;
mod refusals;
mod releases;
mod signals;
mod site;
mod stakes;
mod telling;
mod upgrade;
mod versions;
