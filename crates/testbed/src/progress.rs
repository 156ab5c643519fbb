//! What a slow step is doing, how far it is and for how long: a live line on a terminal, plain lines elsewhere.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often a plain step says that it is still at work.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often the live line is drawn when nothing new is said.
const REDRAW: Duration = Duration::from_millis(120);

/// Where slow steps report. Everything goes to stderr: stdout is the result.
pub struct Progress {
    kind: Kind,
}

enum Kind {
    Live(MultiProgress),
    Plain,
    Silent,
}

impl Progress {
    /// Live lines when stderr is a terminal, plain lines otherwise.
    pub fn auto() -> Progress {
        let live =
            std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        if live { Progress { kind: Kind::Live(MultiProgress::new()) } } else { Progress::plain() }
    }

    /// A line at the start, at the end, and every 15 seconds in between.
    pub fn plain() -> Progress {
        Progress { kind: Kind::Plain }
    }

    /// Nothing at all; failures still carry everything worth knowing.
    pub fn silent() -> Progress {
        Progress { kind: Kind::Silent }
    }

    /// One line that stays.
    pub fn note(&self, text: &str) {
        match &self.kind {
            // Drawing below a live line would be overwritten by it.
            Kind::Live(lines) => drop(lines.println(text)),
            Kind::Plain => say(text),
            Kind::Silent => {}
        }
    }

    /// Begins a step. It ends with [`Step::done`] or [`Step::failed`]; one that is dropped counts as failed.
    pub fn step(&self, title: impl Into<String>) -> Step<'_> {
        let title = title.into();
        let bar = match &self.kind {
            Kind::Live(lines) => {
                let bar = lines.add(ProgressBar::new(100));
                bar.set_style(live_style());
                bar.set_prefix(title.clone());
                bar.enable_steady_tick(REDRAW);
                Some(bar)
            }
            Kind::Plain | Kind::Silent => None,
        };
        if matches!(self.kind, Kind::Plain) {
            say(&format!("{title} …"));
        }
        let now = Instant::now();
        let state = State { detail: String::new(), fraction: None, said: now };
        Step { progress: self, title, bar, started: now, state: Mutex::new(state), ended: false }
    }
}

/// One slow step under way.
pub struct Step<'a> {
    progress: &'a Progress,
    title: String,
    bar: Option<ProgressBar>,
    started: Instant,
    state: Mutex<State>,
    ended: bool,
}

struct State {
    detail: String,
    fraction: Option<f32>,
    said: Instant,
}

impl Step<'_> {
    /// Says what is being done now.
    pub fn detail(&self, detail: impl Into<String>) {
        let detail = detail.into();
        if let Some(bar) = &self.bar {
            bar.set_message(detail.clone());
        }
        self.state().detail = detail;
        self.tick();
    }

    /// Says how far the whole step is, from 0 to 1; it never runs backwards.
    pub fn fraction(&self, fraction: f32) {
        let fraction = fraction.clamp(0.0, 1.0).max(self.state().fraction.unwrap_or(0.0));
        if let Some(bar) = &self.bar {
            bar.set_position((fraction * 100.0) as u64);
        }
        self.state().fraction = Some(fraction);
        self.tick();
    }

    /// To be called now and then by whoever waits: says that the step is still at work when it is time to.
    pub fn tick(&self) {
        let mut state = self.state();
        if state.said.elapsed() < HEARTBEAT || !matches!(self.progress.kind, Kind::Plain) {
            return;
        }
        state.said = Instant::now();
        let far = state.fraction.map(|fraction| format!("{:.0} %", fraction * 100.0));
        let elapsed = Some(seconds(self.started.elapsed()));
        let detail = Some(state.detail.clone()).filter(|detail| !detail.is_empty());
        let parts: Vec<String> = [elapsed, far, detail].into_iter().flatten().collect();
        say(&format!("{}: {}", self.title, parts.join(", ")));
    }

    /// A line that stays, between the ones of this step.
    pub fn note(&self, text: &str) {
        self.progress.note(&format!("{}: {text}", self.title));
    }

    /// Ends the step well.
    pub fn done(mut self) {
        self.end(&format!("done in {}", seconds(self.started.elapsed())));
    }

    /// Ends the step badly; the failure itself is the caller's to show.
    pub fn failed(mut self, why: &str) {
        self.end(&format!("failed after {}: {why}", seconds(self.started.elapsed())));
    }

    fn end(&mut self, how: &str) {
        self.ended = true;
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.note(how);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic elsewhere must not hide what this step has to say.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end("ended early");
        }
    }
}

/// Elapsed time for people: `0.4 s`, `29 s`, `2 min 05 s`.
pub fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0..10 => format!("{:.1} s", elapsed.as_secs_f32()),
        whole @ 10..120 => format!("{whole} s"),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

fn live_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix} {bar:20} {percent:>3} % {elapsed} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A closed stderr is not an error of ours.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_reads_like_time() {
        assert_eq!(seconds(Duration::from_millis(430)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(29)), "29 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn progress_never_runs_backwards() {
        let progress = Progress::silent();
        let step = progress.step("fetch");
        step.fraction(0.5);
        step.fraction(0.2);
        assert_eq!(step.state().fraction, Some(0.5));
        step.done();
    }
}
