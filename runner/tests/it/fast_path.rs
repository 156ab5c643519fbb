//! The fast path: what makes a boot take all steps again, and what must not.

use crate::site::{Site, said};

impl Site {
    /// The way that the next boot would take: the plan's first word.
    fn way(&self, variables: &[(&str, &str)]) -> String {
        let plan = said(self.runner(&["plan"]).envs(variables.iter().copied()));
        plan.stderr.split_whitespace().next().unwrap_or_default().to_owned()
    }
}

#[test]
fn every_change_behind_the_releases_back_is_noticed_and_undoing_it_is_too() {
    let Some(site) = Site::booted() else { return };
    assert_eq!(site.way(&[]), "fast");
    // what, how, undone
    let table = [
        (
            "type changed",
            "ALTER TABLE plants ALTER tag TYPE varchar(19)",
            "ALTER TABLE plants ALTER tag TYPE varchar(20)",
        ),
        (
            "interface option changed",
            "UPDATE directus_fields SET options = '{\"trim\": false}' WHERE collection = 'plants' AND field = 'tag'",
            "UPDATE directus_fields SET options = '{\"trim\": true, \"iconLeft\": \"label\"}' WHERE collection = 'plants' AND field = 'tag'",
        ),
        (
            "on delete changed",
            "ALTER TABLE plantings DROP CONSTRAINT plantings_bed_foreign, ADD CONSTRAINT plantings_bed_foreign FOREIGN KEY (bed) REFERENCES beds ON DELETE CASCADE",
            "",
        ),
        (
            "collection hidden",
            "UPDATE directus_collections SET hidden = true WHERE collection = 'beds'",
            "UPDATE directus_collections SET hidden = false WHERE collection = 'beds'",
        ),
        (
            "relation's metadata changed",
            "UPDATE directus_relations SET sort_field = 'x' WHERE many_collection = 'plantings' AND many_field = 'plant'",
            "UPDATE directus_relations SET sort_field = NULL WHERE many_collection = 'plantings' AND many_field = 'plant'",
        ),
        (
            "composite UNIQUE of the post phase dropped",
            "ALTER TABLE beds DROP CONSTRAINT beds_season_code_unique",
            "ALTER TABLE beds ADD CONSTRAINT beds_season_code_unique UNIQUE (season, code)",
        ),
        (
            "a hypertable's index dropped",
            "DROP INDEX readings_sensor_id_ts_desc",
            "CREATE INDEX readings_sensor_id_ts_desc ON readings (sensor_id, ts DESC)",
        ),
        (
            "a hypertable's chunk interval changed",
            "SELECT set_chunk_time_interval('readings', interval '1 day')",
            "SELECT set_chunk_time_interval('readings', interval '7 days')",
        ),
        (
            "Directus' own column dropped",
            "ALTER TABLE directus_users RENAME COLUMN title TO title_gone",
            "ALTER TABLE directus_users RENAME COLUMN title_gone TO title",
        ),
        (
            "a system migration missing",
            "UPDATE directus_migrations SET version = 'x' || version WHERE version = (SELECT max(version) FROM directus_migrations)",
            "UPDATE directus_migrations SET version = substr(version, 2) WHERE version LIKE 'x%'",
        ),
        (
            "a column's default changed",
            "ALTER TABLE readings ALTER faulty SET DEFAULT true",
            "ALTER TABLE readings ALTER faulty SET DEFAULT false",
        ),
    ];
    for (what, change, undo) in table {
        let definition = site.ask(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'plantings_bed_foreign'",
        );
        site.ask(change);
        assert_ne!(site.way(&[]), "fast", "{what}");
        let refused = site.run(&["prepare"], &[("RUNNER_ON_DRIFT", "refuse")]);
        refused.expect(4, &["it is not what release", "nothing was touched"]);
        if undo.is_empty() {
            site.ask(&format!("ALTER TABLE plantings DROP CONSTRAINT plantings_bed_foreign, ADD CONSTRAINT plantings_bed_foreign {definition}"));
        } else {
            site.ask(undo);
        }
        assert_eq!(site.way(&[]), "fast", "undone: {what}\n{}", said(&mut site.runner(&["plan"])).stderr);
    }
    // A hypertable cannot be made back into one by a name: last, and not undone.
    site.ask("CREATE TABLE plain (LIKE readings INCLUDING ALL); DROP TABLE readings; ALTER TABLE plain RENAME TO readings");
    assert_ne!(site.way(&[]), "fast", "hypertable replaced by a table");
}

#[test]
fn content_and_other_peoples_objects_do_not_slow_a_boot() {
    let Some(site) = Site::booted() else { return };
    let content = [
        "INSERT INTO gardens (id, name, slug) VALUES (gen_random_uuid(), 'North Garden', 'north')",
        "INSERT INTO directus_roles (id, name) VALUES (gen_random_uuid(), 'Gardener')",
        "INSERT INTO directus_policies (id, name) VALUES (gen_random_uuid(), 'Gardener')",
        "INSERT INTO directus_permissions (collection, action, policy) SELECT 'plantings', 'read', id FROM directus_policies LIMIT 1",
        "INSERT INTO directus_users (id, email, status) VALUES (gen_random_uuid(), 'b@example.com', 'active')",
        "UPDATE directus_settings SET project_name = 'Gardens'",
        "INSERT INTO readings (sensor_id, ts, temperature, moisture) VALUES ('1', now(), 41.3, 19.8)",
        "CREATE TABLE scratch (id int)",
        "CREATE INDEX by_hand ON plantings (status, number)",
        "ALTER TABLE beds ADD COLUMN hand text",
        "ANALYZE",
    ];
    for sql in content {
        site.ask(sql);
        assert_eq!(site.way(&[]), "fast", "{sql}");
    }
    site.run(&["plan"], &[]).expect(0, &["column beds.hand: text; index plantings.by_hand"]);
    // It is nobody's: a release that is recorded later does not take it for its own, and does not miss it.
    site.tree.edit("db-init/003_faulty_column.sql", |text| format!("{text}-- a comment\n"));
    site.prepare().expect(0, &["column beds.hand: text; index plantings.by_hand"]);
    site.ask("DROP INDEX by_hand");
    assert_eq!(site.way(&[]), "fast");
}

#[test]
fn every_file_of_a_release_counts() {
    let Some(site) = Site::booted() else { return };
    assert_eq!(site.way(&[]), "fast");
    let hook = site.tree.path("extensions/hello/dist");
    std::fs::create_dir_all(&hook).expect("a folder");
    std::fs::write(hook.join("index.js"), "export default () => {};\n").expect("a file");
    assert_eq!(site.way(&[]), "full", "an extension came");
    std::fs::remove_dir_all(site.tree.path("extensions/hello")).expect("a folder");
    assert_eq!(site.way(&[]), "fast");
    for file in
        ["snapshots/schema.yaml", "db-init-post/001_junction_unique_constraints.sql", "bridge/commands.js"]
    {
        let release = site.another_release();
        release.edit(file, |text| match file.rsplit_once('.') {
            Some((_, "js")) => format!("{text}// changed\n"),
            Some((_, "sql")) => format!("{text}-- changed\n"),
            _ => text.replacen("note: As written on its tag", "note: As its tag says", 1),
        });
        assert_eq!(site.way(&[release.variable()]), "full", "{file}");
    }
    assert_eq!(site.way(&[("RUNNER_FAST", "off")]), "full");
}

#[test]
fn drift_that_is_harmless_is_repaired_and_the_rest_is_said_by_name() {
    let Some(site) = Site::booted() else { return };
    site.ask("UPDATE directus_collections SET hidden = true WHERE collection = 'beds'");
    let ignored = site.run(&["prepare"], &[("RUNNER_ON_DRIFT", "ignore")]);
    ignored.expect(0, &["drift: 1 difference", "~ collection beds: hidden false → true", "not recorded"]);
    assert_eq!(site.ask("SELECT hidden FROM directus_collections WHERE collection = 'beds'"), "t");
    site.prepare()
        .expect(0, &["~ collection beds: hidden false → true", "change 1 collection", "the record stands"]);
    assert_eq!(site.ask("SELECT hidden FROM directus_collections WHERE collection = 'beds'"), "f");
    assert_eq!(site.ask("SELECT count(*) FROM schema_releases"), "1");
    // What Directus cannot put back is a failure with its name.
    site.ask("ALTER TABLE readings ALTER faulty SET DEFAULT true");
    site.prepare()
        .expect(4, &["column readings.faulty: boolean not null default false", "RUNNER_ON_DRIFT=ignore"]);
    site.run(&["prepare"], &[("RUNNER_ON_DRIFT", "ignore")]).expect(0, &["readings.faulty"]);
}

#[test]
fn a_ledger_that_lost_a_row_is_not_filled_by_running_it_again() {
    let Some(site) = Site::booted() else { return };
    site.ask("DELETE FROM migrations_applied WHERE filename = '003_faulty_column.sql'");
    site.prepare().expect(4, &["the ledger lost rows", "003_faulty_column.sql", "nothing was touched"]);
}
