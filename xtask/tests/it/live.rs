//! A live Directus to work on: a database in which this process has booted a checkout's release, and its API once it serves.

use crate::checkout::Checkout;
use boot::bridge::{Log, Options};
use boot::{Boot, BootSettings, Bridge, Interrupt};
use client::{Address, Client};
use contract::Secret;
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{EMAIL, PASSWORD, Place, Tree};

/// A database with a checkout's release in it.
pub(crate) struct Live {
    place: Place,
    artefacts: PathBuf,
}

/// It is a place.
impl std::ops::Deref for Live {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

/// Directus, serving. It ends with this value.
pub(crate) struct Serving {
    _bridge: Bridge,
    client: Client,
    token: Option<Secret>,
    died: Cell<bool>,
}

impl Live {
    /// Boots the checkout's release in a database of its own, as the image would.
    pub(crate) fn boot(checkout: &Checkout) -> Live {
        let live = Live::empty(checkout);
        live.prepare().end();
        live
    }

    /// The same of a checkout that nobody has changed yet, in a copy of a database in which it was booted before.
    pub(crate) fn booted(checkout: &Checkout) -> Live {
        let place = Place::booted(|place| prepare(&settings(place, Tree::release().root())).end());
        Live::of(place.expect("`Checkout::new` has asked for it"), checkout)
    }

    /// A database without anything in it.
    pub(crate) fn empty(checkout: &Checkout) -> Live {
        Live::of(Place::empty().expect("`Checkout::new` has asked for it"), checkout)
    }

    fn of(place: Place, checkout: &Checkout) -> Live {
        Live { place, artefacts: checkout.root().to_owned() }
    }

    /// The same in a copy of the database, which nobody may be connected to.
    pub(crate) fn copy(&self) -> Live {
        Live { place: self.place.copy(), artefacts: self.artefacts.clone() }
    }

    fn prepare(&self) -> boot::Prepared {
        prepare(&self.settings())
    }

    /// Boots again, and serves.
    pub(crate) fn serve(&self) -> Serving {
        let mut prepared = self.prepare();
        prepared.serve().unwrap_or_else(|failure| panic!("{}", failure.render()));
        self.log_in(prepared.bridge)
    }

    /// Serves the database as it is: nothing is applied.
    pub(crate) fn serve_as_it_is(&self) -> Serving {
        // One that died left its socket behind.
        let _ = std::fs::remove_file(self.socket());
        let mut bridge = self.bridge();
        let started = bridge.call("start Directus", "start", json!({ "name": "directus" }));
        started.unwrap_or_else(|failure| panic!("{}", failure.render()));
        self.log_in(bridge)
    }

    fn log_in(&self, bridge: Bridge) -> Serving {
        let client = Client::new(&Address::Socket(self.socket()));
        let mut serving = Serving { _bridge: bridge, client, token: None, died: Cell::new(false) };
        let login = serving.api("POST", "/auth/login", &json!({ "email": EMAIL, "password": PASSWORD }));
        let login = login.expect("a login");
        serving.token = Some(Secret::new(login["access_token"].as_str().expect("a token")));
        serving
    }

    /// What the next boot would do, and what there is.
    pub(crate) fn status(&self) -> boot::status::Status {
        let (settings, interrupt) = (self.settings(), Interrupt::default());
        Boot::new(&settings, &interrupt)
            .status(&mut |_| {})
            .unwrap_or_else(|failure| panic!("{}", failure.render()))
    }

    /// A bridge beside: Directus' own comparison, without a server.
    pub(crate) fn bridge(&self) -> Bridge {
        let text = std::fs::read_to_string(self.settings().artefacts.catalog()).expect("a catalog");
        let db_only = boot::perform::not_for_directus(&catalog::File::parse(&text).expect("a catalog"));
        let options = Options { application_name: "test", db_only: &db_only, log: Log::Stderr };
        Bridge::spawn(&self.settings(), &options, &Interrupt::default()).expect("a bridge")
    }

    /// A program in the environment of this database.
    pub(crate) fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.database.environment())
    }

    fn settings(&self) -> BootSettings {
        settings(&self.place, &self.artefacts)
    }
}

fn settings(place: &Place, root: &Path) -> BootSettings {
    let home = place.socket().with_file_name("home");
    let variables = place.environment(root).with("HOME", home.display()).with("LOG_LEVEL", "silent");
    BootSettings::from_environment(variables.into()).expect("settings")
}

fn prepare(settings: &BootSettings) -> boot::Prepared {
    let interrupt = Interrupt::default();
    Boot::new(settings, &interrupt)
        .prepare(&mut |_| {})
        .unwrap_or_else(|failure| panic!("{}", failure.render()))
}

impl Serving {
    /// One request; the `data` of the answer, or Directus' own words.
    pub(crate) fn api(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = (!body.is_null()).then_some(body);
        // A connection that is reset has no answer.
        let Ok(answer) = self.client.send(method, path, self.token.as_ref(), body) else {
            self.died.set(true);
            return Err("the server died of it".to_owned());
        };
        let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match json["errors"][0]["message"].as_str() {
            Some(message) => Err(message.to_owned()),
            None if answer.status >= 300 => Err(format!("{} {}", answer.status, answer.body)),
            None => Ok(json["data"].clone()),
        }
    }

    /// Whether a request was the last one: some of Directus' mistakes end its process.
    pub(crate) fn has_died(&self) -> bool {
        self.died.get()
    }

    /// The same, which must succeed.
    #[track_caller]
    pub(crate) fn must(&self, method: &str, path: &str, body: Value) -> Value {
        self.api(method, path, &body).unwrap_or_else(|error| panic!("{method} {path} {body}: {error}"))
    }
}
