//! The query that reads a catalog. It changes nothing, and says the same under any role's and database's settings.

use contract::sql::{literal, quoted};

/// What the server's spelling depends on, pinned for the transaction that reads (P21). Compiling the query would take longer than to run it.
pub const SETTINGS: &str = "SET LOCAL search_path TO pg_catalog; SET LOCAL TimeZone TO 'UTC'; SET LOCAL DateStyle TO 'ISO, YMD'; \
    SET LOCAL IntervalStyle TO 'postgres'; SET LOCAL bytea_output TO 'hex'; SET LOCAL extra_float_digits TO 1; \
    SET LOCAL quote_all_identifiers TO off; SET LOCAL lc_monetary TO 'C'; SET LOCAL xmloption TO 'content'; \
    SET LOCAL row_security TO off; SET LOCAL standard_conforming_strings TO on; \
    SET LOCAL jit TO off";

/// How many statements [`SETTINGS`] has.
pub const SETTINGS_COUNT: usize = 12;

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
    let objects = include_str!("sql/objects.sql");
    let objects =
        format!("SELECT class, kind, {{same:name}}, {{same:definition}} FROM ({objects}) AS object");
    let mut parts = vec![objects.as_str()];
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
    let sql = expanded(&parts.join("\nUNION ALL\n"))
        .replace("{tracked}", &exists("directus_collections d WHERE d.collection = c.relname"))
        .replace(
            "{field}",
            &exists("directus_fields d WHERE d.collection = r.relname AND d.field = a.attname"),
        )
        .replace("{home_name}", &literal(&tables.home))
        .replace("{home}", &quoted(&tables.home))
        .replace("{ledger}", &quoted(tables.ledger.as_deref().unwrap_or_default()))
        .replace("{own}", &format!("ARRAY[{}]::text[]", own.join(",")));
    // A line is one line; how the server breaks and indents long expressions is not part of them.
    let one = |column: &str| {
        format!(
            r"CASE WHEN strpos({column}, E'\n') > 0 THEN regexp_replace(translate({column}, E'\t\r', '  '), E'\n *', ' ', 'g')
              ELSE translate(coalesce({column}, ''), E'\t\r', '  ') END"
        )
    };
    format!(
        "SELECT concat_ws(E'\\t', class, kind, {}, {}) FROM ({sql}) AS row (class, kind, name, definition)",
        one("name"),
        one("definition")
    )
}

/// What may be written `{word:expression}` in the files of SQL, and what it stands for.
const EXPRESSIONS: [(&str, &str); 3] = [
    // A name, in quotes if it could be taken for more than one word. `quote_ident` would also quote what is reserved, and each version
    // reserves words of its own; and what is alphanumeric is for the database's locale to say, unless asked in "C".
    (
        "{name:",
        r#"CASE WHEN {}::text COLLATE "C" ~ '[^[:alnum:]_$]' THEN '"' || replace({}::text, '"', '""') || '"' ELSE {}::text END"#,
    ),
    // A view's text, without what a query of one table is qualified with before Postgres 16, unless it can be seen that it has several.
    (
        "{unqualified:",
        r#"CASE WHEN {} ~ E'\n   FROM (\\((?! )|[^(\n]*,\n)' THEN {same:{}}
           ELSE regexp_replace({same:{}}, E'(''(?:[^'']|'''')*'')|("[^"]+"|[a-z_][a-z0-9_]*)\\.', E'\\1', 'g') END"#,
    ),
    // SQL that the server printed, without quotes around the words that were reserved after Postgres 15.
    (
        "{same:",
        r#"CASE WHEN strpos({}, '"') = 0 THEN {}
           ELSE regexp_replace({}, '"(json|json_array|json_arrayagg|json_exists|json_object|json_objectagg|json_query|json_scalar|json_serialize|json_table|json_value|merge_action|system_user)"', E'\\1', 'g') END"#,
    ),
];

/// `sql`, with each `{word:expression}` as what it stands for. No expression holds a brace.
fn expanded(sql: &str) -> String {
    let mut text = sql.to_owned();
    for (word, meaning) in EXPRESSIONS {
        while let Some(at) = text.find(word) {
            let inside = at + word.len();
            let end = text[inside..].find('}').map_or(text.len(), |end| inside + end);
            let meaning = meaning.replace("{}", &text[inside..end]);
            text.replace_range(at..text.len().min(end + 1), &format!("({meaning})"));
        }
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
