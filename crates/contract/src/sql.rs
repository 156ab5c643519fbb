//! Names and strings in SQL text.

/// A string for SQL text. Names of files and tables only; nothing of it comes from a request.
pub fn literal(text: &str) -> String {
    // E'' is read the same whatever standard_conforming_strings a file has set.
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A quoted name for SQL text.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_are_quoted() {
        assert_eq!(literal(r"a'b\"), r"E'a''b\\'");
        assert_eq!(quoted("My \"own\""), r#""My ""own""""#);
    }
}
