//! Connecting: what is refused at once, and encryption where the server has it.

use crate::server::database;
use contract::database::{Target, Tls};
use contract::{DatabaseSettings, Exit};
use migrations::session::{connect, wait_and_connect};
use std::time::Instant;

#[test]
fn p15_a_database_that_does_not_exist_is_not_waited_for() {
    let Some(database) = database() else { return };
    let mut settings = database.settings.clone();
    let Target::Parts { database: name, .. } = &mut settings.target else { unreachable!("made from parts") };
    *name = "nowhere".to_owned();
    let started = Instant::now();
    let failure = wait_and_connect(&settings, "test", 30, &mut |_| {}).err().expect("a failure");
    assert!(started.elapsed().as_secs() < 10);
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.render().contains("3D000"), "{}", failure.render());
    assert!(failure.hint.is_some());
}

#[test]
fn the_session_has_its_name_and_a_lock_timeout() {
    let Some(database) = database() else { return };
    let mut session = connect(&database.settings, "my boot").unwrap();
    let row = session
        .client()
        .query_one("SELECT current_setting('application_name'), current_setting('lock_timeout')", &[])
        .unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("my boot", "1min"));
}

#[test]
fn encryption_on_a_unix_socket_is_refused_with_a_remedy() {
    let settings = DatabaseSettings {
        target: Target::Parts {
            host: "/run".to_owned(),
            port: 5432,
            database: "d".to_owned(),
            user: "u".to_owned(),
            password: None,
        },
        tls: Tls::Unverified,
    };
    let failure = connect(&settings, "test").err().expect("a failure");
    assert_eq!((failure.exit, failure.hint.is_some()), (Exit::Usage, true));
}

/// The server's own settings say where its certificate is; without one, or on another machine, there is nothing to test.
#[test]
fn a_certificate_is_checked_against_the_given_authority_and_the_host_name() {
    let Some(database) = database() else { return };
    if database.ask("SHOW ssl") != "on" {
        return eprintln!("skipped: the server has no TLS");
    }
    let path = format!("{}/{}", database.ask("SHOW data_directory"), database.ask("SHOW ssl_cert_file"));
    let Ok(pem) = std::fs::read_to_string(&path) else { return eprintln!("skipped: cannot read {path}") };
    let port = database.ask("SHOW port").parse().expect("a port");
    let check = |host: &str, tls: Tls| {
        let mut settings = database.settings.clone();
        let Target::Parts { host: place, port: number, .. } = &mut settings.target else {
            unreachable!("made from parts")
        };
        (*place, *number) = (host.to_owned(), port);
        settings.tls = tls;
        let mut session = connect(&settings, "test")?;
        let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let encrypted: bool = session.client().query_one(query, &[]).unwrap().get(0);
        // A cancellation takes the same way, with the same checks.
        session.cancel_token().cancel()?;
        Ok::<bool, contract::Failure>(encrypted)
    };
    assert!(check("localhost", Tls::Unverified).unwrap());
    assert!(check("localhost", Tls::Verified { ca: Some(pem.clone()) }).unwrap());
    let unknown = check("localhost", Tls::Verified { ca: None }).unwrap_err();
    assert_eq!(unknown.exit, Exit::Usage, "{}", unknown.render());
    // Linux takes 0.0.0.0 for this machine; no certificate names it.
    let wrong_name = check("0.0.0.0", Tls::Verified { ca: Some(pem) }).unwrap_err();
    assert_eq!(wrong_name.exit, Exit::Usage, "{}", wrong_name.render());
    assert!(wrong_name.render().contains("certificate"), "{}", wrong_name.render());
}
