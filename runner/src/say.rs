//! Writing for people. Node makes the pipes it inherits non-blocking, and they are the very pipes we write to: a full one is then
//! an error (EAGAIN) that `eprintln!` would turn into a panic. A closed one is not our problem: the boot goes on.

use std::io::{ErrorKind, Write};
use std::time::Duration;

/// One line of the conversation, to stderr.
pub(crate) fn line(text: &str) {
    write(&mut std::io::stderr(), text);
}

/// One line of the result, to stdout.
pub(crate) fn result(text: &str) {
    write(&mut std::io::stdout(), text);
}

fn write(to: &mut dyn Write, text: &str) {
    let line = format!("{text}\n");
    let mut rest = line.as_bytes();
    // A reader that takes nothing for ten seconds is gone in all but name; logging must not hold up a boot for ever.
    let mut patience = 1000;
    while !rest.is_empty() && patience > 0 {
        match to.write(rest) {
            Ok(0) => return,
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                patience -= 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(_) => return,
        }
    }
    let _ = to.flush();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// Takes a few bytes at a time, and refuses every other call, as a full non-blocking pipe does.
    struct Full {
        taken: Vec<u8>,
        refuse: bool,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.refuse = !self.refuse;
            if self.refuse {
                return Err(ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(3);
            self.taken.extend(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_pipe_delays_a_line_and_loses_nothing() {
        let mut full = Full { taken: Vec::new(), refuse: false };
        write(&mut full, "runner: prepared");
        assert_eq!(full.taken, b"runner: prepared\n");
    }
}
