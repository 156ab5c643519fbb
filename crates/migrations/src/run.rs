//! Performs the steps of a plan: each file in one transaction together with its ledger row.
//!
//! 1. A file goes statement by statement, as psql sends it: only so is the failing one known when the server gives no position
//!    (P11). `BEGIN` travels with the first statement, ledger row and `COMMIT` together: two round trips for a file of one
//!    statement.
//! 2. The ledger row is written only in the transaction of the beginning; else the file escaped it (P3).
//! 3. What a file `SET`s is reset before the ledger row, and its temporary tables go before the next file (P6). Under
//!    `db-init` the advisory lock is on this session (a boot has one for it): nothing here may be DISCARD ALL.
//! 4. A connection lost during `COMMIT` may have committed: the ledger is asked over a new one before anything is said (P16).

use crate::explain::{self, Context};
use crate::file::Migration;
use crate::ledger::{self, Table};
use crate::plan::{Action, Plan, Step};
use crate::session::{Session, describe};
use crate::source::Span;
use crate::statements::{Statement, statements};
use contract::{Failure, Outcome, Phase};
use postgres::error::DbError;
use postgres::{Error, SimpleQueryMessage};
use std::time::{Duration, Instant};

/// What the observer hears, in the order in which it happens.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A file begins: number `index` (from 1) of `total`.
    Started {
        /// The file.
        migration: &'a Migration,
        /// Which of the files that run.
        index: usize,
        /// How many run.
        total: usize,
    },
    /// The server says something while a file runs: NOTICE, WARNING …
    Notice {
        /// The file.
        migration: &'a Migration,
        /// What it says.
        notice: &'a DbError,
    },
    /// A file is committed.
    Finished {
        /// The file.
        migration: &'a Migration,
        /// From its first statement to its commit.
        elapsed: Duration,
    },
    /// A row of the bash version was adopted.
    Adopted {
        /// The file it belongs to.
        migration: &'a Migration,
    },
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The paths of the files that ran, with the time each took.
    pub ran: Vec<(String, Duration)>,
    /// How many rows were adopted.
    pub adopted: usize,
    /// How many files were applied already.
    pub skipped: usize,
}

/// How a file is executed. One way today; files that need to run outside of a transaction get their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// All statements and the ledger row in one transaction.
    OneTransaction,
}

/// Performs the steps of `phase`. When all of them are applied already, the database is not even asked. `managed` tells a
/// collection of the snapshot from other tables, for the hint of an error.
///
/// # Errors
/// Exit 1 with the place in the file, SQLSTATE, what was rolled back and what stays.
pub fn perform(
    session: &mut Session,
    plan: &Plan,
    phase: Phase,
    managed: &dyn Fn(&str) -> bool,
    observer: &mut dyn FnMut(Event<'_>),
) -> Outcome<Summary> {
    let steps =
        |action: Action| plan.of(phase).filter(move |step| step.action == action).collect::<Vec<&Step>>();
    let (to_run, to_adopt) = (steps(Action::Run), steps(Action::Adopt));
    let mut summary = Summary { skipped: steps(Action::Skip).len(), ..Summary::default() };
    if to_run.is_empty() && to_adopt.is_empty() {
        return Ok(summary);
    }
    let table = ledger::prepare(session.client())?;
    let backend = backend(session)?;
    adopt(session, &table, &to_adopt)?;
    for step in &to_adopt {
        observer(Event::Adopted { migration: &step.migration });
    }
    summary.adopted = to_adopt.len();
    // What the ledger's own preparation was told is nobody's concern.
    session.take_notices();
    for (index, step) in to_run.iter().enumerate() {
        let migration = &*step.migration;
        session.unless_stopped(&format!("run migration `{}`", migration.path))?;
        observer(Event::Started { migration, index: index + 1, total: to_run.len() });
        let started = Instant::now();
        let mut file = File {
            session,
            table: &table,
            backend: &backend,
            migration,
            managed,
            ran_before: index,
            observer,
        };
        file.run(Execution::OneTransaction)?;
        let elapsed = started.elapsed();
        observer(Event::Finished { migration, elapsed });
        summary.ran.push((migration.path.clone(), elapsed));
    }
    // The last file's temporary tables; the other files' went when the next one began.
    let _ = session.client().batch_execute("DISCARD TEMP");
    Ok(summary)
}

fn backend(session: &mut Session) -> Outcome<String> {
    let answer = session.client().simple_query("SELECT pg_catalog.pg_backend_pid()");
    let answer =
        answer.map_err(|error| Failure::new("ask for the backend's process id").cause(describe(&error)))?;
    Ok(rows(&answer).next().and_then(|row| row.get(0)).unwrap_or("0").to_owned())
}

fn adopt(session: &mut Session, table: &Table, steps: &[&Step]) -> Outcome<()> {
    if steps.is_empty() {
        return Ok(());
    }
    // One message is one implicit transaction (P2).
    let updates: Vec<_> = steps.iter().map(|step| ledger::adopt(table, &step.migration)).collect();
    session.client().batch_execute(&updates.join(";")).map_err(|error| {
        Failure::new(format!("adopt the rows of the ledger `{table}`")).cause(describe(&error))
    })
}

/// Sent in front of a file's first statement.
const OPEN: &str = "DISCARD TEMP;BEGIN;SELECT pg_catalog.pg_current_xact_id();";
/// Sent before the ledger row, so that the row is written by the role and with the settings of the session, not of the file.
const RESET: &str = "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;";

/// One file on its way.
struct File<'a> {
    session: &'a mut Session,
    table: &'a Table,
    /// The process id of the session's backend.
    backend: &'a str,
    migration: &'a Migration,
    managed: &'a dyn Fn(&str) -> bool,
    ran_before: usize,
    observer: &'a mut dyn FnMut(Event<'_>),
}

impl File<'_> {
    fn run(&mut self, Execution::OneTransaction: Execution) -> Outcome<()> {
        let started = Instant::now();
        let mut statements = statements(&self.migration.source);
        if statements.is_empty() {
            statements.push(Statement { span: Span::new(0, 0), tokens: Vec::new() });
        }
        let mut transaction = None;
        for (index, statement) in statements.iter().enumerate() {
            let prefix = if index == 0 { OPEN } else { "" };
            let message = format!("{prefix}{}", statement.span.text(&self.migration.source));
            let answer = self.session.client().simple_query(&message);
            self.forward_notices();
            let answer = answer.map_err(|error| self.failed(statement, prefix, &error))?;
            if index == 0 {
                transaction = rows(&answer).next().and_then(|row| row.get(0).map(str::to_owned));
            }
        }
        let transaction = transaction.unwrap_or_default();
        let record = ledger::insert(self.table, self.migration, started.elapsed().as_millis(), &transaction);
        let committed = self.session.client().simple_query(&format!("{RESET}{record};COMMIT"));
        self.forward_notices();
        let answer = committed.map_err(|error| self.not_committed(&error))?;
        // Of these commands only the ledger's INSERT counts rows.
        match answer.iter().any(|message| matches!(message, SimpleQueryMessage::CommandComplete(1))) {
            true => Ok(()),
            false => Err(self.escaped()),
        }
    }

    fn forward_notices(&mut self) {
        for notice in self.session.take_notices() {
            (self.observer)(Event::Notice { migration: self.migration, notice: &notice });
        }
    }

    /// A statement failed. Nothing of the file remains: either the transaction is rolled back here, or its connection is gone.
    fn failed(&mut self, statement: &Statement, prefix: &str, error: &Error) -> Failure {
        let db = error.as_db_error();
        let aftermath = match db {
            Some(db) if !explain::is_fatal(db) => self.roll_back(),
            _ => self.aftermath("the connection is gone, and the server rolls it back"),
        };
        let context = Context {
            migration: self.migration,
            statement,
            prefix,
            managed: self.managed,
            aftermath: &aftermath,
        };
        match db {
            Some(db) => explain::failure(&context, db),
            None => explain::lost(&context, &describe(error)),
        }
    }

    fn roll_back(&mut self) -> String {
        let rolled_back = self.session.client().batch_execute("ROLLBACK");
        self.session.take_notices();
        match rolled_back {
            Ok(()) => self.aftermath("rolled back"),
            Err(error) => self.aftermath(&format!(
                "the connection is gone, and the server rolls it back ({})",
                describe(&error)
            )),
        }
    }

    fn aftermath(&self, how: &str) -> String {
        let stays = match self.ran_before {
            0 => "no migration of this run was applied before it".to_owned(),
            1 => "the 1 migration that ran before it stays applied".to_owned(),
            count => format!("the {count} migrations that ran before it stay applied"),
        };
        format!("{how}: nothing of this file remains; {stays}")
    }

    /// P3: the transaction of the beginning is not the one of the end.
    fn escaped(&mut self) -> Failure {
        let _ =
            self.session.client().batch_execute("ROLLBACK;RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL");
        self.session.take_notices();
        Failure::new(format!("run migration `{}`", self.migration.path))
            .cause("the file ended its own transaction (P3): what stands before its COMMIT or ROLLBACK is no longer tied to the ledger")
            .cause("what it committed by itself stays in the database; the ledger has no row for the file")
            .hint("remove the transaction control from the file, undo by hand what it left, and run it again")
    }

    /// Ledger row or `COMMIT` failed.
    fn not_committed(&mut self, error: &Error) -> Failure {
        match error.as_db_error() {
            Some(db) if !explain::is_fatal(db) => {
                let aftermath = self.roll_back();
                let why = match db.table() {
                    Some(ledger::TABLE) => "its ledger row cannot be written",
                    _ => "it cannot be committed",
                };
                let mut failure = Failure::new(format!("run migration `{}`: {why}", self.migration.path))
                    .cause(describe(error));
                for more in [db.detail(), Some(aftermath.as_str())].into_iter().flatten() {
                    failure = failure.cause(more);
                }
                failure
            }
            _ => self.lost_in_commit(error),
        }
    }

    /// P16. The lock went with the connection, so nothing goes on from here, whatever the ledger says.
    fn lost_in_commit(&mut self, error: &Error) -> Failure {
        let failure = Failure::new(format!("commit migration `{}`", self.migration.path))
            .cause(format!("the connection was lost during COMMIT: {}", describe(error)));
        let asked = self.session.reconnect(RECONNECT_S, &mut |_| {}).and_then(|mut session| {
            await_end(&mut session, self.backend);
            ledger::has(session.client(), self.table, self.migration)
        });
        match asked {
            Ok(true) => failure
                .cause("the ledger, read over a new connection, says that it is applied")
                .hint("run it again; it goes on with the next migration"),
            Ok(false) => failure
                .cause("the ledger, read over a new connection, says that it is not applied: nothing of this file remains")
                .hint("run it again"),
            Err(why) => failure
                .cause(format!("whether it is applied is unknown: {}", why.causes.last().unwrap_or(&why.what)))
                .hint("run it again once the database is back; the ledger knows"),
        }
    }
}

/// How long to try to reach the database again after losing it during COMMIT.
const RECONNECT_S: u64 = 30;

/// Waits, bounded, for the old backend to end: as long as it lives, its COMMIT may still be on its way.
fn await_end(session: &mut Session, backend: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    let query = format!("SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = {backend}");
    while Instant::now() < end {
        match session.client().simple_query(&query) {
            Ok(answer) if rows(&answer).next().is_some() => std::thread::sleep(Duration::from_millis(50)),
            _ => return,
        }
    }
}

fn rows(messages: &[SimpleQueryMessage]) -> impl Iterator<Item = &postgres::SimpleQueryRow> {
    messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
}
