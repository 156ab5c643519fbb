//! What somebody decided beforehand, by environment: one place for their words and their meaning.
//!
//! 1. `RUNNER_FAST=off` takes every step.
//! 2. `RUNNER_ON_DRIFT` is a policy.
//! 3. `RUNNER_ROLLBACK` and `RUNNER_ALLOW_DESTRUCTIVE` name one release each; for another one they count for nothing, and a note says so.

use crate::id::ReleaseId;
use contract::env::{self, ALLOW_DESTRUCTIVE, Environment, ON_DRIFT};
use contract::{Exit, Failure, Outcome};
use std::collections::BTreeSet;

/// What somebody decided beforehand, by environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// `RUNNER_FAST=off`: the full way, even if nothing changed.
    pub always_full: bool,
    /// `RUNNER_ON_DRIFT`.
    pub on_drift: Policy,
    /// `RUNNER_ROLLBACK`.
    pub rollback: Option<String>,
    /// `RUNNER_ALLOW_DESTRUCTIVE`.
    pub consent: Option<Consent>,
}

impl Choices {
    /// Reads them.
    ///
    /// # Errors
    /// Exit 2, naming the variable, when one is malformed.
    pub fn from_environment(environment: &Environment) -> Outcome<Choices> {
        Ok(Choices {
            always_full: !is_on(environment, env::FAST)?,
            on_drift: environment.get(ON_DRIFT).map(Policy::parse).transpose()?.unwrap_or_default(),
            rollback: environment.get(env::ROLLBACK).map(str::to_owned),
            consent: environment.get(ALLOW_DESTRUCTIVE).map(Consent::parse).transpose()?,
        })
    }
}

/// The switch `name`, which is on by default.
pub(crate) fn is_on(environment: &Environment, name: &str) -> Outcome<bool> {
    match environment.get(name) {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => {
            Err(Failure::new(format!("read `{name}`: `{other}` is neither on nor off")).exit(Exit::Usage))
        }
    }
}

/// `RUNNER_ON_DRIFT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// What is harmless is applied again; what would destroy is refused.
    #[default]
    Repair,
    /// The boot ends with exit 4.
    Refuse,
    /// Directus starts; nothing is recorded.
    Ignore,
}

impl Policy {
    /// Reads the variable's value.
    ///
    /// # Errors
    /// Exit 2 for another word.
    pub fn parse(word: &str) -> Outcome<Policy> {
        match word {
            "repair" => Ok(Policy::Repair),
            "refuse" => Ok(Policy::Refuse),
            "ignore" => Ok(Policy::Ignore),
            other => {
                Err(Failure::new(format!("read `{ON_DRIFT}`: `{other}` is none of repair, refuse, ignore"))
                    .exit(Exit::Usage))
            }
        }
    }
}

/// What somebody consented to lose: `RELEASE:collection,collection.field`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    release: String,
    names: BTreeSet<String>,
}

impl Consent {
    /// Reads the variable's value.
    ///
    /// # Errors
    /// Exit 2 when it is not of that form.
    pub fn parse(text: &str) -> Outcome<Consent> {
        let malformed = || {
            Failure::new(format!("read `{ALLOW_DESTRUCTIVE}`: `{text}` is not RELEASE:name,name"))
                .exit(Exit::Usage)
                .hint("copy the line from the message of the boot that was refused")
        };
        let (release, names) = text.trim().split_once(':').ok_or_else(malformed)?;
        let names: BTreeSet<String> =
            names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if release.is_empty() || names.is_empty() {
            return Err(malformed());
        }
        Ok(Consent { release: release.to_owned(), names })
    }

    /// Whether it is for `release`; for another one it counts for nothing.
    pub fn is_for(&self, release: &ReleaseId) -> bool {
        release.is_meant_by(&self.release)
    }

    /// The release it names.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Everything it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether it names an object: itself, or the collection it belongs to.
    pub fn covers(&self, name: &str) -> bool {
        let collection = name.split('.').next().unwrap_or(name);
        self.names.contains(name) || self.names.contains(collection)
    }
}

/// `RELEASE`, or `RELEASE@NUMBER` where the number is that of the entry to roll back from. The short form counts once: a variable that
/// is forgotten in a pod's environment must not take the next release back too.
pub(crate) struct Rollback {
    /// The entry to roll back from.
    pub(crate) from: Option<i64>,
}

impl Rollback {
    pub(crate) fn parse(text: &str, release: &ReleaseId) -> Option<Rollback> {
        let (id, from) = match text.trim().split_once('@') {
            Some((id, number)) => (id, Some(number.parse().ok()?)),
            None => (text.trim(), None),
        };
        release.is_meant_by(id).then_some(Rollback { from })
    }

    /// Whether it is for this release at all.
    pub(crate) fn names(text: &str, release: &ReleaseId) -> bool {
        release.is_meant_by(text.trim().split('@').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_one_of_three_words() {
        assert_eq!(Policy::parse("ignore"), Ok(Policy::Ignore));
        assert_eq!(Policy::parse("off").unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_consent_has_a_release_and_names() {
        for text in ["teams", ":teams", "0123456789ab:", "0123456789ab: ,"] {
            assert_eq!(Consent::parse(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }
}
