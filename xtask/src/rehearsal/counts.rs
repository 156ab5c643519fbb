//! Rows per table, before and after.

use crate::engine::Ask;
use anyhow::Result;
use std::collections::BTreeMap;

/// Rows by table, Directus' own tables and our bookkeeping left out.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Counts them.
///
/// # Errors
/// What the server says.
pub(crate) fn count(database: &dyn Ask) -> Result<Counts> {
    let rows = database.ask(
        "SELECT c.relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', n.nspname, c.relname), false, true, '')))[1] \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') \
         AND c.relname !~ '^directus_' AND c.relname NOT IN ('migrations_applied', 'schema_releases', 'spatial_ref_sys')",
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| row.rsplit_once(' '))
        .map(|(table, count)| (table.to_owned(), count.parse().unwrap_or(0)))
        .collect())
}

/// The tables that neither Directus nor we made: the migrations'.
///
/// # Errors
/// What the server says.
pub(crate) fn db_only(database: &dyn Ask) -> Result<Vec<String>> {
    database.ask(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
         AND c.relname !~ '^directus_' AND c.relname NOT IN ('migrations_applied', 'schema_releases') \
         AND NOT EXISTS (SELECT FROM directus_collections d WHERE d.collection = c.relname) \
         AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid AND m.deptype = 'e') \
         ORDER BY c.relname",
    )
}

/// One aligned line for each table; what changed is marked.
pub(crate) fn table(before: &Counts, after: &Counts) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let text = |count: Option<&u64>| count.map_or_else(|| "–".to_owned(), u64::to_string);
    names
        .into_iter()
        .map(|name| {
            let (was, is) = (before.get(name), after.get(name));
            format!(
                "{name:<width$}  {:>6} → {:<6}{}",
                text(was),
                text(is),
                if was == is { "" } else { " changed" }
            )
            .trim_end()
            .to_owned()
        })
        .collect()
}

/// The tables that lost rows, without those that were given up.
pub(crate) fn lost(before: &Counts, after: &Counts, is_given_up: impl Fn(&str) -> bool) -> Vec<String> {
    let fewer = before.iter().filter(|(table, count)| after.get(*table).unwrap_or(&0) < *count);
    fewer
        .filter(|(table, _)| !is_given_up(table))
        .map(|(table, count)| {
            format!("{table}: {count} rows before, {} after", after.get(table).unwrap_or(&0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_lost_rows_is_named_and_one_that_gained_is_not() {
        let counts = |pairs: &[(&str, u64)]| {
            pairs.iter().map(|(name, count)| (name.to_string(), *count)).collect::<Counts>()
        };
        let (before, after) = (counts(&[("a", 3), ("b", 3), ("c", 1)]), counts(&[("a", 2), ("b", 4)]));
        assert_eq!(lost(&before, &after, |table| table == "c"), ["a: 3 rows before, 2 after"]);
        assert_eq!(
            lost(&before, &after, |_| false),
            ["a: 3 rows before, 2 after", "c: 1 rows before, 0 after"]
        );
        assert_eq!(table(&before, &after)[2], "c       1 → –      changed");
    }
}
