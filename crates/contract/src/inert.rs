//! Text of somebody else's, made harmless for a line of ours.

use std::fmt::Write as _;

/// The text without characters that end a line, move the cursor or turn the direction of writing.
pub fn inert(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut inert, c| {
        if is_hidden(c) {
            let _ = write!(inert, "\\u{{{:x}}}", u32::from(c));
        } else {
            inert.push(c);
        }
        inert
    })
}

/// The same for a block of ours whose lines and tabs are meant.
pub fn inert_lines(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(inert).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a reader would not see it.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_or_moves_the_cursor_but_what_is_meant_to() {
        assert_eq!(inert("a\nrunner: ok\u{1b}[2K\r\u{202e}é"), "a\\u{a}runner: ok\\u{1b}[2K\\u{d}\\u{202e}é");
        assert_eq!(inert_lines("a\n\tb\u{1b}[31m"), "a\n\tb\\u{1b}[31m");
    }
}
