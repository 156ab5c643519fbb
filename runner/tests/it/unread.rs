//! What migrations do is not read out of their text: whatever they are made of, the proof asks the database for what the same files made
//! on an empty one.

use crate::catalog;
use crate::site::Site;

/// What a reader of SQL takes for missing for ever, and is not.
const FINE: [(&str, &str); 10] = [
    ("010_not_null.sql", "CREATE TABLE a (a int CONSTRAINT a_nn NOT NULL);"),
    (
        "011_first.sql",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int, CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p);",
    ),
    ("012_cascade.sql", "DROP TABLE p CASCADE;"),
    ("013_default_path.sql", "SET search_path TO DEFAULT; CREATE TABLE d (id int);"),
    ("014_savepoint.sql", "CREATE TABLE e (); SAVEPOINT x; CREATE TABLE f (); ROLLBACK TO x; RELEASE x;"),
    ("015_made.sql", "CREATE TABLE g (id int);"),
    ("016_formatted.sql", "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'g'); END $$;"),
    ("017_concatenated.sql", "DO $$ BEGIN EXECUTE 'CREATE TABLE t' || '_2024 (a int)'; END $$;"),
    ("018_temporary.sql", "CREATE TEMP TABLE h AS SELECT 1 a; CREATE INDEX hi ON h (a);"),
    ("019_summer.sql", "CREATE TABLE ÉTÉ (a int);"),
];

/// What is guarded by a name, and says nothing about what bears the name already.
const GUARDED: [(&str, &str); 4] = [
    (
        "020_index.sql",
        "CREATE TABLE IF NOT EXISTS i (a int); CREATE UNIQUE INDEX IF NOT EXISTS i_a ON i (a);",
    ),
    (
        "021_constraint.sql",
        "CREATE TABLE IF NOT EXISTS k (a int, b int);\n\
         DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'k_u') THEN ALTER TABLE k ADD CONSTRAINT k_u UNIQUE (a, b); END IF; END $$;",
    ),
    ("022_table.sql", "CREATE TABLE IF NOT EXISTS l (a int, b int);"),
    (
        "023_swallowed.sql",
        "CREATE TABLE IF NOT EXISTS m (a int);\n\
         DO $$ BEGIN ALTER TABLE mm ADD COLUMN b int; EXCEPTION WHEN OTHERS THEN NULL; END $$;",
    ),
];

/// A release with all of them, and the catalog that it makes.
fn release(site: &Site) {
    for (name, sql) in FINE.iter().chain(&GUARDED) {
        site.tree.write(&format!("db-init/{name}"), sql);
    }
    catalog::write(site);
}

#[test]
fn whatever_migrations_are_made_of_a_second_boot_finds_what_the_first_one_made() {
    let Some(site) = Site::new() else { return };
    release(&site);
    site.prepare().expect(0, &["recorded"]);
    site.prepare().expect(0, &["nothing changed since"]);
    site.run(&["prepare"], &[("RUNNER_FAST", "off")]).expect(0, &["the record stands"]);
    assert_eq!(site.ask("SELECT to_regclass('public.ÉTÉ') IS NOT NULL"), "t");
}

#[test]
fn what_only_has_the_name_of_what_is_expected_is_told_line_by_line() {
    let Some(site) = Site::new() else { return };
    release(&site);
    site.ask(
        "CREATE TABLE i (a int); CREATE INDEX i_a ON i (a); \
         CREATE TABLE k (a int, b int, CONSTRAINT k_u CHECK (a > b)); CREATE TABLE l (a int); CREATE VIEW m AS SELECT 1 AS a",
    );
    site.prepare().expect(
        1,
        &[
            "~ index i.i_a: CREATE UNIQUE INDEX i_a ON public.i USING btree (a) → CREATE INDEX i_a ON public.i USING btree (a)",
            "~ constraint k.k_u: UNIQUE (a, b) → CHECK ((a > b))",
            "- column l.b: integer",
            "- table m",
            "DROP INDEX i_a;",
            "ALTER TABLE l ADD COLUMN b integer;",
            "what named it: db-init/020_index.sql, ",
        ],
    );
    assert_eq!(site.ask("SELECT to_regclass('public.schema_releases') IS NULL"), "t", "it was recorded");
}
