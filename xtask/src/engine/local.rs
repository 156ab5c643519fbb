//! The local engine: no containers. What it stands on ([`Ground`]) is fetched once; what a run plays on ([`Stage`]) is thrown away.

use super::given::Given;
use super::scene::Ask;
use super::{Choice, bridge, runner_variables, settings_for};
use crate::console;
use crate::directus::Credentials;
use crate::ending::Undoing;
use crate::http::Address;
use crate::process::{self, Env};
use anyhow::Result;
use boot::release::EXTENSIONS_PATH;
use contract::{Exit, Failure, Outcome, Secret, Variables};
use std::path::{Path, PathBuf};
use testbed::{Cache, DATABASE, DirectusInstall, Instance, PostgresRoot, Server, ServerOptions};

/// What every run needs and no run changes.
pub(crate) struct Ground {
    /// The runner under test: the static binary that ships.
    pub(crate) runner: PathBuf,
    /// The pinned Directus.
    pub(crate) install: DirectusInstall,
    postgres: PostgresRoot,
}

/// One throwaway database, and a folder for sockets and uploads.
pub(crate) struct Stage {
    database: Database,
    folder: PathBuf,
    address: Address,
    variables: Variables,
    login: Login,
    install: DirectusInstall,
    _undoing: Undoing,
}

enum Database {
    Own(Box<Server>),
    Given(Given),
}

/// Who may log in, and what sessions are signed with.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: Secret,
    pub(crate) secret: Secret,
}

impl Login {
    /// An administrator with a password that nobody has had before.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn new() -> Result<Login> {
        Ok(Login {
            email: "admin@example.com".to_owned(),
            password: Secret::new(random_hex(12)?),
            secret: Secret::new(random_hex(32)?),
        })
    }

    /// To log in to the API with.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::Login { email: self.email.clone(), password: self.password.clone() }
    }
}

impl Ground {
    /// Fetches what is not there yet and builds the runner, side by side.
    ///
    /// # Errors
    /// What could not be fetched or built, with the last lines of the tool that failed.
    pub(crate) fn prepare(root: &Path, runner: Option<&Path>) -> Result<Ground> {
        let progress = crate::console::progress();
        let cache = Cache::open()?;
        std::thread::scope(|scope| {
            // The build waits for its child in this thread, which is what the parent-death signal is tied to.
            let runner = scope.spawn(|| match runner {
                Some(runner) => given_runner(runner),
                None => build_runner(root, Variables::new()),
            });
            let provisioned = testbed::provision_all(&cache, root, &progress);
            let runner = runner.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let (postgres, install) = provisioned?;
            Ok(Ground { runner: runner?, install, postgres })
        })
    }
}

impl Ground {
    /// The same for another tree: its runner, unless it is this one, and the Directus that it pins.
    ///
    /// # Errors
    /// What could not be fetched or built.
    pub(crate) fn of_another_tree(&self, tree: &Path, same_runner: bool) -> Result<Ground> {
        let cache = Cache::open()?;
        let install = testbed::directus(&cache, tree, &crate::console::progress())?;
        // Kept, so that only the first rehearsal builds everything.
        let target =
            Variables::new().with("CARGO_TARGET_DIR", cache.dir().join("rehearsal-target").display());
        let runner = if same_runner { self.runner.clone() } else { build_runner(tree, target)? };
        Ok(Ground { runner, install, postgres: self.postgres.clone() })
    }

    /// A server whose folder is below `within`.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn server(&self, within: &Path) -> Outcome<Server> {
        let options = ServerOptions { within: Some(within.to_path_buf()), ..ServerOptions::default() };
        Server::start(&self.postgres, options)
    }

    /// Node, and the folder of Directus: for what runs Directus' own commands.
    pub(crate) fn directus(&self) -> (String, String) {
        (self.install.node.display().to_string(), self.install.dir.display().to_string())
    }
}

/// The path of a runner that somebody names.
///
/// # Errors
/// Exit 2 when there is none.
pub(crate) fn given_runner(runner: &Path) -> Outcome<PathBuf> {
    runner.canonicalize().map_err(|error| {
        Failure::new(format!("find the runner `{}`", runner.display())).exit(Exit::Usage).cause(error)
    })
}

/// Builds the binary that ships, so that what is tested is what ships. The first time takes a minute or two, and shows how far it is.
///
/// # Errors
/// What cargo says.
pub(crate) fn build_runner(root: &Path, variables: Variables) -> Outcome<PathBuf> {
    let target = runner_target();
    let what = "build the runner with `cargo`";
    let words = runner_words();
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments.push("--message-format=json-render-diagnostics");
    let title = "build the runner, static and optimized";
    let build = || crate::cargo::run(root, what, title, &arguments, variables.clone());
    let messages = build().or_else(|failure| {
        let said = failure.excerpt.as_deref().unwrap_or_default();
        if !["`core`", "`std`"].iter().any(|name| said.contains(&format!("can't find crate for {name}"))) {
            return Err(failure);
        }
        console::say(&format!(
            "    adding the Rust target {target} with rustup: the runner is a static binary"
        ));
        let add = ["target", "add", &target];
        process::run(
            "add the target with `rustup`",
            Path::new("rustup"),
            &add,
            Env::Inherited(Variables::new()),
            |_| {},
        )
        .map_err(|failure| failure.hint(format!("install the target {target} for this Rust toolchain")))?;
        build()
    })?;
    String::from_utf8_lossy(&messages)
        .lines()
        .rev()
        .find_map(executable)
        .ok_or_else(|| Failure::new(format!("{what}: cargo named no executable")))
}

/// The same without a word, for those who will want it in a minute. What is wrong is told when they do.
pub(crate) fn build_runner_ahead(root: &Path) {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let manifest = root.join("Cargo.toml").display().to_string();
    let words = runner_words();
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--manifest-path", &manifest]).collect();
    let _ = process::apart(&cargo, &words, Env::Inherited(Variables::new()), |_| {});
}

fn runner_target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

fn runner_words() -> Vec<String> {
    let (target, same_everywhere) = (runner_target(), same_everywhere(&runner_target()));
    [
        "build",
        "--locked",
        "--release",
        "--package",
        "runner",
        "--target",
        &target,
        "--config",
        &same_everywhere,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What makes the runner the same on every machine: its panics name files of crates, which lie in another folder everywhere. As a configuration
/// of cargo's, because it comes to what .cargo/config.toml says; `RUSTFLAGS` would replace that. The Dockerfile has the same.
fn same_everywhere(target: &str) -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).unwrap_or_default();
    let flag = format!("--remap-path-prefix={}/registry/src=/crates", home.display());
    format!("target.{target}.rustflags=[{flag:?}]")
}

/// The path in cargo's message about a finished binary.
fn executable(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    message["executable"].as_str().map(PathBuf::from)
}

impl Stage {
    /// A database and a folder of its own. `port`: where Directus listens; a socket in the folder when there is none.
    ///
    /// # Errors
    /// When the server does not start, or the given one refuses.
    pub(crate) fn set(ground: &Ground, root: &Path, choice: Choice, port: Option<u16>) -> Result<Stage> {
        // Everything of this run is below one folder, the server's own included, so that one removal ends it all.
        let instance = Instance::new()?;
        let folder = instance.dir().to_path_buf();
        let undoing = Undoing::new(move || drop(instance));
        let database = Database::set(ground, choice, &folder)?;
        console::say(&format!("    {}", database.describe()));
        let login = Login::new()?;
        let address = port.map_or_else(|| Address::Socket(folder.join("directus.sock")), Address::Port);
        let mut variables = database.variables();
        variables.extend(directus_variables(root, &ground.install, &folder, &address, &login)?);
        let install = ground.install.clone();
        Ok(Stage { database, folder, address, variables, login, install, _undoing: undoing })
    }

    /// The whole environment of the runner: nothing of the developer's own leaks in.
    pub(crate) fn environment(&self) -> Variables {
        self.variables.clone()
    }

    /// The same, for another tree's artefacts and its Directus.
    pub(crate) fn environment_of(&self, tree: &Path, ground: &Ground) -> Variables {
        let mut variables = self.variables.clone();
        variables.extend(runner_variables(tree, &ground.install));
        variables.with(EXTENSIONS_PATH, tree.join("extensions").display())
    }

    /// The administrator.
    pub(crate) fn login(&self) -> &Login {
        &self.login
    }

    /// Where Directus will listen.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Runs a script with psql in one session; for comparisons.
    ///
    /// # Errors
    /// psql's own words.
    pub(crate) fn psql(&self, script: &str) -> Result<()> {
        match &self.database {
            Database::Own(server) => Ok(server.psql(DATABASE, script)?),
            Database::Given(_) => {
                Err(Failure::new("run psql: only on a server of our own").exit(Exit::Usage).into())
            }
        }
    }

    /// The log of a server of our own.
    pub(crate) fn server_log(&self) -> Option<&Path> {
        match &self.database {
            Database::Own(server) => Some(server.log_path()),
            Database::Given(_) => None,
        }
    }

    /// The folder of this run; it goes with it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Restores a dump into the database.
    ///
    /// # Errors
    /// What psql or pg_restore say; exit 2 on a server that is not ours.
    pub(crate) fn restore(&self, dump: &[u8]) -> Result<()> {
        match &self.database {
            Database::Own(server) => Ok(server.restore(DATABASE, dump)?),
            Database::Given(_) => Err(only_of_our_own().into()),
        }
    }

    /// A bridge of our own to the same database; it loads Directus while the caller goes on.
    ///
    /// # Errors
    /// When Node does not start.
    pub(crate) fn bridge(&self, root: &Path) -> Result<boot::Bridge> {
        self.bridge_with(root, &[])
    }

    /// The same, with more variables.
    ///
    /// # Errors
    /// As [`Stage::bridge`].
    pub(crate) fn bridge_with(&self, root: &Path, more: &[(&str, &str)]) -> Result<boot::Bridge> {
        let mut variables = self.variables.clone();
        variables.extend(more.iter().copied());
        Ok(bridge(&settings_for(root, &self.install, variables.into())?)?)
    }

    /// For `--keep`: lines that say how to reach both.
    pub(crate) fn how_to_connect(&self) -> Vec<String> {
        vec![
            format!("  Directus   {}", self.address),
            format!("  login      {}  {}", self.login.email, self.login.password.expose()),
            format!("  database   {}", self.database.describe()),
            format!("  files      {}", self.folder.display()),
        ]
    }
}

impl Ask for Stage {
    fn ask(&self, query: &str) -> Result<Vec<String>> {
        ask(&contract::DatabaseSettings::from_environment(&self.environment().into())?, query)
    }
}

/// A dump goes into no server of somebody's.
pub(super) fn only_of_our_own() -> Failure {
    Failure::new("restore a dump: only on a server of our own").exit(Exit::Usage).hint("leave DB_HOST unset")
}

/// The first column of a query's rows, as text.
///
/// # Errors
/// What the server says.
pub(super) fn ask(settings: &contract::DatabaseSettings, query: &str) -> Result<Vec<String>> {
    let mut session = migrations::session::connect(settings, "cargo-xtask")?;
    let rows = session.client().simple_query(query)?;
    let text = |message: &postgres::SimpleQueryMessage| match message {
        postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    };
    Ok(rows.iter().filter_map(text).collect())
}

impl Database {
    fn set(ground: &Ground, choice: Choice, folder: &Path) -> Result<Database> {
        if choice == Choice::Auto
            && let Some(given) = Given::from_environment(&super::environment()?, &random_hex(4)?)?
        {
            return Ok(Database::Given(given));
        }
        Ok(Database::Own(Box::new(ground.server(folder)?)))
    }

    fn variables(&self) -> Variables {
        match self {
            Database::Own(server) => server.environment(DATABASE),
            Database::Given(given) => given.variables(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Database::Own(server) => {
                format!(
                    "Postgres with TimescaleDB: psql -h {} -U {} {DATABASE}",
                    server.socket_dir().display(),
                    server.superuser()
                )
            }
            Database::Given(given) => given.describe(),
        }
    }
}

/// What runner and Directus need to know beside the database. Nothing they could phone, nothing they could write outside the folder.
///
/// # Errors
/// When the folder for uploads cannot be made.
pub(crate) fn directus_variables(
    root: &Path,
    install: &DirectusInstall,
    folder: &Path,
    address: &Address,
    login: &Login,
) -> Result<Variables> {
    let runner = runner_variables(root, install);
    let (listening, public_port) = match address {
        Address::Port(port) => (runner.with("PORT", port), *port),
        Address::Socket(path) => (runner.with("PORT", 0).with("UNIX_SOCKET_PATH", path.display()), 8055),
        Address::Url(url) => return Err(anyhow::anyhow!("listen at {url}: only on this machine")),
    };
    std::fs::create_dir_all(folder.join("uploads"))?;
    Ok(listening
        .with("PATH", "/usr/local/bin:/usr/bin:/bin")
        .with("HOME", folder.display())
        .with("SECRET", login.secret.expose())
        .with("ADMIN_EMAIL", &login.email)
        .with("ADMIN_PASSWORD", login.password.expose())
        .with("HOST", "127.0.0.1")
        .with("PUBLIC_URL", format!("http://localhost:{public_port}"))
        .with(EXTENSIONS_PATH, root.join("extensions").display())
        .with("STORAGE_LOCAL_ROOT", folder.join("uploads").display())
        .with("TELEMETRY", false)
        // Half a second for each login, against whoever tries passwords: from this machine alone nobody does.
        .with("LOGIN_STALL_TIME", 0))
}

/// `2 * bytes` hexadecimal digits from the system's random source.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    use std::io::Read;
    let mut buffer = vec![0; bytes];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut buffer)?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
