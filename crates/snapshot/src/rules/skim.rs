//! All rules of a boot in a fraction of the memory. A snapshot as a tree, with a position for everything in it, is forty times its file:
//! a quarter of a gigabyte for 300 collections, beside Directus' own. So each item is judged by itself as soon as it is read, and what is
//! kept of it are the names that others refer to.
//!
//! It says only that nothing is wrong. Whoever hears otherwise reads the whole and asks the rules, which know what, and where.

use super::{Finding, Severity, columns, ghost_collection, keys, references, vendor, yaml};
use crate::model::{Document, Snapshot};
use serde_json::{Map, Value};

/// What is kept of the items of each list; of other lists, nothing.
const KEPT: [(&str, &[&str], &[&str]); 3] = [
    ("collections", &["collection"], &["group"]),
    ("fields", &["collection", "field", "type"], &["group", "special"]),
    (
        "relations",
        &["collection", "field", "related_collection"],
        &[
            "many_collection",
            "one_collection",
            "one_field",
            "junction_field",
            "sort_field",
            "one_collection_field",
            "one_allowed_collections",
        ],
    ),
];

/// What an item is judged in: every section is there.
const FRAME: &str = r#"{"version":1,"directus":"","vendor":"postgres","collections":[],"fields":[],"systemFields":[],"relations":[]}"#;

/// The names of a snapshot in which nothing is wrong: which collections, fields and relations there are, and of what kind. `None` if a rule
/// finds an error, or if it cannot be told this way.
pub fn skim(text: &str, db_only: &[String]) -> Option<Snapshot> {
    let directus = version_of(text)?;
    let mut is_fine = true;
    let mut frame: Value = serde_json::from_str(FRAME).ok()?;
    frame["directus"] = Value::String(directus.clone());
    let (snapshot, doubts) = Snapshot::read_through(text, &mut |list, item| {
        let mut alone = frame.clone();
        if let Some(items) = alone.get_mut(list).and_then(Value::as_array_mut) {
            items.push(item);
        }
        // An item that is no object, or of a list that no snapshot has.
        let Ok(alone) = Snapshot::from_json(alone) else { return Value::Null };
        let alone = Document::without_positions(alone, Vec::new());
        is_fine = is_fine
            && passes(keys(&alone, &directus))
            && passes(columns(&alone))
            && references::agree_with_themselves(&alone.snapshot);
        names(list, alone.snapshot.section(list).first())
    })
    .ok()?;
    let document = Document::without_positions(snapshot, doubts);
    is_fine = is_fine
        && document.snapshot.directus() == Some(&directus)
        && document.snapshot.root().keys().eq(frame.as_object()?.keys())
        && passes(yaml(&document))
        && passes(vendor(&document))
        && passes(references::references(&document))
        && passes(ghost_collection(&document, db_only));
    is_fine.then_some(document.snapshot)
}

fn passes(findings: Vec<Finding>) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

/// The version is among the first lines as Directus writes them; it is asked for again when everything is read.
fn version_of(text: &str) -> Option<String> {
    let line = text.lines().take(10).find_map(|line| line.strip_prefix("directus:"))?;
    Some(line.trim().trim_matches(['\'', '"']).to_owned())
}

fn names(list: &str, item: Option<&Value>) -> Value {
    let mut kept = Map::with_capacity(5);
    let (Some(item), Some((_, keys, meta))) = (item, KEPT.iter().find(|(name, ..)| *name == list)) else {
        return Value::Object(kept);
    };
    let some = |of: &Value, keys: &[&str]| -> Map<String, Value> {
        let present = keys.iter().filter_map(|key| Some(((*key).to_owned(), of.get(key)?.clone())));
        present.filter(|(_, value)| !value.is_null() && value != &Value::Bool(false)).collect()
    };
    kept.extend(some(item, keys));
    // Whether there is one, even if nothing of it is kept.
    if let Some(schema) = item.get("schema").filter(|schema| schema.is_object()) {
        kept.insert("schema".to_owned(), Value::Object(some(schema, &["is_primary_key"])));
    }
    if let Some(of) = item.get("meta") {
        kept.insert("meta".to_owned(), Value::Object(some(of, meta)));
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use super::super::tests::REAL;
    use super::*;
    use proptest::prelude::*;

    /// What Directus made of more than this: two ghosts are in it.
    fn sound() -> String {
        let whole = Snapshot::parse(REAL).unwrap();
        let ghosts = crate::ghosts::strip(&whole, &[].into()).snapshot;
        ghosts.to_yaml()
    }

    #[test]
    fn of_a_sound_snapshot_every_name_is_kept_and_little_else() {
        let text = sound();
        let (whole, names) = (Snapshot::parse(&text).unwrap(), skim(&text, &[]).expect("nothing is wrong"));
        let fields = |of: &Snapshot| -> Vec<String> {
            of.fields()
                .map(|field| {
                    format!(
                        "{}.{} {} {}",
                        field.collection(),
                        field.name(),
                        field.kind(),
                        field.is_primary_key()
                    )
                })
                .collect()
        };
        assert_eq!(fields(&names), fields(&whole));
        let collections = |of: &Snapshot| -> Vec<String> {
            of.collections()
                .map(|each| format!("{} {} {:?}", each.name(), each.has_table(), each.group()))
                .collect()
        };
        assert_eq!(collections(&names), collections(&whole));
        assert_eq!((names.relations().len(), names.directus()), (whole.relations().len(), whole.directus()));
        assert!(names.to_json().to_string().len() * 4 < whole.to_json().to_string().len());
    }

    #[test]
    fn whatever_the_rules_would_refuse_is_not_passed() {
        let text = sound();
        for (from, to) in [
            ("versioning: false", "versioned: false"),
            ("vendor: postgres", "vendor: mysql"),
            ("type: string", "type: unknown"),
            ("group: null", "group: nobody"),
            ("is_primary_key: true", "is_primary_key: false"),
            ("one_collection: events", "one_collection: others"),
            ("systemFields:", "systemfields:"),
            ("default_value: null", "default_value: 'it''s'"),
            ("note: null", "note: 2026-11-23"),
            ("collections:\n", "collections:\n  - 1\n"),
            ("collections:\n", "collections: [\n"),
        ] {
            let broken = text.replacen(from, to, 1);
            assert_ne!(broken, text, "{from}");
            assert!(skim(&broken, &[]).is_none(), "{to}");
        }
    }

    /// What a hand could do to a line.
    const SLIPS: [(&str, &str); 8] = [
        (": ", ":"),
        (": null", ": x"),
        (": true", ": false"),
        (": false", ": null"),
        ("  ", ""),
        ("- ", ""),
        ("a", "b"),
        (": ", ": 2026-11-23 "),
    ];

    proptest! {
        /// `PROPTEST_CASES=n` slips more often.
        #[test]
        fn it_passes_what_the_rules_pass_whatever_a_hand_did_to_the_file(
            slips in prop::collection::vec((any::<prop::sample::Index>(), 0..SLIPS.len() + 2), 1..4)
        ) {
            let text = sound();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for (at, slip) in slips {
                let at = at.index(lines.len());
                match SLIPS.get(slip) {
                    Some((from, to)) => lines[at] = lines[at].replacen(from, to, 1),
                    None if slip == SLIPS.len() => drop(lines.remove(at)),
                    None => lines.insert(at, lines[at].clone()),
                }
            }
            let text = lines.join("\n") + "\n";
            let is_sound = Document::parse(&text).is_ok_and(|document| {
                let directus = document.snapshot.directus().unwrap_or_default().to_owned();
                let rules = [
                    yaml(&document),
                    vendor(&document),
                    keys(&document, &directus),
                    references::references(&document),
                    columns(&document),
                    ghost_collection(&document, &[]),
                ];
                rules.into_iter().all(passes)
            });
            let skimmed = skim(&text, &[]);
            prop_assert!(is_sound || skimmed.is_none(), "passed:\n{text}");
            // Sections in another order are read as a whole, and that is all.
            let in_order = Document::parse(&text).is_ok_and(|document| {
                let frame: Value = serde_json::from_str(FRAME).unwrap();
                document.snapshot.root().keys().eq(frame.as_object().unwrap().keys())
            });
            prop_assert!(!is_sound || !in_order || skimmed.is_some(), "not passed:\n{text}");
        }
    }
}
