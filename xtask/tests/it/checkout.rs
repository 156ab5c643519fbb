//! A copy of this checkout's artefacts, to break as a test likes, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use testbed::{Absent, Cache, DirectusInstall, Server, require};

/// What `cargo xtask` reads of a checkout.
const COPIED: [&str; 15] = [
    ".dockerignore",
    ".env.example",
    ".gitea",
    "Cargo.toml",
    "Dockerfile",
    "compose.dev.yaml",
    "package.json",
    "package-lock.json",
    "db-init",
    "db-init-post",
    "snapshots",
    "bridge",
    "extensions",
    "docs",
    "seeds",
];

pub(crate) struct Checkout {
    folder: tempfile::TempDir,
}

/// How a program ended and what it said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn expect(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        }
        self
    }

    /// The last line of the conversation.
    pub(crate) fn last_line(&self) -> &str {
        self.stderr.trim_end().lines().last().unwrap_or_default()
    }
}

impl Checkout {
    /// An unbroken copy; `None` when the services are not there.
    #[track_caller]
    pub(crate) fn new() -> Option<Checkout> {
        require(services())?;
        let folder = tempfile::tempdir().expect("a folder");
        for name in COPIED {
            let status = Command::new("cp").arg("-R").arg(root().join(name)).arg(folder.path()).status();
            assert!(status.expect("cp").success(), "{name}");
        }
        Some(Checkout { folder })
    }

    /// A repository of everything that git tracks here, as it is in the working tree, in one commit.
    pub(crate) fn committed() -> Checkout {
        let folder = tempfile::tempdir().expect("a folder");
        let script = "git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null | tar --extract -C \"$0\"";
        let status = Command::new("sh").args(["-c", script]).arg(folder.path()).current_dir(root()).status();
        assert!(status.expect("sh").success());
        let checkout = Checkout { folder };
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        checkout.commit("all");
        checkout
    }

    /// Commits everything.
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&[
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.com",
            "commit",
            "--quiet",
            "--message",
            message,
        ]);
    }

    /// One git command.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").arg("-C").arg(self.path("")).args(arguments).status();
        assert!(status.expect("git").success(), "{arguments:?}");
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Changes one file.
    pub(crate) fn edit(&self, path: &str, edit: impl FnOnce(String) -> String) {
        let path = self.path(path);
        let text = std::fs::read_to_string(&path).expect("a file");
        let edited = edit(text.clone());
        assert!(text != edited, "the edit changed nothing in `{}`", path.display());
        std::fs::write(path, edited).expect("a file");
    }

    /// Adds a copy of a field under another name to the snapshot.
    pub(crate) fn add_field(&self, collection: &str, like: &str, name: &str) {
        self.edit("snapshots/schema.yaml", |text| {
            let (start, copy) = field(&text, collection, like);
            let copy = copy
                .replace(&format!("field: {like}\n"), &format!("field: {name}\n"))
                .replace(&format!("name: {like}\n"), &format!("name: {name}\n"));
            format!("{}{copy}{}", &text[..start], &text[start..])
        });
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).expect("a rename");
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

    /// `cargo xtask up`, not started yet.
    pub(crate) fn up(&self, arguments: &[&str]) -> Command {
        let runner = runner().display().to_string();
        let mut words = vec!["up", "--runner", &runner];
        words.extend(arguments);
        self.xtask(&words)
    }

    /// `cargo xtask dry-run`, not started yet.
    pub(crate) fn dry_run(&self, arguments: &[&str]) -> Command {
        let runner = runner().display().to_string();
        let mut words = vec!["dry-run", "--runner", &runner];
        words.extend(arguments);
        self.xtask(&words)
    }
}

/// Where a field begins in a snapshot, and its text.
pub(crate) fn field<'a>(text: &'a str, collection: &str, name: &str) -> (usize, &'a str) {
    let head = format!("  - collection: {collection}\n    field: {name}\n");
    let start = text.find(&head).expect("the field");
    let end = start + 1 + text[start + 1..].find("\n  - collection:").expect("the next item") + 1;
    (start, &text[start..end])
}

/// Runs a program to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().expect("a process");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// This checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn services() -> Result<(), Absent> {
    Server::shared()?;
    let install = DirectusInstall::cached(&Cache::open()?, &root())?;
    install
        .map(drop)
        .ok_or_else(|| Absent::new("the pinned Directus is not in the cache; cargo xtask setup fetches it"))
}

/// The binary that ships, built once.
pub(crate) fn runner() -> &'static Path {
    static RUNNER: OnceLock<PathBuf> = OnceLock::new();
    RUNNER.get_or_init(|| {
        assert!(runner_build(&root(), &cargo_home()).status().expect("cargo").success());
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

/// The build of the binary that ships, as `cargo xtask image` makes it, with cargo's own folder at `home`.
pub(crate) fn runner_build(folder: &Path, home: &Path) -> Command {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let flag = format!("--remap-path-prefix={}/registry/src=/crates", home.display());
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "--locked", "--release", "--package", "runner", "--target", &target]);
    command.args(["--config", &format!("target.{target}.rustflags=[{flag:?}]")]);
    command.current_dir(folder).env("CARGO_HOME", home);
    command
}
