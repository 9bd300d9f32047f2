//! What a map run counts: its executions, and the items in them.

use crate::states::execution::ExecutionStatus;
use crate::states::run::MapRunLimits;

/// `executionCounts` or `itemCounts`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MapRunCounts {
    pub(crate) total: u64,
    pub(crate) running: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) timed_out: u64,
    pub(crate) aborted: u64,
    /// Whose results have been told.
    pub(crate) written: u64,
}

impl MapRunCounts {
    /// Those that have not been begun.
    pub(crate) fn pending(&self) -> u64 {
        self.total - self.running - self.ended()
    }

    fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted
    }

    fn end(&mut self, status: ExecutionStatus, many: u64) {
        self.running -= many;
        match status {
            ExecutionStatus::Succeeded => self.succeeded += many,
            ExecutionStatus::Failed => self.failed += many,
            ExecutionStatus::TimedOut => self.timed_out += many,
            ExecutionStatus::Aborted => self.aborted += many,
            ExecutionStatus::Running => unreachable!("only ends are counted here"),
        }
    }
}

/// Both counts of a map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) executions: MapRunCounts,
    pub(crate) items: MapRunCounts,
}

impl Tally {
    /// Nothing begun yet.
    pub(super) fn of(executions: u64, items: u64) -> Self {
        let total = |total| MapRunCounts { total, ..MapRunCounts::default() };
        Self { executions: total(executions), items: total(items) }
    }

    /// So many executions more will be begun than was known.
    pub(super) fn more_executions(&mut self, many: u64) {
        self.executions.total += many;
    }

    /// An execution with so many items was begun.
    pub(super) fn begun(&mut self, items: u64) {
        self.executions.running += 1;
        self.items.running += items;
    }

    /// An execution with so many items has ended.
    pub(super) fn ended(&mut self, status: ExecutionStatus, items: u64) {
        self.executions.end(status, 1);
        self.items.end(status, items);
    }

    /// Results have been told. As recorded on AWS, those that succeeded count also where nothing is exported.
    pub(super) fn written(&mut self) {
        for counts in [&mut self.executions, &mut self.items] {
            counts.written = counts.ended();
        }
    }

    /// Whether more items have failed than may. An item has failed when the execution has that it is part of.
    pub(super) fn exceeds(&self, limits: &MapRunLimits) -> bool {
        limits.are_exceeded(self.items.failed + self.items.timed_out, self.items.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(total: u64, failed: u64) -> Tally {
        let mut tally = Tally::of(total, total);
        for _ in 0..failed {
            tally.begun(1);
            tally.ended(ExecutionStatus::Failed, 1);
        }
        tally
    }

    #[test]
    fn the_smaller_of_two_thresholds_decides_and_none_tolerates_nothing() {
        let limits = |count, percentage| MapRunLimits {
            concurrency: 0,
            tolerated_count: count,
            tolerated_percentage: percentage,
        };
        assert!(!tally(10, 0).exceeds(&limits(None, None)) && tally(10, 1).exceeds(&limits(None, None)));
        assert!(!tally(10, 2).exceeds(&limits(Some(2), None)) && tally(10, 3).exceeds(&limits(Some(2), None)));
        assert!(!tally(10, 5).exceeds(&limits(None, Some(50.0))) && tally(10, 6).exceeds(&limits(None, Some(50.0))));
        assert!(
            tally(10, 3).exceeds(&limits(Some(2), Some(50.0))) && tally(10, 3).exceeds(&limits(Some(9), Some(20.0)))
        );
    }

    #[test]
    fn what_is_begun_ends_once() {
        let mut tally = tally(10, 2);
        tally.begun(3);
        assert_eq!((tally.items.pending(), tally.items.running, tally.executions.pending()), (5, 3, 7));
        tally.ended(ExecutionStatus::Succeeded, 3);
        assert_eq!((tally.items.succeeded, tally.items.running, tally.executions.succeeded), (3, 0, 1));
    }
}
