//! Child processes that never outlive us, and the one place with `unsafe`.

use duct::Expression;
use rustix::fd::{BorrowedFd, RawFd};
use rustix::io::FdFlags;
use rustix::process::Signal;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

/// Makes the child die when the *thread* that starts it ends, by whatever means. So start it from a thread that lives as long
/// as the child. Numbers in `inherit` are file descriptors that the child keeps open; the caller keeps them open until then.
pub(crate) fn dying_with_us(expression: &Expression, inherit: Vec<RawFd>) -> Expression {
    let parent = rustix::process::getpid();
    expression.before_spawn(move |command| {
        let inherit = inherit.clone();
        let prepare = move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // The parent may have died before the line above took effect.
            if rustix::process::getppid() != Some(parent) {
                return Err(std::io::Error::from_raw_os_error(rustix::io::Errno::SRCH.raw_os_error()));
            }
            for number in &inherit {
                // SAFETY: the caller of `dying_with_us` keeps the descriptor open until the child has started.
                let descriptor = unsafe { BorrowedFd::borrow_raw(*number) };
                rustix::io::fcntl_setfd(descriptor, FdFlags::empty())?;
            }
            Ok(())
        };
        // SAFETY: between fork and exec only system calls are made (prctl, getppid, fcntl): nothing allocates or locks.
        unsafe { command.pre_exec(prepare) };
        Ok(())
    })
}

/// The path of `program` on PATH, if it is there and executable.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // An ordinary user's PATH may lack the folders of system tools.
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|candidate| {
            rustix::fs::access(candidate, rustix::fs::Access::EXEC_OK).is_ok() && candidate.is_file()
        })
}

/// Whether a short program, run without output, ends with 0.
pub(crate) fn succeeds<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> bool {
    let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    let quiet = duct::cmd(program, arguments).stdin_null().stdout_null().stderr_null();
    dying_with_us(&quiet, Vec::new()).run().is_ok()
}

/// Whether this process is the system's administrator.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path_or_not_at_all() {
        assert!(find("sh").unwrap().ends_with("sh"));
        assert_eq!(find("no-such-program-here"), None);
    }

    #[test]
    fn a_child_gets_the_descriptors_it_is_promised_and_no_others() {
        use rustix::fd::AsRawFd;
        let (kept, other) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let script = format!(
            "[ -e /proc/self/fd/{} ] && [ ! -e /proc/self/fd/{} ]",
            kept.as_raw_fd(),
            other.as_raw_fd()
        );
        assert!(dying_with_us(&duct::cmd!("sh", "-c", script), vec![kept.as_raw_fd()]).run().is_ok());
    }
}
