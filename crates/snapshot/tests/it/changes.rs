//! What changed, held against the real Directus: the same edits as its own comparison makes, nothing never said of something, and a
//! line that stays one line whatever is in it.

use crate::js::JsYaml;
use crate::values::{examples, same, string, value};
use proptest::prelude::*;
use serde_json::{Value, json};
use snapshot::change::{self, Change};
use snapshot::{Snapshot, canonical};

/// The lists of a snapshot.
const SECTIONS: [&str; 4] = ["collections", "fields", "systemFields", "relations"];

/// One thing that somebody, or something, did to a schema. Indexes are taken modulo what is there.
#[derive(Clone, Debug)]
enum Mutation {
    /// An item goes.
    Remove(usize, usize),
    /// An item comes: a copy under another name.
    Copy(usize, usize),
    /// An item comes twice.
    Twice(usize, usize),
    /// A value inside of an item is set, or made.
    Set(usize, usize, &'static [&'static str], Value),
    /// A key inside of an item goes.
    Lack(usize, usize, &'static [&'static str]),
    /// A value of the head.
    Head(&'static str, Value),
    /// Everything in another order.
    Turn,
}

const PATHS: &[&[&str]] = &[
    &["type"],
    &["note"],
    &["related_collection"],
    &["meta", "note"],
    &["meta", "group"],
    &["meta", "sort"],
    &["meta", "width"],
    &["meta", "required"],
    &["meta", "special"],
    &["meta", "options"],
    &["meta", "translations"],
    &["meta", "sort_field"],
    &["meta", "one_allowed_collections"],
    &["meta", "unknown"],
    &["schema", "name"],
    &["schema", "data_type"],
    &["schema", "default_value"],
    &["schema", "max_length"],
    &["schema", "numeric_scale"],
    &["schema", "is_nullable"],
    &["schema", "is_unique"],
    &["schema", "is_indexed"],
    &["schema", "is_primary_key"],
    &["schema", "has_auto_increment"],
    &["schema", "on_delete"],
    &["schema", "unknown"],
    &["schema"],
    &["meta"],
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let (section, index) = (0..SECTIONS.len(), 0..200usize);
    let likely = prop_oneof![
        3 => value(),
        2 => any::<bool>().prop_map(Value::from),
        1 => prop::sample::select(vec![json!("alias"), json!("string"), json!(null), json!(5), json!(5.0), json!(["uuid", "m2o"]), json!([])]),
        1 => prop::collection::vec(json_choice(), 0..4).prop_map(|choices| json!({ "choices": choices })),
    ];
    prop_oneof![
        2 => (section.clone(), index.clone()).prop_map(|(section, index)| Mutation::Remove(section, index)),
        2 => (section.clone(), index.clone()).prop_map(|(section, index)| Mutation::Copy(section, index)),
        1 => (section.clone(), index.clone()).prop_map(|(section, index)| Mutation::Twice(section, index)),
        8 => (section.clone(), index.clone(), prop::sample::select(PATHS), likely)
            .prop_map(|(section, index, path, value)| Mutation::Set(section, index, path, value)),
        2 => (section, index, prop::sample::select(PATHS)).prop_map(|(section, index, path)| Mutation::Lack(section, index, path)),
        1 => (prop::sample::select(vec!["version", "directus", "vendor", "future"]), value()).prop_map(|(key, value)| Mutation::Head(key, value)),
        1 => Just(Mutation::Turn),
    ]
}

fn json_choice() -> impl Strategy<Value = Value> {
    (string(), string()).prop_map(|(text, value)| json!({ "text": text, "value": value }))
}

fn mutated(snapshot: &Value, mutations: &[Mutation]) -> Value {
    let mut snapshot = snapshot.clone();
    for (number, mutation) in mutations.iter().enumerate() {
        match mutation {
            Mutation::Head(key, value) => snapshot[*key] = value.clone(),
            Mutation::Turn => SECTIONS.iter().for_each(|section| {
                snapshot[*section].as_array_mut().expect("a list").reverse();
            }),
            Mutation::Remove(section, index)
            | Mutation::Copy(section, index)
            | Mutation::Twice(section, index)
            | Mutation::Set(section, index, ..)
            | Mutation::Lack(section, index, ..) => {
                let items = snapshot[SECTIONS[*section]].as_array_mut().expect("a list");
                if items.is_empty() {
                    continue;
                }
                let index = index % items.len();
                match mutation {
                    Mutation::Remove(..) => drop(items.remove(index)),
                    Mutation::Twice(..) => items.push(items[index].clone()),
                    Mutation::Copy(..) => {
                        let mut copy = items[index].clone();
                        let key = if *section == 0 { "collection" } else { "field" };
                        copy[key] = json!(format!("copy_{number}"));
                        items.push(copy);
                    }
                    Mutation::Set(_, _, path, value) => {
                        if let Some(place) = place(&mut items[index], path) {
                            place.1.insert(place.0.to_owned(), value.clone());
                        }
                    }
                    Mutation::Lack(_, _, path) => {
                        if let Some(place) = place(&mut items[index], path) {
                            place.1.shift_remove(place.0);
                        }
                    }
                    _ => unreachable!("matched above"),
                }
            }
        }
    }
    snapshot
}

/// The last key of a path, and the mapping it is in.
fn place<'a>(
    item: &'a mut Value,
    path: &'static [&'static str],
) -> Option<(&'static str, &'a mut serde_json::Map<String, Value>)> {
    let (last, before) = path.split_last()?;
    let mut item = item;
    for key in before {
        item = item.get_mut(*key)?;
    }
    Some((last, item.as_object_mut()?))
}

fn real() -> Value {
    Snapshot::parse(crate::real::YAML).expect("Directus' own file is readable").to_json()
}

fn snapshot(value: &Value) -> Snapshot {
    Snapshot::from_json(value.clone()).expect("a snapshot")
}

fn pair() -> impl Strategy<Value = (Value, Value)> {
    let mutations = || prop::collection::vec(mutation(), 0..5);
    (mutations(), mutations()).prop_map(|(first, second)| {
        let before = mutated(&real(), &first);
        let after = mutated(&before, &second);
        (before, after)
    })
}

/// Only what Directus compares.
fn seen(changes: Vec<Change>) -> Vec<Change> {
    let seen = changes.into_iter().map(|change| Change { unseen: Vec::new(), ..change });
    seen.filter(|change| !change.edits.is_empty()).collect()
}

/// Every string that is a key of something, and an empty one among them: deep-diff overlooks it.
fn has_empty_key(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| key.is_empty() || has_empty_key(value)),
        Value::Array(items) => items.iter().any(has_empty_key),
        _ => false,
    }
}

#[test]
fn the_edits_are_those_of_directus_own_comparison() {
    let Some(js) = JsYaml::find() else { return };
    let pairs: Vec<(Value, Value)> = examples(400, pair())
        .into_iter()
        // Directus breaks on an item whose parts are not mappings; the rules refuse such a file.
        .filter(|(before, after)| readable(before) && readable(after) && !has_empty_key(after))
        .collect();
    assert!(pairs.len() > 120, "{}", pairs.len());
    let mut different = 0;
    for ((before, after), diff) in pairs.iter().zip(js.snapshot_diffs(&pairs)) {
        let (theirs, ours) =
            (change::of_diff(&diff), seen(change::between(&snapshot(before), &snapshot(after))));
        let lines = |changes: &[Change]| changes.iter().map(Change::line).collect::<Vec<_>>();
        assert_eq!(lines(&ours), lines(&theirs), "{diff}");
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!((ours.action, &ours.related), (theirs.action, &theirs.related), "{}", ours.line());
            assert_eq!(ours.edits.len(), theirs.edits.len(), "{}", ours.line());
            for (ours, theirs) in ours.edits.iter().zip(&theirs.edits) {
                assert_eq!(ours.path, theirs.path);
                let equal = |a: &Option<Value>, b: &Option<Value>| match (a, b) {
                    (Some(a), Some(b)) => same(a, b),
                    (a, b) => a == b,
                };
                assert!(
                    equal(&ours.before, &theirs.before) && equal(&ours.after, &theirs.after),
                    "{ours:?} {theirs:?}"
                );
            }
        }
        different += usize::from(!theirs.is_empty());
    }
    assert!(different * 2 > pairs.len(), "{different} of {} pairs differ", pairs.len());
}

fn has_only(item: &Value, keys: &[&str]) -> bool {
    item.as_object().is_some_and(|item| item.keys().all(|key| keys.contains(&key.as_str())))
}

/// Every `meta` and `schema` is a mapping or missing, and a system field says whether it is indexed and nothing that Directus does not know:
/// it would forget to leave that out. The rules refuse other files.
fn readable(snapshot: &Value) -> bool {
    let items = |section: &str| snapshot[section].as_array().cloned().unwrap_or_default();
    let is_part = |value: Option<&Value>| value.is_none_or(|part| part.is_object() || part.is_null());
    SECTIONS.iter().all(|section| {
        items(section).iter().all(|item| {
            is_part(item.get("schema"))
                && is_part(item.get("meta"))
                && (*section != "systemFields"
                    || has_only(item, &["collection", "field", "schema"])
                        && has_only(&item["schema"], &["is_indexed"])
                        && item["schema"].get("is_indexed").is_some())
        })
    })
}

proptest! {
    #![proptest_config(crate::values::cases(200))]

    #[test]
    fn nothing_is_said_of_equal_schemas_and_of_no_others((before, after) in pair()) {
        let (before, after) = (snapshot(&before), snapshot(&after));
        let equal = same(&canonical(&before).to_json(), &canonical(&after).to_json());
        prop_assert_eq!(change::between(&before, &after).is_empty(), equal);
        prop_assert!(change::between(&after, &after).is_empty());
    }

    #[test]
    fn a_change_is_one_line_whatever_is_in_it((before, after) in pair(), name in string()) {
        let mut after = after;
        if let Some(field) = after["fields"].as_array_mut().and_then(|fields| fields.first_mut()) {
            field["field"] = json!(name);
        }
        for change in change::between(&snapshot(&before), &snapshot(&after)) {
            let line = change.line();
            prop_assert!(line.chars().all(|c| !c.is_control()) && !line.contains(['\u{2028}', '\u{202e}', '\u{85}']), "{:?}", line);
            prop_assert!(["+ ", "~ ", "- "].contains(&&line[..2]), "{}", line);
        }
    }
}
