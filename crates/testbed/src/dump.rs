//! Dumps: of any database that the settings reach, by the root's own `pg_dump`, because the machine need not have one; and the way back.

use crate::postgres_root::PostgresRoot;
use crate::sandbox::{self, Options};
use contract::database::{DatabaseSettings, Target, Tls};
use contract::{Exit, Failure, Outcome};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::ToSocketAddrs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Where the sandbox sees the folder with password and certificate.
const SECRETS: &str = "/run/dump";
/// Where the sandbox sees the folder of a unix socket.
const SOCKET: &str = "/run/socket";
/// The system's roots, on Debian and on Alpine.
const SYSTEM_ROOTS: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];

impl PostgresRoot {
    /// What `pg_dump` with further `arguments` says: without the two lines whose key is random. The server must not be newer
    /// than the root's Postgres.
    ///
    /// # Errors
    /// Exit 1 with pg_dump's own words.
    pub fn dump(&self, settings: &DatabaseSettings, arguments: &[&str]) -> Outcome<String> {
        let what = || Failure::new(format!("dump the {} with `pg_dump`", settings.describe()));
        let folder = tempfile::tempdir().map_err(|error| what().cause_chain(&error))?;
        let (variables, options) =
            connection(settings, folder.path()).map_err(|failure| failure.within(what().what))?;
        let mut words = vec!["env"];
        words.extend(variables.iter().map(String::as_str));
        words.extend(["pg_dump", "--no-password"]);
        words.extend(arguments);
        let output = sandbox::inside(self.dir(), None, &words, options)
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| what().cause_chain(&error))?;
        if !output.status.success() {
            return Err(what().cause(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(without_random_lines(&String::from_utf8_lossy(&output.stdout)))
    }
}

/// How a dump is brought into an empty database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restore {
    /// SQL for before: TimescaleDB's own bookkeeping may come in only when it looks away.
    pub before: Option<&'static str>,
    /// The program that reads the dump on its stdin, without the words that name a database.
    pub program: &'static [&'static str],
    /// SQL for afterwards.
    pub after: Option<&'static str>,
}

impl Restore {
    /// The way for a dump of `pg_dump`, plain or custom.
    pub fn of(dump: &[u8]) -> Restore {
        const TIMESCALEDB: &[u8] = b"timescaledb";
        let has_timescaledb = dump.windows(TIMESCALEDB.len()).any(|window| window == TIMESCALEDB);
        Restore {
            before: has_timescaledb
                .then_some("CREATE EXTENSION IF NOT EXISTS timescaledb; SELECT timescaledb_pre_restore();"),
            program: match dump.starts_with(b"PGDMP") {
                true => &["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"],
                false => {
                    &["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", "/dev/null"]
                }
            },
            after: has_timescaledb.then_some("SELECT timescaledb_post_restore();"),
        }
    }

    /// For an error: what was tried.
    pub fn what(&self) -> String {
        format!("restore the dump with `{}`", self.program[0])
    }

    /// For an error: what to look at.
    pub fn hint(&self) -> &'static str {
        match self.before {
            None => "make the dump with: pg_dump --no-owner --no-privileges",
            Some(_) => {
                "make the dump with: pg_dump --no-owner --no-privileges; a dump of TimescaleDB goes into that very version of it alone: cargo xtask dry-run --engine docker --restore takes the database's own image"
            }
        }
    }
}

/// `\restrict` and `\unrestrict` carry a key that is new in each dump.
pub fn without_random_lines(dump: &str) -> String {
    let is_random = |line: &&str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    dump.split_inclusive('\n').filter(|line| !is_random(line)).collect()
}

/// libpq's variables, and what the sandbox has to see for them. The password travels in a file: variables of the sandbox would stand
/// in bubblewrap's arguments, where every user of the machine can read them.
fn connection(settings: &DatabaseSettings, folder: &Path) -> Outcome<(Vec<String>, Options)> {
    let Target::Parts { host, port, database, user, password } = &settings.target else {
        return Err(Failure::new("connect: only DB_HOST and its siblings are supported").exit(Exit::Usage));
    };
    let mut options = Options::default();
    options.binds.push((folder.to_path_buf(), SECRETS.to_owned()));
    let mut variables =
        vec![format!("PGPORT={port}"), format!("PGDATABASE={database}"), format!("PGUSER={user}")];
    if host.starts_with('/') {
        options.binds.push((host.into(), SOCKET.to_owned()));
        variables.push(format!("PGHOST={SOCKET}"));
    } else {
        // The sandbox has no name service.
        let mut addresses = (host.as_str(), *port)
            .to_socket_addrs()
            .map_err(|error| Failure::new(format!("resolve `{host}`")).cause_chain(&error))?;
        let address =
            addresses.next().ok_or_else(|| Failure::new(format!("resolve `{host}`: no address")))?;
        variables.extend([format!("PGHOST={host}"), format!("PGHOSTADDR={}", address.ip())]);
    }
    if let Some(password) = password {
        let escaped = password.expose().replace('\\', "\\\\").replace(':', "\\:");
        secret_file(&folder.join("pass"), &format!("*:*:*:*:{escaped}\n"))?;
        variables.push(format!("PGPASSFILE={SECRETS}/pass"));
    }
    let mode = match &settings.tls {
        Tls::Off => "disable",
        Tls::Unverified => "require",
        Tls::Verified { ca } => {
            let roots =
                ca.clone().or_else(|| SYSTEM_ROOTS.iter().find_map(|path| fs::read_to_string(path).ok()));
            secret_file(&folder.join("ca.pem"), &roots.unwrap_or_default())?;
            variables.push(format!("PGSSLROOTCERT={SECRETS}/ca.pem"));
            "verify-full"
        }
    };
    variables.push(format!("PGSSLMODE={mode}"));
    Ok((variables, options))
}

fn secret_file(path: &Path, content: &str) -> Outcome<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|error| Failure::new(format!("write `{}`", path.display())).cause_chain(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Secret;

    #[test]
    fn the_password_is_in_the_file_and_in_no_variable() {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings {
            target: Target::Parts {
                host: "/run/postgresql".to_owned(),
                port: 5432,
                database: "rally".to_owned(),
                user: "directus".to_owned(),
                password: Some(Secret::new("a:b\\c")),
            },
            tls: Tls::Off,
        };
        let (variables, _) = connection(&settings, folder.path()).unwrap();
        assert!(!variables.join(" ").contains("a:b"), "{variables:?}");
        assert_eq!(fs::read_to_string(folder.path().join("pass")).unwrap(), "*:*:*:*:a\\:b\\\\c\n");
    }

    #[test]
    fn a_dump_tells_how_it_is_restored() {
        let plain = Restore::of(b"CREATE EXTENSION IF NOT EXISTS timescaledb;");
        assert!(plain.program[0] == "psql" && plain.before.is_some() && plain.after.is_some());
        let custom = Restore::of(b"PGDMP\x01\x0e");
        assert_eq!((custom.program[0], custom.before, custom.after), ("pg_restore", None, None));
    }

    #[test]
    fn lines_that_differ_in_every_dump_are_left_out() {
        assert_eq!(without_random_lines("a\n\\restrict x1\nb\n\\unrestrict x1\n"), "a\nb\n");
    }
}
