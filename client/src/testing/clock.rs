use crate::clock::Clock;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A clock on which time passes only by waiting, and waiting takes none.
///
/// What waits for something that never comes, such as [`Step::Hang`](super::Step::Hang), runs into its time limit at
/// once. Clones are the same clock.
///
/// Use it beside a transport that has its answers at hand, as [`ScriptedTransport`](super::ScriptedTransport) does. A real
/// socket takes time, and here there is none: with a mock server every call times out while connecting. Let that client keep its
/// clock, and make its pauses short by [`ClientBuilder::backoff`](crate::ClientBuilder::backoff).
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Mutex<Reading>>);

#[derive(Debug)]
struct Reading {
    wall: SystemTime,
    elapsed: Duration,
    waits: Vec<Duration>,
}

impl TestClock {
    /// A clock that reads 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH + Duration::from_hours(490_896))
    }

    /// A clock that reads `wall`.
    #[must_use]
    pub fn at(wall: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(Reading { wall, elapsed: Duration::ZERO, waits: Vec::new() })))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.wall += by;
        reading.elapsed += by;
    }

    /// Every wait so far that came to its end: pauses and time limits.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waits.clone()
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wall
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = self.clone();
        Box::pin(async move {
            clock.advance(duration);
            clock.0.lock().unwrap_or_else(PoisonError::into_inner).waits.push(duration);
        })
    }
}
