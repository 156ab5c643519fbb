//! TCP for the servers that need it: with TLS, on the loopback address alone, on a port that Postgres itself found free.

use crate::cache::touched;
use crate::sandbox::HOME;
use contract::{Failure, Outcome, Secret};
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What a server proves itself with, in PEM form. Not paths: the sandbox sees the server's own folder only.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// The server's certificate, then those between it and the authority.
    pub certificate: String,
    /// The private key of the first certificate.
    pub key: Secret,
}

/// Below the ports that Linux gives to outgoing connections (32768 and up), so most of them are free.
const PORTS: Range<u16> = 10_000..32_768;
/// How many ports are tried before something else must be wrong.
const ATTEMPTS: usize = 20;
/// What the server's log says when a port belongs to somebody else.
const TAKEN: &str = "Address already in use";
/// The folder in the server's own.
const FOLDER: &str = "t";

impl ServerTls {
    /// Puts both files into the server's folder.
    pub(crate) fn install(&self, home: &Path) -> Outcome<()> {
        let folder = home.join(FOLDER);
        fs::create_dir(&folder).map_err(|error| touched("make the folder", &folder, &error))?;
        for (name, content) in [("server.crt", self.certificate.as_str()), ("server.key", self.key.expose())]
        {
            let path = folder.join(name);
            // Postgres refuses a key that others may read. In the sandbox the file belongs to Postgres' own user.
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            file.and_then(|mut file| file.write_all(content.as_bytes()))
                .map_err(|error| touched("write", &path, &error))?;
        }
        Ok(())
    }

    /// The settings that lead to those files.
    pub(crate) fn settings() -> [(&'static str, String); 4] {
        [
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", format!("{HOME}/{FOLDER}/server.crt")),
            ("ssl_key_file", format!("{HOME}/{FOLDER}/server.key")),
        ]
    }
}

/// How a start on one port ended.
pub(crate) enum Attempt {
    /// The port is somebody else's; the failure is for when there is no further attempt.
    Taken(Failure),
    /// It runs, or another port would not help.
    Settled(Outcome<()>),
}

impl Attempt {
    /// Judges by what the server's `log` said meanwhile.
    pub(crate) fn of(outcome: Outcome<()>, log: &str) -> Attempt {
        match outcome {
            Err(failure) if log.contains(TAKEN) => Attempt::Taken(failure),
            outcome => Attempt::Settled(outcome),
        }
    }
}

/// Lets `start` try ports until one is nobody else's. Postgres can't be asked for a free one (P20), and a port that we found free
/// could be taken before Postgres has it; so Postgres' own attempt to take it is the only test.
pub(crate) fn on_a_free_port(mut start: impl FnMut(u16) -> Attempt) -> Outcome<()> {
    let mut outcome = Ok(());
    for _ in 0..ATTEMPTS {
        outcome = match start(random_port()) {
            Attempt::Taken(failure) => Err(failure),
            Attempt::Settled(outcome) => return outcome,
        };
    }
    outcome
}

fn random_port() -> u16 {
    // The standard library's source of random numbers: every hasher has a key of its own.
    let number = RandomState::new().hash_one(std::process::id()) % u64::from(PORTS.end - PORTS.start);
    PORTS.start + u16::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a server is started, when each start but the last ends with what the log says, and how it ends.
    fn starts(failures: &[&str]) -> (usize, bool) {
        let mut ports = Vec::new();
        let outcome = on_a_free_port(|port| {
            let log = failures.get(ports.len()).copied();
            ports.push(port);
            Attempt::of(log.map_or(Ok(()), |_| Err(Failure::new("start"))), log.unwrap_or_default())
        });
        assert!(ports.iter().all(|port| PORTS.contains(port)), "{ports:?}");
        (ports.len(), outcome.is_ok())
    }

    #[test]
    fn a_port_that_is_taken_leads_to_another_one_and_any_other_failure_ends_it() {
        let taken = "LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use";
        assert_eq!(starts(&[]), (1, true));
        assert_eq!(starts(&[taken, taken]), (3, true));
        assert_eq!(starts(&[taken, "FATAL:  could not load server certificate file"]), (2, false));
        assert_eq!(starts(&[taken; 100]), (ATTEMPTS, false));
    }

    #[test]
    fn ports_differ() {
        assert!((0..20).any(|_| random_port() != random_port()));
    }

    #[test]
    fn the_key_is_for_its_owner_alone_and_is_not_shown() {
        use std::os::unix::fs::MetadataExt;
        let home = tempfile::tempdir().unwrap();
        let tls = ServerTls { certificate: "public".to_owned(), key: Secret::new("private") };
        tls.install(home.path()).unwrap();
        let mode = fs::metadata(home.path().join("t/server.key")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{tls:?}").contains("private"));
    }
}
