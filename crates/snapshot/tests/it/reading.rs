//! Reading: never something else than js-yaml reads; never a panic.

use crate::js::JsYaml;
use crate::values::{NASTY, bare, examples, same, string};
use proptest::prelude::*;
use snapshot::Document;
use snapshot::yaml::read::read;

/// Documents around one scalar without quotes, and other things people write by hand.
fn documents() -> Vec<String> {
    let scalars = NASTY.iter().map(|text| (*text).to_owned()).chain(examples(3000, bare()));
    let around =
        |text: String| [format!("a: {text}\nb: 1\n"), format!("- {text}\n- 2\n"), format!("{text}: 1\n")];
    let by_hand = [
        "a: &x {b: 1}\nc: *x\n",
        "a: 'it''s'\nb: \"\\u00e9\\t\\x41\"\n",
        "a: >-\n  one\n  two\n\n  three\nb: |+\n  x\n\nc: >\n    lead\n  no\n",
        "a: plain\n  goes on\nb: 'quoted\n  goes on'\n",
        "{a: 1, b: [x, 'y'], c: {d: null}}\n",
        "a: !!str 123\n",
        "a: !!int '1'\n",
        "a: !custom 1\n",
        "a: 1\na: 2\n",
        "base: &b {x: 1}\nd:\n  <<: *b\n",
        "---\na: 1\n",
        "a: 1\n---\nb: 2\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: # note\n  - 1 # one\n",
        "a:\n- 1\n- 2\n",
        "\u{feff}a: 1\n",
        "a:\tb\n",
        "a:\n\t- b\n",
        "a: 'b\n",
        "a: [1, 2\n",
        "? a\n: b\n",
        "? [a]\n: b\n",
        "",
        "# nothing\n",
        "a:\r\n  - b\r\n",
        "\"a\": 1\n'b': 2\nnull: 3\ntrue: 4\n~: 5\n",
    ];
    scalars.flat_map(around).chain(by_hand.map(str::to_owned)).collect()
}

#[test]
fn what_is_read_without_a_doubt_is_what_js_yaml_reads() {
    let Some(js) = JsYaml::find() else { return };
    let texts = documents();
    let (mut read_by_both, mut disagreements) = (0, Vec::new());
    for (text, theirs) in texts.iter().zip(js.load(&texts)) {
        let Ok(own) = read(text) else { continue };
        match theirs {
            Ok(theirs) if own.doubts.is_empty() && same(&own.value, &theirs) => read_by_both += 1,
            // A doubt is a finding, so it may be about anything.
            Ok(_) if !own.doubts.is_empty() => {}
            Ok(theirs) => disagreements.push(format!("{text:?}: own {}, js-yaml {theirs}", own.value)),
            Err(error) => {
                disagreements.push(format!("{text:?}: own {}, js-yaml refuses: {error}", own.value))
            }
        }
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    // The reader may be stricter, but not about ordinary text.
    assert!(read_by_both * 2 > texts.len(), "only {read_by_both} of {}", texts.len());
}

#[test]
fn what_js_yaml_or_a_snapshot_refuses_is_an_error_with_its_place() {
    for (text, line, message) in [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "the key `c` comes twice"),
        ("a: 1\nb: \u{1}\n", 2, "the control character U+0001"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: 1\n<<<<<<< HEAD\n", 2, "a git conflict marker"),
        ("base: &b {}\nc:\n  <<: *b\n", 3, "a merge key"),
        ("a: !!binary aGk=\n", 1, "a tag"),
        ("a: 1\n2026-11-23: b\n", 2, "the key `2026-11-23` is not a string"),
        ("", 1, "the file is empty"),
        ("- a\n", 1, "not a mapping"),
        ("a: &x [*x]\n", 1, ""),
        ("a: 1\n? ", 2, "a key is missing"),
        ("---", 1, "not a mapping"),
    ] {
        let error = Document::parse(text).expect_err(text);
        assert_eq!(error.line, line, "{error}: {text}");
        assert!(error.message.contains(message), "{error}: {text}");
    }
}

#[test]
fn aliases_of_aliases_are_stopped() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", ")));
    }
    assert!(read(&text).expect_err("too much").message.contains("aliases expanded"));
}

#[test]
fn deep_nesting_is_stopped() {
    for text in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
    ] {
        assert!(read(&text).is_err());
    }
}

proptest! {
    #![proptest_config(crate::values::cases(100))]

    #[test]
    fn a_damaged_snapshot_never_panics(at in 0usize..30_000, length in 0usize..40, put in string()) {
        let real = crate::real::YAML;
        let text = format!("{}{put}{}", &real[..at.min(real.len())], &real[(at + length).min(real.len())..]);
        if let Ok(document) = Document::parse(&text) {
            let findings = [snapshot::rules::keys(&document, "11.17.4"), snapshot::rules::references(&document)];
            let _ = (findings, snapshot::canonical(&document.snapshot).to_yaml());
        }
    }
}
