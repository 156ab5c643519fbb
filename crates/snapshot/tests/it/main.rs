//! The crate from outside: against the real js-yaml, against `serde_yaml`, and against a snapshot that a real Directus made.

mod changes;
mod fuzz;
mod js;
mod reading;
mod real;
mod values;
mod writing;
