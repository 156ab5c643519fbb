//! One place that knows how to stop a boot in any phase: cancel the running statement, pass the signal on to Node.

use rustix::process::{Pid, Signal, kill_process};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared between the boot and whoever receives signals. Clones are the same interrupt.
#[derive(Clone, Default)]
pub struct Interrupt {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    signal: AtomicI32,
    cancel: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
    child: Mutex<Option<Pid>>,
}

/// The data is a plain slot: it is whole even if a holder panicked.
fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interrupt {
    /// The signal that asked for the end, if one did.
    pub fn signal(&self) -> Option<i32> {
        Some(self.shared.signal.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    /// Asks for the end: cancels the running statement and passes the signal on to the child.
    pub fn raise(&self, signal: i32) {
        self.shared.signal.store(signal, Ordering::SeqCst);
        self.signal_child(if signal == Signal::INT.as_raw() { Signal::INT } else { Signal::TERM });
        // A cancel is a connection of its own, which may take its time; whoever raised goes on to watch the clock.
        if let Some(cancel) = lock(&self.shared.cancel).clone() {
            std::thread::spawn(move || cancel());
        }
    }

    /// Ends the child without asking. For the end of a bounded wait.
    pub fn kill_child(&self) {
        self.signal_child(Signal::KILL);
    }

    fn signal_child(&self, signal: Signal) {
        // The slot is emptied before the child is reaped, or the process ends with it: the pid can't have become somebody else's.
        // An error means that it has ended.
        if let Some(pid) = *lock(&self.shared.child) {
            let _ = kill_process(pid, signal);
        }
    }

    /// What cancels the statement that is running now; `None` when there is no session.
    pub fn set_cancel(&self, cancel: Option<Arc<dyn Fn() + Send + Sync>>) {
        *lock(&self.shared.cancel) = cancel;
    }

    /// The child to pass signals on to. If the signal came before the child did, the child gets it now.
    pub fn set_child(&self, pid: Option<Pid>) {
        *lock(&self.shared.child) = pid;
        if let Some(signal) = self.signal() {
            self.raise(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_cancels_the_running_statement_and_stays_known() {
        let interrupt = Interrupt::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        interrupt.set_cancel(Some(Arc::new(move || sender.send(()).expect("the receiver lives"))));
        assert_eq!(interrupt.signal(), None);
        interrupt.clone().raise(15);
        assert_eq!(interrupt.signal(), Some(15));
        receiver.recv().expect("cancelled");
    }
}
