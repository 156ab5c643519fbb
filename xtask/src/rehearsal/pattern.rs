//! A text that a pattern takes: fields of a snapshot may demand one (`meta.validation`), and rows that Directus refuses rehearse nothing.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A text for `pattern`; another one for each `number`, and a long one if `longest`. `None` for what is no pattern to us.
pub(crate) fn text(pattern: &str, number: usize, longest: bool) -> Option<String> {
    // As JavaScript reads it without the flag `u`: classes are of ASCII.
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
    let mut bytes = Vec::new();
    write(&hir, number, longest, &mut bytes);
    String::from_utf8(bytes).ok()
}

fn write(hir: &Hir, number: usize, longest: bool, bytes: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => bytes.extend(&*literal.0),
        HirKind::Class(class) => bytes.extend(pick(class, number)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 8);
            let count = if longest { most } else { repetition.min.max(1).min(most) };
            (0..count).for_each(|_| write(&repetition.sub, number, longest, bytes));
        }
        HirKind::Capture(capture) => write(&capture.sub, number, longest, bytes),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, number, longest, bytes)),
        HirKind::Alternation(ways) => write(&ways[number % ways.len()], number, longest, bytes),
    }
}

/// The class' printable character number `number`, counted round.
fn pick(class: &Class, number: usize) -> Option<u8> {
    let takes = |byte: u8| match class {
        Class::Bytes(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte))
        }
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
    };
    // Letters and digits first: a text of punctuation is nobody's idea of a value.
    let bytes = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(b' '..=b'~');
    let taken: Vec<u8> = bytes.filter(|byte| takes(*byte)).collect();
    (!taken.is_empty()).then(|| taken[number % taken.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_its_pattern_takes_and_differs_by_number() {
        assert_eq!(text("^[A-Z]{2}$", 0, false).as_deref(), Some("AA"));
        assert_eq!(text("^[A-Z]{2}$", 1, true).as_deref(), Some("BB"));
        assert_eq!(text(r"^\d{15}$", 2, false).as_deref(), Some("222222222222222"));
        assert_eq!(text(r"^(car|bike)-\w+$", 1, false).as_deref(), Some("bike-B"));
        assert_eq!(text(r"^[a-z0-9]+(-[a-z0-9]+)*$", 0, false).as_deref(), Some("a-a"));
        assert_eq!(text("(", 0, false), None);
    }
}
