//! Any text as YAML, and any tree as a snapshot: nothing panics, an error has its line, and equal means equal. `PROPTEST_CASES=n` asks more
//! often.

use crate::values::{cases, same, string, value};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use snapshot::rules::{self, Finding};
use snapshot::yaml::{emit::emit, read::read};
use snapshot::{Document, Snapshot, canonical, change, ghosts, junctions};
use std::collections::HashSet;

/// What YAML has a rule for, whole and broken.
const PIECES: &[&str] = &[
    "a: ",
    "b:",
    "- ",
    "-",
    "? ",
    ": ",
    ":",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\r",
    "\t",
    " ",
    "#",
    " # x",
    "'",
    "''",
    "\"",
    "\\",
    "\\x4",
    "\\u00e9",
    "\\ud83d",
    "|",
    "|-",
    ">+",
    "|2",
    ">0",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "*",
    "&",
    "!!str ",
    "!!int ",
    "!<x> ",
    "!",
    "<<: ",
    "---",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "%TAG ! x\n",
    "%",
    "@",
    "`",
    "~",
    "null",
    "true",
    "2026-11-23",
    "1_000",
    "0x1f",
    ".inf",
    "1e999",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "ë",
    "😀",
    "<<<<<<< x\n",
    "version: 1\n",
    "collections:\n",
    "fields: [",
    "x",
];

fn yaml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => string(),
        1 => any::<char>().prop_map(String::from),
    ]
    .boxed();
    // Of many pieces nothing is left to read: one of them breaks it.
    (1..20usize)
        .prop_flat_map(move |most| prop::collection::vec(piece.clone(), 0..most))
        .prop_map(|pieces| pieces.concat())
}

/// Whether a place is in the text, the end of it included. A carriage return alone ends a line of YAML, as do the three of Unicode's.
fn is_in(text: &str, line: usize, column: usize) -> bool {
    let lines = 1 + text.replace("\r\n", "\n").matches(['\n', '\r']).count();
    (1..=lines).contains(&line) && (1..=text.chars().count() + 1).contains(&column)
}

/// Names that meet each other, and Directus' own among them.
fn name() -> impl Strategy<Value = Value> {
    let likely =
        vec![json!("a"), json!("b"), json!("id"), json!("directus_users"), json!(""), json!(null), json!(1)];
    prop_oneof![6 => prop::sample::select(likely), 1 => value()]
}

const KEYS: &[&str] = &[
    "collection",
    "field",
    "type",
    "related_collection",
    "name",
    "group",
    "special",
    "options",
    "choices",
    "sort",
    "note",
    "translations",
    "data_type",
    "default_value",
    "max_length",
    "numeric_precision",
    "is_nullable",
    "is_unique",
    "is_indexed",
    "is_primary_key",
    "has_auto_increment",
    "foreign_key_table",
    "on_delete",
    "one_field",
    "one_collection",
    "many_collection",
    "junction_field",
    "one_allowed_collections",
    "required",
    "width",
    "hidden",
    "unknown",
    "0",
    "",
];

/// A mapping of keys that mean something, with values that need not.
fn part() -> impl Strategy<Value = Value> {
    let likely = prop::sample::select(vec![
        json!("alias"),
        json!("string"),
        json!("uuid"),
        json!(["m2o"]),
        json!(["m2a", 1]),
        json!([{"text": "x", "value": null}, 1]),
        json!(true),
        json!(5),
        json!(5.0),
        json!(-0.0),
        json!({"choices": {}}),
        json!("nextval('x'::regclass)"),
        json!([]),
        json!({}),
    ]);
    let of = prop_oneof![3 => name(), 3 => likely, 1 => value()];
    prop::collection::vec((prop::sample::select(KEYS), of), 0..8).prop_map(|entries| {
        Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    })
}

fn item() -> impl Strategy<Value = Value> {
    let part_or_not =
        || prop_oneof![6 => part().prop_map(Some), 1 => value().prop_map(Some), 1 => Just(None)];
    (part(), name(), name(), part_or_not(), part_or_not()).prop_map(
        |(mut item, collection, field, meta, schema)| {
            item["collection"] = collection;
            item["field"] = field;
            for (key, part) in [("meta", meta), ("schema", schema)] {
                if let Some(part) = part {
                    item[key] = part;
                }
            }
            item
        },
    )
}

/// A snapshot's lists, of items in every shape.
fn tree() -> impl Strategy<Value = Value> {
    let items = || prop::collection::vec(item(), 0..4);
    let head = prop_oneof![3 => Just(json!({"version": 1, "directus": "11.17.4", "vendor": "postgres"})), 1 => part()];
    (head, items(), items(), items(), items()).prop_map(
        |(mut root, collections, fields, system_fields, relations)| {
            root["collections"] = collections.into();
            root["fields"] = fields.into();
            root["systemFields"] = system_fields.into();
            root["relations"] = relations.into();
            root
        },
    )
}

/// Two trees that have much in common.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    let sections = prop::sample::subsequence(
        vec!["collections", "fields", "systemFields", "relations", "version"],
        0..5,
    );
    (tree(), tree(), sections).prop_map(|(before, other, sections)| {
        let mut after = before.clone();
        for section in sections {
            match other.get(section) {
                Some(value) => after[section] = value.clone(),
                None => drop(after.as_object_mut().map(|root| root.shift_remove(section))),
            }
        }
        (before, after)
    })
}

fn snapshot(tree: &Value) -> Snapshot {
    Snapshot::from_json(tree.clone()).expect("lists of mappings")
}

fn named_once(snapshot: &Snapshot) -> bool {
    let mut seen = HashSet::new();
    snapshot.fields().all(|field| seen.insert((field.collection(), field.name())))
}

fn all_rules(document: &Document) -> Vec<Finding> {
    let findings = [
        rules::yaml(document),
        rules::version(document, "11.17.4"),
        rules::vendor(document),
        rules::keys(document, "11.17.4"),
        rules::references(document),
        rules::columns(document),
        rules::ghost_collection(document, &["a".to_owned()]),
    ];
    findings.concat()
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in yaml()) {
        match read(&text) {
            Err(error) => prop_assert!(is_in(&text, error.line, error.column), "{}", error),
            Ok(read_once) => {
                for doubt in &read_once.doubts {
                    prop_assert!(is_in(&text, doubt.line, doubt.column), "{:?}", doubt);
                }
                // Written again, it is the same, and beyond doubt (Y1).
                let written = emit(&read_once.value);
                let again = read(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
                prop_assert!(again.doubts.iter().all(|doubt| doubt.kind == snapshot::DoubtKind::Number) && same(&again.value, &read_once.value), "{}", written);
            }
        }
        match Document::parse(&text) {
            Err(error) => prop_assert!(is_in(&text, error.line, error.column), "{}", error),
            Ok(document) => {
                for finding in all_rules(&document) {
                    prop_assert!(finding.line.is_none_or(|line| is_in(&text, line, finding.column.unwrap_or(1))), "{}", finding);
                }
            }
        }
        prop_assert_eq!(Document::parse(&text).map(|document| document.snapshot), Snapshot::read(&text));
        let _ = rules::skim(&text, &[]);
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn any_tree_is_judged_and_put_in_order(tree in tree()) {
        let whole = snapshot(&tree);
        let text = whole.to_yaml();
        let document = Document::parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert!(same(&document.snapshot.to_json(), &tree), "{}", text);
        for finding in all_rules(&document) {
            prop_assert!(finding.line.is_none_or(|line| is_in(&text, line, finding.column.unwrap_or(1))), "{}", finding);
        }
        let once = canonical(&whole);
        prop_assert_eq!(canonical(&once).to_yaml(), once.to_yaml());
        // Of two fields with one name the first counts, and it need not be the first in order; the rules refuse them.
        if named_once(&whole) {
            let (there, back) = (change::between(&whole, &once), change::between(&once, &whole));
            prop_assert!(there.is_empty() && back.is_empty(), "{:?} {:?}", there, back);
        }
        let _ = (junctions::junctions(&whole), rules::skim(&text, &[]), whole.emptied());
        let stripped = ghosts::strip(&whole, &["a"].into()).snapshot;
        prop_assert_eq!(ghosts::strip(&stripped, &["a"].into()).snapshot, stripped);
    }

    #[test]
    fn of_any_two_trees_something_is_said_if_they_differ((before, after) in pair()) {
        let (old, new) = (snapshot(&before), snapshot(&after));
        prop_assert!(change::between(&old, &old).is_empty() && change::revised(&new, &new).is_empty());
        let equal = same(&canonical(&old).to_json(), &canonical(&new).to_json());
        for changes in [change::between(&old, &new), change::between(&new, &old), change::revised(&old, &new)] {
            prop_assert_eq!(changes.is_empty(), equal);
            prop_assert!(!change::summary(&changes).is_empty());
            for change in &changes {
                prop_assert!(change.line().chars().all(|character| !character.is_control()), "{:?}", change.line());
                let _ = change.to_json();
            }
        }
        // What is no diff at all is read as one, too.
        for change in change::of_diff(&before) {
            let _ = (change.line(), change.to_json());
        }
    }

    #[test]
    fn any_diff_is_said(entries in prop::collection::vec((item(), prop::collection::vec(edit(), 0..4)), 0..3)) {
        let entries: Vec<Value> = entries.into_iter().map(|(mut entry, edits)| { entry["diff"] = edits.into(); entry }).collect();
        for section in ["collections", "fields", "systemFields", "relations"] {
            let changes = change::of_diff(&json!({ section: entries }));
            prop_assert_eq!(changes.len(), entries.len());
            for change in changes {
                prop_assert!(!change.line().is_empty());
                let _ = change.to_json();
            }
        }
    }
}

/// An edit as deep-diff makes it, more or less.
fn edit() -> impl Strategy<Value = Value> {
    let path = prop::collection::vec(
        prop_oneof![
            prop::sample::select(KEYS).prop_map(Value::from),
            Just(json!("schema")),
            Just(json!("meta")),
            Just(json!(0)),
            value()
        ],
        0..3,
    );
    let side = || prop_oneof![part(), name(), value()].prop_map(Some).boxed();
    (
        prop::sample::select(vec!["N", "D", "E", "A", "x"]),
        path,
        prop::option::of(side()),
        prop::option::of(side()),
    )
        .prop_map(|(kind, path, lhs, rhs)| {
            let mut edit = Map::new();
            edit.insert("kind".to_owned(), kind.into());
            edit.insert("path".to_owned(), path.into());
            edit.extend(lhs.flatten().map(|value| ("lhs".to_owned(), value)));
            edit.extend(rhs.flatten().map(|value| ("rhs".to_owned(), value)));
            if kind == "A" {
                edit.insert("index".to_owned(), json!(1));
                edit.insert("item".to_owned(), json!({ "kind": "N", "rhs": 1 }));
            }
            Value::Object(edit)
        })
}
