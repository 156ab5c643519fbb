//! The release's catalog, `snapshots/database.txt`: what every boot is proved by.

use crate::site::Site;
use std::fs;
use std::path::Path;

const PATH: &str = "snapshots/database.txt";

/// The tests' own release has one too. `UPDATE_CATALOG=1` writes it again.
#[test]
fn the_catalog_of_the_tests_release_is_what_its_files_make() {
    let Some(site) = Site::new() else { return };
    site.run(&["prepare"], &[("RUNNER_CATALOG", "off")]).expect(0, &["not proved by snapshots/database.txt"]);
    let live = site.runner(&["catalog"]).env("RUNNER_CATALOG", "off").output().expect("a process");
    let live = String::from_utf8(live.stdout).expect("text");
    is_up_to_date(&testkit::repository().join("crates/testkit/release").join(PATH), &live);
}

/// Whether the file has what `runner catalog` printed. `UPDATE_CATALOG=1` writes it.
#[track_caller]
pub(crate) fn is_up_to_date(file: &Path, live: &str) {
    if std::env::var_os("UPDATE_CATALOG").is_some() {
        fs::write(file, live).expect("a file");
    }
    let file = fs::read_to_string(file).expect("a file; UPDATE_CATALOG=1 writes it");
    assert!(file == *live, "UPDATE_CATALOG=1 writes what the database has:\n{}", live);
}

/// Writes the catalog that the site's release makes on an empty database, as a dry run would.
pub(crate) fn write(site: &Site) {
    let other = Site::new().expect("services that were there a moment ago");
    let root = site.tree.root().to_str().expect("text");
    let variables = [("RUNNER_ROOT", root), ("RUNNER_CATALOG", "off")];
    other.run(&["prepare"], &variables).expect(0, &["recorded"]);
    let live = other.runner(&["catalog"]).envs(variables).output().expect("a process");
    site.tree.write(PATH, &String::from_utf8(live.stdout).expect("text"));
}
