//! The runner and Directus mean the same connection: for each way to say it, both sessions on a real TLS server are encrypted alike, and
//! what one of them refuses the other refuses too.

use crate::site::said;
use crate::versions::release;
use boot::bridge::{Log, Options};
use boot::{BootSettings, Bridge, Interrupt};
use contract::{DatabaseSettings, Outcome, Variables};
use migrations::session;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use testbed::{Database, DirectusInstall, Server, require};
use testkit::tls::{Authority, server};

/// The role that proves itself with a certificate.
const CERTIFIED: &str = "certified";
const SESSION: &str = "the-runner";
const BRIDGE: &str = "directus";

/// One database, and where it is tried from.
struct Site<'a> {
    server: &'a Server,
    database: Database<'a>,
    install: &'a DirectusInstall,
    release: &'a Path,
}

impl Site<'_> {
    /// The runner's environment, with the database named by `variables` alone. `HOST` and `URL` stand for it.
    fn environment(&self, variables: &[(&str, &str)]) -> Variables {
        let mut all = testkit::environment(&self.database, self.install, self.release, self.release);
        for name in ["DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USER", "DB_PASSWORD"] {
            all.remove(name);
        }
        let (port, name) = (self.server.tcp_port().expect("a port").to_string(), self.database.name());
        for (variable, value) in variables {
            match *variable {
                "HOST" => all.extend([
                    ("DB_HOST", *value),
                    ("DB_PORT", &port),
                    ("DB_DATABASE", name),
                    ("DB_USER", "postgres"),
                ]),
                "URL" => {
                    let (host, query) = value.split_once('?').unwrap_or((value, ""));
                    all.set(
                        "DB_CONNECTION_STRING",
                        format!("postgres://postgres@{host}:{port}/{name}?{query}"),
                    );
                }
                other => all.set(other, value),
            }
        }
        all.with("HOME", self.release.display()).with("LOG_LEVEL", "silent")
    }

    /// What each of the two says, and what the server says of its sessions.
    fn connect(&self, variables: &[(&str, &str)]) -> Outcome<[Result<String, String>; 2]> {
        let settings = BootSettings::from_environment(self.environment(variables).into())?;
        let ours = session::connect(&settings.database, SESSION).map_err(|failure| failure.render());
        let options = Options { application_name: BRIDGE, db_only: &[], log: Log::Stderr };
        let mut bridge = Bridge::spawn(&settings, &options, &Interrupt::default())?;
        let theirs =
            bridge.call("read the schema", "snapshot", json!({})).map_err(|failure| failure.render());
        let seen = |name: &str| {
            self.database.ask(&format!(
                "SELECT DISTINCT ssl || coalesce(' ' || client_dn, '') || ' ' || usename FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE application_name = '{name}' AND datname = current_database()"
            ))
        };
        Ok([ours.map(|_session| seen(SESSION)), theirs.map(|_| seen(BRIDGE))])
    }

    /// Both are let in, and are seen as `expected`.
    #[track_caller]
    fn agree(&self, variables: &[(&str, &str)], expected: &str) {
        let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
        let both =
            self.connect(variables).unwrap_or_else(|failure| panic!("{names:?}: {}", failure.render()));
        assert_eq!(both, [Ok(expected.to_owned()), Ok(expected.to_owned())], "{names:?}");
    }

    /// Both refuse the server, for a reason like that.
    #[track_caller]
    fn refuse(&self, variables: &[(&str, &str)], ours: &str, theirs: &str) {
        let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
        let both =
            self.connect(variables).unwrap_or_else(|failure| panic!("{names:?}: {}", failure.render()));
        for (said, reason) in both.iter().zip([ours, theirs]) {
            assert!(
                said.as_ref().is_err_and(|said| said.contains(reason)),
                "{names:?}: no `{reason}` in {both:?}"
            );
        }
    }
}

#[test]
fn both_ends_are_encrypted_alike_whatever_way_it_is_said() {
    let (ours, stranger) = (Authority::new("ours"), Authority::new("a stranger"));
    let Some(install) = require(testkit::install()) else { return };
    // Plain text is let in as well: whoever speaks it is to be seen.
    let rules = format!("hostssl all {CERTIFIED} all cert\nhost all all all trust\n");
    let sql = format!("CREATE ROLE {CERTIFIED} SUPERUSER LOGIN");
    let Some(server) = require(server(ours.signs("server", &["localhost"]), &ours.pem, &rules, &sql)) else {
        return;
    };
    let release = release();
    let database = server.fresh_database("tls").expect("a database");
    let site = Site { server: &server, database, install: &install, release: release.path() };
    let ca = ("DB_SSL__CA", ours.pem.as_str());

    // A whole boot: Directus takes a connection string for all there is to know of the connection.
    let mut runner = Command::new(env!("CARGO_BIN_EXE_runner"));
    // The authority is the system's, as far as it goes: Node does not know it by itself.
    let system = release.path().join("system.pem");
    std::fs::write(&system, &ours.pem).expect("a file");
    let environment = site.environment(&[("URL", "localhost"), ("DB_SSL", "true")]);
    let environment = environment.with("SSL_CERT_FILE", system.display());
    said(runner.arg("prepare").env_clear().envs(environment).stdin(Stdio::null())).expect(0, &["recorded"]);
    let log = std::fs::read_to_string(server.log_path()).expect("a log");
    let sessions = log.lines().filter(|line| line.contains("connection authorized"));
    let sessions: Vec<&str> = sessions.filter(|line| line.contains("application_name=runner-")).collect();
    assert!(sessions.len() > 2 && sessions.iter().all(|line| line.contains("SSL enabled")), "{sessions:#?}");

    let (encrypted, plain) = ("true postgres", "false postgres");
    let unverified = ("DB_SSL__REJECT_UNAUTHORIZED", "false");
    for (variables, expected) in [
        (&[("URL", "localhost?sslmode=verify-full"), ca][..], encrypted),
        (&[("URL", "127.0.0.1?sslmode=no-verify")], encrypted),
        (&[("URL", "localhost"), unverified], encrypted),
        (&[("URL", "localhost?sslmode=disable"), ca], plain),
        (&[("URL", "localhost")], plain),
        (&[("HOST", "localhost"), ca], encrypted),
        (&[("HOST", "127.0.0.1"), ("DB_SSL", "true"), unverified], encrypted),
        (&[("HOST", "localhost"), ("DB_SSL", "false"), ca], plain),
    ] {
        site.agree(variables, expected);
    }

    // Certificates of clients: of the authority that the server trusts, and of another one.
    let as_certified = |authority: &Authority| {
        let own = authority.signs(CERTIFIED, &[]);
        let own = [("DB_SSL__CERT", own.certificate.as_str()), ("DB_SSL__KEY", own.key.expose())];
        site.connect(&[&[("HOST", "localhost"), ("DB_USER", CERTIFIED), ca], &own[..]].concat())
            .expect("settings")
    };
    let seen = format!("true /CN={CERTIFIED} {CERTIFIED}");
    assert_eq!(as_certified(&ours), [Ok(seen.clone()), Ok(seen)]);
    assert!(as_certified(&stranger).iter().all(Result::is_err));

    let strangers = ("DB_SSL__CA", stranger.pem.as_str());
    site.refuse(&[("URL", "localhost"), strangers], "UnknownIssuer", "certificate");
    site.refuse(&[("HOST", "localhost"), ("DB_SSL", "true")], "certificate", "certificate");
    // Directus' driver looks for `localhost` in the certificate of whatever number it connects to.
    site.refuse(&[("HOST", "127.0.0.1"), ca], "not valid for name", "does not match certificate");

    let other = ours.signs("server", &["127.0.0.1"]);
    let folder = server.dir().join("t");
    std::fs::write(folder.join("server.crt"), other.certificate).expect("a file");
    std::fs::write(folder.join("server.key"), other.key.expose()).expect("a file");
    server.restart().expect("the server starts again");
    site.agree(&[("HOST", "127.0.0.1"), ca], encrypted);
    site.refuse(&[("HOST", "localhost"), ca], "not valid for name", "does not match certificate");
}

#[test]
fn what_only_one_of_them_would_know_is_refused_by_name() {
    let parts = Variables::from([("DB_HOST", "db"), ("DB_DATABASE", "d"), ("DB_USER", "u")]);
    for (name, value) in [
        ("DB_SSL__SERVERNAME", "db"),
        ("DB_SSL__MIN_VERSION", "TLSv1"),
        ("DB_SEARCH_PATH", "app"),
        ("DB_OPTIONS", "-c search_path=app"),
        ("PGSSLMODE", "verify-full"),
        ("PGHOST", "/tmp"),
        ("PGOPTIONS", "-c search_path=app"),
    ] {
        let failure =
            DatabaseSettings::from_environment(&parts.clone().with(name, value).into()).unwrap_err();
        assert!(failure.exit == contract::Exit::Usage && failure.what.contains(name), "{}", failure.render());
    }
}
