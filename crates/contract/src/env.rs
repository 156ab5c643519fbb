//! The environment: the names of our own knobs, and Directus' convention that `NAME_FILE` holds the path of NAME's value.
//!
//! Rules, in order of precedence:
//! 1. NAME and NAME_FILE together are an error: which of them Directus takes depends on their order.
//! 2. NAME_FILE is resolved for the names in [`FILE_BACKED`]. One trailing newline is dropped, because editors and secret
//!    stores add it; Directus itself would keep it. So whoever starts Directus hands it the resolved value, not the file.

use crate::{Exit, Failure, Outcome, Variables};
use std::ops::RangeInclusive;

/// Where the artefacts lie. Default: `/directus`.
pub const ROOT: &str = "RUNNER_ROOT";
/// The folder whose `node_modules` (or which itself) holds Directus. Default: `/directus`.
pub const DIRECTUS: &str = "RUNNER_DIRECTUS";
/// The folder of the prelinked Directus, or `off` to run its plain modules. Default: `prelinked` in [`DIRECTUS`].
pub const PRELINKED: &str = "RUNNER_PRELINKED";
/// The Node 22 program. Default: `node`, found on PATH.
pub const NODE: &str = "RUNNER_NODE";
/// How long one may wait for something, in seconds: up to a week; 0 tries once.
pub const WAIT_S: RangeInclusive<u64> = 0..=604_800;
/// How long something may take, in seconds: as long, and never no time at all.
pub const STEP_S: RangeInclusive<u64> = 1..=604_800;

/// How long to wait for the database, in seconds. Default: 60.
pub const DB_WAIT_S: &str = "RUNNER_DB_WAIT_S";
/// How long to wait for another boot to finish, in seconds. Default: 600.
pub const LOCK_WAIT_S: &str = "RUNNER_LOCK_WAIT_S";
/// How long Directus may take to stop after a signal, in seconds. Default: 8, below Docker's 10.
pub const STOP_WAIT_S: &str = "RUNNER_STOP_WAIT_S";
/// How long one step of Directus may take (its system migrations, an apply), in seconds. Default: 900.
pub const DIRECTUS_WAIT_S: &str = "RUNNER_DIRECTUS_WAIT_S";
/// How long a health check waits for Directus' answer, in seconds. Default: 5.
pub const HEALTH_WAIT_S: &str = "RUNNER_HEALTH_WAIT_S";
/// How the runner writes its own conversation: `text` or `json`. Default: `text`.
pub const LOG: &str = "RUNNER_LOG";
/// `off`: every boot takes all steps, even if nothing changed. Default: `on`.
pub const FAST: &str = "RUNNER_FAST";
/// `off`: a schema is applied by Directus' own apply alone, which takes long on large ones. Default: `on`.
pub const QUICK_APPLY: &str = "RUNNER_QUICK_APPLY";
/// `off`: the boot is not proved by `snapshots/database.txt`, which may be missing. For a dry run that writes the file. Default: `on`.
pub const CATALOG: &str = "RUNNER_CATALOG";
/// What to do when the database is not what the latest release left: `repair`, `refuse` or `ignore`. Default: `repair`.
pub const ON_DRIFT: &str = "RUNNER_ON_DRIFT";
/// What may be lost: `RELEASE:collection,collection.field`. For that release only.
pub const ALLOW_DESTRUCTIVE: &str = "RUNNER_ALLOW_DESTRUCTIVE";
/// The superseded release that takes the schema back: `RELEASE` once, or `RELEASE@ENTRY`.
pub const ROLLBACK: &str = "RUNNER_ROLLBACK";
/// The commit that the image is of, `HASH@SECONDS`; the image sets it itself. Default: none.
pub const COMMIT: &str = "RUNNER_COMMIT";

/// All of our own knobs.
pub const KNOBS: &[&str] = &[
    ROOT,
    DIRECTUS,
    PRELINKED,
    NODE,
    DB_WAIT_S,
    LOCK_WAIT_S,
    STOP_WAIT_S,
    DIRECTUS_WAIT_S,
    HEALTH_WAIT_S,
    LOG,
    FAST,
    QUICK_APPLY,
    CATALOG,
    ON_DRIFT,
    ALLOW_DESTRUCTIVE,
    ROLLBACK,
    COMMIT,
];

/// Directus' own names that the runner and the bridge read, beside handing all of them on.
pub const READ: &[&str] = &[
    "DB_CONNECTION_STRING",
    "DB_HOST",
    "DB_PORT",
    "DB_DATABASE",
    "DB_USER",
    "DB_PASSWORD",
    "DB_SSL",
    "DB_SSL__CA",
    "DB_SSL__CERT",
    "DB_SSL__KEY",
    "DB_SSL__REJECT_UNAUTHORIZED",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "ADMIN_TOKEN",
    "SECRET",
    "HOST",
    "PORT",
    "UNIX_SOCKET_PATH",
    "STORAGE_LOCAL_ROOT",
    "EXTENSIONS_PATH",
    "MIGRATIONS_PATH",
    "PROJECT_NAME",
];

/// Directus' configuration file. It would override the environment (a `.env` in the working folder silently wins), so whoever
/// starts Directus points it at nothing: the environment is the one place to configure both.
pub const CONFIG_PATH: &str = "CONFIG_PATH";
/// What [`CONFIG_PATH`] is set to.
pub const NO_CONFIG: &str = "/dev/null";
/// libpq's and node-postgres' application name: tells whose backend a connection is (D27).
pub const PGAPPNAME: &str = "PGAPPNAME";
/// Startup options of theirs; they win over what is set for the role or the database (D27).
pub const PGOPTIONS: &str = "PGOPTIONS";

/// Email of the first administrator; Directus' own name.
pub const ADMIN_EMAIL: &str = "ADMIN_EMAIL";
/// Password of the first administrator; Directus' own name.
pub const ADMIN_PASSWORD: &str = "ADMIN_PASSWORD";

/// A Directus to talk to, for commands that use its API.
pub const DIRECTUS_URL: &str = "DIRECTUS_URL";
/// A static token for it.
pub const DIRECTUS_TOKEN: &str = "DIRECTUS_TOKEN";
/// Or an account's email.
pub const DIRECTUS_EMAIL: &str = "DIRECTUS_EMAIL";
/// And its password.
pub const DIRECTUS_PASSWORD: &str = "DIRECTUS_PASSWORD";

/// The names that we resolve from NAME_FILE ourselves: Directus' own, those of a Directus to talk to, and the registry's token.
pub const FILE_BACKED: &[&str] = &[
    "DB_CONNECTION_STRING",
    "DB_HOST",
    "DB_PORT",
    "DB_DATABASE",
    "DB_USER",
    "DB_PASSWORD",
    "DB_SSL__CA",
    "DB_SSL__CERT",
    "DB_SSL__KEY",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "ADMIN_TOKEN",
    "SECRET",
    "KEY",
    "REGISTRY_TOKEN",
    DIRECTUS_URL,
    DIRECTUS_TOKEN,
    DIRECTUS_EMAIL,
    DIRECTUS_PASSWORD,
];

/// The environment with every [`FILE_BACKED`] file resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(Variables);

impl Environment {
    /// Resolves `variables`; `read` reads one file, its error is a text for people.
    ///
    /// # Errors
    /// Exit 2 when NAME and NAME_FILE are both set, or when a file cannot be read.
    pub fn resolve(
        mut values: Variables,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Outcome<Environment> {
        for name in FILE_BACKED {
            let file_name = format!("{name}_FILE");
            let Some(path) = values.get(&file_name).map(str::to_owned).filter(|path| !path.is_empty()) else {
                continue;
            };
            if values.get(name).is_some_and(|value| !value.is_empty()) {
                return Err(Failure::new(format!(
                    "read the environment: `{name}` and `{file_name}` are both set"
                ))
                .exit(Exit::Usage)
                .hint(format!("keep one of `{name}` and `{file_name}`")));
            }
            let content = read(&path).map_err(|why| {
                Failure::new(format!("read `{path}`, named by `{file_name}`")).exit(Exit::Usage).cause(why)
            })?;
            let content = content
                .strip_suffix('\n')
                .map(|line| line.strip_suffix('\r').unwrap_or(line))
                .unwrap_or(&content);
            values.remove(&file_name);
            values.set(*name, content);
        }
        Ok(Environment(values))
    }

    /// The value of `name`; an empty one counts as not set, as in compose files with `${NAME:-}`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    /// The value of `name` as a whole number of the unit in its name.
    ///
    /// # Errors
    /// Exit 2 when it is not one, or none of `range`.
    pub fn number(&self, name: &str, default: u64, range: RangeInclusive<u64>) -> Outcome<u64> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = range.into_inner();
            Failure::new(format!("read `{name}`: `{text}` is not a whole number from {least} to {most}"))
                .exit(Exit::Usage)
                .hint(format!("set {name} to a number, or leave it out for {default}"))
        })
    }

    /// All of it, as a child that reads the environment by itself should get it: NAME set, NAME_FILE gone.
    pub fn variables(&self) -> &Variables {
        &self.0
    }
}

/// Of values alone: no file is read.
impl From<Variables> for Environment {
    fn from(variables: Variables) -> Environment {
        Environment(variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Outcome<Environment> {
        Environment::resolve(pairs.iter().copied().collect(), |path| match path {
            "/run/secrets/db" => Ok("pa ss\n".to_owned()),
            _ => Err("No such file or directory (os error 2)".to_owned()),
        })
    }

    #[test]
    fn a_file_gives_its_value_without_the_last_newline() {
        let environment = environment(&[("DB_PASSWORD_FILE", "/run/secrets/db")]).unwrap();
        assert_eq!(environment.get("DB_PASSWORD"), Some("pa ss"));
        assert_eq!(environment.get("DB_PASSWORD_FILE"), None);
        assert_eq!(environment.variables(), &Variables::from([("DB_PASSWORD", "pa ss")]));
    }

    #[test]
    fn name_and_file_together_are_refused() {
        let failure =
            environment(&[("DB_PASSWORD", "a"), ("DB_PASSWORD_FILE", "/run/secrets/db")]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains("`DB_PASSWORD_FILE` are both set"));
    }

    #[test]
    fn an_unreadable_file_is_named() {
        let failure = environment(&[("DB_PASSWORD_FILE", "/nowhere")]).unwrap_err();
        assert_eq!(failure.what, "read `/nowhere`, named by `DB_PASSWORD_FILE`");
    }

    #[test]
    fn a_number_with_letters_is_refused() {
        let environment = environment(&[(DB_WAIT_S, "1m")]).unwrap();
        assert_eq!(environment.number(DB_WAIT_S, 60, WAIT_S).unwrap_err().exit, Exit::Usage);
        assert_eq!(environment.number(LOCK_WAIT_S, 600, WAIT_S).unwrap(), 600);
    }

    #[test]
    fn a_time_without_end_and_no_time_at_all_are_refused() {
        let environment =
            environment(&[(DB_WAIT_S, "18446744073709551615"), (DIRECTUS_WAIT_S, "0")]).unwrap();
        assert!(environment.number(DB_WAIT_S, 60, WAIT_S).unwrap_err().what.contains("from 0 to 604800"));
        assert_eq!(environment.number(DIRECTUS_WAIT_S, 900, STEP_S).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn debugging_shows_names_only() {
        let environment = environment(&[("DB_PASSWORD", "hunter2")]).unwrap();
        assert_eq!(format!("{environment:?}"), r#"Environment({"DB_PASSWORD"})"#);
    }
}
