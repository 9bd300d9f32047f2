//! The figures of a distribution of times.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Statistic;
use crate::statistics::{CensoredTime, Confidence, Estimate, TimeSeries};
use crate::units::{show_microseconds, show_range};

/// What was measured, in microseconds, and what it tells of another run like this one.
///
/// Every figure is that of this run's requests, with those that got no answer counted as longer than all others; it is
/// `null` only where no request ended or was given up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Latency {
    /// Half of the requests took at most this.
    pub(crate) p50: Option<u64>,
    /// Nine in ten.
    pub(crate) p90: Option<u64>,
    /// 95 in a hundred.
    pub(crate) p95: Option<u64>,
    /// 99 in a hundred.
    pub(crate) p99: Option<u64>,
    /// 999 in a thousand.
    pub(crate) p999: Option<u64>,
    /// The longest.
    pub(crate) max: Option<u64>,
    /// The mean of what was measured.
    pub(crate) mean: Option<f64>,
    /// Requests counted.
    pub(crate) count: u64,
    /// Which of the figures are lower bounds, because requests without an answer may have taken longer.
    pub(crate) at_least: Vec<Statistic>,
    /// What each figure but the longest tells of another run.
    #[serde(default)]
    pub(crate) intervals: BTreeMap<Statistic, Bounds>,
}

/// Where the true figure lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Bounds {
    /// The lower end in microseconds; `null` where the data cannot bound it.
    pub(crate) low: Option<u64>,
    /// The upper end; `null` where the data cannot bound it, or where it lies among requests without an answer.
    pub(crate) high: Option<u64>,
    /// How many independent requests the run is worth, as far as this figure goes. A mean has none: its interval comes from
    /// batches.
    #[serde(default)]
    pub(crate) effective: Option<u64>,
    /// How many independent requests it takes to bound the figure on both sides.
    #[serde(default)]
    pub(crate) needs: Option<u64>,
}

impl Latency {
    /// The figures of a series.
    #[must_use]
    pub(crate) fn of(series: &TimeSeries) -> Self {
        let times = series.times();
        let mut latency = Self { count: times.count(), ..Self::default() };
        for statistic in Statistic::PERCENTILES {
            let of = |share| series.percentile(share, Confidence::default());
            if let Some(estimate) = statistic.share().and_then(of) {
                latency.intervals.insert(statistic, Bounds::of(&estimate));
                latency.set(statistic, estimate.value);
            }
        }
        if let Some(longest) = times.longest() {
            latency.set(Statistic::Max, longest);
        }
        if let Some((mean, interval)) = series.mean(Confidence::default()) {
            latency.mean = Some((mean * 10.0).round() / 10.0);
            let high = interval.map(|interval| interval.high).filter(|_| times.is_complete());
            let bounds = Bounds {
                low: interval.map(|interval| interval.low).filter(|low| *low > 0.0).map(to_micros),
                high: high.map(to_micros),
                effective: None,
                needs: None,
            };
            latency.intervals.insert(Statistic::Mean, bounds);
            if !times.is_complete() {
                latency.at_least.push(Statistic::Mean);
            }
        }
        latency
    }

    /// The same, with no lower bound below the figure of `part`, which is a part of these times: a response is no shorter
    /// than the service within it, though it may be known less well.
    #[must_use]
    pub(super) fn no_less_than(mut self, part: &Self) -> Self {
        for statistic in Statistic::PERCENTILES.into_iter().chain([Statistic::Max]) {
            let least = part.micros(statistic).filter(|_| self.is_bound(statistic));
            if let Some(least) = least.filter(|least| Some(*least) > self.micros(statistic)) {
                *self.figure(statistic) = Some(least);
            }
        }
        self
    }

    fn set(&mut self, statistic: Statistic, reading: CensoredTime) {
        if matches!(reading, CensoredTime::AtLeast(_)) {
            self.at_least.push(statistic);
        }
        *self.figure(statistic) = Some(reading.micros());
    }

    fn figure(&mut self, statistic: Statistic) -> &mut Option<u64> {
        match statistic {
            Statistic::P50 => &mut self.p50,
            Statistic::P90 => &mut self.p90,
            Statistic::P95 => &mut self.p95,
            Statistic::P99 => &mut self.p99,
            Statistic::P999 => &mut self.p999,
            Statistic::Max => &mut self.max,
            Statistic::Mean => unreachable!("a mean is read off no rank"),
        }
    }

    /// A figure in microseconds; `None` where nothing was measured.
    #[must_use]
    pub(crate) fn micros(&self, statistic: Statistic) -> Option<u64> {
        match statistic {
            Statistic::P50 => self.p50,
            Statistic::P90 => self.p90,
            Statistic::P95 => self.p95,
            Statistic::P99 => self.p99,
            Statistic::P999 => self.p999,
            Statistic::Max => self.max,
            Statistic::Mean => self.mean.map(to_micros),
        }
    }

    /// Whether a figure is only a lower bound.
    #[must_use]
    pub(crate) fn is_bound(&self, statistic: Statistic) -> bool {
        self.at_least.contains(&statistic)
    }

    /// Whether a figure tells little of another run: the data does not bound it on both sides.
    #[must_use]
    pub(crate) fn is_loose(&self, statistic: Statistic) -> bool {
        match (statistic, self.intervals.get(&statistic)) {
            (Statistic::Max, _) => false,
            (Statistic::Mean, Some(bounds)) => bounds.low.is_none(),
            (_, Some(bounds)) => bounds.effective < bounds.needs,
            (_, None) => true,
        }
    }

    /// A figure for people: `479ms`, `~479ms` where it tells little of another run, `≥30.0s` where it is a lower bound, `-`
    /// where nothing was measured.
    #[must_use]
    pub(crate) fn show(&self, statistic: Statistic) -> String {
        let Some(micros) = self.micros(statistic) else { return "-".into() };
        let mark = match (self.is_bound(statistic), self.is_loose(statistic)) {
            (true, _) => "≥",
            (false, true) => "~",
            (false, false) => "",
        };
        format!("{mark}{}", show_microseconds(micros))
    }

    /// The interval of a figure for people, with `?` at an end that the data cannot bound; empty where there is none.
    #[must_use]
    pub(crate) fn show_interval(&self, statistic: Statistic) -> String {
        let bounds = self.intervals.get(&statistic);
        bounds.map_or_else(String::new, |bounds| show_range(bounds.low, bounds.high, show_microseconds))
    }
}

impl Bounds {
    fn of(estimate: &Estimate) -> Self {
        let high =
            estimate.high.and_then(|high| if let CensoredTime::Exactly(high) = high { Some(high) } else { None });
        Self { low: estimate.low, high, effective: Some(estimate.effective), needs: Some(estimate.needs) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, at zero from below")]
fn to_micros(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::*;
    use crate::statistics::{CensoredTimes, SparseHistogram};

    fn latency(answered: std::ops::RangeInclusive<u64>, given_up: &[u64], dropped: u64) -> Latency {
        let histogram = |values: &[u64]| {
            let mut histogram = Histogram::new_with_bounds(1, crate::record::LONGEST, 3).unwrap();
            for value in values {
                histogram.saturating_record(*value);
            }
            histogram
        };
        let (answered, given_up) = (histogram(&answered.collect::<Vec<_>>()), histogram(given_up));
        let (mut sparse, mut bounds) = (SparseHistogram::default(), SparseHistogram::default());
        sparse.add_answered(&answered);
        bounds.add_answered(&given_up);
        sparse.add_given_up(&bounds);
        sparse.add_unanswered(dropped);
        Latency::of(&TimeSeries::new(CensoredTimes::new([&answered], [&given_up], dropped), vec![sparse]))
    }

    #[test]
    fn what_was_measured_is_a_number_and_what_it_proves_stands_beside_it() {
        let few = latency(1..=367, &[], 0);
        assert_eq!((few.p95, few.p99, few.p999), (Some(349), Some(364), Some(367)));
        assert_eq!((few.show(Statistic::P95), few.show(Statistic::P99)), ("349µs".into(), "~364µs".into()));
        let p99 = few.intervals[&Statistic::P99];
        assert_eq!((p99.high, p99.effective, p99.needs), (None, Some(367), Some(368)));
        assert!(few.show_interval(Statistic::P99).ends_with("–?"), "{}", few.show_interval(Statistic::P99));
        let enough = latency(1..=368, &[], 0);
        assert_eq!((enough.p99, enough.p50), (Some(365), Some(184)));
        assert!(enough.intervals[&Statistic::P99].low < Some(365));
        assert_eq!(enough.intervals[&Statistic::P99].high, Some(368));
        let json = serde_json::to_value(&few).unwrap();
        assert!(json["p99"].is_number() && json["intervals"]["p99"]["high"].is_null(), "{json}");
    }

    #[test]
    fn a_single_request_has_every_figure() {
        let one = latency(479..=479, &[], 0);
        for statistic in Statistic::ALL {
            assert_eq!(one.micros(statistic), Some(479), "{statistic:?}");
        }
        assert_eq!((one.show(Statistic::P50), one.show_interval(Statistic::P50)), ("~479µs".into(), "?–?".into()));
    }

    #[test]
    fn dropped_requests_push_percentiles_up_and_never_out() {
        // 90 answered within 90 µs, 10 dropped: the 95th percentile lies among the dropped ones.
        let latency = latency(1..=90, &[], 10);
        assert_eq!((latency.p50, latency.p90, latency.p95), (Some(50), Some(90), Some(90)));
        assert_eq!(
            latency.at_least,
            [Statistic::P95, Statistic::P99, Statistic::P999, Statistic::Max, Statistic::Mean]
        );
        assert_eq!(latency.intervals[&Statistic::P95].high, None);
        assert_eq!(latency.show(Statistic::P95), "≥90µs");
    }

    #[test]
    fn what_lies_below_every_bound_is_exact() {
        let latency = latency(1..=95, &[1_000; 5], 0);
        assert_eq!((latency.p50, latency.p95, latency.max), (Some(50), Some(95), Some(1_000)));
        assert_eq!(latency.at_least, [Statistic::P99, Statistic::P999, Statistic::Max, Statistic::Mean]);
    }

    #[test]
    fn responses_are_no_shorter_than_the_services_within_them() {
        // Of the due requests some were never sent, which lowers what is known of the rest.
        let service = latency(1..=10, &[500; 10], 0);
        let response = latency(1..=10, &[vec![500; 10], vec![20; 80]].concat(), 0);
        assert!(response.p90 < service.p90, "{response:?}");
        let response = response.no_less_than(&service);
        assert_eq!((response.p90, response.p99), (service.p90, service.p99));
        assert!(response.is_bound(Statistic::P50) && response.is_bound(Statistic::Max));
        let exact = latency(1..=10, &[], 0);
        assert_eq!(exact.clone().no_less_than(&service), exact, "what was measured stays what it is");
    }

    #[test]
    fn nothing_measured_is_null_and_not_zero() {
        let nothing = Latency::of(&TimeSeries::new(CensoredTimes::new([], [], 3), Vec::new()));
        assert_eq!(nothing, Latency { count: 3, ..Latency::default() });
    }
}
