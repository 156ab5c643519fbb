//! Every state that a boot can find, and the plan that it makes of it.

use super::*;
use crate::choices::Consent;
use crate::release::Schema;
use crate::state::Server;
use catalog::sql::Tables;
use catalog::{Catalog, File};
use migrations::{Migration, Migrations};
use snapshot::Snapshot;

const LATEST: &str = "aaaaaaaaaaaaaaaa";
const OWN: &str = "bbbbbbbbbbbbbbbb";
const SNAPSHOT: &str = "version: 1\ndirectus: 11.17.4\nvendor: postgres\ncollections:\n  - collection: entries\n    schema:\n      name: entries\nfields:\n  - collection: entries\n    field: note\nsystemFields: []\nrelations: []\n";
/// What a release left: one collection, one migration, one composite UNIQUE.
const LEFT: [&str; 8] = [
    "managed|table|entries|",
    "managed|column|entries.note|text",
    "managed|collection|entries|{\"hidden\": false}",
    "managed|field|entries.note|{\"width\": \"full\"}",
    "db-only|constraint|entries.one|UNIQUE (a, b)",
    "directus|system migration|A|",
    "directus|system migration|B|",
    "ledger|migration|001_a.sql|1111",
];

fn release() -> Release {
    Release {
        id: ReleaseId::from_record(OWN),
        commit: None,
        directus: Some("11.17.4".to_owned()),
        migrations: Migrations::new([Migration::new(Phase::Pre, 1, "001_a.sql", "SELECT 1")]),
        schema: Schema::of(Snapshot::parse(SNAPSHOT).unwrap()),
        system_migrations: vec!["A".to_owned(), "B".to_owned()],
        snapshot_checksum: String::new(),
        catalog: File { catalog: File::default().of(&catalog(&LEFT)), ..File::default() },
    }
}

fn catalog(lines: &[&str]) -> Catalog {
    Catalog::new(lines.iter().map(|line| line.replace('|', "\t")))
}

/// `lines` without those that contain `gone`, and with `more`.
fn changed(gone: &str, more: &[&str]) -> Catalog {
    let kept = LEFT.iter().filter(|line| gone.is_empty() || !line.contains(gone));
    catalog(&kept.chain(more).copied().collect::<Vec<_>>())
}

fn server() -> Server {
    Server { version_num: 170_012, may_create: true, timescaledb_preloaded: true, ..Server::default() }
}

fn installed(versions: &[&str]) -> Directus {
    Directus::Installed {
        users: 1,
        admins: 1,
        system_migrations: versions.iter().map(ToString::to_string).collect(),
    }
}

/// A database with a history of `releases`, oldest first, and what the last one left.
fn after(releases: &[(&str, How)]) -> State {
    let entries = releases.iter().enumerate().map(|(index, (release, how))| Entry {
        number: i64::try_from(index + 1).unwrap(),
        release: ReleaseId::from_record(*release),
        recorded_at: "2026-11-24T10:00:00Z".to_owned(),
        how: *how,
        completed: true,
        directus: "11.17.4".to_owned(),
        runner: "0.1.0".to_owned(),
        spelling: spelling(170_012),
        fingerprint: String::new(),
    });
    let entries: Vec<Entry> = entries.collect();
    let latest = if entries.is_empty() { Catalog::default() } else { catalog(&LEFT) };
    State {
        server: server(),
        directus: installed(&["A", "B"]),
        history: crate::history::History { entries, latest, found: None },
        catalog: catalog(&LEFT),
        unchanged: false,
        tables: Tables { home: "public".to_owned(), metadata: true, ..Tables::default() },
    }
}

/// The same database when a boot of `release` has begun and not come to its end.
fn begun(mut state: State, release: &str, how: How) -> State {
    let last = state.history.entries.last().cloned().expect("something to supersede");
    let (number, release) = (last.number + 1, ReleaseId::from_record(release));
    state.history.entries.push(Entry { number, release, how, completed: false, ..last });
    state.history.found = Some(catalog(&LEFT));
    state
}

fn empty() -> State {
    State {
        server: server(),
        tables: Tables { home: "public".to_owned(), ..Tables::default() },
        ..State::default()
    }
}

fn environment(admin: bool) -> Environment {
    let pairs = [(ADMIN_EMAIL, "admin@example.com"), (ADMIN_PASSWORD, "secret")];
    pairs.into_iter().filter(|_| admin).collect::<contract::Variables>().into()
}

/// The ledger that belongs to the state's catalog.
fn ledger(state: &State) -> Ledger {
    let file = Migration::new(Phase::Pre, 1, "001_a.sql", "SELECT 1");
    let row = |name: &str| {
        let mut row = migrations::ledger::Row {
            filename: name.to_owned(),
            phase: Some(Phase::Pre),
            ..Default::default()
        };
        if name == file.name {
            (row.number, row.checksum, row.tokens) =
                (Some(1), Some(file.checksum.clone()), Some(file.tokens.clone()));
        }
        row
    };
    Ledger { rows: state.catalog.names("migration").map(row).collect(), ..Ledger::empty() }
}

fn planned(state: &State, choices: &Choices, admin: bool) -> Outcome<BootPlan> {
    let release = release();
    make(&release, state, choices, &environment(admin), || Ok(ledger(state)))
}

/// The way, and the steps that are performed.
fn check(state: &State, choices: &Choices, route: Route, does: &str) -> BootPlan {
    let plan = planned(state, choices, true).unwrap();
    let words: Vec<&str> =
        plan.steps.iter().filter(|step| step.action == Action::Do).map(|step| step.kind.word()).collect();
    assert_eq!((plan.decision.route, words.join(" ").as_str()), (route, does), "{:?}", plan.decision);
    plan
}

const FULL: Route = Route::Full(How::Boot);

fn none() -> Choices {
    Choices::default()
}

#[test]
fn an_empty_database_gets_everything() {
    let plan = check(&empty(), &none(), FULL, "pre install apply prove");
    assert!(!plan.populated);
}

#[test]
fn a_database_with_migrations_only_gets_the_rest() {
    let state = State { catalog: catalog(&["ledger|migration|001_a.sql|1111"]), ..empty() };
    check(&state, &none(), FULL, "install apply prove");
}

#[test]
fn a_directus_without_the_snapshot_is_adopted() {
    let state = State { catalog: catalog(&["directus|system migration|A|"]), ..after(&[]) };
    let plan = check(&state, &none(), FULL, "gate pre apply prove");
    assert!(plan.populated && plan.decision.reason.contains("adopted"));
}

#[test]
fn an_up_to_date_database_gets_nothing() {
    check(&after(&[(OWN, How::Boot)]), &none(), Route::Fast, "");
    let always = Choices { always_full: true, ..none() };
    check(&after(&[(OWN, How::Boot)]), &always, FULL, "gate apply prove");
}

#[test]
fn a_new_release_takes_the_full_way_and_the_gate_first() {
    // New migration, new snapshot and new extension all are a new release; which of them shows in the steps.
    let mut state = State { catalog: changed("001_a.sql", &[]), ..after(&[(LATEST, How::Boot)]) };
    state.history.latest = changed("001_a.sql", &[]);
    check(&state, &none(), FULL, "gate pre apply prove");
    check(&after(&[(LATEST, How::Boot)]), &none(), FULL, "gate apply prove");
}

#[test]
fn a_loss_that_no_migration_puts_back_is_not_made_the_new_releases_truth() {
    let state = State { catalog: changed("constraint", &[]), ..after(&[(LATEST, How::Boot)]) };
    let failure = planned(&state, &none(), true).unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    assert_eq!(failure.excerpt.as_deref(), Some("  - constraint entries.one: UNIQUE (a, b)"));
    let ignore = Choices { on_drift: Policy::Ignore, ..none() };
    check(&state, &ignore, FULL, "gate apply prove");
    // A field that somebody hid is applied again.
    let state = State {
        catalog: changed("width", &["managed|field|entries.note|{\"width\": \"half\"}"]),
        ..after(&[(LATEST, How::Boot)])
    };
    check(&state, &none(), FULL, "gate apply prove");
}

#[test]
fn a_release_that_was_begun_supersedes_the_one_before_and_is_gone_on_with() {
    let more = &["managed|column|entries.more|text", "ledger|migration|002_b.sql|2222"];
    let by_other =
        State { catalog: changed("", more), ..begun(after(&[(OWN, How::Boot)]), LATEST, How::Boot) };
    let plan = check(&by_other, &none(), Route::Superseded, "");
    assert!(
        plan.decision.reason.contains("(entry 2, 2026-11-24T10:00:00Z) was begun after"),
        "{:?}",
        plan.decision
    );
    let lost = State { catalog: changed("entries.note", more), ..by_other.clone() };
    assert!(
        planned(&lost, &none(), true).unwrap_err().hint.unwrap().ends_with("RUNNER_ROLLBACK=bbbbbbbbbbbb@2")
    );
    // What it has done itself is no drift, whatever the policy.
    let refuse = Choices { on_drift: Policy::Refuse, ..none() };
    let own = State { catalog: changed("", more), ..begun(after(&[(LATEST, How::Boot)]), OWN, How::Boot) };
    let own = State { catalog: changed("", &more[..1]), ..own };
    let plan = check(&own, &refuse, FULL, "gate apply prove");
    assert!(plan.decision.notes.is_empty() && plan.decision.reason.contains("was begun (entry 2)"));
    let back = begun(after(&[(OWN, How::Boot), (LATEST, How::Boot)]), OWN, How::Rollback);
    let back = State { catalog: changed("", more), ..back };
    check(&back, &none(), Route::Full(How::Rollback), "gate apply prove");
}

#[test]
fn a_release_that_never_came_to_its_end_starts_behind_a_later_one_if_all_of_it_is_there() {
    let state = begun(after(&[(LATEST, How::Boot)]), OWN, How::Boot);
    let state = begun(state, "cccccccccccccccc", How::Boot);
    check(&state, &none(), Route::Superseded, "");
    let state = State { catalog: changed("entries.note", &[]), ..state };
    let failure = planned(&state, &none(), true).unwrap_err();
    assert_eq!(
        (failure.exit, failure.hint.unwrap().ends_with("RUNNER_ROLLBACK=bbbbbbbbbbbb@3")),
        (Exit::Refused, true)
    );
}

#[test]
fn a_newer_directus_gets_its_migrations_once_nothing_would_be_dropped_by_name() {
    let state = State { directus: installed(&["A"]), ..after(&[(LATEST, How::Boot)]) };
    let plan = check(&state, &none(), FULL, "gate install apply prove");
    assert!(plan.populated);
    assert_eq!(plan.steps[2].reason, "1 of Directus' system migrations pending");
}

#[test]
fn a_database_of_a_newer_directus_is_refused() {
    let state = State { directus: installed(&["A", "B", "C"]), ..after(&[(LATEST, How::Boot)]) };
    assert_eq!(planned(&state, &none(), true).unwrap_err().causes, ["C"]);
}

#[test]
fn drift_is_repaired_refused_or_ignored() {
    let drifted = [
        changed("classes", &["managed|column|entries.more|text"]),
        changed("width", &["managed|field|entries.note|{\"width\": \"half\"}"]),
        changed("|A|", &[]),
    ];
    for live in drifted {
        let state = State { catalog: live, ..after(&[(OWN, How::Boot)]) };
        let plan = check(&state, &none(), FULL, "gate apply prove");
        assert!(plan.decision.notes[0].contains("drift: 1 difference"), "{:?}", plan.decision);
        let refuse = Choices { on_drift: Policy::Refuse, ..none() };
        assert_eq!(planned(&state, &refuse, true).unwrap_err().exit, Exit::Refused);
        let ignore = Choices { on_drift: Policy::Ignore, ..none() };
        check(&state, &ignore, Route::Ignoring, "");
    }
}

#[test]
fn what_no_apply_puts_back_is_refused_with_the_statement_that_does() {
    let state = State { catalog: changed("constraint", &[]), ..after(&[(OWN, How::Boot)]) };
    let failure = planned(&state, &none(), true).unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    let hint = failure.hint.unwrap();
    assert!(hint.contains("ALTER TABLE entries ADD CONSTRAINT one UNIQUE (a, b);"), "{hint}");
    assert!(hint.ends_with("RUNNER_ON_DRIFT=ignore"), "{hint}");
    check(&state, &Choices { on_drift: Policy::Ignore, ..none() }, Route::Ignoring, "");
}

#[test]
fn a_hash_that_says_that_nothing_changed_is_enough() {
    let state = State { catalog: Catalog::default(), unchanged: true, ..after(&[(OWN, How::Boot)]) };
    check(&state, &none(), Route::Fast, "");
}

#[test]
fn a_superseded_release_says_which_inserts_will_fail() {
    let state = State {
        catalog: changed(
            "",
            &[
                "managed|column|entries.newer|text not null",
                "db-only|column|entries.other|text not null default 'x'::text",
            ],
        ),
        ..after(&[(OWN, How::Boot), (LATEST, How::Boot)])
    };
    let plan = check(&state, &none(), Route::Superseded, "");
    assert!(
        plan.decision.notes[0].contains("will fail: entries.newer must not be null"),
        "{:?}",
        plan.decision.notes
    );
}

#[test]
fn objects_made_by_hand_are_no_drift() {
    let state = State {
        catalog: changed("", &["db-only|index|entries.by_hand|CREATE INDEX"]),
        ..after(&[(OWN, How::Boot)])
    };
    let plan = check(&state, &none(), Route::Fast, "");
    assert_eq!(
        plan.decision.notes,
        ["in the database and not in git, left alone: index entries.by_hand: CREATE INDEX"]
    );
}

#[test]
fn a_ledger_that_lost_rows_is_never_repaired_by_running_them_again() {
    let state = State { catalog: changed("001_a.sql", &[]), ..after(&[(OWN, How::Boot)]) };
    let failure = planned(&state, &none(), true).unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    assert!(failure.excerpt.unwrap().contains("001_a.sql"));
    // Nor by the next release, nor by a rollback, nor on a server of another version.
    let to_own = Choices { rollback: Some(OWN.to_owned()), ..none() };
    let mut elsewhere = after(&[(OWN, How::Boot)]);
    elsewhere.server.version_num = 180_001;
    for state in [after(&[(LATEST, How::Boot)]), after(&[(OWN, How::Boot), (LATEST, How::Boot)]), elsewhere] {
        let state = State { catalog: changed("001_a.sql", &[]), ..state };
        assert!(planned(&state, &to_own, true).unwrap_err().what.contains("the ledger lost rows"));
    }
}

#[test]
fn a_half_finished_boot_is_finished() {
    // The first release's migrations ran and Directus is installed; it was never recorded.
    let state = State {
        catalog: catalog(&["ledger|migration|001_a.sql|1111", "directus|system migration|A|"]),
        ..after(&[])
    };
    check(&state, &none(), FULL, "gate apply prove");
}

#[test]
fn d9_an_install_that_died_half_way_is_begun_anew_if_it_holds_nothing() {
    let missing = || vec!["directus_users".to_owned()];
    let state = State { directus: Directus::Partial { missing: missing(), contents: false }, ..empty() };
    let plan = check(&state, &none(), FULL, "pre install apply prove");
    assert!(plan.redo_install && !plan.populated);
    // All tables, but it died in the system migrations.
    let directus =
        Directus::Installed { users: 0, admins: 0, system_migrations: BTreeSet::from(["A".to_owned()]) };
    assert!(check(&State { directus, ..empty() }, &none(), FULL, "pre install apply prove").redo_install);
    let state = State { directus: Directus::Partial { missing: missing(), contents: true }, ..empty() };
    assert!(planned(&state, &none(), true).unwrap_err().render().contains("`directus_users`"));
}

#[test]
fn d25_a_database_without_a_user_is_repaired_or_refused() {
    let directus = Directus::Installed {
        users: 0,
        admins: 0,
        system_migrations: BTreeSet::from(["A".to_owned(), "B".to_owned()]),
    };
    let state = State { directus: directus.clone(), ..after(&[(OWN, How::Boot)]) };
    let plan = check(&state, &none(), FULL, "gate install apply prove");
    assert_eq!(plan.steps[2].reason, "the database has no user");
    // Also with Directus' own migrations pending.
    let directus_before =
        Directus::Installed { users: 0, admins: 0, system_migrations: BTreeSet::from(["A".to_owned()]) };
    let before = State { directus: directus_before, ..state.clone() };
    assert_eq!(planned(&before, &none(), false).unwrap_err().exit, Exit::Usage);
    let failure = planned(&state, &none(), false).unwrap_err();
    assert!(failure.exit == Exit::Usage && failure.what.contains("`ADMIN_EMAIL` and `ADMIN_PASSWORD`"));
    let superseded = State { directus, ..after(&[(OWN, How::Boot), (LATEST, How::Boot)]) };
    assert!(planned(&superseded, &none(), true).is_err());
    assert_eq!(planned(&empty(), &none(), false).unwrap_err().exit, Exit::Usage);
}

#[test]
fn a_superseded_release_starts_if_everything_is_there_and_does_nothing() {
    let state = State {
        catalog: changed("", &["managed|column|entries.newer|text", "ledger|migration|002_b.sql|2222"]),
        ..after(&[(OWN, How::Boot), (LATEST, How::Boot)])
    };
    check(&state, &none(), Route::Superseded, "");
    let state = State { catalog: changed("entries.note", &[]), ..state };
    let failure = planned(&state, &none(), true).unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    assert_eq!(
        failure.excerpt.as_deref(),
        Some("  - column entries.note: gone\n  - field entries.note: gone")
    );
    assert!(failure.hint.unwrap().ends_with("RUNNER_ROLLBACK=bbbbbbbbbbbb@2"));
}

#[test]
fn a_rollback_is_asked_for_by_name_and_leaves_later_migrations_in_the_ledger() {
    let state = State {
        catalog: changed("", &["ledger|migration|002_b.sql|2222"]),
        ..after(&[(OWN, How::Boot), (LATEST, How::Boot)])
    };
    let to = |text: &str| Choices { rollback: Some(text.to_owned()), ..none() };
    for text in [OWN, "bbbbbbbbbbbb", "bbbbbbbbbbbb@2"] {
        check(&state, &to(text), Route::Full(How::Rollback), "gate apply prove");
    }
    for (text, why) in [
        ("bbbb", "this is release bbbbbbbbbbbb"),
        ("cccccccccccc", "this is release bbbbbbbbbbbb"),
        ("bbbbbbbbbbbb@1", "to roll back again, set RUNNER_ROLLBACK=bbbbbbbbbbbb@2"),
        ("bbbbbbbbbbbb@x", "it is not RELEASE or RELEASE@ENTRY"),
    ] {
        let plan = check(&state, &to(text), Route::Superseded, "");
        assert_eq!(plan.decision.notes.len(), 1, "{:?}", plan.decision.notes);
        assert!(plan.decision.notes[0].ends_with(why), "{:?}", plan.decision.notes);
    }
    let plan = check(&after(&[(OWN, How::Boot)]), &to(OWN), Route::Fast, "");
    assert_eq!(
        plan.decision.notes,
        [format!("RUNNER_ROLLBACK={OWN}: ignored, this release is the latest, and needs no way back")]
    );
    // Over Directus' own migrations there is no way back.
    let state = State {
        catalog: changed("entries.note", &["directus|system migration|C|"]),
        directus: installed(&["A", "B", "C"]),
        ..after(&[(OWN, How::Boot), (LATEST, How::Boot)])
    };
    assert!(
        planned(&state, &none(), true)
            .unwrap_err()
            .hint
            .unwrap()
            .contains("no way back to this one but a backup")
    );
}

#[test]
fn a_rollback_that_is_forgotten_in_the_environment_does_not_take_the_next_release_back() {
    let state = after(&[
        (OWN, How::Boot),
        (LATEST, How::Boot),
        (OWN, How::Rollback),
        ("cccccccccccccccc", How::Boot),
    ]);
    let choices = Choices { rollback: Some(OWN.to_owned()), ..none() };
    let plan = check(&state, &choices, Route::Superseded, "");
    assert!(plan.decision.notes[0].ends_with("RUNNER_ROLLBACK=bbbbbbbbbbbb@4"), "{:?}", plan.decision.notes);
    // Later it is the latest again, and the variable means nothing.
    check(&after(&[(LATEST, How::Boot), (OWN, How::Rollback)]), &choices, Route::Fast, "");
}

#[test]
fn after_a_rollback_later_migrations_in_the_ledger_are_no_contradiction() {
    let more = &["ledger|migration|002_b.sql|2222"];
    let mut state =
        State { catalog: changed("", more), ..after(&[(LATEST, How::Boot), (OWN, How::Rollback)]) };
    state.history.latest = changed("", more);
    check(&state, &Choices { always_full: true, ..none() }, FULL, "gate apply prove");
}

#[test]
fn somebody_elses_directus_is_refused_unless_its_collections_are_named() {
    let foreign = ["managed|table|shops|", "managed|collection|shops|{}", "directus|system migration|A|"];
    let state = State { catalog: catalog(&foreign), ..after(&[]) };
    let failure = planned(&state, &none(), true).unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    // What would drop everything is never ready to paste.
    assert!(!failure.render().contains("bbbbbbbbbbbb"), "{}", failure.render());
    let consent = Consent::parse("bbbbbbbbbbbb:shops").unwrap();
    check(&state, &Choices { consent: Some(consent), ..none() }, FULL, "gate pre apply prove");
    // A ledger says that we were here before: the gate judges.
    let ours = [&foreign[..], &["ledger|migration|001_a.sql|"]].concat();
    check(&State { catalog: catalog(&ours), ..after(&[]) }, &none(), FULL, "gate apply prove");
}

#[test]
fn a_restored_backup_is_what_its_own_history_says() {
    // Of an older release: this one is new to it, and its migrations run (again, from its point of view).
    let mut state = State { catalog: changed("001_a.sql", &[]), ..after(&[(LATEST, How::Boot)]) };
    state.history.latest = changed("001_a.sql", &[]);
    check(&state, &none(), FULL, "gate pre apply prove");
    // Of another server version: comparable with nothing, so everything is compared by Directus, and recorded anew.
    let mut state = after(&[(OWN, How::Boot)]);
    state.server.version_num = 180_001;
    let plan = check(&state, &none(), FULL, "gate apply prove");
    assert!(plan.decision.reason.contains("recorded again"));
}

#[test]
fn consent_for_another_release_is_said_to_be_ignored() {
    let consent = Consent::parse("cccccccccccc:entries").unwrap();
    let plan =
        check(&after(&[(OWN, How::Boot)]), &Choices { consent: Some(consent), ..none() }, Route::Fast, "");
    assert!(plan.decision.notes[0].contains("is for release cccccccccccc, this is bbbbbbbbbbbb: ignored"));
}

#[test]
fn of_releases_that_were_never_here_the_youngest_wins_in_every_order() {
    let commit = |time_s: u64| contract::Commit { time_s, hash: "3f2a91c0b7d4".to_owned() };
    let decided = |state: &State, ours: Option<u64>| {
        let release = Release { commit: ours.map(commit), ..release() };
        decide(&release, state, &Choices::default()).map(|decision| decision.route)
    };
    let came = |times: &[u64]| {
        let mut state = after(&times.iter().map(|_| (LATEST, How::Boot)).collect::<Vec<_>>());
        for (entry, time) in state.history.entries.iter_mut().zip(times) {
            entry.runner = contract::commit::recorded("0.1.0", Some(&commit(*time)));
        }
        state
    };
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let mut recorded = vec![order[0]];
        for time in &order[1..] {
            match decided(&came(&recorded), Some(*time)) {
                Ok(Route::Full(How::Boot)) => recorded.push(*time),
                beside => assert_eq!(beside, Ok(Route::Superseded), "{order:?}"),
            }
        }
        assert_eq!(recorded.last(), Some(&3), "{order:?}");
    }
    // The same commit again with other contents, or no commit on one of the sides: new, as ever.
    assert_eq!(decided(&came(&[2]), Some(2)), Ok(Route::Full(How::Boot)));
    assert_eq!(decided(&came(&[2]), None), Ok(Route::Full(How::Boot)));
    assert_eq!(decided(&after(&[(LATEST, How::Boot)]), Some(1)), Ok(Route::Full(How::Boot)));
    // And back on purpose.
    let rollback = Choices { rollback: Some(OWN.get(..12).unwrap().to_owned()), ..Choices::default() };
    let old = Release { commit: Some(commit(1)), ..release() };
    assert_eq!(decide(&old, &came(&[2]), &rollback).unwrap().route, Route::Full(How::Rollback));
}
