//! The Directus schema as a file: read as Directus reads it, put in canonical order, written as Directus writes it, compared and
//! held against rules. Pure: text in, text and findings out; never imports `std::fs`.

pub mod canonical;
pub mod change;
pub mod directus;
pub mod ghosts;
mod index;
pub mod junctions;
pub mod model;
pub mod rules;
pub mod span;
pub mod yaml;

pub use canonical::canonical;
pub use change::Change;
pub use index::Index;
pub use model::{Collection, Document, Field, Relation, Snapshot, SystemField};
pub use rules::{Finding, Severity};
pub use yaml::read::{Doubt, DoubtKind, ParseError};
