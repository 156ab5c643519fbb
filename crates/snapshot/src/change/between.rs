//! Two snapshots, compared as Directus compares them: the same items matched, the same keys looked at, the same edits in the same order.
//!
//! 1. Items are matched by name. Of the fields of a collection that goes, and of its relations, nothing is said.
//! 2. Of an item Directus picks the keys it knows (utils/sanitize-schema.js); the rest is `unseen`. Of a key that counts by itself it
//!    does not look at the column at all: its default names a sequence, and the name is the database's own.
//! 3. A field that turns from a column into an alias, or back, is dropped and made.
//! 4. A system field that one side does not list has no index there.

use super::{Action, Change, Edit, Object, Place, in_order};
use crate::directus::{Keys, NEWEST};
use crate::model::{SECTIONS, Snapshot};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// What changes from `before` to `after`; nothing if, and only if, they are the same schema in any order of items and keys.
///
/// ```
/// # use snapshot::{Snapshot, change};
/// let file = Snapshot::parse("version: 1\ncollections: []\n").unwrap();
/// let live = Snapshot::parse("version: 1\ncollections:\n  - collection: drivers\n    schema:\n      name: drivers\n").unwrap();
/// assert_eq!(change::between(&file, &live)[0].line(), "+ drivers (collection)");
/// ```
pub fn between(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    changes.extend(head(before, after));
    let mut gone: HashSet<String> = HashSet::new();
    for section in SECTIONS {
        let object = Object::of_section(section);
        let (old, new) = (Items::of(before, section), Items::of(after, section));
        let mut found = Vec::new();
        for item in &old.order {
            found.extend(matched(object, item, old.all(item), new.all(item)));
        }
        for item in new.order.iter().filter(|item| old.all(item).is_empty()) {
            found.extend(matched(object, item, &[], new.all(item)));
        }
        if object == Object::Collection {
            let dropped = found.iter().filter(|change| change.action == Action::Drop);
            gone.extend(dropped.map(|change| change.collection.clone()));
        } else if object != Object::SystemField {
            found.retain(|change| !gone.contains(&change.collection));
        }
        changes.extend(found);
    }
    in_order(changes)
}

/// The same for two states of the file. A key that only the later one has is an edit: every database has all keys, so Directus never meets
/// the state in which it would make the whole object anew for it. A key that only the earlier one has stays what an apply makes of it (D3).
pub fn revised(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = between(before, after);
    for change in changes.iter_mut().filter(|change| change.becomes().is_none()) {
        if change.action == Action::Add {
            change.action = Action::Edit;
        }
    }
    changes
}

/// Collection and field; the field is empty for a collection.
type Identity<'a> = (&'a str, &'a str);

/// One list, by name and in its order. More than one item of a name is a mistake, but it must not hide a difference.
struct Items<'a> {
    order: Vec<Identity<'a>>,
    by_name: HashMap<Identity<'a>, Vec<&'a Value>>,
}

impl<'a> Items<'a> {
    fn of(snapshot: &'a Snapshot, section: &str) -> Items<'a> {
        let mut items = Items { order: Vec::new(), by_name: HashMap::new() };
        for item in snapshot.section(section) {
            let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
            let identity = (text("collection"), text("field"));
            let all = items.by_name.entry(identity).or_default();
            if all.is_empty() {
                items.order.push(identity);
            }
            all.push(item);
        }
        items
    }

    fn all(&self, item: &Identity<'a>) -> &[&'a Value] {
        self.by_name.get(item).map_or(&[], Vec::as_slice)
    }
}

/// The changes of the items of one name; Directus looks at the first of them.
fn matched(
    object: Object,
    (collection, field): &Identity<'_>,
    old: &[&Value],
    new: &[&Value],
) -> Vec<Change> {
    // Most items of most comparisons.
    if old == new {
        return Vec::new();
    }
    let new_change = |edits| Change::new(object, collection, field, edits);
    let (was, becomes) = (old.first().copied(), new.first().copied());
    let mut changes: Vec<Change> = match object {
        Object::SystemField => vec![system_field(new_change, was, becomes)],
        _ => parts(object, was, becomes)
            .into_iter()
            .map(|(edits, unseen)| Change { unseen, ..new_change(edits) })
            .collect(),
    };
    let rest = |items: &[&Value]| Value::Array(items.iter().skip(1).map(|item| (*item).clone()).collect());
    let again = edits_of("listed again", Some(rest(old)), Some(rest(new)));
    if let Some(change) = changes.last_mut() {
        change.unseen.extend(again);
    }
    for change in &mut changes {
        // As Directus names it: by what is there now, unless it is new.
        let related = was.or(becomes).and_then(|item| item.get("related_collection"));
        change.related = related.and_then(Value::as_str).map(str::to_owned);
    }
    changes.retain(|change| !(change.edits.is_empty() && change.unseen.is_empty()));
    changes
}

type Edits = Vec<Edit>;

/// What Directus sees of two items of the same name, and what it does not; two pairs where a field is dropped and made.
fn parts(object: Object, was: Option<&Value>, becomes: Option<&Value>) -> Vec<(Edits, Edits)> {
    let sight = match was {
        Some(was) if object == Object::Field && counts_by_itself(was) => Sight::WithoutColumn,
        _ => Sight::All,
    };
    let dropped = |was: &Value| (vec![at_root(Some(pick(object, was, sight).0), None)], Vec::new());
    let made = |becomes: &Value| (vec![at_root(None, Some(pick(object, becomes, Sight::All).0))], Vec::new());
    match (was, becomes) {
        (None, None) => Vec::new(),
        (Some(was), None) => vec![dropped(was)],
        (None, Some(becomes)) => vec![made(becomes)],
        (Some(was), Some(becomes)) if object == Object::Field && turns(was, becomes) => {
            vec![dropped(was), made(becomes)]
        }
        (Some(was), Some(becomes)) => {
            let (old, new) = (pick(object, was, sight), pick(object, becomes, sight));
            let compared = |a: &Value, b: &Value| {
                let mut edits = Vec::new();
                compare(&mut Vec::new(), a, b, &mut edits);
                edits
            };
            vec![(compared(&old.0, &new.0), compared(&old.1, &new.1))]
        }
    }
}

fn at_root(before: Option<Value>, after: Option<Value>) -> Edit {
    Edit { path: Vec::new(), before, after }
}

/// Between a column and an alias.
fn turns(was: &Value, becomes: &Value) -> bool {
    let (was, becomes) = (&was["type"], &becomes["type"]);
    was != becomes && (was == "alias" || becomes == "alias")
}

fn counts_by_itself(field: &Value) -> bool {
    field["schema"]["is_primary_key"] == true && field["schema"]["has_auto_increment"] == true
}

/// How much of a field Directus looks at.
#[derive(Clone, Copy, PartialEq)]
enum Sight {
    All,
    WithoutColumn,
}

/// What Directus picks of an item, and the rest.
fn pick(object: Object, item: &Value, sight: Sight) -> (Value, Value) {
    let (keys, schema_keys) = match object {
        Object::Collection => (NEWEST.collection, NEWEST.collection_schema),
        Object::Field => (NEWEST.field, NEWEST.field_schema),
        _ => (NEWEST.relation, NEWEST.relation_schema),
    };
    let (mut seen, mut rest) = (Map::new(), Map::new());
    for (key, value) in item.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("schema", Value::Object(schema)) if sight == Sight::All => {
                let (known, unknown): (Map<_, _>, Map<_, _>) = schema
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .partition(|(key, _)| knows(schema_keys, key));
                let parts = [(&mut seen, known), (&mut rest, unknown)];
                for (side, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
                    side.insert(key.clone(), Value::Object(part));
                }
            }
            ("schema", _) => drop(rest.insert(key.clone(), value.clone())),
            (name, _) => {
                let side = if knows(keys, name) { &mut seen } else { &mut rest };
                side.insert(key.clone(), value.clone());
            }
        }
    }
    (Value::Object(seen), Value::Object(rest))
}

fn knows(keys: Keys, key: &str) -> bool {
    keys.required.contains(&key) || keys.optional.contains(&key)
}

/// A system field that one side does not list has no index there; one that is new and has none is nothing to Directus.
fn system_field(change: impl Fn(Edits) -> Change, was: Option<&Value>, becomes: Option<&Value>) -> Change {
    let indexed = |item: &Value| item["schema"].get("is_indexed").cloned();
    let inverted = |item: &Value| indexed(item).map(|value| json!(value != true));
    let (before, after, seen) = match (was, becomes) {
        (Some(was), Some(becomes)) => (indexed(was), indexed(becomes), true),
        (Some(was), None) => (indexed(was), inverted(was), true),
        (None, Some(becomes)) => (inverted(becomes), indexed(becomes), indexed(becomes) == Some(json!(true))),
        (None, None) => (None, None, false),
    };
    let path = || vec![Place::Key("schema".to_owned()), Place::Key("is_indexed".to_owned())];
    let edit = (before != after).then(|| Edit { path: path(), before, after });
    let mut unseen = rest_of_system_field(was, becomes);
    match (edit, seen) {
        (Some(edit), true) => Change { unseen, ..change(vec![edit]) },
        (edit, _) => {
            unseen.extend(edit);
            Change { unseen, ..change(Vec::new()) }
        }
    }
}

fn rest_of_system_field(was: Option<&Value>, becomes: Option<&Value>) -> Edits {
    let mut edits = Vec::new();
    match (was, becomes) {
        (Some(was), Some(becomes)) => compare(&mut Vec::new(), was, becomes, &mut edits),
        // One that does not say whether it is indexed.
        (Some(item), None) | (None, Some(item)) if item["schema"].get("is_indexed").is_none() => {
            edits.extend(edits_of("listed", Some(json!(was.is_some())), Some(json!(becomes.is_some()))));
        }
        _ => {}
    }
    edits.retain(|edit| !edit.is_at(&["schema", "is_indexed"]));
    edits
}

/// Version, Directus, vendor, and what Directus does not know; a section that only one side has.
fn head(before: &Snapshot, after: &Snapshot) -> Option<Change> {
    let head = |snapshot: &Snapshot| {
        let entries = snapshot.root().iter().map(|(key, value)| match SECTIONS.contains(&key.as_str()) {
            true => (key.clone(), Value::Null),
            false => (key.clone(), value.clone()),
        });
        Value::Object(entries.collect())
    };
    let mut unseen = Vec::new();
    compare(&mut Vec::new(), &head(before), &head(after), &mut unseen);
    (!unseen.is_empty()).then(|| Change { unseen, ..Change::new(Object::File, "snapshot", "", Vec::new()) })
}

fn edits_of(key: &str, before: Option<Value>, after: Option<Value>) -> Option<Edit> {
    let path = vec![Place::Key(key.to_owned())];
    (before != after).then_some(Edit { path, before, after })
}

/// As deep-diff compares: what only the old side has while its keys are gone through, then what only the new side has; of lists the
/// longer end first, from behind.
fn compare(path: &mut Vec<Place>, before: &Value, after: &Value, edits: &mut Vec<Edit>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                path.push(Place::Key(key.clone()));
                match new.get(key) {
                    Some(other) => compare(path, value, other, edits),
                    None => push(edits, path, Some(value), None),
                }
                path.pop();
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                path.push(Place::Key(key.clone()));
                push(edits, path, None, Some(value));
                path.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in (0..old.len().max(new.len())).rev() {
                path.push(Place::Item(index));
                match (old.get(index), new.get(index)) {
                    (Some(old), Some(new)) => compare(path, old, new, edits),
                    (old, new) => push(edits, path, old, new),
                }
                path.pop();
            }
        }
        (old, new) if same_scalar(old, new) => {}
        (old, new) => push(edits, path, Some(old), Some(new)),
    }
}

fn push(edits: &mut Vec<Edit>, path: &[Place], before: Option<&Value>, after: Option<&Value>) {
    edits.push(Edit { path: path.to_vec(), before: before.cloned(), after: after.cloned() });
}

/// JavaScript has one kind of number.
fn same_scalar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}
