//! What must be true of the built image: pure judgements over what docker says of it and over the layers that we added.

use super::build::Labels;
use super::context::checksum;
use super::layers::Entry;
use contract::artefacts::BAKED_IN;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most that the runner may weigh, in bytes.
pub(crate) const RUNNER_BYTES: usize = 2_500_000;
/// Where it is in the image.
const RUNNER: &str = "usr/local/bin/runner";
/// Where the artefacts are in the image.
const HOME: &str = "directus";
/// Where the prelinked Directus is, below that.
const PRELINKED: &str = "prelinked/";

/// What the configuration has otherwise than it must be; empty when all is well.
pub(crate) fn configuration(image: &Value, labels: &Labels) -> Vec<String> {
    let config = &image["Config"];
    let mut findings = Vec::new();
    let mut same = |what: &str, found: &Value, expected: Value| {
        if *found != expected {
            findings.push(format!("{what} is {found}, not {expected}"));
        }
    };
    same("the entry point", &config["Entrypoint"], json!(["runner"]));
    same("the command", &config["Cmd"], json!(["start"]));
    same("the user", &config["User"], json!("1000:1000"));
    same("the health check", &config["Healthcheck"]["Test"], json!(["CMD", "runner", "healthcheck"]));
    for (name, value) in labels {
        same(&format!("the label {name}"), &config["Labels"][name], json!(value));
    }
    let variables: Vec<&str> =
        config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !variables.contains(&"DB_CLIENT=pg") {
        findings.push("DB_CLIENT is not pg: the base image's SQLite would be used".to_owned());
    }
    findings.extend(variables.iter().filter_map(|variable| secret_name(variable)));
    findings
}

/// The name of a variable that holds a secret, if it does.
fn secret_name(variable: &str) -> Option<String> {
    let (name, value) = variable.split_once('=')?;
    let suspicious = ["SECRET", "PASSWORD", "TOKEN", "KEY", "CONNECTION_STRING"];
    let is_secret = !value.is_empty()
        && suspicious.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")));
    is_secret.then(|| format!("the variable {name} is baked in: whoever has the image has it"))
}

/// What our layers have otherwise than they must; `artefacts` are the checksums of the checkout's files.
pub(crate) fn contents(entries: &[Entry], artefacts: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut found = BTreeMap::new();
    for entry in entries {
        let name =
            entry.path.strip_prefix(HOME).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&entry.path);
        let is_artefact =
            name != entry.path && BAKED_IN.iter().any(|folder| name.starts_with(&format!("{folder}/")));
        match &entry.content {
            Some(content) if entry.path == RUNNER => findings.extend(runner(entry, content)),
            Some(content) if is_artefact => {
                findings.extend(read_only(entry));
                found.insert(name.to_owned(), checksum(content));
            }
            // Whether they are what they were made to be is judged while the image is built (`runner image-check`).
            Some(_) if name.starts_with(PRELINKED) => findings.extend(read_only(entry)),
            Some(_) => findings.push(format!("/{} does not belong into the image", entry.path)),
            None => {}
        }
    }
    for (name, wanted) in artefacts {
        match found.get(name) {
            None => findings.push(format!("{name} is not in the image")),
            Some(has) if has != wanted => findings.push(format!("{name} is another one in the image")),
            Some(_) => {}
        }
    }
    findings.extend(
        found
            .keys()
            .filter(|name| !artefacts.contains_key(*name))
            .map(|name| format!("{name} is in the image, and not in git")),
    );
    if !entries.iter().any(|entry| entry.path == format!("{HOME}/{PRELINKED}manifest.json")) {
        findings.push("the prelinked Directus is not in the image".to_owned());
    }
    if !entries.iter().any(|entry| entry.path == RUNNER) {
        findings.push("the runner is not in the image".to_owned());
    }
    findings
}

fn runner(entry: &Entry, content: &[u8]) -> Vec<String> {
    let mut findings: Vec<String> = read_only(entry).into_iter().collect();
    if content.len() > RUNNER_BYTES {
        findings.push(format!("the runner has {} bytes, to hold {RUNNER_BYTES}", content.len()));
    }
    if !is_static(content) {
        findings.push(
            "the runner is not a static binary: the base image's C library would have to fit it".to_owned(),
        );
    }
    const CRATES: &[u8] = b"/registry/src/";
    if content.windows(CRATES.len()).any(|bytes| bytes == CRATES) {
        findings.push(
            "the runner names folders of the machine that built it: is RUSTFLAGS set? it replaces what makes it the same everywhere"
                .to_owned(),
        );
    }
    findings
}

fn read_only(entry: &Entry) -> Option<String> {
    let fine = entry.uid == 0 && entry.mode & 0o222 == 0;
    (!fine).then(|| {
        format!(
            "/{} belongs to user {} with mode {:o}: it must be root's and read-only",
            entry.path, entry.uid, entry.mode
        )
    })
}

/// A 64-bit ELF file that names no interpreter.
fn is_static(content: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, bytes: usize| {
        let slice = content.get(at..at + bytes)?;
        Some(slice.iter().rev().fold(0_u64, |all, byte| (all << 8) | u64::from(*byte)))
    };
    let headers = || {
        let (offset, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        (0..count)
            .map(|index| number(usize::try_from(offset + index * size).ok()?, 4))
            .collect::<Option<Vec<u64>>>()
    };
    content.starts_with(b"\x7fELF\x02\x01")
        && headers().is_some_and(|types| !types.contains(&u64::from(INTERPRETER)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &[u8]) -> Entry {
        Entry { path: path.to_owned(), mode: 0o555, uid: 0, content: Some(content.to_vec()) }
    }

    /// An ELF header with one program header of this type.
    fn elf(kind: u8) -> Vec<u8> {
        let mut content = vec![0; 128];
        content[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (content[32], content[54], content[56], content[64]) = (64, 56, 1, kind);
        content
    }

    #[test]
    fn an_image_of_tracked_files_alone_is_fine() {
        let artefacts = BTreeMap::from([("db-init/1_a.sql".to_owned(), checksum(b"SELECT 1"))]);
        let entries = [
            file(RUNNER, &elf(1)),
            file("directus/db-init/1_a.sql", b"SELECT 1"),
            file("directus/prelinked/manifest.json", b"{}"),
        ];
        assert_eq!(contents(&entries, &artefacts), Vec::<String>::new());
    }

    #[test]
    fn strays_changes_and_what_is_missing_are_named() {
        let artefacts =
            ["db-init/1_a.sql", "db-init/2_b.sql"].map(|name| (name.to_owned(), checksum(b"SELECT 1")));
        let mut writable = file("directus/seeds/x.yaml", b"");
        (writable.mode, writable.uid) = (0o644, 1000);
        let mut linked = file("directus/prelinked/chunk-A.mjs", b"");
        linked.uid = 1000;
        let entries = [
            file("directus/db-init/1_a.sql", b"SELECT 2"),
            file("directus/.env", b"SECRET=1"),
            writable,
            linked,
        ];
        assert_eq!(
            contents(&entries, &artefacts.into()),
            [
                "/directus/.env does not belong into the image",
                "/directus/seeds/x.yaml belongs to user 1000 with mode 644: it must be root's and read-only",
                "/directus/prelinked/chunk-A.mjs belongs to user 1000 with mode 555: it must be root's and read-only",
                "db-init/1_a.sql is another one in the image",
                "db-init/2_b.sql is not in the image",
                "seeds/x.yaml is in the image, and not in git",
                "the prelinked Directus is not in the image",
                "the runner is not in the image",
            ]
        );
    }

    #[test]
    fn a_dynamic_runner_is_found() {
        assert!(is_static(&elf(1)) && !is_static(&elf(3)) && !is_static(b"#!/bin/sh"));
    }

    #[test]
    fn a_runner_that_knows_where_it_was_built_is_found() {
        let of_somebody = [elf(1), b"/home/a/.cargo/registry/src/index/ring/x.rs".to_vec()].concat();
        assert_eq!(runner(&file(RUNNER, &[]), &of_somebody).len(), 1);
        let of_nobody = [elf(1), b"/crates/index/ring/x.rs".to_vec()].concat();
        assert_eq!(runner(&file(RUNNER, &[]), &of_nobody), Vec::<String>::new());
    }

    #[test]
    fn a_configuration_that_is_not_ours_is_found() {
        let good = json!({ "Config": {
            "Entrypoint": ["runner"], "Cmd": ["start"], "User": "1000:1000",
            "Healthcheck": { "Test": ["CMD", "runner", "healthcheck"] },
            "Env": ["PATH=/bin", "DB_CLIENT=pg", "KEYS=a"], "Labels": { "a": "b" },
        }});
        let labels = Labels::from([("a".to_owned(), "b".to_owned())]);
        assert_eq!(configuration(&good, &labels), Vec::<String>::new());
        let mut bad = good.clone();
        bad["Config"]["User"] = json!("node");
        bad["Config"]["Env"] = json!(["DB_PASSWORD=x"]);
        assert_eq!(
            configuration(&bad, &labels),
            [
                "the user is \"node\", not \"1000:1000\"",
                "DB_CLIENT is not pg: the base image's SQLite would be used",
                "the variable DB_PASSWORD is baked in: whoever has the image has it",
            ]
        );
    }
}
