//! The one schema: the ledger, the history and Directus' tables lie in `public`, and they are looked up there. What a role's or a database's
//! `search_path` puts first decides where a migration's tables go, and where Directus makes its own; a migration may change it for the
//! *next* session (P24). So `public` has to be first, in every session.

use crate::session::{self, Session, failure};
use contract::{Exit, Failure, Outcome};
use postgres::{Client, SimpleQueryMessage};

/// Its name.
pub const SCHEMA: &str = "public";

/// How many columns [`facts`] has.
pub const FACTS: usize = 5;

/// The columns that [`judge`] wants; `tables` are those that must not lie in another schema.
pub fn facts(tables: &[&str]) -> String {
    // An empty list is no SQL.
    let tables: Vec<String> = tables.iter().chain(&[""]).map(|table| format!("'{table}'")).collect();
    format!(
        "coalesce(pg_catalog.quote_ident(pg_catalog.current_schema()), ''), \
         pg_catalog.to_regnamespace('{SCHEMA}') IS NOT NULL, \
         pg_catalog.format('ALTER ROLE %I IN DATABASE %I SET search_path TO ', current_user, pg_catalog.current_database()), \
         pg_catalog.array_to_string(ARRAY(SELECT pg_catalog.quote_ident(name) \
            FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS path (name, place) \
            WHERE name <> '{SCHEMA}' ORDER BY place), ', '), \
         coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ' ' ORDER BY n.nspname, c.relname) \
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE c.relname IN ({}) AND c.relkind IN ('r', 'p') AND n.nspname <> '{SCHEMA}' AND c.relpersistence <> 't' \
            AND pg_catalog.to_regclass(pg_catalog.format('{SCHEMA}.%I', c.relname)) IS NULL), '')",
        tables.join(", ")
    )
}

/// Judges the answer.
///
/// # Errors
/// Exit 2 with the statement that mends it, when `public` is not first, or when one of our tables lies elsewhere.
pub fn judge(facts: [&str; FACTS]) -> Outcome<()> {
    let [first, is_there, set, others, elsewhere] = facts;
    let refused = |what: String| {
        Failure::new(format!("use the database: {what}"))
            .exit(Exit::Usage)
            .cause(format!("ledger, history and Directus' tables lie in the schema `{SCHEMA}` (P24)"))
    };
    if is_there != "t" {
        return Err(refused(format!("it has no schema `{SCHEMA}`")).hint(format!("CREATE SCHEMA {SCHEMA};")));
    }
    if first != SCHEMA {
        let path = if others.is_empty() { SCHEMA.to_owned() } else { format!("{SCHEMA}, {others}") };
        return Err(refused(match first {
            "" => format!("no schema of this role's search_path is there; `{SCHEMA}` must be the first"),
            first => format!("`{first}` is the first schema of this role's search_path, and not `{SCHEMA}`"),
        })
        .hint(format!("{set}{path};")));
    }
    if elsewhere.is_empty() {
        return Ok(());
    }
    let mend = elsewhere.split(' ').map(|table| format!("ALTER TABLE {table} SET SCHEMA {SCHEMA};"));
    Err(refused(format!("`{}` is in another schema", elsewhere.replace(' ', "`, `")))
        .cause("taken for a database in which nothing ever ran, every migration would run once more")
        .hint(mend.collect::<Vec<_>>().join("\n")))
}

/// Judges the next session, after files ran that may have changed what it will find.
///
/// # Errors
/// Exit 1: the files ran, and stay. And when there is no next session.
pub(crate) fn judge_the_next(session: &Session) -> Outcome<()> {
    let mut next = session::connect(session.settings(), session.application_name())?;
    judge_here(next.client(), &[]).map_err(|failure| {
        failure
            .exit(Exit::Failed)
            .cause("one of the migrations that just ran has changed it for the next sessions")
    })
}

/// Asks and judges.
fn judge_here(client: &mut Client, tables: &[&str]) -> Outcome<()> {
    let asked = client.simple_query(&format!("SELECT {}", facts(tables)));
    let messages = asked.map_err(|error| failure("read the search_path", &error))?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    judge(std::array::from_fn(|at| row.and_then(|row| row.get(at)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_comes_first_and_what_was_found_before_is_found_still() {
        let set = "ALTER ROLE r IN DATABASE d SET search_path TO ";
        assert_eq!(judge(["public", "t", set, "app", ""]), Ok(()));
        let failure = judge(["app", "t", set, "app, \"My\"", ""]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(
            failure.hint.as_deref(),
            Some("ALTER ROLE r IN DATABASE d SET search_path TO public, app, \"My\";")
        );
        assert!(judge(["", "t", set, "", ""]).unwrap_err().hint.unwrap().ends_with("TO public;"));
        assert_eq!(
            judge(["public", "f", set, "", ""]).unwrap_err().hint.as_deref(),
            Some("CREATE SCHEMA public;")
        );
        let failure = judge(["public", "t", set, "", "app.migrations_applied"]).unwrap_err();
        assert_eq!(failure.hint.as_deref(), Some("ALTER TABLE app.migrations_applied SET SCHEMA public;"));
    }
}
