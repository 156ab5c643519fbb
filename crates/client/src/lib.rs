//! HTTP, by `ureq`; over a unix socket too, which needs no port to pick and none to collide with.

use contract::Secret;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, Timeout};

pub use ureq::Error;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A unix socket.
    Socket(PathBuf),
    /// A port on this machine.
    Port(u16),
    /// Anywhere; without a slash at the end.
    Url(String),
}

/// As people read it, and as a browser takes it unless it is a socket.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Socket(path) => path.display().fmt(f),
            Address::Port(port) => write!(f, "http://localhost:{port}"),
            Address::Url(url) => f.write_str(url),
        }
    }
}

/// Status and body.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// How long the server asks to wait before the next try, in seconds.
    pub retry_after_s: Option<u64>,
    /// The body.
    pub body: String,
}

/// How long a health check may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the answer to anything else may take: longer than any proxy's own patience.
const LONG_PATIENCE: Duration = Duration::from_secs(120);
/// Node closes a connection that was idle for 5 s; one that it may be closing is not used again.
const IDLE: Duration = Duration::from_secs(3);
/// A page of items; far more than the batches in which we ask.
const BODY_BYTES: u64 = 64 * 1024 * 1024;

/// Asks once, quickly.
///
/// # Errors
/// When nobody listens, or what comes back is no HTTP.
pub fn get(address: &Address, path: &str) -> Result<Answer, Error> {
    Client::with_patience(address, PATIENCE).send("GET", path, None, None)
}

/// A client of one server, with its connections.
pub struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    /// Connects to nobody yet.
    pub fn new(address: &Address) -> Client {
        Client::with_patience(address, LONG_PATIENCE)
    }

    fn with_patience(address: &Address, patience: Duration) -> Client {
        // The system's certificates: a company's own authority is among them.
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_idle_age(IDLE)
            .timeout_global(Some(patience))
            .tls_config(tls);
        let (socket, base) = match address {
            Address::Socket(path) => (Some(path.clone()), "http://localhost".to_owned()),
            Address::Port(port) => (None, format!("http://127.0.0.1:{port}")),
            Address::Url(url) => (None, url.clone()),
        };
        if is_this_machine(&base) {
            // This machine is not reached through a proxy, whatever the environment says.
            config = config.proxy(None);
        }
        let connector =
            ().chain(SocketConnector { path: socket })
                .chain(ureq::unversioned::transport::ConnectProxyConnector::default())
                .chain(ureq::unversioned::transport::TcpConnector::default())
                .chain(ureq::unversioned::transport::RustlsConnector::default());
        Client { agent: Agent::with_parts(config.build(), connector, DefaultResolver::default()), base }
    }

    /// Asks, as whoever `token` is.
    ///
    /// # Errors
    /// When nobody answers; a status is an answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("accept", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {}", token.expose()));
        }
        let mut answer = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string())?;
                self.agent.run(request)?
            }
            None => self.agent.run(request.body(())?)?,
        };
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: answer.status().as_u16(),
            retry_after_s: retry_after.and_then(|text| text.parse().ok()),
            body: answer.body_mut().with_config().limit(BODY_BYTES).read_to_string()?,
        })
    }
}

fn is_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.strip_prefix(name).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

/// Connects to a unix socket, if there is one to connect to; else the next of the chain does.
#[derive(Debug)]
struct SocketConnector {
    path: Option<PathBuf>,
}

impl Connector<()> for SocketConnector {
    type Out = SocketTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<SocketTransport>, Error> {
        let Some(path) = &self.path else { return Ok(None) };
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(SocketTransport { stream: connect(path)?, buffers }))
    }
}

fn connect(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path)
        .map_err(|error| io::Error::new(error.kind(), format!("connect to `{}`: {error}", path.display())))
}

#[derive(Debug)]
struct SocketTransport {
    stream: UnixStream,
    buffers: LazyBuffers,
}

impl Transport for SocketTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.set_write_timeout(timeout.not_zero().map(|time| *time))?;
        let output = &self.buffers.output()[..amount];
        (&self.stream).write_all(output).map_err(|error| timed_out(error, timeout.reason))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.set_read_timeout(timeout.not_zero().map(|time| *time))?;
        let read = (&self.stream).read(self.buffers.input_append_buf());
        let amount = read.map_err(|error| timed_out(error, timeout.reason))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Never used twice: a connection to this machine costs nothing.
    fn is_open(&mut self) -> bool {
        false
    }
}

fn timed_out(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(reason),
        _ => Error::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;
    use std::sync::mpsc;

    const ANSWER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy";

    /// Answers one request; the receiver gets its head and its body.
    fn answer_one(mut stream: impl Read + Write) -> String {
        let mut reader = BufReader::new(&mut stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
                length = number.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head += &line;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(ANSWER.as_bytes()).unwrap();
        format!("{head}\n{}", String::from_utf8(body).unwrap())
    }

    fn ask(address: &Address) -> Answer {
        let body = serde_json::json!({ "a": 1 });
        Client::new(address).send("SEARCH", "/items/x", Some(&Secret::new("t")), Some(&body)).unwrap()
    }

    #[test]
    fn a_socket_and_a_port_are_spoken_to_alike() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            tell.send(answer_one(listener.accept().unwrap().0)).unwrap();
            tell.send(answer_one(tcp.accept().unwrap().0)).unwrap();
        });
        for address in [Address::Socket(socket), Address::Port(port)] {
            let answer = ask(&address);
            assert_eq!(
                (answer.status, answer.retry_after_s, answer.body.as_str()),
                (503, Some(2), "busy"),
                "{address}"
            );
            let request = told.recv().unwrap().to_lowercase();
            assert!(request.starts_with("search /items/x http/1.1\r\n"), "{request}");
            assert!(request.contains("authorization: bearer t\r\n"), "{request}");
            assert!(request.ends_with("{\"a\":1}"), "{request}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for url in ["http://localhost", "http://127.0.0.1:8055", "http://[::1]:1/x"] {
            assert!(is_this_machine(url), "{url}");
        }
        for url in
            ["https://localhost.example.com", "http://10.0.0.1:8055", "https://d.example.com/localhost"]
        {
            assert!(!is_this_machine(url), "{url}");
        }
    }

    #[test]
    fn a_socket_that_is_not_there_is_named() {
        let error = get(&Address::Socket("/nowhere/s".into()), "/").err().unwrap();
        assert!(error.to_string().contains("connect to `/nowhere/s`"), "{error}");
    }
}
