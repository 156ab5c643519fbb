//! The head of the file: can Directus read it, and was it made by the pinned version, on Postgres?

use super::{Finding, found};
use crate::model::Document;
use crate::yaml::read::ParseError;
use contract::artefacts::SNAPSHOT;

/// `snapshot-yaml`, for a file that cannot be read at all.
pub fn unreadable(error: &ParseError) -> Finding {
    Finding::error("snapshot-yaml", SNAPSHOT, error.message.clone()).at(error.line, error.column)
}

/// `snapshot-yaml`: no scalar that Directus takes for something else than a reader of the file does (Y1).
pub fn yaml(document: &Document) -> Vec<Finding> {
    let finding = |doubt: &crate::Doubt| {
        Finding::error("snapshot-yaml", SNAPSHOT, doubt.message.clone())
            .at(doubt.line, doubt.column)
            .hint("put it in single quotes, or run cargo xtask snapshot")
    };
    document.doubts.iter().map(finding).collect()
}

/// `snapshot-version`: made by the pinned Directus. Directus' command line applies a file of any version without a word (D6).
pub fn version(document: &Document, pinned: &str) -> Vec<Finding> {
    const RULE: &str = "snapshot-version";
    let snapshot = &document.snapshot;
    let mut findings = Vec::new();
    if snapshot.version() != Some(1) {
        let message = "the format `version` is not 1, the only one Directus knows";
        findings.push(found(RULE, document, &["version".into()], message));
    }
    let made_by = match snapshot.directus() {
        Some(version) if version == pinned => return findings,
        Some(version) => format!("made by Directus {version}"),
        None => "does not say which Directus made it".to_owned(),
    };
    let message = format!(
        "{made_by}, but {pinned} is pinned; Directus checks neither and applies what it understands of the file"
    );
    findings.push(
        found(RULE, document, &["directus".into()], message)
            .hint(format!("run cargo xtask snapshot with Directus {pinned}")),
    );
    findings
}

/// `snapshot-vendor`: made on Postgres (D6).
pub fn vendor(document: &Document) -> Vec<Finding> {
    let vendor = match document.snapshot.vendor() {
        Some("postgres") => return Vec::new(),
        Some(vendor) => format!("`{vendor}`"),
        None => "no database at all".to_owned(),
    };
    let message = format!(
        "names {vendor} as its vendor, not `postgres`; Directus does not check it and applies foreign types"
    );
    vec![
        found("snapshot-vendor", document, &["vendor".into()], message)
            .hint("take the snapshot from a Directus on Postgres: cargo xtask snapshot"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{REAL, document, lines};
    use super::*;

    #[test]
    fn what_the_pinned_directus_made_is_fine() {
        let real = document(REAL);
        assert_eq!(version(&real, "11.17.4"), []);
        assert_eq!(vendor(&real), []);
        assert_eq!(yaml(&real), []);
    }

    #[test]
    fn another_version_or_vendor_is_found() {
        let other = document("version: 1\ndirectus: 9.0.0\nvendor: mysql\n");
        assert_eq!(
            lines(&version(&other, "11.17.4")),
            [
                "2: made by Directus 9.0.0, but 11.17.4 is pinned; Directus checks neither and applies what it understands of the file"
            ]
        );
        assert!(lines(&vendor(&other))[0].starts_with("3: names `mysql` as its vendor"));
        assert_eq!(version(&document("version: 2\n"), "11.17.4").len(), 2);
    }

    #[test]
    fn y1_an_unquoted_date_is_found_where_it_stands() {
        let findings = yaml(&document("version: 1\ncollections:\n  - collection: a\n    note: 2026-11-23\n"));
        assert_eq!(lines(&findings), ["4: `2026-11-23` without quotes is a date to Directus, not a string"]);
        assert_eq!(findings[0].column, Some(11));
    }

    #[test]
    fn a_conflict_marker_is_called_one() {
        let text = "version: 1\n<<<<<<< HEAD\ndirectus: 1\n=======\ndirectus: 2\n>>>>>>> x\n";
        let finding = unreadable(&Document::parse(text).unwrap_err());
        assert_eq!(finding.line, Some(2));
        assert!(finding.message.starts_with("a git conflict marker (`<<<<<<<`)"), "{finding}");
    }
}
