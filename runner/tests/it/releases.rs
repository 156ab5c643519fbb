//! Releases beside and after one another: superseded, rolled back, upgraded.

use crate::site::Site;
use serde_json::json;

/// A site with the first release, and a second one that has one more field and one more migration.
fn two() -> Option<(Site, crate::site::Release)> {
    let site = Site::booted()?;
    let second = site.another_release();
    second.add_field("plants", "tag", "colour");
    second.write("db-init/004_more.sql", "ALTER TABLE readings ADD COLUMN IF NOT EXISTS source text;\n");
    Some((site, second))
}

#[test]
fn an_older_pod_that_restarts_beside_a_newer_release_flips_nothing() {
    let Some((site, second)) = two() else { return };
    site.run(&["prepare"], &[second.variable()])
        .expect(0, &["a new release after", "add 1 field", "recorded"]);
    let before = site.picture();
    for _ in 0..2 {
        site.prepare().expect(0, &["came after this one; everything that this one manages is there"]);
        assert!(before == site.picture(), "the older release changed the database");
        site.run(&["prepare"], &[second.variable()]).expect(0, &["nothing changed since"]);
        assert!(before == site.picture(), "the newer release changed the database");
    }
    // And it serves.
    let serving = site.serve(&mut site.runner(&["start"]));
    assert!(serving.said().contains("came after this one"), "{}", serving.said());
}

#[test]
fn a_rollout_that_failed_half_way_is_flipped_back_by_nobody_and_gone_on_with() {
    let Some((site, second)) = two() else { return };
    second.write("db-init-post/003_wrong.sql", "SELECT 1 / 0;\n");
    let failing =
        || site.run(&["prepare"], &[second.variable()]).expect(1, &["003_wrong.sql", "division by zero"]);
    failing();
    let before = site.picture();
    // Pods of the old release go on as they are.
    site.prepare().expect(0, &["was begun after this one; everything that this one manages is there"]);
    assert!(before == site.picture(), "the older release changed the database");
    let status = site.run(&["status"], &[]).expect(0, &["begun boot"]);
    assert!(status.stderr.contains("superseded"), "{}", status.stderr);
    failing();
    assert_eq!(
        site.ask("SELECT string_agg(how, ', ' ORDER BY number) FROM schema_releases"),
        "boot, begun boot"
    );
    let third = site.another_release();
    third.add_field("plants", "tag", "colour");
    third.write("db-init/004_more.sql", "ALTER TABLE readings ADD COLUMN IF NOT EXISTS source text;\n");
    // What the second one did already is no drift.
    let refuse = ("RUNNER_ON_DRIFT", "refuse");
    site.run(&["prepare"], &[third.variable(), refuse])
        .expect(0, &["a new release after", "no new migration", "no differences", "recorded"]);
    site.run(&["prepare"], &[third.variable(), refuse]).expect(0, &["nothing changed since"]);
    // All of the second one is there, although it never came to its end.
    site.run(&["prepare"], &[second.variable()]).expect(0, &["came after this one"]);
    site.prepare().expect(0, &["came after this one"]);
}

#[test]
fn what_somebody_lost_behind_a_release_is_not_the_next_ones_truth() {
    let Some(site) = Site::booted() else { return };
    let second = site.another_release();
    second.add_field("plants", "tag", "colour");
    let unique = "planting_sensors_planting_sensor_unique";
    let definition =
        site.ask(&format!("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{unique}'"));
    assert!(definition.starts_with("UNIQUE"), "{definition}");
    site.ask(&format!("ALTER TABLE planting_sensors DROP CONSTRAINT {unique}"));
    let before = site.picture();
    site.run(&["prepare"], &[second.variable()])
        .expect(4, &[unique, "no migration has still to run that could put it back"]);
    assert!(before == site.picture(), "something was touched");
    // Ignored it stays in the record, and is said again.
    let ignore = ("RUNNER_ON_DRIFT", "ignore");
    site.run(&["prepare"], &[second.variable(), ignore]).expect(0, &["recorded", unique]);
    site.run(&["prepare"], &[second.variable()]).expect(4, &["ADD CONSTRAINT", unique]);
    // A migration that makes it again is the way out.
    let third = site.another_release();
    third.add_field("plants", "tag", "colour");
    third.write("db-init/004_more.sql", "ALTER TABLE readings ADD COLUMN IF NOT EXISTS source text;\n");
    third.write(
        "db-init-post/003_again.sql",
        &format!("ALTER TABLE planting_sensors DROP CONSTRAINT IF EXISTS {unique};\nALTER TABLE planting_sensors ADD CONSTRAINT {unique} {definition};\n"),
    );
    site.run(&["prepare"], &[third.variable()]).expect(0, &["recorded"]);
    site.run(&["prepare"], &[third.variable()]).expect(0, &["nothing changed since"]);
    // Nor do migrations run again because somebody deleted their rows.
    site.ask("DELETE FROM migrations_applied WHERE filename = '004_more.sql'");
    let fourth = site.another_release();
    fourth.write("db-init/005_note.sql", "SELECT 1;\n");
    site.run(&["prepare"], &[fourth.variable()]).expect(4, &["the ledger lost rows", "004_more.sql"]);
}

#[test]
fn an_older_release_that_misses_something_does_not_start() {
    let Some(site) = Site::booted() else { return };
    let second = site.another_release();
    second.drop_field("plants", "tag");
    let refused = site
        .run(&["prepare"], &[second.variable()])
        .expect(4, &["- plants.tag (dropped, 0 rows hold a value)"]);
    let consent = refused.consent();
    site.run(&["prepare"], &[second.variable(), ("RUNNER_ALLOW_DESTRUCTIVE", &consent)])
        .expect(0, &["with consent: - plants.tag (dropped"]);
    site.prepare().expect(4, &["column plants.tag: gone", "field plants.tag: gone", "RUNNER_ROLLBACK="]);
}

#[test]
fn a_rollback_takes_the_schema_back_through_the_same_gate() {
    let Some((site, second)) = two() else { return };
    site.run(&["prepare"], &[second.variable()]).expect(0, &[]);
    site.ask("INSERT INTO plants (id, category, genus, species, colour) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa', 'green')");
    let id = site.ask("SELECT left(release, 12) FROM schema_releases ORDER BY number LIMIT 1");
    let rollback = ("RUNNER_ROLLBACK", id.as_str());
    let refused =
        site.run(&["prepare"], &[rollback]).expect(4, &["- plants.colour (dropped, 1 row holds a value)"]);
    let consent = refused.consent();
    site.run(&["prepare"], &[rollback, ("RUNNER_ALLOW_DESTRUCTIVE", &consent)])
        .expect(0, &["takes the schema back", "with consent", "drop 1 field", "recorded"]);
    assert_eq!(site.ask("SELECT how FROM schema_releases ORDER BY number DESC LIMIT 1"), "rollback");
    // What SQL made stays, and disturbs no later boot of either kind.
    assert_eq!(site.ask("SELECT count(*) FROM migrations_applied WHERE filename = '004_more.sql'"), "1");
    site.prepare().expect(0, &["nothing changed since"]);
    site.run(&["prepare"], &[("RUNNER_FAST", "off")]).expect(0, &["no differences", "the record stands"]);
    // The release that was left is superseded now: its pods do not bring its schema back by restarting.
    site.run(&["prepare"], &[second.variable()]).expect(4, &["plants.colour", "RUNNER_ROLLBACK="]);
}

#[test]
fn d23_narrowing_with_consent_goes_through_and_without_it_says_what_is_at_stake() {
    let Some(site) = Site::booted() else { return };
    site.ask("INSERT INTO plants (id, category, genus, species) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa'), (gen_random_uuid(), 'herb', 'Poa', 'annua')");
    let narrow = site.another_release();
    narrow.change_field("plants", "genus", "max_length: 100", "max_length: 3");
    narrow.edit("snapshots/database.txt", |text| {
        text.replace("plants.genus: character varying(100)", "plants.genus: character varying(3)")
    });
    let before = site.picture();
    let refused = site
        .run(&["prepare"], &[narrow.variable()])
        .expect(4, &["~ plants.genus: max length 100 → 3 (1 value is longer than 3)"]);
    assert!(before == site.picture(), "something was touched");
    // A consent for another release is none.
    site.run(&["prepare"], &[narrow.variable(), ("RUNNER_ALLOW_DESTRUCTIVE", "ffffffffffff:plants.genus")])
        .expect(4, &["is for release ffffffffffff", "ignored"]);
    site.run(&["prepare"], &[narrow.variable(), ("RUNNER_ALLOW_DESTRUCTIVE", &refused.consent())])
        .expect(0, &["narrow 1 field"]);
    assert_eq!(site.ask("SELECT string_agg(genus, ',' ORDER BY genus) FROM plants"), "Poa,Sal");
}

#[test]
fn d28_rows_in_the_way_are_found_before_anything_runs() {
    let Some(site) = Site::booted() else { return };
    site.ask("INSERT INTO plants (id, category, genus, species, tag) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa', 'AA'), (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa', 'AA'), (gen_random_uuid(), 'herb', 'Poa', 'annua', NULL)");
    let before = site.picture();
    let release = |from: &str, to: &str| {
        let release = site.another_release();
        release.change_field("plants", "tag", from, to);
        release
    };
    let required = release("is_nullable: true", "is_nullable: false");
    required.edit("snapshots/database.txt", |text| {
        text.replace("plants.tag: character varying(20)", "plants.tag: character varying(20) not null")
    });
    site.run(&["prepare"], &[required.variable()])
        .expect(1, &["~ plants.tag: required no → yes (1 row has no value)", "nothing was applied"]);
    let unique = release("is_unique: false", "is_unique: true");
    site.run(&["prepare"], &[unique.variable()])
        .expect(1, &["~ plants.tag: unique no → yes (1 value occurs more than once)"]);
    assert!(before == site.picture(), "something was touched");
    // A migration before the schema puts the rows right: then it is judged after that.
    required.write("db-init/004_tags.sql", "UPDATE plants SET tag = 'unknown' WHERE tag IS NULL;\n");
    site.run(&["prepare"], &[required.variable()]).expect(0, &["1 migration run", "change 1 field"]);
    assert_eq!(site.ask("SELECT count(*) FROM plants WHERE tag = 'unknown'"), "1");
}

#[test]
fn somebody_elses_directus_is_not_touched() {
    let Some(site) = Site::new() else { return };
    site.directus(&["bootstrap"]).expect(0, &[]);
    site.ask("CREATE TABLE shops (id serial PRIMARY KEY); INSERT INTO directus_collections (collection) VALUES ('shops')");
    let before = site.picture();
    let refused = site.prepare().expect(4, &["another project's Directus", "shops"]);
    assert!(!refused.stderr.contains("RUNNER_ALLOW_DESTRUCTIVE="), "ready to paste:\n{}", refused.stderr);
    assert!(before == site.picture(), "something was touched");
}

#[test]
fn d9_an_install_that_died_half_way_is_begun_anew() {
    let Some(site) = Site::new() else { return };
    site.directus(&["bootstrap", "--skipAdminInit"]).expect(0, &[]);
    // As if it had died in the middle of its seeds; of its system migrations; and of that one among them which makes policies of roles.
    for died in [
        "DROP TABLE directus_users CASCADE",
        "DELETE FROM directus_users; DELETE FROM directus_migrations WHERE version > '2022'",
        "DELETE FROM directus_users; DELETE FROM directus_migrations WHERE version >= '20240806A'; DROP TABLE directus_access",
    ] {
        site.ask(died);
        site.prepare().expect(0, &["Directus 11.17.4 installed", "recorded"]);
        assert_eq!(site.ask("SELECT count(*) FROM directus_users WHERE status = 'active'"), "1");
        site.ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        site.ask("DROP SCHEMA IF EXISTS _timescaledb_x");
        site.directus(&["bootstrap", "--skipAdminInit"]).expect(0, &[]);
    }
}

#[test]
fn a_lesser_role_may_start_what_a_greater_one_has_prepared() {
    let Some(site) = Site::booted() else { return };
    let role = format!("lesser_{}", site.database.name());
    site.ask(&format!(
        "CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}; \
         REVOKE INSERT, UPDATE, DELETE ON schema_releases, migrations_applied FROM {role}"
    ));
    let user = ("DB_USER", role.as_str());
    let mut command = site.runner(&["start"]);
    command.env(user.0, user.1);
    drop(site.serve(&mut command));
    let second = site.another_release();
    second.write("db-init/004_more.sql", "ALTER TABLE readings ADD COLUMN source text;\n");
    site.run(&["prepare"], &[second.variable(), user])
        .expect(2, &["may not create in schema `public`", "runner prepare"]);
    site.ask(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_standby_and_a_server_that_is_being_restored_are_not_written_to() {
    let Some(site) = Site::new() else { return };
    let name = site.database.name().to_owned();
    site.ask(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    site.prepare().expect(5, &["it does not take writes"]);
    site.ask(&format!("BEGIN READ WRITE; ALTER DATABASE {name} RESET default_transaction_read_only; COMMIT"));
    site.prepare().expect(0, &[]);
    site.ask("SELECT timescaledb_pre_restore()");
    site.prepare().expect(2, &["restoring mode", "timescaledb_post_restore()"]);
    site.ask("SELECT timescaledb_post_restore()");
    site.prepare().expect(0, &["nothing changed since"]);
}

#[test]
fn d22_a_geometry_without_postgis_is_said_before_directus_sees_it() {
    let Some(site) = Site::new() else { return };
    site.tree.add_field("plants", "tag", "place");
    site.tree.change_field("plants", "place", "type: string", "type: geometry.Point");
    site.tree.change_field("plants", "place", "data_type: character varying", "data_type: geometry");
    site.prepare().expect(2, &["`plants.place` is a geometry", "CREATE EXTENSION IF NOT EXISTS postgis"]);
}

#[test]
fn p19_what_a_killed_boot_left_working_is_ended_before_anything_is_done() {
    let Some(site) = Site::booted() else { return };
    // A backend of a boot that is gone: its lock is free, its statement goes on and would commit.
    let mut config = site.database.server().connection(site.database.name());
    config.application_name("runner-0123abcd-work");
    let mut left = config.connect(postgres::NoTls).expect("a connection");
    let worker = std::thread::spawn(move || {
        left.batch_execute("CREATE TABLE late AS SELECT 1 AS one FROM pg_sleep(30)")
    });
    while site.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()",
    ) == "0"
    {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    site.prepare().expect(0, &["ending what a killed boot left working: runner-0123abcd-work"]);
    assert!(worker.join().expect("no panic").is_err(), "its statement went on");
    assert_eq!(site.ask("SELECT to_regclass('late') IS NULL"), "t");
}

#[test]
fn d10_what_a_boot_that_was_killed_left_of_the_first_administrator_is_used_or_removed() {
    let Some(site) = Site::booted() else { return };
    let count = |table: &str| site.ask(&format!("SELECT count(*) FROM directus_{table}"));
    let whole = (count("roles"), count("policies"), count("access"));
    // Killed before the user; before the link; before the policy.
    for died in [
        "DELETE FROM directus_users",
        "DELETE FROM directus_users; DELETE FROM directus_access WHERE role IS NOT NULL",
        "DELETE FROM directus_users; DELETE FROM directus_access WHERE role IS NOT NULL; DELETE FROM directus_policies WHERE admin_access",
    ] {
        site.ask(died);
        site.prepare().expect(0, &["first administrator made"]);
        assert_eq!((count("roles"), count("policies"), count("access")), whole, "{died}");
        assert_eq!(count("users"), "1");
    }
    // And that administrator can log in.
    let serving = site.serve(&mut site.runner(&["start"]));
    let account = json!({ "email": testkit::EMAIL, "password": testkit::PASSWORD });
    let (_, answer) = site.post("/auth/login", &account).expect("an answer");
    assert!(answer.contains("access_token"), "{answer}\n{}", serving.said());
}

#[test]
fn what_old_entries_left_is_emptied_and_the_entries_stay() {
    let Some((site, second)) = two() else { return };
    // A year of releases, and two boots among them that were only begun.
    site.ask(
        "INSERT INTO schema_releases (release, how, directus, runner, spelling, listing)
         SELECT md5(n::text), CASE WHEN n IN (5, 24) THEN 'begun boot' ELSE 'boot' END, directus, runner, spelling, listing
         FROM schema_releases, generate_series(1, 25) AS n",
    );
    let entries = |condition: &str| {
        site.ask(&format!(
            "SELECT string_agg(number::text, ' ' ORDER BY number) FROM schema_releases WHERE {condition}"
        ))
    };
    site.run(&["prepare"], &[second.variable()]).expect(0, &["a new release after", "recorded"]);
    assert_eq!(entries("listing <> ''"), "28");
    assert_eq!(site.ask("SELECT count(*) FROM schema_releases"), "28");
    site.run(&["prepare"], &[second.variable()]).expect(0, &["nothing changed since"]);
    // What an older one needs is in its own image.
    site.prepare().expect(0, &["came after this one; everything that this one manages is there"]);
}

#[test]
fn an_older_commit_that_was_never_here_does_not_undo_a_younger_one() {
    let Some((site, second)) = two() else { return };
    let of = |time: &str| format!("3f2a91c0b7d4e5f60718@{time}");
    let (young, old) = (of("1795522530"), of("1795522529"));
    fn commit(value: &str) -> (&str, &str) {
        ("RUNNER_COMMIT", value)
    }
    site.run(&["prepare"], &[second.variable(), commit(&young)])
        .expect(0, &["a new release after", "recorded"]);
    let before = site.picture();
    let third = site.another_release();
    third.drop_field("plants", "tag");
    third.write("db-init/005_late.sql", "DROP TABLE readings;\n");
    site.run(&["prepare"], &[third.variable(), commit(&old)])
        .expect(0, &["is of a younger commit than this one; everything that this one manages is there"]);
    assert!(before == site.picture(), "something was touched");
    // Who ran what is in ledger, history and status.
    let runner = format!("{} {young}", env!("CARGO_PKG_VERSION"));
    assert_eq!(site.ask("SELECT runner FROM migrations_applied WHERE filename = '004_more.sql'"), runner);
    assert_eq!(site.ask("SELECT runner FROM schema_releases ORDER BY number DESC LIMIT 1"), runner);
    let version = concat!("runner ", env!("CARGO_PKG_VERSION"), ", commit 3f2a91c0b7d4");
    site.run(&["--version"], &[commit(&young)]).expect(0, &[version]);
    let status = site.run(&["status"], &[second.variable(), commit(&young)]).expect(0, &[version]);
    assert_eq!(
        status.stderr.matches("commit 3f2a91c0b7d4").count(),
        3,
        "its own, begun, completed:\n{}",
        status.stderr
    );
    // Without a commit it is a new release, as on a laptop.
    let fourth = site.another_release();
    fourth.add_field("plants", "tag", "colour");
    fourth.write("db-init/004_more.sql", "ALTER TABLE readings ADD COLUMN IF NOT EXISTS source text;\n");
    fourth.write("db-init/005_more.sql", "SELECT 1;\n");
    site.run(&["prepare"], &[fourth.variable()]).expect(0, &["a new release after", "recorded"]);
    site.run(&["prepare"], &[commit("main")]).expect(2, &["`main` is not HASH@SECONDS"]);
}

#[test]
fn a_database_that_an_older_runner_recorded_is_taken_over_and_the_log_says_so() {
    let Some(site) = Site::booted() else { return };
    site.ask(
        "ALTER TABLE schema_releases DROP COLUMN fingerprint; UPDATE schema_releases SET spelling = '2/pg17'",
    );
    site.prepare().expect(0, &["or of an older runner: it is recorded again", "no differences", "recorded"]);
    site.prepare().expect(0, &["nothing changed since"]);
    assert_eq!(site.ask("SELECT count(*) FROM schema_releases WHERE listing <> ''"), "1");
}
