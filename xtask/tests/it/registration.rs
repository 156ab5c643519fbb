//! Registering for an event, the way an organiser would: with the schema of this checkout, through Directus' own API. Every rule of the
//! schema is broken once, and each must be refused as a mistake of the one who asks (400), not as one of the server (500).

use crate::instance::Instance;
use serde_json::{Value, json};

#[test]
fn an_entry_is_registered_read_back_with_its_relations_and_every_broken_rule_is_refused_as_400() {
    let Some(instance) = Instance::up(&[]) else { return };
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

    // The seed's own test entry.
    let fields = "event.name,event.organization.name,class.code,vehicle.plate,team.name,crew.user.last_name,crew.role,devices.device.imei,devices.role";
    let entries = instance.items(
        "entries",
        &format!(
            "fields={fields}&filter[race_number][_eq]=999&deep[crew][_sort]=role&deep[devices][_sort]=-role"
        ),
    );
    assert_eq!(
        entries,
        [json!({
            "event": { "name": "Rally Albania 2026", "organization": { "name": "Motorsport Club Albania" } },
            "class": { "code": "C-1" },
            "vehicle": { "plate": "TEST-999" },
            "team": { "name": "Motorsport Club Albania" },
            "crew": [
                { "user": { "last_name": "Codriver" }, "role": "co_driver" },
                { "user": { "last_name": "Driver" }, "role": "driver" },
            ],
            "devices": [
                { "device": { "imei": "001010000000016" }, "role": "primary" },
                { "device": { "imei": "001010000000024" }, "role": "backup" },
            ],
        })]
    );

    // Another one, as the form of the admin UI saves it: the entry with its crew and trackers in one request.
    let (event, class) = (one("events", "[slug][_eq]=rally-albania-2026"), one("classes", "[code][_eq]=S-2"));
    let rider = make(
        "users",
        json!({ "first_name": "Test", "last_name": "Second", "email": "test.second@example.com" }),
    );
    let vehicle = make(
        "vehicles",
        json!({ "category": "ssv", "make": "Test", "model": "Second", "plate": "TEST-998" }),
    );
    let device = make("devices", json!({ "imei": "001010000000032", "label": "Test tracker 3" }));
    let entry = make(
        "entries",
        json!({
            "event": event["id"], "class": class["id"], "vehicle": vehicle["id"],
            "crew": { "create": [{ "user": rider["id"] }], "update": [], "delete": [] },
            "devices": { "create": [{ "device": device["id"] }], "update": [], "delete": [] },
        }),
    );
    let back = one("entries", &format!("[id][_eq]={}", entry["id"].as_str().expect("an id")));
    assert_eq!((&back["status"], &back["race_number"]), (&json!("registered"), &Value::Null), "by default");
    let crew =
        instance.items("entry_crew", "fields=role,entry.vehicle.plate&filter[user][last_name][_eq]=Second");
    assert_eq!(crew, [json!({ "role": "driver", "entry": { "vehicle": { "plate": "TEST-998" } } })]);
    // Numbers are given late: any number of entries may be without one.
    make("entries", json!({ "event": event["id"], "class": class["id"], "vehicle": vehicle["id"] }));

    // What may be there once, a second time.
    let unique = [
        ("organizations", &["slug"][..]),
        ("devices", &["imei"]),
        ("users", &["login"]),
        ("events", &["organization", "slug"]),
        ("classes", &["event", "code"]),
        ("entries", &["event", "race_number"]),
        ("entry_crew", &["entry", "user"]),
        ("entry_devices", &["entry", "device"]),
        ("organization_users", &["organization", "user"]),
        ("organization_vehicles", &["organization", "vehicle"]),
        ("organization_devices", &["organization", "device"]),
    ];
    for (collection, key) in unique {
        let there = key.iter().map(|field| format!("&filter[{field}][_nnull]=true")).collect::<String>();
        let mut copy = instance.items(collection, &format!("fields=*&{there}")).remove(0);
        let map = copy.as_object_mut().expect("an item");
        map.remove("id");
        map.retain(|_, value| !value.is_array());
        // Whatever else is unique is another one.
        for field in ["slug", "imei", "code"] {
            if map.contains_key(field) && !key.contains(&field) {
                map.insert(field.to_owned(), json!("another"));
            }
        }
        let (status, answer) = instance.ask("POST", &format!("/items/{collection}"), Some(&copy));
        assert_eq!((status, code(&answer)), (400, "RECORD_NOT_UNIQUE"), "{collection} {key:?}: {answer}");
        let named = answer["errors"][0]["extensions"]["field"].as_str().unwrap_or_default();
        assert_eq!(named.replace('"', ""), key.join(", "), "{collection}: {answer}");
    }

    // What is required, left out.
    let snapshot =
        std::fs::read_to_string(instance.checkout.path("snapshots/schema.yaml")).expect("a snapshot");
    let snapshot = snapshot::Snapshot::parse(&snapshot).expect("a snapshot");
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
    assert!(left_out >= 25, "only {left_out} required fields");

    // What points to nothing, and what has another form.
    for (collection, body, expected) in [
        (
            "entry_crew",
            json!({ "entry": "00000000-0000-4000-8000-000000000000", "user": rider["id"] }),
            "INVALID_FOREIGN_KEY",
        ),
        ("organizations", json!({ "name": "A", "slug": "Not A Slug" }), "FAILED_VALIDATION"),
        ("organizations", json!({ "name": "A", "slug": "a", "country": "Albania" }), "FAILED_VALIDATION"),
        ("devices", json!({ "imei": "123", "label": "A" }), "FAILED_VALIDATION"),
        ("vehicles", json!({ "category": "car", "make": "A".repeat(300), "model": "B" }), "VALUE_TOO_LONG"),
    ] {
        let (status, answer) = instance.ask("POST", &format!("/items/{collection}"), Some(&body));
        assert_eq!((status, code(&answer)), (400, expected), "{collection} {body}: {answer}");
    }
    // A class in use stays, and with it what was registered. Directus words only what is written; a delete that the database refuses is
    // a 500 to it (D35).
    let class = one("classes", "[code][_eq]=S-2")["id"].clone();
    let path = format!("/items/classes/{}", class.as_str().expect("an id"));
    let (status, answer) = instance.ask("DELETE", &path, None);
    assert_eq!((status, code(&answer)), (500, "INTERNAL_SERVER_ERROR"), "{answer}");
    assert!(answer.to_string().contains("entries_class_foreign"), "{answer}");
    assert_eq!(one("classes", "[code][_eq]=S-2")["id"], class);
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
}
