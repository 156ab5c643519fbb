//! A clean end on Ctrl-C and on SIGTERM: children are ended, what was registered is undone, then the process ends with 128 + n.
//! After kill -9 nobody does that: each child was started with a parent-death signal, and the next run sweeps the folders.

use contract::Exit;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

type Undo = Box<dyn FnOnce() + Send>;

static BEGUN: AtomicBool = AtomicBool::new(false);
/// Processes that outlive us on purpose.
static SPARED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
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
                // First, so that nobody fills again what is being removed.
                end_descendants();
                let mut undo = std::mem::take(&mut *UNDO.lock().unwrap_or_else(PoisonError::into_inner));
                while let Some((_, undo)) = undo.pop() {
                    undo();
                }
                std::process::exit(code);
            });
        }
    });
}

/// Leaves `pid`, a child, and everything below it alone: it outlives this process, or is ended gently by what is registered.
pub(crate) fn spare(pid: u32) {
    SPARED.lock().unwrap_or_else(PoisonError::into_inner).push(pid);
}

/// Ends everything below this process that is not spared. It is all throwaway.
fn end_descendants() {
    let spared: Vec<String> =
        SPARED.lock().unwrap_or_else(PoisonError::into_inner).iter().map(u32::to_string).collect();
    let mut open = vec!["self".to_owned()];
    while let Some(parent) = open.pop() {
        for task in std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let children = children.split_whitespace().map(str::to_owned);
            open.extend(children.filter(|child| !spared.contains(child)));
        }
        if let Some(pid) = parent.parse().ok().and_then(Pid::from_raw) {
            // An error means that it has just ended.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
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
    /// Registers what to undo. The closure must be bounded in time, and must not register anything itself.
    pub(crate) fn new(undo: impl FnOnce() + Send + 'static) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let id = LAST.fetch_add(1, Ordering::SeqCst);
        UNDO.lock().unwrap_or_else(PoisonError::into_inner).push((id, Box::new(undo)));
        Undoing { id }
    }

    /// Lets it be: nothing is to be undone any more.
    pub(crate) fn dismiss(self) {
        UNDO.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| *id != self.id);
    }
}

impl Drop for Undoing {
    fn drop(&mut self) {
        // Undone while the list is held: a signal that comes now waits for it, and does not end the process in the middle.
        let mut list = UNDO.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = list.iter().position(|(id, _)| *id == self.id) {
            (list.remove(index).1)();
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
        Undoing::new(|| {
            COUNT.fetch_add(1, Ordering::SeqCst);
        })
        .dismiss();
        assert_eq!(COUNT.load(Ordering::SeqCst), 1);
    }
}
