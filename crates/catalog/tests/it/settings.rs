//! P21: what the server prints by settings of a role or a database, and by an oid of its own, is not in a line.

use crate::read::{self, difference};
use postgres::{Client, NoTls};
use testbed::{Database, Server, require};

/// Each of them alone, as a role's own setting.
const SETTINGS: [(&str, &str); 28] = [
    ("TimeZone", "America/New_York"),
    ("DateStyle", "German"),
    ("DateStyle", "SQL, MDY"),
    ("IntervalStyle", "iso_8601"),
    ("IntervalStyle", "sql_standard"),
    ("quote_all_identifiers", "on"),
    ("extra_float_digits", "-15"),
    ("bytea_output", "escape"),
    ("search_path", "app, public"),
    ("search_path", ""),
    ("standard_conforming_strings", "off"),
    ("backslash_quote", "off"),
    ("escape_string_warning", "off"),
    ("lc_messages", "C"),
    ("lc_monetary", "C.UTF-8"),
    ("lc_numeric", "C.UTF-8"),
    ("lc_time", "C.UTF-8"),
    ("row_security", "off"),
    ("default_transaction_isolation", "serializable"),
    ("default_transaction_read_only", "on"),
    ("transform_null_equals", "on"),
    ("array_nulls", "off"),
    ("xmloption", "document"),
    ("default_text_search_config", "pg_catalog.german"),
    ("enable_hashjoin", "off"),
    ("jit_above_cost", "0"),
    ("debug_parallel_query", "on"),
    ("role", "pg_monitor"),
];

/// A session of a role that may do nothing but read what Directus and the ledger keep.
fn reader(database: &Database<'_>) -> Client {
    let server = database.server();
    let mut config = Client::configure();
    config.host_path(server.socket_dir()).port(server.port()).dbname(database.name()).user("reader");
    config.connect(NoTls).expect("a session of the reader")
}

#[test]
fn p21_no_setting_of_a_role_or_database_is_in_a_line() {
    let Some(server) = require(Server::shared()) else { return };
    let database = read::rich(server, "CREATE ROLE reader LOGIN");
    let mut owner = database.connect().expect("a session");
    let tables =
        "directus_collections, directus_fields, directus_relations, directus_migrations, migrations_applied";
    owner
        .batch_execute(&format!("GRANT SELECT ON {tables} TO reader, pg_monitor; GRANT pg_monitor TO reader"))
        .expect("grants");
    let (lines, fingerprint) = (read::lines(&mut owner), read::fingerprint(&mut owner));
    let same = |session: &mut Client, under: &str| {
        let found = read::lines(session);
        assert_eq!(difference(&lines, &found), [vec![], Vec::<String>::new()], "{under}");
        assert_eq!(read::fingerprint(session), fingerprint, "{under}");
    };
    same(&mut reader(&database), "no setting");
    for (name, value) in SETTINGS {
        owner.batch_execute(&format!("ALTER ROLE reader SET {name} TO '{value}'")).expect("a setting");
        same(&mut reader(&database), &format!("{name} = {value}"));
        owner.batch_execute("ALTER ROLE reader RESET ALL").expect("no setting");
    }
    // All at once, and for everybody in this database.
    for (name, value) in SETTINGS.iter().filter(|(name, _)| *name != "role") {
        let setting = format!("ALTER DATABASE {} SET {name} TO '{value}'", database.name());
        owner
            .batch_execute(&format!("SET default_transaction_read_only TO off; {setting}"))
            .expect("a setting");
    }
    same(&mut reader(&database), "all settings at once");
    same(&mut database.connect().expect("a session"), "all settings at once, as the owner");
    drop(owner);
    drop(database);
    server.connect("postgres").expect("a session").batch_execute("DROP ROLE reader").expect("no reader");
}

#[test]
fn p21_no_oid_of_one_server_is_in_a_line() {
    let Some(server) = require(Server::shared()) else { return };
    let plain = read::rich(server, "");
    let other = read::rich(
        server,
        "CREATE TABLE t (a serial); DROP TABLE t; DROP EXTENSION plpgsql; CREATE EXTENSION plpgsql",
    );
    let language = "SELECT oid FROM pg_language WHERE lanname = 'plpgsql'";
    assert_ne!(plain.ask(language), other.ask(language));
    let [before, after] =
        [plain, other].map(|database| read::lines(&mut database.connect().expect("a session")));
    assert_eq!(difference(&before, &after), [vec![], Vec::<String>::new()]);
}
