//! What must be true of a snapshot before Directus sees it. Each rule is one pure function; each message says what Directus would do.

mod columns;
mod ghost;
mod header;
mod keys;
mod references;
mod skim;

pub use columns::columns;
pub use ghost::ghost_collection;
pub use header::{unreadable, vendor, version, yaml};
pub use keys::{has_unknown_keys, keys};
pub use references::references;
pub use skim::skim;

use crate::model::Document;
use crate::span::Step;
use contract::artefacts::SNAPSHOT;
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look; the check still passes.
    Warning,
    /// The check fails.
    Error,
}

/// One finding of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// The file, relative to the repository.
    pub path: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong, and what it would lead to.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// How bad it is.
    pub severity: Severity,
}

impl Finding {
    /// An error about a whole file.
    pub fn error(rule: &'static str, path: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            path: path.into(),
            line: None,
            column: None,
            message: message.into(),
            hint: None,
            severity: Severity::Error,
        }
    }

    /// The same as a warning.
    pub fn warning(mut self) -> Finding {
        self.severity = Severity::Warning;
        self
    }

    /// The same at a line and column, both from 1.
    pub fn at(mut self, line: usize, column: usize) -> Finding {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    /// The same with a remedy.
    pub fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }
}

/// `path:line:column: rule: message`, and the hint on a line of its own; no newline at the end.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        let severity = if self.severity == Severity::Warning { "warning: " } else { "" };
        write!(f, ": {severity}{}: {}", self.rule, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// An error in the snapshot, at what `path` leads to.
fn found(rule: &'static str, document: &Document, path: &[Step<'_>], message: impl Into<String>) -> Finding {
    let (line, column) = document.position(path);
    Finding::error(rule, SNAPSHOT, message).at(line, column)
}

/// The usual remedy: let Directus write the file.
const SNAPSHOT_AGAIN: &str = "make the change in Directus (cargo xtask up) and run cargo xtask snapshot";

#[cfg(test)]
mod tests {
    use super::*;

    /// The snapshot that a real Directus made of events, entries, a folder, a junction and two ghosts.
    pub(super) const REAL: &str = include_str!("../../tests/data/directus-11.17.4.yaml");

    pub(super) fn document(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    /// The messages of `findings`, each with its line.
    pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(|finding| format!("{}: {}", finding.line.unwrap_or(0), finding.message)).collect()
    }

    #[test]
    fn a_finding_reads_as_place_rule_message_and_hint() {
        let finding =
            Finding::error("snapshot-vendor", SNAPSHOT, "made with `mysql`").at(3, 1).hint("take it anew");
        assert_eq!(
            finding.to_string(),
            "snapshots/schema.yaml:3:1: snapshot-vendor: made with `mysql`\n  hint: take it anew"
        );
        assert!(finding.warning().to_string().contains(": warning: snapshot-vendor:"));
    }
}
