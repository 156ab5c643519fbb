//! The runner against real Postgres with TimescaleDB and the real, pinned Directus.

mod boot;
mod directus_facts;
mod refusals;
mod signals;
mod site;
