//! Time, passed in: the real clock, and a virtual one on which a three-second workflow ends at once.

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::platform::thread_time;

/// A wait that blocks no thread.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock that a thread can also wait by.
pub trait Clock: Debug + Send + Sync {
    /// Time since the Unix epoch; never goes back.
    fn now(&self) -> Duration;

    /// How long a thread has to block until `deadline` is reached. Asked only when nothing else can happen before it:
    /// a virtual clock jumps to the deadline and answers zero.
    fn block_for(&self, deadline: Duration) -> Duration;

    /// Whether time stands still while handlers run and endpoints answer (default: no). Things then happen one after
    /// the other, so that the same seed tells the same story.
    fn is_virtual(&self) -> bool {
        false
    }

    /// Waits so long without blocking the thread; by default, by the timer of the runtime that polls it.
    fn sleep(&self, length: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(length))
    }
}

/// What comes of `work` if it is done within `length`. Most work is done at once, and needs no timer.
pub(crate) async fn within<T>(clock: &dyn Clock, length: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut sleep = None;
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        sleep.get_or_insert_with(|| clock.sleep(length)).as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Time since some moment of this process, by the machine's clock, whichever clock the workflows go by: for bounds on what
/// work takes.
pub(crate) fn since_start() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// How long the calling thread has been at work, from some moment on; where the system does not tell, time since the start.
pub(crate) fn at_work() -> Duration {
    thread_time().unwrap_or_else(since_start)
}

/// The machine's clock: wall time at the start, carried on monotonically.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    epoch: Duration,
    start: Instant,
}

impl SystemClock {
    /// Reads the wall clock once.
    #[must_use]
    pub fn start() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch, start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.epoch + self.start.elapsed()
    }

    fn block_for(&self, deadline: Duration) -> Duration {
        deadline.saturating_sub(self.now())
    }
}

/// A clock that stands still until somebody has to wait.
///
/// ```
/// use std::time::Duration;
/// use stepgate_emulator::clock::{Clock, VirtualClock};
///
/// let clock = VirtualClock::starting_at(Duration::from_secs(1_700_000_000));
/// let deadline = clock.now() + Duration::from_secs(3);
/// assert_eq!(clock.block_for(deadline), Duration::ZERO);
/// assert_eq!(clock.now(), deadline);
/// ```
#[derive(Debug)]
pub struct VirtualClock {
    nanoseconds: AtomicU64,
}

impl VirtualClock {
    /// A clock that reads `epoch` (time since the Unix epoch) until the first wait.
    #[must_use]
    pub fn starting_at(epoch: Duration) -> Self {
        Self { nanoseconds: AtomicU64::new(nanoseconds(epoch)) }
    }

    /// Moves the clock on by hand.
    pub fn advance(&self, by: Duration) {
        self.nanoseconds.fetch_add(nanoseconds(by), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::SeqCst))
    }

    fn block_for(&self, deadline: Duration) -> Duration {
        self.nanoseconds.fetch_max(nanoseconds(deadline), Ordering::SeqCst);
        Duration::ZERO
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// Saturates in the year 2554.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
