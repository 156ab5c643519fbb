//! The image: its context, its build, what must be true of it, and how it is published. `cmd/image.rs` tells the story.

pub(crate) mod build;
pub(crate) mod context;
pub(crate) mod expected;
pub(crate) mod layers;
pub(crate) mod push;
pub(crate) mod record;
pub(crate) mod sbom;
