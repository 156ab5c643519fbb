//! The Directus to click in: one for each checkout, migrated and seeded, with data that stays. Which engine it stands on is decided here;
//! what that engine does is a file of its own.

mod compose;
pub(crate) mod home;
mod local;
pub(crate) mod supervisor;
mod target;
mod unsaved;

use crate::console;
use crate::directus::Credentials;
use crate::ending::Undoing;
use crate::engine::Login;
use crate::http::Address;
use anyhow::Result;
use compose::Services;
use contract::env::{self, Environment};
use contract::{Exit, Failure, Outcome, Variables};
use home::{Home, Record};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Directus' own.
pub(crate) const PORT: u16 = 8055;

/// What `--engine` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// What runs already; else containers when Docker answers, and the local engine when it does not.
    #[default]
    Auto,
    /// No containers: Postgres and Directus from package registries, in the user's cache.
    Local,
    /// The services of compose.dev.yaml.
    Docker,
}

/// How it is started.
pub(crate) struct Options {
    pub(crate) engine: Choice,
    /// Where Directus is to listen; as before, else 8055, when there is none.
    pub(crate) port: Option<u16>,
    /// A runner to take instead of building one.
    pub(crate) runner: Option<PathBuf>,
}

/// What runs, whatever it stands on.
pub(crate) trait Instance {
    /// Whether it still runs.
    fn is_alive(&self) -> bool;
    /// Where to read what it says: a file, or a command.
    fn log_place(&self) -> String;
    /// The lines that it says from now on.
    fn follow(&self) -> Box<dyn Lines>;
}

/// A growing log.
pub(crate) trait Lines {
    /// The lines that came since.
    fn lines(&mut self) -> Vec<String>;
}

/// A Directus that runs.
pub(crate) struct Up {
    pub(crate) address: Address,
    pub(crate) login: Login,
    /// Where database and Directus come from.
    pub(crate) engine: String,
    /// The variables that name its database, as Directus takes them.
    pub(crate) database: Variables,
    /// Whether it was running already.
    pub(crate) was_running: bool,
    /// What was clicked in it and is in no file yet, one line each.
    pub(crate) unsaved: Vec<String>,
    pub(crate) instance: Box<dyn Instance>,
    /// Stops it again, if it was started now.
    started: Option<Undoing>,
}

impl Up {
    fn local(home: &Home, record: Record, address: Address, login: Login, started: Option<Undoing>) -> Up {
        Up {
            address,
            login,
            engine: record.engine,
            database: record.database,
            was_running: started.is_none(),
            unsaved: Vec::new(),
            instance: Box::new(home.clone()),
            started,
        }
    }

    /// What opens a session in its database.
    pub(crate) fn psql(&self) -> String {
        let value = |name: &str| self.database.get(name).unwrap_or_default();
        format!(
            "psql -h {} -p {} -U {} {}",
            value("DB_HOST"),
            value("DB_PORT"),
            value("DB_USER"),
            value("DB_DATABASE")
        )
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
    let home = Home::of(root)?;
    home.make()?;
    let _turn = home.turn()?;
    let (local, services) = (home.running(), Services::running(&home));
    let own_runner = options.runner.is_some();
    let (in_containers, why) =
        pick(options.engine, local.is_some(), services.is_some(), own_runner, compose::answers);
    let engine = if in_containers { "the services of compose.dev.yaml" } else { "the local engine" };
    console::heading(&format!("up, on {engine}: {why}"));
    // One at a time: both would want the port, and a snapshot could be of either.
    match (in_containers, local, services) {
        (true, Some(record), _) => {
            console::say("    it runs on the local engine: stopping that first");
            local::stop(&home, &record)?;
        }
        (false, _, Some(services)) => {
            console::say("    it runs in containers: stopping those first");
            services.stop()?;
        }
        _ => {}
    }
    if in_containers { compose::up(root, &home, options) } else { local::up(root, &home, options) }
}

/// Whether the engine is Docker's, and why.
fn pick(
    choice: Choice,
    local_runs: bool,
    services_run: bool,
    own_runner: bool,
    docker_answers: impl FnOnce() -> bool,
) -> (bool, &'static str) {
    match choice {
        Choice::Local => (false, "--engine local"),
        Choice::Docker => (true, "--engine docker"),
        Choice::Auto if local_runs => (false, "it runs there already"),
        Choice::Auto if services_run => (true, "they run already"),
        Choice::Auto if own_runner => (false, "containers would compile a runner of their own"),
        Choice::Auto if docker_answers() => (true, "Docker answers"),
        Choice::Auto => (false, "Docker does not answer"),
    }
}

/// The port can be had.
///
/// # Errors
/// Exit 2 when somebody listens there.
fn require_free(port: u16) -> Outcome<()> {
    // Only a question; if somebody takes it in between, Directus says so itself.
    TcpListener::bind(("127.0.0.1", port)).map(drop).map_err(|error| {
        Failure::new(format!("listen on port {port} of this machine")).exit(Exit::Usage).cause(error).hint(
            format!(
                "end what listens there, or take another port: cargo xtask up --port {}",
                port.wrapping_add(1)
            ),
        )
    })
}

/// What `down` found and did.
pub(crate) struct Down {
    /// Whether it ran.
    pub(crate) was_running: bool,
    /// Its folder, if there is one.
    pub(crate) folder: Option<PathBuf>,
    /// The compose project whose volumes have its data, if it ever ran in containers.
    pub(crate) project: Option<String>,
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
    let (record, services) = (home.running(), Services::running(home));
    if record.is_some() || services.is_some() {
        // A Directus with requests to finish takes its time.
        console::say("stopping Directus, then Postgres");
    }
    if let Some(record) = &record {
        local::stop(home, record)?;
    }
    if let Some(services) = &services {
        services.stop()?;
    }
    Ok(Down {
        was_running: record.is_some() || services.is_some(),
        folder: Some(home.dir().to_path_buf()).filter(|dir| dir.is_dir()),
        project: Services::last(home).map(|services| services.project),
    })
}

/// Stops it, and removes its folder after `before` has been told what that is.
///
/// # Errors
/// As [`down`]; exit 2 when it has run in containers and Docker does not answer; and what cannot be removed.
pub(crate) fn remove(root: &Path, before: impl FnOnce(&Down)) -> Result<()> {
    let home = Home::of(root)?;
    let _turn = home.turn()?;
    // First: without the folder nobody would know the password of a database whose volume is still there.
    let services = Services::recorded(&home)
        .map_err(|failure| failure.within("remove the volumes of its containers; nothing is removed yet"))?;
    let down = stopped(&home)?;
    before(&down);
    if let Some(services) = services {
        services.remove()?;
    }
    if let Some(folder) = down.folder {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| Failure::new(format!("remove `{}`", folder.display())).cause(error))?;
    }
    Ok(())
}

/// The environment of the Directus that `up` runs for this checkout, if it does: `DB_…` names its database, `DIRECTUS_…` the server and
/// its administrator.
pub(crate) fn environment(root: &Path) -> Option<Environment> {
    let home = Home::of(root).ok()?;
    let login = home.login()?;
    let (database, port) = match home.running() {
        Some(record) => (record.database, record.port),
        None => Services::running(&home).map(|services| (services.database(), services.port))?,
    };
    let server = database.with(env::DIRECTUS_URL, Address::Port(port));
    let login =
        server.with(env::DIRECTUS_EMAIL, login.email).with(env::DIRECTUS_PASSWORD, login.password.expose());
    Some(login.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_already_is_picked_before_docker_is_asked() {
        let unasked = || -> bool { panic!("Docker was asked") };
        assert_eq!(pick(Choice::Local, false, true, false, unasked), (false, "--engine local"));
        assert_eq!(pick(Choice::Auto, true, false, false, unasked), (false, "it runs there already"));
        assert_eq!(pick(Choice::Auto, false, true, false, unasked), (true, "they run already"));
        assert!(!pick(Choice::Auto, false, false, true, unasked).0);
        assert_eq!(pick(Choice::Auto, false, false, false, || true), (true, "Docker answers"));
        assert_eq!(pick(Choice::Auto, false, false, false, || false), (false, "Docker does not answer"));
    }
}
