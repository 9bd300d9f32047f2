//! Panics: mistakes of ours, which must cost no more than the execution that met them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use super::run::Failure;

/// Counts the panics that were caught.
#[derive(Debug, Default)]
pub(crate) struct Panics(AtomicU64);

impl Panics {
    /// What `work` comes to; `None` after a panic, which is counted. Where and why it happened, Rust has told on stderr.
    ///
    /// What `work` was changing may be half done: whoever asks must let go of it, or end it.
    pub(crate) fn contain<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(work)).ok();
        if done.is_none() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        done
    }

    /// The same for work that may fail: a panic is a failure too.
    pub(crate) fn or_broken<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.contain(work).unwrap_or_else(|| Err(Failure::broken()))
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
