//! Times of a stretch of a run as a sparse histogram: enough to see how they come and go, in little memory.

use std::ops::AddAssign;

use hdrhistogram::Histogram;

use super::{Total, Trials};

/// How often times occurred, told apart to 1.6 %, and how many requests there were in all. Eight bytes a distinct time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SparseHistogram {
    total: u64,
    /// Requests of which a time or a lower bound is known.
    known: u64,
    /// Microseconds of these.
    sum: u64,
    /// Answered requests by bucket, ascending.
    answered: Vec<(u16, u32)>,
}

impl SparseHistogram {
    /// Adds requests that were answered, with their times in microseconds.
    pub fn add_answered(&mut self, times: &Histogram<u64>) {
        let mut other = Self { total: times.len(), known: times.len(), ..Self::default() };
        for value in times.iter_recorded() {
            let (micros, count) = (value.value_iterated_to(), value.count_at_value());
            other.sum = other.sum.saturating_add(times.median_equivalent(micros).saturating_mul(count));
            let (bucket, count) = (bucket(micros), u32::try_from(count).unwrap_or(u32::MAX));
            match other.answered.last_mut() {
                Some((last, sum)) if *last == bucket => *sum = sum.saturating_add(count),
                _ => other.answered.push((bucket, count)),
            }
        }
        *self += &other;
    }

    /// Adds requests that were given up after the times of another histogram.
    pub(crate) fn add_given_up(&mut self, after: &Self) {
        self.total += after.total;
        self.known += after.known;
        self.sum = self.sum.saturating_add(after.sum);
    }

    /// Adds requests of which nothing is known but that they were never answered.
    pub(crate) fn add_unanswered(&mut self, count: u64) {
        self.total += count;
    }

    /// How many requests there were, and how many of them were answered within `limit` microseconds.
    #[must_use]
    pub fn tally(&self, limit: u64) -> Trials {
        self.up_to(|b| b <= bucket(limit))
    }

    /// How many requests there were, and how many of them were answered sooner than within `limit` microseconds.
    #[must_use]
    pub(crate) fn tally_below(&self, limit: u64) -> Trials {
        self.up_to(|b| b < bucket(limit))
    }

    fn up_to(&self, is_within: impl Fn(u16) -> bool) -> Trials {
        let within = self.answered.iter().take_while(|(b, _)| is_within(*b));
        Trials { total: self.total, hits: within.map(|(_, count)| u64::from(*count)).sum() }
    }

    /// Requests of which a time or a lower bound is known, and the sum of these in microseconds.
    #[must_use]
    pub fn known(&self) -> Total {
        Total { count: self.known, sum: self.sum as f64 }
    }

    /// The median of the answered requests' times, in microseconds; `None` without any.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        self.percentile(0.5)
    }

    /// The time that a share `q` of the answered requests did not exceed, in microseconds; `None` without any.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank among the requests")]
    pub fn percentile(&self, q: f64) -> Option<u64> {
        let count = self.buckets().map(|(_, count)| count).sum::<u64>();
        let rank = ((q * count as f64 * (1.0 - 1e-12)).ceil() as u64).max(1);
        let mut seen = 0;
        self.buckets().find_map(|(shortest, count)| {
            seen += count;
            (seen >= rank).then_some(shortest)
        })
    }

    /// How many requests were answered in about so many microseconds, ascending; each time is the shortest of those
    /// that are not told apart.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.answered.iter().map(|(bucket, count)| (shortest(*bucket), u64::from(*count)))
    }
}

impl AddAssign<&Self> for SparseHistogram {
    fn add_assign(&mut self, other: &Self) {
        self.add_given_up(other);
        if self.answered.is_empty() {
            self.answered.clone_from(&other.answered);
            return;
        }
        for (bucket, count) in &other.answered {
            match self.answered.binary_search_by_key(bucket, |(b, _)| *b) {
                Ok(at) => self.answered[at].1 = self.answered[at].1.saturating_add(*count),
                Err(at) => self.answered.insert(at, (*bucket, *count)),
            }
        }
        // Hundreds of them are kept for as long as a run.
        self.answered.shrink_to_fit();
    }
}

/// Buckets for each doubling.
const STEPS: u32 = 6;

/// Whole numbers below 64 have a bucket each; from there on, every doubling has 64.
#[expect(clippy::cast_possible_truncation, reason = "at most 64 * 64")]
fn bucket(micros: u64) -> u16 {
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(STEPS + 1);
    ((u64::from(shift) << STEPS) + (micros >> shift)) as u16
}

fn shortest(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let shift = (bucket >> STEPS).saturating_sub(1);
    (bucket - (shift << STEPS)) << shift
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sparse(times: &[u64]) -> SparseHistogram {
        let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000, 3).unwrap();
        for time in times {
            histogram.record(*time).unwrap();
        }
        let mut sparse = SparseHistogram::default();
        sparse.add_answered(&histogram);
        sparse
    }

    proptest! {
        #[test]
        fn times_are_told_apart_to_a_64th(micros in 1_u64..4_000_000_000) {
            let least = shortest(bucket(micros));
            prop_assert!(least <= micros && micros - least <= micros / 64);
            prop_assert!(bucket(micros + 1) >= bucket(micros));
        }

        #[test]
        fn adding_up_equals_having_seen_all_at_once(
            mut a in prop::collection::vec(1_u64..3_600_000_000, 0..50),
            b in prop::collection::vec(1_u64..3_600_000_000, 0..50),
        ) {
            let mut sum = sparse(&a);
            sum += &sparse(&b);
            a.extend(b);
            prop_assert_eq!(sum, sparse(&a));
        }
    }

    #[test]
    fn the_median_and_the_sum_are_those_of_the_times() {
        let sparse = sparse(&(1..=1_001).collect::<Vec<u64>>());
        assert!((490..=501).contains(&sparse.median().unwrap()), "{:?}", sparse.median());
        let total = sparse.known();
        assert_eq!(total.count, 1_001);
        assert!((total.sum - 501_501.0).abs() < 1_000.0, "{}", total.sum);
        assert_eq!(SparseHistogram::default().median(), None);
    }

    #[test]
    fn what_was_not_answered_counts_among_all() {
        use hdrhistogram::Histogram;

        let mut answered = Histogram::<u64>::new(3).unwrap();
        answered.record(1_000).unwrap();
        answered.record(9_000).unwrap();
        let mut second = SparseHistogram::default();
        second.add_answered(&answered);
        second.add_unanswered(1);
        assert_eq!(second.tally(5_000), Trials { total: 3, hits: 1 });
    }
}
