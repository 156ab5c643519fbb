//! What a migration must not contain, found before anything connects. Pure.
//!
//! 1. Transaction control: it would end or escape the transaction that ties the file to its ledger row; the server only warns (P3).
//! 2. `COPY … FROM STDIN`/`TO STDOUT`: there is no stream, and the attempt kills the connection (P4).
//! 3. Lines for psql (`\i`, `\connect`): only psql understands them.
//! 4. Statements that Postgres refuses inside a transaction, as far as that is certain from the words (P9), in a file that does not run
//!    outside of one; and in one that does, statements that could not run a second time, or no statement that needs it.
//! 5. Strings, names and comments that never end.

use crate::file::{Migration, Migrations, Problem, refuse};
use crate::lexer::{Token, TokenKind, tokens, tokens_within, unterminated};
use crate::outside;
use crate::source::Span;
use crate::statements::{Statement, statements};
use contract::Outcome;

/// One thing that must not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    pub remedy: String,
}

/// The hazards of one source, in its order.
pub fn hazards(source: &str) -> Vec<Hazard> {
    let tokens = tokens(source);
    let mut found: Vec<Hazard> = psql_lines(source, &tokens).collect();
    if let Some(open) = unterminated(source, &tokens) {
        found.push(hazard(
            open.span,
            format!("{} that begins here never ends", open.opening.describe()),
            "close it",
        ));
    }
    // With an open string everything behind it is guesswork.
    if found.is_empty() {
        let statements = statements(source);
        let mark = outside::mark(source);
        for statement in &statements {
            found.extend(of_statement(source, statement, mark));
        }
        let needs = |statement: &Statement| {
            needs_no_transaction(source, statement) || outside::may_need_none(source, statement)
        };
        if let Some(mark) = mark
            && !statements.iter().any(needs)
        {
            found.push(hazard(mark, "nothing in this file needs to run outside of a transaction", NEEDLESS));
        }
    }
    found.sort_by_key(|hazard| hazard.span);
    found
}

/// The hazards of one migration, as problems with their place.
pub fn problems(migration: &Migration) -> Vec<Problem> {
    hazards(&migration.source)
        .into_iter()
        .map(|hazard| Problem::at(migration, hazard.span, hazard.message, hazard.remedy))
        .collect()
}

/// Refuses hazardous migrations, before anything connects.
///
/// # Errors
/// Exit 2, listing every hazard of every file.
pub fn refuse_all(migrations: &Migrations) -> Outcome<()> {
    refuse(migrations.iter().flat_map(|migration| problems(migration)).collect())
}

fn hazard(span: Span, message: impl Into<String>, remedy: &str) -> Hazard {
    Hazard { span, message: message.into(), remedy: remedy.to_owned() }
}

const ONE_TRANSACTION: &str =
    "remove it: every file already runs in one transaction together with its ledger row";
const NO_TRANSACTION: &str = "Postgres refuses it inside a transaction, and every file runs in one; use the form that needs none \
                              (CREATE INDEX without CONCURRENTLY), or give it a file of its own that begins with `-- no-transaction`";
const NEEDLESS: &str = "remove the line: in a transaction the file is applied as a whole or not at all";
const REPEATABLE: &str =
    "write IF NOT EXISTS or IF EXISTS: the file runs again from its beginning when it was interrupted";

/// A backslash outside of quotes and comments is never SQL.
fn psql_lines<'a>(source: &'a str, tokens: &'a [Token]) -> impl Iterator<Item = Hazard> + 'a {
    let mut last_line_end = None;
    tokens.iter().filter_map(move |token| {
        if token.kind != TokenKind::Unknown || token.text(source) != "\\" {
            return None;
        }
        let line_end = source[token.span.start..].find('\n').map_or(source.len(), |n| token.span.start + n);
        if last_line_end.replace(line_end) == Some(line_end) {
            return None;
        }
        let span = Span::new(
            token.span.start,
            token.span.start + source[token.span.start..line_end].trim_end().len(),
        );
        let command = span.text(source).split_whitespace().next().unwrap_or("\\");
        Some(hazard(
            span,
            format!("`{command}` is a command of psql, not SQL"),
            "remove the line; write plain SQL",
        ))
    })
}

fn of_statement(source: &str, statement: &Statement, mark: Option<Span>) -> Vec<Hazard> {
    let words: Vec<String> =
        statement.tokens.iter().take(4).map(|token| token.text(source).to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let span = statement.span;
    match words[..] {
        // `ROLLBACK TO [SAVEPOINT]` stays inside the transaction.
        ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => vec![],
        ["begin" | "commit" | "end" | "rollback" | "abort", ..]
        | ["start", "transaction", ..]
        | ["prepare", "transaction", ..] => {
            let message =
                format!("`{}` would escape the transaction of the file (P3)", words[0].to_ascii_uppercase());
            vec![hazard(span, message, ONE_TRANSACTION)]
        }
        ["copy", ..] => copy(source, statement).into_iter().collect(),
        ["do", ..] => do_body(source, statement),
        _ if mark.is_some() && outside::unrepeatable(source, statement) => {
            let message = "it would fail if it ran again, and outside of a transaction it may have to";
            vec![hazard(span, message, REPEATABLE)]
        }
        _ if mark.is_none() && needs_no_transaction(source, statement) => {
            let message = format!(
                "`{}` cannot run in a transaction (P9)",
                words[..words.len().min(2)].join(" ").to_ascii_uppercase()
            );
            vec![hazard(span, message, NO_TRANSACTION)]
        }
        _ => vec![],
    }
}

fn copy(source: &str, statement: &Statement) -> Option<Hazard> {
    let pair = statement.tokens.windows(2).find(|pair| {
        (pair[0].is_word(source, "from") && pair[1].is_word(source, "stdin"))
            || (pair[0].is_word(source, "to") && pair[1].is_word(source, "stdout"))
    })?;
    let span = Span::new(pair[0].span.start, pair[1].span.end);
    let message = format!("`COPY … {}` has no stream to read or write here (P4)", span.text(source));
    Some(hazard(span, message, "write INSERT INTO … VALUES, or COPY from a file on the server"))
}

/// `COMMIT` and `ROLLBACK` as statements of a DO body. Its `BEGIN` and `END` are PL/pgSQL's own brackets.
fn do_body(source: &str, statement: &Statement) -> Vec<Hazard> {
    let language = statement
        .tokens
        .windows(2)
        .find(|pair| pair[0].is_word(source, "language"))
        .map(|pair| pair[1].text(source));
    if language.is_some_and(|language| !language.trim_matches(['\'', '"']).eq_ignore_ascii_case("plpgsql")) {
        return vec![];
    }
    let Some(body) = statement.tokens.iter().find_map(|token| token.dollar_body(source)) else {
        return vec![];
    };
    let tokens: Vec<Token> =
        tokens_within(source, body).into_iter().filter(|token| !token.is_trivia()).collect();
    let begins_statement = |at: usize| match at.checked_sub(1).map(|before| tokens[before]) {
        None => true,
        Some(before) => {
            before.is_symbol(source, ";")
                || ["begin", "then", "else", "loop"].iter().any(|word| before.is_word(source, word))
        }
    };
    let ends_word = |at: usize| {
        tokens.get(at + 1).is_none_or(|after| {
            after.is_symbol(source, ";") || after.is_word(source, "and") || after.is_word(source, "work")
        })
    };
    (0..tokens.len())
        .filter(|at| tokens[*at].is_word(source, "commit") || tokens[*at].is_word(source, "rollback"))
        .filter(|at| begins_statement(*at) && ends_word(*at))
        .map(|at| {
            let word = tokens[at].text(source).to_ascii_uppercase();
            hazard(
                tokens[at].span,
                format!("`{word}` inside DO would end the transaction of the file (P3)"),
                ONE_TRANSACTION,
            )
        })
        .collect()
}

fn needs_no_transaction(source: &str, statement: &Statement) -> bool {
    let words: Vec<String> =
        statement.tokens.iter().take(4).map(|token| token.text(source).to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let concurrently = || {
        // The option stands before the first name or parenthesis; a later word of that spelling is a name.
        statement.tokens.iter().take(4).any(|token| token.is_word(source, "concurrently"))
    };
    match words[..] {
        ["vacuum", ..] => true,
        ["alter", "system", ..] => true,
        ["create" | "drop", "database" | "tablespace", ..] => true,
        ["create", "index", ..] | ["create", "unique", "index", ..] => concurrently(),
        ["drop", "index", ..] | ["reindex", ..] => concurrently(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that the hazards of `source` point at.
    fn check(source: &str, expected: &[&str]) {
        let found = hazards(source);
        assert_eq!(
            found.iter().map(|hazard| hazard.span.text(source)).collect::<Vec<_>>(),
            expected,
            "{found:#?}"
        );
    }

    #[test]
    fn p3_transaction_control_is_found_in_every_spelling() {
        for statement in [
            "BEGIN",
            "commit work",
            "END",
            "Rollback",
            "ABORT",
            "START TRANSACTION READ ONLY",
            "PREPARE TRANSACTION 'x'",
        ] {
            check(&format!("SELECT 1; {statement};"), &[statement]);
        }
    }

    #[test]
    fn p3_the_brackets_of_functions_are_not_transaction_control() {
        check("DO $$ BEGIN PERFORM 1; END $$;", &[]);
        check("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;", &[]);
        check("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;", &[]);
        check("SAVEPOINT a; ROLLBACK TO SAVEPOINT a; RELEASE a; PREPARE q AS SELECT 1;", &[]);
        check("SELECT 'COMMIT;'; -- COMMIT;", &[]);
    }

    #[test]
    fn p3_a_commit_inside_do_is_found() {
        check("DO $$ BEGIN IF true THEN COMMIT; END IF; ROLLBACK AND CHAIN; END $$", &["COMMIT", "ROLLBACK"]);
        check("DO $$ DECLARE commit int; BEGIN commit := 1; END $$", &[]);
        check("DO LANGUAGE plpython3u $$ COMMIT; $$", &[]);
    }

    #[test]
    fn p4_copy_without_a_stream_is_found() {
        check("COPY t (a) FROM STDIN WITH (FORMAT csv);", &["FROM STDIN"]);
        check("COPY t TO stdout;", &["TO stdout"]);
        check("COPY t FROM '/data/t.csv';", &[]);
    }

    #[test]
    fn lines_for_psql_are_found_even_when_they_upset_the_lexer() {
        check("\\echo it's here\nSELECT 1;", &["\\echo it's here", "'"]);
        check("SELECT 1 \\gset\n\\connect db\\x\n", &["\\gset", "\\connect db\\x"]);
        check("SELECT E'\\\\'; -- \\i\n", &[]);
    }

    #[test]
    fn p9_what_cannot_run_in_a_transaction_is_found() {
        for statement in [
            "VACUUM ANALYZE t",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
            "DROP INDEX CONCURRENTLY i",
            "ALTER SYSTEM SET x = 1",
            "CREATE DATABASE d",
        ] {
            check(statement, &[statement]);
        }
        check("CREATE INDEX i ON t (concurrently); CREATE TABLE database (id int)", &[]);
    }

    #[test]
    fn a_file_outside_of_a_transaction_needs_it_and_can_run_again() {
        let marked = |statements: &str| format!("-- no-transaction\n{statements}");
        check(&marked("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a); VACUUM t"), &[]);
        check(&marked("CREATE INDEX CONCURRENTLY i ON t (a)"), &["CREATE INDEX CONCURRENTLY i ON t (a)"]);
        check(&marked("CALL refresh_continuous_aggregate('a', NULL, NULL)"), &[]);
        check(&marked("ALTER TYPE t ADD VALUE IF NOT EXISTS 'x'"), &[]);
        check(&marked("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int"), &["-- no-transaction"]);
        check(&marked("COMMIT; VACUUM"), &["COMMIT"]);
    }

    #[test]
    fn a_string_that_never_ends_is_shown_at_its_beginning() {
        check("SELECT 1;\nSELECT 'oops;\n", &["'"]);
    }
}
