//! What the host's tools and the image's runner agree on. The standard library only, and no I/O:
//! whoever reads the environment or a file hands the values in.

pub mod artefacts;
pub mod commit;
pub mod database;
pub mod env;
pub mod exit;
pub mod failure;
pub mod inert;
pub mod known;
pub mod secret;
pub mod sql;
pub mod variables;

pub use artefacts::{Artefacts, Phase};
pub use commit::Commit;
pub use database::DatabaseSettings;
pub use exit::Exit;
pub use failure::{Failure, Outcome};
pub use inert::inert;
pub use secret::Secret;
pub use variables::Variables;
