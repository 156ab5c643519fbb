//! The boot's lock, kept: a session of its own that a thread keeps talking on, so that no firewall forgets it and its loss is noticed
//! while a step still runs.

use contract::{Failure, Outcome};
use migrations::lock::Lock;
use migrations::session::{Session, describe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the session is used when nobody asks.
const EVERY: Duration = Duration::from_secs(5);
/// An answer that is not older than this is as good as a new one: between two files of a thousand.
const FRESH: Duration = Duration::from_millis(250);
/// How long the session may take to answer.
const ALIVE_WITHIN: Duration = Duration::from_secs(5);

/// The held lock. Dropped, it ends with its session.
pub(crate) struct Guard {
    shared: Arc<Shared>,
    lock: Option<Lock>,
}

struct Shared {
    held: Mutex<Held>,
    wake: Condvar,
}

struct Held {
    session: Session,
    seen: Instant,
    lost: Option<String>,
    done: bool,
}

impl Held {
    /// Asks the server, unless it answered a moment ago.
    fn check(&mut self, fresh: Duration) -> Result<(), String> {
        if self.lost.is_none() && self.seen.elapsed() > fresh {
            match self.session.client().is_valid(ALIVE_WITHIN) {
                Ok(()) => self.seen = Instant::now(),
                Err(error) => self.lost = Some(describe(&error)),
            }
        }
        self.lost.clone().map_or(Ok(()), Err)
    }
}

impl Guard {
    /// Keeps `lock`, which `session` holds.
    pub(crate) fn new(session: Session, lock: Lock) -> Guard {
        let held = Held { session, seen: Instant::now(), lost: None, done: false };
        let shared = Arc::new(Shared { held: Mutex::new(held), wake: Condvar::new() });
        let keeper = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut held = keeper.held();
            while !held.done && held.check(EVERY / 2).is_ok() {
                held = keeper.wake.wait_timeout(held, EVERY).unwrap_or_else(PoisonError::into_inner).0;
            }
        });
        Guard { shared, lock: Some(lock) }
    }

    /// The lock is ours now: asked before each step.
    ///
    /// # Errors
    /// When the session is gone: another boot may have begun.
    pub(crate) fn check(&self) -> Outcome<()> {
        self.shared.held().check(Duration::ZERO).map_err(lost)
    }

    /// Says whether the lock is gone; cheap enough for every file.
    pub(crate) fn watch(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move || shared.held().check(FRESH).is_err()
    }

    /// Gives the lock back, and ends the session.
    ///
    /// # Errors
    /// When it was not held any more.
    pub(crate) fn release(mut self) -> Outcome<()> {
        let mut held = self.shared.held();
        held.done = true;
        self.shared.wake.notify_all();
        match self.lock.take() {
            Some(lock) => lock.release(&mut held.session),
            None => Ok(()),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = self.shared.held();
        if let Some(lock) = self.lock.take() {
            // The thread may hold the session for a moment longer; the next boot need not wait for that.
            let _ = lock.release(&mut held.session);
        }
        held.done = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost(why: String) -> Failure {
    Failure::new("boot: the lock's connection is lost, so another boot may have begun")
        .cause(why)
        .hint("start it again: the next boot goes on from where this one stopped")
}
