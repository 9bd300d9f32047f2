//! A run in order of time, in outline: how far what was measured in one second resembles that of the next.

use std::ops::AddAssign;

use hdrhistogram::Histogram;

use crate::record::{Counts, Series, Tally};
use crate::statistics::{Ladder, Outline};

/// What was measured, stretch by stretch, in bounded memory.
#[derive(Debug, Clone, Default)]
pub struct History {
    rows: Ladder<Stretch>,
}

/// A stretch of a run.
#[derive(Debug, Clone, Default)]
pub struct Stretch {
    /// What was counted.
    pub counts: Counts,
    /// The times of each series, at its index; of none beyond the end.
    outlines: Vec<Outline>,
}

impl History {
    /// Adds what was counted in a second.
    pub fn add_counts(&mut self, second: u64, counts: &Counts) {
        self.rows.add(second, &Stretch { counts: counts.clone(), outlines: Vec::new() });
    }

    /// Adds times that were measured in a second.
    pub fn add_times(&mut self, second: u64, series: Series, times: &Histogram<u64>) {
        let mut stretch = Stretch::default();
        stretch.outlines.resize_with(series.index() + 1, Outline::default);
        stretch.outlines[series.index()].add_answered(times);
        self.rows.add(second, &stretch);
    }

    /// Adds a second.
    pub fn add(&mut self, second: u64, tally: &Tally) {
        self.add_counts(second, &tally.counts);
        for series in Series::all() {
            if let Some(times) = tally.histogram(series) {
                self.add_times(second, series, times);
            }
        }
    }

    /// The stretches, in order of time.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        self.rows.rows()
    }

    /// Seconds that a stretch takes.
    #[must_use]
    pub const fn seconds_per_stretch(&self) -> u64 {
        self.rows.intervals_per_row()
    }
}

impl Stretch {
    /// The times of a series, if there are any.
    pub(super) fn outline(&self, series: Series) -> Option<&Outline> {
        self.outlines.get(series.index())
    }
}

impl AddAssign<&Self> for Stretch {
    fn add_assign(&mut self, other: &Self) {
        self.counts += &other.counts;
        if self.outlines.len() < other.outlines.len() {
            self.outlines.resize_with(other.outlines.len(), Outline::default);
        }
        self.outlines.iter_mut().zip(&other.outlines).for_each(|(sum, outline)| *sum += outline);
    }
}
