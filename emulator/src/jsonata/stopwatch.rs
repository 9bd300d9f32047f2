//! How time goes by, passed in, and whether what an expression is given of it is over.

use std::cell::Cell;
use std::time::Duration;

/// The clocks that evaluations go by. Both only go forward.
#[derive(Clone, Copy)]
pub struct Clocks {
    /// The machine's.
    pub machine: fn() -> Duration,
    /// How long the thread that asks has been at work, which is never faster: it stands still while others have the processor.
    pub thread: fn() -> Duration,
}

impl Clocks {
    /// One clock for both.
    #[must_use]
    pub const fn of(clock: fn() -> Duration) -> Self {
        Self { machine: clock, thread: clock }
    }
}

/// Tells when a thread has been at work for as long as it may be. To ask is cheap: the thread's clock, a call of the system, is
/// read when by the machine's the time could be over.
pub(super) struct Stopwatch {
    clocks: Clocks,
    given: Cell<Duration>,
    /// When that is over, by the thread's clock.
    until: Cell<Duration>,
    /// When it can be over at the earliest, by the machine's.
    look: Cell<Duration>,
}

impl Stopwatch {
    /// No time is given yet.
    pub(super) fn new(clocks: Clocks) -> Self {
        Self { clocks, given: Cell::default(), until: Cell::default(), look: Cell::default() }
    }

    /// Gives so much, from now on.
    pub(super) fn start(&self, given: Duration) {
        self.given.set(given);
        self.until.set((self.clocks.thread)().saturating_add(given));
        self.look.set((self.clocks.machine)().saturating_add(given));
    }

    /// What was given.
    pub(super) fn given(&self) -> Duration {
        self.given.get()
    }

    /// What is left of it.
    pub(super) fn left(&self) -> Duration {
        self.until.get().saturating_sub((self.clocks.thread)())
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        let now = (self.clocks.machine)();
        if now < self.look.get() {
            return false;
        }
        let left = self.left();
        self.look.set(now.saturating_add(left));
        left.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static MACHINE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static THREAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    fn goes_by(machine: u64, thread: u64) {
        MACHINE.set(MACHINE.get() + Duration::from_millis(machine));
        THREAD.set(THREAD.get() + Duration::from_millis(thread));
    }

    #[test]
    fn it_is_the_thread_s_time_that_is_given_and_its_clock_is_asked_only_when_it_may_be_over() {
        let thread = || {
            ASKED.set(ASKED.get() + 1);
            THREAD.get()
        };
        let watch = Stopwatch::new(Clocks { machine: || MACHINE.get(), thread });
        watch.start(Duration::from_millis(80));
        ASKED.set(0);
        for _ in 0..79 {
            goes_by(1, 1);
            assert!(!watch.is_over());
        }
        assert_eq!(ASKED.get(), 0);
        // Others have the processor for long.
        goes_by(10_000, 0);
        assert!(!watch.is_over() && !watch.is_over());
        assert_eq!((ASKED.get(), watch.left()), (1, Duration::from_millis(1)));
        goes_by(1, 1);
        assert!(watch.is_over() && watch.is_over());
        assert_eq!((watch.given(), watch.left()), (Duration::from_millis(80), Duration::ZERO));
    }
}
