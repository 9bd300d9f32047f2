use crate::clock::Clock;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Lets callers through one after the other, an interval apart, however many they are.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    /// When the next caller may go, by the clock's monotonic time.
    next: Mutex<Duration>,
}

impl Pace {
    pub(crate) fn per_second(rate: f64) -> Option<Self> {
        let interval = Duration::try_from_secs_f64(rate.recip()).ok().filter(|_| rate > 0.0)?;
        Some(Self { interval, next: Mutex::default() })
    }

    /// Waits for this caller's turn.
    pub(crate) async fn turn(&self, clock: &dyn Clock) {
        let wait = self.reserve(clock.elapsed());
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
    }

    fn reserve(&self, now: Duration) -> Duration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(now);
        *next = turn.saturating_add(self.interval);
        turn.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_go_an_interval_apart_and_a_pause_saves_nothing_up() {
        let pace = Pace::per_second(10.0).unwrap();
        let at = |now: u64| pace.reserve(Duration::from_millis(now)).as_millis();
        assert_eq!([at(0), at(0), at(0), at(250), at(900), at(900)], [0, 100, 200, 50, 0, 100]);
    }

    #[test]
    fn a_rate_that_is_none_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY.recip()] {
            assert!(Pace::per_second(rate).is_none(), "{rate}");
        }
    }
}
