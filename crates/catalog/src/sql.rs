//! The query that reads a catalog. It changes nothing, and says the same under any role's and database's settings.

use contract::sql::{literal, quoted};

/// What the server's spelling depends on, pinned for the transaction that reads (P21).
pub const SETTINGS: &str = "SET LOCAL search_path TO pg_catalog; SET LOCAL TimeZone TO 'UTC'; SET LOCAL DateStyle TO 'ISO, YMD'; \
    SET LOCAL IntervalStyle TO 'postgres'; SET LOCAL bytea_output TO 'hex'; SET LOCAL extra_float_digits TO 1; \
    SET LOCAL quote_all_identifiers TO off; SET LOCAL lc_monetary TO 'C'; SET LOCAL xmloption TO 'content'; \
    SET LOCAL row_security TO off";

/// How many statements [`SETTINGS`] has.
pub const SETTINGS_COUNT: usize = 10;

/// What of a database can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// The schema that holds Directus' tables, or would.
    pub home: String,
    /// Whether the tables that metadata is in are there: `directus_collections`, `_fields`, `_relations`, `_migrations`.
    pub metadata: bool,
    /// The schema of the ledger, if there is one.
    pub ledger: Option<String>,
    /// Whether TimescaleDB is installed in this database.
    pub timescaledb: bool,
    /// The relations of our own bookkeeping in `home`, which are left out.
    pub own: Vec<String>,
}

/// One column, one row a line, in no order.
pub fn lines(tables: &Tables) -> String {
    format!("SELECT line FROM ({}) AS lines (line)", rows(tables))
}

/// One row: a hash of what [`lines`] answers. Equal hashes are equal catalogs; a warm boot need not read more.
pub fn fingerprint(tables: &Tables) -> String {
    format!(
        "SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM ({}) AS lines (line)",
        rows(tables)
    )
}

fn rows(tables: &Tables) -> String {
    let mut parts = vec![include_str!("sql/objects.sql")];
    if tables.metadata {
        parts.push(include_str!("sql/metadata.sql"));
    }
    if tables.ledger.is_some() {
        parts.push(include_str!("sql/ledger.sql"));
    }
    if tables.timescaledb {
        parts.push(include_str!("sql/timescaledb.sql"));
    }
    let exists = |condition: &str| match tables.metadata {
        true => format!("EXISTS (SELECT FROM {}.{condition})", quoted(&tables.home)),
        false => "false".to_owned(),
    };
    let own: Vec<String> = tables.own.iter().map(|name| literal(name)).collect();
    let sql = named(&parts.join("\nUNION ALL\n"))
        .replace("{tracked}", &exists("directus_collections d WHERE d.collection = c.relname"))
        .replace(
            "{field}",
            &exists("directus_fields d WHERE d.collection = r.relname AND d.field = a.attname"),
        )
        .replace("{home_name}", &literal(&tables.home))
        .replace("{home}", &quoted(&tables.home))
        .replace("{ledger}", &quoted(tables.ledger.as_deref().unwrap_or_default()))
        .replace("{own}", &format!("ARRAY[{}]::text[]", own.join(",")));
    // A line is one line.
    let one = |column: &str| format!("translate(coalesce({column}, ''), E'\\t\\n\\r', '   ')");
    format!(
        "SELECT concat_ws(E'\\t', class, kind, {}, {}) FROM ({sql}) AS row",
        one("name"),
        one("definition")
    )
}

/// `{name:x}`: the name `x`, in quotes if it could be taken for more than one word. `quote_ident` would also quote reserved words, of
/// which each version has its own.
fn named(sql: &str) -> String {
    let mut parts = sql.split("{name:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        text.push_str(&format!(r#"regexp_replace({name}::text, '^(.*[^[:alnum:]_$].*)$', '"\1"')"#));
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_be_filled_in() {
        let tables = Tables {
            home: "public".into(),
            metadata: true,
            ledger: Some("public".into()),
            timescaledb: true,
            own: vec!["migrations_applied".into()],
        };
        assert!(!lines(&tables).contains('{') && !fingerprint(&Tables::default()).contains('{'));
        assert_eq!(SETTINGS.matches("SET LOCAL").count(), SETTINGS_COUNT);
    }
}
