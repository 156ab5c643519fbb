//! `cargo xtask check`: the static rules, offline, in milliseconds.

use crate::check::{Context, RULES, Repository, run as run_rules};
use crate::console;
use contract::{Exit, Failure};
use snapshot::{Finding, Severity};
use std::path::Path;

/// Find mistakes in migrations, snapshot and pins without a database: milliseconds, offline.
///
/// Each finding says where it is, which rule found it, what it would lead to, and what to do. Findings go to stdout, the summary to
/// stderr. A warning is shown, but does not fail the check.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Print the findings as a JSON list.
    #[arg(long, conflicts_with = "list")]
    json: bool,
    /// Show the rules, one line each, and check nothing.
    #[arg(long)]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask check           db-init/004_x.sql:2:13: phase-order: `entries` is managed by Directus and does not exist yet …
                                hint: git mv db-init/004_x.sql db-init-post/003_x.sql
  cargo xtask check --list    what is checked
  cargo xtask check --json    for editors: [{\"rule\": …, \"path\": …, \"line\": …, \"column\": …, \"message\": …, \"hint\": …, \"severity\": …}]

Exit codes:
  0 nothing found (or warnings only)   1 a file could not be read   3 findings";

/// Prints the findings; exit 3 when there is an error among them.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    if args.list {
        list();
        return Ok(Exit::Done);
    }
    let findings = findings(root)?;
    if args.json {
        console::result(&format!("{:#}", serde_json::Value::from_iter(findings.iter().map(as_json))));
    } else {
        findings.iter().for_each(|finding| console::result(&finding.to_string()));
    }
    console::say(&summary(&findings));
    Ok(if count(&findings, Severity::Error) > 0 { Exit::Differences } else { Exit::Done })
}

/// All findings in the checkout at `root`, ordered by place.
///
/// # Errors
/// A file that is there but cannot be read.
pub(crate) fn findings(root: &Path) -> anyhow::Result<Vec<Finding>> {
    Ok(run_rules(&Context::new(Repository::open(root))?))
}

/// For commands that go on only when there is nothing to find.
///
/// # Errors
/// Exit 3, with every error as a cause; as [`findings`].
pub(crate) fn require_clean(root: &Path) -> anyhow::Result<()> {
    require_none(findings(root)?)
}

/// The same for commands that boot what is in the checkout: no boot fails because of an old picture, and the catalog is compared by it.
///
/// # Errors
/// As [`require_clean`].
pub(crate) fn require_bootable(root: &Path) -> anyhow::Result<()> {
    let mut findings = findings(root)?;
    findings.retain(|finding| ![crate::check::PICTURE, crate::check::CATALOG_RULE].contains(&finding.rule));
    require_none(findings)
}

fn require_none(findings: Vec<Finding>) -> anyhow::Result<()> {
    if count(&findings, Severity::Error) == 0 {
        return Ok(());
    }
    let failure = Failure::new("pass the static rules")
        .exit(Exit::Differences)
        .hint("cargo xtask check shows them alone");
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    Err(errors.fold(failure, |failure, finding| failure.cause(finding)).into())
}

fn list() {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in RULES {
        console::result(&console::hanging(&format!("{:width$}  ", rule.name), rule.what));
    }
}

pub(crate) fn as_json(finding: &Finding) -> serde_json::Value {
    serde_json::json!({
        "rule": finding.rule,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "hint": finding.hint,
        "severity": match finding.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
    })
}

fn summary(findings: &[Finding]) -> String {
    let (errors, warnings) = (count(findings, Severity::Error), count(findings, Severity::Warning));
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => format!("check: {} rules, nothing found", RULES.len()),
        (errors, 0) => format!("check: {} rules, {}", RULES.len(), plural(errors, "finding")),
        (errors, warnings) => {
            format!(
                "check: {} rules, {}, {}",
                RULES.len(),
                plural(errors, "finding"),
                plural(warnings, "warning")
            )
        }
    }
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_errors_and_warnings() {
        let error = Finding::error("r", "p", "m");
        assert!(summary(&[]).ends_with("nothing found"));
        assert!(summary(std::slice::from_ref(&error)).ends_with("1 finding"));
        assert!(summary(&[error.clone(), error.clone(), error.warning()]).ends_with("2 findings, 1 warning"));
    }

    #[test]
    fn json_has_every_part_of_a_finding() {
        let value = as_json(&Finding::error("r", "p", "m").at(2, 3).hint("h").warning());
        assert_eq!(
            value,
            serde_json::json!({ "rule": "r", "path": "p", "line": 2, "column": 3, "message": "m", "hint": "h", "severity": "warning" })
        );
    }
}
