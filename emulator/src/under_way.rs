//! A count of what is under way, kept right however it ends.

use std::sync::atomic::{AtomicUsize, Ordering};

/// One more of something, until the value is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'c>(&'c AtomicUsize);

impl<'c> UnderWay<'c> {
    pub(crate) fn one_more(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
