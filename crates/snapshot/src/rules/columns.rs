//! `snapshot-columns`: every column is one that Directus can make from the file, and reads back as it was written.
//!
//! 1. It reads defaults from the catalog as SQL, takes what stands before the first `::`, and strips the outer quotes
//!    (`@directus/schema`, `parseDefaultValue`): an apostrophe inside comes back doubled, and a text with `::` in it is cut. So such a
//!    default is never what the file says, every apply changes it again, and it grows (D31).
//! 2. A column of a type that it does not know (`bytea`, `interval`, …) is `unknown` to it; an apply does not make it, and reports
//!    success (D32).

use super::{Finding, found};
use crate::model::{Document, Field};

const RULE: &str = "snapshot-columns";

/// Finds columns that an apply would not make, or not bring to rest.
pub fn columns(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, field) in document.snapshot.fields().enumerate() {
        let name = format!("{}.{}", field.collection(), field.name());
        if field.kind() == "unknown" {
            let kind = field.data_type().unwrap_or("a type of its own");
            let path = ["fields".into(), index.into(), "type".into()];
            let message = format!(
                "`{name}` is of a type that Directus does not know ({kind}): a fresh apply would not make it, and report success (D32)"
            );
            findings.push(found(RULE, document, &path, message).hint(
                "let Directus forget the field (its row in directus_fields), and make the column in db-init-post/",
            ));
        }
        if let Some(why) = unstable_default(field) {
            let path = ["fields".into(), index.into(), "schema".into(), "default_value".into()];
            let message = format!(
                "Directus cannot read the default of `{name}` back: {why}, so every apply would change it again (D31)"
            );
            findings.push(found(RULE, document, &path, message).hint(
                "take the default out of the column, and let Directus' interface or a trigger of db-init-post/ give the value",
            ));
        }
    }
    findings
}

fn unstable_default(field: Field<'_>) -> Option<&'static str> {
    let default = field.schema("default_value").filter(|default| !default.is_null())?;
    // That of a key that counts by itself is a call with both in it, and Directus knows it by its name.
    if field.schema("has_auto_increment").is_some_and(|value| value == true) {
        return None;
    }
    let text = default.to_string();
    match (text.contains('\''), text.contains("::")) {
        (true, _) => Some("an apostrophe in it comes back doubled"),
        (_, true) => Some("it is cut at the `::`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{document, lines};
    use super::*;

    fn check(schema: &str, expected: &[&str]) {
        check_field(&format!("schema: {{{schema}}}"), expected);
    }

    fn check_field(field: &str, expected: &[&str]) {
        let text = format!("fields:\n  - {{collection: a, field: b, {field}}}\n");
        assert_eq!(lines(&columns(&document(&text))), expected);
    }

    #[test]
    fn d31_a_default_that_does_not_come_back_is_found() {
        check(
            "default_value: 'it''s'",
            &[
                "2: Directus cannot read the default of `a.b` back: an apostrophe in it comes back doubled, so every apply would change it again (D31)",
            ],
        );
        check(
            "default_value: 'a::b'",
            &[
                "2: Directus cannot read the default of `a.b` back: it is cut at the `::`, so every apply would change it again (D31)",
            ],
        );
        check("default_value: 'a: \"b\"'", &[]);
        check("default_value: null", &[]);
        check("default_value: CURRENT_TIMESTAMP", &[]);
        check("default_value: 'nextval(''a_id_seq''::regclass)', has_auto_increment: true", &[]);
    }

    #[test]
    fn d32_a_type_that_directus_does_not_know_is_found() {
        check_field(
            "type: unknown, schema: {data_type: bytea}",
            &[
                "2: `a.b` is of a type that Directus does not know (bytea): a fresh apply would not make it, and report success (D32)",
            ],
        );
        check_field("type: string, schema: {data_type: character varying}", &[]);
    }
}
