//! Ghosts: collections of the live schema that Directus did not make. Each is a row in `directus_collections` for a table that a
//! migration owns, or for one without a single-column primary key. In a snapshot it would make a bogus table, and taking it out again
//! would drop the real one (D12). So a snapshot that is taken leaves them out, and says so.

use crate::model::{Collection, SECTIONS, Snapshot};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashSet};

/// A schema without its ghosts.
#[derive(Clone, Debug)]
pub struct Stripped {
    /// What is left: what Directus made.
    pub snapshot: Snapshot,
    /// The collections that were left out, by name.
    pub ghosts: BTreeSet<String>,
    /// Fields of other collections that show a ghost, left out with it: `entries.positions`.
    pub with_them: Vec<String>,
    /// Fields of other collections that point to a ghost, and what they point to. They cannot be left out: their column is real.
    pub pointing: Vec<(String, String)>,
}

/// Takes the ghosts out. `created` names the tables that migrations make.
pub fn strip(live: &Snapshot, created: &HashSet<&str>) -> Stripped {
    let with_key = with_key(live);
    let ghosts: BTreeSet<String> = live
        .collections()
        .filter(|collection| is_ghost(*collection, created, &with_key))
        .map(|collection| collection.name().to_owned())
        .collect();
    // Metadata of a table that is not shown at all belongs to nobody.
    let is_ghosts =
        |name: &str| ghosts.contains(name) || (created.contains(name) && live.collection(name).is_none());
    let shown: HashSet<(&str, &str)> = live
        .relations()
        .filter(|relation| is_ghosts(relation.collection()))
        .filter_map(|relation| Some((relation.related_collection()?, relation.one_field()?)))
        .filter(|(collection, _)| !is_ghosts(collection))
        .collect();
    let pointing = live
        .relations()
        .filter(|relation| !is_ghosts(relation.collection()))
        .filter_map(|relation| {
            let related = relation.related_collection().filter(|related| is_ghosts(related))?;
            Some((format!("{}.{}", relation.collection(), relation.field()), related.to_owned()))
        })
        .collect();
    let goes = |section: &str, item: &Value| {
        let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
        is_ghosts(text("collection"))
            || (section == "fields" && shown.contains(&(text("collection"), text("field"))))
    };
    let root: Map<String, Value> = live
        .root()
        .iter()
        .map(|(key, value)| match value {
            Value::Array(items) if SECTIONS.contains(&key.as_str()) => {
                (key.clone(), items.iter().filter(|item| !goes(key, item)).cloned().collect())
            }
            other => (key.clone(), other.clone()),
        })
        .collect();
    let mut with_them: Vec<String> =
        shown.into_iter().map(|(collection, field)| format!("{collection}.{field}")).collect();
    with_them.sort();
    Stripped { snapshot: Snapshot::from_map(root), ghosts, with_them, pointing }
}

/// The collections that have a primary key which is a field.
pub(crate) fn with_key(snapshot: &Snapshot) -> HashSet<&str> {
    snapshot.fields().filter(|field| field.is_primary_key()).map(|field| field.collection()).collect()
}

/// A table that a migration makes, or one that Directus cannot have made: its own have a key. A folder is none.
fn is_ghost(collection: Collection<'_>, created: &HashSet<&str>, with_key: &HashSet<&str>) -> bool {
    let name = collection.name();
    collection.has_table() && (created.contains(name) || !with_key.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ghost_collection;
    use crate::{Document, change};

    const REAL: &str = include_str!("../tests/data/directus-11.17.4.yaml");

    #[test]
    fn d12_ghosts_are_left_out_with_all_that_is_theirs() {
        let live = Snapshot::parse(REAL).unwrap();
        let stripped = strip(&live, &HashSet::from(["positions"]));
        assert_eq!(stripped.ghosts, BTreeSet::from(["ghost_empty".to_owned(), "positions".to_owned()]));
        let lines: Vec<String> =
            change::between(&live, &stripped.snapshot).iter().map(change::Change::line).collect();
        assert_eq!(lines, ["- ghost_empty (collection dropped)", "- positions (collection dropped)"]);
        let text = stripped.snapshot.to_yaml();
        assert!(!text.contains("positions") && !text.contains("ghost_empty"), "{text}");
        // The rule finds nothing more.
        assert_eq!(ghost_collection(&Document::parse(&text).unwrap(), &["positions".to_owned()]), []);
    }

    #[test]
    fn what_shows_a_ghost_goes_with_it_and_what_points_to_it_is_named() {
        let live = Snapshot::parse(
            "collections:\n  - {collection: positions, schema: {name: positions}}\n  - {collection: entries, schema: {name: entries}}\n\
             fields:\n  - {collection: entries, field: id, schema: {is_primary_key: true}}\n  - {collection: entries, field: track, type: alias}\n\
             \x20 - {collection: entries, field: last, type: integer}\n  - {collection: positions, field: entry}\n\
             relations:\n  - {collection: positions, field: entry, related_collection: entries, meta: {one_field: track}}\n\
             \x20 - {collection: entries, field: last, related_collection: positions, meta: {}}\n",
        )
        .unwrap();
        let stripped = strip(&live, &HashSet::from(["positions"]));
        assert_eq!(stripped.with_them, ["entries.track"]);
        assert_eq!(stripped.pointing, [("entries.last".to_owned(), "positions".to_owned())]);
        assert_eq!(stripped.snapshot.fields().count(), 2);
    }

    #[test]
    fn a_schema_without_ghosts_stays_as_it_is() {
        let text = "collections:\n  - collection: rally\nfields: []\n";
        let live = Snapshot::parse(text).unwrap();
        // A folder of a table's name is a folder.
        for created in ["rally", "positions"] {
            assert_eq!(strip(&live, &HashSet::from([created])).snapshot, live);
        }
    }
}
