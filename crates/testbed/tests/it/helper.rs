//! A process of our own to be watched or killed: this very test binary, run once more with a task in its environment.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use testbed::{Cache, PostgresRoot, Progress, Server, ServerOptions};

const TASK: &str = "TESTBED_HELPER";

/// This test binary as a process with `task`; what it says on stdout begins after libtest's own lines.
pub(crate) fn command(task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test binary has a path"));
    command
        .args(["helper::process", "--exact", "--nocapture", "--include-ignored"])
        .env(TASK, task)
        .stdin(Stdio::null());
    command
}

/// Not a test, unless [`command`] says what to do.
#[test]
fn process() {
    let Ok(task) = std::env::var(TASK) else { return };
    let outcome = match task.as_str() {
        "serve" => serve(),
        "provision" => provision(),
        "provision-postgres" => {
            cache().and_then(|cache| testbed::postgres_root(&cache, &Progress::plain()).map(drop))
        }
        "provision-directus" => {
            cache().and_then(|cache| testbed::directus(&cache, &repo(), &Progress::plain()).map(drop))
        }
        other => panic!("no such task: {other}"),
    };
    if let Err(failure) = outcome {
        eprint!("{}", failure.render());
        std::process::exit(i32::from(failure.exit.code()));
    }
    std::process::exit(0);
}

fn cache() -> contract::Outcome<Cache> {
    Cache::open()
}

/// Starts a server, names its folder, and waits to be killed.
fn serve() -> contract::Outcome<()> {
    let root = PostgresRoot::cached(&cache()?).expect("the caller looked for the root");
    let server = Server::start(&root, ServerOptions::default())?;
    println!("serving {}", server.dir().display());
    std::thread::sleep(std::time::Duration::from_secs(600));
    Ok(())
}

/// Both parts, checked once more.
fn provision() -> contract::Outcome<()> {
    let (root, directus) = testbed::provision_all(&cache()?, &repo(), &Progress::plain())?;
    println!("provisioned {} {} {}", root.version()?, directus.version, directus.dir.display());
    Ok(())
}

/// The folder of `package.json` and its lock: this checkout's, or `TESTBED_REPO` for a user who cannot read it.
fn repo() -> PathBuf {
    let checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::env::var_os("TESTBED_REPO").map_or_else(|| PathBuf::from(checkout), PathBuf::from)
}
