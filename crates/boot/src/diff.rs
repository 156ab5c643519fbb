//! Directus' structured diff, read for three questions: is it empty, would it destroy anything, and which rows could stand in its way?
//!
//! A diff is `{collections, fields, systemFields, relations}`; each entry has a name and `diff`, a list of edits whose `kind`
//! is N(ew), D(elete), E(dit) or A(rray). What counts is what Directus *does* with it (utils/apply-diff.js):
//!
//! 1. the first edit decides what happens to the object, and the others follow;
//! 2. for collections and relations its path is not looked at: a key of `meta` that is missing in the file drops the table (D3);
//! 3. for fields, an edit below `meta` is an update, and any other removal drops the column;
//! 4. system fields are only ever updated.
//!
//! Printed plans are never parsed: a field's note can forge a line of one (D7).

use serde_json::Value;

/// The sections in the order in which people think of them.
const SECTIONS: [(&str, &str); 4] = [
    ("collections", "collection"),
    ("fields", "field"),
    ("systemFields", "system field"),
    ("relations", "relation"),
];

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
    /// Values that do not fit this precision and scale are rounded or refused.
    Unfitting {
        /// Digits in all.
        precision: u64,
        /// Digits after the point.
        scale: u64,
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
        !matches!(self, Risk::Rows | Risk::Values | Risk::Longer(_) | Risk::Unfitting { .. })
    }
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happens to it.
    pub kind: Kind,
    /// `collection`, `field`, `system field` or `relation`.
    pub object: &'static str,
    /// `entries` or `entries.race_number`.
    pub name: String,
    /// The changed properties: `schema.max_length 255 → 5`. Empty when the whole object comes or goes.
    pub properties: Vec<String>,
    /// What rows could lose by it, or how they could make it fail.
    pub risks: Vec<Risk>,
}

impl Change {
    /// One line for people: `update field entries.race_number: schema.is_nullable true → false`.
    pub fn line(&self) -> String {
        let verb = match self.kind {
            Kind::Create => "create",
            Kind::Update => "update",
            Kind::Narrow => "narrow",
            Kind::Delete => "delete",
        };
        let properties = if self.properties.is_empty() {
            String::new()
        } else {
            format!(": {}", self.properties.join(", "))
        };
        format!("{verb} {} {}{properties}", self.object, self.name)
    }
}

/// Everything that differs.
pub fn changes(diff: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    for (section, object) in SECTIONS {
        for entry in diff[section].as_array().into_iter().flatten() {
            let collection = entry["collection"].as_str().unwrap_or("?");
            let name = match entry["field"].as_str() {
                Some(field) => format!("{collection}.{field}"),
                None => collection.to_owned(),
            };
            let edits = entry["diff"].as_array().map(Vec::as_slice).unwrap_or_default();
            let kind = kind(object, edits);
            let properties = edits.iter().map(property).filter(|property| !property.is_empty()).collect();
            let risks = risks(object, kind, edits);
            changes.push(Change { kind, object, name, properties, risks });
        }
    }
    changes
}

/// What Directus does with the object; the rules are numbered above.
fn kind(object: &str, edits: &[Value]) -> Kind {
    let Some(first) = edits.first() else { return Kind::Update };
    let below_meta = first["path"].as_array().is_some_and(|path| path.len() >= 2 && path[0] == "meta");
    match (object, first["kind"].as_str()) {
        ("system field", _) => Kind::Update,
        ("field", _) if below_meta => Kind::Update,
        (_, Some("N")) => Kind::Create,
        (_, Some("D")) => Kind::Delete,
        ("field", _) if edits.iter().any(narrows) => Kind::Narrow,
        _ => Kind::Update,
    }
}

/// What rows have to do with it.
fn risks(object: &str, kind: Kind, edits: &[Value]) -> Vec<Risk> {
    let first = edits.first().unwrap_or(&Value::Null);
    let edit = |name: &str| edits.iter().find(|edit| path(edit) == ["schema", name]);
    let becomes = |name: &str, value: bool| edit(name).is_some_and(|edit| edit["rhs"] == value);
    match (object, kind) {
        ("collection", Kind::Delete) => vec![Risk::Rows],
        ("field", Kind::Delete) => vec![Risk::Values],
        ("field", Kind::Create) => new_field(&first["rhs"]["schema"]),
        ("field", _) => {
            let mut risks = if kind == Kind::Narrow { vec![narrowing(&edit)] } else { Vec::new() };
            risks.extend(becomes("is_nullable", false).then_some(Risk::Nulls));
            risks.extend(becomes("is_unique", true).then_some(Risk::Duplicates));
            risks
        }
        ("relation", Kind::Create) => reference(&first["rhs"]["schema"]).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What a narrowed field can lose: as exactly as its edits tell.
fn narrowing<'a>(edit: &impl Fn(&str) -> Option<&'a Value>) -> Risk {
    let is_text = |value: &Value| ["text", "character varying", "character"].iter().any(|name| value == name);
    let converted = edit("data_type").is_some_and(|edit| !(is_text(&edit["lhs"]) && is_text(&edit["rhs"])));
    let to = |name: &str| edit(name).and_then(|edit| edit["rhs"].as_u64());
    match (converted, to("max_length"), to("numeric_precision"), to("numeric_scale")) {
        (false, Some(length), ..) => Risk::Longer(length),
        (false, _, Some(precision), scale) => Risk::Unfitting { precision, scale: scale.unwrap_or(0) },
        // The precision stays: only digits after the point can go, and no number is too large.
        (false, _, None, Some(scale)) => Risk::Unfitting { precision: 1000, scale },
        _ => Risk::Values,
    }
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

fn path(edit: &Value) -> Vec<&str> {
    edit["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
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
fn narrows(edit: &Value) -> bool {
    let path = path(edit);
    let (before, after) = (&edit["lhs"], &edit["rhs"]);
    match path.as_slice() {
        ["schema", "data_type"] => {
            let types = (before.as_str().unwrap_or_default(), after.as_str().unwrap_or_default());
            !WIDENINGS.contains(&types)
        }
        // No limit is the widest; a change of the type sets it to something or to nothing, and is judged by the type.
        ["schema", "max_length" | "numeric_precision" | "numeric_scale"] => {
            match (before.as_f64(), after.as_f64()) {
                (Some(before), Some(after)) => after < before,
                (None, Some(_)) => true,
                (_, None) => false,
            }
        }
        _ => false,
    }
}

fn property(edit: &Value) -> String {
    let path: Vec<String> = edit["path"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
        .collect();
    let path = path.join(".");
    if path.is_empty() {
        return path;
    }
    match edit["kind"].as_str() {
        Some("N") => format!("{path} added"),
        Some("D") => format!("{path} removed"),
        Some("A") => format!("{path}[{}] changed", edit["index"]),
        _ => format!("{path} {} → {}", short(&edit["lhs"]), short(&edit["rhs"])),
    }
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= 40 {
        text
    } else {
        format!("{}…", text.chars().take(40).collect::<String>())
    }
}

/// "14 collections, 96 fields to create; 1 field to update".
pub fn summary(changes: &[Change]) -> String {
    let mut parts = Vec::new();
    for (kind, verb) in [
        (Kind::Create, "create"),
        (Kind::Update, "update"),
        (Kind::Narrow, "narrow"),
        (Kind::Delete, "delete"),
    ] {
        let counts: Vec<String> = SECTIONS
            .iter()
            .map(|(_, object)| {
                (object, changes.iter().filter(|each| each.kind == kind && each.object == *object).count())
            })
            .filter(|(_, count)| *count > 0)
            .map(|(object, count)| format!("{count} {object}{}", if count == 1 { "" } else { "s" }))
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
    use serde_json::json;

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
                "delete collection vehicles: meta.group removed",
                "delete field entries.name: schema.is_indexed removed",
                "update system field directus_activity.timestamp: schema.is_indexed removed",
                "delete relation entries.team: meta.sort_field removed",
            ]
        );
    }

    #[test]
    fn d23_what_can_lose_values_is_narrowing_and_what_cannot_is_not() {
        let check = |property: &str, before: Value, after: Value, expected: Kind| {
            let edit = json!({"kind": "E", "path": ["schema", property], "lhs": before, "rhs": after});
            assert_eq!(kind("field", &[edit]), expected, "{property} {before} → {after}");
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
        check(
            "fields",
            json!([edit("numeric_scale", json!(5), json!(2))]),
            &[Risk::Unfitting { precision: 1000, scale: 2 }],
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
    }

    #[test]
    fn whole_objects_are_created_and_deleted_and_their_insides_updated() {
        let diff = json!({
            "collections": [{"collection": "teams", "diff": [{"kind": "D", "lhs": {}}]}],
            "fields": [
                {"collection": "entries", "field": "note", "diff": [{"kind": "N", "rhs": {}}]},
                {"collection": "entries", "field": "name", "diff": [
                    {"kind": "E", "path": ["schema", "max_length"], "lhs": 255, "rhs": 5},
                    {"kind": "D", "path": ["meta", "options", "x"], "lhs": 1},
                ]},
                // the first edit is a removal *inside* the field: no deletion of the field
                {"collection": "entries", "field": "slug", "diff": [{"kind": "D", "path": ["meta", "options", "y"], "lhs": 1}]},
            ],
            "systemFields": [],
            "relations": [{"collection": "entries", "field": "team", "diff": [{"kind": "E", "path": ["schema", "on_delete"], "lhs": "SET NULL", "rhs": "CASCADE"}]}],
        });
        let lines: Vec<String> = changes(&diff).iter().map(Change::line).collect();
        assert_eq!(
            lines,
            [
                "delete collection teams",
                "create field entries.note",
                "narrow field entries.name: schema.max_length 255 → 5, meta.options.x removed",
                "update field entries.slug: meta.options.y removed",
                "update relation entries.team: schema.on_delete SET NULL → CASCADE",
            ]
        );
        assert_eq!(
            summary(&changes(&diff)),
            "create 1 field; update 1 field, 1 relation; narrow 1 field; delete 1 collection"
        );
    }
}
