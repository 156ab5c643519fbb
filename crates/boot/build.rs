//! The runner's own code is a part of every release's identity. What it is built from has one hash, the same in every program that is built
//! from it: a boot need not read its own binary, and `cargo xtask apply` means the same release as the runner that ships.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

/// What is built, and how, beside the crates.
const ROOT: [&str; 4] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"];
/// What of a crate is not built into a program.
const LEFT_OUT: [&str; 1] = ["tests"];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut crates = BTreeSet::new();
    follow(&root, "runner".into(), &mut crates);
    let mut files: Vec<PathBuf> = ROOT.map(PathBuf::from).into();
    for each in &crates {
        for entry in sorted(&root.join(each)) {
            let name = each.join(entry.file_name().expect("a name"));
            if !LEFT_OUT.iter().any(|left_out| name.ends_with(left_out)) {
                println!("cargo::rerun-if-changed={}", root.join(&name).display());
                list(&root, name, &mut files);
            }
        }
    }
    let mut hash = DefaultHasher::new();
    for name in &files {
        let path = root.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let content = fs::read(&path).unwrap_or_else(|error| panic!("read `{}`: {error}", path.display()));
        let name = name.to_str().expect("text");
        for part in [name.as_bytes(), &content] {
            hash.write_usize(part.len());
            hash.write(part);
        }
    }
    println!("cargo::rustc-env=RUNNER_SOURCES={:016x}", hash.finish());
}

/// A crate of this workspace, and those of its own that it depends on.
fn follow(root: &Path, folder: PathBuf, crates: &mut BTreeSet<PathBuf>) {
    let manifest = root.join(&folder).join("Cargo.toml");
    let text = fs::read_to_string(&manifest)
        .unwrap_or_else(|error| panic!("read `{}`: {error}", manifest.display()));
    if !crates.insert(folder) {
        return;
    }
    let dependencies = text.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    for line in dependencies.take_while(|line| !line.starts_with('[')) {
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        let folder = Path::new("crates").join(name);
        if !name.is_empty() && root.join(&folder).join("Cargo.toml").is_file() {
            follow(root, folder, crates);
        }
    }
}

/// The files below a folder or the file itself, in order.
fn list(root: &Path, name: PathBuf, files: &mut Vec<PathBuf>) {
    let path = root.join(&name);
    if path.is_dir() {
        sorted(&path)
            .iter()
            .filter_map(|path| path.file_name())
            .for_each(|each| list(root, name.join(each), files));
    } else {
        files.push(name);
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("read `{}`: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}
