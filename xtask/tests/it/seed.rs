//! Seeding a real Directus: once, twice, with changes, with mistakes, and cut off at every request.

use crate::checkout::said;
use crate::instance::Instance;
use crate::proxy::{Bad, between};
use serde_json::{Value, json};
use std::process::Command;

const FILE: &str = "seeds/garden.yaml";

fn tally(json: &str) -> (u64, u64, u64) {
    let json: Value = serde_json::from_str(json).expect("JSON alone on stdout");
    let number = |name: &str| json[name].as_u64().expect("a number");
    (number("created"), number("updated"), number("unchanged"))
}

#[test]
fn a_second_run_changes_nothing_a_changed_value_is_updated_and_nothing_is_deleted() {
    let Some(instance) = Instance::warm(&["--no-seed"]) else { return };
    let plan =
        said(&mut instance.seed(&["--plan"])).expect(0, &["would be: 14 created, 0 updated, 0 unchanged"]);
    assert!(plan.stdout.contains("create  beds `season-2026 / T-1`\n"), "{}", plan.stdout);
    assert!(instance.items("beds", "").is_empty(), "a plan does nothing");

    said(&mut instance.seed(&[])).expect(0, &["14 created, 0 updated, 0 unchanged"]);
    let again =
        said(&mut instance.seed(&[])).expect(0, &["nothing to do: all 14 items are as the files say"]);
    assert_eq!(again.stdout, "");
    let revisions = || {
        let (_, answer) = instance.ask("GET", "/revisions?aggregate[count]=*", None);
        answer["data"][0]["count"].clone()
    };
    let before = revisions();
    assert_eq!(tally(&said(&mut instance.seed(&["--json"])).expect(0, &[]).stdout), (0, 0, 14));
    assert_eq!(revisions(), before, "a run with nothing to do writes nothing");

    instance.checkout.edit(FILE, |text| {
        let text = text.replace("name: Season 2026\n", "name: Season\n");
        let text = text.replace("bed: S-1\n", "bed: S-2\n");
        // No longer in the file: it stays in Directus.
        text.replace("    - {season: season-2026, code: H-2, category: herb, sort: 2}\n", "")
    });
    let changed = said(&mut instance.seed(&[])).expect(0, &["0 created, 2 updated, 11 unchanged"]);
    assert_eq!(
        changed.stdout,
        "update  seasons `north-garden / season-2026`\n          name: `Season 2026` → `Season`\n\
         update  plantings `season-2026 / 999`\n          bed: `season-2026 / S-1` → `season-2026 / S-2`\n"
    );
    assert_eq!(instance.items("beds", "").len(), 5);
    assert_eq!(instance.items("plantings", "fields=bed.code")[0]["bed"]["code"], "S-2");
}

#[test]
fn what_people_set_later_stays_and_what_a_start_sets_back_is_named() {
    let Some(mut instance) = Instance::warm(&[]) else { return };
    let set = |instance: &Instance, collection: &str, value: Value| {
        let id = instance.items(collection, "fields=id")[0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(instance.ask("PATCH", &format!("/items/{collection}/{id}"), Some(&value)).0, 200);
    };
    set(
        &instance,
        "seasons",
        json!({ "start_date": "2026-06-06", "end_date": "2026-06-13", "name": "Another name" }),
    );
    set(&instance, "plantings", json!({ "status": "removed" }));
    // What runs is not seeded again.
    assert_eq!(instance.start(&[])["seeded"], Value::Null);
    instance.down().expect(0, &[]);
    let port = instance.port.to_string();
    said(&mut instance.checkout.up(&["--port", &port])).expect(
        0,
        &[
            "    update  seasons `north-garden / season-2026`\n",
            "name: `Another name` → `Season 2026`\n",
            "0 created, 1 updated, 13 unchanged",
        ],
    );
    instance.start(&[]);
    let season = &instance.items("seasons", "fields=start_date,end_date")[0];
    assert_eq!(season, &json!({ "start_date": "2026-06-06", "end_date": "2026-06-13" }));
    assert_eq!(instance.items("plantings", "fields=status")[0]["status"], "removed");
}

#[test]
fn of_one_file_only_its_items_are_sent_whatever_they_point_to() {
    let Some(instance) = Instance::warm(&["--no-seed"]) else { return };
    instance.checkout.write(
        "seeds/more.yaml",
        "beds:\n  key: [season, code]\n  items:\n    - {season: season-2026, code: X-1, category: shrub}\n",
    );
    let more = instance.checkout.path("seeds/../seeds/more.yaml").display().to_string();
    said(&mut instance.seed(&[&more])).expect(
        1,
        &[
            "error: write beds `season-2026 / X-1` (seeds/more.yaml:4)",
            "it points to seasons `north-garden / season-2026` (seeds/garden.yaml:",
            "hint: cargo xtask seed seeds/garden.yaml",
        ],
    );
    assert!(instance.items("gardens", "").is_empty(), "nothing was sent");
    said(&mut instance.seed(&[&instance.checkout.path(FILE).display().to_string()]))
        .expect(0, &["14 items for ", "14 created"]);
    // What else the other file says is not this run's business.
    instance.checkout.edit(FILE, |text| text.replace("name: Season 2026\n", "name: Another\n"));
    let json = said(&mut instance.seed(&["--json", &more]))
        .expect(0, &["1 items for ", "1 created, 0 updated, 0 unchanged"]);
    assert_eq!(tally(&json.stdout), (1, 0, 0));
    said(&mut instance.seed(&[&more])).expect(0, &["nothing to do: all 1 items"]);
    assert_eq!(instance.items("beds", "").len(), 6);
}

#[test]
fn a_run_that_is_cut_off_at_every_single_write_is_finished_by_the_next_ones() {
    let Some(instance) = Instance::warm(&["--no-seed"]) else { return };
    let counts = || {
        let all = ["gardens", "seasons", "beds", "plantings", "plants", "sensors", "planting_sensors"];
        all.map(|each| instance.items(each, "fields=id").len())
    };
    // Each run gets one item further, and its end is an answer that is lost, or a request that is.
    let mut runs = 0;
    loop {
        let (number, bad) = if runs % 2 == 0 { (0, Bad::AnswerLost) } else { (1, Bad::Lost) };
        let said = said(&mut instance.seed_at(&between(instance.port, "POST", number, bad), &[]));
        if said.code == 0 {
            break;
        }
        let said =
            said.expect(5, &["error: create ", &format!("({FILE}:"), "no answer from http://127.0.0.1:"]);
        assert!(said.stderr.contains("the next run goes on from there"), "{}", said.stderr);
        runs += 1;
        assert!(runs <= 20, "it does not get further");
    }
    assert!(runs >= 13, "only {runs} runs were cut off");
    said(&mut instance.seed(&[])).expect(0, &["nothing to do: all 14 items"]);
    assert_eq!(counts(), [1, 1, 5, 1, 1, 2, 2]);
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_named_with_the_item_and_the_rest_follows_later() {
    let Some(mut instance) = Instance::warm(&["--no-seed"]) else { return };
    // The answer to the tenth write is lost; meanwhile Directus stops.
    let url = between(instance.port, "POST", 10, Bad::Lost);
    said(&mut instance.seed_at(&url, &[]))
        .expect(5, &["error: create ", "10 of 14 items to write are written"]);
    instance.down().expect(0, &[]);
    said(&mut instance.seed_at(&instance.url(), &[]))
        .expect(5, &["no answer from http://localhost:", "cargo xtask up", "DIRECTUS_URL"]);
    let json = instance.start(&[]);
    assert_eq!(json["seeded"], json!({ "created": 4, "updated": 0, "unchanged": 10 }));
}

#[test]
fn a_session_that_ends_in_the_middle_is_begun_anew_and_a_token_that_has_is_told() {
    let Some(instance) = Instance::warm(&["--no-seed"]) else { return };
    for (method, number) in [("SEARCH", 3), ("POST", 7)] {
        let url = between(instance.port, method, number, Bad::Expired);
        said(&mut instance.seed_at(&url, &[])).expect(0, &["14"]);
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
            "garden:\n  key: slug\n  items: []\n",
            &["seeds/more.yaml:1:1: seeds: `garden` is no collection", "did you mean `gardens`?"][..],
        ),
        (
            "plants:\n  key: tag\n  items:\n    - {tag: A, genus: B, species: C, category: shrub, colour: red}\n",
            &["seeds/more.yaml:4:55: seeds: `plants` has no field `colour`"],
        ),
        (
            "beds:\n  key: [season, code]\n  items:\n    - {season: season-2027, code: H-1, category: shrub}\n",
            &[
                "seeds/more.yaml:4:8: seeds: `season`: the seed files hold no item of `seasons` with slug `season-2027`",
            ],
        ),
        (
            "beds:\n  key: [season, code]\n  items:\n    - {season: season-2026, code: H-1, category: shrub}\n",
            &["seeds/more.yaml:4:7: seeds: the same key as seeds/garden.yaml:23"],
        ),
        ("plants: {key: tag\n", &["seeds/more.yaml:2:1: seeds: "]),
    ] {
        checkout.write(file, text);
        // Nobody listens there: it is not even asked.
        let mut command = checkout.xtask(&["seed"]);
        command.env("DIRECTUS_URL", "http://127.0.0.1:1").env("DIRECTUS_TOKEN", "t");
        said(&mut command).expect(3, messages).expect(3, &["nothing was sent"]);
        let check = said(&mut checkout.xtask(&["check"]));
        assert_eq!(check.code, 3, "{}", check.stderr);
        assert!(messages.iter().all(|message| check.stdout.contains(message)), "{}", check.stdout);
    }
    checkout.remove(file);
    said(&mut checkout.xtask(&["seed", "seeds/nothing.yaml"]))
        .expect(2, &["seeds/nothing.yaml`", "No such file"]);
}

#[test]
fn no_directus_and_wrong_credentials_are_told_with_what_to_set() {
    let Some(instance) = Instance::warm(&["--no-seed"]) else { return };
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
    said(command.env("DIRECTUS_PASSWORD_FILE", &password)).expect(0, &["would be: 14 created"]);
    let mut command = instance.seed(&[]);
    said(command.env("DIRECTUS_URL", instance.url())).expect(2, &["`DIRECTUS_URL` is set, but not as whom"]);
    instance.down().expect(0, &[]);
    said(&mut instance.seed(&[])).expect(2, &["none runs for this checkout", "cargo xtask up"]);
}

#[test]
fn what_directus_refuses_is_told_with_file_line_and_key() {
    let Some(instance) = Instance::warm(&["--no-seed"]) else { return };
    // Digits, but too few: the field's own rule, which only Directus judges.
    instance.checkout.edit(FILE, |text| text.replace("001010000000024", "0010100000"));
    let line = |text: &str| {
        let file = instance.checkout.read(FILE);
        file.lines().position(|line| line.contains(text)).expect("the line") + 1
    };
    let place = format!("error: create sensors `0010100000` ({FILE}:{})", line("serial: \"0010100000\""));
    said(&mut instance.seed(&[])).expect(
        1,
        &[
            &place,
            "Validation failed for field \"serial\"",
            "400 FAILED_VALIDATION",
            "the next run goes on from there",
        ],
    );
    instance.checkout.edit(FILE, |text| text.replace("\"0010100000\"", "\"001010000000024\""));
    said(&mut instance.seed(&[])).expect(0, &["0 updated"]);

    // Two plants with the key of one: which is meant cannot be known.
    let twin = json!({ "category": "herb", "genus": "A", "species": "B", "tag": "TEST-999" });
    assert_eq!(instance.ask("POST", "/items/plants", Some(&twin)).0, 200);
    let place = format!("error: find plants `TEST-999` ({FILE}:{})", line("- {tag: TEST-999"));
    said(&mut instance.seed(&[])).expect(1, &[&place, "2 items in Directus have this `tag`"]);
}
