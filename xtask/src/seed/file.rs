//! A seed file, read with the position of everything in it:
//!
//! ```yaml
//! classes:
//!   key: [event, code]      # what tells one item from another, here and in the database
//!   items:
//!     - {event: rally-albania-2026, code: M-1, category: motorcycle}
//! ```
//!
//! Pure: text in, items and findings out. Whether the items make sense is `check`'s business.

use super::RULE;
use serde_json::Value;
use snapshot::span::{Spot, Step};
use snapshot::yaml::read::read as read_yaml;
use snapshot::{DoubtKind, Finding};

/// The folder of the seed files in a checkout.
pub(crate) const FOLDER: &str = "seeds";

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct SeedFile {
    /// Its path, as messages name it.
    pub(crate) path: String,
    /// In the order of the text.
    pub(crate) sections: Vec<Section>,
}

/// The items of one collection.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) collection: String,
    pub(crate) at: At,
    /// The fields that tell one item from another.
    pub(crate) key: Vec<String>,
    /// Where the key stands.
    pub(crate) key_at: At,
    /// The fields whose values are only for a new item, each where it stands.
    pub(crate) once: Vec<(String, At)>,
    pub(crate) items: Vec<RawItem>,
}

/// One item, as it is written.
#[derive(Clone, Debug)]
pub(crate) struct RawItem {
    pub(crate) at: At,
    pub(crate) fields: Vec<RawField>,
}

/// One value of an item.
#[derive(Clone, Debug)]
pub(crate) struct RawField {
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) at: At,
}

/// A place in a file: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl RawItem {
    /// The value at `field`, if the item has it.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.iter().find(|each| each.name == field).map(|each| &each.value)
    }
}

/// As [`read`]; bytes that are no text are found too.
pub(crate) fn read_bytes(path: &str, bytes: &[u8]) -> (SeedFile, Vec<Finding>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(path, text),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let finding =
                Finding::error(RULE, path, "not UTF-8").at(line, column).hint("save the file as UTF-8");
            (SeedFile { path: path.to_owned(), sections: Vec::new() }, vec![finding])
        }
    }
}

/// Reads one file; what cannot be read of it is found, and left out.
pub(super) fn read(path: &str, text: &str) -> (SeedFile, Vec<Finding>) {
    let mut file = SeedFile { path: path.to_owned(), sections: Vec::new() };
    let mut reader = Reader { path, findings: Vec::new() };
    match read_yaml(text) {
        Err(error) => reader.find(At { line: error.line, column: error.column }, error.message),
        Ok(read) => {
            // A date without quotes is what it looks like: here its text is what counts.
            for doubt in read.doubts.iter().filter(|doubt| doubt.kind == DoubtKind::Number) {
                let at = At { line: doubt.line, column: doubt.column };
                reader.find(at, format!("{}; put it in quotes", doubt.message));
            }
            file.sections = reader.sections(&read.value, &read.spot);
        }
    }
    (file, reader.findings)
}

struct Reader<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

const SHAPE: &str = "collection: {key: [field], items: [{field: value}]}";

impl Reader<'_> {
    fn find(&mut self, at: At, message: impl Into<String>) {
        self.findings.push(Finding::error(RULE, self.path, message).at(at.line, at.column));
    }

    fn sections(&mut self, value: &Value, spot: &Spot) -> Vec<Section> {
        let Some(map) = value.as_object() else {
            self.find(at(spot, &[]), format!("not a mapping; a seed file is `{SHAPE}`"));
            return Vec::new();
        };
        map.iter().filter_map(|(collection, value)| self.section(collection, value, spot)).collect()
    }

    fn section(&mut self, collection: &str, value: &Value, spot: &Spot) -> Option<Section> {
        let path = |more: &[Step<'_>]| {
            let mut path = vec![Step::Key(collection)];
            path.extend_from_slice(more);
            at(spot, &path)
        };
        let here = path(&[]);
        let Some(map) = value.as_object() else {
            self.find(here, format!("`{collection}` is not a mapping of `key` and `items`"));
            return None;
        };
        for name in map.keys().filter(|name| !["key", "once", "items"].contains(&name.as_str())) {
            self.find(path(&[Step::Key(name)]), format!("`{name}` is none of `key`, `once` and `items`"));
        }
        let key_at = path(&[Step::Key("key")]);
        let key: Option<Vec<String>> = match map.get("key") {
            Some(Value::String(field)) => Some(vec![field.clone()]),
            Some(Value::Array(fields)) if !fields.is_empty() => {
                fields.iter().map(|field| field.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        if key.is_none() {
            let message = format!(
                "`{collection}` needs a `key`: the field, or the list of fields, that tells its items apart"
            );
            self.find(key_at, message);
        }
        let once_at = |more: &[Step<'_>]| path(&[&[Step::Key("once")], more].concat());
        let once = match map.get("once") {
            None => Some(Vec::new()),
            Some(Value::String(field)) => Some(vec![(field.clone(), once_at(&[]))]),
            Some(Value::Array(fields)) => {
                let field = |(index, field): (usize, &Value)| {
                    Some((field.as_str()?.to_owned(), once_at(&[Step::Index(index)])))
                };
                fields.iter().enumerate().map(field).collect()
            }
            Some(_) => None,
        };
        if once.is_none() {
            self.find(
                once_at(&[]),
                "`once` is the field, or the list of fields, that only a new item is given",
            );
        }
        let items_at = path(&[Step::Key("items")]);
        let Some(items) = map.get("items").and_then(Value::as_array) else {
            self.find(items_at, format!("`{collection}` needs `items`: a list"));
            return None;
        };
        let items = items.iter().enumerate().filter_map(|(index, item)| {
            let place = |more: &[Step<'_>]| {
                let mut steps = vec![Step::Key("items"), Step::Index(index)];
                steps.extend_from_slice(more);
                path(&steps)
            };
            let Some(map) = item.as_object() else {
                self.find(place(&[]), "an item is a mapping of fields and values");
                return None;
            };
            let field = |(name, value): (&String, &Value)| RawField {
                name: name.clone(),
                value: value.clone(),
                at: place(&[Step::Key(name)]),
            };
            Some(RawItem { at: place(&[]), fields: map.iter().map(field).collect() })
        });
        let items = items.collect();
        Some(Section { collection: collection.to_owned(), at: here, key: key?, key_at, once: once?, items })
    }
}

fn at(spot: &Spot, path: &[Step<'_>]) -> At {
    let spot = spot.find(path);
    At { line: spot.line, column: spot.column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place() {
        let text = "# Classes\nclasses:\n  key: code\n  items:\n    - code: M-1\n      start: 2026-06-01\n    - {code: M-2}\n";
        let (file, findings) = read("seeds/a.yaml", text);
        assert_eq!(findings, []);
        let [section] = file.sections.as_slice() else { panic!("{file:?}") };
        assert_eq!(
            (section.collection.as_str(), section.key.as_slice()),
            ("classes", &["code".to_owned()][..])
        );
        assert_eq!(section.items[0].get("start"), Some(&Value::from("2026-06-01")));
        assert_eq!(section.items[0].fields[1].at, At { line: 6, column: 7 });
        assert_eq!(section.items[1].at, At { line: 7, column: 7 });
    }

    #[test]
    fn bytes_that_are_no_text_are_found_where_they_stand() {
        let found = |bytes: &[u8]| {
            let (_, findings) = read_bytes("seeds/a.yaml", bytes);
            findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(found("a: {key: ë, items: []}\n".as_bytes()), "");
        assert_eq!(
            found(b"a:\n  key: \xc3\xab\xeb\n"),
            "seeds/a.yaml:2:9: seeds: not UTF-8\n  hint: save the file as UTF-8"
        );
        assert_eq!(
            found(b"<<<<<<< HEAD\na: 1\n"),
            "seeds/a.yaml:1:1: seeds: a git conflict marker (`<<<<<<<`): finish the merge, or take one side"
        );
    }

    #[test]
    fn what_is_no_seed_file_is_found_where_it_stands() {
        for (text, expected) in [
            (
                "- a\n",
                "seeds/a.yaml:1:1: seeds: not a mapping; a seed file is `collection: {key: [field], items: [{field: value}]}`",
            ),
            ("a: 1\n", "seeds/a.yaml:1:1: seeds: `a` is not a mapping of `key` and `items`"),
            (
                "a:\n  items: []\n",
                "seeds/a.yaml:1:1: seeds: `a` needs a `key`: the field, or the list of fields, that tells its items apart",
            ),
            (
                "a:\n  key: []\n  items: []\n",
                "seeds/a.yaml:2:3: seeds: `a` needs a `key`: the field, or the list of fields, that tells its items apart",
            ),
            ("a:\n  key: x\n", "seeds/a.yaml:1:1: seeds: `a` needs `items`: a list"),
            (
                "a:\n  key: x\n  rows: []\n  items: [1]\n",
                "seeds/a.yaml:3:3: seeds: `rows` is none of `key`, `once` and `items`\nseeds/a.yaml:4:11: seeds: an item is a mapping of fields and values",
            ),
            (
                "a:\n  key: x\n  once: [y, 1]\n  items: []\n",
                "seeds/a.yaml:3:3: seeds: `once` is the field, or the list of fields, that only a new item is given",
            ),
            ("a:\n  key: x\n  items: [{x: 1, x: 2}]\n", "seeds/a.yaml:3:18: seeds: the key `x` comes twice"),
            (
                "a:\n  key: x\n  items: [{x: 12345678901234567890}]\n",
                "seeds/a.yaml:3:15: seeds: `12345678901234567890` has more digits than Directus keeps of a number; put it in quotes",
            ),
            ("a: [\n", "seeds/a.yaml:2:1: seeds: "),
            ("", "seeds/a.yaml:1:1: seeds: the file is empty"),
        ] {
            let found: Vec<String> = read("seeds/a.yaml", text).1.iter().map(ToString::to_string).collect();
            assert!(found.join("\n").starts_with(expected), "{text}\n{}", found.join("\n"));
            assert!(!found.is_empty(), "{text}");
        }
    }
}
