//! Questions to git about this checkout.

use crate::process;
use contract::Outcome;
use std::path::Path;

/// The first line of git's answer.
///
/// # Errors
/// Git's own words.
pub(crate) fn ask(root: &Path, arguments: &[&str]) -> Outcome<String> {
    let answer = bytes(root, arguments)?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

/// The names in an answer that was asked for with `-z`.
///
/// # Errors
/// As [`ask`].
pub(crate) fn names(root: &Path, arguments: &[&str]) -> Outcome<Vec<String>> {
    let answer = bytes(root, arguments)?;
    let names = answer.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

/// The whole answer.
///
/// # Errors
/// As [`ask`].
pub(crate) fn bytes(root: &Path, arguments: &[&str]) -> Outcome<Vec<u8>> {
    let folder = root.display().to_string();
    let mut all = vec!["-C", &folder];
    all.extend(arguments);
    process::output("ask git", Path::new("git"), &all)
}
