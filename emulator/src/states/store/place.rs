//! A shard behind its lock, and those who wait for one of its runs to come back.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::shard::Shard;

#[derive(Debug, Default)]
pub(super) struct Place {
    shard: Mutex<Shard>,
    /// A run has come back.
    back: Condvar,
    /// All who were called have looked.
    looked: Condvar,
}

impl Place {
    pub(super) fn lock(&self) -> MutexGuard<'_, Shard> {
        // A panic elsewhere leaves at worst one execution half done.
        self.shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a run has come back.
    pub(super) fn wait<'s>(&'s self, mut shard: MutexGuard<'s, Shard>) -> MutexGuard<'s, Shard> {
        shard.waiting += 1;
        let mut shard = self.back.wait(shard).unwrap_or_else(PoisonError::into_inner);
        shard.waiting -= 1;
        shard.called = shard.called.saturating_sub(1);
        if shard.called == 0 {
            self.looked.notify_all();
        }
        shard
    }

    /// Calls those who wait: a run has come back. Nearly always nobody does, and calling costs a call of the system.
    pub(super) fn call(&self, shard: &mut Shard) {
        if shard.waiting > 0 {
            shard.called = shard.waiting;
            self.back.notify_all();
        }
    }

    /// The shard, once all who were called have looked: a run that goes on and on would else be gone again before they do.
    pub(super) fn lock_after_the_called(&self) -> MutexGuard<'_, Shard> {
        let mut shard = self.lock();
        while shard.called > 0 {
            shard = self.looked.wait(shard).unwrap_or_else(PoisonError::into_inner);
        }
        shard
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn whoever_waits_for_a_run_looks_before_it_is_taken_again() {
        const ROUNDS: usize = 200;
        let (place, looks) = (Place::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for round in 0..ROUNDS {
                let looker = scope.spawn(|| {
                    let _shard = place.wait(place.lock());
                    looks.fetch_add(1, Ordering::SeqCst);
                });
                while place.lock().waiting == 0 {
                    std::thread::yield_now();
                }
                place.call(&mut place.lock());
                let shard = place.lock_after_the_called();
                // It has had the lock, so it looks now or has looked; nobody else came in between.
                assert_eq!((shard.waiting, shard.called), (0, 0), "in round {round}");
                drop(shard);
                looker.join().expect("the one who looks does not panic");
            }
        });
        assert_eq!(looks.into_inner(), ROUNDS);
    }
}
