//! Whether an image is what the runner takes it for: asked once, while it is built, so that a base image that differs from the one that was
//! expected ends the build and not a boot. Asks no database.

use crate::bridge::{Log, Options};
use crate::perform::not_for_directus;
use crate::{BootSettings, Bridge, Interrupt, Release, directus};
use contract::env::{self, Environment};
use contract::{Exit, Failure, Outcome, artefacts};
use rustix::fs::{Access, access};
use std::path::{Path, PathBuf};

/// The major version of Node that the pinned Directus is made for.
const NODE_MAJOR: &str = "22.";
/// Directus' own name for the folder of uploads, and its default.
const UPLOADS: (&str, &str) = ("STORAGE_LOCAL_ROOT", "./uploads");

/// What the image holds.
#[derive(Clone, Debug)]
pub struct Image {
    /// The release's identity, all digits.
    pub release: String,
    /// Directus' version.
    pub directus: String,
    /// Node's version.
    pub node: String,
    /// The user that serves.
    pub uid: u32,
}

/// Looks at everything that a boot relies on and that a base image could have otherwise.
///
/// # Errors
/// Exit 3 with everything that is not as expected; exit 1 or 2 when Directus cannot be loaded or an artefact not be read.
pub fn check(environment: Environment) -> Outcome<Image> {
    let settings = BootSettings::from_environment(with_a_database(&environment))?;
    let release = Release::read(&settings.sources())?;
    release.snapshot()?;
    let db_only = not_for_directus(&release.catalog);
    let options = Options { application_name: "image-check", db_only: &db_only, log: Log::Stderr };
    let mut bridge = Bridge::spawn(&settings, &options, &Interrupt::default())?;
    // Importing is the proof that every module and function is there (D26).
    let identity = bridge.ready()?.clone();
    bridge.close();
    let uid = rustix::process::getuid().as_raw();
    let mut findings = Vec::new();
    if !identity.node.starts_with(NODE_MAJOR) {
        findings.push(format!("Node is {}, not {NODE_MAJOR}x", identity.node));
    }
    if release.directus.as_deref() != Some(&identity.directus) {
        findings.push(format!(
            "Directus says it is {}, its package file {}",
            identity.directus,
            release.directus.as_deref().unwrap_or("nothing")
        ));
    }
    if identity.system_migrations.iter().any(|version| !release.system_migrations.contains(version)) {
        findings.push("Directus has system migrations that its folder does not show".to_owned());
    }
    match (&settings.prelinked, &identity.plain) {
        (None, _) => {
            findings.push(format!("{} is off: every start would take seconds longer", env::PRELINKED))
        }
        (Some(_), Some(why)) => findings.push(format!("the prelinked Directus is not used: {why}")),
        (Some(folder), None) => findings.extend(directus::altered(folder)?),
    }
    let stale = release.stale();
    if !stale.is_empty() {
        findings.push(format!("`{}` was written before {} changed", artefacts::CATALOG, stale.join(", ")));
    }
    if uid == 0 {
        findings.push("it runs as root; set USER to a number".to_owned());
    }
    findings.extend(writable(&settings));
    if findings.is_empty() {
        return Ok(Image {
            release: release.id.as_str().to_owned(),
            directus: identity.directus,
            node: identity.node,
            uid,
        });
    }
    Err(Failure::new("check the image: it is not what the runner expects")
        .exit(Exit::Differences)
        .excerpt(crate::excerpt::listed(findings)))
}

/// Directus is imported with the name of a database; nobody connects to it.
fn with_a_database(environment: &Environment) -> Environment {
    let given =
        ["DB_HOST", "DB_DATABASE", "DB_USER"].into_iter().filter(|name| environment.get(name).is_none());
    let mut all = environment.variables().clone();
    all.extend(given.map(|name| (name, "image-check")));
    all.into()
}

/// What should be writable and is not, and the other way round.
fn writable(settings: &BootSettings) -> Vec<String> {
    let can_write = |path: &Path| access(path, Access::WRITE_OK).is_ok();
    let mut findings = Vec::new();
    let uploads = settings.environment.get(UPLOADS.0).unwrap_or(UPLOADS.1);
    let uploads = settings.directus.join(uploads);
    if !can_write(&uploads) {
        findings.push(format!("`{}` is not writable: uploads would fail", uploads.display()));
    }
    let root = settings.artefacts.root();
    // The root too: whoever may write it may put another folder in the place of one of them.
    let mut fixed: Vec<PathBuf> = artefacts::BAKED_IN.iter().map(|name| root.join(name)).collect();
    fixed.push(root.to_path_buf());
    fixed.extend(settings.prelinked.clone());
    fixed.extend(std::env::current_exe().ok());
    findings.extend(
        fixed
            .iter()
            .filter(|path| can_write(path))
            .map(|path| format!("`{}` is writable: what serves could change it", path.display())),
    );
    findings
}
