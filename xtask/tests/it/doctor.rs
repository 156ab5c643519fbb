//! The doctor: what is here, what is missing, and the command that gets it.

use crate::checkout::{Checkout, said};
use serde_json::Value;

fn row<'a>(json: &'a Value, what: &str) -> &'a Value {
    let rows = json["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("no `{what}` in {json:#}"))
}

#[test]
fn a_machine_that_runs_the_tests_is_ready() {
    let Some(checkout) = Checkout::new() else { return };
    let said = said(&mut checkout.xtask(&["doctor", "--json"]))
        .expect(0, &["everything that a dry run needs is here"]);
    let json: Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    assert_eq!(json["ready"], true);
    assert_eq!(
        (&row(&json, "Directus")["version"], &row(&json, "Directus")["get"]),
        (&Value::from("11.17.4"), &Value::Null)
    );
    // Of this checkout none was started, which is fine.
    assert_eq!(row(&json, "this checkout's Directus")["get"], "cargo xtask up");
}

#[test]
fn what_is_missing_is_named_with_the_command_that_gets_it() {
    let Some(checkout) = Checkout::new() else { return };
    let mut command = checkout.xtask(&["doctor", "--json"]);
    command.env("XTASK_CACHE_DIR", checkout.path("cache")).env("PATH", checkout.path("nowhere"));
    let said = said(&mut command).expect(1, &["not ready for a dry run: ", "Postgres", "bwrap"]);
    let json: Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    assert_eq!(json["ready"], false);
    for (what, get) in [
        ("bwrap", "sudo apt-get install bubblewrap"),
        ("mmdebstrap", "sudo apt-get install mmdebstrap"),
        ("npm", "sudo apt-get install npm"),
        ("Postgres", "cargo xtask setup"),
        ("Directus", "cargo xtask setup"),
        ("chromedriver", "sudo apt-get install chromium-driver"),
    ] {
        assert_eq!(
            (&row(&json, what)["state"], &row(&json, what)["get"]),
            (&Value::from("missing"), &Value::from(get))
        );
    }
    assert_eq!(row(&json, "npm")["needed"], true, "Directus has to be fetched");
    assert_eq!(row(&json, "chromedriver")["needed"], false);
    assert_eq!(row(&json, "docker daemon")["needed"], false);
}
