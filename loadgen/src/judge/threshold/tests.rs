use super::*;
use crate::judge::{Extent, Facts, History, Outlook, StageSpan, State, Unit, Windows, aborting, judge as judge_all};
use crate::record::{Class, Counts, Place, Places, Series as Timed, Tally, WorkflowEnds};
use crate::statistics::Confidence;

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
    let windows = Windows::default();
    let seconds = history.bins().len() as f64;
    let facts = Facts { seconds, extent: Extent::Duration(seconds), ..Facts::of(&places, tally, history, &windows) };
    judged(Threshold::parse(metric, expression).unwrap(), &facts)
}

fn judged(threshold: Threshold, facts: &Facts<'_>) -> Judged {
    judge_all(&[threshold], facts).remove(0)
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
    assert!(p999.value.is_some_and(|value| (998_500.0..999_500.0).contains(&value)), "{p999:?}");
    assert!(p999.measured.starts_with("~999ms; ") && p999.measured.ends_with("–?"), "{}", p999.measured);
    assert_eq!((p999.effective, p999.needs), (Some(1_000), Some(3_688)));
    assert_eq!(p999.why.as_deref(), Some("worth 1000 independent requests of 3688; run -d 4s"));
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
    assert_eq!(
        (judged.state, judged.measured.as_str()),
        (State::Pass, "~60.0ms, 0.00% take longer, of 10200; 0.00%–0.04%")
    );
    assert_eq!((judged.scale, judged.limit.map(|limit| (limit * 100.0).round())), (Unit::ShareLonger, Some(5.0)));
    assert!(judged.high < judged.limit, "what is printed is what was judged: {judged:?}");
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
    let facts = Facts::of(&places, &data.0, &data.1, &windows);
    let threshold = Threshold::parse(Metric::Failed, "rate<1.7%").unwrap();
    let under = |terms| judged(threshold.clone().under(terms), &facts).state;
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
    let facts = Facts::of(&places, &data.0, &data.1, &windows);
    let terms = Terms { abort_on_fail: true, delay_abort_eval: 10, on_inconclusive: State::Fail, ..Terms::default() };
    let ahead = Outlook { in_flight: &[], planned: None };
    let aborts = |expression: &str, second| {
        let threshold = Threshold::parse(Metric::Failed, expression).unwrap().under(terms);
        aborting(&[threshold], second, &facts, ahead).is_some()
    };
    assert!(aborts("rate<1%", 10));
    assert!(!aborts("rate<1%", 9), "not before its delay");
    assert!(!aborts("rate<10%", 10), "it may still hold");
    assert!(aborts("count<50", 10));
    assert!(!aborts("count>500", 10), "it may still come");
    assert!(!aborts("count==150", 10) && !aborts("count!=100", 10) && aborts("count==50", 10), "it only grows");
    assert!(aborts("rate==0", 10) && aborts("rate<=0", 10), "one is more than none, whatever comes");
    assert!(!aborts("rate>0", 10) && !aborts("rate==50%", 10), "it may still be");
}

/// Why a run would be aborted that has come to `data` in ten seconds.
fn aborted(
    metric: Metric,
    expression: &str,
    (tally, history): &(Tally, History),
    in_flight: u64,
    planned: Option<(u64, f64)>,
) -> Option<String> {
    let (places, windows) = (Places::default(), Windows::default());
    let facts = Facts { seconds: 10.0, ..Facts::of(&places, tally, history, &windows) };
    let terms = Terms { abort_on_fail: true, ..Terms::default() };
    let threshold = Threshold::parse(metric, expression).unwrap().under(terms);
    let in_flight = [(Place::default(), in_flight)];
    aborting(&[threshold], 10, &facts, Outlook { in_flight: &in_flight, planned })
}

#[test]
fn what_is_in_flight_may_still_save_a_run_in_both_directions() {
    // Failures come at once, and successes after a while: of a hundred a tenth has ended.
    let quick = counted(100, 100);
    assert_eq!(aborted(Metric::Failed, "rate<30%", &quick, 900, None), None);
    assert_eq!(aborted(Metric::Ended(Class::Started), "rate>70%", &quick, 900, None), None);
    let reason = aborted(Metric::Failed, "rate<30%", &quick, 20, None).unwrap();
    assert!(reason.starts_with("failed rate<30%: 100.00% (7") && reason.ends_with("), after 10 s"), "{reason}");
    assert!(aborted(Metric::Ended(Class::Started), "rate>70%", &quick, 20, None).is_some());
    // The other way round, successes are quick.
    let quick = counted(100, 0);
    assert_eq!(aborted(Metric::Failed, "rate>5%", &quick, 100, None), None);
    assert!(aborted(Metric::Failed, "rate>5%", &quick, 0, None).is_some());
    assert_eq!(aborted(Metric::Ended(Class::Started), "rate<90%", &quick, 100, None), None);
}

#[test]
fn times_of_what_is_in_flight_may_be_any() {
    let slow = timed(&[vec![200; 100]]);
    for (expression, in_flight, aborts) in [
        ("p(90)<100ms", 0, true),
        ("p(90)<100ms", 2_000, false),
        ("p(50)>300ms", 0, true),
        ("p(50)>300ms", 1_000, false),
        ("max<100ms", 1_000, true),
        ("max>1s", 0, false),
        ("min>300ms", 1_000, true),
        ("min<100ms", 0, false),
        ("avg>1s", 5, false),
    ] {
        let reason = aborted(Metric::ResponseTime, expression, &slow, in_flight, None);
        assert_eq!(reason.is_some(), aborts, "{expression} with {in_flight}: {reason:?}");
    }
}

#[test]
fn a_rate_per_second_has_surely_failed_when_the_plan_cannot_bring_it_any_more() {
    let data = counted(100, 0);
    let aborts =
        |metric, expression, in_flight, planned| aborted(metric, expression, &data, in_flight, planned).is_some();
    // Ten a second so far, in a load of twenty seconds that is to become more.
    assert!(!aborts(Metric::HttpReqs, "rate>40", 0, Some((900, 20.0))));
    assert!(aborts(Metric::HttpReqs, "rate>40", 0, Some((200, 20.0))));
    assert!(aborts(Metric::HttpReqs, "rate>40", 0, None), "nothing says that it will become more");
    assert!(!aborts(Metric::Ended(Class::Throttled), "rate<5/s", 0, Some((200, 20.0))));
    assert!(!aborts(Metric::HttpReqs, "rate<8", 0, Some((0, 20.0))), "it may end with less");
    assert!(aborts(Metric::HttpReqs, "rate<4", 0, Some((0, 20.0))));
}

#[test]
fn the_wait_for_the_last_answers_is_no_time_with_fewer_requests() {
    // Forty a second for six seconds, each answered two seconds later.
    let (mut tally, mut history) = (Tally::default(), History::default());
    for second in 0..8 {
        let sent = if second < 6 { 40 } else { 0 };
        let counts = Counts { sent, ended: started(if second >= 2 { 40 } else { 0 }), ..Counts::default() };
        history.add_counts(second, Place::default(), &counts);
        *tally.counts_mut(Place::default()) += &counts;
    }
    let (places, windows) = (Places::default(), Windows::default());
    let facts = Facts { seconds: 6.0, ..Facts::of(&places, &tally, &history, &windows) };
    for (metric, expression) in [(Metric::HttpReqs, "rate>36"), (Metric::Ended(Class::Started), "rate>36/s")] {
        let judged = judged(Threshold::parse(metric, expression).unwrap(), &facts);
        assert_eq!((judged.state, judged.value), (State::Pass, Some(40.0)), "{judged:?}");
    }
    let judged = judged(Threshold::parse(Metric::HttpReqs, "rate>44").unwrap(), &facts);
    assert_eq!(judged.state, State::Fail, "{judged:?}");
}

#[test]
fn the_rate_of_a_stage_is_told_by_its_own_seconds() {
    // Ten a second for four seconds, then fifty for eight; the first two seconds are warm-up, and left out.
    let (mut tally, mut history) = (Tally::default(), History::default());
    for second in 2..12 {
        let (stage, sent) = if second < 4 { (0, 10) } else { (1, 50) };
        let place = Place { stage, ..Place::default() };
        let counts = Counts { sent, ended: started(sent), ..Counts::default() };
        history.add_counts(second - 2, place, &counts);
        *tally.counts_mut(place) += &counts;
    }
    let span = |name: &str, seconds| StageSpan { name: name.into(), seconds };
    let stages = [span("low", 0.0..4.0), span("hold", 4.0..12.0)];
    let (places, windows) =
        (Places { stages: vec!["low".into(), "hold".into()], ..Places::default() }, Windows::default());
    let facts = Facts { seconds: 10.0, warmup: 2, stages: &stages, ..Facts::of(&places, &tally, &history, &windows) };
    for (stage, expression, rate) in [("low", "rate>9", 10.0), ("hold", "rate>49", 50.0), ("hold", "rate<51", 50.0)] {
        let mut threshold = Threshold::parse(Metric::HttpReqs, expression).unwrap();
        threshold.subject.stage = Some(stage.into());
        let judged = judged(threshold, &facts);
        assert_eq!((judged.state, judged.value), (State::Pass, Some(rate)), "{judged:?}");
    }
    // Of a run that goes on, what is still to come belongs to the stage at most.
    let ahead = |coming| Some(Outlook { in_flight: &[], planned: Some((coming, 10.0)) });
    let mut threshold = Threshold::parse(Metric::HttpReqs, "rate>60").unwrap();
    threshold.subject.stage = Some("hold".into());
    let fails = |coming| judged(threshold.clone(), &Facts { ahead: ahead(coming), ..facts }).state == State::Fail;
    assert_eq!([fails(0), fails(100)], [true, false]);
}

#[test]
fn what_is_printed_decides() {
    // Half of the seconds are slow by turns, in blocks: worth a handful of requests, and the percentile's own interval
    // lies beyond the limit, whatever is known of the share.
    let data = timed(&(0..60).map(|s| vec![if s / 10 % 2 == 0 { 400 } else { 50 }; 13]).collect::<Vec<_>>());
    for expression in ["p(95)<100ms", "p(50)<100ms", "p(95)<500ms", "p(99)<300ms", "avg<100ms", "avg<10s"] {
        let judged = judge(Metric::ResponseTime, expression, &data);
        let (limit, low, high) = (judged.limit.unwrap(), judged.low.unwrap(), judged.high.unwrap_or(f64::INFINITY));
        let within = (low..=high).contains(&limit);
        assert_eq!(judged.undecided, within, "{expression}: {judged:?}");
    }
}

#[test]
fn a_rate_per_second_is_judged_by_how_it_varies() {
    let data = counted(1_000, 0);
    let judged = judge(Metric::HttpReqs, "rate>40", &data);
    assert_eq!((judged.state, judged.value, judged.scale), (State::Pass, Some(100.0), Unit::PerSecond));
    assert_eq!(state(Metric::HttpReqs, "rate>140", &data), State::Fail);
    assert_eq!(state(Metric::Ended(Class::Started), "rate>99/s", &data), State::Pass);
    assert_eq!(judge(Metric::HttpReqs, "count>=1000", &data).state, State::Pass);
    let uneven = timed(&(0..10).map(|s| vec![10; if s % 2 == 0 { 50 } else { 150 }]).collect::<Vec<_>>());
    let mut uneven = uneven;
    for second in 0..10 {
        let counts = Counts { ended: started(if second % 2 == 0 { 50 } else { 150 }), ..Counts::default() };
        uneven.1.add_counts(second, Place::default(), &counts);
        *uneven.0.counts_mut(Place::default()) += &counts;
    }
    let judged = judge(Metric::HttpReqs, "rate>90", &uneven);
    assert_eq!((judged.state, judged.value), (State::Inconclusive, Some(100.0)), "{judged:?}");
    assert!(judged.why.as_deref().is_some_and(|why| why.contains("run -d")), "{judged:?}");
}

fn started(count: u64) -> [u64; Class::ALL.len()] {
    let mut ended = [0; Class::ALL.len()];
    ended[Class::Started as usize] = count;
    ended
}

#[test]
fn nothing_seen_says_what_it_proves_and_how_long_a_run_would_decide() {
    let mut data = (Tally::default(), History::default());
    for second in 0..5 {
        let count = if second < 3 { 48 } else { 47 };
        let counts = Counts { sent: count, ended: started(count), ..Counts::default() };
        data.1.add_counts(second, Place::default(), &counts);
        *data.0.counts_mut(Place::default()) += &counts;
    }
    let judged = judge(Metric::Failed, "rate<1%", &data);
    assert_eq!((judged.state, judged.needs, judged.mark()), (State::Inconclusive, Some(368), "?"));
    assert_eq!(judged.why.as_deref(), Some("no failure seen; 0 of 238 proves only <1.54%; run -d 8s"));
}

#[test]
fn what_the_data_cannot_tell_keeps_its_own_mark_when_it_counts_as_passed() {
    let data = counted(100, 0);
    let (places, windows) = (Places::default(), Windows::default());
    let facts = Facts::of(&places, &data.0, &data.1, &windows);
    let lenient = Threshold::parse(Metric::Failed, "rate<1%").unwrap().on_inconclusive(State::Pass);
    let told = judged(lenient.clone(), &facts);
    assert_eq!((told.state, told.undecided, told.mark()), (State::Pass, true, "~"));
    assert_eq!(judged(lenient.on_inconclusive(State::Fail), &facts).mark(), "✗");
}

#[test]
fn a_threshold_survives_the_manifest_and_a_wrong_one_does_not_vanish() {
    let terms = Terms { window: Some(30), on_inconclusive: State::Pass, abort_on_fail: true, ..Terms::default() };
    let subject = Subject::parse("response_time{class:throttled,stage:hold}").unwrap();
    let threshold = Threshold::parse(subject, "p(99)<800ms").unwrap().under(terms);
    let json = serde_json::to_string(&threshold).unwrap();
    assert_eq!(serde_json::from_str::<Threshold>(&json).unwrap(), threshold);
    let wrong = json.replace("p(99)<800ms", "p(990)<800ms");
    let error = serde_json::from_str::<Threshold>(&wrong).unwrap_err().to_string();
    assert!(error.contains("`p(990)<800ms` is not a condition on response_time"), "{error}");
}

#[test]
fn workflows_are_judged_where_the_target_tells_how_they_ended() {
    let (places, windows, data) = (Places::default(), Windows::default(), counted(0, 0));
    let nothing = Facts::of(&places, &data.0, &data.1, &windows);
    let ends = WorkflowEnds {
        succeeded: 990,
        failed: 10,
        open: 0,
        durations_ms: [(3_000, 900), (3_500, 90), (5_000, 10)].into(),
        failures: Vec::new(),
    };
    let facts = Facts { workflows: Some(&ends), ..nothing };
    let judge = |subject: &str, expression: &str, facts: &Facts<'_>| {
        judged(Threshold::parse(Subject::parse(subject).unwrap(), expression).unwrap(), facts)
    };
    for (subject, expression, state) in [
        ("workflows_failed", "rate<1%", State::Inconclusive),
        ("workflows_failed", "rate<3%", State::Pass),
        ("workflows_failed", "count==0", State::Fail),
        ("workflow_time", "p(95)<4s", State::Pass),
        ("workflow_time", "p(99.9)<4s", State::Fail),
        ("workflow_time", "max<5.1s", State::Pass),
    ] {
        let judged = judge(subject, expression, &facts);
        assert_eq!(judged.state, state, "{subject} {expression}: {judged:?}");
        assert!(judge(subject, expression, &nothing).undecided, "not known on a deployment");
    }
    let open = WorkflowEnds { failed: 0, open: 500, ..ends.clone() };
    let facts = Facts { workflows: Some(&open), ..nothing };
    assert!(judge("workflows_failed", "count==0", &facts).undecided, "those that still run may fail");
    assert!(judge("workflow_time", "p(95)<4s", &facts).state != State::Pass);
    assert!(Subject::parse("workflow_time{stage:hold}").unwrap_err().message.contains("has no tag"));
}

#[test]
fn conditions_that_mean_nothing_are_refused_with_an_example() {
    for (metric, wrong) in [
        (Metric::Failed, "rate"),
        (Metric::Failed, "rate<"),
        (Metric::Failed, "p(99)<1s"),
        (Metric::Failed, "rate<-1"),
        (Metric::ResponseTime, "rate<1%"),
        (Metric::ResponseTime, "p99<1s"),
        (Metric::Duplicates, "== 0"),
    ] {
        let error = Threshold::parse(metric, wrong).unwrap_err().to_string();
        assert!(error.contains("write it as"), "{error}");
    }
}
