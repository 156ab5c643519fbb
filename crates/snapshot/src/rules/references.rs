//! `snapshot-references`: every name in the snapshot is the name of something in it, or of something of Directus' own.

use super::{Finding, SNAPSHOT_AGAIN, Severity, found};
use crate::directus::is_system;
use crate::model::{Collection, Document, Field, Relation, Snapshot};
use crate::span::Step;
use serde_json::Value;
use std::collections::HashSet;

const RULE: &str = "snapshot-references";

/// Alias fields with one of these flags show what a relation says; without the relation they show an error.
const RELATIONAL: [&str; 5] = ["o2m", "m2m", "m2a", "files", "translations"];

/// Checks names of collections and fields wherever one item refers to another, and that nothing is there twice.
pub fn references(document: &Document) -> Vec<Finding> {
    let snapshot = &document.snapshot;
    let mut check = Check {
        document,
        collections: snapshot.collections().map(Collection::name).collect(),
        fields: snapshot.fields().map(|field| (field.collection(), field.name())).collect(),
        shown: snapshot
            .relations()
            .filter_map(|relation| Some((relation.meta("one_collection")?.as_str()?, relation.one_field()?)))
            .collect(),
        findings: Vec::new(),
    };
    let mut seen = HashSet::new();
    for (index, collection) in snapshot.collections().enumerate() {
        check.unique("collections", index, seen.insert((collection.name(), "")));
        check.collection(index, collection);
    }
    seen.clear();
    for (index, field) in snapshot.fields().enumerate() {
        check.unique("fields", index, seen.insert((field.collection(), field.name())));
        check.field(index, field);
    }
    seen.clear();
    for (index, relation) in snapshot.relations().enumerate() {
        check.unique("relations", index, seen.insert((relation.collection(), relation.field())));
        check.relation(index, relation);
    }
    check.findings
}

/// Whether the items of `snapshot` repeat their own names as they are; what else they name is another question.
pub(super) fn agree_with_themselves(snapshot: &Snapshot) -> bool {
    let agree = |item: &Value, expected: &[Name<'_>]| differing(item, expected).next().is_none();
    snapshot.collections().all(|each| agree(each.value(), &names_of_collection(each)))
        && snapshot.fields().all(|each| agree(each.value(), &names_of_field(each)))
        && snapshot.relations().all(|each| {
            agree(each.value(), &names_of_many_side(each))
                && each.related_collection().is_none_or(|one| agree(each.value(), &names_of_one_side(one)))
        })
}

/// Where in an item its own name stands again: part, key, name.
#[derive(Clone, Copy)]
struct Name<'a>(&'static str, &'static str, &'a str);

fn names_of_collection(collection: Collection<'_>) -> [Name<'_>; 2] {
    [Name("meta", "collection", collection.name()), Name("schema", "name", collection.name())]
}

fn names_of_field(field: Field<'_>) -> [Name<'_>; 4] {
    let (collection, name) = (field.collection(), field.name());
    [
        Name("meta", "collection", collection),
        Name("meta", "field", name),
        Name("schema", "table", collection),
        Name("schema", "name", name),
    ]
}

fn names_of_one_side(related: &str) -> [Name<'_>; 2] {
    [Name("meta", "one_collection", related), Name("schema", "foreign_key_table", related)]
}

fn names_of_many_side(relation: Relation<'_>) -> [Name<'_>; 4] {
    let (collection, name) = (relation.collection(), relation.field());
    [
        Name("meta", "many_collection", collection),
        Name("meta", "many_field", name),
        Name("schema", "table", collection),
        Name("schema", "column", name),
    ]
}

/// The names that are other ones, and which.
fn differing<'a>(item: &'a Value, expected: &[Name<'a>]) -> impl Iterator<Item = (Name<'a>, &'a str)> {
    expected.iter().filter_map(|name| {
        let said = item.get(name.0)?.get(name.1)?.as_str()?;
        (said != name.2).then_some((*name, said))
    })
}

struct Check<'a> {
    document: &'a Document,
    collections: HashSet<&'a str>,
    fields: HashSet<(&'a str, &'a str)>,
    /// Collection and alias field that some relation names as its one side.
    shown: HashSet<(&'a str, &'a str)>,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn unique(&mut self, section: &'static str, index: usize, is_first: bool) {
        if !is_first {
            self.push(
                section,
                index,
                &["collection"],
                "it is listed twice; Directus would look at the first only".to_owned(),
            );
        }
    }

    fn collection(&mut self, index: usize, collection: Collection<'_>) {
        let name = collection.name();
        if let Some(group) = collection.group().filter(|group| !self.knows_collection(group)) {
            let outcome = if collection.has_table() {
                "fail on its fields"
            } else {
                "report success without having created it"
            };
            let message = format!(
                "`{name}` is grouped under `{group}`, which is not in the snapshot: a fresh apply would skip `{name}` and {outcome}"
            );
            self.push("collections", index, &["meta", "group"], message);
        }
        self.same("collections", index, collection.value(), &names_of_collection(collection));
    }

    fn field(&mut self, index: usize, field: Field<'_>) {
        let (collection, name) = (field.collection(), field.name());
        if !self.knows_collection(collection) {
            let message =
                format!("the field `{name}` belongs to `{collection}`, which is not in the snapshot");
            self.push("fields", index, &["collection"], message);
        }
        let group = field.meta("group").and_then(Value::as_str);
        if let Some(group) = group.filter(|group| !self.knows_field(collection, group)) {
            let message = format!(
                "`{collection}.{name}` is grouped under the field `{group}`, which `{collection}` does not have"
            );
            self.push("fields", index, &["meta", "group"], message);
        }
        let is_relational = field.is_alias() && field.special().any(|special| RELATIONAL.contains(&special));
        if is_relational && !self.shown.contains(&(collection, name)) {
            let message =
                format!("`{collection}.{name}` shows a relation, but no relation has it as its `one_field`");
            self.push("fields", index, &["meta", "special"], message);
        }
        self.same("fields", index, field.value(), &names_of_field(field));
    }

    fn relation(&mut self, index: usize, relation: Relation<'_>) {
        let (collection, name) = (relation.collection(), relation.field());
        if !self.knows_collection(collection) {
            let message = format!("a relation of `{collection}`, which is not in the snapshot");
            self.push("relations", index, &["collection"], message);
        } else if !self.knows_field(collection, name) {
            let message =
                format!("a relation of the field `{collection}.{name}`, which is not in the snapshot");
            self.push("relations", index, &["field"], message);
        }
        if let Some(related) = relation.related_collection() {
            if !self.knows_collection(related) {
                let message =
                    format!("`{collection}.{name}` points to `{related}`, which is not in the snapshot");
                self.push("relations", index, &["related_collection"], message);
            } else if let Some(one) = relation.one_field().filter(|one| !self.knows_field(related, one)) {
                let message = format!(
                    "`{collection}.{name}` is shown by `{related}.{one}`, which is not in the snapshot"
                );
                self.push("relations", index, &["meta", "one_field"], message);
            }
            self.same("relations", index, relation.value(), &names_of_one_side(related));
        }
        for key in ["junction_field", "sort_field", "one_collection_field"] {
            let field = relation.meta(key).and_then(Value::as_str);
            if let Some(field) = field.filter(|field| !self.knows_field(collection, field)) {
                let message = format!("`{key}` names `{collection}.{field}`, which is not in the snapshot");
                self.push("relations", index, &["meta", key], message);
                // Directus' app leaves it behind, and an apply comes to rest with it all the same (D34).
                if key == "junction_field"
                    && let Some(finding) = self.findings.last_mut()
                {
                    finding.severity = Severity::Warning;
                    finding.hint = Some(format!(
                        "in the database: UPDATE directus_relations SET junction_field = NULL WHERE many_collection = '{}' AND many_field = '{}'; and then {SNAPSHOT_AGAIN}",
                        collection.replace('\'', "''"),
                        name.replace('\'', "''")
                    ));
                }
            }
        }
        let allowed = relation.meta("one_allowed_collections").and_then(Value::as_array);
        for other in allowed.into_iter().flatten().filter_map(Value::as_str) {
            if !self.knows_collection(other) {
                let message =
                    format!("`{collection}.{name}` may point to `{other}`, which is not in the snapshot");
                self.push("relations", index, &["meta", "one_allowed_collections"], message);
            }
        }
        self.same("relations", index, relation.value(), &names_of_many_side(relation));
    }

    /// An item says its names several times; after a copy by hand they differ.
    fn same(&mut self, section: &'static str, index: usize, item: &Value, expected: &[Name<'_>]) {
        for (Name(part, key, name), said) in differing(item, expected) {
            let message = format!("`{part}.{key}` is `{said}`, but the item is about `{name}`");
            self.push(section, index, &[part, key], message);
        }
    }

    fn knows_collection(&self, name: &str) -> bool {
        self.collections.contains(name) || is_system(name)
    }

    /// Directus' own fields are not in a snapshot, so any field of its collections may exist.
    fn knows_field(&self, collection: &str, name: &str) -> bool {
        self.fields.contains(&(collection, name)) || is_system(collection)
    }

    fn push(&mut self, section: &'static str, index: usize, below: &[&str], message: String) {
        let path: Vec<Step<'_>> = [Step::Key(section), Step::Index(index)]
            .into_iter()
            .chain(below.iter().map(|key| Step::Key(key)))
            .collect();
        self.findings.push(found(RULE, self.document, &path, message).hint(SNAPSHOT_AGAIN));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{REAL, document, lines};
    use super::*;

    fn check(from: &str, to: &str, expected: &[&str]) {
        let text = REAL.replacen(from, to, 1);
        assert_ne!(text, REAL);
        let lines = lines(&references(&document(&text)));
        let messages: Vec<&str> = lines.iter().map(|line| line.split_once(": ").unwrap().1).collect();
        assert_eq!(messages, expected);
    }

    #[test]
    fn what_a_real_directus_writes_holds_together() {
        assert_eq!(references(&document(REAL)), []);
    }

    #[test]
    fn a_group_that_is_missing_is_never_created() {
        check(
            "group: rally",
            "group: ralley",
            &[
                "`entries` is grouped under `ralley`, which is not in the snapshot: a fresh apply would skip `entries` and fail on its fields",
            ],
        );
        let folder = document("collections:\n  - collection: rally\n    meta:\n      group: sports\n");
        assert!(
            lines(&references(&folder))[0]
                .ends_with("skip `rally` and report success without having created it")
        );
    }

    #[test]
    fn a_field_of_an_unknown_collection_is_found() {
        check(
            "  - collection: entries_tags\n    field: item\n    type",
            "  - collection: entrys\n    field: item\n    type",
            &[
                "the field `item` belongs to `entrys`, which is not in the snapshot",
                "`meta.collection` is `entries_tags`, but the item is about `entrys`",
                "`schema.table` is `entries_tags`, but the item is about `entrys`",
                "`junction_field` names `entries_tags.item`, which is not in the snapshot",
                "a relation of the field `entries_tags.item`, which is not in the snapshot",
            ],
        );
    }

    #[test]
    fn d34_a_junction_field_that_is_gone_is_a_warning_with_the_statement_that_mends_it() {
        let text = REAL.replacen("junction_field: item\n", "junction_field: gone\n", 1);
        assert_ne!(text, REAL);
        let findings = references(&document(&text));
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(finding.severity, Severity::Warning);
        let hint = finding.hint.as_deref().unwrap();
        assert!(
            hint.contains(
                "UPDATE directus_relations SET junction_field = NULL WHERE many_collection = 'entries_tags'"
            ),
            "{hint}"
        );
    }

    #[test]
    fn an_alias_without_its_relation_is_found() {
        check(
            "      one_field: entries\n",
            "      one_field: null\n",
            &["`events.entries` shows a relation, but no relation has it as its `one_field`"],
        );
    }

    #[test]
    fn a_relation_to_an_unknown_collection_is_found() {
        check(
            "    related_collection: directus_users\n",
            "    related_collection: users\n",
            &[
                "`entries.user_created` points to `users`, which is not in the snapshot",
                "`meta.one_collection` is `directus_users`, but the item is about `users`",
                "`schema.foreign_key_table` is `directus_users`, but the item is about `users`",
            ],
        );
        check(
            "        - rally\n",
            "        - ralley\n",
            &["`entries_tags.item` may point to `ralley`, which is not in the snapshot"],
        );
    }

    #[test]
    fn an_item_that_is_there_twice_is_found() {
        let findings = references(&document("collections:\n  - collection: a\n  - collection: a\n"));
        assert_eq!(lines(&findings), ["3: it is listed twice; Directus would look at the first only"]);
    }
}
