//! Bubblewrap: runs programs of the Postgres root as its `postgres` user, without root rights and without a daemon.

use crate::pins::PINS;
use crate::progress::Progress;
use crate::{children, tool};
use contract::{Failure, Outcome};
use duct::Expression;
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::Path;

/// `postgres` in the root's `/etc/passwd`; initdb refuses a user without a name.
const UID: &str = "100";
const GID: &str = "102";

/// Where the folder given to [`inside`] appears.
pub(crate) const HOME: &str = "/pgdata";

/// Folders that the root must have, because bubblewrap cannot make them on a read-only one.
pub(crate) const MOUNT_POINTS: &[&str] = &["dev", "proc", "tmp", "run", "pgdata"];

/// The alternatives when the local engine cannot work here.
pub(crate) const ALTERNATIVES: &str = "or use another engine: set DB_HOST, DB_PORT, DB_DATABASE, DB_USER and DB_PASSWORD for an existing server, or install Docker";

/// A program of `root`, to be started from a thread that lives as long as it. Everything in it dies with that thread (measured:
/// within 20 ms). `home` appears as [`HOME`].
pub(crate) fn inside(root: &Path, home: Option<&Path>, program: &[&str], options: Options) -> Expression {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |words: &[&dyn AsRef<std::ffi::OsStr>]| {
        arguments.extend(words.iter().map(|word| word.as_ref().to_owned()));
    };
    // The network is shared only because a namespace of its own needs rights that containers often lack; Postgres listens on
    // a socket in `home` alone.
    add(&[&"--unshare-all", &"--share-net", &"--as-pid-1", &"--die-with-parent", &"--new-session"]);
    add(&[&"--uid", &UID, &"--gid", &GID, &"--ro-bind", &root, &"/"]);
    add(&[&"--dev", &"/dev", &"--proc", &"/proc", &"--tmpfs", &"/tmp", &"--tmpfs", &"/run"]);
    if let Some(home) = home {
        add(&[&"--bind", &home, &HOME]);
    }
    for (folder, name) in &options.binds {
        add(&[&"--bind", folder, name]);
    }
    add(&[&"--chdir", &"/", &"--clearenv", &"--setenv", &"LC_ALL", &"C.UTF-8", &"--setenv", &"TZ", &"UTC"]);
    let mut path = format!("{}:/usr/bin:/bin", PINS.postgres_programs());
    if let Some(server) = &options.server {
        add(&[&"--ro-bind", server, &SERVER]);
        path = format!("{SERVER}/bin:{path}");
    }
    add(&[&"--setenv", &"PATH", &path]);
    let info = options.info.map(|number| number.to_string());
    if let Some(info) = &info {
        add(&[&"--info-fd", info]);
    }
    add(&[&"--"]);
    arguments.extend(program.iter().map(OsString::from));
    children::dying_with_us(
        &duct::cmd("bwrap", arguments),
        options.info.into_iter().chain(options.keep_open).collect(),
    )
}

/// Where another server than the root's own appears.
const SERVER: &str = "/run/server";

/// The rarer wishes of [`inside`].
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Further writable folders: on the host, in the sandbox.
    pub(crate) binds: Vec<(std::path::PathBuf, String)>,
    /// The folder of another server than the root's own; its programs come first.
    pub(crate) server: Option<std::path::PathBuf>,
    /// Where bubblewrap writes `{"child-pid": …}`.
    pub(crate) info: Option<RawFd>,
    /// Descriptors that everything in the sandbox keeps open.
    pub(crate) keep_open: Vec<RawFd>,
}

/// Makes sure that `programs` are there; as root with apt-get the missing ones of `packages` are installed, and said so.
///
/// # Errors
/// Exit 1, naming what is missing, the command that installs it, and the alternatives.
pub(crate) fn require_tools(programs: &[(&str, &str)], progress: &Progress) -> Outcome<()> {
    let missing: Vec<&(&str, &str)> =
        programs.iter().filter(|(program, _)| children::find(program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.iter().map(|(program, _)| format!("`{program}`")).collect::<Vec<_>>().join(", ");
    let packages = missing.iter().map(|(_, package)| *package).collect::<Vec<_>>().join(" ");
    let by_hand = format!("sudo apt-get install {packages}; {ALTERNATIVES}");
    if !children::is_root() || children::find("apt-get").is_none() {
        return Err(Failure::new("find the tools of the local engine")
            .cause(format!("{names} not installed"))
            .hint(by_hand));
    }
    progress
        .note(&format!("installing {packages} with apt-get on this machine: the local engine needs {names}"));
    let install = format!(
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {packages}"
    );
    let install =
        duct::cmd!("sh", "-c", install).stdin_null().stderr_to_stdout().stdout_capture().unchecked();
    let output = children::dying_with_us(&install, Vec::new())
        .run()
        .map_err(|error| Failure::new(format!("install {packages} with apt-get")).cause_chain(&error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        return Err(Failure::new(format!("install {packages} with apt-get"))
            .excerpt(tool::indent(&tool::tail(&said, tool::TAIL_LINES)))
            .cause(format!("it ended with {}", output.status))
            .hint(by_hand));
    }
    Ok(())
}

/// When namespaces are what is missing here, that is the failure to show.
pub(crate) fn explained_by_namespaces(failure: Failure) -> Failure {
    require_namespaces().err().unwrap_or(failure)
}

/// Makes sure that bubblewrap can make namespaces here: containers and hardened kernels may forbid it.
///
/// # Errors
/// Exit 1 with bubblewrap's own words and the alternatives.
pub(crate) fn require_namespaces() -> Outcome<()> {
    let words = [
        "--unshare-all",
        "--share-net",
        "--uid",
        UID,
        "--gid",
        GID,
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "true",
    ];
    let probe = duct::cmd("bwrap", words).stdin_null().stdout_null().stderr_capture().unchecked();
    let failure = Failure::new("make a sandbox with `bwrap`");
    let output = match children::dying_with_us(&probe, Vec::new()).run() {
        Ok(output) => output,
        Err(error) => {
            return Err(failure
                .cause_chain(&error)
                .hint(format!("sudo apt-get install bubblewrap; {ALTERNATIVES}")));
        }
    };
    if output.status.success() {
        return Ok(());
    }
    Err(failure
        .cause(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        .cause("this machine does not let this user make namespaces (a container without the right to, or kernel.apparmor_restrict_unprivileged_userns=1)")
        .hint(format!("allow user namespaces here; {ALTERNATIVES}")))
}
