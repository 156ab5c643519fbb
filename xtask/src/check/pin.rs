//! `directus-pin`: one exact version of Directus, said in package.json, kept by the lock file. The image and the local engine both
//! take it from there; that the snapshot was made by it is `snapshot-version`.

use super::{Context, Repository};
use snapshot::Finding;

pub(crate) const RULE: &str = "directus-pin";
pub(crate) const PACKAGE: &str = "package.json";
pub(crate) const LOCK: &str = "package-lock.json";

/// The version of Directus in package.json, if it is there and says one.
pub(crate) fn pinned(repository: &Repository) -> Option<String> {
    let text = repository.text(PACKAGE).ok()??;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let version = package.get("dependencies")?.get("directus")?.as_str()?;
    is_exact(version).then(|| version.to_owned())
}

/// The rule.
pub(crate) fn directus_pin(context: &Context) -> Vec<Finding> {
    let repository = &context.repository;
    let finding = |path: &str, line: Option<usize>, message: String| {
        let finding = Finding::error(RULE, path, message);
        match line {
            Some(line) => finding.at(line, 1),
            None => finding,
        }
    };
    let Some(package) = repository.text(PACKAGE).ok().flatten() else {
        return vec![finding(PACKAGE, None, "the file is missing, so no Directus is pinned".to_owned())];
    };
    let value: serde_json::Value = match serde_json::from_str(&package) {
        Ok(value) => value,
        Err(error) => return vec![finding(PACKAGE, Some(error.line()), format!("not JSON: {error}"))],
    };
    let line = line_of(&package, "\"directus\"");
    let Some(version) = value.pointer("/dependencies/directus").and_then(serde_json::Value::as_str) else {
        return vec![finding(PACKAGE, None, "`dependencies` does not name `directus`".to_owned())];
    };
    if !is_exact(version) {
        let message = format!("`{version}` is a range: two installs could get two versions of Directus");
        return vec![finding(PACKAGE, line, message).hint("write one exact version, for example 11.17.4")];
    }
    let Some(lock) = repository.text(LOCK).ok().flatten() else {
        return vec![
            finding(LOCK, None, "the file is missing".to_owned()).hint("npm install --package-lock-only"),
        ];
    };
    match locked(&lock) {
        Some((locked, _)) if locked == version => Vec::new(),
        Some((locked, line)) => {
            let message = format!("locks Directus {locked}, but package.json pins {version}");
            vec![finding(LOCK, Some(line), message).hint("npm install --package-lock-only")]
        }
        None => {
            let message = "locks no version of `directus`".to_owned();
            vec![finding(LOCK, None, message).hint("npm install --package-lock-only")]
        }
    }
}

/// `1.2.3`, perhaps with `-rc.1`: no range, no tag, no URL.
fn is_exact(version: &str) -> bool {
    let (numbers, _) = version.split_once('-').unwrap_or((version, ""));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number)
}

/// The version at `node_modules/directus`, and its line. Looked for in the text: parsing the whole file, most of a megabyte, would take
/// longer than all other rules together, and npm writes it in this one form.
fn locked(lock: &str) -> Option<(&str, usize)> {
    let entry = lock.find("\"node_modules/directus\": {")?;
    let body = &lock[entry..entry + lock[entry..].find('}')?];
    let start = body.find("\"version\": \"")? + "\"version\": \"".len();
    let version = body[start..].split('"').next()?;
    Some((version, lock[..entry + start].matches('\n').count() + 1))
}

fn line_of(text: &str, word: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(word)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    const LOCKED: (&str, &str) = (
        LOCK,
        "{\n  \"packages\": {\n    \"node_modules/directus\": {\n      \"version\": \"11.17.4\",\n      \"resolved\": \"x\"\n    }\n  }\n}\n",
    );

    fn package(version: &str) -> String {
        format!("{{\n  \"dependencies\": {{\n    \"directus\": \"{version}\"\n  }}\n}}\n")
    }

    #[test]
    fn one_exact_version_in_both_files_is_fine() {
        check(RULE, &[(PACKAGE, &package("11.17.4")), LOCKED], &[]);
    }

    #[test]
    fn a_range_is_found() {
        for range in ["^11.17.4", "11.x", "latest", "11.17", ""] {
            let message = format!(
                "package.json:3:1: directus-pin: `{range}` is a range: two installs could get two versions of Directus"
            );
            check(RULE, &[(PACKAGE, &package(range)), LOCKED], &[&message]);
        }
    }

    #[test]
    fn a_lock_file_of_another_version_is_found() {
        check(
            RULE,
            &[(PACKAGE, &package("11.18.0")), LOCKED],
            &["package-lock.json:4:1: directus-pin: locks Directus 11.17.4, but package.json pins 11.18.0"],
        );
    }

    #[test]
    fn missing_and_broken_files_are_found() {
        check(RULE, &[], &["package.json: directus-pin: the file is missing, so no Directus is pinned"]);
        check(
            RULE,
            &[(PACKAGE, "{}")],
            &["package.json: directus-pin: `dependencies` does not name `directus`"],
        );
        check(
            RULE,
            &[(PACKAGE, &package("11.17.4"))],
            &["package-lock.json: directus-pin: the file is missing"],
        );
        check(
            RULE,
            &[(PACKAGE, &package("11.17.4")), (LOCK, "{}")],
            &["package-lock.json: directus-pin: locks no version of `directus`"],
        );
    }
}
