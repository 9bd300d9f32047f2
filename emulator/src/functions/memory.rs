//! What all environments of a pool hold together: a bound in bytes, and a share of it for each.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long one whose JavaScript is to run waits for what others are about to give back. Those that have not come back by
/// then are stuck.
const PATIENCE: Duration = Duration::from_secs(1);
/// Less than this is no room: an environment alone takes some 200 kB.
const LEAST: usize = 4 << 20;

/// A bound on what all environments hold.
#[derive(Debug)]
pub(crate) struct Memory {
    most: usize,
    patience: Duration,
    taken: Mutex<Taken>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    /// What environments held when their JavaScript last came to rest.
    held: usize,
    /// What those whose JavaScript runs may take beyond that.
    lent: usize,
    /// How many threads wait for some to come back.
    waiting: usize,
}

impl Memory {
    /// A bound of so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { most, patience: PATIENCE, taken: Mutex::default(), settled: Condvar::new() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bound.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// What is held at this moment, by what is known of those that run.
    pub(crate) fn held(&self) -> usize {
        self.taken().held
    }

    /// What one that wants so much is lent: all of it, but never more than a quarter of what there is, so that others run
    /// beside it.
    fn enough(&self, wanted: usize) -> usize {
        wanted.min(self.most / 4)
    }

    /// How much is missing until one that wants so much can begin.
    pub(super) fn missing(&self, wanted: usize) -> usize {
        self.enough(wanted).saturating_sub(self.most.saturating_sub(self.held()))
    }

    /// Lends enough, or what there is if no more can be had; and whether one can begin with it. Where many run that do not
    /// come back, each is lent a part of what is left, so that they do not stop those that come after them.
    fn lend(&self, wanted: usize) -> (usize, bool) {
        let enough = self.enough(wanted);
        let free = |taken: &Taken| self.most.saturating_sub(taken.held).saturating_sub(taken.lent);
        let is_crowded = |taken: &mut Taken| taken.lent > 0 && free(taken) < enough + self.most / 8;
        let (mut taken, mut is_late) = (self.taken(), false);
        if is_crowded(&mut taken) {
            taken.waiting += 1;
            let settled = self.settled.wait_timeout_while(taken, self.patience, is_crowded);
            let end;
            (taken, end) = settled.unwrap_or_else(PoisonError::into_inner);
            taken.waiting -= 1;
            is_late = end.timed_out();
        }
        let (lent, least) = if is_late {
            (enough.min(free(&taken) / 4), enough.min(LEAST))
        } else {
            (enough.min(free(&taken)), enough)
        };
        taken.lent += lent;
        (lent, lent >= least)
    }
}

/// What one environment has of it; given back when it is dropped.
#[derive(Debug)]
pub(super) struct MemoryShare {
    memory: Arc<Memory>,
    held: usize,
    lent: usize,
}

impl MemoryShare {
    /// A share for an environment that does not exist yet and may take `wanted` bytes; `None` without room for it.
    pub(super) fn of(memory: &Arc<Memory>, wanted: usize) -> Option<Self> {
        let mut share = Self { memory: Arc::clone(memory), held: 0, lent: 0 };
        share.borrow(wanted).then_some(share)
    }

    /// Has as much lent to it as one that may take `wanted` bytes in all needs; false where there is less.
    pub(super) fn borrow(&mut self, wanted: usize) -> bool {
        let more = wanted.saturating_sub(self.all());
        let (lent, is_enough) = self.memory.lend(more);
        self.lent += lent;
        is_enough
    }

    /// What it may take, with what it holds.
    pub(super) fn all(&self) -> usize {
        self.held + self.lent
    }

    /// What it holds while nothing runs.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Gives back what is not held.
    pub(super) fn settle(&mut self, held: usize) {
        let mut taken = self.memory.taken();
        taken.lent -= self.lent;
        taken.held = taken.held - self.held + held;
        let is_awaited = taken.waiting > 0;
        drop(taken);
        if is_awaited {
            self.memory.settled.notify_all();
        }
        (self.held, self.lent) = (held, 0);
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.settle(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn memory(patience: Duration) -> Arc<Memory> {
        Arc::new(Memory { patience, ..Memory::new(64 * MIB) })
    }

    #[test]
    fn what_is_lent_and_held_together_never_exceeds_the_bound() {
        let memory = memory(Duration::ZERO);
        let mut shares: Vec<_> = std::iter::from_fn(|| MemoryShare::of(&memory, 1 << 40)).collect();
        let lent: Vec<_> = shares.iter().map(|share| share.all() / MIB).collect();
        assert_eq!(lent, [16, 16, 16, 4], "a quarter of all, and then of what is left");
        for share in &mut shares {
            share.settle(share.all());
        }
        assert_eq!((memory.held(), memory.missing(128 * MIB), memory.missing(4 * MIB)), (52 * MIB, 4 * MIB, 0));
        assert!(MemoryShare::of(&memory, 13 * MIB).is_none(), "all or nothing for one that begins");
        assert!(!shares[0].borrow(64 * MIB), "what has begun is lent what there is");
        assert_eq!(shares[0].all(), 28 * MIB);
        shares.pop();
        assert_eq!(memory.held(), 48 * MIB, "what is dropped is given back");
        drop(shares);
        assert_eq!((memory.held(), memory.missing(128 * MIB)), (0, 0));
    }

    #[test]
    fn who_wants_memory_waits_for_those_that_are_about_to_give_theirs_back() {
        let memory = memory(Duration::from_mins(1));
        let mut shares: Vec<_> = (0..3).map(|_| MemoryShare::of(&memory, 16 * MIB).unwrap()).collect();
        std::thread::scope(|scope| {
            let late = scope.spawn(|| MemoryShare::of(&memory, 16 * MIB).map(|share| share.all()));
            shares[2].settle(MIB);
            assert_eq!(late.join().unwrap(), Some(16 * MIB));
        });
    }

    #[test]
    fn what_is_lent_once_more_is_not_counted_twice() {
        let memory = memory(Duration::ZERO);
        let mut share = MemoryShare::of(&memory, 4 * MIB).unwrap();
        assert!(share.borrow(4 * MIB));
        assert_eq!(share.all(), 4 * MIB);
        share.settle(3 * MIB);
        assert_eq!((share.held(), memory.held()), (3 * MIB, 3 * MIB));
        assert!(share.borrow(4 * MIB), "a MiB is left of what it may have");
        share.settle(MIB);
        assert_eq!(memory.held(), MIB);
    }
}
