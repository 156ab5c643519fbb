//! The Postgres root: a folder with Debian's Postgres, TimescaleDB and PostGIS and all they need, made by mmdebstrap.

use crate::cache::{Cache, Recipe, Workshop, hash_of, touched};
use crate::pins::PINS;
use crate::progress::Progress;
use crate::sandbox::{self, MOUNT_POINTS, Options};
use crate::tool::{self, Tool};
use crate::{children, disk, needs};
use contract::{Failure, Outcome};
use duct::Expression;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The parts of the recipe, beside suite and packages; their hash names the folder, so a change here makes a new one.
///
/// What nobody reads here, a fifth of the size.
const LEFT_OUT: &[&str] =
    &["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*"];
/// No cluster is made at installation: each [`crate::Server`] makes its own.
const HOOK: &str = "mkdir -p \"$1/etc/postgresql-common\" && echo 'create_main_cluster = false' > \"$1/etc/postgresql-common/createcluster.conf\"";
/// To be raised when the code below changes what it makes of the same recipe.
const REVISION: &str = "1";

/// The root, mmdebstrap's own copy of it, and its downloads (measured: 0.65 + 0.65 + 0.2 GB).
pub(crate) const NEEDS_BYTES: u64 = 1_600_000_000;
/// Packages to unpack and to set up, measured; only the progress depends on it.
const EXPECTED_PACKAGES: f32 = 240.0;

/// A mirror to take instead of Debian's own, for networks that only reach one.
const MIRROR_VARIABLE: &str = "XTASK_DEBIAN_MIRROR";

/// A Postgres with its extensions, ready to be run by [`crate::Server`].
#[derive(Clone, Debug)]
pub struct PostgresRoot {
    cache: Cache,
    dir: PathBuf,
    /// Another server than Debian's, which is run in this root.
    server: Option<PathBuf>,
}

impl PostgresRoot {
    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn at(cache: &Cache, dir: PathBuf) -> PostgresRoot {
        PostgresRoot { cache: cache.clone(), dir, server: None }
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The folder of another server than the root's own.
    pub(crate) fn server(&self) -> Option<&Path> {
        self.server.as_deref()
    }

    /// The same with a server whose programs are in `bin` of that folder.
    pub(crate) fn with_server(self, folder: PathBuf) -> PostgresRoot {
        PostgresRoot { server: Some(folder), ..self }
    }

    /// A program of it, as [`sandbox::inside`].
    pub(crate) fn inside(&self, home: Option<&Path>, program: &[&str], options: Options) -> Expression {
        sandbox::inside(&self.dir, home, program, Options { server: self.server.clone(), ..options })
    }

    /// The root in the cache, if it is there; fetches nothing.
    pub fn cached(cache: &Cache) -> Option<PostgresRoot> {
        Some(PostgresRoot::at(cache, cache.finished(&part_name())?))
    }

    /// What `postgres --version` says.
    ///
    /// # Errors
    /// Exit 1 when it cannot be run in a sandbox.
    pub fn version(&self) -> Outcome<String> {
        let what = || Failure::new(format!("run `postgres --version` of `{}`", self.dir.display()));
        let output = self
            .inside(None, &["postgres", "--version"], Options::default())
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| what().cause_chain(&error))?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success()
            || !(self.server.is_some() || said.contains(&format!("(PostgreSQL) {}.", PINS.postgres_major)))
        {
            return Err(what().cause(format!("{said}{}", String::from_utf8_lossy(&output.stderr).trim())));
        }
        Ok(said)
    }
}

/// The Postgres root, fetched into the cache when it is not there (about half a minute, once).
///
/// # Errors
/// Exit 1: tools missing, no right to make namespaces, no space, no network, or a package failed; each with its remedy.
pub fn postgres_root(cache: &Cache, progress: &Progress) -> Outcome<PostgresRoot> {
    let (title, name) = (title(), part_name());
    let recipe = Recipe { verb: "fetch", title: &title, part: &name, needs_bytes: NEEDS_BYTES };
    let dir = cache.provide(&recipe, progress, |workshop| build(workshop, progress))?;
    Ok(PostgresRoot::at(cache, dir))
}

pub(crate) fn is_cached(cache: &Cache) -> bool {
    cache.finished(&part_name()).is_some()
}

fn title() -> String {
    format!("Postgres {} with TimescaleDB and PostGIS", PINS.postgres_major)
}

fn part_name() -> String {
    let packages = PINS.packages();
    let mut inputs = vec![PINS.debian_suite.as_str(), &packages, HOOK, REVISION, std::env::consts::ARCH];
    inputs.extend(LEFT_OUT);
    let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.as_bytes()).collect();
    format!("postgres-{}", hash_of(&inputs))
}

/// Everything that building the root needs of this machine, found out before anything is fetched.
///
/// # Errors
/// Exit 1 with what is missing and the ways around it.
pub(crate) fn require_possible(progress: &Progress) -> Outcome<()> {
    let mut tools = [needs::RUN, needs::FETCH_POSTGRES].concat();
    if !children::is_root() {
        tools.extend(needs::FETCH_POSTGRES_AS_USER);
    }
    sandbox::require_tools(&tools, progress)?;
    sandbox::require_namespaces()?;
    namespace().map(drop)
}

fn build(workshop: &Workshop<'_>, progress: &Progress) -> Outcome<()> {
    require_possible(progress)?;
    let tool = Tool {
        what: format!("fetch {} (Debian {}) with `mmdebstrap`", title(), PINS.debian_suite),
        expression: pipeline(workshop)?,
        programs: &[],
    };
    let mut far = Far::default();
    tool::run(&tool, workshop, |line| far.see(line, workshop.step))?;
    for name in MOUNT_POINTS {
        let dir = workshop.part.join(name);
        std::fs::create_dir_all(&dir).map_err(|error| touched("make the folder", &dir, &error))?;
    }
    workshop.step.detail("checking");
    PostgresRoot::at(workshop.cache, workshop.part.clone()).version().map(drop)
}

/// `mmdebstrap … | tar -x`: a tar in between, so that root and ordinary users alike own every file that stays, and removing
/// the folder needs no namespace.
fn pipeline(workshop: &Workshop<'_>) -> Outcome<Expression> {
    let mut words: Vec<OsString> = namespace()?.iter().map(OsString::from).collect();
    words.extend(
        ["mmdebstrap", "--mode=root", "--verbose", "--variant=minbase", "--format=tar"].map(OsString::from),
    );
    words.push(format!("--include={}", PINS.packages()).into());
    words.extend(LEFT_OUT.iter().map(|glob| format!("--dpkgopt=path-exclude={glob}").into()));
    // A mirror that stumbles once in 180 MB is not a failure; one that hangs is.
    words.extend(
        ["Acquire::Retries \"2\"", "Acquire::http::Timeout \"30\""].map(|o| format!("--aptopt={o}").into()),
    );
    words.push(format!("--essential-hook={HOOK}").into());
    words.extend([PINS.debian_suite.as_str(), "-"].map(OsString::from));
    words.extend(std::env::var_os(MIRROR_VARIABLE).filter(|mirror| !mirror.is_empty()));
    let program = words.remove(0);
    let fetch = duct::cmd(program, words).env("TMPDIR", &workshop.scratch).env("LC_ALL", "C.UTF-8");
    // Device nodes are bubblewrap's business, and making them takes rights. No set-user-id bits either.
    let unpack = duct::cmd!(
        "tar",
        "-x",
        "--no-same-owner",
        "--no-same-permissions",
        "--exclude=./dev/*",
        "-C",
        &workshop.part
    );
    Ok(children::dying_with_us(&fetch, Vec::new()).pipe(children::dying_with_us(&unpack, Vec::new())))
}

/// The namespaces that mmdebstrap runs in. A process namespace, so that everything in it dies with us: mmdebstrap, apt, dpkg and
/// their scripts. For an ordinary user also a user namespace with subordinate ids, in which mmdebstrap believes to be root.
pub(crate) fn namespace() -> Outcome<Vec<&'static str>> {
    let common = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"];
    if children::is_root() {
        // Root in a container may lack the right to; mmdebstrap then has to do without as well.
        let possible = children::succeeds("unshare", common[1..].iter().chain(&["true"]));
        return Ok(if possible { common.to_vec() } else { Vec::new() });
    }
    let mut words = common.to_vec();
    words.extend(["--map-root-user", "--map-auto"]);
    let probe =
        duct::cmd("unshare", words[1..].iter().chain(&["true"])).stdin_null().stdout_null().stderr_capture();
    let output = children::dying_with_us(&probe.unchecked(), Vec::new())
        .run()
        .map_err(|error| Failure::new("make a user namespace with `unshare`").cause_chain(&error))?;
    if output.status.success() {
        return Ok(words);
    }
    Err(Failure::new("make a user namespace with subordinate ids")
        .cause(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        .hint(format!(
            "give this user subordinate ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER; {}",
            sandbox::ALTERNATIVES
        )))
}

/// How far mmdebstrap is, from what it and apt say. The shares of the phases are measured.
#[derive(Default)]
struct Far {
    unpacked: f32,
    set_up: f32,
    /// Bytes that apt has fetched, and that it said it would.
    fetched: u64,
    to_fetch: u64,
}

impl Far {
    fn see(&mut self, line: &str, step: &crate::progress::Step<'_>) {
        if let Some(phase) = line.strip_prefix("I: ") {
            // Paths and hooks are for the log.
            if !phase.contains('/') {
                step.detail(phase);
            }
            if phase.starts_with("creating tarball") {
                step.fraction(0.85);
            }
        } else if let Some(need) = line.strip_prefix("Need to get ") {
            // `25.4 MB of archives.`, or `1.2 MB/25.4 MB` when some are there.
            (self.fetched, self.to_fetch) =
                (0, bytes(need.split([' ', '/']).take(2).collect::<Vec<_>>().join(" ").as_str()));
        } else if line.starts_with("Get:") {
            let size = line.rsplit_once('[').map_or("", |(_, size)| size.trim_end_matches(']'));
            self.fetched += bytes(size);
            let package = line.split_whitespace().nth(4).unwrap_or_default();
            let fetched = disk::human(self.fetched);
            step.detail(match self.to_fetch {
                0 => format!("downloading {package}, {fetched}"),
                all => format!("downloading {package}, {fetched} of {}", disk::human(all)),
            });
        } else if line.starts_with("Unpacking") {
            self.unpacked += 1.0;
            step.detail(format!("unpacking {}", line.split_whitespace().nth(1).unwrap_or_default()));
        } else if line.starts_with("Setting up") {
            self.set_up += 1.0;
            step.detail(format!("setting up {}", line.split_whitespace().nth(2).unwrap_or_default()));
        }
        step.fraction(0.1 + 0.4 * self.unpacked / EXPECTED_PACKAGES + 0.3 * self.set_up / EXPECTED_PACKAGES);
    }
}

/// Of apt's `43.4 kB`; 0 of what is none.
fn bytes(size: &str) -> u64 {
    let (number, unit) = size.split_once(' ').unwrap_or((size, "B"));
    let factor = match unit {
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => 1.0,
    };
    number.replace(',', "").parse::<f64>().map_or(0, |number| (number * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_root_is_its_recipe() {
        assert_eq!(part_name(), part_name());
        assert!(part_name().starts_with("postgres-"));
        assert_eq!(part_name().len(), "postgres-".len() + 16);
    }

    #[test]
    fn lines_of_apt_move_the_progress() {
        let progress = Progress::silent();
        let step = progress.step("fetch");
        let mut far = Far::default();
        for line in [
            "I: installing remaining packages inside the chroot...",
            "Need to get 25.4 MB of archives.",
            "Get:1 http://deb.debian.org/debian trixie/main amd64 libpq5 amd64 17.6-0+deb13u1 [228 kB]",
            "Get:2 http://deb.debian.org/debian trixie/main amd64 libc6 amd64 2.41-12 [2,847 kB]",
            "Unpacking libpq5:amd64 (17.6-0+deb13u1) ...",
        ] {
            far.see(line, &step);
        }
        assert_eq!((far.fetched, far.to_fetch), (228_000 + 2_847_000, 25_400_000));
        far.see("Need to get 1.5 MB/154 MB of archives.", &step);
        assert_eq!((far.fetched, far.to_fetch), (0, 1_500_000));
        assert_eq!((far.unpacked, far.set_up), (1.0, 0.0));
        step.done();
    }
}
