//! 1,000 migrations, new and applied, beside one psql session that runs the same transactions.

use super::{Amount, Row, in_turn, median};
use crate::console;
use crate::engine::{Choice, Ground, Stage};
use anyhow::Result;
use contract::{Artefacts, DatabaseSettings, Phase};
use migrations::{Migrations, file, hazards, ledger, plan, run, session};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const COUNT: u32 = 1000;

/// Both rows.
pub(crate) fn measure(ground: &Ground, root: &Path, runs: u32) -> Result<Vec<Row>> {
    console::heading("migrations");
    let folder = tempfile::tempdir()?;
    for phase in Phase::ALL {
        std::fs::create_dir(folder.path().join(phase.folder()))?;
    }
    write(folder.path())?;
    let artefacts = Artefacts::at(folder.path());
    let mut nothing_to_do = Vec::new();
    let (ours, theirs) = in_turn(
        runs,
        || {
            let stage = Stage::set(ground, root, Choice::Local, None)?;
            let took = boot(&artefacts, &stage)?;
            nothing_to_do.push(boot(&artefacts, &stage)?);
            Ok(took)
        },
        || psql(&Stage::set(ground, root, Choice::Local, None)?),
    )?;
    Ok(vec![
        Row {
            what: "1,000 new migrations".into(),
            ours: Amount::Time(ours),
            beside: Some(("one psql session, the same transactions", Amount::Time(theirs))),
            target: "≤ 1.2",
        },
        Row::alone("1,000 applied migrations, nothing to do", median(nothing_to_do), "≤ 50 ms"),
    ])
}

/// Fills the folder of the pre phase.
pub(super) fn write(root: &Path) -> Result<()> {
    for number in 1..=COUNT {
        std::fs::write(root.join(format!("db-init/{number:04}_table.sql")), sql(number))?;
    }
    Ok(())
}

fn sql(number: u32) -> String {
    format!(
        "-- one of many\nCREATE TABLE IF NOT EXISTS t{number} (id int PRIMARY KEY, name text NOT NULL);\n"
    )
}

/// What the runner does in its SQL phases, from reading the folder to the last commit.
fn boot(artefacts: &Artefacts, stage: &Stage) -> Result<Duration> {
    let began = Instant::now();
    let migrations: Migrations = file::discover(artefacts)?;
    hazards::refuse_all(&migrations)?;
    let settings = DatabaseSettings::from_environment(&stage.environment().into())?;
    let mut session = session::connect(&settings, "xtask-bench")?;
    let ledger = ledger::read(session.client())?;
    let plan = plan::compute(&migrations, &ledger, &Phase::ALL)?;
    run::perform(&mut session, &plan, Phase::Pre, &|_| false, &mut |_| {})?;
    Ok(began.elapsed())
}

fn psql(stage: &Stage) -> Result<Duration> {
    let mut script = String::from(
        "CREATE TABLE ledger (name text PRIMARY KEY, checksum text, at timestamptz DEFAULT now());\n",
    );
    for number in 1..=COUNT {
        writeln!(
            script,
            "BEGIN;\n{}INSERT INTO ledger VALUES ('{number:04}_table.sql', '{:064}');\nCOMMIT;",
            sql(number),
            number
        )?;
    }
    let began = Instant::now();
    stage.psql(&script)?;
    Ok(began.elapsed())
}
