//! A picture of a database: everything that is in it, as sorted lines. Two equal pictures of one database, taken one after the other, say
//! that nothing changed in between. It is read from the catalog, by which any version of Postgres can be asked: `pg_dump` refuses a
//! server that is newer than itself (P25).

use super::Ask;
use anyhow::Result;

/// What there is beside rows.
const CATALOG: &str = include_str!("picture.sql");

/// For each table the query for its rows. All of a small table, so that a difference can be shown; of a large one their number and a sum
/// over their hashes, in which a change of any row shows. The tables of TimescaleDB's own schemas are chunks: their rows are seen
/// through their hypertable.
const TABLES: &str = "
SELECT format(
    'SELECT ''rows %1$s: '' || count(*) || '' '' || coalesce(sum(hashtextextended((each.*)::text, 0)::numeric), 0) FROM %2$s AS each '
    'UNION ALL SELECT ''row %1$s: '' || (each.*)::text FROM %2$s AS each WHERE (SELECT count(*) FROM %2$s) <= 100',
    replace(format('%I.%I', n.nspname, c.relname), '''', ''''''), format('%I.%I', n.nspname, c.relname))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relispopulated AND n.nspname !~ '^(pg_|_timescaledb|timescaledb_|information_schema$)'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname";

/// So many tables in one question: it must fit into a program's argument, which Linux limits to 128 kB.
const AT_ONCE: usize = 100;

/// Takes the picture.
///
/// # Errors
/// What the server says.
pub(crate) fn take(database: &dyn Ask) -> Result<String> {
    let mut lines = database.ask(CATALOG)?;
    for queries in database.ask(TABLES)?.chunks(AT_ONCE) {
        lines.extend(database.ask(&queries.join(" UNION ALL "))?);
    }
    lines.sort();
    Ok(lines.join("\n") + "\n")
}
