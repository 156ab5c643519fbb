//! Performs the steps of a plan: each file in one transaction together with its ledger row, unless it says otherwise.
//!
//! 1. A file goes statement by statement, as psql sends it: only so is the failing one known when the server gives no position
//!    (P11). `BEGIN` travels with the first statement, ledger row and `COMMIT` together: two round trips for a file of one
//!    statement.
//! 2. The ledger row is written only in the transaction of the beginning; else the file escaped it (P3).
//! 3. What a file `SET`s is reset before the ledger row, and its temporary tables go before the next file (P6). Under
//!    `db-init` the advisory lock is on this session (a boot has one for it): nothing here may be DISCARD ALL.
//! 4. A file that says `-- no-transaction` goes without the transaction, and its row is written at the end: see [`crate::outside`].
//! 5. A connection lost during `COMMIT` may have committed: the ledger is asked over a new one before anything is said (P16).

use crate::explain::{self, Context};
use crate::file::Migration;
use crate::ledger::{self, Table};
use crate::outside;
use crate::plan::{Action, Plan, Step};
use crate::schema;
use crate::session::{Session, describe, failure};
use crate::source::Span;
use crate::statements::{Statement, statements};
use contract::sql::{literal, quoted};
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
    /// Something was put right before a file ran.
    Repaired {
        /// The file.
        migration: &'a Migration,
        /// What was done.
        what: &'a str,
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

/// How a file is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// All statements and the ledger row in one transaction.
    OneTransaction,
    /// Each statement by itself, then the ledger row; again from the beginning if it was interrupted.
    NoTransaction,
}

impl Execution {
    /// As the file says.
    pub fn of(migration: &Migration) -> Execution {
        match outside::mark(&migration.source) {
            Some(_) => Execution::NoTransaction,
            None => Execution::OneTransaction,
        }
    }
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
            runner: &plan.runner,
            migration,
            managed,
            ran_before: index,
            observer,
        };
        match Execution::of(migration) {
            Execution::OneTransaction => file.run()?,
            Execution::NoTransaction => file.run_outside()?,
        }
        let elapsed = started.elapsed();
        observer(Event::Finished { migration, elapsed });
        summary.ran.push((migration.path.clone(), elapsed));
    }
    // The last file's temporary tables; the other files' went when the next one began.
    let _ = session.client().batch_execute("DISCARD TEMP");
    if !summary.ran.is_empty() {
        schema::judge_the_next(session)?;
    }
    Ok(summary)
}

fn backend(session: &mut Session) -> Outcome<String> {
    let answer = session.client().simple_query("SELECT pg_catalog.pg_backend_pid()");
    let answer = answer.map_err(|error| failure("ask for the backend's process id", &error))?;
    Ok(rows(&answer).next().and_then(|row| row.get(0)).unwrap_or("0").to_owned())
}

fn adopt(session: &mut Session, table: &Table, steps: &[&Step]) -> Outcome<()> {
    if steps.is_empty() {
        return Ok(());
    }
    // One message is one implicit transaction (P2).
    let updates: Vec<_> = steps.iter().map(|step| ledger::adopt(table, &step.migration)).collect();
    session
        .client()
        .batch_execute(&updates.join(";"))
        .map_err(|error| failure(format!("adopt the rows of the ledger `{table}`"), &error))
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
    runner: &'a str,
    migration: &'a Migration,
    managed: &'a dyn Fn(&str) -> bool,
    ran_before: usize,
    observer: &'a mut dyn FnMut(Event<'_>),
}

impl File<'_> {
    fn run(&mut self) -> Outcome<()> {
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
        let record = ledger::insert(
            self.table,
            self.migration,
            started.elapsed().as_millis(),
            self.runner,
            &transaction,
        );
        let committed = self.session.client().simple_query(&format!("{RESET}{record};COMMIT"));
        self.forward_notices();
        let answer = committed.map_err(|error| self.not_committed(&error))?;
        // Of these commands only the ledger's INSERT counts rows.
        match answer.iter().any(|message| matches!(message, SimpleQueryMessage::CommandComplete(1))) {
            true => Ok(()),
            false => Err(self.escaped()),
        }
    }

    /// Statement by statement, each committed by itself.
    fn run_outside(&mut self) -> Outcome<()> {
        let started = Instant::now();
        let source = &self.migration.source;
        for (done, statement) in statements(source).iter().enumerate() {
            self.drop_invalid(statement)?;
            let answer = self.session.client().simple_query(statement.span.text(source));
            self.forward_notices();
            answer.map_err(|error| self.failed_outside(statement, done, &error))?;
        }
        let record =
            ledger::insert_outside(self.table, self.migration, started.elapsed().as_millis(), self.runner);
        let recorded = self.session.client().batch_execute(&format!("{RESET}DISCARD TEMP;"));
        let recorded = recorded.and_then(|()| self.session.client().batch_execute(&record));
        self.forward_notices();
        recorded.map_err(|error| {
            failure(format!("record migration `{}`", self.migration.path), &error)
                .cause("all of it ran, outside of a transaction; without its row it runs again")
                .hint("run it again: its statements bear that")
        })
    }

    /// An index that an interrupted build left invalid would pass for made (P5).
    fn drop_invalid(&mut self, statement: &Statement) -> Outcome<()> {
        let Some((index, table)) = outside::concurrent_index(&self.migration.source, statement) else {
            return Ok(());
        };
        let table = match table.qualifier() {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(table.last())),
            None => quoted(table.last()),
        };
        let query = format!(
            "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE NOT i.indisvalid AND c.relname = {} AND i.indrelid = to_regclass({})",
            literal(index.last()),
            literal(&table),
        );
        let failed = |error: Error| {
            failure(format!("look for what an interrupted run of `{}` left", self.migration.path), &error)
        };
        let answer = self.session.client().simple_query(&query).map_err(failed)?;
        let invalid: Vec<String> = rows(&answer).filter_map(|row| row.get(0).map(str::to_owned)).collect();
        for name in invalid {
            let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
            self.session.client().batch_execute(&drop).map_err(failed)?;
            let what = format!("dropped `{name}`, which an interrupted build had left invalid");
            (self.observer)(Event::Repaired { migration: self.migration, what: &what });
        }
        self.session.take_notices();
        Ok(())
    }

    /// A statement of a file without a transaction failed: what it and the ones before it did stays.
    fn failed_outside(&mut self, statement: &Statement, done: usize, error: &Error) -> Failure {
        let stays = match done {
            0 => "no statement of this file ran before it".to_owned(),
            1 => "the statement before it stays".to_owned(),
            _ => format!("the {done} statements before it stay"),
        };
        let aftermath = format!(
            "outside of a transaction: {stays}; the file is not recorded, and runs again from its beginning; {}",
            self.ran_before_stays()
        );
        let context = Context {
            migration: self.migration,
            statement,
            prefix: "",
            managed: self.managed,
            aftermath: &aftermath,
        };
        match error.as_db_error() {
            Some(db) => explain::failure(&context, db),
            None => explain::lost(&context, &describe(error)),
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
        format!("{how}: nothing of this file remains; {}", self.ran_before_stays())
    }

    fn ran_before_stays(&self) -> String {
        match self.ran_before {
            0 => "no migration of this run was applied before it".to_owned(),
            1 => "the 1 migration that ran before it stays applied".to_owned(),
            count => format!("the {count} migrations that ran before it stay applied"),
        }
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
                let mut failure = failure(format!("run migration `{}`: {why}", self.migration.path), error);
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
