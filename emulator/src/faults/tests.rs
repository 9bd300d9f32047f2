//! Claims about plans as a whole.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::server::Delivery;

const SEED: u64 = 20_261_120;

fn plan(rules: impl IntoIterator<Item = FaultRule>) -> FaultPlan {
    FaultPlan::new(SEED, rules).unwrap()
}

fn post(plan: &FaultPlan, now: Duration) -> Decision {
    plan.for_request("POST", "/prod/execute", now)
}

fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn throttle(share: Share) -> FaultRule {
    FaultRule { share, ..FaultRule::new("throttle", Fault::Throttle) }
}

#[test]
fn without_rules_nothing_unusual_happens() {
    let plan = FaultPlan::default();
    assert_eq!(post(&plan, milliseconds(1)), Decision::default());
    assert!(Decision::default().start);
    assert_eq!(plan.for_connection(milliseconds(1)), Duration::ZERO);
    assert!(plan.counts().is_empty());
}

#[test]
fn a_fault_says_what_is_answered_and_whether_the_workflow_starts() {
    let cut = |bytes, reset| Delivery { cut_after: Some(bytes), reset, bandwidth: None };
    let nothing = Decision::default();
    for (fault, decision) in [
        (Fault::Reply { status: 504, start: true }, Decision { instead: Some(Instead::Status(504)), ..nothing }),
        (
            Fault::Reply { status: 503, start: false },
            Decision { instead: Some(Instead::Status(503)), start: false, ..nothing },
        ),
        (Fault::Throttle, Decision { instead: Some(Instead::Throttled), start: false, ..nothing }),
        (Fault::Reset { start: true }, Decision { delivery: cut(0, true), ..nothing }),
        (Fault::Reset { start: false }, Decision { delivery: cut(0, true), start: false, ..nothing }),
        (Fault::Truncate { after: 40, reset: false }, Decision { delivery: cut(40, false), ..nothing }),
        (Fault::Latency(Law::Constant(milliseconds(5))), Decision { delay: milliseconds(5), ..nothing }),
        (
            Fault::Bandwidth(1_000),
            Decision { delivery: Delivery { bandwidth: Some(1_000), ..Delivery::default() }, ..nothing },
        ),
        (Fault::Accept(Law::Constant(milliseconds(5))), nothing),
    ] {
        assert_eq!(post(&plan([FaultRule::new("rule", fault.clone())]), Duration::ZERO), decision, "{fault:?}");
    }
}

#[test]
fn the_first_rule_that_decides_an_answer_does_and_only_it_is_counted() {
    let plan = plan([
        FaultRule { share: Share::Every(2), ..FaultRule::new("lost", Fault::Reply { status: 504, start: true }) },
        FaultRule::new("reset", Fault::Reset { start: true }),
    ]);
    let first: Vec<bool> = (0..6).map(|_| post(&plan, Duration::ZERO).instead.is_some()).collect();
    assert_eq!(first, [false, true, false, true, false, true]);
    let counts: Vec<(u64, u64)> = plan.counts().iter().map(|count| (count.matched, count.applied)).collect();
    assert_eq!(counts, [(6, 3), (6, 3)]);
}

#[test]
fn delays_add_up_and_the_slowest_bandwidth_counts() {
    let latency = |delay| FaultRule::new("late", Fault::Latency(Law::Constant(milliseconds(delay))));
    let bandwidth = |bytes| FaultRule::new("slow", Fault::Bandwidth(bytes));
    let plan = plan([latency(5), bandwidth(900), latency(7), bandwidth(1_000), throttle(Share::Probability(1.0))]);
    let decision = post(&plan, Duration::ZERO);
    assert_eq!((decision.delay, decision.delivery.bandwidth), (milliseconds(12), Some(900)));
    assert_eq!(decision.instead, Some(Instead::Throttled));
    assert!(plan.counts().iter().all(|count| count.applied == 1));
}

#[test]
fn a_rule_concerns_its_method_its_path_and_its_time() {
    let plan = plan([FaultRule {
        method: Some("POST".into()),
        path: Some("/prod/execute".into()),
        from: milliseconds(1_000),
        until: Some(milliseconds(2_000)),
        ..throttle(Share::Probability(1.0))
    }]);
    for (method, path, now, applies) in [
        ("POST", "/prod/execute", 1_000, true),
        ("POST", "/prod/execute", 1_999, true),
        ("POST", "/prod/execute", 999, false),
        ("POST", "/prod/execute", 2_000, false),
        ("OPTIONS", "/prod/execute", 1_500, false),
        ("POST", "/prod/other", 1_500, false),
    ] {
        let decision = plan.for_request(method, path, milliseconds(now));
        assert_eq!(decision.instead.is_some(), applies, "{method} {path} at {now} ms");
    }
    assert_eq!((plan.counts()[0].matched, plan.counts()[0].applied), (2, 2));
}

#[test]
fn a_stall_holds_requests_answers_and_connections_until_its_end() {
    let plan = plan([FaultRule {
        from: milliseconds(10_000),
        ..FaultRule::new("stall", Fault::Stall { every: milliseconds(5_000), length: milliseconds(1_000) })
    }]);
    for (now, left) in
        [(0, 0), (10_500, 0), (14_999, 0), (15_000, 1_000), (15_999, 1), (16_000, 0), (19_999, 0), (20_250, 750)]
    {
        let (now, left) = (milliseconds(now), milliseconds(left));
        assert_eq!(plan.hold(now), left, "answers at {now:?}");
        assert_eq!(plan.for_connection(now), left, "connections at {now:?}");
        assert_eq!(post(&plan, now).hold, left, "requests at {now:?}");
    }
    assert_eq!((plan.counts()[0].matched, plan.counts()[0].applied), (7, 3));
}

#[test]
fn connections_are_accepted_late_and_counted_apart_from_requests() {
    let plan = plan([FaultRule {
        share: Share::Every(2),
        ..FaultRule::new("accept", Fault::Accept(Law::Constant(milliseconds(100))))
    }]);
    post(&plan, Duration::ZERO);
    let delays: Vec<u128> = (0..4).map(|_| plan.for_connection(Duration::ZERO).as_millis()).collect();
    assert_eq!(delays, [0, 100, 0, 100]);
    assert_eq!((plan.counts()[0].matched, plan.counts()[0].applied), (4, 2));
}

#[test]
fn a_probability_is_the_share_of_requests_in_the_long_run() {
    let requests = 200_000_u32;
    for probability in [0.001, 0.1, 0.5, 1.0] {
        let plan = plan([throttle(Share::Probability(probability))]);
        for _ in 0..requests {
            post(&plan, Duration::ZERO);
        }
        let applied = plan.counts()[0].applied as f64;
        let expected = f64::from(requests) * probability;
        let error = (expected * (1.0 - probability)).sqrt();
        assert!((applied - expected).abs() <= 5.0 * error, "seed {SEED}: {applied} of {requests} at {probability}");
    }
}

#[test]
fn rules_of_one_probability_fall_independently() {
    let half = || FaultRule {
        share: Share::Probability(0.5),
        ..FaultRule::new("late", Fault::Latency(Law::Constant(milliseconds(1))))
    };
    let plan = plan([half(), half()]);
    let requests = 100_000;
    let both = (0..requests).filter(|_| post(&plan, Duration::ZERO).delay == milliseconds(2)).count() as f64;
    let error = (f64::from(requests) * 0.25 * 0.75).sqrt();
    assert!((both - f64::from(requests) * 0.25).abs() < 5.0 * error, "seed {SEED}: {both}");
}

#[test]
fn requests_from_many_threads_are_all_counted() {
    let plan = plan([throttle(Share::Every(10))]);
    let throttled: usize = std::thread::scope(|scope| {
        let count = || (0..5_000).filter(|_| post(&plan, Duration::ZERO).instead.is_some()).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(throttled, 2_000);
    assert_eq!((plan.counts()[0].matched, plan.counts()[0].applied), (20_000, 2_000));
}

#[test]
fn a_rule_that_cannot_hold_is_named_by_its_place() {
    let rules = [throttle(Share::Every(1)), throttle(Share::Every(0))];
    let invalid = FaultPlan::new(SEED, rules).unwrap_err();
    assert_eq!(invalid.to_string(), "fault rule 2: `every` must be at least 1");
}

proptest! {
    #[test]
    fn the_same_seed_and_rules_decide_the_same(
        seed in any::<u64>(),
        probability in 0.01..1.0,
        mean in 1_u64..1_000,
        requests in 1_usize..200,
    ) {
        let decisions = || {
            let rules = [
                FaultRule::new("late", Fault::Latency(Law::Exponential(milliseconds(mean)))),
                throttle(Share::Probability(probability)),
            ];
            let plan = FaultPlan::new(seed, rules).unwrap();
            (0..requests).map(|_| post(&plan, Duration::ZERO)).collect::<Vec<_>>()
        };
        prop_assert_eq!(decisions(), decisions());
    }

    #[test]
    fn another_rule_does_not_change_what_a_rule_draws(requests in 1_usize..100) {
        let late = || FaultRule::new("late", Fault::Latency(Law::Exponential(milliseconds(10))));
        let (alone, accompanied) = (plan([late()]), plan([late(), throttle(Share::Probability(0.5))]));
        for _ in 0..requests {
            prop_assert_eq!(post(&alone, Duration::ZERO).delay, post(&accompanied, Duration::ZERO).delay);
        }
    }

    #[test]
    fn a_stall_is_over_when_its_hold_has_passed(
        every in 2_u64..10_000_000_000,
        share in 0.0..1.0,
        now in 0_u64..1_000_000_000_000,
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below `every`")]
        let length = ((every as f64 * share) as u64).max(1);
        let (every, length) = (Duration::from_nanos(every), Duration::from_nanos(length));
        let plan = plan([FaultRule::new("stall", Fault::Stall { every, length })]);
        let now = Duration::from_nanos(now);
        let hold = plan.hold(now);
        prop_assert!(hold <= length);
        prop_assert_eq!(plan.hold(now + hold), Duration::ZERO);
    }
}

#[test]
fn the_example_file_is_read() {
    let plan = FaultPlan::read(include_str!("../../examples/faults.toml")).unwrap();
    let names: Vec<String> = plan.counts().into_iter().map(|count| count.name).collect();
    assert_eq!(names, ["latency", "lost", "torn", "throttled", "cut", "stall", "accept"]);
}

#[test]
fn a_plan_holds_answers_back_and_counts_what_each_rule_did() {
    use std::time::Duration;

    let plan = FaultPlan::read(
        r#"
        seed = 7

        [[rule]]                                   # every answer a little late
        latency = { log-normal = { median = "20ms", sigma = 0.5 } }

        [[rule]]                                   # started, then 504: every hundredth POST
        name = "lost"
        method = "POST"
        every = 100
        reply = { status = 504 }

        [[rule]]                                   # one second of silence every five
        stall = { every = "5s", for = "1s" }
        "#,
    )
    .unwrap();
    assert_eq!(plan.hold(Duration::from_millis(5_250)), Duration::from_millis(750));
    for _ in 0..1_000 {
        let _ = plan.for_request("POST", "/prod/execute", Duration::ZERO);
    }
    assert_eq!(plan.counts()[1].applied, 10);
}
