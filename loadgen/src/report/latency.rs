//! The figures of a distribution of times.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::statistics::{Confidence, Percentile, Reading, Series};

/// The percentiles of reports, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Half of the requests took at most this; `null` where the requests, as far as they are independent of each other,
    /// are too few to bound it on both sides.
    pub p50: Option<u64>,
    /// Nine in ten.
    pub p90: Option<u64>,
    /// 95 in a hundred.
    pub p95: Option<u64>,
    /// 99 in a hundred.
    pub p99: Option<u64>,
    /// 999 in a thousand.
    pub p999: Option<u64>,
    /// The longest.
    pub max: Option<u64>,
    /// The mean of what was measured.
    pub mean: Option<f64>,
    /// Requests counted.
    pub count: u64,
    /// Which of the figures are lower bounds, because requests without an answer may have taken longer.
    pub at_least: Vec<String>,
    /// Where the true percentile lies with 95 % confidence, for those that are told.
    #[serde(default)]
    pub intervals: BTreeMap<String, Bounds>,
}

/// An interval in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// Its lower end.
    pub low: u64,
    /// Its upper end; `null` where it lies among requests without an answer.
    pub high: Option<u64>,
}

impl Latency {
    /// The figures of a series.
    #[must_use]
    pub fn of(series: &Series) -> Self {
        let times = series.times();
        let mut latency = Self { count: times.count(), ..Self::default() };
        let mut figure = |name: &str, q: f64| {
            let percentile = series.percentile(q, Confidence::default()).filter(Percentile::is_told)?;
            if let (Some(low), Some(high)) = (percentile.low, percentile.high) {
                let high = if let Reading::Exactly(high) = high { Some(high) } else { None };
                latency.intervals.insert(name.into(), Bounds { low, high });
            }
            Some(told(name, percentile.value, &mut latency.at_least))
        };
        latency.p50 = figure("p50", 0.5);
        latency.p90 = figure("p90", 0.9);
        latency.p95 = figure("p95", 0.95);
        latency.p99 = figure("p99", 0.99);
        latency.p999 = figure("p999", 0.999);
        latency.max = times.longest().map(|longest| told("max", longest, &mut latency.at_least));
        latency.mean = series.mean(Confidence::default()).map(|(mean, _)| (mean * 10.0).round() / 10.0);
        if latency.mean.is_some() && !times.is_complete() {
            latency.at_least.push("mean".into());
        }
        latency
    }
}

impl Latency {
    /// A figure by its key in `summary.json`: `p50` to `p999`, or `max`. `None` where it is not told.
    #[must_use]
    pub fn figure(&self, key: &str) -> Option<u64> {
        match key {
            "p50" => self.p50,
            "p90" => self.p90,
            "p95" => self.p95,
            "p99" => self.p99,
            "p999" => self.p999,
            "max" => self.max,
            _ => None,
        }
    }

    /// Whether a figure is only a lower bound.
    #[must_use]
    pub fn is_bound(&self, key: &str) -> bool {
        self.at_least.iter().any(|bound| bound == key)
    }
}

fn told(name: &str, reading: Reading, at_least: &mut Vec<String>) -> u64 {
    if matches!(reading, Reading::AtLeast(_)) {
        at_least.push(name.into());
    }
    reading.micros()
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::*;
    use crate::statistics::{Outline, Times};

    fn latency(answered: std::ops::RangeInclusive<u64>, given_up: &[u64], dropped: u64) -> Latency {
        let histogram = |values: &[u64]| {
            let mut histogram = Histogram::new_with_bounds(1, crate::record::LONGEST, 3).unwrap();
            for value in values {
                histogram.saturating_record(*value);
            }
            histogram
        };
        let (answered, given_up) = (histogram(&answered.collect::<Vec<_>>()), histogram(given_up));
        let (mut outline, mut bounds) = (Outline::default(), Outline::default());
        outline.add_answered(&answered);
        bounds.add_answered(&given_up);
        outline.add_given_up(&bounds);
        outline.add_unanswered(dropped);
        Latency::of(&Series::new(Times::new([&answered], [&given_up], dropped), vec![outline]))
    }

    #[test]
    fn a_percentile_that_the_data_cannot_tell_is_left_out() {
        let few = latency(1..=367, &[], 0);
        assert_eq!((few.p95.is_some(), few.p99), (true, None));
        let enough = latency(1..=368, &[], 0);
        assert_eq!((enough.p99, enough.p50), (Some(365), Some(184)));
        assert!(enough.intervals["p99"].low < 365 && enough.intervals["p99"].high == Some(368));
    }

    #[test]
    fn dropped_requests_push_percentiles_up_and_never_out() {
        // 90 answered within 90 µs, 10 dropped: the 95th percentile lies among the dropped ones.
        let latency = latency(1..=90, &[], 10);
        assert_eq!((latency.p50, latency.p90, latency.p95), (Some(50), Some(90), Some(90)));
        assert_eq!(latency.at_least, ["p95", "max", "mean"]);
        assert_eq!(latency.intervals["p95"].high, None);
    }

    #[test]
    fn what_lies_below_every_bound_is_exact() {
        let latency = latency(1..=95, &[1_000; 5], 0);
        assert_eq!((latency.p50, latency.p95, latency.max), (Some(50), Some(95), Some(1_000)));
        assert_eq!(latency.at_least, ["max", "mean"]);
    }

    #[test]
    fn nothing_measured_is_null_and_not_zero() {
        let nothing = Latency::of(&Series::new(Times::new([], [], 3), Vec::new()));
        assert_eq!(nothing, Latency { count: 3, ..Latency::default() });
    }
}
