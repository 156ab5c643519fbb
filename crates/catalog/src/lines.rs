//! One line of a catalog: whose it is, what it is, its name, its definition.

use std::fmt;

/// Whose a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The snapshot's: tables of collections with the columns of their fields, keys, relations and indexes of one column; the metadata.
    Managed,
    /// Directus' own tables, and its system migrations.
    Directus,
    /// Everything else: the migrations', or somebody's own.
    DbOnly,
    /// Which migrations ran, with their checksums.
    Ledger,
}

impl Class {
    const ALL: [Class; 4] = [Class::Managed, Class::Directus, Class::DbOnly, Class::Ledger];

    fn word(self) -> &'static str {
        match self {
            Class::Managed => "managed",
            Class::Directus => "directus",
            Class::DbOnly => "db-only",
            Class::Ledger => "ledger",
        }
    }
}

/// The kinds that hang on a table or view, whose name comes before their own.
const PARTS: [&str; 9] =
    ["column", "constraint", "index", "trigger", "rule", "policy", "hypertable", "job", "field"];
/// The order of kinds within one table.
pub(crate) const ORDER: [&str; 13] = [
    "extension",
    "schema",
    "type",
    "sequence",
    "function",
    "table",
    "view",
    "column",
    "hypertable",
    "constraint",
    "index",
    "trigger",
    "policy",
];

/// One thing that the database has: `class TAB kind TAB name TAB definition`, kept as that text, because there are thousands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    class: Class,
    text: Box<str>,
    /// Where the name begins, and where the definition does.
    name_at: usize,
    definition_at: usize,
}

impl Line {
    /// From its parts.
    pub fn new(class: Class, kind: &str, name: &str, definition: &str) -> Line {
        let text = format!("{}\t{kind}\t{name}\t{definition}", class.word());
        let name_at = class.word().len() + kind.len() + 2;
        Line { class, name_at, definition_at: name_at + name.len() + 1, text: text.into() }
    }

    /// From four columns, as the query gives them.
    pub(crate) fn parse(text: String) -> Option<Line> {
        let word_ends = text.find('\t')?;
        let class = Class::ALL.into_iter().find(|class| class.word() == &text[..word_ends])?;
        let after = |from: usize| Some(from + text.get(from..)?.find('\t')? + 1);
        let name_at = after(word_ends + 1)?;
        let definition_at = after(name_at)?;
        Some(Line { class, name_at, definition_at, text: text.into() })
    }

    /// The four columns.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whose it is.
    pub fn class(&self) -> Class {
        self.class
    }

    /// `table`, `column`, `constraint`, `field`, …
    pub fn kind(&self) -> &str {
        &self.text[self.class.word().len() + 1..self.name_at - 1]
    }

    /// `entries`, or `entries.race_number`. A managed constraint or index goes by its table's name.
    pub fn name(&self) -> &str {
        &self.text[self.name_at..self.definition_at - 1]
    }

    /// Its definition: a type, a constraint's text, metadata as JSON.
    pub fn definition(&self) -> &str {
        &self.text[self.definition_at..]
    }

    /// What it is, whatever it is like.
    pub fn key(&self) -> (&str, &str) {
        (self.kind(), self.name())
    }

    /// The table it is, or is a part of, with its schema unless that is Directus' own; for anything else its own name.
    pub fn table(&self) -> &str {
        let is_part = PARTS.contains(&self.kind()) && !(self.class == Class::Managed && self.is_nameless());
        match is_part.then(|| last_dot(self.name())).flatten() {
            Some(at) => &self.name()[..at],
            None => self.name(),
        }
    }

    /// The last part of its name: a column's, a constraint's.
    pub fn own_name(&self) -> &str {
        let name = self.name().split('(').next().unwrap_or(self.name());
        let own = last_dot(name).map_or(name, |at| &name[at + 1..]);
        own.strip_prefix('"').and_then(|own| own.strip_suffix('"')).unwrap_or(own)
    }

    /// Whether it is an object of the database, and not a row of Directus' or of ours.
    pub fn is_object(&self) -> bool {
        self.class != Class::Ledger
            && !["collection", "field", "relation", "system migration"].contains(&self.kind())
    }

    /// A managed key or index, which goes by its meaning.
    fn is_nameless(&self) -> bool {
        ["constraint", "index"].contains(&self.kind())
    }

    /// Of a key or an index over exactly one column, however it is ordered or compared: that column, as `table.column`. Directus takes each
    /// of them for its own (D42).
    pub fn only_column(&self) -> Option<String> {
        let is_key =
            ["UNIQUE", "PRIMARY KEY", "CREATE "].iter().any(|word| self.definition().starts_with(word));
        if !self.is_nameless() || !is_key {
            return None;
        }
        let after = match self.definition().split_once(" USING ") {
            Some((_, after)) if self.kind() == "index" => after,
            _ => self.definition(),
        };
        let inside = after.split_once('(')?.1.split_once(')')?.0;
        if inside.contains([',', '(']) {
            return None;
        }
        // As names are written in lines: in quotes where they could be taken for more than one word, and not because they are reserved.
        let quoted = inside.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let is_word =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte));
        let column = match quoted {
            Some((name, _)) if is_word(name) => name.to_owned(),
            Some((name, _)) => format!("\"{name}\""),
            None => inside.split(' ').next()?.to_owned(),
        };
        Some(format!("{}.{column}", self.table()))
    }

    /// Its definition as JSON, if it is metadata.
    pub(crate) fn metadata(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        match ["collection", "field", "relation"].contains(&self.kind()) {
            true => serde_json::from_str(self.definition()).ok(),
            false => None,
        }
    }

    fn order(&self) -> (Class, &str, usize, &str, &str, &str) {
        let rank = ORDER.iter().position(|kind| *kind == self.kind()).unwrap_or(ORDER.len());
        (self.class, self.table(), rank, self.kind(), self.name(), self.definition())
    }
}

/// The last dot outside of quotes.
pub(crate) fn last_dot(name: &str) -> Option<usize> {
    let mut quoted = false;
    let mut last = None;
    for (at, c) in name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => last = Some(at),
            _ => {}
        }
    }
    last
}

/// All of one table together, from what makes it to what hangs on it.
impl Ord for Line {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// For people: `constraint entries.entries_event_race_number_unique: UNIQUE (event, race_number)`.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.name())?;
        match (self.definition().is_empty(), self.metadata()) {
            (false, None) => write!(f, ": {}", short(self.definition())),
            _ => Ok(()),
        }
    }
}

/// The beginning of a long definition.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_knows_its_table_and_its_own_name() {
        let check = |kind: &str, name: &str, expected: [&str; 2]| {
            let line = Line::new(Class::DbOnly, kind, name, "");
            assert_eq!([line.table(), line.own_name()], expected, "{kind} {name}");
        };
        check("column", "entries.note", ["entries", "note"]);
        check("column", "app.entries.\"a.b\"", ["app.entries", "a.b"]);
        check("table", "app.entries", ["app.entries", "entries"]);
        check(
            "function",
            "app.f(a integer, b public.geometry)",
            ["app.f(a integer, b public.geometry)", "f"],
        );
    }

    #[test]
    fn a_managed_key_goes_by_its_table_and_its_meaning() {
        let key = Line::new(Class::Managed, "constraint", "entries", "UNIQUE (slug)");
        assert_eq!((key.table(), key.only_column().as_deref()), ("entries", Some("entries.slug")));
        let index = Line::new(
            Class::Managed,
            "index",
            "app.entries",
            "CREATE INDEX ON app.entries USING btree (slug)",
        );
        assert_eq!(index.only_column().as_deref(), Some("app.entries.slug"));
        let reserved = Line::new(Class::Managed, "constraint", "entries", "UNIQUE (\"user\")");
        assert_eq!(reserved.only_column().as_deref(), Some("entries.user"));
        for (definition, column) in [
            ("UNIQUE (a, b)", None),
            ("CHECK ((a > b))", None),
            ("FOREIGN KEY (a) REFERENCES public.b(id)", None),
            ("CREATE INDEX x ON public.entries USING btree (lower(slug))", None),
            ("CREATE INDEX x ON public.entries USING btree (slug DESC)", Some("entries.slug")),
            (
                "CREATE INDEX x ON public.entries USING gin (attrs jsonb_path_ops) WHERE (a > 1)",
                Some("entries.attrs"),
            ),
            ("CREATE INDEX x ON public.entries USING btree (\"user\")", Some("entries.user")),
            ("CREATE INDEX x ON public.entries USING btree (\"a b\" DESC)", Some("entries.\"a b\"")),
        ] {
            let kind = if definition.starts_with("CREATE") { "index" } else { "constraint" };
            let line = Line::new(Class::DbOnly, kind, "entries.x", definition);
            assert_eq!(line.only_column().as_deref(), column, "{definition}");
        }
    }
}
