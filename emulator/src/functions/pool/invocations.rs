//! The invocations that are under way, each at its place.

use std::time::Duration;

use slab::Slab;

use crate::functions::environment::Environment;
use crate::functions::invocation::Invocation;
use crate::functions::threads::Ticket;

/// All of them. `T` says whose an invocation is.
pub(super) struct Invocations<T> {
    places: Slab<InFlight<T>>,
    /// Of the last one: a place is taken again, its serial number is not.
    serial: u64,
}

/// One that has not been answered.
pub(super) struct InFlight<T> {
    pub(super) whose: T,
    pub(super) function: usize,
    pub(super) invocation: Invocation,
    serial: u64,
    /// Where it is when no thread is at it.
    pub(super) sleeping: Option<Sleeping>,
}

/// One that waits for its time.
pub(super) struct Sleeping {
    pub(super) until: Duration,
    pub(super) work: Work,
}

/// What it goes on with.
pub(super) enum Work {
    /// A cold start: the payload waits for it.
    Starting(String),
    Running(Environment),
}

impl<T> Default for Invocations<T> {
    fn default() -> Self {
        Self { places: Slab::new(), serial: 0 }
    }
}

impl<T> Invocations<T> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Gives an invocation its place.
    pub(super) fn hold(
        &mut self,
        whose: T,
        function: usize,
        invocation: Invocation,
        sleeping: Option<Sleeping>,
    ) -> Ticket {
        self.serial += 1;
        let place = self.places.insert(InFlight { whose, function, invocation, serial: self.serial, sleeping });
        Ticket { place, serial: self.serial }
    }

    /// Takes an invocation out: whoever ends it does so, once.
    pub(super) fn release(&mut self, place: usize) -> InFlight<T> {
        self.places.remove(place)
    }

    /// Whether the invocation of this ticket has not been answered yet.
    pub(super) fn is_current(&self, ticket: Ticket) -> bool {
        self.places.get(ticket.place).is_some_and(|held| held.serial == ticket.serial)
    }

    /// The invocation at a place that is taken.
    pub(super) fn at(&mut self, place: usize) -> &mut InFlight<T> {
        &mut self.places[place]
    }

    /// The ticket of the invocation at a place that is taken.
    pub(super) fn ticket(&self, place: usize) -> Ticket {
        Ticket { place, serial: self.places[place].serial }
    }
}
