//! Writing: every reader reads what was written.

use crate::js::JsYaml;
use crate::values::{NASTY, examples, same, value};
use proptest::prelude::*;
use serde_json::{Value, json};
use snapshot::yaml::{emit::emit, read::read};

/// The nasty strings as values, as items, as keys, and as keys of something.
fn nasty_values() -> Vec<Value> {
    let as_each = |text: &&str| {
        [
            json!(text),
            json!([text, [text]]),
            json!({ "a": { "b": text }, "c": 1 }),
            json!({ *text: text }),
            json!([{ *text: { "a": [] } }]),
        ]
    };
    NASTY.iter().flat_map(as_each).collect()
}

fn with_serde_yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("serde_yaml: {error}\n{text}"))
}

fn check_in_rust(value: &Value) {
    let text = emit(value);
    let own = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(own.doubts.is_empty(), "{:?}\n{text}", own.doubts);
    assert!(same(&own.value, value), "own reader: {}\nvalue: {value}\n{text}", own.value);
    let theirs = with_serde_yaml(&text);
    assert!(same(&theirs, value), "serde_yaml: {theirs}\nvalue: {value}\n{text}");
}

#[test]
fn y1_what_looks_like_a_date_or_a_number_is_quoted() {
    let value = json!({ "text": "2026-11-23", "value": "1_000", "1_000": "+.5", "v": "11.17.4" });
    assert_eq!(emit(&value), "text: '2026-11-23'\nvalue: '1_000'\n'1_000': '+.5'\nv: 11.17.4\n");
}

#[test]
fn y1_js_yaml_reads_what_was_written() {
    let Some(js) = JsYaml::find() else { return };
    let values: Vec<Value> = nasty_values().into_iter().chain(examples(3000, value())).collect();
    let texts: Vec<String> = values.iter().map(emit).collect();
    for ((value, text), result) in values.iter().zip(&texts).zip(js.load(&texts)) {
        let read = result.unwrap_or_else(|error| panic!("js-yaml: {error}\nvalue: {value}\n{text}"));
        assert!(same(&read, value), "js-yaml: {read}\nvalue: {value}\n{text}");
    }
}

#[test]
fn y1_serde_yaml_and_this_reader_read_the_nasty_strings() {
    nasty_values().iter().for_each(check_in_rust);
}

proptest! {
    #![proptest_config(crate::values::cases(1500))]

    #[test]
    fn y1_serde_yaml_and_this_reader_read_what_was_written(value in value()) {
        check_in_rust(&value);
    }
}

#[test]
fn a_long_key_is_written_so_that_every_reader_finds_its_end() {
    let key = "k: ".repeat(500);
    let value = json!({ "a": { &key: { "b": [1] } }, "c": [{ &key: "x" }, { &key: [] }] });
    check_in_rust(&value);
    let Some(js) = JsYaml::find() else { return };
    assert_eq!(js.load(&[emit(&value)]), [Ok(value)]);
}

/// Where js-yaml's own choice is safe, the file looks as if Directus had written it.
#[test]
fn ordinary_values_look_as_js_yaml_writes_them() {
    let Some(js) = JsYaml::find() else { return };
    let differ_on_purpose = |text: &str| {
        // Numbers to other readers; block scalars with an indentation indicator; the end of a document; a conflict marker.
        let unsigned = text.trim_start_matches(['+', '-']);
        text.parse::<f64>().is_ok()
            || ["0x", "0o", "0b", "...", "<<<"].iter().any(|start| unsigned.starts_with(start))
            || text.starts_with(['\n', ' '])
    };
    let texts = NASTY.iter().filter(|text| !differ_on_purpose(text));
    let mut values: Vec<Value> =
        texts.map(|text| json!({ "a": [{ "b": text, *text: [[text], {}, []] }] })).collect();
    values.extend([
        json!(1e21),
        json!(1e-7),
        json!(1.25e-9),
        json!(0.1),
        json!(-1.5e300),
        json!([[[1], []], {}]),
        json!({}),
    ]);
    for (value, theirs) in values.iter().zip(js.dump(&values)) {
        assert_eq!(emit(value), theirs, "{value}");
    }
}
