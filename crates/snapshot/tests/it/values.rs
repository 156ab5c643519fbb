//! Generated values and texts: mostly what YAML readers are known to disagree about.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Number, Value};

/// Strings that some reader takes for something else, or that break a careless writer.
pub(crate) const NASTY: &[&str] = &[
    "",
    " ",
    "  lead",
    "trail ",
    "\t",
    "\ttab",
    "a\tb",
    "a\t",
    "a: b",
    "a:b",
    "a:",
    ":a",
    ": a",
    "a #b",
    "a#b",
    "#a",
    "- x",
    "-",
    "-x",
    "--",
    "---",
    "--- a",
    "...",
    "... a",
    "....",
    "?",
    "? a",
    "?a",
    "!",
    "!a",
    "!!str a",
    "&a",
    "*a",
    "@a",
    "`a",
    "%a",
    "|",
    "|-",
    ">",
    ">a",
    "=",
    "=a",
    "'",
    "''",
    "a'b",
    "'a'",
    "\"",
    "\"a\"",
    "a\"b",
    "\\",
    "\\n",
    "a\\",
    "{",
    "}",
    "{}",
    "{a: 1}",
    "{{name}}",
    "[",
    "]",
    "[]",
    "a, b",
    ",a",
    "a]",
    "~",
    "~a",
    "null",
    "Null",
    "NULL",
    "nUll",
    "true",
    "True",
    "TRUE",
    "false",
    "yes",
    "Yes",
    "no",
    "NO",
    "on",
    "Off",
    "y",
    "n",
    "Y",
    "N",
    "0",
    "-0",
    "+0",
    "1",
    "-1",
    "+1",
    "012",
    "0o17",
    "0O17",
    "0x1f",
    "0X1F",
    "-0x1f",
    "+0b1",
    "0b101",
    "0b",
    "0x",
    "0x_1",
    "1_000",
    "_1",
    "1_",
    "1__0",
    "0_1",
    "00",
    "1.",
    "1.0",
    ".5",
    "+.5",
    "-.5",
    "._5",
    "._e5",
    "1._5",
    "5.e3",
    "1e3",
    "1E3",
    "1e+3",
    "1e",
    "1e1_0",
    "e1",
    ".",
    "..",
    ".inf",
    "-.inf",
    "+.INF",
    ".Inf",
    "inf",
    "-inf",
    "infinity",
    "nan",
    ".nan",
    "-.nan",
    ".NaN",
    "NaN",
    "1e999",
    "-1e999",
    "9007199254740991",
    "9007199254740993",
    "18446744073709551616",
    "99999999999999999999999999",
    "0xffffffffffffffffff",
    "1:30",
    "12:30:45",
    "-1:30.5",
    "1:30:",
    "2026-11-23",
    "2026-1-2",
    "2026-11-23T10:00:00",
    "2026-11-23 10:00:00",
    "2026-11-23T10:00:00Z",
    "2026-11-23T10:00:00.5+01:00",
    "2026-11-23 1:00:00 -1",
    "2026-11-23T10:00",
    "2026-13-45",
    "0000-00-00",
    "11.17.4",
    "1.2.3.4",
    "<<",
    "<<<<<<<",
    "a\nb",
    "a\n",
    "a\n\n",
    "\n",
    "\n\n",
    "\na",
    " \n",
    " a\nb",
    "a\n b",
    "a\n  b\nc",
    "a\n\nb",
    "a \nb",
    "a\n ",
    "a\n \n",
    "a\n\t",
    "a\nb\n\n\n",
    "a\r\nb",
    "a\rb",
    "- a\n- b",
    "a: 1\nb: 2",
    "# a\nb",
    "---\na",
    "a\n---\nb",
    "a\n...\n",
    "\u{0}",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\u{b}",
    "\u{1b}",
    "\u{7f}",
    "\u{80}",
    "a\u{85}b",
    "\u{a0}",
    "a\u{a0}b",
    "\u{ad}",
    "a\u{2028}b",
    "a\u{2029}b",
    "\u{feff}",
    "a\u{feff}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{e000}",
    "\u{d7ff}",
    "\u{10000}",
    "\u{10ffff}",
    "😀",
    "a 😀: b",
    "ë",
    "日本語",
    "é\u{301}",
    "nextval('entries_id_seq'::regclass)",
    "^[a-z0-9-]+$",
    "__proto__",
    "constructor",
    "toString",
    "a  b",
    "a : b",
    "a :b",
    "x\n\n\ny",
    "  ",
    "'a",
    "a: 'b'",
    "key: |",
    "? ? ?",
];

fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        6 => proptest::sample::select(" \t\n\r:#-?'\"\\,[]{}&*!|>%@`~=_.+0123456789eExXoObBTZ".chars().collect::<Vec<_>>()),
        3 => proptest::char::range(' ', '~'),
        1 => proptest::sample::select("\0\u{1}\u{7}\u{1b}\u{7f}\u{85}\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}ë日😀".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ]
}

/// Any string, the nasty ones often.
pub(crate) fn string() -> impl Strategy<Value = String> {
    let any_string = proptest::collection::vec(character(), 0..12).prop_map(String::from_iter);
    let nasty = || proptest::sample::select(NASTY).prop_map(str::to_owned);
    prop_oneof![
        3 => nasty(),
        4 => any_string,
        1 => (nasty(), nasty()).prop_map(|(a, b)| format!("{a}{b}")),
        1 => (nasty(), nasty()).prop_map(|(a, b)| format!("{a} {b}")),
    ]
}

/// A scalar's text that may stand without quotes: it looks like a number or a time.
pub(crate) fn bare() -> impl Strategy<Value = String> {
    let alphabet: Vec<char> = "0123456789_.+-eExobT:Z aif~".chars().collect();
    let loose =
        proptest::collection::vec(proptest::sample::select(alphabet), 1..10).prop_map(String::from_iter);
    prop_oneof![
        3 => loose,
        1 => "[-+]?[0-9][0-9_]{0,4}(\\.[0-9_]{0,3})?([eE][-+]?[0-9]{1,3})?",
        1 => "[-+]?0[box][0-9a-f_]{1,5}",
        1 => "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,3})?( ?(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)?",
        1 => proptest::sample::select(NASTY).prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    let float = prop_oneof![
        any::<f64>(),
        -1e6..1e6_f64,
        proptest::sample::select(vec![1e21, 1e20, 1e-6, 1e-7, 0.1, 1.5e300, 5e-324])
    ];
    prop_oneof![
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        (-100_i64..100).prop_map(Value::from),
        float.prop_map(javascript_number),
    ]
}

/// JavaScript does not tell `1.0` from `1`, so neither does a value that came from it.
fn javascript_number(float: f64) -> Value {
    if float.is_finite() && float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_991.0 {
        return Value::from(float as i64);
    }
    Number::from_f64(float).map_or(Value::Null, Value::Number)
}

/// Any value that a snapshot could hold.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => number(),
        6 => string().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((string(), inner), 0..4)
                .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

/// As many cases as a second has room for; `PROPTEST_CASES=n` asks more often, or less.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if asked { config } else { ProptestConfig { cases: usual, ..config } }
}

/// `count` examples of a strategy, the same in every run.
pub(crate) fn examples<S: Strategy>(count: usize, strategy: S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).expect("no filter in these strategies").current())
        .collect()
}

/// Equality as JavaScript sees it: numbers by value, keys in any order.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}
