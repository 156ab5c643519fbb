//! What a boot needs to know, read from the environment once.

use crate::choices::{Choices, is_on};
use crate::directus::PRELINKED;
use crate::release::{EXTENSIONS_PATH, MIGRATIONS_PATH, Sources};
use contract::env::{self, Environment};
use contract::known::refuse_unknown;
use contract::{Artefacts, DatabaseSettings, Exit, Failure, Outcome, Variables};
use std::path::PathBuf;

/// The settings of one boot. Times are in seconds.
#[derive(Clone, Debug)]
pub struct BootSettings {
    /// Where the migrations, the snapshot and the bridge lie.
    pub artefacts: Artefacts,
    /// The folder that holds Directus.
    pub directus: PathBuf,
    /// The folder of the prelinked Directus; `None` when its plain modules are asked for.
    pub prelinked: Option<PathBuf>,
    /// The Node program.
    pub node: PathBuf,
    /// Where the database is.
    pub database: DatabaseSettings,
    /// How long to wait for the database.
    pub db_wait_s: u64,
    /// How long to wait for another boot.
    pub lock_wait_s: u64,
    /// How long a child may take to stop.
    pub stop_wait_s: u64,
    /// How long one step of Directus may take.
    pub directus_wait_s: u64,
    /// Whether the bridge may shorten Directus' own apply.
    pub quick_apply: bool,
    /// Whether the boot is proved by the release's catalog.
    pub proves_catalog: bool,
    /// What was decided beforehand.
    pub choices: Choices,
    /// The whole environment: the bridge gets it, with files resolved.
    pub environment: Environment,
}

/// The environment of this process, with files resolved.
///
/// # Errors
/// Exit 2 when a variable is not UTF-8, when NAME and NAME_FILE are both set, when a file cannot be read, or when nobody knows a `RUNNER_…`.
pub fn process_environment() -> Outcome<Environment> {
    let mut variables = Variables::new();
    for (name, value) in std::env::vars_os() {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => variables.set(name, value),
            // Left out in silence, a password would become "no password".
            (Ok(name), Err(_)) => {
                return Err(
                    Failure::new(format!("read the environment: `{name}` is not UTF-8")).exit(Exit::Usage)
                );
            }
            (Err(_), _) => {}
        }
    }
    let read = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let environment = Environment::resolve(variables, read)?;
    refuse_unknown(&environment, &["RUNNER_"])?;
    Ok(environment)
}

impl BootSettings {
    /// Where the release's files are.
    pub fn sources(&self) -> Sources<'_> {
        let below =
            |name: &str, default: &str| self.directus.join(self.environment.get(name).unwrap_or(default));
        Sources {
            artefacts: &self.artefacts,
            directus: &self.directus,
            prelinked: self.prelinked.clone().unwrap_or_else(|| self.directus.join(PRELINKED)),
            migrations: below(MIGRATIONS_PATH, "migrations"),
            extensions: below(EXTENSIONS_PATH, "extensions"),
            proves_catalog: self.proves_catalog,
            environment: &self.environment,
        }
    }

    /// Reads the settings; defaults are those of the image.
    ///
    /// # Errors
    /// Exit 2, naming the variable, when one is missing or malformed.
    pub fn from_environment(environment: Environment) -> Outcome<Self> {
        let path = |name: &str, default: &str| PathBuf::from(environment.get(name).unwrap_or(default));
        let directus = path(env::DIRECTUS, "/directus");
        let prelinked = match environment.get(env::PRELINKED) {
            Some("off") => None,
            Some(folder) => Some(PathBuf::from(folder)),
            None => Some(directus.join(PRELINKED)),
        };
        Ok(BootSettings {
            artefacts: Artefacts::at(path(env::ROOT, "/directus")),
            directus,
            prelinked,
            node: path(env::NODE, "node"),
            database: DatabaseSettings::from_environment(&environment)?,
            db_wait_s: environment.number(env::DB_WAIT_S, 60, env::WAIT_S)?,
            lock_wait_s: environment.number(env::LOCK_WAIT_S, 600, env::WAIT_S)?,
            stop_wait_s: environment.number(env::STOP_WAIT_S, 8, env::STEP_S)?,
            directus_wait_s: environment.number(env::DIRECTUS_WAIT_S, 900, env::STEP_S)?,
            quick_apply: is_on(&environment, env::QUICK_APPLY)?,
            proves_catalog: is_on(&environment, env::CATALOG)?,
            choices: Choices::from_environment(&environment)?,
            environment,
        })
    }
}
