//! What `cargo xtask bench` measures: whole programs, from outside, each beside what it replaces.

pub(crate) mod boot;
pub(crate) mod commands;
pub(crate) mod migrations;
pub(crate) mod schema;

use crate::console::elapsed;
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// A measured value.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    /// Seconds.
    Time(Duration),
    /// Bytes.
    Size(u64),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Time(time) => f.write_str(&elapsed(*time)),
            #[expect(clippy::cast_precision_loss, reason = "megabytes with two decimals")]
            Amount::Size(bytes) => write!(f, "{:.2} MB", *bytes as f64 / 1e6),
        }
    }
}

/// One measured row.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: &'static str,
    /// Ours, the median.
    pub(crate) ours: Amount,
    /// What it is held against, and its median.
    pub(crate) beside: Option<(&'static str, Duration)>,
    /// The number to hold.
    pub(crate) target: &'static str,
}

impl Row {
    /// A time beside nothing.
    pub(crate) fn alone(what: &'static str, ours: Duration, target: &'static str) -> Row {
        Row { what, ours: Amount::Time(ours), beside: None, target }
    }

    /// Ours by theirs.
    pub(crate) fn ratio(&self) -> Option<f64> {
        match (self.ours, self.beside) {
            (Amount::Time(ours), Some((_, theirs))) => Some(ours.as_secs_f64() / theirs.as_secs_f64()),
            _ => None,
        }
    }

    /// Times in milliseconds, sizes in bytes.
    pub(crate) fn to_json(&self) -> Value {
        let (time, size) = match self.ours {
            Amount::Time(time) => (Some(time.as_secs_f64() * 1e3), None),
            Amount::Size(bytes) => (None, Some(bytes)),
        };
        json!({
            "what": self.what,
            "ours_ms": time,
            "ours_bytes": size,
            "beside": self.beside.map(|(what, _)| what),
            "beside_ms": self.beside.map(|(_, time)| time.as_secs_f64() * 1e3),
            "ratio": self.ratio(),
            "target": self.target,
        })
    }
}

/// A line of a Markdown table.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beside =
            self.beside.map_or_else(|| "–".to_owned(), |(what, time)| format!("{} {what}", elapsed(time)));
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
        let beside = Some(("theirs", Duration::from_secs(4)));
        let small = Row { what: "a", ours: time(20), beside, target: "b" };
        assert_eq!(small.to_string(), "| a | 20 ms | 4.0 s theirs | 0.0050 (200 ×) | b |");
        let large = Row { what: "a", ours: time(3000), beside, target: "b" };
        assert_eq!(large.to_string(), "| a | 3.0 s | 4.0 s theirs | 0.75 | b |");
        let size = Row { what: "a", ours: Amount::Size(2_469_216), beside: None, target: "b" };
        assert_eq!(size.to_string(), "| a | 2.47 MB | – | – | b |");
    }
}
