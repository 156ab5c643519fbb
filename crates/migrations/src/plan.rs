//! What would be done, and why, before anything is done. Pure: files and ledger in, plan out.
//!
//! Rules, in order of precedence:
//! 1. An applied file whose tokens changed, or which is gone, is an error: what is in the database is no longer what git says.
//! 2. A comment-only edit of an applied file is a notice.
//! 3. A row of the bash version (no phase) is adopted by the file of that name; without such a file it is an orphan and disturbs nothing.
//! 4. A new file whose number the ledger knows of another file (that one was moved to the other folder, say) is an error.
//! 5. What is not in the ledger runs, in order; a number below the highest applied one runs too, with a notice.

use crate::file::{Migration, Migrations};
use crate::ledger::{Ledger, Row};
use contract::{Failure, Outcome, Phase};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What happens to one migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It runs.
    Run,
    /// It is applied already.
    Skip,
    /// It was applied by the bash version; its row gets phase, number and checksum.
    Adopt,
}

impl Action {
    /// The word for people and for `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Action::Run => "run",
            Action::Skip => "skip",
            Action::Adopt => "adopt",
        }
    }
}

/// One migration and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The file.
    pub migration: Arc<Migration>,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: String,
}

/// Something worth saying that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The file.
    pub path: String,
    /// What about it.
    pub text: String,
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Every migration of the phases that were asked for, in boot order.
    pub steps: Vec<Step>,
    /// What is worth saying.
    pub notices: Vec<Notice>,
    /// Rows of the bash version that no file belongs to. They stay as they are.
    pub orphans: Vec<Row>,
    /// What the rows say that ran the migrations.
    pub runner: String,
}

impl Plan {
    /// The steps that change something, of all planned phases.
    pub fn pending(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action != Action::Skip)
    }

    /// The steps of one phase.
    pub fn of(&self, phase: Phase) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.migration.phase == phase)
    }
}

/// Plans `phases`.
///
/// # Errors
/// Exit 1 when applied migrations were edited or are gone, listing all of them.
pub fn compute(migrations: &Migrations, ledger: &Ledger, phases: &[Phase]) -> Outcome<Plan> {
    let applied = Applied::new(ledger);
    let names: BTreeSet<&str> = migrations.iter().map(|migration| migration.name.as_str()).collect();
    let mut wrong = Wrong::default();
    let runner = env!("CARGO_PKG_VERSION").to_owned();
    let mut plan = Plan { steps: Vec::new(), notices: Vec::new(), orphans: Vec::new(), runner };
    for migration in migrations.iter().filter(|migration| phases.contains(&migration.phase)) {
        plan_one(migration, &applied, &mut plan, &mut wrong);
    }
    for row in ledger.rows.iter().filter(|row| !names.contains(row.filename.as_str())) {
        match row.phase {
            None => plan.orphans.push(row.clone()),
            Some(phase) if phases.contains(&phase) => wrong.missing.push(missing(row, phase, migrations)),
            Some(_) => {}
        }
    }
    wrong.into_outcome().map(|()| plan)
}

fn plan_one(migration: &Arc<Migration>, applied: &Applied<'_>, plan: &mut Plan, wrong: &mut Wrong) {
    let mut notice = |text: String| plan.notices.push(Notice { path: migration.path.clone(), text });
    let (action, reason) = match applied.by_name.get(migration.name.as_str()) {
        None => {
            if let Some(other) = applied.by_number.get(&(migration.phase, migration.number)) {
                wrong.taken.push(format!(
                    "`{}` has the number that `{}` was applied with",
                    migration.path, other.filename
                ));
            }
            let highest = applied.highest(migration.phase);
            if let Some(highest) = highest.filter(|highest| *highest > migration.number) {
                notice(format!(
                    "number {} is new, but {highest} was applied before it; it runs now",
                    migration.number
                ));
            }
            (Action::Run, "not in the ledger".to_owned())
        }
        Some(Row { phase: None, applied_at, .. }) => {
            notice("its ledger row has no checksum yet; today's file is taken for what ran".to_owned());
            (Action::Adopt, format!("applied {applied_at} by the bash version"))
        }
        Some(row) => {
            if let Some(phase) = row.phase.filter(|phase| *phase != migration.phase) {
                notice(format!(
                    "was applied in phase {phase}, from `{}/`; the file was moved since",
                    phase.folder()
                ));
            }
            match row.checksum.as_ref().filter(|checksum| **checksum != migration.checksum) {
                None => {}
                Some(_) if row.tokens.as_ref() == Some(&migration.tokens) => {
                    notice("only comments or white space changed since it was applied".to_owned());
                }
                Some(applied) => wrong.edited.push(format!(
                    "`{}` was edited after it was applied {}: applied {}, file {}",
                    migration.path,
                    row.applied_at,
                    applied.short(),
                    migration.checksum.short()
                )),
            }
            (Action::Skip, format!("applied {}", row.applied_at))
        }
    };
    plan.steps.push(Step { migration: Arc::clone(migration), action, reason });
}

/// The ledger's rows, found by what files are found by.
struct Applied<'a> {
    by_name: BTreeMap<&'a str, &'a Row>,
    by_number: BTreeMap<(Phase, u32), &'a Row>,
}

impl<'a> Applied<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        let numbered = |row: &'a Row| Some(((row.phase?, row.number?), row));
        Applied {
            by_name: ledger.rows.iter().map(|row| (row.filename.as_str(), row)).collect(),
            by_number: ledger.rows.iter().filter_map(numbered).collect(),
        }
    }

    fn highest(&self, phase: Phase) -> Option<u32> {
        self.by_number.range((phase, 0)..=(phase, u32::MAX)).next_back().map(|((_, number), _)| *number)
    }
}

/// All that contradicts the ledger.
#[derive(Default)]
struct Wrong {
    edited: Vec<String>,
    missing: Vec<String>,
    taken: Vec<String>,
}

fn missing(row: &Row, phase: Phase, migrations: &Migrations) -> String {
    let path = format!("{}/{}", phase.folder(), row.filename);
    let renamed = migrations.iter().find(|migration| Some(&migration.tokens) == row.tokens.as_ref());
    match renamed {
        Some(renamed) => format!(
            "`{path}` was applied {} and is gone; `{}` has its content: renamed?",
            row.applied_at, renamed.path
        ),
        None => format!("`{path}` was applied {} and is gone", row.applied_at),
    }
}

impl Wrong {
    fn into_outcome(self) -> Outcome<()> {
        let counts = [
            (&self.edited, "edited"),
            (&self.missing, "missing"),
            (&self.taken, "numbered like another one"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(list, _)| !list.is_empty())
            .map(|(list, word)| format!("{} {word}", list.len()))
            .collect();
        if counts.is_empty() {
            return Ok(());
        }
        let hint = match (self.edited.is_empty(), self.missing.is_empty()) {
            (false, _) => {
                "restore the file as it was applied (git log -p FILE), and put the change into a new migration"
            }
            (true, false) => "restore the file under its old name (git log --follow FILE)",
            (true, true) => "give the new file the next free number",
        };
        let failure =
            Failure::new(format!("plan the migrations: {}; nothing was changed", counts.join(", ")))
                .hint(hint);
        Err(self.edited.into_iter().chain(self.missing).chain(self.taken).fold(failure, Failure::cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Shape;

    fn files(files: &[(Phase, u32, &str, &str)]) -> Migrations {
        Migrations::new(
            files.iter().map(|(phase, number, name, source)| Migration::new(*phase, *number, *name, *source)),
        )
    }

    fn applied(phase: Phase, number: u32, name: &str, source: &str) -> Row {
        let migration = Migration::new(phase, number, name, source);
        Row {
            filename: name.to_owned(),
            applied_at: "2026-11-23T10:00:00Z".to_owned(),
            phase: Some(phase),
            number: Some(number),
            checksum: Some(migration.checksum),
            tokens: Some(migration.tokens),
            ..Row::default()
        }
    }

    fn by_bash(name: &str) -> Row {
        Row { filename: name.to_owned(), applied_at: "2026-01-01T10:00:00Z".to_owned(), ..Row::default() }
    }

    fn check(migrations: &Migrations, rows: Vec<Row>) -> Outcome<Plan> {
        compute(migrations, &Ledger { rows, shape: Shape::Current, ..Ledger::empty() }, &Phase::ALL)
    }

    fn actions(plan: &Plan) -> Vec<(&str, Action)> {
        plan.steps.iter().map(|step| (step.migration.name.as_str(), step.action)).collect()
    }

    #[test]
    fn what_is_not_in_the_ledger_runs_and_the_rest_is_skipped() {
        let files = files(&[
            (Phase::Pre, 1, "1_a.sql", "SELECT 1"),
            (Phase::Pre, 2, "2_b.sql", ""),
            (Phase::Post, 1, "1_c.sql", ""),
        ]);
        let plan = check(&files, vec![applied(Phase::Pre, 1, "1_a.sql", "SELECT 1\r\n")]).unwrap();
        assert_eq!(
            actions(&plan),
            [("1_a.sql", Action::Skip), ("2_b.sql", Action::Run), ("1_c.sql", Action::Run)]
        );
        assert_eq!((plan.pending().count(), plan.of(Phase::Post).count(), plan.notices.len()), (2, 1, 0));
    }

    #[test]
    fn every_edited_and_every_missing_file_is_listed_in_one_failure() {
        let files = files(&[(Phase::Pre, 1, "1_a.sql", "SELECT 2"), (Phase::Pre, 2, "2_b.sql", "SELECT 3")]);
        let rows = vec![
            applied(Phase::Pre, 1, "1_a.sql", "SELECT 1"),
            applied(Phase::Pre, 2, "2_b.sql", "SELECT 1"),
            applied(Phase::Post, 3, "3_gone.sql", "SELECT 9"),
            applied(Phase::Post, 4, "4_renamed.sql", "SELECT 3"),
        ];
        let failure = check(&files, rows).unwrap_err();
        assert_eq!(failure.exit, contract::Exit::Failed);
        assert_eq!(failure.causes.len(), 4);
        assert_eq!(failure.what, "plan the migrations: 2 edited, 2 missing; nothing was changed");
        assert!(failure.causes[0].contains(Migration::new(Phase::Pre, 1, "", "SELECT 2").checksum.short()));
        assert!(failure.causes[3].contains("`db-init/2_b.sql` has its content"), "{failure:?}");
        assert!(failure.hint.is_some());
    }

    #[test]
    fn a_comment_only_edit_is_a_notice() {
        let files = files(&[(Phase::Pre, 1, "1_a.sql", "-- why\nSELECT 1;")]);
        let plan = check(&files, vec![applied(Phase::Pre, 1, "1_a.sql", "SELECT 1;")]).unwrap();
        assert_eq!(actions(&plan), [("1_a.sql", Action::Skip)]);
        assert!(plan.notices[0].text.contains("only comments"));
    }

    #[test]
    fn rows_of_the_bash_version_are_adopted_and_its_orphans_disturb_nothing() {
        let files = files(&[(Phase::Pre, 1, "001_a.sql", "SELECT 1")]);
        let plan = check(&files, vec![by_bash("001_a.sql"), by_bash("004_junction_unique_constraints.sql")])
            .unwrap();
        assert_eq!(actions(&plan), [("001_a.sql", Action::Adopt)]);
        assert_eq!(
            plan.orphans.iter().map(|row| row.filename.as_str()).collect::<Vec<_>>(),
            ["004_junction_unique_constraints.sql"]
        );
    }

    #[test]
    fn a_late_number_runs_with_a_notice() {
        let files = files(&[(Phase::Pre, 2, "2_late.sql", ""), (Phase::Pre, 3, "3_c.sql", "")]);
        let plan = check(&files, vec![applied(Phase::Pre, 3, "3_c.sql", "")]).unwrap();
        assert_eq!(actions(&plan)[0], ("2_late.sql", Action::Run));
        assert!(plan.notices[0].text.contains("3 was applied before it"), "{:?}", plan.notices);
    }

    #[test]
    fn a_file_that_moved_to_the_other_folder_is_applied_still() {
        let files = files(&[(Phase::Post, 3, "3_c.sql", "SELECT 1")]);
        let plan = check(&files, vec![applied(Phase::Pre, 3, "3_c.sql", "SELECT 1")]).unwrap();
        assert_eq!(actions(&plan), [("3_c.sql", Action::Skip)]);
        assert!(plan.notices[0].text.contains("moved"));
    }

    #[test]
    fn a_number_that_another_applied_file_has_is_refused() {
        let files = files(&[(Phase::Pre, 3, "3_new.sql", ""), (Phase::Post, 4, "3_c.sql", "SELECT 1")]);
        let failure = check(&files, vec![applied(Phase::Pre, 3, "3_c.sql", "SELECT 1")]).unwrap_err();
        assert!(
            failure.causes[0].contains("`db-init/3_new.sql` has the number that `3_c.sql`"),
            "{failure:?}"
        );
    }

    #[test]
    fn a_phase_that_was_not_asked_for_is_neither_planned_nor_judged() {
        let files = files(&[(Phase::Pre, 1, "1_a.sql", ""), (Phase::Post, 1, "1_b.sql", "SELECT 2")]);
        let rows =
            vec![applied(Phase::Post, 1, "1_b.sql", "SELECT 1"), applied(Phase::Post, 2, "2_gone.sql", "")];
        let plan = compute(&files, &Ledger { rows, ..Ledger::empty() }, &[Phase::Pre]).unwrap();
        assert_eq!(actions(&plan), [("1_a.sql", Action::Run)]);
    }
}
