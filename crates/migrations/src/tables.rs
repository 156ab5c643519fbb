//! What the tables that migrations make look like: their columns, keys and hypertables, for a picture of the schema. Pure. As in
//! [`crate::objects`], what is not understood is left out, so that nothing is shown that is not there.

use crate::commands::{Command, commands};
use crate::cursor::{Cursor, Name, string_content};
use crate::file::Migration;
use crate::lexer::Token;
use std::sync::Arc;

/// One table, as all migrations leave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name, without a schema.
    pub name: String,
    /// In their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in order.
    pub key: Vec<String>,
    /// The columns of each UNIQUE, in order.
    pub unique: Vec<Vec<String>>,
    /// The column by which TimescaleDB divides it, when it is a hypertable.
    pub hypertable_by: Option<String>,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the migration spells it: `double precision`.
    pub kind: String,
    /// Whether it is NOT NULL.
    pub required: bool,
    /// `schema.table` or `table` that it refers to.
    pub references: Option<String>,
}

/// The tables that `migrations`, run in this order, leave.
pub fn tables<'a>(migrations: impl IntoIterator<Item = &'a Arc<Migration>>) -> Vec<Table> {
    let mut tables = Vec::new();
    for migration in migrations {
        for Command { tokens, certain } in commands(&migration.source) {
            Reader { source: &migration.source, tables: &mut tables, certain }.command(&tokens);
        }
    }
    tables
}

struct Reader<'a> {
    source: &'a str,
    tables: &'a mut Vec<Table>,
    /// As [`Command::certain`]: what may not happen makes nothing.
    certain: bool,
}

impl Reader<'_> {
    fn command(&mut self, tokens: &[Token]) {
        let mut cursor = Cursor::new(self.source, tokens);
        if cursor.eat(&["create"]) {
            cursor.eat_any(&["unlogged"]);
            if cursor.eat(&["table"]) && self.certain {
                self.create(cursor, tokens);
            }
        } else if cursor.eat(&["alter", "table"]) {
            self.alter(cursor, tokens);
        } else if cursor.eat(&["drop", "table"]) {
            cursor.eat(&["if", "exists"]);
            while let Some(name) = cursor.name() {
                self.tables.retain(|table| table.name != name.last());
                if !cursor.eat_symbol(",") {
                    return;
                }
            }
        } else if self.certain {
            self.hypertable(tokens);
        }
    }

    fn create(&mut self, mut cursor: Cursor<'_>, tokens: &[Token]) {
        cursor.eat(&["if", "not", "exists"]);
        let Some(name) = cursor.name().filter(|name| name.qualifier() != Some("pg_temp")) else { return };
        if self.tables.iter().any(|table| table.name == name.last()) || !cursor.eat_symbol("(") {
            return;
        }
        let mut table = Table { name: name.last().to_owned(), ..Table::default() };
        let mut depth = 1_usize;
        let (mut start, mut at) = (cursor.at(), cursor.at());
        for token in &tokens[cursor.at()..] {
            match token.text(self.source) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && token.is_symbol(self.source, ",")) {
                self.element(&mut table, &tokens[start..at]);
                start = at + 1;
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
        table.hypertable_by = self.hypertable_option(&tokens[at.min(tokens.len())..]);
        self.tables.push(table);
    }

    /// A column, or a constraint of the table.
    fn element(&self, table: &mut Table, tokens: &[Token]) {
        let mut cursor = Cursor::new(self.source, tokens);
        if cursor.eat(&["constraint"]) {
            cursor.name();
        } else if ["like", "check", "exclude", "foreign"].iter().any(|word| cursor.is(word)) {
            return;
        }
        if cursor.at() > 0 || cursor.is("primary") || cursor.is("unique") {
            self.key(table, cursor);
        } else if let Some(column) = self.column(table, cursor) {
            table.columns.push(column);
        }
    }

    /// `PRIMARY KEY (…)` and `UNIQUE (…)` of a table.
    fn key(&self, table: &mut Table, mut cursor: Cursor<'_>) {
        let is_primary = cursor.eat(&["primary", "key"]);
        if !is_primary && !cursor.eat(&["unique"]) {
            return;
        }
        let columns = cursor.key_columns();
        if columns.is_empty() {
            return;
        }
        if is_primary {
            table
                .columns
                .iter_mut()
                .filter(|each| columns.contains(&each.name))
                .for_each(|each| each.required = true);
            table.key = columns;
        } else {
            table.unique.push(columns);
        }
    }

    /// `name type …`; what the column says about keys goes to the table.
    fn column(&self, table: &mut Table, mut cursor: Cursor<'_>) -> Option<Column> {
        const ENDS: [&str; 13] = [
            "constraint",
            "not",
            "null",
            "default",
            "primary",
            "unique",
            "references",
            "check",
            "generated",
            "collate",
            "compression",
            "storage",
            "using",
        ];
        let name = cursor.name()?.last().to_owned();
        let mut column = Column { name: name.clone(), ..Column::default() };
        while let Some(token) = cursor.peek() {
            if ENDS.iter().any(|word| token.is_word(self.source, word)) {
                break;
            }
            let text = token.text(self.source);
            let joined =
                ["(", ")", "[", "]", ",", "."].contains(&text) || column.kind.ends_with(['(', '[', '.', ',']);
            if !(column.kind.is_empty() || joined) {
                column.kind.push(' ');
            }
            column.kind.push_str(text);
            cursor.bump();
        }
        if column.kind.is_empty() {
            return None;
        }
        while !cursor.is_at_end() {
            if cursor.eat(&["not", "null"]) {
                column.required = true;
            } else if cursor.eat(&["primary", "key"]) {
                column.required = true;
                table.key = vec![name.clone()];
            } else if cursor.eat(&["unique"]) {
                table.unique.push(vec![name.clone()]);
            } else if cursor.eat(&["references"]) {
                column.references = cursor.name().map(|name| name.last().to_owned());
            } else if cursor.is_symbol("(") {
                cursor.skip_parentheses();
            } else {
                cursor.bump();
            }
        }
        Some(column)
    }

    fn alter(&mut self, mut cursor: Cursor<'_>, tokens: &[Token]) {
        cursor.eat(&["if", "exists"]);
        cursor.eat(&["only"]);
        let Some(name) = cursor.name() else { return };
        cursor.eat_symbol("*");
        loop {
            let start = cursor.at();
            let more = cursor.next_item();
            let end = if more { cursor.at() - 1 } else { cursor.at() };
            self.action(&name, &tokens[start..end]);
            if !more {
                return;
            }
        }
    }

    fn action(&mut self, name: &Name, tokens: &[Token]) {
        let Some(at) = self.tables.iter().position(|table| table.name == name.last()) else { return };
        let mut table = self.tables.remove(at);
        let mut cursor = Cursor::new(self.source, tokens);
        if cursor.eat(&["add"]) && self.certain {
            if cursor.eat(&["constraint"]) {
                cursor.name();
                self.key(&mut table, cursor);
            } else if cursor.is("primary") || cursor.is("unique") {
                self.key(&mut table, cursor);
            } else if !["check", "foreign", "exclude"].iter().any(|word| cursor.is(word)) {
                cursor.eat(&["column"]);
                cursor.eat(&["if", "not", "exists"]);
                let column = self.column(&mut table, cursor);
                table.columns.extend(
                    column.filter(|column| table.columns.iter().all(|each| each.name != column.name)),
                );
            }
        } else if cursor.eat(&["drop"]) && !cursor.is("constraint") {
            cursor.eat(&["column"]);
            cursor.eat(&["if", "exists"]);
            if let Some(column) = cursor.name() {
                table.columns.retain(|each| each.name != column.last());
                table.unique.retain(|key| !key.iter().any(|each| each == column.last()));
            }
        } else if cursor.eat(&["rename", "to"]) {
            table.name = cursor.name().map_or(table.name, |to| to.last().to_owned());
        } else if cursor.eat(&["rename"]) && !cursor.is("constraint") {
            cursor.eat(&["column"]);
            if let (Some(from), true, Some(to)) = (cursor.name(), cursor.eat(&["to"]), cursor.name()) {
                let keys = table.unique.iter_mut().chain([&mut table.key]).flatten();
                let names = table.columns.iter_mut().map(|column| &mut column.name).chain(keys);
                names.filter(|each| **each == from.last()).for_each(|each| *each = to.last().to_owned());
            }
        } else if cursor.eat(&["alter"]) {
            cursor.eat(&["column"]);
            if let Some(column) = cursor.name()
                && let Some(column) = table.columns.iter_mut().find(|each| each.name == column.last())
            {
                if cursor.eat(&["set", "not", "null"]) {
                    column.required = true;
                } else if cursor.eat(&["drop", "not", "null"]) {
                    column.required = false;
                }
            }
        }
        self.tables.insert(at, table);
    }

    /// `SELECT create_hypertable('table', 'column', …)`, also with `by_range('column')` and with names before the arguments.
    fn hypertable(&mut self, tokens: &[Token]) {
        let Some(call) = tokens.iter().position(|token| token.is_word(self.source, "create_hypertable"))
        else {
            return;
        };
        let mut strings = tokens[call..].iter().filter_map(|token| string_content(self.source, *token));
        let (Some(table), Some(column)) = (strings.next(), strings.next()) else { return };
        let name = Name::from_text(table.text(self.source), table);
        let name = name.as_ref().map_or("", |name| name.last());
        if let Some(table) = self.tables.iter_mut().find(|table| table.name == name) {
            table.hypertable_by = Some(column.text(self.source).to_owned());
        }
    }

    /// `WITH (timescaledb.hypertable, timescaledb.partition_column = 'column')` behind a table.
    fn hypertable_option(&self, tokens: &[Token]) -> Option<String> {
        let is = |word: &str| tokens.iter().position(|token| token.is_word(self.source, word));
        is("timescaledb")?;
        is("hypertable")?;
        let behind = tokens.get(is("partition_column")?..)?;
        let column = behind.iter().find_map(|token| string_content(self.source, *token))?;
        Some(column.text(self.source).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Phase;

    /// Each table on one line.
    fn check(sources: &[&str], expected: &[&str]) {
        let files: Vec<_> = sources
            .iter()
            .map(|source| Arc::new(Migration::new(Phase::Pre, 1, "1_a.sql", *source)))
            .collect();
        let lines: Vec<String> = tables(&files).iter().map(line).collect();
        assert_eq!(lines, expected);
    }

    fn line(table: &Table) -> String {
        let column = |column: &Column| {
            let required = if column.required { "!" } else { "" };
            let references = column.references.as_ref().map(|to| format!(">{to}")).unwrap_or_default();
            format!("{} {}{required}{references}", column.name, column.kind)
        };
        let columns: Vec<String> = table.columns.iter().map(column).collect();
        let unique: Vec<String> = table.unique.iter().map(|key| key.join("+")).collect();
        format!(
            "{}: {}; key {}; unique {}; {}",
            table.name,
            columns.join(", "),
            table.key.join("+"),
            unique.join(" "),
            table.hypertable_by.as_deref().unwrap_or("plain")
        )
    }

    #[test]
    fn columns_keys_and_hypertables_are_read() {
        check(
            &["CREATE TABLE IF NOT EXISTS public.positions (device_id text NOT NULL, ts timestamptz, at timestamp with time zone DEFAULT now(),
                 amount numeric(10, 2) CHECK (amount > 0) NOT NULL, tags text[], \"Owner\" int REFERENCES people (id), attributes jsonb NOT NULL DEFAULT '{}',
                 CONSTRAINT positions_pkey PRIMARY KEY (device_id, ts), UNIQUE (tags, amount), CHECK (amount < 5));
               SELECT create_hypertable('public.positions', 'ts', if_not_exists => true);"],
            &["positions: device_id text!, ts timestamptz!, at timestamp with time zone, amount numeric(10,2)!, tags text[], Owner int>people, attributes jsonb!; key device_id+ts; unique tags+amount; ts"],
        );
        check(
            &["CREATE TABLE t (id bigint PRIMARY KEY, code text UNIQUE)"],
            &["t: id bigint!, code text; key id; unique code; plain"],
        );
    }

    #[test]
    fn hypertables_are_known_in_every_spelling() {
        let table = "CREATE TABLE t (ts timestamptz NOT NULL);";
        for call in [
            "SELECT create_hypertable('t', by_range('ts'))",
            "SELECT create_hypertable(relation => 't', time_column_name => 'ts')",
            "SELECT public.create_hypertable('public.t'::regclass, 'ts')",
            "DO $$ BEGIN PERFORM create_hypertable('t', 'ts'); END $$",
        ] {
            check(&[&format!("{table} {call};")], &["t: ts timestamptz!; key ; unique ; ts"]);
        }
        let option = "CREATE TABLE t (ts timestamptz NOT NULL) WITH (timescaledb.hypertable, timescaledb.partition_column = 'ts')";
        check(&[option], &["t: ts timestamptz!; key ; unique ; ts"]);
    }

    #[test]
    fn what_later_files_change_is_followed() {
        let first = "CREATE TABLE t (a int, b int, UNIQUE (a, b))";
        check(
            &[
                first,
                "ALTER TABLE t ADD COLUMN IF NOT EXISTS c boolean NOT NULL DEFAULT false, DROP COLUMN b",
            ],
            &["t: a int, c boolean!; key ; unique ; plain"],
        );
        check(
            &[first, "ALTER TABLE t RENAME COLUMN a TO x; ALTER TABLE t RENAME TO u"],
            &["u: x int, b int; key ; unique x+b; plain"],
        );
        check(
            &[first, "ALTER TABLE t ALTER COLUMN a SET NOT NULL, ADD CONSTRAINT k PRIMARY KEY (a)"],
            &["t: a int!, b int; key a; unique a+b; plain"],
        );
        check(
            &[first, "CREATE TABLE IF NOT EXISTS t (z int)"],
            &["t: a int, b int; key ; unique a+b; plain"],
        );
        check(&[first, "DROP TABLE IF EXISTS t"], &[]);
        check(
            &[
                "CREATE TEMP TABLE t (a int)",
                "CREATE TABLE u AS SELECT 1",
                "DO $$ BEGIN IF a THEN CREATE TABLE v (a int); END IF; END $$",
            ],
            &[],
        );
    }
}
