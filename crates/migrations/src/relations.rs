//! Which relations a file touches without creating them itself: for the `phase-order` rule of `cargo xtask check` (a `pre` file
//! must not name a managed collection, which Directus creates only afterwards).
//!
//! Statements and DO bodies are read, also `EXECUTE '…'`; bodies of functions only when they are SQL, because PL/pgSQL looks at
//! names when it runs. `ALTER TABLE IF EXISTS x` counts: on a first boot it would do nothing, and say so only in a notice.

use crate::commands::{commands, meaningful};
use crate::cursor::{Cursor, Name, string_content};
use crate::lexer::{Token, TokenKind};
use crate::source::Span;
use std::collections::BTreeSet;

/// One mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The relation, folded as the server folds it.
    pub name: String,
    /// Its schema, if it is written.
    pub schema: Option<String>,
    /// Where.
    pub span: Span,
}

/// The relations that `source` touches, in order of appearance, without those that it creates.
pub fn relations_mentioned(source: &str) -> Vec<Mention> {
    let mut reader = Reader { source, mentions: Vec::new(), own: BTreeSet::new() };
    // Own names of one command (WITH x AS) hide that name in the whole file; nobody names a query like a collection it reads.
    for tokens in commands(source) {
        reader.command(&tokens);
    }
    let Reader { mut mentions, own, .. } = reader;
    mentions.retain(|mention| !own.contains(&mention.name));
    mentions.sort_by_key(|mention| mention.span);
    mentions.dedup();
    mentions
}

struct Reader<'a> {
    source: &'a str,
    mentions: Vec<Mention>,
    /// What the file creates: tables, views, queries of WITH.
    own: BTreeSet<String>,
}

impl Reader<'_> {
    fn command(&mut self, tokens: &[Token]) {
        self.head(Cursor::new(self.source, tokens));
        self.body(tokens);
        if let Some(body) = self.sql_function_body(tokens) {
            self.body(&meaningful(self.source, body));
        }
    }

    /// What the first words of a command say.
    fn head(&mut self, mut cursor: Cursor<'_>) {
        if cursor.eat(&["create"]) {
            self.create(cursor);
        } else if cursor.eat(&["alter", "table"]) || cursor.eat(&["alter", "foreign", "table"]) {
            cursor.eat(&["if", "exists"]);
            cursor.eat(&["only"]);
            self.mention(cursor.name());
            if cursor.eat(&["rename", "to"]) {
                self.own.extend(cursor.name().map(|name| name.last().to_owned()));
            }
        } else if cursor.eat(&["drop", "table"]) {
            cursor.eat(&["if", "exists"]);
            self.list(cursor);
        } else if cursor.eat(&["drop", "trigger"])
            || cursor.eat(&["drop", "policy"])
            || cursor.eat(&["drop", "rule"])
        {
            self.behind_on(cursor);
        } else if cursor.eat(&["truncate"]) || cursor.eat(&["lock"]) {
            cursor.eat(&["table"]);
            cursor.eat(&["only"]);
            self.list(cursor);
        } else if cursor.eat(&["comment", "on"]) {
            if cursor.eat(&["table"]) {
                self.mention(cursor.name());
            } else if cursor.eat(&["column"]) {
                self.mention(cursor.name().and_then(|name| name.parent()));
            } else {
                self.behind_on(cursor);
            }
        } else if cursor.eat_any(&["grant", "revoke"]) {
            self.grant(cursor);
        } else if cursor.eat(&["copy"])
            || cursor.eat(&["analyze"])
            || cursor.eat(&["refresh", "materialized", "view"])
        {
            // `COPY (SELECT …)` has no name here; its FROM is read like any other.
            self.mention(cursor.name());
        }
    }

    fn create(&mut self, mut cursor: Cursor<'_>) {
        cursor.eat(&["or", "replace"]);
        while cursor.eat_any(&[
            "temp",
            "temporary",
            "local",
            "global",
            "unlogged",
            "recursive",
            "materialized",
            "foreign",
            "unique",
            "constraint",
        ]) {}
        if cursor.eat_any(&["table", "view"]) {
            cursor.eat(&["if", "not", "exists"]);
            self.own.extend(cursor.name().map(|name| name.last().to_owned()));
            if cursor.eat(&["partition", "of"]) {
                self.mention(cursor.name());
            }
        } else if cursor.eat_any(&["index", "trigger", "policy"]) {
            self.behind_on(cursor);
        } else if cursor.eat(&["rule"]) {
            while cursor.bump().is_some() {
                if cursor.eat(&["to"]) {
                    return self.mention(cursor.name());
                }
            }
        }
    }

    /// `GRANT … ON [TABLE] a, b TO …`, but not `ON SCHEMA s` and the like.
    fn grant(&mut self, mut cursor: Cursor<'_>) {
        const OTHERS: [&str; 12] = [
            "all",
            "schema",
            "function",
            "procedure",
            "routine",
            "sequence",
            "database",
            "type",
            "domain",
            "language",
            "foreign",
            "tablespace",
        ];
        while !cursor.is_at_end() && !cursor.eat(&["on"]) {
            cursor.bump();
        }
        cursor.eat(&["table"]);
        if !OTHERS.iter().any(|word| cursor.is(word)) {
            self.list(cursor);
        }
    }

    /// The name behind the first ON.
    fn behind_on(&mut self, mut cursor: Cursor<'_>) {
        while !cursor.is_at_end() {
            if cursor.eat(&["on"]) {
                cursor.eat(&["only"]);
                return self.mention(cursor.name());
            }
            cursor.bump();
        }
    }

    fn list(&mut self, mut cursor: Cursor<'_>) {
        loop {
            self.mention(cursor.name());
            cursor.eat_symbol("*");
            if !cursor.eat_symbol(",") {
                return;
            }
            cursor.eat(&["only"]);
        }
    }

    /// What keywords inside of a command say, wherever they stand.
    fn body(&mut self, tokens: &[Token]) {
        let mut cursor = Cursor::new(self.source, tokens);
        // For every open parenthesis, whether it is that of EXTRACT(x FROM y) and its like.
        let mut calls = vec![false];
        let follows = |cursor: &Cursor<'_>, words: &[&str]| {
            cursor.before(2).is_some_and(|token| words.iter().any(|word| token.is_word(self.source, word)))
        };
        while let Some(token) = cursor.bump() {
            match token.text(self.source).to_ascii_lowercase().as_str() {
                "(" => calls.push(follows(&cursor, &["extract", "substring", "trim", "overlay", "position"])),
                ")" => drop(if calls.len() > 1 { calls.pop() } else { None }),
                "from" if calls.last() == Some(&false) && !follows(&cursor, &["distinct"]) => {
                    self.from(&mut cursor)
                }
                "join" => self.source_item(&mut cursor),
                "references" => self.mention(cursor.name()),
                "into" if follows(&cursor, &["insert", "merge"]) => self.mention(cursor.name()),
                "update"
                    if !follows(
                        &cursor,
                        &["for", "on", "do", "or", "before", "after", "of", "key", "then"],
                    ) =>
                {
                    self.update(&mut cursor);
                }
                "with" | "," => self.query_name(cursor),
                "create_hypertable" if cursor.is_symbol("(") => self.first_argument(cursor),
                _ if token.kind == TokenKind::String => self.cast_string(token, cursor),
                _ => {}
            }
        }
    }

    fn update(&mut self, cursor: &mut Cursor<'_>) {
        cursor.eat(&["only"]);
        let mut ahead = *cursor;
        let name = ahead.name();
        // `GRANT UPDATE ON t`, `UPDATE OF a ON t` have no SET behind the name.
        let is_command = ahead.is("set") || {
            ahead.eat(&["as"]);
            ahead.name().is_some() && ahead.is("set")
        };
        if is_command {
            self.mention(name);
        }
    }

    /// `a [AS] x, b …`
    fn from(&mut self, cursor: &mut Cursor<'_>) {
        loop {
            let before = cursor.at();
            self.source_item(cursor);
            if cursor.at() == before {
                return;
            }
            let mut ahead = *cursor;
            ahead.eat(&["as"]);
            let end = [
                "where", "join", "left", "right", "full", "inner", "cross", "natural", "on", "group",
                "order", "limit", "union", "set",
            ];
            if !end.iter().any(|word| ahead.is(word)) {
                ahead.name();
            }
            if !ahead.eat_symbol(",") {
                return;
            }
            cursor.seek(ahead.at());
        }
    }

    /// A table of FROM or JOIN; not a function, not a subquery.
    fn source_item(&mut self, cursor: &mut Cursor<'_>) {
        cursor.eat(&["only"]);
        if cursor.is("lateral") || cursor.is("rows") || cursor.is("stdin") {
            return;
        }
        let mut ahead = *cursor;
        let Some(name) = ahead.name() else { return };
        if ahead.is_symbol("(") {
            return;
        }
        cursor.seek(ahead.at());
        self.mention(Some(name));
    }

    /// `WITH [RECURSIVE] name [(…)] AS [NOT MATERIALIZED] (`, also behind a comma.
    fn query_name(&mut self, mut cursor: Cursor<'_>) {
        cursor.eat(&["recursive"]);
        let Some(name) = cursor.name() else { return };
        if cursor.is_symbol("(") {
            cursor.skip_parentheses();
        }
        if cursor.eat(&["as"]) {
            cursor.eat(&["not"]);
            cursor.eat(&["materialized"]);
            if cursor.is_symbol("(") {
                self.own.insert(name.last().to_owned());
            }
        }
    }

    /// `'x'::regclass`. `to_regclass('x')` is a question, not a touch.
    fn cast_string(&mut self, token: Token, mut cursor: Cursor<'_>) {
        if cursor.eat_symbol("::") && cursor.is("regclass") {
            self.mention_string(token);
        }
    }

    fn first_argument(&mut self, mut cursor: Cursor<'_>) {
        cursor.bump();
        if let Some(token) = cursor.peek() {
            self.mention_string(token);
        }
    }

    fn mention_string(&mut self, token: Token) {
        let name =
            string_content(self.source, token).and_then(|span| Name::from_text(span.text(self.source), span));
        self.mention(name);
    }

    fn mention(&mut self, name: Option<Name>) {
        if let Some(name) = name {
            let schema = name.qualifier().map(str::to_owned);
            self.mentions.push(Mention { name: name.last().to_owned(), schema, span: name.span });
        }
    }

    fn sql_function_body(&self, tokens: &[Token]) -> Option<Span> {
        let is_routine = tokens.first()?.is_word(self.source, "create")
            && tokens.iter().take(4).any(|token| {
                token.is_word(self.source, "function") || token.is_word(self.source, "procedure")
            });
        let is_sql = tokens.windows(2).any(|pair| {
            pair[0].is_word(self.source, "language")
                && pair[1].text(self.source).trim_matches('\'').eq_ignore_ascii_case("sql")
        });
        (is_routine && is_sql)
            .then(|| tokens.iter().find_map(|token| token.dollar_body(self.source)))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(source: &str, expected: &[&str]) {
        let found: Vec<_> = relations_mentioned(source).into_iter().map(|mention| mention.name).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn every_way_to_touch_a_table_is_seen() {
        for statement in [
            "ALTER TABLE IF EXISTS ONLY public.drivers ADD COLUMN a int",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON drivers (a, b)",
            "CREATE INDEX ON ONLY drivers (a)",
            "CREATE OR REPLACE TRIGGER t BEFORE UPDATE OF a ON Drivers FOR EACH ROW EXECUTE FUNCTION f()",
            "INSERT INTO \"drivers\" (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
            "UPDATE ONLY drivers d SET a = 1",
            "DELETE FROM drivers WHERE extract(epoch FROM a) > 1",
            "SELECT 1 FROM generate_series(1, 2) g JOIN drivers d ON d.a = g",
            "SELECT a IS DISTINCT FROM b FROM drivers",
            "TRUNCATE TABLE drivers",
            "DROP TABLE IF EXISTS drivers",
            "COMMENT ON TABLE drivers IS 'x'",
            "COMMENT ON COLUMN public.drivers.a IS 'x'",
            "COMMENT ON CONSTRAINT c ON drivers IS 'x'",
            "SELECT 'public.drivers'::regclass",
            "SELECT create_hypertable('drivers', 'at')",
            "GRANT SELECT, UPDATE ON drivers TO reader",
            "COPY drivers (a) FROM '/x'",
            "DO $$ BEGIN IF true THEN ALTER TABLE drivers ADD CONSTRAINT c UNIQUE (a, b); END IF; END $$",
            "DO $$ BEGIN EXECUTE 'ALTER TABLE drivers ADD a int'; END $$",
            "CREATE VIEW v AS SELECT * FROM drivers",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM drivers $$",
        ] {
            check(statement, &["drivers"]);
        }
        check("SELECT * FROM a x, public.b AS y, c WHERE true", &["a", "b", "c"]);
        check("CREATE TABLE own (a int REFERENCES drivers (id))", &["drivers"]);
        check("DROP TABLE a, b CASCADE", &["a", "b"]);
    }

    #[test]
    fn what_the_file_makes_itself_is_not_a_mention() {
        check(
            "CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX ON t (a); INSERT INTO t SELECT 1; ALTER TABLE t RENAME TO u; TRUNCATE u",
            &[],
        );
        check("WITH RECURSIVE x AS (SELECT 1), y (a) AS MATERIALIZED (SELECT 2) SELECT * FROM x, y", &[]);
    }

    #[test]
    fn what_only_looks_like_a_table_is_not_a_mention() {
        check("SELECT 'FROM drivers' -- FROM drivers", &[]);
        check(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 FROM drivers; RETURN NEW; END $$",
            &[],
        );
        check("SELECT to_regclass('drivers'), trim(both 'x' from 'y')", &[]);
        check("SELECT * FROM (SELECT 1) q, LATERAL f(1)", &[]);
        check("GRANT USAGE ON SCHEMA public TO reader", &[]);
    }

    proptest! {
        #[test]
        fn no_sequence_of_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(vec![
            "create", "table", "index", "on", "alter", "add", "constraint", "drop", "column", "rename", "to", "from", "update", "set",
            "with", "as", "(", ")", ",", ".", ";", "$$", "do", "begin", "then", "execute", "'x'", "'", "::", "regclass", "\"q\"", "x",
            "language", "sql", "function", "if", "exists", "copy", "grant", "primary", "key", "unique", "create_hypertable", "\\", "\""]), 0..25)) {
            let source = words.join(" ");
            relations_mentioned(&source);
            crate::hazards::hazards(&source);
        }
    }
}
