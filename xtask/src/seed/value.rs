//! What a field takes, and when two values are the same: Directus gives some back in another spelling than it got them in. Pure.

use super::kind::FieldKind;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;

/// Whether `field` takes `value`.
///
/// # Errors
/// What it wants instead, to be read after the field's name.
pub(crate) fn accepts(field: &FieldKind, value: &Value) -> Result<(), String> {
    if value.is_null() {
        return if field.is_nullable { Ok(()) } else { Err("needs a value".to_owned()) };
    }
    let wants = |what: &str| Err(format!("takes {what}, not {}", shown(value)));
    match field.kind.as_str() {
        "string" | "text" => match value {
            Value::String(text) => fits(field, text)?,
            Value::Number(_) | Value::Bool(_) => {
                return wants("text: put it in quotes");
            }
            _ => return wants("text"),
        },
        "boolean" if !value.is_boolean() => return wants("true or false"),
        "integer" if value.as_i64().is_none_or(|number| i32::try_from(number).is_err()) => {
            return wants("a whole number of at most 32 bits");
        }
        "bigInteger" if value.as_i64().is_none() => return wants("a whole number"),
        "float" | "decimal" if !value.is_number() => return wants("a number"),
        "date" if parsed::<Date>(value).is_none() => return wants("a date such as 2026-06-01"),
        "time" if parsed::<Time>(value).is_none() => return wants("a time such as 08:30:00"),
        "dateTime" if parsed::<DateTime>(value).is_none() => {
            return wants("a date and time such as 2026-06-01T08:30:00");
        }
        "timestamp" if parsed::<Timestamp>(value).is_none() => {
            return wants("an instant such as 2026-06-01T08:30:00+02:00");
        }
        "uuid" if !value.as_str().is_some_and(is_uuid) => return wants("a UUID"),
        "csv" if !value.as_array().is_some_and(|list| list.iter().all(Value::is_string)) => {
            return wants("a list of texts");
        }
        kind if kind.starts_with("geometry") && !value.is_object() => return wants("GeoJSON, as a mapping"),
        _ => {}
    }
    match &field.choices {
        // A field of several choices holds a list of them.
        Some(choices) => {
            let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            match all.iter().find(|each| !choices.contains(each)) {
                Some(other) => {
                    let choices: Vec<String> = choices.iter().map(shown).collect();
                    Err(format!("takes {}, not {}", choices.join(", "), shown(other)))
                }
                None => Ok(()),
            }
        }
        None => Ok(()),
    }
}

fn fits(field: &FieldKind, text: &str) -> Result<(), String> {
    let length = text.chars().count();
    match field.max_length {
        Some(max) if length > max => Err(format!("takes at most {max} characters, not {length}")),
        _ => Ok(()),
    }
}

fn parsed<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a field of this type that holds `live` is what the seed wants.
pub(crate) fn same(kind: &str, wanted: &Value, live: &Value) -> bool {
    if wanted.is_null() || live.is_null() {
        return wanted == live;
    }
    fn both<T: std::str::FromStr + PartialEq>(a: &Value, b: &Value) -> bool {
        parsed::<T>(a).is_some_and(|a| Some(a) == parsed::<T>(b))
    }
    match kind {
        // Of a date Directus may give the time too.
        "date" => both::<Date>(wanted, live),
        "time" => both::<Time>(wanted, live),
        "dateTime" => both::<DateTime>(wanted, live),
        "timestamp" => both::<Timestamp>(wanted, live),
        "uuid" => text(wanted).eq_ignore_ascii_case(&text(live)),
        // Large and exact numbers come back as text.
        "bigInteger" | "integer" => text(wanted) == text(live),
        "float" | "decimal" => number(wanted).is_some_and(|wanted| Some(wanted) == number(live)),
        _ => alike(wanted, live),
    }
}

/// JSON has one kind of number.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => number(a) == number(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| parsed(value))
}

/// A scalar without quotes; anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value for people, cut where it gets long.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = text(value);
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() { format!("`{cut}…`") } else { format!("`{cut}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(kind: &str) -> FieldKind {
        FieldKind { kind: kind.to_owned(), ..FieldKind::default() }
    }

    #[test]
    fn each_type_takes_its_values_and_no_others() {
        for (kind, good, bad) in [
            ("string", json!("a"), json!(350_001)),
            ("integer", json!(7), json!(7.5)),
            ("integer", json!(-1), json!(3_000_000_000_i64)),
            ("bigInteger", json!(3_000_000_000_i64), json!("3")),
            ("float", json!(0.5), json!("0.5")),
            ("boolean", json!(true), json!("yes")),
            ("date", json!("2026-02-28"), json!("2026-02-30")),
            ("time", json!("08:30:00"), json!("8 o'clock")),
            ("dateTime", json!("2026-06-01T08:30:00"), json!("tomorrow")),
            ("timestamp", json!("2026-06-01T08:30:00+02:00"), json!("2026-06-01T08:30:00")),
            ("uuid", json!("7f9c24e8-3b12-4f2a-9d3e-0a1b2c3d4e5f"), json!("7f9c24e8")),
            ("csv", json!(["a"]), json!("a")),
            ("geometry.Point", json!({ "type": "Point" }), json!("POINT(1 2)")),
        ] {
            assert_eq!(accepts(&field(kind), &good), Ok(()), "{kind}");
            assert!(accepts(&field(kind), &bad).is_err(), "{kind}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_value_is_said_in_terms_of_the_field() {
        let choices = Some(vec![json!("car"), json!("ssv")]);
        for (field, value, message) in [
            (field("string"), json!(1), "takes text: put it in quotes, not `1`"),
            (field("string"), json!(null), "needs a value"),
            (
                FieldKind { max_length: Some(2), ..field("string") },
                json!("äöü"),
                "takes at most 2 characters, not 3",
            ),
            (
                FieldKind { choices: choices.clone(), ..field("string") },
                json!("van"),
                "takes `car`, `ssv`, not `van`",
            ),
            (FieldKind { choices, ..field("json") }, json!(["car", "van"]), "takes `car`, `ssv`, not `van`"),
        ] {
            assert_eq!(accepts(&field, &value), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_value_is_the_same_in_the_spelling_that_directus_gives_it_back_in() {
        for (kind, wanted, live) in [
            ("timestamp", json!("2026-06-01T08:30:00+02:00"), json!("2026-06-01T06:30:00.000Z")),
            ("dateTime", json!("2026-06-01 08:30:00"), json!("2026-06-01T08:30:00")),
            ("date", json!("2026-06-01"), json!("2026-06-01")),
            ("decimal", json!(1.5), json!("1.50000")),
            ("bigInteger", json!(9_007_199_254_740_993_i64), json!("9007199254740993")),
            (
                "uuid",
                json!("7F9C24E8-3B12-4F2A-9D3E-0A1B2C3D4E5F"),
                json!("7f9c24e8-3b12-4f2a-9d3e-0a1b2c3d4e5f"),
            ),
            ("json", json!({ "a": [1] }), json!({ "a": [1.0] })),
            ("string", json!(null), json!(null)),
        ] {
            assert!(same(kind, &wanted, &live), "{kind}");
        }
        for (kind, wanted, live) in [
            ("string", json!("a"), json!("A")),
            ("date", json!("2026-06-01"), json!("2026-06-02")),
            ("bigInteger", json!(9_007_199_254_740_993_i64), json!("9007199254740992")),
            ("json", json!({ "a": 1 }), json!({ "a": 1, "b": 2 })),
            ("string", json!(""), json!(null)),
        ] {
            assert!(!same(kind, &wanted, &live), "{kind}");
        }
    }
}
