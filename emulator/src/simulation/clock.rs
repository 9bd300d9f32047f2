//! A clock that goes as far as its leader says, and the waits that it ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::clock::{Clock, Sleep, nanoseconds};

/// How long a thread blocks that has nothing to do before the instant that time is led to: until it is told to go on.
const UNTIL_TOLD: Duration = Duration::from_hours(24);

/// Virtual time that somebody leads.
#[derive(Debug)]
pub(crate) struct LedClock {
    hand: Arc<Hand>,
    /// Up to where threads may take it by waiting, in nanoseconds since the Unix epoch.
    limit: AtomicU64,
}

#[derive(Debug)]
struct Hand {
    /// Nanoseconds since the Unix epoch.
    now: AtomicU64,
    timers: Mutex<Timers>,
}

#[derive(Debug, Default)]
struct Timers {
    /// Who waits, by the instant in nanoseconds and the number of the wait.
    waiting: BTreeMap<(u64, u64), Waker>,
    count: u64,
}

impl Hand {
    fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LedClock {
    /// A clock that reads `epoch`, time since the Unix epoch, until it is led on.
    pub(crate) fn starting_at(epoch: Duration) -> Self {
        let now = nanoseconds(epoch);
        let hand = Hand { now: AtomicU64::new(now), timers: Mutex::default() };
        Self { hand: Arc::new(hand), limit: AtomicU64::new(now) }
    }

    /// Lets threads that wait take it up to an instant.
    pub(crate) fn lead_to(&self, instant: Duration) {
        self.limit.fetch_max(nanoseconds(instant), Ordering::SeqCst);
    }

    /// Goes to an instant, and ends the waits that end by then.
    pub(crate) fn reach(&self, instant: Duration) {
        let now = nanoseconds(instant);
        self.hand.now.fetch_max(now, Ordering::SeqCst);
        let mut timers = self.hand.timers();
        while let Some(entry) = timers.waiting.first_entry().filter(|entry| entry.key().0 <= now) {
            entry.remove().wake();
        }
    }

    /// When the first wait ends.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        self.hand.timers().waiting.keys().next().map(|(at, _)| Duration::from_nanos(*at))
    }
}

impl Clock for LedClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.hand.now())
    }

    fn block_for(&self, deadline: Duration) -> Duration {
        let deadline = nanoseconds(deadline);
        if deadline > self.limit.load(Ordering::SeqCst) {
            return UNTIL_TOLD;
        }
        self.hand.now.fetch_max(deadline, Ordering::SeqCst);
        Duration::ZERO
    }

    fn is_virtual(&self) -> bool {
        true
    }

    fn sleep(&self, length: Duration) -> Sleep {
        let number = {
            let mut timers = self.hand.timers();
            timers.count += 1;
            timers.count
        };
        let at = self.hand.now().saturating_add(nanoseconds(length));
        Box::pin(Wait { hand: Arc::clone(&self.hand), key: (at, number) })
    }
}

/// A wait of a task.
struct Wait {
    hand: Arc<Hand>,
    key: (u64, u64),
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.hand.now() >= self.key.0 {
            return Poll::Ready(());
        }
        self.hand.timers().waiting.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.hand.timers().waiting.remove(&self.key);
    }
}
