//! Files that run outside of a transaction, for statements that Postgres refuses inside one (P9). Pure.
//!
//! Such a file says so in its first line, `-- no-transaction`, and why. It cannot be tied to its ledger row: each of its statements is
//! committed by itself, and the row is written when all are done. So a file that failed or was interrupted runs again from its beginning,
//! and every statement must bear that. What can be told from the words is checked ([`unrepeatable`]); and an index that an interrupted
//! `CREATE INDEX CONCURRENTLY` left invalid is dropped before the next try, because `IF NOT EXISTS` would take it for made (P5).

use crate::cursor::{Cursor, Name};
use crate::lexer::{TokenKind, tokens};
use crate::source::Span;
use crate::statements::Statement;

/// What the first line of such a file begins with.
pub const MARK: &str = "-- no-transaction";

/// Where the mark is, if the file has it: before everything but white space.
pub fn mark(source: &str) -> Option<Span> {
    let first = tokens(source).into_iter().find(|token| token.kind != TokenKind::Whitespace)?;
    let text = first.text(source);
    let rest = text.strip_prefix(MARK)?;
    let is_whole = rest.is_empty() || rest.starts_with(|next: char| next.is_whitespace() || next == ':');
    (first.kind == TokenKind::LineComment && is_whole).then_some(first.span)
}

/// Whether a statement is one for which a file may run outside of a transaction, although one may do: TimescaleDB's calls depend on
/// their arguments, and a new enum value cannot be used in the transaction that adds it (P13).
pub(crate) fn may_need_none(source: &str, statement: &Statement) -> bool {
    const WORDS: [&str; 6] = [
        "refresh_continuous_aggregate",
        "continuous",
        "transaction_per_chunk",
        "reorder_chunk",
        "move_chunk",
        "call",
    ];
    let says = |word: &str| statement.tokens.iter().any(|token| token.is_word(source, word));
    WORDS.iter().any(|word| says(word))
        || (statement.starts_with(source, &["alter", "type"]) && says("value"))
}

/// Whether a statement fails when it runs a second time, as far as that is certain from its words: it makes or drops something without
/// asking whether it is there.
pub(crate) fn unrepeatable(source: &str, statement: &Statement) -> bool {
    let says = |words: &[&str]| {
        statement
            .tokens
            .windows(words.len())
            .any(|window| window.iter().zip(words).all(|(token, word)| token.is_word(source, word)))
    };
    let starts = |word: &str| statement.starts_with(source, &[word]);
    (starts("create") && !says(&["if", "not", "exists"]) && !says(&["or", "replace"]))
        || (starts("drop") && !says(&["if", "exists"]))
}

/// Index and table of a `CREATE INDEX CONCURRENTLY IF NOT EXISTS index ON table`.
pub(crate) fn concurrent_index(source: &str, statement: &Statement) -> Option<(Name, Name)> {
    let mut cursor = Cursor::new(source, &statement.tokens);
    if !cursor.eat(&["create"]) {
        return None;
    }
    cursor.eat(&["unique"]);
    if !cursor.eat(&["index", "concurrently"]) {
        return None;
    }
    cursor.eat(&["if", "not", "exists"]);
    let index = cursor.name()?;
    cursor.eat(&["on"]);
    cursor.eat(&["only"]);
    Some((index, cursor.name()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::statements;

    #[test]
    fn the_mark_is_the_first_thing_in_the_file() {
        for source in [
            "-- no-transaction\nVACUUM",
            "\n  -- no-transaction: an index is built beside writers\nVACUUM",
            "\u{feff}-- no-transaction",
        ] {
            assert!(mark(source).is_some(), "{source}");
        }
        for source in [
            "VACUUM; -- no-transaction",
            "-- why\n-- no-transaction\nVACUUM",
            "-- no-transactions",
            "/* -- no-transaction */",
            "",
        ] {
            assert_eq!(mark(source), None, "{source}");
        }
    }

    #[test]
    fn what_makes_or_drops_asks_whether_it_is_there() {
        let check = |source: &str, expected: bool| {
            assert_eq!(unrepeatable(source, &statements(source)[0]), expected, "{source}")
        };
        check("CREATE INDEX CONCURRENTLY i ON t (a)", true);
        check("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", false);
        check("DROP INDEX CONCURRENTLY i", true);
        check("DROP INDEX CONCURRENTLY IF EXISTS i", false);
        check("CREATE OR REPLACE VIEW v AS SELECT 1", false);
        check("VACUUM t", false);
    }

    #[test]
    fn the_index_and_its_table_are_known() {
        let source = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON ONLY s.t (a)";
        let (index, table) = concurrent_index(source, &statements(source)[0]).unwrap();
        assert_eq!((index.last(), table.qualifier(), table.last()), ("I", Some("s"), "t"));
        let source = "CREATE INDEX i ON t (a)";
        assert!(concurrent_index(source, &statements(source)[0]).is_none());
    }
}
