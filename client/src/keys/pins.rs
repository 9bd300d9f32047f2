use super::IdempotencyKey;
use crate::error::{Error, ErrorKind};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// Which payload each of the caller's keys belongs to, for the last [`Pins::CAPACITY`] keys. Step Functions compares
/// inputs only while the first execution runs, and its refusal looks like a success that was had before.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    hasher: RandomState,
    pinned: Mutex<Pinned>,
}

#[derive(Debug, Default)]
struct Pinned {
    digests: HashMap<IdempotencyKey, u64>,
    order: VecDeque<IdempotencyKey>,
}

impl Pins {
    const CAPACITY: usize = 10_000;

    /// Pins `body` to `key`, or finds the key pinned to another.
    pub(crate) fn pin(&self, key: &IdempotencyKey, body: &[u8]) -> Result<(), Error> {
        let digest = self.hasher.hash_one(body);
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        match pinned.digests.get(key) {
            Some(known) if *known == digest => return Ok(()),
            Some(_) => {
                let message = format!("idempotency key `{key}` belongs to another payload: use a key of its own");
                return Err(Error::new(ErrorKind::KeyReused, message));
            }
            None => {}
        }
        if pinned.order.len() == Self::CAPACITY
            && let Some(oldest) = pinned.order.pop_front()
        {
            pinned.digests.remove(&oldest);
        }
        pinned.digests.insert(key.clone(), digest);
        pinned.order.push_back(key.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_takes_the_same_payload_again_and_no_other() {
        let pins = Pins::default();
        let key = IdempotencyKey::new("order-17").unwrap();
        pins.pin(&key, b"1").unwrap();
        pins.pin(&key, b"1").unwrap();
        assert_eq!(pins.pin(&key, b"2").unwrap_err().kind(), ErrorKind::KeyReused);
    }

    #[test]
    fn memory_is_bounded() {
        let pins = Pins::default();
        for index in 0..Pins::CAPACITY + 10 {
            pins.pin(&IdempotencyKey::new(index.to_string()).unwrap(), b"1").unwrap();
        }
        let pinned = pins.pinned.lock().unwrap();
        assert_eq!((pinned.digests.len(), pinned.order.len()), (Pins::CAPACITY, Pins::CAPACITY));
    }
}
