//! The cache: finished parts under content-addressed names, and the way a part gets there.
//!
//! ```text
//! <cache>/postgres-<hash>/        complete, or not there
//!         staging/<part>.<pid>/   being built, or left by a process that was killed
//!         locks/<part>.lock       held (flock) by the one process that builds the part
//!         logs/<part>.log         what the tools said, of the last attempt
//! ```
//!
//! A killed builder frees its lock at once, so the lock tells the living from the dead. Lock files are never removed: removing
//! one would let two processes lock two files of the same name.

use crate::pins::PINS;
use crate::progress::{Progress, Step};
use crate::{children, disk};
use contract::{Exit, Failure, Outcome};
use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the cache lies, when the default will not do.
pub const DIR_VARIABLE: &str = "XTASK_CACHE_DIR";

/// How long to wait for another process that builds the same part: several times the slowest build seen.
const OTHER_BUILDER_WAIT: Duration = Duration::from_secs(30 * 60);

/// The cache folder of one user.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

/// What one part is and needs.
pub(crate) struct Recipe<'a> {
    /// What is done to it: `fetch`.
    pub(crate) verb: &'a str,
    /// For people: `Postgres 17 with TimescaleDB and PostGIS`.
    pub(crate) title: &'a str,
    /// The name of the finished folder, `<kind>-<hash>`.
    pub(crate) part: &'a str,
    /// Free space that a build takes at its peak.
    pub(crate) needs_bytes: u64,
}

/// The folders of one build.
pub(crate) struct Workshop<'a> {
    /// Becomes the part.
    pub(crate) part: PathBuf,
    /// For temporary files of the tools: the same disk, and swept with the rest.
    pub(crate) scratch: PathBuf,
    /// Where the tools' output goes.
    pub(crate) log: PathBuf,
    /// Where it will be; its folder is named when the disk is full.
    pub(crate) cache: &'a Cache,
    /// Where to say how far it is.
    pub(crate) step: &'a Step<'a>,
}

impl Cache {
    /// Opens the cache, in this order of precedence:
    ///
    /// 1. `$XTASK_CACHE_DIR`
    /// 2. `$XDG_CACHE_HOME/NAME`, with the project's name
    /// 3. `~/.cache/NAME`
    ///
    /// # Errors
    /// Exit 2 when none of them is known; exit 1 when the folder cannot be made.
    pub fn open() -> Outcome<Cache> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let dir = variable(DIR_VARIABLE)
            .or_else(|| variable("XDG_CACHE_HOME").map(|dir| dir.join(&PINS.name)))
            .or_else(|| variable("HOME").map(|dir| dir.join(".cache").join(&PINS.name)))
            .ok_or_else(|| {
                Failure::new("find the cache folder: HOME is not set")
                    .exit(Exit::Usage)
                    .hint(format!("set {DIR_VARIABLE} to a folder with 3 GB of space"))
            })?;
        Cache::at(dir)
    }

    /// Opens the cache at `dir`.
    ///
    /// # Errors
    /// Exit 1 when the folder cannot be made.
    pub fn at(dir: impl Into<PathBuf>) -> Outcome<Cache> {
        // Tools run in other folders, and bubblewrap binds absolute paths only.
        let dir = std::path::absolute(dir.into())
            .map_err(|error| Failure::new("find the cache folder").cause_chain(&error))?;
        for sub in ["staging", "locks", "logs"] {
            let sub = dir.join(sub);
            fs::create_dir_all(&sub).map_err(|error| touched("make the cache folder", &sub, &error))?;
        }
        Ok(Cache { dir })
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The finished part of that name, if it is there.
    pub fn finished(&self, part: &str) -> Option<PathBuf> {
        Some(self.dir.join(part)).filter(|dir| dir.is_dir())
    }

    /// Finished parts that are not among `wanted`: of an older recipe or lock file, or of another checkout.
    ///
    /// # Errors
    /// Exit 1 when the folder cannot be read.
    pub fn other_parts(&self, wanted: &[&Path]) -> Outcome<Vec<PathBuf>> {
        let entries =
            fs::read_dir(&self.dir).map_err(|error| touched("read the cache folder", &self.dir, &error))?;
        let mut parts: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_part_name))
            .filter(|path| !wanted.contains(&path.as_path()))
            .collect();
        parts.sort();
        Ok(parts)
    }

    /// The part of `recipe`: from the cache, or built aside by `build`, then published by one rename. `build` also checks its
    /// result. Two processes never build the same part: the second waits and says so.
    pub(crate) fn provide(
        &self,
        recipe: &Recipe<'_>,
        progress: &Progress,
        build: impl FnOnce(&Workshop<'_>) -> Outcome<()>,
    ) -> Outcome<PathBuf> {
        if let Some(part) = self.finished(recipe.part) {
            return Ok(part);
        }
        let _lock = self.lock(recipe, progress)?;
        // Another process may have finished it while we waited.
        if let Some(part) = self.finished(recipe.part) {
            return Ok(part);
        }
        self.sweep(recipe.part);
        disk::require_space(&self.dir, recipe.needs_bytes)?;
        let step = progress.step(format!("{} {}", recipe.verb, recipe.title));
        let built = self.build_and_publish(recipe, &step, build);
        match &built {
            Ok(_) => step.done(),
            Err(failure) => step.failed(&failure.what),
        }
        built
    }

    fn build_and_publish(
        &self,
        recipe: &Recipe<'_>,
        step: &Step<'_>,
        build: impl FnOnce(&Workshop<'_>) -> Outcome<()>,
    ) -> Outcome<PathBuf> {
        let staging = self.dir.join("staging").join(format!("{}.{}", recipe.part, std::process::id()));
        let workshop = Workshop {
            part: staging.join("part"),
            scratch: staging.join("scratch"),
            log: self.dir.join("logs").join(format!("{}.log", recipe.part)),
            cache: self,
            step,
        };
        let outcome = [&workshop.part, &workshop.scratch]
            .iter()
            .try_for_each(|dir| {
                fs::create_dir_all(dir).map_err(|error| touched("make the folder", dir, &error))
            })
            // Of the last attempt only: a log that grows for ever helps nobody.
            .and_then(|()| {
                File::create(&workshop.log).map_err(|error| touched("write the log", &workshop.log, &error))
            })
            .and_then(|_| build(&workshop))
            .and_then(|()| self.publish(&workshop, recipe.part));
        remove_tree(&staging);
        outcome
    }

    /// One rename makes the part visible. It is on the disk before: after a power cut, too, a finished part is complete.
    fn publish(&self, workshop: &Workshop<'_>, name: &str) -> Outcome<PathBuf> {
        workshop.step.detail("writing to disk");
        let failed = |error: &dyn std::error::Error| {
            Failure::new(format!("publish `{name}` in `{}`", self.dir.display())).cause(error)
        };
        let folder = File::open(&workshop.part).map_err(|error| failed(&error))?;
        rustix::fs::syncfs(&folder).map_err(|error| failed(&error))?;
        let published = self.dir.join(name);
        fs::rename(&workshop.part, &published).map_err(|error| failed(&error))?;
        Ok(published)
    }

    fn lock_path(&self, part: &str) -> PathBuf {
        self.dir.join("locks").join(format!("{part}.lock"))
    }

    /// Waits for its turn to build the part.
    fn lock(&self, recipe: &Recipe<'_>, progress: &Progress) -> Outcome<File> {
        let path = self.lock_path(recipe.part);
        let mut file = open_lock(&path).map_err(|error| touched("open the lock", &path, &error))?;
        if !try_lock(&file) {
            let other = fs::read_to_string(&path).unwrap_or_default();
            let step = progress.step(format!(
                "wait for process {} to {} {}",
                other.trim(),
                recipe.verb,
                recipe.title
            ));
            let started = Instant::now();
            while !try_lock(&file) {
                if started.elapsed() > OTHER_BUILDER_WAIT {
                    return Err(Failure::new(format!("{} {}", recipe.verb, recipe.title))
                        .exit(Exit::Locked)
                        .cause(format!("process {} has been fetching it for 30 minutes", other.trim()))
                        .hint(format!(
                            "look at process {}, end it if it is stuck, and try again",
                            other.trim()
                        )));
                }
                step.tick();
                std::thread::sleep(Duration::from_millis(200));
            }
            step.done();
        }
        // Only for people; who holds the lock is the kernel's knowledge.
        let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(file)
    }

    /// Removes what killed builders left. The caller holds the lock of `locked`; other parts are tried.
    fn sweep(&self, locked: &str) {
        let Ok(entries) = fs::read_dir(self.dir.join("staging")) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some((part, _pid)) = name.to_str().and_then(|name| name.rsplit_once('.')) else { continue };
            let dead = part == locked || open_lock(&self.lock_path(part)).is_ok_and(|file| try_lock(&file));
            if dead {
                remove_tree(&entry.path());
            }
        }
    }
}

fn is_part_name(name: &str) -> bool {
    name.starts_with("postgres-") || name.starts_with("directus-")
}

/// The first sixteen hexadecimal digits of a SHA-256 over `inputs`, in order, each with its length so that they can't flow
/// into one another.
pub(crate) fn hash_of(inputs: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for input in inputs {
        hasher.update((input.len() as u64).to_le_bytes());
        hasher.update(input);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Opens, and makes, a file to lock. The descriptor is closed on exec: a child does not hold our lock.
pub(crate) fn open_lock(path: &Path) -> std::io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

/// Takes the lock if nobody has it. It is held until the file is closed.
pub(crate) fn try_lock(file: &File) -> bool {
    rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Removes a folder, whatever it holds. Best effort: what stays is swept by the next process.
pub(crate) fn remove_tree(dir: &Path) {
    // Processes of a killed builder die within milliseconds; until then they may add files to a folder being removed.
    for _ in 0..20 {
        match fs::remove_dir_all(dir) {
            Ok(()) => return,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => break,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    // An interrupted mmdebstrap of an ordinary user leaves files of subordinate ids, which only their namespace can remove.
    if !children::is_root() {
        let arguments = ["--map-root-user", "--map-auto", "rm", "-rf", "--"].map(std::ffi::OsStr::new);
        children::succeeds("unshare", arguments.into_iter().chain([dir.as_os_str()]));
    }
}

/// A failure to touch `path`.
pub(crate) fn touched(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return disk::full(&format!("{what} `{}`", path.display()), path.parent().unwrap_or(path));
    }
    Failure::new(format!("{what} `{}`", path.display())).cause(error)
}

#[cfg(test)]
mod tests;
