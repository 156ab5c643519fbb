//! YAML as Directus reads and writes it, that is: as js-yaml 4 does with its default schema.
//!
//! The only program that acts on a snapshot is Directus. So [`read`] types every plain scalar by js-yaml's rules and refuses what
//! js-yaml would refuse; where js-yaml makes something of a scalar that no snapshot can mean (a date, an infinity), it leaves a
//! [`read::Doubt`]. [`emit`] quotes so that js-yaml and `serde_yaml` read the very same value (Y1).
//!
//! Why not `serde_yaml` for reading: it gives neither positions of values nor the style of a scalar, and without the style the text
//! `2026-11-23` (a date to Directus) cannot be told from `'2026-11-23'` (a string). The tests hold both readers against each other.

pub mod emit;
pub mod read;
mod scalar;
