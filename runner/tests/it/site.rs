//! The runner in a place to boot in, with a copy of the tests' own release to break.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
pub(crate) use testkit::Said;
use testkit::{Place, Tree};

pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) tree: Tree,
}

/// It is one.
impl std::ops::Deref for Site {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Site {
    /// An empty database, and an unbroken release; `None` when the services are not there.
    #[track_caller]
    pub(crate) fn new() -> Option<Site> {
        Some(Site { place: Place::empty()?, tree: Tree::release() })
    }

    /// The same with a database in which `runner prepare` has booted the release.
    #[track_caller]
    pub(crate) fn booted() -> Option<Site> {
        let tree = Tree::release();
        let place = Place::booted(|place| {
            let mut prepare = runner(place, &tree, &["prepare"]);
            said(&mut prepare).expect(0, &["recorded"]);
        })?;
        Some(Site { place, tree })
    }

    /// The runner, not started yet.
    pub(crate) fn runner(&self, arguments: &[&str]) -> Command {
        runner(&self.place, &self.tree, arguments)
    }

    /// Any program in the same environment.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        in_the_environment(&self.place, &self.tree, program, arguments)
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
        Release { tree: self.tree.another() }
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
        while self.get("/server/health").is_none_or(|(status, _)| status != 200) {
            assert!(serving.child.try_wait().expect("a status").is_none(), "ended:\n{}", serving.said());
            assert!(Instant::now() < end, "not healthy in time:\n{}", serving.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }

    /// Status and body of the answer to a GET, if somebody answers.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String)> {
        self.ask_directus("GET", path, None)
    }

    /// Status and body of the answer to a POST.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Option<(u16, String)> {
        self.ask_directus("POST", path, Some(body))
    }

    fn ask_directus(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, String)> {
        let answer = self.send(method, path, body).ok()?;
        Some((answer.status, answer.body))
    }
}

fn runner(place: &Place, tree: &Tree, arguments: &[&str]) -> Command {
    in_the_environment(place, tree, env!("CARGO_BIN_EXE_runner"), arguments)
}

fn in_the_environment(place: &Place, tree: &Tree, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(place.environment(tree.root())).stdin(Stdio::null());
    command
}

/// The artefacts of another release.
pub(crate) struct Release {
    pub(crate) tree: Tree,
}

impl std::ops::Deref for Release {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl Release {
    /// The variable that names it.
    pub(crate) fn variable(&self) -> (&'static str, &str) {
        ("RUNNER_ROOT", self.tree.root().to_str().expect("text"))
    }
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
                return Some((Said::of(status, self.said()), took));
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

/// Runs a program to its end; both streams in one.
pub(crate) fn said(command: &mut Command) -> Said {
    Said::by(command).together()
}
