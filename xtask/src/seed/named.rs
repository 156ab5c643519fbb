//! Which item a reference names: by its key's value, by the one field of its key that points to nothing else, or by a mapping of any of
//! its fields. Every field that is asked for is indexed once, so that 15,000 references are 15,000 look-ups and not as many walks.

use super::check::{Judge, as_written};
use super::kind::{FieldKind, meant};
use super::value::{shown, text};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// How deep a reference by a mapping may go; keys of keys of keys are no way to name anything.
const DEEPEST: usize = 5;

/// The items of one collection by what one of their fields holds, each list in ascending order.
pub(super) type Holders = HashMap<Word, Rc<[usize]>>;

/// The indices made so far, by collection, field and depth: how deep it is decides how far an item's own reference is followed.
pub(super) type Indices = HashMap<(String, String, usize), Rc<Holders>>;

/// What makes two values the same.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Word {
    Text(String),
    /// The item that a reference names.
    Item(usize),
}

impl Judge<'_> {
    /// The one item of `target` that `value` names.
    pub(super) fn resolve(&self, target: &str, value: &Value, depth: usize) -> Result<usize, String> {
        let Some((key, ..)) = self.keys.get(target) else {
            return Err(format!("points to `{target}`, of which the seed files hold no item"));
        };
        if depth == DEEPEST {
            return Err("is a reference by references by references; name it by fewer".to_owned());
        }
        let (found, words) = match value {
            Value::Object(map) if !map.is_empty() => {
                (self.holders_of_all(target, map, depth)?.into(), as_written(value))
            }
            Value::Object(_) | Value::Array(_) => {
                return Err("is named by a value of its key, or by a mapping of its fields".to_owned());
            }
            scalar => {
                let points =
                    |field: &&String| self.field(target, field).is_some_and(|field| field.target.is_some());
                let plain: Vec<&String> = key.iter().filter(|field| !points(field)).collect();
                let [field] = plain.as_slice() else {
                    return Err(format!(
                        "cannot be one value: the key of `{target}` is {}; write a mapping of its fields",
                        key.join(", ")
                    ));
                };
                (self.holders(target, field, scalar, depth)?, format!("{field} {}", shown(scalar)))
            }
        };
        match *found {
            [one] => Ok(one),
            // Two with the same key: that is a finding of its own, and not this reference's fault.
            [first, ..] if key.len() == 1 && !value.is_object() => Ok(first),
            [] => Err(format!("the seed files hold no item of `{target}` with {words}")),
            [first, second, ..] => {
                let place = |index: usize| {
                    let entry = &self.entries[index];
                    format!("{}:{}", entry.path, entry.raw.at.line)
                };
                Err(format!(
                    "{words} is in more than one item of `{target}` ({}, {}); add fields: {{{}}}",
                    place(first),
                    place(second),
                    key.iter().map(|field| format!("{field}: …")).collect::<Vec<_>>().join(", ")
                ))
            }
        }
    }

    /// The items that hold every value of `map`.
    fn holders_of_all(
        &self,
        target: &str,
        map: &Map<String, Value>,
        depth: usize,
    ) -> Result<Vec<usize>, String> {
        let lists: Result<Vec<_>, String> =
            map.iter().map(|(field, wanted)| self.holders(target, field, wanted, depth)).collect();
        let mut lists = lists?;
        lists.sort_by_key(|list| list.len());
        let Some((shortest, others)) = lists.split_first() else { return Ok(Vec::new()) };
        let in_others = |index: &&usize| others.iter().all(|list| list.binary_search(index).is_ok());
        Ok(shortest.iter().filter(in_others).copied().collect())
    }

    /// The items whose `field` holds `wanted`.
    fn holders(
        &self,
        target: &str,
        field: &str,
        wanted: &Value,
        depth: usize,
    ) -> Result<Rc<[usize]>, String> {
        let Some(kind) = self.field(target, field) else {
            let known = self.kinds.get(target).and_then(|kind| kind.as_ref().ok());
            let hint = known.map_or_else(String::new, |kind| meant(field, kind.fields.keys()));
            return Err(format!("`{target}` has no field `{field}`{hint}"));
        };
        let word = self.word(kind, wanted, depth)?;
        Ok(self.index(target, field, kind, depth).get(&word).cloned().unwrap_or_default())
    }

    fn word(&self, field: &FieldKind, value: &Value, depth: usize) -> Result<Word, String> {
        match &field.target {
            Some(target) if !value.is_null() => self.resolve(target, value, depth + 1).map(Word::Item),
            _ => Ok(Word::Text(text(value))),
        }
    }

    fn index(&self, target: &str, field: &str, kind: &FieldKind, depth: usize) -> Rc<Holders> {
        let name = (target.to_owned(), field.to_owned(), depth);
        if let Some(index) = self.indices.borrow().get(&name) {
            return Rc::clone(index);
        }
        let mut lists: HashMap<Word, Vec<usize>> = HashMap::new();
        for (number, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.kind.name == target)
        {
            // What its own reference is worth is said at the item itself.
            if let Some(Ok(word)) = entry.raw.get(field).map(|value| self.word(kind, value, depth)) {
                lists.entry(word).or_default().push(number);
            }
        }
        let index: Rc<Holders> = Rc::new(lists.into_iter().map(|(word, list)| (word, list.into())).collect());
        self.indices.borrow_mut().insert(name, Rc::clone(&index));
        index
    }
}
