//! When the next call of an action may be made, so that all of them stay under the account's quota.

use std::time::Duration;

use crate::aws::Bucket;

/// Share of a quota that is used: others call too.
const SHARE: f64 = 0.8;

/// A token bucket seen from the caller's side.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    bucket: Bucket,
    tokens: f64,
    last: Duration,
}

impl Pace {
    /// A full bucket, less what is left to others.
    pub(super) fn new(bucket: Bucket) -> Self {
        let bucket = Bucket { size: (bucket.size * SHARE).max(1.0), refill: bucket.refill * SHARE };
        Self { bucket, tokens: bucket.size, last: Duration::ZERO }
    }

    /// Takes a token at `now`, and says how long to wait before the call.
    pub(super) fn take(&mut self, now: Duration) -> Duration {
        let gained = now.saturating_sub(self.last).as_secs_f64() * self.bucket.refill;
        self.tokens = (self.tokens + gained).min(self.bucket.size) - 1.0;
        self.last = self.last.max(now);
        Duration::try_from_secs_f64(-self.tokens / self.bucket.refill).unwrap_or_default()
    }

    /// The quota is used up, whoever used it: what is left comes at the refill rate.
    pub(super) fn drain(&mut self) {
        self.tokens = self.tokens.min(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_at_once_as_long_as_the_bucket_lasts_and_then_at_its_rate() {
        let mut pace = Pace::new(Bucket { size: 10.0, refill: 5.0 });
        let mut now = Duration::from_secs(100);
        let waits: Vec<Duration> = (0..20)
            .map(|_| {
                let wait = pace.take(now);
                now += wait;
                wait
            })
            .collect();
        assert!(waits[..8].iter().all(Duration::is_zero), "{waits:?}");
        assert!(waits[8..].iter().all(|wait| wait.as_millis() == 250), "{waits:?}");
        pace.drain();
        assert!(pace.take(now) >= Duration::from_millis(250));
    }
}
