//! Forecasts that can be reckoned by hand.

use std::collections::BTreeMap;

use super::report::{QuotaForecast, QuotaUnit};
use super::{Demand, GatewayKind, PlannedRequest, Setting};
use crate::aws::{Bucket, Footprint, Invocation, Item, Quotas};
use crate::record::Kind;

const SECOND: u64 = 1_000_000_000;

fn setting() -> Setting {
    Setting::of_aws(&Quotas::of_aws(), "eu-west-1", GatewayKind::Rest, BTreeMap::new())
}

/// Two states; a function of a second begins half a second in.
fn footprint() -> Footprint {
    Footprint {
        status: "SUCCEEDED".into(),
        duration_ms: 2_000,
        executions: 1,
        transitions_ms: vec![0, 500],
        invocations: vec![Invocation { function: "F".into(), start_ms: 500, length_ms: 1_000 }],
        events: 9,
        ..Footprint::default()
    }
}

/// So many arrivals a second, at equal distances, for so many seconds.
fn load(demand: &mut Demand, kind: Kind, rate: u64, seconds: u64) {
    for k in 0..rate * seconds {
        let footprint = kind.starts().then_some(0);
        demand.take(PlannedRequest { at: k * SECOND / rate, kind, bytes: Some(100), footprint });
    }
    demand.end();
}

fn quota(demand: &Demand, name: &str) -> QuotaForecast {
    demand.quotas(&Quotas::of_aws(), 9, true).into_iter().find(|quota| quota.name == name).unwrap()
}

#[test]
fn a_bucket_of_starts_passes_what_it_holds_and_gains() {
    let mut demand = Demand::new(setting(), &[footprint()]);
    load(&mut demand, Kind::Execute, 1_000, 4);
    // 1,300 at once and 300 a second: the bucket is empty after 1300 / (1000 - 300) s.
    let starts = quota(&demand, "StartExecution");
    let first = starts.first_exceeded_s.unwrap();
    assert!((first - 1_300.0 / 700.0).abs() < 0.005, "{first}");
    assert_eq!(starts.demand, 4_000);
    let admitted = starts.demand - starts.exceeded;
    assert!(admitted.abs_diff(1_300 + 4 * 300) <= 2, "{admitted}");
    assert_eq!((demand.throttled, demand.started[0]), (starts.exceeded, admitted));
    assert!((starts.share - starts.exceeded as f64 / 4_000.0).abs() < 1e-12);
    assert_eq!(quota(&demand, "API Gateway").exceeded, 0);
}

#[test]
fn executions_and_invocations_are_counted_while_they_last() {
    let mut demand = Demand::new(setting(), &[footprint()]);
    load(&mut demand, Kind::Execute, 100, 10);
    // Little's law: 100 a second, for two seconds and for one.
    assert_eq!((demand.open.peak, demand.running.peak), (200, 100));
    assert_eq!((demand.open.now, demand.running.now), (0, 0));
    assert_eq!((demand.transitions.demand, demand.invocations.demand), (2_000, 1_000));
    let fifth = demand.over_time[&5];
    assert_eq!((fifth.arrivals, fifth.started, fifth.invocations), (100, 100, 100));
    assert_eq!((fifth.open, fifth.concurrency, fifth.throttled), (200, 100, 0));
    assert_eq!(quota(&demand, "Lambda concurrency").first_exceeded_s, None);
}

#[test]
fn invocations_beyond_the_concurrency_are_told_with_their_share() {
    let mut small = setting();
    small.limits.concurrency = 50;
    let mut demand = Demand::new(small, &[footprint()]);
    load(&mut demand, Kind::Execute, 100, 10);
    let quota = quota(&demand, "Lambda concurrency");
    assert_eq!((quota.limit, quota.demand, quota.unit), (Some(50), 50, QuotaUnit::AtOnce));
    // Half of them find a place: fifty at a time, for a second each.
    assert!((quota.share - 0.5).abs() < 0.01, "{}", quota.share);
    // The fiftieth begins at 0.5 s + 49/100 s, and the next one is turned away.
    assert!((quota.first_exceeded_s.unwrap() - 1.0).abs() < 0.011, "{:?}", quota.first_exceeded_s);
}

#[test]
fn transitions_wait_in_turn_and_are_not_refused() {
    let mut slow = setting();
    slow.transitions = Bucket { size: 100.0, refill: 150.0 };
    let mut demand = Demand::new(slow, &[footprint()]);
    // 200 transitions a second, of which 150 are let through.
    load(&mut demand, Kind::Execute, 100, 10);
    let quota = quota(&demand, "StateTransition");
    assert_eq!((quota.unit, quota.demand), (QuotaUnit::Delayed, 2_000));
    // For half a second the bucket stays full. Then 50 a second are missing, until arrivals end at 10 s.
    let longest = quota.longest_delay_s.unwrap();
    assert!((longest - (9.5 * 50.0 - 100.0) / 150.0).abs() < 0.05, "{longest}");
    assert_eq!(demand.started[0], 1_000);
}

#[test]
fn the_stage_refuses_before_step_functions_is_asked() {
    let mut throttled = setting();
    throttled.methods.insert(Kind::Execute, Bucket { size: 10.0, refill: 5.0 });
    throttled.methods.insert(Kind::Describe, Bucket { size: 1.0, refill: 1.0 });
    let mut demand = Demand::new(throttled, &[footprint()]);
    load(&mut demand, Kind::Execute, 20, 10);
    let stage = quota(&demand, "stage, execute");
    assert_eq!((stage.demand - stage.exceeded).abs_diff(10 + 5 * 10), 1, "the last token is a moment late");
    assert_eq!(quota(&demand, "StartExecution").demand, stage.demand - stage.exceeded);
    assert_eq!((stage.source, quota(&demand, "API Gateway").demand), (None, 200));
}

#[test]
fn inputs_that_are_too_large_start_nothing() {
    let mut demand = Demand::new(setting(), &[footprint()]);
    for (k, bytes) in [(0, 262_144), (1, 262_145), (2, 10)] {
        demand.take(PlannedRequest { at: k * SECOND, kind: Kind::Execute, bytes: Some(bytes), footprint: Some(0) });
    }
    demand.end();
    let input = quota(&demand, "input bytes");
    assert_eq!((input.demand, input.exceeded, input.first_exceeded_s), (262_145, 1, Some(1.0)));
    assert_eq!(demand.started[0], 2);
    assert_eq!(demand.throttled, 0);
}

#[test]
fn what_is_used_is_what_was_sent_and_what_started() {
    let mut demand = Demand::new(setting(), &[footprint()]);
    load(&mut demand, Kind::Execute, 1_000, 4);
    let each = [footprint().usage(|_| 1_024)];
    let usage = demand.usage(&each, 1 << 20);
    let started = demand.started[0] as f64;
    assert_eq!((usage[&Item::RestRequest], usage[&Item::StateTransition]), (4_000.0, 2.0 * started));
    assert!((usage[&Item::LambdaRequest] - started).abs() < 1e-6);
    assert!((usage[&Item::LambdaGbSecond] - started).abs() < 1e-6);
    assert!(usage[&Item::LogGb] > 4_000.0 / 1_024.0);
}

#[test]
fn without_times_only_what_does_not_depend_on_them_is_told() {
    let mut demand = Demand::new(setting(), &[footprint()]);
    load(&mut demand, Kind::Execute, 10, 1);
    let names: Vec<String> = demand.quotas(&Quotas::of_aws(), 9, false).into_iter().map(|quota| quota.name).collect();
    assert_eq!(names, ["ListExecutions, reconcile", "input bytes", "history events"]);
}
