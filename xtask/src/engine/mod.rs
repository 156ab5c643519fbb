//! Where a throwaway database and Directus come from, and the environment in which the runner meets them.

pub(crate) mod docker;
mod given;
mod local;
mod local_scene;
mod picture;
mod scene;

pub(crate) use docker::{DockerScene, Listen};
pub(crate) use local::{
    Ground, Login, Stage, build_runner, build_runner_ahead, directus_variables, given_runner, random_hex,
};
pub(crate) use local_scene::{LocalScene, serve, show};
pub(crate) use scene::{Ask, Scene, Serving};

use boot::bridge::{Log, Options};
use boot::release::EXTENSIONS_PATH;
pub(crate) use boot::settings::process_environment as environment;
use boot::{BootSettings, Bridge};
use contract::env::{self, Environment};
use contract::{Exit, Failure, Outcome, Variables};
use snapshot::Snapshot;
use std::path::Path;
use testbed::{Cache, DirectusInstall};

/// What `--engine` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// The server that DB_HOST names, if it is set; else the local engine.
    #[default]
    Auto,
    /// A server of our own, whatever DB_HOST says: no containers, from package registries, in the user's cache.
    Local,
    /// The production image beside a throwaway TimescaleDB, in containers; or beside the server that DB_HOST names.
    Docker,
}

/// The environment that names the database a person works on: the variables of the process, when they name one; else the Directus that
/// `cargo xtask up` runs for this checkout.
///
/// # Errors
/// Exit 2 when there is neither.
pub(crate) fn live_environment(root: &Path) -> Outcome<Environment> {
    let environment = environment()?;
    if ["DB_HOST", "DB_CONNECTION_STRING"].iter().any(|name| environment.get(name).is_some()) {
        return Ok(environment);
    }
    if let Some(running) = crate::dev::environment(root) {
        // Our own knobs, such as a consent, come along; what the shell says of some other database does not.
        let is_of_a_database = |name: &str| ["DB_", "PG"].iter().any(|prefix| name.starts_with(prefix));
        let own = environment.variables().iter().filter(|(name, _)| !is_of_a_database(name));
        return Ok(own.chain(running.variables()).collect::<Variables>().into());
    }
    Err(Failure::new("find the database: neither DB_HOST nor DB_CONNECTION_STRING is set, and no instance of cargo xtask up runs")
        .exit(Exit::Usage)
        .hint("cargo xtask up, or set DB_HOST, DB_DATABASE, DB_USER and DB_PASSWORD"))
}

/// What the caller's environment consents to lose, as the candidate's boot is told it; of that environment, nothing else is its business.
///
/// # Errors
/// When the environment contradicts itself.
pub(crate) fn consent() -> Outcome<Option<(String, String)>> {
    let name = env::ALLOW_DESTRUCTIVE;
    Ok(environment()?.get(name).map(|value| (name.to_owned(), value.to_owned())))
}

/// Settings for a bridge on this machine: the checkout's artefacts, the pinned Directus (fetched if need be), the database of `environment`.
///
/// # Errors
/// As the settings and the provisioning.
pub(crate) fn boot_settings(root: &Path, environment: Environment) -> Outcome<BootSettings> {
    let install = testbed::directus(&Cache::open()?, root, &crate::console::progress())?;
    settings_for(root, &install, environment)
}

/// The same for a Directus that is there. Extensions are a part of a release: a checkout has them beside its other artefacts.
///
/// # Errors
/// As the settings.
pub(crate) fn settings_for(
    root: &Path,
    install: &DirectusInstall,
    environment: Environment,
) -> Outcome<BootSettings> {
    let environment = match environment.get(EXTENSIONS_PATH) {
        Some(_) => environment,
        None => {
            environment.variables().clone().with(EXTENSIONS_PATH, root.join("extensions").display()).into()
        }
    };
    let mut settings = BootSettings::from_environment(environment)?;
    settings.artefacts = contract::Artefacts::at(root);
    settings.directus = install.dir.clone();
    // Unless it is switched off.
    settings.prelinked = settings.prelinked.and(install.prelinked.clone());
    settings.node = install.node.clone();
    Ok(settings)
}

/// A bridge of our own; Directus' log goes to stderr, because stdout is the result.
///
/// # Errors
/// When Node cannot be started, or the catalog cannot be read.
pub(crate) fn bridge(settings: &BootSettings) -> Outcome<Bridge> {
    let made = crate::database::read(settings.artefacts.root())?;
    let db_only = boot::perform::not_for_directus(&made);
    let options = Options { application_name: "cargo-xtask", db_only: &db_only, log: Log::Stderr };
    Bridge::spawn(settings, &options, &boot::Interrupt::default())
}

/// The live schema, through a bridge.
///
/// # Errors
/// What Directus threw, or a snapshot that is none.
pub(crate) fn snapshot_of(bridge: &mut Bridge) -> anyhow::Result<Snapshot> {
    let answer = bridge.call("take a snapshot", "snapshot", serde_json::json!({}))?;
    Snapshot::from_json(answer["snapshot"].clone())
        .map_err(|error| anyhow::anyhow!("read Directus' snapshot: {error}"))
}

/// What makes the runner use the checkout and the local Directus.
fn runner_variables(root: &Path, install: &DirectusInstall) -> Variables {
    let is_off = std::env::var(env::PRELINKED).is_ok_and(|value| value == "off");
    let prelinked = install.prelinked.as_deref().filter(|_| !is_off);
    Variables::new()
        .with(env::ROOT, root.display())
        .with(env::DIRECTUS, install.dir.display())
        .with(env::PRELINKED, prelinked.unwrap_or("off".as_ref()).display())
        .with(env::NODE, install.node.display())
}
