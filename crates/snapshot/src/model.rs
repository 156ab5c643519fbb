//! The snapshot as data. The values keep their order and their unknown keys; the views below only read them.

use crate::index::Index;
use crate::span::{Spot, Step};
use crate::yaml::emit::emit;
use crate::yaml::read::{Doubt, Keep, ParseError, read, read_keeping, read_through};
use serde_json::{Map, Value};

/// A Directus schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    root: Map<String, Value>,
}

/// A snapshot together with where everything in it stands.
#[derive(Clone, Debug)]
pub struct Document {
    /// The schema.
    pub snapshot: Snapshot,
    /// Scalars that Directus reads as something no snapshot means.
    pub doubts: Vec<Doubt>,
    spot: Spot,
}

impl Document {
    /// Reads a snapshot file as Directus would.
    ///
    /// # Errors
    /// What is not YAML, what Directus would refuse to read, and a document that is not a mapping with lists of objects.
    pub fn parse(text: &str) -> Result<Document, ParseError> {
        let read = read(text)?;
        let snapshot = Snapshot::from_value(read.value).map_err(|(path, message)| {
            let path: Vec<Step<'_>> = path.iter().map(PathPart::step).collect();
            let spot = read.spot.find(&path);
            ParseError { line: spot.line, column: spot.column, message }.within(text)
        })?;
        Ok(Document { snapshot, doubts: read.doubts, spot: read.spot })
    }

    /// One without positions, for rules whose findings need no place.
    pub(crate) fn without_positions(snapshot: Snapshot, doubts: Vec<Doubt>) -> Document {
        Document { snapshot, doubts, spot: Spot::default() }
    }

    /// Line and column of what `path` leads to, or of the nearest parent that exists.
    pub fn position(&self, path: &[Step<'_>]) -> (usize, usize) {
        let spot = self.spot.find(path);
        (spot.line, spot.column)
    }
}

/// The lists of a snapshot, in Directus' order.
pub(crate) const SECTIONS: [&str; 4] = ["collections", "fields", "systemFields", "relations"];

enum PathPart {
    Section(&'static str),
    Item(usize),
}

impl PathPart {
    fn step(&self) -> Step<'_> {
        match self {
            PathPart::Section(name) => Step::Key(name),
            PathPart::Item(index) => Step::Index(*index),
        }
    }
}

impl Snapshot {
    /// Reads a snapshot whose positions do not matter.
    ///
    /// # Errors
    /// As [`Document::parse`]; a doubtful scalar is an error too.
    pub fn parse(text: &str) -> Result<Snapshot, ParseError> {
        let document = Document::parse(text)?;
        match document.doubts.into_iter().next() {
            None => Ok(document.snapshot),
            Some(Doubt { line, column, message, .. }) => Err(ParseError { line, column, message }),
        }
    }

    /// Reads a snapshot whose positions do not matter, and whose doubtful scalars are somebody else's business. An error has its place.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn read(text: &str) -> Result<Snapshot, ParseError> {
        let read = read_keeping(text, Keep::Value)?;
        // What is wrong with the shape has a place only in a document.
        Snapshot::from_value(read.value).or_else(|_| Document::parse(text).map(|document| document.snapshot))
    }

    /// Reads a snapshot item by item: `see` takes each with the name of its list, and leaves what is kept of it.
    ///
    /// # Errors
    /// As [`Document::parse`], without a place for what is wrong with the shape.
    pub(crate) fn read_through(
        text: &str,
        see: &mut dyn FnMut(&str, Value) -> Value,
    ) -> Result<(Snapshot, Vec<Doubt>), ParseError> {
        let read = read_through(text, see)?;
        let snapshot = Snapshot::from_value(read.value).map_err(|(_, message)| ParseError {
            line: 1,
            column: 1,
            message,
        })?;
        Ok((snapshot, read.doubts))
    }

    /// Takes what Directus' `getSnapshot()` returned.
    ///
    /// # Errors
    /// A text for people when the value has not the shape of a snapshot.
    pub fn from_json(value: Value) -> Result<Snapshot, String> {
        Snapshot::from_value(value).map_err(|(_, message)| message)
    }

    fn from_value(value: Value) -> Result<Snapshot, (Vec<PathPart>, String)> {
        let Value::Object(root) = value else {
            return Err((Vec::new(), "not a snapshot: the file is not a mapping".to_owned()));
        };
        for section in SECTIONS {
            let here = || vec![PathPart::Section(section)];
            let items = match root.get(section) {
                // Whether a section may be missing is a rule's business (D5).
                None => continue,
                Some(Value::Array(items)) => items,
                Some(_) => return Err((here(), format!("`{section}` is not a list"))),
            };
            if let Some(index) = items.iter().position(|item| !item.is_object()) {
                let mut path = here();
                path.push(PathPart::Item(index));
                return Err((path, format!("an item of `{section}` that is not a mapping")));
            }
        }
        Ok(Snapshot { root })
    }

    /// A schema of the same Directus without anything in it: what everything is new against.
    pub fn emptied(&self) -> Snapshot {
        let mut root = self.root.clone();
        for section in SECTIONS {
            root.insert(section.to_owned(), Value::Array(Vec::new()));
        }
        Snapshot { root }
    }

    pub(crate) fn from_map(root: Map<String, Value>) -> Snapshot {
        Snapshot { root }
    }

    pub(crate) fn root(&self) -> &Map<String, Value> {
        &self.root
    }

    /// The whole, as a value.
    pub fn to_json(&self) -> Value {
        Value::Object(self.root.clone())
    }

    /// The whole, as a file. Canonical text comes from `canonical(&snapshot).to_yaml()`.
    pub fn to_yaml(&self) -> String {
        emit(&Value::Object(self.root.clone()))
    }

    /// The format's version; 1 in every Directus so far.
    pub fn version(&self) -> Option<i64> {
        self.root.get("version").and_then(Value::as_i64)
    }

    /// The version of the Directus that wrote it.
    pub fn directus(&self) -> Option<&str> {
        self.root.get("directus").and_then(Value::as_str)
    }

    /// The database it was taken from: `postgres`.
    pub fn vendor(&self) -> Option<&str> {
        self.root.get("vendor").and_then(Value::as_str)
    }

    /// One of the lists; empty when it is missing.
    pub(crate) fn section(&self, name: &str) -> &[Value] {
        self.root.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The managed collections, folders included.
    pub fn collections(&self) -> impl ExactSizeIterator<Item = Collection<'_>> {
        self.section("collections").iter().map(Collection)
    }

    /// The managed fields, those of Directus' own collections included.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'_>> {
        self.section("fields").iter().map(Field)
    }

    /// The fields of Directus' own collections that have an index.
    pub fn system_fields(&self) -> impl ExactSizeIterator<Item = SystemField<'_>> {
        self.section("systemFields").iter().map(SystemField)
    }

    /// The relations.
    pub fn relations(&self) -> impl ExactSizeIterator<Item = Relation<'_>> {
        self.section("relations").iter().map(Relation)
    }

    /// The whole by name; [`Snapshot::collection`] and [`Snapshot::field`] are for a single question.
    pub fn index(&self) -> Index<'_> {
        Index::of(self)
    }

    /// The collection of that name.
    pub fn collection(&self, name: &str) -> Option<Collection<'_>> {
        self.collections().find(|collection| collection.name() == name)
    }

    /// The field of that name.
    pub fn field(&self, collection: &str, name: &str) -> Option<Field<'_>> {
        self.fields().find(|field| field.collection() == collection && field.name() == name)
    }
}

/// The string at `key`; empty when it is missing or is something else, which the rules report.
fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or("")
}

macro_rules! view {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a>(pub(crate) &'a Value);

        impl<'a> $name<'a> {
            /// The name of the collection it is, or belongs to.
            pub fn collection(self) -> &'a str {
                text(self.0, "collection")
            }

            /// The value at `key` of its `meta`.
            pub fn meta(self, key: &str) -> Option<&'a Value> {
                self.0.get("meta")?.get(key)
            }

            /// The value at `key` of its `schema`.
            pub fn schema(self, key: &str) -> Option<&'a Value> {
                self.0.get("schema")?.get(key)
            }

            /// The whole item.
            pub fn value(self) -> &'a Value {
                self.0
            }
        }
    };
}

view! {
    /// One item of `collections`.
    Collection
}
view! {
    /// One item of `fields`.
    Field
}
view! {
    /// One item of `systemFields`.
    SystemField
}
view! {
    /// One item of `relations`.
    Relation
}

impl<'a> Collection<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        self.collection()
    }

    /// Whether it has a table; a folder has none.
    pub fn has_table(self) -> bool {
        self.0.get("schema").is_some_and(Value::is_object)
    }

    /// The collection it is grouped under.
    pub fn group(self) -> Option<&'a str> {
        self.meta("group").and_then(Value::as_str)
    }
}

impl<'a> Field<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        text(self.0, "field")
    }

    /// Directus' type: `string`, `uuid`, `alias`, …
    pub fn kind(self) -> &'a str {
        text(self.0, "type")
    }

    /// Whether it has no column of its own.
    pub fn is_alias(self) -> bool {
        self.kind() == "alias"
    }

    /// The column's type: `character varying`; `None` for an alias.
    pub fn data_type(self) -> Option<&'a str> {
        self.schema("data_type").and_then(Value::as_str)
    }

    /// Whether it is the primary key of its table.
    pub fn is_primary_key(self) -> bool {
        self.schema("is_primary_key").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Directus' special flags: `o2m`, `cast-json`, …
    pub fn special(self) -> impl Iterator<Item = &'a str> {
        self.meta("special").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}

impl<'a> SystemField<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        text(self.0, "field")
    }
}

impl<'a> Relation<'a> {
    /// The field on the many side.
    pub fn field(self) -> &'a str {
        text(self.0, "field")
    }

    /// The collection on the one side; `None` for a many-to-any relation.
    pub fn related_collection(self) -> Option<&'a str> {
        self.0.get("related_collection").and_then(Value::as_str)
    }

    /// The alias field on the one side.
    pub fn one_field(self) -> Option<&'a str> {
        self.meta("one_field").and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_none_is_refused_where_it_stands() {
        let error = Snapshot::parse("version: 1\ncollections:\n  a: 1\n").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (2, "`collections` is not a list"));
        let error = Snapshot::read("version: 1\nfields:\n  - collection: a\n  - b\n").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (4, "an item of `fields` that is not a mapping"));
    }

    #[test]
    fn a_doubtful_scalar_is_refused_where_positions_do_not_matter() {
        let error = Snapshot::parse("version: 1\nx: 2026-11-23\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 4));
        assert!(error.message.contains("is a date to Directus"), "{error}");
    }

    #[test]
    fn unknown_keys_survive() {
        let text = "version: 1\nfuture:\n  - a: 1\ncollections: []\n";
        assert_eq!(Snapshot::parse(text).unwrap().to_yaml(), text);
    }
}
