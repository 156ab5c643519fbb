//! The static rules: everything that can be known to be wrong without a database, found in milliseconds.
//!
//! A rule is a name, a line for people and a pure function over what [`Context`] has read once. To add one: write the function in a file
//! beside this one, with a good and a bad example as its test, and list it in [`RULES`].

mod database;
mod delivery;
pub(crate) mod junctions;
mod migrations;
mod picture;
mod pin;
mod repository;
mod schema;
mod seeds;
mod workflow;

pub(crate) use database::RULE as CATALOG_RULE;
pub(crate) use picture::RULE as PICTURE;
pub(crate) use repository::Repository;

use crate::seed::{self, SeedFile};
use ::catalog::{Catalog, File, Unreadable};
use ::migrations::Migrations;
use ::migrations::file::Problem;
use contract::Phase;
use contract::artefacts::{CATALOG, SNAPSHOT};
use snapshot::{Document, Finding, ParseError};

/// One static rule.
pub(crate) struct Rule {
    /// As findings name it.
    pub(crate) name: &'static str,
    /// What it demands, in one line.
    pub(crate) what: &'static str,
    /// Its findings.
    pub(crate) run: fn(&Context) -> Vec<Finding>,
}

/// All rules, in the order in which they are listed.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: migrations::NAMES,
        what: "migrations are named NUMBER_words.sql, and no number or name is taken twice",
        run: migrations::names,
    },
    Rule {
        name: migrations::HAZARDS,
        what: "no transaction control, COPY FROM STDIN, psql command or unfinished string in a migration",
        run: migrations::hazards,
    },
    Rule {
        name: migrations::PHASE_ORDER,
        what: "db-init/ names no table of Directus: it does not exist yet when that phase runs",
        run: migrations::phase_order,
    },
    Rule {
        name: schema::YAML,
        what: "the snapshot is there, and Directus reads it as it is meant",
        run: schema::yaml,
    },
    Rule {
        name: "snapshot-version",
        what: "the snapshot was made by the pinned Directus",
        run: schema::version,
    },
    Rule { name: "snapshot-vendor", what: "the snapshot was made on Postgres", run: schema::vendor },
    Rule {
        name: "snapshot-keys",
        what: "every key that the pinned Directus writes is in the snapshot: a missing one can drop a table",
        run: schema::keys,
    },
    Rule {
        name: "snapshot-references",
        what: "whatever the snapshot refers to is in it, once",
        run: schema::references,
    },
    Rule {
        name: "snapshot-columns",
        what: "every column is one that Directus can make, with a default that it reads back",
        run: schema::columns,
    },
    Rule {
        name: database::RULE,
        what: "snapshots/database.txt is there, as it was written, and of these migrations and this snapshot",
        run: database::catalog,
    },
    Rule {
        name: "ghost-collection",
        what: "no table is both made by migrations and managed by Directus",
        run: schema::ghosts,
    },
    Rule {
        name: junctions::RULE,
        what: "a migration makes the pairs of every junction unique, which Directus cannot (a warning)",
        run: junctions::unique,
    },
    Rule { name: picture::RULE, what: "docs/schema.md shows the schema as it is", run: picture::picture },
    Rule {
        name: crate::seed::RULE,
        what: "seed files name only what exists, give every item what it needs, and have no item twice",
        run: seeds::seeds,
    },
    Rule {
        name: pin::RULE,
        what: "package.json pins one exact Directus, and the lock file agrees",
        run: pin::directus_pin,
    },
    Rule {
        name: delivery::DOCKERFILE,
        what: "the image has pinned bases and every artefact, and checks itself while it is built",
        run: delivery::dockerfile,
    },
    Rule {
        name: delivery::COMPOSE,
        what: "the compose file has the pinned database, waits for it, and keeps the uploads",
        run: delivery::compose,
    },
    Rule {
        name: delivery::ENV_EXAMPLE,
        what: ".env.example names every variable that compose file, runner and image read, and says which of them compose takes",
        run: delivery::env_example,
    },
    Rule {
        name: workflow::RULE,
        what: "the workflow takes the steps of `cargo xtask ci`, and publishes only what was proved",
        run: workflow::workflow,
    },
];

/// What the rules look at. Every file is read and parsed once.
pub(crate) struct Context {
    pub(crate) repository: Repository,
    pub(crate) migrations: Migrations,
    /// What made a migration unusable, so that it is not in `migrations`.
    pub(crate) problems: Vec<Problem>,
    /// What the files make in a database. `None`: there is no such file.
    pub(crate) catalog: Option<Result<File, Unreadable>>,
    /// `None`: there is no such file.
    pub(crate) snapshot: Option<Result<Document, ParseError>>,
    /// The seed files, each with what could not be read of it.
    pub(crate) seeds: Vec<(SeedFile, Vec<Finding>)>,
}

impl Context {
    /// Parses what `repository` holds.
    ///
    /// # Errors
    /// A file that is there but cannot be read.
    pub(crate) fn new(repository: Repository) -> anyhow::Result<Context> {
        let mut entries = Vec::new();
        for phase in Phase::ALL {
            let files = repository.folder(phase.folder())?;
            entries.extend(files.into_iter().map(|(name, content)| (phase, name, content)));
        }
        let (migrations, problems) = Migrations::from_entries(entries);
        let catalog = repository.text(CATALOG)?.map(|text| File::parse(&text));
        let snapshot = repository.text(SNAPSHOT)?.map(|text| Document::parse(&text));
        let seeds = repository.folder(seed::FOLDER)?;
        let seeds = seeds
            .iter()
            .filter(|(name, _)| seed::is_seed_file(name))
            .map(|(name, bytes)| seed::read_bytes(&format!("{}/{name}", seed::FOLDER), bytes));
        let seeds = seeds.collect();
        // Read here, so that rules need no way to fail.
        for path in
            [pin::PACKAGE, pin::LOCK, workflow::FILE, crate::erd::PATH].into_iter().chain(delivery::FILES)
        {
            repository.text(path)?;
        }
        Ok(Context { repository, migrations, problems, catalog, snapshot, seeds })
    }

    /// The snapshot, for rules that have nothing to say about an unreadable one.
    pub(crate) fn document(&self) -> Option<&Document> {
        self.snapshot.as_ref()?.as_ref().ok()
    }

    /// What the files make, for rules that have nothing to say about an unreadable or missing file.
    pub(crate) fn made(&self) -> Option<&Catalog> {
        Some(&self.catalog.as_ref()?.as_ref().ok()?.catalog)
    }

    /// The version of Directus that package.json pins.
    pub(crate) fn pinned(&self) -> Option<String> {
        pin::pinned(&self.repository)
    }
}

/// The findings of all rules, ordered by place.
pub(crate) fn run(context: &Context) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.run)(context)).collect();
    findings.sort_by(|a, b| (&a.path, a.line, a.column, a.rule).cmp(&(&b.path, b.line, b.column, b.rule)));
    findings
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file of this checkout.
    pub(crate) fn ours(path: &str) -> String {
        std::fs::read_to_string(testkit::repository().join(path)).expect(path)
    }

    /// A context of these files.
    pub(crate) fn context(files: &[(&str, &str)]) -> Context {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Context::new(Repository::of_files(files)).expect("files in memory are readable")
    }

    /// Runs one rule over these files; each finding as it is printed, without its hint.
    pub(crate) fn check(rule: &str, files: &[(&str, &str)], expected: &[&str]) {
        let rule = RULES.iter().find(|each| each.name == rule).expect("a rule of that name");
        let findings = (rule.run)(&context(files));
        assert!(findings.iter().all(|finding| finding.rule == rule.name), "{findings:?}");
        let lines: Vec<String> =
            findings.iter().map(|finding| Finding { hint: None, ..finding.clone() }.to_string()).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn every_rule_has_a_name_of_its_own_and_a_line_for_people() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES[..index].iter().all(|other| other.name != rule.name), "{}", rule.name);
            assert!(!rule.what.is_empty() && !rule.what.contains('\n'), "{}", rule.name);
        }
    }

    #[test]
    fn findings_come_in_the_order_of_places() {
        let context = context(&[("db-init/2_b.sql", "\nCOMMIT;"), ("db-init/1_a.sql", "COMMIT;\nROLLBACK;")]);
        let places: Vec<(String, Option<usize>)> = run(&context)
            .into_iter()
            .filter(|each| each.line.is_some())
            .map(|each| (each.path, each.line))
            .collect();
        assert_eq!(
            places,
            [
                ("db-init/1_a.sql".to_owned(), Some(1)),
                ("db-init/1_a.sql".to_owned(), Some(2)),
                ("db-init/2_b.sql".to_owned(), Some(2)),
            ]
        );
    }
}
