//! `runner healthcheck`: serving, still preparing, or down. It asks `/server/ping`, which only says that Directus answers: what
//! `/server/health` judges beside that (database, storage, mail) is not mended by restarting Directus.

use crate::presence::{self, Address};
use crate::say;
use contract::env::{Environment, HEALTH_WAIT_S, STEP_S};
use contract::{Exit, Outcome};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Asks, and says what it is.
///
/// # Errors
/// Exit 2 when the environment says nonsense.
pub(crate) fn run(environment: &Environment, live: bool) -> Outcome<Exit> {
    let address = Address::from_environment(environment)?;
    let within = Duration::from_secs(environment.number(HEALTH_WAIT_S, 5, STEP_S)?);
    let why = match ping(&address, within) {
        Ok(status) if status.contains(" 200 ") => {
            say::result("serving");
            return Ok(Exit::Done);
        }
        Ok(status) => format!("Directus answers {status}"),
        Err(error) => error.to_string(),
    };
    let runner = presence::ask(&address).unwrap_or_default();
    let (step, since_s) = (runner["step"].as_str().unwrap_or("?"), runner["since_s"].as_u64().unwrap_or(0));
    if runner["state"] == "preparing" {
        say::result(&format!("preparing: {step}, for {since_s} s"));
        return Ok(if live { Exit::Done } else { Exit::Failed });
    }
    let runner = match runner["state"].as_str() {
        Some("serving") => format!("; the runner says that it serves since {since_s} s"),
        _ => "; no runner is there".to_owned(),
    };
    say::result(&format!("down: {why}{runner}"));
    Ok(Exit::Failed)
}

/// The first line of the answer, trimmed.
fn ping(address: &Address, within: Duration) -> io::Result<String> {
    match address {
        Address::Socket(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(within))?;
            exchange(stream)
        }
        Address::Port(host, port) => {
            let address = (host.as_str(), *port).to_socket_addrs()?.next();
            let address = address.ok_or_else(|| io::Error::other(format!("`{host}` has no address")))?;
            let stream = TcpStream::connect_timeout(&address, within)?;
            stream.set_read_timeout(Some(within))?;
            exchange(stream)
        }
    }
}

/// HTTP/1.0, so that the end of the answer is the end of the connection.
fn exchange(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET /server/ping HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(format!("{} ", text.lines().next().unwrap_or_default().trim()))
}
