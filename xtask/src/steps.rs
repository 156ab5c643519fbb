//! Named steps with their times: announced while they run, told as a table at the end, or as JSON.

use crate::console::{self, elapsed};
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};

/// The steps of one command.
pub(crate) struct Steps {
    began: Instant,
    done: Vec<Done>,
}

struct Done {
    name: &'static str,
    time: Duration,
    passed: bool,
}

impl Steps {
    /// None yet.
    pub(crate) fn new() -> Self {
        Steps { began: Instant::now(), done: Vec::new() }
    }

    /// Performs one step and notes how it went.
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        perform: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        console::heading(name);
        let began = Instant::now();
        let outcome = perform();
        crate::ending::wait_if_begun();
        self.done.push(Done { name, time: began.elapsed(), passed: outcome.is_ok() });
        outcome
    }

    /// The step that failed, if one did.
    pub(crate) fn failed(&self) -> Option<&'static str> {
        self.done.iter().find(|step| !step.passed).map(|step| step.name)
    }

    /// One line per step, and the total.
    pub(crate) fn table(&self) -> String {
        let line =
            |name: &str, time: Duration, word: &str| format!("  {name:<12} {:>12}  {word}", elapsed(time));
        let mut lines: Vec<String> = self
            .done
            .iter()
            .map(|step| line(step.name, step.time, if step.passed { "ok" } else { "failed" }))
            .collect();
        lines.push(line("total", self.began.elapsed(), ""));
        lines.join("\n").trim_end().to_owned()
    }

    /// Adds the table to the job's summary, where a server shows one (`GITHUB_STEP_SUMMARY`). That it cannot be written is no failure.
    pub(crate) fn summarize(&self, title: &str, notes: &[String]) {
        let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
            return;
        };
        let append = std::fs::File::options().create(true).append(true).open(path);
        let written = append.and_then(|mut file| file.write_all(self.to_markdown(title, notes).as_bytes()));
        if let Err(error) = written {
            console::say(&format!("the job's summary could not be written: {error}"));
        }
    }

    fn to_markdown(&self, title: &str, notes: &[String]) -> String {
        let word = if self.failed().is_some() { "failed" } else { "passed" };
        let mut lines = vec![
            format!("### {title}: {word}"),
            String::new(),
            "| step | time | |".to_owned(),
            "|---|---:|---|".to_owned(),
        ];
        lines.extend(self.done.iter().map(|step| {
            format!(
                "| {} | {} | {} |",
                step.name,
                elapsed(step.time),
                if step.passed { "ok" } else { "**failed**" }
            )
        }));
        lines.push(String::new());
        lines.extend(notes.iter().map(|note| format!("- stand-in for {note}")));
        lines.join("\n") + "\n\n"
    }

    /// The same for machines; times in milliseconds.
    pub(crate) fn to_json(&self, error: Option<&anyhow::Error>) -> Value {
        let steps: Vec<Value> = self
            .done
            .iter()
            .map(|step| json!({ "name": step.name, "elapsed_ms": millis(step.time), "passed": step.passed }))
            .collect();
        let failure = error.map(crate::as_failure);
        json!({
            "passed": failure.is_none(),
            "failed_at": self.failed(),
            "error": failure.map(|failure| json!({
                "what": failure.what, "causes": failure.causes, "hint": failure.hint, "exit": failure.exit.code(),
                "excerpt": failure.excerpt,
            })),
            "elapsed_ms": millis(self.began.elapsed()),
            "steps": steps,
        })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failed_step_is_known_by_name() {
        let mut steps = Steps::new();
        steps.step("check", || Ok(())).unwrap();
        let error = steps.step("pass 1", || Err::<(), _>(anyhow::anyhow!("no"))).unwrap_err();
        assert_eq!(steps.failed(), Some("pass 1"));
        let json = steps.to_json(Some(&error));
        assert_eq!((json["passed"].as_bool(), json["failed_at"].as_str()), (Some(false), Some("pass 1")));
        assert_eq!(json["steps"][0]["passed"], true);
        let markdown = steps.to_markdown("Dry run", &["the database: Debian's".to_owned()]);
        assert!(
            markdown.starts_with("### Dry run: failed\n") && markdown.contains("| check | 0 ms | ok |"),
            "{markdown}"
        );
        assert!(markdown.contains("- stand-in for the database"), "{markdown}");
    }
}
