//! A real registry on loopback, with one account (C14).

use super::program;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testbed::Absent;

pub(super) const USER: &str = "bot";
pub(super) const TOKEN: &str = "a-token-of-a-test";
/// `crypt` of [`TOKEN`], with bcrypt, which is what registries take.
const CRYPT: &str = r#"print "bot:" . crypt("a-token-of-a-test", "\$2y\$05\$abcdefghijklmnopqrstuu") . "\n""#;

/// It runs until it is dropped.
pub(super) struct Registry {
    child: Option<Child>,
    folder: tempfile::TempDir,
    pub(super) port: u16,
}

impl Registry {
    /// Starts one with nothing in it.
    pub(super) fn start() -> Result<Registry, Absent> {
        program("docker-registry", "apt-get install docker-registry")?;
        let folder = tempfile::tempdir().expect("a folder");
        let account = Command::new("perl").args(["-e", CRYPT]).output().expect("perl").stdout;
        std::fs::write(folder.path().join("htpasswd"), account).expect("a file");
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
        let mut registry = Registry { child: None, folder, port };
        registry.run();
        Ok(registry)
    }

    /// Runs it on the same folder and port, again if need be.
    pub(super) fn run(&mut self) {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let configuration = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:{}\"}}\nauth: {{htpasswd: {{realm: test, path: {}}}}}\n",
            path("data"),
            self.port,
            path("htpasswd")
        );
        std::fs::write(path("registry.yml"), configuration).expect("a file");
        let child = Command::new("docker-registry")
            .args(["serve", &path("registry.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("docker-registry"));
        let began = Instant::now();
        while self.answer("/v2/").is_none() {
            assert!(began.elapsed() < Duration::from_secs(10), "the registry does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a process");
            child.wait().expect("a status");
        }
    }

    /// `127.0.0.1:PORT/team/directus`
    pub(super) fn repository(&self) -> String {
        format!("127.0.0.1:{}/team/directus", self.port)
    }

    /// How many bytes it holds.
    pub(super) fn bytes(&self) -> u64 {
        let output =
            Command::new("du").args(["--bytes", "--summarize"]).arg(self.data()).output().expect("du").stdout;
        String::from_utf8_lossy(&output)
            .split_whitespace()
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The names under which the repository has something.
    pub(super) fn tags(&self) -> String {
        let answer = self.answer("/v2/team/directus/tags/list").unwrap_or_default();
        answer.split_once("\r\n\r\n").map(|(_, body)| body.trim().to_owned()).unwrap_or_default()
    }

    fn answer(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let account = base64(&format!("{USER}:{TOKEN}"));
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Basic {account}\r\n\r\n")
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.kill();
    }
}

fn base64(text: &str) -> String {
    let mut child = Command::new("base64")
        .arg("--wrap=0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("base64");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("a pipe");
    String::from_utf8(child.wait_with_output().expect("base64").stdout).expect("a text")
}
