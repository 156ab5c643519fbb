//! Migrations against a real Postgres: what the server does, and what the ledger says afterwards. Facts (P1 …) name their tests.

mod errors;
mod fuzz;
mod ledger;
mod lock;
mod run;
mod server;
mod session;
mod tls;
