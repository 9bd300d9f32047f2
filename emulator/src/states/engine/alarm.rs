//! What the workflow thread is to do later, in the order of time.

use std::time::Duration;

use crate::states::run::Timer;

/// A timer. Alarms are never taken back: those that no longer matter are dropped when they come up.
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
