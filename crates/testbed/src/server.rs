//! A throwaway Postgres server out of a [`PostgresRoot`]: on a unix socket, on request with TLS on TCP as well, gone with its owner.

use crate::cache::{open_lock, touched, try_lock};
use crate::cluster;
use crate::dump::{Restore, without_random_lines};
use crate::instance::Instance;
use crate::keeper::Keeper;
use crate::postgres_root::PostgresRoot;
use crate::sandbox::{HOME, Options};
use crate::tcp::{self, Attempt, ServerTls};
use crate::tool;
use contract::{Failure, Outcome, Variables};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a server may take to accept connections: some hundred times what it takes here.
const READY_WAIT: Duration = Duration::from_secs(60);
/// How long a clean stop may take before it becomes a hard one.
const STOP_WAIT: Duration = Duration::from_secs(10);
/// Part of the socket's name alone, where there is no TCP port (Postgres refuses port 0, P20).
const PORT: u16 = 5432;
pub(crate) const SUPERUSER: &str = "postgres";
/// Lines of the server's log that a failure shows.
const LOG_LINES: usize = 20;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Without it, `CREATE EXTENSION timescaledb` ends the session (P7).
    pub preload_timescaledb: bool,
    /// Further settings, name and value; they win over the ones made here.
    pub extra_settings: Vec<(String, String)>,
    /// Keep the folder with the data and the log when the server ends, as evidence.
    pub keep: bool,
    /// A folder for data that outlives the server; made when it is not there. Without one the data is thrown away.
    pub data: Option<PathBuf>,
    /// Where the server's own folder is made; where temporary folders are when there is none, or when its path is too long for a socket.
    pub within: Option<PathBuf>,
    /// Serve TLS on TCP as well, on 127.0.0.1 and a port that was free ([`Server::tcp_port`]).
    pub tls: Option<ServerTls>,
}

impl Default for ServerOptions {
    /// TimescaleDB, and nothing kept.
    fn default() -> Self {
        ServerOptions {
            preload_timescaledb: true,
            extra_settings: Vec::new(),
            keep: false,
            data: None,
            within: None,
            tls: None,
        }
    }
}

/// A running server. It ends, and then its folder goes, on drop; it is killed with its owner, however that one ends.
pub struct Server {
    root: PostgresRoot,
    options: ServerOptions,
    socket_dir: PathBuf,
    tcp_port: Option<u16>,
    log: PathBuf,
    data: Option<PersistentData>,
    keeper: Mutex<Option<Keeper>>,
    instance: Instance,
}

/// A data folder of the caller's, held against a second server: two would ruin it. The lock is kept open by everything in the sandbox
/// too, because Postgres cannot see another one in another sandbox, and a killed owner's lives on for some milliseconds.
struct PersistentData {
    cluster: PathBuf,
    lock: File,
}

/// How long a killed owner's server may take to die.
const DYING_WAIT: Duration = Duration::from_secs(5);

impl PersistentData {
    fn open(dir: &Path) -> Outcome<PersistentData> {
        let dir = std::path::absolute(dir).map_err(|error| touched("find the data folder", dir, &error))?;
        std::fs::create_dir_all(&dir).map_err(|error| touched("make the data folder", &dir, &error))?;
        let lock =
            open_lock(&dir.join("lock")).map_err(|error| touched("lock the data folder", &dir, &error))?;
        let began = Instant::now();
        while !try_lock(&lock) {
            if began.elapsed() > DYING_WAIT {
                return Err(Failure::new(format!("lock the data folder `{}`", dir.display()))
                    .cause("another server is running on it")
                    .hint("stop the other one first"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(PersistentData { cluster: dir.join("cluster"), lock })
    }
}

impl Server {
    /// Makes a server and starts it.
    ///
    /// # Errors
    /// As [`Server::at_rest`] and [`Server::rise`].
    pub fn start(root: &PostgresRoot, options: ServerOptions) -> Outcome<Server> {
        let mut server = Server::at_rest(root, options)?;
        server.rise()?;
        Ok(server)
    }

    /// A server that does not run yet and whose address is known: who needs time before it needs the server may begin.
    ///
    /// # Errors
    /// Exit 1 when its folder cannot be made, or another server is running on the data.
    pub fn at_rest(root: &PostgresRoot, options: ServerOptions) -> Outcome<Server> {
        let data = options.data.as_deref().map(PersistentData::open).transpose()?;
        let instance = Instance::make(options.keep, options.within.as_deref())?;
        Ok(Server {
            root: root.clone(),
            options,
            socket_dir: instance.dir().join("s"),
            tcp_port: None,
            log: instance.dir().join("log"),
            data,
            keeper: Mutex::new(None),
            instance,
        })
    }

    /// Whether it has no data yet, beside an empty [`DATABASE`](crate::DATABASE).
    pub fn is_new(&self) -> bool {
        !self.cluster().join("PG_VERSION").exists()
    }

    /// Starts it, on a new cluster unless it has one; returns when it answers a query (measured: a third of a second).
    ///
    /// # Errors
    /// Exit 1 when the sandbox, the cluster or the start failed, with the last lines of what they said.
    pub fn rise(&mut self) -> Outcome<()> {
        if self.is_new() {
            cluster::make(&self.root, &self.cluster(), self.data.is_some())?;
        }
        match self.options.tls.clone() {
            None => self.run(),
            Some(tls) => {
                tls.install(self.dir())?;
                tcp::on_a_free_port(|port| self.run_on(port))
            }
        }
    }

    /// The folder of the socket; for Directus and for [`contract::DatabaseSettings`] this is `DB_HOST` (D27).
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The number in the socket's name.
    pub fn port(&self) -> u16 {
        self.tcp_port.unwrap_or(PORT)
    }

    /// The port on 127.0.0.1, of a server with [`ServerOptions::tls`]; others are on their socket alone. It stays the same over
    /// [`Server::restart`].
    pub fn tcp_port(&self) -> Option<u16> {
        self.tcp_port
    }

    /// The role that owns everything; no password is asked for.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The variables that lead Directus and our own programs to `database` on this server.
    pub fn environment(&self, database: &str) -> Variables {
        Variables::new()
            .with("DB_CLIENT", "pg")
            .with("DB_HOST", self.socket_dir.display())
            .with("DB_PORT", self.port())
            .with("DB_DATABASE", database)
            .with("DB_USER", SUPERUSER)
            // Never looked at, but Directus insists on one.
            .with("DB_PASSWORD", "unused")
    }

    /// How to connect to `database` as the superuser, with the `postgres` crate.
    pub fn connection(&self, database: &str) -> postgres::Config {
        let mut config = postgres::Config::new();
        config.host_path(&self.socket_dir).port(self.port()).user(SUPERUSER).dbname(database);
        config.connect_timeout(Duration::from_secs(10));
        config
    }

    /// A session in `database` as the superuser.
    ///
    /// # Errors
    /// Exit 1 when the server does not let us in, with the last lines of its log.
    pub fn connect(&self, database: &str) -> Outcome<postgres::Client> {
        self.connection(database).connect(postgres::NoTls).map_err(|error| {
            self.with_log(Failure::new(format!("connect to database `{database}`")).cause_chain(&error))
        })
    }

    /// Where Postgres writes its log; in the server's folder, so it goes with it.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// The last lines of the log.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        tool::tail(&String::from_utf8_lossy(&log), LOG_LINES)
    }

    /// The server's folder.
    pub fn dir(&self) -> &Path {
        self.instance.dir()
    }

    /// Runs `script` with psql, in one session that ends at the first error.
    ///
    /// # Errors
    /// Exit 1 with psql's own words.
    pub fn psql(&self, database: &str, script: &str) -> Outcome<()> {
        let (socket, port) = (format!("{HOME}/s"), self.port().to_string());
        let words = [
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--host",
            &socket,
            "--port",
            &port,
            "--username",
            SUPERUSER,
        ];
        let words: Vec<&str> = words.into_iter().chain(["--dbname", database]).collect();
        let what = || Failure::new(format!("run a script in database `{database}` with `psql`"));
        let output = self
            .root
            .inside(Some(self.instance.dir()), &words, Options::default())
            .stdin_bytes(script)
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| what().cause_chain(&error))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(what().cause(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        }
    }

    /// Restores a dump of `pg_dump`, plain or custom, into the empty `database`; as TimescaleDB wants it, if the dump has that. Owners and
    /// grants of a custom dump are left out, because its roles are not here.
    ///
    /// # Errors
    /// Exit 1 with the first words of psql or pg_restore.
    pub fn restore(&self, database: &str, dump: &[u8]) -> Outcome<()> {
        let restore = Restore::of(dump);
        if let Some(before) = restore.before {
            self.psql(database, before)?;
        }
        let (socket, port) = (format!("{HOME}/s"), self.port().to_string());
        let mut words = restore.program.to_vec();
        words.extend(["--host", &socket, "--port", &port, "--username", SUPERUSER, "--dbname", database]);
        let what = || Failure::new(restore.what());
        let output = self
            .root
            .inside(Some(self.instance.dir()), &words, Options::default())
            .stdin_bytes(dump)
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| what().cause_chain(&error))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(what().cause(said).hint(restore.hint()));
        }
        restore.after.map_or(Ok(()), |after| self.psql(database, after))
    }

    /// What `pg_dump` with further `arguments` says about `database`: without the two lines whose key is random.
    ///
    /// # Errors
    /// Exit 1 with pg_dump's own words.
    pub fn pg_dump(&self, database: &str, arguments: &[&str]) -> Outcome<String> {
        let dump = self.pg_dump_bytes(database, arguments)?;
        Ok(without_random_lines(&String::from_utf8_lossy(&dump)))
    }

    /// The same, byte by byte as `pg_dump` writes it: for its custom format.
    ///
    /// # Errors
    /// Exit 1 with pg_dump's own words.
    pub fn pg_dump_bytes(&self, database: &str, arguments: &[&str]) -> Outcome<Vec<u8>> {
        let socket = format!("{HOME}/s");
        let port = self.port().to_string();
        let mut words =
            vec!["pg_dump", "--host", &socket, "--port", &port, "--username", SUPERUSER, "--no-password"];
        words.extend(arguments);
        words.extend(["--dbname", database]);
        let what = || Failure::new(format!("dump database `{database}` with `pg_dump`"));
        let output = self
            .root
            .inside(Some(self.instance.dir()), &words, Options::default())
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| what().cause_chain(&error))?;
        if !output.status.success() {
            return Err(what().cause(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(output.stdout)
    }

    /// Stops it cleanly and starts it again on the same data, under the same address; after [`Server::kill`] it recovers.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn restart(&self) -> Outcome<()> {
        self.end_process(Keeper::stop)?;
        self.run()
    }

    /// Ends it as a power cut would, without a checkpoint; the data stays for [`Server::restart`].
    ///
    /// # Errors
    /// Exit 1 when it does not end.
    pub fn kill(&self) -> Outcome<()> {
        self.end_process(Keeper::kill)
    }

    /// Stops it cleanly and removes its folder, unless it is to be kept.
    ///
    /// # Errors
    /// Exit 1 when it does not end.
    pub fn stop(self) -> Outcome<()> {
        self.end_process(Keeper::stop)
    }

    fn end_process(&self, how: impl FnOnce(&Keeper, Duration) -> std::io::Result<()>) -> Outcome<()> {
        // Taken out first: when it fails, dropping the keeper kills what is left.
        let keeper = self.keeper().take();
        keeper.map_or(Ok(()), |keeper| how(&keeper, STOP_WAIT)).map_err(|error| {
            self.with_log(
                Failure::new(format!("stop the Postgres of `{}`", self.dir().display())).cause_chain(&error),
            )
        })
    }

    fn keeper(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cluster(&self) -> PathBuf {
        self.data.as_ref().map_or_else(|| self.dir().join("d"), |data| data.cluster.clone())
    }

    fn sandbox_options(&self, cluster: Option<PathBuf>) -> Options {
        let binds = cluster.map(|cluster| (cluster, format!("{HOME}/d"))).into_iter().collect();
        let locks =
            [Some(self.instance.lock_descriptor()), self.data.as_ref().map(|data| data.lock.as_raw_fd())];
        Options { binds, keep_open: locks.into_iter().flatten().collect(), ..Options::default() }
    }

    /// [`Server::run`] on a TCP port.
    fn run_on(&mut self, port: u16) -> Attempt {
        let log = |path: &Path| std::fs::read(path).unwrap_or_default();
        let before = log(&self.log).len();
        self.tcp_port = Some(port);
        let outcome = self.run();
        let said = log(&self.log);
        Attempt::of(outcome, &String::from_utf8_lossy(said.get(before..).unwrap_or_default()))
    }

    fn run(&self) -> Outcome<()> {
        let mut words = vec!["postgres".to_owned(), "-D".to_owned(), format!("{HOME}/d")];
        words.extend(["-c".to_owned(), format!("port={}", self.port())]);
        for (name, value) in settings(&self.options) {
            words.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        let keeper = Keeper::start(crate::keeper::Job {
            root: self.root.clone(),
            home: self.instance.dir().to_owned(),
            words,
            log: self.log.clone(),
            options: self.sandbox_options(self.data.as_ref().map(|data| data.cluster.clone())),
        })
        .map_err(|error| {
            self.with_log(
                Failure::new(format!("start Postgres in `{}`", self.dir().display())).cause_chain(&error),
            )
        })?;
        self.wait_until_ready(&keeper)?;
        *self.keeper() = Some(keeper);
        Ok(())
    }

    /// Ready is what answers a query: a socket that is there proves nothing.
    fn wait_until_ready(&self, keeper: &Keeper) -> Outcome<()> {
        let socket = self.socket_dir.join(format!(".s.PGSQL.{}", self.port()));
        let what = || Failure::new(format!("start Postgres in `{}`", self.dir().display()));
        let started = Instant::now();
        let mut last = "its socket did not appear".to_owned();
        loop {
            if socket.exists() {
                let answer = self
                    .connection("postgres")
                    .connect(postgres::NoTls)
                    .and_then(|mut client| client.simple_query("SELECT 1"));
                match answer {
                    Ok(_) => return Ok(()),
                    Err(error) => last = Failure::new("").cause_chain(&error).causes.join(": "),
                }
            }
            if let Some(status) = keeper.ended() {
                return Err(self.with_log(what().cause(format!("it ended with {status}"))));
            }
            if started.elapsed() > READY_WAIT {
                let why = format!("it did not answer in {} s; last: {last}", READY_WAIT.as_secs());
                return Err(self.with_log(what().cause(why)));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn with_log(&self, failure: Failure) -> Failure {
        let tail = self.log_tail();
        if tail.is_empty() { failure } else { failure.excerpt(tool::indent(&tail)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody wants throwaway data, so nobody waits for its checkpoint. What fails here dies with the keeper's thread.
        let worth_a_checkpoint = self.data.is_some() || self.instance.is_kept();
        let _ = self.end_process(if worth_a_checkpoint { Keeper::stop } else { Keeper::kill });
    }
}

/// What every server gets. The data is worth nothing, so nothing waits for the disk, unless it is to outlive the server.
fn settings(options: &ServerOptions) -> Vec<(String, String)> {
    let durable = if options.data.is_some() { "on" } else { "off" };
    let mut settings: Vec<(String, String)> = [
        ("listen_addresses", ""),
        ("unix_socket_directories", "/pgdata/s"),
        ("max_connections", "200"),
        ("fsync", durable),
        ("full_page_writes", durable),
        // Nobody waits for a commit to be on disk; it follows within some 30 ms.
        ("synchronous_commit", "off"),
        ("wal_writer_delay", "10ms"),
        ("shared_buffers", "64MB"),
        ("max_wal_size", "2GB"),
        // Each database with TimescaleDB takes a worker for its scheduler, and a test run has many databases.
        ("max_worker_processes", "72"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    if options.preload_timescaledb {
        for (name, value) in [
            ("shared_preload_libraries", "timescaledb"),
            ("timescaledb.telemetry_level", "off"),
            ("timescaledb.max_background_workers", "48"),
        ] {
            settings.push((name.to_owned(), value.to_owned()));
        }
    }
    if options.tls.is_some() {
        settings.extend(ServerTls::settings().map(|(name, value)| (name.to_owned(), value)));
    }
    settings.extend(options.extra_settings.iter().cloned());
    settings
}
