//! Arrivals that have been released and have no connection yet, in their order.
//!
//! As many of them as there are connections being made count as sent: an attempt is under way for each, though the first
//! of them takes whichever connection comes first, a new one or one that has become free. The others wait for an attempt:
//! only so many are made at a time.

use std::collections::VecDeque;

use crate::record::{Place, Sent, Times, between};
use crate::schedule::Arrival;

/// An arrival without a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) arrival: Arrival,
    times: Times,
    /// Whether an attempt to connect is under way for it.
    begun: bool,
    /// Nanoseconds of its wait for one in which the generator did not run.
    unattended: u64,
}

/// Arrivals without a connection.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// How many of the first have an attempt under way.
    begun: usize,
}

impl Queue {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many of them have an attempt under way.
    pub(super) const fn begun(&self) -> usize {
        self.begun
    }

    /// Puts an arrival at the end that was released at `now`; there was room for it in flight from `room` on.
    pub(super) fn push(&mut self, arrival: Arrival, room: u64, now: u64) {
        self.waiting.push_back(Waiting { arrival, times: times(&arrival, room, now), begun: false, unattended: 0 });
    }

    /// So many attempts to connect are under way now; whoever has had one keeps it, for the first failure is its own. An
    /// arrival that has waited for one is not late, unless it was this machine that had nothing left to make one of
    /// (`exhausted`).
    pub(super) fn attempts(&mut self, under_way: usize, now: u64, exhausted: bool) {
        while self.begun < under_way.min(self.waiting.len()) {
            let waiting = &mut self.waiting[self.begun];
            waiting.begin(now, exhausted);
            self.begun += 1;
        }
    }

    /// The place of the first.
    pub(super) fn first_place(&self) -> Option<Place> {
        self.waiting.front().map(|waiting| waiting.arrival.place)
    }

    /// Takes the first, for a connection at `now`.
    pub(super) fn take(&mut self, now: u64, exhausted: bool) -> Option<Waiting> {
        let mut waiting = self.waiting.pop_front()?;
        // It may be the first of all, and have none.
        self.begun = self.begun.saturating_sub(1);
        waiting.begin(now, exhausted);
        Some(waiting)
    }

    /// Takes the last if no attempt is under way for it.
    pub(super) fn take_last_without_attempt(&mut self) -> Option<Waiting> {
        if self.waiting.len() > self.begun { self.waiting.pop_back() } else { None }
    }

    /// From when on the first has had an attempt under way and the generator's attention; `None` where it has no attempt.
    pub(super) fn first_begun(&self) -> Option<u64> {
        let first = self.waiting.front().filter(|waiting| waiting.begun);
        first.map(|waiting| waiting.times.released.saturating_add(waiting.times.unattended))
    }

    /// The generator did not run from `since` to `now`.
    pub(super) fn left_alone(&mut self, since: u64, now: u64) {
        for Waiting { times, begun, unattended, .. } in &mut self.waiting {
            *(if *begun { &mut times.unattended } else { unattended }) += between(since.max(times.released), now);
        }
    }
}

impl Waiting {
    fn begin(&mut self, now: u64, exhausted: bool) {
        if !self.begun {
            self.begun = true;
            // What it waited in the queue comes on top of what it was late when it came there.
            let waited = between(self.times.released, now);
            self.times.ready += if exhausted { 0 } else { between(self.unattended, waited) };
            self.times.released = now;
        }
    }

    /// Its instants so far.
    pub(super) const fn times(&self) -> Times {
        self.times
    }

    /// What is told of it when it has ended without a connection.
    pub(super) const fn sent(&self) -> Sent<'_> {
        Sent { k: self.arrival.k, place: self.arrival.place, times: &self.times }
    }
}

/// The instants of an arrival that is released at `now`, with room for it from `room` on.
pub(super) fn times(arrival: &Arrival, room: u64, now: u64) -> Times {
    let room = arrival.at.max(room);
    Times { intended: arrival.at, room, ready: room, released: now, unattended: 0, written: None, first_byte: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(at: u64) -> Arrival {
        Arrival { k: at, at, seed: 0, place: Place::default() }
    }

    #[test]
    fn waiting_for_an_attempt_is_not_waiting_for_room_and_lateness_stays_what_it_was() {
        let mut queue = Queue::default();
        // Five late when it is released, then thirty without an attempt.
        queue.push(arrival(100), 0, 105);
        queue.attempts(0, 120, false);
        assert_eq!((queue.begun(), queue.first_begun()), (0, None));
        queue.attempts(1, 135, false);
        assert_eq!(queue.first_begun(), Some(135));
        // A connection comes later still: the attempt has been its own since.
        let times = queue.take(150, false).unwrap().times();
        assert_eq!((times.intended, times.room, times.ready, times.released), (100, 100, 130, 135));
    }

    #[test]
    fn where_this_machine_has_run_out_the_whole_wait_is_lateness() {
        let mut queue = Queue::default();
        queue.push(arrival(100), 0, 105);
        let times = queue.take(150, true).unwrap().times();
        assert_eq!((times.ready, times.released), (100, 150));
    }

    #[test]
    fn the_first_to_come_is_the_first_to_go_and_attempts_count_from_the_front() {
        let mut queue = Queue::default();
        (0..4).for_each(|at| queue.push(arrival(at), 0, at));
        queue.attempts(2, 10, false);
        assert_eq!(queue.take(11, false).unwrap().arrival.k, 0);
        assert_eq!((queue.len(), queue.begun()), (3, 1));
        assert_eq!(queue.take_last_without_attempt().unwrap().arrival.k, 3);
        queue.attempts(9, 12, false);
        assert_eq!((queue.begun(), queue.take_last_without_attempt().is_none()), (2, true));
    }
}
