//! Does what a plan says, one request for each item. Cut off anywhere, what was done is found by the next run.

use super::plan::{Action, Plan, Step, explained, wanted};
use super::value::{same, shown};
use super::{Item, Seed};
use crate::directus::{Directus, Trouble};
use contract::{Failure, Outcome};
use serde_json::{Map, Value};

/// Performs `plan`; `each` hears of every item that was made or changed.
///
/// # Errors
/// At the first item that Directus does not take, with its file and line; the items before it are done.
pub(crate) fn perform(
    directus: &mut Directus,
    seed: &Seed,
    plan: &Plan,
    each: &mut dyn FnMut(&Item, &Step),
) -> Outcome<()> {
    let mut steps = plan.steps.clone();
    for (index, item) in seed.items.iter().enumerate() {
        let step = steps[index].clone();
        let (word, names): (&str, Vec<&str>) = match &step.action {
            Action::Keep | Action::Find => continue,
            Action::Create => ("create", item.fields.iter().map(|field| field.name.as_str()).collect()),
            Action::Update(changes) => {
                ("update", changes.iter().map(|change| change.field.as_str()).collect())
            }
        };
        let mut body = Map::new();
        for name in names {
            let value = item.given(name).and_then(|given| wanted(given, &steps));
            let value = value.ok_or_else(|| unplanned(item, name))?;
            body.insert(name.to_owned(), value);
        }
        let stored = send(directus, seed, item, &step, &Value::Object(body.clone()))
            .map_err(|trouble| failure(seed, &steps, item, index, word, &trouble))?;
        let kind = seed.kind(item);
        steps[index].id = Some(stored[kind.id.as_str()].clone()).filter(|id| !id.is_null());
        require_stored(seed, item, &body, &stored)?;
        each(item, &step);
    }
    Ok(())
}

fn send(
    directus: &mut Directus,
    seed: &Seed,
    item: &Item,
    step: &Step,
    body: &Value,
) -> Result<Value, Trouble> {
    let kind = seed.kind(item);
    let mut fields: Vec<&str> = item.fields.iter().map(|field| field.name.as_str()).collect();
    fields.push(&kind.id);
    let fields = fields.join(",");
    match &step.id {
        None => directus.call("POST", &format!("{}?fields={fields}", kind.path()), Some(body)),
        Some(id) => {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            directus.call("PATCH", &format!("{}/{id}?fields={fields}", kind.path()), Some(body))
        }
    }
}

fn failure(seed: &Seed, steps: &[Step], item: &Item, index: usize, word: &str, trouble: &Trouble) -> Failure {
    let field = match trouble {
        Trouble::Refused(refusal) => refusal.field.as_deref(),
        Trouble::NoAnswer(_) => None,
    };
    // Of a rule over several fields Directus names all of them, as the database spells them: `entry, "user"`.
    let names =
        |each: &str| field.is_some_and(|names| names.split(", ").any(|name| name.trim_matches('"') == each));
    let field = item.fields.iter().find(|each| names(&each.name));
    let line = field.map_or(item.line, |field| field.line);
    let failure = Failure::new(format!("{word} {} ({}:{line})", item.title(), item.path));
    let failure = explained(failure, trouble);
    let before = steps[..index].iter().filter(|step| step.action.is_write()).count();
    let left = steps[index..].iter().filter(|step| step.action.is_write()).count();
    let done =
        format!("{before} of {} items to write are written; the next run goes on from there", before + left);
    debug_assert!(seed.items.len() == steps.len(), "one step for each item");
    match &failure.hint {
        Some(hint) => {
            let hint = hint.clone();
            failure.hint(format!("{hint}; {done}"))
        }
        None => failure.hint(done),
    }
}

/// Directus may store something else than it was given (a hook, a trigger); the next run would then change it again, and so for ever.
fn require_stored(seed: &Seed, item: &Item, sent: &Map<String, Value>, stored: &Value) -> Outcome<()> {
    let kind = seed.kind(item);
    for (name, value) in sent {
        let type_of = kind.fields.get(name).map_or("", |field| field.kind.as_str());
        let live = &stored[name.as_str()];
        if !same(type_of, value, live) {
            let line =
                item.fields.iter().find(|field| field.name == *name).map_or(item.line, |field| field.line);
            return Err(Failure::new(format!("store `{name}` of {} ({}:{line})", item.title(), item.path))
                .cause(format!("Directus was given {} and has {}", shown(value), shown(live)))
                .hint("write into the seed what Directus makes of it"));
        }
    }
    Ok(())
}

fn unplanned(item: &Item, field: &str) -> Failure {
    Failure::new(format!("write {} ({})", item.title(), item.place()))
        .cause(format!("what `{field}` points to was written, but Directus gave it no key"))
}
