//! What rows have to do with a change, counted by a real server.

use boot::{diff, stake};
use contract::DatabaseSettings;
use migrations::session;
use serde_json::{Value, json};
use testbed::{Server, require};

#[test]
fn d28_rows_are_counted_by_what_they_would_lose_or_stand_in_the_way_of() {
    let Some(server) = require(Server::shared()) else { return };
    let database = server.fresh_database("stakes").expect("a database");
    database.ask(
        "CREATE TABLE teams (id int PRIMARY KEY); INSERT INTO teams VALUES (1); \
         CREATE TABLE entries (id int PRIMARY KEY, fee numeric(10,5), team int, code text); \
         INSERT INTO entries VALUES (1, 1234.5, 1, 'a'), (2, 12345.12345, 9, 'a'), (3, 99999.99999, NULL, NULL)",
    );
    let settings = DatabaseSettings::from_environment(&database.environment().into()).expect("settings");
    let mut session = session::connect(&settings, "stakes").expect("a session");
    let mut check = |section: &str, field: &str, edits: Value, expected: &[&str]| {
        let changes =
            diff::changes(&json!({ section: [{"collection": "entries", "field": field, "diff": edits}] }));
        let stakes = stake::weigh(&mut session, "public", &changes).expect("stakes");
        assert_eq!(stakes.iter().map(stake::Stake::sentence).collect::<Vec<_>>(), expected, "{edits}");
    };
    let edit = |name: &str, before: Value, after: Value| json!({"kind": "E", "path": ["schema", name], "lhs": before, "rhs": after});
    let precision = |after: u64| edit("numeric_precision", json!(10), json!(after));
    let scale = |after: u64| edit("numeric_scale", json!(5), json!(after));
    check("fields", "fee", json!([precision(8)]), &["3 values are too large for it"]);
    check("fields", "fee", json!([precision(9)]), &["2 values are too large for it"]);
    check("fields", "fee", json!([scale(6)]), &["2 values are too large for it"]);
    check("fields", "fee", json!([scale(2)]), &["2 values have more than 2 digits after the point"]);
    // 99999.99999 has five digits before the point, and rounded it has six.
    let both = &["2 values have more than 2 digits after the point", "1 value is too large for it"];
    check("fields", "fee", json!([precision(7), scale(2)]), both);
    check("fields", "fee", json!([precision(12), scale(7)]), &[]);
    check(
        "fields",
        "code",
        json!([edit("is_unique", json!(false), json!(true))]),
        &["1 value occurs more than once"],
    );
    check("fields", "code", json!([edit("is_nullable", json!(true), json!(false))]), &["1 row has no value"]);
    check(
        "fields",
        "code",
        json!([edit("max_length", json!(null), json!(0))]),
        &["2 values are longer than 0"],
    );
    let new = |schema: Value| json!([{"kind": "N", "rhs": {"schema": schema}}]);
    let unique = new(json!({"is_nullable": true, "is_unique": true, "default_value": 1}));
    check("fields", "rank", unique, &["3 rows would get the same default"]);
    check("fields", "rank", new(json!({"is_nullable": false})), &["3 rows are there, and it has no default"]);
    let reference = new(json!({"foreign_key_table": "teams", "foreign_key_column": "id"}));
    check("relations", "team", reference, &["1 value names a row of `teams` that does not exist"]);
    // What cannot be counted is unknown, and never nothing.
    let gone = json!([{"kind": "D", "lhs": {}}]);
    check("fields", "nowhere", gone, &["an unknown number of rows hold a value"]);
}
