//! A snapshot by name: what belongs to a collection and what points to it, found without a walk through all of it.

use crate::model::{Collection, Field, Relation, Snapshot};
use std::collections::HashMap;

/// Built in one pass, for whoever looks at every collection or at every field. Of two items with one name the first counts.
#[derive(Clone, Debug)]
pub struct Index<'a> {
    collections: HashMap<&'a str, Collection<'a>>,
    fields: HashMap<&'a str, Vec<Field<'a>>>,
    /// By the field on the many side.
    relations: HashMap<(&'a str, &'a str), Relation<'a>>,
    /// By the alias on the one side.
    pointing: HashMap<(&'a str, &'a str), Relation<'a>>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot) -> Index<'a> {
        let mut index = Index {
            collections: HashMap::with_capacity(snapshot.collections().len()),
            fields: HashMap::with_capacity(snapshot.collections().len()),
            relations: HashMap::with_capacity(snapshot.relations().len()),
            pointing: HashMap::new(),
        };
        for collection in snapshot.collections() {
            index.collections.entry(collection.name()).or_insert(collection);
        }
        for field in snapshot.fields() {
            index.fields.entry(field.collection()).or_default().push(field);
        }
        for relation in snapshot.relations() {
            index.relations.entry((relation.collection(), relation.field())).or_insert(relation);
            if let (Some(one), Some(alias)) = (relation.related_collection(), relation.one_field()) {
                index.pointing.entry((one, alias)).or_insert(relation);
            }
        }
        index
    }

    /// The collection of that name.
    pub fn collection(&self, name: &str) -> Option<Collection<'a>> {
        self.collections.get(name).copied()
    }

    /// The managed fields of a collection, in the order of the snapshot.
    pub fn fields(&self, collection: &str) -> &[Field<'a>] {
        self.fields.get(collection).map_or(&[], Vec::as_slice)
    }

    /// The field of that name.
    pub fn field(&self, collection: &str, name: &str) -> Option<Field<'a>> {
        self.fields(collection).iter().copied().find(|field| field.name() == name)
    }

    /// The relation whose many side is that field.
    pub fn relation(&self, collection: &str, field: &str) -> Option<Relation<'a>> {
        self.relations.get(&(collection, field)).copied()
    }

    /// The relation whose items that alias lists.
    pub fn relation_of_alias(&self, collection: &str, alias: &str) -> Option<Relation<'a>> {
        self.pointing.get(&(collection, alias)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_found_by_name_and_the_first_of_two_counts() {
        let snapshot = Snapshot::parse(
            "collections:\n  - {collection: a}\n  - {collection: b}\n\
             fields:\n  - {collection: a, field: id, type: uuid}\n  - {collection: b, field: a}\n  - {collection: a, field: bs}\n  \
             - {collection: a, field: id, type: string}\n\
             relations:\n  - {collection: b, field: a, related_collection: a, meta: {one_field: bs}}\n  \
             - {collection: b, field: a, related_collection: b, meta: {one_field: bs}}\n",
        )
        .unwrap();
        let index = snapshot.index();
        let names =
            |collection| index.fields(collection).iter().map(|field| field.name()).collect::<Vec<_>>();
        assert_eq!((names("a"), names("b"), names("c")), (vec!["id", "bs", "id"], vec!["a"], vec![]));
        assert_eq!(index.field("a", "id").map(Field::kind), Some("uuid"));
        assert!(index.collection("b").is_some() && index.collection("c").is_none());
        let target = |relation: Option<Relation<'_>>| {
            relation.and_then(|each| each.related_collection().map(str::to_owned))
        };
        assert_eq!(target(index.relation("b", "a")).as_deref(), Some("a"));
        assert_eq!(target(index.relation_of_alias("a", "bs")).as_deref(), Some("a"));
        assert_eq!(target(index.relation("a", "bs")), None);
    }
}
