//! How a program ended, and what it said.

use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// How a program ended and what it said.
pub struct Said {
    /// As a shell would say it: 128 and its number for a signal.
    pub code: i32,
    /// The result.
    pub stdout: String,
    /// The conversation.
    pub stderr: String,
}

impl Said {
    /// Runs a program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[track_caller]
    pub fn by(command: &mut Command) -> Said {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { stdout: text(&output.stdout), ..Said::of(output.status, text(&output.stderr)) }
    }

    /// One that ended so, and what it said meanwhile, both streams in one.
    pub fn of(status: ExitStatus, text: String) -> Said {
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Said { code, stdout: String::new(), stderr: text }
    }

    /// Both streams in one, the conversation last.
    #[must_use]
    pub fn together(self) -> Said {
        Said { stderr: self.stdout + &self.stderr, stdout: String::new(), ..self }
    }

    /// Ended so, and said each of these in its conversation.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn expect(self, code: i32, texts: &[&str]) -> Said {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        }
        self
    }

    /// The consent that a refusal offers to copy.
    ///
    /// # Panics
    /// When it offers none.
    #[track_caller]
    pub fn consent(&self) -> String {
        let line = self.stderr.lines().find_map(|line| line.split_once("RUNNER_ALLOW_DESTRUCTIVE="));
        line.unwrap_or_else(|| panic!("no line to copy in:\n{}", self.stderr)).1.to_owned()
    }

    /// The first two words of each line of the result.
    pub fn words(&self) -> Vec<[&str; 2]> {
        fn two(line: &str) -> [&str; 2] {
            let mut words = line.split_whitespace();
            [(); 2].map(|()| words.next().unwrap_or_default())
        }
        self.stdout.lines().map(two).collect()
    }

    /// The result under `--json`: one array and nothing else.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn objects(&self) -> Vec<Value> {
        match serde_json::from_str(&self.stdout) {
            Ok(Value::Array(objects)) => objects,
            other => panic!("{other:?} instead of an array in:\n{}", self.stdout),
        }
    }

    /// The last line of the conversation.
    pub fn last_line(&self) -> &str {
        self.stderr.trim_end().lines().last().unwrap_or_default()
    }
}
