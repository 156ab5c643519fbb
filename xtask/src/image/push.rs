//! Publishing: the proved image itself gets its names and goes to the registry; first the name of its commit, then the one that moves.

use super::record::Record;
use crate::console;
use crate::docker::{Docker, is_refusal};
use crate::ending::Undoing;
use anyhow::{Context as _, Result};
use contract::env::Environment;
use contract::{Exit, Failure, Outcome, Secret};
use std::net::Ipv4Addr;

/// Who pushes.
const USER: &str = "REGISTRY_USER";
/// With what right; also as `REGISTRY_TOKEN_FILE`.
const TOKEN: &str = "REGISTRY_TOKEN";

/// What the checkout says when something is to be published out of it.
pub(crate) struct Standing {
    /// The commit that is checked out.
    pub(crate) head: String,
    /// Whether the main branch has it, here or where it came from.
    pub(crate) is_on_main: bool,
    /// What the image's base is a stand-in for, where that matters.
    pub(crate) stand_in: Option<String>,
}

/// Whether a repository is on this machine alone: nobody runs what is tried there.
pub(crate) fn is_loopback(repository: &str) -> bool {
    let registry = repository.split('/').next().unwrap_or_default();
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost" || host == "[::1]" || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
}

/// Why an image is not published; `None` when it may be.
pub(crate) fn refusal(record: &Record, standing: &Standing) -> Option<Failure> {
    let (why, hint) = if !record.proved {
        ("no dry run of this very image has passed", "cargo xtask dry-run --engine docker --image")
    } else if record.revision.ends_with("-dirty") {
        (
            "it was not built from a commit, so nobody could build it again",
            "git commit, cargo xtask image, and the dry run once more",
        )
    } else if record.revision != standing.head {
        (
            "it was built from another commit than the one that is checked out",
            "cargo xtask image, and the dry run once more",
        )
    } else if !standing.is_on_main {
        (
            "its commit is not on the branch main, and it would become :main",
            "merge it first: the workflow publishes what is on main",
        )
    } else if let Some(what) = &standing.stand_in {
        let why = format!("its base is a stand-in and no Directus that anybody should run: {what}");
        return Some(refused(&why).hint(
            "where the base image can be pulled: scripts/base-images.sh directus, cargo xtask image, and the dry run once more",
        ));
    } else {
        return None;
    };
    Some(refused(why).hint(hint))
}

fn refused(why: &str) -> Failure {
    Failure::new(format!("push the image: {why}")).exit(Exit::Refused)
}

/// Under which names, and who does it.
pub(crate) struct Publication {
    /// `git.example.com/team/directus`.
    repository: String,
    user: String,
    token: Secret,
}

impl Publication {
    /// Reads the credentials; nothing has happened yet.
    ///
    /// # Errors
    /// Exit 2 when one is missing.
    pub(crate) fn from_environment(environment: &Environment, repository: &str) -> Outcome<Publication> {
        let get = |name: &str| {
            environment.get(name).map(str::to_owned).ok_or_else(|| {
                Failure::new(format!("push the image: `{name}` is not set")).exit(Exit::Usage).hint(format!(
                    "{USER} and {TOKEN} (or {TOKEN}_FILE): a user and a token that may write packages"
                ))
            })
        };
        Ok(Publication {
            repository: repository.to_owned(),
            user: get(USER)?,
            token: Secret::new(get(TOKEN)?),
        })
    }

    /// The registry alone.
    fn registry(&self) -> &str {
        self.repository.split('/').next().unwrap_or(&self.repository)
    }

    /// Pushes; returns the digest that the registry gave.
    ///
    /// # Errors
    /// Exit 2 for credentials that the registry refuses; exit 1 when it cannot be reached or stops in the middle. It says which names were
    /// published until then; the moving one is pushed last.
    pub(crate) fn push(&self, docker: &Docker, record: &Record) -> Result<String> {
        let folder = tempfile::tempdir().context("make a folder for the credentials")?.keep();
        // The token lies in it: a signal must not leave it behind.
        let _removed = Undoing::new({
            let folder = folder.clone();
            move || drop(std::fs::remove_dir_all(folder))
        });
        let docker = docker.with_configuration(&folder)?;
        docker.log_in(self.registry(), &self.user, &self.token)?;
        let short = record.revision.get(..12).unwrap_or(&record.revision);
        let (mut digest, mut published) = (String::new(), Vec::new());
        for tag in [format!("sha-{short}"), "main".to_owned()] {
            let name = format!("{}:{tag}", self.repository);
            let tagged = Tagged::new(&docker, &record.id, &name)?;
            console::say(&format!("    pushing {name}"));
            let said = docker
                .run(&format!("push `{name}`"), &["push", &name], |_| {})
                .map_err(|failure| explained(failure, &name, &published))?;
            digest = digest_of(&said)
                .ok_or_else(|| Failure::new(format!("push `{name}`: docker told no digest")))?;
            tagged.keep();
            published.push(name);
        }
        Ok(digest)
    }
}

/// A push that failed, with its remedy and with what is published now.
fn explained(failure: Failure, name: &str, published: &[String]) -> Failure {
    let state = match published {
        [] => "nothing was published, and the names here are as before".to_owned(),
        done => format!("published is {}, and `{name}` here is as before", done.join(", ")),
    };
    let failure = failure.cause(state);
    match is_refusal(&failure) {
        true => failure.exit(Exit::Usage).hint(format!(
            "the account may log in, but not write `{name}`: {TOKEN} must be of one that may write packages (C6)"
        )),
        false => failure
            .exit(Exit::Failed)
            .hint("push again when the registry is back: cargo xtask image --push"),
    }
}

/// `main: digest: sha256:… size: 2412`
fn digest_of(lines: &[String]) -> Option<String> {
    let line = lines.iter().rev().find(|line| line.contains(" digest: sha256:"))?;
    line.split_whitespace().find(|word| word.starts_with("sha256:")).map(str::to_owned)
}

/// A local name for the image; what it named before comes back unless it is kept, on Ctrl-C too.
struct Tagged {
    undo: Option<Undoing>,
}

impl Tagged {
    fn new(docker: &Docker, id: &str, name: &str) -> Outcome<Tagged> {
        let before =
            docker.inspect("image", name).ok().and_then(|image| image["Id"].as_str().map(str::to_owned));
        let undo = Undoing::new({
            let (docker, name) = (docker.clone(), name.to_owned());
            move || {
                // Bounded by docker itself; an error leaves a name that says what it is.
                let _ = match &before {
                    Some(before) => docker.run("name an image as before", &["tag", before, &name], |_| {}),
                    None => docker.run("take a name back", &["rmi", "--no-prune", &name], |_| {}),
                };
            }
        });
        docker.run(&format!("name the image `{name}`"), &["tag", id, name], |_| {})?;
        Ok(Tagged { undo: Some(undo) })
    }

    fn keep(mut self) {
        if let Some(undo) = self.undo.take() {
            undo.dismiss();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_what_the_registry_said_last() {
        let lines = [
            "The push refers to repository [localhost:5000/a]",
            "5f70bf18a086: Pushed",
            "main: digest: sha256:abc size: 2412",
        ];
        assert_eq!(digest_of(&lines.map(str::to_owned)), Some("sha256:abc".to_owned()));
        assert_eq!(digest_of(&["denied".to_owned()]), None);
    }

    #[test]
    fn only_a_proved_image_of_the_checked_out_commit_of_main_is_published() {
        let record = Record {
            id: "sha256:1".to_owned(),
            release: "r".to_owned(),
            revision: "abc".to_owned(),
            proved: true,
        };
        let standing =
            |head: &str, is_on_main| Standing { head: head.to_owned(), is_on_main, stand_in: None };
        let on_a_stand_in = Standing { stand_in: Some("from npm".to_owned()), ..standing("abc", true) };
        let why = |record: &Record, standing: &Standing| {
            refusal(record, standing).map(|failure| {
                assert_eq!(failure.exit, Exit::Refused);
                failure.what
            })
        };
        assert_eq!(why(&record, &standing("abc", true)), None);
        for (record, standing, word) in [
            (Record { proved: false, ..record.clone() }, standing("abc", true), "no dry run"),
            (
                Record { revision: "abc-dirty".to_owned(), ..record.clone() },
                standing("abc", true),
                "from a commit",
            ),
            (record.clone(), standing("def", true), "from another commit"),
            (record.clone(), standing("abc", false), "not on the branch main"),
            (record.clone(), on_a_stand_in, "its base is a stand-in"),
        ] {
            let why = why(&record, &standing).unwrap_or_default();
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn only_a_registry_of_this_machine_is_one_to_try_things_with() {
        for repository in ["127.0.0.1:5000/a/b", "localhost/a", "[::1]:5000/a"] {
            assert!(is_loopback(repository), "{repository}");
        }
        for repository in
            ["git.example.com/a/b", "localhost.example.com:5000/a", "directus/directus", "10.0.0.1:5000/a"]
        {
            assert!(!is_loopback(repository), "{repository}");
        }
    }

    #[test]
    fn a_push_that_fails_says_what_is_published_and_whose_fault_it_is() {
        let said = |text: &str| Failure::new("push").excerpt(text);
        let denied = explained(said("denied: requested access to the resource is denied"), "r/a:sha-1", &[]);
        assert_eq!(denied.exit, Exit::Usage);
        assert_eq!(denied.causes, ["nothing was published, and the names here are as before"]);
        let lost = explained(said("connection reset by peer"), "r/a:main", &["r/a:sha-1".to_owned()]);
        assert_eq!(lost.exit, Exit::Failed);
        assert_eq!(lost.causes, ["published is r/a:sha-1, and `r/a:main` here is as before"]);
    }

    #[test]
    fn credentials_are_demanded_by_name() {
        let environment = contract::Variables::new().with(USER, "bot").into();
        let failure = Publication::from_environment(&environment, "r/a").err().unwrap();
        assert_eq!(
            (failure.exit, failure.what.as_str()),
            (Exit::Usage, "push the image: `REGISTRY_TOKEN` is not set")
        );
    }
}
