//! What the image is made of, as a CycloneDX file: the base image, the runner, and every crate that is linked into it.

use crate::process;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What else the file says, beside the crates.
pub(crate) struct Subject<'a> {
    /// The image's id.
    pub(crate) id: &'a str,
    /// The commit.
    pub(crate) revision: &'a str,
    /// The base image's name.
    pub(crate) base: &'a str,
}

/// The document.
///
/// # Errors
/// What cargo says.
pub(crate) fn document(root: &Path, subject: &Subject<'_>) -> Result<Value> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let manifest = root.join("Cargo.toml").display().to_string();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        &target,
        "--manifest-path",
        &manifest,
    ];
    let said = process::output("ask cargo for the runner's crates", Path::new(&cargo), &arguments)?;
    let metadata: Value = serde_json::from_slice(&said).context("read cargo's answer")?;
    let (name, tag) = subject.base.rsplit_once(':').unwrap_or((subject.base, "latest"));
    let mut components = vec![json!({
        "type": "container", "bom-ref": "base", "name": name, "version": tag, "purl": format!("pkg:docker/{name}@{tag}"),
    })];
    components.extend(crates(&metadata));
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "container", "bom-ref": "image", "name": crate::project::PROJECT.image, "version": subject.revision,
            "properties": [{ "name": "image-id", "value": subject.id }],
        }},
        "components": components,
    }))
}

/// The runner and what is linked into it, by name and version. Macros and build scripts run on the host and do not ship.
fn crates(metadata: &Value) -> Vec<Value> {
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let is_macro = |package: &Value| {
        list(&package["targets"]).any(|target| list(&target["kind"]).any(|kind| kind == "proc-macro"))
    };
    let mut open: Vec<&str> =
        packages.iter().filter(|(_, package)| package["name"] == "runner").map(|(id, _)| *id).collect();
    let mut linked = BTreeSet::new();
    while let Some(id) = open.pop() {
        if packages.get(id).is_none_or(|package| is_macro(package)) || !linked.insert(id) {
            continue;
        }
        let dependencies = nodes.get(id).into_iter().flat_map(|node| list(&node["deps"]));
        let normal = dependencies.filter(|each| list(&each["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        open.extend(normal.filter_map(|each| each["pkg"].as_str()));
    }
    linked.into_iter().filter_map(|id| packages.get(id)).map(|package| component(package)).collect()
}

fn component(package: &Value) -> Value {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    let purl = format!("pkg:cargo/{}@{}", text("name"), text("version"));
    let mut component = json!({
        "type": if text("name") == "runner" { "application" } else { "library" },
        "bom-ref": purl, "name": text("name"), "version": text("version"), "purl": purl,
    });
    if !text("license").is_empty() {
        component["licenses"] = json!([{ "expression": text("license").replace('/', " OR ") }]);
    }
    component
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_into_the_runner_is_listed_and_what_only_builds_it_is_not() {
        let package = |name: &str, kind: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "targets": [{ "kind": [kind] }] });
        let needs = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [package("runner", "bin"), package("boot", "lib"), package("derive", "proc-macro"), package("cc", "lib"), package("xtask", "bin")],
            "resolve": { "nodes": [
                { "id": "runner", "deps": [needs("boot", Value::Null), needs("cc", json!("build"))] },
                { "id": "boot", "deps": [needs("derive", Value::Null)] },
                { "id": "xtask", "deps": [needs("boot", Value::Null)] },
            ]},
        });
        let crates = crates(&metadata);
        let names: Vec<&str> = crates.iter().filter_map(|each| each["name"].as_str()).collect();
        assert_eq!(names, ["boot", "runner"]);
        assert_eq!(crates[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    }
}
