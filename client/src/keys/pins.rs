use super::IdempotencyKey;
use crate::error::{Error, ErrorKind};
use std::collections::{HashMap, VecDeque};
use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which payload each of the caller's keys belongs to, as a value, for maps are written in another order each time: the
/// keys of calls under way, and the last [`Pins::CAPACITY`] whose request may have arrived. Step Functions compares
/// inputs only while the first execution runs, and its refusal afterwards looks like a success that was had before.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    hasher: RandomState,
    pinned: Mutex<Pinned>,
}

#[derive(Debug, Default)]
struct Pinned {
    entries: HashMap<IdempotencyKey, Entry>,
    /// Keys whose request may have arrived, the oldest first.
    kept: VecDeque<IdempotencyKey>,
}

#[derive(Debug)]
struct Entry {
    digest: u64,
    /// Calls under way.
    holders: usize,
    kept: bool,
}

impl Pins {
    const CAPACITY: usize = 10_000;

    /// The keys of the digests of payloads.
    pub(crate) const fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// Finds `key` pinned to the digest of another payload, or not.
    pub(crate) fn check(&self, key: &IdempotencyKey, digest: u64) -> Result<(), Error> {
        self.pinned().check(key, digest)
    }

    /// Pins a payload to `key` while the call is under way; for good only where its request may have arrived.
    pub(crate) fn pin(self: &Arc<Self>, key: &IdempotencyKey, digest: u64) -> Result<Pin, Error> {
        let mut pinned = self.pinned();
        pinned.check(key, digest)?;
        let entry = pinned.entries.entry(key.clone()).or_insert(Entry { digest, holders: 0, kept: false });
        entry.holders += 1;
        Ok(Pin { pins: Arc::clone(self), key: key.clone(), at_risk: false, arrived: false })
    }

    fn pinned(&self) -> MutexGuard<'_, Pinned> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pinned {
    fn check(&self, key: &IdempotencyKey, digest: u64) -> Result<(), Error> {
        match self.entries.get(key) {
            Some(entry) if entry.digest != digest => {
                let message = format!("idempotency key `{key}` belongs to another payload: use a key of its own");
                Err(Error::new(ErrorKind::KeyReused, message))
            }
            _ => Ok(()),
        }
    }

    fn release(&mut self, key: &IdempotencyKey, keep: bool) {
        let entry = self.entries.get_mut(key).expect("an entry stays while a call holds it");
        entry.holders -= 1;
        if keep && !entry.kept {
            entry.kept = true;
            self.kept.push_back(key.clone());
        }
        if entry.holders == 0 && !entry.kept {
            self.entries.remove(key);
        }
        if self.kept.len() > Pins::CAPACITY
            && let Some(oldest) = self.kept.pop_front()
            && let Some(entry) = self.entries.get_mut(&oldest)
        {
            entry.kept = false;
            if entry.holders == 0 {
                self.entries.remove(&oldest);
            }
        }
    }
}

/// A key in the hands of one call. A call that is dropped while its request is on the way keeps the key pinned.
#[derive(Debug)]
pub(crate) struct Pin {
    pins: Arc<Pins>,
    key: IdempotencyKey,
    at_risk: bool,
    arrived: bool,
}

impl Pin {
    /// A request is about to go out.
    pub(crate) const fn leaves(&mut self) {
        self.at_risk = true;
    }

    /// What became of it is known, or known not to be knowable.
    pub(crate) const fn returned(&mut self, may_have_arrived: bool) {
        self.at_risk = false;
        self.arrived |= may_have_arrived;
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.pins.pinned().release(&self.key, self.at_risk || self.arrived);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str) -> IdempotencyKey {
        IdempotencyKey::new(key).unwrap()
    }

    fn is_free(pins: &Pins) -> bool {
        pins.check(&key("order-17"), 3).is_ok()
    }

    #[test]
    fn a_key_takes_the_same_payload_again_and_no_other() {
        let pins = Arc::new(Pins::default());
        let mut pin = pins.pin(&key("order-17"), 1).unwrap();
        assert!(pins.pin(&key("order-17"), 1).is_ok(), "two calls at a time");
        assert_eq!(pins.pin(&key("order-17"), 2).unwrap_err().kind(), ErrorKind::KeyReused);
        pin.returned(true);
        drop(pin);
        assert_eq!(pins.check(&key("order-17"), 2).unwrap_err().kind(), ErrorKind::KeyReused);
        assert!(pins.check(&key("order-17"), 1).is_ok());
    }

    #[test]
    fn a_key_whose_request_cannot_have_arrived_is_free_again() {
        let pins = Arc::new(Pins::default());
        let mut pin = pins.pin(&key("order-17"), 1).unwrap();
        pin.leaves();
        pin.returned(false);
        let other = pins.pin(&key("order-17"), 1).unwrap();
        drop(pin);
        assert!(!is_free(&pins), "another call is under way");
        drop(other);
        assert!(is_free(&pins));
    }

    #[test]
    fn a_call_that_is_dropped_on_its_way_keeps_the_key() {
        let pins = Arc::new(Pins::default());
        let mut pin = pins.pin(&key("order-17"), 1).unwrap();
        pin.leaves();
        drop(pin);
        assert!(!is_free(&pins));
    }

    #[test]
    fn memory_is_bounded() {
        let pins = Arc::new(Pins::default());
        for index in 0..Pins::CAPACITY + 10 {
            pins.pin(&key(&index.to_string()), 1).unwrap().returned(true);
        }
        let pinned = pins.pinned();
        assert_eq!((pinned.entries.len(), pinned.kept.len()), (Pins::CAPACITY, Pins::CAPACITY));
    }
}
