//! New migrations: each template passes the rules as it is, runs through the real ledger, and runs again over what it made.

use crate::checkout::{Checkout, Said, said};
use crate::live::Live;

fn new(checkout: &Checkout, arguments: &[&str]) -> Said {
    let mut words = vec!["new"];
    words.extend(arguments);
    said(&mut checkout.xtask(&words))
}

/// The path on stdout.
fn path(said: &Said) -> String {
    said.stdout.trim_end().to_owned()
}

#[test]
fn every_template_passes_the_rules_and_runs_and_runs_again() {
    let Some(checkout) = Checkout::new() else { return };
    let live = Live::booted(&checkout);
    // A copy without workflow and Dockerfile is not without findings; none may be added.
    // That the catalog is of other files is true until a dry run writes it.
    let found = || -> Vec<String> {
        let found = said(&mut checkout.xtask(&["check"])).stdout;
        let lines = found
            .lines()
            .filter(|line| !line.contains("database-catalog") && !line.contains("dry-run --write"));
        lines.map(str::to_owned).collect()
    };
    let found_before = found().join("\n");
    assert!(!found_before.contains("db-init") && !found_before.contains("docs/"), "{found_before}");
    let cases: [(&[&str], &str, &str); 8] = [
        (&["pre", "harvests"], "db-init/004_harvests.sql", "SELECT to_regclass('harvests') IS NOT NULL"),
        (
            &["pre", "weather", "--as", "hypertable"],
            "db-init/005_weather.sql",
            "SELECT count(*) = 1 FROM timescaledb_information.hypertables WHERE hypertable_name = 'weather'",
        ),
        (
            &["pre", "postgis", "--as", "extension"],
            "db-init/006_postgis.sql",
            "SELECT count(*) = 1 FROM pg_extension WHERE extname = 'postgis'",
        ),
        (
            &["pre", "trigrams", "--as", "extension", "--table", "pg_trgm"],
            "db-init/007_trigrams.sql",
            "SELECT count(*) = 1 FROM pg_extension WHERE extname = 'pg_trgm'",
        ),
        (
            &[
                "pre",
                "readings_by_battery",
                "--as",
                "index",
                "--table",
                "readings",
                "--columns",
                "sensor_id,battery",
            ],
            "db-init/008_readings_by_battery.sql",
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'readings_sensor_id_battery_idx'::regclass",
        ),
        (
            &["pre", "harvest_names", "--as", "unique", "--table", "harvests", "--columns", "name"],
            "db-init/009_harvest_names.sql",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'harvests_name_unique'",
        ),
        (
            &["post", "sensor_once", "--table", "planting_sensors", "--columns", "sensor,role"],
            "db-init-post/003_sensor_once.sql",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'planting_sensors_sensor_role_unique'",
        ),
        (
            &["post", "plantings_by_bed", "--as", "index", "--table", "plantings", "--columns", "season,bed"],
            "db-init-post/004_plantings_by_bed.sql",
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'plantings_season_bed_idx'::regclass",
        ),
    ];
    for (arguments, expected, proof) in cases {
        if expected.contains("harvest_names") {
            new(&checkout, arguments)
                .expect(2, &["find the table `harvests`", "known after cargo xtask dry-run --write"]);
            said(&mut checkout.dry_run(&["--write"])).expect(
                0,
                &[
                    "+ table harvests",
                    "+ hypertable weather.ts: every 7 days",
                    "+ extension postgis",
                    "wrote docs/schema.md",
                ],
            );
        }
        let made = new(&checkout, arguments).expect(0, &["cargo xtask dry-run --write"]);
        assert_eq!(path(&made), expected);
        assert_eq!(found().join("\n"), found_before, "{expected}");
        let run = || said(live.with(&mut checkout.xtask(&["db-init"])));
        run().expect(0, &["1 done"]);
        assert_eq!(live.ask(proof), "t", "{expected}");
        // As after a restored ledger, or on a database where somebody was faster by hand.
        let name = expected.split('/').nth(1).expect("a name");
        live.ask(&format!("DELETE FROM migrations_applied WHERE filename = '{name}'"));
        run().expect(0, &["1 done"]);
        assert_eq!(live.ask(proof), "t", "{expected}");
    }
    // And the whole release boots, over this database and over an empty one, and proves every object.
    live.serve();
    Live::boot(&checkout);
}

#[test]
fn what_would_be_wrong_is_refused_and_nothing_is_written() {
    let Some(checkout) = Checkout::new() else { return };
    let listing = || {
        let names = |folder: &str| {
            std::fs::read_dir(checkout.path(folder))
                .expect("a folder")
                .flatten()
                .map(|entry| entry.file_name())
                .collect::<Vec<_>>()
        };
        let mut all = [names("db-init"), names("db-init-post")].concat();
        all.sort();
        all
    };
    let before = listing();
    for (arguments, message) in [
        (&["pre", "Har-Vests"][..], "it is not of words in lower case"),
        (&["pre", "faulty_column"], "`db-init/003_faulty_column.sql` has that name"),
        (&["pre", "readings"], "an earlier migration makes it"),
        (&["post", "x"], "on which table, and over which columns?"),
        (
            &["post", "x", "--table", "plants", "--columns", "tag"],
            "Directus would undo it at the next apply (D14)",
        ),
        (&["post", "x", "--table", "plants", "--columns", "tag,colour"], "find the column `plants.colour`"),
        (
            &["pre", "x", "--as", "unique", "--table", "plants", "--columns", "genus,species"],
            "Directus makes it only afterwards",
        ),
        (
            &["post", "x", "--table", "planting_sensors", "--columns", "sensor,planting"],
            "`planting_sensors_planting_sensor_unique` (db-init-post/001_junction_unique_constraints.sql)",
        ),
        (&["between", "x"], "invalid value 'between'"),
    ] {
        let said = new(&checkout, arguments).expect(2, &[message]);
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
    checkout.remove("db-init/002_readings_hypertable.sql");
    new(&checkout, &["pre", "x"]).expect(2, &["there is no number 2", "hint: "]);
    checkout.write("db-init/002_readings_hypertable.sql", "");
    assert_eq!(listing(), before);
}
