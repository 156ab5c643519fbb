//! A catalog as a set of lines, and the difference between two.

use crate::lines::{Class, Line, short};
use std::collections::{BTreeMap, BTreeSet};

/// What one database has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    lines: BTreeSet<Line>,
}

impl FromIterator<Line> for Catalog {
    fn from_iter<T: IntoIterator<Item = Line>>(lines: T) -> Self {
        Catalog { lines: lines.into_iter().collect() }
    }
}

impl Catalog {
    /// From lines of four columns, as [`crate::sql::lines`] gives them.
    pub fn new(lines: impl IntoIterator<Item = String>) -> Self {
        lines.into_iter().filter_map(Line::parse).collect()
    }

    /// Reads what [`Catalog::to_text`] wrote.
    pub fn parse(text: &str) -> Self {
        Catalog::new(text.lines().map(str::to_owned))
    }

    /// One line each, sorted.
    pub fn to_text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text(), "\n"]).collect()
    }

    /// All lines, sorted.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether that very line is in it.
    pub fn has(&self, line: &Line) -> bool {
        self.lines.contains(line)
    }

    /// The names of one kind.
    pub fn names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter(move |line| line.kind() == kind).map(Line::name)
    }

    /// The line of that kind and name.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.kind() == kind && line.name() == name)
    }

    /// The tables that migrations make: what Directus need not look at.
    pub fn db_only_tables(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter(|line| line.class() == Class::DbOnly && line.kind() == "table")
            .map(Line::name)
    }

    /// The lines that `keep`.
    pub fn retain(mut self, keep: impl FnMut(&Line) -> bool) -> Catalog {
        self.lines.retain(keep);
        self
    }

    /// With `lines`, each instead of what has its kind and name.
    pub fn with(mut self, lines: &[Line]) -> Catalog {
        for line in lines {
            self.lines.retain(|each| each.key() != line.key());
            self.lines.insert(line.clone());
        }
        self
    }

    /// The lines of one class.
    pub fn of(&self, class: Class) -> Catalog {
        self.lines.iter().filter(|line| line.class() == class).cloned().collect()
    }

    /// How `live` differs from this one.
    pub fn drift(&self, live: &Catalog) -> Drift {
        let mut drift = Drift::default();
        let mut appeared: BTreeMap<(&str, &str), Vec<&Line>> = BTreeMap::new();
        for line in live.lines.difference(&self.lines) {
            appeared.entry(line.key()).or_default().push(line);
        }
        for line in self.lines.difference(&live.lines) {
            match appeared.get_mut(&line.key()).and_then(Vec::pop) {
                Some(now) => drift.changed.push((line.clone(), now.clone())),
                None => drift.missing.push(line.clone()),
            }
        }
        for line in appeared.values().flatten() {
            match self.is_unmanaged(line) {
                true => drift.unmanaged.push((*line).clone()),
                false => drift.added.push((*line).clone()),
            }
        }
        drift
    }

    /// Whether a line that is not here is somebody else's: nothing of Directus' or of the ledger, and no key or index that Directus
    /// makes with a new field of its own.
    fn is_unmanaged(&self, line: &Line) -> bool {
        match line.class() {
            Class::DbOnly => true,
            Class::Managed => line.only_column().is_some_and(|column| self.find("column", &column).is_some()),
            Class::Directus => line.is_object(),
            Class::Ledger => false,
        }
    }

    /// Columns of `live` that a release with this catalog does not know and that every insert into its tables would have to fill: NOT
    /// NULL, without a default.
    pub fn demanded_by<'a>(&'a self, live: &'a Catalog) -> impl Iterator<Item = &'a str> {
        let known: BTreeSet<(&str, &str)> = self.lines.iter().map(Line::key).collect();
        let demands = |line: &&Line| {
            let definition = line.definition();
            let fills_itself =
                ["default ", "generated ", "auto increment"].iter().any(|word| definition.contains(word));
            line.kind() == "column" && definition.contains("not null") && !fills_itself
        };
        let demands = live.lines.iter().filter(demands);
        demands
            .filter(move |line| known.contains(&("table", line.table())) && !known.contains(&line.key()))
            .map(Line::name)
    }

    /// What a release with this catalog would miss in `live`: tables, and columns with their types. Anything more, and anything looser,
    /// it can live with.
    pub fn missed_in(&self, live: &Catalog) -> Vec<String> {
        let drift = self.drift(live);
        let is_needed = |line: &&Line| ["table", "column"].contains(&line.kind());
        let gone = drift.missing.iter().filter(is_needed);
        let gone = gone.map(|line| format!("{} {}: gone", line.kind(), line.name()));
        let altered = drift.changed.iter().filter(|(was, _)| was.kind() == "column");
        let altered = altered.map(|(was, now)| (was.name(), column_type(was), column_type(now)));
        let altered = altered.filter(|(_, was, now)| was != now);
        gone.chain(altered.map(|(name, was, now)| format!("column {name}: {now}, was {was}"))).collect()
    }
}

/// The type alone, without NOT NULL and default.
pub(crate) fn column_type(line: &Line) -> &str {
    let text = line.definition();
    let ends = [" not null", " default ", " generated ", " auto increment"];
    let end = ends.iter().filter_map(|word| text.find(word)).min().unwrap_or(text.len());
    &text[..end]
}

/// How a live catalog differs from an expected one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Expected, and gone.
    pub missing: Vec<Line>,
    /// Expected, and different now.
    pub changed: Vec<(Line, Line)>,
    /// New in what Directus or the ledger has.
    pub added: Vec<Line>,
    /// New, and somebody else's. Such objects disturb nothing.
    pub unmanaged: Vec<Line>,
}

impl Drift {
    /// Whether everything expected is there; unmanaged objects do not count.
    pub fn is_none(&self) -> bool {
        self.count() == 0
    }

    /// How many differences there are.
    pub fn count(&self) -> usize {
        self.missing.len() + self.changed.len() + self.added.len()
    }

    /// Of what is gone or altered, the lines that `keep`, by how they were.
    pub fn lost_of(&self, keep: impl Fn(&Line) -> bool) -> Drift {
        let missing = self.missing.iter().filter(|line| keep(line)).cloned().collect();
        let changed = self.changed.iter().filter(|(was, _)| keep(was)).cloned().collect();
        Drift { missing, changed, ..Drift::default() }
    }

    /// What is gone or altered, as it was expected.
    pub fn lost(&self) -> impl Iterator<Item = &Line> {
        self.missing.iter().chain(self.changed.iter().map(|(was, _)| was))
    }

    /// One line for each difference, marked `-`, `~` or `+`.
    pub fn render(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|line| format!("- {line}"));
        let changed = self.changed.iter().map(|(was, now)| format!("~ {}", changed(was, now)));
        let added = self.added.iter().map(|line| format!("+ {line}"));
        missing.chain(changed).chain(added).collect()
    }
}

/// Lines for people. A table says enough for all that hangs on it.
pub fn condensed(lines: &[Line]) -> Vec<String> {
    let whole: BTreeSet<&str> =
        lines.iter().filter(|line| ["table", "view"].contains(&line.kind())).map(Line::name).collect();
    let is_part = |line: &&Line| line.table() != line.name() && whole.contains(line.table());
    lines.iter().filter(|line| !is_part(line)).map(ToString::to_string).collect()
}

/// `field classes.name: width "half" → "full"`, or the two definitions.
fn changed(was: &Line, now: &Line) -> String {
    let (Some(before), Some(after)) = (was.metadata(), now.metadata()) else {
        return format!(
            "{} {}: {} → {}",
            was.kind(),
            was.name(),
            short(was.definition()),
            short(now.definition())
        );
    };
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let text = |value: Option<&serde_json::Value>| {
        value.map_or_else(|| "–".to_owned(), |value| short(&value.to_string()))
    };
    let changes: Vec<String> = keys
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| format!("{key} {} → {}", text(before.get(key)), text(after.get(key))))
        .collect();
    format!("{} {}: {}", was.kind(), was.name(), changes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(lines: &[&str]) -> Catalog {
        Catalog::new(lines.iter().map(|line| line.replace('|', "\t")))
    }

    #[test]
    fn a_catalog_survives_its_text() {
        let catalog = catalog(&["managed|column|entries.note|text", "db-only|extension|timescaledb|"]);
        assert_eq!(catalog.lines().count(), 2);
        assert_eq!(Catalog::parse(&catalog.to_text()), catalog);
    }

    #[test]
    fn drift_is_shown_as_what_is_gone_different_and_new() {
        let recorded = catalog(&[
            "db-only|constraint|entries.one|UNIQUE (event, race_number)",
            "managed|field|classes.name|{\"width\": \"half\", \"hidden\": false}",
            "managed|column|classes.name|character varying(50)",
        ]);
        let live = catalog(&[
            "managed|field|classes.name|{\"width\": \"full\", \"hidden\": false}",
            "managed|column|classes.name|character varying(5)",
            "managed|column|classes.extra|text",
            "db-only|index|classes.by_hand|CREATE INDEX",
        ]);
        let drift = recorded.drift(&live);
        assert_eq!(
            drift.render(),
            [
                "- constraint entries.one: UNIQUE (event, race_number)",
                "~ column classes.name: character varying(50) → character varying(5)",
                "~ field classes.name: width \"half\" → \"full\"",
                "+ column classes.extra: text",
            ]
        );
        assert_eq!((drift.count(), drift.unmanaged.len(), drift.is_none()), (4, 1, false));
    }

    #[test]
    fn an_index_on_a_managed_column_is_somebodys_own_unless_the_column_is_new_too() {
        let expected = catalog(&["managed|table|entries|", "managed|column|entries.note|text"]);
        let live = catalog(&[
            "managed|table|entries|",
            "managed|column|entries.note|text",
            "managed|column|entries.code|text",
            "managed|index|entries|CREATE INDEX ON public.entries USING btree (note)",
            "managed|constraint|entries|UNIQUE (code)",
        ]);
        let drift = expected.drift(&live);
        let names =
            |lines: &[Line]| lines.iter().map(|line| line.definition().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&drift.unmanaged), ["CREATE INDEX ON public.entries USING btree (note)"]);
        assert_eq!(names(&drift.added), ["text", "UNIQUE (code)"]);
    }

    #[test]
    fn an_older_release_can_live_with_more_and_with_looser_but_not_with_less() {
        let own = catalog(&[
            "managed|column|entries.note|character varying(50) not null default 'a'::character varying",
            "db-only|constraint|entries.one|UNIQUE (a, b)",
        ]);
        let fine = catalog(&[
            "managed|column|entries.note|character varying(50)",
            "managed|column|entries.more|text",
        ]);
        assert_eq!(own.missed_in(&fine), Vec::<String>::new());
        let poor = catalog(&["managed|column|entries.note|text"]);
        assert_eq!(own.missed_in(&poor), ["column entries.note: text, was character varying(50)"]);
        assert_eq!(own.missed_in(&catalog(&[])), ["column entries.note: gone"]);
    }
}
