//! The SQL commands of a source, also those inside DO bodies and of `EXECUTE '…'`: what the rule about relations walks.

use crate::cursor::string_content;
use crate::lexer::{Token, tokens_within};
use crate::source::Span;
use crate::statements::{Statement, statements};

/// Every command, in order, as its meaningful tokens. Where a DO body guards it with `IF … THEN`, the condition is left out.
pub(crate) fn commands(source: &str) -> Vec<Vec<Token>> {
    let mut found = Vec::new();
    for Statement { tokens, .. } in statements(source) {
        match do_body(source, &tokens) {
            Some(body) => commands_of_body(source, body, &mut found),
            None => found.push(tokens),
        }
    }
    found
}

/// The body of `DO [LANGUAGE x] $$ … $$`.
pub(crate) fn do_body(source: &str, tokens: &[Token]) -> Option<Span> {
    let is_do = tokens.first().is_some_and(|token| token.is_word(source, "do"));
    is_do.then(|| tokens.iter().find_map(|token| string_content(source, *token))).flatten()
}

/// The meaningful tokens of a part of `source`.
pub(crate) fn meaningful(source: &str, part: Span) -> Vec<Token> {
    tokens_within(source, part).into_iter().filter(|token| !token.is_trivia()).collect()
}

fn commands_of_body(source: &str, body: Span, found: &mut Vec<Vec<Token>>) {
    let tokens = meaningful(source, body);
    for chunk in tokens.split(|token| token.is_symbol(source, ";")) {
        let start = (0..chunk.len()).rev().find(|at| starts_command(source, chunk, *at)).unwrap_or(0);
        match &chunk[start..] {
            [execute, text, ..] if execute.is_word(source, "execute") => {
                found.extend(string_content(source, *text).map(|content| meaningful(source, content)));
            }
            [] => {}
            command => found.push(command.to_vec()),
        }
    }
}

/// Behind one of PL/pgSQL's brackets, and one of the commands that the rules know.
fn starts_command(source: &str, tokens: &[Token], at: usize) -> bool {
    const BRACKETS: [&str; 4] = ["begin", "then", "else", "loop"];
    const HEADS: [&str; 14] = [
        "create", "alter", "drop", "insert", "update", "delete", "truncate", "comment", "grant", "revoke",
        "execute", "perform", "select", "with",
    ];
    let Some(before) = at.checked_sub(1).map(|before| tokens[before]) else { return false };
    BRACKETS.iter().any(|word| before.is_word(source, word))
        && HEADS.iter().any(|word| tokens[at].is_word(source, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_command_and_an_executed_string_are_commands() {
        let source = "SELECT 1; DO $$ DECLARE a int; BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'x') THEN
              ALTER TABLE t ADD CONSTRAINT x CHECK (CASE WHEN a THEN b ELSE c END);
            ELSE EXECUTE 'DROP TABLE u'; END IF; END $$;";
        let heads: Vec<_> = commands(source)
            .iter()
            .map(|command| {
                command.iter().take(2).map(|token| token.text(source)).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(heads, ["SELECT 1", "DECLARE a", "ALTER TABLE", "DROP TABLE", "END IF", "END"]);
    }
}
