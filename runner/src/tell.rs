//! The runner's conversation, on stderr: lines for people, or one JSON object a line (`RUNNER_LOG=json`). Directus' own log is its own
//! affair: `LOG_STYLE=raw` makes that JSON.

use crate::say;
use boot::Event;
use contract::env::{Environment, LOG};
use contract::inert::{inert, inert_lines};
use contract::{Exit, Failure, Outcome};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// For people.
    #[default]
    Text,
    /// For a log collector.
    Json,
}

impl Style {
    /// Reads `RUNNER_LOG`.
    ///
    /// # Errors
    /// Exit 2 for another word.
    pub(crate) fn from_environment(environment: &Environment) -> Outcome<Style> {
        match environment.get(LOG) {
            None | Some("text") => Ok(Style::Text),
            Some("json") => Ok(Style::Json),
            Some(other) => {
                Err(Failure::new(format!("read `{LOG}`: `{other}` is neither text nor json"))
                    .exit(Exit::Usage))
            }
        }
    }

    /// An event of the boot.
    pub(crate) fn event(self, event: Event) {
        match (self, event) {
            // Said at its end, with its time.
            (Style::Text, Event::Begin { .. }) => {}
            (Style::Text, Event::Doing(text) | Event::Note(text)) => runner(&text),
            (Style::Text, Event::Done { step, what, elapsed }) => {
                runner(&format!("{step:<7} {what} ({:.2} s)", elapsed.as_secs_f64()));
            }
            (Style::Json, Event::Begin { step, why }) => {
                write("info", "begin", json!({ "step": step, "what": why }))
            }
            (Style::Json, Event::Doing(text)) => write("info", "doing", json!({ "what": text })),
            (Style::Json, Event::Note(text)) => write("warn", "note", json!({ "what": text })),
            (Style::Json, Event::Done { step, what, elapsed }) => {
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                write("info", "done", json!({ "step": step, "what": what, "elapsed_ms": elapsed_ms }));
            }
        }
    }

    /// A state of the whole: `prepared`, `serving`.
    pub(crate) fn state(self, state: &str, what: &str) {
        match self {
            Style::Text if what.is_empty() => runner(state),
            Style::Text => runner(&format!("{state} {what}")),
            Style::Json => write("info", state, json!({ "what": what })),
        }
    }

    /// The end, when it is a failure.
    pub(crate) fn failure(self, failure: &Failure) {
        match self {
            Style::Text => say::line(&inert_lines(failure.render().trim_end())),
            Style::Json => write(
                "error",
                "failed",
                json!({
                    "what": failure.what, "causes": failure.causes, "excerpt": failure.excerpt, "hint": failure.hint,
                    "exit": failure.exit.code(), "log": failure.log,
                }),
            ),
        }
    }
}

/// One line for people, whatever a server or a file has put into it.
fn runner(text: &str) {
    say::line(&format!("runner: {}", inert(text)));
}

fn write(level: &str, event: &str, more: Value) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut object = json!({ "time": utc(since), "level": level, "event": event });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    say::line(&object.to_string());
}

/// `2026-11-24T12:00:00.000Z`, by the proleptic Gregorian calendar.
fn utc(since_epoch: Duration) -> String {
    let (days, seconds) = (since_epoch.as_secs() / 86_400, since_epoch.as_secs() % 86_400);
    // Years begin in March here, so that the leap day is a year's last; an era is 400 years, 146,097 days.
    let day = days + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day_of_month:02}T{:02}:{:02}:{:02}.{:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        since_epoch.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        let at = |seconds| utc(Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(1_795_522_530), "2026-11-24T12:15:30.000Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59.000Z");
    }
}
