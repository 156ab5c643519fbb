//! Directus' own log on its way through: copied as it comes, and its last lines kept for the error that they explain.
//!
//! The pipe between Node and us is ours alone, so whatever Node does to it (it makes the pipes it inherits non-blocking, D30) is nobody
//! else's concern. A reader of our own output that is slow holds the log up, as ever; one that is gone does not: the log is read on and
//! thrown away, because Directus must not stop for it.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lines that are kept.
const LINES: usize = 20;
/// Bytes of a line that are kept.
const WIDTH: usize = 400;
/// The threads copy through a small buffer and call nothing deep.
const STACK: usize = 64 * 1024;

/// The last lines of a log, and how many of its streams are open.
#[derive(Clone, Default)]
pub struct Tail {
    shared: Arc<(Mutex<Kept>, Condvar)>,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<String>,
    partial: Vec<u8>,
    open: usize,
}

impl Tail {
    /// Copies `from` to `to` in a thread of its own, until `from` ends.
    pub(crate) fn pump(&self, from: impl Read + Send + 'static, to: impl Write + Send + 'static) {
        self.kept().open += 1;
        let tail = self.clone();
        let thread = std::thread::Builder::new().stack_size(STACK);
        // Without a thread nobody would read, and Node would hang on a full pipe; dropping `from` tells it that nobody does.
        if thread.spawn(move || tail.copy(from, to)).is_err() {
            self.kept().open -= 1;
        }
    }

    fn copy(&self, mut from: impl Read, mut to: impl Write) {
        let mut buffer = [0; 8192];
        let mut gone = false;
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    self.keep(&buffer[..count]);
                    gone = gone || !write_all(&mut to, &buffer[..count]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.kept().open -= 1;
        self.shared.1.notify_all();
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.kept();
        for &byte in bytes {
            if byte == b'\n' {
                let line = String::from_utf8_lossy(&kept.partial).trim_end().to_owned();
                kept.partial.clear();
                if !line.is_empty() {
                    kept.lines.push_back(line);
                }
                if kept.lines.len() > LINES {
                    kept.lines.pop_front();
                }
            } else if kept.partial.len() < WIDTH {
                kept.partial.push(byte);
            }
        }
    }

    /// Forgets what was said until now: a step begins.
    pub(crate) fn begin(&self) {
        self.kept().lines.clear();
    }

    /// The last lines since the step began, oldest first.
    pub(crate) fn lines(&self) -> Box<[String]> {
        self.kept().lines.iter().cloned().collect()
    }

    /// Waits until everything that was said has passed, at most `within`: a grandchild may hold the pipe for longer than Directus lives.
    pub fn drain(&self, within: Duration) {
        let kept = self.kept();
        drop(self.shared.1.wait_timeout_while(kept, within, |kept| kept.open > 0));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether all of it was taken. A full non-blocking pipe is waited for, as long as its reader lives.
fn write_all(to: &mut impl Write, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return false,
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(5))
            }
            Err(_) => return false,
        }
    }
    to.flush().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that is gone.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_last_lines_are_kept_even_if_nobody_reads() {
        let text: String = (1..=30).map(|number| format!("line {number}\n")).collect();
        let tail = Tail::default();
        tail.pump(std::io::Cursor::new(text), Gone);
        tail.drain(Duration::from_secs(5));
        let lines = tail.lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[19].as_str()), (20, "line 11", "line 30"));
        tail.begin();
        assert!(tail.lines().is_empty());
    }

    #[test]
    fn a_line_may_come_in_pieces_and_an_endless_one_is_cut() {
        let tail = Tail::default();
        tail.keep(b"one li");
        tail.keep(b"ne\r\n");
        tail.keep(&[b'x'; 5000]);
        tail.keep(b"\n");
        let lines = tail.lines();
        assert_eq!((lines[0].as_str(), lines[1].len()), ("one line", WIDTH));
    }
}
