//! A change in words: `+ entries.start_time (timestamp, required)`, `~ classes.name: width half → full`,
//! `- vehicles.colour (dropped, 14 rows hold a value)`.
//!
//! 1. One change is one line, whatever its values hold: a note with a line break must not forge a second one (D7).
//! 2. *Required* is said of a column that is NOT NULL; what only Directus' app asks for is *required in the app*.
//! 3. A line says as much as fits a line; the JSON has it all.

use super::{Action, Change, Edit, Object, Place};
use contract::inert::{inert, is_hidden};
use serde_json::{Value, json};
use std::fmt::Write;

/// How much of a value a line shows, in characters.
const VALUE_WIDTH: usize = 40;
/// How many edits of one object a line shows.
const MOST_EDITS: usize = 8;

impl Change {
    /// One line for people.
    pub fn line(&self) -> String {
        self.line_with(&[])
    }

    /// The same with notes on it, such as how many rows are at stake.
    pub fn line_with(&self, notes: &[String]) -> String {
        let name = self.title();
        match (self.action, self.becomes()) {
            (Action::Add, Some(item)) => {
                let facts: Vec<String> = self.facts(item).into_iter().chain(notes.iter().cloned()).collect();
                format!("+ {name} ({})", facts.join(", "))
            }
            (Action::Add, None) => format!("+ {name} (made anew{}): {}", tail(notes), self.edits_in_words()),
            (Action::Drop, _) => {
                let edits = self.edits_in_words();
                let because = if edits.is_empty() { edits } else { format!(": {edits}") };
                format!("- {name} ({}{}){because}", self.dropped(), tail(notes))
            }
            (Action::Edit, _) => {
                let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
                format!("~ {name}: {}{notes}", self.edits_in_words())
            }
        }
    }

    /// The change for a machine, whole. `values` are those that Directus compares, `unseen` what differs besides.
    pub fn to_json(&self) -> Value {
        json!({
            "action": match self.action { Action::Add => "add", Action::Edit => "change", Action::Drop => "drop" },
            "object": self.object.word(),
            "collection": self.collection,
            "field": (!self.field.is_empty()).then_some(&self.field),
            "related": self.related,
            "line": self.line(),
            "values": self.edits.iter().map(edit_to_json).collect::<Vec<_>>(),
            "unseen": self.unseen.iter().map(edit_to_json).collect::<Vec<_>>(),
        })
    }

    /// `entries.team → organizations`
    fn title(&self) -> String {
        let name = inert(&self.name());
        match (self.object, &self.related) {
            (Object::Relation, Some(related)) => format!("{name} → {}", inert(related)),
            (Object::Relation, None) => format!("{name} → any"),
            _ => name,
        }
    }

    fn dropped(&self) -> String {
        match (self.object, self.was()) {
            (Object::Collection, Some(was)) if !was["schema"].is_object() => "folder dropped".to_owned(),
            (Object::Field, _) => "dropped".to_owned(),
            (object, _) => format!("{} dropped", object.word()),
        }
    }

    /// What a person wants to know of a new object.
    fn facts(&self, item: &Value) -> Vec<String> {
        match self.object {
            Object::Collection => collection_facts(item),
            Object::Field => field_facts(item),
            Object::Relation => relation_facts(item),
            Object::SystemField | Object::File => vec![self.object.word().to_owned()],
        }
    }

    /// What the column is goes first and is said in full: it can cost values, and must not be lost behind how a form looks.
    fn edits_in_words(&self) -> String {
        let (meta, column): (Vec<&Edit>, Vec<&Edit>) =
            self.edits.iter().filter(|edit| !edit.is_whole()).partition(|edit| edit.is_below_meta());
        let of_the_column = column.len();
        let seen = column.into_iter().chain(meta).map(edit_in_words);
        let unseen = self.unseen.iter().map(|edit| match self.object {
            Object::File => edit_in_words(edit),
            _ => format!("{} (not compared by Directus)", edit_in_words(edit)),
        });
        let mut all: Vec<String> = seen.chain(unseen).collect();
        if all.is_empty() && self.action == Action::Edit {
            // Directus lists it, so it is not nothing.
            return "listed without a difference".to_owned();
        }
        let most = MOST_EDITS.max(of_the_column + 1);
        if all.len() > most {
            let more = all.len() - (most - 1);
            all.truncate(most - 1);
            all.push(format!("{more} more"));
        }
        all.join(", ")
    }
}

fn tail(notes: &[String]) -> String {
    notes.iter().fold(String::new(), |mut text, note| {
        let _ = write!(text, ", {note}");
        text
    })
}

fn collection_facts(item: &Value) -> Vec<String> {
    let mut facts = vec![if item["schema"].is_object() { "collection" } else { "folder" }.to_owned()];
    facts.extend(item["meta"]["group"].as_str().map(|group| format!("in {}", inert(group))));
    facts.extend((item["meta"]["singleton"] == true).then(|| "singleton".to_owned()));
    facts.extend((item["meta"]["hidden"] == true).then(|| "hidden".to_owned()));
    facts
}

fn field_facts(item: &Value) -> Vec<String> {
    let (meta, schema) = (&item["meta"], &item["schema"]);
    let is = |key: &str| schema[key] == true;
    let mut facts = vec![kind(item)];
    let mut say = |when: bool, what: &str| facts.extend(when.then(|| what.to_owned()));
    say(is("is_primary_key"), "primary key");
    say(is("has_auto_increment"), "auto increment");
    let required = schema["is_nullable"] == false;
    say(required && !is("is_primary_key"), "required");
    say(!required && meta["required"] == true, "required in the app");
    say(is("is_unique") && !is("is_primary_key"), "unique");
    say(is("is_indexed"), "indexed");
    say(is("is_generated"), "generated");
    say(meta["hidden"] == true, "hidden");
    if !schema["default_value"].is_null() && !is("has_auto_increment") {
        facts.push(format!("default {}", shown(&schema["default_value"])));
    }
    facts
}

/// `string(255)`, `decimal(10,5)`, `alias o2m`
fn kind(item: &Value) -> String {
    let (kind, schema) = (inert(item["type"].as_str().unwrap_or("?")), &item["schema"]);
    if kind == "alias" {
        let special = item["meta"]["special"].as_array().and_then(|all| all.first()?.as_str());
        return special.map_or_else(|| kind.clone(), |special| format!("{kind} {}", inert(special)));
    }
    let number = |key: &str| schema[key].as_u64();
    match (kind.as_str(), number("max_length"), number("numeric_precision"), number("numeric_scale")) {
        (_, Some(length), ..) => format!("{kind}({length})"),
        ("decimal", None, Some(precision), scale) => format!("{kind}({precision},{})", scale.unwrap_or(0)),
        _ => kind,
    }
}

fn relation_facts(item: &Value) -> Vec<String> {
    let (meta, schema) = (&item["meta"], &item["schema"]);
    let mut facts = vec!["relation".to_owned()];
    if let Some(names) = meta["one_allowed_collections"].as_array() {
        let names: Vec<String> = names.iter().filter_map(Value::as_str).map(inert).collect();
        facts.push(format!("one of {}", names.join("|")));
    }
    let deleted =
        schema["on_delete"].as_str().map(|rule| format!("on delete {}", inert(&rule.to_lowercase())));
    facts.extend(deleted);
    if let (Some(one), Some(field)) = (item["related_collection"].as_str(), meta["one_field"].as_str()) {
        facts.push(format!("back as {}.{}", inert(one), inert(field)));
    }
    facts.extend(meta["junction_field"].as_str().map(|field| format!("junction to {}", inert(field))));
    facts
}

/// `width half → full`, `special[1] uuid added`
fn edit_in_words(edit: &Edit) -> String {
    let Said { label, inverted } = label(&edit.path);
    let value = |value: &Value| match value {
        Value::Bool(truth) => if *truth != inverted { "yes" } else { "no" }.to_owned(),
        other => shown(other),
    };
    match (&edit.before, &edit.after) {
        (Some(before), Some(after)) => {
            let (old, new) = (value(before), value(after));
            let (old, new) = if old == new { where_they_differ(before, after) } else { (old, new) };
            format!("{label} {old} → {new}")
        }
        (None, Some(Value::Null)) => format!("{label} added"),
        (Some(Value::Null), None) => format!("{label} removed"),
        (None, Some(after)) => format!("{label} {} added", value(after)),
        (Some(before), None) => format!("{label} {} removed", value(before)),
        (None, None) => format!("{label} changed"),
    }
}

struct Said {
    label: String,
    /// Whether yes means no.
    inverted: bool,
}

/// The words for a place: those of Directus' keys without the technicalities.
fn label(path: &[Place]) -> Said {
    let keys: Vec<&str> = path
        .iter()
        .map_while(|place| match place {
            Place::Key(key) => Some(key.as_str()),
            Place::Item(_) => None,
        })
        .collect();
    if keys == ["schema", "is_nullable"] {
        return Said { label: "required".to_owned(), inverted: true };
    }
    let (first, below) = match (keys.as_slice(), path) {
        (["meta" | "schema", first, ..], [_, _, below @ ..]) => (*first, below),
        ([first, ..], [_, below @ ..]) => (*first, below),
        _ => ("?", path),
    };
    let first = match (keys.first().copied(), first) {
        (Some("meta"), "required") => "required in the app".to_owned(),
        (Some("schema"), "data_type") => "column type".to_owned(),
        (_, "default_value") => "default".to_owned(),
        (_, key) => {
            let plain = ["is_", "has_", "numeric_"].iter().find_map(|prefix| key.strip_prefix(prefix));
            inert(&plain.unwrap_or(key).replace('_', " "))
        }
    };
    let label = below.iter().fold(first, |mut label, place| {
        let _ = match place {
            Place::Key(key) => write!(label, ".{}", inert(key)),
            Place::Item(index) => write!(label, "[{index}]"),
        };
        label
    });
    Said { label, inverted: false }
}

/// A value as a line shows it: plain where that is clear, in quotes where it is not, cut where it is long, never with a character that
/// a terminal or a reader could take for something else.
pub fn shown(value: &Value) -> String {
    cut(&in_full(value), 0)
}

fn in_full(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if is_plain(text) => text.clone(),
        other => as_directus_has_it(other).to_string(),
    }
}

/// As much of the text as a line shows, from the character with that number on.
fn cut(text: &str, from: usize) -> String {
    let mut characters = text.chars().skip(from);
    let part: String = characters.by_ref().take(VALUE_WIDTH).collect();
    let less = if from > 0 { "…" } else { "" };
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("{less}{}{more}", inert(&part))
}

/// Two long values that begin alike, each from a little before the first difference.
fn where_they_differ(before: &Value, after: &Value) -> (String, String) {
    const CONTEXT: usize = 12;
    let (before, after) = (in_full(before), in_full(after));
    let alike = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let from = alike.saturating_sub(CONTEXT);
    (cut(&before, from), cut(&after, from))
}

/// To JavaScript 5.0 is 5, and a key that looks like a number comes first wherever it was written: values are said alike whoever had them.
fn as_directus_has_it(value: &Value) -> Value {
    // Integers beyond have more digits than a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) if float.fract() == 0.0 && float.abs() < EXACT => json!(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(as_directus_has_it).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> =
                map.iter().map(|(key, value)| (key.clone(), as_directus_has_it(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.into_iter().collect()
        }
        _ => value.clone(),
    }
}

/// Whether a string can be told from a number, a truth, nothing, and from the words around it.
fn is_plain(text: &str) -> bool {
    let words = ["none", "yes", "no", "null", "true", "false"];
    !text.is_empty()
        && !words.contains(&text)
        && text.parse::<f64>().is_err()
        && text.trim() == text
        && !text.contains(['→', '"', '\\'])
        && !text.starts_with(['{', '['])
        && text.chars().all(|c| !is_hidden(c))
}

fn edit_to_json(edit: &Edit) -> Value {
    let path: Vec<Value> = edit
        .path
        .iter()
        .map(|place| match place {
            Place::Key(key) => json!(key),
            Place::Item(index) => json!(index),
        })
        .collect();
    let mut value = json!({ "path": path });
    // Absent is not null.
    for (key, side) in [("before", &edit.before), ("after", &edit.after)] {
        if let Some(side) = side {
            value[key] = side.clone();
        }
    }
    value
}

/// "add 14 collections, 96 fields; change 1 field".
pub fn summary(changes: &[Change]) -> String {
    let groups = [(Action::Add, "add"), (Action::Edit, "change"), (Action::Drop, "drop")];
    counted(groups.map(|(action, verb)| {
        (verb, changes.iter().filter(|change| change.action == action).map(|change| change.object).collect())
    }))
}

/// The same for groups of another making.
pub fn counted<const N: usize>(groups: [(&str, Vec<Object>); N]) -> String {
    const ORDER: [Object; 5] =
        [Object::Collection, Object::Field, Object::SystemField, Object::Relation, Object::File];
    let mut parts = Vec::new();
    for (verb, objects) in groups {
        let counts: Vec<String> = ORDER
            .iter()
            .map(|object| (object, objects.iter().filter(|each| *each == object).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(object, count)| match (object, count) {
                (Object::File, _) => format!("the {}", object.word()),
                (_, 1) => format!("1 {}", object.word()),
                _ => format!("{count} {}s", object.word()),
            })
            .collect();
        if !counts.is_empty() {
            parts.push(format!("{verb} {}", counts.join(", ")));
        }
    }
    if parts.is_empty() { "no differences".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Snapshot;
    use crate::change::{between, revised};

    fn check(before: &str, after: &str, expected: &[&str]) {
        let snapshot = |text: &str| Snapshot::parse(&format!("version: 1\n{text}")).unwrap();
        let changes = between(&snapshot(before), &snapshot(after));
        let lines: Vec<String> = changes.iter().map(Change::line).collect();
        assert_eq!(lines, expected);
    }

    /// A change of one value of the field `classes.name`.
    fn check_field(before: &str, after: &str, expected: &str) {
        let field = |value: &str| {
            format!("fields:\n  - {{collection: classes, field: name, type: string, {value}}}\n")
        };
        check(&field(before), &field(after), &[&format!("~ classes.name: {expected}")]);
    }

    #[test]
    fn a_new_field_says_what_it_is() {
        let field = "fields:\n  - {collection: entries, field: start_time, type: timestamp, meta: {required: true}, schema: {is_nullable: false}}\n";
        check("fields: []\n", field, &["+ entries.start_time (timestamp, required)"]);
        let in_the_app =
            field.replace("is_nullable: false", "is_nullable: true, default_value: 1, is_unique: true");
        check(
            "fields: []\n",
            &in_the_app,
            &["+ entries.start_time (timestamp, required in the app, unique, default 1)"],
        );
        let key = "fields:\n  - {collection: a, field: id, type: uuid, schema: {is_primary_key: true, is_nullable: false, is_unique: true}}\n";
        check("fields: []\n", key, &["+ a.id (uuid, primary key)"]);
        let alias = "fields:\n  - {collection: a, field: b, type: alias, meta: {special: [o2m]}}\n";
        check("fields: []\n", alias, &["+ a.b (alias o2m)"]);
        let number = "fields:\n  - {collection: a, field: b, type: decimal, schema: {numeric_precision: 10, numeric_scale: 5}}\n";
        check("fields: []\n", number, &["+ a.b (decimal(10,5))"]);
    }

    #[test]
    fn an_edit_says_what_was_and_what_is() {
        check_field("meta: {width: half}", "meta: {width: full}", "width half → full");
        check_field("meta: {required: false}", "meta: {required: true}", "required in the app no → yes");
        check_field("schema: {is_nullable: true}", "schema: {is_nullable: false}", "required no → yes");
        check_field("schema: {max_length: null}", "schema: {max_length: 255}", "max length none → 255");
        check_field("schema: {default_value: '5'}", "schema: {default_value: 5}", "default \"5\" → 5");
        check_field("schema: {default_value: null}", "schema: {default_value: ''}", "default none → \"\"");
        check_field(
            "schema: {default_value: 'none'}",
            "schema: {default_value: 'on'}",
            "default \"none\" → on",
        );
        check_field("meta: {special: [a]}", "meta: {special: [a, b]}", "special[1] b added");
        check_field(
            "meta: {options: {choices: [{text: A, value: a}]}}",
            "meta: {options: {choices: [{text: B, value: a}]}}",
            "options.choices[0].text A → B",
        );
        check_field(
            "meta: {options: null}",
            "meta: {options: {trim: true}}",
            "options none → {\"trim\":true}",
        );
    }

    #[test]
    fn d3_a_key_that_is_missing_is_said_with_what_it_leads_to() {
        let collection = |meta: &str| {
            format!(
                "collections:\n  - {{collection: vehicles, meta: {{{meta}}}, schema: {{name: vehicles}}}}\n"
            )
        };
        check(
            &collection("group: null"),
            &collection(""),
            &["- vehicles (collection dropped): group removed"],
        );
    }

    #[test]
    fn collections_folders_and_relations_come_and_go() {
        check(
            "collections:\n  - {collection: a, schema: {name: a}}\n  - {collection: f}\nfields:\n  - {collection: a, field: x, type: string}\n",
            "collections:\n  - {collection: b, meta: {group: f, singleton: true}, schema: {name: b}}\nfields: []\n",
            &["- a (collection dropped)", "+ b (collection, in f, singleton)", "- f (folder dropped)"],
        );
        let relation = "relations:\n  - {collection: entries, field: team, related_collection: organizations, meta: {one_field: entries, junction_field: null}, schema: {on_delete: SET NULL}}\n";
        check(
            "relations: []\n",
            relation,
            &["+ entries.team → organizations (relation, on delete set null, back as organizations.entries)"],
        );
        check(relation, "relations: []\n", &["- entries.team → organizations (relation dropped)"]);
        check(
            relation,
            &relation.replace("SET NULL", "CASCADE"),
            &["~ entries.team → organizations: on delete SET NULL → CASCADE"],
        );
        let any = "relations:\n  - {collection: logbook, field: item, related_collection: null, meta: {one_allowed_collections: [a, b], junction_field: logbook_id}}\n";
        check(
            "relations: []\n",
            any,
            &["+ logbook.item → any (relation, one of a|b, junction to logbook_id)"],
        );
    }

    #[test]
    fn what_directus_does_not_compare_is_said_apart() {
        check("directus: 11.13.0\n", "directus: 11.17.4\n", &["~ snapshot: directus 11.13.0 → 11.17.4"]);
        let key = |sequence: &str| {
            format!(
                "fields:\n  - {{collection: a, field: id, type: integer, schema: {{is_primary_key: true, has_auto_increment: true, default_value: {sequence}}}}}\n"
            )
        };
        check(&key("x"), &key("y"), &["~ a.id: default x → y (not compared by Directus)"]);
    }

    #[test]
    fn d7_a_note_forges_no_line() {
        check_field(
            "meta: {note: null}",
            "meta: {note: \"x\\n- vehicles (collection dropped)\\u202e\"}",
            "note none → \"x\\n- vehicles (collection dropped)\\u{202e}\"",
        );
    }

    #[test]
    fn a_long_value_is_cut_and_many_edits_are_counted() {
        let long = "x".repeat(50);
        check_field(
            "meta: {note: a}",
            &format!("meta: {{note: {long}}}"),
            &format!("note a → {}…", "x".repeat(40)),
        );
        let (one, other) = (format!("{long} and A, then B"), format!("{long} and A, then C"));
        check_field(
            &format!("meta: {{note: '{one}'}}"),
            &format!("meta: {{note: '{other}'}}"),
            "note …and A, then B → …and A, then C",
        );
        let many = |value: &str| {
            format!(
                "meta: {{{}}}",
                ('a'..='k').map(|key| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
            )
        };
        check_field(
            &many("0"),
            &many("1"),
            "a 0 → 1, b 0 → 1, c 0 → 1, d 0 → 1, e 0 → 1, f 0 → 1, g 0 → 1, 4 more",
        );
    }

    #[test]
    fn what_the_column_is_comes_first_and_is_never_counted_away() {
        let field = |number: u32, length: u32, unique: bool| {
            let meta: Vec<String> = ('a'..='k').map(|key| format!("{key}: {number}")).collect();
            format!("meta: {{{}}}, schema: {{max_length: {length}, is_unique: {unique}}}", meta.join(", "))
        };
        check_field(
            &field(0, 32, false),
            &field(1, 8, true),
            "max length 32 → 8, unique no → yes, a 0 → 1, b 0 → 1, c 0 → 1, d 0 → 1, e 0 → 1, 6 more",
        );
    }

    #[test]
    fn a_key_that_an_old_file_lacked_makes_nothing_anew() {
        let snapshot = |meta: &str| {
            let item =
                format!("collections:\n  - {{collection: a, meta: {{{meta}}}, schema: {{name: a}}}}\n");
            Snapshot::parse(&item).unwrap()
        };
        let (old, new) = (snapshot("group: null"), snapshot("group: null, versioning: false"));
        let lines = |changes: Vec<Change>| changes.iter().map(Change::line).collect::<Vec<_>>();
        assert_eq!(lines(revised(&old, &new)), ["~ a: versioning no added"]);
        assert_eq!(lines(revised(&new, &old)), ["- a (collection dropped): versioning no removed"]);
        assert_eq!(lines(between(&old, &new)), ["+ a (made anew): versioning no added"]);
    }

    #[test]
    fn a_summary_counts_what_is_added_changed_and_dropped() {
        let before = Snapshot::parse(
            "fields:\n  - {collection: a, field: x}\n  - {collection: a, field: y, type: a}\n",
        )
        .unwrap();
        let after = Snapshot::parse("fields:\n  - {collection: a, field: y, type: b}\n  - {collection: a, field: z}\n  - {collection: a, field: w}\n").unwrap();
        assert_eq!(summary(&between(&before, &after)), "add 2 fields; change 1 field; drop 1 field");
        assert_eq!(summary(&[]), "no differences");
    }

    #[test]
    fn the_json_keeps_absent_apart_from_null_and_cuts_nothing() {
        let long = "x".repeat(100);
        let field = |meta: &str| {
            Snapshot::parse(&format!("fields:\n  - {{collection: a, field: b, meta: {{{meta}}}}}\n")).unwrap()
        };
        let json = between(&field("note: null"), &field(&format!("width: {long}")))[0].to_json();
        assert_eq!(json["values"][0], json!({"path": ["meta", "note"], "before": null}));
        assert_eq!(json["values"][1], json!({"path": ["meta", "width"], "after": long}));
        assert_eq!((json["action"].as_str(), json["field"].as_str()), (Some("change"), Some("b")));
    }
}
