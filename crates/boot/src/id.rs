//! The identity of a release.

use std::fmt;

/// Hexadecimal digits that people see and copy.
const SHORT: usize = 12;

/// The identity of a release: a SHA-256 in hexadecimal, shown by its first twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseId(String);

impl ReleaseId {
    /// An identity that the database recorded.
    pub fn from_record(text: impl Into<String>) -> Self {
        ReleaseId(text.into())
    }

    /// All digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What people see.
    pub fn short(&self) -> &str {
        self.0.get(..SHORT).unwrap_or(&self.0)
    }

    /// Whether `text`, copied from a message, means this release.
    pub fn is_meant_by(&self, text: &str) -> bool {
        text.len() >= SHORT && self.0.starts_with(text)
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_name_a_release_and_fewer_do_not() {
        let id = ReleaseId::from_record("0123456789abcdef0123456789abcdef");
        assert!(id.is_meant_by(id.short()) && id.is_meant_by(id.as_str()));
        assert!(!id.is_meant_by(&id.as_str()[..11]) && !id.is_meant_by(""));
    }
}
