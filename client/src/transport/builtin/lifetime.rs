use std::time::{Duration, Instant, SystemTime};

/// An instant on both clocks: the monotonic one may stand still while a machine sleeps, the wall clock may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    monotonic: Instant,
    wall: SystemTime,
}

impl Since {
    pub(super) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    pub(super) fn elapsed(self) -> Duration {
        self.monotonic.elapsed().max(self.wall.elapsed().unwrap_or_default())
    }
}

/// How long connections are used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    /// Without a request.
    pub(super) idle: Duration,
    /// In all.
    pub(super) age: Duration,
}
