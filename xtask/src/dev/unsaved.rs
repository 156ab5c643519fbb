//! What was clicked and is in no file yet: how a database differs, in what Directus manages, from what the release recorded last left in
//! it. `up` leaves it alone, says it, and starts no newer release of the files over it unasked: a boot would set it back, or see a
//! deletion in it and refuse. Reads only, and takes no lock.

use crate::engine;
use anyhow::Result;
use boot::choices::Policy;
use boot::history::{Entry, spelling};
use boot::plan::Route;
use boot::status::Status;
use boot::{Boot, BootSettings, Event, Interrupt, release};
use catalog::{Class, Drift, Line};
use contract::artefacts::SNAPSHOT;
use contract::env;
use contract::{Exit, Failure, Outcome, Variables};
use serde_json::{Map, Value};
use snapshot::Snapshot;
use snapshot::change::{self, Change, Edit, Object, Place};
use std::collections::BTreeMap;

/// What a person decides about a boot, by environment.
const CHOICES: [&str; 3] = [env::ALLOW_DESTRUCTIVE, env::ON_DRIFT, env::ROLLBACK];

/// The choices of whoever calls `up`, for its runner. Unless it is said otherwise, what was clicked stays.
pub(super) fn choices(variable: impl Fn(&str) -> Option<String>) -> Variables {
    let chosen = |name: &str| variable(name).filter(|value| !value.is_empty());
    let or_default = |name: &str| chosen(name).or((name == env::ON_DRIFT).then(|| "ignore".to_owned()));
    CHOICES.iter().filter_map(|name| Some((*name, or_default(name)?))).collect()
}

/// The differences, one line each.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn lines(settings: &BootSettings, say: &dyn Fn(&str)) -> Outcome<Vec<String>> {
    let status = status(settings, say)?;
    Ok(drift(&status).map(|(drift, _)| in_words(drift)).unwrap_or_default())
}

/// Refuses a release that would undo what was clicked. What the files have too, because a snapshot was taken of it, is not undone.
///
/// # Errors
/// Exit 4 with what it is; and when database or snapshot cannot be read.
pub(super) fn require_saved(settings: &BootSettings, say: &dyn Fn(&str)) -> Result<()> {
    // Said so by whoever called: unset, it is `ignore` here.
    if settings.choices.on_drift == Policy::Repair {
        return Ok(());
    }
    let status = status(settings, say)?;
    let goes_full = matches!(&status.next, Ok(plan) if matches!(plan.decision.route, Route::Full(_)));
    let Some((drift, latest)) = drift(&status).filter(|_| goes_full) else { return Ok(()) };
    // Another Directus would see another schema in the same database.
    let lines = match boot::directus::version(&settings.directus).as_ref() == Some(&latest.directus) {
        true => {
            say(
                "the database has changes that no release recorded: comparing them with snapshots/schema.yaml",
            );
            in_no_file(settings, &drift)?
        }
        false => in_words(drift),
    };
    if lines.is_empty() { Ok(()) } else { Err(refused(&lines, latest).into()) }
}

fn status(settings: &BootSettings, say: &dyn Fn(&str)) -> Outcome<Status> {
    Boot::new(settings, &Interrupt::default()).status(&mut |event| {
        // What it waits for.
        if let Event::Doing(text) = event {
            say(&text);
        }
    })
}

/// The drift in what Directus manages, since which entry; `None` when there is none, or none that could be told.
fn drift(status: &Status) -> Option<(Drift, &Entry)> {
    let latest = status.completed()?;
    if latest.spelling != spelling(status.server.version_num) {
        return None;
    }
    let managed = |line: &Line| line.class() == Class::Managed;
    let mut drift = status.drift.clone();
    drift.missing.retain(managed);
    drift.changed.retain(|(was, _)| managed(was));
    // A key or an index that was clicked together is one of Directus', even if nothing says so.
    drift.added.append(&mut drift.unmanaged);
    drift.added.retain(managed);
    (!drift.is_none()).then_some((drift, latest))
}

/// One line for a collection that came or went, and one for a field; what hangs on them is no news.
fn in_words(mut drift: Drift) -> Vec<String> {
    for lines in [&mut drift.added, &mut drift.missing] {
        let named = |kind: &str| -> Vec<String> {
            lines.iter().filter(|line| line.kind() == kind).map(|line| line.name().to_owned()).collect()
        };
        let (collections, fields) = (named("collection"), named("field"));
        let owner = |line: &Line| line.name().split('.').next().unwrap_or_default().to_owned();
        let hangs_on_a_field = |line: &Line| match line.kind() {
            "column" | "relation" => fields.iter().any(|field| field == line.name()),
            "constraint" | "index" => fields.iter().any(|field| {
                field.split_once('.').is_some_and(|(of, field)| of == owner(line) && is_over(line, field))
            }),
            _ => false,
        };
        let is_news = |line: &Line| match line.kind() {
            "collection" => true,
            _ => !collections.contains(&owner(line)) && !hangs_on_a_field(line),
        };
        lines.retain(is_news);
    }
    drift.render()
}

/// Whether a key or an index is over that one column.
fn is_over(line: &Line, column: &str) -> bool {
    [format!("({column})"), format!("(\"{column}\")")].iter().any(|text| line.definition().contains(text))
}

/// The changes that the database has and the files do not: those that touch what drifted.
fn in_no_file(settings: &BootSettings, drift: &Drift) -> Result<Vec<String>> {
    let mut bridge = engine::bridge(settings)?;
    let text = std::fs::read_to_string(settings.artefacts.snapshot())
        .map_err(|error| Failure::new(format!("read `{SNAPSHOT}`")).exit(Exit::Usage).cause(error))?;
    let files = Snapshot::read(&text).map_err(|error| release::unreadable(SNAPSHOT, &error))?;
    let live = engine::snapshot_of(&mut bridge)?;
    let touched = Touched::by(drift);
    let own = change::revised(&files, &live).into_iter().filter(|change| touched.is_at(change));
    Ok(own.map(|change| change.line()).collect())
}

/// What drifted, by kind and name.
struct Touched<'a>(BTreeMap<(&'a str, &'a str), Pair<'a>>);

/// What was recorded, and what is there now.
type Pair<'a> = (Option<&'a Line>, Option<&'a Line>);

impl<'a> Touched<'a> {
    fn by(drift: &'a Drift) -> Touched<'a> {
        let missing = drift.missing.iter().map(|line| (Some(line), None));
        let changed = drift.changed.iter().map(|(was, now)| (Some(was), Some(now)));
        let added = drift.added.iter().map(|line| (None, Some(line)));
        let all = missing.chain(changed).chain(added);
        Touched(
            all.filter_map(|pair| pair.0.or(pair.1).map(|line| ((line.kind(), line.name()), pair))).collect(),
        )
    }

    fn is_at(&self, change: &Change) -> bool {
        let name = change.name();
        let kind = match change.object {
            Object::Collection => "collection",
            Object::Field => "field",
            Object::Relation => "relation",
            // No click changes these.
            Object::File | Object::SystemField => return false,
        };
        change.edits.iter().any(|edit| match edit.path.as_slice() {
            [Place::Key(part), Place::Key(key), ..] if part == "meta" => self.is_metadata(kind, &name, key),
            _ => self.is_whole(kind, &name) || self.is_below(change, edit),
        })
    }

    /// Whether that value of the metadata drifted.
    fn is_metadata(&self, kind: &str, name: &str, key: &str) -> bool {
        let of = |line: Option<&Line>| -> Option<Map<String, Value>> {
            serde_json::from_str(line?.definition()).ok()
        };
        self.0.get(&(kind, name)).is_some_and(|(was, now)| match (of(*was), of(*now)) {
            (Some(was), Some(now)) => was.get(key) != now.get(key),
            _ => true,
        })
    }

    /// Whether it came or went as a whole.
    fn is_whole(&self, kind: &str, name: &str) -> bool {
        self.0.get(&(kind, name)).is_some_and(|(was, now)| was.is_none() || now.is_none())
    }

    /// Whether its column drifted, or a key or an index over it.
    fn is_below(&self, change: &Change, edit: &Edit) -> bool {
        let over = |line: &Line| line.table() == change.collection && is_over(line, &change.field);
        // A field that comes or goes as a whole does so with its column, whatever else is made over it.
        self.0.contains_key(&("column", change.name().as_str()))
            || (!edit.is_whole()
                && self.0.values().any(|(was, now)| [was, now].into_iter().flatten().any(|line| over(line))))
    }
}

fn refused(lines: &[String], latest: &Entry) -> Failure {
    let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
    Failure::new("start what the files are now: the database has changes that are in no file, and would lose them")
        .exit(Exit::Refused)
        .excerpt(lines.join("\n"))
        .cause(format!(
            "made since release {} was recorded (entry {}, {}); nothing was touched",
            latest.release, latest.number, latest.recorded_at
        ))
        .hint(format!(
            "to keep them, take the snapshot on the commit that the database is of: git stash (or git checkout that commit), \
             cargo xtask up, cargo xtask snapshot, git commit, \
             and cargo xtask up once more, which records it; then merge\n\
             to let the files win: {}=repair cargo xtask up; what would destroy data still asks for a consent",
            env::ON_DRIFT
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Catalog;

    fn catalog(lines: &[&str]) -> Catalog {
        Catalog::new(lines.iter().map(|line| format!("managed\t{}", line.replace('|', "\t"))))
    }

    fn drift(recorded: &[&str], live: &[&str]) -> Drift {
        let mut drift = catalog(recorded).drift(&catalog(live));
        drift.added.append(&mut drift.unmanaged);
        drift
    }

    #[test]
    fn the_choices_are_those_of_the_caller_and_what_was_clicked_stays_by_itself() {
        let choices = |pairs: &[(&str, &str)]| {
            let variable = |name: &str| {
                pairs.iter().find(|(each, _)| *each == name).map(|(_, value)| (*value).to_owned())
            };
            let chosen = super::choices(variable).into_iter().map(|(name, value)| format!("{name}={value}"));
            chosen.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(choices(&[("RUNNER_ROOT", "/x")]), "RUNNER_ON_DRIFT=ignore");
        assert_eq!(
            choices(&[
                ("RUNNER_ON_DRIFT", "repair"),
                ("RUNNER_ALLOW_DESTRUCTIVE", "a:b"),
                ("RUNNER_ROLLBACK", "")
            ]),
            "RUNNER_ALLOW_DESTRUCTIVE=a:b RUNNER_ON_DRIFT=repair"
        );
    }

    #[test]
    fn what_hangs_on_a_new_collection_or_field_is_no_news() {
        let live = [
            "collection|notes|{}",
            "table|notes|",
            "column|notes.id|uuid not null",
            "constraint|notes|PRIMARY KEY (id)",
            "field|notes.id|{}",
            "field|vehicles.colour|{}",
            "column|vehicles.colour|text",
            "constraint|vehicles|UNIQUE (colour)",
            "constraint|vehicles|UNIQUE (plate)",
        ];
        assert_eq!(
            in_words(drift(&[], &live)),
            ["+ collection notes", "+ constraint vehicles: UNIQUE (plate)", "+ field vehicles.colour"]
        );
    }

    /// The changes from `files` to `live` that a click made, given the drift.
    fn own(drift: &Drift, files: &str, live: &str) -> Vec<String> {
        let snapshot = |text: &str| Snapshot::parse(&format!("version: 1\nfields:\n{text}")).unwrap();
        let touched = Touched::by(drift);
        let changes = change::revised(&snapshot(files), &snapshot(live)).into_iter();
        changes.filter(|change| touched.is_at(change)).map(|change| change.name()).collect()
    }

    fn field(name: &str, width: &str, note: &str, unique: bool) -> String {
        format!(
            "  - {{collection: a, field: {name}, meta: {{width: {width}, note: {note}}}, schema: {{is_unique: {unique}}}}}\n"
        )
    }

    #[test]
    fn only_what_was_clicked_and_is_in_no_file_stands_in_the_way() {
        let clicked = drift(
            &[r#"field|a.b|{"width": "half", "note": "x"}"#],
            &[r#"field|a.b|{"width": "full", "note": "x"}"#],
        );
        let live = field("b", "full", "x", false);
        assert_eq!(own(&clicked, &field("b", "half", "x", false), &live), ["a.b"], "the files set it back");
        assert_eq!(
            own(&clicked, &field("b", "full", "y", false), &live),
            [""; 0],
            "the files have it, and more"
        );
        let more = live.clone() + &field("c", "half", "z", false);
        assert_eq!(own(&clicked, &more, &live), [""; 0], "a field that the files bring");
        assert_eq!(own(&clicked, &live, &more), [""; 0], "a field that the files drop");
    }

    #[test]
    fn a_field_that_came_or_went_and_a_key_over_it_are_seen() {
        let (b, c) = (field("b", "half", "x", false), field("c", "half", "x", false));
        let added = drift(&[], &["field|a.c|{}", "column|a.c|text"]);
        assert_eq!(own(&added, &b, &format!("{b}{c}")), ["a.c"]);
        let gone = drift(&["field|a.c|{}", "column|a.c|text"], &[]);
        assert_eq!(own(&gone, &format!("{b}{c}"), &b), ["a.c"]);
        let unique = drift(&[], &["constraint|a|UNIQUE (c)"]);
        let live = format!("{}{}", field("b", "half", "x", true), field("c", "half", "x", true));
        assert_eq!(own(&unique, &format!("{b}{c}"), &live), ["a.c"], "and b is what the files change");
    }
}
