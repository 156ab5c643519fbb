//! Directus' structured diff, read into changes. Printed plans are never parsed: a field's note can forge a line of one (D7).
//!
//! A diff is `{collections, fields, systemFields, relations}`; each entry has a name and `diff`, the list that deep-diff makes: `kind` is
//! N(ew), D(elete), E(dit) or A(rray), `path` leads to the value and is absent for the object itself.

use super::{Change, Edit, Object, Place, in_order};
use crate::model::SECTIONS;
use serde_json::Value;

/// The changes in the order in which they are said. An entry that cannot be read is a change without edits: never nothing.
pub fn of_diff(diff: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    for section in SECTIONS {
        for entry in diff[section].as_array().into_iter().flatten() {
            let text = |key: &str| entry[key].as_str().unwrap_or_default();
            let edits = entry["diff"].as_array().into_iter().flatten().map(edit).collect();
            let mut change =
                Change::new(Object::of_section(section), text("collection"), text("field"), edits);
            change.related = entry["related_collection"].as_str().map(str::to_owned);
            changes.push(change);
        }
    }
    in_order(changes)
}

fn edit(edit: &Value) -> Edit {
    let mut path: Vec<Place> = edit["path"].as_array().into_iter().flatten().map(place).collect();
    // An item of a list has its place and its own edit apart.
    let mut inner = edit;
    while inner["kind"] == "A" {
        path.push(place(&inner["index"]));
        inner = &inner["item"];
    }
    let side = |key: &str| inner.get(key).cloned();
    Edit { path, before: side("lhs"), after: side("rhs") }
}

fn place(part: &Value) -> Place {
    match part.as_u64().and_then(|index| usize::try_from(index).ok()) {
        Some(index) => Place::Item(index),
        None => Place::Key(part.as_str().map_or_else(|| part.to_string(), str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Action;
    use serde_json::json;

    #[test]
    fn an_empty_diff_has_no_changes() {
        assert_eq!(
            of_diff(&json!({"collections": [], "fields": [], "systemFields": [], "relations": []})),
            []
        );
    }

    #[test]
    fn every_kind_of_edit_is_read() {
        let edits = json!([
            {"kind": "E", "path": ["schema", "max_length"], "lhs": 255, "rhs": 5},
            {"kind": "N", "path": ["meta", "options", "x"], "rhs": null},
            {"kind": "D", "path": ["meta", "options", "y"], "lhs": 1},
            {"kind": "A", "path": ["meta", "special"], "index": 1, "item": {"kind": "N", "rhs": "uuid"}},
            {"kind": "E", "path": ["meta", "options", "choices", 0, "text"], "lhs": "a", "rhs": "b"},
        ]);
        let diff = json!({"fields": [{"collection": "a", "field": "b", "diff": edits}]});
        let [change] = &of_diff(&diff)[..] else { panic!("one change") };
        assert_eq!((change.action, change.name()), (Action::Edit, "a.b".to_owned()));
        assert_eq!(change.edit(&["schema", "max_length"]).unwrap().after, Some(json!(5)));
        assert_eq!(change.edit(&["meta", "options", "x"]).unwrap().after, Some(json!(null)));
        let list = &change.edits[3];
        assert_eq!(
            (list.path.last(), &list.before, &list.after),
            (Some(&Place::Item(1)), &None, &Some(json!("uuid")))
        );
        assert_eq!(change.edits[4].path[3], Place::Item(0));
    }
}
