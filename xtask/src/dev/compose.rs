//! Docker's side of `up` and `down`: the services of compose.dev.yaml, with secrets of this checkout's own.

use super::home::Home;
use super::{Instance, Lines, Options, Up};
use crate::console;
use crate::docker::Docker;
use crate::ending::Undoing;
use crate::http::Address;
use crate::process::Running;
use crate::project::PROJECT;
use anyhow::Result;
use contract::{Exit, Failure, Outcome, Variables};
use serde_json::json;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

const FILE: &str = "compose.dev.yaml";
/// Postgres' own.
const DATABASE_PORT: u16 = 5432;
const DATABASE: &str = "directus";
const SUPERUSER: &str = "postgres";

/// The services of one checkout.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    docker: Docker,
    file: PathBuf,
    pub(crate) project: String,
    pub(crate) port: u16,
    database_port: u16,
    password: String,
}

/// Whether `docker compose` is here, with a daemon that answers.
pub(crate) fn answers() -> bool {
    Docker::find().is_ok_and(|docker| docker.run("ask for compose", &["compose", "version"], |_| {}).is_ok())
}

impl Services {
    /// The services that run for this checkout, if they do.
    pub(crate) fn running(home: &Home) -> Option<Services> {
        Services::last(home).filter(Services::is_alive)
    }

    /// What was started last, whether it runs or not; `None` too when Docker does not answer.
    pub(crate) fn last(home: &Home) -> Option<Services> {
        Services::recorded(home).ok().flatten()
    }

    /// The same, for whom it matters which of the two it is.
    ///
    /// # Errors
    /// Exit 2 when there have been services and Docker does not answer now.
    pub(crate) fn recorded(home: &Home) -> Outcome<Option<Services>> {
        let Some(record) = home.read("compose") else { return Ok(None) };
        let docker = Docker::find()?;
        let port = |name: &str| u16::try_from(record[name].as_u64()?).ok();
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        let services = || {
            Some(Services {
                docker,
                file: PathBuf::from(text("file")?),
                project: text("project")?,
                port: port("port")?,
                database_port: port("database_port")?,
                password: text("database_password")?,
            })
        };
        Ok(services())
    }

    /// The variables that name the database, as seen from this machine.
    pub(crate) fn database(&self) -> Variables {
        Variables::new()
            .with("DB_CLIENT", "pg")
            .with("DB_HOST", "127.0.0.1")
            .with("DB_PORT", self.database_port)
            .with("DB_DATABASE", DATABASE)
            .with("DB_USER", SUPERUSER)
            .with("DB_PASSWORD", &self.password)
    }

    /// Stops them; their volumes stay.
    ///
    /// # Errors
    /// Docker's own words.
    pub(crate) fn stop(&self) -> Outcome<()> {
        self.compose("stop the services", &["down"], &Variables::new(), |_| {}).map(drop)
    }

    /// Stops them and removes their volumes.
    ///
    /// # Errors
    /// Docker's own words.
    pub(crate) fn remove(&self) -> Outcome<()> {
        let words = ["down", "--volumes", "--rmi", "local"];
        self.compose("remove the services", &words, &Variables::new(), |_| {}).map(drop)
    }

    fn words<'a>(&'a self, file: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        let head = [
            "compose",
            "--ansi",
            "never",
            "--progress",
            "plain",
            "--file",
            file,
            "--project-name",
            &self.project,
        ];
        head.into_iter().chain(arguments.iter().copied()).collect()
    }

    fn compose(
        &self,
        what: &str,
        arguments: &[&str],
        variables: &Variables,
        each: impl Fn(&str) + Send + 'static,
    ) -> Outcome<Vec<String>> {
        let file = self.file.display().to_string();
        self.docker.run_with(what, &self.words(&file, arguments), variables, each)
    }

    fn write(&self, home: &Home) -> Outcome<()> {
        home.write(
            "compose",
            &json!({
                "file": self.file.display().to_string(), "project": self.project, "port": self.port,
                "database_port": self.database_port, "database_password": self.password,
            }),
        )
    }
}

impl Instance for Services {
    fn is_alive(&self) -> bool {
        let of_project = format!("label=com.docker.compose.project={}", self.project);
        let of_service = "label=com.docker.compose.service=directus";
        let words =
            ["ps", "--quiet", "--filter", &of_project, "--filter", of_service, "--filter", "status=running"];
        self.docker.run("look for the services", &words, |_| {}).is_ok_and(|lines| !lines.is_empty())
    }

    fn log_place(&self) -> String {
        format!("docker compose --project-name {} logs directus", self.project)
    }

    fn follow(&self) -> Box<dyn Lines> {
        let file = self.file.display().to_string();
        let words = self.words(&file, &["logs", "--follow", "--no-log-prefix", "--tail", "0", "directus"]);
        Box::new(Logs { running: self.docker.start(&words, |_| {}).ok(), seen: 0 })
    }
}

/// `docker compose logs --follow`.
struct Logs {
    running: Option<Running>,
    seen: usize,
}

impl Lines for Logs {
    fn lines(&mut self) -> Vec<String> {
        let all = self.running.as_ref().map(Running::lines).unwrap_or_default();
        let new = all.get(self.seen..).unwrap_or_default().to_vec();
        self.seen = all.len();
        new
    }
}

/// Starts the services, or says that they run; what changed since is built and started anew by compose itself.
///
/// # Errors
/// What docker says, with the log of Directus when it did not become healthy.
pub(crate) fn up(root: &Path, home: &Home, options: &Options) -> Result<Up> {
    if options.runner.is_some() {
        return Err(Failure::new("use another runner: compose compiles its own")
            .exit(Exit::Usage)
            .hint("leave --runner out, or use --engine local")
            .into());
    }
    let docker = Docker::find()?;
    docker.run("ask for `docker compose`", &["compose", "version"], |_| {}).map_err(|failure| {
        failure.exit(Exit::Usage).hint(
            "install docker-compose-plugin (Docker's) or docker-compose 2 (Debian's); or use --engine local",
        )
    })?;
    let login = home.login_or_new()?;
    let last = Services::last(home);
    let before = last.as_ref().filter(|services| services.is_alive());
    let port = options.port.or(last.as_ref().map(|services| services.port)).unwrap_or(super::PORT);
    if before.is_none_or(|services| services.port != port) {
        super::require_free(port)?;
    }
    let services = Services {
        docker,
        file: root.join(FILE),
        project: project(home),
        port,
        database_port: match &last {
            Some(services) if before.is_some() || is_free(services.database_port) => services.database_port,
            _ => free_port()?,
        },
        // Given once: a database keeps the password that it was made with.
        password: last
            .as_ref()
            .map_or_else(|| login.password.expose().to_owned(), |services| services.password.clone()),
    };
    services.write(home)?;
    let address = Address::Port(port);
    let variables = Variables::new()
        .with("DIRECTUS_PORT", port)
        .with("DATABASE_PORT", services.database_port)
        .with("DB_DATABASE", DATABASE)
        .with("DB_PASSWORD", &services.password)
        .with("SECRET", login.secret.expose())
        .with("ADMIN_EMAIL", &login.email)
        .with("ADMIN_PASSWORD", login.password.expose())
        .with("PUBLIC_URL", &address);
    let containers = |services: &Services| {
        services.compose("look for the services", &["ps", "--quiet"], &variables, |_| {}).unwrap_or_default()
    };
    let were = before.map(|_| containers(&services));
    let undoing = before.is_none().then(|| {
        let services = services.clone();
        Undoing::new(move || drop(services.stop()))
    });
    services
        .compose("start the services", &["up", "--build", "--detach", "--wait"], &variables, show)
        .map_err(|failure| with_log(&services, failure))?;
    let same = were.is_some_and(|were| were == containers(&services));
    Ok(Up {
        engine: format!("docker compose, project {}", services.project),
        database: services.database(),
        started: undoing.filter(|_| !same),
        was_running: same,
        unsaved: Vec::new(),
        instance: Box::new(services),
        address,
        login,
    })
}

/// Compose's own names are lower case.
fn project(home: &Home) -> String {
    let name = home.dir().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!("{}-{name}", PROJECT.name)
}

/// What a build and containers have to tell; the rest is kept for the error.
fn show(line: &str) {
    crate::image::build::tell(line);
    let line = line.trim();
    if line.starts_with("Container ")
        && ["Started", "Healthy", "Recreated"].iter().any(|word| line.ends_with(word))
    {
        console::say(&format!("    {line}"));
    }
}

fn with_log(services: &Services, failure: Failure) -> Failure {
    let log = services.compose(
        "read the log",
        &["logs", "--no-log-prefix", "--tail", "40", "directus"],
        &Variables::new(),
        |_| {},
    );
    let lines: Vec<String> = log.unwrap_or_default().iter().map(|line| format!("  | {line}")).collect();
    let before = failure.excerpt.clone().unwrap_or_default();
    failure.exit(Exit::Failed).excerpt(
        format!("{before}\n  Directus' log, last lines:\n{}", lines.join("\n")).trim_start().to_owned(),
    )
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Postgres' own port, else any other.
fn free_port() -> Result<u16> {
    if is_free(DATABASE_PORT) {
        return Ok(DATABASE_PORT);
    }
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
