//! The release: what one image brings, identified by one hash, and judged before anything is done.
//!
//! Identity comes first and is cheap; the snapshot is parsed and judged when somebody asks for it. A warm boot never does: its release is
//! in the history, so it was judged when it got there, and Node need not wait for that.
//!
//! The hash is over everything that could make two boots end differently: Directus' version and how it is prelinked, the snapshot, every
//! migration, the catalog, the extensions, the bridge and what the runner is built from. Names and contents only: no times, no owners, no
//! absolute paths.

use crate::directus;
use crate::id::ReleaseId;
use contract::artefacts::{CATALOG, SNAPSHOT};
use contract::env::Environment;
use contract::{Artefacts, Commit, Exit, Failure, Outcome};
use migrations::file::{self, Migration};
use migrations::{Migrations, hazards};
use sha2::{Digest, Sha256};
use snapshot::rules;
use snapshot::{Document, Finding, ParseError, Severity, Snapshot};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Directus' own name for the folder of migrations that extensions bring.
pub(crate) const MIGRATIONS_PATH: &str = "MIGRATIONS_PATH";
/// Directus' own name for the folder of extensions.
pub const EXTENSIONS_PATH: &str = "EXTENSIONS_PATH";
/// What the artefacts and the Directus beside them say.
#[derive(Clone, Debug)]
pub struct Release {
    /// Which one it is.
    pub id: ReleaseId,
    /// The commit that it is of, if the image says so. Two commits of the same content are one release.
    pub commit: Option<Commit>,
    /// Directus' version, as far as its files tell; the bridge says it again.
    pub directus: Option<String>,
    /// The files of both phases.
    pub migrations: Migrations,
    /// The schema that Directus is to have, as it is in the file.
    pub(crate) schema: Schema,
    /// The versions of all migration files that Directus would run, its extensions' included.
    pub system_migrations: Vec<String>,
    /// The snapshot's checksum, as the catalog's header has it.
    pub snapshot_checksum: String,
    /// `snapshots/database.txt`: what the database has to have once the release has booted.
    pub catalog: catalog::File,
}

/// The snapshot's file, and which collections, fields and relations it has once somebody has asked; then the text is not kept.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    text: RefCell<String>,
    judged: OnceCell<Snapshot>,
}

impl Schema {
    fn read(path: PathBuf) -> Outcome<Schema> {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::new(format!("read `{}`", path.display())).exit(Exit::Usage).cause(error)
        })?;
        Ok(Schema { text: text.into(), judged: OnceCell::new() })
    }

    /// One that was judged elsewhere.
    #[cfg(test)]
    pub(crate) fn of(snapshot: Snapshot) -> Schema {
        Schema { text: RefCell::default(), judged: snapshot.into() }
    }
}

/// Where a release's files are.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The migrations, the snapshot, the catalog and the bridge.
    pub artefacts: &'a Artefacts,
    /// The folder that holds Directus.
    pub directus: &'a Path,
    /// The folder of the prelinked Directus, used or not: the switch changes no identity.
    pub prelinked: PathBuf,
    /// The folder of migrations that extensions bring.
    pub migrations: PathBuf,
    /// The folder of extensions.
    pub extensions: PathBuf,
    /// Whether there must be a catalog.
    pub proves_catalog: bool,
    /// Says which commit it is of.
    pub environment: &'a Environment,
}

impl Release {
    /// Reads the release. Migrations that would escape their transaction or end the session (P3, P4) are refused here.
    ///
    /// # Errors
    /// Exit 2 with what to correct, by file and line.
    pub fn read(sources: &Sources<'_>) -> Outcome<Release> {
        let migrations = file::discover(sources.artefacts)?;
        hazards::refuse_all(&migrations)?;
        let schema = Schema::read(sources.artefacts.snapshot())?;
        let (catalog, catalog_text) = read_catalog(sources.artefacts, sources.proves_catalog)?;
        let version = directus::version(sources.directus);
        let mut system_migrations = directus::system_migrations(sources.directus)?;
        system_migrations.extend(directus::custom_migrations(&sources.migrations));
        let prelinked = directus::prelinked_name(&sources.prelinked);
        let snapshot_checksum = checksum(&schema.text.borrow());
        let mut hash = Hash::new();
        hash.part("runner", env!("RUNNER_SOURCES").as_bytes());
        hash.part("directus", version.as_deref().unwrap_or_default().as_bytes());
        hash.part("prelinked", prelinked.as_deref().unwrap_or_default().as_bytes());
        hash.part("snapshot", snapshot_checksum.as_bytes());
        hash.part("catalog", unix_lines(&catalog_text).as_bytes());
        for migration in migrations.iter() {
            hash.part(&migration.path, migration.checksum.as_str().as_bytes());
        }
        let bridge = sources.artefacts.bridge();
        for folder in [bridge.parent().unwrap_or(&bridge), &sources.migrations, &sources.extensions] {
            hash.folder(folder)?;
        }
        Ok(Release {
            id: hash.finish(),
            commit: Commit::of(sources.environment)?,
            directus: version,
            catalog,
            snapshot_checksum,
            migrations,
            schema,
            system_migrations,
        })
    }

    /// What the catalog's header has to name.
    pub(crate) fn origins(&self) -> Vec<catalog::Origin> {
        let snapshot =
            catalog::Origin { path: SNAPSHOT.to_owned(), checksum: self.snapshot_checksum.clone() };
        self.migrations.iter().map(origin).chain([snapshot]).collect()
    }

    /// The files that changed since the catalog was written.
    pub(crate) fn stale(&self) -> Vec<String> {
        let now = self.origins();
        let stale = now.iter().filter(|each| !self.catalog.origins.contains(each));
        let gone = self.catalog.origins.iter().filter(|each| !now.iter().any(|now| now.path == each.path));
        stale.chain(gone).map(|each| format!("`{}`", each.path)).collect()
    }

    /// The tables that migrations make; Directus does not manage them.
    pub fn db_only(&self) -> Vec<String> {
        self.catalog.catalog.db_only_tables().map(str::to_owned).collect()
    }

    /// What the ledger and the history record of whoever boots it.
    pub fn runner(&self) -> String {
        contract::commit::recorded(env!("CARGO_PKG_VERSION"), self.commit.as_ref())
    }

    /// The schema that Directus is to have, as far as its collections, fields and relations have names and kinds. What is wrong with it by
    /// itself is said the first time: an unreadable or incomplete snapshot (D2 to D5), one of another Directus (D6), or one that manages a
    /// table that a migration makes (D11, D12).
    ///
    /// # Errors
    /// Exit 2 with what to correct, by file and line.
    pub fn snapshot(&self) -> Outcome<&Snapshot> {
        if let Some(judged) = self.schema.judged.get() {
            return Ok(judged);
        }
        let db_only = self.db_only();
        let fits = |snapshot: &Snapshot| match &self.directus {
            Some(version) => same_version(snapshot, version),
            None => Ok(()),
        };
        let text = self.schema.text.borrow();
        let names = match rules::skim(&text, &db_only) {
            Some(names) => {
                fits(&names)?;
                names
            }
            None => {
                let document = Document::parse(&text).map_err(|error| unreadable(SNAPSHOT, &error))?;
                fits(&document.snapshot)?;
                complete(&document, &db_only)?;
                document.snapshot
            }
        };
        drop(text);
        self.schema.text.take();
        Ok(self.schema.judged.get_or_init(|| names))
    }
}

/// A migration, as the catalog's header names it.
pub fn origin(migration: &Arc<Migration>) -> catalog::Origin {
    catalog::Origin { path: migration.path.clone(), checksum: migration.checksum.as_str().to_owned() }
}

/// The checksum of a snapshot's text, whatever git does to its line ends.
pub fn checksum(snapshot: &str) -> String {
    Sha256::digest(unix_lines(snapshot).as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The catalog, and its text.
pub(crate) fn read_catalog(artefacts: &Artefacts, must_be: bool) -> Outcome<(catalog::File, String)> {
    let again = "write it again: cargo xtask dry-run --write";
    let text = match std::fs::read_to_string(artefacts.catalog()) {
        Ok(text) => text,
        Err(_) if !must_be => String::new(),
        Err(error) => {
            return Err(Failure::new(format!("read `{CATALOG}`")).exit(Exit::Usage).cause(error).hint(again));
        }
    };
    match catalog::File::parse(&text) {
        Ok(file) => Ok((file, text)),
        Err(_) if !must_be => Ok((catalog::File::default(), text)),
        Err(wrong) => Err(Failure::new(format!("read `{CATALOG}:{}`: {}", wrong.line, wrong.message))
            .exit(Exit::Usage)
            .hint(again)),
    }
}

/// Git on Windows changes them, and nothing else.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// A snapshot that is no YAML, or none that Directus would read, with its place in `file`.
pub fn unreadable(file: &str, error: &ParseError) -> Failure {
    Failure::new(format!("read `{file}:{}:{}`: {}", error.line, error.column, error.message))
        .exit(Exit::Usage)
        .hint("put it right by hand, or take the file as it was: git log -p -- snapshots/schema.yaml")
}

/// A snapshot of another version would be applied without a word (D6).
pub(crate) fn same_version(snapshot: &Snapshot, directus: &str) -> Outcome<()> {
    let of = snapshot.directus().unwrap_or("an unknown version");
    if of == directus {
        return Ok(());
    }
    Err(Failure::new(format!("read the snapshot: it is of Directus {of}, this is {directus}"))
        .exit(Exit::Usage)
        .hint("take the snapshot again with the pinned version: cargo xtask snapshot"))
}

/// What `cargo xtask check` finds at edit time is refused at boot too: an incomplete entry is a table that Directus drops (D3).
fn complete(document: &Document, db_only: &[String]) -> Outcome<()> {
    let version = document.snapshot.directus().unwrap_or_default().to_owned();
    let findings = [
        rules::yaml(document),
        rules::vendor(document),
        rules::keys(document, &version),
        rules::references(document),
        rules::columns(document),
        rules::ghost_collection(document, db_only),
    ];
    let errors: Vec<Finding> =
        findings.into_iter().flatten().filter(|finding| finding.severity == Severity::Error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let lines: Vec<String> = errors
        .iter()
        .take(20)
        .map(|finding| format!("  - {}:{}: {}", finding.path, finding.line.unwrap_or(1), finding.message))
        .collect();
    let failure = Failure::new("read the snapshot: Directus would not do what it means")
        .exit(Exit::Usage)
        .excerpt(lines.join("\n"))
        .cause("nothing was touched");
    Err(match &first.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    })
}

/// The running hash. Every part goes in with its name and its length, so that no two releases run together.
struct Hash(Sha256);

impl Hash {
    fn new() -> Self {
        Hash(Sha256::new())
    }

    fn part(&mut self, name: &str, content: &[u8]) {
        self.0.update((name.len() as u64).to_le_bytes());
        self.0.update(name);
        self.0.update((content.len() as u64).to_le_bytes());
        self.0.update(content);
    }

    /// Every file below `folder`, by its relative path; nothing when there is no such folder. Names with a leading dot are left
    /// out: Directus keeps what it downloads by itself in `.registry`.
    fn folder(&mut self, folder: &Path) -> Outcome<()> {
        let files = Files::below(folder)
            .map_err(|error| Failure::new(format!("read `{}`", folder.display())).cause(error))?;
        for (name, before) in files.again {
            self.part(&name, before.as_bytes());
        }
        for name in files.names {
            let path = folder.join(&name);
            let content = std::fs::read(&path)
                .map_err(|error| Failure::new(format!("read `{}`", path.display())).cause(error))?;
            self.part(&name, &content);
        }
        Ok(())
    }

    fn finish(self) -> ReleaseId {
        ReleaseId::from_record(self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

/// What is below a folder. Symbolic links are followed, as Directus follows them, and each folder is gone into once: links may lead in
/// circles.
#[derive(Default)]
struct Files {
    /// Regular files, by their names from the top.
    names: Vec<String>,
    /// Folders that were there already: the name, and the one before.
    again: Vec<(String, String)>,
    seen: HashMap<(u64, u64), String>,
}

impl Files {
    fn below(root: &Path) -> std::io::Result<Files> {
        let mut files = Files::default();
        match std::fs::metadata(root) {
            Ok(found) => files.list(root, root, &found)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        files.names.sort();
        Ok(files)
    }

    fn list(&mut self, root: &Path, folder: &Path, found: &Metadata) -> std::io::Result<()> {
        let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        match self.seen.entry((found.dev(), found.ino())) {
            Entry::Occupied(before) => {
                self.again.push((name(folder), before.get().clone()));
                return Ok(());
            }
            Entry::Vacant(place) => drop(place.insert(name(folder))),
        }
        // In order, so that it is the same name everywhere by which a folder is met first.
        let mut paths = std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        for path in paths {
            if path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b".")) {
                continue;
            }
            match std::fs::metadata(&path) {
                Ok(found) if found.is_dir() => self.list(root, &path, &found)?,
                Ok(found) if found.is_file() => self.names.push(name(&path)),
                // A socket, or a link to nothing: no content to differ in.
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[(&str, &str)]) -> ReleaseId {
        let mut hash = Hash::new();
        parts.iter().for_each(|(name, content)| hash.part(name, content.as_bytes()));
        hash.finish()
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(of(&[("a", "bc")]), of(&[("ab", "c")]));
        assert_ne!(of(&[("a", "b"), ("c", "d")]), of(&[("a", "bcd")]));
        assert_eq!(of(&[("a", "b")]), of(&[("a", "b")]));
    }

    #[test]
    fn a_folder_is_its_files_names_and_contents() {
        let folder = std::env::temp_dir().join(format!("release-{}", std::process::id()));
        let hash = |folder: &Path| {
            let mut hash = Hash::new();
            hash.folder(folder).unwrap();
            hash.finish()
        };
        assert_eq!(hash(&folder), Hash::new().finish(), "no folder is no files");
        std::fs::create_dir_all(folder.join("hooks/dist")).unwrap();
        std::fs::write(folder.join("hooks/dist/index.js"), "1").unwrap();
        std::fs::write(folder.join(".gitkeep"), "").unwrap();
        let before = hash(&folder);
        std::fs::write(folder.join(".gitkeep"), "changed").unwrap();
        assert_eq!(before, hash(&folder));
        std::fs::write(folder.join("hooks/dist/index.js"), "2").unwrap();
        assert_ne!(before, hash(&folder));
        // Two links to the top: 2^40 paths, were each followed as often as the system lets one.
        for link in ["hooks/one", "hooks/two"] {
            std::os::unix::fs::symlink("..", folder.join(link)).unwrap();
        }
        let circular = hash(&folder);
        assert_eq!(circular, hash(&folder));
        std::fs::write(folder.join("hooks/dist/index.js"), "3").unwrap();
        assert_ne!(circular, hash(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
