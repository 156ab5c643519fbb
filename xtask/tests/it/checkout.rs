//! A checkout of the tests' own release, to break as a test likes, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use testbed::{Server, require};
pub(crate) use testkit::{Said, repository as root};
use testkit::{Tree, install};

pub(crate) struct Checkout {
    tree: Tree,
}

/// It is a tree.
impl std::ops::Deref for Checkout {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl Checkout {
    /// An unbroken one; `None` when the services are not there.
    #[track_caller]
    pub(crate) fn new() -> Option<Checkout> {
        Checkout::of(Tree::checkout)
    }

    /// One of what this repository itself has, whatever that is.
    #[track_caller]
    pub(crate) fn of_this_repository() -> Option<Checkout> {
        Checkout::of(Tree::of_this_repository)
    }

    #[track_caller]
    fn of(tree: impl FnOnce() -> Tree) -> Option<Checkout> {
        require(Server::shared())?;
        require(install())?;
        Some(Checkout { tree: tree() })
    }

    /// A repository of everything that git tracks here, with the tests' own release, in one commit.
    pub(crate) fn committed() -> Checkout {
        Checkout { tree: Tree::committed() }
    }

    /// `cargo xtask …` in this checkout, not started yet.
    pub(crate) fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).env("CARGO_MANIFEST_DIR", self.path("xtask")).stdin(Stdio::null());
        for name in ["DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USER", "DB_PASSWORD", "DB_CONNECTION_STRING"] {
            command.env_remove(name);
        }
        for name in ["DIRECTUS_URL", "DIRECTUS_TOKEN", "DIRECTUS_EMAIL", "DIRECTUS_PASSWORD"] {
            command.env_remove(name);
        }
        command.env("XTASK_STATE_DIR", self.path("state"));
        command
    }

    /// Gives snapshots/database.txt the header of the files as they are now, for tests that add something to them: no boot misses what
    /// the file does not have, but an image with an old header is not built.
    pub(crate) fn renew_header(&self) {
        let migrations =
            migrations::file::discover(&contract::Artefacts::at(self.root())).expect("migrations");
        let snapshot = catalog::Origin {
            path: contract::artefacts::SNAPSHOT.to_owned(),
            checksum: boot::release::checksum(&self.read(contract::artefacts::SNAPSHOT)),
        };
        let file = catalog::File::parse(&self.read(catalog::PATH)).expect("a catalog");
        let origins = migrations.iter().map(boot::release::origin).chain([snapshot]).collect();
        self.write(catalog::PATH, &catalog::File { origins, ..file }.to_text());
    }

    /// `cargo xtask up`, not started yet.
    pub(crate) fn up(&self, arguments: &[&str]) -> Command {
        self.with_runner("up", arguments)
    }

    /// `cargo xtask dry-run`, not started yet.
    pub(crate) fn dry_run(&self, arguments: &[&str]) -> Command {
        self.with_runner("dry-run", arguments)
    }

    fn with_runner(&self, command: &str, arguments: &[&str]) -> Command {
        let runner = runner().display().to_string();
        self.xtask(&[&[command, "--runner", &runner], arguments].concat())
    }
}

/// Runs a program to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    Said::by(command)
}

/// The binary that ships, built once, as `cargo xtask image` makes it.
pub(crate) fn runner() -> &'static Path {
    static RUNNER: OnceLock<PathBuf> = OnceLock::new();
    RUNNER.get_or_init(|| {
        let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        let flag = format!("--remap-path-prefix={}/registry/src=/crates", cargo_home().display());
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--quiet", "--locked", "--release", "--package", "runner", "--target", &target]);
        build.args(["--config", &format!("target.{target}.rustflags=[{flag:?}]")]);
        // They are of the test's package, and `ring` would be built once more for them (`xtask/src/cargo.rs`).
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_")) {
            build.env_remove(name);
        }
        build.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
        assert!(build.current_dir(root()).status().expect("cargo").success());
        let folder =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        folder.join(STATIC_RUNNER)
    })
}

/// Where cargo keeps what it downloads.
pub(crate) fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// Where a build leaves it, in the target folder.
pub(crate) const STATIC_RUNNER: &str = if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-musl/release/runner"
} else {
    "x86_64-unknown-linux-musl/release/runner"
};
