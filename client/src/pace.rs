use crate::clock::Clock;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lets callers through one after the other, an interval apart, however many they are. A turn is taken when it has come: who
/// gives up before leaves nothing behind, and who is not driven holds nobody up.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    /// When the next caller may go, by the clock's monotonic time.
    next: Duration,
    /// The tickets of those who wait, in the order in which they came.
    waiting: VecDeque<u64>,
    tickets: u64,
}

/// A caller's place in the line, left when it is dropped.
struct Place<'a> {
    pace: &'a Pace,
    ticket: u64,
    since: Duration,
    has_waited: bool,
}

impl Pace {
    /// Nobody sleeps longer than so many turns, for those ahead may give up meanwhile.
    const FARTHEST: usize = 10;

    pub(crate) fn per_second(rate: f64) -> Option<Self> {
        let interval = Duration::try_from_secs_f64(rate.recip()).ok().filter(|_| rate > 0.0)?;
        Some(Self { interval, line: Mutex::default() })
    }

    /// Waits for this caller's turn.
    pub(crate) async fn turn(&self, clock: &dyn Clock) {
        let mut place = self.join(clock.elapsed());
        while let Some(wait) = place.wait(clock.elapsed()) {
            clock.sleep(wait).await;
        }
    }

    fn join(&self, now: Duration) -> Place<'_> {
        let mut line = self.line();
        let ticket = line.tickets;
        line.tickets += 1;
        line.waiting.push_back(ticket);
        Place { pace: self, ticket, since: now, has_waited: false }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Takes the turn if it has come; otherwise when to look again.
    fn wait(&mut self, now: Duration) -> Option<Duration> {
        let interval = self.pace.interval;
        let mut line = self.pace.line();
        let ahead = line.waiting.partition_point(|ticket| *ticket < self.ticket);
        // A timer is never on time, and the rate does not suffer for it.
        let turn = line.next.max(self.since);
        if turn <= now && (ahead == 0 || self.has_waited) {
            line.next = turn.saturating_add(interval);
            return None;
        }
        self.has_waited = true;
        let ahead = u32::try_from(ahead.min(Pace::FARTHEST)).expect("it is small");
        Some(turn.saturating_sub(now).saturating_add(interval.saturating_mul(ahead)))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = self.pace.line();
        if let Ok(at) = line.waiting.binary_search(&self.ticket) {
            line.waiting.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn pace() -> Pace {
        Pace::per_second(10.0).unwrap()
    }

    #[test]
    fn callers_go_an_interval_apart_and_a_pause_saves_nothing_up() {
        let pace = pace();
        let at = |now: u64| pace.join(MS(now)).wait(MS(now)).unwrap_or_default().as_millis();
        assert_eq!([at(0), at(0), at(120), at(130), at(900), at(900)], [0, 100, 0, 90, 0, 100]);
    }

    #[test]
    fn callers_go_in_the_order_in_which_they_came() {
        let pace = pace();
        let mut places: Vec<_> = (0..4).map(|_| pace.join(MS(0))).collect();
        let waits: Vec<_> = places.iter_mut().map(|place| place.wait(MS(0))).collect();
        assert_eq!(waits, [None, Some(MS(200)), Some(MS(300)), Some(MS(400))], "the first has not left yet");
        drop(places.remove(0));
        for (at, place) in [100, 200, 300].into_iter().zip(&mut places) {
            assert_eq!(place.wait(MS(at)), None);
        }
    }

    #[test]
    fn whoever_gives_up_leaves_no_turn_behind() {
        let pace = pace();
        let mut burst: Vec<_> = (0..300).map(|_| pace.join(MS(0))).collect();
        let gone = burst.iter_mut().filter_map(|place| place.wait(MS(0)).is_none().then_some(())).count();
        assert_eq!(gone, 1);
        drop(burst);
        assert_eq!(pace.join(MS(1_000)).wait(MS(1_000)), None, "the line is empty");
    }

    #[test]
    fn whoever_is_not_driven_holds_nobody_up() {
        let pace = pace();
        assert_eq!(pace.join(MS(0)).wait(MS(0)), None);
        let (mut asleep, mut driven) = (pace.join(MS(0)), pace.join(MS(0)));
        assert_eq!((asleep.wait(MS(0)), driven.wait(MS(0))), (Some(MS(100)), Some(MS(200))));
        assert_eq!(driven.wait(MS(200)), None);
    }

    #[test]
    fn a_rate_that_is_none_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY.recip()] {
            assert!(Pace::per_second(rate).is_none(), "{rate}");
        }
    }
}
