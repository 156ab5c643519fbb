//! One place to boot in: a database of its own, a copy of the release's artefacts to break, and the pinned Directus.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use testbed::{Absent, Cache, Database, DirectusInstall, Server, require};

/// The folders that make a release.
const ARTEFACTS: [&str; 4] = ["db-init", "db-init-post", "snapshots", "bridge"];

pub(crate) struct Site {
    pub(crate) database: Database<'static>,
    pub(crate) install: DirectusInstall,
    folder: tempfile::TempDir,
}

/// How a program ended and what it said, both streams together.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) text: String,
}

impl Said {
    /// As a shell would say it.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// The consent that a refusal offers to copy.
    #[track_caller]
    pub(crate) fn consent(&self) -> String {
        let line = self.text.lines().find_map(|line| line.trim().strip_prefix("RUNNER_ALLOW_DESTRUCTIVE="));
        line.unwrap_or_else(|| panic!("no line to copy in:\n{}", self.text)).to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!(self.code(), code, "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "no `{text}` in:\n{}", self.text);
        }
        self
    }
}

impl Site {
    /// A site with an unbroken copy of this checkout's artefacts; `None` when the services are not there.
    #[track_caller]
    pub(crate) fn new() -> Option<Site> {
        let server = require(Server::shared())?;
        let install = require(install())?;
        let folder = tempfile::tempdir().expect("a folder");
        for name in ARTEFACTS {
            let status = Command::new("cp").arg("-R").arg(checkout().join(name)).arg(folder.path()).status();
            assert!(status.expect("cp").success());
        }
        std::fs::create_dir(folder.path().join("uploads")).expect("a folder");
        Some(Site { database: server.fresh_database("runner").expect("a database"), install, folder })
    }

    /// Where the artefacts are.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where a started Directus listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("directus.sock")
    }

    /// Everything that the runner and Directus need to know.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        let mut all = self.database.environment();
        all.extend(
            [
                ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
                ("RUNNER_ROOT", text(self.root())),
                ("RUNNER_DIRECTUS", text(&self.install.dir)),
                ("RUNNER_PRELINKED", self.install.prelinked.as_deref().map_or("off".to_owned(), text)),
                ("RUNNER_NODE", text(&self.install.node)),
                ("SECRET", "0123456789abcdef0123456789abcdef".to_owned()),
                ("ADMIN_EMAIL", "admin@example.com".to_owned()),
                ("ADMIN_PASSWORD", "correct horse battery".to_owned()),
                ("UNIX_SOCKET_PATH", text(&self.socket())),
                ("PUBLIC_URL", "http://localhost".to_owned()),
                ("STORAGE_LOCAL_ROOT", text(&self.root().join("uploads"))),
                ("EXTENSIONS_PATH", text(&checkout().join("extensions"))),
                ("TELEMETRY", "false".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        all
    }

    /// The runner, not started yet.
    pub(crate) fn runner(&self, arguments: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_runner"), arguments)
    }

    /// Any program in the same environment.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.environment()).stdin(Stdio::null());
        command
    }

    /// `runner prepare`, to its end.
    pub(crate) fn prepare(&self) -> Said {
        said(&mut self.runner(&["prepare"]))
    }

    /// The runner with more variables, to its end.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        said(self.runner(arguments).envs(variables.iter().copied()))
    }

    /// Another release: a copy of this one's artefacts, to be edited and named by `RUNNER_ROOT`.
    pub(crate) fn another_release(&self) -> Release {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ARTEFACTS {
            let status = Command::new("cp").arg("-R").arg(self.root().join(name)).arg(folder.path()).status();
            assert!(status.expect("cp").success());
        }
        Release { folder }
    }

    /// One of Directus' own commands, by the file that does not ask for updates (D17).
    pub(crate) fn directus(&self, arguments: &[&str]) -> Said {
        let mut words =
            vec!["--input-type=module", "--eval", "import('@directus/api/cli/run.js')", "--", "directus"];
        words.extend(arguments);
        let mut command = self.program(&self.install.node, &words);
        command.current_dir(&self.install.dir).env("CONFIG_PATH", "/dev/null");
        said(&mut command)
    }

    /// The first column of the first row, as text.
    pub(crate) fn ask(&self, query: &str) -> String {
        self.database.ask(query)
    }

    /// Everything in the database; two equal pictures are two equal databases.
    pub(crate) fn picture(&self) -> String {
        let arguments = ["--no-owner", "--exclude-table-data=_timescaledb*.*"];
        self.database.server().pg_dump(self.database.name(), &arguments).expect("a dump")
    }

    /// Changes one artefact.
    pub(crate) fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        edit(&self.root().join(path), change);
    }

    /// Removes the first line that starts with `key` after `place`.
    pub(crate) fn remove_line(&self, path: &str, place: &str, key: &str) {
        self.edit(path, |text| {
            let (before, after) = text.split_once(place).expect("the place");
            let line =
                after.lines().find(|line| line.trim_start().starts_with(key)).expect("the line").to_owned();
            format!("{before}{place}{}", after.replacen(&format!("{line}\n"), "", 1))
        });
    }

    /// Starts a program and waits until its Directus is healthy.
    pub(crate) fn serve(&self, command: &mut Command) -> Serving {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let text = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
        for stream in streams {
            let text = text.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    *text.lock().expect("no panic") += &format!("{line}\n");
                }
            });
        }
        let mut serving = Serving { child, text };
        let end = Instant::now() + Duration::from_secs(60);
        while self.get("/server/health").is_none_or(|answer| !answer.contains("\"status\":\"ok\"")) {
            assert!(serving.child.try_wait().expect("a status").is_none(), "ended:\n{}", serving.said());
            assert!(Instant::now() < end, "not healthy in time:\n{}", serving.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }

    /// The answer to a GET, if somebody answers.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        self.exchange(&format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"))
    }

    /// The answer to a POST of JSON.
    pub(crate) fn post(&self, path: &str, body: &str) -> Option<String> {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        self.exchange(&format!("{head}{body}"))
    }

    fn exchange(&self, request: &str) -> Option<String> {
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

/// The artefacts of another release.
pub(crate) struct Release {
    folder: tempfile::TempDir,
}

impl Release {
    /// The variable that names it.
    pub(crate) fn variable(&self) -> (&'static str, &str) {
        ("RUNNER_ROOT", self.folder.path().to_str().expect("text"))
    }

    /// Changes one artefact.
    pub(crate) fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        edit(&self.folder.path().join(path), change);
    }

    /// Adds one artefact.
    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join(path), text).expect("an artefact");
    }
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).expect("an artefact");
    let edited = change(text.clone());
    assert_ne!(text, edited, "the edit changed nothing in `{}`", path.display());
    std::fs::write(path, edited).expect("an artefact");
}

/// Where a field stands in a snapshot: from its first line to the next item's.
fn block(text: &str, collection: &str, field: &str) -> std::ops::Range<usize> {
    let head = format!("  - collection: {collection}\n    field: {field}\n");
    let start = text.find(&head).unwrap_or_else(|| panic!("no field {collection}.{field}"));
    let length = text[start + 1..].find("\n  - collection:").expect("the next item") + 2;
    start..start + length
}

/// A snapshot without a field.
pub(crate) fn without_field(text: &str, collection: &str, field: &str) -> String {
    let block = block(text, collection, field);
    format!("{}{}", &text[..block.start], &text[block.end..])
}

/// A snapshot with a copy of a field under another name.
pub(crate) fn with_field(text: &str, collection: &str, like: &str, name: &str) -> String {
    let block = block(text, collection, like);
    let copy = text[block.clone()]
        .replace(&format!("field: {like}\n"), &format!("field: {name}\n"))
        .replace(&format!("name: {like}\n"), &format!("name: {name}\n"));
    format!("{}{copy}{}", &text[..block.start], &text[block.start..])
}

/// A snapshot in which a field's text is changed.
pub(crate) fn changed_field(text: &str, collection: &str, field: &str, from: &str, to: &str) -> String {
    let block = block(text, collection, field);
    format!("{}{}{}", &text[..block.start], text[block.clone()].replacen(from, to, 1), &text[block.end..])
}

/// A program that serves. Killed when dropped.
pub(crate) struct Serving {
    child: Child,
    text: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Serving {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn said(&self) -> String {
        self.text.lock().expect("no panic").clone()
    }

    /// Sends a signal to `pid` and waits for the end of the program; how it ended, and how long that took.
    pub(crate) fn end(
        &mut self,
        pid: u32,
        signal: rustix::process::Signal,
        within: Duration,
    ) -> Option<(Said, Duration)> {
        let began = Instant::now();
        let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("a process");
        while began.elapsed() < within {
            if let Some(status) = self.child.try_wait().expect("a status") {
                let took = began.elapsed();
                // The readers see the end of the pipes a moment later.
                std::thread::sleep(Duration::from_millis(50));
                return Some((Said { status, text: self.said() }, took));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().expect("a process");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Said { status: output.status, text }
}

/// The checkout that this test was built from.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn install() -> Result<DirectusInstall, Absent> {
    let cache = Cache::open()?;
    let install = DirectusInstall::cached(&cache, &checkout())?;
    install
        .ok_or_else(|| Absent::new("the pinned Directus is not in the cache; cargo xtask setup fetches it"))
}
