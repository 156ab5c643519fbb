//! The compose file.
