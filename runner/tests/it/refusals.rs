//! What must fail, and how it says so.

use crate::site::{Site, said};

#[test]
fn d2_a_collection_without_its_group_is_refused_before_anything_is_touched() {
    let Some(site) = Site::new() else { return };
    // The key is gone, not null: Directus would create the collection, and drop it with its rows at the next apply (D3).
    site.tree.edit("snapshots/schema.yaml", |text| {
        testkit::text::without_line(&text, "- collection: plants\n", "group:")
    });
    site.prepare().expect(2, &["snapshots/schema.yaml:", "`meta.group` is missing", "nothing was touched"]);
    assert_eq!(site.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn d6_a_snapshot_of_another_version_is_refused_before_it_is_applied() {
    let Some(site) = Site::new() else { return };
    site.tree
        .edit("snapshots/schema.yaml", |text| text.replacen("directus: 11.17.4", "directus: 11.13.0", 1));
    site.prepare()
        .expect(2, &["it is of Directus 11.13.0, this is 11.17.4", "hint: take the snapshot again"]);
    assert_eq!(
        site.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        "0",
        "nothing was touched"
    );
}

#[test]
fn a_release_without_a_snapshot_touches_nothing() {
    let Some(site) = Site::new() else { return };
    site.tree.remove("snapshots/schema.yaml");
    site.prepare().expect(2, &["snapshots/schema.yaml"]);
    assert_eq!(site.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn d23_narrowing_a_populated_field_is_refused_with_exit_4() {
    let Some(site) = Site::booted() else { return };
    site.ask(
        "INSERT INTO plants (id, category, genus, species) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa')",
    );
    site.tree.change_field("plants", "genus", "max_length: 100", "max_length: 2");
    site.prepare().expect(4, &["~ plants.genus: max length 100 → 2 (", "nothing was applied"]);
    assert_eq!(site.ask("SELECT genus FROM plants"), "Salvia");
}

#[test]
fn a_database_of_a_newer_directus_is_refused() {
    let Some(site) = Site::booted() else { return };
    site.ask("INSERT INTO directus_migrations (version, name) VALUES ('29990101A', 'From The Future')");
    site.prepare().expect(1, &["29990101A", "made by another version"]);
}

#[test]
fn the_ordering_bug_names_the_file_the_line_and_the_remedy() {
    let Some(site) = Site::new() else { return };
    site.tree.rename(
        "db-init-post/001_junction_unique_constraints.sql",
        "db-init/004_junction_unique_constraints.sql",
    );
    site.prepare().expect(
        1,
        &[
            "db-init/004_junction_unique_constraints.sql:",
            "relation \"planting_sensors\" does not exist",
            "managed by Directus",
            "db-init-post/",
        ],
    );
    assert_eq!(site.ask("SELECT count(*) FROM migrations_applied"), "3", "what ran before stays");
}

#[test]
fn an_edited_migration_is_refused_and_nothing_runs() {
    let Some(site) = Site::booted() else { return };
    let before = site.picture();
    site.tree.edit("db-init/003_faulty_column.sql", |text| text.replace("DEFAULT false", "DEFAULT true"));
    site.tree.write("db-init/004_new.sql", "CREATE TABLE never (id int);\n");
    site.prepare().expect(1, &["db-init/003_faulty_column.sql", "hint:"]);
    assert!(before == site.picture(), "something ran");
}

#[test]
fn a_constraint_that_somebody_dropped_is_missed_by_name() {
    let Some(site) = Site::booted() else { return };
    site.ask("ALTER TABLE plantings DROP CONSTRAINT plantings_season_number_unique");
    site.prepare().expect(
        4,
        &[
            "ALTER TABLE plantings ADD CONSTRAINT plantings_season_number_unique UNIQUE (season, number);",
            "002_season_unique_constraints.sql",
        ],
    );
}

#[test]
fn a_constraint_that_somebody_gave_other_columns_is_missed_too() {
    let Some(site) = Site::booted() else { return };
    let name = "beds_season_code_unique";
    site.ask(&format!(
        "ALTER TABLE beds DROP CONSTRAINT {name}, ADD CONSTRAINT {name} UNIQUE (season, code, name)"
    ));
    site.prepare().expect(
        4,
        &[
            "~ constraint beds.beds_season_code_unique: UNIQUE (season, code) → UNIQUE (season, code, name)",
            "DROP CONSTRAINT",
        ],
    );
}

#[test]
fn a_deletion_on_a_populated_database_is_refused_with_exit_4() {
    let Some(site) = Site::booted() else { return };
    site.tree.drop_field("plants", "tag");
    site.prepare().expect(4, &["- plants.tag (dropped", "nothing was applied"]);
    assert_eq!(
        site.ask(
            "SELECT count(*) FROM information_schema.columns WHERE table_name='plants' AND column_name='tag'"
        ),
        "1"
    );
}

#[test]
fn d25_a_first_boot_without_an_administrator_touches_nothing() {
    let Some(site) = Site::new() else { return };
    let mut command = site.runner(&["prepare"]);
    command.env_remove("ADMIN_PASSWORD");
    said(&mut command).expect(2, &["`ADMIN_PASSWORD` not set", "hint: set ADMIN_EMAIL and ADMIN_PASSWORD"]);
    assert_eq!(site.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn d25_a_database_whose_only_administrator_is_gone_is_not_served() {
    let Some(site) = Site::booted() else { return };
    // Without users: repaired.
    site.ask("DELETE FROM directus_users");
    site.prepare().expect(0, &["first administrator made"]);
    assert_eq!(site.ask("SELECT count(*) FROM directus_users WHERE status = 'active'"), "1");
}

#[test]
fn d25_a_suspended_administrator_is_no_administrator() {
    let Some(site) = Site::booted() else { return };
    site.ask("UPDATE directus_users SET status = 'suspended'");
    site.prepare().expect(1, &["there is no active administrator"]);
}

#[test]
fn an_unreachable_database_ends_with_5_and_what_was_seen_last() {
    let Some(site) = Site::new() else { return };
    let mut command = site.runner(&["prepare"]);
    command.env("DB_HOST", "/nowhere").env("RUNNER_DB_WAIT_S", "1");
    said(&mut command).expect(5, &["/nowhere"]);
}

#[test]
fn a_password_never_shows() {
    let Some(site) = Site::new() else { return };
    let secret = "sw0rdfish-never-shown";
    let parts = ["DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USER", "DB_PASSWORD"];
    let url = format!("postgres://u:{secret}@127.0.0.1:1/x");
    for (exit, url) in [(5, None), (5, Some(&url[..])), (2, Some(&url[1..]))] {
        let mut command = site.runner(&["prepare"]);
        command
            .env("DB_PASSWORD", secret)
            .env("DB_HOST", "127.0.0.1")
            .env("DB_PORT", "1")
            .env("RUNNER_DB_WAIT_S", "0");
        if let Some(url) = url {
            for name in parts {
                command.env_remove(name);
            }
            command.env("DB_CONNECTION_STRING", url);
        }
        let said = said(&mut command).expect(exit, &[]);
        assert!(!said.stderr.contains(secret), "{}", said.stderr);
    }
}

#[test]
fn an_address_that_directus_would_refuse_is_refused_before_its_install() {
    let Some(site) = Site::new() else { return };
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'directus%'";
    site.run(&["prepare"], &[("ADMIN_EMAIL", "notanemail")])
        .expect(2, &["`ADMIN_EMAIL` is no email address"]);
    assert_eq!(site.ask("SELECT to_regclass('migrations_applied') IS NULL"), "t");
    // Only Directus knows which ends of a domain there are.
    site.run(&["prepare"], &[("ADMIN_EMAIL", "admin@rally.nosuchend")])
        .expect(1, &["Directus does not accept ADMIN_EMAIL"]);
    assert_eq!(site.ask(tables), "0");
}

#[test]
fn a_full_disk_is_told_of_with_what_to_do() {
    let Some(site) = Site::booted() else { return };
    site.ask(
        "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER no_space BEFORE INSERT ON schema_releases EXECUTE FUNCTION no_space()",
    );
    let release = site.another_release();
    release.tree.write("db-init/099_more.sql", "CREATE TABLE IF NOT EXISTS more (id int PRIMARY KEY);\n");
    let hint = "hint: free space on the server's disk";
    site.run(&["prepare"], &[release.variable()]).expect(1, &["record the release", "(53100)", hint]);
    site.ask("DROP TRIGGER no_space ON schema_releases; CREATE TRIGGER no_space BEFORE INSERT ON migrations_applied EXECUTE FUNCTION no_space()");
    site.run(&["prepare"], &[release.variable()]).expect(1, &["53100", hint]);
}

#[test]
fn p24_another_first_schema_is_refused_before_anything_is_done_and_a_boot_notices_that_it_is_made() {
    let Some(site) = Site::new() else { return };
    let database = site.ask("SELECT quote_ident(current_database())");
    site.ask(&format!("CREATE SCHEMA app; ALTER DATABASE {database} SET search_path TO app, public"));
    let mend = format!("ALTER ROLE postgres IN DATABASE {database} SET search_path TO public, app;");
    let texts = ["`app` is the first schema of this role's search_path", &format!("hint: {mend}")[..]];
    for arguments in [["prepare"], ["plan"], ["status"]] {
        site.run(&arguments, &[]).expect(2, &texts);
    }
    assert_eq!(site.ask("SELECT count(*) FROM pg_tables WHERE schemaname IN ('app', 'public')"), "0");
    // Directus' own sessions come after the migrations: they would have made its tables in `app`.
    site.ask(&format!("ALTER DATABASE {database} RESET search_path"));
    let change = format!("ALTER DATABASE {database} SET search_path TO app;\n");
    let release = site.another_release();
    release.tree.write("db-init/099_another_schema.sql", &change);
    site.run(&["prepare"], &[release.variable()])
        .expect(1, &["`app` is the first schema", "has changed it for the next sessions"]);
    assert_eq!(site.ask("SELECT to_regclass('app.directus_users') IS NULL AND to_regclass('public.directus_users') IS NULL"), "t");
    site.run(&["prepare"], &[release.variable()]).expect(2, &[&mend]);
    site.ask(&mend);
    site.run(&["prepare"], &[release.variable()]).expect(0, &["recorded"]);
    site.run(&["prepare"], &[release.variable()]).expect(0, &["nothing changed"]);
}

#[test]
fn what_nobody_knows_and_times_without_end_are_refused_by_name() {
    let Some(site) = Site::new() else { return };
    for (name, value, texts) in [
        ("RUNNER_DB_WAITS", "3", &["`RUNNER_DB_WAITS` would be ignored", "RUNNER_DB_WAIT_S"][..]),
        ("PGSSLMODE", "verify-full", &["`PGSSLMODE` would be ignored", "set DB_SSL=true"]),
        ("DB_SSL__SERVERNAME", "db", &["`DB_SSL__SERVERNAME` would be ignored"]),
        ("RUNNER_DB_WAIT_S", "18446744073709551615", &["`RUNNER_DB_WAIT_S`", "from 0 to 604800"]),
        ("RUNNER_LOCK_WAIT_S", "18446744073709551615", &["`RUNNER_LOCK_WAIT_S`", "from 0 to 604800"]),
        ("RUNNER_DIRECTUS_WAIT_S", "0", &["`RUNNER_DIRECTUS_WAIT_S`", "from 1 to 604800"]),
    ] {
        site.run(&["prepare"], &[(name, value)]).expect(2, texts);
    }
    // What Actions and Kubernetes set is nobody's mistake.
    site.run(&["plan"], &[("RUNNER_OS", "Linux"), ("DB_SERVICE_HOST", "10.0.0.1")]).expect(0, &[]);
    let names = ["DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USER", "DB_PASSWORD"];
    let mut command = site.runner(&["plan"]);
    for name in names {
        command.env_remove(name);
    }
    command.env("DB_CONNECTION_STRING", "postgres://u:p@db/d?pgbouncer=true&schema=public");
    said(&mut command).expect(2, &["unknown in `DB_CONNECTION_STRING`: `pgbouncer`, `schema`"]);
}

#[test]
fn a_wrong_word_on_the_command_line_is_a_usage_error() {
    let Some(site) = Site::new() else { return };
    said(&mut site.runner(&["serve"])).expect(2, &["`serve`", "hint: runner --help"]);
}
