//! The rule over `docs/schema.md`: generated, so it is what it is generated from.

use super::Context;
use crate::erd::{self, PATH};
use snapshot::Finding;

pub(crate) const RULE: &str = "schema-picture";

/// The picture is up to date. Of a schema that cannot be read there is none, and other rules say so.
pub(crate) fn picture(context: &Context) -> Vec<Finding> {
    let Some(document) = context.document().filter(|_| context.problems.is_empty()) else {
        return Vec::new();
    };
    let Some(made) = context.made() else { return Vec::new() };
    let wanted = erd::markdown(&document.snapshot, made, &context.migrations);
    let is = context.repository.text(PATH).ok().flatten();
    if is.as_deref().map(|text| text.replace("\r\n", "\n")) == Some(wanted.clone()) {
        return Vec::new();
    }
    let finding = match is {
        None => Finding::error(RULE, PATH, "the file is missing: there is no picture of the schema"),
        Some(text) => {
            let line = text.lines().zip(wanted.lines()).position(|(is, wanted)| is != wanted);
            let line = line.unwrap_or_else(|| text.lines().count().min(wanted.lines().count()));
            Finding::error(RULE, PATH, "it does not show the schema as it is").at(line + 1, 1)
        }
    };
    vec![finding.hint("cargo xtask erd")]
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;
    use catalog::Catalog;
    use contract::artefacts::{CATALOG, SNAPSHOT};
    use migrations::Migrations;
    use snapshot::Snapshot;

    const SCHEMA: &str = "version: 1\ncollections:\n  - {collection: a, schema: {name: a}}\n";

    #[test]
    fn a_picture_that_is_missing_or_old_is_found_with_its_first_line() {
        let picture =
            erd::markdown(&Snapshot::parse(SCHEMA).unwrap(), &Catalog::default(), &Migrations::default());
        let nothing = (CATALOG, "");
        check(RULE, &[nothing, (SNAPSHOT, SCHEMA), (PATH, &picture)], &[]);
        check(RULE, &[nothing, (SNAPSHOT, SCHEMA), (PATH, &picture.replace('\n', "\r\n"))], &[]);
        check(
            RULE,
            &[nothing, (SNAPSHOT, SCHEMA)],
            &["docs/schema.md: schema-picture: the file is missing: there is no picture of the schema"],
        );
        check(
            RULE,
            &[nothing, (SNAPSHOT, SCHEMA), (PATH, &picture.replace("    a {", "    b {"))],
            &["docs/schema.md:9:1: schema-picture: it does not show the schema as it is"],
        );
        check(RULE, &[(SNAPSHOT, "version: 1\nversion: 2\n")], &[]);
    }
}
