//! A small exact lexer for PostgreSQL: tokens as byte spans. Lossless (the tokens, put together, are the source) and without
//! panics on any input, so that every rule and every error can point at the right character.
//!
//! It follows the server's own scanner (`src/backend/parser/scan.l`) with `standard_conforming_strings` on.

use crate::source::{BOM, Span};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Spaces, tabs, line ends; also a byte order mark at the start of the file.
    Whitespace,
    /// `-- …` up to the line end.
    LineComment,
    /// `/* … */`, nested.
    BlockComment,
    /// `'…'`, also `B''`, `X''`, `N''`, `E''` and `U&''`.
    String,
    /// `$tag$…$tag$`.
    DollarString,
    /// `"…"`, also `U&"…"`.
    QuotedIdentifier,
    /// A keyword or a bare name.
    Identifier,
    /// `1`, `1.5e-3`, `0xff`.
    Number,
    /// `$1`.
    Parameter,
    /// One of `( ) [ ] , ; . :`.
    Punctuation,
    /// `+`, `<>`, `::`, `:=` …
    Operator,
    /// What no SQL statement may contain outside of quotes: a backslash, a control character.
    Unknown,
    /// A string, quoted name or comment that never ends; it reaches to the end of the source.
    Unterminated(Opening),
}

/// What an unterminated token began as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opening {
    /// `/*`
    BlockComment,
    /// `'`
    String,
    /// `$tag$`
    DollarString,
    /// `"`
    QuotedIdentifier,
}

impl Opening {
    /// For a sentence: "… never ends".
    pub fn describe(self) -> &'static str {
        match self {
            Opening::BlockComment => "the comment",
            Opening::String => "the string",
            Opening::DollarString => "the dollar-quoted string",
            Opening::QuotedIdentifier => "the quoted name",
        }
    }
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

impl Token {
    /// Its text.
    pub fn text(self, source: &str) -> &str {
        self.span.text(source)
    }

    /// Whether it means nothing to the server: white space or a comment.
    pub fn is_trivia(self) -> bool {
        matches!(self.kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
    }

    /// Whether it is this keyword, in any case.
    pub fn is_word(self, source: &str, word: &str) -> bool {
        self.kind == TokenKind::Identifier && self.text(source).eq_ignore_ascii_case(word)
    }

    /// Whether it is this punctuation or operator.
    pub fn is_symbol(self, source: &str, symbol: &str) -> bool {
        matches!(self.kind, TokenKind::Punctuation | TokenKind::Operator) && self.text(source) == symbol
    }

    /// The inside of a dollar-quoted string, to be lexed by [`tokens_within`].
    pub fn dollar_body(self, source: &str) -> Option<Span> {
        if self.kind != TokenKind::DollarString {
            return None;
        }
        let tag = dollar_tag(self.text(source))?;
        Some(Span::new(self.span.start + tag, self.span.end - tag))
    }
}

/// A token that never ends: the span is that of its opening, `$$` or `/*` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unterminated {
    /// What was opened.
    pub opening: Opening,
    /// Where.
    pub span: Span,
}

/// All tokens of `source`, unterminated ones included.
pub fn tokens(source: &str) -> Vec<Token> {
    tokens_within(source, Span::new(0, source.len()))
}

/// The tokens of a part of `source`, a function body say; their spans are relative to the whole `source`.
pub fn tokens_within(source: &str, part: Span) -> Vec<Token> {
    let text = part.text(source);
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while let Some((kind, length)) = next(&text[at..], part.start + at == 0) {
        tokens.push(Token { kind, span: Span::new(part.start + at, part.start + at + length) });
        at += length;
    }
    tokens
}

/// The first token that never ends, if there is one.
pub fn unterminated(source: &str, tokens: &[Token]) -> Option<Unterminated> {
    let last = tokens.last()?;
    let TokenKind::Unterminated(opening) = last.kind else { return None };
    let length = match opening {
        Opening::BlockComment => 2,
        Opening::DollarString => dollar_tag(last.text(source)).unwrap_or(1),
        // With its prefix: E', U&".
        Opening::String => last.text(source).find('\'').map_or(1, |quote| quote + 1),
        Opening::QuotedIdentifier => last.text(source).find('"').map_or(1, |quote| quote + 1),
    };
    Some(Unterminated { opening, span: Span::new(last.span.start, last.span.start + length) })
}

/// Kind and length of the token that `rest` starts with. `None` at the end; the length is never 0.
fn next(rest: &str, at_start: bool) -> Option<(TokenKind, usize)> {
    let bytes = rest.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let first = *bytes.first()?;
    if at_start && rest.starts_with(BOM) {
        return Some((TokenKind::Whitespace, BOM.len_utf8()));
    }
    Some(match first {
        b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => (TokenKind::Whitespace, run(bytes, 0, is_space)),
        b'-' if byte(1) == b'-' => (TokenKind::LineComment, run(bytes, 0, |b| b != b'\n' && b != b'\r')),
        b'/' if byte(1) == b'*' => block_comment(bytes),
        b'\'' => string(bytes, 0, Escapes::DoubledOnly),
        b'"' => quoted_identifier(bytes, 0),
        b'e' | b'E' if byte(1) == b'\'' => string(bytes, 1, Escapes::Backslash),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if byte(1) == b'\'' => string(bytes, 1, Escapes::DoubledOnly),
        b'u' | b'U' if byte(1) == b'&' && byte(2) == b'\'' => string(bytes, 2, Escapes::DoubledOnly),
        b'u' | b'U' if byte(1) == b'&' && byte(2) == b'"' => quoted_identifier(bytes, 2),
        b'$' if byte(1).is_ascii_digit() => (TokenKind::Parameter, run(bytes, 1, |b| b.is_ascii_digit())),
        b'$' => dollar_string(rest),
        b'0'..=b'9' => (TokenKind::Number, number(bytes)),
        b'.' if byte(1).is_ascii_digit() => (TokenKind::Number, number(bytes)),
        b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' => (TokenKind::Punctuation, 1),
        b':' if byte(1) == b':' || byte(1) == b'=' => (TokenKind::Operator, 2),
        b':' => (TokenKind::Punctuation, 1),
        _ if is_operator(first) => (TokenKind::Operator, operator(bytes)),
        _ if is_identifier_start(first) => (TokenKind::Identifier, run(bytes, 1, is_identifier)),
        // ASCII: every byte above 0x7F starts an identifier.
        _ => (TokenKind::Unknown, 1),
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_identifier(byte: u8) -> bool {
    is_identifier_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

/// The length of the longest prefix whose bytes from `from` on satisfy `wanted`.
fn run(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|byte| !wanted(*byte)).map_or(bytes.len(), |length| from + length)
}

/// An operator ends where a comment begins: `1 +-- one`.
fn operator(bytes: &[u8]) -> usize {
    let length = run(bytes, 0, is_operator);
    (1..length).find(|at| matches!(bytes[*at..], [b'-', b'-', ..] | [b'/', b'*', ..])).unwrap_or(length)
}

fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| run(bytes, from, |b| b.is_ascii_digit() || b == b'_');
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    if byte(0) == b'0' && matches!(byte(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B') {
        return run(bytes, 2, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    let mut at = digits(0);
    // `1..10` is a range of PL/pgSQL, not a number with a point.
    if byte(at) == b'.' && byte(at + 1) != b'.' {
        at = digits(at + 1);
    }
    if matches!(byte(at), b'e' | b'E') {
        let sign = usize::from(matches!(byte(at + 1), b'+' | b'-'));
        if byte(at + 1 + sign).is_ascii_digit() {
            at = digits(at + 1 + sign);
        }
    }
    at
}

#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    DoubledOnly,
    Backslash,
}

/// `open` is the place of the opening quote.
fn string(bytes: &[u8], open: usize, escapes: Escapes) -> (TokenKind, usize) {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes == Escapes::Backslash => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => match continued(bytes, at + 1).filter(|_| escapes == Escapes::Backslash) {
                Some(quote) => at = quote + 1,
                None => return (TokenKind::String, at + 1),
            },
            _ => at += 1,
        }
    }
    (TokenKind::Unterminated(Opening::String), bytes.len())
}

/// The quote with which a string goes on behind a line end (`quotecontinue`). Only where backslashes escape does it matter that the next
/// line is no string of its own.
fn continued(bytes: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut lines) = (from, 0);
    loop {
        match bytes.get(at..)? {
            [b'\'', ..] if lines > 0 => return Some(at),
            [b'-', b'-', ..] => at = run(bytes, at, |b| b != b'\n' && b != b'\r'),
            [space, ..] if is_space(*space) => {
                lines += usize::from(matches!(space, b'\n' | b'\r'));
                at += 1;
            }
            _ => return None,
        }
    }
}

fn quoted_identifier(bytes: &[u8], open: usize) -> (TokenKind, usize) {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return (TokenKind::QuotedIdentifier, at + 1),
            _ => at += 1,
        }
    }
    (TokenKind::Unterminated(Opening::QuotedIdentifier), bytes.len())
}

fn block_comment(bytes: &[u8]) -> (TokenKind, usize) {
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return (TokenKind::BlockComment, at);
                }
            }
            _ => at += 1,
        }
    }
    (TokenKind::Unterminated(Opening::BlockComment), bytes.len())
}

fn dollar_string(rest: &str) -> (TokenKind, usize) {
    let Some(tag) = dollar_tag(rest) else { return (TokenKind::Unknown, 1) };
    match rest[tag..].find(&rest[..tag]) {
        Some(body) => (TokenKind::DollarString, tag + body + tag),
        None => (TokenKind::Unterminated(Opening::DollarString), rest.len()),
    }
}

/// The length of the `$tag$` that `rest` starts with.
fn dollar_tag(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let end = match bytes {
        [b'$', b'$', ..] => 1,
        [b'$', first, ..] if is_identifier_start(*first) => run(bytes, 2, |b| is_identifier(b) && b != b'$'),
        _ => return None,
    };
    (bytes.get(end) == Some(&b'$')).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens that mean something, as (kind, text).
    fn lex(source: &str) -> Vec<(TokenKind, &str)> {
        tokens(source).into_iter().filter(|t| !t.is_trivia()).map(|t| (t.kind, t.text(source))).collect()
    }

    fn check(source: &str, kind: TokenKind) {
        assert_eq!(lex(source), [(kind, source)]);
    }

    #[test]
    fn every_kind_of_quoting_is_one_token() {
        for string in
            ["'it''s'", r"'a\'", r"E'it\'s'", "U&'d\\0061'", "b'01'", "X'1F'", "n'x'", "'--'", "'/*'"]
        {
            check(string, TokenKind::String);
        }
        check("E'a' -- '\n '\\'; COMMIT;'", TokenKind::String);
        assert_eq!(
            lex("E'a' 'b'").len() + lex("E'a'\nb").len(),
            4,
            "not in the same line, and not another token"
        );
        for string in ["$$;$$", "$a$ $$ $b$ $a$", "$_ë1$'$_ë1$"] {
            check(string, TokenKind::DollarString);
        }
        for name in [r#""a "" b""#, r#"U&"d\0061""#] {
            check(name, TokenKind::QuotedIdentifier);
        }
    }

    #[test]
    fn comments_nest_and_operators_end_where_a_comment_begins() {
        assert_eq!(lex("/* a /* b */ ; */x"), [(TokenKind::Identifier, "x")]);
        assert_eq!(
            lex("1 +-- one\n::y"),
            [
                (TokenKind::Number, "1"),
                (TokenKind::Operator, "+"),
                (TokenKind::Operator, "::"),
                (TokenKind::Identifier, "y")
            ]
        );
    }

    #[test]
    fn numbers_and_ranges() {
        for number in ["1", "1.5", ".5", "1e10", "1.5E-3", "0xFF", "1_000"] {
            check(number, TokenKind::Number);
        }
        assert_eq!(lex("1..10").len(), 3);
        assert_eq!(lex("a$b$").len(), 1, "a dollar inside a name opens nothing");
        check("$1", TokenKind::Parameter);
    }

    #[test]
    fn what_never_ends_is_shown_where_it_begins() {
        for (source, opening, text) in [
            ("SELECT 'a", Opening::String, "'"),
            ("SELECT E'a\\'", Opening::String, "E'"),
            ("DO $x$ $$", Opening::DollarString, "$x$"),
            ("/* /* */", Opening::BlockComment, "/*"),
            ("\"a", Opening::QuotedIdentifier, "\""),
        ] {
            let found = unterminated(source, &tokens(source)).expect(source);
            assert_eq!((found.opening, found.span.text(source)), (opening, text));
        }
        assert_eq!(unterminated("SELECT 1", &tokens("SELECT 1")), None);
    }

    #[test]
    fn a_body_is_lexed_in_the_files_own_offsets() {
        let source = "DO $x$ BEGIN COMMIT; END $x$";
        let body = tokens(source).iter().find_map(|t| t.dollar_body(source)).expect("a body");
        let words: Vec<_> = tokens_within(source, body)
            .into_iter()
            .filter(|t| !t.is_trivia())
            .map(|t| t.text(source))
            .collect();
        assert_eq!(words, ["BEGIN", "COMMIT", ";", "END"]);
    }
}
