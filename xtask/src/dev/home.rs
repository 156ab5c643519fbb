//! The folder of a checkout's own Directus: below the user's state folder, not in the checkout, so that `git clean` loses no data.
//!
//! ```text
//! <state>/<project>/<checkout>-<hash>/lock      flock'ed by the supervisor as long as it lives
//!                                    /record    what runs, written by the supervisor
//!                                    /compose   the services of compose.dev.yaml: project, ports, the database's password
//!                                    /login     email, password and secret, for the owner alone
//!                                    /data      Postgres
//!                                    /uploads   Directus' files
//!                                    /log       what supervisor, runner and Directus say; log.old of the run before
//!                  /<checkout>-<hash>.turn       flock'ed by `up` and `down`, one at a time
//! ```
//!
//! A record without a lock is of one that has ended, however it did. No child inherits the lock, so it is free the moment its holder is gone.

use crate::engine::Login;
use contract::{Exit, Failure, Outcome, Secret, Variables};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testbed::pins::PINS;

/// Where the folders are, when the default will not do.
pub(crate) const DIR_VARIABLE: &str = "XTASK_STATE_DIR";

/// How long a supervisor waits for somebody who only looks whether one is alive.
const LOOK: Duration = Duration::from_secs(2);

/// The folder of one checkout's Directus.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    dir: PathBuf,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Where database and Directus come from: `local`.
    pub(crate) engine: String,
    /// The supervisor.
    pub(crate) pid: i32,
    /// Where Directus listens, on this machine.
    pub(crate) port: u16,
    /// The release that it was started with, as far as a rebuilt runner makes another one too.
    pub(crate) release: String,
    /// The variables that name the database.
    pub(crate) database: Variables,
}

impl Home {
    /// The folder of the checkout at `root`; it need not be there.
    ///
    /// # Errors
    /// Exit 2 when there is no place for it.
    pub(crate) fn of(root: &Path) -> Outcome<Home> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = variable(DIR_VARIABLE)
            .or_else(|| variable("XDG_STATE_HOME").map(|dir| dir.join(&PINS.name)))
            .or_else(|| variable("HOME").map(|dir| dir.join(".local/state").join(&PINS.name)))
            .ok_or_else(|| {
                Failure::new("find the state folder: HOME is not set")
                    .exit(Exit::Usage)
                    .hint(format!("set {DIR_VARIABLE}"))
            })?;
        let base = std::path::absolute(&base)
            .map_err(|error| Failure::new(format!("find the folder `{}`", base.display())).cause(error))?;
        Ok(Home { dir: base.join(name(root)) })
    }

    /// The folder itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Of Postgres.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// What supervisor, runner and Directus say.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Makes it, for its owner alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn make(&self) -> Outcome<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir);
        made.map_err(|error| self.failed("make", &self.dir, &error))
    }

    /// Waits for other commands that start or stop this checkout's Directus; held until the value is dropped.
    ///
    /// # Errors
    /// When the lock cannot be had.
    pub(crate) fn turn(&self) -> Outcome<File> {
        let path = self.dir.with_extension("turn");
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent).map_err(|error| self.failed("make", parent, &error))?;
        let file = open(&path).map_err(|error| self.failed("open", &path, &error))?;
        if file.try_lock().is_err() {
            crate::console::say("    waiting for another `up` or `down` of this checkout");
            file.lock().map_err(|error| self.failed("lock", &path, &error))?;
        }
        Ok(file)
    }

    /// The supervisor's lock.
    ///
    /// # Errors
    /// Exit 6 when another supervisor has it.
    pub(crate) fn hold(&self) -> Outcome<File> {
        let path = self.dir.join("lock");
        let file = open(&path).map_err(|error| self.failed("open", &path, &error))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if began.elapsed() < LOOK => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::new("supervise this checkout's Directus: another process does")
                        .exit(Exit::Locked));
                }
                Err(TryLockError::Error(error)) => return Err(self.failed("lock", &path, &error)),
            }
        }
    }

    /// Whether a supervisor lives.
    pub(crate) fn is_alive(&self) -> bool {
        let lock = File::open(self.dir.join("lock"));
        lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// What runs, if something does.
    pub(crate) fn running(&self) -> Option<Record> {
        self.last().filter(|_| self.is_alive())
    }

    /// What runs, or ran last.
    pub(crate) fn last(&self) -> Option<Record> {
        Record::from_json(&self.read("record")?)
    }

    /// What one of its files says.
    pub(super) fn read(&self, name: &str) -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(self.dir.join(name)).ok()?).ok()
    }

    /// Says what runs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write_record(&self, record: &Record) -> Outcome<()> {
        self.write("record", &record.to_json())
    }

    /// The administrator, if there has been one.
    pub(crate) fn login(&self) -> Option<Login> {
        let json = self.read("login")?;
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        let login = Login {
            email: text("email")?,
            password: Secret::new(text("password")?),
            secret: Secret::new(text("secret")?),
        };
        Some(login)
    }

    /// The administrator; made at the first time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn login_or_new(&self) -> anyhow::Result<Login> {
        if let Some(login) = self.login() {
            return Ok(login);
        }
        let login = Login::new()?;
        let (password, secret) = (login.password.expose(), login.secret.expose());
        self.write("login", &json!({ "email": login.email, "password": password, "secret": secret }))?;
        Ok(login)
    }

    /// For its owner alone; aside first, so that whoever reads it sees the old one or the new one.
    pub(super) fn write(&self, name: &str, value: &Value) -> Outcome<()> {
        let (path, aside) = (self.dir.join(name), self.dir.join(format!("{name}.new")));
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
        file.and_then(|mut file| file.write_all(format!("{value:#}\n").as_bytes()))
            .and_then(|()| fs::rename(&aside, &path))
            .map_err(|error| self.failed("write", &path, &error))
    }

    fn failed(&self, what: &str, path: &Path, error: &std::io::Error) -> Failure {
        Failure::new(format!("{what} `{}`", path.display())).cause(error)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The checkout's own name, and a hash of its path: two checkouts of one name are two.
fn name(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let hash = Sha256::digest(root.as_os_str().as_bytes());
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let name: String = root.file_name().unwrap_or_default().to_string_lossy().chars().take(24).collect();
    format!("{}-{hash}", name.trim_matches('.'))
}

impl Record {
    fn to_json(&self) -> Value {
        let database: serde_json::Map<String, Value> =
            self.database.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        json!({ "engine": self.engine, "pid": self.pid, "port": self.port, "release": self.release, "database": database })
    }

    fn from_json(json: &Value) -> Option<Record> {
        let database = json["database"].as_object()?.iter();
        Some(Record {
            engine: json["engine"].as_str()?.to_owned(),
            pid: i32::try_from(json["pid"].as_i64()?).ok()?,
            port: u16::try_from(json["port"].as_u64()?).ok()?,
            release: json["release"].as_str()?.to_owned(),
            database: database.map(|(name, value)| Some((name, value.as_str()?))).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn record() -> Record {
        Record {
            engine: "local".to_owned(),
            pid: 7,
            port: 8055,
            release: "3f2a91c0b7d4".to_owned(),
            database: Variables::new().with("DB_HOST", "/tmp/s"),
        }
    }

    #[test]
    fn a_record_counts_only_while_its_supervisor_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home { dir: folder.path().join("h") };
        assert_eq!(home.running(), None);
        home.make().unwrap();
        let lock = home.hold().unwrap();
        home.write_record(&record()).unwrap();
        assert_eq!(home.running(), Some(record()));
        assert_eq!(home.hold().unwrap_err().exit, Exit::Locked);
        drop(lock);
        assert_eq!(home.running(), None);
        assert!(home.hold().is_ok());
    }

    #[test]
    fn the_login_is_made_once_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home { dir: folder.path().to_owned() };
        let first = home.login_or_new().unwrap();
        let second = home.login_or_new().unwrap();
        assert_eq!(first.password, second.password);
        assert_eq!(first.secret, second.secret);
        assert_eq!(fs::metadata(folder.path().join("login")).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn two_checkouts_of_one_name_are_two() {
        let (a, b) = (name(Path::new("/nowhere/a/trm")), name(Path::new("/nowhere/b/trm")));
        assert_ne!(a, b);
        assert!(a.starts_with("trm-") && a.len() == "trm-".len() + 8, "{a}");
    }
}
