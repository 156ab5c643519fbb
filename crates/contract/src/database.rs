//! Where the database is: read from Directus' own variables, and written for Directus, which reads nothing else. So both ends of one boot
//! mean the same server, the same database and the same encryption.

mod url;

use crate::env::Environment;
use crate::known::refuse_unknown;
use crate::{Exit, Failure, Outcome, Secret, Variables};
use core::net::IpAddr;
use url::Url;

/// How to reach the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// Host name or address; one that starts with `/` is the folder of a unix socket (D27).
    pub host: String,
    /// TCP port, or the number in the socket's name.
    pub port: u16,
    /// Database name.
    pub database: String,
    /// Role.
    pub user: String,
    /// Password, if one is needed.
    pub password: Option<Secret>,
    /// Encryption.
    pub tls: Tls,
    /// What we prove ourselves with, beside the password.
    pub certificate: Option<ClientCertificate>,
}

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

/// A certificate of the client's and its key, in PEM form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, then those between it and the authority.
    pub certificate: String,
    /// Its private key, without a passphrase.
    pub key: Secret,
}

/// How a connection is encrypted, before anybody says whom to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Off,
    Unverified,
    Verified,
}

const PARTS: &str = "set DB_HOST, DB_PORT, DB_DATABASE, DB_USER and DB_PASSWORD (or DB_PASSWORD_FILE), or DB_CONNECTION_STRING";

impl DatabaseSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Exit 2, naming the variable and the remedy, when one is missing, malformed or unknown, or when the database is not Postgres.
    pub fn from_environment(environment: &Environment) -> Outcome<Self> {
        if let Some(client) =
            environment.get("DB_CLIENT").filter(|client| !["pg", "postgres"].contains(client))
        {
            return Err(usage(
                format!("`DB_CLIENT` is `{client}`; this tool is for Postgres"),
                "set DB_CLIENT=pg",
            ));
        }
        refuse_unknown(environment, &["DB_", "PG"])?;
        let url = match text(environment, "DB_CONNECTION_STRING")? {
            Some(url) => {
                let twice = ["DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USER", "DB_PASSWORD"];
                if let Some(name) = twice.iter().find(|name| environment.get(name).is_some()) {
                    return Err(usage(
                        format!("`DB_CONNECTION_STRING` and `{name}` are both set"),
                        "keep the connection string, or its parts",
                    ));
                }
                Url::parse(url)?
            }
            None => of_parts(environment)?,
        };
        let (tls, certificate) = tls_from(environment, url.mode)?;
        let Url { host, database, user, password, port, .. } = url;
        Ok(DatabaseSettings { host, port: port.unwrap_or(5432), database, user, password, tls, certificate })
    }

    /// The variables that say all of this: [`DatabaseSettings::from_environment`] reads the same settings back.
    pub fn variables(&self) -> Variables {
        let mut all = Variables::new()
            .with("DB_CLIENT", "pg")
            .with("DB_HOST", literal(&self.host))
            .with("DB_PORT", self.port)
            .with("DB_DATABASE", literal(&self.database))
            .with("DB_USER", literal(&self.user));
        all.extend(self.password.as_ref().map(|password| ("DB_PASSWORD", literal(password.expose()))));
        match &self.tls {
            Tls::Off => all.set("DB_SSL", false),
            Tls::Unverified => all.set("DB_SSL__REJECT_UNAUTHORIZED", false),
            Tls::Verified { ca } => {
                all.set("DB_SSL__REJECT_UNAUTHORIZED", true);
                all.extend(ca.as_ref().map(|ca| ("DB_SSL__CA", literal(ca))));
            }
        }
        if let Some(own) = &self.certificate {
            all.extend([
                ("DB_SSL__CERT", literal(&own.certificate)),
                ("DB_SSL__KEY", literal(own.key.expose())),
            ]);
        }
        all
    }

    /// The same for Directus, whose driver needs to be told more to mean the same.
    pub fn for_directus(&self) -> Variables {
        let mut all = self.variables();
        // It would compare the certificate with the name `localhost`, whatever the address is.
        if self.tls != Tls::Off && self.host.parse::<IpAddr>().is_ok() {
            all.set("DB_SSL__HOST", literal(&self.host));
        }
        if self.password.is_none() {
            // It would look in ~/.pgpass. A file that is not there is passed over without a word.
            all.set("PGPASSFILE", "/dev/null/none");
        }
        all
    }

    /// The address for people, without the password.
    pub fn describe(&self) -> String {
        let DatabaseSettings { host, port, database, user, .. } = self;
        match host.starts_with('/') {
            true => format!("database `{database}` as `{user}` through the socket `{host}/.s.PGSQL.{port}`"),
            false => format!("database `{database}` as `{user}` at `{host}:{port}`"),
        }
    }
}

fn usage(what: String, hint: &str) -> Failure {
    Failure::new(format!("read the database settings: {what}")).exit(Exit::Usage).hint(hint)
}

/// The prefixes by which Directus tells types in values.
const FLAGS: [&str; 6] = ["string:", "number:", "boolean:", "json:", "array:", "regex:"];

/// A text of the environment's, as Directus reads it: without `string:` in front.
///
/// # Errors
/// Exit 2 when it is said to be something else than a text.
fn text<'a>(environment: &'a Environment, name: &str) -> Outcome<Option<&'a str>> {
    let Some(value) = environment.get(name) else { return Ok(None) };
    match FLAGS.iter().find(|flag| value.starts_with(**flag)) {
        Some(&"string:") => Ok(value.strip_prefix("string:").filter(|value| !value.is_empty())),
        Some(_) => Err(usage(
            format!("`{name}` begins with one of Directus' types"),
            "write the value alone, or string: before it",
        )),
        None => Ok(Some(value)),
    }
}

/// A value that Directus reads as this very text: of others it makes a number, a list or JSON.
fn literal(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && !text.contains(',')
        && !FLAGS.iter().any(|flag| text.starts_with(flag))
        && !["true", "false", "null"].contains(&text);
    if is_plain { text.to_owned() } else { format!("string:{text}") }
}

fn of_parts(environment: &Environment) -> Outcome<Url> {
    let required = |name: &str| {
        text(environment, name)?
            .map(str::to_owned)
            .ok_or_else(|| usage(format!("`{name}` is not set"), PARTS))
    };
    let port = |port: &str| {
        port.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
            let hint = match port.contains("://") {
                true => "set DB_PORT=5432: Kubernetes sets it otherwise where a service is named db",
                false => "set DB_PORT=5432",
            };
            usage(format!("`DB_PORT` is `{port}`, not a port number"), hint)
        })
    };
    Ok(Url {
        host: required("DB_HOST")?,
        port: environment.get("DB_PORT").map(port).transpose()?,
        database: required("DB_DATABASE")?,
        user: required("DB_USER")?,
        password: text(environment, "DB_PASSWORD")?.map(Secret::new),
        mode: None,
    })
}

fn flag(environment: &Environment, name: &str) -> Outcome<Option<bool>> {
    match environment.get(name) {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(other) => Err(usage(format!("`{name}` is `{other}`"), "use `true` or `false`")),
    }
}

/// In this order: what the connection string says, `DB_SSL`; and without either, whatever only makes sense with encryption asks for it.
fn tls_from(environment: &Environment, of_url: Option<Mode>) -> Outcome<(Tls, Option<ClientCertificate>)> {
    let pem = |name: &str, what: &str| match text(environment, name)? {
        Some(value) if !value.contains("-----BEGIN") => Err(usage(
            format!("`{name}` holds no {what} in PEM form"),
            &format!("-----BEGIN …; for the path of a file there is {name}_FILE"),
        )),
        value => Ok(value.map(str::to_owned)),
    };
    let ca = pem("DB_SSL__CA", "certificate")?;
    let (certificate, key) = (pem("DB_SSL__CERT", "certificate")?, pem("DB_SSL__KEY", "key")?);
    let (wanted, verify) = (flag(environment, "DB_SSL")?, flag(environment, "DB_SSL__REJECT_UNAUTHORIZED")?);
    if of_url.is_some() && (wanted.is_some() || verify.is_some()) {
        return Err(usage(
            "`sslmode` in `DB_CONNECTION_STRING` and `DB_SSL` or `DB_SSL__REJECT_UNAUTHORIZED` are both set"
                .to_owned(),
            "keep one of them",
        ));
    }
    let is_implied = ca.is_some() || certificate.is_some() || key.is_some() || verify.is_some();
    let mode = of_url.unwrap_or(match (wanted.unwrap_or(is_implied), verify) {
        (false, _) => Mode::Off,
        (true, Some(false)) => Mode::Unverified,
        (true, _) => Mode::Verified,
    });
    let certificate = match (certificate, key.map(Secret::new)) {
        (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
        (None, None) => None,
        _ => {
            return Err(usage(
                "of `DB_SSL__CERT` and `DB_SSL__KEY` one is not set".to_owned(),
                "set both, or DB_SSL__CERT_FILE and DB_SSL__KEY_FILE",
            ));
        }
    };
    Ok(match mode {
        Mode::Off => (Tls::Off, None),
        Mode::Unverified => (Tls::Unverified, certificate),
        Mode::Verified => (Tls::Verified { ca }, certificate),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variables;

    fn settings(pairs: &[(&str, &str)]) -> Outcome<DatabaseSettings> {
        DatabaseSettings::from_environment(&pairs.iter().copied().collect::<Variables>().into())
    }

    const PEM: &str = "-----BEGIN CERTIFICATE-----";
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
        assert_eq!(with(&[("DB_SSL__CA", PEM)]).unwrap().tls, Tls::Verified { ca: Some(PEM.to_owned()) });
        assert_eq!(with(&[("DB_SSL", "yes")]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_connection_string_and_its_parts_are_the_same_settings() {
        let url = "postgres://directus:hunter2@db/rally";
        let of_url = |more: &[(&'static str, &'static str)]| {
            settings(&[&[("DB_CONNECTION_STRING", url)], more].concat())
        };
        for more in [
            &[][..],
            &[("DB_SSL", "true")],
            &[("DB_SSL__CA", PEM)],
            &[("DB_SSL__REJECT_UNAUTHORIZED", "false")],
        ] {
            assert_eq!(of_url(more), with(more), "{more:?}");
        }
        assert_eq!(of_url(&[("DB_HOST", "db")]).unwrap_err().exit, Exit::Usage);
        let twice =
            settings(&[("DB_CONNECTION_STRING", "postgres://u@h/d?sslmode=require"), ("DB_SSL", "true")]);
        assert!(twice.unwrap_err().what.contains("are both set"));
    }

    #[test]
    fn what_nobody_here_knows_is_refused() {
        for name in [
            "DB_SEARCH_PATH",
            "DB_SSL__SERVERNAME",
            "DB_SSL__MIN_VERSION",
            "DB_OPTIONS",
            "PGOPTIONS",
            "PGSSLMODE",
            "PGHOST",
        ] {
            let failure = with(&[(name, "x")]).unwrap_err();
            assert!(failure.exit == Exit::Usage && failure.what.contains(name), "{}", failure.render());
        }
        assert!(
            with(&[("DB_POOL__MAX", "9"), ("DB_FILENAME", "/x"), ("DB_SERVICE_HOST", "10.0.0.1")]).is_ok()
        );
    }

    #[test]
    fn a_clients_certificate_has_its_key() {
        let own = with(&[("DB_SSL__CERT", PEM), ("DB_SSL__KEY", PEM)]).unwrap();
        assert_eq!((own.tls, own.certificate.is_some()), (Tls::Verified { ca: None }, true));
        assert!(with(&[("DB_SSL__CERT", PEM)]).unwrap_err().what.contains("DB_SSL__KEY"));
    }

    #[test]
    fn a_path_in_the_place_of_a_certificate_is_told_its_own_variable() {
        let failure = with(&[("DB_SSL__CA", "/etc/ca.pem")]).unwrap_err();
        assert!(failure.hint.unwrap().contains("DB_SSL__CA_FILE"));
    }

    #[test]
    fn what_is_written_for_directus_is_read_back_as_it_was() {
        for password in ["true", "0123", "a,b", "string:x", "{\"a\":1}", "hunter2"] {
            let given = with(&[("DB_SSL", "1"), ("DB_HOST", "10.0.0.1")]).unwrap();
            let given = DatabaseSettings { password: Some(Secret::new(password)), ..given };
            assert_eq!(
                DatabaseSettings::from_environment(&given.variables().into()),
                Ok(given),
                "{password}"
            );
        }
        // Its driver would look for the name `localhost` in the certificate, and for a password in the home folder.
        let told =
            with(&[("DB_SSL", "1"), ("DB_HOST", "10.0.0.1"), ("DB_PASSWORD", "")]).unwrap().for_directus();
        assert_eq!(told.get("DB_SSL__HOST"), Some("string:10.0.0.1"));
        assert!(told.get("PGPASSFILE").is_some());
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
