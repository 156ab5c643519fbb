//! The Directus to click in: one for each checkout, migrated and seeded, with data that stays. Which engine it stands on is decided here;
//! what that engine does is a file of its own.

mod home;
mod local;
pub(crate) mod supervisor;
mod target;

use crate::directus::Credentials;
use crate::ending::Undoing;
use crate::engine::Login;
use crate::http::Address;
use anyhow::Result;
use contract::Outcome;
use contract::env::{self, Environment};
use home::{Home, Record};
use std::path::{Path, PathBuf};

/// Directus' own.
pub(crate) const PORT: u16 = 8055;

/// What `--engine` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// What is there.
    #[default]
    Auto,
    /// No containers: Postgres and Directus from package registries, in the user's cache.
    Local,
}

/// How it is started.
pub(crate) struct Options {
    pub(crate) engine: Choice,
    /// Where Directus is to listen; as before, else 8055, when there is none.
    pub(crate) port: Option<u16>,
    /// A runner to take instead of building one.
    pub(crate) runner: Option<PathBuf>,
}

/// A Directus that runs.
pub(crate) struct Up {
    pub(crate) address: Address,
    pub(crate) login: Login,
    record: Record,
    home: Home,
    /// Stops it again, if it was started now.
    started: Option<Undoing>,
}

impl Up {
    /// Whether it was running already.
    pub(crate) fn was_running(&self) -> bool {
        self.started.is_none()
    }

    /// Where database and Directus come from.
    pub(crate) fn engine(&self) -> &str {
        &self.record.engine
    }

    /// What opens a session in its database.
    pub(crate) fn psql(&self) -> String {
        let value = |name: &str| {
            self.record.database.iter().find(|(each, _)| each == name).map_or("", |(_, value)| value.as_str())
        };
        format!(
            "psql -h {} -p {} -U {} {}",
            value("DB_HOST"),
            value("DB_PORT"),
            value("DB_USER"),
            value("DB_DATABASE")
        )
    }

    /// The variables that name its database, as Directus takes them.
    pub(crate) fn database(&self) -> &[(String, String)] {
        &self.record.database
    }

    /// What it says.
    pub(crate) fn log(&self) -> PathBuf {
        self.home.log()
    }

    /// The lines that it says from now on.
    pub(crate) fn follow(&self) -> local::Follow {
        local::Follow::from_now(&self.home)
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.home.is_alive()
    }

    /// Lets it run on when this process ends.
    pub(crate) fn leave(self) {
        if let Some(started) = self.started {
            started.dismiss();
        }
    }
}

/// Starts this checkout's Directus, or finds it running.
///
/// # Errors
/// What the engine says.
pub(crate) fn up(root: &Path, options: &Options) -> Result<Up> {
    match options.engine {
        Choice::Auto | Choice::Local => local::up(root, options),
    }
}

/// What `down` found and did.
pub(crate) struct Down {
    /// Whether it ran.
    pub(crate) was_running: bool,
    /// Its folder, if there is one.
    pub(crate) folder: Option<PathBuf>,
}

/// Stops this checkout's Directus.
///
/// # Errors
/// When it had to be killed.
pub(crate) fn down(root: &Path) -> Outcome<Down> {
    let home = Home::of(root)?;
    let _turn = home.turn()?;
    stopped(&home)
}

fn stopped(home: &Home) -> Outcome<Down> {
    let record = home.running();
    if let Some(record) = &record {
        local::stop(home, record)?;
    }
    Ok(Down {
        was_running: record.is_some(),
        folder: Some(home.dir().to_path_buf()).filter(|dir| dir.is_dir()),
    })
}

/// Stops it, and removes its folder after `before` has been told what that is.
///
/// # Errors
/// As [`down`]; and what cannot be removed.
pub(crate) fn remove(root: &Path, before: impl FnOnce(&Down)) -> Result<()> {
    let home = Home::of(root)?;
    let _turn = home.turn()?;
    let down = stopped(&home)?;
    before(&down);
    if let Some(folder) = down.folder {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| contract::Failure::new(format!("remove `{}`", folder.display())).cause(error))?;
    }
    Ok(())
}

/// The environment of the Directus that `up` runs for this checkout, if it does: `DB_…` names its database, `DIRECTUS_…` the server and
/// its administrator.
pub(crate) fn environment(root: &Path) -> Option<Environment> {
    let home = Home::of(root).ok()?;
    let (record, login) = (home.running()?, home.login()?);
    let mut variables = record.database;
    variables.extend([
        (env::DIRECTUS_URL.to_owned(), Address::Port(record.port).to_string()),
        (env::DIRECTUS_EMAIL.to_owned(), login.email),
        (env::DIRECTUS_PASSWORD.to_owned(), login.password.expose().to_owned()),
    ]);
    Environment::resolve(variables, |_| Err(String::new())).ok()
}

/// The Directus to talk to: the one that the environment names, else the one that `up` runs.
///
/// # Errors
/// Exit 2 when there is none, or what is said of it does not suffice.
pub(crate) fn target(root: &Path, ours: &Environment) -> Outcome<(Address, Credentials)> {
    match (ours.get(env::DIRECTUS_URL), environment(root)) {
        (Some(_), _) => target::named(ours),
        (None, Some(running)) => target::named(&running),
        (None, None) => Err(target::none(ours)),
    }
}
