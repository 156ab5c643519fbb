//! The docker engine: the candidate image beside a throwaway TimescaleDB, in containers of their own on a network of their own. With
//! DB_HOST set (a CI service) that server is used, and the candidate joins the network that this process is on.
//!
//! Everything has a label with the time of its making and the process that made it. It is removed at the end, on Ctrl-C too; what a killed
//! run leaves, the next one finds by the label.

use super::given::Given;
use super::scene::{Ask, HEALTHY_WITHIN, Scene, Serving, catalog_of, not_healthy};
use crate::console;
use crate::directus::{Credentials, Directus};
use crate::docker::Docker;
use crate::ending::Undoing;
use crate::http::Address;
use crate::image::build::Labels;
use crate::project::PROJECT;
use anyhow::Result;
use catalog::File;
use contract::{Exit, Failure, Outcome, Secret, Variables};
use rustix::process::getpid;
use serde_json::Value;
use snapshot::Snapshot;
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const DATABASE: &str = "directus";
const SUPERUSER: &str = "postgres";
const EMAIL: &str = "admin@example.com";
/// Directus' own, inside the container.
const INNER_PORT: u16 = 8055;
/// No run takes as long, in seconds, but one that is kept: older things are nobody's, where their owner cannot be asked after.
const ABANDONED_AFTER_S: u64 = 7200;
/// The user's patience with `docker stop`, in seconds.
const STOP_S: u64 = 10;
/// Where Directus listens inside the container: no port of a network that it may share with others.
const SOCKET: &str = "/tmp/directus.sock";
/// The container that serves, by the end of its name.
const DIRECTUS: &str = "directus";
/// Lines of a container's log that a failure shows.
const LOG_LINES: &str = "40";

/// One throwaway database and the image under test.
pub(crate) struct DockerScene {
    docker: Docker,
    image: String,
    id: String,
    network: String,
    database: Database,
    password: String,
    secret: String,
    listen: Listen,
    _undoing: Undoing,
}

/// Where Directus listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// Inside its container alone.
    Socket,
    /// On this port of this machine.
    Port(u16),
    /// On any port of this machine.
    AnyPort,
}

impl Listen {
    /// What tells Directus. On a network that it shares with us, as the machine's own, it listens where we are and nobody else is.
    fn variables(self, is_shared: bool) -> Variables {
        match (self, is_shared) {
            (Listen::Socket, _) => Variables::new().with("UNIX_SOCKET_PATH", SOCKET),
            (Listen::Port(port), true) => Variables::new().with("HOST", "127.0.0.1").with("PORT", port),
            (Listen::Port(_), false) | (Listen::AnyPort, _) => Variables::new(),
        }
    }
}

enum Database {
    /// A container of our own, by its name.
    Own(String),
    Given(Given),
}

impl DockerScene {
    /// Makes network and database for `image`.
    ///
    /// # Errors
    /// When docker refuses, or the database's image cannot be had.
    pub(crate) fn set(docker: &Docker, image: &str, listen: Listen) -> Result<DockerScene> {
        sweep(docker);
        let id = super::random_hex(4)?;
        let label = Label::of_this_process();
        let undoing = Undoing::new({
            let (docker, id) = (docker.clone(), id.clone());
            move || remove(&docker, &format!("label={}={id}", run_label()))
        });
        let password = super::random_hex(12)?;
        let given = Given::from_environment(&super::environment()?, &id)?;
        let (network, database) = match given {
            Some(given) => (shared_network(), Database::Given(given)),
            None => {
                docker.provide(&PROJECT.database_image)?;
                let network = format!("{}-dry-run-{id}", PROJECT.name);
                let labels = label.arguments(&id);
                let mut words = vec!["network", "create"];
                words.extend(labels.iter().map(String::as_str));
                words.push(&network);
                docker.run("make a network", &words, |_| {})?;
                let name = format!("{network}-database");
                start_database(docker, &network, &name, &labels, &password)?;
                (network, Database::Own(name))
            }
        };
        let secret = super::random_hex(32)?;
        // Docker chooses a port where it publishes one; on a network that is ours too there is nothing to publish.
        let listen = match (listen, &database) {
            (Listen::AnyPort, Database::Given(_)) => Listen::Port(free_port()?),
            _ => listen,
        };
        let scene = DockerScene {
            docker: docker.clone(),
            image: image.to_owned(),
            id,
            network,
            database,
            password,
            secret,
            listen,
            _undoing: undoing,
        };
        console::say(&format!("    {}", scene.describe()));
        Ok(scene)
    }

    fn describe(&self) -> String {
        match &self.database {
            Database::Own(name) => format!("{} as `{name}`", PROJECT.database_image),
            Database::Given(given) => given.describe(),
        }
    }

    /// The candidate's environment.
    fn environment(&self) -> Variables {
        let mut all = match &self.database {
            Database::Given(given) => given.variables(),
            Database::Own(_) => Variables::from([
                ("DB_HOST", "database"),
                ("DB_DATABASE", DATABASE),
                ("DB_USER", SUPERUSER),
                ("DB_PASSWORD", &self.password),
            ]),
        };
        all.extend([
            ("SECRET", self.secret.as_str()),
            ("ADMIN_EMAIL", EMAIL),
            ("ADMIN_PASSWORD", &self.password),
            ("PUBLIC_URL", "http://localhost:8055"),
            ("TELEMETRY", "false"),
        ]);
        all.extend(self.listen.variables(self.is_shared()));
        all
    }

    /// `docker run` of the candidate, as far as all its uses have it in common, and the variables that it names.
    fn run_words(&self, role: &str, variables: &Variables) -> (Vec<String>, Variables) {
        let mut environment = self.environment();
        environment.extend(variables);
        let mut words: Vec<String> =
            ["run", "--network", &self.network, "--name", &self.name(role)].map(str::to_owned).to_vec();
        words.extend(Label::of_this_process().arguments(&self.id));
        words.extend(environment.iter().flat_map(|(name, _)| ["--env", name]).map(str::to_owned));
        (words, environment)
    }

    fn name(&self, role: &str) -> String {
        format!("{}-dry-run-{}-{role}", PROJECT.name, self.id)
    }

    fn is_shared(&self) -> bool {
        matches!(self.database, Database::Given(_))
    }

    /// The last words of a container, if it is still there.
    fn log(&self, name: &str) -> Vec<String> {
        let tail = ["logs", "--tail", LOG_LINES, name];
        self.docker.run("read a container's log", &tail, |_| {}).unwrap_or_default()
    }

    /// What failed, with the last words of Directus and of the database: whichever step it was, the reason is often there.
    pub(crate) fn with_logs(&self, error: &anyhow::Error) -> Failure {
        let mut failure = crate::as_failure(error);
        let mut blocks: Vec<String> = failure.excerpt.take().into_iter().collect();
        blocks.extend(block("Directus' log", &self.log(&self.name(DIRECTUS))));
        blocks.extend(match &self.database {
            Database::Own(name) => block("the database's log", &self.log(name)),
            Database::Given(given) => {
                Some(format!("  the database's log is with its server, the {}", given.describe()))
            }
        });
        failure.excerpt(blocks.join("\n"))
    }
}

/// A log as a part of a failure.
fn block(whose: &str, lines: &[String]) -> Option<String> {
    let lines: Vec<String> = lines.iter().map(|line| format!("  | {line}")).collect();
    (!lines.is_empty()).then(|| format!("  {whose}, last lines:\n{}", lines.join("\n")))
}

/// How long a database's container may take to come up.
const DATABASE_UP_WITHIN: Duration = Duration::from_secs(60);

impl DockerScene {
    /// Restores a dump into the database: the versions of its extensions are those of the image that production runs.
    ///
    /// # Errors
    /// What psql or pg_restore say; exit 2 on a server that is not ours.
    pub(crate) fn restore(&self, dump: &[u8]) -> Result<()> {
        let Database::Own(name) = &self.database else {
            return Err(super::local::only_of_our_own().into());
        };
        // Over TCP: the server that the image starts first, to set itself up, listens on its socket alone.
        let ready = ["exec", name, "pg_isready", "--quiet", "--host", "127.0.0.1"];
        let began = Instant::now();
        while self.docker.run("wait for the database", &ready, |_| {}).is_err() {
            if began.elapsed() > DATABASE_UP_WITHIN {
                return Err(Failure::new("wait for the database: it does not come up").into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let restore = testbed::Restore::of(dump);
        restore.before.map_or(Ok(Vec::new()), |before| self.ask(before))?;
        let mut words = vec!["exec", "--interactive", name];
        words.extend(restore.program);
        words.extend(["--username", SUPERUSER, "--dbname", DATABASE]);
        let fed = self.docker.feed(&restore.what(), &words, dump);
        fed.map_err(|failure| {
            failure.exit(Exit::Failed).hint(format!(
                "make the dump with pg_dump --no-owner --no-privileges, from the versions that {} has",
                PROJECT.database_image
            ))
        })?;
        restore.after.map_or(Ok(Vec::new()), |after| self.ask(after))?;
        Ok(())
    }

    /// For an image that is made for this run alone: it goes with everything else of it.
    pub(crate) fn labels(&self) -> Labels {
        Label::of_this_process().pairs(&self.id).into()
    }

    /// Lays the candidate's runner at `path` of this machine.
    ///
    /// # Errors
    /// Docker's own words.
    pub(crate) fn lay_runner(&self, path: &Path) -> Result<()> {
        std::fs::create_dir_all(path.parent().unwrap_or(path))?;
        let words =
            ["run", "--rm", "--network", "none", "--entrypoint", "cat", &self.image, "/usr/local/bin/runner"];
        let runner = self.docker.output("take the candidate's runner", &words)?;
        std::fs::write(path, runner)?;
        Ok(std::fs::set_permissions(path, Permissions::from_mode(0o755))?)
    }

    /// `prepare` of another image, on the same database.
    ///
    /// # Errors
    /// As [`Scene::prepare`].
    pub(crate) fn prepare_image(&self, image: &str, variables: &Variables) -> Result<()> {
        let (mut words, environment) = self.run_words("prepare", variables);
        words.extend(["--rm", image, "prepare"].map(str::to_owned));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.docker.run_with("boot with the image's runner", &words, &environment, super::show)?;
        Ok(())
    }

    /// `start` of another image, on the same database.
    ///
    /// # Errors
    /// As [`Scene::start`].
    pub(crate) fn start_image(&self, image: &str) -> Result<Box<dyn Serving + '_>> {
        let (mut words, environment) = self.run_words(DIRECTUS, &Variables::new());
        // Its own health check, asked more often.
        words.extend(["--detach", "--health-interval", "1s"].map(str::to_owned));
        match (self.listen, self.is_shared()) {
            (Listen::Socket, _) | (_, true) => {}
            (Listen::Port(port), false) => {
                words.extend(["--publish".to_owned(), format!("127.0.0.1:{port}:8055")])
            }
            (Listen::AnyPort, false) => words.extend(["--publish".to_owned(), "127.0.0.1::8055".to_owned()]),
        }
        words.extend([image.to_owned(), "start".to_owned()]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.docker.run_with("start the image", &words, &environment, |_| {})?;
        let serving = Container { scene: self, name: self.name(DIRECTUS) };
        let began = Instant::now();
        let mut last = String::new();
        while began.elapsed() < HEALTHY_WITHIN {
            let state = serving.state()?;
            if state["Running"] != true {
                return Err(Failure::new("start the image: its container ended").into());
            }
            if state["Health"]["Status"] == "healthy" {
                return Ok(Box::new(serving));
            }
            if let Some(said) =
                state["Health"]["Log"].as_array().and_then(|log| log.last()?["Output"].as_str())
            {
                last = said.trim().to_owned();
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err(not_healthy(&last).into())
    }
}

impl Ask for DockerScene {
    fn ask(&self, query: &str) -> Result<Vec<String>> {
        match &self.database {
            Database::Given(given) => super::local::ask(given.settings(), query),
            Database::Own(name) => {
                let mut words =
                    vec!["exec", name, "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"];
                words.extend([
                    "--set",
                    "ON_ERROR_STOP=1",
                    "--username",
                    SUPERUSER,
                    "--command",
                    query,
                    DATABASE,
                ]);
                let said = self.docker.output("ask the database", &words)?;
                Ok(String::from_utf8_lossy(&said).lines().map(str::to_owned).collect())
            }
        }
    }
}

impl Scene for DockerScene {
    fn prepare(&self, variables: &[(&str, &str)]) -> Result<()> {
        let mut all = Variables::from_iter(super::consent()?);
        all.extend(variables.iter().copied());
        self.prepare_image(&self.image, &all)
    }

    fn catalog(&self) -> Result<File> {
        let off = Variables::new().with(contract::env::CATALOG, "off");
        let (mut words, environment) = self.run_words("catalog", &off);
        words.extend(["--rm", &self.image, "catalog"].map(str::to_owned));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        catalog_of(&self.docker.output_with(
            "read the catalog with the image's runner",
            &words,
            &environment,
        )?)
    }

    fn picture(&self) -> Result<String> {
        super::picture::take(self)
    }

    fn start(&self) -> Result<Box<dyn Serving + '_>> {
        self.start_image(&self.image)
    }

    fn how_to_connect(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "  Directus   {}",
                match self.listen {
                    Listen::Port(port) => Address::Port(port),
                    Listen::Socket | Listen::AnyPort => Address::Port(INNER_PORT),
                }
            ),
            format!("  login      {EMAIL}  {}", self.password),
        ];
        lines.push(match &self.database {
            Database::Own(name) => {
                format!("  database   docker exec -it {name} psql -U {SUPERUSER} {DATABASE}")
            }
            Database::Given(given) => format!("  database   {}", given.describe()),
        });
        lines.push(format!("  container  {}", self.name(DIRECTUS)));
        lines
    }

    fn stand_ins(&self) -> Vec<String> {
        let images = [(self.image.as_str(), "Directus"), (PROJECT.database_image.as_str(), "the database")];
        let used = |image: &str| image == self.image || matches!(self.database, Database::Own(_));
        images
            .into_iter()
            .filter(|(image, _)| used(image))
            .filter_map(|(image, what)| Some(format!("{what}: {}", self.docker.stand_in(image)?)))
            .collect()
    }
}

/// The candidate that serves.
struct Container<'a> {
    scene: &'a DockerScene,
    name: String,
}

impl Container<'_> {
    fn state(&self) -> Outcome<Value> {
        Ok(self.scene.docker.inspect("container", &self.name)?["State"].take())
    }

    /// Where Docker has put Directus' port: `127.0.0.1:49153`.
    fn published_port(&self) -> Outcome<u16> {
        let what = "ask for the published port";
        let said = self.scene.docker.ask(what, &["port", &self.name, "8055/tcp"])?;
        let port = said.rsplit(':').next().and_then(|text| text.parse().ok());
        port.ok_or_else(|| Failure::new(what).cause(format!("docker says `{said}`")))
    }
}

impl Serving for Container<'_> {
    fn schema(&mut self) -> Result<Snapshot> {
        let words = ["exec", &self.name, "runner", "snapshot"];
        let said = self.scene.docker.output("ask the container for its schema", &words)?;
        let schema: Value = serde_json::from_slice(&said)?;
        Snapshot::from_json(schema)
            .map_err(|error| Failure::new("read the container's schema").cause(error).into())
    }

    fn directus(&self) -> Result<Directus> {
        let credentials = Credentials::Login {
            email: EMAIL.to_owned(),
            password: Secret::new(self.scene.password.clone()),
        };
        let address = match self.scene.listen {
            Listen::Port(port) => Address::Port(port),
            Listen::Socket | Listen::AnyPort => Address::Port(self.published_port()?),
        };
        Ok(Directus::connect(&address, credentials)?)
    }

    fn has_ended(&self) -> Result<bool> {
        Ok(self.state()?["Running"] != true)
    }

    fn stop(self: Box<Self>) -> Result<()> {
        let began = Instant::now();
        let words = ["stop", "--time", &STOP_S.to_string(), &self.name];
        self.scene.docker.run("stop the container", &words, |_| {})?;
        let took = began.elapsed();
        let code = self.state()?["ExitCode"].clone();
        if code != 143 || took > Duration::from_secs(STOP_S) {
            let seconds = took.as_secs_f64();
            return Err(Failure::new(format!(
                "stop Directus: exit code {code} after {seconds:.1} s, expected 143"
            ))
            .into());
        }
        if !self.scene.log(&self.name).iter().any(|line| line.contains("Bye bye!")) {
            return Err(Failure::new("stop Directus: its own shutdown is not in its log").into());
        }
        self.scene.docker.run("remove the container", &["rm", "--volumes", &self.name], |_| {})?;
        Ok(())
    }
}

/// The label that one run's things have in common.
fn run_label() -> String {
    format!("{}.dry-run", PROJECT.name)
}

/// The label that says whose they are: `HOST PID START EPOCH`.
fn owner_label() -> String {
    format!("{}.owner", PROJECT.name)
}

/// Who made something, and when.
#[derive(Debug, PartialEq, Eq)]
struct Label {
    host: String,
    pid: String,
    /// When the process started, in the kernel's own ticks: a number taken again is another process.
    started: String,
    made: u64,
}

impl Label {
    fn of_this_process() -> Label {
        let pid = getpid().as_raw_nonzero().to_string();
        let made = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Label { host: host(), started: started(&pid).unwrap_or_default(), pid, made }
    }

    /// The labels themselves: of which run, and whose.
    fn pairs(&self, id: &str) -> [(String, String); 2] {
        let owner = format!("{} {} {} {}", self.host, self.pid, self.started, self.made);
        [(run_label(), id.to_owned()), (owner_label(), owner)]
    }

    fn arguments(&self, id: &str) -> Vec<String> {
        let each = |(name, value)| ["--label".to_owned(), format!("{name}={value}")];
        self.pairs(id).into_iter().flat_map(each).collect()
    }

    fn parse(text: &str) -> Option<Label> {
        let [host, pid, started, made] = <[&str; 4]>::try_from(text.split(' ').collect::<Vec<_>>()).ok()?;
        Some(Label {
            host: host.to_owned(),
            pid: pid.to_owned(),
            started: started.to_owned(),
            made: made.parse().ok()?,
        })
    }

    /// Whether its owner is gone: known for a process of this host, and assumed of others after a long time.
    fn is_abandoned(&self, now: u64) -> bool {
        if self.host == host() {
            return started(&self.pid).as_ref() != Some(&self.started);
        }
        self.made + ABANDONED_AFTER_S < now
    }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().replace(' ', "-")
}

/// The 22nd field of /proc/PID/stat; the name in the second may contain anything.
fn started(pid: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(19).map(str::to_owned)
}

/// Removes what killed runs left. An error is no failure: somebody else may be removing it too.
fn sweep(docker: &Docker) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let format = format!("{{{{.Label \"{}\"}}}}\t{{{{.Label \"{}\"}}}}", run_label(), owner_label());
    let filter = format!("label={}", run_label());
    let mut seen = Vec::new();
    for kind in [&["ps", "--all"][..], &["network", "ls"]] {
        let words: Vec<&str> =
            kind.iter().copied().chain(["--filter", &filter, "--format", &format]).collect();
        seen.extend(docker.run("look for what killed runs left", &words, |_| {}).unwrap_or_default());
    }
    seen.sort();
    seen.dedup();
    for (id, owner) in seen.iter().filter_map(|line| line.split_once('\t')) {
        if Label::parse(owner).is_none_or(|label| label.is_abandoned(now)) {
            console::say(&format!("    removing what a killed run had left: {id}"));
            remove(docker, &format!("label={}={id}", run_label()));
        }
    }
}

/// Containers with their volumes, then networks, then images.
fn remove(docker: &Docker, filter: &str) {
    let names =
        |words: &[&str]| docker.run("look for what is to be removed", words, |_| {}).unwrap_or_default();
    let containers = names(&["ps", "--all", "--quiet", "--filter", filter]);
    if !containers.is_empty() {
        let words: Vec<&str> =
            ["rm", "--force", "--volumes"].into_iter().chain(containers.iter().map(String::as_str)).collect();
        let _ = docker.run("remove containers", &words, |_| {});
    }
    for network in names(&["network", "ls", "--quiet", "--filter", filter]) {
        let _ = docker.run("remove a network", &["network", "rm", &network], |_| {});
    }
    for image in names(&["image", "ls", "--quiet", "--filter", filter]) {
        let _ = docker.run("remove an image", &["rmi", &image], |_| {});
    }
}

fn start_database(
    docker: &Docker,
    network: &str,
    name: &str,
    labels: &[String],
    password: &str,
) -> Result<()> {
    let mut words =
        vec!["run", "--detach", "--network", network, "--network-alias", "database", "--name", name];
    words.extend(labels.iter().map(String::as_str));
    words.extend(["--env", "POSTGRES_PASSWORD", "--env", "POSTGRES_DB", &PROJECT.database_image]);
    // Nobody needs these rows after a power cut.
    words.extend(["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"]);
    let variables = [("POSTGRES_PASSWORD", password), ("POSTGRES_DB", DATABASE)].into();
    docker.run_with("start the database", &words, &variables, |_| {})?;
    Ok(())
}

/// A port of this machine that nobody listens on now; if somebody takes it meanwhile, Directus says so itself.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The network that this process is on: that of the job's container (C4), or the machine's.
fn shared_network() -> String {
    let in_container = std::path::Path::new("/.dockerenv").exists();
    match std::env::var("JOB_CONTAINER_NAME") {
        Ok(name) if !name.is_empty() => format!("container:{name}"),
        _ if in_container => format!("container:{}", host()),
        _ => "host".to_owned(),
    }
}

/// The image under test, by its id, so that a name that moves meanwhile changes nothing.
///
/// # Errors
/// Exit 2 when there is no such image.
pub(crate) fn image_id(docker: &Docker, name: &str) -> Outcome<String> {
    let image = docker.inspect("image", name).map_err(|_| {
        Failure::new(format!("find the image `{name}`"))
            .exit(Exit::Usage)
            .hint("cargo xtask image, or docker pull")
    })?;
    Ok(image["Id"].as_str().unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_living_process_made_is_not_abandoned_and_what_a_dead_one_left_is() {
        let own = Label::of_this_process();
        assert!(!own.is_abandoned(own.made + 10));
        // Kept, it may live for days.
        assert!(!own.is_abandoned(own.made + ABANDONED_AFTER_S + 1));
        let dead = Label { started: "1".to_owned(), ..Label::of_this_process() };
        assert!(dead.is_abandoned(dead.made));
        let elsewhere =
            Label { host: "elsewhere".to_owned(), started: "1".to_owned(), ..Label::of_this_process() };
        assert!(!elsewhere.is_abandoned(elsewhere.made));
        assert!(elsewhere.is_abandoned(elsewhere.made + ABANDONED_AFTER_S + 1));
    }

    #[test]
    fn on_the_machines_own_network_directus_listens_on_loopback_and_the_port_that_was_chosen() {
        let variables = |listen: Listen| {
            let all = listen.variables(true);
            all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(variables(Listen::Port(9000)), ["HOST=127.0.0.1", "PORT=9000"]);
        assert_eq!(variables(Listen::Socket), ["UNIX_SOCKET_PATH=/tmp/directus.sock"]);
        // Published, it must listen on the container's own address.
        assert_eq!(Listen::Port(9000).variables(false), Variables::new());
    }

    #[test]
    fn a_label_survives_its_text() {
        let own = Label::of_this_process();
        let text = own.arguments("0a").pop().unwrap();
        assert_eq!(Label::parse(text.split_once('=').unwrap().1), Some(own));
    }
}
