//! Any environment at all: nothing panics, what is contradictory is refused, and a password is in no error and no description.
//! `PROPTEST_CASES=n` asks more often.

use contract::DatabaseSettings;
use contract::env::{Environment, FILE_BACKED, KNOBS, READ};
use contract::{Exit, Outcome, Variables};
use proptest::prelude::*;

const MORE_NAMES: [&str; 6] =
    ["DB_CLIENT", "DB_SEARCH_PATH", "PGOPTIONS", "", "DB_PASSWORD_FILE_FILE", "_FILE"];

fn name() -> impl Strategy<Value = String> {
    let known: Vec<String> =
        [FILE_BACKED, KNOBS, READ, &MORE_NAMES].concat().into_iter().map(str::to_owned).collect();
    let files = FILE_BACKED.iter().map(|name| format!("{name}_FILE")).collect::<Vec<_>>();
    prop_oneof![3 => prop::sample::select(known), 2 => prop::sample::select(files), 1 => ".{0,6}"]
}

fn value() -> impl Strategy<Value = String> {
    const LIKELY: &[&str] = &[
        "",
        " ",
        "\n",
        "true",
        "false",
        "1",
        "0",
        "5432",
        "65536",
        "-1",
        "1e3",
        "18446744073709551616",
        "pg",
        "postgres",
        "mysql",
        "string:x",
        "json:{}",
        "/run/socket",
        "::1",
        "postgres://",
        "postgres://@",
        "postgres://?",
        "postgres://u:p@[::1]:1/d?a&b=&&sslmode",
        "postgresql://%2Frun/d?host=/run",
        "postgres://u@h?sslmode=require&sslmode=disable",
        "postgres://u@h?sslmode=odd",
        "on",
        "off",
    ];
    prop_oneof![2 => prop::sample::select(LIKELY).prop_map(str::to_owned), 1 => "\\PC{0,12}", 1 => any::<String>()]
}

/// What a file holds, or why it cannot be read.
fn read(path: &str) -> Result<String, String> {
    if path.len().is_multiple_of(3) {
        Err("No such file or directory (os error 2)".to_owned())
    } else {
        Ok(format!("{path}\r\n"))
    }
}

fn settings(pairs: &[(&str, &str)]) -> Outcome<DatabaseSettings> {
    DatabaseSettings::from_environment(&pairs.iter().copied().collect::<Variables>().into())
}

/// A word that cannot be anywhere by accident, between characters that mean something in a URL.
fn password() -> impl Strategy<Value = String> {
    let odd = "[-:/?#@%&=+\\[\\]'\" ~$ë😀\\\\]{0,4}";
    (odd, odd, odd).prop_map(|(a, b, c)| format!("{a}hunter2{b}hunter2{c}"))
}

/// Percent-encoded as RFC 3986 wants it in the user information.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Everything that is ever shown of settings.
fn shown(settings: &Outcome<DatabaseSettings>) -> String {
    match settings {
        Ok(settings) => format!("{settings:?} {}", settings.describe()),
        Err(failure) => format!("{failure:?} {failure} {}", failure.render()),
    }
}

const PLACES: [&str; 8] = [
    "db",
    "db:5432/rally",
    "[::1]:5432/rally",
    "[fe80::1%25eth0]/rally",
    "%2Frun%2Fpostgresql/rally",
    "/rally?host=/run",
    "db/rally@x",
    "db,other:1/rally",
];
const QUERIES: [&str; 8] = [
    "",
    "?",
    "?sslmode=require",
    "?sslmode=odd",
    "?sslcert=x",
    "?application_name=me@here",
    "?a&b==c&&",
    "?x=?",
];

/// Two `@` around a `?`, all of the password: the description took `hunter2` for the host.
#[test]
fn a_password_that_would_be_read_as_host_and_parameters_is_refused() {
    for url in [
        "postgres://u:@hunter2?hunter2@db",
        "postgres://u:a?sslmode=hunter2@db/d",
        "postgres://db?user=u&x=a@hunter2",
    ] {
        let read = settings(&[("DB_CONNECTION_STRING", url)]);
        assert!(
            read.as_ref().is_err_and(|failure| failure.what.contains("an `@` behind a `/`, `?`")),
            "{read:?}"
        );
        assert!(!shown(&read).contains("hunter2"), "{read:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_environment_makes_it_panic(pairs in prop::collection::vec((name(), value()), 0..12)) {
        let given = Variables::from_iter(pairs);
        let filled = |name: &str| given.get(name).is_some_and(|value| !value.is_empty());
        let twice = FILE_BACKED.iter().any(|name| filled(name) && filled(&format!("{name}_FILE")));
        match Environment::resolve(given.clone(), read) {
            Err(failure) => prop_assert_eq!(failure.exit, Exit::Usage),
            Ok(environment) => {
                prop_assert!(!twice);
                for name in FILE_BACKED {
                    let file = format!("{name}_FILE");
                    prop_assert_eq!(environment.get(&file), None);
                    let expected = given.get(&file).filter(|path| !path.is_empty()).or(given.get(name));
                    prop_assert_eq!(environment.get(name), expected.filter(|value| !value.is_empty()));
                }
                for (name, value) in environment.variables() {
                    let number = environment.number(name, 7, 3..=90);
                    let said = value.parse().ok().filter(|number| (3..=90).contains(number));
                    prop_assert_eq!(number.ok(), if value.is_empty() { Some(7) } else { said });
                }
                match DatabaseSettings::from_environment(&environment) {
                    // What we write, for our own programs and for Directus, is what we read.
                    Ok(settings) => prop_assert_eq!(
                        DatabaseSettings::from_environment(&settings.variables().into()), Ok(settings)
                    ),
                    Err(failure) => prop_assert_eq!(failure.exit, Exit::Usage),
                }
            }
        }
    }

    #[test]
    fn name_and_file_together_are_refused_whatever_they_hold(name in prop::sample::select(FILE_BACKED), value in ".{1,9}", path in ".{1,9}") {
        let both = Variables::new().with(name, &value).with(format!("{name}_FILE"), path);
        let failure = Environment::resolve(both, |_| Ok(value.clone())).expect_err("both are set");
        prop_assert_eq!(failure.exit, Exit::Usage);
        let both = format!("`{name}_FILE` are both set");
        prop_assert!(failure.what.contains(&both));
    }

    #[test]
    fn no_password_is_ever_shown(
        password in password(), place in prop::sample::select(&PLACES[..]), query in prop::sample::select(&QUERIES[..]), port in "[0-9]{0,6}|x"
    ) {
        let parts = settings(&[("DB_HOST", "db"), ("DB_PORT", &port), ("DB_DATABASE", "d"), ("DB_USER", "u"), ("DB_PASSWORD", &password)]);
        if let Ok(DatabaseSettings { password: kept, .. }) = &parts {
            prop_assert_eq!(kept.as_ref().map(|kept| kept.expose()), Some(&password[..]));
        }
        prop_assert!(!shown(&parts).contains("hunter2"), "{}", shown(&parts));
        // As it should be written, and as people write it.
        for written in [encoded(&password), password] {
            let url = settings(&[("DB_CONNECTION_STRING", &format!("postgres://u:{written}@{place}{query}"))]);
            prop_assert!(!shown(&url).contains("hunter2"), "{}", shown(&url));
        }
    }

    #[test]
    fn a_connection_string_is_its_parts(
        password in password(), host in prop::sample::select(vec!["db", "127.0.0.1", "[::1]", "/run/postgresql", "a b"]),
        port in prop::option::of(1..=u16::MAX), database in "[^\\x00]{1,9}", user in "[^\\x00]{1,9}"
    ) {
        let host_in_url = if host.starts_with('[') { host.to_owned() } else { encoded(host) };
        let port_in_url = port.map_or(String::new(), |port| format!(":{port}"));
        let login = format!("{}:{}", encoded(&user), encoded(&password));
        let url = format!("postgres://{login}@{host_in_url}{port_in_url}/{}", encoded(&database));
        match settings(&[("DB_CONNECTION_STRING", &url)]) {
            Ok(read) => {
                prop_assert_eq!(&read.host, host.trim_matches(['[', ']']));
                prop_assert_eq!((read.port, read.database, read.user), (port.unwrap_or(5432), database, user));
                prop_assert_eq!(read.password.as_ref().map(|kept| kept.expose()), Some(&password[..]));
            }
            Err(failure) => prop_assert!(host == "a b", "{}", failure.render()),
        }
    }
}
