//! The upgrade rehearsal: another revision's database, filled with rows, then this tree over it.

use crate::checkout::{Checkout, said};
use std::process::Command;

/// A checkout that is a git repository with one commit. The runner's sources are not in it, so it is the same for every revision.
fn committed() -> Option<Checkout> {
    let checkout = Checkout::new()?;
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "--all"],
        &["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=old"],
        &["tag", "v1"],
    ] {
        let status = Command::new("git").arg("-C").arg(checkout.path("")).args(arguments).status();
        assert!(status.expect("git").success(), "{arguments:?}");
    }
    Some(checkout)
}

/// Changes the text of one field.
fn change(checkout: &Checkout, field: &str, from: &str, to: &str) {
    checkout.edit("snapshots/schema.yaml", |text| {
        let head = format!("  - collection: vehicles\n    field: {field}\n");
        let (before, after) = text.split_once(&head).expect("the field");
        format!("{before}{head}{}", after.replacen(from, to, 1))
    });
}

#[test]
fn an_unchanged_tree_passes_and_keeps_every_row() {
    let Some(checkout) = committed() else { return };
    let said = said(&mut checkout.dry_run(&["--from", "--json"])).expect(0, &["the last tag, `v1`"]);
    assert_eq!(said.last_line(), "dry-run passed");
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
    let rehearsal = &json["rehearsal"];
    assert_eq!(rehearsal["before"], rehearsal["after"]);
    assert_eq!(rehearsal["left_out"].as_array().map(Vec::len), Some(0), "{rehearsal}");
    for (table, rows) in rehearsal["before"].as_object().expect("tables") {
        assert_eq!(rows, 3, "{table}");
    }
}

#[test]
fn d28_a_field_that_becomes_required_is_found_by_its_rows() {
    let Some(checkout) = committed() else { return };
    change(&checkout, "plate", "is_nullable: true", "is_nullable: false");
    let said =
        said(&mut checkout.dry_run(&["--from", "v1"])).expect(1, &["vehicles.plate: 1 row has no value"]);
    assert_eq!(said.last_line(), "dry-run failed at upgrade");
}

#[test]
fn what_an_upgrade_would_lose_is_counted_and_refused() {
    let Some(checkout) = committed() else { return };
    change(&checkout, "make", "max_length: 100", "max_length: 10");
    let said = said(&mut checkout.dry_run(&["--from", "v1"])).expect(
        4,
        &[
            "vehicles.make: schema.max_length 100 → 10; 1 value is longer than 10",
            "RUNNER_ALLOW_DESTRUCTIVE=",
        ],
    );
    assert_eq!(said.last_line(), "dry-run failed at upgrade");
}

#[test]
fn a_revision_that_is_not_there_is_said_before_anything_takes_time() {
    let Some(checkout) = Checkout::new() else { return };
    said(&mut checkout.dry_run(&["--from", "v1"])).expect(2, &["is no git repository"]);
    let Some(checkout) = committed() else { return };
    said(&mut checkout.dry_run(&["--from", "v9"])).expect(2, &["git does not know it", "hint: "]);
}
