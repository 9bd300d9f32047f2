//! The generator on virtual time: its accounts add up whatever the target does, and a stall is told exactly.

mod allocations;
mod laws;
mod pauses;
mod simulation;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;

use self::simulation::{Conduct, Simulation, Target};
use super::*;
use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::judge::{History, Population};
use crate::payload::{Content, Payload, Template};
use crate::record::{Class, Counts, Entry, Interval, Kind, Series, Tally};
use crate::report::Account;
use crate::scenario::{Arrivals, Load, Names, Saturation, Scenario};
use crate::schedule::{Arrival, Schedule};
use crate::statistics::{CensoredTime, CensoredTimes};

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLISECOND;

struct Outcome {
    account: Account,
    names: Vec<Entry>,
    ended: Ended,
    seconds: Vec<u64>,
}

fn settings(max_in_flight: usize, on_saturation: Saturation) -> Settings {
    Settings {
        max_in_flight,
        max_connecting: 64,
        max_connections: usize::MAX,
        on_saturation,
        names: Names::RequestId,
        keep_alive: true,
        timeout: 30 * SECOND,
        connect_timeout: 10 * SECOND,
        graceful_stop: 30 * SECOND,
        joined: 0,
        rows: false,
    }
}

fn arrivals(rate: f64, duration: Duration, arrivals: Arrivals) -> Vec<Arrival> {
    let mut scenario = Scenario::ad_hoc(payload());
    scenario.load = Load { arrivals, ..Load::constant(rate, Some(duration)) };
    Schedule::of(&scenario).unwrap().iter().collect()
}

fn payload() -> Payload {
    let content = Content::Execute(Template::constant("{\"order\":1}"));
    Payload { name: "p".into(), weight: 1, content }
}

/// Runs a load that is over with its last arrival.
fn run(settings: Settings, arrivals: Vec<Arrival>, target: impl Target, stop: impl Fn() -> Stop) -> Outcome {
    let end = arrivals.last().map_or(0, |a| a.at + 1);
    run_until(end, settings, arrivals, target, stop)
}

fn run_until(
    end: u64,
    settings: Settings,
    arrivals: Vec<Arrival>,
    target: impl Target,
    stop: impl Fn() -> Stop,
) -> Outcome {
    let planned = arrivals.len() as u64;
    let endpoint = Endpoint::parse("http://127.0.0.1/execute").unwrap();
    let requests = Requests::new(&RequestSettings {
        endpoint: &endpoint,
        headers: &[],
        payloads: &[payload()],
        names: settings.names,
        keep_alive: settings.keep_alive,
        authorization: &Authorization::None,
        began: 0,
    });
    let kept = RefCell::new((Tally::default(), Vec::new(), Vec::new()));
    let history = RefCell::new(History::default());
    let source = Batches::new(std::iter::once(arrivals), planned, end);
    let hand_over = |mut interval: Interval| {
        let mut kept = kept.borrow_mut();
        kept.0 += &interval.tally;
        history.borrow_mut().add(interval.second, &interval.tally);
        kept.1.extend_from_slice(&interval.names);
        kept.2.push(interval.second);
        interval.clear();
        interval
    };
    let network = Simulation::new(target, settings.joined);
    let ended = Generator::new(settings, network, source, requests.unwrap(), hand_over).run(stop).unwrap();
    let (tally, names, seconds) = kept.into_inner();
    Outcome {
        account: Account {
            planned: Some(planned),
            counts: tally.counts(),
            tally,
            history: history.into_inner(),
            ..Account::default()
        },
        names,
        ended,
        seconds,
    }
}

fn times(account: &Account, of: &Population) -> CensoredTimes {
    of.series(&account.tally, &History::default()).times().clone()
}

fn assert_conserved(account: &Account) {
    let counts: &Counts = &account.counts;
    assert_eq!(account.planned(), counts.sent + counts.dropped + counts.unsent, "{counts:?}");
    assert_eq!(counts.sent, counts.ended.iter().sum::<u64>() + counts.unfinished, "{counts:?}");
    assert_eq!(counts.names_checked, counts.ended_in(Class::Started));
    let due = counts.sent + counts.dropped + counts.unsent_due;
    assert_eq!(times(account, &Population::due()).count(), due, "every due arrival is in the percentiles");
    for population in [Population::service(), Population::lag()] {
        assert_eq!(times(account, &population).count(), counts.sent, "and every request that was sent");
    }
}

/// Answers after a millisecond, but not within the first second of every five; accepting stalls as well.
struct Stalls {
    accepting: bool,
}

fn stall_end(now: u64) -> u64 {
    let within = now % (5 * SECOND);
    if within < SECOND { now - within + SECOND } else { now }
}

impl Target for Stalls {
    fn accept(&mut self, now: u64) -> Option<u64> {
        Some(if self.accepting { 0 } else { stall_end(now) - now })
    }

    fn request(&mut self, now: u64) -> Conduct {
        Conduct::Answer(stall_end(now) - now + MILLISECOND)
    }
}

/// The exact response times, in microseconds, of a target with so many places, in order of size.
fn exact_answer(arrivals: &[Arrival], places: usize) -> Vec<u64> {
    let mut free = std::collections::BinaryHeap::from(vec![std::cmp::Reverse(0); places]);
    let mut times = Vec::new();
    for arrival in arrivals {
        let std::cmp::Reverse(place) = free.pop().unwrap();
        let end = stall_end(arrival.at.max(place)) + MILLISECOND;
        free.push(std::cmp::Reverse(end));
        times.push((end - arrival.at) / 1_000);
    }
    times.sort_unstable();
    times
}

/// Answers after a millisecond.
struct Prompt;

impl Target for Prompt {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(0)
    }

    fn request(&mut self, _now: u64) -> Conduct {
        Conduct::Answer(MILLISECOND)
    }
}

#[test]
fn a_generator_that_joins_late_leaves_out_what_it_missed_and_sends_no_burst() {
    let arrivals = arrivals(1_000.0, Duration::from_secs(10), Arrivals::Uniform);
    let late = Settings { joined: 4 * SECOND, ..settings(64, Saturation::Queue) };
    let outcome = run(late, arrivals, Prompt, || Stop::No);
    let counts = outcome.account.tally.counts();
    assert_eq!((counts.unsent_due, counts.unsent, counts.sent), (4_000, 4_000, 6_000));
    assert_conserved(&outcome.account);
    let lag = times(&outcome.account, &Population::lag());
    assert!(lag.longest().unwrap().micros() <= 1, "{lag:?}");
}

#[test]
fn a_stall_is_told_exactly_in_flight_with_connects_pending_and_queued() {
    let arrivals = arrivals(1_000.0, Duration::from_secs(20), Arrivals::Poisson);
    for (places, accepting) in [(10_000, true), (10_000, false), (64, true), (64, false)] {
        let settings = settings(places, Saturation::Queue);
        let outcome = run(settings, arrivals.clone(), Stalls { accepting }, || Stop::No);
        assert_conserved(&outcome.account);
        let exact = exact_answer(&arrivals, places);
        let response = times(&outcome.account, &Population::due());
        for q in [0.5, 0.9, 0.99, 0.999, 1.0] {
            let below = (1..=exact.len()).take_while(|rank| (*rank as f64) < q * exact.len() as f64).count();
            let told = response.value(q).unwrap();
            let error = told.micros() as f64 / exact[below] as f64 - 1.0;
            assert!(
                error.abs() < 0.01 && matches!(told, CensoredTime::Exactly(_)),
                "p{q}: {told:?} for {} ({places}, {accepting})",
                exact[below]
            );
        }
    }
}

#[test]
fn dropped_arrivals_are_at_least_and_never_survivors() {
    let arrivals = arrivals(1_000.0, Duration::from_secs(20), Arrivals::Poisson);
    let settings = settings(64, Saturation::Drop);
    let outcome = run(settings, arrivals, Stalls { accepting: true }, || Stop::No);
    assert_conserved(&outcome.account);
    let dropped = outcome.account.counts.dropped as f64 / outcome.account.planned() as f64;
    assert!((0.15..0.2).contains(&dropped), "a fifth of the arrivals but those in flight: {dropped}");
    let response = times(&outcome.account, &Population::due());
    assert_eq!(response.value(0.5), Some(CensoredTime::Exactly(1_000)));
    for q in [0.9, 0.99, 0.999, 1.0] {
        assert!(matches!(response.value(q), Some(CensoredTime::AtLeast(_))), "p{q} is a lower bound");
    }
}

#[test]
fn releases_happen_at_the_intended_instants() {
    let arrivals = arrivals(5_000.0, Duration::from_secs(2), Arrivals::Poisson);
    let outcome = run(settings(10_000, Saturation::Queue), arrivals, Stalls { accepting: true }, || Stop::No);
    assert_eq!(times(&outcome.account, &Population::lag()).longest(), Some(CensoredTime::Exactly(0)));
    assert!(outcome.seconds.windows(2).all(|w| w[0] <= w[1]), "{:?}", outcome.seconds);
}

#[test]
fn the_run_ends_when_the_patience_does() {
    struct Silent;
    impl Target for Silent {
        fn accept(&mut self, _now: u64) -> Option<u64> {
            Some(0)
        }
        fn request(&mut self, _now: u64) -> Conduct {
            Conduct::Never
        }
    }
    let arrivals = arrivals(10.0, Duration::from_secs(1), Arrivals::Uniform);
    let settings = Settings { graceful_stop: 2 * SECOND, ..settings(4, Saturation::Queue) };
    let outcome = run(settings, arrivals, Silent, || Stop::No);
    assert_conserved(&outcome.account);
    let counts = &outcome.account.counts;
    assert_eq!((counts.unfinished, counts.unsent, counts.unsent_due), (4, 6, 6));
    assert!((2 * SECOND..4 * SECOND).contains(&outcome.ended.at), "{}", outcome.ended.at);
}

/// Accepts after so long, the first connection at once, and answers after ten milliseconds; tells how many connections
/// were being made at a time at most.
struct Reluctant {
    accepts_after: u64,
    under_way: Vec<u64>,
    most: Rc<Cell<usize>>,
    accepted: usize,
}

impl Reluctant {
    fn new(accepts_after: u64) -> (Self, Rc<Cell<usize>>) {
        let most = Rc::new(Cell::new(0));
        (Self { accepts_after, under_way: Vec::new(), most: Rc::clone(&most), accepted: 0 }, most)
    }
}

impl Target for Reluctant {
    fn accept(&mut self, now: u64) -> Option<u64> {
        let after = if self.accepted == 0 { 0 } else { self.accepts_after };
        self.accepted += 1;
        self.under_way.retain(|until| *until > now);
        self.under_way.push(now + after);
        self.most.set(self.most.get().max(self.under_way.len()));
        Some(after)
    }

    fn request(&mut self, _now: u64) -> Conduct {
        Conduct::Answer(10 * MILLISECOND)
    }
}

/// So many arrivals at one instant.
fn burst(count: usize) -> Vec<Arrival> {
    let mut arrivals = arrivals(count as f64, Duration::from_secs(1), Arrivals::Uniform);
    for arrival in &mut arrivals {
        arrival.at = 0;
    }
    arrivals
}

#[test]
fn no_more_connections_are_made_at_a_time_than_allowed() {
    let (target, most) = Reluctant::new(50 * MILLISECOND);
    let settings = Settings { max_connecting: 8, ..settings(10_000, Saturation::Queue) };
    let outcome = run(settings, burst(200), target, || Stop::No);
    assert_conserved(&outcome.account);
    assert_eq!((outcome.account.counts.ended_in(Class::Started), most.get()), (200, 8));
}

#[test]
fn a_request_takes_a_connection_that_is_free_before_its_own_comes_about() {
    let (target, _) = Reluctant::new(5 * SECOND);
    let outcome = run(settings(10_000, Saturation::Queue), burst(4), target, || Stop::No);
    let response = times(&outcome.account, &Population::due());
    let longest = response.longest().unwrap().micros();
    assert!((40_000..40_100).contains(&longest), "one after the other, over the first connection: {longest}");
    let lag = times(&outcome.account, &Population::lag());
    assert_eq!(lag.longest(), Some(CensoredTime::Exactly(0)), "an attempt to connect was under way for each");
}

#[test]
fn waiting_for_a_connection_is_neither_waiting_for_room_nor_the_generators_lateness() {
    let (target, _) = Reluctant::new(SECOND);
    let settings = Settings { max_connecting: 1, ..settings(10_000, Saturation::Queue) };
    let outcome = run(settings, burst(20), target, || Stop::No);
    let lag = times(&outcome.account, &Population::lag());
    assert!(lag.longest().unwrap().micros() > 100_000, "{lag:?}");
    let (with, without) = (Population::succeeded(Kind::Execute), Population::unlagged(Kind::Execute));
    let of = |population| times(&outcome.account, &population).longest();
    assert_eq!(of(with), of(without), "none of it is the generator's");
    let waits = |series| times(&outcome.account, &Population::of(series));
    assert_eq!(waits(Series::RoomWait).count(), 0, "there was room for thousands");
    assert_eq!(waits(Series::ConnectionWait).longest(), lag.longest(), "all of the lag");
}

#[test]
fn where_the_most_are_in_flight_the_wait_is_for_room() {
    let outcome = run(settings(1, Saturation::Queue), burst(20), Prompt, || Stop::No);
    let waits = |series| times(&outcome.account, &Population::of(series));
    assert_eq!((waits(Series::RoomWait).count(), waits(Series::ConnectionWait).count()), (19, 0));
}

#[test]
fn a_signal_before_the_start_leaves_everything_unsent_and_nothing_was_due() {
    let arrivals = arrivals(100.0, Duration::from_secs(1), Arrivals::Uniform);
    let outcome = run(settings(64, Saturation::Queue), arrivals, Prompt, || Stop::Gracefully);
    assert_conserved(&outcome.account);
    let counts = &outcome.account.counts;
    assert_eq!((counts.sent, counts.unsent, counts.unsent_due), (0, 100, 0));
    assert_eq!((outcome.ended.at, outcome.ended.sent_until), (0, 0));
}

#[test]
fn what_is_due_after_a_signal_has_waited_for_nothing() {
    /// Takes five seconds.
    struct Slow;
    impl Target for Slow {
        fn accept(&mut self, _now: u64) -> Option<u64> {
            Some(0)
        }
        fn request(&mut self, _now: u64) -> Conduct {
            Conduct::Answer(5 * SECOND)
        }
    }
    let arrivals = arrivals(10.0, Duration::from_mins(1), Arrivals::Uniform);
    let turns = Cell::new(0_u32);
    let stop = || {
        turns.set(turns.get() + 1);
        if turns.get() > 60 { Stop::Gracefully } else { Stop::No }
    };
    // Four are in flight; those behind them are due, and wait.
    let outcome = run(settings(4, Saturation::Queue), arrivals.clone(), Slow, stop);
    assert_conserved(&outcome.account);
    let (counts, stopped) = (&outcome.account.counts, outcome.ended.sent_until);
    assert!(stopped > SECOND && outcome.ended.at >= stopped + SECOND, "it waits for answers: {:?}", outcome.ended);
    let due = arrivals.iter().filter(|arrival| arrival.at < stopped).count() as u64;
    assert_eq!((counts.sent, counts.sent + counts.unsent_due), (4, due), "{counts:?}");
    let waited = times(&outcome.account, &Population::of(Series::Unsent)).longest().unwrap();
    assert!(waited.micros() <= stopped / 1_000, "{waited:?}");
}

#[test]
fn where_this_process_has_no_descriptors_left_the_wait_is_the_generators() {
    let (target, _) = Reluctant::new(0);
    let settings = Settings { max_connections: 1, ..settings(10_000, Saturation::Queue) };
    let outcome = run(settings, burst(20), target, || Stop::No);
    assert_conserved(&outcome.account);
    let of = |population| times(&outcome.account, &population).longest().unwrap().micros();
    let (with, without) = (of(Population::succeeded(Kind::Execute)), of(Population::unlagged(Kind::Execute)));
    assert!((200_000..200_300).contains(&with), "one after the other: {with}");
    assert!((10_000..10_100).contains(&without), "on a machine with descriptors none had waited: {without}");
}

/// A machine that has ports for so many connections, to a target that answers after ten milliseconds.
struct Ports(usize);

impl Target for Ports {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(0)
    }

    fn exhaustion(&mut self, open: usize) -> Option<std::io::Error> {
        (open >= self.0).then(|| rustix::io::Errno::ADDRNOTAVAIL.into())
    }

    fn request(&mut self, _now: u64) -> Conduct {
        Conduct::Answer(10 * MILLISECOND)
    }
}

#[test]
fn where_no_ports_are_left_requests_wait_for_those_there_are_and_without_any_they_stay_unsent() {
    let outcome = run(settings(10_000, Saturation::Queue), burst(20), Ports(2), || Stop::No);
    assert_conserved(&outcome.account);
    let counts = &outcome.account.counts;
    assert_eq!((counts.unsent, counts.ended_in(Class::Started)), (0, 20), "{counts:?}");
    let outcome = run(settings(10_000, Saturation::Queue), burst(20), Ports(0), || Stop::No);
    assert_conserved(&outcome.account);
    let counts = &outcome.account.counts;
    assert_eq!((counts.sent, counts.unsent), (0, 20), "the target is not blamed: {counts:?}");
}

/// A target whose every step is drawn from a list.
#[derive(Debug, Clone)]
struct Drawn {
    conducts: Vec<Conduct>,
    accepts: Vec<Option<u64>>,
    at: usize,
}

impl Target for Drawn {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        self.at += 1;
        self.accepts[self.at % self.accepts.len()]
    }

    fn request(&mut self, _now: u64) -> Conduct {
        self.at += 1;
        self.conducts[self.at % self.conducts.len()]
    }
}

fn conduct() -> impl Strategy<Value = Conduct> {
    let after = 0..300 * MILLISECOND;
    prop_oneof![
        6 => after.clone().prop_map(Conduct::Answer),
        1 => after.clone().prop_map(Conduct::Pieces),
        1 => after.clone().prop_map(Conduct::Close),
        1 => after.prop_map(Conduct::CutShort),
        1 => Just(Conduct::Never),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_planned_arrival_ends_in_exactly_one_class(
        conducts in prop::collection::vec(conduct(), 1..20),
        accepts in prop::collection::vec(prop::option::weighted(0.8, 0..200 * MILLISECOND), 1..8),
        rate in 1.0..300.0_f64,
        places in 1_usize..20,
        policy in prop::sample::select(vec![Saturation::Queue, Saturation::Drop, Saturation::Abort]),
        stop_after in prop::option::of(1_u32..2_000),
        keep_alive: bool,
    ) {
        let arrivals = arrivals(rate, Duration::from_secs(3), Arrivals::Poisson);
        let settings = Settings {
            timeout: SECOND / 2,
            connect_timeout: SECOND / 10,
            graceful_stop: SECOND,
            joined: 0,
            keep_alive,
            ..settings(places, policy)
        };
        let turns = Cell::new(0_u32);
        let stop = || {
            turns.set(turns.get() + 1);
            match stop_after {
                Some(after) if turns.get() > after + 50 => Stop::Now,
                Some(after) if turns.get() > after => Stop::Gracefully,
                _ => Stop::No,
            }
        };
        let outcome = run(settings, arrivals, Drawn { conducts, accepts, at: 0 }, stop);
        assert_conserved(&outcome.account);
        let distinct: BTreeSet<_> = outcome.names.iter().map(|e| e.id).collect();
        prop_assert_eq!(distinct.len(), outcome.names.len());
        let arrivals: BTreeSet<_> = outcome.names.iter().map(|e| e.k).collect();
        prop_assert_eq!(arrivals.len(), outcome.names.len(), "no arrival is sent twice");
    }
}
