//! What a person sees when a statement fails: place, reason, remedy.

use crate::server::{database, database_without_preload, files, throwaway_database};

/// Runs one file of phase `pre` and looks for every part in what is shown.
fn check(source: &str, parts: &[&str]) {
    let Some(database) = database() else { return };
    let text = database.failure(&files(&[("db-init/001_a.sql", source)]));
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn a_syntax_error_has_a_caret_below_its_word() {
    check(
        "SELECT 1;\n\nSELECT 'ë',\n\twrong wrong wrong;",
        &[
            "error: run migration `db-init/001_a.sql`\n --> db-init/001_a.sql:4:14\n  |\n4 | \twrong wrong wrong;\n",
            "  | \t            ^^^^^ syntax error",
            "SQLSTATE 42601",
        ],
    );
}

#[test]
fn p11_an_error_without_a_position_names_the_statement() {
    check(
        "CREATE TABLE t (a int, b int);\nINSERT INTO t VALUES (1, 1), (1, 1);\nALTER TABLE t\n  ADD CONSTRAINT t_unique UNIQUE (a, b);",
        &[
            "--> db-init/001_a.sql:4:18",
            "^^^^^^^^ could not create unique index",
            "= detail: Key (a, b)=(1, 1) is duplicated.",
        ],
    );
    check("SELECT 1;\nSELECT 1 / (SELECT 0);", &["--> db-init/001_a.sql:2:1", "22012"]);
}

#[test]
fn p11_an_error_inside_do_is_shown_at_its_line_of_the_file() {
    check(
        "SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1;\n  RAISE EXCEPTION 'no';\nEND $$;",
        &["--> db-init/001_a.sql:5:3", "^ no"],
    );
    check(
        "DO $$\nBEGIN\n  PERFORM nothing FROM pg_class;\nEND $$;",
        &["--> db-init/001_a.sql:3:11", "^^^^^^^ column \"nothing\""],
    );
    check("DO $$\nBEGIN\n  SELECTT 1;\nEND $$;", &["--> db-init/001_a.sql:3:3", "^^^^^^^ syntax error"]);
    check("DO $$\nBEGIN\n  EXECUTE 'ALTER TABLE nowhere ADD a int';\nEND $$;", &["--> db-init/001_a.sql:3:"]);
}

#[test]
fn a_managed_table_in_the_pre_phase_gets_the_remedy() {
    for source in [
        "ALTER TABLE drivers ADD COLUMN a int",
        "DO $$ BEGIN ALTER TABLE public.drivers ADD a int; END $$",
        "CREATE VIEW v AS SELECT * FROM drivers",
    ] {
        check(source, &["42P01", "hint: `drivers` is managed by Directus", "move the file to db-init-post/"]);
    }
    let Some(database) = database() else { return };
    let text = database.failure(&files(&[("db-init/001_a.sql", "ALTER TABLE nowhere ADD a int")]));
    assert!(!text.contains("managed"), "{text}");
}

#[test]
fn p13_a_new_enum_value_used_at_once_gets_the_remedy() {
    let Some(database) = database() else { return };
    database.run(&files(&[("db-init/1_a.sql", "CREATE TYPE mood AS ENUM ('a')")])).unwrap();
    let text = database.failure(&files(&[
        ("db-init/1_a.sql", "CREATE TYPE mood AS ENUM ('a')"),
        ("db-init/2_b.sql", "ALTER TYPE mood ADD VALUE 'b'; SELECT 'b'::mood"),
    ]));
    assert!(text.contains("55P04") && text.contains("hint: split the file"), "{text}");
}

#[test]
fn p9_what_refuses_a_transaction_says_so() {
    check("VACUUM;", &["25001", "hint: every file runs in one transaction"]);
}

#[test]
fn p7_an_extension_that_must_be_preloaded_gets_the_remedy() {
    let Some((_server, database)) = database_without_preload() else { return };
    let text = database.failure(&files(&[("db-init/001_a.sql", "CREATE EXTENSION timescaledb")]));
    // With the server's own words, or without them: the driver may see the end of the connection before its reason.
    assert!(text.contains("set shared_preload_libraries = 'timescaledb'"), "{text}");
    assert!(
        text.contains("--> db-init/001_a.sql:1:1") && text.contains("nothing of this file remains"),
        "{text}"
    );
}

#[test]
fn p10_unique_without_partition_column_is_refused() {
    let Some(database) = throwaway_database() else { return };
    let text = database.failure(&files(&[(
        "db-init/001_a.sql",
        "CREATE EXTENSION timescaledb; CREATE TABLE p (id int, at timestamptz NOT NULL); SELECT create_hypertable('p', 'at');
         ALTER TABLE p ADD CONSTRAINT p_id UNIQUE (id);",
    )]));
    assert!(text.contains("must contain its partition column (P10)"), "{text}");
}

#[test]
fn a_deferred_constraint_fails_at_commit_and_says_so() {
    check(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (1)",
        &["it cannot be committed", "23503", "nothing of this file remains"],
    );
}
