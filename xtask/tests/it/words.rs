//! The daily work: change the schema in Directus, take it into git, review it, apply it elsewhere. Real Directus on both ends.

use crate::checkout::{Checkout, Said, said};
use crate::live::Live;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

const SNAPSHOT: &str = "snapshots/schema.yaml";

/// A checkout, and a database in which its release was booted.
fn booted() -> Option<(Checkout, Live)> {
    let checkout = Checkout::new()?;
    let live = Live::booted(&checkout);
    Some((checkout, live))
}

/// `cargo xtask …` against a live database, to its end.
fn xtask(checkout: &Checkout, live: &Live, arguments: &[&str]) -> Said {
    said(live.with(&mut checkout.xtask(arguments)))
}

#[track_caller]
fn lines(said: &Said, expected: &[&str]) {
    assert_eq!(said.stdout.lines().collect::<Vec<_>>(), expected, "{}", said.stderr);
}

#[test]
fn what_a_person_changes_is_said_in_words_and_written_once() {
    let Some((checkout, live)) = booted() else { return };
    let before = checkout.read(SNAPSHOT);
    xtask(&checkout, &live, &["snapshot", "--check"]).expect(0, &["is what the database has"]);
    let directus = live.serve();
    directus.must(
        "POST",
        "/fields/plantings",
        json!({"field": "start_time", "type": "timestamp", "meta": {"required": true, "interface": "datetime"}, "schema": {"is_nullable": false, "default_value": "now()"}}),
    );
    directus.must(
        "PATCH",
        "/fields/beds/name",
        json!({"meta": {"width": "full", "note": "- plants (collection dropped)\nor so"}}),
    );
    directus.must("DELETE", "/fields/plants/tag", Value::Null);
    directus.must("PATCH", "/collections/sensors", json!({"meta": {"hidden": true}}));
    let expected = [
        "~ beds.name: note Leave empty while only the code is known → \"- plants (collection dropped)\\nor so\", width half → full",
        "+ plantings.start_time (timestamp, required, default CURRENT_TIMESTAMP)",
        "- plants.tag (dropped)",
        "~ sensors: hidden no → yes",
    ];
    let check = xtask(&checkout, &live, &["snapshot", "--check"])
        .expect(3, &["they differ", "hint: cargo xtask snapshot"]);
    lines(&check, &expected);
    assert_eq!(checkout.read(SNAPSHOT), before, "--check writes nothing");
    let wrote = xtask(&checkout, &live, &["snapshot"]).expect(
        0,
        &["add 1 field; change 1 collection, 1 field; drop 1 field", "wrote snapshots/schema.yaml"],
    );
    lines(&wrote, &expected);
    let after = checkout.read(SNAPSHOT);
    assert_ne!(after, before);
    let again = xtask(&checkout, &live, &["snapshot"]).expect(0, &["is what the database has"]);
    lines(&again, &[]);
    assert_eq!(checkout.read(SNAPSHOT), after);
    // The same difference, the other way round, in the same words: as an apply of the old file would say it.
    checkout.write(SNAPSHOT, &before);
    let diff = xtask(&checkout, &live, &["diff", "--check"])
        .expect(3, &["cargo xtask apply would refuse: apply the snapshot: it would destroy data"]);
    lines(
        &diff,
        &[
            "~ beds.name: note \"- plants (collection dropped)\\nor so\" → Leave empty while only the code is known, width full → half",
            "- plantings.start_time (dropped, 0 rows hold a value)",
            "+ plants.tag (string(20))",
            "~ sensors: hidden yes → no",
        ],
    );
    let json = xtask(&checkout, &live, &["diff", "--json"]).expect(0, &[]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON alone on stdout");
    let of = |name: &str| {
        json["changes"]
            .as_array()
            .expect("changes")
            .iter()
            .find(|change| change["field"] == name)
            .expect(name)
            .clone()
    };
    assert_eq!(
        (of("start_time")["destroys"].as_bool(), of("start_time")["rows"][0]["count"].as_i64()),
        (Some(true), Some(0))
    );
    assert_eq!(json["refused"]["exit"], 4);
}

#[test]
fn apply_shows_asks_applies_and_proves_and_records_nothing() {
    let Some((checkout, live)) = booted() else { return };
    let history = "SELECT count(*) || ' ' || max(number) FROM schema_releases";
    let recorded = live.ask(history);
    live.ask("INSERT INTO plants (id, category, genus, species, tag) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa', 'AA 001 BB'), (gen_random_uuid(), 'herb', 'Poa', 'annua', NULL)");
    xtask(&checkout, &live, &["apply"]).expect(0, &["nothing to apply"]);
    checkout.drop_field("plants", "tag");
    for arguments in [&["apply", "--plan"][..], &["apply"], &["apply", "--json"]] {
        let refused = xtask(&checkout, &live, arguments)
            .expect(4, &["- plants.tag (dropped, 1 row holds a value)", "nothing was applied"]);
        match arguments.last() {
            Some(&"--json") => {
                let json: Value = serde_json::from_str(&refused.stdout).expect("JSON alone on stdout");
                assert_eq!(
                    (json["applied"].as_bool(), json["refused"]["exit"].as_i64()),
                    (Some(false), Some(4))
                );
            }
            _ => lines(&refused, &["- plants.tag (dropped, 1 row holds a value)"]),
        }
    }
    let refused = xtask(&checkout, &live, &["apply"]);
    let consent = refused.consent();
    assert_eq!(live.ask("SELECT count(tag) FROM plants"), "1");
    let mut command = checkout.xtask(&["apply"]);
    let applied = said(live.with(&mut command).env("RUNNER_ALLOW_DESTRUCTIVE", consent))
        .expect(0, &["applied and proved: drop 1 field"]);
    lines(&applied, &["- plants.tag (dropped, 1 row holds a value)"]);
    xtask(&checkout, &live, &["diff", "--check"]).expect(0, &["no differences"]);
    xtask(&checkout, &live, &["snapshot", "--check"]).expect(0, &[]);
    // Nothing was recorded, so nothing can be taken for unchanged: the next boot is a full one, and records it.
    assert_eq!(live.ask(history), recorded);
    let status = live.status();
    assert!(!status.is_settled(), "{status:?}");
    let plan = status.next.expect("a plan");
    assert_eq!(plan.decision.route.word(), "full", "{plan:?}");
    live.serve();
    assert!(live.status().is_settled());
}

#[test]
fn rows_in_the_way_of_an_apply_are_counted_on_its_line() {
    let Some((checkout, live)) = booted() else { return };
    live.ask("INSERT INTO plants (id, category, genus, species) VALUES (gen_random_uuid(), 'herb', 'Salvia', 'nemorosa'), (gen_random_uuid(), 'herb', 'Poa', 'annua')");
    checkout.change_field("plants", "tag", "is_nullable: true", "is_nullable: false");
    let planned = xtask(&checkout, &live, &["apply", "--plan"])
        .expect(1, &["rows stand in its way", "put the rows right"]);
    lines(&planned, &["~ plants.tag: required no → yes (2 rows have no value)"]);
    checkout.change_field("plants", "genus", "max_length: 100", "max_length: 3");
    let planned = xtask(&checkout, &live, &["diff"]).expect(0, &[]);
    lines(
        &planned,
        &[
            "~ plants.genus: max length 100 → 3 (1 value is longer than 3)",
            "~ plants.tag: required no → yes (2 rows have no value)",
        ],
    );
}

#[test]
fn a_database_that_a_later_release_left_is_not_taken_back_by_an_apply() {
    let Some((checkout, live)) = booted() else { return };
    let before = checkout.read(SNAPSHOT);
    checkout.change_field("plants", "genus", "width: half", "width: full");
    live.serve();
    checkout.write(SNAPSHOT, &before);
    let refused =
        xtask(&checkout, &live, &["apply"]).expect(4, &["a later release was here", "RUNNER_ROLLBACK="]);
    lines(&refused, &["~ plants.genus: width full → half"]);
    let release = refused.stderr.split("RUNNER_ROLLBACK=").nth(1).expect("a line to copy").trim().to_owned();
    let mut command = checkout.xtask(&["apply"]);
    said(live.with(&mut command).env("RUNNER_ROLLBACK", release))
        .expect(0, &["applied and proved: change 1 field"]);
}

#[test]
fn d41_what_is_in_no_file_is_named_whatever_it_is() {
    let Some(checkout) = Checkout::new() else { return };
    let live = Live::booted(&checkout);
    xtask(&checkout, &live, &["snapshot", "--check"]).expect(0, &["is what the database has"]);
    for (sql, line) in [
        ("ALTER TABLE plants ADD COLUMN hand text", "column plants.hand: text"),
        ("CREATE INDEX by_hand ON plants (genus, species)", "index plants.by_hand: "),
        (
            "CREATE INDEX also ON plants (genus)",
            "index plants: CREATE INDEX ON public.plants USING btree (genus)",
        ),
        (
            "ALTER TABLE plants ADD CONSTRAINT short CHECK (length(genus) < 100)",
            "constraint plants.short: CHECK ",
        ),
        ("CREATE VIEW herbs AS SELECT id FROM plants WHERE category = 'herb'", "view herbs: "),
        ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function one(): "),
        ("CREATE TABLE scratch (id int)", "table scratch"),
    ] {
        live.ask(sql);
        xtask(&checkout, &live, &["snapshot", "--check"])
            .expect(3, &[&format!("in the database and not in git: {line}")]);
        xtask(&checkout, &live, &["diff"]).expect(0, &["in the database and not in git, left alone: "]);
    }
    let json = xtask(&checkout, &live, &["snapshot", "--check", "--json"]).expect(3, &[]);
    assert!(json.stdout.contains("\"column plants.hand: text\""), "{}", json.stdout);
}

#[test]
fn a_database_of_an_older_directus_is_named_as_one() {
    let Some(checkout) = Checkout::new() else { return };
    let live = Live::booted(&checkout);
    live.ask("DELETE FROM directus_migrations WHERE version = '20260211A'; ALTER TABLE directus_users DROP COLUMN IF EXISTS text_direction");
    xtask(&checkout, &live, &["snapshot"]).expect(
        2,
        &[
            "the database is of an older Directus than 11.17.4",
            "system migrations that it has not run: 20260211A",
        ],
    );
    live.ask("DROP TABLE directus_migrations CASCADE");
    xtask(&checkout, &live, &["snapshot"]).expect(2, &["the database has no Directus"]);
}

#[test]
fn d12_a_ghost_is_left_out_of_the_snapshot_and_named() {
    let Some((checkout, live)) = booted() else { return };
    let before = checkout.read(SNAPSHOT);
    // One of a table that a migration makes, and one of a table that somebody made by hand, with a key that Directus cannot use.
    live.ask("INSERT INTO directus_collections (collection) VALUES ('readings'), ('scratch'); CREATE TABLE scratch (a int, b int, PRIMARY KEY (a, b))");
    let taken = xtask(&checkout, &live, &["snapshot"])
        .expect(0, &["left out: `readings`", "left out: `scratch`", "DELETE FROM directus_collections"]);
    lines(&taken, &[]);
    assert_eq!(checkout.read(SNAPSHOT), before);
    // Nobody has put that into git, so a comparison does not pass.
    xtask(&checkout, &live, &["snapshot", "--check"])
        .expect(3, &["it has collections that Directus did not make"]);
    let json = xtask(&checkout, &live, &["snapshot", "--json"]).expect(0, &[]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON alone on stdout");
    assert_eq!(json["ghosts"], json!(["readings", "scratch"]));
    // A row of any of the three tables makes one, and what is said to be done about it leaves none.
    live.ask(
        "INSERT INTO directus_fields (collection, field) VALUES ('readings', 'ts'); \
         INSERT INTO directus_relations (many_collection, many_field) VALUES ('readings', 'ts')",
    );
    let said = xtask(&checkout, &live, &["snapshot", "--check"]).expect(3, &[]);
    for line in said.stderr.lines().filter(|line| line.contains("DELETE FROM")) {
        live.ask(line);
    }
    // It is a table still, that no file makes.
    xtask(&checkout, &live, &["snapshot", "--check"])
        .expect(3, &["in the database and not in git: table scratch"]);
    live.ask("DROP TABLE scratch");
    xtask(&checkout, &live, &["snapshot", "--check"]).expect(0, &["is what the database has"]);
}

#[test]
fn what_is_wrong_with_what_the_database_has_is_said_however_quiet_it_is_to_be() {
    let Some((checkout, live)) = booted() else { return };
    live.ask(
        "INSERT INTO directus_fields (collection, field, special, interface) VALUES ('plants', 'trips', 'o2m', 'list-o2m')",
    );
    let quiet = xtask(&checkout, &live, &["snapshot", "--quiet"])
        .expect(3, &["snapshots/schema.yaml:", "snapshot-references: ", "`plants.trips`"]);
    assert!(!quiet.stderr.contains("wrote"), "{}", quiet.stderr);
    let json = xtask(&checkout, &live, &["snapshot", "--quiet", "--json"]).expect(3, &[]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON alone on stdout");
    assert_eq!(json["findings"][0]["rule"], "snapshot-references", "{json}");
}

#[test]
fn a_new_junction_is_a_reason_for_a_migration() {
    let Some((checkout, live)) = booted() else { return };
    let directus = live.serve();
    directus.must(
        "POST",
        "/collections",
        json!({"collection": "season_plants", "meta": {"hidden": true}, "schema": {}, "fields": [
        {"field": "id", "type": "uuid", "meta": {"special": ["uuid"]}, "schema": {"is_primary_key": true}},
        {"field": "season", "type": "uuid", "meta": {}, "schema": {}},
        {"field": "plant", "type": "uuid", "meta": {}, "schema": {}}]}),
    );
    for (field, other, related) in [("season", "plant", "seasons"), ("plant", "season", "plants")] {
        directus.must(
            "POST",
            "/relations",
            json!({"collection": "season_plants", "field": field, "related_collection": related,
            "meta": {"junction_field": other}, "schema": {"on_delete": "CASCADE"}}),
        );
    }
    let hint =
        "cargo xtask new post season_plants_unique --as unique --table season_plants --columns season,plant";
    let taken =
        xtask(&checkout, &live, &["snapshot"]).expect(0, &["`season_plants` joins season and plant", hint]);
    assert!(
        taken
            .stdout
            .contains("+ season_plants.season → seasons (relation, on delete cascade, junction to plant)"),
        "{}",
        taken.stdout
    );
    // The junctions that were there have their UNIQUE: no word of them.
    assert!(!taken.stderr.contains("`planting_sensors` joins"), "{}", taken.stderr);
}

#[test]
fn d16_two_people_add_fields_to_different_collections_and_git_merges_them() {
    let Some((checkout, live)) = booted() else { return };
    let git = |arguments: &[&str]| checkout.git(arguments);
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", SNAPSHOT]);
    git(&["commit", "--quiet", "-m", "before"]);
    let directus = live.serve();
    for (person, collection, field) in [("one", "plants", "colour"), ("other", "seasons", "venue")] {
        git(&["checkout", "--quiet", "-b", person, "main"]);
        let path = format!("/fields/{collection}");
        directus.must(
            "POST",
            &path,
            json!({"field": field, "type": "string", "meta": {"interface": "input"}, "schema": {}}),
        );
        let taken = xtask(&checkout, &live, &["snapshot"]).expect(0, &["wrote"]);
        lines(&taken, &[&format!("+ {collection}.{field} (string(255))")]);
        git(&["commit", "--quiet", "-am", person]);
        directus.must("DELETE", &format!("{path}/{field}"), Value::Null);
    }
    git(&["checkout", "--quiet", "main"]);
    git(&["merge", "--quiet", "--no-edit", "one"]);
    git(&["merge", "--quiet", "--no-edit", "other"]);
    xtask(&checkout, &live, &["apply"]).expect(0, &["applied and proved: add 2 fields"]);
    xtask(&checkout, &live, &["snapshot", "--check"]).expect(0, &["is what the database has"]);
    // What changed between revisions needs no database.
    let between = said(&mut checkout.xtask(&["diff", "one...other"]))
        .expect(0, &["the merge base of `one` and `other`", "add 1 field"]);
    lines(&between, &["+ seasons.venue (string(255))"]);
    let between = said(&mut checkout.xtask(&["diff", "one..other", "--markdown", "--check"])).expect(3, &[]);
    assert!(
        between.stdout.contains("```diff\n- plants.colour (dropped)\n+ seasons.venue (string(255))\n```\n"),
        "{}",
        between.stdout
    );
    assert!(between.stdout.contains("asks for a consent by name: `plants.colour`"), "{}", between.stdout);
    let between = said(&mut checkout.xtask(&["diff", "HEAD", "--json"])).expect(0, &[]);
    let json: Value = serde_json::from_str(&between.stdout).expect("JSON alone on stdout");
    let help = said(&mut checkout.xtask(&["diff", "--help"])).expect(0, &[]).stdout;
    let keys = help.lines().find(|line| line.contains("--json  ")).expect("an example").to_owned();
    for key in json.as_object().expect("an object").keys() {
        assert!(keys.contains(&format!("\"{key}\": ")), "{key} is not in: {keys}");
    }
    assert_eq!((json["changes"].as_array().map(Vec::len), &json["to"]), (Some(0), &Value::Null));
}

#[test]
fn a_conflict_in_a_revision_is_named_with_the_revision() {
    let Some(checkout) = Checkout::new() else { return };
    let git = |arguments: &[&str]| checkout.git(arguments);
    git(&["init", "--quiet"]);
    git(&["add", SNAPSHOT]);
    git(&["commit", "--quiet", "-m", "good"]);
    let conflict = "a git conflict marker";
    checkout.edit(SNAPSHOT, |text| text.replacen("fields:\n", "<<<<<<< HEAD\nfields:\n", 1));
    let said_of = |revisions: &str| said(&mut checkout.xtask(&["diff", revisions]));
    said_of("HEAD").expect(2, &["read `snapshots/schema.yaml:", conflict]);
    git(&["commit", "--quiet", "-am", "bad"]);
    let commit = git(&["rev-parse", "HEAD"]);
    said_of("HEAD~1..HEAD")
        .expect(2, &[&format!("read `{}:snapshots/schema.yaml:", &commit[..12]), conflict]);
    said_of("HEAD~1..nowhere").expect(2, &["find revision `nowhere`: git does not know it"]);
    // A revision without the file is one without a schema.
    git(&["rm", "--quiet", SNAPSHOT]);
    git(&["commit", "--quiet", "-m", "gone"]);
    let dropped = said_of("HEAD~2..HEAD").expect(0, &["drop 9 collections"]);
    assert!(dropped.stdout.contains("- plants (collection dropped)"), "{}", dropped.stdout);
}

#[test]
fn ctrl_c_ends_an_apply_that_waits_and_leaves_nothing_running() {
    let Some((checkout, live)) = booted() else { return };
    let mut holder = live.database.connect().expect("a connection");
    holder.batch_execute(&format!("SELECT pg_advisory_lock({})", migrations::lock::KEY)).expect("the lock");
    let mut command = checkout.xtask(&["apply"]);
    live.with(&mut command).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a process");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(stderr.any(|line| line.contains("waiting for the lock")), "it did not wait");
    let bridge =
        |of: u32| std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let node = bridge(child.id()).split_whitespace().next().map(str::to_owned);
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a pid");
    kill_process(pid, Signal::INT).expect("a process");
    assert_eq!(child.wait().expect("a status").code(), Some(130));
    let node = node.expect("the bridge was loading");
    let alive =
        || std::fs::read_to_string(format!("/proc/{node}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    let end = Instant::now() + Duration::from_secs(5);
    while alive() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!alive(), "the bridge is left");
}

#[test]
fn bad_input_is_refused_by_line_and_nothing_is_written() {
    let Some((checkout, live)) = booted() else { return };
    let good = checkout.read(SNAPSHOT);
    let at = |text: &str| good[..good.find(text).expect(text)].lines().count();
    let middle = good.len() / 2;
    let middle = middle + good[middle..].find("\n    meta:").expect("an item");
    let cases: [(&str, String, String); 8] = [
        (
            "a merge conflict",
            good.replacen("collections:\n", "<<<<<<< HEAD\ncollections:\n", 1),
            "snapshots/schema.yaml:4:1`: a git conflict marker".to_owned(),
        ),
        (
            "a syntax error",
            good.replacen("vendor: postgres", "vendor: 'postgres", 1),
            "snapshots/schema.yaml:".to_owned(),
        ),
        (
            "a key that comes twice",
            good.replacen("version: 1\n", "version: 1\nversion: 1\n", 1),
            "snapshots/schema.yaml:2:1`: the key `version` comes twice".to_owned(),
        ),
        (
            "a list that is none",
            good.replacen("collections:\n", "collections: 5\nother:\n", 1),
            "snapshots/schema.yaml:4:1`: `collections` is not a list".to_owned(),
        ),
        (
            "a wrong type",
            good.replacen("    meta:\n", "    meta: 5\n    other:\n", 1),
            format!("snapshots/schema.yaml:{}: `meta` is not a mapping", at("    meta:\n") + 1),
        ),
        (
            "a key that Directus does not have",
            good.replacen("    meta:\n", "    future: 1\n    meta:\n", 1),
            format!(
                "snapshots/schema.yaml:{}: Directus 11.17.4 ignores the key `future`",
                at("    meta:\n") + 1
            ),
        ),
        (
            "the same in its metadata",
            good.replacen("    meta:\n", "    meta:\n      future: 1\n", 1),
            format!(
                "snapshots/schema.yaml:{}: `meta.future` is no key of Directus 11.17.4",
                at("    meta:\n") + 2
            ),
        ),
        ("a truncated file", good[..middle].to_owned(), "snapshots/schema.yaml:".to_owned()),
    ];
    let before = live.picture();
    for (what, text, message) in cases {
        checkout.write(SNAPSHOT, &text);
        for arguments in [&["apply"][..], &["apply", "--plan"], &["diff"]] {
            let said = xtask(&checkout, &live, arguments);
            assert_eq!(said.code, 2, "{what}: {}", said.stderr);
            assert!(
                said.stderr.contains(&message),
                "{what}: {arguments:?}: no `{message}` in {}",
                said.stderr
            );
        }
        // What is only not all there is what a snapshot puts right.
        if what == "a truncated file" {
            xtask(&checkout, &live, &["snapshot"]).expect(0, &["wrote"]);
            assert_eq!(checkout.read(SNAPSHOT), good);
            continue;
        }
        let said = xtask(&checkout, &live, &["snapshot"]).expect(2, &[&message, "nothing was written"]);
        assert_eq!(said.stdout, "");
        assert_eq!(checkout.read(SNAPSHOT), text, "{what}");
    }
    assert!(live.picture() == before, "something was touched");
    // Nor is what no Directus writes, where only a value is wrong: the database has the right one.
    checkout.write(SNAPSHOT, &good.replacen("width: half", "width: 5", 1));
    xtask(&checkout, &live, &["snapshot"]).expect(0, &["wrote"]);
    assert_eq!(checkout.read(SNAPSHOT), good);
    // A key that another Directus wrote must not make the snapshot of an upgrade impossible.
    let older = good.replacen("    meta:\n", "    past: 1\n    meta:\n", 1).replacen("11.17.4", "11.17.3", 1);
    checkout.write(SNAPSHOT, &older);
    let said = xtask(&checkout, &live, &["snapshot"]).expect(0, &["wrote"]);
    assert!(said.stdout.contains("~ beds: past 1 removed (not compared by Directus)\n"), "{}", said.stdout);
}

#[test]
fn what_it_waits_for_is_said_unless_it_is_to_be_quiet() {
    let Some((checkout, live)) = booted() else { return };
    for (arguments, waits_for) in [
        (&["snapshot", "--check"][..], "reading the schema of "),
        (&["diff"], "comparing "),
        (&["apply", "--plan"], "comparing "),
    ] {
        let said = xtask(&checkout, &live, arguments).expect(0, &[]);
        assert!(said.stderr.starts_with(waits_for), "{arguments:?}: {}", said.stderr);
        let quiet = xtask(&checkout, &live, &[arguments, &["--quiet"]].concat()).expect(0, &[]);
        assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""), "{arguments:?}");
    }
}

#[test]
fn an_apply_waits_for_a_boot_and_says_for_whom() {
    let Some((checkout, live)) = booted() else { return };
    let mut holder = live.database.connect().expect("a connection");
    holder.batch_execute("SET application_name = 'runner-0123abcd'").expect("a name");
    holder.batch_execute(&format!("SELECT pg_advisory_lock({})", migrations::lock::KEY)).expect("the lock");
    let mut command = checkout.xtask(&["apply"]);
    said(live.with(&mut command).env("RUNNER_LOCK_WAIT_S", "1")).expect(6, &["`runner-0123abcd`"]);
    // A plan reads, and needs no lock.
    xtask(&checkout, &live, &["apply", "--plan"]).expect(0, &[]);
}

#[test]
fn without_a_database_it_says_how_to_get_one() {
    let Some(checkout) = Checkout::new() else { return };
    for command in ["snapshot", "apply", "diff"] {
        said(&mut checkout.xtask(&[command])).expect(
            2,
            &["neither DB_HOST nor DB_CONNECTION_STRING is set", "hint: cargo xtask up, or set DB_HOST"],
        );
    }
    let empty = Live::empty(&checkout);
    for command in ["snapshot", "apply", "diff"] {
        xtask(&checkout, &empty, &[command]).expect(2, &["has no Directus"]);
    }
}
