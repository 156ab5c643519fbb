//! The upgrade rehearsal: another revision's database, filled with rows, then this tree over it.

use crate::checkout::{Checkout, said};
use testbed::{Server, require};

/// A checkout that is a git repository with one commit. The runner's sources are not in it, so it is the same for every revision.
fn committed() -> Option<Checkout> {
    let checkout = Checkout::new()?;
    checkout.git(&["init", "--quiet", "--initial-branch=main"]);
    checkout.commit("old");
    checkout.git(&["tag", "v1"]);
    Some(checkout)
}

#[test]
fn an_unchanged_tree_passes_and_keeps_every_row() {
    let Some(checkout) = committed() else { return };
    // On the tag itself there would be nothing to rehearse.
    checkout.git(&["commit", "--quiet", "--allow-empty", "--message=new"]);
    let said = said(&mut checkout.dry_run(&["--from", "--json"])).expect(0, &["the last tag, `v1`"]);
    assert_eq!(said.last_line(), "dry-run passed");
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    let rehearsal = &json["rehearsal"];
    assert_eq!(rehearsal["before"], rehearsal["after"]);
    assert_eq!(rehearsal["left_out"].as_array().map(Vec::len), Some(0), "{rehearsal}");
    for (table, rows) in rehearsal["before"].as_object().expect("tables") {
        assert_eq!(rows, 3, "{table}");
    }
}

#[test]
fn d28_a_field_that_becomes_required_is_found_by_its_rows() {
    let Some(checkout) = committed() else { return };
    checkout.change_field("plants", "tag", "is_nullable: true", "is_nullable: false");
    let said = said(&mut checkout.dry_run(&["--from", "v1"]))
        .expect(1, &["~ plants.tag: required no → yes (1 row has no value)"]);
    assert_eq!(said.last_line(), "dry-run failed at upgrade");
}

#[test]
fn what_an_upgrade_would_lose_is_counted_and_refused() {
    let Some(checkout) = committed() else { return };
    checkout.change_field("plants", "genus", "max_length: 100", "max_length: 10");
    let said = said(&mut checkout.dry_run(&["--from", "v1"])).expect(
        4,
        &["~ plants.genus: max length 100 → 10 (1 value is longer than 10)", "RUNNER_ALLOW_DESTRUCTIVE="],
    );
    assert_eq!(said.last_line(), "dry-run failed at upgrade");
}

#[test]
fn a_column_that_replicas_of_the_revision_cannot_fill_is_told() {
    let Some(checkout) = committed() else { return };
    checkout.write(
        "db-init/004_source.sql",
        "ALTER TABLE readings ADD COLUMN source text;\nUPDATE readings SET source = 'manual';\nALTER TABLE readings ALTER source SET NOT NULL;\n",
    );
    let said = said(&mut checkout.dry_run(&["--from", "v1", "--json"])).expect(
        0,
        &["the revision cannot serve beside this one", "column readings.source: must not be null"],
    );
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    assert_eq!(json["rehearsal"]["beside"].as_array().map(Vec::len), Some(1), "{json}");
}

/// Adds a collection with nothing but an id, behind all others.
fn add_wheels(checkout: &Checkout) {
    checkout.edit("snapshots/schema.yaml", |text| {
        let at = |text: &str, collection: &str| {
            text.find(&format!("  - collection: {collection}\n")).expect(collection)
        };
        let model = &text[at(&text, "plants")..at(&text, "seasons")];
        let template = "'{{genus}} {{species}} {{tag}}'";
        assert!(model.contains(template));
        let wheels = model.replace("plants", "wheels").replace(template, "'{{id}}'");
        let id = testkit::text::field(&text, "plants", "id").replace("plants", "wheels");
        text.replacen("fields:\n", &format!("{wheels}fields:\n"), 1).replacen(
            "systemFields:\n",
            &format!("{id}systemFields:\n"),
            1,
        )
    });
}

#[test]
fn what_was_consented_to_may_be_lost_and_nothing_else() {
    let Some(checkout) = committed() else { return };
    checkout.add_field("plants", "tag", "colour");
    add_wheels(&checkout);
    checkout.git(&["commit", "--quiet", "--all", "--message=more"]);
    checkout.git(&["tag", "v2"]);
    checkout.git(&["checkout", "--quiet", "v1", "--", "snapshots"]);
    let refused = said(&mut checkout.dry_run(&["--from", "v2"]))
        .expect(4, &["- wheels (collection dropped, 3 rows)", "- plants.colour (dropped, "]);
    let consent = refused.consent();
    let consent = consent.as_str();
    assert!(consent.ends_with(":plants.colour,wheels"), "{consent}");

    let with =
        |consent: &str| said(checkout.dry_run(&["--from", "v2"]).env("RUNNER_ALLOW_DESTRUCTIVE", consent));
    let passed = with(consent).expect(0, &["wheels", "3 → –"]);
    assert_eq!(passed.last_line(), "dry-run passed");
    with(consent.trim_end_matches(",wheels")).expect(4, &["- wheels (collection dropped, 3 rows)"]);
}

#[test]
fn a_revision_that_is_not_there_is_said_before_anything_takes_time() {
    let Some(checkout) = Checkout::new() else { return };
    said(&mut checkout.dry_run(&["--from", "v1"])).expect(2, &["is no git repository"]);
    let Some(checkout) = committed() else { return };
    said(&mut checkout.dry_run(&["--from", "v9"])).expect(2, &["git does not know it", "hint: "]);
}

#[test]
fn a_backup_of_the_bash_version_is_restored_adopted_and_keeps_its_rows() {
    let Some(checkout) = Checkout::new() else { return };
    let Some(server) = require(Server::shared()) else { return };
    let database = server.fresh_database("backup").expect("a database");
    let mut script = String::from(
        "CREATE TABLE migrations_applied (filename text PRIMARY KEY, applied_at timestamptz DEFAULT now());\n",
    );
    for name in ["001_extensions.sql", "002_readings_hypertable.sql", "003_faulty_column.sql"] {
        script += &std::fs::read_to_string(checkout.path(&format!("db-init/{name}"))).expect("a migration");
        script += &format!(";\nINSERT INTO migrations_applied (filename) VALUES ('{name}');\n");
    }
    script += "INSERT INTO readings (sensor_id, ts, temperature, moisture) VALUES ('1', '2026-06-01', 41, 19), ('1', '2026-07-01', 41, 19);\n";
    server.psql(database.name(), &script).expect("a database of the bash version");
    for arguments in [&["--no-owner", "--no-privileges"][..], &["--format=custom"]] {
        let dump = checkout.path("backup");
        let bytes = server.pg_dump_bytes(database.name(), arguments).expect("a dump");
        std::fs::write(&dump, bytes).expect("a file");
        let said = said(&mut checkout.dry_run(&["--restore", dump.to_str().expect("text")]))
            .expect(0, &["2 rows in", "001_extensions.sql adopted", "readings", "2 → 2"]);
        assert_eq!(said.last_line(), "dry-run passed", "{arguments:?}");
    }
}
