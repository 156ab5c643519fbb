//! The Docker client, found and asked by its command line. A machine may have several, and one without BuildKit may come first.

use crate::process::{self, Env};
use contract::{Exit, Failure, Outcome, Secret, Variables};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A client that reaches a daemon and can build with BuildKit.
#[derive(Clone, Debug)]
pub(crate) struct Docker {
    program: PathBuf,
    configuration: Option<Configuration>,
}

/// A configuration folder of our own, and the daemon that the user's names: as a context of theirs it would be unknown there.
#[derive(Clone, Debug)]
struct Configuration {
    folder: PathBuf,
    host: String,
}

/// Why there is none.
#[derive(Clone, Debug)]
enum Lack {
    Client,
    Daemon(String),
    BuildKit,
}

impl Docker {
    /// The first client on PATH that will do.
    ///
    /// # Errors
    /// Exit 2: no client, no daemon, no right to talk to it, or no BuildKit; each with its remedy.
    pub(crate) fn find() -> Outcome<Docker> {
        static FOUND: OnceLock<Result<Docker, Lack>> = OnceLock::new();
        FOUND.get_or_init(look).clone().map_err(|lack| lack.failure())
    }

    /// The same client and daemon with a configuration folder of its own: credentials in it are nobody else's.
    ///
    /// # Errors
    /// When the client does not say which daemon it talks to.
    pub(crate) fn with_configuration(&self, folder: &Path) -> Outcome<Docker> {
        let words = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
        let host = self.ask("ask for the daemon's address", &words)?;
        Ok(Docker { configuration: Some(Configuration { folder: folder.to_owned(), host }), ..self.clone() })
    }

    fn env(&self, more: &Variables) -> Env {
        // Registries show attestations as an image of an unknown architecture (C8).
        let all = more.clone().with("DOCKER_BUILDKIT", 1).with("BUILDX_NO_DEFAULT_ATTESTATIONS", 1);
        Env::Inherited(match &self.configuration {
            Some(own) => all.with("DOCKER_CONFIG", own.folder.display()).with("DOCKER_HOST", &own.host),
            None => all,
        })
    }

    /// Runs one command to its end; `each` sees its lines as they come.
    ///
    /// # Errors
    /// Docker's own exit code and words.
    pub(crate) fn run(
        &self,
        what: &str,
        arguments: &[&str],
        each: impl Fn(&str) + Send + 'static,
    ) -> Outcome<Vec<String>> {
        self.run_with(what, arguments, &Variables::new(), each)
    }

    /// The same with variables that its arguments name: a value on the command line would be everybody's to read.
    ///
    /// # Errors
    /// As [`Docker::run`].
    pub(crate) fn run_with(
        &self,
        what: &str,
        arguments: &[&str],
        variables: &Variables,
        each: impl Fn(&str) + Send + 'static,
    ) -> Outcome<Vec<String>> {
        process::run(what, &self.program, arguments, self.env(variables), each)
    }

    /// Starts one command that goes on.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(
        &self,
        arguments: &[&str],
        each: impl Fn(&str) + Send + 'static,
    ) -> Outcome<process::Running> {
        process::start(&self.program, arguments, self.env(&Variables::new()), each)
    }

    /// What a command writes to stdout, byte for byte.
    ///
    /// # Errors
    /// As [`Docker::run`].
    pub(crate) fn output(&self, what: &str, arguments: &[&str]) -> Outcome<Vec<u8>> {
        self.output_with(what, arguments, &Variables::new())
    }

    /// The same with variables that its arguments name.
    ///
    /// # Errors
    /// As [`Docker::run`].
    pub(crate) fn output_with(
        &self,
        what: &str,
        arguments: &[&str],
        variables: &Variables,
    ) -> Outcome<Vec<u8>> {
        process::output_with(what, &self.program, arguments, self.env(variables))
    }

    /// One command with these bytes on its stdin.
    ///
    /// # Errors
    /// As [`Docker::run`].
    pub(crate) fn feed(&self, what: &str, arguments: &[&str], input: &[u8]) -> Outcome<()> {
        process::run_with_input(what, &self.program, arguments, self.env(&Variables::new()), input)
    }

    /// The last line that a short command says.
    ///
    /// # Errors
    /// As [`Docker::run`].
    pub(crate) fn ask(&self, what: &str, arguments: &[&str]) -> Outcome<String> {
        Ok(self.run(what, arguments, |_| {})?.pop().unwrap_or_default())
    }

    /// What `docker inspect` says of one object, parsed.
    ///
    /// # Errors
    /// When there is no such object.
    pub(crate) fn inspect(&self, kind: &str, name: &str) -> Outcome<Value> {
        let what = format!("look at the {kind} `{name}`");
        let lines = self.run(&what, &[kind, "inspect", name], |_| {})?;
        let mut all: Value = serde_json::from_str(&lines.join("\n"))
            .map_err(|error| Failure::new(what).cause(format!("docker's answer: {error}")))?;
        Ok(all[0].take())
    }

    /// Whether an image is here.
    pub(crate) fn has_image(&self, name: &str) -> bool {
        self.run("look for an image", &["image", "inspect", "--format", "{{.Id}}", name], |_| {}).is_ok()
    }

    /// Takes the image from its registry unless it is here.
    ///
    /// # Errors
    /// Exit 1 when it cannot be had, with the way around.
    pub(crate) fn provide(&self, image: &str) -> Outcome<()> {
        if self.has_image(image) {
            return Ok(());
        }
        crate::console::say(&format!("    pulling {image}"));
        self.run(&format!("pull `{image}`"), &["pull", image], |_| {})
            .map(drop)
            .map_err(|failure| failure.exit(Exit::Failed).hint(NO_REGISTRY))
    }

    /// Removes an image unless somebody has named it. An error leaves one more that `docker image prune` removes.
    pub(crate) fn remove_unnamed(&self, id: &str) {
        let has_names = |image: Value| image["RepoTags"].as_array().is_some_and(|names| !names.is_empty());
        if self.inspect("image", id).is_ok_and(|image| !has_names(image)) {
            let _ = self.run("remove an image", &["rmi", id], |_| {});
        }
    }

    /// The label by which a stand-in tells what it is; none for a real image.
    pub(crate) fn stand_in(&self, image: &str) -> Option<String> {
        let image = self.inspect("image", image).ok()?;
        image["Config"]["Labels"]["stand-in"].as_str().map(str::to_owned)
    }

    /// Logs in to a registry; the password goes by stdin.
    ///
    /// # Errors
    /// Exit 2 when the registry refuses; exit 1 when it cannot be reached.
    pub(crate) fn log_in(&self, registry: &str, user: &str, password: &Secret) -> Outcome<()> {
        let arguments = ["login", "--username", user, "--password-stdin", registry];
        let what = format!("log in to `{registry}` as `{user}`");
        self.feed(&what, &arguments, password.expose().as_bytes()).map_err(|failure| {
            match is_refusal(&failure) {
                true => failure.exit(Exit::Usage).hint(
                    "check REGISTRY_USER and REGISTRY_TOKEN: a token needs the right to write packages",
                ),
                false => failure.exit(Exit::Failed).hint("is the registry up, and reachable from here?"),
            }
        })
    }
}

/// Whether it was the registry that did not want this account, or did not want this of it.
pub(crate) fn is_refusal(failure: &Failure) -> bool {
    let said = failure.excerpt.as_deref().unwrap_or_default().to_lowercase();
    ["unauthorized", "denied", "forbidden", "incorrect username"].iter().any(|word| said.contains(word))
}

/// The remedy where images cannot be pulled.
pub(crate) const NO_REGISTRY: &str =
    "is a registry within reach? without one, scripts/base-images.sh makes stand-ins for the base images";

fn look() -> Result<Docker, Lack> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut lack = Lack::Client;
    for folder in std::env::split_paths(&path) {
        let program = folder.join("docker");
        if !program.is_file() {
            continue;
        }
        let docker = Docker { program, configuration: None };
        match docker.run(
            "ask the daemon",
            &["version", "--format", "{{.Client.Version}} {{.Server.Version}}"],
            |_| {},
        ) {
            Ok(lines) if docker.builds(lines.last().map_or("", String::as_str)) => return Ok(docker),
            Ok(_) => lack = Lack::BuildKit,
            Err(failure) => {
                if matches!(lack, Lack::Client) {
                    lack = Lack::Daemon(failure.excerpt.unwrap_or(failure.what));
                }
            }
        }
    }
    Err(lack)
}

impl Docker {
    /// Clients before 23 bring BuildKit themselves; later ones need the plugin.
    fn builds(&self, versions: &str) -> bool {
        let major = versions.split('.').next().and_then(|text| text.parse::<u32>().ok());
        major.is_some_and(|major| major < 23)
            || self.run("ask for buildx", &["buildx", "version"], |_| {}).is_ok()
    }
}

impl Lack {
    fn failure(self) -> Failure {
        let failure = |what: &str, hint: &str| Failure::new(what).exit(Exit::Usage).hint(hint);
        match self {
            Lack::Client => failure(
                "find Docker: no `docker` on PATH",
                "install it: https://docs.docker.com/engine/install",
            ),
            Lack::Daemon(said) if said.contains("permission denied") => failure(
                "talk to the Docker daemon: permission denied",
                "sudo usermod -aG docker $USER, and log in again; or use sudo",
            ),
            Lack::Daemon(said) => failure(
                "talk to the Docker daemon: it does not answer",
                "start it: sudo systemctl start docker, or sudo dockerd &",
            )
            .excerpt(said),
            Lack::BuildKit => failure(
                "find a Docker client with BuildKit: `docker buildx` is missing",
                "install the plugin: apt-get install docker-buildx-plugin (Docker's packages) or docker-buildx (Debian's)",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_credentials_of_its_own_it_is_still_the_users_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker");
        let script = "#!/bin/sh\ncase $1 in context) echo unix:///run/user/1/docker.sock ;; *) echo $DOCKER_HOST $DOCKER_CONFIG ;; esac\n";
        // By another process: a file that a thread of ours has open for writing cannot be started.
        let write = std::process::Command::new("sh")
            .args(["-c", "printf %s \"$1\" >\"$0\" && chmod +x \"$0\""])
            .args([program.as_os_str(), script.as_ref()])
            .status();
        assert!(write.unwrap().success());
        let docker = Docker { program, configuration: None };
        let docker = docker.with_configuration(Path::new("/own")).unwrap();
        assert_eq!(docker.ask("ask", &["push"]).unwrap(), "unix:///run/user/1/docker.sock /own");
    }
}
