//! Times in order of time: percentiles whose intervals know how far observations depend on each other.

use super::{Confidence, Ladder, Percentile, Reading, Tally, Times, effective_size};

/// Times of a run, interval by interval, in bounded memory.
///
/// ```
/// use hdrhistogram::Histogram;
/// use stepgate_loadgen::statistics::{Confidence, Reading, Series, Times};
///
/// let mut series = Series::default();
/// for second in 0..30 {
///     let mut answered = Histogram::new(3)?;
///     for k in 0..100 {
///         answered.record(1_000 + 7 * k)?;
///     }
///     series.add(second, &Times::new([&answered], [], 0));
/// }
/// let p99 = series.percentile(0.99, Confidence::default()).unwrap();
/// assert_eq!(p99.value, Reading::Exactly(1_686));
/// assert!(p99.is_told());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    rows: Ladder<Times>,
}

impl Series {
    /// Adds the times of interval number `interval`, counted from the start of the run.
    pub fn add(&mut self, interval: u64, times: &Times) {
        self.rows.add(interval, times);
    }

    /// Adds up with the series of another generator of the same run: associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        self.rows.merge(&other.rows);
    }

    /// All times.
    #[must_use]
    pub fn times(&self) -> Times {
        let mut sum = Times::default();
        self.rows.rows().iter().for_each(|row| sum += row);
        sum
    }

    /// Percentile `q` (a fraction) with its interval; `None` without observations.
    #[must_use]
    pub fn percentile(&self, q: f64, confidence: Confidence) -> Option<Percentile> {
        let times = self.times();
        // What matters is how times below the percentile come and go, not times as such: a rare long time would hide
        // that the median wanders.
        let limit = match times.value(q)? {
            Reading::Exactly(micros) => micros,
            Reading::AtLeast(_) => u64::MAX,
        };
        times.percentile(q, self.effective(limit, confidence), confidence)
    }

    /// How many independent observations would tell as surely which share of requests is answered within `limit`.
    #[must_use]
    pub fn effective(&self, limit: u64, confidence: Confidence) -> f64 {
        let tallies: Vec<Tally> =
            self.rows.rows().iter().map(|row| Tally { total: row.count(), hits: row.within(limit) }).collect();
        effective_size(&tallies, confidence)
    }
}
