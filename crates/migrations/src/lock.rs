//! The lock of the whole boot: one Postgres advisory lock per database, held by a session.
//!
//! It is polled with *try*: a session that blocks in `pg_advisory_lock` holds a snapshot, and `CREATE INDEX CONCURRENTLY` in
//! another one waits for that snapshot: a deadlock (P1).

use crate::session::{Pause, Session, describe};
use contract::{Exit, Failure, Outcome};
use postgres::SimpleQueryMessage;
use std::time::{Duration, Instant};

/// The key: `schema` in ASCII with a version behind it. Advisory locks are per database, so it names no database.
pub const KEY: i64 = 0x0073_6368_656d_6101;

/// The lock is held until [`Lock::release`], or until its session ends.
#[derive(Debug)]
#[must_use = "the lock stays until it is released or its session ends"]
pub struct Lock {
    _private: (),
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The backend's process id.
    pub pid: i32,
    /// Its application name.
    pub application_name: String,
    /// For how long its session exists, in whole seconds.
    pub session_s: u64,
}

impl Holder {
    fn describe(&self) -> String {
        let name = if self.application_name.is_empty() {
            "a session without a name"
        } else {
            &self.application_name
        };
        format!("`{name}` (backend {}, connected for {} s)", self.pid, self.session_s)
    }
}

/// Takes the lock, waiting up to `wait_s` seconds for its holder. `report` hears who that is.
///
/// # Errors
/// Exit 6 when the time is over, naming the holder; exit 5 when the connection is lost.
pub fn acquire(session: &mut Session, wait_s: u64, report: &mut dyn FnMut(&str)) -> Outcome<Lock> {
    let end = Instant::now() + Duration::from_secs(wait_s);
    let mut pause = Pause::new(Duration::from_millis(25), Duration::from_millis(500));
    let mut said: Option<i32> = None;
    loop {
        session.unless_stopped("take the lock")?;
        if ask(session, &format!("SELECT pg_catalog.pg_try_advisory_lock({KEY})"))?
            .is_some_and(|row| row[0] == "t")
        {
            return Ok(Lock { _private: () });
        }
        let holder = holder(session)?;
        if let Some(holder) = holder.as_ref().filter(|holder| said != Some(holder.pid)) {
            report(&format!("waiting for the lock: {} holds it", holder.describe()));
            said = Some(holder.pid);
        }
        let pause = pause.next();
        if Instant::now() + pause >= end {
            let holder = holder.map_or_else(
                || "it was just released".to_owned(),
                |holder| format!("{} holds it", holder.describe()),
            );
            return Err(Failure::new(format!("take the lock of {}", session.settings().describe()))
                .exit(Exit::Locked)
                .cause(format!("not obtained in {wait_s} s; {holder}"))
                .hint(format!(
                    "wait for the other boot to finish, or wait longer with {}",
                    contract::env::LOCK_WAIT_S
                )));
        }
        std::thread::sleep(pause);
    }
}

/// Who holds the lock of this session's database, if anybody does.
///
/// # Errors
/// Exit 5 when the connection is lost.
pub fn holder(session: &mut Session) -> Outcome<Option<Holder>> {
    let query = format!(
        "SELECT l.pid, coalesce(a.application_name, ''), \
                coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)::bigint, 0) \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
           AND l.classid = {} AND l.objid = {}",
        KEY >> 32,
        KEY & 0xFFFF_FFFF,
    );
    Ok(ask(session, &query)?.map(|row| Holder {
        pid: row[0].parse().unwrap_or(0),
        application_name: row[1].clone(),
        session_s: row[2].parse().unwrap_or(0),
    }))
}

impl Lock {
    /// Gives the lock back.
    ///
    /// # Errors
    /// Exit 1 when this session did not hold it any more (a file may have called `pg_advisory_unlock_all`): something may have
    /// run beside us. Exit 5 when the connection is lost.
    pub fn release(self, session: &mut Session) -> Outcome<()> {
        let released = ask(session, &format!("SELECT pg_catalog.pg_advisory_unlock({KEY})"))?;
        match released.is_some_and(|row| row[0] == "t") {
            true => Ok(()),
            false => Err(Failure::new("release the lock").cause("this session did not hold it any more")),
        }
    }
}

/// The first row of a query, as text.
fn ask(session: &mut Session, query: &str) -> Outcome<Option<Vec<String>>> {
    let messages = session.client().simple_query(query).map_err(|error| {
        let exit = if error.as_db_error().is_some() { Exit::Failed } else { Exit::Unreachable };
        Failure::new("ask for the lock").exit(exit).cause(describe(&error))
    })?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).unwrap_or("").to_owned()).collect())
        }
        _ => None,
    }))
}
