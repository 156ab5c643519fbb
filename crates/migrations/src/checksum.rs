//! What is remembered of a file's content, so that an edit of an applied migration is noticed and an editor's line ends are not.

use crate::lexer::{TokenKind, tokens};
use crate::source::BOM;
use sha2::{Digest, Sha256};
use std::fmt;

/// A SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum(String);

impl Checksum {
    /// Over the normalised source: no byte order mark, LF line ends, no white space at the end. Editors and git flip these by
    /// themselves (P12).
    pub fn of_source(source: &str) -> Self {
        hash([normalise(source).trim_end().as_bytes()])
    }

    /// Over the tokens alone: the same for two sources that differ in comments and white space between tokens only.
    pub fn of_tokens(source: &str) -> Self {
        let source = normalise(source);
        // A separator that no token starts with keeps `ab` and `a b` apart.
        hash(
            tokens(&source)
                .iter()
                .filter(|token| !token.is_trivia() && token.kind != TokenKind::Unknown)
                .flat_map(|token| [token.text(&source).as_bytes(), b"\0"]),
        )
    }

    /// A checksum read from the ledger, whoever wrote it.
    pub fn from_ledger(text: impl Into<String>) -> Self {
        Checksum(text.into())
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn normalise(source: &str) -> String {
    source.strip_prefix(BOM).unwrap_or(source).replace("\r\n", "\n")
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Checksum {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = hasher.finalize().iter().flat_map(|byte| [byte >> 4, byte & 15]).collect::<Vec<u8>>();
    Checksum(digits.into_iter().map(|digit| char::from(DIGITS[usize::from(digit)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p12_line_ends_a_bom_and_trailing_white_space_change_nothing() {
        let plain = Checksum::of_source("SELECT 1;\nSELECT 2;\n");
        for same in [
            "\u{FEFF}SELECT 1;\nSELECT 2;\n",
            "SELECT 1;\r\nSELECT 2;\r\n",
            "SELECT 1;\nSELECT 2;",
            "SELECT 1;\nSELECT 2;\n\n ",
        ] {
            assert_eq!(Checksum::of_source(same), plain, "{same:?}");
        }
        assert_ne!(Checksum::of_source("SELECT 1;\nSELECT 3;\n"), plain);
    }

    #[test]
    fn a_comment_changes_the_source_but_not_the_tokens() {
        let (plain, commented) = ("SELECT 1;", "-- one\nSELECT /* ! */ 1 ;");
        assert_ne!(Checksum::of_source(plain), Checksum::of_source(commented));
        assert_eq!(Checksum::of_tokens(plain), Checksum::of_tokens(commented));
        assert_ne!(Checksum::of_tokens("SELECT ab"), Checksum::of_tokens("SELECT a b"));
        assert_ne!(Checksum::of_tokens("SELECT 'a'"), Checksum::of_tokens("SELECT 'a '"));
    }

    #[test]
    fn it_is_the_sha_256_that_other_tools_print() {
        assert_eq!(
            Checksum::of_source("abc\n").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
