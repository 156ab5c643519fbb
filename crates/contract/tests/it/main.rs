//! The crate from outside: any environment at all, as settings.

mod settings;
