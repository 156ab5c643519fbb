//! Which Directus a command talks to, and as whom, out of an environment. Pure.

use crate::directus::Credentials;
use crate::http::Address;
use contract::env::{DIRECTUS_EMAIL, DIRECTUS_PASSWORD, DIRECTUS_TOKEN, DIRECTUS_URL, Environment};
use contract::{Exit, Failure, Outcome, Secret};

/// The one that `environment` names.
///
/// # Errors
/// Exit 2 when the URL is none, or it does not say as whom.
pub(crate) fn named(environment: &Environment) -> Outcome<(Address, Credentials)> {
    let what = || Failure::new("find the Directus to talk to").exit(Exit::Usage);
    let url = environment.get(DIRECTUS_URL).unwrap_or_default().trim_end_matches('/');
    let scheme = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    if scheme.is_none_or(|host| host.is_empty() || host.contains('@')) {
        // Whatever it is, a password may be in it.
        return Err(what()
            .cause(format!("`{DIRECTUS_URL}` is no address such as https://directus.example.com"))
            .hint(format!("the account goes into {DIRECTUS_EMAIL} and {DIRECTUS_PASSWORD}")));
    }
    let credentials = match (
        environment.get(DIRECTUS_TOKEN),
        environment.get(DIRECTUS_EMAIL),
        environment.get(DIRECTUS_PASSWORD),
    ) {
        (Some(token), None, None) => Credentials::Token(Secret::new(token)),
        (None, Some(email), Some(password)) => {
            Credentials::Login { email: email.to_owned(), password: Secret::new(password) }
        }
        (Some(_), ..) => {
            return Err(what()
                .cause(format!("`{DIRECTUS_TOKEN}` and an account are both set"))
                .hint(format!("keep {DIRECTUS_TOKEN}, or {DIRECTUS_EMAIL} and {DIRECTUS_PASSWORD}")));
        }
        _ => {
            return Err(what()
                .cause(format!("`{DIRECTUS_URL}` is set, but not as whom to go there"))
                .hint(format!("set {DIRECTUS_TOKEN}, or {DIRECTUS_EMAIL} and {DIRECTUS_PASSWORD}; each also as NAME_FILE")));
        }
    };
    Ok((Address::Url(url.to_owned()), credentials))
}

/// There is none to talk to.
pub(crate) fn none(environment: &Environment) -> Failure {
    let failure = Failure::new("find the Directus to talk to").exit(Exit::Usage);
    let lost = [DIRECTUS_TOKEN, DIRECTUS_EMAIL, DIRECTUS_PASSWORD];
    let failure = match lost.iter().find(|name| environment.get(name).is_some()) {
        Some(name) => failure.cause(format!("`{name}` is set, but not `{DIRECTUS_URL}`")),
        None => failure.cause(format!("none runs for this checkout, and `{DIRECTUS_URL}` is not set")),
    };
    failure.hint(format!("cargo xtask up; or set {DIRECTUS_URL}, and {DIRECTUS_TOKEN} or {DIRECTUS_EMAIL} and {DIRECTUS_PASSWORD}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Outcome<(Address, Credentials)> {
        named(&pairs.iter().copied().collect::<contract::Variables>().into())
    }

    #[test]
    fn a_url_and_a_token_or_an_account_name_a_directus() {
        let url = (DIRECTUS_URL, "https://d.example.com/");
        let (address, credentials) = of(&[url, (DIRECTUS_TOKEN, "t")]).unwrap();
        assert_eq!(address, Address::Url("https://d.example.com".to_owned()));
        assert!(matches!(credentials, Credentials::Token(_)));
        let (_, credentials) =
            of(&[url, (DIRECTUS_EMAIL, "a@example.com"), (DIRECTUS_PASSWORD, "p")]).unwrap();
        assert!(matches!(credentials, Credentials::Login { .. }));
    }

    #[test]
    fn what_is_missing_or_too_much_is_named_and_no_password_is_shown() {
        let url = (DIRECTUS_URL, "https://d.example.com");
        for (pairs, message) in [
            (&[url][..], "but not as whom"),
            (&[url, (DIRECTUS_EMAIL, "a@example.com")], "but not as whom"),
            (&[url, (DIRECTUS_TOKEN, "t"), (DIRECTUS_EMAIL, "a@example.com")], "are both set"),
            (&[(DIRECTUS_URL, "d.example.com"), (DIRECTUS_TOKEN, "t")], "is no address"),
            (&[(DIRECTUS_URL, "https://a:hunter2@d.example.com"), (DIRECTUS_TOKEN, "t")], "is no address"),
        ] {
            let failure = of(pairs).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.render().contains(message), "{}", failure.render());
            assert!(!failure.render().contains("hunter2"));
        }
    }
}
