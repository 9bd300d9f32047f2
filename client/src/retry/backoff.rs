use super::decision::Pause;
use std::time::Duration;

/// How long to wait before sending again: uniformly between zero and a ceiling that doubles ("full jitter"), so that
/// many clients do not return at once.
///
/// Defaults as in the AWS SDKs' retry specification 2.1: the ceiling begins at 50 ms after a passing failure and at 1 s
/// after throttling, and ends at 20 s.
///
/// ```
/// use std::time::Duration;
/// use stepgate::{Backoff, Client};
///
/// // For a caller who would rather hear of a failure than wait.
/// let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(200), Duration::from_secs(1));
/// let client = Client::builder("http://127.0.0.1:8080/prod/execute").backoff(backoff).max_attempts(2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    transient: Duration,
    throttled: Duration,
    max: Duration,
}

impl Backoff {
    /// A ceiling that begins at `transient` after a passing failure, at `throttled` after throttling, and doubles up to
    /// `max`.
    #[must_use]
    pub const fn new(transient: Duration, throttled: Duration, max: Duration) -> Self {
        Self { transient, throttled, max }
    }

    /// The wait before attempt `resend + 1`; `unit` is uniform over [0, 1). A server's hint is obeyed, up to 5 s above
    /// the own ceiling.
    pub(crate) fn wait(&self, pause: Pause, resend: u32, unit: f64, hint: Option<Duration>) -> Duration {
        let initial = match pause {
            Pause::None => return Duration::ZERO,
            Pause::Short => self.transient,
            Pause::Long => self.throttled,
        };
        let doublings = 1_u32.checked_shl(resend.saturating_sub(1)).unwrap_or(u32::MAX);
        let ceiling = initial.saturating_mul(doublings).min(self.max);
        let own = ceiling.mul_f64(unit.clamp(0.0, 1.0));
        hint.map_or(own, |hint| hint.clamp(own, ceiling.saturating_add(Duration::from_secs(5))))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(50), Duration::from_secs(1), Duration::from_secs(20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_maximum() {
        let backoff = Backoff::default();
        let ceilings: Vec<u128> =
            [1, 2, 3, 9, 10, 11, 40].map(|resend| backoff.wait(Pause::Short, resend, 1.0, None).as_millis()).to_vec();
        assert_eq!(ceilings, [50, 100, 200, 12_800, 20_000, 20_000, 20_000]);
        assert_eq!(backoff.wait(Pause::Long, 1, 1.0, None), Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_longer_than_ceiling_and_hint_allow(
            resend in 0_u32..100, unit in 0.0..1.0_f64, hint in prop::option::of(0_u64..100_000),
        ) {
            let hint = hint.map(Duration::from_millis);
            let wait = Backoff::default().wait(Pause::Long, resend, unit, hint);
            prop_assert!(wait <= Duration::from_secs(25));
            let ceiling = Backoff::default().wait(Pause::Long, resend, 1.0, None);
            if let Some(hint) = hint.filter(|hint| *hint <= ceiling + Duration::from_secs(5)) {
                prop_assert!(wait >= hint);
            }
        }
    }
}
