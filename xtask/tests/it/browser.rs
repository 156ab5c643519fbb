//! The admin UI as people meet it, in a real browser: every collection of this repository's own release is opened, an item with what hangs
//! on it is made by its form, and what is seen is kept as pictures in `target/screenshots/`, to be looked at.

use crate::checkout::Checkout;
use crate::instance::Instance;
use crate::webdriver::{Browser, By};
use serde_json::{Value, json};
use snapshot::{Collection, Snapshot};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use testbed::require;

/// How long anything may take to appear on a busy machine.
const WITHIN: Duration = Duration::from_secs(30);

/// The topmost drawer: the form or list that was opened last.
const DRAWER: &str = "(//article[contains(@class, 'v-drawer')])[last()]";
/// The round button with a tick.
const TICK: &str = "//header//button[.//i[@data-icon='check']]";

#[test]
fn every_collection_of_this_repository_is_found_by_its_name_and_shows_no_uuid() {
    let Some(browser) = require(Browser::start()) else { return };
    let Some(instance) = Instance::up_in(Checkout::of_this_repository(), &[]) else { return };
    let page = Page { browser, instance: &instance, pictures: pictures("collections") };
    page.log_in();
    let snapshot = Snapshot::parse(&instance.checkout.read("snapshots/schema.yaml")).expect("a snapshot");
    let hidden = |collection: &Collection<'_>| collection.meta("hidden") == Some(&Value::Bool(true));
    let shown = snapshot.collections().filter(|each| each.has_table() && !hidden(each));
    for (number, collection) in shown.enumerate() {
        page.look_at(number + 1, collection.name(), &title(&collection));
    }
}

#[test]
fn an_item_is_made_by_its_form_with_what_hangs_on_it() {
    let Some(browser) = require(Browser::start()) else { return };
    let Some(instance) = Instance::up(&[]) else { return };
    let page = Page { browser, instance: &instance, pictures: pictures("form") };
    page.log_in();
    page.register();
    let fields = "number,status,season.slug,bed.code,plant.tag,sensors.sensor.serial,sensors.role";
    let plantings = instance.items("plantings", &format!("fields={fields}&filter[number][_eq]=998"));
    assert_eq!(
        plantings,
        [json!({
            "number": 998, "status": "planned", "season": { "slug": "season-2026" }, "bed": { "code": "S-2" },
            "plant": { "tag": "TEST-999" },
            "sensors": [{ "sensor": { "serial": "001010000000024" }, "role": "primary" }],
        })]
    );
}

/// What a collection is called in English, by its translations or by its name, as Directus does.
fn title(collection: &Collection<'_>) -> String {
    let translations = collection.meta("translations").and_then(Value::as_array);
    let english = translations.into_iter().flatten().find(|each| each["language"] == "en-US");
    let translated = english.and_then(|each| each["translation"].as_str()).map(str::to_owned);
    translated.unwrap_or_else(|| {
        let words = collection.name().split('_').map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        });
        words.collect::<Vec<_>>().join(" ")
    })
}

/// Where pictures are kept.
fn pictures(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder =
        target.unwrap_or_else(|| crate::checkout::root().join("target")).join("screenshots").join(name);
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

    /// The list of a collection, and the form of its first item, if the seeds have one: named as people name them, and with no UUID to
    /// be seen.
    fn look_at(&self, number: usize, collection: &str, title: &str) {
        self.go(&format!("content/{collection}"));
        self.until(
            &format!("its title is `{title}`"),
            &format!("return document.querySelector('h1.type-title')?.innerText.trim() === '{title}'"),
        );
        let menu = self.text_of(".content-navigation");
        assert!(menu.contains(title), "`{title}` is not in the menu:\n{menu}");
        let has_items = !self.instance.items(collection, "fields=id").is_empty();
        if has_items {
            let rows = "return document.querySelectorAll('tbody tr.table-row').length > 0";
            self.until("the list is there", rows);
        }
        self.look(&format!("{number:02}-{collection}"));
        if !has_items {
            return;
        }
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

    /// As people do: by the form, with a mistake on the way.
    fn register(&self) {
        self.go("content/plantings/+");
        self.choose("plantings", "season", "Season 2026");
        self.choose("plantings", "bed", "S-2");
        self.choose("plantings", "plant", "TEST-999");
        self.write("[data-field=number] input", "999");
        self.create_new("sensors", "planting_sensors", "sensor", "Sensor 2");
        self.look("20-form-filled");

        // The number is taken: it is said, and nothing of the form is lost.
        self.click(By::XPath(TICK));
        self.until(
            "it is said that the number is taken",
            "return document.body.innerText.includes('has to be unique')",
        );
        self.look("21-form-refused");
        self.write("[data-field=number] input", "998");
        self.click(By::XPath(TICK));
        self.until("it is saved", "return location.pathname.endsWith('/content/plantings')");
        self.until(
            "both are in the list",
            "return document.querySelectorAll('tbody tr.table-row').length === 2",
        );
        self.look("22-form-saved");
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

    /// Adds an item to a list of the planting's form, by a form of its own.
    fn create_new(&self, list: &str, collection: &str, field: &str, row: &str) {
        let button = format!(
            "//*[@data-collection='plantings' and @data-field='{list}']//button[contains(., 'Create New')]"
        );
        self.click(By::XPath(&button));
        self.until_drawers(1);
        self.choose(collection, field, row);
        self.look(&format!("20-form-{list}"));
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
    assert_eq!(uuids(&format!("a\n{uuid}, season-2026")), [uuid]);
}
