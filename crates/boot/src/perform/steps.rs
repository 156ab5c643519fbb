//! The steps themselves, each with its proof. The only module of a boot that changes anything.

use super::{Known, not_for_directus};
use crate::diff::{self, Change, changes};
use crate::drift::Column;
use crate::gate::{self, Case};
use crate::guard::Guard;
use crate::history::{self, How, Record, spelling};
use crate::log::Tail;
use crate::plan::{Action, Route, Step, StepKind};
use crate::report::{Event, Report};
use crate::settings::BootSettings;
use crate::stake::{self, Stake};
use crate::{Bridge, drift, preflight, proof, release, state};
use catalog::{Catalog, Line};
use contract::env::ALLOW_DESTRUCTIVE;
use contract::sql::quoted;
use contract::{Failure, Outcome, Phase};
use migrations::session::describe;
use migrations::{Session, run};
use serde_json::json;
use std::time::Instant;

/// A boot at work: its session, its bridge, and what it has found out on the way.
pub(super) struct Work<'a> {
    settings: &'a BootSettings,
    known: &'a Known,
    guard: &'a Guard,
    session: Session,
    bridge: Bridge,
    loaded: bool,
    /// The diff that the bridge holds ready, if nothing was done since it was made.
    planned: Option<Vec<Change>>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        settings: &'a BootSettings,
        known: &'a Known,
        guard: &'a Guard,
        session: Session,
        bridge: Bridge,
    ) -> Self {
        Work { settings, known, guard, session, bridge, loaded: false, planned: None }
    }

    pub(super) fn log(&self) -> &Tail {
        self.bridge.log()
    }

    /// Ends the work's connections, ours and Directus', so that the next holder of the lock finds none that it would have to end.
    pub(super) fn settle(mut self, serving_as: &str) -> Outcome<Bridge> {
        self.bridge.call("close the connections of the work", "settle", json!({ "name": serving_as }))?;
        Ok(self.bridge)
    }

    /// Waits for the rest of Node's imports, once.
    pub(super) fn load(&mut self, report: Report<'_>) -> Outcome<()> {
        if std::mem::replace(&mut self.loaded, true) {
            return Ok(());
        }
        let began = Instant::now();
        let identity = self.bridge.ready()?;
        let what = format!("Directus {} on Node {}", identity.directus, identity.node);
        release::same_version(self.known.release.snapshot()?, &identity.directus)?;
        report(Event::Done { step: "load", what, elapsed: began.elapsed() });
        Ok(())
    }

    /// One step; says what was done, or why there was nothing to do.
    pub(super) fn step(&mut self, step: &Step, report: Report<'_>) -> Outcome<String> {
        match (step.kind, step.action) {
            // Also without new migrations: rows of the older ledger are adopted, and it is said so.
            (StepKind::Pre, _) => {
                self.begin()?;
                self.migrate(Phase::Pre, report)
            }
            (StepKind::Post, _) => self.migrate(Phase::Post, report),
            (_, Action::Skip) => Ok(step.reason.clone()),
            (StepKind::Gate, Action::Do) if self.known.plan.does(StepKind::Install) => {
                self.gate_by_name(report)
            }
            (StepKind::Gate, Action::Do) => self.gate(report),
            (StepKind::Install, Action::Do) => self.install(),
            (StepKind::Apply, Action::Do) => self.apply(report),
            (StepKind::Prove, Action::Do) => self.prove(report),
        }
    }

    /// Before the first effect: whatever release was here before is superseded from now on, whether this boot is completed or not.
    fn begin(&mut self) -> Outcome<()> {
        let Known { release, state, .. } = self.known;
        let begins = match state.history.latest() {
            None => false,
            Some(latest) => latest.release != release.id,
        };
        if !begins {
            return Ok(());
        }
        self.append(false, &state.catalog, "")
    }

    fn append(&mut self, completed: bool, catalog: &Catalog, fingerprint: &str) -> Outcome<()> {
        let Known { release, state, plan, .. } = self.known;
        let how = match plan.decision.route {
            Route::Full(how) => how,
            _ => How::Boot,
        };
        let (directus, spelling) =
            (self.bridge.ready()?.directus.clone(), spelling(state.server.version_num));
        let record = Record {
            release: &release.id,
            how,
            completed,
            directus: &directus,
            runner: &release.runner(),
            spelling: &spelling,
            catalog,
            fingerprint,
        };
        self.guard.check()?;
        history::append(&mut self.session, &state.tables.home, &record)
    }

    fn migrate(&mut self, phase: Phase, report: Report<'_>) -> Outcome<String> {
        let Some(sql) = &self.known.plan.sql else { return Ok("no migrations".to_owned()) };
        let folder = format!("{}/", phase.folder());
        for notice in sql.notices.iter().filter(|notice| notice.path.starts_with(&folder)) {
            report(Event::Note(format!("{}: {}", notice.path, notice.text)));
        }
        let snapshot = self.known.release.snapshot()?;
        let managed = |name: &str| snapshot.collection(name).is_some_and(|collection| collection.has_table());
        let summary =
            run::perform(&mut self.session, sql, phase, &managed, &mut |event| tell(event, report))?;
        if !summary.ran.is_empty() {
            self.planned = None;
        }
        let ran = match summary.ran.len() {
            0 => "no new migration".to_owned(),
            1 => "1 migration run".to_owned(),
            count => format!("{count} migrations run"),
        };
        Ok(format!("{ran}, {} already applied", summary.skipped + summary.adopted))
    }

    fn install(&mut self) -> Outcome<String> {
        self.planned = None;
        if self.known.plan.redo_install {
            self.drop_half_made()?;
        }
        let made = self.bridge.call("install Directus", "install", json!({}))?;
        proof::installed(&mut self.session, &self.known.release.system_migrations)?;
        Ok(match (made["first"].as_bool(), made["admin"].as_bool()) {
            (Some(true), _) => format!("Directus {} installed", self.bridge.ready()?.directus),
            (_, Some(true)) => "first administrator made".to_owned(),
            _ => "system migrations run".to_owned(),
        })
    }

    /// Drops the tables of an install that died half-way. The plan has made sure that they hold nothing; nothing that hangs on them
    /// goes along (no CASCADE).
    fn drop_half_made(&mut self) -> Outcome<()> {
        let failed = |error: postgres::Error| {
            Failure::new("begin a half-made install anew: drop its tables")
                .cause(describe(&error))
                .hint("drop and create the database, if it holds nothing else")
        };
        let home = &self.known.state.tables.home;
        let rows = self.session.client().query(
            "SELECT relname::text FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relkind = 'r' \
             AND starts_with(relname::text, 'directus_')",
            &[home],
        );
        let tables: Vec<String> = rows
            .map_err(failed)?
            .iter()
            .map(|row| format!("{}.{}", quoted(home), quoted(row.get(0))))
            .collect();
        if tables.is_empty() {
            return Ok(());
        }
        self.session.client().batch_execute(&format!("DROP TABLE {}", tables.join(", "))).map_err(failed)
    }

    /// What would be refused is refused before anything was touched.
    fn gate(&mut self, report: Report<'_>) -> Outcome<String> {
        let rows_may_change = self.known.plan.does(StepKind::Pre);
        let planned = self.compare(rows_may_change, report)?;
        let summary = diff::summary(&planned);
        self.planned = Some(planned);
        Ok(summary)
    }

    /// Before Directus' own migrations are run, which nobody can take back: what is managed now and is not in the snapshot would be
    /// dropped, and that can be told without Directus. What hides from this (a narrowing, a column that has no field) is judged afterwards.
    fn gate_by_name(&mut self, report: Report<'_>) -> Outcome<String> {
        let Known { release, state, .. } = self.known;
        let dropped = diff::dropped(&state.catalog, release.snapshot()?, &not_for_directus(&release.catalog));
        let stakes = stake::weigh(&mut self.session, &state.tables.home, &dropped)?;
        self.judge(&dropped, &stakes, true, report)?;
        Ok(match dropped.len() {
            0 => "nothing would be dropped".to_owned(),
            _ => diff::summary(&dropped),
        })
    }

    fn apply(&mut self, report: Report<'_>) -> Outcome<String> {
        let what = "apply the snapshot";
        preflight::geometry(&state::server(&mut self.session)?, &self.known.release)?;
        self.repair(report)?;
        let planned = match self.planned.take() {
            Some(planned) => planned,
            None => self.compare(false, report)?,
        };
        if planned.is_empty() {
            return Ok("no differences".to_owned());
        }
        preflight::role(&self.known.state, what)?;
        report(Event::Doing(format!("applying: {}", diff::summary(&planned))));
        // The comparison took its time.
        self.guard.check()?;
        apply_planned(&mut self.bridge, self.settings, &self.known.plan.keep, report)?;
        Ok(diff::summary(&planned))
    }

    /// Metadata whose table or column somebody dropped goes, so that Directus makes both again; it would take the metadata for the thing
    /// (D42).
    fn repair(&mut self, report: Report<'_>) -> Outcome<()> {
        let Known { release, state, .. } = self.known;
        if drift::orphans(release, &state.catalog).is_empty() {
            return Ok(());
        }
        // The pre phase may have made some of it.
        let orphans = drift::orphans(release, &state::catalog(&mut self.session)?.0);
        if orphans.is_empty() {
            return Ok(());
        }
        self.guard.check()?;
        self.session.client().batch_execute(&orphans.repair(&state.tables.home)).map_err(|error| {
            Failure::new("repair the metadata of what somebody dropped").cause(describe(&error))
        })?;
        self.planned = None;
        orphans.notes().into_iter().for_each(|note| report(Event::Note(note)));
        Ok(())
    }

    /// Directus' own diff, judged with what is at stake.
    fn compare(&mut self, rows_may_change: bool, report: Report<'_>) -> Outcome<Vec<Change>> {
        if !self.known.plan.populated {
            return planned(&mut self.bridge, self.settings, &self.known.plan.keep, Told::Outline);
        }
        let home = &self.known.state.tables.home;
        let (planned, stakes) =
            compared(&mut self.bridge, &mut self.session, self.settings, &self.known.plan.keep, home)?;
        self.judge(&planned, &stakes, rows_may_change, report)?;
        Ok(planned)
    }

    fn judge(
        &self,
        changes: &[Change],
        stakes: &[Stake],
        rows_may_change: bool,
        report: Report<'_>,
    ) -> Outcome<()> {
        let (release, consent) = (&self.known.release.id, self.settings.choices.consent.as_ref());
        let registered = &drift::registered(&self.known.state.catalog);
        let case = Case { release, changes, stakes, registered, consent, rows_may_change };
        let lost = gate::judge(case)?;
        for name in gate::unused(&case) {
            let text = format!("{ALLOW_DESTRUCTIVE} names {name}: nothing of that name would be lost");
            report(Event::Note(text));
        }
        lost.into_iter().for_each(|line| report(Event::Note(format!("with consent: {line}"))));
        Ok(())
    }

    /// The catalog is read once: what is proved is what is recorded.
    fn prove(&mut self, report: Report<'_>) -> Outcome<String> {
        let release = &self.known.release;
        proof::installed(&mut self.session, &release.system_migrations)?;
        // The post phase may have changed what Directus sees, as a single-column index would (D14).
        if self.known.plan.does(StepKind::Post) {
            verify(&mut self.bridge, self.settings, &self.known.plan.keep, "prove the post phase")?;
        }
        let (live, fingerprint) = state::catalog(&mut self.session)?;
        let expected = release.catalog.catalog.lines().count();
        let unmanaged = proof::catalog(release, self.settings.proves_catalog, &live, &self.known.plan.kept)?;
        let is_new = |line: &&Line| self.settings.proves_catalog && !self.known.state.catalog.has(line);
        let new: Vec<Line> = unmanaged.iter().filter(is_new).cloned().collect();
        drift::unmanaged(&new).into_iter().for_each(|note| report(Event::Note(note)));
        let recorded = self.record(live, &unmanaged, &fingerprint)?;
        Ok(match self.settings.proves_catalog {
            true => format!("{expected} objects are there as in git, {recorded}"),
            false => format!("not proved by {}, {recorded}", catalog::PATH),
        })
    }

    /// The same release must leave the same catalog as before; another one is recorded with what it leaves, without what is somebody else's.
    fn record(&mut self, live: Catalog, unmanaged: &[Line], fingerprint: &str) -> Outcome<String> {
        let Known { release, state, plan } = self.known;
        let kept = &plan.kept;
        let is_excepted = |line: &Line| release.catalog.exceptions.iter().any(|each| each.covers(line));
        // What is as git has it again need not be remembered as it was.
        let is_back = |line: &&Line| {
            release.catalog.catalog.lines().any(|each| each.key() == line.key() && live.has(each))
        };
        let kept: Vec<Line> = kept.iter().filter(|line| !is_back(line)).cloned().collect();
        let left = live.retain(|line| !unmanaged.contains(line) && !is_excepted(line)).with(&kept);
        let spelling = spelling(state.server.version_num);
        let latest = state.history.latest().filter(|latest| latest.completed && latest.release == release.id);
        if latest.is_some_and(|latest| latest.spelling == spelling) {
            proof::left(&state.history.latest.drift(&left))?;
            return Ok("the record stands".to_owned());
        }
        preflight::role(state, "record the release")?;
        // What was let pass, or not proved, is looked for again the next time.
        let is_proved = self.settings.proves_catalog && kept.is_empty();
        self.append(true, &left, if is_proved { fingerprint } else { "" })?;
        Ok(format!("release {} recorded", release.id))
    }
}

/// How much of a diff is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Everything, for the gate.
    Whole,
    /// What is new by its name alone: all of a large schema is many times its file.
    Outline,
}

/// Directus' own diff; the bridge holds it ready to be applied.
fn planned(
    bridge: &mut Bridge,
    settings: &BootSettings,
    keep: &[Column],
    told: Told,
) -> Outcome<Vec<Change>> {
    let arguments =
        json!({ "path": settings.artefacts.snapshot(), "keep": keep, "outline": told == Told::Outline });
    let answer = bridge.call("compare the snapshot with the database", "plan", arguments)?;
    Ok(changes(&answer["diff"]))
}

/// The same, and the rows that have to do with it.
pub(super) fn compared(
    bridge: &mut Bridge,
    session: &mut Session,
    settings: &BootSettings,
    keep: &[Column],
    home: &str,
) -> Outcome<(Vec<Change>, Vec<Stake>)> {
    let planned = planned(bridge, settings, keep, Told::Whole)?;
    let stakes = stake::weigh(session, home, &planned)?;
    Ok((planned, stakes))
}

/// Applies the diff that the bridge holds ready, and proves that nothing of it is left.
pub(super) fn apply_planned(
    bridge: &mut Bridge,
    settings: &BootSettings,
    keep: &[Column],
    report: Report<'_>,
) -> Outcome<()> {
    let what = "apply the snapshot";
    let answer = bridge.call(what, "apply", json!({}))?;
    // Whoever switched it off knows.
    if let Some(why) = answer["own"].as_str().filter(|_| settings.quick_apply) {
        report(Event::Note(format!(
            "applied in Directus' own way, which takes long on a large schema: {why}"
        )));
    }
    verify(bridge, settings, keep, what)
}

fn verify(bridge: &mut Bridge, settings: &BootSettings, keep: &[Column], what: &str) -> Outcome<()> {
    let arguments = json!({ "path": settings.artefacts.snapshot(), "keep": keep });
    proof::applied(&bridge.call("verify the snapshot", "verify", arguments)?["diff"], what)
}

/// A migration's events, as a boot tells them.
fn tell(event: run::Event<'_>, report: Report<'_>) {
    match event {
        run::Event::Finished { migration, elapsed } => {
            report(Event::Note(format!("{} ({} ms)", migration.path, elapsed.as_millis())));
        }
        run::Event::Adopted { migration } => report(Event::Note(format!("{} adopted", migration.path))),
        run::Event::Repaired { migration, what } => {
            report(Event::Note(format!("{}: {what}", migration.path)));
        }
        // "already exists, skipping" is what a guarded migration says when all is well.
        run::Event::Notice { migration, notice } if notice.severity() != "NOTICE" => {
            report(Event::Note(format!("{}: {}: {}", migration.path, notice.severity(), notice.message())));
        }
        run::Event::Started { .. } | run::Event::Notice { .. } => {}
    }
}
