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

/// In quotes where it must be, as people write it.
pub fn identifier(name: &str) -> String {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_plain =
        starts && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    match is_plain && !RESERVED.split(' ').any(|word| word == name) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// Postgres' reserved words (appendix C of its manual): as names they need quotes.
const RESERVED: &str = "\
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create \
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc distinct \
    do else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit \
    localtime localtimestamp not null offset on only or order placing primary references returning select session_user \
    some symmetric system_user table then to trailing true union unique user using variadic when where window";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_where_it_must_be() {
        assert_eq!(["race_number", "user", "Odd"].map(identifier), ["race_number", "\"user\"", "\"Odd\""]);
    }

    #[test]
    fn names_and_strings_are_quoted() {
        assert_eq!(literal(r"a'b\"), r"E'a''b\\'");
        assert_eq!(quoted("My \"own\""), r#""My ""own""""#);
    }
}
