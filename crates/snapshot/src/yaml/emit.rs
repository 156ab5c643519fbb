//! Writes a value the way js-yaml's `dump()` does, without folding long lines and without references.
//!
//! Which style a string gets, in order of precedence:
//! 1. empty: `''`;
//! 2. a character that js-yaml does not print as it is (control characters, NEL, no-break space, LS, PS, BOM): `"…"` with escapes;
//! 3. several lines: a literal block, unless it begins with a space or a line break, where the readers disagree on the indentation
//!    indicator's meaning in corner cases: `"…"`;
//! 4. plain when no reader could take it for anything else (Y1), else `'…'`.

use super::scalar::{self, Plain};
use serde_json::{Map, Number, Value};
use std::fmt::Write;

/// A longer key gets the explicit form `? key`: readers look for the `:` of a short one in the next 1,024 characters only.
const MAX_IMPLICIT_KEY: usize = 1000;

/// 2^53.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// The value as a YAML document that ends in a newline.
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write_map(&mut out, map, 0, false),
        Value::Array(items) if !items.is_empty() => write_items(&mut out, items, 0, false),
        leaf => {
            write_leaf(&mut out, leaf, 2);
            out.push('\n');
        }
    }
    out
}

/// `inline`: the first entry follows `- ` on the same line.
fn write_map(out: &mut String, map: &Map<String, Value>, indent: usize, inline: bool) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 || !inline {
            push_indent(out, indent);
        }
        let key = key_text(key);
        if key.chars().count() > MAX_IMPLICIT_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            push_indent(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                write_map(out, map, indent + 2, false);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                write_items(out, items, indent + 2, false);
            }
            leaf => {
                out.push(' ');
                write_leaf(out, leaf, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn write_items(out: &mut String, items: &[Value], indent: usize, inline: bool) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 || !inline {
            push_indent(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => write_map(out, map, indent + 2, true),
            Value::Array(items) if !items.is_empty() => write_items(out, items, indent + 2, true),
            leaf => {
                write_leaf(out, leaf, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn push_indent(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A scalar or an empty collection; `indent` is that of the lines of a block scalar.
fn write_leaf(out: &mut String, leaf: &Value, indent: usize) {
    match leaf {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_string(out, text, indent),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// As JavaScript prints it, with js-yaml's dot before a negative exponent: `1.e-7`. Above 2^53 always with an exponent: `serde_yaml`
/// has no place for larger integers.
fn number_text(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-6..MAX_EXACT).contains(&magnitude) {
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let is_small = exponent.starts_with('-');
        let dot = if is_small && !mantissa.contains('.') { "." } else { "" };
        let plus = if is_small { "" } else { "+" };
        return format!("{mantissa}{dot}e{plus}{exponent}");
    }
    format!("{float}")
}

fn key_text(key: &str) -> String {
    let mut out = String::new();
    if key.contains('\n') {
        write_double(&mut out, key)
    } else {
        write_string(&mut out, key, 0)
    }
    out
}

fn write_string(out: &mut String, text: &str, indent: usize) {
    if text.is_empty() {
        out.push_str("''");
    } else if !text.chars().all(|character| character == '\n' || is_printable(character)) {
        write_double(out, text);
    } else if text.contains('\n') {
        if text.starts_with([' ', '\n']) { write_double(out, text) } else { write_literal(out, text, indent) }
    } else if is_safe_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

fn write_literal(out: &mut String, text: &str, indent: usize) {
    let chomping = match (text.ends_with('\n'), text.ends_with("\n\n")) {
        (_, true) => "+",
        (true, false) => "",
        (false, false) => "-",
    };
    out.push('|');
    out.push_str(chomping);
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            push_indent(out, indent);
            out.push_str(line);
        }
    }
}

fn write_double(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{85}' => out.push_str("\\N"),
            '\u{a0}' => out.push_str("\\_"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            other if is_printable(other) => out.push(other),
            other => {
                let code = u32::from(other);
                // Writing to a String cannot fail.
                let _ =
                    if code <= 0xff { write!(out, "\\x{code:02X}") } else { write!(out, "\\u{code:04X}") };
            }
        }
    }
    out.push('"');
}

/// What js-yaml prints without an escape.
fn is_printable(character: char) -> bool {
    match character {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        ' '..='~' | '\u{a1}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}' => true,
        _ => false,
    }
}

/// Whether every reader takes the bare text for this very string. The text is printable and has one line.
fn is_safe_plain(text: &str) -> bool {
    let last = text.chars().next_back();
    let first_is_safe = !text.starts_with([
        ' ', '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '=', '>', '\'', '"', '%', '@',
        '`',
    ]);
    first_is_safe
        && !matches!(last, Some(' ' | ':'))
        && !text.contains(": ")
        && !text.contains(" #")
        // At the left margin this would end the document.
        && !text.starts_with("...")
        // A merge key, or, at the left margin, what looks like git's conflict marker.
        && !text.starts_with("<<")
        && scalar::plain(text) == Plain::Text
        && !scalar::looks_numeric(text)
        && !is_yaml_1_1(text)
}

/// What YAML 1.1 takes for a boolean or a base-60 number; js-yaml's dump() quotes these too.
fn is_yaml_1_1(text: &str) -> bool {
    let word = matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    );
    word || is_base_60(text)
}

/// `[-+]?[0-9_]+(?::[0-9_]+)+(?:\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (parts, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    parts.contains(':') && parts.split(':').all(|part| !part.is_empty() && digits(part)) && digits(fraction)
}
