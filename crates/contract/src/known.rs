//! What becomes of every variable whose name begins with `DB_`, `PG` or `RUNNER_`. Whatever is not named here is refused by name: left
//! alone, it would mean something to one of our programs, to Directus or to its driver, and nothing to the others.

use crate::env::{self, Environment};
use crate::{Exit, Failure, Outcome};

/// What becomes of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// We read it, and write what follows from it for Directus.
    Read,
    /// Directus' own, about no other database: it gets it as it is.
    PassedOn,
    /// Of another program that shares the environment: nobody gets it.
    Ignored,
    /// Refused; the text says what to do instead.
    Refused(&'static str),
}

/// Directus' settings of the database that decide, beside those in [`env::READ`].
const READ: &[&str] = &[
    "DB_CLIENT",
    // Directus gets it with the tables that only migrations know (D13).
    EXCLUDE_TABLES,
];

/// Tables that Directus does not look at.
pub const EXCLUDE_TABLES: &str = "DB_EXCLUDE_TABLES";

/// Directus' pool of connections, its health check, and the version of a server that only speaks like Postgres.
const PASSED_ON: &[&str] = &[
    "DB_HEALTHCHECK_THRESHOLD",
    "DB_POOL__ACQUIRE_TIMEOUT_MILLIS",
    "DB_POOL__CREATE_RETRY_INTERVAL_MILLIS",
    "DB_POOL__CREATE_TIMEOUT_MILLIS",
    "DB_POOL__DESTROY_TIMEOUT_MILLIS",
    "DB_POOL__IDLE_TIMEOUT_MILLIS",
    "DB_POOL__MAX",
    "DB_POOL__MIN",
    "DB_POOL__PROPAGATE_CREATE_ERROR",
    "DB_POOL__REAP_INTERVAL_MILLIS",
    "DB_VERSION",
];

/// Directus' image says where its SQLite file would be; `DB_INIT_DIR` is of scripts/apply-db-init.sh, `PGDATA` of a server, and
/// the rest is what Actions and GitLab tell their jobs.
const IGNORED: &[&str] = &[
    "DB_FILENAME",
    "DB_INIT_DIR",
    "PGDATA",
    "RUNNER_ALLOW_RUNASROOT",
    "RUNNER_ARCH",
    "RUNNER_DEBUG",
    "RUNNER_ENVIRONMENT",
    "RUNNER_NAME",
    "RUNNER_OS",
    "RUNNER_PERFLOG",
    "RUNNER_TEMP",
    "RUNNER_TEMP_PROJECT_DIR",
    "RUNNER_TOOL_CACHE",
    "RUNNER_TRACKING_ID",
    "RUNNER_USER",
    "RUNNER_WORKSPACE",
];

/// Programs around Postgres that one `.env` may serve as well; and `PG_MAJOR` and its like, which Postgres' images set.
const OTHER_PROGRAMS: [&str; 6] = ["PG_", "PGADMIN_", "PGBOUNCER_", "PGPOOL_", "PGRST_", "PGWEB_"];

/// What would otherwise look right.
const INSTEAD: &[(&str, &str)] = &[
    ("DB_SEARCH_PATH", "everything lies in the schema `public`"),
    ("DB_SSL__SERVERNAME", "the certificate must name DB_HOST"),
    ("DB_SSL__MIN_VERSION", "TLS 1.2 is the least that is spoken"),
    ("DB_SSL__PASSPHRASE", "give DB_SSL__KEY without a passphrase"),
    ("DB_APPLICATION_NAME", "the runner names its connections and Directus'"),
    ("PGAPPNAME", "the runner names its connections and Directus'"),
    ("PGOPTIONS", "give the role its settings: ALTER ROLE … SET …"),
    ("PGHOST", "set DB_HOST"),
    ("PGPORT", "set DB_PORT"),
    ("PGDATABASE", "set DB_DATABASE"),
    ("PGUSER", "set DB_USER"),
    ("PGPASSWORD", "set DB_PASSWORD or DB_PASSWORD_FILE"),
    ("PGPASSFILE", "set DB_PASSWORD or DB_PASSWORD_FILE"),
    ("PGSSLMODE", "set DB_SSL=true, which encrypts and verifies"),
    ("PGSSLROOTCERT", "set DB_SSL__CA_FILE"),
    ("PGSSLCERT", "set DB_SSL__CERT_FILE"),
    ("PGSSLKEY", "set DB_SSL__KEY_FILE"),
];

/// What becomes of the variable; `None` when its name is none of these.
pub fn fate(name: &str, value: &str) -> Option<Fate> {
    // Directus asks for its own names in any case.
    let upper = name.to_ascii_uppercase();
    if !upper.starts_with("DB_") && !["PG", "RUNNER_"].iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let instead = INSTEAD.iter().find(|(each, _)| *each == name).map(|(_, instead)| *instead);
    Some(if READ.contains(&name) || env::READ.contains(&name) || env::KNOBS.contains(&name) {
        Fate::Read
    } else if PASSED_ON.contains(&name) {
        Fate::PassedOn
    } else if IGNORED.contains(&name)
        || OTHER_PROGRAMS.iter().any(|prefix| name.starts_with(prefix))
        || is_of_a_service(&upper, value)
    {
        Fate::Ignored
    } else {
        Fate::Refused(instead.unwrap_or("nobody here knows it"))
    })
}

/// What Kubernetes tells every pod of a service that is named `db`, `runner` or `pg…`: `DB_SERVICE_HOST`, `DB_PORT_5432_TCP_ADDR`.
fn is_of_a_service(name: &str, value: &str) -> bool {
    let is_port = |rest: &str| {
        let rest = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
        ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| rest.starts_with(protocol))
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT") && value.contains("://")
        || name.split_once("_PORT_").is_some_and(|(_, rest)| is_port(rest))
}

/// Refuses everything whose name begins with one of `prefixes` and that nobody here knows. An empty value counts as not set.
///
/// # Errors
/// Exit 2 with all of the names, and what to do instead of each.
pub fn refuse_unknown(environment: &Environment, prefixes: &[&str]) -> Outcome<()> {
    let set = environment.variables().iter().filter(|(_, value)| !value.is_empty());
    let refused: Vec<(&String, &str)> = set
        .filter(|(name, _)| prefixes.iter().any(|prefix| name.to_ascii_uppercase().starts_with(prefix)))
        .filter_map(|(name, value)| match fate(name, value) {
            Some(Fate::Refused(instead)) => Some((name, instead)),
            _ => None,
        })
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = refused.iter().map(|(name, _)| format!("`{name}`")).collect();
    let why: Vec<String> = refused.iter().map(|(name, instead)| format!("{name}: {instead}")).collect();
    let ours = match prefixes.contains(&"RUNNER_") {
        true => format!("; ours are {}", env::KNOBS.join(", ")),
        false => String::new(),
    };
    Err(Failure::new(format!("read the environment: {} would be ignored", names.join(", ")))
        .exit(Exit::Usage)
        .cause(why.join("\n"))
        .hint(format!("unset what is named here{ours}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variables;

    #[test]
    fn every_name_is_read_passed_on_ignored_or_refused() {
        for (name, value, expected) in [
            ("DB_HOST", "db", Some(Fate::Read)),
            ("DB_SSL__KEY", "pem", Some(Fate::Read)),
            ("RUNNER_FAST", "off", Some(Fate::Read)),
            ("DB_POOL__MAX", "5", Some(Fate::PassedOn)),
            ("DB_FILENAME", "/directus/database.sqlite", Some(Fate::Ignored)),
            ("RUNNER_OS", "Linux", Some(Fate::Ignored)),
            ("PGADMIN_DEFAULT_EMAIL", "a@b", Some(Fate::Ignored)),
            ("DB_SERVICE_HOST", "10.0.0.1", Some(Fate::Ignored)),
            ("DB_PORT_5432_TCP_ADDR", "10.0.0.1", Some(Fate::Ignored)),
            ("DB_REPLICA_PORT", "tcp://10.0.0.1:5432", Some(Fate::Ignored)),
            ("DB_REPLICA_PORT", "5432", Some(Fate::Refused("nobody here knows it"))),
            ("db_ssl", "false", Some(Fate::Refused("nobody here knows it"))),
            ("PGSSLMODE", "require", Some(Fate::Refused("set DB_SSL=true, which encrypts and verifies"))),
            ("PUBLIC_URL", "x", None),
        ] {
            assert_eq!(fate(name, value), expected, "{name}");
        }
    }

    #[test]
    fn all_unknown_names_are_told_at_once_and_no_value_is() {
        let given =
            [("DB_SSL__SERVERNAME", "hunter2"), ("PGHOST", "hunter2"), ("DB_NAME", ""), ("DB_HOST", "x")];
        let failure = refuse_unknown(&Variables::from(given).into(), &["DB_", "PG"]).unwrap_err();
        assert_eq!(failure.what, "read the environment: `DB_SSL__SERVERNAME`, `PGHOST` would be ignored");
        assert_eq!(failure.exit, Exit::Usage);
        assert!(!failure.render().contains("hunter2"), "{}", failure.render());
    }
}
