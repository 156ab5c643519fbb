//! Rows for every collection of a snapshot: one with nothing where nothing is allowed, a usual one, and the longest that fits.
//! Pure and without chance: the same snapshot gives the same rows. Row `n` of a collection points to row `n` of another, so that
//! composite keys hold as well as single ones.

use super::pattern;
use serde_json::{Map, Value, json};
use snapshot::{Field, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows a collection gets.
pub(crate) const ROWS: usize = 3;

/// One row to be made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Where.
    pub(crate) collection: String,
    /// Which of the collection's rows: 0, 1, 2.
    pub(crate) number: usize,
    /// The name of the collection's key.
    pub(crate) key: String,
    /// Its values, without references.
    pub(crate) values: Map<String, Value>,
    /// Field → collection whose row of the same number it points to.
    pub(crate) references: BTreeMap<String, String>,
}

/// The rows, in an order in which each reference is there before it is used; and what is left out, by name and reason.
pub(crate) fn rows(snapshot: &Snapshot) -> (Vec<Row>, Vec<String>) {
    let mut left_out = BTreeSet::new();
    let index = snapshot.index();
    let targets: BTreeMap<(&str, &str), Option<&str>> = snapshot
        .relations()
        .map(|relation| ((relation.collection(), relation.field()), relation.related_collection()))
        .collect();
    let tables: Vec<&str> =
        snapshot.collections().filter(|each| each.has_table()).map(|each| each.name()).collect();
    let order = in_order(&tables, &targets);
    let mut rows = Vec::new();
    for (at, collection) in order.iter().enumerate() {
        let before: BTreeSet<&str> = order[..at].iter().copied().collect();
        let fields = index.fields(collection);
        let key = fields.iter().find(|field| field.is_primary_key());
        for number in 0..ROWS {
            let mut row = Row {
                collection: (*collection).to_owned(),
                number,
                key: key.map_or("id", |key| key.name()).to_owned(),
                values: Map::new(),
                references: BTreeMap::new(),
            };
            for field in fields.iter().copied() {
                let target = targets.get(&(*collection, field.name()));
                if let Err(why) = fill(&mut row, field, target.copied(), &before) {
                    left_out.insert(format!("{collection}.{}: {why}", field.name()));
                }
            }
            rows.push(row);
        }
    }
    (rows, left_out.into_iter().collect())
}

/// Collections after those that they point to; what points in a circle comes last, by name.
fn in_order<'a>(tables: &[&'a str], targets: &BTreeMap<(&str, &str), Option<&'a str>>) -> Vec<&'a str> {
    let mut left: BTreeSet<&'a str> = tables.iter().copied().collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |collection: &&&str| {
            targets.iter().any(|((from, _), to)| {
                *from == **collection && to.is_some_and(|to| to != **collection && left.contains(to))
            })
        };
        let next = left.iter().find(|each| !waits(each)).or_else(|| left.first()).copied();
        let Some(next) = next else { break };
        left.remove(next);
        order.push(next);
    }
    order
}

/// Gives the row a value for one field, or says why not.
fn fill(
    row: &mut Row,
    field: Field<'_>,
    target: Option<Option<&str>>,
    before: &BTreeSet<&str>,
) -> Result<(), String> {
    let is = |key: &str| field.schema(key) == Some(&Value::Bool(true));
    // Directus holds a validation against null too.
    let demanded = field.meta("required") == Some(&Value::Bool(true))
        || field.meta("validation").is_some_and(Value::is_object);
    let nullable = is("is_nullable") && !demanded;
    let made_by_directus = field.special().any(|special| {
        ["date-created", "date-updated", "user-created", "user-updated", "role-created", "role-updated"]
            .contains(&special)
    });
    let generated_key = field.is_primary_key()
        && (is("has_auto_increment") || field.special().any(|special| special == "uuid"));
    if field.is_alias() || made_by_directus || generated_key || is("is_generated") {
        return Ok(());
    }
    if row.number == 0 && nullable {
        row.values.insert(field.name().to_owned(), Value::Null);
        return Ok(());
    }
    match target {
        None => {}
        Some(Some(to)) if before.contains(to) || to == "directus_users" => {
            row.references.insert(field.name().to_owned(), to.to_owned());
            return Ok(());
        }
        Some(to) if nullable => {
            return Err(format!(
                "points to {}, which has no rows yet: left null",
                to.unwrap_or("several collections")
            ));
        }
        Some(to) => {
            return Err(format!(
                "is required, and points to {}, which cannot be filled before",
                to.unwrap_or("several collections")
            ));
        }
    }
    let Some(value) = value(field, row.number) else {
        return Err(format!("no value is known for the type `{}`", field.kind()));
    };
    row.values.insert(field.name().to_owned(), value);
    Ok(())
}

fn value(field: Field<'_>, number: usize) -> Option<Value> {
    if let Some(choices) =
        field.meta("options").and_then(|options| options.get("choices")).and_then(Value::as_array)
        && !choices.is_empty()
    {
        let choice = choices[number % choices.len()].get("value").cloned()?;
        return Some(if ["json", "csv"].contains(&field.kind()) { json!([choice]) } else { choice });
    }
    if let Some(text) = patterned(field, number) {
        return Some(text);
    }
    let size = |key: &str| field.schema(key).and_then(Value::as_u64);
    let longest = number == ROWS - 1;
    Some(match field.kind() {
        "string" | "hash" => {
            let length = usize::try_from(size("max_length").unwrap_or(255)).unwrap_or(255);
            let text =
                format!("{}{number}", &field.name()[..field.name().len().min(length.saturating_sub(1))]);
            Value::String(if longest {
                format!("{text:x<length$}").chars().take(length).collect()
            } else {
                text
            })
        }
        "text" => Value::String(if longest { "word ".repeat(2_000) } else { format!("text {number}") }),
        "boolean" => json!(number % 2 == 1),
        "integer" => json!(if longest { i64::from(i32::MAX) } else { number as i64 + 1 }),
        "bigInteger" => json!(if longest { 9_007_199_254_740_991_i64 } else { number as i64 + 1 }),
        "float" | "decimal" => {
            let (precision, scale) =
                (size("numeric_precision").unwrap_or(10), size("numeric_scale").unwrap_or(2));
            let whole = precision.saturating_sub(scale).min(12);
            if longest {
                json!("9".repeat(usize::try_from(whole).unwrap_or(1)).parse::<f64>().unwrap_or(9.0))
            } else {
                json!(number as f64 + 0.5)
            }
        }
        "uuid" => json!(format!("00000000-0000-4000-8000-{:012}", number + 1)),
        "date" => json!(format!("2026-06-{:02}", number + 1)),
        "time" => json!(format!("10:{number:02}:00")),
        "dateTime" => json!(format!("2026-06-0{}T10:00:00", number + 1)),
        "timestamp" => json!(format!("2026-06-0{}T10:00:00Z", number + 1)),
        "json" => json!({ "number": number }),
        "csv" => json!(["a", "b"]),
        kind => geometry(kind, number)?,
    })
}

/// GeoJSON of the type's own shape, at another place for each row.
fn geometry(kind: &str, number: usize) -> Option<Value> {
    let shape = kind.strip_prefix("geometry")?.trim_start_matches('.');
    let at = |x: f64, y: f64| json!([19.0 + number as f64 + x, 41.0 + y]);
    let line = || json!([at(0.0, 0.0), at(0.5, 0.0), at(0.5, 0.5)]);
    let ring = || json!([at(0.0, 0.0), at(0.5, 0.0), at(0.5, 0.5), at(0.0, 0.0)]);
    let coordinates = match shape {
        "" | "Point" => at(0.0, 0.0),
        "LineString" | "MultiPoint" => line(),
        "Polygon" => json!([ring()]),
        "MultiLineString" => json!([line()]),
        "MultiPolygon" => json!([[ring()]]),
        _ => return None,
    };
    Some(json!({ "type": if shape.is_empty() { "Point" } else { shape }, "coordinates": coordinates }))
}

/// A text for the pattern that the field's validation demands, if it does.
fn patterned(field: Field<'_>, number: usize) -> Option<Value> {
    let pattern = regex_of(field.meta("validation")?)?;
    let most = field.schema("max_length").and_then(Value::as_u64).unwrap_or(255);
    let fits = |text: &String| text.len() as u64 <= most;
    let longest = pattern::text(pattern, number, true).filter(|_| number == ROWS - 1).filter(fits);
    longest.or_else(|| pattern::text(pattern, number, false)).map(Value::String)
}

/// The first `_regex` in a filter, wherever it stands.
fn regex_of(filter: &Value) -> Option<&str> {
    match filter {
        Value::Object(map) => match map.get("_regex").and_then(Value::as_str) {
            Some(pattern) => Some(pattern),
            None => map.values().find_map(regex_of),
        },
        Value::Array(list) => list.iter().find_map(regex_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: &str, more: &str) -> String {
        format!(
            "  - collection: entries\n    field: {name}\n    type: {kind}\n    meta: {{}}\n    schema: {{ is_nullable: true{more} }}\n"
        )
    }

    fn of(fields: &[String], relations: &str) -> (Vec<Row>, Vec<String>) {
        let text = format!(
            "version: 1\ncollections:\n  - collection: entries\n    schema: {{ name: entries }}\n  - collection: teams\n    schema: {{ name: teams }}\nfields:\n{}relations: [{relations}]\n",
            fields.concat()
        );
        let (rows, left_out) = rows(&Snapshot::parse(&text).unwrap());
        (rows.into_iter().filter(|row| row.collection == "entries").collect(), left_out)
    }

    #[test]
    fn the_first_row_is_empty_and_the_last_as_long_as_it_may_be() {
        let (rows, left_out) =
            of(&[field("name", "string", ", max_length: 9"), field("place", "alias", "")], "");
        let names: Vec<&Value> = rows.iter().map(|row| &row.values["name"]).collect();
        assert_eq!(names, [&Value::Null, &json!("name1"), &json!("name2xxxx")]);
        assert_eq!(left_out, Vec::<String>::new());
    }

    #[test]
    fn values_of_a_field_are_distinct_and_fit_their_type() {
        for kind in [
            "string",
            "text",
            "integer",
            "bigInteger",
            "decimal",
            "uuid",
            "date",
            "time",
            "dateTime",
            "timestamp",
            "json",
        ] {
            let (rows, _) =
                of(&[field("a", kind, "").replace("is_nullable: true", "is_nullable: false")], "");
            let values: BTreeSet<String> = rows.iter().map(|row| row.values["a"].to_string()).collect();
            assert_eq!(values.len(), ROWS, "{kind}: {values:?}");
        }
    }

    #[test]
    fn a_reference_points_to_the_row_of_the_same_number_which_comes_before() {
        let relation = "{ collection: entries, field: team, related_collection: teams }";
        let (rows, _) = of(&[field("team", "uuid", "")], relation);
        assert_eq!(rows[1].references, BTreeMap::from([("team".to_owned(), "teams".to_owned())]));
        assert_eq!(rows[0].values["team"], Value::Null);
        let order = in_order(&["entries", "teams"], &BTreeMap::from([(("entries", "team"), Some("teams"))]));
        assert_eq!(order, ["teams", "entries"]);
    }

    #[test]
    fn a_reference_in_a_circle_is_left_null_by_name() {
        let circle = "{ collection: entries, field: team, related_collection: teams }, { collection: teams, field: captain, related_collection: entries }, { collection: entries, field: twin, related_collection: entries }";
        let fields = [field("team", "uuid", ""), field("twin", "uuid", "")];
        let (rows, left_out) = of(&fields, circle);
        assert_eq!(rows.len(), ROWS);
        assert_eq!(
            left_out,
            [
                "entries.team: points to teams, which has no rows yet: left null",
                "entries.twin: points to entries, which has no rows yet: left null"
            ]
        );
    }

    #[test]
    fn a_geometry_has_the_shape_of_its_type() {
        for shape in ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"] {
            let (rows, left_out) = of(&[field("place", &format!("geometry.{shape}"), "")], "");
            assert_eq!(rows[1].values["place"]["type"], shape);
            assert_eq!(left_out, Vec::<String>::new());
        }
    }

    #[test]
    fn what_cannot_be_filled_is_named() {
        let (rows, left_out) = of(&[field("blob", "binary", "")], "");
        assert_eq!(left_out, ["entries.blob: no value is known for the type `binary`"]);
        assert_eq!(rows.len(), ROWS, "the rows are made without it");
    }
}
