//! What the seed files may say, judged against the snapshot of the tests' own release.

use super::file::read;
use super::*;
use testkit::SNAPSHOT;

/// The seed that these files are, or its findings, one a line.
fn judged(files: &[(&str, &str)]) -> Result<Seed, Vec<String>> {
    let snapshot = Snapshot::parse(SNAPSHOT).unwrap();
    let files: Vec<SeedFile> = files
        .iter()
        .map(|(path, text)| {
            let (file, findings) = read(path, text);
            assert_eq!(findings, []);
            file
        })
        .collect();
    judge(&files, &snapshot).map_err(|findings| findings.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found = judged(&[("s.yaml", text)]).err().unwrap_or_default();
    assert_eq!(found, expected, "{text}");
}

const BASE: &str = "\
gardens:
  key: slug
  items:
    - {slug: club, name: Club}
    - {slug: team, name: Team}
seasons:
  key: [garden, slug]
  items:
    - {garden: club, slug: early, name: Early, start_date: 2026-06-01, end_date: 2026-06-08}
";

fn with(text: &str) -> String {
    format!("{BASE}{text}")
}

#[test]
fn the_files_of_this_checkout_are_sound() {
    let root = crate::project::root();
    let files = files_of(&root).unwrap();
    load(&root, &files).unwrap();
}

#[test]
fn references_are_found_by_key_by_the_rest_of_a_key_and_by_a_mapping() {
    for season in ["early", "{slug: early}", "{garden: club, slug: early}", "{garden: {name: Club}}"] {
        let text = with(&format!(
            "beds:\n  key: [season, code]\n  items:\n    - {{season: {season}, code: C-1, category: shrub}}\n"
        ));
        let seed = judged(&[("s.yaml", &text)]).unwrap();
        let bed = seed.items.last().unwrap();
        let Some(Given::Item(season)) = bed.given("season") else { panic!("{bed:?}") };
        assert_eq!(seed.items[*season].collection, "seasons");
    }
}

#[test]
fn items_come_after_what_they_point_to_whatever_the_order_of_the_files() {
    let beds = "beds:\n  key: [season, code]\n  items:\n    - {season: early, code: C-1, category: shrub}\n";
    let seed = judged(&[("a.yaml", beds), ("b.yaml", BASE)]).unwrap();
    let order: Vec<&str> = seed.items.iter().map(|item| item.collection.as_str()).collect();
    assert_eq!(order, ["gardens", "gardens", "seasons", "beds"]);
    assert_eq!(seed.items[3].title(), "beds `early / C-1`");
    assert_eq!(seed.items[3].place(), "a.yaml:4");
}

#[test]
fn of_one_file_only_its_items_are_sent_and_what_they_point_to_is_looked_for_by_its_key() {
    let beds = "beds:\n  key: [season, code]\n  items:\n    - {season: early, code: C-1, category: shrub}\n";
    let seed = judged(&[("a.yaml", beds), ("b.yaml", BASE)]).unwrap().only(&["a.yaml".to_owned()]);
    let items: Vec<String> =
        seed.items.iter().map(|item| format!("{} {}", item.title(), item.is_sent)).collect();
    assert_eq!(items, ["gardens `club` false", "seasons `club / early` false", "beds `early / C-1` true"]);
    assert_eq!(seed.items[2].given("season"), Some(&Given::Item(1)));
    assert_eq!(seed.items[1].fields.len(), 2, "its key alone");
    assert_eq!(seed.items[1].given("garden"), Some(&Given::Item(0)));
}

#[test]
fn what_does_not_exist_is_found_with_what_may_have_been_meant() {
    check(
        "garden:\n  key: slug\n  items: []\n",
        &["s.yaml:1:1: seeds: `garden` is no collection of snapshots/schema.yaml; did you mean `gardens`?"],
    );
    check(
        "directus_roles:\n  key: name\n  items: []\n",
        &[
            "s.yaml:1:1: seeds: `directus_roles` is Directus' own; of those a seed can only fill `directus_users`",
        ],
    );
    check(
        "catalog_group:\n  key: x\n  items: []\n",
        &["s.yaml:1:1: seeds: `catalog_group` is a folder: it holds no items"],
    );
    check(
        "plants:\n  key: tags\n  items:\n    - {genus: Poa, species: X, category: shrub, tags: A}\n",
        &[
            "s.yaml:2:3: seeds: `plants` has no field `tags`; did you mean `tag`?",
            "s.yaml:4:49: seeds: `plants` has no field `tags`; did you mean `tag`?",
        ],
    );
}

#[test]
fn what_only_a_new_item_is_given_is_a_field_that_could_be_given_again() {
    for (once, message) in [
        ("start_dates", "`seasons` has no field `start_dates`; did you mean `start_date`?"),
        ("slug", "`slug` is part of the key: by it an item is found again"),
        ("id", "`id` is given by Directus; the seed's `key` tells items apart"),
    ] {
        let text = BASE.replace("slug]\n", &format!("slug]\n  once: [end_date, {once}]\n"));
        check(&text, &[&format!("s.yaml:8:20: seeds: {message}")]);
    }
    let text = BASE.replace("slug]\n", "slug]\n  once: [end_date, end_date]\n");
    check(&text, &["s.yaml:8:20: seeds: `end_date` comes twice in `once`"]);
    let text = BASE.replace("slug]\n", "slug]\n  once: end_date\n");
    let seed = judged(&[("s.yaml", &text)]).unwrap();
    let once = seed.items.iter().flat_map(|item| &item.fields).filter(|field| field.is_once);
    assert_eq!(once.map(|field| field.name.as_str()).collect::<Vec<_>>(), ["end_date"]);
}

#[test]
fn a_reference_that_names_nothing_or_too_much_is_found() {
    let bed = |season: &str| {
        with(&format!(
            "beds:\n  key: [season, code]\n  items:\n    - {{season: {season}, code: C-1, category: shrub}}\n"
        ))
    };
    for (season, message) in [
        ("later", "the seed files hold no item of `seasons` with slug `later`"),
        ("{slug: early, name: Later}", "the seed files hold no item of `seasons` with early Later"),
        ("{slugs: x}", "`seasons` has no field `slugs`; did you mean `slug`?"),
        ("[early]", "is named by a value of its key, or by a mapping of its fields"),
    ] {
        check(&bed(season), &[&format!("s.yaml:13:8: seeds: `season`: {message}")]);
    }
    let twice = with(
        "    - {garden: team, slug: early, name: Early, start_date: 2026-06-01, end_date: 2026-06-08}\n",
    );
    check(
        &format!(
            "{twice}beds:\n  key: [season, code]\n  items:\n    - {{season: early, code: C-1, category: shrub}}\n"
        ),
        &[
            "s.yaml:14:8: seeds: `season`: slug `early` is in more than one item of `seasons` (s.yaml:9, s.yaml:10); add fields: {garden: …, slug: …}",
        ],
    );
    check(
        "beds:\n  key: [season, code]\n  items:\n    - {season: early, code: C-1, category: shrub}\n",
        &["s.yaml:4:8: seeds: `season`: points to `seasons`, of which the seed files hold no item"],
    );
}

#[test]
fn what_is_required_and_what_is_not_a_seeds_to_say_is_found() {
    check(
        "plants:\n  key: tag\n  items:\n    - {genus: Poa, category: shrub}\n",
        &[
            "s.yaml:4:7: seeds: `plants` needs a value for `species`",
            "s.yaml:4:7: seeds: `tag` is part of the key of `plants`: it needs a value",
        ],
    );
    check(
        "gardens:\n  key: slug\n  items:\n    - slug: a\n      name: null\n      id: x\n      date_created: 2026-01-01\n      seasons: []\n",
        &[
            "s.yaml:5:7: seeds: `name` needs a value",
            "s.yaml:6:7: seeds: `id` is given by Directus; the seed's `key` tells items apart",
            "s.yaml:7:7: seeds: `date_created` is set by Directus itself",
            "s.yaml:8:7: seeds: `seasons` lists items of `seasons` that point here; write them under `seasons`, each with its `garden`",
        ],
    );
    check(
        "directus_users:\n  key: email\n  items:\n    - {email: a@example.com, password: x}\n",
        &[
            "s.yaml:4:30: seeds: `password` gives rights, and a file in git gives nobody rights: set it in Directus",
        ],
    );
}

#[test]
fn values_that_do_not_fit_are_found() {
    check(
        "sensors:\n  key: serial\n  items:\n    - {serial: 1010000000000, label: T, status: broken}\n",
        &[
            "s.yaml:4:8: seeds: `serial` takes text: put it in quotes, not `1010000000000`",
            "s.yaml:4:41: seeds: `status` takes `active`, `faulty`, `archived`, not `broken`",
        ],
    );
    check(
        &BASE.replace("2026-06-08", "2026-06-31"),
        &["s.yaml:9:72: seeds: `end_date` takes a date such as 2026-06-01, not `2026-06-31`"],
    );
}

#[test]
fn the_same_item_or_a_unique_value_twice_is_found_in_any_file() {
    let other = "gardens:\n  key: slug\n  items:\n    - {slug: club, name: Another}\n";
    let found = judged(&[("a.yaml", BASE), ("b.yaml", other)]).err().unwrap();
    assert_eq!(found, ["b.yaml:4:7: seeds: the same key as a.yaml:4"]);
    check(
        "sensors:\n  key: label\n  items:\n    - {serial: '001010000000001', label: A}\n    - {serial: '001010000000001', label: B}\n",
        &["s.yaml:5:7: seeds: `serial` may come once, and s.yaml:4 has the same value"],
    );
    let found =
        judged(&[("a.yaml", BASE), ("b.yaml", "gardens:\n  key: name\n  items: []\n")]).err().unwrap();
    assert_eq!(found, ["b.yaml:2:3: seeds: `gardens` has another key at a.yaml:2"]);
}

#[test]
fn items_that_point_to_one_another_are_named() {
    // That schema has no circle: one is made.
    let snapshot = SNAPSHOT.replacen("related_collection: directus_users", "related_collection: sensors", 1);
    let snapshot = Snapshot::parse(&snapshot).unwrap();
    let text = "sensors:\n  key: serial\n  items:\n    - {serial: '001010000000001', label: A, keeper: '001010000000002'}\n    - {serial: '001010000000002', label: B, keeper: '001010000000001'}\n";
    let (file, _) = read("s.yaml", text);
    let found: Vec<String> =
        judge(&[file], &snapshot).err().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "s.yaml:4:7: seeds: items point to one another in a circle, so none can be made first: s.yaml:4 → s.yaml:5 → s.yaml:4"
        ]
    );
}
