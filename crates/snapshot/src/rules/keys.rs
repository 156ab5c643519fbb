//! `snapshot-keys`: every key that the pinned Directus writes is there.
//!
//! Directus acts on the *first* difference of an item. A missing key is the difference "deleted", and so the whole item is: a table
//! with its rows (D3), a column, a constraint. Only a key missing inside the `meta` of a field deletes nothing; it just never comes to
//! rest (`apply-diff.js`, `isNestedMetaUpdate`).
//!
//! A key too many inside `meta` is a column that Directus' tables do not have: the apply fails, or plans the same change for ever.
//! Anywhere else Directus picks the keys that it knows, and the others are lost in silence: a warning.
//!
//! All of it measured with 11.17.4, apply by apply. D2 (a collection without `group`: nothing is created) could not be repeated with
//! a file that is complete but for `group`: the first apply creates the collection, the second drops it, as D3 says.

use super::{Finding, SNAPSHOT_AGAIN, found};
use crate::directus::{Keys, format_of};
use crate::model::{Collection, Document, Field, Relation};
use crate::span::Step;
use contract::artefacts::SNAPSHOT;
use serde_json::Value;

const RULE: &str = "snapshot-keys";

/// Checks every object of the snapshot against the keys of the version `pinned`.
pub fn keys(document: &Document, pinned: &str) -> Vec<Finding> {
    all(document, pinned).into_iter().map(|(_, finding)| finding).collect()
}

/// Whether somebody put keys into the snapshot that the version `pinned` does not have. They were meant to say something.
pub fn has_unknown_keys(document: &Document, pinned: &str) -> bool {
    all(document, pinned).iter().any(|(wrong, _)| *wrong == Wrong::Unknown)
}

/// What is wrong with a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// It is not there, or is no object.
    Missing,
    /// Directus has no such key.
    Unknown,
}

fn all(document: &Document, pinned: &str) -> Vec<(Wrong, Finding)> {
    let Some(format) = format_of(pinned) else {
        let message =
            format!("it is not known which keys Directus {pinned} writes, so the snapshot is not checked");
        let finding = Finding::error(RULE, SNAPSHOT, message)
            .hint("add the version to crates/snapshot/src/directus.rs, as described there");
        return vec![(Wrong::Missing, finding)];
    };
    let mut check = Check { document, pinned, findings: Vec::new() };
    check.root(format.root);
    let snapshot = &document.snapshot;
    for (index, collection) in snapshot.collections().enumerate() {
        let at = At { section: "collections", index };
        let fate = collection_fate(collection);
        check.item(at, collection.0, format.collection, &fate);
        check.part(at, collection.0, "meta", format.collection_meta, &fate);
        check.part(at, collection.0, "schema", format.collection_schema, &fate);
    }
    for (index, field) in snapshot.fields().enumerate() {
        let at = At { section: "fields", index };
        let fate = field_fate(field);
        check.item(at, field.0, format.field, &fate);
        if !field.is_alias() && !is_present(field.0, "schema") {
            check.missing(at, &[], "schema", &fate);
        }
        check.part(at, field.0, "meta", format.field_meta, &never_comes_to_rest);
        check.part(at, field.0, "schema", format.field_schema, &fate);
    }
    for (index, field) in snapshot.system_fields().enumerate() {
        let at = At { section: "systemFields", index };
        let fate = |_: &str| "Directus cannot tell whether the column is indexed".to_owned();
        check.item(at, field.0, format.system_field, &fate);
        check.part(at, field.0, "schema", format.system_field_schema, &fate);
    }
    for (index, relation) in snapshot.relations().enumerate() {
        let at = At { section: "relations", index };
        let fate = relation_fate(relation);
        check.item(at, relation.0, format.relation, &fate);
        check.part(at, relation.0, "meta", format.relation_meta, &fate);
        check.part(at, relation.0, "schema", format.relation_schema, &fate);
    }
    check.findings
}

fn collection_fate(collection: Collection<'_>) -> impl Fn(&str) -> String {
    let name = collection.name().to_owned();
    let what = if collection.has_table() {
        format!("the table `{name}` with its rows")
    } else {
        format!("the folder `{name}`")
    };
    move |_: &str| format!("the next apply would drop {what} and report success (D3)")
}

fn field_fate(field: Field<'_>) -> impl Fn(&str) -> String {
    let name = format!("{}.{}", field.collection(), field.name());
    let what = if field.is_alias() { "the field" } else { "the column" };
    move |_: &str| format!("the next apply would drop {what} `{name}` and report success")
}

fn never_comes_to_rest(_: &str) -> String {
    "every apply would plan the same update again".to_owned()
}

fn relation_fate(relation: Relation<'_>) -> impl Fn(&str) -> String {
    let name = format!("{}.{}", relation.collection(), relation.field());
    move |_: &str| {
        format!("the next apply would drop the relation `{name}`, and the one after it would create it again")
    }
}

/// One item of one section.
#[derive(Clone, Copy)]
struct At {
    section: &'static str,
    index: usize,
}

impl At {
    fn path<'a>(self, below: &[&'a str]) -> Vec<Step<'a>> {
        [Step::Key(self.section), Step::Index(self.index)]
            .into_iter()
            .chain(below.iter().map(|key| Step::Key(key)))
            .collect()
    }
}

/// Where an unknown key stands.
#[derive(Clone, Copy)]
enum Place {
    /// In a `meta`, which Directus takes whole.
    Meta,
    /// In an object of which Directus picks what it knows.
    Picked,
}

struct Check<'a> {
    document: &'a Document,
    pinned: &'a str,
    findings: Vec<(Wrong, Finding)>,
}

impl Check<'_> {
    fn root(&mut self, keys: Keys) {
        let root = self.document.snapshot.root();
        for key in keys.required.iter().filter(|key| !root.contains_key(**key)) {
            let fate = match *key {
                // What `snapshot-version` and `snapshot-vendor` are about.
                "version" | "directus" | "vendor" => continue,
                "systemFields" => "the next apply would drop the indexes of Directus' own tables (D5)",
                _ => "Directus cannot apply the file",
            };
            self.push(&[], format!("the section `{key}` is missing: {fate}"), Some(SNAPSHOT_AGAIN));
        }
        for key in root.keys().filter(|key| !keys.required.contains(&key.as_str())) {
            self.unknown(&[Step::Key(key)], key, Place::Picked);
        }
    }

    fn item(&mut self, at: At, item: &Value, keys: Keys, fate: &dyn Fn(&str) -> String) {
        self.object(at, &[], item, keys, fate);
    }

    /// `meta` or `schema` of an item; one that is missing as a whole is the item's finding.
    fn part(&mut self, at: At, item: &Value, part: &'static str, keys: Keys, fate: &dyn Fn(&str) -> String) {
        match item.get(part) {
            None => {}
            Some(Value::Object(_)) => self.object(at, &[part], &item[part], keys, fate),
            Some(Value::Null) if part == "schema" => {}
            Some(_) => {
                let message = format!("`{part}` is not a mapping: {}", fate(part));
                self.push(&at.path(&[part]), message, Some(SNAPSHOT_AGAIN));
            }
        }
    }

    fn object(
        &mut self,
        at: At,
        below: &[&'static str],
        object: &Value,
        keys: Keys,
        fate: &dyn Fn(&str) -> String,
    ) {
        let Value::Object(map) = object else { return };
        for key in keys.required.iter().filter(|key| !map.contains_key(**key)) {
            self.missing(at, below, key, fate);
        }
        for key in map.keys() {
            if !keys.required.contains(&key.as_str()) && !keys.optional.contains(&key.as_str()) {
                let path: Vec<&str> = below.iter().copied().chain([key.as_str()]).collect();
                let place = if below == ["meta"] { Place::Meta } else { Place::Picked };
                self.unknown(&at.path(&path), key, place);
            }
        }
    }

    fn missing(&mut self, at: At, below: &[&'static str], key: &str, fate: &dyn Fn(&str) -> String) {
        let name: Vec<&str> = below.iter().copied().chain([key]).collect();
        let message = format!("`{}` is missing: {}", name.join("."), fate(key));
        self.push(&at.path(below), message, Some(SNAPSHOT_AGAIN));
    }

    fn unknown(&mut self, path: &[Step<'_>], key: &str, place: Place) {
        let pinned = self.pinned;
        let finding = match place {
            Place::Meta => {
                let message = format!(
                    "`meta.{key}` is no key of Directus {pinned}: the apply would fail, or plan the same change every time"
                );
                found(RULE, self.document, path, message)
            }
            Place::Picked => {
                found(RULE, self.document, path, format!("Directus {pinned} ignores the key `{key}`"))
                    .warning()
            }
        };
        self.findings
            .push((Wrong::Unknown, finding.hint("take it out of the file, or spell it as Directus does")));
    }

    fn push(&mut self, path: &[Step<'_>], message: String, hint: Option<&str>) {
        let mut finding = found(RULE, self.document, path, message);
        finding.hint = hint.map(str::to_owned);
        self.findings.push((Wrong::Missing, finding));
    }
}

fn is_present(item: &Value, key: &str) -> bool {
    item.get(key).is_some_and(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{REAL, document, lines};
    use super::*;
    use crate::rules::Severity;

    /// The real snapshot with the first `from` after `anchor` replaced.
    fn check(anchor: &str, from: &str, to: &str, expected: &[&str]) {
        let start = REAL.find(anchor).unwrap();
        let text = format!("{}{}", &REAL[..start], REAL[start..].replacen(from, to, 1));
        assert_ne!(text, REAL);
        assert_eq!(lines(&keys(&document(&text), "11.17.4")), expected);
    }

    #[test]
    fn the_table_of_keys_is_what_a_real_directus_writes() {
        assert_eq!(keys(&document(REAL), "11.17.4"), []);
    }

    #[test]
    fn d2_a_collection_without_group_is_found() {
        check(
            "collection: entries\n",
            "      group: rally\n",
            "",
            &[
                "6: `meta.group` is missing: the next apply would drop the table `entries` with its rows and report success (D3)",
            ],
        );
    }

    #[test]
    fn d3_a_collection_without_versioning_is_found() {
        check(
            "collection: entries\n",
            "      versioning: false\n",
            "",
            &[
                "6: `meta.versioning` is missing: the next apply would drop the table `entries` with its rows and report success (D3)",
            ],
        );
    }

    #[test]
    fn d5_a_file_without_system_fields_is_found() {
        let start = REAL.find("systemFields:").unwrap();
        let end = REAL.find("\nrelations:").unwrap();
        let text = format!("{}{}", &REAL[..start], &REAL[end + 1..]);
        assert_eq!(
            lines(&keys(&document(&text), "11.17.4")),
            [
                "1: the section `systemFields` is missing: the next apply would drop the indexes of Directus' own tables (D5)",
            ]
        );
    }

    #[test]
    fn a_field_without_a_schema_key_would_lose_its_column() {
        check(
            "field: phone\n",
            "      has_auto_increment: false\n",
            "",
            &[
                "175: `schema.has_auto_increment` is missing: the next apply would drop the column `directus_users.phone` and report success",
            ],
        );
        check(
            "field: phone\n",
            "      width: full\n",
            "",
            &["155: `meta.width` is missing: every apply would plan the same update again"],
        );
    }

    #[test]
    fn a_relation_without_a_key_would_come_and_go() {
        let lines = {
            let text = REAL.replacen("      on_delete: SET NULL\n", "", 1);
            lines(&keys(&document(&text), "11.17.4"))
        };
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(
            "`schema.on_delete` is missing: the next apply would drop the relation `entries.event`"
        ));
    }

    #[test]
    fn an_unknown_key_of_meta_is_an_error_and_elsewhere_a_warning() {
        let meta = REAL.replacen("      singleton: false\n", "      singleton: false\n      sparkle: 1\n", 1);
        let schema = REAL.replacen("      name: entries\n", "      name: entries\n      sparkle: 1\n", 1);
        for (text, severity, line) in [
            (
                meta,
                Severity::Error,
                "22: `meta.sparkle` is no key of Directus 11.17.4: the apply would fail, or plan the same change every time",
            ),
            (schema, Severity::Warning, "29: Directus 11.17.4 ignores the key `sparkle`"),
        ] {
            let findings = keys(&document(&text), "11.17.4");
            assert_eq!(lines(&findings), [line]);
            assert_eq!(findings[0].severity, severity);
            assert!(has_unknown_keys(&document(&text), "11.17.4"));
        }
        let shorter = REAL.replacen("      singleton: false\n", "", 1);
        for (text, pinned) in [(REAL, "11.17.4"), (&shorter, "11.17.4"), (REAL, "11.99.0")] {
            assert!(!has_unknown_keys(&document(text), pinned));
        }
    }

    #[test]
    fn a_version_without_a_table_is_no_silent_pass() {
        assert!(
            lines(&keys(&document(REAL), "11.99.0"))[0]
                .contains("it is not known which keys Directus 11.99.0 writes")
        );
    }
}
