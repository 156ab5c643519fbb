//! The exit codes, the same in `cargo xtask` and in `runner`. docs/operations.md holds the table for people.

/// Why a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for is done, and proved.
    Done,
    /// A step failed.
    Failed,
    /// The command line or the configuration is wrong; nothing was touched.
    Usage,
    /// Differences or findings: `check`, `snapshot --check`, `plan --check`, `status --check`.
    Differences,
    /// Refused: going on would destroy something that nobody consented to lose.
    Refused,
    /// The database was not reachable in time.
    Unreachable,
    /// Another boot held the lock for too long.
    Locked,
    /// Ended by this signal number; the shell convention is 128 + number.
    Signal(u8),
    /// What a child process ended with, handed on unchanged.
    Child(u8),
}

impl Exit {
    /// The number the operating system sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Differences => 3,
            Exit::Refused => 4,
            Exit::Unreachable => 5,
            Exit::Locked => 6,
            Exit::Signal(number) => 128u8.saturating_add(number),
            Exit::Child(code) => code,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_follows_the_shell_convention() {
        assert_eq!(Exit::Signal(15).code(), 143);
        assert_eq!(Exit::Signal(200).code(), 255);
    }
}
