//! A generator that is stopped for a while, and targets to which no connection comes about.

use super::*;

/// A target, and when the generator does not run.
struct Frozen {
    accepts_after: u64,
    conduct: Conduct,
    stands_still: (u64, u64),
    told_at_once: bool,
}

impl Target for Frozen {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(self.accepts_after)
    }

    fn frozen(&self) -> Option<(u64, u64)> {
        Some(self.stands_still)
    }

    fn is_told_at_once(&self) -> bool {
        self.told_at_once
    }

    fn request(&mut self, _now: u64) -> Conduct {
        self.conduct
    }
}

fn all_started(outcome: &Outcome) {
    assert_conserved(&outcome.account);
    let counts = &outcome.account.counts;
    assert_eq!(counts.ended_in(Class::Started), outcome.account.planned(), "{counts:?}");
}

#[test]
fn a_pause_that_outlasts_every_patience_is_blamed_on_nobody() {
    let pause = (SECOND, 4 * SECOND);
    for (accepts_after, keep_alive, told_at_once) in
        [(0, true, false), (0, true, true), (100 * MILLISECOND, false, false), (100 * MILLISECOND, false, true)]
    {
        for conduct in [Conduct::Answer(100 * MILLISECOND), Conduct::Pieces(50 * MILLISECOND)] {
            let target = Frozen { accepts_after, conduct, stands_still: pause, told_at_once };
            let settings = Settings {
                timeout: SECOND,
                connect_timeout: SECOND / 2,
                keep_alive,
                ..settings(1_000, Saturation::Queue)
            };
            let arrivals = arrivals(100.0, Duration::from_secs(6), Arrivals::Uniform);
            let outcome = run(settings, arrivals, target, || Stop::No);
            all_started(&outcome);
            let longest = |population| times(&outcome.account, &population).longest().unwrap().micros();
            assert!(longest(Population::succeeded(Kind::Execute)) > 2_900_000, "the time is told as it was");
            let unlagged = longest(Population::unlagged(Kind::Execute));
            // After the pause all that was due meanwhile wants a connection.
            assert!(unlagged < 1_000_000, "and is known to be the generator's own: {unlagged} µs");
        }
    }
}

#[test]
fn a_pause_while_the_last_answers_are_awaited_leaves_none_of_them_unfinished() {
    let target = Frozen {
        accepts_after: 0,
        conduct: Conduct::Answer(SECOND),
        stands_still: (3 * SECOND / 2, 9 * SECOND),
        told_at_once: false,
    };
    let settings = Settings { graceful_stop: 3 * SECOND / 2, ..settings(1_000, Saturation::Queue) };
    let outcome = run(settings, arrivals(50.0, Duration::from_secs(1), Arrivals::Uniform), target, || Stop::No);
    all_started(&outcome);
}

#[test]
fn a_connection_that_was_closed_during_a_pause_takes_no_request() {
    let conduct = Conduct::AnswerAndLeave(MILLISECOND, SECOND);
    let target = Frozen { accepts_after: 0, conduct, stands_still: (SECOND / 2, 4 * SECOND), told_at_once: false };
    let outcome = run(
        settings(1_000, Saturation::Queue),
        arrivals(10.0, Duration::from_millis(4_500), Arrivals::Uniform),
        target,
        || Stop::No,
    );
    all_started(&outcome);
}

/// Lets nobody in: a handshake that never ends.
struct Unreachable;

impl Target for Unreachable {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(u64::MAX / 2)
    }

    fn request(&mut self, _now: u64) -> Conduct {
        unreachable!("there is no connection")
    }
}

#[test]
fn what_never_got_a_connection_cannot_have_started_anything() {
    let arrivals = || arrivals(100.0, Duration::from_secs(1), Arrivals::Uniform);
    for (timeout, connect_timeout) in [(2, 10), (10, 2)] {
        let settings = Settings {
            timeout: timeout * SECOND,
            connect_timeout: connect_timeout * SECOND,
            max_connecting: 8,
            ..settings(1_000, Saturation::Queue)
        };
        let outcome = run(settings, arrivals(), Unreachable, || Stop::No);
        assert_conserved(&outcome.account);
        let counts = &outcome.account.counts;
        assert_eq!(counts.unfinished + counts.ended_in(Class::Timeout), 0, "{counts:?}");
        assert!(counts.never_reached() && counts.ended_in(Class::ConnectTimeout) > 0, "{counts:?}");
        assert_eq!(counts.ended_in(Class::ConnectTimeout) + counts.unsent_unreached, 100, "{counts:?}");
    }
    // The run ends before anybody's patience does; the cap is full of requests without a connection.
    for cap in [1_000, 10] {
        let settings = Settings { graceful_stop: SECOND, max_connecting: 8, ..settings(cap, Saturation::Queue) };
        let counts = run(settings, arrivals(), Unreachable, || Stop::No).account.counts;
        assert_eq!((counts.sent, counts.unsent_due, counts.unsent_unreached), (0, 100, 100), "{counts:?}");
        assert!(counts.never_reached());
    }
}

#[test]
fn without_patience_whatever_was_due_is_sent_and_the_end_of_the_load_is_waited_for() {
    let settings = || Settings { graceful_stop: 0, ..settings(10_000, Saturation::Queue) };
    // The load ends a nanosecond after its last arrival, which has to wait for a connection of its own.
    let (target, _) = Reluctant::new(SECOND / 2);
    let outcome = run(settings(), burst(4), target, || Stop::No);
    assert_conserved(&outcome.account);
    assert_eq!((outcome.account.counts.sent, outcome.account.counts.unsent), (4, 0));
    // The last of twenty a second comes 50 ms before the end, and its answer 10 ms later.
    let arrivals = arrivals(20.0, Duration::from_secs(2), Arrivals::Uniform);
    let (target, _) = Reluctant::new(0);
    let outcome = run_until(2 * SECOND, settings(), arrivals, target, || Stop::No);
    let counts = &outcome.account.counts;
    assert_eq!((counts.ended_in(Class::Started), counts.unfinished, counts.unsent), (40, 0, 0));
}
