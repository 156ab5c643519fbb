//! The duties of PID 1: pass signals on, reap whatever ends, end as Directus ended. Directus itself hangs as PID 1 (D24).

use boot::Interrupt;
use boot::bridge::Server;
use contract::{Exit, Failure, Outcome};
use rustix::process::{Pid, WaitOptions, waitpid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::time::Duration;

/// Receives signals from now on, in a thread of its own: a process without handlers as PID 1 would ignore them (C1).
///
/// The first one cancels the running statement and is passed on; whoever has not ended `stop_wait_s` seconds later is killed.
/// A second signal kills at once.
///
/// # Errors
/// When the handlers cannot be installed.
pub(crate) fn listen(interrupt: &Interrupt, stop_wait_s: u64) -> Outcome<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])
        .map_err(|error| Failure::new("install the signal handlers").cause_chain(&error))?;
    let interrupt = interrupt.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if interrupt.signal().is_some() {
                interrupt.kill_child();
                continue;
            }
            interrupt.raise(signal);
            let interrupt = interrupt.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(stop_wait_s));
                interrupt.kill_child();
                // The main thread ends with the child; if it waits for something else, nothing is left to wait for.
                std::thread::sleep(Duration::from_secs(1));
                std::process::exit(i32::from(ended_by(signal).code()));
            });
        }
    });
    Ok(())
}

/// How a process ends because of a signal.
pub(crate) fn ended_by(signal: i32) -> Exit {
    Exit::Signal(u8::try_from(signal).unwrap_or(0))
}

/// Reaps every child, ours and those that lost their parent, until `server` ends; its end is ours.
pub(crate) fn supervise(server: Server) -> Exit {
    let exit = reap(server.pid);
    // Its last words are on their way: "Directus shut down OK. Bye bye!"
    server.log.drain(Duration::from_secs(1));
    exit
}

fn reap(server: Pid) -> Exit {
    loop {
        match waitpid(None, WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == server => {
                return match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Exit::Child(u8::try_from(code).unwrap_or(1)),
                    (None, Some(signal)) => ended_by(signal),
                    (None, None) => Exit::Failed,
                };
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // No child left, and the server's end was not seen: it can't be said how it ended.
            Err(_) => return Exit::Failed,
        }
    }
}
