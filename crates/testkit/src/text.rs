//! Changes to the text of a snapshot, as a person would make them in an editor.

use std::ops::Range;

/// Where a field stands: from its first line to the next item's.
fn block(text: &str, collection: &str, field: &str) -> Range<usize> {
    let head = format!("  - collection: {collection}\n    field: {field}\n");
    let start = text.find(&head).unwrap_or_else(|| panic!("no field {collection}.{field}"));
    let rest = &text[start + 1..];
    // The last field has the next section behind it.
    let length = ["\n  - collection:", "\nsystemFields:"].iter().filter_map(|next| rest.find(next)).min();
    start..start + length.expect("the next item") + 2
}

/// The text of one field.
///
/// # Panics
/// When there is none; so do the others.
pub fn field<'a>(text: &'a str, collection: &str, field: &str) -> &'a str {
    &text[block(text, collection, field)]
}

/// Without one field.
pub fn without_field(text: &str, collection: &str, field: &str) -> String {
    let block = block(text, collection, field);
    format!("{}{}", &text[..block.start], &text[block.end..])
}

/// With a copy of one field under another name.
pub fn with_field(text: &str, collection: &str, like: &str, name: &str) -> String {
    let block = block(text, collection, like);
    let copy = text[block.clone()]
        .replace(&format!("field: {like}\n"), &format!("field: {name}\n"))
        .replace(&format!("name: {like}\n"), &format!("name: {name}\n"));
    format!("{}{copy}{}", &text[..block.start], &text[block.start..])
}

/// With another text in one field.
pub fn changed_field(text: &str, collection: &str, field: &str, from: &str, to: &str) -> String {
    let block = block(text, collection, field);
    format!("{}{}{}", &text[..block.start], text[block.clone()].replacen(from, to, 1), &text[block.end..])
}

/// Without the first line that starts with `key` after `place`.
pub fn without_line(text: &str, place: &str, key: &str) -> String {
    let (before, after) = text.split_once(place).expect("the place");
    let line = after.lines().find(|line| line.trim_start().starts_with(key)).expect("the line");
    format!("{before}{place}{}", after.replacen(&format!("{line}\n"), "", 1))
}
