//! Makes the rows through Directus' own API, so that its validation, defaults and hooks are what they are in production.

use super::filler::{ROWS, Row};
use crate::directus::{Directus, Trouble};
use crate::engine::Ask;
use anyhow::Result;
use contract::Failure;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What was made, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Rows by collection.
    pub(crate) rows: BTreeMap<String, usize>,
    /// What Directus refused, by name and reason.
    pub(crate) left_out: Vec<String>,
}

/// Makes `rows`, in order.
///
/// # Errors
/// When a collection stays without any row: then the rehearsal would prove nothing about it.
pub(crate) fn fill(directus: &mut Directus, rows: &[Row]) -> Result<Filled> {
    let mut filled = Filled::default();
    let mut keys: BTreeMap<(String, usize), Value> = BTreeMap::new();
    for number in 0..ROWS {
        let body = json!({ "first_name": "User", "last_name": number.to_string(), "email": format!("user{number}@example.com") });
        let made = directus.call("POST", "/users", Some(&body));
        let made = made.map_err(|trouble| Failure::new("make a user to point to").cause(trouble))?;
        keys.insert(("directus_users".to_owned(), number), made["id"].clone());
    }
    for row in rows {
        let mut body = row.values.clone();
        for (field, target) in &row.references {
            body.insert(
                field.clone(),
                keys.get(&(target.clone(), row.number)).cloned().unwrap_or(Value::Null),
            );
        }
        match directus.call("POST", &format!("/items/{}", row.collection), Some(&Value::Object(body))) {
            Ok(made) => {
                keys.insert((row.collection.clone(), row.number), made[&row.key].clone());
                *filled.rows.entry(row.collection.clone()).or_default() += 1;
            }
            Err(trouble @ Trouble::NoAnswer(_)) => {
                return Err(Failure::new("fill every collection with rows").cause(trouble).into());
            }
            Err(trouble) => {
                filled.left_out.push(format!("{}, row {}: {trouble}", row.collection, row.number + 1))
            }
        }
    }
    let wanted: BTreeSet<&str> = rows.iter().map(|row| row.collection.as_str()).collect();
    let empty: Vec<&str> = wanted.into_iter().filter(|each| !filled.rows.contains_key(*each)).collect();
    if empty.is_empty() {
        return Ok(filled);
    }
    let lines: Vec<String> = filled.left_out.iter().map(|line| format!("  - {line}")).collect();
    Err(Failure::new(format!("fill every collection with rows: none could be made in {}", empty.join(", ")))
        .excerpt(lines.join("\n"))
        .into())
}

/// The same for tables that migrations make: by SQL, because Directus does not know them.
///
/// # Errors
/// What the server says.
pub(crate) fn fill_db_only(database: &dyn Ask, tables: &[String], filled: &mut Filled) -> Result<()> {
    for table in tables {
        let columns = database.ask(&format!(
            "SELECT quote_ident(attname) || ' ' || format_type(atttypid, NULL) FROM pg_attribute \
             WHERE attrelid = to_regclass(quote_ident('{table}')) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''"
        ))?;
        let (names, values): (Vec<&str>, Vec<String>) = columns
            .iter()
            .filter_map(|column| column.split_once(' '))
            .filter_map(|(name, kind)| Some((name, of_type(kind)?)))
            .unzip();
        let sql = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM generate_series(1, {ROWS}) AS n",
            names.join(", "),
            values.join(", ")
        );
        match database.ask(&sql) {
            Ok(_) => drop(filled.rows.insert(table.clone(), ROWS)),
            Err(error) => filled.left_out.push(format!("{table}: {error:#}")),
        }
    }
    Ok(())
}

/// A value of a simple type, another one for each `n`; columns of other types are left to their default.
fn of_type(kind: &str) -> Option<String> {
    Some(match kind {
        "text" | "character varying" => "'row ' || n".to_owned(),
        "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric" => "n".to_owned(),
        "boolean" => "n % 2 = 0".to_owned(),
        "timestamp with time zone" | "timestamp without time zone" | "date" => {
            "timestamptz '2026-06-01' + n * interval '1 day'".to_owned()
        }
        "jsonb" | "json" => format!("'{{}}'::{kind}"),
        _ => return None,
    })
}
