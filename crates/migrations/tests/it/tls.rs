//! TLS and passwords over TCP, against servers of our own: what is accepted, what is refused, and that a refusal is final and tells
//! no secret.

use contract::database::Tls;
use contract::{DatabaseSettings, Exit, Failure, Outcome, Secret};
use migrations::session::{Session, connect, wait_and_connect};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use testbed::{Absent, Server, ServerTls, require};
use testkit::tls::{Authority, self_signed, server};

/// The names in every server's certificate.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];
/// The name of the authority that signs our servers' certificates.
const OURS: &str = "our authority";
/// Linux takes it for this machine; no certificate names it.
const OTHER_NAME: &str = "0.0.0.0";
/// A role that has to say a password, and this one.
const GUARDED: &str = "guarded";
const PASSWORD: &str = "S3cret/with:odd@characters";
const WRONG_PASSWORD: &str = "hunter2-hunter2";

/// A server with TLS on TCP, and whom to trust in order to trust it.
struct Site {
    server: Server,
    authority: String,
}

impl Site {
    /// The one whose certificate an authority signed, as a hosted database has it.
    #[track_caller]
    fn signed() -> Option<&'static Site> {
        static SITE: OnceLock<Result<Site, Absent>> = OnceLock::new();
        let site = SITE.get_or_init(|| {
            let authority = Authority::new(OURS);
            Site::start(authority.signs("server", &NAMES), authority.pem)
        });
        require(site.as_ref().map_err(Clone::clone))
    }

    /// The one whose certificate is its own authority, as `openssl req -x509` makes it.
    #[track_caller]
    fn self_signed() -> Option<&'static Site> {
        static SITE: OnceLock<Result<Site, Absent>> = OnceLock::new();
        let site = SITE.get_or_init(|| {
            let own = self_signed(&NAMES);
            Site::start(own.clone(), own.certificate)
        });
        require(site.as_ref().map_err(Clone::clone))
    }

    fn start(tls: ServerTls, authority: String) -> Result<Site, Absent> {
        // Without encryption nobody comes in over TCP.
        let rules = format!("hostssl all {GUARDED} all scram-sha-256\nhostssl all all 127.0.0.1/32 trust\n");
        let sql = format!("CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'");
        Ok(Site { server: server(tls, &authority, &rules, &sql)?, authority })
    }

    fn settings(&self, host: &str, tls: Tls) -> DatabaseSettings {
        self.settings_as(self.server.superuser(), None, host, tls)
    }

    fn settings_as(&self, user: &str, password: Option<&str>, host: &str, tls: Tls) -> DatabaseSettings {
        DatabaseSettings {
            host: host.to_owned(),
            port: self.server.tcp_port().expect("a TCP port"),
            database: "postgres".to_owned(),
            user: user.to_owned(),
            password: password.map(Secret::new),
            tls,
            certificate: None,
        }
    }

    /// Trust in this server's authority alone.
    fn verified(&self) -> Tls {
        Tls::Verified { ca: Some(self.authority.clone()) }
    }
}

/// What this session is encrypted with; empty when it is not.
fn encryption(session: &mut Session) -> String {
    let query = "SELECT coalesce(version, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    session.client().query_one(query, &[]).expect("an answer").get(0)
}

#[track_caller]
fn accepted(settings: &DatabaseSettings) {
    let mut session = connect(settings, "test").unwrap_or_else(|failure| panic!("{}", failure.render()));
    assert_eq!(encryption(&mut session), "TLSv1.3");
}

/// The settings are wrong and stay wrong, so there is one attempt, without a word about waiting.
#[track_caller]
fn refused_for_good(settings: &DatabaseSettings, parts: &[&str]) -> Failure {
    let started = Instant::now();
    let mut said = Vec::new();
    let outcome = wait_and_connect(settings, "test", 60, &mut |line| said.push(line.to_owned()));
    let failure = outcome.err().expect("a refusal");
    let text = failure.render();
    assert_eq!(failure.exit, Exit::Usage, "{text}");
    assert_eq!(said, [""; 0], "{text}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}: {text}", started.elapsed());
    assert!(failure.hint.is_some(), "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    failure
}

#[test]
fn a_certificate_of_the_given_authority_is_accepted_under_each_of_its_names() {
    let Some(site) = Site::signed() else { return };
    for name in NAMES {
        accepted(&site.settings(name, site.verified()));
    }
}

#[test]
fn a_certificate_that_is_its_own_authority_is_accepted_when_it_is_the_given_one() {
    let Some(site) = Site::self_signed() else { return };
    accepted(&site.settings("localhost", site.verified()));
    refused_for_good(&site.settings(OTHER_NAME, site.verified()), &["certificate"]);
    let stranger = Tls::Verified { ca: Some(Authority::new("a stranger").pem) };
    refused_for_good(&site.settings("127.0.0.1", stranger), &["certificate"]);
}

#[test]
fn unverified_is_encrypted_whoever_signed_and_whatever_the_name() {
    let (Some(signed), Some(self_signed)) = (Site::signed(), Site::self_signed()) else { return };
    for site in [signed, self_signed] {
        accepted(&site.settings("127.0.0.1", Tls::Unverified));
        accepted(&site.settings(OTHER_NAME, Tls::Unverified));
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_at_once() {
    let Some(site) = Site::signed() else { return };
    let stranger = Tls::Verified { ca: Some(Authority::new("a stranger").pem) };
    refused_for_good(&site.settings("127.0.0.1", stranger), &["UnknownIssuer", "DB_SSL__CA_FILE"]);
    let namesake = Tls::Verified { ca: Some(Authority::new(OURS).pem) };
    refused_for_good(&site.settings("127.0.0.1", namesake), &["BadSignature", "DB_SSL__CA_FILE"]);
    // The system's authorities did not sign it either; and without any there is nobody to trust.
    refused_for_good(&site.settings("127.0.0.1", Tls::Verified { ca: None }), &["DB_SSL__CA_FILE"]);
}

#[test]
fn a_certificate_for_another_host_name_is_refused_at_once() {
    let Some(site) = Site::signed() else { return };
    refused_for_good(
        &site.settings(OTHER_NAME, site.verified()),
        &["certificate not valid for name", "DB_HOST"],
    );
}

#[test]
fn an_authority_that_is_no_certificate_is_refused_before_anything_connects() {
    let Some(site) = Site::signed() else { return };
    let nonsense = Tls::Verified { ca: Some("/run/secrets/ca.pem".to_owned()) };
    refused_for_good(&site.settings("127.0.0.1", nonsense), &["`DB_SSL__CA`", "-----BEGIN CERTIFICATE-----"]);
}

#[test]
fn a_server_that_insists_on_encryption_refuses_plain_text_with_a_remedy() {
    let Some(site) = Site::signed() else { return };
    refused_for_good(&site.settings("127.0.0.1", Tls::Off), &["28000", "no encryption", "DB_SSL"]);
}

#[test]
fn a_server_without_tls_is_never_spoken_to_in_plain_text() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut request = [0; 8];
        client.read_exact(&mut request).expect("a request for TLS");
        client.write_all(b"N").expect("an answer");
        // A client that went on would wait for an answer; so the end may also be that of our patience.
        client.set_read_timeout(Some(Duration::from_secs(5))).expect("a limit");
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest);
        rest
    });
    let settings = DatabaseSettings {
        host: "127.0.0.1".to_owned(),
        port,
        database: "d".to_owned(),
        user: "u".to_owned(),
        password: Some(Secret::new(PASSWORD)),
        tls: Tls::Unverified,
        certificate: None,
    };
    refused_for_good(
        &settings,
        &["does not support TLS", "hint: switch TLS on at the server; or set DB_SSL=false"],
    );
    assert_eq!(heard.join().expect("no panic"), b"");
}

#[test]
fn a_running_statement_is_cancelled_over_tls() {
    let Some(site) = Site::signed() else { return };
    let mut session = connect(&site.settings("localhost", site.verified()), "test").unwrap();
    let token = session.cancel_token();
    // Again and again, because one that comes before the statement has begun cancels nothing.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let cancelling = std::thread::spawn(move || -> Outcome<()> {
        while stopped.recv_timeout(Duration::from_millis(100)).is_err() {
            token.cancel()?;
        }
        Ok(())
    });
    let started = Instant::now();
    let error = session.client().batch_execute("SELECT pg_sleep(60)").expect_err("it is cancelled");
    assert_eq!(error.code().map(|code| code.code()), Some("57014"), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(20));
    stop.send(()).expect("the thread listens");
    cancelling.join().expect("no panic").unwrap();
}

#[test]
fn a_password_is_proved_over_tls() {
    let Some(site) = Site::signed() else { return };
    for tls in [site.verified(), Tls::Unverified] {
        accepted(&site.settings_as(GUARDED, Some(PASSWORD), "localhost", tls));
    }
}

#[test]
fn p15_a_wrong_or_missing_password_is_refused_at_once_and_not_told() {
    let Some(site) = Site::signed() else { return };
    let wrong = site.settings_as(GUARDED, Some(WRONG_PASSWORD), "127.0.0.1", site.verified());
    let failure = refused_for_good(&wrong, &["28P01", "`guarded`", "DB_PASSWORD"]);
    assert!(!format!("{}{failure:?}{wrong:?}", failure.render()).contains(WRONG_PASSWORD));
    let nobody = site.settings_as("nobody", Some(WRONG_PASSWORD), "127.0.0.1", site.verified());
    let failure = refused_for_good(&nobody, &["28000", "nobody"]);
    assert!(!failure.render().contains(WRONG_PASSWORD));
    let missing = site.settings_as(GUARDED, None, "127.0.0.1", site.verified());
    refused_for_good(&missing, &["password", "DB_PASSWORD_FILE"]);
}

#[test]
fn no_failure_tells_the_password_of_a_connection_string() {
    let Some(site) = Site::signed() else { return };
    let port = site.server.tcp_port().expect("a TCP port");
    for mode in ["verify-full", "no-verify", "disable"] {
        let url = format!("postgres://{GUARDED}:{WRONG_PASSWORD}@127.0.0.1:{port}/postgres?sslmode={mode}");
        let environment = contract::Variables::new().with("DB_CONNECTION_STRING", url).into();
        let settings = DatabaseSettings::from_environment(&environment).expect("settings");
        let failure = connect(&settings, "test").err().expect("a refusal");
        let text = format!("{}{failure:?}{settings:?}", failure.render());
        assert_eq!(failure.exit, Exit::Usage, "{text}");
        assert!(text.contains("127.0.0.1") && !text.contains(WRONG_PASSWORD), "{text}");
    }
}
