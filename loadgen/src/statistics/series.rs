//! Times in order of time: percentiles whose intervals know how far observations depend on each other.

use super::{
    CensoredTime, CensoredTimes, Confidence, ConfidenceInterval, Estimate, SparseHistogram, Total, Trials,
    effective_size, mean,
};

/// Times of a run: all of them together, and as a sparse histogram for each time bin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeSeries {
    times: CensoredTimes,
    bins: Vec<SparseHistogram>,
}

impl TimeSeries {
    /// All times, and in order of time the outlines of stretches of equal length, as a [`Ladder`](super::Ladder) has
    /// them.
    #[must_use]
    pub const fn new(times: CensoredTimes, bins: Vec<SparseHistogram>) -> Self {
        Self { times, bins }
    }

    /// All times.
    #[must_use]
    pub const fn times(&self) -> &CensoredTimes {
        &self.times
    }

    /// Estimate `q` (a fraction) with its interval; `None` without observations.
    #[must_use]
    pub fn percentile(&self, q: f64, confidence: Confidence) -> Option<Estimate> {
        // What matters is how times below the percentile come and go, not times as such: a rare long time would hide
        // that the median wanders.
        let limit = match self.times.value(q)? {
            CensoredTime::Exactly(micros) => micros,
            CensoredTime::AtLeast(_) => u64::MAX,
        };
        let (within, below) = (self.tallies(|bin| bin.tally(limit)), self.tallies(|s| s.tally_below(limit)));
        // Where many requests take the same time, only one of the two shares is that of the percentile.
        let distance = |tallies: &[Trials]| (tallies.iter().copied().sum::<Trials>().rate() - q).abs();
        let tallies = if distance(&within) <= distance(&below) { within } else { below };
        self.times.percentile(q, effective_size(&tallies, confidence), confidence)
    }

    /// In order of time, how many requests there were, and how many of them surely took less than `limit` microseconds, or
    /// with `included` at most that.
    ///
    /// How far requests depend on each other is asked at the limit: where all of a run whose times go up and down stay
    /// below it, that is as sure as if they did not.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    pub fn within(&self, limit: f64, included: bool) -> Vec<Trials> {
        let micros = limit as u64;
        self.tallies(|s| if included { s.tally(micros) } else { s.tally_below(micros) })
    }

    /// The outlines, in order of time.
    #[must_use]
    pub(crate) fn bins(&self) -> &[SparseHistogram] {
        &self.bins
    }

    /// The average of all known times and lower bounds with its interval, from batches; `None` without any.
    #[must_use]
    pub fn mean(&self, confidence: Confidence) -> Option<(f64, Option<ConfidenceInterval>)> {
        let totals: Vec<Total> = self.bins.iter().map(SparseHistogram::known).collect();
        mean(&totals, confidence)
    }

    fn tallies(&self, of: impl Fn(&SparseHistogram) -> Trials) -> Vec<Trials> {
        self.bins.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_a_series_is_exact_and_told() {
        use hdrhistogram::Histogram;

        let mut second = Histogram::new(3).unwrap();
        for k in 0..100 {
            second.record(1_000 + 7 * k).unwrap();
        }
        let mut sparse = SparseHistogram::default();
        sparse.add_answered(&second);
        let series = TimeSeries::new(CensoredTimes::new([&second; 30], [], 0), vec![sparse; 30]);
        let p99 = series.percentile(0.99, Confidence::default()).unwrap();
        assert_eq!(p99.value, CensoredTime::Exactly(1_686));
        assert!(p99.is_told());
    }
}
