//! Any text at all, as a migration: nothing panics, nothing is lost, and what is quoted is never taken for SQL. `PROPTEST_CASES=n` asks more
//! often.

use crate::server::database;
use contract::Phase;
use migrations::checksum::Checksum;
use migrations::file::{Migration, Migrations};
use migrations::hazards::{hazards, problems};
use migrations::lexer::{tokens, tokens_within, unterminated};
use migrations::source::{Span, excerpt, position};
use migrations::statements::statements;
use migrations::{outside, relations};
use proptest::prelude::*;

/// What the server's scanner has a rule for, whole and broken.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "\"\"",
    "E'",
    "e'\\'",
    "U&'",
    "u&\"",
    "B'1'",
    "N'",
    "$$",
    "$a$",
    "$ë$",
    "$",
    "$1",
    "$a",
    "a$b$",
    "/*",
    "*/",
    "/**/",
    "/*/",
    "--",
    "-- x\n",
    "\\",
    "\\\\",
    "\\connect x\n",
    "\\'",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\u{FEFF}",
    "\u{a0}",
    "\u{2028}",
    "ë",
    "日",
    "😀",
    ";",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "..",
    ":",
    "::",
    ":=",
    "+-",
    "<>",
    "1.5e",
    "1e-",
    "0x",
    "1..2",
    "begin",
    "atomic",
    "end",
    "case",
    "create",
    "function",
    "procedure",
    "or",
    "replace",
    "commit",
    "rollback",
    "copy",
    "from",
    "stdin",
    "do",
    "vacuum",
    "select",
    "x",
    "-- no-transaction\n",
    "alter",
    "table",
    "index",
    "concurrently",
    "on",
    "language",
    "sql",
    "execute",
];

fn sql() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => Just(" ".to_owned()),
        1 => any::<char>().prop_map(String::from),
    ];
    (prop::collection::vec(piece, 0..24), prop::sample::select(vec!["", " ", "\n"]))
        .prop_map(|(pieces, joint)| pieces.join(joint))
}

fn texts(source: &str) -> Vec<String> {
    statements(source).iter().map(|statement| statement.span.text(source).to_owned()).collect()
}

/// One way to write a text so that the server takes it for no SQL.
fn quoted(way: usize, text: &str) -> String {
    let one_line = text.replace(['\n', '\r'], " ");
    let without_ends = text.replace(['/', '*'], " ");
    match way {
        0 => format!("'{}'", text.replace('\'', "''")),
        1 => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        2 => format!("\"{}\"", text.replace('"', "\"\"")),
        3 => format!("$ë{0}$ '{text} $${0}$ë{0}$", "_"),
        4 => format!("1 /* {without_ends} /* ' */ {without_ends} \" */"),
        5 => format!("1 -- {one_line}\n"),
        6 => format!("U&'{}'", text.replace('\'', "''")),
        // A string goes on in the next line, by the rules of its beginning.
        _ => format!("E'a' -- '\n '\\'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}

const WAYS: usize = 8;

const HAZARDS: &[&str] =
    &["COMMIT;", "\\connect db", "COPY t FROM STDIN;", "VACUUM;", "DO $$ BEGIN COMMIT; END $$;"];

/// What the lexer takes for one string, the server does too.
#[test]
fn a_string_goes_on_in_the_next_line_by_the_rules_of_its_beginning() {
    let Some(database) = database() else { return };
    let text = "E'a' -- '\n '\\'; COMMIT;'";
    assert_eq!(tokens(text).len(), 1);
    assert_eq!(database.ask(&format!("SELECT {text}")), "a'; COMMIT;");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_cover_every_part_of_a_text(source in sql(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let ends: Vec<usize> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
        let (from, to) = (ends[from.index(ends.len())], ends[to.index(ends.len())]);
        let part = Span::new(from.min(to), from.max(to));
        for (tokens, part) in [(tokens(&source), Span::new(0, source.len())), (tokens_within(&source, part), part)] {
            let mut at = part.start;
            for token in &tokens {
                prop_assert!(token.span.start == at && token.span.end > at && source.is_char_boundary(token.span.end));
                at = token.span.end;
            }
            prop_assert_eq!(at, part.end);
            if let Some(open) = unterminated(&source, &tokens) {
                prop_assert!(!open.span.text(&source).is_empty());
            }
        }
    }

    #[test]
    fn between_statements_are_semicolons_and_comments_alone(source in sql()) {
        let found = statements(&source);
        let mut rest = tokens(&source).into_iter().filter(|token| !token.is_trivia()).peekable();
        for statement in &found {
            while rest.next_if(|token| token.is_symbol(&source, ";") && token.span.start < statement.span.start).is_some() {}
            for token in &statement.tokens {
                prop_assert_eq!(Some(*token), rest.next());
            }
        }
        prop_assert!(rest.all(|token| token.is_symbol(&source, ";")));
        // Put together again, they are the same statements.
        let parts = texts(&source);
        prop_assert_eq!(texts(&format!("\n{}", parts.join(";\n"))), parts);
    }

    #[test]
    fn whatever_a_file_holds_it_is_judged_at_a_place_in_it(source in sql(), name in "([0-9]{1,11}_)?[a-z_ë ]{0,5}(\\.sql|\\.SQL)?") {
        let file = Migration::new(Phase::Post, 1, "1_a.sql", source.clone());
        for hazard in hazards(&source) {
            let at = position(&source, hazard.span.start);
            prop_assert!(!hazard.span.text(&source).is_empty() && at.line <= source.matches('\n').count() + 1, "{:?}", hazard);
            prop_assert!(excerpt("a.sql", &source, hazard.span, &hazard.message).contains(&hazard.message));
        }
        prop_assert_eq!(problems(&file).len(), hazards(&source).len());
        let _ = (outside::mark(&source), relations::relations_mentioned(&source));
        // A file is taken, reported, or not SQL by its name.
        let (taken, found) = Migrations::from_entries([(Phase::Pre, name.clone(), source.into_bytes())]);
        prop_assert!(taken.len() + found.len() >= usize::from(name.ends_with(".sql")));
    }

    #[test]
    fn what_is_quoted_is_no_hazard_and_the_same_outside_is(
        noise in sql(), way in 0..WAYS, hazard in prop::sample::select(HAZARDS)
    ) {
        let inside = format!("SELECT {}", quoted(way, &format!("{noise} {hazard} {noise}")));
        prop_assert_eq!(hazards(&inside), []);
        let outside = format!("{inside};\n{hazard}");
        prop_assert!(!hazards(&outside).is_empty(), "{}", outside);
    }

    #[test]
    fn p12_checksums_ignore_what_an_editor_flips(source in sql(), blank in "[ \n]{0,3}") {
        let plain = source.replace('\r', "").trim_start_matches('\u{FEFF}').to_owned();
        let crlf = format!("\u{FEFF}{}{blank}", plain.replace('\n', "\r\n"));
        prop_assert_eq!(Checksum::of_source(&crlf), Checksum::of_source(&plain));
        prop_assert_eq!(Checksum::of_tokens(&plain.replace('\n', "\r\n")), Checksum::of_tokens(&plain));
        prop_assert_ne!(Checksum::of_source(&format!("{plain}x")), Checksum::of_source(&plain));
    }

    #[test]
    fn p12_a_comment_between_two_tokens_leaves_their_checksum(source in sql()) {
        // What an editor puts in front is no token, there alone.
        let source = source.trim_start_matches('\u{FEFF}');
        let tokens: Vec<&str> = tokens(source).into_iter().filter(|token| !token.is_trivia()).map(|token| token.text(source)).collect();
        let commented = format!(" {}", tokens.join(" /* ' */ "));
        prop_assert_eq!(Checksum::of_tokens(&commented), Checksum::of_tokens(source));
    }
}
