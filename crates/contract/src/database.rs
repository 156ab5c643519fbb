//! Where the database is, read from Directus' own variables, so that there is one place to configure both.

use crate::env::Environment;
use crate::{Exit, Failure, Outcome, Secret};

/// How to reach the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// The address.
    pub target: Target,
    /// Encryption, with the meaning that node-postgres gives the same settings.
    pub tls: Tls,
}

/// The address of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `DB_HOST` and its siblings. A host that starts with `/` is the folder of a unix socket (D27).
    Parts {
        /// Host name, address or socket folder.
        host: String,
        /// TCP port, or the number in the socket's name.
        port: u16,
        /// Database name.
        database: String,
        /// Role.
        user: String,
        /// Password, if one is needed.
        password: Option<Secret>,
    },
    /// `DB_CONNECTION_STRING`, without its `ssl…` parameters: they are in [`DatabaseSettings::tls`].
    Url(Secret),
}

/// What would make the runner's connections and Directus' mean different things.
const MISUNDERSTOOD: [(&str, &str); 2] = [
    (
        "DB_SEARCH_PATH",
        "Directus would look at another schema than the migrations; everything lies in the role's own search path",
    ),
    ("PGOPTIONS", "it changes Directus' connections and not the runner's"),
];

/// Encryption of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain text.
    Off,
    /// Encrypted; the certificate is not checked: `DB_SSL__REJECT_UNAUTHORIZED=false`.
    Unverified,
    /// Encrypted; certificate and host name are checked against `ca` (PEM), else against the system's roots.
    Verified {
        /// PEM text of the authority.
        ca: Option<String>,
    },
}

impl DatabaseSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Exit 2, naming the variable and the remedy, when one is missing or malformed, or when the database is not Postgres.
    pub fn from_environment(environment: &Environment) -> Outcome<Self> {
        if let Some(client) =
            environment.get("DB_CLIENT").filter(|client| !["pg", "postgres"].contains(client))
        {
            return Err(usage(
                format!("`DB_CLIENT` is `{client}`; this tool is for Postgres"),
                "set DB_CLIENT=pg",
            ));
        }
        for (name, why) in MISUNDERSTOOD {
            if environment.get(name).is_some() {
                return Err(usage(format!("`{name}` is set: {why}"), &format!("leave {name} out")));
            }
        }
        // Directus takes `string:12345` for a typed value; we would take it for the value.
        for name in ["DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USER", "DB_PASSWORD", "DB_CONNECTION_STRING"] {
            let typed = |value: &str| {
                ["string:", "number:", "boolean:", "json:", "array:", "regex:"]
                    .iter()
                    .any(|prefix| value.starts_with(prefix))
            };
            if environment.get(name).is_some_and(typed) {
                return Err(usage(
                    format!("`{name}` has one of Directus' type prefixes"),
                    "write the value alone",
                ));
            }
        }
        let tls = tls_from(environment)?;
        if let Some(url) = environment.get("DB_CONNECTION_STRING") {
            let (url, tls_of_url) = split_tls_parameters(url)?;
            return Ok(DatabaseSettings {
                target: Target::Url(Secret::new(url)),
                tls: tls_of_url.unwrap_or(tls),
            });
        }
        let required = |name: &str| {
            environment.get(name).map(str::to_owned).ok_or_else(|| {
                usage(
                    format!("`{name}` is not set"),
                    "set DB_HOST, DB_PORT, DB_DATABASE, DB_USER and DB_PASSWORD (or DB_PASSWORD_FILE), or DB_CONNECTION_STRING",
                )
            })
        };
        let port = environment.get("DB_PORT").unwrap_or("5432");
        let port =
            port.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
                usage(format!("`DB_PORT` is `{port}`, not a port number"), "set DB_PORT=5432")
            })?;
        Ok(DatabaseSettings {
            target: Target::Parts {
                host: required("DB_HOST")?,
                port,
                database: required("DB_DATABASE")?,
                user: required("DB_USER")?,
                password: environment.get("DB_PASSWORD").map(Secret::new),
            },
            tls,
        })
    }

    /// The address for people: never the password, never the URL itself.
    pub fn describe(&self) -> String {
        match &self.target {
            Target::Parts { host, port, database, user, .. } if host.starts_with('/') => {
                format!("database `{database}` as `{user}` through the socket `{host}/.s.PGSQL.{port}`")
            }
            Target::Parts { host, port, database, user, .. } => {
                format!("database `{database}` as `{user}` at `{host}:{port}`")
            }
            Target::Url(url) => {
                let address = url.expose().split_once('?').map_or(url.expose(), |(address, _)| address);
                match address.rsplit_once('@') {
                    Some((_, rest)) => format!("database at `{rest}`"),
                    None => "database of `DB_CONNECTION_STRING`".to_owned(),
                }
            }
        }
    }
}

fn usage(what: String, hint: &str) -> Failure {
    Failure::new(format!("read the database settings: {what}")).exit(Exit::Usage).hint(hint)
}

fn flag(environment: &Environment, name: &str) -> Outcome<Option<bool>> {
    match environment.get(name) {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(other) => Err(usage(format!("`{name}` is `{other}`"), "use `true` or `false`")),
    }
}

fn tls_from(environment: &Environment) -> Outcome<Tls> {
    let ca = environment.get("DB_SSL__CA").map(str::to_owned);
    let reject_unauthorized = flag(environment, "DB_SSL__REJECT_UNAUTHORIZED")?;
    let wanted = flag(environment, "DB_SSL")?.unwrap_or(ca.is_some() || reject_unauthorized.is_some());
    Ok(match (wanted, reject_unauthorized) {
        (false, _) => Tls::Off,
        (true, Some(false)) => Tls::Unverified,
        (true, _) => Tls::Verified { ca },
    })
}

/// Takes `sslmode` out of a connection string. The `postgres` crate knows disable, prefer and require only (P14); node-postgres
/// verifies for every mode but `disable` and `no-verify`, and both ends of one boot must agree.
fn split_tls_parameters(url: &str) -> Outcome<(String, Option<Tls>)> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(usage(
            "`DB_CONNECTION_STRING` is not a postgres:// URL".to_owned(),
            "write postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        ));
    }
    let Some((address, query)) = url.split_once('?') else { return Ok((url.to_owned(), None)) };
    // A part of a password, most likely: the driver ends it at the first `@`, node-postgres at the `?`, and no message could tell what
    // of it may be shown.
    if query.contains('@') {
        return Err(usage(
            "`DB_CONNECTION_STRING` has an `@` behind a `?`".to_owned(),
            "write the special characters of a password or parameter percent-encoded: `?` is %3F, `@` is %40",
        ));
    }
    let mut tls = None;
    let mut rest = Vec::new();
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some(("sslmode", "disable")) => tls = Some(Tls::Off),
            Some(("sslmode", "no-verify")) => tls = Some(Tls::Unverified),
            Some(("sslmode", "prefer" | "require" | "verify-ca" | "verify-full")) => {
                tls = Some(Tls::Verified { ca: None })
            }
            Some(("sslmode", other)) => {
                return Err(usage(
                    format!("`sslmode={other}` in `DB_CONNECTION_STRING` is unknown"),
                    "use disable, no-verify, require, verify-ca or verify-full",
                ));
            }
            Some(("password", _)) => {
                return Err(usage(
                    "a `password` parameter in `DB_CONNECTION_STRING` is not supported".to_owned(),
                    "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, percent-encoded",
                ));
            }
            Some((name @ ("sslcert" | "sslkey" | "sslrootcert"), _)) => {
                return Err(usage(
                    format!("`{name}` in `DB_CONNECTION_STRING` is not supported"),
                    "give the authority's certificate as DB_SSL__CA_FILE, with DB_HOST and its siblings",
                ));
            }
            _ => rest.push(parameter),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok((format!("{address}{query}"), tls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variables;

    fn settings(pairs: &[(&str, &str)]) -> Outcome<DatabaseSettings> {
        DatabaseSettings::from_environment(&pairs.iter().copied().collect::<Variables>().into())
    }

    const PARTS: [(&str, &str); 4] =
        [("DB_HOST", "db"), ("DB_DATABASE", "rally"), ("DB_USER", "directus"), ("DB_PASSWORD", "hunter2")];

    fn with(more: &[(&'static str, &'static str)]) -> Outcome<DatabaseSettings> {
        settings(&[&PARTS[..], more].concat())
    }

    #[test]
    fn a_missing_variable_is_named() {
        let failure = settings(&PARTS[1..]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains("`DB_HOST`"), "{}", failure.what);
    }

    #[test]
    fn the_description_never_holds_the_password() {
        for settings in [
            with(&[]).unwrap(),
            settings(&[(
                "DB_CONNECTION_STRING",
                "postgres://directus:hunter2@db:5432/rally?sslmode=require",
            )])
            .unwrap(),
        ] {
            assert!(!settings.describe().contains("hunter2"), "{}", settings.describe());
            assert!(!format!("{settings:?}").contains("hunter2"));
        }
    }

    #[test]
    fn encryption_means_what_node_postgres_takes_it_for() {
        assert_eq!(with(&[]).unwrap().tls, Tls::Off);
        assert_eq!(with(&[("DB_SSL", "true")]).unwrap().tls, Tls::Verified { ca: None });
        assert_eq!(with(&[("DB_SSL__REJECT_UNAUTHORIZED", "false")]).unwrap().tls, Tls::Unverified);
        assert_eq!(with(&[("DB_SSL__CA", "pem")]).unwrap().tls, Tls::Verified { ca: Some("pem".to_owned()) });
        assert_eq!(with(&[("DB_SSL", "yes")]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn the_mode_leaves_the_connection_string() {
        let url = "postgres://a:b@c/d?application_name=x&sslmode=verify-full";
        let settings = settings(&[("DB_CONNECTION_STRING", url)]).unwrap();
        assert_eq!(settings.tls, Tls::Verified { ca: None });
        assert_eq!(settings.target, Target::Url(Secret::new("postgres://a:b@c/d?application_name=x")));
    }

    #[test]
    fn what_the_two_ends_would_understand_differently_is_refused() {
        for pair in [("DB_SEARCH_PATH", "other"), ("PGOPTIONS", "-c x=y"), ("DB_PASSWORD", "string:123")] {
            assert_eq!(with(&[pair]).unwrap_err().exit, Exit::Usage, "{pair:?}");
        }
    }

    #[test]
    fn a_password_in_the_query_is_refused_and_not_shown() {
        let url = "postgres://127.0.0.1:1/d?user=u&password=top@secret";
        let failure = settings(&[("DB_CONNECTION_STRING", url)]).unwrap_err();
        assert!(!failure.render().contains("secret"), "{}", failure.render());
    }

    #[test]
    fn another_database_client_is_refused() {
        assert!(with(&[("DB_CLIENT", "mysql")]).unwrap_err().what.contains("mysql"));
    }
}
