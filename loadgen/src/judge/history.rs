//! A run in order of time, as sparse histograms: how far what was measured in one second resembles that of the next.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use crate::record::{Counts, Place, Selection, Series};
use crate::statistics::{Ladder, SparseHistogram};

/// What was measured, stretch by stretch, in bounded memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    rows: Ladder<TimeBin>,
}

/// A stretch of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeBin {
    places: BTreeMap<Place, Sketch>,
}

/// What was recorded of a place within a stretch.
#[derive(Debug, Clone, Default)]
struct Sketch {
    counts: Counts,
    /// The times of each series that has any, by its index.
    histograms: BTreeMap<usize, SparseHistogram>,
}

impl History {
    /// Adds what was counted of a place in a second.
    pub(crate) fn add_counts(&mut self, second: u64, place: Place, counts: &Counts) {
        self.add_sketch(second, place, Sketch { counts: counts.clone(), histograms: BTreeMap::new() });
    }

    /// Adds times of a place that were measured in a second.
    pub(crate) fn add_times(&mut self, second: u64, place: Place, series: Series, times: SparseHistogram) {
        let histograms = BTreeMap::from([(series.index(), times)]);
        self.add_sketch(second, place, Sketch { counts: Counts::default(), histograms });
    }

    fn add_sketch(&mut self, second: u64, place: Place, sketch: Sketch) {
        self.rows.add(second, &TimeBin { places: BTreeMap::from([(place, sketch)]) });
    }

    /// Adds a second.
    #[cfg(test)]
    pub(crate) fn add(&mut self, second: u64, tally: &crate::record::Tally) {
        for part in tally.parts() {
            self.add_counts(second, part.place, &part.counts);
            for series in Series::all() {
                if let Some(times) = part.histogram(series) {
                    let mut sparse = SparseHistogram::default();
                    sparse.add_answered(times);
                    self.add_times(second, part.place, series, sparse);
                }
            }
        }
    }

    /// The stretches, in order of time.
    #[must_use]
    pub(crate) fn bins(&self) -> &[TimeBin] {
        self.rows.rows()
    }

    /// Seconds that a stretch takes.
    #[must_use]
    pub(crate) const fn seconds_per_bin(&self) -> u64 {
        self.rows.intervals_per_row()
    }
}

impl TimeBin {
    /// What was counted of some requests.
    #[must_use]
    pub(crate) fn counts(&self, selection: &Selection) -> Counts {
        let mut sum = Counts::default();
        self.selected(selection).for_each(|sketch| sum += &sketch.counts);
        sum
    }

    /// The times of a series of some requests, place by place.
    pub(super) fn histograms(&self, series: Series, selection: &Selection) -> impl Iterator<Item = &SparseHistogram> {
        self.selected(selection).filter_map(move |sketch| sketch.histograms.get(&series.index()))
    }

    fn selected(&self, selection: &Selection) -> impl Iterator<Item = &Sketch> {
        self.places.iter().filter(|(place, _)| selection.holds(**place)).map(|(_, sketch)| sketch)
    }
}

impl AddAssign<&Self> for Sketch {
    fn add_assign(&mut self, other: &Self) {
        self.counts += &other.counts;
        for (series, sparse) in &other.histograms {
            *self.histograms.entry(*series).or_default() += sparse;
        }
    }
}

impl AddAssign<&Self> for TimeBin {
    fn add_assign(&mut self, other: &Self) {
        for (place, sketch) in &other.places {
            *self.places.entry(*place).or_default() += sketch;
        }
    }
}
