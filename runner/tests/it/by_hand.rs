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

/// The statements of a refusal, as somebody would paste them.
fn run_what_it_says(site: &Site, refused: &testkit::Said) {
    let statements = refused.stderr.lines().map(str::trim).filter(|line| line.ends_with(';'));
    let statements: Vec<&str> =
        statements.filter(|line| line.starts_with("ALTER ") || line.starts_with("CREATE ")).collect();
    assert!(!statements.is_empty(), "{}", refused.stderr);
    statements.into_iter().for_each(|sql| drop(site.ask(sql)));
}

#[test]
fn what_hangs_on_a_column_that_somebody_dropped_is_put_back_by_what_the_refusal_says() {
    let Some(site) = Site::booted() else { return };
    site.ask("ALTER TABLE plantings DROP COLUMN number");
    let refused = site.prepare().expect(4, &["plantings_season_number_unique"]);
    run_what_it_says(&site, &refused);
    site.prepare().expect(0, &["nothing changed since"]);
    // A default and a type too.
    site.ask("ALTER TABLE readings ALTER faulty DROP DEFAULT, ALTER faulty TYPE text, ALTER faulty SET DEFAULT 'no'");
    let refused = site.prepare().expect(4, &["readings.faulty"]);
    run_what_it_says(&site, &refused);
    site.prepare().expect(0, &["nothing changed since"]);
}

#[test]
fn d42_a_column_that_lost_its_metadata_gets_it_again() {
    let Some(site) = Site::booted() else { return };
    site.ask("INSERT INTO plants (id, category, genus, species, tag) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa', 'AA')");
    site.ask("DELETE FROM directus_fields WHERE collection = 'plants' AND field = 'tag'");
    boots(&site, &["had no metadata, gets it: plants.tag", "the record stands"]);
    assert_eq!(site.ask("SELECT tag FROM plants"), "AA");
    // A column that was somebody's own, and is taken into git.
    site.ask("ALTER TABLE plants ADD COLUMN colour varchar(20)");
    let next = site.another_release();
    next.add_field("plants", "tag", "colour");
    next.edit("snapshots/database.txt", |text| {
        text.replace("column plants.tag:", "column plants.colour: character varying(20)\ncolumn plants.tag:")
    });
    site.run(&["prepare"], &[next.variable()])
        .expect(0, &["had no metadata, gets it: plants.colour", "recorded"]);
    site.run(&["prepare"], &[next.variable()]).expect(0, &["nothing changed since"]);
}

#[test]
fn what_a_migration_makes_again_is_not_made_again_by_directus() {
    let Some(site) = Site::booted() else { return };
    site.ask("ALTER TABLE plants DROP COLUMN tag");
    let next = site.another_release();
    next.write("db-init/004_tag.sql", "ALTER TABLE plants ADD COLUMN IF NOT EXISTS tag varchar(20);\n");
    site.run(&["prepare"], &[next.variable()]).expect(0, &["004_tag.sql", "recorded"]);
    site.run(&["prepare"], &[next.variable()]).expect(0, &["nothing changed since"]);
}

#[test]
fn a_loss_that_a_boot_repaired_before_it_died_is_no_loss_for_the_next() {
    let Some(site) = Site::booted() else { return };
    let unique = "planting_sensors_planting_sensor_unique";
    site.ask(&format!("ALTER TABLE planting_sensors DROP CONSTRAINT {unique}"));
    let next = site.another_release();
    next.write(
        "db-init-post/003_again.sql",
        &format!("ALTER TABLE planting_sensors ADD CONSTRAINT {unique} UNIQUE (planting, sensor);\n"),
    );
    next.write("db-init-post/004_wrong.sql", "SELECT 1 / 0;\n");
    site.run(&["prepare"], &[next.variable()]).expect(1, &["division by zero"]);
    next.write("db-init-post/004_wrong.sql", "SELECT 1;\n");
    site.run(&["prepare"], &[next.variable()]).expect(0, &["recorded"]);
}

#[test]
fn what_somebody_made_on_a_table_of_directus_is_left_alone_and_what_a_migration_made_there_is_proved() {
    let Some(site) = Site::booted() else { return };
    site.ask("CREATE INDEX by_time ON directus_activity (\"timestamp\")");
    site.prepare().expect(0, &["nothing changed since"]);
    let next = site.another_release();
    next.write(
        "db-init-post/003_trigger.sql",
        "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n\
         CREATE TRIGGER told BEFORE UPDATE ON directus_users FOR EACH ROW EXECUTE FUNCTION told();\n",
    );
    next.edit("snapshots/database.txt", |text| {
        format!("{text}trigger directus_users.told: CREATE TRIGGER told BEFORE UPDATE ON public.directus_users FOR EACH ROW EXECUTE FUNCTION public.told()\n")
    });
    site.run(&["prepare"], &[next.variable()]).expect(0, &["recorded"]);
    site.ask("DROP TRIGGER told ON directus_users");
    site.run(&["prepare"], &[next.variable()])
        .expect(4, &["CREATE TRIGGER told BEFORE UPDATE ON public.directus_users"]);
}

#[test]
fn a_boot_that_was_not_proved_is_proved_by_the_next_that_is() {
    let Some(site) = Site::new() else { return };
    site.ask("CREATE EXTENSION timescaledb; CREATE TABLE readings (sensor_id text NOT NULL, ts timestamptz NOT NULL, temperature float8 NOT NULL, moisture float8 NOT NULL, battery real, attributes jsonb NOT NULL DEFAULT '{}', PRIMARY KEY (sensor_id, ts)); CREATE INDEX readings_sensor_id_ts_desc ON readings (sensor_id)");
    site.run(&["prepare"], &[("RUNNER_CATALOG", "off")]).expect(0, &["not proved"]);
    site.prepare().expect(1, &["readings_sensor_id_ts_desc"]);
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
    // Its composite UNIQUE is a migration's: only a person can say whether to make it again. What the refusal says does so.
    let refused = site
        .prepare()
        .expect(4, &["ADD CONSTRAINT planting_sensors_planting_sensor_unique UNIQUE (planting, sensor);"]);
    run_what_it_says(&site, &refused);
    site.prepare().expect(0, &["nothing changed since"]);
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
        "CREATE INDEX by_hand ON plants (species DESC)",
        "CREATE INDEX by_hand ON plants (species varchar_pattern_ops)",
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
