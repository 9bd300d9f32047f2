//! What the workflow thread is to do later, in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::states::run::Timer;

/// Fewer alarms than this are not looked through.
const FEW: usize = 4_096;

/// A timer. Alarms are never taken back: those that no longer matter are dropped when they come up, or when there are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) at: Duration,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A run's timer comes up.
    Timer(u64, Timer),
    /// The wait for an activity's task ends.
    Poll,
}

impl Alarm {
    fn order(&self) -> (Duration, u64) {
        (self.at, if let What::Timer(execution, _) = self.what { execution } else { u64::MAX })
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// All alarms, the first one first.
#[derive(Debug)]
pub(super) struct Alarms {
    heap: BinaryHeap<Reverse<Alarm>>,
    /// How many there may be before they are looked through.
    most: usize,
}

impl Default for Alarms {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), most: FEW }
    }
}

impl Alarms {
    /// Sets an alarm. When there are twice as many as mattered the last time, those that no longer matter are dropped: a time-out
    /// of a year would otherwise outlive its execution by a year.
    pub(super) fn set(&mut self, alarm: Alarm, matters: impl Fn(&Alarm) -> bool) {
        self.heap.push(Reverse(alarm));
        if self.heap.len() > self.most {
            self.heap.retain(|Reverse(alarm)| matters(alarm));
            self.most = (2 * self.heap.len()).max(FEW);
        }
    }

    /// The first one.
    pub(super) fn first(&self) -> Option<&Alarm> {
        self.heap.peek().map(|Reverse(alarm)| alarm)
    }

    /// Takes the first one out.
    pub(super) fn take(&mut self) -> Option<Alarm> {
        self.heap.pop().map(|Reverse(alarm)| alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_that_no_longer_matter_do_not_pile_up() {
        let mut alarms = Alarms::default();
        for execution in 0..100_000 {
            let alarm =
                Alarm { at: Duration::from_secs(execution), what: What::Timer(execution, Timer::ExecutionTimeout) };
            // One in a hundred executions is still under way.
            alarms.set(alarm, |alarm| matches!(alarm.what, What::Timer(execution, _) if execution % 100 == 0));
        }
        assert!(alarms.heap.len() <= 2 * FEW, "{}", alarms.heap.len());
        let mut kept = std::iter::from_fn(|| alarms.take()).filter(|alarm| alarm.at.as_secs() % 100 == 0);
        assert!(
            kept.by_ref().map(|alarm| alarm.at.as_secs()).eq((0..1_000).map(|n| n * 100)),
            "those that matter stay"
        );
    }
}
