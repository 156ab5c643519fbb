//! What a boot tells while it runs. The listener decides what that looks like.

use std::time::Duration;

/// One thing worth telling.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something that takes a while begins or goes on: "waiting for the database: connection refused".
    Doing(String),
    /// Something to know, beside the steps.
    Note(String),
    /// A step begins.
    Begin {
        /// The step's name.
        step: &'static str,
        /// Why it is taken.
        why: String,
    },
    /// A step is done and proved.
    Done {
        /// The step's name.
        step: &'static str,
        /// What was done, or why there was nothing to do.
        what: String,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Who listens.
pub type Report<'a> = &'a mut dyn FnMut(Event);
