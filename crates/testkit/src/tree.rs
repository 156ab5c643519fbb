//! Folders with the tests' own release in them, to break as a test likes.

use crate::text;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a release's folder has, all of it in `release/`; the bridge is this repository's own.
const OURS: [&str; 4] = ["db-init", "db-init-post", "snapshots", "seeds"];
/// What `cargo xtask` reads of a checkout besides, which is the tool's and not the team's.
const OF_THE_TOOL: [&str; 8] = [
    ".dockerignore",
    ".env.example",
    ".gitea",
    "Cargo.toml",
    "Dockerfile",
    "compose.dev.yaml",
    "package.json",
    "package-lock.json",
];

/// A folder with a release in it. It goes with this value.
pub struct Tree {
    folder: tempfile::TempDir,
}

/// The checkout that the tests were built from.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace").to_path_buf()
}

impl Tree {
    /// The artefacts alone, as in an image: the tests' own release and this repository's bridge, without extensions.
    pub fn release() -> Tree {
        let tree = Tree::empty();
        tree.lay();
        tree.copy(&repository(), "bridge");
        tree
    }

    /// A checkout of that release.
    pub fn checkout() -> Tree {
        let tree = Tree::release();
        OF_THE_TOOL.iter().for_each(|name| tree.copy(&repository(), name));
        tree
    }

    /// A checkout of what this repository itself has, whatever that is: for tests that hold for any.
    pub fn of_this_repository() -> Tree {
        let tree = Tree::empty();
        let all = OURS.iter().chain(&OF_THE_TOOL).chain(&["bridge", "docs", "extensions"]);
        // A team may have no seeds, and then git has no folder for them.
        let there = all.filter(|name| repository().join(name).exists());
        there.for_each(|name| tree.copy(&repository(), name));
        tree
    }

    /// A repository of everything that git tracks here, as it is in the working tree, with that release in the place of the team's. In one commit.
    pub fn committed() -> Tree {
        let tree = Tree::empty();
        let script = "git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null | tar --extract -C \"$0\"";
        let mut copy = Command::new("sh");
        copy.args(["-c", script]).arg(tree.root()).current_dir(repository());
        assert!(copy.status().expect("sh").success());
        tree.lay();
        tree.git(&["init", "--quiet", "--initial-branch=main"]);
        tree.commit("all");
        tree
    }

    /// The same content in a folder of its own.
    pub fn another(&self) -> Tree {
        let tree = Tree::empty();
        tree.copy(self.root(), ".");
        tree
    }

    fn empty() -> Tree {
        Tree { folder: tempfile::tempdir().expect("a folder") }
    }

    /// Puts the tests' own release in the place of whatever is there.
    fn lay(&self) {
        let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("release");
        for name in OURS.iter().chain(&["extensions"]) {
            let _ = std::fs::remove_dir_all(self.path(name));
        }
        OURS.iter().for_each(|name| self.copy(&release, name));
        for name in ["docs", "extensions"] {
            std::fs::create_dir_all(self.path(name)).expect("a folder");
        }
        std::fs::copy(release.join("docs/schema.md"), self.path("docs/schema.md")).expect("the picture");
        self.write("extensions/.gitkeep", "");
    }

    fn copy(&self, from: &Path, name: &str) {
        let status = Command::new("cp").arg("-R").arg(from.join(name)).arg(self.root()).status();
        assert!(status.expect("cp").success(), "{name}");
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A file's text.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes a file.
    #[track_caller]
    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Removes a file.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Renames a file.
    #[track_caller]
    pub fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap_or_else(|error| panic!("{from}: {error}"));
    }

    /// Changes a file, which must make a difference.
    #[track_caller]
    pub fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        let text = self.read(path);
        let edited = change(text.clone());
        assert!(text != edited, "the edit changed nothing in `{path}`");
        self.write(path, &edited);
    }

    /// Adds a copy of a field under another name to the snapshot.
    #[track_caller]
    pub fn add_field(&self, collection: &str, like: &str, name: &str) {
        self.edit("snapshots/schema.yaml", |snapshot| text::with_field(&snapshot, collection, like, name));
    }

    /// Changes the text of one field in the snapshot.
    #[track_caller]
    pub fn change_field(&self, collection: &str, field: &str, from: &str, to: &str) {
        self.edit("snapshots/schema.yaml", |snapshot| {
            text::changed_field(&snapshot, collection, field, from, to)
        });
    }

    /// Takes one field out of the snapshot.
    #[track_caller]
    pub fn drop_field(&self, collection: &str, field: &str) {
        self.edit("snapshots/schema.yaml", |snapshot| text::without_field(&snapshot, collection, field));
        let line = format!("column {collection}.{field}: ");
        self.edit("snapshots/database.txt", |catalog| {
            catalog.lines().filter(|each| !each.starts_with(&line)).map(|each| format!("{each}\n")).collect()
        });
    }

    /// One git command; what it says on stdout.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-C"]).arg(self.root());
        crate::Said::by(git.args(arguments)).expect(0, &[]).stdout.trim().to_owned()
    }

    /// Commits everything.
    #[track_caller]
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }
}
