//! Do the items of the seed files make sense: do their collections, fields and references exist, do the values fit, is each item once
//! in them? Found offline, each with its place. What passes is a [`Seed`]: every reference found, in an order in which it can be made.

use super::file::{At, RawField, RawItem, Section, SeedFile};
use super::kind::{FieldKind, Kind, kinds, meant, unknown};
use super::named::Indices;
use super::value::{accepts, text};
use super::{Field, Given, Item, RULE, Seed, order};
use serde_json::Value;
use snapshot::{Finding, Snapshot};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// The seed that `files` are, or what is wrong with them.
pub(crate) fn judge(files: &[SeedFile], snapshot: &Snapshot) -> Result<Seed, Vec<Finding>> {
    let kinds = kinds(snapshot);
    let mut judge = Judge {
        kinds: &kinds,
        entries: Vec::new(),
        keys: BTreeMap::new(),
        indices: RefCell::default(),
        findings: Vec::new(),
    };
    judge.gather(files);
    let mut items: Vec<Item> = (0..judge.entries.len()).map(|index| judge.item(index)).collect();
    judge.find_twins(&items);
    if judge.findings.is_empty() {
        judge.set_levels(&mut items);
    }
    if !judge.findings.is_empty() {
        return Err(judge.findings);
    }
    Ok(Seed::new(used_kinds(&kinds, &items), items))
}

fn used_kinds(kinds: &BTreeMap<String, Result<Kind, String>>, items: &[Item]) -> BTreeMap<String, Kind> {
    let used = items.iter().filter_map(|item| Some((item.collection.clone(), kinds.get(&item.collection)?)));
    used.filter_map(|(name, kind)| Some((name, kind.as_ref().ok()?.clone()))).collect()
}

/// One item of one file.
pub(super) struct Entry<'a> {
    pub(super) path: &'a str,
    section: &'a Section,
    pub(super) raw: &'a RawItem,
    pub(super) kind: &'a Kind,
}

pub(super) struct Judge<'a> {
    pub(super) kinds: &'a BTreeMap<String, Result<Kind, String>>,
    /// The items of all files whose collection is known.
    pub(super) entries: Vec<Entry<'a>>,
    /// The key of each collection, and where it was first declared.
    pub(super) keys: BTreeMap<&'a str, (&'a [String], &'a str, At)>,
    /// Made when all items are known, as far as references ask for them.
    pub(super) indices: RefCell<Indices>,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    fn find(&mut self, path: &str, at: At, message: impl Into<String>) {
        self.findings.push(Finding::error(RULE, path, message).at(at.line, at.column));
    }

    /// Collections and keys.
    fn gather(&mut self, files: &'a [SeedFile]) {
        for file in files {
            for section in &file.sections {
                let name = section.collection.as_str();
                match self.kinds.get(name) {
                    None => self.find(&file.path, section.at, unknown(name, self.kinds)),
                    Some(Err(why)) => self.find(&file.path, section.at, why.clone()),
                    Some(Ok(kind)) => {
                        self.judge_key(&file.path, section, kind);
                        self.judge_once(&file.path, section, kind);
                        self.entries.extend(section.items.iter().map(|raw| Entry {
                            path: &file.path,
                            section,
                            raw,
                            kind,
                        }));
                    }
                }
            }
        }
    }

    fn judge_key(&mut self, path: &'a str, section: &'a Section, kind: &Kind) {
        let name = section.collection.as_str();
        for (index, field) in section.key.iter().enumerate() {
            match kind.fields.get(field) {
                None => {
                    let hint = meant(field, kind.fields.keys());
                    self.find(path, section.key_at, format!("`{name}` has no field `{field}`{hint}"));
                }
                Some(FieldKind { closed: Some(why), .. }) => {
                    self.find(path, section.key_at, format!("`{field}` can be no key: it {why}"));
                }
                Some(_) if section.key[..index].contains(field) => {
                    self.find(path, section.key_at, format!("`{field}` comes twice in the key"));
                }
                Some(_) => {}
            }
        }
        match self.keys.get(name) {
            None => drop(self.keys.insert(name, (&section.key, path, section.key_at))),
            Some((key, first, at)) if *key != section.key => {
                let message = format!("`{name}` has another key at {first}:{}", at.line);
                self.find(path, section.key_at, message);
            }
            Some(_) => {}
        }
    }

    /// What only a new item is given is a field that could be given again.
    fn judge_once(&mut self, path: &str, section: &Section, kind: &Kind) {
        for (index, (field, at)) in section.once.iter().enumerate() {
            let message = match kind.fields.get(field) {
                None => {
                    format!("`{}` has no field `{field}`{}", kind.name, meant(field, kind.fields.keys()))
                }
                Some(FieldKind { closed: Some(why), .. }) => format!("`{field}` {why}"),
                Some(_) if section.key.contains(field) => {
                    format!("`{field}` is part of the key: by it an item is found again")
                }
                Some(_) if section.once[..index].iter().any(|(other, _)| other == field) => {
                    format!("`{field}` comes twice in `once`")
                }
                Some(_) => continue,
            };
            self.find(path, *at, message);
        }
    }

    /// One item: its fields, its values, its references.
    fn item(&mut self, index: usize) -> Item {
        let (path, section, raw, kind) = {
            let entry = &self.entries[index];
            (entry.path, entry.section, entry.raw, entry.kind)
        };
        for (name, field) in &kind.fields {
            if field.is_required && raw.get(name).is_none() {
                self.find(path, raw.at, format!("`{}` needs a value for `{name}`", kind.name));
            }
        }
        for name in section.key.iter().filter(|name| raw.get(name).is_none_or(Value::is_null)) {
            // What is missing and required is said already.
            if kind.fields.get(name).is_some_and(|field| !field.is_required) {
                self.find(
                    path,
                    raw.at,
                    format!("`{name}` is part of the key of `{}`: it needs a value", kind.name),
                );
            }
        }
        let fields = raw.fields.iter().filter_map(|field| {
            let given = match self.given(kind, field) {
                Ok(given) => given,
                Err(message) => {
                    self.find(path, field.at, message);
                    return None;
                }
            };
            let is_once = section.once.iter().any(|(once, _)| *once == field.name);
            Some(Field { name: field.name.clone(), line: field.at.line, given, is_once })
        });
        let fields: Vec<Field> = fields.collect();
        let name: Vec<String> =
            section.key.iter().filter_map(|field| raw.get(field)).map(as_written).collect();
        Item {
            collection: kind.name.clone(),
            path: path.to_owned(),
            line: raw.at.line,
            name: name.join(" / "),
            key: section.key.clone(),
            fields,
            level: 0,
            is_sent: true,
        }
    }

    fn given(&self, kind: &Kind, raw: &RawField) -> Result<Given, String> {
        let name = &raw.name;
        let field = kind.fields.get(name).ok_or_else(|| {
            format!("`{}` has no field `{name}`{}", kind.name, meant(name, kind.fields.keys()))
        })?;
        if let Some(why) = &field.closed {
            return Err(format!("`{name}` {why}"));
        }
        match &field.target {
            Some(target) if !raw.value.is_null() => {
                self.resolve(target, &raw.value, 0).map(Given::Item).map_err(|why| format!("`{name}`: {why}"))
            }
            _ => {
                accepts(field, &raw.value).map_err(|why| format!("`{name}` {why}"))?;
                Ok(Given::Value(raw.value.clone()))
            }
        }
    }

    pub(super) fn field(&self, collection: &str, name: &str) -> Option<&FieldKind> {
        self.kinds.get(collection)?.as_ref().ok()?.fields.get(name)
    }

    /// Items with the same key, and values that may come only once.
    fn find_twins(&mut self, items: &[Item]) {
        let mut keys: HashMap<(&str, Vec<String>), usize> = HashMap::new();
        let mut values: HashMap<(&str, &str, String), usize> = HashMap::new();
        let mut twins = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let key: Option<Vec<String>> =
                item.key.iter().map(|name| Some(word(item.given(name)?))).collect();
            if let Some(key) = key
                && let Some(first) = keys.insert((&item.collection, key), index)
            {
                let message = format!("the same key as {}", items[first].place());
                twins.push((index, item.line, message));
                continue;
            }
            for field in &item.fields {
                let is_unique =
                    self.field(&item.collection, &field.name).is_some_and(|field| field.is_unique);
                if !is_unique || matches!(&field.given, Given::Value(Value::Null)) {
                    continue;
                }
                if let Some(first) = values.insert((&item.collection, &field.name, word(&field.given)), index)
                {
                    let message = format!(
                        "`{}` may come once, and {} has the same value",
                        field.name,
                        items[first].place()
                    );
                    twins.push((index, field.line, message));
                }
            }
        }
        for (index, line, message) in twins {
            let at = self.entries[index].raw.fields.iter().map(|field| field.at).find(|at| at.line == line);
            let at = at.filter(|_| line != items[index].line).unwrap_or(self.entries[index].raw.at);
            self.find(&items[index].path, at, message);
        }
    }

    fn set_levels(&mut self, items: &mut [Item]) {
        let to: Vec<Vec<usize>> = items.iter().map(|item| item.targets().collect()).collect();
        match order::levels(&to) {
            Ok(levels) => items.iter_mut().zip(levels).for_each(|(item, level)| item.level = level),
            Err(circle) => {
                let first = &items[circle[0]];
                let names: Vec<String> =
                    circle.iter().chain(&circle[..1]).map(|each| items[*each].place()).collect();
                let message = format!(
                    "items point to one another in a circle, so none can be made first: {}",
                    names.join(" → ")
                );
                let (path, at) = (first.path.clone(), self.entries[circle[0]].raw.at);
                self.find(&path, at, message);
            }
        }
    }
}

/// What makes two values the same value in a key.
fn word(given: &Given) -> String {
    match given {
        Given::Value(value) => text(value),
        Given::Item(index) => format!("item {index}"),
    }
}

/// A value in an item's name: a mapping by its values.
pub(super) fn as_written(value: &Value) -> String {
    match value {
        Value::Object(map) => map.values().map(as_written).collect::<Vec<_>>().join(" "),
        value => text(value),
    }
}
