//! Counts and distributions of a stretch of time, by place; those of two stretches, threads or shards add up.

use std::ops::AddAssign;

use hdrhistogram::Histogram;

use super::{Counts, Place, Selection, Series};

/// Longest time that a histogram tells apart, in microseconds; longer ones count as this.
pub(crate) const LONGEST: u64 = 3_600_000_000;

/// A histogram of microseconds, up to [`LONGEST`] and to three digits, as all of a run are.
#[must_use]
pub(crate) fn empty_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("these bounds are legal")
}

/// Counts and distributions in memory that the number of requests does not change.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// By place, ascending.
    parts: Vec<PlaceTally>,
    /// The part that was written to last: most often it is the next one too.
    last: usize,
    /// Arrivals that were not sent because the run ended first they were due: of what stage and payload, nobody asked.
    pub(crate) unsent_early: u64,
}

/// What was recorded of one place.
#[derive(Debug, Clone)]
pub(crate) struct PlaceTally {
    /// The place.
    pub(crate) place: Place,
    /// What was counted.
    pub(crate) counts: Counts,
    /// One histogram a series, made when the series gets its first value. In microseconds.
    histograms: Vec<Option<Histogram<u64>>>,
}

impl PlaceTally {
    fn new(place: Place) -> Self {
        Self { place, counts: Counts::default(), histograms: vec![None; Series::COUNT] }
    }

    /// The histogram of a series, if it has a value.
    #[must_use]
    pub(crate) fn histogram(&self, series: Series) -> Option<&Histogram<u64>> {
        self.histograms[series.index()].as_ref().filter(|h| !h.is_empty())
    }

    fn histogram_mut(&mut self, series: Series) -> &mut Histogram<u64> {
        self.histograms[series.index()].get_or_insert_with(empty_histogram)
    }
}

impl Tally {
    /// Adds a time in nanoseconds to a series of a place.
    pub fn record(&mut self, place: Place, series: Series, nanoseconds: u64) {
        let microseconds = nanoseconds.saturating_add(500) / 1_000;
        self.part(place).histogram_mut(series).saturating_record(microseconds);
    }

    /// The counts of a place.
    pub fn counts_mut(&mut self, place: Place) -> &mut Counts {
        &mut self.part(place).counts
    }

    /// What was counted, by place, to be mended.
    pub(crate) fn all_counts_mut(&mut self) -> impl Iterator<Item = &mut Counts> {
        self.parts.iter_mut().map(|part| &mut part.counts)
    }

    /// What was recorded, by place.
    #[must_use]
    pub(crate) fn parts(&self) -> &[PlaceTally] {
        &self.parts
    }

    /// Everything that was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts_of(&Selection::default());
        counts.unsent += self.unsent_early;
        counts
    }

    /// What was counted of some requests.
    #[must_use]
    pub(crate) fn counts_of(&self, selection: &Selection) -> Counts {
        let mut sum = Counts::default();
        self.selected(selection).for_each(|part| sum += &part.counts);
        sum
    }

    /// The histograms of a series of some requests.
    pub(crate) fn histograms(&self, series: Series, selection: &Selection) -> impl Iterator<Item = &Histogram<u64>> {
        self.selected(selection).filter_map(move |part| part.histogram(series))
    }

    fn selected(&self, selection: &Selection) -> impl Iterator<Item = &PlaceTally> {
        self.parts.iter().filter(|part| selection.holds(part.place))
    }

    /// Adds a histogram, as one read from a log, to a series of a place.
    pub(crate) fn add_histogram(&mut self, place: Place, series: Series, histogram: &Histogram<u64>) {
        // It fails only for a histogram with values beyond ours, which no run of ours writes.
        self.part(place).histogram_mut(series).add(histogram).unwrap_or_default();
    }

    /// Forgets everything but the memory it took.
    pub(crate) fn clear(&mut self) {
        self.unsent_early = 0;
        for part in &mut self.parts {
            part.counts = Counts::default();
            part.histograms.iter_mut().flatten().filter(|h| !h.is_empty()).for_each(Histogram::reset);
        }
    }

    fn part(&mut self, place: Place) -> &mut PlaceTally {
        if self.parts.get(self.last).is_none_or(|part| part.place != place) {
            let found = self.parts.binary_search_by_key(&place, |part| part.place);
            self.last = found.unwrap_or_else(|at| {
                self.parts.insert(at, PlaceTally::new(place));
                at
            });
        }
        &mut self.parts[self.last]
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.unsent_early += other.unsent_early;
        for part in &other.parts {
            *self.counts_mut(part.place) += &part.counts;
            for series in Series::all() {
                if let Some(histogram) = part.histogram(series) {
                    self.add_histogram(part.place, series, histogram);
                }
            }
        }
    }
}
