//! How a runner tells others in its container what it is doing: an abstract unix socket, which needs no file, works on a read-only
//! file system, and is gone with the process. Whoever connects is told one line of JSON. There is no secret in it.

use contract::Outcome;
use contract::env::Environment;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where Directus listens, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A unix socket.
    Socket(PathBuf),
    /// A host and a port.
    Port(String, u16),
}

impl Address {
    /// Reads Directus' own variables.
    ///
    /// # Errors
    /// Exit 2 when `PORT` is no port.
    pub(crate) fn from_environment(environment: &Environment) -> Outcome<Address> {
        if let Some(path) = environment.get("UNIX_SOCKET_PATH") {
            return Ok(Address::Socket(path.into()));
        }
        let host = match environment.get("HOST") {
            // Any address of this machine: it can be reached by the nearest one.
            None | Some("0.0.0.0" | "::" | "[::]") => "127.0.0.1",
            Some(host) => host,
        };
        let port = environment.number("PORT", 8055, 0..=u16::MAX.into())?;
        Ok(Address::Port(host.to_owned(), u16::try_from(port).unwrap_or_default()))
    }

    /// The presence's own name: one for each address and user, so that two runners on one host do not meet.
    fn name(&self) -> String {
        let user = rustix::process::geteuid().as_raw();
        match self {
            Address::Socket(path) => format!("runner/{user}/{}", path.display()),
            Address::Port(host, port) => format!("runner/{user}/{host}:{port}"),
        }
    }
}

/// What a runner is doing.
#[derive(Clone)]
pub(crate) struct Presence {
    doing: Arc<Mutex<Doing>>,
}

struct Doing {
    state: &'static str,
    step: String,
    since: Instant,
}

impl Presence {
    /// Preparing, from now on; whether anybody can ask is told by the second value: the name may be taken by another runner.
    pub(crate) fn announce(address: &Address) -> (Presence, bool) {
        let doing = Doing { state: "preparing", step: "begin".to_owned(), since: Instant::now() };
        let presence = Presence { doing: Arc::new(Mutex::new(doing)) };
        // An abstract name has at most 107 bytes.
        let listener = socket_address(address).and_then(|address| UnixListener::bind_addr(&address).ok());
        let Some(listener) = listener else { return (presence, false) };
        let told = presence.clone();
        let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            for stream in listener.incoming().flatten() {
                told.tell(stream);
            }
        });
        (presence, thread.is_ok())
    }

    fn tell(&self, mut stream: UnixStream) {
        let doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        let line =
            json!({ "state": doing.state, "step": doing.step, "since_s": doing.since.elapsed().as_secs() });
        drop(doing);
        // Whoever asked and went away does not miss it.
        let _ = stream.write_all(format!("{line}\n").as_bytes());
    }

    /// A step begins.
    pub(crate) fn step(&self, step: &str) {
        let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        (doing.step, doing.since) = (step.to_owned(), Instant::now());
    }

    /// Directus serves.
    pub(crate) fn serves(&self) {
        let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        (doing.state, doing.since) = ("serving", Instant::now());
    }
}

/// What the runner of this address says of itself, if there is one.
pub(crate) fn ask(address: &Address) -> Option<Value> {
    let stream = UnixStream::connect_addr(&socket_address(address)?).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

fn socket_address(address: &Address) -> Option<SocketAddr> {
    SocketAddr::from_abstract_name(address.name()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(pairs: &[(&str, &str)]) -> Outcome<Address> {
        Address::from_environment(&pairs.iter().copied().collect::<contract::Variables>().into())
    }

    #[test]
    fn directus_is_asked_where_it_listens() {
        let port = |host: &str, port| Address::Port(host.to_owned(), port);
        assert_eq!(address(&[]), Ok(port("127.0.0.1", 8055)));
        assert_eq!(address(&[("HOST", "0.0.0.0"), ("PORT", "80")]), Ok(port("127.0.0.1", 80)));
        assert_eq!(address(&[("HOST", "10.0.0.1")]), Ok(port("10.0.0.1", 8055)));
        assert_eq!(address(&[("UNIX_SOCKET_PATH", "/run/d")]), Ok(Address::Socket("/run/d".into())));
        assert!(address(&[("PORT", "99999")]).is_err());
    }

    #[test]
    fn a_runner_says_what_it_does_until_it_is_gone() {
        let address = Address::Socket(format!("/test/{}", std::process::id()).into());
        assert_eq!(ask(&address), None);
        let (presence, heard) = Presence::announce(&address);
        assert!(heard && !Presence::announce(&address).1, "one name, one runner");
        presence.step("apply");
        let said = ask(&address).unwrap();
        assert_eq!((said["state"].as_str(), said["step"].as_str()), (Some("preparing"), Some("apply")));
        presence.serves();
        assert_eq!(ask(&address).unwrap()["state"], "serving");
    }
}
