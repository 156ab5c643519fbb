//! Reads names and keywords from a run of meaningful tokens: as much grammar as the rules need, and no more.

use crate::lexer::{Token, TokenKind};
use crate::source::Span;

/// A possibly qualified name, folded as the server folds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// All parts, outermost first; at least one.
    parts: Vec<String>,
    /// The whole name.
    pub(crate) span: Span,
}

impl Name {
    /// The last part.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The part before the last: of a relation, its schema.
    pub(crate) fn qualifier(&self) -> Option<&str> {
        self.parts.iter().rev().nth(1).map(String::as_str)
    }

    /// The name without its last part: of a column, its table.
    pub(crate) fn parent(&self) -> Option<Name> {
        let (_, parts) = self.parts.split_last()?;
        (!parts.is_empty()).then(|| Name { parts: parts.to_vec(), span: self.span })
    }

    /// The name inside of a string, `'public.drivers'::regclass`.
    pub(crate) fn from_text(text: &str, span: Span) -> Option<Name> {
        let tokens = crate::lexer::tokens(text);
        let mut cursor = Cursor::new(text, &tokens);
        let name = cursor.name()?;
        cursor.is_at_end().then_some(Name { span, ..name })
    }
}

/// A place in a run of tokens.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(source: &'a str, tokens: &'a [Token]) -> Self {
        Cursor { source, tokens, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// The token `distance` before the next one.
    pub(crate) fn before(&self, distance: usize) -> Option<Token> {
        self.at.checked_sub(distance).and_then(|at| self.tokens.get(at)).copied()
    }

    pub(crate) fn bump(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(self.source, word))
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(self.source, symbol))
    }

    /// Whether one of these words is next; if so, goes past it.
    pub(crate) fn eat_any(&mut self, words: &[&str]) -> bool {
        let found = words.iter().any(|word| self.is(word));
        self.at += usize::from(found);
        found
    }

    /// Whether all these words are next; if so, goes past them.
    pub(crate) fn eat(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(i, word)| {
            self.tokens.get(self.at + i).is_some_and(|token| token.is_word(self.source, word))
        });
        self.at += if found { words.len() } else { 0 };
        found
    }

    pub(crate) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// A name, qualified or not; goes past it.
    pub(crate) fn name(&mut self) -> Option<Name> {
        let first = self.peek()?;
        let mut name = Name { parts: vec![identifier(self.source, first)?], span: first.span };
        self.at += 1;
        while self.is_symbol(".") {
            let Some(part) = self.tokens.get(self.at + 1) else { break };
            let Some(text) = identifier(self.source, *part) else { break };
            name.parts.push(text);
            name.span.end = part.span.end;
            self.at += 2;
        }
        Some(name)
    }

    /// Goes past a parenthesis that is next, to behind its closing one.
    pub(crate) fn skip_parentheses(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            if token.is_symbol(self.source, "(") {
                depth += 1;
            } else if token.is_symbol(self.source, ")") {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 && !token.is_symbol(self.source, ")") {
                return;
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
}

/// The name that an identifier token stands for: folded to lower case, or unquoted; cut to the 63 bytes that Postgres keeps.
pub(crate) fn identifier(source: &str, token: Token) -> Option<String> {
    let text = token.text(source);
    let mut name = match token.kind {
        TokenKind::Identifier => text.to_lowercase(),
        // The escapes of U&"…" are left as they are: nobody names a table like that.
        TokenKind::QuotedIdentifier => text.get(text.find('"')? + 1..text.len() - 1)?.replace("\"\"", "\""),
        _ => return None,
    };
    let mut length = name.len().min(63);
    while !name.is_char_boundary(length) {
        length -= 1;
    }
    name.truncate(length);
    Some(name)
}

/// The content of a plain string token that has no doubled quotes, with its span in the file.
pub(crate) fn string_content(source: &str, token: Token) -> Option<Span> {
    if let Some(body) = token.dollar_body(source) {
        return Some(body);
    }
    let text = token.text(source);
    let plain =
        token.kind == TokenKind::String && text.starts_with('\'') && !text[1..text.len() - 1].contains('\'');
    plain.then(|| Span::new(token.span.start + 1, token.span.end - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::tokens;

    fn names(source: &str) -> Vec<(String, Option<String>)> {
        let tokens: Vec<_> = tokens(source).into_iter().filter(|token| !token.is_trivia()).collect();
        let mut cursor = Cursor::new(source, &tokens);
        let mut found = Vec::new();
        while !cursor.is_at_end() {
            match cursor.name() {
                Some(name) => found.push((name.last().to_owned(), name.qualifier().map(str::to_owned))),
                None => drop(cursor.bump()),
            }
        }
        found
    }

    #[test]
    fn names_are_folded_unquoted_and_qualified() {
        let expected = [("drivers", None), ("Stage Times", Some("public")), ("c", Some("b"))];
        let expected: Vec<_> = expected.map(|(name, of)| (name.to_owned(), of.map(str::to_owned))).into();
        assert_eq!(names(r#"Drivers, public."Stage Times", a.b.c"#), expected);
    }

    #[test]
    fn names_are_cut_where_postgres_cuts_them() {
        assert_eq!(names(&"x".repeat(70))[0].0.len(), 63);
        assert_eq!(names(&"ë".repeat(40))[0].0.len(), 62);
    }
}
