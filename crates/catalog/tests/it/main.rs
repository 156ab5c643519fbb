//! The query against real servers: the same lines from every major version of Postgres and under any settings, and another line for
//! whatever is another definition.

mod changes;
mod read;
mod settings;
mod timescaledb;
mod versions;
