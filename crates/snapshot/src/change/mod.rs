//! What changed between two schemas: one model of a change, from either source, and (in [`words`]) one way to say it.
//!
//! A change comes from two snapshots ([`between`]: what an apply of the second to a database of the first would do; [`revised`]: two states of
//! the file) or from Directus' own
//! structured diff ([`of_diff`]: what an apply is about to do). Both say the same of the same difference, because [`between`] compares
//! as Directus does (utils/get-snapshot-diff.js, with the npm package deep-diff below it); a test holds the two against each other.
//!
//! What Directus *does* with the edits of one object is decided by the first of them (utils/apply-diff.js):
//!
//! 1. for collections and relations its path is not looked at: a key of `meta` that is missing in the file drops the table (D3);
//! 2. for fields, an edit below `meta` is an update, and any other removal drops the column;
//! 3. system fields are only ever updated.
//!
//! [`between`] says more than Directus' diff in one respect: what Directus does not compare (the key of a table that counts by itself,
//! keys it does not know, the head of the file) is a difference between two files all the same. It is kept apart as `unseen`, and
//! decides nothing.

mod between;
mod of_diff;
mod words;

pub use between::{between, revised};
pub use of_diff::of_diff;
pub use words::{counted, shown, summary};

use serde_json::Value;

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is dropped.
    Drop,
    /// It is made.
    Add,
    /// It keeps its name.
    Edit,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// The head of the file: version, Directus, vendor.
    File,
    /// A collection, or a folder.
    Collection,
    /// A field.
    Field,
    /// A field of one of Directus' own collections, of which only the index counts.
    SystemField,
    /// A relation.
    Relation,
}

impl Object {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Object::File => "head of the file",
            Object::Collection => "collection",
            Object::Field => "field",
            Object::SystemField => "system field",
            Object::Relation => "relation",
        }
    }

    /// The list of a snapshot or a diff that has it.
    fn of_section(section: &str) -> Object {
        match section {
            "collections" => Object::Collection,
            "fields" => Object::Field,
            "systemFields" => Object::SystemField,
            _ => Object::Relation,
        }
    }
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An entry of a mapping.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// One difference inside of an object; with an empty path the object itself comes or goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Where: `schema`, `max_length`.
    pub path: Vec<Place>,
    /// The value before; `None` when there was none, which is not null.
    pub before: Option<Value>,
    /// The value after.
    pub after: Option<Value>,
}

impl Edit {
    /// Whether it is about this value of the object.
    pub fn is_at(&self, path: &[&str]) -> bool {
        self.path.len() == path.len()
            && self.path.iter().zip(path).all(|(place, key)| matches!(place, Place::Key(name) if name == key))
    }

    /// Whether the object itself comes or goes.
    pub fn is_whole(&self) -> bool {
        self.path.is_empty()
    }

    fn is_below_meta(&self) -> bool {
        self.path.len() >= 2 && matches!(&self.path[0], Place::Key(name) if name == "meta")
    }

    /// Whether an item of a list comes or goes; for Directus that is an edit of the list.
    fn is_of_list(&self) -> bool {
        matches!(self.path.last(), Some(Place::Item(_)))
    }
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happens to it; of a difference that Directus does not see: [`Action::Edit`].
    pub action: Action,
    /// What it is.
    pub object: Object,
    /// The collection that it is, or belongs to.
    pub collection: String,
    /// The field or, of a relation, the field on the many side; empty for a collection.
    pub field: String,
    /// Of a relation, the collection on the other side, if there is one.
    pub related: Option<String>,
    /// What Directus compares, in its order.
    pub edits: Vec<Edit>,
    /// What differs besides.
    pub unseen: Vec<Edit>,
}

impl Change {
    fn new(object: Object, collection: &str, field: &str, edits: Vec<Edit>) -> Change {
        let action = action(object, &edits);
        let (collection, field) = (collection.to_owned(), field.to_owned());
        Change { action, object, collection, field, related: None, edits, unseen: Vec::new() }
    }

    /// `entries` or `entries.race_number`: what a consent names.
    pub fn name(&self) -> String {
        match self.field.is_empty() {
            true => self.collection.clone(),
            false => format!("{}.{}", self.collection, self.field),
        }
    }

    /// The whole object as it was, when it goes as a whole.
    pub fn was(&self) -> Option<&Value> {
        self.edits.first().filter(|edit| edit.is_whole())?.before.as_ref()
    }

    /// The whole object as it is to be, when it comes as a whole.
    pub fn becomes(&self) -> Option<&Value> {
        self.edits.first().filter(|edit| edit.is_whole())?.after.as_ref()
    }

    /// The edit of this value, if there is one that Directus sees.
    pub fn edit(&self, path: &[&str]) -> Option<&Edit> {
        self.edits.iter().find(|edit| edit.is_at(path))
    }
}

/// What Directus does with these edits; the rules are numbered above.
fn action(object: Object, edits: &[Edit]) -> Action {
    let Some(first) = edits.first() else { return Action::Edit };
    let stays = object == Object::SystemField
        || object == Object::File
        || (object == Object::Field && first.is_below_meta())
        || first.is_of_list();
    match (stays, &first.before, &first.after) {
        (false, None, Some(_)) => Action::Add,
        (false, Some(_), None) => Action::Drop,
        _ => Action::Edit,
    }
}

/// By collection, as people think of a schema: the collection itself, its fields, its relations; what goes before what comes.
fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| {
        let key = |change: &Change| (change.object != Object::File, change.collection.clone());
        (key(a), a.object, &a.field, a.action).cmp(&(key(b), b.object, &b.field, b.action))
    });
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edit(path: &[&str], before: Option<Value>, after: Option<Value>) -> Edit {
        Edit { path: path.iter().map(|key| Place::Key((*key).to_owned())).collect(), before, after }
    }

    #[test]
    fn d3_the_first_edit_decides_what_directus_does() {
        let removed = |path: &[&str]| [edit(path, Some(json!(null)), None)];
        assert_eq!(action(Object::Collection, &removed(&["meta", "group"])), Action::Drop);
        assert_eq!(action(Object::Relation, &removed(&["meta", "sort_field"])), Action::Drop);
        assert_eq!(action(Object::Field, &removed(&["schema", "is_indexed"])), Action::Drop);
        assert_eq!(action(Object::Field, &removed(&["meta", "group"])), Action::Edit);
        assert_eq!(action(Object::SystemField, &removed(&["schema", "is_indexed"])), Action::Edit);
        assert_eq!(action(Object::Field, &[edit(&[], None, Some(json!({})))]), Action::Add);
        let later = [edit(&["note"], Some(json!("a")), Some(json!("b"))), removed(&["schema"])[0].clone()];
        assert_eq!(action(Object::Field, &later), Action::Edit);
    }

    #[test]
    fn an_item_that_leaves_a_list_drops_nothing() {
        let path = vec![Place::Key("meta".to_owned()), Place::Key("special".to_owned()), Place::Item(0)];
        let edit = Edit { path, before: Some(json!("uuid")), after: None };
        assert_eq!(action(Object::Collection, &[edit]), Action::Edit);
    }
}
