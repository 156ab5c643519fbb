//! The main job: what passes, and what must fail with a message that a newcomer can act on.

use crate::checkout::{Checkout, said};
use testbed::{Server, require};
use testkit::text::without_line;

#[test]
fn an_unbroken_checkout_passes_and_leaves_nothing() {
    let Some(checkout) = Checkout::new() else { return };
    let said = said(&mut checkout.dry_run(&["--json"])).expect(0, &[]);
    assert_eq!(said.last_line(), "dry-run passed");
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    assert_eq!(json["passed"], true);
    let names: Vec<&str> =
        json["steps"].as_array().expect("steps").iter().filter_map(|step| step["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "check",
            "provision",
            "database",
            "pass 1",
            "compare",
            "picture",
            "pass 2",
            "start",
            "round trip",
            "stop"
        ]
    );
}

#[test]
fn with_seed_the_files_are_put_into_it_twice() {
    let Some(checkout) = Checkout::new() else { return };
    let seeded =
        said(&mut checkout.dry_run(&["--seed", "--json"])).expect(0, &["14 created, 0 updated, 0 unchanged"]);
    let json: serde_json::Value = serde_json::from_str(&seeded.stdout).expect("JSON alone on stdout");
    let steps = json["steps"].as_array().expect("steps");
    assert!(steps.iter().any(|step| step["name"] == "seed" && step["passed"] == true), "{json:#}");

    // Well-formed, but not as Directus wants it: too few digits.
    checkout.edit("seeds/garden.yaml", |text| text.replace("001010000000024", "0010100"));
    let refused = said(&mut checkout.dry_run(&["--seed"]))
        .expect(1, &["seeds/garden.yaml:", "Validation failed for field \"serial\""]);
    assert_eq!(refused.last_line(), "dry-run failed at seed");
}

/// The bug that started it all: SQL that alters managed tables runs before they exist.
fn plant_the_ordering_bug(checkout: &Checkout) {
    checkout.rename(
        "db-init-post/001_junction_unique_constraints.sql",
        "db-init/004_junction_unique_constraints.sql",
    );
    checkout.rename(
        "db-init-post/002_season_unique_constraints.sql",
        "db-init/005_season_unique_constraints.sql",
    );
}

#[test]
fn the_ordering_bug_is_found_at_edit_time() {
    let Some(checkout) = Checkout::new() else { return };
    plant_the_ordering_bug(&checkout);
    let said = said(&mut checkout.dry_run(&[])).expect(
        3,
        &[
            "db-init/004_junction_unique_constraints.sql:",
            "phase-order",
            "`planting_sensors`",
            "db-init-post/",
        ],
    );
    assert_eq!(said.last_line(), "dry-run failed at check");
}

#[test]
fn the_ordering_bug_is_found_by_the_boot_itself() {
    let Some(checkout) = Checkout::new() else { return };
    plant_the_ordering_bug(&checkout);
    let said = said(&mut checkout.dry_run(&["--skip-check"])).expect(
        1,
        &[
            "db-init/004_junction_unique_constraints.sql:",
            "relation \"planting_sensors\" does not exist",
            "managed by Directus",
            "db-init-post/",
        ],
    );
    assert_eq!(said.last_line(), "dry-run failed at pass 1");
}

#[test]
fn a_syntax_error_is_shown_with_its_line_and_a_caret() {
    let Some(checkout) = Checkout::new() else { return };
    checkout.write("db-init/004_typo.sql", "-- a typo\nALTER TABEL readings ADD x int;\n");
    let said = said(&mut checkout.dry_run(&["--skip-check"])).expect(
        1,
        &[
            "db-init/004_typo.sql:2:7",
            "ALTER TABEL readings",
            "^",
            "syntax error at or near \"TABEL\"",
            "42601",
        ],
    );
    assert_eq!(said.last_line(), "dry-run failed at pass 1");
}

#[test]
fn a_duplicate_number_names_both_files() {
    let Some(checkout) = Checkout::new() else { return };
    checkout.write("db-init/003_another.sql", "SELECT 1;\n");
    for arguments in [&[][..], &["--skip-check"]] {
        let said = said(&mut checkout.dry_run(arguments));
        assert!(said.code == 3 || said.code == 2, "{}", said.stderr);
        for file in ["003_another.sql", "003_faulty_column.sql"] {
            assert!(said.stderr.contains(file), "{}", said.stderr);
        }
    }
}

#[test]
fn a_snapshot_of_another_directus_is_refused() {
    let Some(checkout) = Checkout::new() else { return };
    checkout.edit("snapshots/schema.yaml", |text| text.replacen("directus: 11.17.4", "directus: 11.13.0", 1));
    said(&mut checkout.dry_run(&[])).expect(3, &["snapshots/schema.yaml:2", "snapshot-version"]);
    said(&mut checkout.dry_run(&["--skip-check"])).expect(2, &["it is of Directus 11.13.0, this is 11.17.4"]);
}

#[test]
fn d2_a_collection_without_its_group_fails_with_and_without_the_static_rules() {
    let Some(checkout) = Checkout::new() else { return };
    checkout.edit("snapshots/schema.yaml", |text| without_line(&text, "- collection: plants\n", "group:"));
    said(&mut checkout.dry_run(&[]))
        .expect(3, &["snapshots/schema.yaml:", "snapshot-keys", "`plants`", "group"]);
    said(&mut checkout.dry_run(&["--skip-check"]))
        .expect(2, &["snapshots/schema.yaml:", "`meta.group` is missing"]);
}

#[test]
fn d14_a_single_column_unique_made_by_sql_fails_as_the_difference_it_is() {
    let Some(checkout) = Checkout::new() else { return };
    checkout.write(
        "db-init-post/003_tags.sql",
        "ALTER TABLE plants ADD CONSTRAINT plants_tag_unique UNIQUE (tag);\n",
    );
    said(&mut checkout.dry_run(&["--skip-check"]))
        .expect(1, &["prove the post phase", "~ plants.tag: unique yes → no"]);
}

const DATABASE: &str = "snapshots/database.txt";

#[test]
fn what_the_files_make_is_compared_with_git_line_by_line_and_accepted_by_a_command() {
    let Some(checkout) = Checkout::new() else { return };
    checkout.write("db-init/004_note.sql", "ALTER TABLE readings ADD COLUMN note text;\n");
    checkout.edit(DATABASE, |text| {
        let edited = text.replace("column readings.battery: ", "column readings.battery: big");
        assert!(edited.len() == text.len() + 3, "{text}");
        edited.replace("[migrations]\n", "# except table readings_2*: by date\n\n[migrations]\ntable gone\n")
    });
    let differences = ["- table gone", "~ column readings.battery: big", "+ column readings.note: text"];
    let refused = said(&mut checkout.dry_run(&[])).expect(3, &differences);
    assert_eq!(refused.last_line(), "dry-run failed at compare");
    assert!(refused.stderr.contains("accept it: cargo xtask dry-run --write"), "{}", refused.stderr);

    // What people wrote into it stays; that it covers nothing is told even so.
    let written = said(&mut checkout.dry_run(&["--write"])).expect(3, &differences);
    assert!(written.stderr.contains("except table readings_2*: by date"), "{}", written.stderr);
    checkout.edit(DATABASE, |text| text.replace("# except table readings_2*: by date\n", ""));
    let found = said(&mut checkout.xtask(&["check"]));
    assert!(!found.stdout.contains("database-catalog"), "{}", found.stdout);

    // A migration that makes another table for each month, and a name that says why it is not in the file.
    checkout.write(
        "db-init/005_months.sql",
        "DO $$ BEGIN EXECUTE format('CREATE TABLE readings_%s (at date)', to_char(now(), 'YYYY_MM')); END $$;\n",
    );
    checkout.edit(DATABASE, |text| {
        text.replacen("\n\n[managed]", "\n# except table readings_2*: by date\n\n[managed]", 1)
    });
    let written =
        said(&mut checkout.dry_run(&["--write", "--json"])).expect(0, &["wrote snapshots/database.txt"]);
    let json: serde_json::Value = serde_json::from_str(&written.stdout).expect("JSON alone on stdout");
    assert_eq!(json["database"], serde_json::json!({ "differences": [], "written": true }));
    let text = checkout.read(DATABASE);
    assert!(text.contains("005_months.sql") && !text.contains("readings_20"), "{text}");
}

#[test]
fn a_release_that_changes_the_database_at_every_boot_fails_the_second_pass() {
    let Some(checkout) = Checkout::new() else { return };
    // Every session that the bridge opens leaves a row.
    checkout.edit("bridge/commands.js", |text| {
        text.replace(
            "planned = { wanted,",
            "await directus.database().raw('INSERT INTO boots DEFAULT VALUES');\n\tplanned = { wanted,",
        )
    });
    checkout
        .write("db-init/004_boots.sql", "CREATE TABLE boots (at timestamptz DEFAULT clock_timestamp());\n");
    let said = said(&mut checkout.dry_run(&["--write"]))
        .expect(1, &["the second pass changed the database", "public.boots"]);
    assert_eq!(said.last_line(), "dry-run failed at pass 2");
}

#[test]
fn a_runner_that_ends_with_0_instead_of_serving_is_a_failure() {
    let Some(checkout) = Checkout::new() else { return };
    let runner = checkout.path("runner.sh");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = start ] && exit 0\nexec {} \"$@\"\n",
        crate::checkout::runner().display()
    );
    std::fs::write(&runner, script).expect("a file");
    std::fs::set_permissions(&runner, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a file");
    let mut command = checkout.xtask(&["dry-run", "--runner", runner.to_str().expect("text")]);
    let said = said(&mut command).expect(1, &["start Directus with the runner: exit code 0"]);
    assert_eq!(said.last_line(), "dry-run failed at start");
}

#[test]
fn with_the_local_engine_no_given_server_is_touched() {
    let Some(checkout) = Checkout::new() else { return };
    let mut command = checkout.dry_run(&["--engine", "local"]);
    let said =
        said(command.env("DB_HOST", "/nowhere").env("DB_USER", "x").env("DB_DATABASE", "x")).expect(0, &[]);
    assert_eq!(said.last_line(), "dry-run passed");
}

#[test]
fn an_unreachable_server_ends_with_5() {
    let Some(checkout) = Checkout::new() else { return };
    let mut command = checkout.dry_run(&[]);
    command
        .env("DB_HOST", "127.0.0.1")
        .env("DB_PORT", "1")
        .env("DB_USER", "x")
        .env("DB_DATABASE", "x")
        .env("RUNNER_DB_WAIT_S", "1");
    let said = said(&mut command).expect(5, &["127.0.0.1:1"]);
    assert_eq!(said.last_line(), "dry-run failed at database");
}

#[test]
fn a_given_server_gets_a_database_of_its_own_and_loses_it_again() {
    let Some(checkout) = Checkout::new() else { return };
    let Some(server) = require(Server::shared()) else { return };
    let names = |server: &Server| {
        let mut client = server.connect("postgres").expect("a connection");
        let rows = client.query("SELECT datname::text FROM pg_database WHERE datname LIKE 'dry_run_%'", &[]);
        rows.expect("names").iter().map(|row| row.get(0)).collect::<Vec<String>>()
    };
    // What the server gives every new database is nobody's news.
    let everywhere =
        |sql: &str| server.connect("template1").expect("a session").batch_execute(sql).expect(sql);
    everywhere("CREATE EXTENSION pg_trgm");
    let mut command = checkout.dry_run(&[]);
    command.envs(server.environment("postgres"));
    let said = said(&mut command);
    everywhere("DROP EXTENSION pg_trgm");
    let said = said.expect(0, &["dry_run_"]);
    assert_eq!(said.last_line(), "dry-run passed");
    assert_eq!(names(server), Vec::<String>::new());
}
