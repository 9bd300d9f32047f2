//! Counts and distributions of a stretch of time; those of two stretches, threads or shards add up.

use std::ops::AddAssign;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::Class;

/// Longest time that a histogram tells apart, in microseconds; longer ones count as this.
pub const LONGEST: u64 = 3_600_000_000;

/// A distribution of times that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// From the intended instant to the end, of requests that ended in a class.
    Response(Class),
    /// Lower bounds, from the intended instant, of due requests that were not answered when the run ended.
    Unanswered,
    /// From the moment a connection took the request to its end.
    Service,
    /// From the intended instant to the moment a connection took the request.
    Lag,
    /// As the response of started executions, less the time that the generator alone kept the request waiting.
    Unlagged,
    /// To connect.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// From the moment the request was written to the first byte of the answer.
    FirstByte,
}

const CLASSES: usize = Class::ALL.len();
const OTHERS: [Series; 7] = [
    Series::Unanswered,
    Series::Service,
    Series::Lag,
    Series::Unlagged,
    Series::Connect,
    Series::Handshake,
    Series::FirstByte,
];

impl Series {
    /// Every series.
    pub fn all() -> impl Iterator<Item = Self> {
        Class::ALL.into_iter().map(Self::Response).chain(OTHERS)
    }

    /// Its tag in `intervals.hlog`: the class, or the name of what is timed.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Response(class) => class.as_str(),
            Self::Unanswered => "unanswered",
            Self::Service => "service",
            Self::Lag => "schedule_lag",
            Self::Unlagged => "unlagged",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
            Self::FirstByte => "first_byte",
        }
    }

    /// Its place among all of them.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Response(class) => class as usize,
            Self::Unanswered => CLASSES,
            Self::Service => CLASSES + 1,
            Self::Lag => CLASSES + 2,
            Self::Unlagged => CLASSES + 3,
            Self::Connect => CLASSES + 4,
            Self::Handshake => CLASSES + 5,
            Self::FirstByte => CLASSES + 6,
        }
    }
}

/// What is counted. `sent = Σ ended + unfinished`, and over a whole run `planned = sent + dropped + unsent`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that a connection, or the attempt to make one, took.
    pub sent: u64,
    /// Arrivals that found too many requests in flight and were dropped.
    pub dropped: u64,
    /// Arrivals that the run ended before.
    pub unsent: u64,
    /// Of those, the ones that were due.
    pub unsent_due: u64,
    /// Requests that were in flight when the run ended.
    pub unfinished: u64,
    /// Requests that ended, by [`Class`].
    pub ended: [u64; CLASSES],
    /// Answers with HTTP 2xx that started nothing.
    pub http_2xx_failed: u64,
    /// Names of started executions that were checked.
    pub names_checked: u64,
    /// Names other than the expected one.
    pub mismatched: u64,
    /// Names that Step Functions does not allow.
    pub illegal: u64,
}

impl Counts {
    /// Requests that ended in `class`.
    #[must_use]
    pub const fn ended_in(&self, class: Class) -> u64 {
        self.ended[class as usize]
    }

    /// Requests that ended or were in flight at the end: `sent`, save in a stretch that begins later.
    #[must_use]
    pub fn concluded(&self) -> u64 {
        self.ended.iter().sum::<u64>() + self.unfinished
    }

    /// Requests that ended otherwise than by a started execution.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.ended.iter().sum::<u64>() - self.ended_in(Class::Started)
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.sent += other.sent;
        self.dropped += other.dropped;
        self.unsent += other.unsent;
        self.unsent_due += other.unsent_due;
        self.unfinished += other.unfinished;
        self.ended.iter_mut().zip(other.ended).for_each(|(sum, n)| *sum += n);
        self.http_2xx_failed += other.http_2xx_failed;
        self.names_checked += other.names_checked;
        self.mismatched += other.mismatched;
        self.illegal += other.illegal;
    }
}

/// Counts and distributions in constant memory.
#[derive(Debug, Clone)]
pub struct Tally {
    /// What was counted.
    pub counts: Counts,
    /// One histogram a series, made when the series gets its first value. In microseconds.
    histograms: Vec<Option<Histogram<u64>>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { counts: Counts::default(), histograms: vec![None; CLASSES + OTHERS.len()] }
    }
}

impl Tally {
    /// Adds a time in nanoseconds to a series.
    pub fn record(&mut self, series: Series, nanoseconds: u64) {
        let microseconds = nanoseconds.saturating_add(500) / 1_000;
        if let Some(histogram) = self.histogram_mut(series) {
            histogram.saturating_record(microseconds);
        }
    }

    /// The histogram of a series, if it has a value.
    #[must_use]
    pub fn histogram(&self, series: Series) -> Option<&Histogram<u64>> {
        self.histograms[series.index()].as_ref().filter(|h| !h.is_empty())
    }

    /// Adds a histogram, as one read from a log, to a series.
    pub fn add_histogram(&mut self, series: Series, histogram: &Histogram<u64>) {
        if let Some(own) = self.histogram_mut(series) {
            // It fails only for a histogram with values beyond ours, which no run of ours writes.
            own.add(histogram).unwrap_or_default();
        }
    }

    /// Forgets everything but the memory it took.
    pub fn clear(&mut self) {
        self.counts = Counts::default();
        self.histograms.iter_mut().flatten().for_each(Histogram::reset);
    }

    fn histogram_mut(&mut self, series: Series) -> Option<&mut Histogram<u64>> {
        let slot = &mut self.histograms[series.index()];
        if slot.is_none() {
            // Legal bounds: this never fails.
            *slot = Histogram::new_with_bounds(1, LONGEST, 3).ok();
        }
        slot.as_mut()
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.counts += &other.counts;
        for (own, other) in self.histograms.iter_mut().zip(&other.histograms) {
            let Some(other) = other.as_ref().filter(|h| !h.is_empty()) else { continue };
            match own {
                // The same bounds on both sides: this never fails.
                Some(own) => own.add(other).unwrap_or_default(),
                None => *own = Some(other.clone()),
            }
        }
    }
}
