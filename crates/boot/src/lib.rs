//! The boot: the whole way from an unknown database to one that is what the release says, and then to a serving Directus.
//!
//! Ask, plan, act: [`state`] reads the database, [`plan`] decides as plain data, [`perform`] does it and proves each outcome.
//! Used by the image's runner and by `cargo xtask`, so that there is one implementation of all of it.

pub mod bridge;
pub mod choices;
pub mod diff;
pub mod directus;
pub mod drift;
mod excerpt;
pub mod gate;
mod guard;
pub mod history;
mod id;
pub mod image;
pub mod interrupt;
pub mod log;
pub mod perform;
pub mod plan;
pub mod preflight;
pub mod proof;
pub mod release;
pub mod report;
pub mod settings;
pub mod stake;
pub mod state;
pub mod status;

pub use bridge::Bridge;
pub use id::ReleaseId;
pub use interrupt::Interrupt;
pub use perform::{Boot, Prepared};
pub use plan::{BootPlan, Step, StepKind};
pub use release::Release;
pub use report::{Event, Report};
pub use settings::BootSettings;
