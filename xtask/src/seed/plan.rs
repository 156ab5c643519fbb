//! What would have to change for a Directus to hold what the seed says. Only reads.

use super::value::{same, shown};
use super::{Given, Item, Seed};
use crate::directus::{Directus, Trouble};
use contract::{Exit, Failure, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One step for each item of the seed, in its order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// What becomes of one item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) action: Action,
    /// Its primary key, if it is there.
    pub(crate) id: Option<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Create,
    Update(Vec<Change>),
    Keep,
    /// Nothing, whatever it is like: another one points to it.
    Find,
}

impl Action {
    /// Whether something is sent.
    pub(crate) fn is_write(&self) -> bool {
        matches!(self, Action::Create | Action::Update(_))
    }
}

/// One value that is not what the seed says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) field: String,
    /// Both for people.
    pub(crate) from: String,
    pub(crate) to: String,
}

/// How many items are asked for at once: some kilobytes.
const BATCH: usize = 100;

/// Finds every item by its key, and compares.
///
/// # Errors
/// When a key fits two items, or Directus does not answer as expected; with the item's file and line.
pub(crate) fn plan(directus: &mut Directus, seed: &Seed) -> Outcome<Plan> {
    let unknown =
        |item: &Item| Step { action: if item.is_sent { Action::Create } else { Action::Find }, id: None };
    let mut steps: Vec<Step> = seed.items.iter().map(unknown).collect();
    // Items of one level and one collection are asked for together; what they point to is known by then.
    let mut groups: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, item) in seed.items.iter().enumerate() {
        groups.entry((item.level, &item.collection)).or_default().push(index);
    }
    for group in groups.values() {
        // Whoever is named by an item that is not there is not there either.
        let findable: Vec<usize> =
            group.iter().copied().filter(|index| key(seed, &seed.items[*index], &steps).is_some()).collect();
        for batch in findable.chunks(BATCH) {
            let rows = rows(directus, seed, batch, &steps)?;
            for index in batch {
                steps[*index] = step(seed, *index, &steps, &rows)?;
            }
        }
    }
    require_targets(seed, &steps)?;
    Ok(Plan { steps })
}

/// What is not sent must be there.
fn require_targets(seed: &Seed, steps: &[Step]) -> Outcome<()> {
    let is_lost = |target: &usize| steps[*target].action == Action::Find && steps[*target].id.is_none();
    let lost = seed.sent().find_map(|item| Some((item, &seed.items[item.targets().find(is_lost)?])));
    match lost {
        None => Ok(()),
        Some((item, target)) => Err(Failure::new(format!("write {} ({})", item.title(), item.place()))
            .cause(format!(
                "it points to {} ({}), which is not in this Directus",
                target.title(),
                target.place()
            ))
            .hint(format!("cargo xtask seed {}, or all of seeds/ at once: cargo xtask seed", target.path))),
    }
}

/// The value that Directus is to have for what an item is given; `None` while the item pointed to is not there.
pub(crate) fn wanted(given: &Given, steps: &[Step]) -> Option<Value> {
    match given {
        Given::Value(value) => Some(value.clone()),
        Given::Item(target) => steps[*target].id.clone(),
    }
}

/// The key's fields and values.
fn key(seed: &Seed, item: &Item, steps: &[Step]) -> Option<Vec<(String, Value)>> {
    debug_assert!(seed.kinds.contains_key(&item.collection), "judged");
    item.key.iter().map(|name| Some((name.clone(), wanted(item.given(name)?, steps)?))).collect()
}

/// The items of a batch that are there, with every field that the seed says something about.
fn rows(directus: &mut Directus, seed: &Seed, batch: &[usize], steps: &[Step]) -> Outcome<Vec<Value>> {
    let items: Vec<&Item> = batch.iter().map(|index| &seed.items[*index]).collect();
    let kind = seed.kind(items[0]);
    let filters: Vec<Value> = items
        .iter()
        .filter_map(|item| key(seed, item, steps))
        .map(|key| {
            let parts = key.into_iter().map(|(field, value)| json!({ field: { "_eq": value } }));
            json!({ "_and": parts.collect::<Vec<_>>() })
        })
        .collect();
    let mut fields: Vec<&str> =
        items.iter().flat_map(|item| item.fields.iter().map(|field| field.name.as_str())).collect();
    fields.push(&kind.id);
    fields.sort_unstable();
    fields.dedup();
    let body = json!({ "query": { "filter": { "_or": filters }, "fields": fields, "limit": -1 } });
    let answer = directus.call("SEARCH", &kind.path(), Some(&body)).map_err(|trouble| {
        let first = items[0];
        let failure = Failure::new(format!("look for the items of `{}` ({})", kind.name, first.place()));
        explained(failure, &trouble)
    })?;
    answer.as_array().cloned().ok_or_else(|| {
        Failure::new(format!("look for the items of `{}`", kind.name))
            .cause("Directus did not answer with a list")
    })
}

/// With the trouble as its cause, and an exit code and a hint that fit it.
pub(crate) fn explained(failure: Failure, trouble: &Trouble) -> Failure {
    let failure = failure.cause(trouble);
    match trouble {
        Trouble::NoAnswer(_) => failure.exit(Exit::Unreachable),
        Trouble::Refused(refusal) => match refusal.code.as_str() {
            "FORBIDDEN" => failure.hint(
                "is the database this release's, and may this account read and write there? an administrator may",
            ),
            "TOKEN_EXPIRED" | "INVALID_TOKEN" | "INVALID_CREDENTIALS" => {
                failure.exit(Exit::Usage).hint("make a new token, or use DIRECTUS_EMAIL and DIRECTUS_PASSWORD")
            }
            _ => failure,
        },
    }
}

fn step(seed: &Seed, index: usize, steps: &[Step], rows: &[Value]) -> Outcome<Step> {
    let item = &seed.items[index];
    let kind = seed.kind(item);
    let key = key(seed, item, steps).unwrap_or_default();
    let type_of = |field: &str| kind.fields.get(field).map_or("", |field| field.kind.as_str());
    let found: Vec<&Value> = rows
        .iter()
        .filter(|row| key.iter().all(|(field, value)| same(type_of(field), value, &row[field.as_str()])))
        .collect();
    let row = match found.as_slice() {
        [] => return Ok(steps[index].clone()),
        [row] => *row,
        [..] => {
            let words: Vec<String> = key.iter().map(|(field, _)| format!("`{field}`")).collect();
            return Err(Failure::new(format!("find {} ({})", item.title(), item.place()))
                .cause(format!("{} items in Directus have this {}", found.len(), words.join(" and ")))
                .hint("remove the others in Directus, or give the `key` a further field"));
        }
    };
    let changes: Vec<Change> = item
        .fields
        .iter()
        .filter(|field| !field.is_once)
        .filter_map(|field| {
            let live = &row[field.name.as_str()];
            let wanted = wanted(&field.given, steps);
            let is_same = wanted.is_some_and(|wanted| same(type_of(&field.name), &wanted, live));
            (!is_same).then(|| Change {
                field: field.name.clone(),
                from: pointed_at(
                    seed,
                    steps,
                    kind.fields.get(&field.name).and_then(|each| each.target.as_deref()),
                    live,
                ),
                to: match &field.given {
                    Given::Value(value) => shown(value),
                    Given::Item(target) => format!("`{}`", seed.items[*target].name),
                },
            })
        })
        .collect();
    let action = match (item.is_sent, changes.is_empty()) {
        (false, _) => Action::Find,
        (true, true) => Action::Keep,
        (true, false) => Action::Update(changes),
    };
    Ok(Step { action, id: Some(row[kind.id.as_str()].clone()) })
}

/// A live value for people: what it points to by its name, if the seed knows it.
fn pointed_at(seed: &Seed, steps: &[Step], target: Option<&str>, live: &Value) -> String {
    let known = target.and_then(|target| {
        let mut all = seed.items.iter().zip(steps);
        all.find(|(item, step)| item.collection == target && step.id.as_ref() == Some(live))
            .map(|(item, _)| item)
    });
    match (known, target) {
        (Some(item), _) => format!("`{}`", item.name),
        (None, Some(_)) if !live.is_null() => format!("another item ({live})"),
        _ => shown(live),
    }
}
