//! A database that an older Directus made, booted by the pinned one.

use crate::site::Site;

/// What Directus 11.13.4 left: `runner/tests/data/README.md`.
const OLDER: &str = include_str!("../data/directus-11.13.4.sql");

#[test]
fn a_database_of_an_older_directus_is_upgraded_adopted_and_keeps_its_rows() {
    let Some(site) = Site::new() else { return };
    site.database.server().psql(site.database.name(), OLDER).expect("a database of Directus 11.13.4");
    // What would be dropped is refused before Directus' own migrations, which nobody could take back.
    site.ask(
        "ALTER TABLE plants ADD COLUMN colour text; INSERT INTO directus_fields (collection, field, interface) VALUES ('plants', 'colour', 'input'); \
         UPDATE plants SET colour = 'green'",
    );
    let untouched = site.picture();
    site.prepare()
        .expect(4, &["- plants.colour (dropped, 1 row holds a value)", "RUNNER_ALLOW_DESTRUCTIVE="]);
    assert!(untouched == site.picture(), "something was touched");
    site.ask("ALTER TABLE plants DROP COLUMN colour; DELETE FROM directus_fields WHERE field = 'colour'");
    let pending = "of Directus' system migrations pending";
    site.run(&["plan"], &[]).expect(0, &["the database is adopted", pending]);
    site.prepare().expect(0, &["the database is adopted", "system migrations run", "recorded"]);
    let rows = "SELECT (SELECT string_agg(slug, ',') FROM gardens) || ' ' || (SELECT string_agg(genus, ',') FROM plants)";
    assert_eq!(site.ask(rows), "test-garden Salvia");
    assert_eq!(site.ask("SELECT string_agg(email, ',') FROM directus_users"), "admin@example.com");
    let before = site.picture();
    // The next boot takes all steps and changes nothing, and then it serves without any.
    site.run(&["prepare"], &[("RUNNER_FAST", "off")])
        .expect(0, &["no system migration pending", "the record stands"]);
    assert!(before == site.picture(), "the second boot changed the database");
    let serving = site.serve(&mut site.runner(&["start"]));
    assert!(serving.said().contains("nothing changed since"), "{}", serving.said());
}
