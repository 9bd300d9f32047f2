//! How long workflows took, in memory that their number does not change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Times told apart to three digits, with how often each was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Durations(pub(super) BTreeMap<u64, u64>);

/// Times of workflows, in milliseconds from start to end, as Step Functions tells them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct WorkflowTimes {
    /// Workflows that ended.
    pub(crate) count: u64,
    /// Median.
    pub(crate) p50: u64,
    /// 90th percentile.
    pub(crate) p90: u64,
    /// 95th percentile.
    pub(crate) p95: u64,
    /// 99th percentile.
    pub(crate) p99: u64,
    /// Longest.
    pub(crate) max: u64,
    /// Mean.
    pub(crate) mean: f64,
}

impl Durations {
    pub(super) fn add(&mut self, milliseconds: u64) {
        *self.0.entry(three_digits(milliseconds)).or_default() += 1;
    }

    /// The percentiles; `None` where nothing ended.
    pub(super) fn told(&self) -> Option<WorkflowTimes> {
        let count: u64 = self.0.values().sum();
        let max = *self.0.last_key_value()?.0;
        let sum: f64 = self.0.iter().map(|(took, times)| *took as f64 * *times as f64).sum();
        let quantile = |percent: u64| {
            let rank = (count * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let at = self.0.iter().find(|(_, times)| {
                seen += **times;
                seen >= rank
            });
            at.map_or(max, |(took, _)| *took)
        };
        let mean = (sum / count as f64 * 10.0).round() / 10.0;
        Some(WorkflowTimes {
            count,
            p50: quantile(50),
            p90: quantile(90),
            p95: quantile(95),
            p99: quantile(99),
            max,
            mean,
        })
    }
}

fn three_digits(value: u64) -> u64 {
    let unit = 10_u64.pow(value.max(1).ilog10().saturating_sub(2));
    (value + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks_and_times_keep_three_digits() {
        let mut durations = Durations::default();
        (1..=100).for_each(|n| durations.add(n * 1_001));
        let told = durations.told().unwrap();
        assert_eq!((told.count, told.p50, told.p99, told.max), (100, 50_100, 99_100, 100_000));
        assert_eq!(Durations::default().told(), None);
        assert_eq!([7, 999, 1_234, 123_456].map(three_digits), [7, 999, 1_230, 123_000]);
    }
}
