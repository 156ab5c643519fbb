//! A browser, driven by the WebDriver protocol: eight requests of JSON, so plain HTTP does. Client crates would bring an async runtime and
//! sixty more crates for them.

use base64::prelude::{BASE64_STANDARD, Engine};
use client::{Address, Client};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use testbed::Absent;

/// A browser with one tab. Ends when dropped.
pub(crate) struct Browser {
    /// Its path at the driver.
    session: String,
    driver: Child,
    client: Client,
    _profile: tempfile::TempDir,
}

/// An element of the page that is shown.
pub(crate) struct Element(String);

/// How an element is named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Css(&'a str),
    XPath(&'a str),
}

/// The key of an element's reference, the same in every implementation.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Starts a headless Chromium, with a profile of its own and without a proxy.
    ///
    /// # Errors
    /// [`Absent`] when Debian's two packages are not here.
    pub(crate) fn start() -> Result<Browser, Absent> {
        let absent =
            || Absent::new("no chromium and chromedriver: sudo apt-get install chromium chromium-driver");
        let chromium = testbed::find_program("chromium").ok_or_else(absent)?;
        let chromedriver = testbed::find_program("chromedriver").ok_or_else(absent)?;
        let profile = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(chromedriver);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        boot::bridge::die_with_parent(&mut command);
        let mut driver = command.spawn().expect("chromedriver");
        // It chose a port that was free, and says which.
        let lines = BufReader::new(driver.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let port = lines
            .filter_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()))
            .find_map(|port| port.trim_end_matches('.').parse::<u16>().ok())
            .expect("chromedriver names its port");
        let arguments = [
            "--headless".to_owned(),
            // Chromium's own sandbox refuses to run as root, as which containers of CI run.
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--no-proxy-server".to_owned(),
            "--lang=en-US".to_owned(),
            "--window-size=1440,1280".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "binary": chromium, "args": arguments } } } });
        let client = Client::new(&Address::Port(port));
        let mut browser = Browser { session: "/session".to_owned(), driver, client, _profile: profile };
        let made = browser.ask("POST", "", &wanted).expect("a browser");
        browser.session = format!("{}/{}", browser.session, made["sessionId"].as_str().expect("a session"));
        Ok(browser)
    }

    pub(crate) fn go(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url })).expect(url);
    }

    /// The first element of that name, if there is one now.
    pub(crate) fn find(&self, by: By<'_>) -> Result<Element, String> {
        let (using, value) = match by {
            By::Css(css) => ("css selector", css),
            By::XPath(path) => ("xpath", path),
        };
        let found = self.ask("POST", "/element", &json!({ "using": using, "value": value }))?;
        Ok(Element(found[ELEMENT].as_str().expect("a reference").to_owned()))
    }

    /// As a person would: it must be in sight, and nothing over it.
    pub(crate) fn click(&self, element: &Element) -> Result<(), String> {
        self.ask("POST", &format!("/element/{}/click", element.0), &json!({})).map(drop)
    }

    /// Replaces what is in an input.
    pub(crate) fn write(&self, element: &Element, text: &str) -> Result<(), String> {
        self.ask("POST", &format!("/element/{}/clear", element.0), &json!({}))?;
        self.ask("POST", &format!("/element/{}/value", element.0), &json!({ "text": text })).map(drop)
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] })).expect(script)
    }

    /// What is seen, as a PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let picture = self.ask("GET", "/screenshot", &Value::Null).expect("a picture");
        BASE64_STANDARD.decode(picture.as_str().expect("a text")).expect("base64")
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = (!body.is_null()).then_some(body);
        let answer = self.client.send(method, &format!("{}{path}", self.session), None, body);
        let answer = answer.map_err(|error| error.to_string())?;
        let mut json: Value = serde_json::from_str(&answer.body).expect("JSON");
        match json["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", json["value"]["message"].as_str().unwrap_or_default())),
            None => Ok(json["value"].take()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends with its session; killed, the driver would leave it behind.
        let _ = self.ask("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
