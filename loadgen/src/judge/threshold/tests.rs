use super::*;
use crate::judge::{History, Windows};
use crate::record::{Class, Counts, Place, Places, Series as Timed, Tally};

/// So many requests sent, of which so many were throttled, in ten equal seconds.
fn counted(sent: u64, failed: u64) -> (Tally, History) {
    let mut second = Counts { sent: sent / 10, ..Counts::default() };
    second.ended[Class::Started as usize] = (sent - failed) / 10;
    second.ended[Class::Throttled as usize] = failed / 10;
    let (mut tally, mut history) = (Tally::default(), History::default());
    for number in 0..10 {
        *tally.counts_mut(Place::default()) += &second;
        history.add_counts(number, Place::default(), &second);
    }
    (tally, history)
}

/// Response times of started executions in milliseconds, a list a second.
fn timed(seconds: &[Vec<u64>]) -> (Tally, History) {
    let (mut all, mut history) = (Tally::default(), History::default());
    for (second, times) in (0..).zip(seconds) {
        let mut tally = Tally::default();
        for milliseconds in times {
            tally.record(Place::default(), Timed::response(Class::Started), milliseconds * 1_000_000);
        }
        tally.counts_mut(Place::default()).sent = times.len() as u64;
        history.add(second, &tally);
        all += &tally;
    }
    (all, history)
}

fn judge(metric: Metric, expression: &str, (tally, history): &(Tally, History)) -> Judged {
    let places = Places::default();
    let planned = tally.counts().sent;
    let windows = Windows::default();
    let facts = Facts { planned, duplicates: 0, uncompared: 0, places: &places, tally, history, windows: &windows };
    Threshold::parse(metric, expression).unwrap().judge(&facts)
}

fn state(metric: Metric, expression: &str, data: &(Tally, History)) -> State {
    judge(metric, expression, data).state
}

#[test]
fn a_share_is_judged_by_its_interval() {
    // 10 of 1,000 may be 0.5 % to 1.8 %.
    let data = counted(1_000, 10);
    assert_eq!(state(Metric::Failed, "rate<1%", &data), State::Inconclusive);
    assert_eq!(state(Metric::Failed, "rate<2%", &data), State::Pass);
    assert_eq!(state(Metric::Failed, "rate<0.1%", &data), State::Fail);
    assert_eq!(judge(Metric::Failed, "rate<1%", &data).measured, "1.00%, 10 of 1000; 0.48%–1.83%");
    assert_eq!(state(Metric::Failed, "rate<1%", &counted(100, 0)), State::Inconclusive, "0 of 100 may be 3.6 %");
    assert_eq!(state(Metric::Failed, "rate<1%", &counted(600, 0)), State::Pass);
}

#[test]
fn counts_and_shares_of_nothing_or_everything_are_those_of_the_run() {
    let data = counted(1_000, 10);
    assert_eq!(state(Metric::Failed, "count==10", &data), State::Pass);
    assert_eq!(state(Metric::Ended(Class::Throttled), "count!=10", &data), State::Fail);
    assert_eq!(state(Metric::Failed, "rate==0", &data), State::Fail);
    assert_eq!(state(Metric::Failed, "rate<=0", &counted(10, 0)), State::Pass);
    assert_eq!(state(Metric::Ended(Class::Started), "rate>=1", &counted(10, 0)), State::Pass);
}

#[test]
fn requests_without_an_answer_are_no_successes() {
    let mut data = counted(1_000, 0);
    data.0.counts_mut(Place::default()).unfinished = 200;
    assert_eq!(state(Metric::Failed, "rate<10%", &data), State::Fail);
}

#[test]
fn a_share_of_nothing_is_inconclusive() {
    assert_eq!(state(Metric::Failed, "rate<1%", &counted(0, 0)), State::Inconclusive);
}

#[test]
fn a_percentile_is_judged_by_its_interval_and_not_by_its_value() {
    let data = timed(&[(1..=1_000).collect()]);
    assert_eq!(state(Metric::ResponseTime, "p(50)<600ms", &data), State::Pass);
    assert_eq!(state(Metric::ResponseTime, "p(50)<510ms", &data), State::Inconclusive);
    assert_eq!(state(Metric::ResponseTime, "med<400ms", &data), State::Fail);
    assert_eq!(state(Metric::ResponseTime, "max<=1001ms", &data), State::Pass);
    assert_eq!(state(Metric::ResponseTime, "min<2ms", &data), State::Pass);
    assert_eq!(state(Metric::ResponseTime, "avg<1s", &data), State::Inconclusive, "one second has no spread");
    let p999 = judge(Metric::ResponseTime, "p(99.9)<2s", &data);
    assert_eq!(p999.state, State::Inconclusive);
    assert!(p999.measured.starts_with("n/a (needs 3688 independent requests, has 1000)"), "{}", p999.measured);
}

#[test]
fn seconds_that_resemble_each_other_within_count_for_less() {
    // Every other second takes ten times as long: 2,000 requests, and hardly 20 independent ones.
    let seconds: Vec<Vec<u64>> = (0..20).map(|s| vec![if s % 5 < 2 { 10 } else { 100 }; 100]).collect();
    assert_eq!(state(Metric::ResponseTime, "p(50)<90ms", &timed(&seconds)), State::Inconclusive);
    // The same times, but mixed: the median is 100 ms beyond doubt.
    let mixed: Vec<Vec<u64>> = (0..20).map(|_| [vec![10; 40], vec![100; 60]].concat()).collect();
    assert_eq!(state(Metric::ResponseTime, "p(50)<90ms", &timed(&mixed)), State::Fail);
    assert_eq!(state(Metric::ResponseTime, "avg<70ms", &timed(&mixed)), State::Pass);
}

#[test]
fn times_that_go_up_and_down_are_surely_below_a_limit_that_none_of_them_reaches() {
    // Four slow seconds in sixty: what the run tells of the 95th percentile is worth a handful of requests.
    let slow = [20, 21, 40, 41];
    let data = timed(&(0..60).map(|s| vec![if slow.contains(&s) { 60 } else { 2 }; 170]).collect::<Vec<_>>());
    let judged = judge(Metric::ResponseTime, "p(95)<100ms", &data);
    assert_eq!((judged.state, judged.measured.as_str()), (State::Pass, "0.00% take longer, of 10200; 0.00%–0.04%"));
    assert!(judged.high.is_some_and(|high| high < 100_000.0));
    assert_eq!(state(Metric::ResponseTime, "p(95)<10ms", &data), State::Inconclusive);
    assert_eq!(state(Metric::ResponseTime, "p(95)<1ms", &data), State::Fail);
}

#[test]
fn requests_without_an_answer_leave_the_upper_end_open() {
    let (mut tally, mut history) = timed(&[vec![10; 900]]);
    for _ in 0..100 {
        let mut one = Tally::default();
        one.record(Place::default(), Timed::response(Class::Timeout), 300_000_000);
        history.add(0, &one);
        tally += &one;
    }
    let data = (tally, history);
    assert_eq!(state(Metric::ResponseTime, "p(99)<200ms", &data), State::Fail, "at least 300 ms");
    assert_eq!(state(Metric::ResponseTime, "p(99)<1s", &data), State::Inconclusive);
    assert_eq!(state(Metric::ResponseTime, "max<1s", &data), State::Inconclusive);
    assert_eq!(state(Metric::ResponseTime, "avg<1s", &data), State::Inconclusive);
    assert_eq!(state(Metric::ResponseTime, "p(50)<20ms", &data), State::Pass, "they cannot move the median so far");
}

#[test]
fn a_class_has_times_of_its_own() {
    let metric = Subject::parse("response_time{class:throttled}").unwrap().metric;
    let mut tally = Tally::default();
    (0..100).for_each(|_| tally.record(Place::default(), Timed::response(Class::Throttled), 5_000_000));
    let mut history = History::default();
    history.add(0, &tally);
    let data = (tally, history);
    assert_eq!(state(metric, "med<10ms", &data), State::Pass);
    assert_eq!(state(Metric::ResponseTime, "med<10ms", &data), State::Inconclusive, "nothing was started");
}

#[test]
fn terms_say_how_sure_and_what_follows() {
    let data = counted(1_000, 10);
    let places = Places::default();
    let windows = Windows::default();
    let facts = Facts {
        planned: 1_000,
        duplicates: 0,
        uncompared: 0,
        places: &places,
        tally: &data.0,
        history: &data.1,
        windows: &windows,
    };
    let threshold = Threshold::parse(Metric::Failed, "rate<1.7%").unwrap();
    let under = |terms| threshold.clone().under(terms).judge(&facts).state;
    assert_eq!(under(Terms::default()), State::Inconclusive);
    assert_eq!(under(Terms { on_inconclusive: State::Pass, ..Terms::default() }), State::Pass);
    let less_sure = Terms { confidence: Confidence::new(0.8).unwrap(), ..Terms::default() };
    assert_eq!(under(less_sure), State::Pass);
}

#[test]
fn a_run_is_aborted_only_by_what_has_surely_failed() {
    let data = counted(1_000, 100);
    let places = Places::default();
    let windows = Windows::default();
    let facts = Facts {
        planned: 1_000,
        duplicates: 0,
        uncompared: 0,
        places: &places,
        tally: &data.0,
        history: &data.1,
        windows: &windows,
    };
    let terms = Terms { abort_on_fail: true, delay_abort_eval: 10, on_inconclusive: State::Fail, ..Terms::default() };
    let aborts = |expression: &str, second| {
        Threshold::parse(Metric::Failed, expression).unwrap().under(terms).aborts(second, &facts)
    };
    assert!(aborts("rate<1%", 10));
    assert!(!aborts("rate<1%", 9), "not before its delay");
    assert!(!aborts("rate<10%", 10), "it may still hold");
    assert!(aborts("count<50", 10));
    assert!(!aborts("count>500", 10), "it may still come");
}

#[test]
fn conditions_that_mean_nothing_are_refused_with_an_example() {
    for (metric, wrong) in [
        (Metric::Failed, "rate"),
        (Metric::Failed, "rate<"),
        (Metric::Failed, "p(99)<1s"),
        (Metric::Failed, "rate<-1"),
        (Metric::ResponseTime, "rate<1%"),
        (Metric::ResponseTime, "p(100)<1s"),
        (Metric::Duplicates, "== 0"),
    ] {
        let error = Threshold::parse(metric, wrong).unwrap_err();
        assert!(error.contains("write it as"), "{error}");
    }
}
