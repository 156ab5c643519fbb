//! Numbered SQL migrations in two phases: files → lexed → checked → planned (all pure), then session, lock, ledger and execution.
//!
//! The way through: [`file::discover`] → [`hazards::refuse_all`] → [`session::wait_and_connect`] → [`lock::acquire`] →
//! [`ledger::read`] → [`plan::compute`] → [`run::perform`]. Nothing before `perform` writes to the database.

pub mod checksum;
mod commands;
mod cursor;
mod explain;
pub mod file;
pub mod hazards;
pub mod ledger;
pub mod lexer;
pub mod lock;
pub mod outside;
pub mod plan;
pub mod relations;
pub mod run;
pub mod schema;
pub mod session;
pub mod source;
pub mod statements;
pub mod tls;

pub use file::{Migration, Migrations};
pub use ledger::Ledger;
pub use lock::Lock;
pub use plan::Plan;
pub use session::Session;
