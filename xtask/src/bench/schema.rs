//! A schema of 100 collections with 20 fields each: what taking it costs beside Directus' own part, and what saying a difference costs.

use super::{Amount, Row, in_turn, median};
use crate::console;
use crate::engine::{Choice, Ground, Stage, show, snapshot_of};
use crate::erd;
use crate::process::{self, Env};
use anyhow::Result;
use contract::artefacts::SNAPSHOT;
use migrations::Migrations;
use serde_json::{Value, json};
use snapshot::{Document, Snapshot, canonical, change};
use std::path::Path;
use std::time::{Duration, Instant};

const COLLECTIONS: usize = 100;
const FIELDS: usize = 20;

/// Both rows.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    console::heading("schema");
    let folder = tempfile::tempdir()?;
    let schema = large(&std::fs::read_to_string(root.join(SNAPSHOT))?)?;
    Ok(vec![take(ground, root, folder.path(), &schema, runs)?, differ(folder.path(), &schema, runs)?])
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
        Env::Inherited(Vec::new()),
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
        what: "snapshot of 100 collections × 20 fields: our own part",
        ours: Amount::Time(median(ours)),
        beside: Some(("Directus' part", median(theirs))),
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
        let picture = erd::markdown(&live, &Migrations::default());
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
    let manifest = ("CARGO_MANIFEST_DIR".to_owned(), tree.join("xtask").display().to_string());
    let (ours, theirs) = in_turn(
        runs,
        || {
            let began = Instant::now();
            let env = Env::Inherited(vec![manifest.clone()]);
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
        what: "diff of two schemas of 100 collections × 20 fields",
        ours: Amount::Time(ours),
        beside: Some(("git diff, in YAML", theirs)),
        target: "≤ 0.2 s",
    })
}

/// The schema of this project's `devices`, a hundred times, with more fields like `label`.
pub(super) fn large(text: &str) -> Result<Snapshot> {
    let small = Snapshot::parse(text)?;
    let mut value = small.emptied().to_json();
    let missing = |what: &str| anyhow::anyhow!("the snapshot has no {what}");
    let like = |name: &str| {
        small.field("devices", name).ok_or_else(|| missing(name)).map(|field| field.value().clone())
    };
    let collection = small.collection("devices").ok_or_else(|| missing("devices"))?.value().clone();
    let (id, label) = (like("id")?, like("label")?);
    let (mut collections, mut fields) = (Vec::new(), Vec::new());
    for number in 0..COLLECTIONS {
        let name = format!("collection_{number:03}");
        let mut one = renamed(&collection, &name, None);
        one["meta"]["group"] = Value::Null;
        one["meta"]["archive_field"] = Value::Null;
        collections.push(one);
        fields.push(renamed(&id, &name, Some("id")));
        fields.extend((1..FIELDS).map(|field| renamed(&label, &name, Some(&format!("field_{field:02}")))));
    }
    value["collections"] = json!(collections);
    value["fields"] = json!(fields);
    value["systemFields"] = small.to_json()["systemFields"].clone();
    Snapshot::from_json(value).map_err(anyhow::Error::msg)
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
            item["schema"]["name"] = json!(field);
            item["schema"]["table"] = json!(collection);
        }
        None => item["schema"]["name"] = json!(collection),
    }
    item
}
