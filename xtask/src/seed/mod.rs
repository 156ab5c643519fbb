//! Reference data as files in git: what an event needs before anybody registers, put into Directus through its own API, as often as
//! one likes.
//!
//! `file` reads, `check` judges offline, `plan` compares with a Directus, `perform` does what the plan says. Nothing is ever deleted,
//! and every item is found by its natural key, so that a run that was cut off anywhere is finished by the next one.

mod check;
mod file;
mod kind;
mod named;
mod order;
mod perform;
mod plan;
mod value;

pub(crate) use check::judge;
pub(crate) use file::{FOLDER, SeedFile, read_bytes};
pub(crate) use perform::perform;
pub(crate) use plan::{Action, Plan, Step, plan};

use crate::console;
use crate::directus::Directus;
use contract::artefacts::SNAPSHOT;
use contract::{Exit, Failure, Outcome};
use kind::Kind;
use serde_json::Value;
use snapshot::{Finding, Snapshot};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rule's name, as findings have it.
pub(crate) const RULE: &str = "seeds";

/// Items that can be made, in the order in which they can.
#[derive(Debug)]
pub(crate) struct Seed {
    /// What there is to know of their collections.
    pub(crate) kinds: BTreeMap<String, Kind>,
    /// Each after those that it points to.
    pub(crate) items: Vec<Item>,
}

/// One item, every reference found.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) collection: String,
    pub(crate) path: String,
    pub(crate) line: usize,
    /// Its key's values, for people.
    pub(crate) name: String,
    /// The fields that tell it from others.
    pub(crate) key: Vec<String>,
    pub(crate) fields: Vec<Field>,
    /// How long the longest chain of items is that it points to.
    pub(crate) level: usize,
    /// Whether it is to be there afterwards; else it is only looked for, because another one points to it.
    pub(crate) is_sent: bool,
}

/// One value of an item.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) given: Given,
    /// Only a new item gets it; of one that is there it is not compared.
    pub(crate) is_once: bool,
}

/// What a field is given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    Value(Value),
    /// The item of that number.
    Item(usize),
}

impl Seed {
    /// `items` as the files have them, each with its level; references are by number.
    fn new(kinds: BTreeMap<String, Kind>, items: Vec<Item>) -> Seed {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|index| items[*index].level);
        let mut number = vec![0; items.len()];
        order.iter().enumerate().for_each(|(new, old)| number[*old] = new);
        let items = order.into_iter().map(|index| items[index].clone()).collect();
        Seed { items: renumbered(items, |target| number[target]), kinds }
    }

    /// The items of the files of these names, and those that they point to: of these only the key counts.
    fn only(self, names: &[String]) -> Seed {
        let mut items = self.items;
        for item in &mut items {
            item.is_sent = names.contains(&item.path);
            if !item.is_sent {
                let key = &item.key;
                item.fields.retain(|field| key.contains(&field.name));
            }
        }
        // Each comes after those that it points to.
        let mut is_needed: Vec<bool> = items.iter().map(|item| item.is_sent).collect();
        for (index, item) in items.iter().enumerate().rev() {
            if is_needed[index] {
                item.targets().for_each(|target| is_needed[target] = true);
            }
        }
        let needed = items.into_iter().enumerate().filter(|(index, _)| is_needed[*index]);
        let (old, items): (Vec<usize>, Vec<Item>) = needed.unzip();
        // Sorted, because it is a part of what was in order.
        Seed {
            items: renumbered(items, |target| old.binary_search(&target).unwrap_or(target)),
            kinds: self.kinds,
        }
    }

    /// The items that are to be there afterwards.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.is_sent)
    }

    /// The collection of an item.
    pub(crate) fn kind(&self, item: &Item) -> &Kind {
        &self.kinds[&item.collection]
    }
}

/// The items with each reference by its new number.
fn renumbered(mut items: Vec<Item>, number: impl Fn(usize) -> usize) -> Vec<Item> {
    for field in items.iter_mut().flat_map(|item| &mut item.fields) {
        if let Given::Item(target) = &mut field.given {
            *target = number(*target);
        }
    }
    items
}

impl Item {
    /// Where it stands: `seeds/a.yaml:12`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }

    /// For people: ``classes `M-1` ``.
    pub(crate) fn title(&self) -> String {
        format!("{} `{}`", self.collection, self.name)
    }

    /// What it gives `field`.
    pub(crate) fn given(&self, field: &str) -> Option<&Given> {
        self.fields.iter().find(|each| each.name == field).map(|each| &each.given)
    }

    /// The numbers of the items that it points to.
    pub(crate) fn targets(&self) -> impl Iterator<Item = usize> {
        self.fields.iter().filter_map(|field| match field.given {
            Given::Item(target) => Some(target),
            Given::Value(_) => None,
        })
    }
}

/// The seed files of a checkout, by name.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn files_of(root: &Path) -> Outcome<Vec<PathBuf>> {
    let folder = root.join(FOLDER);
    let failed =
        |error: std::io::Error| Failure::new(format!("read the folder `{}`", folder.display())).cause(error);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(is_seed_file) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file of that name in the folder is a seed file.
pub(crate) fn is_seed_file(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Reads and judges all seed files of the checkout, and these; only the items of these are sent, because what they point to may be in any.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_only(root: &Path, named: &[PathBuf]) -> Outcome<Seed> {
    // However a file is spelled, it is one file.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut files = files_of(root)?;
    for path in named {
        if !files.iter().any(|file| real(file) == real(path)) {
            files.push(path.clone());
        }
    }
    let is_named = |file: &&PathBuf| named.iter().any(|path| real(path) == real(file));
    let names: Vec<String> = files.iter().filter(is_named).map(|file| name_of(root, file)).collect();
    Ok(load(root, &files)?.only(&names))
}

/// As messages name a file.
fn name_of(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Reads and judges `files` against the checkout's snapshot.
///
/// # Errors
/// Exit 2 when a file cannot be read; exit 3 with all findings.
pub(crate) fn load(root: &Path, files: &[PathBuf]) -> Outcome<Seed> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(format!("read `{}`", path.display())).exit(Exit::Usage).cause(error)
    };
    let path = root.join(SNAPSHOT);
    let snapshot = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
    let snapshot = Snapshot::parse(&snapshot)
        .map_err(|error| Failure::new(format!("read `{SNAPSHOT}`")).exit(Exit::Usage).cause(error))?;
    let (mut read_files, mut findings) = (Vec::new(), Vec::new());
    for path in files {
        let (file, found) =
            read_bytes(&name_of(root, path), &std::fs::read(path).map_err(|error| failed(path, error))?);
        read_files.push(file);
        findings.extend(found);
    }
    // A file that could not be read would make everything that points into it a finding.
    let seed = if findings.is_empty() { judge(&read_files, &snapshot) } else { Err(findings) };
    seed.map_err(|findings| refused(&findings))
}

fn refused(findings: &[Finding]) -> Failure {
    let failure = Failure::new("read the seed files: nothing was sent").exit(Exit::Differences);
    findings.iter().fold(failure, |failure, finding| failure.cause(finding))
}

/// How many items were, or would be, made, changed and left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) created: usize,
    pub(crate) updated: usize,
    pub(crate) unchanged: usize,
}

impl Tally {
    /// Of a plan.
    pub(crate) fn of(plan: &Plan) -> Tally {
        let mut tally = Tally::default();
        for step in &plan.steps {
            match step.action {
                Action::Create => tally.created += 1,
                Action::Update(_) => tally.updated += 1,
                Action::Keep => tally.unchanged += 1,
                Action::Find => {}
            }
        }
        tally
    }

    /// For machines.
    pub(crate) fn to_json(self) -> Value {
        serde_json::json!({ "created": self.created, "updated": self.updated, "unchanged": self.unchanged })
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_settled(self) -> bool {
        self.created + self.updated == 0
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} created, {} updated, {} unchanged", self.created, self.updated, self.unchanged)
    }
}

/// One line for an item, and one for each value that changes; none for what stays.
pub(crate) fn lines(item: &Item, step: &Step) -> Vec<String> {
    match &step.action {
        Action::Keep | Action::Find => Vec::new(),
        Action::Create => vec![format!("create  {}", item.title())],
        Action::Update(changes) => {
            let change =
                changes.iter().map(|each| format!("          {}: {} → {}", each.field, each.from, each.to));
            std::iter::once(format!("update  {}", item.title())).chain(change).collect()
        }
    }
}

/// Plans and performs, and says it in short, for commands of which seeding is one step: how many items, and every value that it changes,
/// because somebody else may have set it.
///
/// # Errors
/// As [`plan`] and [`perform`].
pub(crate) fn run(directus: &mut Directus, seed: &Seed) -> Outcome<Tally> {
    let plan = plan(directus, seed)?;
    perform(directus, seed, &plan, &mut |item, step| {
        if step.action != Action::Create {
            lines(item, step).iter().for_each(|line| console::say(&format!("    {line}")));
        }
    })?;
    let tally = Tally::of(&plan);
    console::say(&match tally.is_settled() {
        true => format!("    seeded before: all {} items are as the files say", tally.unchanged),
        false => format!("    {tally}"),
    });
    Ok(tally)
}

#[cfg(test)]
mod tests;
