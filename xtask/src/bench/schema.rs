//! A schema of 100 collections with 20 fields each: what taking it costs beside Directus' own part, and what saying a difference costs.

use super::{Amount, Row, growth, in_turn, median};
use crate::console;
use crate::engine::{Choice, Ground, Stage, show, snapshot_of};
use crate::erd;
use crate::process::{self, Env};
use anyhow::Result;
use catalog::Catalog;
use contract::Variables;
use contract::artefacts::SNAPSHOT;
use migrations::Migrations;
use serde_json::{Value, json};
use snapshot::{Document, Snapshot, canonical, change};
use std::path::Path;
use std::time::{Duration, Instant};

const COLLECTIONS: usize = 100;
pub(super) const FIELDS: usize = 20;

/// Taking it, saying a difference, and how it grows.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    console::heading("schema");
    let folder = tempfile::tempdir()?;
    let schema = large(&std::fs::read_to_string(root.join(SNAPSHOT))?, COLLECTIONS)?;
    let mut rows =
        vec![take(ground, root, folder.path(), &schema, runs)?, differ(folder.path(), &schema, runs)?];
    rows.extend(growth::measure(ground, root, runs)?);
    Ok(rows)
}

/// `cargo xtask snapshot`: Directus reads its schema; the rest is ours.
fn take(ground: &Ground, root: &Path, folder: &Path, schema: &Snapshot, runs: u32) -> Result<Row> {
    let tree = folder.join("tree");
    for name in ["db-init", "db-init-post", "snapshots", "extensions"] {
        std::fs::create_dir_all(tree.join(name))?;
    }
    let bridge = [root.join("bridge").display().to_string(), tree.display().to_string()];
    process::run(
        "copy the bridge",
        Path::new("cp"),
        &["-R", &bridge[0], &bridge[1]],
        Env::Inherited(Variables::new()),
        |_| {},
    )?;
    std::fs::write(tree.join(SNAPSHOT), canonical(schema).to_yaml())?;
    let stage = Stage::set(ground, root, Choice::Local, None)?;
    console::say(&format!(
        "    applying {COLLECTIONS} collections with {FIELDS} fields each, which takes Directus a while"
    ));
    let environment = stage.environment_of(&tree, ground);
    process::run("boot", &ground.runner, &["prepare"], Env::Only(environment), show)?;
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        let mut bridge = stage.bridge(&tree)?;
        let live = snapshot_of(&mut bridge)?;
        theirs.push(began.elapsed());
        bridge.close();
        ours.push(own_part(&edited(schema)?, &live)?);
    }
    Ok(Row {
        what: "snapshot of 100 collections × 20 fields: our own part".into(),
        ours: Amount::Time(median(ours)),
        beside: Some(("Directus' part", Amount::Time(median(theirs)))),
        target: "≤ 0.3 s",
    })
}

/// All that `snapshot` does once Directus has answered, but for the writing: order, text, the text read back, words, picture. The old
/// file is read while Directus loads.
fn own_part(before: &Snapshot, live: &Snapshot) -> Result<Duration> {
    let began = Instant::now();
    let live = canonical(live);
    let text = live.to_yaml();
    let (same, words, picture) = std::thread::scope(|scope| {
        let same = scope.spawn(|| Document::parse(&text).is_ok_and(|read| read.snapshot == live));
        let words: usize = change::revised(before, &live).iter().map(|change| change.line().len()).sum();
        let picture = erd::markdown(&live, &Catalog::default(), &Migrations::default());
        (same.join().unwrap_or(false), words, picture)
    });
    anyhow::ensure!(same, "the text is not what was meant");
    anyhow::ensure!(words > 0 && picture.len() > COLLECTIONS, "nothing was said or drawn");
    Ok(began.elapsed())
}

/// `cargo xtask diff A..B`, the whole program from outside, beside the lines that git shows.
fn differ(folder: &Path, schema: &Snapshot, runs: u32) -> Result<Row> {
    let tree = folder.join("revisions");
    std::fs::create_dir_all(tree.join("snapshots"))?;
    let git = |arguments: &[&str]| {
        let place = tree.display().to_string();
        let mut all = vec!["-C", &place, "-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        all.extend(arguments);
        process::output("ask git", Path::new("git"), &all)
    };
    git(&["init", "--quiet"])?;
    for (tag, schema) in [("a", schema.clone()), ("b", edited(schema)?)] {
        std::fs::write(tree.join(SNAPSHOT), canonical(&schema).to_yaml())?;
        git(&["add", "--all"])?;
        git(&["commit", "--quiet", "--message", tag])?;
        git(&["tag", tag])?;
    }
    let program = std::env::current_exe()?;
    let manifest = Variables::new().with("CARGO_MANIFEST_DIR", tree.join("xtask").display());
    let (ours, theirs) = in_turn(
        runs,
        || {
            let began = Instant::now();
            let env = Env::Inherited(manifest.clone());
            let lines = process::run("say the difference", &program, &["diff", "a..b"], env, |_| {})?;
            let took = began.elapsed();
            anyhow::ensure!(lines.len() > COLLECTIONS / 2, "{lines:?}");
            Ok(took)
        },
        || {
            let began = Instant::now();
            git(&["diff", "a..b"])?;
            Ok(began.elapsed())
        },
    )?;
    Ok(Row {
        what: "diff of two schemas of 100 collections × 20 fields".into(),
        ours: Amount::Time(ours),
        beside: Some(("git diff, in YAML", Amount::Time(theirs))),
        target: "≤ 0.2 s",
    })
}

/// This project's `devices`, many times, with more fields like `label`; each points to the next one twice, and is listed there once.
pub(super) fn large(text: &str, count: usize) -> Result<Snapshot> {
    let small = Snapshot::parse(text)?;
    let mut value = small.emptied().to_json();
    let missing = |what: &str| anyhow::anyhow!("the snapshot has no {what}");
    let like = |collection: &str, name: &str| {
        small.field(collection, name).ok_or_else(|| missing(name)).map(|field| field.value().clone())
    };
    let collection = small.collection("devices").ok_or_else(|| missing("devices"))?.value().clone();
    let (id, label) = (like("devices", "id")?, like("devices", "label")?);
    let (pointing, list) = (like("classes", "event")?, like("classes", "entries")?);
    let relation = small.relations().find(|each| (each.collection(), each.field()) == ("classes", "event"));
    let relation = relation.ok_or_else(|| missing("classes.event"))?.value().clone();
    let (mut collections, mut fields, mut relations) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..count {
        let name = format!("collection_{number:03}");
        let next = format!("collection_{:03}", (number + 1) % count);
        let mut one = renamed(&collection, &name, None);
        for key in ["group", "archive_field", "sort_field"] {
            one["meta"][key] = Value::Null;
        }
        collections.push(one);
        fields.push(renamed(&id, &name, Some("id")));
        fields
            .extend((1..FIELDS - 3).map(|field| renamed(&label, &name, Some(&format!("field_{field:02}")))));
        for (field, listed) in [("parent", json!("children")), ("other", Value::Null)] {
            let mut column = renamed(&pointing, &name, Some(field));
            column["schema"]["foreign_key_table"] = json!(next);
            fields.push(column);
            let mut one = relation.clone();
            let facts =
                [("collection", json!(name)), ("field", json!(field)), ("related_collection", json!(next))];
            facts.into_iter().for_each(|(key, fact)| one[key] = fact);
            let facts = [
                ("many_collection", json!(name)),
                ("many_field", json!(field)),
                ("one_collection", json!(next)),
            ];
            facts.into_iter().for_each(|(key, fact)| one["meta"][key] = fact);
            one["meta"]["one_field"] = listed;
            one["meta"]["sort_field"] = Value::Null;
            let constraint = json!(format!("{name}_{field}_foreign"));
            let facts = [
                ("table", json!(name)),
                ("column", json!(field)),
                ("foreign_key_table", json!(next)),
                ("constraint_name", constraint),
            ];
            facts.into_iter().for_each(|(key, fact)| one["schema"][key] = fact);
            relations.push(one);
        }
        fields.push(renamed(&list, &name, Some("children")));
    }
    for field in &mut fields {
        field["meta"]["group"] = Value::Null;
    }
    value["collections"] = json!(collections);
    value["fields"] = json!(fields);
    value["systemFields"] = small.to_json()["systemFields"].clone();
    value["relations"] = json!(relations);
    Snapshot::from_json(value).map_err(anyhow::Error::msg)
}

/// One field more in every collection.
pub(super) fn with_a_field_in_each(schema: &Value) -> Value {
    let mut wider = schema.clone();
    let like: Vec<Value> = labels(schema).cloned().collect();
    if let Some(fields) = wider["fields"].as_array_mut() {
        fields.extend(
            like.iter().filter_map(|each| Some(renamed(each, each["collection"].as_str()?, Some("added")))),
        );
    }
    wider
}

/// Another note at one field of every collection.
pub(super) fn with_a_note_in_each(schema: &Value) -> Value {
    let mut noted = schema.clone();
    for field in noted["fields"].as_array_mut().into_iter().flatten().filter(|each| each["field"] == LABEL) {
        field["meta"]["note"] = json!("another note");
    }
    noted
}

const LABEL: &str = "field_01";

fn labels(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["fields"].as_array().into_iter().flatten().filter(|each| each["field"] == LABEL)
}

/// One change in every collection, of every kind.
fn edited(schema: &Snapshot) -> Result<Snapshot> {
    let mut value = schema.to_json();
    if let Some(fields) = value["fields"].as_array_mut() {
        let mut number = 0;
        fields.retain_mut(|field| {
            number += 1;
            match number % 40 {
                5 => field["meta"]["width"] = json!("full"),
                15 => field["schema"]["max_length"] = json!(10),
                25 => return false,
                _ => {}
            }
            true
        });
    }
    Snapshot::from_json(value).map_err(anyhow::Error::msg)
}

fn renamed(item: &Value, collection: &str, field: Option<&str>) -> Value {
    let mut item = item.clone();
    item["collection"] = json!(collection);
    item["meta"]["collection"] = json!(collection);
    match field {
        Some(field) => {
            item["field"] = json!(field);
            item["meta"]["field"] = json!(field);
            // An alias has none.
            if item.get("schema").is_some() {
                item["schema"]["name"] = json!(field);
                item["schema"]["table"] = json!(collection);
            }
        }
        None => item["schema"]["name"] = json!(collection),
    }
    item
}
