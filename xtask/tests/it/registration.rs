//! Filling a schema through Directus' own API, the way a gardener would. Every rule of the schema is broken once, and each must be refused
//! as a mistake of the one who asks (400), not as one of the server (500).

use crate::instance::Instance;
use serde_json::{Value, json};

#[test]
fn a_planting_is_registered_read_back_with_its_relations_and_every_broken_rule_is_refused_as_400() {
    let Some(instance) = Instance::warm(&[]) else { return };
    let one = |collection: &str, filter: &str| -> Value {
        let items = instance.items(collection, &format!("fields=*&filter{filter}"));
        assert_eq!(items.len(), 1, "{collection} {filter}: {items:?}");
        items[0].clone()
    };
    let make = |collection: &str, body: Value| -> Value {
        let (status, answer) = instance.ask("POST", &format!("/items/{collection}"), Some(&body));
        assert_eq!(status, 200, "{collection} {body}: {answer}");
        answer["data"].clone()
    };

    // The seed's own planting.
    let fields = "season.name,season.garden.name,bed.code,plant.tag,sensors.sensor.serial,sensors.sensor.keeper.email,sensors.role";
    let plantings = instance
        .items("plantings", &format!("fields={fields}&filter[number][_eq]=999&deep[sensors][_sort]=-role"));
    assert_eq!(
        plantings,
        [json!({
            "season": { "name": "Season 2026", "garden": { "name": "North Garden" } },
            "bed": { "code": "S-1" },
            "plant": { "tag": "TEST-999" },
            "sensors": [
                { "sensor": { "serial": "001010000000016", "keeper": { "email": "keeper@example.com" } }, "role": "primary" },
                { "sensor": { "serial": "001010000000024", "keeper": null }, "role": "backup" },
            ],
        })]
    );

    // Another one, as the form of the admin UI saves it: the planting with its sensors in one request.
    let (season, bed) = (one("seasons", "[slug][_eq]=season-2026"), one("beds", "[code][_eq]=T-1"));
    let plant = make(
        "plants",
        json!({ "category": "tree", "genus": "Malus", "species": "sylvestris", "tag": "TEST-998" }),
    );
    let sensor = make("sensors", json!({ "serial": "001010000000032", "label": "Sensor 3" }));
    let planting = make(
        "plantings",
        json!({
            "season": season["id"], "bed": bed["id"], "plant": plant["id"],
            "sensors": { "create": [{ "sensor": sensor["id"] }], "update": [], "delete": [] },
        }),
    );
    let back = one("plantings", &format!("[id][_eq]={}", planting["id"].as_str().expect("an id")));
    assert_eq!((&back["status"], &back["number"]), (&json!("planned"), &Value::Null), "by default");
    let beside = instance.items(
        "planting_sensors",
        "fields=role,planting.plant.tag&filter[sensor][serial][_eq]=001010000000032",
    );
    assert_eq!(beside, [json!({ "role": "primary", "planting": { "plant": { "tag": "TEST-998" } } })]);
    // Numbers are given late: any number of plantings may be without one.
    make("plantings", json!({ "season": season["id"], "bed": bed["id"], "plant": plant["id"] }));

    // What may be there once, a second time.
    let unique = [
        ("gardens", &["slug"][..]),
        ("sensors", &["serial"]),
        ("sensors", &["keeper"]),
        ("seasons", &["garden", "slug"]),
        ("beds", &["season", "code"]),
        ("plantings", &["season", "number"]),
        ("planting_sensors", &["planting", "sensor"]),
    ];
    for (collection, key) in unique {
        let there = key.iter().map(|field| format!("&filter[{field}][_nnull]=true")).collect::<String>();
        let mut copy = instance.items(collection, &format!("fields=*&{there}")).remove(0);
        let map = copy.as_object_mut().expect("an item");
        map.remove("id");
        map.retain(|_, value| !value.is_array());
        // Whatever else is unique is another one.
        for (field, another) in [("slug", "another"), ("serial", "001010000000040"), ("code", "another")] {
            if map.contains_key(field) && !key.contains(&field) {
                map.insert(field.to_owned(), json!(another));
            }
        }
        let (status, answer) = instance.ask("POST", &format!("/items/{collection}"), Some(&copy));
        assert_eq!((status, code(&answer)), (400, "RECORD_NOT_UNIQUE"), "{collection} {key:?}: {answer}");
        let named = answer["errors"][0]["extensions"]["field"].as_str().unwrap_or_default();
        assert_eq!(named.replace('"', ""), key.join(", "), "{collection}: {answer}");
    }

    // What is required, left out.
    let snapshot = snapshot::Snapshot::parse(testkit::SNAPSHOT).expect("a snapshot");
    let mut left_out = 0;
    for collection in snapshot.collections().filter(|each| each.has_table()) {
        let name = collection.name();
        let required = snapshot.fields().filter(|field| {
            let is = |value: Option<&Value>| value == Some(&Value::Bool(true));
            let default = field.schema("default_value").is_some_and(|value| !value.is_null());
            field.collection() == name && is(field.meta("required")) && !default
        });
        for field in required {
            let mut copy = instance.items(name, "fields=*").remove(0);
            let map = copy.as_object_mut().expect("an item");
            map.remove("id");
            map.remove(field.name());
            let (status, answer) = instance.ask("POST", &format!("/items/{name}"), Some(&copy));
            assert_eq!(
                (status, code(&answer)),
                (400, "FAILED_VALIDATION"),
                "{name}.{}: {answer}",
                field.name()
            );
            assert_eq!(answer["errors"][0]["extensions"]["field"], field.name(), "{answer}");
            left_out += 1;
        }
    }
    assert!(left_out >= 15, "only {left_out} required fields");

    // What points to nothing, and what has another form.
    for (collection, body, expected) in [
        (
            "planting_sensors",
            json!({ "planting": "00000000-0000-4000-8000-000000000000", "sensor": sensor["id"] }),
            "INVALID_FOREIGN_KEY",
        ),
        ("gardens", json!({ "name": "A", "slug": "Not A Slug" }), "FAILED_VALIDATION"),
        ("gardens", json!({ "name": "A", "slug": "a", "country": "Somewhere" }), "FAILED_VALIDATION"),
        ("sensors", json!({ "serial": "123", "label": "A" }), "FAILED_VALIDATION"),
        (
            "plants",
            json!({ "category": "shrub", "genus": "A".repeat(300), "species": "B" }),
            "VALUE_TOO_LONG",
        ),
    ] {
        let (status, answer) = instance.ask("POST", &format!("/items/{collection}"), Some(&body));
        assert_eq!((status, code(&answer)), (400, expected), "{collection} {body}: {answer}");
    }
    // A bed in use stays, and with it what grows in it. Directus words only what is written; a delete that the database refuses is
    // a 500 to it (D35).
    let bed = one("beds", "[code][_eq]=T-1")["id"].clone();
    let path = format!("/items/beds/{}", bed.as_str().expect("an id"));
    let (status, answer) = instance.ask("DELETE", &path, None);
    assert_eq!((status, code(&answer)), (500, "INTERNAL_SERVER_ERROR"), "{answer}");
    assert!(answer.to_string().contains("plantings_bed_foreign"), "{answer}");
    assert_eq!(one("beds", "[code][_eq]=T-1")["id"], bed);
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
}
