//! Token buckets without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A bucket that holds `burst` tokens and gets `rate` a second: the generic cell rate algorithm, whose only state is
/// the time at which the bucket will be full again.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    /// Nanoseconds that one token takes to come back; `None` when none ever comes.
    interval: Option<u64>,
    burst: u64,
    full: AtomicU64,
}

impl TokenBucket {
    /// A full bucket; with a `rate` of 0 it gives nothing.
    pub(crate) fn new(rate: f64, burst: u32) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturated by the cast"
        )]
        let interval = (rate > 0.0).then(|| (1e9 / rate) as u64);
        Self { interval, burst: burst.into(), full: AtomicU64::new(0) }
    }

    /// Takes a token at a time since the Unix epoch; false when there is none.
    pub(crate) fn take(&self, at: Duration) -> bool {
        let Some(interval) = self.interval else { return false };
        let at = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let room = interval.saturating_mul(self.burst);
        let taken = self.full.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full| {
            let full = full.max(at).saturating_add(interval);
            (full - at <= room).then_some(full)
        });
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = TokenBucket::new(10.0, 3);
        let at = Duration::from_secs(1_700_000_000);
        let taken = |at| (0..10).filter(|_| bucket.take(at)).count();
        assert_eq!(taken(at), 3);
        assert_eq!(taken(at + Duration::from_millis(99)), 0);
        assert_eq!(taken(at + Duration::from_millis(200)), 2);
        assert_eq!(taken(at + Duration::from_mins(1)), 3);
    }

    #[test]
    fn an_empty_bucket_gives_nothing() {
        assert!(!TokenBucket::new(0.0, 5).take(Duration::from_secs(1)));
        assert!(!TokenBucket::new(5.0, 0).take(Duration::from_secs(1)));
    }

    proptest! {
        #[test]
        fn no_more_is_given_than_burst_and_rate_allow(
            gaps in prop::collection::vec(0_u64..500_000_000, 1..200), rate in 1.0..100.0_f64, burst in 1_u32..20
        ) {
            let bucket = TokenBucket::new(rate, burst);
            let mut passed = Duration::ZERO;
            let mut given = 0_u32;
            for gap in gaps {
                passed += Duration::from_nanos(gap);
                given += u32::from(bucket.take(Duration::from_secs(1) + passed));
            }
            let allowed = f64::from(burst) + rate * passed.as_secs_f64();
            prop_assert!(f64::from(given) <= allowed + 1.0);
        }
    }
}
