//! Figures: what was measured, beside the raw limit of the same run.

use std::time::Duration;

use serde::Serialize;

/// One measurement of ours beside the raw one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// What was measured.
    pub name: String,
    /// Under which conditions: durability, sizes, rounds.
    pub conditions: String,
    /// Baton.
    pub ours: Measured,
    /// The same without Baton.
    pub raw: Measured,
    /// Ours by raw: of rates the higher the better, of latencies (medians) the lower.
    pub ratio: f64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// Times of single steps.
    Latencies(Latencies),
    /// Things done in a second.
    Rate(Rate),
}

/// Times of single steps, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latencies {
    /// How many were measured.
    pub n: usize,
    /// Half took no longer.
    pub p50_ms: f64,
    /// Nine of ten took no longer.
    pub p90_ms: f64,
    /// Ninety-nine of a hundred took no longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Things done in a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// How many were done in a round.
    pub n: usize,
    /// The median of the rounds.
    pub per_second: f64,
}

impl Latencies {
    /// Of at least one time.
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            millis(times.get(rank - 1).copied().unwrap_or_default())
        };
        Self {
            n: times.len(),
            p50_ms: at(50),
            p90_ms: at(90),
            p99_ms: at(99),
            max_ms: at(100),
        }
    }
}

impl Rate {
    /// `n` things in each of these times.
    pub(crate) fn of(n: usize, mut rounds: Vec<Duration>) -> Self {
        rounds.sort_unstable();
        let median = rounds.get(rounds.len() / 2).copied().unwrap_or_default();
        let n_exact = u32::try_from(n).map_or(f64::INFINITY, f64::from);
        Self {
            n,
            per_second: n_exact / median.as_secs_f64(),
        }
    }
}

impl Figures {
    pub(crate) fn latencies(
        name: &str,
        conditions: String,
        ours: Vec<Duration>,
        raw: Vec<Duration>,
    ) -> Self {
        let (ours, raw) = (Latencies::of(ours), Latencies::of(raw));
        Self {
            name: name.to_owned(),
            conditions,
            ratio: ours.p50_ms / raw.p50_ms,
            ours: Measured::Latencies(ours),
            raw: Measured::Latencies(raw),
        }
    }

    pub(crate) fn rates(name: String, conditions: String, ours: Rate, raw: Rate) -> Self {
        Self {
            name,
            conditions,
            ratio: ours.per_second / raw.per_second,
            ours: Measured::Rate(ours),
            raw: Measured::Rate(raw),
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let latencies = Latencies::of(times);
        let shown = (latencies.p50_ms, latencies.p90_ms, latencies.p99_ms);
        assert_eq!(shown, (100.0, 180.0, 198.0));
        assert_eq!((latencies.n, latencies.max_ms), (200, 200.0));
        let one = Latencies::of(vec![Duration::from_millis(7)]);
        assert_eq!((one.p50_ms, one.p99_ms), (7.0, 7.0));
    }

    #[test]
    fn a_rate_is_that_of_the_median_round() {
        let rounds = [4, 1, 2].map(Duration::from_secs).to_vec();
        let rate = Rate::of(1000, rounds);
        assert!((rate.per_second - 500.0).abs() < 1e-9);
    }
}
