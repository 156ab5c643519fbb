//! A Directus that `up` runs for a copy of this checkout; stopped and removed at the end.

use crate::checkout::{Checkout, Said, said};
use client::{Address, Client};
use contract::Secret;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub(crate) struct Instance {
    pub(crate) checkout: Checkout,
    pub(crate) port: u16,
    pub(crate) email: String,
    pub(crate) password: String,
    token: Option<Secret>,
    /// What it is a copy of, so that it goes with the last copy: what a static holds is never removed.
    _template: Option<Arc<Instance>>,
}

/// A port that nobody has just now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port()
}

impl Instance {
    /// Runs `up` with these arguments; `None` when the services are not there.
    #[track_caller]
    pub(crate) fn up(arguments: &[&str]) -> Option<Instance> {
        Instance::up_in(Checkout::new(), arguments)
    }

    /// The same in a checkout.
    #[track_caller]
    pub(crate) fn up_in(checkout: Option<Checkout>, arguments: &[&str]) -> Option<Instance> {
        let mut instance = Instance::of(checkout?, None);
        instance.start(arguments);
        Some(instance)
    }

    /// The same with a copy of the data that a first boot, of somebody else's, has left: for tests that are not about the first boot.
    #[track_caller]
    pub(crate) fn warm(arguments: &[&str]) -> Option<Instance> {
        let template = Instance::template()?;
        let mut instance = Instance::of(Checkout::new()?, Some(template.clone()));
        let copied = Command::new("cp").arg("-a").arg(template.folder()).arg(instance.folder()).status();
        assert!(copied.expect("cp").success());
        instance.start(arguments);
        Some(instance)
    }

    /// A Directus that has booted the tests' own release, and was stopped. The first that asks boots it; who asks meanwhile waits.
    #[track_caller]
    fn template() -> Option<Arc<Instance>> {
        static TEMPLATE: Mutex<Weak<Instance>> = Mutex::new(Weak::new());
        let mut kept = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(template) = kept.upgrade() {
            return Some(template);
        }
        let template = Arc::new(Instance::up(&["--no-seed"])?);
        template.down().expect(0, &[]);
        *kept = Arc::downgrade(&template);
        Some(template)
    }

    fn of(checkout: Checkout, template: Option<Arc<Instance>>) -> Instance {
        let (email, password) = (String::new(), String::new());
        Instance { checkout, port: free_port(), email, password, token: None, _template: template }
    }

    /// Where its data is, or will be: beside the file by which `up` and `down` take turns.
    fn folder(&self) -> PathBuf {
        said(&mut self.checkout.xtask(&["down"])).expect(0, &[]);
        let entries = std::fs::read_dir(self.checkout.path("state")).expect("a folder").flatten();
        let turn = entries.map(|entry| entry.path()).find(|path| path.is_file()).expect("a file");
        turn.with_extension("")
    }

    /// Runs `up` once more; what it said, as JSON.
    #[track_caller]
    pub(crate) fn start(&mut self, arguments: &[&str]) -> Value {
        let port = self.port.to_string();
        let mut words = vec!["--json", "--port", &port];
        words.extend(arguments);
        let said = said(&mut self.checkout.up(&words)).expect(0, &[]);
        let json: Value = serde_json::from_str(&said.stdout).expect("JSON alone on stdout");
        assert_eq!(json["url"], format!("http://localhost:{port}"));
        let text = |name: &str| json[name].as_str().expect(name).to_owned();
        (self.email, self.password) = (text("email"), text("password"));
        let login = json!({ "email": self.email, "password": self.password });
        let (status, answer) = self.ask("POST", "/auth/login", Some(&login));
        assert_eq!(status, 200, "{answer}");
        self.token = answer["data"]["access_token"].as_str().map(Secret::new);
        json
    }

    /// `cargo xtask seed`, not started yet.
    pub(crate) fn seed(&self, arguments: &[&str]) -> Command {
        self.checkout.xtask(&[&["seed"], arguments].concat())
    }

    /// The same to another address, as the administrator.
    pub(crate) fn seed_at(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = self.seed(arguments);
        command
            .env("DIRECTUS_URL", url)
            .env("DIRECTUS_EMAIL", &self.email)
            .env("DIRECTUS_PASSWORD", &self.password);
        command
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// What Directus answers the administrator.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let client = Client::new(&Address::Port(self.port));
        let answer = client.send(method, path, self.token.as_ref(), body).expect("an answer");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// The items of a collection, as far as a query says.
    #[track_caller]
    pub(crate) fn items(&self, collection: &str, query: &str) -> Vec<Value> {
        let (status, answer) = self.ask("GET", &format!("/items/{collection}?limit=-1&{query}"), None);
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().expect("a list").clone()
    }

    /// Stops it.
    pub(crate) fn down(&self) -> Said {
        said(&mut self.checkout.xtask(&["down"]))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        said(&mut self.checkout.xtask(&["down", "--volumes"]));
    }
}
