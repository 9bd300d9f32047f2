//! Time, passed in, so that a test decides it.

use std::fmt::Debug;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, SystemTime};

/// The time of a client: wall time to sign by, monotonic time for deadlines, and a way to wait.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall time, for signatures and credentials.
    fn now(&self) -> SystemTime;

    /// Monotonic time since some fixed instant.
    fn elapsed(&self) -> Duration;

    /// Completes once [`elapsed`](Self::elapsed) has grown by `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's clock on tokio's timer; the default. Under tokio's paused time its monotonic side stands still too.
///
/// Paused time and real sockets do not go together, with this client or another: tokio advances to the next timer whenever
/// nobody is ready, and that is every time limit of a call whose answer is on its way. Let time run where there is a server
/// (wiremock, an emulator); where it has to stand still, the feature `testing` has a transport and a clock.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub struct TokioClock {
    start: std::sync::OnceLock<tokio::time::Instant>,
}

#[cfg(feature = "tokio")]
impl TokioClock {
    /// A clock whose monotonic time begins at its first reading.
    #[must_use]
    pub const fn new() -> Self {
        Self { start: std::sync::OnceLock::new() }
    }
}

#[cfg(feature = "tokio")]
impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "tokio")]
impl Clock for TokioClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.get_or_init(tokio::time::Instant::now).elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// When a call has to have ended, credentials, attempts and waits included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    pub(crate) fn after(clock: &dyn Clock, timeout: Duration) -> Self {
        Self(clock.elapsed().saturating_add(timeout))
    }

    /// The time that is left.
    pub(crate) fn left(self, clock: &dyn Clock) -> Duration {
        self.0.saturating_sub(clock.elapsed())
    }
}

/// The output of `future`, or `None` if `limit` passes first.
pub(crate) async fn within<F: Future>(clock: &dyn Clock, limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // A future that is ready at once, as of a scripted transport, needs no timer.
    let mut timer = None;
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        let timer = timer.get_or_insert_with(|| clock.sleep(limit));
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}
