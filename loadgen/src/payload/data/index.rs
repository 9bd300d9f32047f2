//! Where rows begin, for some of them.

use std::ops::Range;

/// Most places that are kept: 2 MiB, however long the table is.
const MOST: usize = 1 << 18;

/// The place of every so-manieth row. When a table outgrows it, every second place is forgotten: any row is then found by
/// reading on from the place before it, and the memory stays what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// Rows from one kept place to the next, a power of two.
    stride: u64,
    places: Vec<u64>,
    rows: u64,
    end: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self { stride: 1, places: Vec::new(), rows: 0, end: 0 }
    }
}

impl Index {
    /// Adds the next row, which begins at `place`.
    pub(super) fn push(&mut self, place: u64) {
        if self.rows.is_multiple_of(self.stride) {
            if self.places.len() == MOST {
                let mut row = 0;
                self.places.retain(|_| {
                    row += 1;
                    row % 2 == 1
                });
                self.stride *= 2;
            }
            if self.rows.is_multiple_of(self.stride) {
                self.places.push(place);
            }
        }
        self.rows += 1;
    }

    /// Says where the last row ends.
    pub(super) const fn close(&mut self, end: u64) {
        self.end = end;
    }

    /// Whether the whole table takes at most so many bytes.
    pub(super) fn fits(&self, most: u64) -> bool {
        self.end - self.places.first().copied().unwrap_or(self.end) <= most
    }

    /// Rows in all.
    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// The stretch that holds `row`, with those after it as far as all of them fit into `most` bytes.
    pub(super) fn stretch(&self, row: u64, most: u64) -> Stretch {
        let first = usize::try_from(row / self.stride).unwrap_or(usize::MAX).min(self.places.len().saturating_sub(1));
        let place = |index: usize| self.places.get(index).copied().unwrap_or(self.end);
        let start = place(first);
        // The last place within reach ends the stretch, and the next one does whatever its distance.
        let reach = self.places.partition_point(|place| *place <= start + most);
        let last = if self.end <= start + most { self.places.len() } else { (reach - 1).max(first + 1) };
        let rows = first as u64 * self.stride..(last as u64 * self.stride).min(self.rows);
        Stretch { rows, bytes: start..place(last) }
    }
}

/// Consecutive rows and their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) rows: Range<u64>,
    pub(super) bytes: Range<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_bounded_and_lead_to_every_row() {
        let mut index = Index::default();
        let rows = 5 * MOST as u64 + 3;
        // Rows of seven bytes.
        (0..rows).for_each(|row| index.push(7 * row));
        index.close(7 * rows);
        assert!(index.places.len() <= MOST && index.stride == 8, "{} {}", index.places.len(), index.stride);
        assert_eq!(index.rows(), rows);
        for row in [0, 1, 7, 8, 9, rows / 2, rows - 1] {
            for most in [0, 100, 1_000_000, u64::from(u32::MAX)] {
                let Stretch { rows: held, bytes } = index.stretch(row, most);
                assert!(held.contains(&row), "row {row}: {held:?}");
                assert_eq!(bytes, 7 * held.start..7 * held.end, "row {row}");
                assert!(bytes.end - bytes.start <= most.max(7 * 8), "row {row}: {bytes:?}");
            }
        }
    }

    #[test]
    fn a_small_table_is_one_stretch() {
        let mut index = Index::default();
        for place in [10, 20, 30] {
            index.push(place);
        }
        index.close(40);
        assert_eq!(index.stretch(0, 1_000), Stretch { rows: 0..3, bytes: 10..40 });
        assert_eq!(index.stretch(2, 1_000), Stretch { rows: 2..3, bytes: 30..40 });
        assert_eq!(index.stretch(1, 0), Stretch { rows: 1..2, bytes: 20..30 });
    }
}
