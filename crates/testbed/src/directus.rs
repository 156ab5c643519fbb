//! A pinned Directus with its own Node, installed by npm from `package.json` and its lock file into the cache.

use crate::cache::{Cache, Recipe, Workshop, hash_of, touched};
use crate::progress::Progress;
use crate::tool::{self, Tool};
use crate::{children, disk, needs, prelinked};
use contract::{Exit, Failure, Outcome};
use duct::Expression;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// To be raised when the code below changes what it makes of the same lock file.
const REVISION: &str = "1";
/// What a finished install takes, measured.
const INSTALLED_BYTES: u64 = 1_000_000_000;
/// The same, npm's own cache of the packages beside it, and a margin.
pub(crate) const NEEDS_BYTES: u64 = 1_300_000_000;

/// Source files of `isolated-vm`, counted; only the progress depends on it.
const COMPILED_FILES: f32 = 29.0;

/// A Directus, ready to be run by Node.
#[derive(Clone, Debug)]
pub struct DirectusInstall {
    /// The folder that contains `node_modules`.
    pub dir: PathBuf,
    /// The Node program that Directus runs on.
    pub node: PathBuf,
    /// The version of Directus.
    pub version: String,
    /// Its prelinked form (`bridge/prelink/`), which the bridge runs; `None` for a checkout that has no script for it.
    pub prelinked: Option<PathBuf>,
}

impl DirectusInstall {
    /// The install in the cache that the `package.json` and lock file of `repo_root` ask for, if it is there; fetches nothing.
    ///
    /// # Errors
    /// Exit 2 when those two files cannot be read.
    pub fn cached(cache: &Cache, repo_root: &Path) -> Outcome<Option<DirectusInstall>> {
        let pins = Pins::read(repo_root)?;
        let name = pins.part_name();
        let Some(dir) = cache.finished(&name) else { return Ok(None) };
        let install = pins.install_at(dir);
        Ok(match prelinked::part_name(repo_root, &name)? {
            None => Some(install),
            Some(part) => {
                cache.finished(&part).map(|dir| DirectusInstall { prelinked: Some(dir), ..install })
            }
        })
    }
}

/// Node and Directus as `package.json` and `package-lock.json` of `repo_root` pin them, fetched into the cache when they are not
/// there (about two minutes, once).
///
/// # Errors
/// Exit 2 when the two files cannot be read; exit 1 when tools are missing, space or network is lacking, or npm failed.
pub fn directus(cache: &Cache, repo_root: &Path, progress: &Progress) -> Outcome<DirectusInstall> {
    let pins = Pins::read(repo_root)?;
    let title = format!("Directus {} and its Node", pins.directus);
    let name = pins.part_name();
    let recipe = Recipe { verb: "fetch", title: &title, part: &name, needs_bytes: NEEDS_BYTES };
    let dir = cache.provide(&recipe, progress, |workshop| build(workshop, &pins, progress))?;
    let install = pins.install_at(dir);
    let prelinked = match prelinked::part_name(repo_root, &name)? {
        None => None,
        Some(part) => Some(prelinked::provide(cache, repo_root, &part, &install, progress)?),
    };
    Ok(DirectusInstall { prelinked, ..install })
}

pub(crate) fn is_cached(cache: &Cache, repo_root: &Path) -> Outcome<bool> {
    Ok(cache.finished(&Pins::read(repo_root)?.part_name()).is_some())
}

/// What the two files pin.
struct Pins {
    manifest: Vec<u8>,
    /// What npm takes of the manifest: scripts and a name make no other install.
    wanted: Vec<u8>,
    lock: Vec<u8>,
    directus: String,
    packages: usize,
}

impl Pins {
    fn read(repo_root: &Path) -> Outcome<Pins> {
        let read = |name: &str| {
            let path = repo_root.join(name);
            fs::read(&path).map_err(|error| touched("read", &path, &error).exit(Exit::Usage))
        };
        let (manifest, lock) = (read("package.json")?, read("package-lock.json")?);
        let broken = |name: &str, why: &dyn std::fmt::Display| {
            Failure::new(format!("read `{}`", repo_root.join(name).display())).exit(Exit::Usage).cause(why)
        };
        let value: Value =
            serde_json::from_slice(&manifest).map_err(|error| broken("package.json", &error))?;
        let wanted = [&value["dependencies"], &value["optionalDependencies"]].map(Value::to_string).concat();
        let directus = value["dependencies"]["directus"]
            .as_str()
            .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
            .ok_or_else(|| broken("package.json", &"`dependencies.directus` is not one exact version"))?
            .to_owned();
        let value: Value =
            serde_json::from_slice(&lock).map_err(|error| broken("package-lock.json", &error))?;
        let packages = value["packages"].as_object().map_or(0, |packages| packages.len());
        Ok(Pins { manifest, wanted: wanted.into_bytes(), lock, directus, packages })
    }

    fn part_name(&self) -> String {
        let arch = std::env::consts::ARCH.as_bytes();
        format!(
            "directus-{}",
            hash_of(&[&self.wanted, &self.lock, arch, host_system().as_bytes(), REVISION.as_bytes()])
        )
    }

    fn install_at(&self, dir: PathBuf) -> DirectusInstall {
        DirectusInstall {
            node: dir.join(node_package()).join("bin/node"),
            dir,
            version: self.directus.clone(),
            prelinked: None,
        }
    }
}

/// The distribution and its version: `isolated-vm` is compiled against this system's C library.
fn host_system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let mut lines: Vec<&str> =
        release.lines().filter(|line| line.starts_with("ID=") || line.starts_with("VERSION_ID=")).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The package that carries Node's program and headers for this machine.
fn node_package() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("node_modules/node-linux-{arch}")
}

fn build(workshop: &Workshop<'_>, pins: &Pins, progress: &Progress) -> Outcome<()> {
    require_tools()?;
    for (name, content) in [("package.json", &pins.manifest), ("package-lock.json", &pins.lock)] {
        let path = workshop.part.join(name);
        fs::write(&path, content).map_err(|error| touched("write", &path, &error))?;
    }
    ask_registry(workshop, pins)?;
    install(workshop, pins)?;
    compile(workshop)?;
    workshop.step.detail("checking");
    let install = pins.install_at(workshop.part.clone());
    let size = disk::human(disk::used_bytes(&install.dir));
    check(&install)?;
    progress.note(&format!("Directus {} takes {size}", pins.directus));
    Ok(())
}

/// One question before the many: without a network `npm ci` tries each of its 1,400 packages three times, for minutes.
fn ask_registry(workshop: &Workshop<'_>, pins: &Pins) -> Outcome<()> {
    workshop.step.detail("asking the npm registry");
    let package = format!("directus@{}", pins.directus);
    let tool = Tool {
        what: format!("fetch `{package}` from the npm registry"),
        expression: npm(workshop, &["view", &package, "version"]).env("npm_config_fetch_retries", "1"),
        programs: &["npm"],
    };
    tool::run(&tool, workshop, |_| {})
}

/// Everything but `isolated-vm` comes with prebuilt programs, so no package's install script is run.
fn install(workshop: &Workshop<'_>, pins: &Pins) -> Outcome<()> {
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"];
    let tool = Tool {
        what: format!("fetch Directus {} with `npm ci`", pins.directus),
        expression: npm(workshop, &words),
        programs: &["npm"],
    };
    // npm says when a server begins to answer, which all do at once, and nothing while it fetches and unpacks: what it has written tells.
    let mut growth = disk::Growth::of(&workshop.part);
    let look = || {
        if let Some(bytes) = growth.look() {
            let (written, all) = (disk::human(bytes), disk::human(INSTALLED_BYTES));
            workshop.step.detail(format!("{written} of about {all}, {} packages", pins.packages));
            // Half of the whole: fetching and compiling take about as long as each other.
            workshop.step.fraction(0.5 * (bytes as f32 / INSTALLED_BYTES as f32).min(1.0));
        }
    };
    tool::run_and_look(&tool, workshop, |_| {}, look)
}

/// The one native module without a prebuilt program for Node 22, compiled against the headers of the pinned Node package.
fn compile(workshop: &Workshop<'_>) -> Outcome<()> {
    let node = workshop.part.join(node_package());
    if !node.join("bin/node").is_file() {
        return Err(Failure::new("find the pinned Node")
            .cause(format!("npm left no `{}/bin/node`; there is none for this machine", node_package()))
            .hint(format!(
                "add its package to optionalDependencies of package.json; {}",
                crate::sandbox::ALTERNATIVES
            )));
    }
    // The pinned Node first: npm and node-gyp then run on it, and build for it, whatever Node the machine has.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([node.join("bin")].into_iter().chain(std::env::split_paths(&path)))
        .map_err(|error| Failure::new("put the pinned Node on PATH").cause(error))?;
    let tool = Tool {
        what: "compile `isolated-vm` with `npm rebuild`".to_owned(),
        expression: npm(workshop, &["rebuild", "isolated-vm", "--foreground-scripts"])
            .env("npm_config_nodedir", &node)
            // From the sources that the lock file vouches for, not a program from elsewhere.
            .env("npm_config_build_from_source", "true")
            .env("JOBS", "max")
            .env("PATH", path),
        programs: &["npm", "make", "g++", "python3"],
    };
    workshop.step.fraction(0.5);
    workshop.step.detail("compiling isolated-vm");
    let mut compiled = 0.0_f32;
    tool::run(&tool, workshop, |line| {
        if line.trim_start().starts_with("CXX(") {
            compiled += 1.0;
            workshop.step.fraction(0.5 + 0.45 * (compiled / COMPILED_FILES).min(1.0));
        }
    })
}

/// npm in the workshop. In a process namespace of its own where that can be had: compilers that it starts die with us too.
pub(crate) fn npm(workshop: &Workshop<'_>, words: &[&str]) -> Expression {
    let mut line: Vec<&str> = Vec::new();
    let sandboxed =
        ["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--die-with-parent", "--proc", "/proc"];
    if children::find("bwrap").is_some()
        && children::succeeds("bwrap", sandboxed[1..].iter().chain(&["true"]))
    {
        line.extend(sandboxed);
    }
    line.push("npm");
    line.extend(words);
    let npm = duct::cmd(line[0], &line[1..])
        .dir(&workshop.part)
        .env("TMPDIR", &workshop.scratch)
        .env("NO_COLOR", "1")
        .env("npm_config_update_notifier", "false")
        .env("npm_config_progress", "false")
        // npm's own patience, 2 × up to a minute, is for servers that answer slowly; one that is not there is told soon.
        .env("npm_config_fetch_retry_mintimeout", "1000")
        .env("npm_config_fetch_retry_maxtimeout", "8000")
        .stdout_to_stderr();
    children::dying_with_us(&npm, Vec::new())
}

fn require_tools() -> Outcome<()> {
    let missing: Vec<&str> = needs::FETCH_DIRECTUS
        .iter()
        .filter(|(program, _)| children::find(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new("find the tools that install Directus")
        .cause(format!("{} not installed", missing.join(", ")))
        .hint(format!("sudo apt-get install {}; or install Docker and use its engine", missing.join(" "))))
}

/// The versions are the pinned ones, and the compiled module loads in the pinned Node.
fn check(install: &DirectusInstall) -> Outcome<()> {
    let wrong = |why: String| {
        Failure::new(format!("check Directus {} after its install", install.version)).cause(why)
    };
    let manifest = install.dir.join("node_modules/directus/package.json");
    let content = fs::read(&manifest).map_err(|error| touched("read", &manifest, &error))?;
    let manifest: Value = serde_json::from_slice(&content).map_err(|error| wrong(error.to_string()))?;
    if manifest["version"].as_str() != Some(&install.version) {
        return Err(wrong(format!("npm installed version {}", manifest["version"])));
    }
    let script = "require('isolated-vm'); console.log(process.version)";
    let probe = duct::cmd!(&install.node, "--no-node-snapshot", "-e", script)
        .dir(&install.dir)
        .env_remove("NODE_OPTIONS");
    let probe = probe.stdin_null().stdout_capture().stderr_capture().unchecked();
    let output = children::dying_with_us(&probe, Vec::new())
        .run()
        .map_err(|error| wrong(format!("run `{}`: {error}", install.node.display())))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !said.starts_with("v22.") {
        let heard = tool::tail(&String::from_utf8_lossy(&output.stderr), tool::TAIL_LINES);
        return Err(wrong(format!("Node does not run `isolated-vm`: {} {heard}", said.trim())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(manifest: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("package.json"), manifest).unwrap();
        fs::write(dir.path().join("package-lock.json"), r#"{"packages": {"": {}, "node_modules/a": {}}}"#)
            .unwrap();
        dir
    }

    #[test]
    fn another_lock_file_is_another_install() {
        let repository = repository(r#"{"dependencies": {"directus": "11.17.4"}}"#);
        let first = Pins::read(repository.path()).unwrap();
        fs::write(repository.path().join("package-lock.json"), r#"{"packages": {}}"#).unwrap();
        assert_ne!(first.part_name(), Pins::read(repository.path()).unwrap().part_name());
        assert_eq!((first.directus.as_str(), first.packages), ("11.17.4", 2));
    }

    #[test]
    fn a_range_instead_of_a_version_is_refused() {
        let repository = repository(r#"{"dependencies": {"directus": "^11.17.4"}}"#);
        let failure = Pins::read(repository.path()).err().unwrap();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.causes[0].contains("one exact version"), "{failure:?}");
    }
}
