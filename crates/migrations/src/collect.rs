//! Follows migrations statement by statement and keeps the list of named objects that exist after them.

use crate::commands::{Command, commands};
use crate::cursor::{Cursor, Name, identifier};
use crate::file::Migration;
use crate::lexer::Token;
use crate::objects::{Kind, Object};
use crate::source::position;

/// The objects so far.
#[derive(Default)]
pub(crate) struct Collector {
    found: Vec<Found>,
}

struct Found {
    object: Object,
    /// The names in the definition: dropping a column drops the constraints and indexes that use it.
    words: Vec<String>,
}

/// The place in the file that is being read.
struct Reading<'a> {
    migration: &'a Migration,
    /// From `SET search_path`, which lasts to the end of the file.
    schema: Option<String>,
    /// What the command makes is there afterwards. What it drops counts as dropped either way.
    certain: bool,
}

impl Reading<'_> {
    fn source(&self) -> &str {
        &self.migration.source
    }

    fn schema_of(&self, name: &Name) -> Option<String> {
        name.qualifier().map(str::to_owned).or_else(|| self.schema.clone())
    }
}

impl Collector {
    /// Follows one file.
    pub(crate) fn read(&mut self, migration: &Migration) {
        let mut reading = Reading { migration, schema: None, certain: true };
        for Command { tokens, certain } in commands(&migration.source) {
            reading.certain = certain;
            self.command(&mut reading, &tokens);
        }
    }

    pub(crate) fn into_objects(self) -> Vec<Object> {
        self.found.into_iter().map(|found| found.object).collect()
    }

    fn command(&mut self, reading: &mut Reading<'_>, tokens: &[Token]) {
        let source = reading.migration.source.as_str();
        let mut cursor = Cursor::new(source, tokens);
        if cursor.eat(&["set"]) {
            cursor.eat_any(&["local", "session"]);
            if cursor.eat(&["search_path"]) && (cursor.eat(&["to"]) || cursor.eat_symbol("=")) {
                reading.schema = cursor.name().map(|name| name.last().to_owned());
            }
        } else if cursor.eat(&["create"]) {
            self.create(reading, &mut cursor, tokens);
        } else if cursor.eat(&["alter", "table"]) {
            self.alter_table(reading, &mut cursor, tokens);
        } else if cursor.eat(&["alter", "index"]) {
            cursor.eat(&["if", "exists"]);
            if let (Some(from), true, Some(to)) =
                (cursor.name(), cursor.eat(&["rename", "to"]), cursor.name())
            {
                self.change(
                    |object| object.kind == Kind::Index && object.name == from.last(),
                    |object| object.name = to.last().to_owned(),
                );
            }
        } else if cursor.eat(&["drop"]) {
            self.drop(reading, &mut cursor);
        }
    }

    fn create(&mut self, reading: &Reading<'_>, cursor: &mut Cursor<'_>, tokens: &[Token]) {
        cursor.eat_any(&["unlogged"]);
        let unique = cursor.eat_any(&["unique"]);
        if cursor.eat(&["table"]) {
            cursor.eat(&["if", "not", "exists"]);
            let Some(table) = cursor.name().filter(|name| name.qualifier() != Some("pg_temp")) else {
                return;
            };
            self.add(reading, Kind::Table, &table, &table, &[]);
            if !cursor.eat_symbol("(") {
                return;
            }
            loop {
                let start = cursor.at();
                let more = cursor.next_item();
                self.add_constraints(reading, &table, &tokens[start..cursor.at()]);
                if !more {
                    return;
                }
            }
        } else if cursor.eat(&["index"]) {
            cursor.eat(&["concurrently"]);
            cursor.eat(&["if", "not", "exists"]);
            // An index without a name gets one from the server.
            let Some(index) = (!cursor.is("on")).then(|| cursor.name()).flatten() else { return };
            cursor.eat(&["on"]);
            cursor.eat(&["only"]);
            let Some(table) = cursor.name() else { return };
            let definition = &tokens[cursor.at()..];
            self.add(reading, Kind::Index, &table, &index, definition);
            if unique
                && let Some(found) = self.found.iter_mut().rfind(|found| found.object.name == index.last())
            {
                found.object.columns = index_columns(reading, definition);
            }
        }
    }

    /// `… CONSTRAINT name …` in one element of a table.
    fn add_constraints(&mut self, reading: &Reading<'_>, table: &Name, element: &[Token]) {
        for at in (0..element.len()).filter(|at| element[*at].is_word(reading.source(), "constraint")) {
            let mut cursor = Cursor::new(reading.source(), &element[at + 1..]);
            if let Some(name) = cursor.name() {
                self.add(reading, Kind::Constraint, table, &name, element);
            }
        }
    }

    fn alter_table(&mut self, reading: &Reading<'_>, cursor: &mut Cursor<'_>, tokens: &[Token]) {
        cursor.eat(&["if", "exists"]);
        cursor.eat(&["only"]);
        let Some(table) = cursor.name() else { return };
        cursor.eat_symbol("*");
        loop {
            let start = cursor.at();
            let more = cursor.next_item();
            self.action(reading, &table, &tokens[start..cursor.at()]);
            if !more {
                return;
            }
        }
    }

    /// One of the comma-separated actions of ALTER TABLE.
    fn action(&mut self, reading: &Reading<'_>, table: &Name, tokens: &[Token]) {
        let mut cursor = Cursor::new(reading.source(), tokens);
        let of_table = |object: &Object| is_of(object, table);
        if cursor.eat(&["add", "constraint"]) {
            let Some(name) = cursor.name() else { return };
            self.add(reading, Kind::Constraint, table, &name, tokens);
            let mut rest = cursor;
            while rest.bump().is_some() {
                if rest.eat(&["using", "index"])
                    && let Some(index) = rest.name()
                {
                    self.remove(|object| object.kind == Kind::Index && object.name == index.last());
                }
            }
        } else if cursor.eat(&["add"]) {
            if ["primary", "unique", "check", "foreign", "exclude"].iter().any(|word| cursor.is(word)) {
                return;
            }
            cursor.eat(&["column"]);
            cursor.eat(&["if", "not", "exists"]);
            if let Some(name) = cursor.name() {
                self.add(reading, Kind::Column, table, &name, &[]);
                self.add_constraints(reading, table, tokens);
            }
        } else if cursor.eat(&["drop", "constraint"]) {
            cursor.eat(&["if", "exists"]);
            if let Some(name) = cursor.name() {
                self.remove(|object| {
                    of_table(object) && object.kind == Kind::Constraint && object.name == name.last()
                });
            }
        } else if cursor.eat(&["drop"]) {
            cursor.eat(&["column"]);
            cursor.eat(&["if", "exists"]);
            if let Some(name) = cursor.name() {
                self.found.retain(|found| {
                    !of_table(&found.object)
                        || !(found.object.kind == Kind::Column && found.object.name == name.last()
                            || found.words.iter().any(|word| word == name.last()))
                });
            }
        } else if cursor.eat(&["rename", "constraint"]) {
            self.rename(&mut cursor, |object| of_table(object) && object.kind == Kind::Constraint);
        } else if cursor.eat(&["rename", "to"]) {
            let Some(to) = cursor.name() else { return };
            self.change(of_table, |object| {
                object.table = to.last().to_owned();
                if object.kind == Kind::Table {
                    object.name = to.last().to_owned();
                }
            });
        } else if cursor.eat(&["rename"]) {
            cursor.eat(&["column"]);
            // A key goes with the new name; which one that is need not be followed to know that it exists.
            self.change(of_table, |object| object.columns.clear());
            self.rename(&mut cursor, |object| of_table(object) && object.kind == Kind::Column);
        } else if cursor.eat(&["set", "schema"]) {
            let Some(to) = cursor.name() else { return };
            self.change(of_table, |object| object.schema = Some(to.last().to_owned()));
        }
    }

    fn drop(&mut self, reading: &Reading<'_>, cursor: &mut Cursor<'_>) {
        let is_table = cursor.eat(&["table"]);
        let is_schema = !is_table && cursor.eat(&["schema"]);
        let is_index = !is_table && !is_schema && cursor.eat(&["index"]);
        if !(is_table || is_schema || is_index) {
            return;
        }
        cursor.eat(&["concurrently"]);
        cursor.eat(&["if", "exists"]);
        while let Some(name) = cursor.name() {
            match (is_table, is_schema) {
                (true, _) => self.remove(|object| is_of(object, &name)),
                (_, true) => self.remove(|object| object.schema.as_deref() == Some(name.last())),
                _ => {
                    let schema = reading.schema_of(&name);
                    self.remove(|object| {
                        object.kind == Kind::Index
                            && object.name == name.last()
                            && same_schema(&object.schema, schema.as_deref())
                    });
                }
            }
            if !cursor.eat_symbol(",") {
                return;
            }
        }
    }

    fn add(&mut self, reading: &Reading<'_>, kind: Kind, table: &Name, name: &Name, definition: &[Token]) {
        if !reading.certain {
            return;
        }
        let object = Object {
            kind,
            schema: reading.schema_of(table),
            table: table.last().to_owned(),
            name: name.last().to_owned(),
            path: reading.migration.path.clone(),
            line: position(reading.source(), name.span.start).line,
            columns: if kind == Kind::Constraint {
                key_columns(reading, definition, name)
            } else {
                Vec::new()
            },
        };
        let known = |found: &Found| {
            let other = &found.object;
            (other.kind, &other.table, &other.name) == (object.kind, &object.table, &object.name)
                && same_schema(&other.schema, object.schema.as_deref())
        };
        if !self.found.iter().any(known) {
            let words = definition.iter().filter_map(|token| identifier(reading.source(), *token)).collect();
            self.found.push(Found { object, words });
        }
    }

    fn rename(&mut self, cursor: &mut Cursor<'_>, which: impl Fn(&Object) -> bool) {
        if let (Some(from), true, Some(to)) = (cursor.name(), cursor.eat(&["to"]), cursor.name()) {
            self.change(
                |object| which(object) && object.name == from.last(),
                |object| object.name = to.last().to_owned(),
            );
        }
    }

    fn change(&mut self, which: impl Fn(&Object) -> bool, change: impl Fn(&mut Object)) {
        self.found.iter_mut().map(|found| &mut found.object).filter(|object| which(object)).for_each(change);
    }

    fn remove(&mut self, which: impl Fn(&Object) -> bool) {
        self.found.retain(|found| !which(&found.object));
    }
}

/// The columns of a UNIQUE index; none of one that holds for some rows only, or for more than plain columns.
fn index_columns(reading: &Reading<'_>, definition: &[Token]) -> Vec<String> {
    let mut cursor = Cursor::new(reading.source(), definition);
    if cursor.eat(&["using"]) {
        cursor.name();
    }
    let mut columns = Vec::new();
    if !cursor.eat_symbol("(") {
        return columns;
    }
    loop {
        columns.extend(cursor.name().map(|column| column.last().to_owned()));
        cursor.eat_any(&["asc", "desc"]);
        if cursor.eat_symbol(")") {
            break;
        }
        if !cursor.eat_symbol(",") {
            return Vec::new();
        }
    }
    while let Some(token) = cursor.bump() {
        if token.is_word(reading.source(), "where") {
            return Vec::new();
        }
    }
    columns
}

/// The columns in `CONSTRAINT name UNIQUE (…)` and `CONSTRAINT name PRIMARY KEY (…)`; none where the definition is of another kind.
fn key_columns(reading: &Reading<'_>, definition: &[Token], name: &Name) -> Vec<String> {
    let Some(behind) = definition.iter().position(|token| token.span.start >= name.span.end) else {
        return Vec::new();
    };
    let mut cursor = Cursor::new(reading.source(), &definition[behind..]);
    if !cursor.eat(&["unique"]) && !cursor.eat(&["primary", "key"]) {
        return Vec::new();
    }
    cursor.key_columns()
}

fn is_of(object: &Object, table: &Name) -> bool {
    object.table == table.last() && same_schema(&object.schema, table.qualifier())
}

/// A name without a schema and one in `public` are taken for the same: what is dropped must not be missed.
fn same_schema(a: &Option<String>, b: Option<&str>) -> bool {
    a.as_deref().unwrap_or("public") == b.unwrap_or("public")
}
