//! The runner against real Postgres with TimescaleDB and the real, pinned Directus.

mod boot;
mod by_hand;
mod caches;
mod catalog;
mod directus_facts;
mod fast_path;
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
mod tls;
mod unread;
mod upgrade;
mod versions;
