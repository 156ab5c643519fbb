//! Lines in a failure, with an end.

/// Changes in words, as an excerpt.
pub(crate) fn in_words(lines: Vec<String>) -> String {
    excerpt("  ", lines)
}

/// Other lines, as an excerpt.
pub(crate) fn listed(lines: Vec<String>) -> String {
    excerpt("  - ", lines)
}

/// With an end.
fn excerpt(indent: &str, mut lines: Vec<String>) -> String {
    const MOST: usize = 20;
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    let mut lines: Vec<String> = lines.into_iter().map(|line| format!("{indent}{line}")).collect();
    if more > 0 {
        lines.push(format!("  … and {more} more"));
    }
    lines.join("\n")
}
