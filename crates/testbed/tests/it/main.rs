//! The local engine for real: servers out of the cache, and provisioning into caches of their own.

mod cache;
mod helper;
mod server;
