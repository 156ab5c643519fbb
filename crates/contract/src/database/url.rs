//! `DB_CONNECTION_STRING`, read once, by us alone: three parsers (ours, the driver's and node-postgres') would find three addresses in it.
//! No message shows a part of it, because any part may be of a password that is not percent-encoded.

use super::{Mode, usage};
use crate::{Outcome, Secret};

/// What it says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) mode: Option<Mode>,
}

const FORM: &str = "write postgres://USER:PASSWORD@HOST:PORT/DATABASE";

impl Url {
    /// # Errors
    /// Exit 2, naming the part that is missing, wrong or unknown.
    pub(super) fn parse(url: &str) -> Outcome<Url> {
        let wrong = |what: &str| usage(format!("`DB_CONNECTION_STRING` {what}"), FORM);
        let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        let rest = rest.ok_or_else(|| wrong("is not a postgres:// URL"))?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // A part of a password, most likely.
        for (odd, what) in [('@', "has an `@` behind a `/`, `?` or `#`"), ('#', "has a `#`")] {
            if rest.contains(odd) {
                return Err(usage(
                    format!("`DB_CONNECTION_STRING` {what}"),
                    "write the special characters of a password percent-encoded: `/` is %2F, `?` is %3F, `#` is %23, `@` is %40",
                ));
            }
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mode = parameters(query)?;
        let (login, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').map_or((login, None), |(user, word)| (user, Some(word)));
        let (host, port) = match address.strip_prefix('[').and_then(|address| address.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':').or(rest.is_empty().then_some(""))),
            None => address.split_once(':').map_or((address, Some("")), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some("") => None,
            Some(port) => Some(
                port.parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or_else(|| wrong("has no port number behind its host"))?,
            ),
            None => return Err(wrong("has something else than a port behind its host")),
        };
        let part = |text: &str, name: &str| match decoded(text) {
            Some(text) if text.is_empty() => Err(wrong(&format!("names no {name}"))),
            Some(text) => Ok(text),
            None => Err(usage(
                format!("the {name} in `DB_CONNECTION_STRING` is not percent-encoded"),
                "`%` itself is %25; what is encoded must be UTF-8",
            )),
        };
        let host = part(host, "host")?;
        if host.contains([',', ' ', ':']) && !address.starts_with('[') {
            return Err(usage(
                "`DB_CONNECTION_STRING` names more than one host".to_owned(),
                "name one: the server, or what stands before several",
            ));
        }
        Ok(Url {
            host,
            port,
            database: part(path.trim_start_matches('/'), "database")?,
            user: part(user, "user")?,
            password: password
                .filter(|word| !word.is_empty())
                .map(|word| part(word, "password"))
                .transpose()?
                .map(Secret::new),
            mode,
        })
    }
}

/// The mode among the parameters; there is no other.
fn parameters(query: &str) -> Outcome<Option<Mode>> {
    let mut mode = None;
    let mut others = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("sslmode", value) => {
                mode = Some(match value {
                    "disable" => Mode::Off,
                    "no-verify" => Mode::Unverified,
                    // node-postgres verifies for all of these, and we do.
                    "prefer" | "require" | "verify-ca" | "verify-full" => Mode::Verified,
                    _ => {
                        return Err(usage(
                            "the `sslmode` in `DB_CONNECTION_STRING` is unknown".to_owned(),
                            "use disable, no-verify, require, verify-ca or verify-full",
                        ));
                    }
                });
            }
            (name, _) => others.push(name),
        }
    }
    if others.is_empty() {
        return Ok(mode);
    }
    let names: Vec<String> = others.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
    let mut hints: Vec<&str> = others.iter().map(|name| instead(name)).collect();
    hints.dedup();
    Err(usage(format!("unknown in `DB_CONNECTION_STRING`: {}", names.join(", ")), &hints.join("\n")))
}

fn instead(parameter: &str) -> &'static str {
    match parameter {
        "host" | "port" | "user" | "password" | "dbname" => FORM,
        "options" => "leave `options` out, and give the role its settings: ALTER ROLE … SET …",
        "schema" | "search_path" | "currentSchema" => "leave it out: everything lies in the schema `public`",
        "ssl" => "write sslmode=verify-full, or set DB_SSL=true",
        "sslrootcert" => "give the authority's certificate as DB_SSL__CA_FILE",
        "sslcert" | "sslkey" => "give the client's certificate as DB_SSL__CERT_FILE and DB_SSL__KEY_FILE",
        "connect_timeout" => "set RUNNER_DB_WAIT_S",
        "application_name" => "leave it out: the runner names its connections and Directus'",
        _ => "leave it out: sslmode is the one parameter here",
    }
}

/// Percent-decoded; `None` when a `%` stands for itself, or when it is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok().filter(|byte| *byte != 0)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|failure| panic!("{}", failure.render()))
    }

    #[test]
    fn every_part_is_decoded() {
        let read = url("postgresql://us%65r:p%40ss%2F%25@%2Frun%2Fpg:6432/ra%20lly?sslmode=no-verify");
        assert_eq!((read.host.as_str(), read.port), ("/run/pg", Some(6432)));
        assert_eq!((read.database.as_str(), read.user.as_str()), ("ra lly", "user"));
        assert_eq!(read.password.map(|password| password.expose().to_owned()), Some("p@ss/%".to_owned()));
        assert_eq!(read.mode, Some(Mode::Unverified));
        let read = url("postgres://u@[::1]/d");
        assert_eq!((read.host.as_str(), read.port, read.password), ("::1", None, None));
    }

    #[test]
    fn what_is_missing_wrong_or_unknown_is_named() {
        for (text, expected) in [
            ("mysql://u@h/d", "not a postgres:// URL"),
            ("postgres://h/d", "names no user"),
            ("postgres://u@/d", "names no host"),
            ("postgres://u@h", "names no database"),
            ("postgres://u@h:0/d", "no port number"),
            ("postgres://u@[::1]x/d", "something else than a port"),
            ("postgres://u@a,b/d", "more than one host"),
            ("postgres://u:50%@h/d", "the password in `DB_CONNECTION_STRING` is not percent-encoded"),
            ("postgres://u:a/b@h/d", "an `@` behind"),
            ("postgres://u:a#b@h/d", "an `@` behind"),
            ("postgres://u@h/d#x", "a `#`"),
            ("postgres://u@h/d?sslmode=odd", "`sslmode` in"),
            (
                "postgres://u@h/d?pgbouncer=true&schema=public",
                "unknown in `DB_CONNECTION_STRING`: `pgbouncer`, `schema`",
            ),
            ("postgres://u@h/d?host=/tmp", "`host`"),
        ] {
            let failure = Url::parse(text).unwrap_err();
            assert!(failure.what.contains(expected), "{text}: {}", failure.what);
            assert!(failure.hint.is_some(), "{text}");
        }
    }
}
