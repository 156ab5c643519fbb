//! Free space: asked for before a download, and named when a tool ran out of it.

use contract::{Failure, Outcome};
use std::path::Path;
use std::time::Instant;

/// Fails before anything is fetched when fewer than `needed` bytes are free at `dir`.
///
/// # Errors
/// Exit 1, naming the folder, what is free and what is needed. A file system that does not tell is taken to have enough.
pub(crate) fn require_space(dir: &Path, needed: u64) -> Outcome<()> {
    match free_bytes(dir) {
        Some(free) if free < needed => Err(Failure::new(format!("make room in `{}`", dir.display()))
            .cause(format!("{} free, about {} needed", human(free), human(needed)))
            .hint(remedy())),
        _ => Ok(()),
    }
}

/// The failure of a tool that ran out of space while writing below `dir`.
pub(crate) fn full(what: &str, dir: &Path) -> Failure {
    let free = free_bytes(dir).map_or_else(|| "unknown".to_owned(), human);
    // A file system can run out of files before it runs out of bytes.
    let files =
        rustix::fs::statvfs(dir).map(|stat| format!(" and {} files", stat.f_favail)).unwrap_or_default();
    Failure::new(what)
        .cause(format!("no space left on the disk of `{}` (now free: {free}{files})", dir.display()))
        .hint(remedy())
}

fn remedy() -> String {
    format!("free some space, or set {} to a folder on a larger disk", crate::cache::DIR_VARIABLE)
}

/// Bytes that this user may still write at `dir`.
pub fn free_bytes(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether next to nothing can be written at `dir` any more: no bytes, or no files.
pub(crate) fn is_full(dir: &Path) -> bool {
    const BYTES: u64 = 4_000_000;
    const FILES: u64 = 16;
    // Some file systems count no files at all.
    let is_short = |stat: rustix::fs::StatVfs| {
        stat.f_bavail.saturating_mul(stat.f_frsize) < BYTES || (stat.f_files > 0 && stat.f_favail < FILES)
    };
    rustix::fs::statvfs(dir).is_ok_and(is_short)
}

/// How large a folder is that something else fills, looked at for a tenth of the time at most.
pub(crate) struct Growth<'a> {
    dir: &'a Path,
    next: Instant,
}

impl Growth<'_> {
    pub(crate) fn of(dir: &Path) -> Growth<'_> {
        Growth { dir, next: Instant::now() }
    }

    /// Its size, when it is time to look.
    pub(crate) fn look(&mut self) -> Option<u64> {
        let began = Instant::now();
        if began < self.next {
            return None;
        }
        let bytes = used_bytes(self.dir);
        self.next = Instant::now() + 10 * began.elapsed();
        Some(bytes)
    }
}

/// Bytes that the files below `dir` take, each hard link once; what cannot be read counts as nothing.
pub fn used_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut seen = std::collections::HashSet::new();
    let mut folders = vec![dir.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            }
            if metadata.nlink() == 1 || metadata.is_dir() || seen.insert((metadata.dev(), metadata.ino())) {
                bytes += metadata.blocks() * 512;
            }
        }
    }
    bytes
}

/// A size for people: `1.3 GB`, `643 MB`.
pub fn human(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{:.1} GB", bytes as f64 / 1e9),
        1_000_000.. => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} kB", bytes / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_space_names_folder_need_and_remedy() {
        let failure = require_space(Path::new("/"), u64::MAX).unwrap_err();
        assert_eq!(failure.what, "make room in `/`");
        assert!(failure.causes[0].contains("free, about"), "{failure:?}");
        assert!(failure.hint.unwrap().contains("XTASK_CACHE_DIR"));
    }

    #[test]
    fn sizes_read_like_sizes() {
        assert_eq!(human(643_000_000), "643 MB");
        assert_eq!(human(1_340_000_000), "1.3 GB");
        assert_eq!(human(12_000), "12 kB");
    }
}
