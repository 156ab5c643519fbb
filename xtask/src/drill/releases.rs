//! The two releases of a drill: the checkout's, and the one after it. Both have something to do in every step, whatever the checkout has: a
//! migration in each phase, and a collection of the drill's own, which the second release gives one more field.

use anyhow::Result;
use contract::{Failure, artefacts};
use serde_json::{Value, json};
use snapshot::Snapshot;
use std::path::{Path, PathBuf};

/// The drill's collection.
const COLLECTION: &str = "drill_notes";
/// The table of its first migration, which Directus does not manage.
const TABLE: &str = "drill";

/// Where they are.
pub(super) struct Releases {
    pub(super) first: PathBuf,
    pub(super) second: PathBuf,
}

impl Releases {
    /// Lays both out in `within`.
    ///
    /// # Errors
    /// When they cannot be written, or the snapshot not be read.
    pub(super) fn lay(root: &Path, within: &Path) -> Result<Releases> {
        let (first, second) = (within.join("release-1"), within.join("release-2"));
        copy(root, &first)?;
        migrate(
            &first,
            "9000",
            &format!("CREATE TABLE IF NOT EXISTS {TABLE} (id integer PRIMARY KEY)"),
            "note",
        )?;
        change(&first, |snapshot| {
            push(&mut snapshot["collections"], collection());
            push(&mut snapshot["fields"], key());
            push(&mut snapshot["fields"], text("note"));
        })?;
        copy(&first, &second)?;
        migrate(
            &second,
            "9001",
            &format!("ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS said text"),
            "remark",
        )?;
        change(&second, |snapshot| push(&mut snapshot["fields"], text("remark")))?;
        Ok(Releases { first, second })
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for name in ["db-init", "db-init-post", "snapshots", "bridge"] {
        let status = std::process::Command::new("cp").arg("-R").arg(from.join(name)).arg(to).status()?;
        if !status.success() {
            return Err(Failure::new(format!("copy `{name}`")).into());
        }
    }
    Ok(())
}

/// A migration before the schema, and one behind it about the field `indexed`; both are long enough to be disturbed.
fn migrate(release: &Path, number: &str, before: &str, indexed: &str) -> Result<()> {
    let behind =
        format!("CREATE INDEX IF NOT EXISTS {COLLECTION}_{indexed}_idx ON {COLLECTION} ({indexed}, id)");
    // The ledger knows files by name.
    for (file, statement) in
        [("db-init/NNNN_drill.sql", before), ("db-init-post/NNNN_drill_index.sql", &behind)]
    {
        std::fs::write(
            release.join(file.replace("NNNN", number)),
            format!("{statement};\nSELECT pg_sleep(0.2);\n"),
        )?;
    }
    Ok(())
}

/// Changes the snapshot.
fn change(release: &Path, change: impl FnOnce(&mut Value)) -> Result<()> {
    let path = release.join(artefacts::SNAPSHOT);
    let snapshot = Snapshot::parse(&std::fs::read_to_string(&path)?)
        .map_err(|error| Failure::new(format!("read `{}`", path.display())).cause(error))?;
    let mut json = snapshot.to_json();
    change(&mut json);
    let changed = Snapshot::from_json(json).map_err(|why| Failure::new("change the snapshot").cause(why))?;
    std::fs::write(path, snapshot::canonical(&changed).to_yaml())?;
    Ok(())
}

fn push(list: &mut Value, item: Value) {
    if let Some(items) = list.as_array_mut() {
        items.push(item);
    }
}

/// With every key that Directus writes (D3).
fn collection() -> Value {
    json!({
        "collection": COLLECTION,
        "meta": {
            "accountability": "all", "archive_app_filter": true, "archive_field": null, "archive_value": null, "collapse": "open",
            "collection": COLLECTION, "color": null, "display_template": null, "group": null, "hidden": false, "icon": null,
            "item_duplication_fields": null, "note": null, "preview_url": null, "singleton": false, "sort": null, "sort_field": null,
            "translations": null, "unarchive_value": null, "versioning": false,
        },
        "schema": { "name": COLLECTION },
    })
}

/// An optional text.
fn text(name: &str) -> Value {
    json!({
        "collection": COLLECTION, "field": name, "type": "string",
        "meta": {
            "collection": COLLECTION, "conditions": null, "display": null, "display_options": null, "field": name, "group": null,
            "hidden": false, "interface": "input", "note": null, "options": null, "readonly": false, "required": false,
            "searchable": true, "sort": null, "special": null, "translations": null, "validation": null, "validation_message": null,
            "width": "full",
        },
        "schema": {
            "name": name, "table": COLLECTION, "data_type": "character varying", "default_value": null, "max_length": 255,
            "numeric_precision": null, "numeric_scale": null, "is_nullable": true, "is_unique": false, "is_indexed": false,
            "is_primary_key": false, "is_generated": false, "generation_expression": null, "has_auto_increment": false,
            "foreign_key_table": null, "foreign_key_column": null,
        },
    })
}

/// The primary key, a UUID.
fn key() -> Value {
    let mut field = text("id");
    field["type"] = "uuid".into();
    field["meta"]["special"] = json!(["uuid"]);
    for (name, value) in [
        ("data_type", json!("uuid")),
        ("max_length", Value::Null),
        ("is_nullable", json!(false)),
        ("is_unique", json!(true)),
        ("is_primary_key", json!(true)),
    ] {
        field["schema"][name] = value;
    }
    field
}
