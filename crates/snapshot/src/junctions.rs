//! Junctions: collections that join two others. That each pair occurs once cannot be said in a snapshot (D15); it takes a composite
//! UNIQUE in a migration of the post phase, and nobody is reminded of it by Directus.

use crate::model::Snapshot;
use std::collections::BTreeSet;

/// One junction, and the columns that make a pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Junction {
    /// The collection.
    pub collection: String,
    /// The columns, in the order of the schema; of a many-to-any junction the name of the collection is one of them.
    pub columns: Vec<String>,
}

/// The junctions of a schema, by name; a collection that joins more than two others is one for each pair.
pub fn junctions(snapshot: &Snapshot) -> Vec<Junction> {
    let mut found = BTreeSet::new();
    let index = snapshot.index();
    for relation in snapshot.relations() {
        let collection = relation.collection();
        let text = |key: &str| relation.meta(key).and_then(serde_json::Value::as_str);
        let Some(other) = text("junction_field") else { continue };
        let partner = index
            .relation(collection, other)
            .and_then(|partner| partner.meta("one_collection_field"))
            .and_then(serde_json::Value::as_str);
        let wanted: BTreeSet<&str> =
            [Some(relation.field()), Some(other), partner, text("one_collection_field")]
                .into_iter()
                .flatten()
                .collect();
        let columns: Vec<String> = index
            .fields(collection)
            .iter()
            .map(|field| field.name())
            .filter(|name| wanted.contains(name))
            .map(str::to_owned)
            .collect();
        if columns.len() == wanted.len() {
            found.insert(Junction { collection: collection.to_owned(), columns });
        }
    }
    found.into_iter().collect()
}

impl Junction {
    /// Whether keys over these columns make each pair unique: one of them is over some of the pair, and over nothing else.
    pub fn is_unique_by<'a>(&self, keys: impl IntoIterator<Item = &'a [String]>) -> bool {
        keys.into_iter().any(|key| !key.is_empty() && key.iter().all(|column| self.columns.contains(column)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "fields:\n  - {collection: ab, field: id}\n  - {collection: ab, field: a}\n  - {collection: ab, field: b}\n\
        \x20 - {collection: log, field: entry}\n  - {collection: log, field: item}\n  - {collection: log, field: kind}\n\
        relations:\n  - {collection: ab, field: b, related_collection: b, meta: {junction_field: a}}\n\
        \x20 - {collection: ab, field: a, related_collection: a, meta: {junction_field: b}}\n\
        \x20 - {collection: log, field: entry, related_collection: a, meta: {junction_field: item}}\n\
        \x20 - {collection: log, field: item, related_collection: null, meta: {junction_field: entry, one_collection_field: kind}}\n\
        \x20 - {collection: c, field: a, related_collection: a, meta: {junction_field: null}}\n";

    #[test]
    fn a_pair_of_relations_that_name_each_other_is_one_junction() {
        let found = junctions(&Snapshot::parse(SCHEMA).unwrap());
        let columns = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                Junction { collection: "ab".to_owned(), columns: columns(&["a", "b"]) },
                Junction { collection: "log".to_owned(), columns: columns(&["entry", "item", "kind"]) },
            ]
        );
        assert!(found[0].is_unique_by([&columns(&["b", "a"])[..]]));
        assert!(found[0].is_unique_by([&columns(&["a"])[..]]), "one that is unique makes the pair so");
        assert!(!found[0].is_unique_by([&columns(&["a", "b", "c"])[..], &[][..]]));
    }
}
