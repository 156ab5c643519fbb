//! The words of the migrations. What a migration makes is named somewhere in its text, be it in a statement, in a string that is
//! executed or in quotes; so a db-only object whose name is no word of any migration is somebody else's.

use std::collections::BTreeSet;

/// Every identifier-like word of `sources`, in lower case and as it is written.
pub(crate) fn of<'a>(sources: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for source in sources {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        for word in source.split(|c| !is_part(c)).filter(|word| !word.is_empty()) {
            if word.starts_with(|first: char| first.is_ascii_digit()) {
                continue;
            }
            // Unquoted names are folded by the server, quoted ones are not.
            words.insert(word.to_lowercase());
            words.insert(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_statements_strings_and_quotes() {
        let words =
            of(["CREATE TABLE Positions (a int);", "EXECUTE 'CREATE VIEW last_seen AS …'; \"My_Table\""]);
        for word in ["positions", "Positions", "last_seen", "My_Table"] {
            assert!(words.contains(word), "{word}");
        }
        assert!(!words.contains("1"));
    }
}
