//! The first differences between two snapshots, each as one readable line, for reports of a round trip.

use crate::model::{SECTIONS, Snapshot};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many lines a report shows.
const LIMIT: usize = 20;
/// How much of a value a line shows, in characters.
const VALUE_WIDTH: usize = 60;

/// What differs, at most twenty lines and one that counts the rest; empty when the two are the same schema. The order of items
/// and keys does not count. What belongs to a collection that only one side has is not listed again.
///
/// ```
/// # use snapshot::Snapshot;
/// let file = Snapshot::parse("version: 1\ncollections: []\n").unwrap();
/// let database = Snapshot::parse("version: 1\ncollections:\n  - collection: drivers\n").unwrap();
/// assert_eq!(snapshot::first_differences(&file, &database), ["collection drivers: only in the database"]);
/// ```
pub fn first_differences(file: &Snapshot, database: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for key in keys_of_both(file.root(), database.root()) {
        if !SECTIONS.contains(&key.as_str()) {
            compare(&mut lines, "snapshot", key, file.root().get(key), database.root().get(key));
        }
    }
    let one_sided = |name: &str| file.collection(name).is_some() != database.collection(name).is_some();
    for section in SECTIONS {
        let (left, right) = (index(section, file), index(section, database));
        let identities: std::collections::BTreeSet<&Identity<'_>> = left.keys().chain(right.keys()).collect();
        for identity in identities {
            if section != "collections" && one_sided(identity.0) {
                continue;
            }
            let name = identity.name();
            match (left.get(identity), right.get(identity)) {
                (Some(left), Some(right)) => compare(&mut lines, &name, "", Some(left), Some(right)),
                (left, _) => {
                    let side = if left.is_some() { "the file" } else { "the database" };
                    lines.push(format!("{} {name}: only in {side}", word(section)));
                }
            }
        }
    }
    if lines.len() > LIMIT {
        let rest = lines.len() - LIMIT;
        lines.truncate(LIMIT);
        lines.push(format!("… and {rest} more"));
    }
    lines
}

/// Collection and field; which of several items of that name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Identity<'a>(&'a str, &'a str, usize);

impl Identity<'_> {
    fn name(&self) -> String {
        let Identity(collection, field, copy) = self;
        let name = if field.is_empty() { (*collection).to_owned() } else { format!("{collection}.{field}") };
        if *copy == 0 { name } else { format!("{name} (again)") }
    }
}

fn index<'a>(section: &str, snapshot: &'a Snapshot) -> BTreeMap<Identity<'a>, &'a Value> {
    let mut items = BTreeMap::new();
    for item in snapshot.section(section) {
        let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or("");
        let mut identity = Identity(text("collection"), text("field"), 0);
        while items.contains_key(&identity) {
            identity.2 += 1;
        }
        items.insert(identity, item);
    }
    items
}

fn word(section: &str) -> &'static str {
    match section {
        "collections" => "collection",
        "fields" => "field",
        "systemFields" => "system field",
        _ => "relation",
    }
}

fn keys_of_both<'a>(
    a: &'a Map<String, Value>,
    b: &'a Map<String, Value>,
) -> impl Iterator<Item = &'a String> {
    a.keys().chain(b.keys().filter(move |key| !a.contains_key(*key)))
}

fn compare(lines: &mut Vec<String>, name: &str, path: &str, left: Option<&Value>, right: Option<&Value>) {
    match (left, right) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            for key in keys_of_both(a, b) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(lines, name, &path, a.get(key), b.get(key));
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(lines, name, &format!("{path}[{index}]"), Some(a), Some(b));
            }
        }
        (left, right) if left == right => {}
        (left, right) => lines.push(format!("{name}: {path} {} → {}", shown(left), shown(right))),
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "(absent)".to_owned(), Value::to_string);
    if text.chars().count() <= VALUE_WIDTH {
        return text;
    }
    text.chars().take(VALUE_WIDTH).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, database: &str, expected: &[&str]) {
        let lines = first_differences(&Snapshot::parse(file).unwrap(), &Snapshot::parse(database).unwrap());
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_changed_length_is_one_line_with_both_values() {
        check(
            "fields:\n  - {collection: entries, field: race_number, schema: {max_length: 20}}\n",
            "fields:\n  - {collection: entries, field: race_number, schema: {max_length: 10}}\n",
            &["entries.race_number: schema.max_length 20 → 10"],
        );
    }

    #[test]
    fn a_collection_of_one_side_hides_its_fields() {
        check(
            "collections: []\nfields: []\n",
            "collections:\n  - collection: drivers\nfields:\n  - {collection: drivers, field: id}\n",
            &["collection drivers: only in the database"],
        );
    }

    #[test]
    fn order_does_not_count() {
        check(
            "fields:\n  - {collection: a, field: x}\n  - {field: y, collection: a}\n",
            "fields:\n  - {collection: a, field: y}\n  - {collection: a, field: x}\n",
            &[],
        );
    }

    #[test]
    fn an_absent_key_differs_from_null() {
        check(
            "relations:\n  - {collection: a, field: x, meta: {sort_field: null}}\n",
            "relations:\n  - {collection: a, field: x, meta: {}}\n",
            &["a.x: meta.sort_field null → (absent)"],
        );
    }

    #[test]
    fn long_reports_end_in_a_count() {
        let many: String = (0..30).map(|n| format!("  - collection: c{n}\n")).collect();
        let file = Snapshot::parse("collections: []\n").unwrap();
        let database = Snapshot::parse(&format!("collections:\n{many}")).unwrap();
        assert_eq!(first_differences(&file, &database).last().unwrap(), "… and 10 more");
    }
}
