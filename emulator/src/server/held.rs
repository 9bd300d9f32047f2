//! What is held for callers who are slow: large requests that are still arriving, and large answers that are not taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is smaller is not counted, so that others are served however much is held: nor is it kept for less, once it is empty.
pub(super) const SMALL: usize = 64 * 1024;

/// What all connections hold together.
#[derive(Debug)]
pub(crate) struct HeldMemory {
    bytes: AtomicUsize,
    most: usize,
}

impl HeldMemory {
    /// Nothing yet, and so many bytes at most.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), most })
    }
}

/// What one connection holds of it; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    of: Arc<HeldMemory>,
    bytes: usize,
}

impl Hold {
    pub(super) const fn new(of: Arc<HeldMemory>) -> Self {
        Self { of, bytes: 0 }
    }

    /// Holds so many bytes from now on; whether there is room for them. Without room it holds nothing.
    pub(super) fn set(&mut self, bytes: usize) -> bool {
        let bytes = if bytes > SMALL { bytes } else { 0 };
        if bytes == self.bytes {
            return true;
        }
        self.of.bytes.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
        let before = self.of.bytes.fetch_add(bytes, Ordering::Relaxed);
        if bytes > 0 && before.saturating_add(bytes) > self.of.most {
            self.of.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_what_may_be_held_and_small_ones_take_no_part_in_it() {
        let held = HeldMemory::new(10 * SMALL);
        let [mut one, mut other] = [Hold::new(Arc::clone(&held)), Hold::new(Arc::clone(&held))];
        assert!(one.set(6 * SMALL) && !other.set(6 * SMALL) && other.set(4 * SMALL) && other.set(SMALL));
        assert!(one.set(10 * SMALL), "what was held before makes room");
        assert!(!other.set(2 * SMALL) && other.set(SMALL));
        drop(one);
        assert!(other.set(10 * SMALL));
        drop(other);
        assert_eq!(held.bytes.load(Ordering::Relaxed), 0);
    }
}
