//! What a plain (unquoted) scalar means: js-yaml's implicit types, in its order null, bool, int, float, timestamp.
//!
//! Follows `lib/type/*.js` of js-yaml 4.1.1; the tests compare with the original.

use serde_json::{Number, Value};

/// The largest magnitude up to which a JavaScript number holds every integer.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The meaning of a plain scalar.
#[derive(Debug, PartialEq)]
pub(crate) enum Plain {
    /// Null, a boolean or a number.
    Typed(Value),
    /// An integer that JavaScript cannot hold exactly.
    Inexact(Value),
    /// `.inf`, `.nan` or an overflow: JSON has no such number.
    NotFinite,
    /// A date or a time.
    Timestamp,
    /// A string.
    Text,
}

/// Types one plain scalar.
pub(crate) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Typed(Value::Null),
        "true" | "True" | "TRUE" => return Plain::Typed(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Plain::Typed(Value::Bool(false)),
        _ => {}
    }
    if let Some(number) = integer(text) {
        return match number_of(number) {
            Plain::Typed(value) if number.abs() > MAX_SAFE_INTEGER && format!("{number}") != text => {
                Plain::Inexact(value)
            }
            exact => exact,
        };
    }
    if let Some(number) = float(text) {
        return number_of(number);
    }
    if is_timestamp(text) { Plain::Timestamp } else { Plain::Text }
}

fn number_of(number: f64) -> Plain {
    if number.is_finite() { Plain::Typed(json_number(number)) } else { Plain::NotFinite }
}

/// JavaScript has one kind of number: `1.0` is `1`, and `-0.0` becomes `0` in JSON.
fn json_number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER {
        // In range by the test above, so the conversion is exact.
        return Value::Number(Number::from(number as i64));
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn integer(text: &str) -> Option<f64> {
    let (negative, unsigned) = split_sign(text);
    let sign = if negative { -1.0 } else { 1.0 };
    for (prefix, radix) in [("0b", 2), ("0x", 16), ("0o", 8)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return digits_of(digits, radix)?
                .chars()
                .try_fold(0.0, |sum, digit| Some(sum * f64::from(radix) + f64::from(digit.to_digit(radix)?)))
                .map(|number| sign * number);
        }
    }
    // An underscore may not come first, except after a leading zero, where js-yaml has already read one digit.
    if unsigned.starts_with('_') || unsigned.starts_with("0_") {
        return None;
    }
    digits_of(unsigned, 10)?.parse::<f64>().ok().map(|number| sign * number)
}

/// The digits without underscores; `None` when there are none, when another character is among them, or when `_` comes last.
fn digits_of(text: &str, radix: u32) -> Option<String> {
    let digits: String = text.chars().filter(|character| *character != '_').collect();
    let valid =
        !digits.is_empty() && !text.ends_with('_') && digits.chars().all(|digit| digit.is_digit(radix));
    valid.then_some(digits)
}

fn float(text: &str) -> Option<f64> {
    if text.ends_with('_') {
        return None;
    }
    let (negative, unsigned) = split_sign(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let (_, digits) = split_sign(exponent);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let shaped = if whole.is_empty() {
        // `.5` is a float to js-yaml, `+.5` and `-.5` are strings.
        unsigned.len() == text.len() && fraction.is_some_and(|fraction| !fraction.is_empty())
    } else {
        whole.as_bytes()[0].is_ascii_digit()
    };
    if !shaped || !digits(whole) || !digits(fraction.unwrap_or("")) {
        return None;
    }
    // Without a digit before the exponent (`._e5`) parseFloat gives NaN.
    Some(sign * unsigned.replace('_', "").parse::<f64>().unwrap_or(f64::NAN))
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// `2026-11-23`, or a date and a time with an optional fraction and zone.
fn is_timestamp(text: &str) -> bool {
    let mut rest = Rest(text);
    let Some(date_is_full) = rest.date() else { return false };
    if rest.0.is_empty() {
        return date_is_full;
    }
    if !rest.one_of("Tt") && !rest.blanks() {
        return false;
    }
    if !(rest.digits(1, 2) && rest.one_of(":") && rest.digits(2, 2) && rest.one_of(":") && rest.digits(2, 2))
    {
        return false;
    }
    if rest.one_of(".") {
        rest.digits(0, usize::MAX);
    }
    if rest.0.is_empty() {
        return true;
    }
    rest.blanks();
    if rest.one_of("Z") {
        return rest.0.is_empty();
    }
    if !(rest.one_of("+-") && rest.digits(1, 2)) {
        return false;
    }
    rest.0.is_empty() || (rest.one_of(":") && rest.digits(2, 2) && rest.0.is_empty())
}

/// What is left of a text to match.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Year, month and day; `Some(true)` when month and day have two digits each.
    fn date(&mut self) -> Option<bool> {
        let before = self.0.len();
        let matched = self.digits(4, 4)
            && self.one_of("-")
            && self.digits(1, 2)
            && self.one_of("-")
            && self.digits(1, 2);
        matched.then(|| before - self.0.len() == "2026-11-23".len())
    }

    fn digits(&mut self, least: usize, most: usize) -> bool {
        let found = self.0.bytes().take_while(u8::is_ascii_digit).take(most).count();
        self.0 = &self.0[found..];
        found >= least
    }

    fn one_of(&mut self, characters: &str) -> bool {
        let found = self.0.starts_with(|character| characters.contains(character));
        self.0 = &self.0[usize::from(found)..];
        found
    }

    fn blanks(&mut self) -> bool {
        let trimmed = self.0.trim_start_matches([' ', '\t']);
        let found = trimmed.len() < self.0.len();
        self.0 = trimmed;
        found
    }
}

/// Whether a reader other than js-yaml takes this plain scalar for a number: `+.5` is a string to js-yaml and 0.5 to `serde_yaml`.
pub(crate) fn looks_numeric(text: &str) -> bool {
    let (_, unsigned) = split_sign(text);
    text.parse::<f64>().is_ok() || ["0x", "0o", "0b"].iter().any(|prefix| unsigned.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_as_javascript_does() {
        for (text, value) in [
            ("12", json!(12)),
            ("-1_000", json!(-1000)),
            ("012", json!(12)),
            ("0o17", json!(15)),
            ("0b101", json!(5)),
            ("0x1f", json!(31)),
            ("+1", json!(1)),
            ("1.0", json!(1)),
            ("-0.0", json!(0)),
            ("1e3", json!(1000)),
            (".5", json!(0.5)),
            ("5.", json!(5)),
            ("1_0.2_5", json!(10.25)),
            ("00", json!(0)),
        ] {
            assert_eq!(plain(text), Plain::Typed(value), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_to_others_stays_text() {
        for text in [
            "+.5", "1_", "_1", "0x", "0b2", "0o8", "1e", "e1", ".", "11.17.4", "1:30", "-", "+", "infinity",
            "yes",
        ] {
            assert_eq!(plain(text), Plain::Text, "{text}");
        }
    }

    #[test]
    fn dates_and_times_are_told_from_text() {
        for text in [
            "2026-11-23",
            "2026-1-2 3:04:05",
            "2026-11-23T10:00:00Z",
            "2026-11-23 10:00:00.5 +01:00",
            "2026-11-23t10:00:00-1",
            "2026-11-23 10:00:00.",
        ] {
            assert_eq!(plain(text), Plain::Timestamp, "{text}");
        }
        for text in [
            "2026-1-2",
            "2026-11-23T10:00",
            "2026-11-23x",
            "2026-11-23T10:00:00ZZ",
            "2026-11-23 10:00:00 +01:0",
        ] {
            assert_eq!(plain(text), Plain::Text, "{text}");
        }
    }

    #[test]
    fn numbers_beyond_javascript_are_told() {
        assert_eq!(plain(".inf"), Plain::NotFinite);
        assert_eq!(plain("1e999"), Plain::NotFinite);
        assert!(matches!(plain("9007199254740993"), Plain::Inexact(_)));
    }
}
