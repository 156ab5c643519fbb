//! What `cargo xtask bench` measures: whole programs, from outside, each beside what it replaces.

pub(crate) mod boot;
pub(crate) mod migrations;
pub(crate) mod schema;

use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;

/// One measured row.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: &'static str,
    /// Ours, the median.
    pub(crate) ours: Duration,
    /// What it is held against, and its median.
    pub(crate) beside: Option<(&'static str, Duration)>,
    /// The number to hold.
    pub(crate) target: &'static str,
}

impl Row {
    /// Ours by theirs.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.beside.map(|(_, time)| self.ours.as_secs_f64() / time.as_secs_f64())
    }

    /// Times in milliseconds.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "ours_ms": self.ours.as_secs_f64() * 1e3,
            "beside": self.beside.map(|(what, _)| what),
            "beside_ms": self.beside.map(|(_, time)| time.as_secs_f64() * 1e3),
            "ratio": self.ratio(),
            "target": self.target,
        })
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
}
