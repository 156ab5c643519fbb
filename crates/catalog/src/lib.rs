//! The catalog: what one database contains, as sorted lines of text without anything that belongs to one server or session: no oids, no
//! attribute numbers, no content.
//!
//! - [`sql`] is the query that reads it; whoever has a connection runs it.
//! - [`Catalog`] holds the lines, [`Drift`] is the difference between two of them.
//! - [`File`] is `snapshots/database.txt`: the catalog that the files in git produce on an empty database.
//!
//! Pure: no process, no file, no connection.

mod file;
mod lines;
mod restore;
mod set;
pub mod sql;
mod tables;

pub use file::{Exception, File, Origin, PATH, Unreadable};
pub use lines::{Class, Line};
pub use restore::restore;
pub use set::{Catalog, Drift, condensed};
pub use tables::{Column, Table, Unique};

/// The version of the lines' own format. Recorded lines of another format are not compared: the next boot records them again.
pub const FORMAT: u32 = 3;
