//! Times, of which some are only known to be at least so long.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use hdrhistogram::Histogram;

use super::{Confidence, ConfidenceInterval, needed, ranks};

/// Times of requests: how often each was measured, how often one was only known to be at least so long, and how many
/// requests never got an answer at all. What a histogram holds, without its empty buckets; whole microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CensoredTimes {
    measured: TimeCounts,
    /// Both the measured and the lower bounds.
    known: TimeCounts,
    never: u64,
}

/// Count of observations by the longest time of their bucket; the bucket's shortest time stands beside it.
type TimeCounts = BTreeMap<u64, (u64, u64)>;

/// A percentile of the run, and what it tells of another run like it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The percentile of the observed requests, with those that got no answer counted as longer than all others.
    pub value: CensoredTime,
    /// The lower end of its confidence interval; `None` where there are too few observations for one.
    pub(crate) low: Option<u64>,
    /// The upper end; `None` where there are too few observations for one.
    pub(crate) high: Option<CensoredTime>,
    /// How many independent observations the data is worth: whole ones, at most as many as there are.
    pub(crate) effective: u64,
    /// How many of these an interval with both ends takes.
    pub(crate) needs: u64,
}

/// A time that was read off the data, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CensoredTime {
    /// So long.
    Exactly(u64),
    /// So long or longer: it lies among requests that got no answer.
    AtLeast(u64),
}

impl CensoredTime {
    /// The time, or its lower bound.
    #[must_use]
    pub(crate) const fn micros(self) -> u64 {
        match self {
            Self::Exactly(micros) | Self::AtLeast(micros) => micros,
        }
    }
}

impl Estimate {
    /// Whether the data bounds the percentile on both sides; if not, it is a fact of this run and little more.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.low.is_some() && self.high.is_some()
    }

    /// The interval, with an end that the data cannot tell at 0 or infinity.
    #[must_use]
    pub fn interval(&self) -> ConfidenceInterval {
        let high = match self.high {
            Some(CensoredTime::Exactly(micros)) => micros as f64,
            Some(CensoredTime::AtLeast(_)) | None => f64::INFINITY,
        };
        ConfidenceInterval { low: self.low.map_or(0.0, |micros| micros as f64), high }
    }
}

impl CensoredTimes {
    /// Times of a stretch of a run.
    #[must_use]
    pub fn new<'a>(
        measured: impl IntoIterator<Item = &'a Histogram<u64>>,
        at_least: impl IntoIterator<Item = &'a Histogram<u64>>,
        never: u64,
    ) -> Self {
        let mut times = Self { never, ..Self::default() };
        for histogram in measured {
            add_histogram(&mut times.measured, histogram);
            add_histogram(&mut times.known, histogram);
        }
        for histogram in at_least {
            add_histogram(&mut times.known, histogram);
        }
        times
    }

    /// Requests counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        count(&self.known) + self.never
    }

    /// The value of percentile `q` (a fraction); `None` without observations.
    ///
    /// The true value lies between what one gets if requests without an answer would have been answered the moment
    /// they were given up, and if they never would. The greater is reported: it flatters nobody. So they count as longer
    /// than all that were answered, and a percentile among them is at least the longest of these: percentiles rise with
    /// `q`, whatever was given up when.
    #[must_use]
    pub fn value(&self, q: f64) -> Option<CensoredTime> {
        let rank = rank(q * self.count() as f64);
        self.reading(rank)
    }

    /// How many requests took less than `limit` microseconds, or with `included` at most that: those that surely did, and
    /// those that may have, because they were given up before. A request that was never answered did not.
    #[must_use]
    pub fn within(&self, limit: f64, included: bool) -> (u64, u64) {
        let is_within = |micros: u64| if included { micros as f64 <= limit } else { (micros as f64) < limit };
        let count = |spectrum: &TimeCounts| {
            let within = spectrum.iter().take_while(|(longest, _)| is_within(**longest));
            within.map(|(_, &(_, count))| count).sum::<u64>()
        };
        (count(&self.measured), count(&self.known))
    }

    /// The shortest; `None` without observations.
    #[must_use]
    pub(crate) fn shortest(&self) -> Option<u64> {
        self.known.values().next().map(|&(shortest, _)| shortest)
    }

    /// The longest; only a lower bound if a request without an answer may have taken longer.
    #[must_use]
    pub(crate) fn longest(&self) -> Option<CensoredTime> {
        self.reading(self.count().max(1))
    }

    /// Whether every request was answered.
    #[must_use]
    pub(crate) fn is_complete(&self) -> bool {
        self.never == 0 && count(&self.known) == count(&self.measured)
    }

    /// Estimate `q` (a fraction) with its interval, the data being worth `effective` independent observations.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; `as` saturates")]
    pub fn percentile(&self, q: f64, effective: f64, confidence: Confidence) -> Option<Estimate> {
        let value = self.value(q)?;
        let count = self.count();
        let size = (effective as u64).min(count);
        // A rank among so many independent observations, as the rank of the same share of the data, rounded outwards.
        let scale = |rank: f64| rank * count as f64 / size as f64;
        let (low, high) = ranks(size, q, confidence);
        let low = low.and_then(|low| {
            let rank = scale((low - 1) as f64).floor() as u64 + 1;
            bucket_at(&self.known, rank).or_else(|| self.last_known())
        });
        let high = high.and_then(|high| self.reading(rank(scale(high as f64)).min(count)));
        Some(Estimate {
            value,
            low: low.map(|(shortest, _)| shortest),
            high,
            effective: size,
            needs: needed(q, confidence),
        })
    }

    /// The time of a rank, counted from 1.
    fn reading(&self, rank: u64) -> Option<CensoredTime> {
        if let Some((_, longest)) = bucket_at(&self.measured, rank) {
            return Some(CensoredTime::Exactly(longest));
        }
        let (bound, _) = bucket_at(&self.known, rank).or_else(|| self.last_known())?;
        let answered = self.measured.keys().next_back().copied().unwrap_or(0);
        Some(CensoredTime::AtLeast(bound.max(answered)))
    }

    /// The longest time that was measured or waited, which requests that never got an answer exceed.
    fn last_known(&self) -> Option<(u64, u64)> {
        self.known.iter().next_back().map(|(&longest, &(shortest, _))| (shortest, longest))
    }
}

impl AddAssign<&Self> for CensoredTimes {
    fn add_assign(&mut self, other: &Self) {
        add_spectrum(&mut self.measured, &other.measured);
        add_spectrum(&mut self.known, &other.known);
        self.never += other.never;
    }
}

fn add_histogram(spectrum: &mut TimeCounts, histogram: &Histogram<u64>) {
    for value in histogram.iter_recorded() {
        let longest = value.value_iterated_to();
        spectrum.entry(longest).or_insert((histogram.lowest_equivalent(longest), 0)).1 += value.count_at_value();
    }
}

fn add_spectrum(spectrum: &mut TimeCounts, other: &TimeCounts) {
    for (&longest, &(shortest, count)) in other {
        spectrum.entry(longest).or_insert((shortest, 0)).1 += count;
    }
}

fn count(spectrum: &TimeCounts) -> u64 {
    spectrum.values().map(|&(_, count)| count).sum()
}

/// The shortest and the longest time of the bucket that holds a rank, counted from 1.
fn bucket_at(spectrum: &TimeCounts, rank: u64) -> Option<(u64, u64)> {
    let mut seen = 0;
    spectrum.iter().find_map(|(&longest, &(shortest, count))| {
        seen += count;
        (seen >= rank).then_some((shortest, longest))
    })
}

/// The rank at or above a share of the observations. 0.07 × 100 is a hair more than 7: it still means the 7th.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; `as` saturates")]
fn rank(share: f64) -> u64 {
    ((share * (1.0 - 1e-12)).ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = Histogram::new(3).unwrap();
        values.into_iter().for_each(|value| histogram.record(value).unwrap());
        histogram
    }

    fn percentile(times: &CensoredTimes, q: f64) -> Estimate {
        times.percentile(q, times.count() as f64, Confidence::default()).unwrap()
    }

    #[test]
    fn a_percentile_of_the_numbers_up_to_1000_is_bounded_by_the_table_s_ranks() {
        let times = CensoredTimes::new([&histogram(1..=1_000)], [], 0);
        let p50 = percentile(&times, 0.5);
        assert_eq!(
            (p50.value, p50.low, p50.high),
            (CensoredTime::Exactly(500), Some(469), Some(CensoredTime::Exactly(532)))
        );
        let p99 = percentile(&times, 0.99);
        assert_eq!(
            (p99.value, p99.low, p99.high),
            (CensoredTime::Exactly(990), Some(983), Some(CensoredTime::Exactly(997)))
        );
    }

    #[test]
    fn too_few_observations_are_told_to_be_too_few() {
        let p999 = percentile(&CensoredTimes::new([&histogram(1..=3_000)], [], 0), 0.999);
        assert!(!p999.is_told());
        assert_eq!((p999.needs, p999.high), (3_688, None));
        assert!(p999.low.is_some(), "that it is not short can be told");
        assert!(p999.interval().high.is_infinite());
    }

    #[test]
    fn a_percentile_among_the_unanswered_is_at_least_what_they_waited() {
        let times = CensoredTimes::new([&histogram(1..=980)], [&histogram([30_000_000; 20])], 0);
        let p99 = percentile(&times, 0.99);
        assert!(matches!(p99.value, CensoredTime::AtLeast(t) if (29_970_000..=30_000_000).contains(&t)), "{p99:?}");
        assert!(matches!(p99.high, Some(CensoredTime::AtLeast(_))) && p99.is_told());
        assert_eq!(percentile(&times, 0.5).value, CensoredTime::Exactly(500), "what lies below every bound is exact");
    }

    #[test]
    fn requests_given_up_early_push_percentiles_up_and_never_down() {
        // Of 1,000, a hundred were given up at once. The survivors' median is 450; the sample's lies at 500.
        for times in [
            CensoredTimes::new([&histogram(1..=900)], [], 100),
            CensoredTimes::new([&histogram(1..=900)], [&histogram([0; 100])], 0),
        ] {
            assert_eq!(times.value(0.5), Some(CensoredTime::Exactly(500)));
            assert!(matches!(times.value(0.95), Some(CensoredTime::AtLeast(_))));
            assert!(percentile(&times, 0.95).is_told(), "at least the longest, and no more is known");
        }
        // Had they been answered at once, it would have been 400: the interval's lower end allows for that.
        let times = CensoredTimes::new([&histogram(1..=900)], [&histogram([0; 100])], 0);
        assert!(percentile(&times, 0.5).low.unwrap() < 400);
    }

    #[test]
    fn percentiles_rise_also_where_requests_were_given_up_sooner_than_others_were_answered() {
        // An interrupted run: half are answered after 200 to 210 ms, the others were in flight for less.
        let measured: Vec<u64> = (0..50).map(|k| 200_000 + 200 * k).collect();
        for given_up in [vec![1_000; 50], (0..50).map(|k| 4_000 * k).collect::<Vec<_>>(), vec![207_000; 50]] {
            let times = CensoredTimes::new([&histogram(measured.clone())], [&histogram(given_up)], 7);
            let values: Vec<CensoredTime> = (1..=1_000).map(|k| times.value(f64::from(k) / 1_000.0).unwrap()).collect();
            assert!(values.windows(2).all(|two| two[0].micros() <= two[1].micros()), "{values:?}");
            let exact = values.iter().take_while(|value| matches!(value, CensoredTime::Exactly(_))).count();
            assert_eq!(exact, 467, "50 of 107 were answered");
            assert!(values[exact..].iter().all(|value| matches!(value, CensoredTime::AtLeast(_))), "{values:?}");
        }
    }

    #[test]
    fn dependent_observations_widen_the_interval() {
        let times = CensoredTimes::new([&histogram(1..=1_000)], [], 0);
        let p50 = times.percentile(0.5, 100.0, Confidence::default()).unwrap();
        assert!(p50.low.unwrap() <= 400 && p50.high.unwrap().micros() >= 600, "{p50:?}");
        assert!(!times.percentile(0.99, 367.9, Confidence::default()).unwrap().is_told());
        assert!(!times.percentile(0.5, 0.0, Confidence::default()).unwrap().is_told());
    }

    #[test]
    fn no_observation_has_no_percentile() {
        assert_eq!(CensoredTimes::default().value(0.5), None);
        assert_eq!(CensoredTimes::new([], [], 3).value(0.5), None);
    }

    #[test]
    fn adding_up_equals_having_seen_all_at_once() {
        let mut sum = CensoredTimes::new([&histogram(1..=500)], [&histogram([7])], 1);
        sum += &CensoredTimes::new([&histogram(400..=900)], [&histogram([9, 7])], 2);
        let all = CensoredTimes::new([&histogram(1..=500), &histogram(400..=900)], [&histogram([7, 9, 7])], 3);
        assert_eq!(sum, all);
    }
}
