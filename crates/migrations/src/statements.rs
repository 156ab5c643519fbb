//! Splits a source into its statements at top-level semicolons, as psql does: not inside parentheses (rules) and not inside
//! the `BEGIN ATOMIC … END` body of a function.

use crate::lexer::{Token, TokenKind, tokens};
use crate::source::Span;

/// One statement: from its first to its last meaningful token, without the semicolon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it is.
    pub span: Span,
    /// Its meaningful tokens: no white space, no comments.
    pub tokens: Vec<Token>,
}

impl Statement {
    /// Whether it starts with these keywords.
    pub fn starts_with(&self, source: &str, words: &[&str]) -> bool {
        self.tokens.len() >= words.len()
            && words.iter().zip(&self.tokens).all(|(word, token)| token.is_word(source, word))
    }
}

/// The statements of `source`; empty ones and comments between them are dropped.
pub fn statements(source: &str) -> Vec<Statement> {
    split(source, tokens(source).into_iter())
}

fn split(source: &str, tokens: impl Iterator<Item = Token>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    let (mut parentheses, mut body) = (0usize, 0usize);
    for token in tokens.filter(|token| !token.is_trivia()) {
        match token.kind {
            TokenKind::Punctuation => match token.text(source) {
                "(" => parentheses += 1,
                ")" => parentheses = parentheses.saturating_sub(1),
                ";" if parentheses == 0 && body == 0 => {
                    push(&mut statements, std::mem::take(&mut current));
                    continue;
                }
                _ => {}
            },
            TokenKind::Identifier if parentheses == 0 => body = body_depth(source, &current, token, body),
            _ => {}
        }
        current.push(token);
    }
    push(&mut statements, current);
    statements
}

/// How deep in a `BEGIN ATOMIC` body the source is after `token`. Both `BEGIN` and `CASE` are closed by an `END`.
fn body_depth(source: &str, before: &[Token], token: Token, depth: usize) -> usize {
    let opens = match depth {
        0 => {
            token.is_word(source, "atomic")
                && before.last().is_some_and(|last| last.is_word(source, "begin"))
                && is_routine(source, before)
        }
        _ => token.is_word(source, "case") || token.is_word(source, "begin"),
    };
    match opens {
        true => depth + 1,
        false if token.is_word(source, "end") => depth.saturating_sub(1),
        false => depth,
    }
}

/// `CREATE [OR REPLACE] FUNCTION|PROCEDURE`
fn is_routine(source: &str, tokens: &[Token]) -> bool {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(source, word));
    let kind = if word(1, "or") { 3 } else { 1 };
    word(0, "create") && (word(kind, "function") || word(kind, "procedure"))
}

fn push(statements: &mut Vec<Statement>, tokens: Vec<Token>) {
    if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
        statements.push(Statement { span: Span::new(first.span.start, last.span.end), tokens });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(source: &str, expected: &[&str]) {
        let found = statements(source);
        assert_eq!(found.iter().map(|s| s.span.text(source)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn semicolons_split_and_empty_statements_vanish() {
        check(
            " SELECT 1; ; -- a;b\n;SELECT ';' /* ; */ , $$;$$ ; ",
            &["SELECT 1", "SELECT ';' /* ; */ , $$;$$"],
        );
        check("-- only a comment", &[]);
        check("", &[]);
    }

    #[test]
    fn the_last_statement_needs_no_semicolon_and_keeps_no_comment() {
        check("SELECT 1;\nSELECT 2 -- two", &["SELECT 1", "SELECT 2"]);
    }

    #[test]
    fn a_rule_with_several_commands_is_one_statement() {
        check(
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
            &["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"],
        );
    }

    #[test]
    fn an_atomic_body_is_one_statement() {
        let body = "CREATE OR REPLACE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE a WHEN 1 THEN 2 END; SELECT 3; END";
        check(&format!("{body}; SELECT 4"), &[body, "SELECT 4"]);
    }

    #[test]
    fn a_begin_of_a_transaction_is_a_statement_of_its_own() {
        check("BEGIN; SELECT 1; END;", &["BEGIN", "SELECT 1", "END"]);
    }

    proptest! {
        #[test]
        fn joined_statements_are_split_again(parts in prop::collection::vec(
            prop::sample::select(vec!["SELECT ';'", "DO $$ BEGIN; END $$", "SELECT (1)", "x /* ; */ y", "\"a;b\"", "E'\\';'"]), 0..8)) {
            let source = parts.join(" ; -- ;\n");
            let found = statements(&source);
            prop_assert_eq!(found.iter().map(|s| s.span.text(&source)).collect::<Vec<_>>(), parts);
        }
    }
}
