//! `cargo xtask` as its users meet it: the real program, real Postgres with TimescaleDB, real Directus.

mod checkout;
mod containers;
mod db_init;
mod dry_run;
mod endings;
mod house_rules;
mod live;
mod new;
mod rehearsal;
mod walk;
mod words;
mod instance;
mod proxy;
mod registration;
mod rehearsal;
mod seed;
mod up;
