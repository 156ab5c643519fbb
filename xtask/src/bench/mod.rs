//! What `cargo xtask bench` measures: whole programs, from outside, each beside what it replaces.

pub(crate) mod boot;
pub(crate) mod commands;
pub(crate) mod growth;
pub(crate) mod migrations;
pub(crate) mod schema;

use crate::console::elapsed;
use anyhow::Result;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A measured value.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    /// Seconds.
    Time(Duration),
    /// Bytes.
    Size(u64),
    /// One by another.
    Times(f64),
    /// What Directus did to the database, and with how much memory.
    Work(Work),
}

/// A piece of work.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) time: Duration,
    /// What the server was sent.
    pub(crate) statements: usize,
    /// Of Node.
    pub(crate) peak_bytes: u64,
}

impl Amount {
    fn time(self) -> Option<Duration> {
        match self {
            Amount::Time(time) | Amount::Work(Work { time, .. }) => Some(time),
            Amount::Size(_) | Amount::Times(_) => None,
        }
    }

    fn bytes(self) -> Option<u64> {
        match self {
            Amount::Size(bytes) | Amount::Work(Work { peak_bytes: bytes, .. }) => Some(bytes),
            Amount::Time(_) | Amount::Times(_) => None,
        }
    }

    fn statements(self) -> Option<usize> {
        match self {
            Amount::Work(work) => Some(work.statements),
            _ => None,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Time(time) => f.write_str(&elapsed(*time)),
            #[expect(clippy::cast_precision_loss, reason = "megabytes with two decimals")]
            Amount::Size(bytes) => write!(f, "{:.2} MB", *bytes as f64 / 1e6),
            Amount::Times(times) => write!(f, "{times:.2} ×"),
            Amount::Work(Work { time, statements, peak_bytes }) => {
                write!(f, "{}, {statements} statements, {} MB", elapsed(*time), peak_bytes / 1_000_000)
            }
        }
    }
}

/// One measured row.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: Cow<'static, str>,
    /// Ours, the median.
    pub(crate) ours: Amount,
    /// What it is held against, and its median.
    pub(crate) beside: Option<(&'static str, Amount)>,
    /// The number to hold.
    pub(crate) target: &'static str,
}

impl Row {
    /// A time beside nothing.
    pub(crate) fn alone(what: impl Into<Cow<'static, str>>, ours: Duration, target: &'static str) -> Row {
        Row { what: what.into(), ours: Amount::Time(ours), beside: None, target }
    }

    /// Ours by theirs.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let (_, theirs) = self.beside?;
        Some(self.ours.time()?.as_secs_f64() / theirs.time()?.as_secs_f64())
    }

    /// Times in milliseconds, sizes in bytes.
    pub(crate) fn to_json(&self) -> Value {
        let ms = |amount: Amount| amount.time().map(|time| time.as_secs_f64() * 1e3);
        let theirs = self.beside.map(|(_, theirs)| theirs);
        json!({
            "what": self.what,
            "ours_ms": ms(self.ours),
            "ours_bytes": self.ours.bytes(),
            "ours_statements": self.ours.statements(),
            "ours_times": match self.ours { Amount::Times(times) => Some(times), _ => None },
            "beside": self.beside.map(|(what, _)| what),
            "beside_ms": theirs.and_then(ms),
            "beside_bytes": theirs.and_then(Amount::bytes),
            "beside_statements": theirs.and_then(Amount::statements),
            "ratio": self.ratio(),
            "target": self.target,
        })
    }
}

/// A line of a Markdown table.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beside = self.beside.map_or_else(|| "–".to_owned(), |(what, theirs)| format!("{theirs} {what}"));
        let ratio = match self.ratio() {
            None => "–".to_owned(),
            Some(ratio) if ratio < 0.1 => format!("{ratio:.4} ({:.0} ×)", 1.0 / ratio),
            Some(ratio) => format!("{ratio:.2}"),
        };
        write!(f, "| {} | {} | {beside} | {ratio} | {} |", self.what, self.ours, self.target)
    }
}

/// The medians of two measurements that run in turn, A B A B.
pub(crate) fn in_turn(
    runs: u32,
    mut ours: impl FnMut() -> Result<Duration>,
    mut theirs: impl FnMut() -> Result<Duration>,
) -> Result<(Duration, Duration)> {
    let (mut all_ours, mut all_theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        all_ours.push(ours()?);
        all_theirs.push(theirs()?);
    }
    Ok((median(all_ours), median(all_theirs)))
}

/// The middle one; of two, the slower.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let ms = Duration::from_millis;
        assert_eq!(median(vec![ms(9), ms(1), ms(5)]), ms(5));
    }

    #[test]
    fn a_row_shows_small_ratios_as_how_many_times() {
        let time = |ms| Amount::Time(Duration::from_millis(ms));
        let beside = Some(("theirs", time(4000)));
        let small = Row { what: "a".into(), ours: time(20), beside, target: "b" };
        assert_eq!(small.to_string(), "| a | 20 ms | 4.0 s theirs | 0.0050 (200 ×) | b |");
        let large = Row { what: "a".into(), ours: time(3000), beside, target: "b" };
        assert_eq!(large.to_string(), "| a | 3.0 s | 4.0 s theirs | 0.75 | b |");
        let size = Row { what: "a".into(), ours: Amount::Size(2_469_216), beside: None, target: "b" };
        assert_eq!(size.to_string(), "| a | 2.47 MB | – | – | b |");
        let work = |ms| {
            let time = Duration::from_millis(ms);
            Amount::Work(Work { time, statements: 12, peak_bytes: 340_000_000 })
        };
        let both = Row { what: "a".into(), ours: work(500), beside: Some(("own", work(1000))), target: "b" };
        assert_eq!(
            both.to_string(),
            "| a | 500 ms, 12 statements, 340 MB | 1.0 s, 12 statements, 340 MB own | 0.50 | b |"
        );
    }
}
