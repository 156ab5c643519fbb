//! Where a value stands in the text it was read from: a tree of positions of the same shape as the value.

/// One step of a path into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// An entry of a mapping.
    Key(&'a str),
    /// An item of a sequence, from 0.
    Index(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// A position, and those of everything inside. An entry of a mapping stands where its key stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    inside: Inside,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    Items(Vec<Spot>),
    Entries(Vec<(String, Spot)>),
}

impl Spot {
    /// The position of a scalar.
    pub(crate) fn at(line: usize, column: usize) -> Spot {
        Spot { line, column, inside: Inside::Nothing }
    }

    pub(crate) fn with_items(mut self, items: Vec<Spot>) -> Spot {
        self.inside = Inside::Items(items);
        self
    }

    pub(crate) fn with_entries(mut self, entries: Vec<(String, Spot)>) -> Spot {
        self.inside = Inside::Entries(entries);
        self
    }

    pub(crate) fn moved_to(mut self, line: usize, column: usize) -> Spot {
        self.line = line;
        self.column = column;
        self
    }

    /// The position at the end of `path`, or of the last step that exists: a key that is missing is reported at its parent.
    pub fn find(&self, path: &[Step<'_>]) -> &Spot {
        let mut spot = self;
        for step in path {
            let next = match (&spot.inside, step) {
                (Inside::Items(items), Step::Index(index)) => items.get(*index),
                (Inside::Entries(entries), Step::Key(key)) => {
                    entries.iter().find(|(name, _)| name == key).map(|(_, spot)| spot)
                }
                _ => None,
            };
            let Some(next) = next else { break };
            spot = next;
        }
        spot
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{Index, Key};
    use crate::yaml::read::read;

    #[test]
    fn every_key_has_its_line_and_a_missing_one_that_of_its_parent() {
        let text = "version: 1\nfields:\n  - collection: a\n    meta:\n      note: |-\n        x\n        y\n      sort: 1\n  - {collection: b}\n";
        let spot = read(text).unwrap().spot;
        let line = |path: &[super::Step<'_>]| (spot.find(path).line, spot.find(path).column);
        assert_eq!(line(&[Key("fields"), Index(0)]), (3, 5));
        assert_eq!(line(&[Key("fields"), Index(0), Key("meta"), Key("sort")]), (8, 7));
        assert_eq!(line(&[Key("fields"), Index(0), Key("meta"), Key("width")]), (4, 5));
        assert_eq!(line(&[Key("fields"), Index(1), Key("collection")]), (9, 6));
        assert_eq!(line(&[Key("nothing")]), (1, 1));
    }
}
