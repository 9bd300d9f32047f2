//! What is asked of a quota, and what it refuses.

/// Calls of an action, or uses of a limit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct QuotaSum {
    pub(super) demand: u64,
    pub(super) exceeded: u64,
    /// When it is first exceeded, in nanoseconds of the plan.
    pub(super) first: Option<u64>,
    /// The longest wait for it, in nanoseconds.
    pub(super) longest: u64,
}

impl QuotaSum {
    /// Counts one use; gives whether it passes.
    pub(super) fn count(&mut self, at: u64, passes: bool) -> bool {
        self.demand += 1;
        if !passes {
            self.exceeded += 1;
            self.first.get_or_insert(at);
        }
        passes
    }

    /// Counts one that has to wait.
    pub(super) fn delay(&mut self, at: u64, wait: u64) {
        self.count(at, wait == 0);
        self.longest = self.longest.max(wait);
    }
}

/// Something of which many are there at once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Level {
    pub(super) now: u64,
    pub(super) peak: u64,
    pub(super) peak_at: u64,
}

impl Level {
    pub(super) fn rise(&mut self, at: u64) {
        self.now += 1;
        if self.now > self.peak {
            (self.peak, self.peak_at) = (self.now, at);
        }
    }

    pub(super) fn fall(&mut self) {
        self.now = self.now.saturating_sub(1);
    }
}
