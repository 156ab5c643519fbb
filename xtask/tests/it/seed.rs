//! Seeding a real Directus: once, twice, with changes, with mistakes, and cut off at every request.

use crate::checkout::said;
use crate::instance::Instance;
use crate::proxy::{Bad, between};
use serde_json::{Value, json};
use std::process::Command;

const FILE: &str = "seeds/rally-albania-2026.yaml";

fn tally(json: &str) -> (u64, u64, u64) {
    let json: Value = serde_json::from_str(json).expect("JSON alone on stdout");
    let number = |name: &str| json[name].as_u64().expect("a number");
    (number("created"), number("updated"), number("unchanged"))
}

#[test]
fn a_second_run_changes_nothing_a_changed_value_is_updated_and_nothing_is_deleted() {
    let Some(instance) = Instance::up(&["--no-seed"]) else { return };
    let plan =
        said(&mut instance.seed(&["--plan"])).expect(0, &["would be: 34 created, 0 updated, 0 unchanged"]);
    assert!(plan.stdout.contains("create  classes `rally-albania-2026 / C-A`\n"), "{}", plan.stdout);
    assert!(instance.items("classes", "").is_empty(), "a plan does nothing");

    said(&mut instance.seed(&[])).expect(0, &["34 created, 0 updated, 0 unchanged"]);
    let again =
        said(&mut instance.seed(&[])).expect(0, &["nothing to do: all 34 items are as the files say"]);
    assert_eq!(again.stdout, "");
    let revisions = || {
        let (_, answer) = instance.ask("GET", "/revisions?aggregate[count]=*", None);
        answer["data"][0]["count"].clone()
    };
    let before = revisions();
    assert_eq!(tally(&said(&mut instance.seed(&["--json"])).expect(0, &[]).stdout), (0, 0, 34));
    assert_eq!(revisions(), before, "a run with nothing to do writes nothing");

    instance.checkout.edit(FILE, |text| {
        let text = text.replace("name: Rally Albania 2026\n", "name: Rally Albania\n");
        let text = text.replace("class: C-1\n", "class: C-2\n");
        // No longer in the file: it stays in Directus.
        text.replace("    - {event: rally-albania-2026, code: M-7, category: motorcycle, sort: 7}\n", "")
    });
    let changed = said(&mut instance.seed(&[])).expect(0, &["0 created, 2 updated, 31 unchanged"]);
    assert_eq!(
        changed.stdout,
        "update  events `motorsport-club-albania / rally-albania-2026`\n          name: `Rally Albania 2026` → `Rally Albania`\n\
         update  entries `rally-albania-2026 / 999`\n          class: `rally-albania-2026 / C-1` → `rally-albania-2026 / C-2`\n"
    );
    assert_eq!(instance.items("classes", "").len(), 17);
    assert_eq!(instance.items("entries", "fields=class.code")[0]["class"]["code"], "C-2");
}

#[test]
fn what_people_set_later_stays_and_what_a_start_sets_back_is_named() {
    let Some(mut instance) = Instance::up(&[]) else { return };
    let set = |instance: &Instance, collection: &str, value: Value| {
        let id = instance.items(collection, "fields=id")[0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(instance.ask("PATCH", &format!("/items/{collection}/{id}"), Some(&value)).0, 200);
    };
    set(
        &instance,
        "events",
        json!({ "start_date": "2026-06-06", "end_date": "2026-06-13", "name": "Another name" }),
    );
    set(&instance, "entries", json!({ "status": "withdrawn" }));
    // What runs is not seeded again.
    assert_eq!(instance.start(&[])["seeded"], Value::Null);
    instance.down().expect(0, &[]);
    let port = instance.port.to_string();
    said(&mut instance.checkout.up(&["--port", &port])).expect(
        0,
        &[
            "    update  events `motorsport-club-albania / rally-albania-2026`\n",
            "name: `Another name` → `Rally Albania 2026`\n",
            "0 created, 1 updated, 33 unchanged",
        ],
    );
    instance.start(&[]);
    let event = &instance.items("events", "fields=start_date,end_date")[0];
    assert_eq!(event, &json!({ "start_date": "2026-06-06", "end_date": "2026-06-13" }));
    assert_eq!(instance.items("entries", "fields=status")[0]["status"], "withdrawn");
}

#[test]
fn of_one_file_only_its_items_are_sent_whatever_they_point_to() {
    let Some(instance) = Instance::up(&["--no-seed"]) else { return };
    std::fs::write(
        instance.checkout.path("seeds/more.yaml"),
        "classes:\n  key: [event, code]\n  items:\n    - {event: rally-albania-2026, code: X-1, category: car}\n",
    )
    .expect("a file");
    let more = instance.checkout.path("seeds/../seeds/more.yaml").display().to_string();
    said(&mut instance.seed(&[&more])).expect(
        1,
        &[
            "error: write classes `rally-albania-2026 / X-1` (seeds/more.yaml:4)",
            "it points to events `motorsport-club-albania / rally-albania-2026` (seeds/rally-albania-2026.yaml:",
            "hint: cargo xtask seed seeds/rally-albania-2026.yaml",
        ],
    );
    assert!(instance.items("organizations", "").is_empty(), "nothing was sent");
    said(&mut instance.seed(&[&instance.checkout.path(FILE).display().to_string()]))
        .expect(0, &["34 items for ", "34 created"]);
    // What else the other file says is not this run's business.
    instance.checkout.edit(FILE, |text| text.replace("name: Rally Albania 2026\n", "name: Another\n"));
    let json = said(&mut instance.seed(&["--json", &more]))
        .expect(0, &["1 items for ", "1 created, 0 updated, 0 unchanged"]);
    assert_eq!(tally(&json.stdout), (1, 0, 0));
    said(&mut instance.seed(&[&more])).expect(0, &["nothing to do: all 1 items"]);
    assert_eq!(instance.items("classes", "").len(), 18);
}

#[test]
fn a_run_that_is_cut_off_at_every_single_write_is_finished_by_the_next_ones() {
    let Some(instance) = Instance::up(&["--no-seed"]) else { return };
    let counts = || -> Vec<usize> {
        let all =
            ["organizations", "events", "classes", "entries", "vehicles", "users", "entry_crew", "devices"];
        let more = ["entry_devices", "organization_users", "organization_vehicles", "organization_devices"];
        all.iter().chain(&more).map(|each| instance.items(each, "fields=id").len()).collect()
    };
    // Each run gets one item further, and its end is an answer that is lost, or a request that is.
    let mut runs = 0;
    loop {
        let (number, bad) = if runs % 2 == 0 { (0, Bad::AnswerLost) } else { (1, Bad::Lost) };
        let said = said(&mut instance.seed_at(&between(instance.port, "POST", number, bad), &[]));
        if said.code == Some(0) {
            break;
        }
        let said =
            said.expect(5, &["error: create ", &format!("({FILE}:"), "no answer from http://127.0.0.1:"]);
        assert!(said.stderr.contains("the next run goes on from there"), "{}", said.stderr);
        runs += 1;
        assert!(runs <= 40, "it does not get further");
    }
    assert!(runs >= 33, "only {runs} runs were cut off");
    said(&mut instance.seed(&[])).expect(0, &["nothing to do: all 34 items"]);
    assert_eq!(counts(), [1, 1, 17, 1, 1, 2, 2, 2, 2, 1, 1, 2]);
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_named_with_the_item_and_the_rest_follows_later() {
    let Some(mut instance) = Instance::up(&["--no-seed"]) else { return };
    // The answer to the tenth write is lost; meanwhile Directus stops.
    let url = between(instance.port, "POST", 10, Bad::Lost);
    said(&mut instance.seed_at(&url, &[]))
        .expect(5, &["error: create ", "10 of 34 items to write are written"]);
    instance.down().expect(0, &[]);
    said(&mut instance.seed_at(&instance.url(), &[]))
        .expect(5, &["no answer from http://localhost:", "cargo xtask up", "DIRECTUS_URL"]);
    let json = instance.start(&[]);
    assert_eq!(json["seeded"], json!({ "created": 24, "updated": 0, "unchanged": 10 }));
}

#[test]
fn a_session_that_ends_in_the_middle_is_begun_anew_and_a_token_that_has_is_told() {
    let Some(instance) = Instance::up(&["--no-seed"]) else { return };
    for (method, number) in [("SEARCH", 3), ("POST", 7)] {
        let url = between(instance.port, method, number, Bad::Expired);
        said(&mut instance.seed_at(&url, &[])).expect(0, &["34"]);
    }
    let with_token = |token: &str| {
        let mut command = instance.seed(&[]);
        said(command.env("DIRECTUS_URL", instance.url()).env("DIRECTUS_TOKEN", token))
    };
    with_token(&expired_token(&instance))
        .expect(2, &["error: use the token at http://localhost:", "401 TOKEN_EXPIRED", "DIRECTUS_TOKEN"]);
    with_token("nonsense")
        .expect(2, &["error: use the token at http://localhost:", "401 INVALID_CREDENTIALS"]);
}

/// Signed by this very Directus' secret, and over since a minute.
fn expired_token(instance: &Instance) -> String {
    let cache = testbed::Cache::open().expect("the cache");
    let install = testbed::DirectusInstall::cached(&cache, &instance.checkout.path(""))
        .expect("pins")
        .expect("Directus");
    let state = std::fs::read_dir(instance.checkout.path("state")).expect("a folder").flatten();
    let login = state.map(|entry| entry.path().join("login")).find(|path| path.is_file()).expect("a login");
    let login: Value = serde_json::from_str(&std::fs::read_to_string(login).expect("a login")).expect("JSON");
    let (_, me) = instance.ask("GET", "/users/me?fields=id,role", None);
    let claims = json!({ "id": me["data"]["id"], "role": me["data"]["role"], "app_access": true, "admin_access": true });
    let script = "const jwt = require(require.resolve('jsonwebtoken', { paths: [require.resolve('@directus/api/package.json')] }));\
                  console.log(jwt.sign(JSON.parse(process.env.CLAIMS), process.env.SECRET, { expiresIn: -60, issuer: 'directus' }))";
    let mut command = Command::new(&install.node);
    command.args(["-e", script]).current_dir(&install.dir).env("CLAIMS", claims.to_string());
    let said = said(command.env("SECRET", login["secret"].as_str().expect("a secret"))).expect(0, &[]);
    said.stdout.trim().to_owned()
}

#[test]
fn mistakes_in_the_files_are_found_before_anything_is_sent() {
    let Some(checkout) = crate::checkout::Checkout::new() else { return };
    let file = "seeds/more.yaml";
    for (text, messages) in [
        (
            "organisations:\n  key: slug\n  items: []\n",
            &[
                "seeds/more.yaml:1:1: seeds: `organisations` is no collection",
                "did you mean `organizations`?",
            ][..],
        ),
        (
            "vehicles:\n  key: plate\n  items:\n    - {plate: A, make: B, model: C, category: car, colour: red}\n",
            &["seeds/more.yaml:4:52: seeds: `vehicles` has no field `colour`"],
        ),
        (
            "classes:\n  key: [event, code]\n  items:\n    - {event: rally-albania-2027, code: M-1, category: car}\n",
            &[
                "seeds/more.yaml:4:8: seeds: `event`: the seed files hold no item of `events` with slug `rally-albania-2027`",
            ],
        ),
        (
            "classes:\n  key: [event, code]\n  items:\n    - {event: rally-albania-2026, code: M-1, category: car}\n",
            &["seeds/rally-albania-2026.yaml:30:7: seeds: the same key as seeds/more.yaml:4"],
        ),
        ("vehicles: {key: plate\n", &["seeds/more.yaml:2:1: seeds: "]),
    ] {
        std::fs::write(checkout.path(file), text).expect("a file");
        // Nobody listens there: it is not even asked.
        let mut command = checkout.xtask(&["seed"]);
        command.env("DIRECTUS_URL", "http://127.0.0.1:1").env("DIRECTUS_TOKEN", "t");
        said(&mut command).expect(3, messages).expect(3, &["nothing was sent"]);
        let check = said(&mut checkout.xtask(&["check"]));
        assert_eq!(check.code, Some(3), "{}", check.stderr);
        assert!(messages.iter().all(|message| check.stdout.contains(message)), "{}", check.stdout);
    }
    std::fs::remove_file(checkout.path(file)).expect("a file");
    said(&mut checkout.xtask(&["seed", "seeds/nothing.yaml"]))
        .expect(2, &["seeds/nothing.yaml`", "No such file"]);
}

#[test]
fn no_directus_and_wrong_credentials_are_told_with_what_to_set() {
    let Some(instance) = Instance::up(&["--no-seed"]) else { return };
    let mut command = instance.seed_at(&instance.url(), &[]);
    let wrong = said(command.env("DIRECTUS_PASSWORD", "hunter2")).expect(
        2,
        &[
            "error: log in as admin@example.com at http://localhost:",
            "401 INVALID_CREDENTIALS",
            "DIRECTUS_PASSWORD",
        ],
    );
    assert!(!wrong.stderr.contains("hunter2"));
    let password = instance.checkout.path("password");
    std::fs::write(&password, format!("{}\n", instance.password)).expect("a file");
    let mut command = instance.seed(&["--plan"]);
    command.env("DIRECTUS_URL", instance.url()).env("DIRECTUS_EMAIL", &instance.email);
    said(command.env("DIRECTUS_PASSWORD_FILE", &password)).expect(0, &["would be: 34 created"]);
    let mut command = instance.seed(&[]);
    said(command.env("DIRECTUS_URL", instance.url())).expect(2, &["`DIRECTUS_URL` is set, but not as whom"]);
    instance.down().expect(0, &[]);
    said(&mut instance.seed(&[])).expect(2, &["none runs for this checkout", "cargo xtask up"]);
}

#[test]
fn what_directus_refuses_is_told_with_file_line_and_key() {
    let Some(instance) = Instance::up(&["--no-seed"]) else { return };
    // Digits, but too few: the field's own rule, which only Directus judges.
    instance.checkout.edit(FILE, |text| text.replace("001010000000024", "0010100000"));
    let line = |text: &str| {
        let file = std::fs::read_to_string(instance.checkout.path(FILE)).expect("a file");
        file.lines().position(|line| line.contains(text)).expect("the line") + 1
    };
    let place = format!("error: create devices `0010100000` ({FILE}:{})", line("imei: \"0010100000\""));
    said(&mut instance.seed(&[])).expect(
        1,
        &[
            &place,
            "Validation failed for field \"imei\"",
            "400 FAILED_VALIDATION",
            "the next run goes on from there",
        ],
    );
    instance.checkout.edit(FILE, |text| text.replace("\"0010100000\"", "\"001010000000024\""));
    said(&mut instance.seed(&[])).expect(0, &["0 updated"]);

    // Two people with the key of one: which is meant cannot be known.
    let twin = json!({ "first_name": "A", "last_name": "B", "email": "test.codriver@example.com" });
    assert_eq!(instance.ask("POST", "/items/users", Some(&twin)).0, 200);
    let place =
        format!("error: find users `test.codriver@example.com` ({FILE}:{})", line("- email: test.codriver"));
    said(&mut instance.seed(&[])).expect(1, &[&place, "2 items in Directus have this `email`"]);
}
