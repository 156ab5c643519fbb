//! `runner status`, `runner plan` and `runner image-check`, for people and as JSON.

use crate::say;
use boot::image::Image;
use boot::plan::{Action, BootPlan, StepKind};
use boot::state::Directus;
use boot::status::Status;
use contract::{Failure, commit, inert};
use serde_json::{Value, json};

/// The plan, one line for the way and one for each step.
pub(crate) fn plan_text(plan: &BootPlan) {
    let decision = &plan.decision;
    told(&format!("{:<10}  release {}: {}", decision.route.word(), plan.release, decision.reason));
    decision.notes.iter().for_each(|note| told(&format!("note        {note}")));
    for step in &plan.steps {
        told(&format!("{:<10}  {:<7}  {}", word(step.action), step.kind.word(), step.reason));
    }
}

/// One line of a result for people, whatever names somebody gave.
fn told(text: &str) {
    say::result(&inert(text));
}

fn word(action: Action) -> &'static str {
    if action == Action::Do { "do" } else { "skip" }
}

/// The same for machines.
pub(crate) fn plan_json(plan: &BootPlan) -> Value {
    let step = |kind: StepKind, action, reason: &str| json!({ "step": kind.word(), "action": word(action), "reason": reason });
    json!({
        "release": plan.release.as_str(),
        "way": plan.decision.route.word(),
        "reason": plan.decision.reason,
        "notes": plan.decision.notes,
        "steps": plan.steps.iter().map(|each| step(each.kind, each.action, &each.reason)).collect::<Vec<_>>(),
    })
}

fn failure_json(failure: &Failure) -> Value {
    json!({
        "what": failure.what, "causes": failure.causes, "excerpt": failure.excerpt, "hint": failure.hint, "exit": failure.exit.code(),
    })
}

/// Everything, on one page.
pub(crate) fn text(status: &Status) {
    let line = |name: &str, text: &str| told(&format!("{name:<12}{text}"));
    let of = status.commit.as_ref().map(|commit| format!(", commit {}", commit.short())).unwrap_or_default();
    line("release", &format!("{}, runner {}{of}", status.release, env!("CARGO_PKG_VERSION")));
    match &status.next {
        Ok(plan) => line("next boot", &format!("{}: {}", plan.decision.route.word(), plan.decision.reason)),
        Err(failure) => {
            line("next boot", &format!("refused (exit {}): {}", failure.exit.code(), failure.what))
        }
    }
    let server = &status.server;
    let none = || "none".to_owned();
    line("Postgres", &server.version);
    line("TimescaleDB", &server.timescaledb.clone().unwrap_or_else(none));
    line("PostGIS", &server.postgis.clone().unwrap_or_else(none));
    line("Directus", &directus(status));
    line(
        "lock",
        &status.holder.as_ref().map_or_else(
            || "free".to_owned(),
            |holder| {
                format!(
                    "held by {} (backend {}, for {} s)",
                    holder.application_name, holder.pid, holder.session_s
                )
            },
        ),
    );
    line("ledger", &format!("{} migrations", status.ledger.len()));
    line(
        "drift",
        &match (status.history.is_empty(), status.drift.count()) {
            (true, _) => "nothing recorded to compare with".to_owned(),
            (false, 0) => "none".to_owned(),
            (false, count) => format!("{count} differences to the latest release"),
        },
    );
    status.drift.render().iter().for_each(|each| told(&format!("  {each}")));
    line(
        "not in git",
        &match status.unmanaged.len() {
            0 => "nothing".to_owned(),
            1 => "1 object, left alone".to_owned(),
            count => format!("{count} objects, left alone"),
        },
    );
    status.unmanaged.iter().for_each(|each| told(&format!("  {each}")));
    told("releases");
    for entry in &status.history {
        told(&format!(
            "  {:>4}  {}  {}  {:<14}  Directus {}, runner {}",
            entry.number,
            entry.recorded_at,
            entry.release,
            entry.word(),
            entry.directus,
            commit::told(&entry.runner)
        ));
    }
}

fn directus(status: &Status) -> String {
    match &status.directus {
        Directus::Absent => "not installed".to_owned(),
        Directus::Partial { missing, .. } => format!("half installed, without {}", missing.join(", ")),
        Directus::Installed { users, admins, system_migrations } => {
            let version = status.completed().map_or("of unknown version", |entry| entry.directus.as_str());
            let latest = system_migrations.iter().next_back().map_or("none", String::as_str);
            format!(
                "{version}, system migrations up to {latest}, {users} users, {admins} active administrators"
            )
        }
    }
}

/// The same for machines.
pub(crate) fn to_json(status: &Status) -> Value {
    let server = &status.server;
    json!({
        "release": status.release.as_str(),
        "runner": env!("CARGO_PKG_VERSION"),
        "commit": status.commit.as_ref().map(|commit| commit.hash.as_str()),
        "settled": status.is_settled(),
        "next_boot": match &status.next { Ok(plan) => plan_json(plan), Err(failure) => json!({ "refused": failure_json(failure) }) },
        "postgres": server.version, "timescaledb": server.timescaledb, "postgis": server.postgis,
        "directus": status.completed().map(|entry| entry.directus.as_str()),
        "installed": matches!(status.directus, Directus::Installed { .. }),
        "lock": status.holder.as_ref().map(|holder| json!({
            "application_name": holder.application_name, "backend": holder.pid, "session_s": holder.session_s,
        })),
        "ledger": status.ledger.iter().map(|(file, checksum)| json!({ "file": file, "checksum": checksum })).collect::<Vec<_>>(),
        "drift": status.drift.render(),
        "unmanaged": status.unmanaged,
        "releases": status.history.iter().map(|entry| json!({
            "number": entry.number, "release": entry.release.as_str(), "recorded_at": entry.recorded_at, "how": entry.how.word(), "completed": entry.completed,
            "directus": entry.directus, "runner": entry.runner.split(' ').next(), "commit": entry.commit().map(|commit| commit.hash),
        })).collect::<Vec<_>>(),
    })
}

/// What an image holds, in one line.
pub(crate) fn image_text(image: &Image) -> String {
    let short = image.release.get(..12).unwrap_or(&image.release);
    format!("release {short}: Directus {} on Node {}, user {}", image.directus, image.node, image.uid)
}

/// The same for machines.
pub(crate) fn image_json(image: &Image) -> Value {
    json!({ "release": image.release, "directus": image.directus, "node": image.node, "uid": image.uid })
}
