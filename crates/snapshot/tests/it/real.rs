//! A snapshot that Directus 11.17.4 made on Postgres: fields of many types, a folder, relations of every kind, a folded note, and two
//! ghosts (one with a composite primary key, so without any field).

use crate::js::JsYaml;
use crate::values::same;
use proptest::prelude::*;
use serde_json::Value;
use snapshot::{Snapshot, canonical, change};

pub(crate) const YAML: &str = include_str!("../data/directus-11.17.4.yaml");

fn real() -> Snapshot {
    Snapshot::parse(YAML).expect("Directus' own file is readable")
}

#[test]
fn its_content_is_there() {
    let snapshot = real();
    assert_eq!(
        (snapshot.version(), snapshot.directus(), snapshot.vendor()),
        (Some(1), Some("11.17.4"), Some("postgres"))
    );
    assert!(!snapshot.collection("rally").expect("the folder").has_table());
    assert_eq!(snapshot.collection("entries").expect("a collection").group(), Some("rally"));
    let slug = snapshot.field("events", "slug").expect("a field");
    assert_eq!(
        (slug.kind(), slug.data_type(), slug.is_alias()),
        ("string", Some("character varying"), false)
    );
    assert_eq!(snapshot.system_fields().len(), 3);
    assert!(snapshot.relations().any(|relation| relation.related_collection().is_none()));
    // js-yaml has folded this note over two lines.
    let note = snapshot.field("events", "about").and_then(|field| field.meta("note")).and_then(Value::as_str);
    assert!(note.expect("a note").ends_with("because it is longer than eighty."));
}

#[test]
fn every_reader_agrees_on_it_and_on_its_canonical_form() {
    let snapshot = real();
    let text = canonical(&snapshot).to_yaml();
    let in_serde: Value = serde_yaml::from_str(YAML).expect("yaml");
    assert!(same(&snapshot.to_json(), &in_serde));
    assert!(change::between(&snapshot, &Snapshot::parse(&text).expect("canonical")).is_empty());
    let Some(js) = JsYaml::find() else { return };
    let read = js.load(&[YAML.to_owned(), text]);
    let [Ok(original), Ok(canonical)] = &read[..] else { panic!("{read:?}") };
    assert!(same(original, &snapshot.to_json()));
    let canonical = Snapshot::from_json(canonical.clone()).expect("a snapshot");
    assert!(change::between(&snapshot, &canonical).is_empty());
}

/// Nothing but the order of items, and the folding of one note, tells the canonical file from Directus' own.
#[test]
fn the_canonical_file_has_the_lines_that_directus_wrote() {
    let sorted = |text: &str| {
        let mut lines: Vec<&str> =
            text.lines().map(str::trim_start).filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        lines.into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let canonical = canonical(&real()).to_yaml();
    let (theirs, own) = (sorted(YAML), sorted(&canonical));
    let missing: Vec<&String> = theirs.iter().filter(|line| !own.contains(line)).collect();
    assert!(missing.len() <= 3 && missing.iter().any(|line| line.contains(">-")), "{missing:#?}");
}

/// D16: two databases of the same schema give the same file, whatever the order in which their metadata was created.
#[test]
fn d16_the_order_of_creation_leaves_no_trace() {
    let mut shuffled = real().to_json();
    for section in ["collections", "fields", "systemFields", "relations"] {
        shuffled[section].as_array_mut().expect("a list").reverse();
    }
    let shuffled = Snapshot::from_json(shuffled).expect("a snapshot");
    assert_eq!(canonical(&shuffled).to_yaml(), canonical(&real()).to_yaml());
    assert!(change::between(&shuffled, &real()).is_empty());
}

proptest! {
    #![proptest_config(crate::values::cases(60))]

    #[test]
    fn canonical_is_idempotent(meta in crate::values::value(), extra in crate::values::string(), swap in any::<prop::sample::Index>()) {
        let mut value = real().to_json();
        let fields = value["fields"].as_array_mut().expect("a list");
        let index = swap.index(fields.len());
        fields.swap(0, index);
        fields[index]["meta"] = meta.clone();
        fields[0][&extra] = meta;
        let once = canonical(&Snapshot::from_json(value).expect("a snapshot"));
        prop_assert_eq!(canonical(&once).to_yaml(), once.to_yaml());
        prop_assert_eq!(&canonical(&Snapshot::parse(&once.to_yaml()).expect("canonical text")), &once);
    }
}
