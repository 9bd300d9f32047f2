//! Measurements in order of time, in bounded memory.

use std::ops::AddAssign;

/// What was measured, interval by interval, in at most `ROWS` rows of equal length: when a run outgrows them, neighbours
/// are added up and each row becomes twice as long. Row lengths are powers of two and rows start at multiples of them,
/// so adding up the ladders of several generators gives the ladder that one generator would have made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder<T, const ROWS: u64 = 128> {
    /// Row `i` holds the intervals from `i << doublings` to before `(i + 1) << doublings`.
    doublings: u32,
    rows: Vec<T>,
}

impl<T, const ROWS: u64> Default for Ladder<T, ROWS> {
    fn default() -> Self {
        Self { doublings: 0, rows: Vec::new() }
    }
}

impl<T: Default + for<'a> AddAssign<&'a T>, const ROWS: u64> Ladder<T, ROWS> {
    /// Adds what was measured in interval number `interval`, counted from the start of the run. Intervals may come in
    /// any order, and several times.
    pub fn add(&mut self, interval: u64, item: &T) {
        self.widen(interval);
        *self.row(interval >> self.doublings) += item;
    }

    /// Adds the last row to the one before, which then holds more intervals than the others.
    pub(crate) fn join_last(&mut self) {
        if self.rows.len() < 2 {
            return;
        }
        if let (Some(last), Some(before)) = (self.rows.pop(), self.rows.last_mut()) {
            *before += &last;
        }
    }

    /// The rows, in order of time.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// How many intervals a row holds.
    #[must_use]
    pub(crate) const fn intervals_per_row(&self) -> u64 {
        1 << self.doublings
    }

    /// Makes rows long enough for `interval` to have one.
    fn widen(&mut self, interval: u64) {
        while interval >> self.doublings >= ROWS {
            self.double();
        }
    }

    fn double(&mut self) {
        self.doublings += 1;
        let mut rows = Vec::with_capacity(self.rows.len().div_ceil(2));
        let mut old = std::mem::take(&mut self.rows).into_iter();
        while let Some(mut row) = old.next() {
            if let Some(next) = old.next() {
                row += &next;
            }
            rows.push(row);
        }
        self.rows = rows;
    }

    #[expect(clippy::cast_possible_truncation, reason = "rows are fewer than `ROWS`")]
    fn row(&mut self, index: u64) -> &mut T {
        let index = index as usize;
        if self.rows.len() <= index {
            self.rows.resize_with(index + 1, T::default);
        }
        &mut self.rows[index]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Trials;
    use super::*;

    type Measured = Vec<(u64, u64, u64)>;

    fn ladder(measured: &Measured) -> Ladder<Trials> {
        let mut ladder: Ladder<Trials> = Ladder::default();
        for &(interval, total, hits) in measured {
            ladder.add(interval, &Trials { total, hits });
        }
        ladder
    }

    fn measured() -> impl Strategy<Value = Measured> {
        prop::collection::vec((0u64..5_000, 0u64..1_000, 0u64..1_000), 0..40)
    }

    proptest! {
        #[test]
        fn the_order_in_which_intervals_come_changes_nothing(mut all in measured(), cut in 0usize..40) {
            let whole = ladder(&all);
            let cut = cut.min(all.len());
            all.rotate_left(cut);
            prop_assert_eq!(ladder(&all), whole);
        }
    }

    #[test]
    fn a_run_of_a_year_still_has_at_most_128_rows() {
        let mut ladder: Ladder<Trials> = Ladder::default();
        ladder.add(31_536_000, &Trials { total: 1, hits: 1 });
        assert!(ladder.rows().len() <= 128 && ladder.rows().len() > 64);
        assert_eq!(ladder.rows().iter().map(|row| row.total).sum::<u64>(), 1);
    }

    #[test]
    fn a_thousand_seconds_are_rows_of_eight() {
        use crate::statistics::Trials;

        let mut failures = Ladder::<Trials>::default();
        for second in 0..1_000 {
            failures.add(second, &Trials { total: 50, hits: 1 });
        }
        assert_eq!(failures.intervals_per_row(), 8);
        assert_eq!(failures.rows()[0], Trials { total: 400, hits: 8 });
    }
}
