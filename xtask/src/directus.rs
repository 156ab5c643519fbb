//! A client of Directus' own API: who we are, what we ask for, and a refusal in Directus' own words.

use crate::http::{Address, Client};
use contract::{Exit, Failure, Outcome, Secret};
use serde_json::{Value, json};
use std::time::Duration;

/// How we prove who we are.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// A static token.
    Token(Secret),
    /// An account's email and password.
    Login {
        /// The email.
        email: String,
        /// The password.
        password: Secret,
    },
}

/// A Directus that knows us.
pub(crate) struct Directus {
    client: Client,
    address: Address,
    credentials: Credentials,
    token: Secret,
}

/// Why a request was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody answered, or what answered is no Directus. Whether it was done is not known.
    NoAnswer(String),
    /// Directus said no.
    Refused(Refusal),
}

/// Directus' no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Directus' code: `RECORD_NOT_UNIQUE`.
    pub(crate) code: String,
    /// Directus' own words.
    pub(crate) message: String,
    /// The field that it is about, if it is about one.
    pub(crate) field: Option<String>,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::NoAnswer(why) => f.write_str(why),
            Trouble::Refused(refusal) => write!(
                f,
                "Directus refuses it: {} ({} {})",
                refusal.message.trim_end_matches('.'),
                refusal.status,
                refusal.code
            ),
        }
    }
}

/// How often a request is sent anew to a Directus that says it has too much to do; it did nothing then.
const TRIES: u32 = 6;
const MOST_S: u64 = 5;

impl Directus {
    /// Logs in, or makes sure that the token is known.
    ///
    /// # Errors
    /// Exit 5 when nobody answers; exit 2 when the credentials are wrong.
    pub(crate) fn connect(address: &Address, credentials: Credentials) -> Outcome<Directus> {
        let client = Client::new(address);
        let mut directus = Directus { client, address: address.clone(), credentials, token: Secret::new("") };
        directus.log_in()?;
        Ok(directus)
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Asks; the `data` of the answer. A session that ended meanwhile is begun anew.
    ///
    /// # Errors
    /// Why it was not granted.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        match self.ask(method, path, Some(&self.token), body) {
            Err(Trouble::Refused(refusal))
                if refusal.code == "TOKEN_EXPIRED"
                    && matches!(self.credentials, Credentials::Login { .. }) =>
            {
                // What failed is said as itself.
                self.log_in().map_err(|failure| Trouble::NoAnswer(failure.causes.join(": ")))?;
                self.ask(method, path, Some(&self.token), body)
            }
            answer => answer,
        }
    }

    fn log_in(&mut self) -> Outcome<()> {
        let asked = match &self.credentials {
            Credentials::Token(token) => {
                self.token = token.clone();
                self.ask("GET", "/users/me?fields=id", Some(token), None)
            }
            Credentials::Login { email, password } => {
                let body = json!({ "email": email, "password": password.expose() });
                self.ask("POST", "/auth/login", None, Some(&body))
            }
        };
        let (what, names) = match &self.credentials {
            Credentials::Token(_) => ("use the token".to_owned(), "DIRECTUS_TOKEN"),
            Credentials::Login { email, .. } => {
                (format!("log in as {email}"), "DIRECTUS_EMAIL and DIRECTUS_PASSWORD")
            }
        };
        let failure = |trouble: &Trouble| Failure::new(format!("{what} at {}", self.address)).cause(trouble);
        match asked {
            Ok(answer) => {
                if let Some(token) = answer["access_token"].as_str() {
                    self.token = Secret::new(token);
                }
                Ok(())
            }
            Err(trouble @ Trouble::NoAnswer(_)) => Err(failure(&trouble)
                .exit(Exit::Unreachable)
                .hint("is Directus running there? cargo xtask up starts one on this machine; DIRECTUS_URL names another")),
            Err(trouble) => Err(failure(&trouble).exit(Exit::Usage).hint(format!("check {names}"))),
        }
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Value, Trouble> {
        for _ in 1..TRIES {
            let answer = self.once(method, path, token, body)?;
            match answer {
                Ok(data) => return Ok(data),
                Err((refusal, retry_after_s)) if is_busy(&refusal) => {
                    std::thread::sleep(Duration::from_secs(retry_after_s.unwrap_or(1).clamp(1, MOST_S)));
                }
                Err((refusal, _)) => return Err(Trouble::Refused(refusal)),
            }
        }
        self.once(method, path, token, body)?.map_err(|(refusal, _)| Trouble::Refused(refusal))
    }

    fn once(
        &self,
        method: &str,
        path: &str,
        token: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Result<Value, (Refusal, Option<u64>)>, Trouble> {
        let answer = self.client.send(method, path, token, body).map_err(|error| {
            Trouble::NoAnswer(format!("no answer from {} to {method} {path}: {error}", self.address))
        })?;
        read(answer.status, &answer.body)
            .map(|read| read.map_err(|refusal| (refusal, answer.retry_after_s)))
            .ok_or_else(|| {
                Trouble::NoAnswer(format!(
                    "what answers at {} is no Directus: status {}, no JSON",
                    self.address, answer.status
                ))
            })
    }
}

/// It refuses everything for a moment: too many requests, or under pressure.
fn is_busy(refusal: &Refusal) -> bool {
    [429, 503].contains(&refusal.status)
}

/// The `data` of an answer, or the refusal; `None` when it is not Directus that speaks.
fn read(status: u16, body: &str) -> Option<Result<Value, Refusal>> {
    if status == 204 {
        return Some(Ok(Value::Null));
    }
    let mut json: Value = serde_json::from_str(body).ok()?;
    let errors = json["errors"].as_array().map_or(&[][..], Vec::as_slice);
    if errors.is_empty() {
        return (status < 300 && json.get("data").is_some()).then(|| Ok(json["data"].take()));
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    // Several fields can be wrong at once; each has an error of its own.
    let messages: Vec<String> = errors.iter().filter_map(|error| text(&error["message"])).collect();
    let extensions = &errors[0]["extensions"];
    Some(Err(Refusal {
        status,
        code: text(&extensions["code"]).unwrap_or_else(|| "without a code".to_owned()),
        message: messages.join(" "),
        field: text(&extensions["field"]),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_directus_own_words() {
        let body = r#"{"errors":[{"message":"Value for field \"slug\" has to be unique.","extensions":{"field":"slug","code":"RECORD_NOT_UNIQUE"}}]}"#;
        let refusal = read(400, body).unwrap().unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("slug"));
        assert_eq!(
            Trouble::Refused(refusal).to_string(),
            "Directus refuses it: Value for field \"slug\" has to be unique (400 RECORD_NOT_UNIQUE)"
        );
    }

    #[test]
    fn an_answer_is_its_data_and_a_strangers_is_none() {
        assert_eq!(read(200, r#"{"data":[1]}"#), Some(Ok(json!([1]))));
        assert_eq!(read(204, ""), Some(Ok(Value::Null)));
        for (status, body) in [(200, "<html>"), (502, "Bad Gateway"), (404, "{}"), (200, r#"{"pong":1}"#)] {
            assert_eq!(read(status, body), None, "{body}");
        }
    }
}
