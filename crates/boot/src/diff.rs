//! Directus' structured diff, read for two questions: is it empty, and would it delete anything?
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
            changes.push(Change { kind, object, name, properties });
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
    let path: Vec<&str> = edit["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
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
