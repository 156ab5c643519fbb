//! An expected failure as a value: what failed, why, what to do, and the exit code that says so.

use crate::Exit;
use std::fmt;

/// `Result` whose error is a [`Failure`].
pub type Outcome<T> = Result<T, Failure>;

/// One failure, in the form that every command prints:
///
/// ```text
/// error: what
///   caused by: …
///   hint: the command to run next
/// ```
///
/// `what` names the object that was touched, is lower case, without a full stop, and fits after "failed to".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends because of it.
    pub exit: Exit,
    /// What failed, naming its object: ``run migration `db-init/003_faulty_column.sql` ``.
    pub what: String,
    /// A ready-made block shown below `what`: a source line with a caret, a list of differences. No trailing newline.
    pub excerpt: Option<String>,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// The known remedy, if there is one.
    pub hint: Option<String>,
    /// The last lines that another program said before, shown at the very end.
    pub log: Box<[String]>,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(what: impl Into<String>) -> Self {
        Failure {
            exit: Exit::Failed,
            what: what.into(),
            excerpt: None,
            causes: Vec::new(),
            hint: None,
            log: Box::default(),
        }
    }

    /// The same with another exit code.
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Adds a cause below the ones there are.
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds an error and everything it was caused by.
    pub fn cause_chain(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // Many errors repeat their source in their own text; say it once.
            if !self.causes.last().is_some_and(|said| said.contains(&text)) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Sets the remedy.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the block below `what`.
    pub fn excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.excerpt = Some(excerpt.into());
        self
    }

    /// Puts a wider "what" on top: the old one becomes the first cause.
    pub fn within(mut self, what: impl Into<String>) -> Self {
        self.causes.insert(0, std::mem::replace(&mut self.what, what.into()));
        self
    }

    /// The whole text for a person, ending in a newline.
    pub fn render(&self) -> String {
        let mut text = format!("error: {}\n", self.what);
        if let Some(excerpt) = &self.excerpt {
            text.push_str(excerpt);
            text.push('\n');
        }
        for cause in &self.causes {
            push_labelled(&mut text, "caused by", cause);
        }
        if let Some(hint) = &self.hint {
            push_labelled(&mut text, "hint", hint);
        }
        if !self.log.is_empty() {
            push_labelled(&mut text, "Directus' log, last lines", &format!("\n{}", self.log.join("\n")));
        }
        text
    }
}

/// Continuation lines are indented so that one cause stays one block.
fn push_labelled(text: &mut String, label: &str, body: &str) {
    let body = body.trim_end().replace('\n', "\n    ");
    let space = if body.starts_with('\n') { "" } else { " " };
    text.push_str(&format!("  {label}:{space}{body}\n"));
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_what_why_and_remedy() {
        let failure = Failure::new("run migration `db-init/001_a.sql`")
            .excerpt("  1 | SELEC 1;")
            .cause("syntax error\nat or near \"SELEC\"")
            .hint("fix the statement");
        assert_eq!(
            failure.render(),
            "error: run migration `db-init/001_a.sql`\n  1 | SELEC 1;\n  caused by: syntax error\n    at or near \"SELEC\"\n  hint: fix the statement\n"
        );
    }

    #[test]
    fn another_programs_last_lines_come_last() {
        let failure = Failure {
            log: Box::new(["one".to_owned(), "two".to_owned()]),
            ..Failure::new("install").hint("look")
        };
        assert_eq!(
            failure.render(),
            "error: install\n  hint: look\n  Directus' log, last lines:\n    one\n    two\n"
        );
    }

    #[test]
    fn widening_keeps_the_first_failure_as_the_first_cause() {
        let failure = Failure::new("connect").cause("refused").within("prepare the database");
        assert_eq!(failure.causes, ["connect", "refused"]);
        assert_eq!(failure.to_string(), "prepare the database");
    }
}
