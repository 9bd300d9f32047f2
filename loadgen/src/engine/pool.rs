//! The generator's connections by what they do. It talks to nobody.

use super::chain::Chain;
use super::slot::{InFlight, Slot};
use crate::record::between;

/// Connections, each at the number that the network knows it by.
#[derive(Debug, Default)]
pub(super) struct Pool {
    slots: Vec<Slot>,
    buffers: Vec<Buffers>,
    vacant: Vec<usize>,
    idle: Chain,
    /// In the order in which they were begun, and so of their deadlines.
    connecting: Chain,
    /// In the order in which their requests were released, and so of their deadlines.
    busy: Chain,
}

/// Bytes on the way in and out of a connection.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The beginning of an answer that has not come whole.
    pub(super) inbox: Vec<u8>,
    /// The end of a request that has not been written.
    pub(super) outbox: Vec<u8>,
}

impl Pool {
    /// What a connection is doing.
    pub(super) fn slot(&self, index: usize) -> &Slot {
        self.slots.get(index).unwrap_or(&Slot::Vacant)
    }

    /// The request that a connection carries.
    pub(super) fn request(&mut self, index: usize) -> Option<&mut InFlight> {
        match self.slots.get_mut(index) {
            Some(Slot::Busy(request)) => Some(request),
            _ => None,
        }
    }

    /// Its bytes.
    pub(super) fn buffers(&mut self, index: usize) -> &mut Buffers {
        &mut self.buffers[index]
    }

    /// Connections that carry a request.
    pub(super) const fn busy(&self) -> usize {
        self.busy.len()
    }

    /// Connections that are being made.
    pub(super) const fn connecting(&self) -> usize {
        self.connecting.len()
    }

    /// Connections of any kind.
    pub(super) fn open(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }

    /// A place for another connection; it stays vacant until [`Pool::connect`].
    pub(super) fn vacancy(&mut self) -> usize {
        self.vacant.last().copied().unwrap_or_else(|| {
            self.slots.push(Slot::Vacant);
            self.buffers.push(Buffers::default());
            self.vacant.push(self.slots.len() - 1);
            self.slots.len() - 1
        })
    }

    /// The connection at the vacancy of now is being made.
    pub(super) fn connect(&mut self, deadline: u64) {
        let index = self.vacant.pop().expect("a vacancy was asked for before");
        self.slots[index] = Slot::Connecting(deadline);
        self.connecting.push(index);
    }

    /// A connection has come about, or its request has been answered: it can take another.
    pub(super) fn rest(&mut self, index: usize) {
        self.leave(index);
        self.slots[index] = Slot::Idle;
        self.idle.push(index);
    }

    /// Takes the connection that rested last, for a request.
    pub(super) fn carry(&mut self, request: InFlight) -> Option<usize> {
        let index = self.idle.pop()?;
        self.slots[index] = Slot::Busy(request);
        self.busy.push(index);
        Some(index)
    }

    /// A connection is gone.
    pub(super) fn vacate(&mut self, index: usize) {
        self.leave(index);
        self.slots[index] = Slot::Vacant;
        let Buffers { inbox, outbox } = &mut self.buffers[index];
        inbox.clear();
        outbox.clear();
        self.vacant.push(index);
    }

    fn leave(&mut self, index: usize) {
        match self.slots[index] {
            Slot::Vacant => {}
            Slot::Idle => drop(self.idle.remove(index)),
            Slot::Connecting(_) => drop(self.connecting.remove(index)),
            Slot::Busy(_) => drop(self.busy.remove(index)),
        }
    }

    /// Connections that wait for a request.
    pub(super) const fn idle(&self) -> usize {
        self.idle.len()
    }

    /// The connection that is to be given up first, and when.
    pub(super) fn first_connecting(&self) -> Option<(usize, u64)> {
        let index = self.connecting.first()?;
        let Slot::Connecting(deadline) = self.slots[index] else { unreachable!("it is among those being made") };
        Some((index, deadline))
    }

    /// The connection whose request is to be given up first, and when.
    pub(super) fn first_busy(&self) -> Option<(usize, u64)> {
        let index = self.busy.first()?;
        let Slot::Busy(request) = &self.slots[index] else { unreachable!("it is among those that carry a request") };
        Some((index, request.deadline))
    }

    /// The generator did not run from `since` to `now`: everybody has as much time left as before.
    pub(super) fn left_alone(&mut self, since: u64, now: u64) {
        for slot in &mut self.slots {
            match slot {
                Slot::Vacant | Slot::Idle => {}
                Slot::Connecting(deadline) => *deadline = deadline.saturating_add(between(since, now)),
                Slot::Busy(InFlight { times, deadline, .. }) => {
                    let alone = between(since.max(times.released), now);
                    times.unattended += alone;
                    *deadline = deadline.saturating_add(alone);
                }
            }
        }
    }

    /// Every connection that is not vacant.
    pub(super) fn occupied(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.slots.iter().enumerate().filter(|(_, slot)| !matches!(slot, Slot::Vacant))
    }
}
