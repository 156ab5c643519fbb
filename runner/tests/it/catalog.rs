//! The release's catalog, `snapshots/database.txt`: what every boot is proved by.

use crate::site::Site;
use std::fs;

const PATH: &str = "snapshots/database.txt";

/// The tests' own release has one too. `UPDATE_CATALOG=1` writes it again.
#[test]
fn the_catalog_of_the_tests_release_is_what_its_files_make() {
    let Some(site) = Site::new() else { return };
    site.run(&["prepare"], &[("RUNNER_CATALOG", "off")]).expect(0, &["not proved by snapshots/database.txt"]);
    let live = site.run(&["catalog"], &[("RUNNER_CATALOG", "off")]);
    let file = testkit::release().join(PATH);
    if std::env::var_os("UPDATE_CATALOG").is_some() {
        fs::write(&file, &live.stdout).expect("a file");
    }
    let file = fs::read_to_string(file).expect("a file; UPDATE_CATALOG=1 writes it");
    assert!(file == live.stdout, "UPDATE_CATALOG=1 writes what the database has:\n{}", live.stdout);
}
