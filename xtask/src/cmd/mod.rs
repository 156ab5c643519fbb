//! One file per command, named like it: its arguments, its run, and little else.

pub(crate) mod apply;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod db_init;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod drill;
pub(crate) mod dry_run;
pub(crate) mod erd;
pub(crate) mod image;
pub(crate) mod new;
pub(crate) mod seed;
pub(crate) mod setup;
pub(crate) mod snapshot;
pub(crate) mod supervise;
pub(crate) mod test;
pub(crate) mod up;
