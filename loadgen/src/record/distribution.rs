//! Percentiles that own up to what was not seen: unanswered requests count as "at least", dropped ones as never.

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Times of answered requests and lower bounds of the others.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// Both, in microseconds.
    values: Option<Histogram<u64>>,
    /// The least of the lower bounds.
    least_bound: Option<u64>,
    /// Requests of which nothing is known but that they were never answered.
    never: u64,
}

/// The percentiles of reports, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Half of the requests took at most this; `null` where there are too few requests to tell.
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
}

impl Distribution {
    /// A distribution of answered requests (`measured`), requests given up after some time (`bounds`), and requests of
    /// which nothing is known (`never`).
    #[must_use]
    pub fn new<'a>(
        measured: impl IntoIterator<Item = &'a Histogram<u64>>,
        bounds: impl IntoIterator<Item = &'a Histogram<u64>>,
        never: u64,
    ) -> Self {
        let mut distribution = Self { values: None, least_bound: None, never };
        for histogram in measured {
            distribution.add(histogram);
        }
        for histogram in bounds.into_iter().filter(|h| !h.is_empty()) {
            let least = histogram.min();
            distribution.least_bound = Some(distribution.least_bound.map_or(least, |l| l.min(least)));
            distribution.add(histogram);
        }
        distribution
    }

    fn add(&mut self, histogram: &Histogram<u64>) {
        match &mut self.values {
            Some(values) => values.add(histogram).unwrap_or_default(),
            None => self.values = Some(histogram.clone()),
        }
    }

    /// Requests counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.values.as_ref().map_or(0, Histogram::len) + self.never
    }

    /// The value that a share `q` of the requests do not exceed, and whether it is only a lower bound; `None` without
    /// requests.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank between 1 and the count")]
    pub fn quantile(&self, q: f64) -> Option<(u64, bool)> {
        let values = self.values.as_ref().filter(|v| !v.is_empty())?;
        let rank = ((q * self.count() as f64).ceil() as u64).clamp(1, self.count());
        if rank > values.len() {
            return Some((values.max(), true));
        }
        let value = values.value_at_quantile(rank as f64 / values.len() as f64).min(values.max());
        Some((value, self.least_bound.is_some_and(|least| least < value)))
    }

    /// The figures of a report. A percentile that so many requests cannot tell is left out: between its two-sided 95 %
    /// bounds there must be room for an upper one.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let mut latency = Latency { count: self.count(), ..Latency::default() };
        let Some(values) = self.values.as_ref().filter(|v| !v.is_empty()) else { return latency };
        let mut at_least = Vec::new();
        let mut figure = |name: &str, q: f64| {
            let (value, bound) = self.quantile(q).filter(|_| self.count() >= needed(q))?;
            if bound {
                at_least.push(name.to_owned());
            }
            Some(value)
        };
        latency.p50 = figure("p50", 0.5);
        latency.p90 = figure("p90", 0.9);
        latency.p95 = figure("p95", 0.95);
        latency.p99 = figure("p99", 0.99);
        latency.p999 = figure("p999", 0.999);
        latency.max = figure("max", 1.0);
        latency.mean = Some((values.mean() * 10.0).round() / 10.0);
        if self.least_bound.is_some() || self.never > 0 {
            at_least.push("mean".into());
        }
        latency.at_least = at_least;
        latency
    }
}

/// The least number of requests that tells percentile `q` with a two-sided 95 % interval: `q^n ≤ 0.025`.
#[must_use]
pub fn needed(q: f64) -> u64 {
    if q >= 1.0 {
        return 1;
    }
    let mut n = 0;
    let mut power = 1.0;
    while power > 0.025 {
        power *= q;
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, super::super::tally::LONGEST, 3).unwrap();
        values.into_iter().for_each(|v| histogram.saturating_record(v));
        histogram
    }

    #[test]
    fn the_least_counts_are_those_of_the_order_statistics() {
        assert_eq!([0.5, 0.9, 0.95, 0.99, 0.999].map(needed), [6, 36, 72, 368, 3_688]);
    }

    #[test]
    fn a_percentile_that_the_data_cannot_tell_is_left_out() {
        let latency = Distribution::new([&histogram(1..=367)], [], 0).latency();
        assert_eq!((latency.p95.is_some(), latency.p99), (true, None));
        let latency = Distribution::new([&histogram(1..=368)], [], 0).latency();
        assert_eq!(latency.p99, Some(365));
    }

    #[test]
    fn dropped_requests_push_percentiles_up_and_never_out() {
        // 90 answered within 90 µs, 10 dropped: the 95th percentile lies among the dropped ones.
        let latency = Distribution::new([&histogram(1..=90)], [], 10).latency();
        assert_eq!((latency.p50, latency.p90, latency.p95), (Some(50), Some(90), Some(90)));
        assert_eq!(latency.at_least, ["p95", "max", "mean"]);
    }

    #[test]
    fn what_lies_below_every_bound_is_exact() {
        let latency = Distribution::new([&histogram(1..=95)], [&histogram([1_000; 5])], 0).latency();
        assert_eq!((latency.p50, latency.p95, latency.max), (Some(50), Some(95), Some(1_000)));
        assert_eq!(latency.at_least, ["mean"]);
        let latency = Distribution::new([&histogram(1..=95)], [&histogram([40; 5])], 0).latency();
        assert!(latency.at_least.contains(&"p95".to_owned()), "{:?}", latency.at_least);
    }

    #[test]
    fn nothing_measured_is_null_and_not_zero() {
        assert_eq!(Distribution::new([], [], 3).latency(), Latency { count: 3, ..Latency::default() });
    }
}
