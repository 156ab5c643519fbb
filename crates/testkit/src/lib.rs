//! What the tests bring along, so that none of them rests on what the team keeps in `db-init/`, `snapshots/` and `seeds/`.
//!
//! `release/` is a release of the tests' own, about gardens: small, and with everything that the tests look at. Its snapshot and
//! its picture were written by `cargo xtask snapshot` and `erd`, as the team's are. For tests alone: only dev-dependencies name this crate.

mod place;
mod said;
pub mod text;
pub mod tls;
mod tree;

pub use place::{EMAIL, PASSWORD, Place, environment, install};
pub use said::Said;
pub use tree::{Tree, repository};

/// The snapshot of the tests' own release.
pub const SNAPSHOT: &str = include_str!("../release/snapshots/schema.yaml");
