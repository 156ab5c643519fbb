//! From an offset to something a person can find: line and column, and the excerpt below an error. Pure and generic:
//! migrations, the snapshot's rules and `cargo xtask check` all point into files the same way.

use std::fmt::Write as _;

/// A half-open range of byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// What the range covers; empty when it does not lie on character boundaries of `source`.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or("")
    }
}

/// A place for people: both numbers count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within it.
    pub column: usize,
}

/// Line and column of a byte offset. An offset inside a character counts as its start, one behind the end as the end.
pub fn position(source: &str, offset: usize) -> Position {
    let offset = floor_boundary(source, offset);
    let before = source.get(..offset).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().filter(|character| *character != BOM).count() + 1,
    }
}

/// The byte offset of the character number `characters` (from 0); Postgres counts error positions in characters (P11).
pub fn byte_offset(source: &str, characters: usize) -> usize {
    source.char_indices().nth(characters).map_or(source.len(), |(offset, _)| offset)
}

/// The byte offset at which line `line` (from 1) starts.
pub fn line_offset(source: &str, line: usize) -> usize {
    match line {
        0 | 1 => 0,
        _ => source.match_indices('\n').nth(line - 2).map_or(source.len(), |(newline, _)| newline + 1),
    }
}

/// `path:line:column`, the form that editors and terminals open.
pub fn locate(path: &str, source: &str, offset: usize) -> String {
    let Position { line, column } = position(source, offset);
    format!("{path}:{line}:{column}")
}

/// The source line of `span` with a caret line below it, as rustc shows it, without colours and without a last newline.
/// A span over several lines is underlined up to the end of its first one.
///
/// ```text
///   --> db-init/003_faulty_column.sql:12:5
///    |
/// 12 |     ADD COLUMN faulty bool NULL NOT NULL
///    |                            ^^^^ conflicting declarations
/// ```
pub fn excerpt(path: &str, source: &str, span: Span, label: &str) -> String {
    let start = floor_boundary(source, span.start);
    let Position { line, .. } = position(source, start);
    let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = source[start..].find('\n').map_or(source.len(), |newline| start + newline);
    let end = floor_boundary(source, span.end.clamp(start, line_end));
    let (left, marked, right) = (
        source[line_start..start].trim_start_matches(BOM),
        source[start..end].trim_end(),
        source[end..line_end].trim_end(),
    );
    let (left, marked, right) = window(left, marked, right);

    let number = line.to_string();
    let gutter = " ".repeat(number.len());
    let mut text = format!("{gutter}--> {}\n{gutter} |\n", locate(path, source, start));
    let _ = writeln!(text, "{number} | {left}{marked}{right}");
    // Tabs stay tabs, so that the caret stands below its character whatever the terminal's tab width is.
    let pad: String =
        left.chars().map(|c| if c == '\t' { "\t".to_owned() } else { " ".repeat(width(c)) }).collect();
    let carets = "^".repeat(marked.chars().map(width).sum::<usize>().max(1));
    let _ = write!(text, "{gutter} | {pad}{carets} {label}");
    text.truncate(text.trim_end().len());
    text
}

/// Cuts a line that no terminal shows whole (rows of reference data, say) down to the neighbourhood of its mark.
fn window(left: &str, marked: &str, right: &str) -> (String, String, String) {
    const LEFT: usize = 100;
    const MARKED: usize = 80;
    const RIGHT: usize = 60;
    let skip = left.chars().count().saturating_sub(LEFT);
    let left = match skip {
        0 => left.to_owned(),
        _ => format!("…{}", left.chars().skip(skip).collect::<String>()),
    };
    let cut = |text: &str, most: usize| match text.chars().count() > most {
        true => format!("{}…", text.chars().take(most).collect::<String>()),
        false => text.to_owned(),
    };
    (left, cut(marked, MARKED), cut(right, RIGHT))
}

/// Terminal columns of a character: an approximation that knows combining marks and the wide East Asian and emoji blocks.
fn width(character: char) -> usize {
    match u32::from(character) {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F | 0xFEFF => 0,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F => 2,
        0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1F64F | 0x1F900..=0x1F9FF | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// U+FEFF at the start of a file: invisible, and no column of its own.
pub(crate) const BOM: char = '\u{FEFF}';

fn floor_boundary(source: &str, offset: usize) -> usize {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_caret_stands_below_its_word() {
        let source = "SELECT 1;\nALTER TABLE x\n";
        assert_eq!(
            excerpt("db-init/003_x.sql", source, Span::new(22, 23), "does not exist"),
            " --> db-init/003_x.sql:2:13\n  |\n2 | ALTER TABLE x\n  |             ^ does not exist"
        );
    }

    #[test]
    fn multibyte_characters_are_one_column_and_tabs_stay_tabs() {
        let source = "\tSELECT 'Shkodër', wrong";
        let at = source.find("wrong").unwrap();
        assert_eq!(position(source, at), Position { line: 1, column: 20 });
        let shown = excerpt("a.sql", source, Span::new(at, at + 5), "");
        assert!(shown.ends_with(&format!("\n  | \t{}^^^^^", " ".repeat(18))), "{shown}");
    }

    #[test]
    fn a_span_over_lines_is_underlined_to_the_end_of_its_first_line() {
        let shown = excerpt("a.sql", "SELECT\n1", Span::new(0, 8), "here");
        assert!(shown.ends_with("1 | SELECT\n  | ^^^^^^ here"), "{shown}");
    }

    #[test]
    fn a_line_of_data_is_cut_around_the_mark() {
        let source = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let shown = excerpt("a.sql", &source, Span::new(5000, 5001), "");
        assert!(shown.len() < 500, "{shown}");
        assert!(shown.contains("aX b".trim()) || shown.contains("aXb"), "{shown}");
    }

    #[test]
    fn a_bom_is_no_column() {
        assert_eq!(position("\u{FEFF}SELECT", 3), Position { line: 1, column: 1 });
    }

    #[test]
    fn lines_and_offsets_are_inverse() {
        let source = "a\nbb\n\nc";
        assert_eq!([1, 2, 3, 4, 9].map(|line| line_offset(source, line)), [0, 2, 5, 6, 7]);
        assert_eq!(byte_offset("ë;x", 2), 3);
    }

    proptest! {
        #[test]
        fn no_offset_makes_it_panic(source in "\\PC{0,40}|[\n\t\u{e9}a]{0,40}", start in 0usize..60, length in 0usize..60) {
            let shown = excerpt("a.sql", &source, Span::new(start, start + length), "label");
            prop_assert!(shown.contains("a.sql:"));
        }
    }
}
