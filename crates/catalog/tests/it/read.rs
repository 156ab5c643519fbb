//! How a catalog is read here: as the runner does it, in one transaction with the settings pinned.

use catalog::sql::{self, Tables};
use postgres::{Client, SimpleQueryMessage};
use testbed::{Database, Server};

/// A database with one of everything, made after `before`.
pub(crate) fn rich<'a>(server: &'a Server, before: &str) -> Database<'a> {
    let database = server.fresh_database("catalog").expect("a database");
    let mut session = database.connect().expect("a session");
    for text in [before, include_str!("../data/rich.sql")] {
        session.batch_execute(text).unwrap_or_else(|error| panic!("{error:?}"));
    }
    database
}

/// What there is to be read in such a database.
pub(crate) fn tables() -> Tables {
    Tables {
        home: "public".to_owned(),
        metadata: true,
        ledger: Some("public".to_owned()),
        timescaledb: false,
        own: vec!["migrations_applied".to_owned()],
    }
}

/// The lines, sorted.
pub(crate) fn lines(session: &mut Client) -> Vec<String> {
    lines_of(session, &tables(), "")
}

/// The lines of `tables` after `change`, of which nothing stays.
pub(crate) fn lines_of(session: &mut Client, tables: &Tables, change: &str) -> Vec<String> {
    let mut lines = rows(session, change, &sql::lines(tables));
    lines.sort();
    lines
}

/// The hash of them.
pub(crate) fn fingerprint(session: &mut Client) -> String {
    rows(session, "", &sql::fingerprint(&tables())).remove(0)
}

fn rows(session: &mut Client, change: &str, query: &str) -> Vec<String> {
    let query = format!("BEGIN; {change}; {}; {query}; ROLLBACK", sql::SETTINGS);
    let messages = session.simple_query(&query).unwrap_or_else(|error| panic!("{change} {error:?}"));
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).expect("a line").to_owned()),
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// What only one of the two has.
pub(crate) fn difference(before: &[String], after: &[String]) -> [Vec<String>; 2] {
    let only =
        |of: &[String], not: &[String]| of.iter().filter(|line| !not.contains(line)).cloned().collect();
    [only(before, after), only(after, before)]
}
