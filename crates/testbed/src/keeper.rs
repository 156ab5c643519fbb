//! The thread that keeps a server. A child's death signal is tied to the *thread* that started it, and test threads come and go;
//! so each server has a thread of its own, which does nothing but live as long as the server.

use crate::postgres_root::PostgresRoot;
use crate::sandbox::Options;
use duct::Handle;
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, PidfdFlags, Signal};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What to run.
pub(crate) struct Job {
    pub(crate) root: PostgresRoot,
    pub(crate) home: PathBuf,
    pub(crate) words: Vec<String>,
    pub(crate) log: PathBuf,
    pub(crate) options: Options,
}

/// A server's process and the thread that keeps it. Dropped, it kills the process.
pub(crate) struct Keeper {
    process: Process,
    /// Dropped to let the thread end.
    release: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Process {
    bwrap: Arc<Handle>,
    /// Names the process in the sandbox for certain, where its number could have been given to another by now.
    server: OwnedFd,
}

impl Keeper {
    /// Starts the thread and the process; returns when the process exists.
    pub(crate) fn start(job: Job) -> io::Result<Keeper> {
        let (tell, told) = channel();
        let (release, released) = channel();
        let thread = std::thread::Builder::new()
            .name("postgres keeper".to_owned())
            .spawn(move || keep(&job, &tell, &released))?;
        let process = told.recv().unwrap_or_else(|_| Err(io::Error::other("the keeper thread ended")))?;
        Ok(Keeper { process, release: Some(release), thread: Some(thread) })
    }

    /// How the process ended, if it has.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.process.bwrap.try_wait().ok().flatten().map(|output| output.status)
    }

    /// A fast, clean stop: sessions are ended, a checkpoint is made.
    pub(crate) fn stop(&self, wait: Duration) -> io::Result<()> {
        self.signal(Signal::INT)?;
        self.wait(wait).or_else(|_| self.kill(wait))
    }

    /// The end without a goodbye.
    pub(crate) fn kill(&self, wait: Duration) -> io::Result<()> {
        self.signal(Signal::KILL)?;
        self.wait(wait)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        match rustix::process::pidfd_send_signal(&self.process.server, signal) {
            // It ended by itself.
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn wait(&self, wait: Duration) -> io::Result<()> {
        let started = Instant::now();
        while self.ended().is_none() {
            if started.elapsed() > wait {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("it did not end in {} s", wait.as_secs()),
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // What cannot be killed now dies with the thread.
            let _ = self.stop(Duration::from_secs(10));
        }
        drop(self.release.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The life of the thread: start, tell, wait to be released.
fn keep(job: &Job, tell: &Sender<io::Result<Process>>, released: &Receiver<()>) {
    if tell.send(start(job)).is_ok() {
        // Nothing is ever sent: this returns when the keeper drops its end.
        let _ = released.recv();
    }
}

fn start(job: &Job) -> io::Result<Process> {
    let (info, info_of_child) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    let log = File::options().create(true).append(true).open(&job.log)?;
    let words: Vec<&str> = job.words.iter().map(String::as_str).collect();
    let options = Options { info: Some(info_of_child.as_raw_fd()), ..job.options.clone() };
    let bwrap = job
        .root
        .inside(Some(&job.home), &words, options)
        .stdin_null()
        .stdout_to_stderr()
        .stderr_file(log)
        .unchecked()
        .start()?;
    // Ours is closed, so that the pipe ends when bubblewrap closes its own.
    drop(info_of_child);
    let mut said = Vec::new();
    BufReader::new(File::from(info)).read_until(b'}', &mut said)?;
    let pid = serde_json::from_slice::<serde_json::Value>(&said)
        .ok()
        .and_then(|info| info["child-pid"].as_i64())
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    let Some(pid) = pid else {
        let output = bwrap.wait()?;
        return Err(io::Error::other(format!("bubblewrap ended with {} before it began", output.status)));
    };
    let server = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
    Ok(Process { bwrap: Arc::new(bwrap), server })
}
