//! The lock: one at a time, with a name for the one that waits.

use crate::server::{database, files};
use contract::{Exit, Phase};
use migrations::run::Event;
use migrations::{ledger, lock, plan, run, session};
use std::time::Duration;

#[test]
fn of_two_concurrent_runs_one_waits_and_then_has_nothing_to_do() {
    let Some(database) = database() else { return };
    let migrations = files(&[("db-init/1_a.sql", "CREATE TABLE a (); SELECT pg_sleep(0.5)")]);
    let one = || {
        let mut session = session::connect(&database.settings, "boot").unwrap();
        let mut said = Vec::new();
        let lock = lock::acquire(&mut session, 20, &mut |line| said.push(line.to_owned())).unwrap();
        let plan = plan::compute(&migrations, &ledger::read(session.client()).unwrap(), &Phase::ALL).unwrap();
        let summary =
            run::perform(&mut session, &plan, Phase::Pre, &|_| false, &mut |_: Event<'_>| {}).unwrap();
        lock.release(&mut session).unwrap();
        (summary.ran.len(), said)
    };
    let mut both =
        std::thread::scope(|scope| [scope.spawn(one), scope.spawn(one)].map(|run| run.join().unwrap()));
    both.sort_by_key(|(ran, _)| *ran);
    assert_eq!([both[0].0, both[1].0], [0, 1]);
    assert!(both[0].1.iter().any(|line| line.contains("`boot` (backend ")), "{both:?}");
}

#[test]
fn a_lock_that_is_not_given_back_in_time_names_its_holder() {
    let Some(database) = database() else { return };
    let mut first = session::connect(&database.settings, "first boot").unwrap();
    let held = lock::acquire(&mut first, 1, &mut |_| {}).unwrap();
    let mut second = session::connect(&database.settings, "second boot").unwrap();
    let failure = lock::acquire(&mut second, 1, &mut |_| {}).unwrap_err();
    assert_eq!(failure.exit, Exit::Locked);
    assert!(failure.render().contains("`first boot`"), "{}", failure.render());
    assert_eq!(lock::holder(&mut second).unwrap().unwrap().application_name, "first boot");

    held.release(&mut first).unwrap();
    let lock = lock::acquire(&mut second, 1, &mut |_| {}).unwrap();
    drop(second);
    assert!(lock::acquire(&mut first, 5, &mut |_| {}).is_ok(), "a lock ends with its session");
    drop(lock);
}

#[test]
fn a_lock_that_was_lost_is_told_on_release() {
    let Some(database) = database() else { return };
    let mut session = session::connect(&database.settings, "boot").unwrap();
    let lock = lock::acquire(&mut session, 1, &mut |_| {}).unwrap();
    session.client().batch_execute("SELECT pg_advisory_unlock_all()").unwrap();
    assert!(lock.release(&mut session).is_err());
}

#[test]
fn p1_a_waiting_boot_does_not_block_concurrent_index_builds() {
    let Some(database) = database() else { return };
    database.execute("CREATE TABLE t (a int)");
    let mut holder = session::connect(&database.settings, "holder").unwrap();
    let lock = lock::acquire(&mut holder, 1, &mut |_| {}).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut session = session::connect(&database.settings, "waiting").unwrap();
            lock::acquire(&mut session, 20, &mut |_| {}).map(|_| ())
        });
        std::thread::sleep(Duration::from_millis(200));
        holder.client().batch_execute("CREATE INDEX CONCURRENTLY i ON t (a)").unwrap();
        lock.release(&mut holder).unwrap();
        waiting.join().unwrap().unwrap();
    });
}
