//! `snapshots/database.txt`: the catalog that this repository's files produce on an empty database, written for reviewers and for merges.
//!
//! ```text
//! # The catalog of a database that is made of this repository's files alone: the proof of every boot.
//! # `cargo xtask dry-run --write` writes it. Edit nothing but `# except KIND NAME: reason`; after a conflict, take either side and write it again.
//! # of 5c1f…  db-init/001_extensions.sql
//! # of 77e0…  snapshots/schema.yaml
//! # except table positions_2*: monthly partitions are made by date
//!
//! [managed]
//! table entries
//! column entries.id: uuid not null
//! constraint entries: PRIMARY KEY (id)
//!
//! [migrations]
//! constraint entries.entries_event_race_number_unique: UNIQUE (event, race_number)
//! ```

use crate::lines::{Class, Line};
use crate::set::Catalog;
use std::fmt;

/// Its path, relative to the artefacts' root.
pub const PATH: &str = contract::artefacts::CATALOG;

const HEAD: &str = "\
# The catalog of a database that is made of this repository's files alone: the proof of every boot.
# `cargo xtask dry-run --write` writes it. Edit nothing but `# except KIND NAME: reason`; after a conflict, take either side and write it again.
";
const SECTIONS: [(Class, &str); 2] = [(Class::Managed, "[managed]"), (Class::DbOnly, "[migrations]")];

/// One file that the catalog was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Relative to the artefacts' root.
    pub path: String,
    /// Its checksum, as whoever reads the file computes it.
    pub checksum: String,
}

/// Objects that depend on data or time, and are not in the file: `except KIND NAME: reason`, with `*` for any text in the name. What
/// hangs on an excepted table is excepted with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    kind: String,
    pattern: String,
    reason: String,
}

impl Exception {
    /// Whether `line` is one of them.
    pub fn covers(&self, line: &Line) -> bool {
        let is = |kind: &str, name: &str| self.kind == kind && matches(&self.pattern, name);
        is(line.kind(), line.name()) || is("table", line.table())
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "except {} {}: {}", self.kind, self.pattern, self.reason)
    }
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(after, &rest[at..]))
        }),
    }
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// The file's contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// What it was made of: every migration, and the snapshot.
    pub origins: Vec<Origin>,
    /// What is not in it.
    pub exceptions: Vec<Exception>,
    /// The lines: managed, and the migrations'.
    pub catalog: Catalog,
}

impl File {
    /// Reads the text.
    ///
    /// # Errors
    /// The first line that has another format.
    pub fn parse(text: &str) -> Result<File, Unreadable> {
        let mut file = File::default();
        let mut class = None;
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |message: &str| Unreadable { line: at + 1, message: message.to_owned() };
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
                return Err(wrong("a merge conflict"));
            }
            if let Some(said) = line.strip_prefix("# of ") {
                let (checksum, path) =
                    said.split_once("  ").ok_or_else(|| wrong("not `# of CHECKSUM  PATH`"))?;
                file.origins.push(Origin { path: path.to_owned(), checksum: checksum.to_owned() });
            } else if let Some(said) = line.strip_prefix("# except ") {
                let exception = exception(said).ok_or_else(|| wrong("not `# except KIND NAME: reason`"))?;
                file.exceptions.push(exception);
            } else if line.is_empty() || line.starts_with('#') {
            } else if let Some((section, _)) = SECTIONS.iter().find(|(_, heading)| *heading == line) {
                class = Some(*section);
            } else {
                let class = class.ok_or_else(|| wrong("before the first heading"))?;
                lines.push(object(class, line).ok_or_else(|| wrong("not `KIND NAME: DEFINITION`"))?);
            }
        }
        file.catalog = lines.into_iter().collect();
        Ok(file)
    }

    /// The text, in the one form that it has.
    pub fn to_text(&self) -> String {
        let mut text = HEAD.to_owned();
        self.origins.iter().for_each(|of| text.push_str(&format!("# of {}  {}\n", of.checksum, of.path)));
        self.exceptions.iter().for_each(|each| text.push_str(&format!("# {each}\n")));
        for (class, heading) in SECTIONS {
            text.push_str(&format!("\n{heading}\n"));
            for line in self.catalog.lines().filter(|line| line.class() == class) {
                let end = if line.definition().is_empty() { "" } else { ": " };
                text.push_str(&format!("{} {}{end}{}\n", line.kind(), line.name(), line.definition()));
            }
        }
        text
    }

    /// The part of a live catalog that the file records: every object that no exception covers, Directus' own tables left out.
    pub fn of(&self, live: &Catalog) -> Catalog {
        let belongs = |line: &Line| {
            line.is_object()
                && line.class() != Class::Directus
                && !self.exceptions.iter().any(|each| each.covers(line))
        };
        live.clone().retain(belongs)
    }
}

/// `KIND NAME: reason`.
fn exception(text: &str) -> Option<Exception> {
    let (kind, rest) = text.split_once(' ')?;
    let (pattern, reason) = rest.split_once(": ")?;
    let part = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Some(Exception { kind: part(kind)?, pattern: part(pattern)?, reason: part(reason)? })
}

/// `KIND NAME` or `KIND NAME: DEFINITION`. A name may hold anything within quotes.
fn object(class: Class, text: &str) -> Option<Line> {
    let (kind, rest) = text.split_once(' ')?;
    let mut quoted = false;
    let end = rest.char_indices().find(|(at, c)| {
        quoted ^= *c == '"';
        !quoted && *c == ':' && rest[at + 1..].starts_with(' ')
    });
    let (name, definition) = end.map_or((rest, ""), |(at, _)| (&rest[..at], &rest[at + 2..]));
    (!kind.is_empty() && !name.is_empty()).then(|| Line::new(class, kind, name, definition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> File {
        let lines = [
            Line::new(Class::Managed, "table", "entries", ""),
            Line::new(Class::Managed, "column", "entries.id", "uuid not null"),
            Line::new(Class::Managed, "constraint", "entries", "PRIMARY KEY (id)"),
            Line::new(Class::DbOnly, "column", "\"a: b\".c", "text default 'x: y'"),
            Line::new(Class::DbOnly, "function", "f(a integer, b text)", "returns integer"),
            Line::new(Class::DbOnly, "extension", "postgis", ""),
        ];
        File {
            origins: vec![Origin { path: "db-init/001_a.sql".into(), checksum: "abc".into() }],
            exceptions: vec![exception("table positions_2*: monthly").expect("one")],
            catalog: lines.into_iter().collect(),
        }
    }

    #[test]
    fn a_file_survives_its_text() {
        let file = sample();
        assert_eq!(File::parse(&file.to_text()), Ok(file.clone()));
        assert!(file.to_text().ends_with(
            "\n[migrations]\ncolumn \"a: b\".c: text default 'x: y'\nfunction f(a integer, b text): returns integer\nextension postgis\n"
        ));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_line() {
        let check = |text: &str, line: usize, message: &str| {
            let wrong = File::parse(text).unwrap_err();
            assert_eq!((wrong.line, wrong.message.as_str()), (line, message), "{text}");
        };
        check("# a\n<<<<<<< HEAD\n", 2, "a merge conflict");
        check("table x\n", 1, "before the first heading");
        check("[managed]\ntable\n", 2, "not `KIND NAME: DEFINITION`");
        check("# except everything\n", 1, "not `# except KIND NAME: reason`");
        check("# of abc\n", 1, "not `# of CHECKSUM  PATH`");
    }

    #[test]
    fn an_exception_covers_a_table_with_all_that_hangs_on_it() {
        let live: Catalog = [
            Line::new(Class::DbOnly, "table", "positions_2026_11", ""),
            Line::new(Class::DbOnly, "column", "positions_2026_11.id", "uuid"),
            Line::new(Class::DbOnly, "table", "positions", ""),
            Line::new(Class::Directus, "table", "directus_users", ""),
            Line::new(Class::Managed, "field", "entries.id", "{}"),
        ]
        .into_iter()
        .collect();
        let of = sample().of(&live);
        assert_eq!(of.lines().map(Line::name).collect::<Vec<_>>(), ["positions"]);
    }
}
