//! A run second by second, or stretch by stretch where it is long: what plots over time are drawn from.

use std::ops::AddAssign;

use hdrhistogram::Histogram;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::{Counts, Fate, Place, Selection, Series, Timing};
use crate::statistics::{Ladder, SparseHistogram};
use crate::units::show_microseconds;

/// Most stretches that are told apart: about one for each pixel of a phone.
const MOST: u64 = 720;

/// The whole run, warm-up included, in memory that does not grow with it. Those of several generators add up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    /// Requests whose times are kept.
    timed: Selection,
    bins: Ladder<Bin, MOST>,
    seconds: u64,
    /// When the run ended, in seconds from its start, where that is known better than to the second.
    end: Option<f64>,
}

/// A stretch of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bin {
    /// What was counted.
    pub(crate) counts: Counts,
    /// Requests in flight at the end of each of its seconds, added up.
    pub(crate) in_flight: u64,
    /// Nanoseconds of processor time that the generators took; `None` where it was not recorded.
    pub(crate) cpu_ns: Option<u64>,
    /// Response times of requests that ended; given-up ones with the time that they had waited.
    pub(crate) response: BinTimes,
    /// How much later than intended requests were sent that ended.
    pub(crate) lag: BinTimes,
    /// Pauses of the generator that began in it.
    pub(crate) pauses: Pauses,
}

/// Times of a tenth of a second and more for which the generator did not run though it meant to: a stopped process, a
/// suspended or starved machine. What was due meanwhile was sent late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pauses {
    /// How many, over all threads.
    pub(crate) count: u64,
    /// Microseconds of the longest.
    pub(crate) longest_us: u64,
}

impl Pauses {
    /// In words; `None` if there were none.
    #[must_use]
    pub(crate) fn told(&self) -> Option<String> {
        let longest = show_microseconds(self.longest_us);
        match self.count {
            0 => None,
            1 => Some(format!("the generator was paused once, for {longest}")),
            count => Some(format!("the generator was paused {count} times, for {longest} at most")),
        }
    }
}

impl AddAssign<&Self> for Pauses {
    fn add_assign(&mut self, other: &Self) {
        self.count += other.count;
        self.longest_us = self.longest_us.max(other.longest_us);
    }
}

/// Times of a bin, told apart to 1.6 %, and the longest.
#[derive(Debug, Clone, Default)]
pub(crate) struct BinTimes {
    /// The times.
    pub(crate) histogram: SparseHistogram,
    /// The longest, in microseconds.
    pub(crate) longest: u64,
}

impl Timeline {
    /// An empty one, which counts all requests and keeps the times of some.
    #[must_use]
    pub(crate) fn timing(timed: Selection) -> Self {
        Self { timed, ..Self::default() }
    }

    /// An empty one that keeps the times of the same requests.
    #[must_use]
    pub(crate) fn emptied(&self) -> Self {
        Self::timing(self.timed.clone())
    }

    /// Adds what a generator counted in a second, its requests in flight at the end of it, and the processor time that
    /// its process took since the last account.
    pub(crate) fn add_counts(&mut self, second: u64, counts: &Counts, in_flight: u64, cpu_ns: Option<u64>) {
        self.seconds = self.seconds.max(second + 1);
        self.bins.add(second, &Bin { counts: counts.clone(), in_flight, cpu_ns, ..Bin::default() });
    }

    /// Adds times of a place that were measured in a second, if they are of those that are kept.
    pub(crate) fn add_times(&mut self, second: u64, place: Place, series: Series, times: &BinTimes) {
        if series == Series::Pause {
            let pauses = Pauses { count: times.histogram.known().count, longest_us: times.longest };
            return self.bins.add(second, &Bin { pauses, ..Bin::default() });
        }
        let bin = match series {
            Series::Times(Timing::Response, Fate::Ended(_)) => Bin { response: times.clone(), ..Bin::default() },
            Series::Times(Timing::Lag, _) => Bin { lag: times.clone(), ..Bin::default() },
            _ => return,
        };
        if self.timed.holds(place) {
            self.bins.add(second, &bin);
        }
    }

    /// The pauses of the generator, of the warm-up as well.
    #[must_use]
    pub(crate) fn pauses(&self) -> Pauses {
        let mut pauses = Pauses::default();
        self.bins().iter().for_each(|bin| pauses += &bin.pauses);
        pauses
    }

    /// The stretches, in order of time.
    #[must_use]
    pub(crate) fn bins(&self) -> &[Bin] {
        self.bins.rows()
    }

    /// Seconds of a stretch.
    #[must_use]
    pub(crate) const fn seconds_per_bin(&self) -> u64 {
        self.bins.intervals_per_row()
    }

    /// The same of a run that ended after so many seconds. A last stretch of which it had less than half is added to the
    /// one before: its rates would be those of a moment.
    #[must_use]
    pub(crate) fn until(&self, end: f64) -> Self {
        let last = ((self.bins().len() as u64).saturating_sub(1) * self.seconds_per_bin()) as f64;
        if end < last {
            // It goes on beyond: that end is not this run's.
            return self.clone();
        }
        let mut timeline = Self { end: Some(end), ..self.clone() };
        if end - last < self.seconds_per_bin() as f64 / 2.0 {
            timeline.bins.join_last();
        }
        timeline
    }

    /// Seconds that the run has in a stretch: all of them but in the last one, of which it may have a part, or more where
    /// the rest of the run was added.
    #[must_use]
    pub(crate) fn seconds_of(&self, bin: usize) -> f64 {
        let length = self.seconds_per_bin() as f64;
        if bin + 1 < self.bins().len() {
            return length;
        }
        let start = bin as f64 * length;
        let end = self.end.unwrap_or(self.seconds as f64);
        // Shorter is not told apart: a run that ended at once has no rates.
        (end - start).max(0.1 * length)
    }

    /// The mean of the requests in flight at the end of each second of a stretch.
    #[must_use]
    pub(crate) fn mean_in_flight(&self, bin: usize) -> f64 {
        let start = bin as u64 * self.seconds_per_bin();
        let rest = self.seconds.saturating_sub(start).max(1);
        let seconds = if bin + 1 < self.bins().len() { self.seconds_per_bin() } else { rest };
        self.bins()[bin].in_flight as f64 / seconds as f64
    }
}

impl BinTimes {
    /// The times of a histogram.
    #[must_use]
    pub(crate) fn of(times: &Histogram<u64>) -> Self {
        let mut histogram = SparseHistogram::default();
        histogram.add_answered(times);
        Self { histogram, longest: times.max() }
    }

    /// The time that a share `q` of the requests did not exceed, in microseconds; `None` without any.
    #[must_use]
    pub(crate) fn percentile(&self, q: f64) -> Option<u64> {
        self.histogram.percentile(q).map(|micros| micros.min(self.longest))
    }

    /// The longest, in microseconds; `None` without any.
    #[must_use]
    pub(crate) fn longest(&self) -> Option<u64> {
        self.histogram.percentile(1.0).map(|_| self.longest)
    }
}

impl AddAssign<&Self> for BinTimes {
    fn add_assign(&mut self, other: &Self) {
        self.histogram += &other.histogram;
        self.longest = self.longest.max(other.longest);
    }
}

impl AddAssign<&Self> for Bin {
    fn add_assign(&mut self, other: &Self) {
        self.counts += &other.counts;
        self.in_flight += other.in_flight;
        self.cpu_ns = match (self.cpu_ns, other.cpu_ns) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.response += &other.response;
        self.lag += &other.lag;
        self.pauses += &other.pauses;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Class;

    fn times(micros: u64) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_max(10_000_000, 3).unwrap();
        histogram.record_n(micros, 10).unwrap();
        histogram
    }

    fn timeline(seconds: impl IntoIterator<Item = u64>) -> Timeline {
        let mut timeline = Timeline::default();
        for second in seconds {
            let counts = Counts { sent: 10, ..Counts::default() };
            timeline.add_counts(second, &counts, 3, Some(1_000_000));
            let ended = Fate::Ended(Class::Started);
            let place = Place::default();
            timeline.add_times(
                second,
                place,
                Series::Times(Timing::Response, ended),
                &BinTimes::of(&times(1_000 + second)),
            );
            timeline.add_times(second, place, Series::Times(Timing::Lag, ended), &BinTimes::of(&times(50)));
        }
        timeline
    }

    #[test]
    fn a_day_has_at_most_720_stretches_and_loses_nothing() {
        let day = timeline(0..86_400);
        assert_eq!((day.bins().len(), day.seconds_per_bin(), day.seconds), (675, 128, 86_400));
        assert_eq!(day.bins().iter().map(|bin| bin.counts.sent).sum::<u64>(), 864_000);
        assert_eq!(day.bins().iter().filter_map(|bin| bin.cpu_ns).sum::<u64>(), 86_400 * 1_000_000);
        // As the histogram tells it, to three digits.
        assert_eq!(day.bins()[674].response.longest(), Some(times(1_000 + 86_399).max()));
    }

    #[test]
    fn a_pause_is_kept_wherever_it_was_counted() {
        // Only requests of another payload are timed.
        let mut run = Timeline::timing(Selection::with_payload(1));
        for second in [3, 3, 900] {
            run.add_times(second, Place::default(), Series::Pause, &BinTimes::of(&times(1_000 * second)));
        }
        let longest = times(900_000).max();
        assert_eq!(run.pauses(), Pauses { count: 30, longest_us: longest });
        let told = run.pauses().told().unwrap();
        assert!(told.starts_with("the generator was paused 30 times, for 90"), "{told}");
        assert_eq!(Timeline::default().pauses().told(), None);
    }

    #[test]
    fn a_short_run_keeps_its_seconds_and_the_last_stretch_its_length() {
        let run = timeline(0..10);
        assert_eq!((run.bins().len(), run.seconds_per_bin(), run.seconds_of(9).to_string().as_str()), (10, 1, "1"));
        let run = timeline(0..1_001);
        let seconds = [0, 500].map(|bin| run.seconds_of(bin).to_string());
        assert_eq!((run.seconds_per_bin(), seconds), (2, ["2".to_owned(), "1".to_owned()]));
    }

    #[test]
    fn a_run_does_not_collapse_in_its_last_partial_second() {
        // Ten requests in each second, and in the last one as many as its part of it has.
        let rates = |end: f64, last: u64| {
            let mut run = timeline(0..10);
            let counts = Counts { sent: last, ..Counts::default() };
            run.add_counts(10, &counts, 3, None);
            let run = run.until(end);
            let rate = |(i, bin): (usize, &Bin)| bin.counts.sent as f64 / run.seconds_of(i);
            run.bins().iter().enumerate().map(rate).collect::<Vec<_>>()
        };
        for (end, last, bins) in [(10.7, 7, 11), (10.3, 3, 10), (10.000_4, 0, 10)] {
            let rates = rates(end, last);
            assert_eq!(rates.len(), bins, "{end}");
            assert!(rates.iter().all(|rate| (rate - 10.0).abs() < 0.01), "{end}: {rates:?}");
        }
        let mut run = timeline(0..10);
        run.add_counts(10, &Counts::default(), 5, None);
        let run = run.until(10.1);
        assert!((run.mean_in_flight(9) - 4.0).abs() < 1e-9, "of two ends of seconds, and not their sum");
    }

    #[test]
    fn the_order_in_which_seconds_come_changes_nothing() {
        let (whole, mixed) = (timeline(0..2_000), timeline((0..2_000).step_by(2).chain((1..2_000).step_by(2))));
        assert_eq!((mixed.seconds, mixed.bins().len()), (whole.seconds, whole.bins().len()));
        for (a, b) in mixed.bins().iter().zip(whole.bins()) {
            assert_eq!((&a.counts, a.in_flight, a.cpu_ns), (&b.counts, b.in_flight, b.cpu_ns));
            assert_eq!(a.response.percentile(0.99), b.response.percentile(0.99));
            assert_eq!(a.lag.longest(), b.lag.longest());
        }
    }
}
