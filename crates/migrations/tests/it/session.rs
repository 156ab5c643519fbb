//! Connecting: what is refused at once, and what the session is like.

use crate::server::database;
use contract::database::Tls;
use contract::{DatabaseSettings, Exit};
use migrations::session::{connect, wait_and_connect};
use std::time::Instant;

#[test]
fn p15_a_database_that_does_not_exist_is_not_waited_for() {
    let Some(database) = database() else { return };
    let settings = DatabaseSettings { database: "nowhere".to_owned(), ..database.settings.clone() };
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
        host: "/run".to_owned(),
        port: 5432,
        database: "d".to_owned(),
        user: "u".to_owned(),
        password: None,
        tls: Tls::Unverified,
        certificate: None,
    };
    let failure = connect(&settings, "test").err().expect("a failure");
    assert_eq!((failure.exit, failure.hint.is_some()), (Exit::Usage, true));
}
