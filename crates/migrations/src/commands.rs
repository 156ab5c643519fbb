//! The SQL commands of a source, also those inside DO bodies and of `EXECUTE '…'`: what the rules about objects and relations walk.

use crate::cursor::string_content;
use crate::lexer::{Token, tokens_within};
use crate::source::Span;
use crate::statements::{Statement, statements};

/// One command.
pub(crate) struct Command {
    /// Its meaningful tokens. Where a DO body guards it with `IF … THEN`, the condition is left out.
    pub(crate) tokens: Vec<Token>,
    /// What it makes is there afterwards: it runs, or it is left out because that exists already.
    pub(crate) certain: bool,
}

/// Every command, in order.
pub(crate) fn commands(source: &str) -> Vec<Command> {
    let mut found = Vec::new();
    for Statement { tokens, .. } in statements(source) {
        match do_body(source, &tokens) {
            Some(body) => commands_of_body(source, body, &mut found),
            None => found.push(Command { tokens, certain: true }),
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

fn commands_of_body(source: &str, body: Span, found: &mut Vec<Command>) {
    let tokens = meaningful(source, body);
    let handled = handles_more_than_duplicates(source, &tokens);
    let mut open = Vec::new();
    for chunk in tokens.split(|token| token.is_symbol(source, ";")) {
        let start = (0..chunk.len()).rev().find(|at| starts_command(source, chunk, *at)).unwrap_or(0);
        follow(source, &chunk[..if start == 0 { chunk.len() } else { start }], &mut open);
        let certain = !handled && open.iter().all(|certain| *certain);
        let command = &chunk[start..];
        match command {
            [execute, text, ..] if execute.is_word(source, "execute") => {
                if let Some(content) = string_content(source, *text) {
                    found.push(Command { tokens: meaningful(source, content), certain });
                }
            }
            [] => {}
            _ => found.push(Command { tokens: command.to_vec(), certain }),
        }
    }
}

/// Follows PL/pgSQL's own words: `open` has one entry for each IF, CASE and LOOP around, true where what is inside happens or is not
/// needed. That is so for `IF NOT EXISTS (…) THEN` alone; a loop may run no times, any other condition may be false.
fn follow(source: &str, words: &[Token], open: &mut Vec<bool>) {
    const BEFORE: [&str; 4] = ["begin", "then", "else", "loop"];
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is_word(source, word));
    for at in 0..words.len() {
        let ends = at > 0 && is(at - 1, "end");
        let is_control = at == 0 || BEFORE.iter().any(|word| is(at - 1, word));
        if ends && ["if", "loop", "case"].iter().any(|word| is(at, word)) {
            open.pop();
        } else if is_control && is(at, "if") {
            open.push(is(at + 1, "not") && is(at + 2, "exists") && only_one_group(source, &words[at + 3..]));
        } else if is(at, "loop") || (is_control && is(at, "case")) {
            open.push(false);
        } else if at == 0
            && ["else", "elsif", "elseif"].iter().any(|word| is(at, word))
            && let Some(last) = open.last_mut()
        {
            *last = false;
        }
    }
}

/// `( … ) THEN`: the condition has nothing beside its one group.
fn only_one_group(source: &str, tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_symbol(source, "(") {
            depth += 1;
        } else if token.is_symbol(source, ")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return tokens.get(at + 1).is_some_and(|next| next.is_word(source, "then"));
            }
        } else if depth == 0 {
            return false;
        }
    }
    false
}

/// An EXCEPTION handler undoes its block. Only where nothing but "it exists already" is handled is what the block makes there anyway.
fn handles_more_than_duplicates(source: &str, tokens: &[Token]) -> bool {
    let Some(exception) = tokens.iter().position(|token| token.is_word(source, "exception")) else {
        return false;
    };
    let mut in_condition = false;
    tokens[exception..].iter().any(|token| {
        let text = token.text(source).to_ascii_lowercase();
        match text.as_str() {
            "when" => in_condition = true,
            "then" => in_condition = false,
            _ => {}
        }
        in_condition && !["when", "or"].contains(&text.as_str()) && !text.starts_with("duplicate_")
    })
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
                command.tokens.iter().take(2).map(|token| token.text(source)).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(heads, ["SELECT 1", "DECLARE a", "ALTER TABLE", "DROP TABLE", "END IF", "END"]);
    }

    #[test]
    fn only_what_happens_or_is_not_needed_is_certain() {
        let check = |body: &str, certain: bool| {
            let source = format!("DO $$ BEGIN {body} END $$;");
            let commands = commands(&source);
            let create = commands.iter().find(|command| command.tokens[0].is_word(&source, "create"));
            assert_eq!(create.map(|command| command.certain), Some(certain), "{body}");
        };
        check("CREATE INDEX i ON t (a);", true);
        check("CREATE TABLE IF NOT EXISTS t (a int);", true);
        check(
            "IF NOT EXISTS (SELECT FROM pg_class WHERE relname IN ('i')) THEN CREATE INDEX i ON t (a); END IF;",
            true,
        );
        check("IF a THEN NULL; END IF; CREATE INDEX i ON t (a);", true);
        check("IF EXISTS (SELECT FROM pg_extension) THEN CREATE INDEX i ON t (a); END IF;", false);
        check("IF NOT EXISTS (SELECT 1) AND b THEN CREATE INDEX i ON t (a); END IF;", false);
        check("IF NOT EXISTS (SELECT 1) THEN NULL; ELSE CREATE INDEX i ON t (a); END IF;", false);
        check("IF NOT EXISTS (SELECT 1) THEN IF b THEN CREATE INDEX i ON t (a); END IF; END IF;", false);
        check("FOR r IN SELECT 1 LOOP CREATE INDEX i ON t (a); END LOOP;", false);
        check("CREATE INDEX i ON t (a); EXCEPTION WHEN duplicate_table OR duplicate_object THEN NULL;", true);
        check("CREATE INDEX i ON t (a); EXCEPTION WHEN OTHERS THEN NULL;", false);
    }
}
