//! What is at stake: how many rows a change would cost, or how many stand in its way, counted in the database before anything is done.

use crate::diff::{Change, Risk};
use contract::sql::{literal, quoted};
use contract::{Failure, Outcome};
use migrations::session::{Session, describe};

/// Counting ends here: "more than a million" says enough, and a boot must not read a hypertable to its end.
const MOST: i64 = 1_000_000;

/// One change's risk, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stake {
    /// The change's name: `entries.race_number`.
    pub name: String,
    /// What could happen.
    pub risk: Risk,
    /// How many rows or values; `None` when it could not be counted.
    pub count: Option<i64>,
}

impl Stake {
    /// Whether it is certain to fail, because there are such rows.
    pub fn fails(&self) -> bool {
        self.risk.fails() && self.count.is_some_and(|count| count > 0)
    }

    /// Whether it is about this change.
    pub fn is_of(&self, change: &Change) -> bool {
        self.name == change.name() && change.risks.contains(&self.risk)
    }

    /// "412 rows hold a value".
    pub fn sentence(&self) -> String {
        let count = match self.count {
            Some(count) if count > MOST => "more than 1,000,000".to_owned(),
            Some(count) => grouped(count),
            None => "an unknown number of".to_owned(),
        };
        let say = |one: &str, many: &str| match self.count {
            Some(1) => format!("1 {one}"),
            _ => format!("{count} {many}"),
        };
        match &self.risk {
            Risk::Rows => say("row", "rows"),
            Risk::Values => say("row holds a value", "rows hold a value"),
            Risk::Longer(length) => {
                say(&format!("value is longer than {length}"), &format!("values are longer than {length}"))
            }
            Risk::Rounded(scale) => say(
                &format!("value has more than {scale} digits after the point"),
                &format!("values have more than {scale} digits after the point"),
            ),
            Risk::TooLarge { .. } => say("value is too large for it", "values are too large for it"),
            Risk::Nulls => say("row has no value", "rows have no value"),
            Risk::AnyRow => {
                say("row is there, and it has no default", "rows are there, and it has no default")
            }
            Risk::Duplicates => say("value occurs more than once", "values occur more than once"),
            Risk::SeveralRows => say("row would get the default", "rows would get the same default"),
            Risk::Orphans { related, .. } => say(
                &format!("value names a row of `{related}` that does not exist"),
                &format!("values name rows of `{related}` that do not exist"),
            ),
        }
    }
}

/// A change in words with what is at stake by it: `- entries.race_number (dropped, 412 rows hold a value)`. Of rows that could stand in
/// its way, only those that do are worth a word.
pub fn line(change: &Change, stakes: &[Stake]) -> String {
    let of_change = stakes.iter().filter(|stake| stake.is_of(change));
    let notes: Vec<String> = of_change
        .filter(|stake| !stake.risk.fails() || stake.count != Some(0))
        .map(Stake::sentence)
        .collect();
    if notes.is_empty() { change.line() } else { change.what.line_with(&notes) }
}

/// `1,234`
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Counts every risk of `changes`, in the tables of the schema `home`. What cannot be counted (a table that is not there yet, a type that
/// cannot be compared) is unknown, and never taken for nothing.
///
/// # Errors
/// When the connection is lost.
pub fn weigh(session: &mut Session, home: &str, changes: &[Change]) -> Outcome<Vec<Stake>> {
    let mut stakes = Vec::new();
    for change in changes {
        for risk in &change.risks {
            let Some(sql) = sql(home, &change.name(), risk) else { continue };
            let count = match session.client().query_one(&sql, &[]) {
                Ok(row) => Some(row.get::<_, i64>(0)),
                Err(error) if error.is_closed() => {
                    return Err(Failure::new("count the rows at stake").cause(describe(&error)));
                }
                Err(_) => None,
            };
            let count = match (risk, count) {
                // One row alone can have the default.
                (Risk::SeveralRows, Some(1)) => Some(0),
                (_, count) => count,
            };
            stakes.push(Stake { name: change.name(), risk: risk.clone(), count });
        }
    }
    Ok(stakes)
}

fn sql(home: &str, name: &str, risk: &Risk) -> Option<String> {
    let (collection, field) = name.split_once('.').unwrap_or((name, ""));
    let table = format!("{}.{}", quoted(home), quoted(collection));
    let (name_of_field, field) = (field, format!("t.{}", quoted(field)));
    let condition = match risk {
        Risk::Rows | Risk::AnyRow | Risk::SeveralRows => "true".to_owned(),
        Risk::Values => format!("{field} IS NOT NULL"),
        Risk::Longer(length) => format!("char_length({field}::text) > {length}"),
        Risk::Rounded(scale) => format!("{field}::numeric <> round({field}::numeric, {scale})"),
        Risk::TooLarge { precision, scale } => {
            // What stays is in the catalog: of `numeric(10,5)` the modifier is 10 << 16 | 5, and 4 more.
            let of_column = |bits: &str| {
                format!(
                    "(SELECT {bits} FROM pg_catalog.pg_attribute a WHERE a.attrelid = {}::regclass AND a.attname = {})",
                    literal(&table),
                    literal(name_of_field)
                )
            };
            let digits = |given: &Option<u64>, bits: &str| {
                given.map_or_else(|| of_column(bits), |digits| digits.to_string())
            };
            let (precision, scale) =
                (digits(precision, "(a.atttypmod - 4) >> 16"), digits(scale, "(a.atttypmod - 4) & 65535"));
            format!("abs(round({field}::numeric, {scale})) >= power(10::numeric, {precision} - {scale})")
        }
        Risk::Nulls => format!("{field} IS NULL"),
        Risk::Duplicates => format!("{field} IS NOT NULL GROUP BY {field} HAVING count(*) > 1"),
        Risk::Orphans { related, key } => format!(
            "{field} IS NOT NULL AND NOT EXISTS (SELECT FROM {}.{} r WHERE r.{} = {field})",
            quoted(home),
            quoted(related),
            quoted(key)
        ),
    };
    Some(format!(
        "SELECT count(*) FROM (SELECT FROM {table} t WHERE {condition} LIMIT {}) AS counted",
        MOST + 1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(risk: Risk, count: Option<i64>) -> String {
        Stake { name: "entries.race_number".to_owned(), risk, count }.sentence()
    }

    #[test]
    fn a_stake_is_said_with_its_number() {
        assert_eq!(sentence(Risk::Values, Some(412)), "412 rows hold a value");
        assert_eq!(sentence(Risk::Longer(50), Some(3)), "3 values are longer than 50");
        assert_eq!(sentence(Risk::Rows, Some(1_000_001)), "more than 1,000,000 rows");
        assert_eq!(sentence(Risk::Rows, Some(12_345)), "12,345 rows");
        assert_eq!(sentence(Risk::Values, None), "an unknown number of rows hold a value");
        assert_eq!(sentence(Risk::Nulls, Some(1)), "1 row has no value");
    }

    #[test]
    fn only_what_is_counted_stands_in_the_way() {
        let stake = |risk, count| Stake { name: String::new(), risk, count }.fails();
        assert!(stake(Risk::Nulls, Some(1)));
        assert!(!stake(Risk::Nulls, Some(0)) && !stake(Risk::Nulls, None) && !stake(Risk::Rows, Some(9)));
    }
}
