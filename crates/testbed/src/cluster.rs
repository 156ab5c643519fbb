//! The cluster that every server begins with. initdb takes a second and writes the same each time, so it runs once for each Postgres; what it
//! made is kept in the cache and copied.

use crate::cache::{Recipe, Workshop, hash_of, remove_tree, touched};
use crate::postgres_root::PostgresRoot;
use crate::progress::Progress;
use crate::sandbox::{self, HOME, Options};
use crate::server::SUPERUSER;
use crate::tool::{self, Tool};
use contract::Outcome;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A database that every server has, empty until somebody uses it.
pub const DATABASE: &str = "directus";

/// To be raised when the code below changes what it makes of the same Postgres.
const REVISION: &str = "1";
/// What it takes, measured.
const NEEDS_BYTES: u64 = 50_000_000;

/// A copy of it in `to`, which appears under its name as a whole.
///
/// # Errors
/// Exit 1 when it cannot be made or copied.
pub(crate) fn make(root: &PostgresRoot, to: &Path, keeps_data: bool) -> Outcome<()> {
    let unfinished = to.with_extension("new");
    remove_tree(&unfinished);
    let made = copy(&template(root)?, &unfinished).and_then(|()| fs::rename(&unfinished, to));
    made.map_err(|error| touched("make the Postgres cluster", to, &error))?;
    if keeps_data && let Ok(folder) = File::open(to) {
        // Beside the start, because a busy disk takes seconds: a power cut before that costs a database that has just been made.
        std::thread::spawn(move || rustix::fs::syncfs(folder));
    }
    Ok(())
}

fn template(root: &PostgresRoot) -> Outcome<PathBuf> {
    let programs = root.server().unwrap_or(root.dir()).file_name().unwrap_or_default();
    let part = format!(
        "cluster-{}",
        hash_of(&[programs.as_encoded_bytes(), DATABASE.as_bytes(), REVISION.as_bytes()])
    );
    let recipe = Recipe { verb: "make", title: "a Postgres cluster", part: &part, needs_bytes: NEEDS_BYTES };
    // A second, once: too short to be told about.
    let part = root.cache().provide(&recipe, &Progress::silent(), |workshop| build(workshop, root))?;
    Ok(part.join("d"))
}

fn build(workshop: &Workshop<'_>, root: &PostgresRoot) -> Outcome<()> {
    let pgdata = format!("{HOME}/d");
    let inside = |words: &[&str]| root.inside(Some(&workshop.part), words, Options::default());
    let initdb = inside(&[
        "initdb",
        "--pgdata",
        &pgdata,
        "--username",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
        "--no-sync",
    ]);
    let create = format!("CREATE DATABASE {DATABASE} TEMPLATE template0\n");
    let single = inside(&["postgres", "--single", "-D", &pgdata, "-c", "exit_on_error=on", "postgres"]);
    for (what, expression) in [
        ("make a Postgres cluster with `initdb`", initdb.stdin_null()),
        ("make a database with `postgres --single`", single.stdin_bytes(create)),
    ] {
        let expression = expression.stdout_to_stderr();
        let tool = Tool { what: what.to_owned(), expression, programs: &[] };
        tool::run(&tool, workshop, |_| {}).map_err(sandbox::explained_by_namespaces)?;
    }
    Ok(())
}

/// A folder with everything in it and its permissions.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() { copy(&from, &to)? } else { fs::copy(&from, &to).map(drop)? }
    }
    fs::set_permissions(to, fs::metadata(from)?.permissions())
}
