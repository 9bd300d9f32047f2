//! One allowance of work and memory for all that a request, or a state of an execution, makes the endpoint do.
//!
//! Templates, paths, regular expressions and models are chosen by whoever deploys, but what they work on comes from
//! callers. A bound on steps alone does not hold: one comparison may walk 2^60 nodes, one `addAll` may copy a gigabyte.
//! So everything is charged for the bytes and nodes that it touches, and for what it keeps, to one budget.

use std::cell::Cell;
use std::fmt;

/// Units of work that every request may spend. A unit is one to two nanoseconds of one core (`tests/referees/attacks`).
const WORK: u64 = 20_000_000;
/// Units of work for each byte of the body: reading, writing, escaping and replacing it once each take about four.
const WORK_PER_BYTE: u64 = 16;
/// Bytes that every request may keep. Lists double when they grow, so that the process takes up to two and a half
/// times as much (`tests/referees/attacks`).
const MEMORY: u64 = 18 << 20;
/// Bytes that a request may keep for each byte of its body.
const MEMORY_PER_BYTE: u64 = 10;

/// Units of work, and bytes, that a copy costs beside what is copied.
const COPY: usize = 40;

/// What a request may still spend.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    given: Cell<u64>,
    work: Cell<u64>,
    memory: Cell<u64>,
}

/// The budget is spent: API Gateway answers 500 to a template that does too much, and an execution fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted {
    memory: bool,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.memory {
            "this needs more memory than a request or a state may use"
        } else {
            "this needs more work than a request or a state may ask for"
        })
    }
}

impl std::error::Error for Exhausted {}

impl From<Exhausted> for String {
    fn from(exhausted: Exhausted) -> Self {
        exhausted.to_string()
    }
}

impl Budget {
    /// The budget of a request whose body has so many bytes: 20 million units of work and 18 MiB, and for each byte of the
    /// body 16 units and ten bytes.
    #[must_use]
    pub(crate) fn for_body(bytes: usize) -> Self {
        let bytes = bytes as u64;
        let work = WORK.saturating_add(bytes.saturating_mul(WORK_PER_BYTE));
        Self {
            given: Cell::new(work),
            work: Cell::new(work),
            memory: Cell::new(MEMORY.saturating_add(bytes.saturating_mul(MEMORY_PER_BYTE))),
        }
    }

    /// Spends units of work.
    ///
    /// # Errors
    /// There are not so many left. Nothing is left afterwards, so that whoever goes on all the same is stopped too.
    pub(crate) fn work(&self, units: usize) -> Result<(), Exhausted> {
        take(&self.work, units).ok_or(Exhausted { memory: false })
    }

    /// Gives units of work besides.
    pub(crate) fn add_work(&self, units: u64) {
        self.given.set(self.given.get().saturating_add(units));
        self.work.set(self.work.get().saturating_add(units));
    }

    /// Takes bytes that are kept until [`Budget::release`] gives them back.
    ///
    /// # Errors
    /// There are not so many left.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), Exhausted> {
        take(&self.memory, bytes).ok_or(Exhausted { memory: true })
    }

    /// Takes what a copy of so many bytes costs that is kept.
    ///
    /// # Errors
    /// There is not so much left.
    pub(crate) fn copy(&self, bytes: usize) -> Result<(), Exhausted> {
        self.work(COPY + bytes / 2)?;
        self.hold(COPY + bytes)
    }

    /// Whether so many bytes more could be kept: asked before something is made that is held once it is there.
    ///
    /// # Errors
    /// There are not so many left.
    pub(crate) fn room(&self, bytes: usize) -> Result<(), Exhausted> {
        self.hold(bytes)?;
        self.release(bytes);
        Ok(())
    }

    /// Gives back bytes that are no longer kept.
    pub(crate) fn release(&self, bytes: usize) {
        self.memory.set(self.memory.get().saturating_add(bytes as u64));
    }

    /// Units of work that are left.
    #[must_use]
    #[cfg(test)]
    pub(crate) fn work_left(&self) -> u64 {
        self.work.get()
    }

    /// Units of work that were spent.
    #[must_use]
    pub(crate) fn work_spent(&self) -> u64 {
        self.given.get().saturating_sub(self.work.get())
    }

    /// Bytes that are left.
    #[must_use]
    pub(crate) fn memory_left(&self) -> u64 {
        self.memory.get()
    }
}

/// The budget of a request without a body; also what is worked out while a deployment is loaded.
impl Default for Budget {
    fn default() -> Self {
        Self::for_body(0)
    }
}

fn take(left: &Cell<u64>, amount: usize) -> Option<()> {
    let rest = left.get().checked_sub(amount as u64);
    left.set(rest.unwrap_or(0));
    rest.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_stays_spent_and_what_is_released_comes_back() {
        let budget = Budget::for_body(0);
        assert_eq!(budget.work(20_000_000), Ok(()));
        assert_eq!(budget.work(1), Err(Exhausted { memory: false }));
        assert_eq!(budget.hold(18 << 20), Ok(()));
        budget.release(10);
        assert_eq!(budget.hold(10), Ok(()));
        assert_eq!(budget.hold(1), Err(Exhausted { memory: true }));
    }

    #[test]
    fn a_longer_body_may_cost_more() {
        let (short, long) = (Budget::for_body(0), Budget::for_body(1_000));
        assert_eq!(long.work_left() - short.work_left(), 16_000);
        assert_eq!(long.memory_left() - short.memory_left(), 10_000);
    }
}
