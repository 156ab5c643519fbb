//! The one list of steps that a change goes through: `cargo xtask ci` takes them here, the workflow takes them on a runner, and the rule
//! `workflow` holds the two together.

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// As people read it.
    pub(crate) name: &'static str,
    /// The words after `cargo xtask`.
    pub(crate) words: &'static [&'static str],
    /// Whether it publishes: from the main branch alone, with secrets that no other step sees.
    pub(crate) publishes: bool,
}

/// All of them, in order: what is cheap comes first, and nothing is published that was not proved.
pub(crate) const STEPS: [Step; 6] = [
    Step { name: "Static rules", words: &["check"], publishes: false },
    Step { name: "Formatting, lints and unit tests", words: &["test", "--only", "fast"], publishes: false },
    Step { name: "Image", words: &["image"], publishes: false },
    Step {
        name: "Dry run",
        words: &["dry-run", "--engine", "docker", "--image", "--seed"],
        publishes: false,
    },
    Step {
        name: "Upgrade",
        words: &["dry-run", "--engine", "docker", "--image", "--from"],
        publishes: false,
    },
    Step { name: "Push", words: &["image", "--push"], publishes: true },
];

impl Step {
    /// The line that a person would type, and that the workflow runs.
    pub(crate) fn line(&self) -> String {
        format!("cargo xtask {}", self.words.join(" "))
    }
}
