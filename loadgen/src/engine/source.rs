//! Where a generator gets its arrivals from: a schedule walked ahead by another thread, or its own answered requests.

use std::collections::VecDeque;

use crate::schedule::{Arrival, Contents};

/// Arrivals in the order of their instants.
pub(crate) trait ArrivalSource {
    /// When the next one is due; `None` when there are no more. A closed loop is always due at `now`.
    fn due(&mut self, now: u64) -> Option<u64>;

    /// Takes the next one.
    fn take(&mut self, now: u64) -> Option<Arrival>;

    /// Up to which instant the load lasts, past its last arrival too; 0 where it is over with that.
    fn end(&self) -> u64;

    /// How many planned arrivals have not been taken; 0 for a closed loop, which plans none.
    fn untaken(&self) -> u64;
}

/// Arrivals that come in batches, in order.
pub(crate) struct Batches<I> {
    ahead: I,
    current: VecDeque<Arrival>,
    untaken: u64,
    end: u64,
}

impl<I: Iterator<Item = Vec<Arrival>>> Batches<I> {
    /// The `planned` arrivals of the batches `ahead`, none of which is due after `end`.
    pub(crate) fn new(ahead: I, planned: u64, end: u64) -> Self {
        Self { ahead, current: VecDeque::new(), untaken: planned, end }
    }

    fn fill(&mut self) {
        while self.current.is_empty() {
            let Some(batch) = self.ahead.next() else { return };
            self.current = batch.into();
        }
    }
}

impl<I: Iterator<Item = Vec<Arrival>>> ArrivalSource for Batches<I> {
    fn due(&mut self, _now: u64) -> Option<u64> {
        self.fill();
        self.current.front().map(|arrival| arrival.at)
    }

    fn take(&mut self, _now: u64) -> Option<Arrival> {
        self.fill();
        let arrival = self.current.pop_front()?;
        self.untaken -= 1;
        Some(arrival)
    }

    fn end(&self) -> u64 {
        self.end
    }

    fn untaken(&self) -> u64 {
        self.untaken
    }
}

/// A closed loop: the next arrival is due as soon as there is a client for it.
#[derive(Debug, Clone)]
pub(crate) struct ClosedLoop {
    contents: Contents,
    next: u64,
    step: u64,
    limit: u64,
    end: u64,
}

impl ClosedLoop {
    /// Arrivals `first`, `first + step`, … below `limit` until `end`, in nanoseconds from the start.
    #[must_use]
    pub(crate) const fn new(contents: Contents, first: u64, step: u64, limit: u64, end: u64) -> Self {
        Self { contents, next: first, step, limit, end }
    }
}

impl ArrivalSource for ClosedLoop {
    fn due(&mut self, now: u64) -> Option<u64> {
        (self.next < self.limit && now < self.end).then_some(now)
    }

    fn take(&mut self, now: u64) -> Option<Arrival> {
        self.due(now)?;
        let k = self.next;
        self.next += self.step;
        Some(self.contents.arrival(k, now))
    }

    fn end(&self) -> u64 {
        if self.next < self.limit { self.end } else { 0 }
    }

    fn untaken(&self) -> u64 {
        0
    }
}

impl ArrivalSource for Box<dyn ArrivalSource + Send> {
    fn due(&mut self, now: u64) -> Option<u64> {
        (**self).due(now)
    }

    fn take(&mut self, now: u64) -> Option<Arrival> {
        (**self).take(now)
    }

    fn end(&self) -> u64 {
        (**self).end()
    }

    fn untaken(&self) -> u64 {
        (**self).untaken()
    }
}
