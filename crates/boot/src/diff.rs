//! What Directus would do, read for two questions: would it destroy anything, and which rows could stand in its way? What it is called
//! in words is the library's (`snapshot::change`), for a boot and for people at their desk alike.

use catalog::Catalog;
use serde_json::{Value, json};
use snapshot::Snapshot;
use snapshot::change::{self, Action, Edit, Object};
use std::collections::HashSet;

/// What happens to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It keeps its name and may lose values (D23).
    Narrow,
    /// It is dropped, with its data.
    Delete,
}

impl Kind {
    /// Whether rows can lose something by it.
    pub fn destroys(self) -> bool {
        matches!(self, Kind::Narrow | Kind::Delete)
    }
}

/// What rows could lose by a change, or how they could make it fail. Counted before anything is done (crate::stake).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Risk {
    /// Every row of the collection goes.
    Rows,
    /// Every value of the field goes, or is converted.
    Values,
    /// Values longer than this many characters are cut.
    Longer(u64),
    /// Values with more than this many digits after the point are rounded.
    Rounded(u64),
    /// Fails: there will be fewer digits before the point, and values that need more are in the way. What is `None` stays as it is.
    TooLarge {
        /// Digits in all.
        precision: Option<u64>,
        /// Digits after the point.
        scale: Option<u64>,
    },
    /// Fails: the field becomes required, and rows without a value are in the way.
    Nulls,
    /// Fails: a new required field without a default, and any row is in the way.
    AnyRow,
    /// Fails: the field becomes unique, and equal values are in the way.
    Duplicates,
    /// Fails: a new unique field whose default would be every row's value.
    SeveralRows,
    /// Fails: the field becomes a reference, and values that no row of the other collection has are in the way.
    Orphans {
        /// The collection that it is to point to.
        related: String,
        /// That collection's key.
        key: String,
    },
}

impl Risk {
    /// Whether it makes Directus fail, as opposed to losing something (D28). No consent helps then.
    pub fn fails(&self) -> bool {
        !matches!(self, Risk::Rows | Risk::Values | Risk::Longer(_) | Risk::Rounded(_))
    }
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happens to it.
    pub kind: Kind,
    /// What it is, and how it differs.
    pub what: change::Change,
    /// What rows could lose by it, or how they could make it fail.
    pub risks: Vec<Risk>,
}

impl Change {
    fn new(what: change::Change) -> Change {
        let kind = match what.action {
            Action::Add => Kind::Create,
            Action::Drop => Kind::Delete,
            Action::Edit if what.object == Object::Field && what.edits.iter().any(narrows) => Kind::Narrow,
            Action::Edit => Kind::Update,
        };
        Change { kind, risks: risks(kind, &what), what }
    }

    /// `entries` or `entries.race_number`: what a consent names.
    pub fn name(&self) -> String {
        self.what.name()
    }

    /// One line for people: `~ organizations.name: max length 255 → 50 (can lose values)`.
    pub fn line(&self) -> String {
        match self.kind {
            Kind::Narrow => self.what.line_with(&["can lose values".to_owned()]),
            _ => self.what.line(),
        }
    }

    /// As [`change::Change::to_json`], with what it does to rows.
    pub fn to_json(&self) -> Value {
        let mut json = self.what.to_json();
        json["line"] = self.line().into();
        json["destroys"] = self.kind.destroys().into();
        json
    }
}

/// Everything that Directus would do.
pub fn changes(diff: &Value) -> Vec<Change> {
    all(change::of_diff(diff))
}

/// Everything that differs between two states of the snapshot, with what it would put at risk.
pub fn revised(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    all(change::revised(before, after))
}

/// What is managed in a database and is not in the snapshot: collections, and fields of the others, by what the catalog says of them.
/// Tables of `db_only` are none of Directus' business, even if somebody made a collection of one by a click (D12).
pub(crate) fn dropped(live: &Catalog, snapshot: &Snapshot, db_only: &[String]) -> Vec<Change> {
    let wanted: HashSet<&str> = snapshot.collections().map(|collection| collection.name()).collect();
    let fields: HashSet<(&str, &str)> =
        snapshot.fields().map(|field| (field.collection(), field.name())).collect();
    let is_managed = |name: &str| !db_only.iter().any(|table| table == name);
    let gone = |name: &&str| is_managed(name) && !wanted.contains(name);
    let collections: HashSet<&str> = live.names("collection").filter(gone).collect();
    let dropped = |object, collection: &str, field: &str, item: Value| {
        let edit = Edit { path: Vec::new(), before: Some(item), after: None };
        Change::new(change::Change {
            action: Action::Drop,
            object,
            collection: collection.to_owned(),
            field: field.to_owned(),
            related: None,
            edits: vec![edit],
            unseen: Vec::new(),
        })
    };
    let mut changes = Vec::new();
    for collection in live.names("collection").filter(|name| collections.contains(name)) {
        let schema = if live.find("table", collection).is_some() { json!({}) } else { Value::Null };
        changes.push(dropped(Object::Collection, collection, "", json!({ "schema": schema })));
    }
    for (collection, field) in live.names("field").filter_map(|name| name.split_once('.')) {
        let stays = is_managed(collection) && !collections.contains(collection);
        if stays && !fields.contains(&(collection, field)) {
            let column = live.find("column", &format!("{collection}.{field}")).is_some();
            let kind = if column { "unknown" } else { "alias" };
            changes.push(dropped(Object::Field, collection, field, json!({ "type": kind })));
        }
    }
    changes
}

/// Rows that are not there yet stand in nobody's way, and lose nothing.
fn all(changes: Vec<change::Change>) -> Vec<Change> {
    let mut changes: Vec<Change> = changes.into_iter().map(Change::new).collect();
    let made = |object: Object| {
        let made =
            changes.iter().filter(move |change| change.kind == Kind::Create && change.what.object == object);
        made.map(|change| (change.name(), change.what.becomes().cloned().unwrap_or_default()))
    };
    let collections: HashSet<String> = made(Object::Collection).map(|(name, _)| name).collect();
    let empty = made(Object::Field).filter(|(_, item)| item["schema"]["default_value"].is_null());
    let fields: HashSet<String> = empty.map(|(name, _)| name).collect();
    for change in &mut changes {
        if collections.contains(&change.what.collection) {
            change.risks.clear();
        } else if fields.contains(&change.name()) {
            change.risks.retain(|risk| !matches!(risk, Risk::Orphans { .. }));
        }
    }
    changes
}

/// What rows have to do with it.
fn risks(kind: Kind, what: &change::Change) -> Vec<Risk> {
    let becomes = |name: &str, value: bool| {
        what.edit(&["schema", name])
            .is_some_and(|edit| edit.after.as_ref().is_some_and(|after| *after == value))
    };
    let item = what.becomes().unwrap_or(&Value::Null);
    match (what.object, kind) {
        // A folder has no rows.
        (Object::Collection, Kind::Delete) if what.was().is_none_or(|was| was["schema"].is_object()) => {
            vec![Risk::Rows]
        }
        (Object::Field, Kind::Delete) if what.was().is_none_or(|was| was["type"] != "alias") => {
            vec![Risk::Values]
        }
        (Object::Field, Kind::Create) => new_field(&item["schema"]),
        (Object::Field, Kind::Narrow | Kind::Update) => {
            let mut risks = if is_converted(what) { Vec::new() } else { numeric(what) };
            if kind == Kind::Narrow && risks.is_empty() {
                risks.push(narrowing(what));
            }
            risks.extend(becomes("is_nullable", false).then_some(Risk::Nulls));
            risks.extend(becomes("is_unique", true).then_some(Risk::Duplicates));
            risks
        }
        (Object::Relation, Kind::Create) => reference(&item["schema"]).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether its column gets another kind of type, so that nothing can be said of single values.
fn is_converted(what: &change::Change) -> bool {
    const TEXTS: [&str; 3] = ["text", "character varying", "character"];
    let is_text = |value: &Option<Value>| {
        value.as_ref().and_then(Value::as_str).is_some_and(|name| TEXTS.contains(&name))
    };
    what.edit(&["schema", "data_type"]).is_some_and(|edit| !(is_text(&edit.before) && is_text(&edit.after)))
}

/// What a narrowed field can lose, if it is no number: as exactly as its edits tell.
fn narrowing(what: &change::Change) -> Risk {
    let length = what.edit(&["schema", "max_length"]).and_then(|edit| edit.after.as_ref()?.as_u64());
    match (is_converted(what), length) {
        (false, Some(length)) => Risk::Longer(length),
        _ => Risk::Values,
    }
}

/// Digits that go after the point are rounded away by the server; for digits that go before it, it refuses.
fn numeric(what: &change::Change) -> Vec<Risk> {
    let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_i64);
    let edit =
        |name: &str| what.edit(&["schema", name]).map(|edit| (number(&edit.before), number(&edit.after)));
    let (precision, scale) = (edit("numeric_precision"), edit("numeric_scale"));
    // By how many digits it grows; no limit is more than any.
    let growth = |edit: Option<(Option<i64>, Option<i64>)>| match edit {
        Some((Some(before), Some(after))) => after - before,
        Some((None, Some(_))) => i64::from(i32::MIN),
        _ => 0,
    };
    let after = |edit: Option<(_, Option<i64>)>| edit?.1?.try_into().ok();
    let mut risks = Vec::new();
    if growth(scale) < 0 {
        risks.extend(after(scale).map(Risk::Rounded));
    }
    // Rounded, a value can need one more.
    let before_the_point = growth(precision) - growth(scale);
    if before_the_point < 0 || (before_the_point == 0 && growth(scale) < 0) {
        risks.push(Risk::TooLarge { precision: after(precision), scale: after(scale) });
    }
    risks
}

fn new_field(schema: &Value) -> Vec<Risk> {
    let is = |name: &str| schema[name] == true;
    if !schema.is_object() || is("is_primary_key") || is("has_auto_increment") {
        return Vec::new();
    }
    let has_default = !schema["default_value"].is_null();
    match (schema["is_nullable"] == false, is("is_unique"), has_default) {
        (true, _, false) => vec![Risk::AnyRow],
        (_, true, true) => vec![Risk::SeveralRows],
        _ => Vec::new(),
    }
}

fn reference(schema: &Value) -> Option<Risk> {
    let text = |name: &str| schema[name].as_str().map(str::to_owned);
    Some(Risk::Orphans { related: text("foreign_key_table")?, key: text("foreign_key_column")? })
}

/// Types that hold every value of the other.
const WIDENINGS: [(&str, &str); 5] = [
    ("integer", "bigint"),
    ("smallint", "integer"),
    ("smallint", "bigint"),
    ("real", "double precision"),
    ("character varying", "text"),
];

/// An edit of a column by which values can be cut, rounded or refused; Directus performs it and says success (D23).
fn narrows(edit: &Edit) -> bool {
    let is = |name: &str| edit.is_at(&["schema", name]);
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    if is("data_type") {
        return !WIDENINGS.contains(&(text(before).as_str(), text(after).as_str()));
    }
    // No limit is the widest; a change of the type sets it to something or to nothing, and is judged by the type.
    if is("max_length") || is("numeric_precision") || is("numeric_scale") {
        return match (number(before), number(after)) {
            (Some(before), Some(after)) => after < before,
            (None, Some(_)) => true,
            (_, None) => false,
        };
    }
    false
}

/// "add 14 collections, 96 fields; change 1 field".
pub fn summary(changes: &[Change]) -> String {
    let groups =
        [(Kind::Create, "add"), (Kind::Update, "change"), (Kind::Narrow, "narrow"), (Kind::Delete, "drop")];
    change::counted(groups.map(|(kind, verb)| {
        (verb, changes.iter().filter(|change| change.kind == kind).map(|change| change.what.object).collect())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_diff_has_no_changes() {
        let diff = json!({"collections": [], "fields": [], "systemFields": [], "relations": []});
        assert_eq!(changes(&diff), []);
        assert_eq!(summary(&[]), "no differences");
    }

    #[test]
    fn d3_a_key_that_the_file_lacks_is_the_deletion_that_directus_makes_of_it() {
        let removed = |path: &[&str]| json!([{"kind": "D", "path": path, "lhs": null}]);
        let diff = json!({
            "collections": [{"collection": "vehicles", "diff": removed(&["meta", "group"])}],
            "fields": [{"collection": "entries", "field": "name", "diff": removed(&["schema", "is_indexed"])}],
            "systemFields": [{"collection": "directus_activity", "field": "timestamp", "diff": removed(&["schema", "is_indexed"])}],
            "relations": [{"collection": "entries", "field": "team", "diff": removed(&["meta", "sort_field"])}],
        });
        let lines: Vec<String> = changes(&diff).iter().map(Change::line).collect();
        assert_eq!(
            lines,
            [
                "~ directus_activity.timestamp: indexed removed",
                "- entries.name (dropped): indexed removed",
                "- entries.team → any (relation dropped): sort field removed",
                "- vehicles (collection dropped): group removed",
            ]
        );
    }

    #[test]
    fn d23_what_can_lose_values_is_narrowing_and_what_cannot_is_not() {
        let check = |property: &str, before: Value, after: Value, expected: Kind| {
            let edit = json!({"kind": "E", "path": ["schema", property], "lhs": before, "rhs": after});
            let diff = json!({ "fields": [{"collection": "a", "field": "b", "diff": [edit]}] });
            assert_eq!(changes(&diff)[0].kind, expected, "{property} {before} → {after}");
        };
        check("max_length", json!(255), json!(5), Kind::Narrow);
        check("max_length", json!(5), json!(255), Kind::Update);
        check("max_length", json!(255), json!(null), Kind::Update);
        check("max_length", json!(null), json!(255), Kind::Narrow);
        check("numeric_scale", json!(5), json!(2), Kind::Narrow);
        check("data_type", json!("real"), json!("integer"), Kind::Narrow);
        check("data_type", json!("timestamp with time zone"), json!("date"), Kind::Narrow);
        check("data_type", json!("integer"), json!("bigint"), Kind::Update);
        check("default_value", json!("a"), json!("b"), Kind::Update);
    }

    #[test]
    fn d28_what_rows_can_stand_in_the_way_of_is_known() {
        let check = |section: &str, edits: Value, expected: &[Risk]| {
            let diff = json!({ section: [{"collection": "entries", "field": "team", "diff": edits}] });
            assert_eq!(changes(&diff)[0].risks, expected);
        };
        let edit = |name: &str, before: Value, after: Value| json!({"kind": "E", "path": ["schema", name], "lhs": before, "rhs": after});
        check("fields", json!([edit("is_nullable", json!(true), json!(false))]), &[Risk::Nulls]);
        check("fields", json!([edit("is_unique", json!(false), json!(true))]), &[Risk::Duplicates]);
        check("fields", json!([edit("is_nullable", json!(false), json!(true))]), &[]);
        check("fields", json!([edit("max_length", json!(255), json!(5))]), &[Risk::Longer(5)]);
        check("fields", json!([edit("numeric_scale", json!(5), json!(2))]), &[Risk::Rounded(2)]);
        let precision = |before: Value, after: u64| edit("numeric_precision", before, json!(after));
        let scale = |before: Value, after: u64| edit("numeric_scale", before, json!(after));
        let too_large = |precision: Option<u64>, scale: Option<u64>| Risk::TooLarge { precision, scale };
        check("fields", json!([precision(json!(10), 8)]), &[too_large(Some(8), None)]);
        check("fields", json!([scale(json!(2), 5)]), &[too_large(None, Some(5))]);
        check("fields", json!([precision(json!(10), 13), scale(json!(2), 5)]), &[]);
        check(
            "fields",
            json!([precision(json!(10), 6), scale(json!(5), 2)]),
            &[Risk::Rounded(2), too_large(Some(6), Some(2))],
        );
        check(
            "fields",
            json!([precision(json!(null), 10), scale(json!(null), 5)]),
            &[Risk::Rounded(5), too_large(Some(10), Some(5))],
        );
        check("fields", json!([edit("data_type", json!("real"), json!("integer"))]), &[Risk::Values]);
        let to_text = json!([
            edit("data_type", json!("text"), json!("character varying")),
            edit("max_length", json!(null), json!(9))
        ]);
        check("fields", to_text, &[Risk::Longer(9)]);
        let new = |schema: Value| json!([{"kind": "N", "rhs": {"schema": schema}}]);
        check("fields", new(json!({"is_nullable": false, "default_value": null})), &[Risk::AnyRow]);
        check("fields", new(json!({"is_nullable": false, "default_value": 1})), &[]);
        check(
            "fields",
            new(json!({"is_nullable": true, "is_unique": true, "default_value": 1})),
            &[Risk::SeveralRows],
        );
        check("fields", new(json!({"is_nullable": false, "is_primary_key": true})), &[]);
        check("fields", json!([{"kind": "N", "rhs": {"schema": null}}]), &[]);
        let orphans = Risk::Orphans { related: "teams".to_owned(), key: "id".to_owned() };
        check(
            "relations",
            new(json!({"foreign_key_table": "teams", "foreign_key_column": "id"})),
            &[orphans],
        );
        check("fields", json!([{"kind": "D", "lhs": {}}]), &[Risk::Values]);
        check("fields", json!([{"kind": "D", "lhs": {"type": "alias"}}]), &[]);
        check("collections", json!([{"kind": "D", "lhs": {"schema": {"name": "a"}}}]), &[Risk::Rows]);
        check("collections", json!([{"kind": "D", "lhs": {"meta": {}}}]), &[]);
    }

    #[test]
    fn what_would_be_dropped_is_known_without_directus() {
        let lines = [
            "managed\ttable\tentries\t",
            "managed\tcollection\tentries\t{}",
            "managed\tcolumn\tentries.note\ttext",
            "managed\tfield\tentries.note\t{}",
            "managed\tfield\tentries.crew\t{}",
            "managed\tfield\tentries.kept\t{}",
            "managed\ttable\tteams\t",
            "managed\tcollection\tteams\t{}",
            "managed\tfield\tteams.name\t{}",
            "managed\tcollection\tfolder\t{}",
        ];
        let live = Catalog::new(lines.map(str::to_owned));
        let snapshot = Snapshot::parse("version: 1\ncollections:\n  - {collection: entries}\nfields:\n  - {collection: entries, field: kept}\n").unwrap();
        assert_eq!(dropped(&live, &snapshot, &["teams".to_owned()]).len(), 3);
        let changes = dropped(&live, &snapshot, &[]);
        let all: Vec<(String, &[Risk])> =
            changes.iter().map(|change| (change.line(), change.risks.as_slice())).collect();
        assert_eq!(
            all,
            [
                ("- folder (folder dropped)".to_owned(), &[][..]),
                ("- teams (collection dropped)".to_owned(), &[Risk::Rows][..]),
                ("- entries.crew (dropped)".to_owned(), &[][..]),
                ("- entries.note (dropped)".to_owned(), &[Risk::Values][..]),
            ]
        );
        assert!(changes.iter().all(|change| change.kind == Kind::Delete));
    }

    #[test]
    fn rows_that_are_not_there_yet_stand_in_nobodys_way() {
        let new = |schema: Value| json!([{"kind": "N", "rhs": {"schema": schema}}]);
        let reference = json!({"foreign_key_table": "teams", "foreign_key_column": "id"});
        let check = |collections: Value, fields: Value, expected: usize| {
            let relations =
                json!([{"collection": "entries", "field": "team", "diff": new(reference.clone())}]);
            let diff = json!({"collections": collections, "fields": fields, "relations": relations});
            let risks = changes(&diff).into_iter().flat_map(|change| change.risks).count();
            assert_eq!(risks, expected, "{diff}");
        };
        let team = |schema: Value| json!([{"collection": "entries", "field": "team", "diff": new(schema)}]);
        check(json!([]), json!([]), 1);
        check(json!([]), team(json!({"is_nullable": true, "default_value": null})), 0);
        check(json!([]), team(json!({"is_nullable": true, "default_value": 5})), 1);
        check(
            json!([{"collection": "entries", "diff": new(json!({}))}]),
            team(json!({"is_nullable": false})),
            0,
        );
    }

    #[test]
    fn whole_objects_come_and_go_and_their_insides_change() {
        let diff = json!({
            "collections": [{"collection": "teams", "diff": [{"kind": "D", "lhs": {"schema": {"name": "teams"}}}]}],
            "fields": [
                {"collection": "entries", "field": "note", "diff": [{"kind": "N", "rhs": {"type": "text"}}]},
                {"collection": "entries", "field": "name", "diff": [
                    {"kind": "E", "path": ["schema", "max_length"], "lhs": 255, "rhs": 5},
                    {"kind": "D", "path": ["meta", "options", "x"], "lhs": 1},
                ]},
                // the first edit is a removal *inside* the field: no deletion of the field
                {"collection": "entries", "field": "slug", "diff": [{"kind": "D", "path": ["meta", "options", "y"], "lhs": 1}]},
            ],
            "systemFields": [],
            "relations": [{"collection": "entries", "field": "team", "related_collection": "teams", "diff": [{"kind": "E", "path": ["schema", "on_delete"], "lhs": "SET NULL", "rhs": "CASCADE"}]}],
        });
        let lines: Vec<String> = changes(&diff).iter().map(Change::line).collect();
        assert_eq!(
            lines,
            [
                "~ entries.name: max length 255 → 5, options.x 1 removed (can lose values)",
                "+ entries.note (text)",
                "~ entries.slug: options.y 1 removed",
                "~ entries.team → teams: on delete SET NULL → CASCADE",
                "- teams (collection dropped)",
            ]
        );
        assert_eq!(
            summary(&changes(&diff)),
            "add 1 field; change 1 field, 1 relation; narrow 1 field; drop 1 collection"
        );
    }
}
