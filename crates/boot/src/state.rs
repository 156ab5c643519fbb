//! What the database is, as far as a boot's decision needs to know: read in two or three round trips, changing nothing.
//!
//! 1. Facts about the server and which of our tables are there, because a query that names a missing table cannot be asked.
//! 2. In one read-only snapshot: users, the history of releases, and a hash of the catalog.
//! 3. The catalog itself, and what was recorded of it, unless that hash says that nothing changed.

use crate::history::{self, Entry, History};
use crate::release::ReleaseId;
use catalog::Catalog;
use catalog::sql::{self, Tables};
use contract::Outcome;
use contract::sql::{literal, quoted};
use migrations::ledger;
use migrations::schema::{self, SCHEMA};
use migrations::session::{Session, failure};
use postgres::SimpleQueryMessage;
use std::collections::BTreeSet;

/// The database before a boot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The server, and what this role may do.
    pub server: Server,
    /// Directus' own tables.
    pub directus: Directus,
    /// The releases that were here.
    pub history: History,
    /// What it has; empty when `unchanged` says all.
    pub catalog: Catalog,
    /// Whether the catalog is what the latest entry of the history left, to the letter.
    pub unchanged: bool,
    /// What of it can be read.
    pub tables: Tables,
}

/// Facts about the server and this session's role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// `170012`.
    pub version_num: u32,
    /// `17.12 (Debian …)`.
    pub version: String,
    /// Whether it only replays what another one writes, or refuses to write for another reason.
    pub read_only: bool,
    /// TimescaleDB's version in this database.
    pub timescaledb: Option<String>,
    /// Whether TimescaleDB was loaded at the server's start.
    pub timescaledb_preloaded: bool,
    /// Whether it could be: the server has its files. Asked only where it is not loaded.
    pub timescaledb_available: bool,
    /// Whether a restore was begun with `timescaledb_pre_restore()` and not ended.
    pub timescaledb_restoring: bool,
    /// PostGIS' version in this database.
    pub postgis: Option<String>,
    /// Whether the type `geometry` is found on the search path.
    pub geometry: bool,
    /// The role.
    pub role: String,
    /// Whether it may create objects in the schema.
    pub may_create: bool,
    /// Backends that a former holder of the lock left working.
    pub leftovers: Vec<i32>,
}

/// How far Directus is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Directus {
    /// None of its tables is there.
    #[default]
    Absent,
    /// Some are: an earlier install died half-way, and Directus itself takes this for installed (D9).
    Partial {
        /// The tables that are missing.
        missing: Vec<String>,
        /// Whether they hold anything that somebody could miss.
        contents: bool,
    },
    /// All are.
    Installed {
        /// Rows of `directus_users`.
        users: i64,
        /// Active users with admin access: by a policy of their own, of their role, or of a role above it.
        admins: i64,
        /// Versions in `directus_migrations`.
        system_migrations: BTreeSet<String>,
    },
}

/// Tables that every install has from its first statement to its last; Directus asks for the first one only.
const MARKERS: [&str; 7] = [
    "directus_collections",
    "directus_migrations",
    "directus_settings",
    "directus_users",
    "directus_fields",
    "directus_relations",
    "directus_roles",
];

/// Backends that do a boot's work carry this behind the boot's own name; those that wait, plan or serve do not.
pub const WORK: &str = "-work";

impl State {
    /// Reads the state, as `release` needs to see it; `whole` asks for the catalog in any case.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn read(session: &mut Session, release: &ReleaseId, whole: bool) -> Outcome<State> {
        let (server, presence) = facts(session)?;
        let tables = presence.tables();
        let mut queries = vec![match presence.missing.is_empty() {
            true => users(&presence),
            false => contents(&presence),
        }];
        if let Some(schema) = &presence.history {
            queries.push(history::entries(schema, presence.fingerprints));
            queries.push(sql::fingerprint(&tables));
        }
        let mut answers = ask(session, &queries.join("; "))?.into_iter();
        let first = answers.next().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
        let number = |at: usize| first.get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut history = history::read(answers.next().unwrap_or_default());
        let fingerprint = text(answers.next());
        let is_served = presence.missing.is_empty() && number(0) > 0 && number(1) > 0;
        let is_left = |latest: &Entry| {
            latest.completed
                && latest.release == *release
                && latest.spelling == history::spelling(server.version_num)
                && Some(&latest.fingerprint) == fingerprint.as_ref()
        };
        let unchanged = !whole && is_served && history.latest().is_some_and(is_left);
        let mut catalog = Catalog::default();
        if !unchanged {
            let mut queries = vec![sql::lines(&tables)];
            queries.extend(presence.history.as_deref().map(history::recorded));
            let mut answers = ask(session, &queries.join("; "))?.into_iter();
            catalog = Catalog::new(first_columns(answers.next()));
            history.latest = text(answers.next()).map(|text| Catalog::parse(&text)).unwrap_or_default();
            history.found = text(answers.next()).map(|text| Catalog::parse(&text));
        }
        let directus = if presence.directus_tables == 0 {
            Directus::Absent
        } else if presence.missing.is_empty() {
            let system_migrations = catalog.names("system migration").map(str::to_owned).collect();
            Directus::Installed { users: number(0), admins: number(1), system_migrations }
        } else {
            Directus::Partial { missing: presence.missing, contents: number(0) > 0 }
        };
        Ok(State { server, directus, history, catalog, unchanged, tables })
    }
}

/// The catalog as it is now, with its hash: one look.
///
/// # Errors
/// When the database cannot be read.
pub fn catalog(session: &mut Session) -> Outcome<(Catalog, String)> {
    let tables = facts(session)?.1.tables();
    let mut answers =
        ask(session, &format!("{}; {}", sql::lines(&tables), sql::fingerprint(&tables)))?.into_iter();
    let catalog = Catalog::new(first_columns(answers.next()));
    Ok((catalog, text(answers.next()).unwrap_or_default()))
}

/// The first column of each row.
fn first_columns(rows: Option<Vec<Vec<String>>>) -> impl Iterator<Item = String> {
    rows.unwrap_or_default().into_iter().filter_map(|row| row.into_iter().next())
}

/// The one value of an answer.
fn text(rows: Option<Vec<Vec<String>>>) -> Option<String> {
    first_columns(rows).next()
}

/// The server alone, later in a boot: a migration may have created an extension.
///
/// # Errors
/// When the database cannot be read.
pub fn server(session: &mut Session) -> Outcome<Server> {
    Ok(facts(session)?.0)
}

/// How Directus is installed, later in a boot.
///
/// # Errors
/// When its tables cannot be read.
pub fn installed(session: &mut Session) -> Outcome<Directus> {
    let (_, presence) = facts(session)?;
    let versions = format!("SELECT version FROM {}.directus_migrations", quoted(&presence.home));
    let users = users(&presence);
    let mut answers = ask(session, &format!("{versions}; {users}"))?.into_iter();
    let system_migrations =
        answers.next().unwrap_or_default().into_iter().filter_map(|row| row.into_iter().next()).collect();
    let row = answers.next().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
    let number = |at: usize| row.get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(Directus::Installed { users: number(0), admins: number(1), system_migrations })
}

/// Which of the tables we look into are there.
#[derive(Default)]
struct Presence {
    home: String,
    missing: Vec<String>,
    directus_tables: i64,
    ledger: Option<String>,
    history: Option<String>,
    /// Whether the history keeps hashes of catalogs: one of an earlier runner does not.
    fingerprints: bool,
    timescaledb: bool,
    policies: bool,
    access: bool,
}

impl Presence {
    fn tables(&self) -> Tables {
        let metadata =
            ["directus_collections", "directus_fields", "directus_relations", "directus_migrations"];
        Tables {
            home: self.home.clone(),
            metadata: self.directus_tables > 0
                && !metadata.iter().any(|name| self.missing.iter().any(|each| each == name)),
            ledger: self.ledger.clone(),
            timescaledb: self.timescaledb,
            own: vec![ledger::TABLE.to_owned(), history::TABLE.to_owned()],
        }
    }
}

/// The server's facts, and which tables are there.
fn facts(session: &mut Session) -> Outcome<(Server, Presence)> {
    let markers = MARKERS.map(literal).join(",");
    let query = FACTS
        .replace("{markers}", &markers)
        .replace("{home}", SCHEMA)
        .replace("{ledger}", ledger::TABLE)
        .replace("{history}", history::TABLE)
        .replace("{schema}", &schema::facts(&[ledger::TABLE, history::TABLE]))
        .replace("{work}", &literal(WORK));
    let row = simple(session, &query)?.into_iter().flatten().next().unwrap_or_default();
    let text = |at: usize| row.get(at).cloned().unwrap_or_default();
    let some = |at: usize| Some(text(at)).filter(|text| !text.is_empty());
    let truth = |at: usize| text(at) == "t";
    let list = |at: usize| text(at).split_whitespace().map(str::to_owned).collect::<Vec<String>>();
    schema::judge(std::array::from_fn(|at| row.get(JUDGED + at).map_or("", String::as_str)))?;
    let server = Server {
        version_num: text(0).parse().unwrap_or(0),
        version: text(1),
        read_only: truth(2),
        timescaledb: some(3),
        timescaledb_preloaded: truth(4),
        timescaledb_available: truth(17),
        timescaledb_restoring: truth(5),
        postgis: some(6),
        geometry: truth(7),
        role: text(8),
        may_create: truth(9),
        leftovers: list(14).iter().filter_map(|pid| pid.parse().ok()).collect(),
    };
    let presence = Presence {
        home: SCHEMA.to_owned(),
        missing: list(10),
        directus_tables: text(11).parse().unwrap_or(0),
        ledger: truth(12).then(|| SCHEMA.to_owned()),
        history: truth(13).then(|| SCHEMA.to_owned()),
        timescaledb: server.timescaledb.is_some(),
        policies: truth(15),
        access: truth(16),
        fingerprints: truth(18),
    };
    Ok((server, presence))
}

/// Whether TimescaleDB is preloaded shows in a setting that its loader defines; the list of preloaded libraries is for superusers only.
const FACTS: &str = "
SELECT current_setting('server_version_num'), current_setting('server_version'),
       pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
       (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'timescaledb'),
       current_setting('timescaledb.disable_load', true) IS NOT NULL OR current_setting('timescaledb.restoring', true) IS NOT NULL,
       coalesce(current_setting('timescaledb.restoring', true) = 'on', false),
       (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'postgis'),
       to_regtype('geometry') IS NOT NULL,
       current_user, has_schema_privilege(to_regnamespace('{home}'), 'CREATE'),
       (SELECT string_agg(marker, ' ') FROM unnest(ARRAY[{markers}]) AS marker WHERE to_regclass('{home}.' || marker) IS NULL),
       (SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = to_regnamespace('{home}')
        AND c.relkind = 'r' AND starts_with(c.relname::text, 'directus_')),
       to_regclass('{home}.{ledger}') IS NOT NULL, to_regclass('{home}.{history}') IS NOT NULL,
       (SELECT string_agg(a.pid::text, ' ') FROM pg_catalog.pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
        AND a.application_name ~ ('^runner-[0-9a-f]{8}' || {work} || '$')),
       to_regclass('{home}.directus_policies') IS NOT NULL, to_regclass('{home}.directus_access') IS NOT NULL,
       CASE WHEN current_setting('timescaledb.disable_load', true) IS NULL AND current_setting('timescaledb.restoring', true) IS NULL
            THEN EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'timescaledb') END,
       EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = to_regclass('{home}.{history}') AND a.attname = 'fingerprint'),
       {schema}";

/// Where in [`FACTS`] the columns of the schema begin.
const JUDGED: usize = 19;

/// Policies came with Directus 11; one of its own migrations turns the roles of an older one into them, statement by statement. A boot that
/// was killed in between left `directus_policies` without `directus_access`: nobody has access then.
fn users(presence: &Presence) -> String {
    let query = match (presence.policies, presence.access) {
        (false, _) => USERS_BEFORE_POLICIES,
        (true, false) => USERS_WITHOUT_ACCESS,
        (true, true) => USERS,
    };
    query.replace("{home}", &quoted(&presence.home))
}

/// Users, and active administrators: by a policy of their own, of their role, or of a role above it (D25).
const USERS: &str = "
SELECT (SELECT count(*) FROM {home}.directus_users), count(DISTINCT roles.user_id)
FROM (WITH RECURSIVE roles AS (
        SELECT u.id AS user_id, u.role AS role FROM {home}.directus_users u WHERE u.status = 'active'
        UNION
        SELECT roles.user_id, r.parent FROM roles JOIN {home}.directus_roles r ON r.id = roles.role WHERE r.parent IS NOT NULL
      ) SELECT * FROM roles) AS roles
JOIN {home}.directus_access a ON a.role = roles.role OR a.\"user\" = roles.user_id
JOIN {home}.directus_policies p ON p.id = a.policy
WHERE p.admin_access";

const USERS_BEFORE_POLICIES: &str = "SELECT count(*), count(*) FROM {home}.directus_users";
const USERS_WITHOUT_ACCESS: &str = "SELECT count(*), 0 FROM {home}.directus_users";

/// Whether a half-made install holds anything: a user, a collection, a file.
fn contents(presence: &Presence) -> String {
    let home = quoted(&presence.home);
    let there = |name: &&&str| !presence.missing.iter().any(|missing| missing == **name);
    let counts: Vec<String> = ["directus_users", "directus_collections"]
        .iter()
        .filter(there)
        .map(|name| format!("(SELECT count(*) FROM {home}.{name})"))
        .collect();
    format!("SELECT {}", if counts.is_empty() { "0".to_owned() } else { counts.join(" + ") })
}

/// Rows of rows of texts, one for each statement of `queries`, all in one snapshot and with names spelled in full.
fn ask(session: &mut Session, queries: &str) -> Outcome<Vec<Vec<Vec<String>>>> {
    let text =
        format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}; {queries}; COMMIT", sql::SETTINGS);
    let answers = simple(session, &text).inspect_err(|_| {
        let _ = session.client().batch_execute("ROLLBACK");
    })?;
    // BEGIN, the settings and COMMIT answer too, without rows.
    let count = answers.len().saturating_sub(1);
    Ok(answers.into_iter().take(count).skip(1 + sql::SETTINGS_COUNT).collect())
}

fn simple(session: &mut Session, text: &str) -> Outcome<Vec<Vec<Vec<String>>>> {
    let messages = session.client().simple_query(text).map_err(|error| {
        let failure = failure("read the state of the database", &error);
        match error.code().map(|code| code.code()) {
            Some("42501") => failure.hint(format!(
                "grant this role SELECT on {}, {} and Directus' tables",
                ledger::TABLE,
                history::TABLE
            )),
            _ => failure,
        }
    })?;
    let mut answers = Vec::new();
    let mut rows = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::Row(row) => {
                rows.push((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect());
            }
            SimpleQueryMessage::CommandComplete(_) => answers.push(std::mem::take(&mut rows)),
            _ => {}
        }
    }
    Ok(answers)
}
