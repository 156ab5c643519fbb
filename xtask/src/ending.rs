//! A clean end on Ctrl-C and on SIGTERM: what was registered is undone, then the process ends with 128 + n. Children need no
//! list: each was started with a parent-death signal, so none outlives us, not even after kill -9.

use contract::Exit;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

type Undo = Box<dyn FnOnce() + Send>;

static BEGUN: AtomicBool = AtomicBool::new(false);
static UNDO: Mutex<Vec<(u64, Undo)>> = Mutex::new(Vec::new());

/// Begins to listen. A second signal ends at once.
pub(crate) fn listen() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return };
    std::thread::spawn(move || {
        let mut first = true;
        for signal in signals.forever() {
            let code = i32::from(Exit::Signal(u8::try_from(signal).unwrap_or(0)).code());
            if !first {
                std::process::exit(code);
            }
            first = false;
            BEGUN.store(true, Ordering::SeqCst);
            crate::console::say("\ninterrupted: cleaning up");
            std::thread::spawn(move || {
                let mut undo = std::mem::take(&mut *UNDO.lock().unwrap_or_else(PoisonError::into_inner));
                while let Some((_, undo)) = undo.pop() {
                    undo();
                }
                std::process::exit(code);
            });
        }
    });
}

/// Once a signal ends the process, what fails because of that is no news: waits for the end instead of telling it.
pub(crate) fn wait_if_begun() {
    while BEGUN.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Undoes at the end of its scope what it was made for; and on a signal, if that comes first.
pub(crate) struct Undoing {
    id: u64,
}

impl Undoing {
    /// Registers what to undo. The closure must be bounded in time.
    pub(crate) fn new(undo: impl FnOnce() + Send + 'static) -> Self {
        let mut list = UNDO.lock().unwrap_or_else(PoisonError::into_inner);
        let id = list.last().map_or(0, |(id, _)| id + 1);
        list.push((id, Box::new(undo)));
        Undoing { id }
    }
}

impl Drop for Undoing {
    fn drop(&mut self) {
        let undo = {
            let mut list = UNDO.lock().unwrap_or_else(PoisonError::into_inner);
            list.iter().position(|(id, _)| *id == self.id).map(|index| list.remove(index).1)
        };
        if let Some(undo) = undo {
            undo();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn the_end_of_the_scope_undoes_once() {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        drop(Undoing::new(|| {
            COUNT.fetch_add(1, Ordering::SeqCst);
        }));
        assert_eq!(COUNT.load(Ordering::SeqCst), 1);
    }
}
