//! What the dry run compares between its passes, against a real server: what a boot could change shows, on every major version of Postgres.

use std::collections::BTreeSet;
use testbed::{Server, require};

/// As `xtask/src/engine` has it.
pub(crate) trait Ask {
    fn ask(&self, query: &str) -> anyhow::Result<Vec<String>>;
}

#[path = "../../src/engine/picture.rs"]
mod taken;

impl Ask for testbed::Database<'_> {
    fn ask(&self, query: &str) -> anyhow::Result<Vec<String>> {
        let text = |message: &postgres::SimpleQueryMessage| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        Ok(self.connect()?.simple_query(query)?.iter().filter_map(text).collect())
    }
}

/// Objects of every kind that a migration makes.
const MADE: &str = "
CREATE SCHEMA \"Odd 'one\";
CREATE TABLE plants (id serial PRIMARY KEY, name text COLLATE \"C\", \"at\" timestamptz DEFAULT now(), CHECK (name <> ''));
CREATE TABLE \"Odd 'one\".\"it's\" (each int, plant int REFERENCES plants);
CREATE VIEW named AS SELECT name FROM plants;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM plants;
CREATE FUNCTION grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER grows BEFORE INSERT ON plants FOR EACH ROW EXECUTE FUNCTION grow();
CREATE TYPE weather AS ENUM ('dry');
CREATE DOMAIN height AS int CHECK (VALUE > 0);
INSERT INTO plants (name) SELECT 'plant ' || n FROM generate_series(1, 200) n;
INSERT INTO \"Odd 'one\".\"it's\" VALUES (1, 1);";

/// Each changes one thing, and a word of the line that shows it.
const CHANGES: [(&str, &str); 18] = [
    ("UPDATE plants SET name = 'fern' WHERE id = 7", "rows public.plants: 200"),
    ("UPDATE \"Odd 'one\".\"it's\" SET each = 2", "row \"Odd 'one\".\"it's\": (2,1)"),
    ("SELECT nextval('plants_id_seq')", "sequence public.plants_id_seq"),
    ("ALTER TABLE plants ADD COLUMN note text", "column public.plants.note"),
    ("ALTER TABLE plants ALTER note SET NOT NULL, ALTER note SET DEFAULT ''", "not null"),
    ("ALTER TABLE plants DROP CONSTRAINT plants_name_check", "constraint public.plants.plants_name_check"),
    ("CREATE INDEX plants_by_name ON plants (name)", "plants_by_name"),
    ("CREATE OR REPLACE VIEW named AS SELECT upper(name) AS name FROM plants", "upper"),
    ("REFRESH MATERIALIZED VIEW counted", "public.counted: (200)"),
    (
        "CREATE OR REPLACE FUNCTION grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "RETURN NULL",
    ),
    ("ALTER TABLE plants DISABLE TRIGGER grows", "trigger public.plants"),
    ("ALTER TYPE weather ADD VALUE 'wet'", "dry, wet"),
    ("ALTER DOMAIN height SET DEFAULT 1", "type height"),
    ("COMMENT ON COLUMN plants.name IS 'as people say it'", "as people say it"),
    ("GRANT SELECT ON plants TO PUBLIC", "=r/postgres"),
    ("ALTER TABLE plants ENABLE ROW LEVEL SECURITY", "row security"),
    ("CREATE POLICY mine ON plants USING (name = current_user)", "policy public.plants.mine"),
    ("ALTER TABLE plants SET (fillfactor = 50)", "fillfactor=50"),
];

fn every_change_shows(server: &Server) {
    let database = server.fresh_database("picture").expect("a database");
    database.ask(MADE);
    let take = || taken::take(&database).unwrap_or_else(|error| panic!("{error:?}"));
    let mut before = take();
    assert!(before == take(), "nothing changed, and the picture did");
    for (change, word) in CHANGES {
        // Setting a column NOT NULL needs it to be filled first.
        if change.contains("ALTER note SET NOT NULL") {
            database.ask("UPDATE plants SET note = ''");
            before = take();
        }
        database.ask(change);
        let now = take();
        let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), now.lines().collect());
        let differences: Vec<&&str> = old.symmetric_difference(&new).collect();
        assert!(
            differences.iter().any(|line| line.contains(word)),
            "{change}: no `{word}` in {differences:#?}"
        );
        before = now;
    }
}

#[test]
fn p25_every_change_shows_on_every_major_version() {
    for major in testbed::MAJORS {
        let Some(server) = require(Server::of_major(major)) else { return };
        every_change_shows(&server);
    }
}

#[test]
fn a_hypertable_and_its_rows_are_in_the_picture() {
    let Some(server) = require(Server::shared()) else { return };
    every_change_shows(server);
    let database = server.fresh_database("picture").expect("a database");
    database.ask("CREATE EXTENSION timescaledb; CREATE TABLE r (ts timestamptz NOT NULL, value int)");
    let before = taken::take(&database).expect("a picture");
    database.ask("SELECT create_hypertable('r', 'ts'); INSERT INTO r VALUES ('2026-01-01', 1)");
    let now = taken::take(&database).expect("a picture");
    assert!(now.contains("\nrow public.r: (\"2026-01-01"), "{now}");
    assert!(now.contains("_hyper_") && !before.contains("_hyper_"), "its chunk is missing:\n{now}");
}
