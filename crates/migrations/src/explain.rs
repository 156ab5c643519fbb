//! From a database error to what a person needs: the place in the file, why, what was rolled back, and what to do. Pure.
//!
//! Where the place comes from, in order of precision (P11):
//! 1. a position in the statement (it counts characters over the whole message that was sent);
//! 2. a position in a query inside a DO body, found there by its text;
//! 3. "inline_code_block line N" of a DO body;
//! 4. a name that the message quotes and the statement contains;
//! 5. the beginning of the statement.

use crate::cursor::{Cursor, identifier};
use crate::file::Migration;
use crate::lexer::{Token, tokens_within};
use crate::source::{Span, byte_offset, excerpt, line_offset};
use crate::statements::Statement;
use contract::{Failure, Phase};
use postgres::error::{DbError, ErrorPosition, Severity};

/// What was going on when the server reported an error.
pub(crate) struct Context<'a> {
    /// The file.
    pub(crate) migration: &'a Migration,
    /// The statement that was running.
    pub(crate) statement: &'a Statement,
    /// What was sent before the statement in the same message.
    pub(crate) prefix: &'a str,
    /// Tells a collection of the snapshot from other tables.
    pub(crate) managed: &'a dyn Fn(&str) -> bool,
    /// What became of the file, for a line below the excerpt.
    pub(crate) aftermath: &'a str,
}

/// Whether the connection is gone after this error (P7): decided on severity, because the driver may not know yet.
pub(crate) fn is_fatal(error: &DbError) -> bool {
    match error.parsed_severity() {
        Some(severity) => matches!(severity, Severity::Fatal | Severity::Panic),
        None => matches!(error.severity(), "FATAL" | "PANIC"),
    }
}

/// The failure for an error of one statement.
pub(crate) fn failure(context: &Context<'_>, error: &DbError) -> Failure {
    let source = &context.migration.source;
    let span = place(context, error);
    let mut block =
        excerpt(&context.migration.path, source, span, error.message().lines().next().unwrap_or(""));
    for (label, text) in [
        ("detail", error.detail()),
        ("context", error.where_()),
        ("server's hint", error.hint()),
        ("then", Some(context.aftermath)),
    ] {
        if let Some(text) = text {
            block.push_str(&format!("\n  = {label}: {}", text.trim_end().replace('\n', "\n    ")));
        }
    }
    let failure = Failure::new(format!("run migration `{}`", context.migration.path))
        .excerpt(block)
        .cause(format!("{}: {} (SQLSTATE {})", error.severity(), error.message(), error.code().code()));
    match remedy(context, error, span) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The failure for a connection that ended while a statement ran, without a word. When the server ends one with a FATAL error, the
/// driver often sees the end of the stream first and drops the error (postgres 0.19.14, `poll_block_on`), so nothing may depend on
/// its text.
pub(crate) fn lost(context: &Context<'_>, reason: &str) -> Failure {
    let Context { migration, statement, aftermath, .. } = context;
    let label = "the connection was lost while this ran";
    let block = excerpt(&migration.path, &migration.source, statement.span, label);
    let failure = Failure::new(format!("run migration `{}`", migration.path))
        .excerpt(format!("{block}\n  = then: {aftermath}"))
        .cause(format!("{label}: {reason}"));
    match created_extension(&migration.source, statement) {
        Some(extension) => failure.hint(format!(
            "some extensions end the connection unless they are preloaded (P7): {}",
            preload(&extension)
        )),
        None => failure.hint("see the server's log for the reason, then run it again"),
    }
}

/// `CREATE EXTENSION [IF NOT EXISTS] x`
fn created_extension(source: &str, statement: &Statement) -> Option<String> {
    let mut cursor = Cursor::new(source, &statement.tokens);
    if !cursor.eat(&["create", "extension"]) {
        return None;
    }
    cursor.eat(&["if", "not", "exists"]);
    cursor.name().map(|name| name.last().to_owned())
}

fn preload(extension: &str) -> String {
    format!("set shared_preload_libraries = '{extension}' in postgresql.conf and restart the server")
}

fn remedy(context: &Context<'_>, error: &DbError, span: Span) -> Option<String> {
    let message = error.message();
    Some(match error.code().code() {
        "42P01" if context.migration.phase == Phase::Pre => {
            let relation = relation(context, message, span).filter(|name| (context.managed)(name))?;
            format!(
                "`{relation}` is managed by Directus, which creates it after `{}/`: move the file to {}/",
                Phase::Pre.folder(),
                Phase::Post.folder()
            )
        }
        "55P04" => "split the file: a new enum value can be used only after the transaction that adds it (P13)".to_owned(),
        "25001" => "every file runs in one transaction, and this statement refuses one (P9): use the form that needs none, or give it a file of its own that begins with `-- no-transaction`".to_owned(),
        "25006" => "the server is read-only: point DB_HOST at the primary".to_owned(),
        "55P03" => format!(
            "another session held a lock for more than {} s: find it in pg_stat_activity, or SET lock_timeout in the file",
            crate::session::LOCK_TIMEOUT_S
        ),
        "42501" => "the role of DB_USER may not do this: grant it, or let the role own the object".to_owned(),
        "42710" | "42P07" | "42701" => {
            "it exists already, made by something that the ledger does not know; use IF NOT EXISTS if that is intended".to_owned()
        }
        // TimescaleDB's own class.
        "TS103" => "every UNIQUE and primary key of a hypertable must contain its partition column (P10)".to_owned(),
        _ if message.contains("must be preloaded") => {
            let extension = quoted_names(message).next().unwrap_or("timescaledb");
            format!("{} (P7)", preload(extension))
        }
        _ if message.contains("without the column") && message.contains("partitioning") => {
            "every UNIQUE and primary key of a hypertable must contain its partition column (P10)".to_owned()
        }
        "0A000" | "58P01" if message.contains("extension") => {
            "the server lacks the extension: use a database image that has it (timescale/timescaledb-ha:pg16)".to_owned()
        }
        code => return crate::session::remedy(code).map(str::to_owned),
    })
}

/// The relation that a 42P01 is about: the name at the caret, else the one that the message quotes.
fn relation(context: &Context<'_>, message: &str, span: Span) -> Option<String> {
    let quoted = quoted_names(message).next().map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
    let tokens: Vec<Token> =
        meaningful(&context.migration.source, Span::new(span.start, context.statement.span.end));
    let at_caret = Cursor::new(&context.migration.source, &tokens).name().map(|name| name.last().to_owned());
    quoted.or(at_caret)
}

/// What the server puts in double quotes (in any language but a few, which is why nothing depends on it alone).
fn quoted_names(message: &str) -> impl Iterator<Item = &str> {
    message.split('"').skip(1).step_by(2)
}

fn meaningful(source: &str, part: Span) -> Vec<Token> {
    tokens_within(source, part).into_iter().filter(|token| !token.is_trivia()).collect()
}

fn place(context: &Context<'_>, error: &DbError) -> Span {
    let source = &context.migration.source;
    let statement = context.statement.span;
    let body = context
        .statement
        .starts_with(source, &["do"])
        .then(|| context.statement.tokens.iter().find_map(|token| token.dollar_body(source)))
        .flatten();
    let line = body.zip(error.where_().and_then(inline_line)).map(|(body, line)| line_in(source, body, line));
    let found = match error.position() {
        Some(ErrorPosition::Original(position)) => {
            let message = format!("{}{}", context.prefix, statement.text(source));
            byte_offset(&message, (*position as usize).saturating_sub(1))
                .checked_sub(context.prefix.len())
                .map(|offset| token_at(source, statement, statement.start + offset))
        }
        Some(ErrorPosition::Internal { position, query }) => body.and_then(|body| {
            let from = line.map_or(body.start, |line| line.start);
            let at = byte_offset(query, (*position as usize).saturating_sub(1));
            let offset = inner_offset(source, Span::new(from, body.end), query, at)
                .or_else(|| inner_offset(source, body, query, at))?;
            Some(token_at(source, body, offset))
        }),
        None => None,
    };
    found
        .or(line)
        .or_else(|| quoted_names(error.message()).find_map(|name| named(source, context.statement, name)))
        .unwrap_or(statement)
}

/// Where in `part` the byte `at` of a query stands that PL/pgSQL took from there.
fn inner_offset(source: &str, part: Span, query: &str, at: usize) -> Option<usize> {
    if let Some(start) = part.text(source).find(query) {
        return Some(part.start + start + at);
    }
    // PERFORM becomes SELECT; what follows is verbatim.
    let tail = query.trim_start().find(char::is_whitespace)? + (query.len() - query.trim_start().len());
    let start = part.text(source).find(&query[tail..])?;
    at.checked_sub(tail).map(|behind| part.start + start + behind)
}

/// The number behind `inline_code_block`, in whatever language the line is.
fn inline_line(context: &str) -> Option<usize> {
    let (_, behind) = context.rsplit_once("inline_code_block")?;
    let digits = behind.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '\n');
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Line `line` of a body, without its indentation. PL/pgSQL counts the line of the opening `$$` as 1.
fn line_in(source: &str, body: Span, line: usize) -> Span {
    let text = body.text(source);
    let start = line_offset(text, line);
    let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let indent = text[start..end].len() - text[start..end].trim_start().len();
    Span::new(body.start + start + indent, body.start + end)
}

/// The token at `offset`, so that the caret underlines a word and not a letter.
fn token_at(source: &str, within: Span, offset: usize) -> Span {
    let found = meaningful(source, within)
        .into_iter()
        .find(|token| (token.span.start..token.span.end).contains(&offset));
    match found {
        // Inside of a body that is one token for the file, it is one for its own tokens.
        Some(token) => {
            match token.dollar_body(source).filter(|body| (body.start..body.end).contains(&offset)) {
                Some(body) => token_at(source, body, offset),
                None => token.span,
            }
        }
        None => Span::new(offset, offset),
    }
}

/// The first token of the statement that is this name.
fn named(source: &str, statement: &Statement, name: &str) -> Option<Span> {
    let name = name.rsplit('.').next().unwrap_or(name);
    statement
        .tokens
        .iter()
        .find(|token| identifier(source, **token).as_deref() == Some(name))
        .map(|token| token.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_line_of_a_do_body_is_read_in_any_language() {
        assert_eq!(inline_line("PL/pgSQL function inline_code_block line 3 at RAISE"), Some(3));
        assert_eq!(inline_line("PL/pgSQL-Funktion inline_code_block Zeile 12 bei SQL-Anweisung"), Some(12));
        assert_eq!(
            inline_line(
                "SQL statement \"x\"\nPL/pgSQL function f() line 1 at y\nPL/pgSQL function inline_code_block line 7 at z"
            ),
            Some(7)
        );
        assert_eq!(inline_line("PL/pgSQL function f() line 3 at RAISE"), None);
    }

    #[test]
    fn a_line_of_a_body_is_found_in_the_file() {
        let source = "SELECT 1;\nDO $$\nBEGIN\n  RAISE 'x';\nEND $$";
        let body = Span::new(source.find("$$").unwrap() + 2, source.rfind("$$").unwrap());
        assert_eq!(line_in(source, body, 3).text(source), "RAISE 'x';");
        assert_eq!(line_in(source, body, 99).text(source), "");
    }

    proptest! {
        #[test]
        fn whatever_the_server_points_at_the_place_is_in_the_file(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "do", "$$", "$a$", "'", "\n", "ë", "; ", "perform", " x", "\"😀\"", "create extension ", "/*", "\0"]), 1..20),
            offset in 0usize..80, line in 0usize..9, query in "(perform|select|\\s|ë|x){0,4}", names in "[a\".ë]{0,6}"
        ) {
            let source = pieces.concat();
            for statement in crate::statements::statements(&source) {
                prop_assert!(!token_at(&source, statement.span, statement.span.start).text(&source).is_empty());
                let place = token_at(&source, statement.span, offset);
                prop_assert!(place.start <= offset && offset <= place.end.max(offset));
                for body in statement.tokens.iter().filter_map(|token| token.dollar_body(&source)) {
                    let line = line_in(&source, body, line);
                    prop_assert!(body.start <= line.start && line.start <= line.end && line.end <= body.end);
                    prop_assert!(!line.text(&source).contains('\n'));
                    let _ = inner_offset(&source, body, &query, offset).map(|at| token_at(&source, body, at));
                }
                let _ = (quoted_names(&names).find_map(|name| named(&source, &statement, name)), created_extension(&source, &statement));
            }
        }
    }
}
