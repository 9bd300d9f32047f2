use snapbox::{assert_data_eq, file};

use super::picture::{line, picture};
use super::state::{Phase, Planned, ProgressState};
use crate::record::{Class, Fate, Interval, Place, Series, Timing};

/// A second in which so many executions were started, each after so many microseconds.
fn second(second: u64, started: u64, microseconds: u64) -> Interval {
    let mut interval = Interval { second, in_flight: 3, ..Interval::default() };
    let counts = interval.tally.counts_mut(Place::default());
    (counts.sent, counts.names_checked) = (started, started);
    counts.ended[Class::Started as usize] = started;
    for k in 0..started {
        let started = |timing| Series::Times(timing, Fate::Ended(Class::Started));
        interval.tally.record(Place::default(), started(Timing::Response), (microseconds + k) * 1_000);
        interval.tally.record(Place::default(), started(Timing::Lag), 60_000 + 1_000 * k);
    }
    interval
}

/// Twelve seconds of thirty, the seventh of them slow and the last with failures.
fn state() -> ProgressState {
    let expected =
        Planned { name: "basic".into(), window: Some(30), max_in_flight: 1_000, threads: 1, ..Planned::default() };
    let mut state = ProgressState::new(expected);
    for s in 0..12 {
        let mut interval = second(s, 40 + 3 * (s % 4), if s == 6 { 40_000 } else { 300 + 10 * (s % 3) });
        if s == 11 {
            let counts = interval.tally.counts_mut(Place::default());
            counts.sent += 7;
            counts.ended[Class::Throttled as usize] = 4;
            counts.ended[Class::ConnectRefused as usize] = 3;
            counts.http_2xx_failed = 4;
        }
        state.take(&interval, Some(50.0));
    }
    state
}

fn text(state: &ProgressState, width: usize, height: usize) -> String {
    picture(state, width, height).iter().map(|line| line.paint(width, false) + "\n").collect()
}

#[test]
fn the_picture_at_eighty_and_at_forty_columns() {
    assert_data_eq!(text(&state(), 80, 24), file!["snapshots/80.txt"].raw());
    assert_data_eq!(text(&state(), 40, 24), file!["snapshots/40.txt"].raw());
}

#[test]
fn an_interrupted_run_says_how_to_end_it_at_once() {
    let mut state = state();
    state.phase = Phase::Interrupted;
    let first = text(&state, 80, 24).lines().next().unwrap().to_owned();
    assert_eq!(first, "basic  interrupted, 3 in flight; interrupt again to end at once");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_picture_higher() {
    let state = state();
    for width in 1..120 {
        assert!(text(&state, width, 24).lines().all(|line| line.chars().count() <= width), "{width}");
    }
    for height in 1..15 {
        assert!(picture(&state, 80, height).len() <= height, "{height}");
    }
    // Before the first second is over there is nothing to tell, and it is told.
    assert!(text(&ProgressState::default(), 80, 24).contains("started 0"));
}

#[test]
fn colours_are_all_that_colours_change() {
    let plain = text(&state(), 80, 24);
    let coloured: String = picture(&state(), 80, 24).iter().map(|line| line.paint(80, true) + "\n").collect();
    assert!(coloured.contains("\u{1b}[31mthrottled 4\u{1b}[0m"), "{coloured}");
    let mut without = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        without += before;
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(without + rest, plain);
}

#[test]
fn a_log_gets_the_same_on_a_line() {
    let expected = "12s/30s  sent 541  56/s of 50/s  in flight 3  started 534  failed 7  p50 337µs  p99 40.1ms  \
        lag p99 107µs";
    assert_eq!(line(&state()), expected);
}

#[test]
fn a_second_is_complete_when_every_generator_has_told_of_it() {
    let expected = Planned { threads: 2, ..Planned::default() };
    let mut state = ProgressState::new(expected);
    let complete = [(0, false), (0, true), (1, false), (2, false), (1, true), (2, true)];
    for (s, expected) in complete {
        assert_eq!(state.take(&second(s, 10, 100), None), expected, "second {s}");
    }
    assert_eq!(state.last().map(|s| (s.number, s.sent, s.in_flight)), Some((2, 20, 6)));
    assert_eq!(state.counts.sent, 60);
}
