//! The admin UI as an organiser meets it, in a real browser: every collection is opened, an entry is registered by its form, and what is
//! seen is kept as pictures in `target/screenshots/`, to be looked at.

use crate::instance::Instance;
use crate::webdriver::{Browser, By};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use testbed::require;

/// How long anything may take to appear on a busy machine.
const WITHIN: Duration = Duration::from_secs(30);

/// Collections in the order of the menu, with what they are called there.
const COLLECTIONS: [(&str, &str); 12] = [
    ("organizations", "Organizations"),
    ("organization_users", "Members"),
    ("organization_vehicles", "Own vehicles"),
    ("organization_devices", "Own devices"),
    ("users", "People"),
    ("vehicles", "Vehicles"),
    ("devices", "Devices"),
    ("events", "Events"),
    ("classes", "Classes"),
    ("entries", "Entries"),
    ("entry_crew", "Crew"),
    ("entry_devices", "Entry devices"),
];

/// The topmost drawer: the form or list that was opened last.
const DRAWER: &str = "(//article[contains(@class, 'v-drawer')])[last()]";
/// The round button with a tick.
const TICK: &str = "//header//button[.//i[@data-icon='check']]";

#[test]
fn an_organiser_finds_every_collection_and_registers_an_entry() {
    let Some(browser) = require(Browser::start()) else { return };
    let Some(instance) = Instance::up(&[]) else { return };
    let page = Page { browser, instance: &instance, pictures: pictures() };
    page.log_in();
    for (number, (collection, title)) in COLLECTIONS.into_iter().enumerate() {
        page.look_at(number + 1, collection, title);
    }
    page.register();
    let fields = "race_number,status,event.slug,class.code,vehicle.plate,team.slug,crew.user.email,crew.role,devices.device.imei,devices.role";
    let entries = instance.items("entries", &format!("fields={fields}&filter[race_number][_eq]=998"));
    assert_eq!(
        entries,
        [json!({
            "race_number": 998, "status": "registered", "event": { "slug": "rally-albania-2026" }, "class": { "code": "S-1" },
            "vehicle": { "plate": "TEST-999" }, "team": { "slug": "motorsport-club-albania" },
            "crew": [{ "user": { "email": "test.codriver@example.com" }, "role": "driver" }],
            "devices": [{ "device": { "imei": "001010000000024" }, "role": "primary" }],
        })]
    );
}

/// Where pictures are kept.
fn pictures() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = target.unwrap_or_else(|| crate::checkout::root().join("target")).join("screenshots");
    // Those of the run before would be taken for this one's.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The admin UI.
struct Page<'a> {
    browser: Browser,
    instance: &'a Instance,
    pictures: PathBuf,
}

impl Page<'_> {
    fn log_in(&self) {
        self.go("login");
        self.picture("00-login");
        self.write("input[type=email]", &self.instance.email);
        self.write("input[type=password]", &self.instance.password);
        self.click(By::Css("button[type=submit]"));
        // Directus asks whoever logs in first for an owner of the project; that is not for a test to say.
        self.click(By::XPath("//button[contains(., 'Remind Later')]"));
        self.until("the dialog is gone", "return !document.querySelector('#dialog-outlet .container')");
    }

    /// The list of a collection, and the form of its first item: named as people name them, and with no UUID to be seen.
    fn look_at(&self, number: usize, collection: &str, title: &str) {
        self.go(&format!("content/{collection}"));
        self.until("the list is there", "return document.querySelectorAll('tbody tr.table-row').length > 0");
        self.until(
            &format!("its title is `{title}`"),
            &format!("return document.querySelector('h1.type-title')?.innerText.trim() === '{title}'"),
        );
        let menu = self.text_of(".content-navigation");
        assert!(menu.contains(title), "`{title}` is not in the menu:\n{menu}");
        self.look(&format!("{number:02}-{collection}"));
        self.click(By::Css("tbody tr.table-row"));
        self.until(
            "its first item is there",
            &format!(
                "return document.querySelectorAll('[data-collection={collection}][data-field]').length > 0"
            ),
        );
        // What it points to is read after the form is drawn.
        self.until(
            "everything is read",
            "return !document.querySelector('.v-skeleton-loader, .v-progress-circular')",
        );
        self.look(&format!("{number:02}-{collection}-item"));
    }

    /// As an organiser does: by the form, with a mistake on the way.
    fn register(&self) {
        self.go("content/entries/+");
        self.choose("entries", "event", "Rally Albania");
        self.choose("entries", "class", "S-1");
        self.choose("entries", "vehicle", "TEST-999");
        self.choose("entries", "team", "Motorsport Club");
        self.write("[data-field=race_number] input", "999");
        self.create_new("crew", "entry_crew", "user", "Codriver");
        self.create_new("devices", "entry_devices", "device", "Test tracker 2");
        self.look("20-registration-filled");

        // The number is taken: it is said, and nothing of the form is lost.
        self.click(By::XPath(TICK));
        self.until(
            "it is said that the number is taken",
            "return document.body.innerText.includes('has to be unique')",
        );
        self.look("21-registration-refused");
        self.write("[data-field=race_number] input", "998");
        self.click(By::XPath(TICK));
        self.until("it is saved", "return location.pathname.endsWith('/content/entries')");
        self.until(
            "both are in the list",
            "return document.querySelectorAll('tbody tr.table-row').length === 2",
        );
        self.look("22-registration-saved");
    }

    /// Chooses what a field points to, by its list.
    fn choose(&self, collection: &str, field: &str, row: &str) {
        let before = self.drawers();
        self.click(By::Css(&format!(
            "[data-collection={collection}][data-field={field}] .many-to-one button"
        )));
        self.until_drawers(before + 1);
        self.click(By::XPath(&format!("{DRAWER}//tbody//tr[contains(., '{row}')]")));
        self.click(By::XPath(&format!("{DRAWER}{TICK}")));
        self.until_drawers(before);
    }

    /// Adds an item to a list of the entry's form, by a form of its own.
    fn create_new(&self, list: &str, collection: &str, field: &str, row: &str) {
        let button = format!(
            "//*[@data-collection='entries' and @data-field='{list}']//button[contains(., 'Create New')]"
        );
        self.click(By::XPath(&button));
        self.until_drawers(1);
        self.choose(collection, field, row);
        self.look(&format!("20-registration-{list}"));
        self.click(By::XPath(&format!("{DRAWER}{TICK}")));
        self.until_drawers(0);
    }

    fn drawers(&self) -> u64 {
        self.browser.run("return document.querySelectorAll('article.v-drawer').length").as_u64().unwrap_or(0)
    }

    fn until_drawers(&self, count: u64) {
        let script = format!("return document.querySelectorAll('article.v-drawer').length === {count}");
        self.until(&format!("{count} drawers are open"), &script);
    }

    /// Takes a picture, and looks for what nobody should have to read.
    fn look(&self, name: &str) {
        // Transitions take a quarter of a second.
        std::thread::sleep(Duration::from_millis(400));
        self.picture(name);
        let script = "return document.body.innerText + '\\n' + [...document.querySelectorAll('input, textarea')].map((each) => each.value).join('\\n')";
        let seen = self.browser.run(script);
        let seen = seen.as_str().expect("a text");
        assert_eq!(uuids(seen), Vec::<String>::new(), "in {name}.png:\n{seen}");
        assert!(!seen.contains("Unexpected Error"), "in {name}.png:\n{seen}");
    }

    fn picture(&self, name: &str) {
        let picture = self.browser.screenshot();
        std::fs::write(self.pictures.join(format!("{name}.png")), picture).expect("a file");
    }

    fn go(&self, path: &str) {
        self.browser.go(&format!("{}/admin/{path}", self.instance.url()));
    }

    fn click(&self, what: By<'_>) {
        self.try_for(&format!("click {what:?}"), || self.browser.click(&self.browser.find(what)?));
    }

    fn write(&self, css: &str, text: &str) {
        self.try_for(&format!("write into {css}"), || {
            self.browser.write(&self.browser.find(By::Css(css))?, text)
        });
    }

    fn text_of(&self, css: &str) -> String {
        let script = format!(
            "return [...document.querySelectorAll('{css}')].map((each) => each.innerText).join('\\n')"
        );
        self.browser.run(&script).as_str().unwrap_or_default().to_owned()
    }

    fn until(&self, what: &str, script: &str) {
        self.try_for(what, || match self.browser.run(script) {
            Value::Bool(true) => Ok(()),
            other => Err(other.to_string()),
        });
    }

    /// Until it works: what is not there yet may come, and what moves over a button goes.
    fn try_for(&self, what: &str, attempt: impl Fn() -> Result<(), String>) {
        let began = Instant::now();
        while let Err(why) = attempt() {
            if began.elapsed() > WITHIN {
                self.picture("failed");
                panic!(
                    "not within {} s: {what}: {why}; see failed.png\n{}",
                    WITHIN.as_secs(),
                    self.text_of("body")
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// What looks like a UUID in a text.
fn uuids(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_ascii_hexdigit() && character != '-');
    let shape = |word: &&str| word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    words.filter(shape).map(str::to_owned).collect()
}

#[test]
fn a_uuid_is_recognised() {
    let uuid = "7f9c24e8-3b12-4f2a-9d3e-0a1b2c3d4e5f";
    assert_eq!(uuids(&format!("a\n{uuid}, rally-albania-2026")), [uuid]);
}
