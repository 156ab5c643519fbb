//! A folder of something that runs: short, private, and recognisably alive or dead. A server has one; a dry run has one around it.
//!
//! ```text
//! <tmp>/trm-pg-XXXXXX/lock   flock'ed by the owner and by everything in its sandbox
//!                     d/     the cluster
//!                     s/     the socket
//!                     log    what Postgres said
//!                     kept   if present: never swept
//! ```
//!
//! A folder appears under its name only when its lock is held, by a rename; so a lock that nobody holds means dead.

use crate::cache::{open_lock, remove_tree, touched, try_lock};
use contract::{Failure, Outcome};
use std::fs::{self, File};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PREFIX: &str = "trm-pg-";
/// Not yet locked; swept only when it has been so for an hour.
const NEWBORN_PREFIX: &str = "trm-newpg-";
const NEWBORN_AGE: Duration = Duration::from_secs(3600);
/// Postgres' own limit for the path of a unix socket, without the final NUL.
const SOCKET_PATH_BYTES: usize = 107;

/// A folder that is removed with everything in it on drop, unless it is kept; and by the next one to be made, if its owner was killed.
pub struct Instance {
    dir: PathBuf,
    lock: File,
    keep: bool,
}

impl Instance {
    /// A folder for whatever belongs to one run.
    ///
    /// # Errors
    /// Exit 1 when it cannot be made.
    pub fn new() -> Outcome<Instance> {
        Instance::make(false, None)
    }

    /// Makes the folder, in `within` or where temporary folders are, after sweeping the ones that killed processes left there.
    pub(crate) fn make(keep: bool, within: Option<&Path>) -> Outcome<Instance> {
        let base = within.filter(|base| is_short(base)).map_or_else(base_dir, Path::to_path_buf);
        sweep(&base);
        let failed = |error: &std::io::Error| touched("make a server's folder in", &base, error);
        let newborn = tempfile::Builder::new()
            .prefix(NEWBORN_PREFIX)
            .tempdir_in(&base)
            .map_err(|error| failed(&error))?;
        let lock = open_lock(&newborn.path().join("lock")).map_err(|error| failed(&error))?;
        if !try_lock(&lock) {
            return Err(Failure::new(format!("lock the new folder `{}`", newborn.path().display())));
        }
        for name in ["d", "s"] {
            fs::create_dir(newborn.path().join(name)).map_err(|error| failed(&error))?;
        }
        if keep {
            fs::write(newborn.path().join("kept"), "").map_err(|error| failed(&error))?;
        }
        let name =
            newborn.path().file_name().unwrap_or_default().to_string_lossy().replace(NEWBORN_PREFIX, PREFIX);
        let dir = base.join(name);
        fs::rename(newborn.path(), &dir).map_err(|error| failed(&error))?;
        // Its old name is gone, so there is nothing left for the guard to remove.
        let _ = newborn.keep();
        Ok(Instance { dir, lock, keep })
    }

    /// Its path.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.keep
    }

    /// To be kept open by everything that lives in this folder.
    pub(crate) fn lock_descriptor(&self) -> RawFd {
        self.lock.as_raw_fd()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if !self.keep {
            remove_tree(&self.dir);
        }
    }
}

/// The temporary folder, if the path of a socket in it is short enough for Postgres, else `/tmp`.
fn base_dir() -> PathBuf {
    let base = std::env::temp_dir();
    if is_short(&base) { base } else { PathBuf::from("/tmp") }
}

/// A server's socket in a folder below `base` has a path that Postgres takes.
fn is_short(base: &Path) -> bool {
    base.join(format!("{PREFIX}XXXXXX/s/.s.PGSQL.65535")).as_os_str().len() <= SOCKET_PATH_BYTES
}

/// Removes the folders that this user's killed processes left in `base`.
pub(crate) fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Ok(metadata) = entry.metadata() else { continue };
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            continue;
        }
        let dead = if name.starts_with(PREFIX) {
            !entry.path().join("kept").exists() && is_dead(&entry.path())
        } else {
            let age = metadata.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
            name.starts_with(NEWBORN_PREFIX) && age > NEWBORN_AGE
        };
        if dead {
            remove_tree(&entry.path());
        }
    }
}

/// Nobody holds the lock. A folder that lost its lock file was being removed when its remover was killed.
fn is_dead(dir: &Path) -> bool {
    match File::open(dir.join("lock")) {
        Ok(lock) => try_lock(&lock),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_folder_is_not_swept_and_a_dead_or_kept_one_is_told_apart() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let dir = base.path().join(name);
            fs::create_dir(&dir).unwrap();
            open_lock(&dir.join("lock")).unwrap()
        };
        let living = make("trm-pg-living");
        assert!(try_lock(&living));
        drop(make("trm-pg-dead"));
        drop(make("trm-pg-kept"));
        fs::write(base.path().join("trm-pg-kept/kept"), "").unwrap();
        drop(make("trm-newpg-young"));
        drop(make("somebody-elses"));
        sweep(base.path());
        let mut left: Vec<_> =
            fs::read_dir(base.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["somebody-elses", "trm-newpg-young", "trm-pg-kept", "trm-pg-living"]);
    }
}
