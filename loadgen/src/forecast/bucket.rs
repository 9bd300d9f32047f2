//! Token buckets on the time of a plan.

use crate::aws::Bucket;

/// Nanoseconds of a second.
const SECOND: f64 = 1e9;

/// A bucket that is full when the plan begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanBucket {
    bucket: Bucket,
    tokens: f64,
    /// When `tokens` was right, in nanoseconds of the plan.
    at: u64,
}

impl PlanBucket {
    pub(super) const fn new(bucket: Bucket) -> Self {
        Self { bucket, tokens: bucket.size, at: 0 }
    }

    /// Takes a token; false where there is none. Time does not go back.
    pub(super) fn take(&mut self, at: u64) -> bool {
        self.fill(at);
        // What is missing by rounding is there.
        let there = self.tokens >= 1.0 - 1e-6;
        if there {
            self.tokens -= 1.0;
        }
        there
    }

    /// Takes a token as soon as there is one, after all who wait already. Gives the wait in nanoseconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a wait is positive and finite")]
    pub(super) fn wait(&mut self, at: u64) -> u64 {
        self.fill(at);
        // Below zero, it is owed to those who wait.
        self.tokens -= 1.0;
        if self.tokens >= -1e-6 { 0 } else { (-self.tokens / self.bucket.refill * SECOND) as u64 }
    }

    fn fill(&mut self, at: u64) {
        let gained = at.saturating_sub(self.at) as f64 / SECOND * self.bucket.refill;
        self.tokens = (self.tokens + gained).min(self.bucket.size);
        self.at = self.at.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_what_it_gains() {
        let mut bucket = PlanBucket::new(Bucket { size: 3.0, refill: 10.0 });
        let mut taken = |at: u64| (0..10).filter(|_| bucket.take(at)).count();
        assert_eq!([0, 99_000_000, 200_000_000, 60_000_000_000].map(&mut taken), [3, 0, 2, 3]);
    }

    #[test]
    fn who_waits_gets_a_token_in_turn() {
        let mut bucket = PlanBucket::new(Bucket { size: 1.0, refill: 10.0 });
        let waits: Vec<u64> = (0..4).map(|_| bucket.wait(0) / 1_000_000).collect();
        assert_eq!(waits, [0, 100, 200, 300]);
        assert_eq!(bucket.wait(1_000_000_000), 0);
    }
}
