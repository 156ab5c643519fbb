//! `cargo xtask` as its users meet it: the real program, real Postgres with TimescaleDB, real Directus.

mod browser;
mod checkout;
mod containers;
mod db_init;
mod doctor;
mod dry_run;
mod endings;
mod house_rules;
mod instance;
mod live;
mod new;
mod picture;
mod proxy;
mod registration;
mod rehearsal;
mod seed;
mod terminal;
mod up;
mod versions;
mod walk;
mod webdriver;
mod words;
