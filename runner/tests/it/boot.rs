//! The boot: cold, again, and what it leaves.

use crate::site::Site;

#[test]
fn a_cold_boot_leaves_what_git_says_and_a_second_one_changes_nothing() {
    let Some(site) = Site::new() else { return };
    site.prepare().expect(
        0,
        &["3 migrations run", "Directus 11.17.4 installed", "add 9 collections", "runner: prepared"],
    );
    assert_eq!(site.ask("SELECT count(*) FROM migrations_applied WHERE checksum IS NOT NULL"), "5");
    assert_eq!(site.ask("SELECT count(*) FROM directus_collections WHERE collection !~ '_group$'"), "7");
    assert_eq!(
        site.ask(
            "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'readings'"
        ),
        "1"
    );

    let before = site.picture();
    site.prepare().expect(0, &["this release is the latest (entry 1), and nothing changed since"]);
    assert!(before == site.picture(), "the second boot changed the database");
    // The long way finds nothing to do either.
    let mut command = site.runner(&["prepare"]);
    command.env("RUNNER_FAST", "off");
    crate::site::said(&mut command)
        .expect(0, &["no new migration, 3 already applied", "no differences", "the record stands"]);
    assert!(before == site.picture(), "the long way changed the database");
}

#[test]
fn d15_a_composite_unique_is_invisible_to_the_snapshot_and_stays() {
    let Some(site) = Site::booted() else { return };
    let constraint = "SELECT count(*) FROM pg_constraint WHERE conname = 'plantings_season_number_unique'";
    assert_eq!(site.ask(constraint), "1");
    let snapshot = site.tree.path("snapshots/schema.yaml");
    site.directus(&["schema", "apply", "--yes", snapshot.to_str().expect("text")])
        .expect(0, &["No changes to apply."]);
    assert_eq!(site.ask(constraint), "1");
}

#[test]
fn the_plan_says_what_a_boot_would_do_and_does_nothing() {
    let Some(site) = Site::new() else { return };
    let plan = crate::site::said(&mut site.runner(&["plan"]));
    plan.expect(
        0,
        &[
            "full        release ",
            "do          pre      db-init/001_extensions.sql",
            "do          install  the database has no Directus",
            "do          post ",
        ],
    );
    assert_eq!(site.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn the_boot_needs_no_network() {
    // Among other things it never asks for updates (D17): here nobody could answer, and nothing waits for it.
    let Some(site) = Site::new() else { return };
    let runner = env!("CARGO_BIN_EXE_runner");
    let mut command =
        site.program("bwrap", &["--dev-bind", "/", "/", "--unshare-net", "--", runner, "prepare"]);
    crate::site::said(&mut command).expect(0, &["runner: prepared"]);
}

#[test]
fn a_dotenv_in_the_working_folder_is_not_read() {
    // Directus would let it override the environment: the boot would go to another database than the runner's.
    let Some(site) = Site::new() else { return };
    site.tree.write(".env", "DB_HOST=/nowhere\nDB_DATABASE=another\n");
    let mut command = site.runner(&["prepare"]);
    command.current_dir(site.tree.root());
    crate::site::said(&mut command).expect(0, &["runner: prepared"]);
    assert_eq!(site.ask("SELECT count(*) FROM directus_users"), "1");
}

#[test]
fn names_that_the_role_wants_quoted_change_nothing() {
    let Some(site) = Site::new() else { return };
    site.ask(&format!("ALTER DATABASE {} SET quote_all_identifiers = on", site.database.name()));
    site.prepare().expect(0, &["recorded"]);
    site.prepare().expect(0, &["nothing changed since"]);
    site.run(&["prepare"], &[("RUNNER_FAST", "off")]).expect(0, &["no differences"]);
    site.ask(&format!("ALTER DATABASE {} RESET quote_all_identifiers", site.database.name()));
    site.prepare().expect(0, &["nothing changed since"]);
}
