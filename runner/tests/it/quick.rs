//! The bridge's quick apply beside Directus' own: the same mixtures of changes leave the same two databases, whatever they are; and where
//! the bridge cannot know that, Directus' own apply runs.
//!
//! `QUICK_SEED=n` takes other mixtures, `QUICK_STEPS=n` more of them.

use crate::mixture::{Chance, TWINS, beginning, mixture, unique_over_equal_rows};
use crate::site::Site;
use boot::bridge::{Log, Options};
use boot::{BootSettings, Bridge, Interrupt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use testbed::Database;

const OFF: &str = "RUNNER_QUICK_APPLY is off";

fn number_from(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

/// A bridge at work on a database of its own.
struct Side {
    site: Site,
    bridge: Bridge,
}

impl Side {
    fn new(quick: &str) -> Option<Side> {
        let site = Site::new()?;
        let variables = site.environment(site.tree.root()).with("RUNNER_QUICK_APPLY", quick);
        let environment = variables.with("LOG_LEVEL", "fatal").into();
        let settings = BootSettings::from_environment(environment).expect("settings");
        let options =
            Options { application_name: "quick", db_only: &["spatial_ref_sys".to_owned()], log: Log::Stderr };
        let bridge = Bridge::spawn(&settings, &options, &Interrupt::default()).expect("a bridge");
        Some(Side { site, bridge })
    }

    fn call(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        self.bridge.call(command, command, arguments).map_err(|failure| failure.render())
    }

    fn install(&mut self) {
        self.site.ask("CREATE EXTENSION postgis");
        self.call("install", json!({})).expect("Directus");
        // A permission that names fields, from which dropped ones are struck out.
        self.site.ask(
            "INSERT INTO directus_policies (id, name) VALUES ('00000000-0000-4000-8000-000000000000', 'some'); \
             INSERT INTO directus_permissions (collection, action, policy, fields) \
             SELECT 'c' || n, 'read', '00000000-0000-4000-8000-000000000000', 'id,a0,a1,a2' FROM generate_series(6, 10) n",
        );
    }

    /// What was done, or why it was not; and what is left to do, or what was to be done.
    fn apply(&mut self, path: &Path) -> (Result<Value, String>, Value) {
        let planned = self.call("plan", json!({ "path": path })).expect("a plan");
        match self.call("apply", json!({})) {
            Ok(done) => {
                (Ok(done["own"].clone()), self.call("verify", json!({ "path": path })).expect("a diff"))
            }
            Err(why) => (Err(why), planned),
        }
    }

    fn snapshot(&mut self) -> Value {
        self.call("snapshot", json!({})).expect("a snapshot")["snapshot"].take()
    }

    /// The schema, Directus' metadata in order and with keys, and where every sequence stands.
    fn picture(&self) -> BTreeMap<&'static str, String> {
        let database: &Database<'_> = &self.site.database;
        let dump =
            database.server().pg_dump(database.name(), &["--schema-only", "--no-owner"]).expect("a dump");
        let rows = |what: &str, order: &str| {
            self.site.ask(&format!("SELECT string_agg(t::text, E'\\n' ORDER BY {order}) FROM {what} t"))
        };
        BTreeMap::from([
            ("schema", dump),
            ("collections", rows("directus_collections", "collection")),
            ("fields", rows("directus_fields", "id")),
            ("relations", rows("directus_relations", "id")),
            ("permissions", rows("directus_permissions", "id")),
            ("sequences", rows("(SELECT sequencename, last_value FROM pg_sequences)", "sequencename")),
        ])
    }
}

#[track_caller]
fn same(ours: &Side, theirs: &Side, context: &str) {
    let (ours, theirs) = (ours.picture(), theirs.picture());
    for (what, text) in &ours {
        let lines = text.lines().zip(theirs[what].lines()).find(|(ours, theirs)| ours != theirs);
        assert!(*text == theirs[what], "{context}: {what}: {lines:#?}");
    }
}

#[test]
fn mixtures_of_changes_leave_the_same_database_as_directus_own_apply() {
    let (Some(mut ours), Some(mut theirs)) = (Side::new("on"), Side::new("off")) else { return };
    let seed = number_from("QUICK_SEED", 5);
    let mut chance = Chance(seed);
    [&mut ours, &mut theirs].into_iter().for_each(Side::install);
    let file = ours.site.tree.root().join("wanted.json");
    let (mut applied, mut done) = (0, BTreeMap::<&str, usize>::new());
    for step in 0..=number_from("QUICK_STEPS", 14) {
        let live = ours.snapshot();
        let (wanted, kinds) = match step {
            0 => (beginning(&live, &mut chance), Vec::new()),
            _ => mixture(&live, &mut chance, usize::try_from(step).expect("small")),
        };
        std::fs::write(&file, wanted.to_string()).expect("a file");
        let context = format!("seed {seed}, step {step}: {kinds:?}");
        let ((our_end, our_rest), (their_end, their_rest)) = (ours.apply(&file), theirs.apply(&file));
        assert_eq!(our_rest, their_rest, "{context}");
        match (our_end, their_end) {
            (Ok(our_way), Ok(their_way)) => {
                assert_eq!((our_way, their_way), (Value::Null, json!(OFF)), "{context}");
                applied += 1;
                kinds.into_iter().for_each(|kind| *done.entry(kind).or_default() += 1);
            }
            (ours, theirs) => assert_eq!(ours, theirs, "{context}"),
        }
        same(&ours, &theirs, &context);
        if step == 0 {
            for side in [&ours, &theirs] {
                side.site.ask(&format!("INSERT INTO {TWINS} (value) VALUES ('a'), ('a')"));
            }
        }
    }
    eprintln!("seed {seed}: {applied} applied, {done:?}");
    assert!(applied >= 8, "only {applied} mixtures could be applied");
    for kind in ["add a field", "drop a field"] {
        assert!(done.contains_key(kind), "no mixture was to {kind}: {done:?}");
    }

    let before = ours.picture();
    std::fs::write(&file, unique_over_equal_rows(&ours.snapshot(), &mut chance).to_string()).expect("a file");
    let ((our_end, _), (their_end, _)) = (ours.apply(&file), theirs.apply(&file));
    assert!(our_end.as_ref().is_err_and(|why| why.contains("unique")), "{our_end:?}");
    assert_eq!(our_end, their_end);
    same(&ours, &theirs, "a failed apply");
    let schema = |picture: &BTreeMap<&str, String>| {
        picture
            .iter()
            .filter(|(what, _)| **what != "sequences")
            .map(|(_, text)| text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(schema(&ours.picture()), schema(&before), "a failed apply changes nothing");
}

const OWN_WAY: &str = "applied in Directus' own way, which takes long on a large schema: ";

#[test]
fn a_directus_whose_files_are_not_known_runs_its_own_apply() {
    let Some(site) = Site::new() else { return };
    site.tree.edit("bridge/quick.js", |text| {
        text.replacen("'services/items.js': ['a80f", "'services/items.js': ['0000", 1)
    });
    let why = "this version of Directus' services/items.js is not known";
    site.prepare().expect(0, &[&format!("{OWN_WAY}{why}"), "recorded"]);
}

#[test]
fn an_extension_that_listens_hears_of_everything_that_directus_own_apply_tells() {
    let Some(site) = Site::new() else { return };
    let folder = site.tree.root().join("migrations");
    std::fs::create_dir(&folder).expect("a folder");
    let listen = "import { createRequire } from 'node:module';
        import { pathToFileURL } from 'node:url';
        export async function up() {
            const file = createRequire(`${process.env.RUNNER_DIRECTUS}/package.json`).resolve('@directus/api/emitter');
            const { default: emitter } = await import(pathToFileURL(file).href);
            emitter.onAction('collections.create', ({ key }) => console.log(`heard of ${key}`));
        }
        export async function down() {}";
    std::fs::write(folder.join("20300101A-listen.js"), listen).expect("a migration");
    std::fs::write(folder.join("package.json"), r#"{"type": "module"}"#).expect("a file");
    let folder = folder.to_str().expect("text");
    site.run(&["prepare"], &[("MIGRATIONS_PATH", folder)]).expect(
        0,
        &[&format!("{OWN_WAY}an extension listens to changes of the schema"), "heard of seasons", "recorded"],
    );
}

#[test]
fn it_is_switched_off_without_a_word_and_by_nothing_but_off() {
    let Some(site) = Site::new() else { return };
    site.run(&["prepare"], &[("RUNNER_QUICK_APPLY", "no")])
        .expect(2, &["read `RUNNER_QUICK_APPLY`: `no` is neither on nor off"]);
    let said = site.run(&["prepare"], &[("RUNNER_QUICK_APPLY", "off")]).expect(0, &["recorded"]);
    assert!(!said.stderr.contains(OWN_WAY), "{}", said.stderr);
}
