//! The proof: what the catalog lacks of what the migrations make.

use crate::server::{database, files};
use contract::Phase;
use migrations::objects::{missing, objects};

const SOURCE: &str = "CREATE TABLE t (a int, b int, CONSTRAINT t_positive CHECK (a > 0)); CREATE UNIQUE INDEX t_ab ON t (a, b);
    CREATE SCHEMA s; CREATE TABLE s.\"Mixed Case\" (a int); CREATE INDEX mixed ON s.\"Mixed Case\" (a);
    DO $$ BEGIN ALTER TABLE t ADD COLUMN c int, ADD CONSTRAINT t_unique UNIQUE (b, c); END $$;";

#[test]
fn what_is_there_is_not_missing_and_what_went_is() {
    let Some(database) = database() else { return };
    let migrations = files(&[("db-init-post/001_a.sql", SOURCE)]);
    database.run(&migrations).unwrap();
    let objects = objects(migrations.of(Phase::Post));
    assert_eq!(objects.len(), 7, "{objects:?}");
    let lacking = |sql: &str| -> Vec<String> {
        database.execute(sql);
        missing(&mut database.client(), &objects).unwrap().into_iter().map(|object| object.name).collect()
    };
    assert_eq!(lacking(""), [""; 0]);
    assert_eq!(
        lacking("ALTER TABLE t DROP CONSTRAINT t_unique; ALTER TABLE t DROP COLUMN c"),
        ["c", "t_unique"]
    );
    assert_eq!(lacking("DROP TABLE s.\"Mixed Case\""), ["Mixed Case", "mixed", "c", "t_unique"]);
}

#[test]
fn p5_an_invalid_index_counts_as_missing() {
    let Some(database) = database() else { return };
    database.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
    let build = database.client().batch_execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)");
    assert!(build.is_err(), "the build fails and leaves an invalid index");
    let migrations = files(&[("db-init-post/001_a.sql", "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)")]);
    database.run(&migrations).unwrap();
    let lacking = missing(&mut database.client(), &objects(migrations.of(Phase::Post))).unwrap();
    assert_eq!(lacking.len(), 1);
    assert_eq!(lacking[0].to_string(), "index `i` on `t` (db-init-post/001_a.sql:1)");
}
