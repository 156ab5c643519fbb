//! The one order of a snapshot. Directus' own depends on the order in which the metadata was created, so it differs between two
//! databases of the same schema (D16); in canonical order, equal schemas are equal files.
//!
//! 1. Sections and the keys of items: Directus' order; keys it does not know come after, sorted.
//! 2. Collections by name; fields by collection, then `meta.sort` (without one: last), then name; system fields and relations by
//!    collection, then field.
//! 3. Keys inside `meta`, at every depth: sorted as Directus' `sortDeep` does.
//! 4. Lists inside items keep their order: the order of `choices` means something.

use crate::directus::{Format, Keys, NEWEST};
use crate::model::Snapshot;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// The same schema in canonical order. Applying it twice changes nothing more.
pub fn canonical(snapshot: &Snapshot) -> Snapshot {
    let section = |name: &str, value: &Value| match (Shape::of(name, NEWEST), value) {
        (Some(shape), Value::Array(items)) => {
            let mut items: Vec<Value> = items.iter().map(|item| shape.ordered(item)).collect();
            // Stable, so that two items with the same name stay distinguishable for the rules.
            items.sort_by(shape.order);
            Value::Array(items)
        }
        _ => sort_deep(value),
    };
    Snapshot::from_map(pick(snapshot.root(), NEWEST.root, section))
}

/// How one section is ordered.
struct Shape {
    item: Keys,
    schema: Keys,
    order: fn(&Value, &Value) -> Ordering,
}

impl Shape {
    fn of(section: &str, format: &Format) -> Option<Shape> {
        match section {
            "collections" => Some(Shape {
                item: format.collection,
                schema: format.collection_schema,
                order: by_collection,
            }),
            "fields" => Some(Shape { item: format.field, schema: format.field_schema, order: by_position }),
            "systemFields" => {
                Some(Shape { item: format.system_field, schema: format.system_field_schema, order: by_field })
            }
            "relations" => {
                Some(Shape { item: format.relation, schema: format.relation_schema, order: by_field })
            }
            _ => None,
        }
    }

    fn ordered(&self, item: &Value) -> Value {
        let Value::Object(map) = item else { return item.clone() };
        Value::Object(pick(map, self.item, |key, value| match (key, value) {
            ("schema", Value::Object(schema)) => {
                Value::Object(pick(schema, self.schema, |_, value| sort_deep(value)))
            }
            _ => sort_deep(value),
        }))
    }
}

/// The known keys in their order, then the others sorted; `below` puts what is in them in order.
fn pick(map: &Map<String, Value>, keys: Keys, below: impl Fn(&str, &Value) -> Value) -> Map<String, Value> {
    let known = || keys.required.iter().chain(keys.optional);
    let entry = |(key, value): (&String, &Value)| (key.clone(), below(key, value));
    let mut picked: Map<String, Value> =
        known().filter_map(|key| map.get_key_value(*key)).map(entry).collect();
    if picked.len() < map.len() {
        let mut others: Vec<(&String, &Value)> =
            map.iter().filter(|(key, _)| !known().any(|known| known == key)).collect();
        others.sort_by(|(a, _), (b, _)| by_key(a, b));
        picked.extend(others.into_iter().map(entry));
    }
    picked
}

fn sort_deep(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sort_deep).collect()),
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            // Stable, and quick on what is in order already, as Directus' own answer is.
            entries.sort_by(|(a, _), (b, _)| by_key(a, b));
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sort_deep(value))).collect())
        }
        leaf => leaf.clone(),
    }
}

/// Directus sorts `[key, value]` pairs as the strings "key,value"; JavaScript then lists keys that are array indexes first.
fn by_key(a: &str, b: &str) -> Ordering {
    match (array_index(a), array_index(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => units(a).cmp(units(b)).then_with(|| a.cmp(b)),
    }
}

/// JavaScript compares strings by their UTF-16 units.
fn units(key: &str) -> impl Iterator<Item = u16> {
    key.encode_utf16().chain([u16::from(b',')])
}

fn array_index(key: &str) -> Option<u32> {
    if !key.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let index = key.parse::<u32>().ok().filter(|index| *index < u32::MAX)?;
    (index.to_string() == key).then_some(index)
}

fn by_collection(a: &Value, b: &Value) -> Ordering {
    text(a, "collection").cmp(text(b, "collection"))
}

fn by_field(a: &Value, b: &Value) -> Ordering {
    by_collection(a, b).then_with(|| text(a, "field").cmp(text(b, "field")))
}

fn by_position(a: &Value, b: &Value) -> Ordering {
    let sort = |field: &Value| field.get("meta").and_then(|meta| meta.get("sort")).and_then(Value::as_f64);
    let by_sort = match (sort(a), sort(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    by_collection(a, b).then(by_sort).then_with(|| by_field(a, b))
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let once = canonical(&Snapshot::parse(text).unwrap());
        assert_eq!(once.to_yaml(), expected);
        assert_eq!(canonical(&once), once);
    }

    #[test]
    fn fields_come_by_collection_then_sort_then_name() {
        check(
            "fields:\n  - {collection: b, field: a}\n  - {field: z, collection: a, meta: {sort: null}}\n  - {collection: a, field: v, meta: {sort: 10}}\n  - {collection: a, field: x, meta: {width: full, sort: 9}}\nversion: 1\n",
            "version: 1\nfields:\n  - collection: a\n    field: x\n    meta:\n      sort: 9\n      width: full\n  - collection: a\n    field: v\n    meta:\n      sort: 10\n  - collection: a\n    field: z\n    meta:\n      sort: null\n  - collection: b\n    field: a\n",
        );
    }

    #[test]
    fn keys_inside_meta_are_sorted_but_lists_are_not() {
        check(
            "collections:\n  - meta: {b: [2, 1], a: {d: 1, 10: x, c: 2, 9: y}}\n    collection: x\n    zzz: 1\n",
            "collections:\n  - collection: x\n    meta:\n      a:\n        '9': 'y'\n        '10': x\n        c: 2\n        d: 1\n      b:\n        - 2\n        - 1\n    zzz: 1\n",
        );
    }
}
