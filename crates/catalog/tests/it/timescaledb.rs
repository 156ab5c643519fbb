//! What TimescaleDB makes of a table, without what it makes of its rows.

use crate::read::{self, difference};
use catalog::sql::Tables;
use testbed::{Server, require};

#[test]
fn a_hypertable_is_listed_with_its_dimensions_and_without_its_chunks() {
    let Some(server) = require(Server::shared()) else { return };
    let database = server.fresh_database("hypertable").expect("a database");
    let mut session = database.connect().expect("a session");
    session
        .batch_execute(
            "CREATE EXTENSION timescaledb;
             CREATE TABLE positions (device text, ts timestamptz NOT NULL, UNIQUE (device, ts));
             SELECT create_hypertable('positions', 'ts', 'device', 3, chunk_time_interval => interval '36 hours', create_default_indexes => false);
             CREATE SCHEMA app; CREATE TABLE app.\"Counted.By\" (\"n.n\" bigint NOT NULL);
             SELECT create_hypertable('app.\"Counted.By\"', 'n.n', chunk_time_interval => 1000);",
        )
        .expect("hypertables");
    let tables = Tables { home: "public".to_owned(), timescaledb: true, ..Tables::default() };
    let before = read::lines_of(&mut session, &tables, "");
    let hypertables: Vec<&String> = before.iter().filter(|line| line.contains("\thypertable\t")).collect();
    assert_eq!(
        hypertables,
        [
            "db-only\thypertable\tapp.\"Counted.By\".\"n.n\"\tevery 1000",
            "db-only\thypertable\tpositions.device\t3 partitions",
            "db-only\thypertable\tpositions.ts\tevery 1 day 12:00:00",
        ]
    );
    let check = |session: &mut _, change: &str, counts: [usize; 2]| {
        let difference = difference(&before, &read::lines_of(session, &tables, change));
        assert_eq!(difference.each_ref().map(Vec::len), counts, "{change}: {difference:#?}");
    };
    check(
        &mut session,
        "INSERT INTO positions VALUES ('a', '2026-05-30 08:00:00+00'), ('b', '2027-05-30 08:00:00+00')",
        [0, 0],
    );
    check(
        &mut session,
        "DO $$ BEGIN PERFORM set_chunk_time_interval('positions', interval '1 day'); END $$",
        [1, 1],
    );
    check(&mut session, "CREATE INDEX more ON positions (ts)", [0, 1]);
}
