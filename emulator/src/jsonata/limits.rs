//! How far an evaluation may go, and what it is given of time and chance.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use jsonata_core::evaluator::EvaluatorOptions;

use super::stopwatch::Clocks;

/// A build that is not optimised takes ten times as long for the same.
const SLOWNESS: u32 = if cfg!(debug_assertions) { 10 } else { 1 };
/// How long the expressions of a state may keep their thread at work together: others wait meanwhile. AWS does not say what its
/// limit is.
pub(super) const MAX_TIME: Duration = Duration::from_millis(80).saturating_mul(SLOWNESS);
/// How long the library is given by the machine's clock, the only one that it looks at, where others keep the machine busy.
pub(super) const MAX_PATIENCE: Duration = Duration::from_secs(1).saturating_mul(SLOWNESS);
/// How much longer they may take for each item that one of them is evaluated for.
const MAX_TIME_OF_ITEM: Duration = Duration::from_millis(2).saturating_mul(SLOWNESS);
/// Deepest evaluation, in levels; a call that is not a tail call takes about three.
const MAX_DEPTH: usize = 5_000;
/// Longest list that an expression may make.
pub(super) const MAX_LIST: usize = 500_000;

/// What an expression would otherwise ask of its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// `$now()` and `$millis()`, since the Unix epoch.
    pub now: Duration,
    /// Seeds `$random()`, `$uuid()` and `$shuffle()`.
    pub seed: u64,
}

/// What the expressions of a state may still take together.
#[derive(Clone)]
pub struct Allowance {
    left: Cell<Duration>,
    clocks: Clocks,
}

impl Allowance {
    /// The whole of it, taken by the clock of the thread.
    #[must_use]
    pub const fn new(clocks: Clocks) -> Self {
        Self { left: Cell::new(MAX_TIME), clocks }
    }

    /// So long, whatever a state is given: tests of other bounds wait for these on a busy machine, too.
    #[cfg(test)]
    pub(super) const fn lasting(left: Duration, clocks: Clocks) -> Self {
        Self { left: Cell::new(left), clocks }
    }

    pub(super) const fn clocks(&self) -> Clocks {
        self.clocks
    }

    /// Gives the whole of it again: another state begins.
    pub fn renew(&self) {
        self.left.set(MAX_TIME);
    }

    /// Adds what there is for one more item, up to the whole: no expression may take longer.
    pub fn add_item(&self) {
        self.left.set(self.left.get().saturating_add(MAX_TIME_OF_ITEM).min(MAX_TIME));
    }

    /// Has something done within what is left, and takes from it what that took; `None` if nothing is left.
    pub(super) fn spend<T>(&self, work: impl FnOnce(Duration) -> T) -> Option<T> {
        let left = Some(self.left.get()).filter(|left| !left.is_zero())?;
        let begun = (self.clocks.thread)();
        let done = work(left);
        self.left.set(left.saturating_sub((self.clocks.thread)().saturating_sub(begun)));
        Some(done)
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Allowance({:?})", self.left.get())
    }
}

/// The limits of an expression that may take so long by the machine's clock.
pub(super) fn limits_within(time: Duration) -> EvaluatorOptions {
    EvaluatorOptions {
        timeout_ms: Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        max_stack_depth: Some(MAX_DEPTH),
        max_sequence_length: Some(MAX_LIST),
        ..EvaluatorOptions::default()
    }
}
