//! What the local engine needs of a machine and does not bring: one list for those who demand it and for those who only look.

use crate::{directus, postgres_root, sandbox};
use contract::Outcome;

/// A program, and Debian's package that has it.
pub type Program = (&'static str, &'static str);

/// To run Postgres, each time.
pub const RUN: &[Program] = &[("bwrap", "bubblewrap")];
/// To fetch Postgres, once.
pub const FETCH_POSTGRES: &[Program] =
    &[("mmdebstrap", "mmdebstrap"), ("unshare", "util-linux"), ("tar", "tar")];
/// The same, for who is not root.
pub const FETCH_POSTGRES_AS_USER: &[Program] = &[("newuidmap", "uidmap")];
/// To fetch Directus and to compile its one native module, once.
pub const FETCH_DIRECTUS: &[Program] =
    &[("npm", "npm"), ("make", "make"), ("g++", "g++"), ("python3", "python3")];
/// To look at the admin UI in a real browser.
pub const BROWSER: &[Program] = &[("chromium", "chromium"), ("chromedriver", "chromium-driver")];
/// To build images, run containers, and publish to a registry of one's own.
pub const DOCKER: &[Program] = &[("docker", "docker.io"), ("docker-registry", "docker-registry")];

/// Bytes that fetching both parts takes at its peak.
pub const FETCH_BYTES: u64 = postgres_root::NEEDS_BYTES + directus::NEEDS_BYTES;

/// Whether Postgres can be run here: in namespaces of its own.
///
/// # Errors
/// Exit 1 with bubblewrap's own words and the ways around it.
pub fn namespaces() -> Outcome<()> {
    sandbox::require_namespaces()
}

/// Whether Postgres can be fetched here by this user: with subordinate ids, unless it is root.
///
/// # Errors
/// Exit 1 with the command that gives them.
pub fn subordinate_ids() -> Outcome<()> {
    postgres_root::namespace().map(drop)
}
