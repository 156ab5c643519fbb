//! The least HTTP that the dry run needs: one GET or POST, over a unix socket or TCP, in HTTP/1.0 so that the end of the answer is the
//! end of the connection. A client library would be larger than all it replaces, and none of them speaks unix sockets by itself.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// A unix socket: no port to pick, none to collide with.
    Socket(PathBuf),
    /// A port on this machine.
    Port(u16),
}

/// Status and body.
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: String,
}

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks once.
///
/// # Errors
/// When nobody listens, or what comes back is no HTTP.
pub(crate) fn get(address: &Address, path: &str) -> io::Result<Answer> {
    send(address, &format!("GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"))
}

/// Sends JSON, as whoever `token` is; nobody when it is empty.
///
/// # Errors
/// As [`get`].
pub(crate) fn post(address: &Address, path: &str, token: &str, body: &str) -> io::Result<Answer> {
    let authorization =
        if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\n"
    );
    send(address, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
}

fn send(address: &Address, request: &str) -> io::Result<Answer> {
    match address {
        Address::Socket(socket) => {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            exchange(stream, request)
        }
        Address::Port(port) => {
            let stream = TcpStream::connect(("127.0.0.1", *port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            exchange(stream, request)
        }
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&String::from_utf8_lossy(&bytes))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer"))
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        let answer = parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"status\":\"error\"}").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (503, "{\"status\":\"error\"}"));
        assert!(parse("hello").is_none());
    }
}
