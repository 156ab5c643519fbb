//! What somebody does by hand, behind a release's back: what Directus can put back is put back, what is somebody's own stays, and the
//! plan, the status and the boot give one answer (D41, D42).

use crate::site::Site;

/// The plan's word is what the boot does.
#[track_caller]
fn boots(site: &Site, texts: &[&str]) {
    site.run(&["status"], &[]).expect(0, &["drift is repaired"]);
    site.prepare().expect(0, texts);
    site.prepare().expect(0, &["nothing changed since"]);
}

#[test]
fn d42_a_managed_column_that_somebody_dropped_is_made_again() {
    let Some(site) = Site::booted() else { return };
    site.ask("ALTER TABLE plants DROP COLUMN tag");
    boots(&site, &["is made again, empty: plants.tag", "the record stands"]);
    site.ask("ALTER TABLE plantings DROP CONSTRAINT plantings_bed_foreign");
    boots(&site, &["is made again, empty: the relation of plantings.bed", "the record stands"]);
    site.ask("ALTER TABLE plantings DROP CONSTRAINT plantings_bed_foreign, ADD CONSTRAINT plantings_bed_foreign FOREIGN KEY (bed) REFERENCES beds (id) ON DELETE CASCADE");
    boots(&site, &["~ constraint plantings: ", "the record stands"]);
    // With a relation.
    site.ask("ALTER TABLE sensors DROP COLUMN keeper");
    boots(&site, &["is made again, empty: sensors.keeper", "the record stands"]);
}

#[test]
fn d42_a_managed_table_that_somebody_dropped_is_made_again() {
    let Some(site) = Site::booted() else { return };
    site.ask("DROP TABLE plants CASCADE");
    boots(&site, &["is made again, empty: plants", "the record stands"]);
    site.ask("DROP TABLE planting_sensors");
    // Its composite UNIQUE is a migration's: only a person can say whether to make it again.
    site.prepare()
        .expect(4, &["ADD CONSTRAINT planting_sensors_planting_sensor_unique UNIQUE (planting, sensor);"]);
}

#[test]
fn d42_an_index_of_somebodys_own_on_a_managed_column_stays() {
    for index in [
        "CREATE INDEX by_hand ON plants (species)",
        "CREATE INDEX plants_species_index ON plants (species)",
        "CREATE INDEX by_hand ON plants (species) WHERE genus <> ''",
        "CREATE UNIQUE INDEX by_hand ON plants (species)",
        "ALTER TABLE plants ADD CONSTRAINT by_hand UNIQUE (species)",
        "ALTER TABLE plants ADD CONSTRAINT plants_species_unique UNIQUE (species)",
        "CREATE INDEX by_hand ON plants USING hash (species)",
        "CREATE INDEX by_hand ON plants (lower(species))",
    ] {
        let Some(site) = Site::booted() else { return };
        site.ask(index);
        let count = "SELECT count(*) FROM pg_index WHERE indrelid = 'plants'::regclass";
        let before = site.ask(count);
        site.prepare().expect(0, &["nothing changed since", "in the database and not in git, left alone: "]);
        // The long way, the next release, and one that changes that very field.
        site.run(&["prepare"], &[("RUNNER_FAST", "off")]).expect(0, &["no differences", "the record stands"]);
        let next = site.another_release();
        next.add_field("plants", "tag", "colour");
        next.change_field("plants", "species", "width: half", "width: full");
        site.run(&["prepare"], &[next.variable()]).expect(0, &["add 1 field", "recorded"]);
        site.run(&["prepare"], &[next.variable()]).expect(0, &["nothing changed since"]);
        assert_eq!(site.ask(count), before, "{index}");
    }
}

#[test]
fn d12_a_table_that_somebody_registered_is_named_and_never_offered_for_dropping() {
    let Some(site) = Site::booted() else { return };
    site.ask(
        "CREATE TABLE legacy (id serial PRIMARY KEY, name text); INSERT INTO legacy (name) VALUES ('a')",
    );
    site.ask("INSERT INTO directus_collections (collection) VALUES ('legacy')");
    let refused = site.prepare().expect(4, &["`legacy` would be dropped, and Directus did not make it"]);
    assert!(!refused.stderr.contains("RUNNER_ALLOW_DESTRUCTIVE"), "{}", refused.stderr);
    let id = site.ask("SELECT left(release, 12) FROM schema_releases ORDER BY number LIMIT 1");
    site.run(&["prepare"], &[("RUNNER_ALLOW_DESTRUCTIVE", &format!("{id}:legacy"))]).expect(4, &["legacy"]);
    for line in refused.stderr.lines().filter(|line| line.contains("DELETE FROM")) {
        site.ask(line);
    }
    site.prepare().expect(0, &["nothing changed since", "table legacy"]);
    site.run(&["status"], &[]).expect(0, &["not in git  1 object, left alone", "  table legacy"]);
    assert_eq!(site.ask("SELECT count(*) FROM legacy"), "1");
}

#[test]
fn a_name_in_a_consent_that_matches_nothing_is_told() {
    let Some(site) = Site::booted() else { return };
    let next = site.another_release();
    next.drop_field("plants", "tag");
    let consent = site.run(&["prepare"], &[next.variable()]).expect(4, &[]).consent();
    site.run(&["prepare"], &[next.variable(), ("RUNNER_ALLOW_DESTRUCTIVE", &format!("{consent},plnats"))])
        .expect(0, &["names plnats: nothing of that name would be lost", "with consent: - plants.tag"]);
}
