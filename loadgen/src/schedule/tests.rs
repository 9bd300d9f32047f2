use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::payload::{Content, Payload, Template};
use crate::scenario::{Load, Stage};

fn payload(name: &str, weight: u32) -> Payload {
    Payload { name: name.into(), weight, content: Content::Execute(Template::json(&json!({"n": name})).unwrap()) }
}

fn scenario(load: Load, seed: u64) -> Scenario {
    let mut scenario = Scenario::ad_hoc(payload("a", 1));
    scenario.load = load;
    scenario.seed = seed;
    scenario
}

fn constant(rate: f64, seconds: u64, arrivals: Arrivals) -> Load {
    Load { arrivals, ..Load::constant(rate, Some(Duration::from_secs(seconds))) }
}

fn ramp(start_rate: f64, stages: &[(f64, u64)], arrivals: Arrivals) -> Load {
    let stages = stages.iter().zip(1..).map(|((target, seconds), number)| Stage {
        name: number.to_string(),
        target: *target,
        duration: Duration::from_secs(*seconds),
    });
    let stages = stages.collect();
    Load { profile: Profile::Ramping { start_rate, stages }, arrivals, ..Load::constant(1.0, None) }
}

fn arrivals(load: Load, seed: u64) -> Vec<Arrival> {
    Schedule::of(&scenario(load, seed)).unwrap().iter().collect()
}

#[test]
fn schedules_are_pinned_across_platforms() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let loads = [
        ("poisson 50/s for 30 s", constant(50.0, 30, Arrivals::Poisson)),
        ("uniform 3/s for 10 s", constant(3.0, 10, Arrivals::Uniform)),
        ("poisson ramp", ramp(5.0, &[(200.0, 3), (200.0, 2), (1_000.0, 0), (1_000.0, 1)], Arrivals::Poisson)),
        ("uniform ramp", ramp(0.0, &[(30.0, 4), (0.0, 4)], Arrivals::Uniform)),
        ("poisson 12345.6/s for 2 s", constant(12_345.6, 2, Arrivals::Poisson)),
    ];
    let mut wrong = Vec::new();
    for (name, load) in loads {
        let mut fingerprint = Fingerprint::default();
        let arrivals = arrivals(load, 42);
        for arrival in &arrivals {
            fingerprint.add(arrival);
        }
        let found = json!({
            "planned": arrivals.len(),
            "first_at": arrivals.iter().take(3).map(|a| a.at).collect::<Vec<_>>(),
            "arrivals_sha256": fingerprint.to_string(),
        });
        if vectors[name] != found {
            wrong.push(format!("{name:?}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{{{}}}", wrong.join(",\n"));
}

#[test]
fn uniform_arrivals_lie_at_equal_distances_from_the_start() {
    let at: Vec<u64> = arrivals(constant(50.0, 30, Arrivals::Uniform), 1).iter().map(|a| a.at).collect();
    assert_eq!(at.len(), 1_500);
    assert!(at.iter().enumerate().all(|(k, at)| at.abs_diff(k as u64 * 20_000_000) <= 1));
}

#[test]
fn poisson_gaps_are_exponential() {
    let at: Vec<u64> = arrivals(constant(1_000.0, 60, Arrivals::Poisson), 3).iter().map(|a| a.at).collect();
    let mut gaps: Vec<f64> = at.windows(2).map(|w| (w[1] - w[0]) as f64 / 1e6).collect();
    gaps.sort_by(f64::total_cmp);
    // Kolmogorov and Smirnov: the largest distance from 1 - exp(-x) stays below 1.95/√n (p = 0.001).
    let n = gaps.len() as f64;
    let distance = gaps.iter().enumerate().map(|(i, x)| ((1.0 - (-x).exp()) - i as f64 / n).abs()).fold(0.0, f64::max);
    assert!(distance < 1.95 / n.sqrt(), "{distance}");
}

#[test]
fn a_ramp_has_as_many_arrivals_as_the_area_under_it() {
    assert_eq!(arrivals(ramp(0.0, &[(100.0, 10), (100.0, 10), (0.0, 10)], Arrivals::Uniform), 1).len(), 2_000);
    let poisson = arrivals(ramp(0.0, &[(100.0, 10), (100.0, 10), (0.0, 10)], Arrivals::Poisson), 1).len();
    assert!((2_000_f64 - poisson as f64).abs() < 5.0 * 2_000_f64.sqrt(), "{poisson}");
}

#[test]
fn bursts_come_at_once_on_top_of_the_rate() {
    let load = Load { bursts: vec![(Duration::from_millis(1_500), 40)], ..constant(10.0, 3, Arrivals::Uniform) };
    let arrivals = arrivals(load, 1);
    assert_eq!(arrivals.len(), 70);
    assert!(arrivals.iter().filter(|a| a.at == 1_500_000_000).count() >= 40);
}

#[test]
fn a_trace_is_replayed_to_the_nanosecond() {
    let load = Load {
        profile: Profile::Trace { instants: vec![0, 5, 2_999_999_999, 3_000_000_000] },
        ..Load::constant(1.0, None)
    };
    assert_eq!(arrivals(load, 1).iter().map(|a| a.at).collect::<Vec<_>>(), [0, 5, 2_999_999_999, 3_000_000_000]);
}

#[test]
fn a_count_ends_the_run_wherever_it_is_reached() {
    let load = Load { requests: Some(777), ..Load::constant(100.0, None) };
    let all = arrivals(load, 5);
    assert_eq!(all.len(), 777);
    let longer = arrivals(constant(100.0, 30, Arrivals::Poisson), 5);
    assert_eq!(all.len(), 777.min(longer.len()));
}

#[test]
fn a_load_that_a_count_ends_lasts_until_its_next_arrival_would_be_due() {
    let of = |rate, requests, arrivals| {
        let load = Load { requests: Some(requests), arrivals, ..Load::constant(rate, None) };
        Schedule::of(&scenario(load, 7)).unwrap()
    };
    for (rate, requests, window) in
        [(2.0, 10, 5_000_000_000), (1.0, 1, 1_000_000_000), (2.0, 7, 3_500_000_000), (0.1, 2, 20_000_000_000)]
    {
        let schedule = of(rate, requests, Arrivals::Uniform);
        assert_eq!((schedule.planned(), schedule.window()), (requests, window));
        assert!((schedule.asked() - rate).abs() < 1e-9, "{}", schedule.asked());
    }
    let cut = of(3.0, 20, Arrivals::Poisson);
    assert!(cut.window() > cut.iter().last().unwrap().at, "the next one comes later than the last");
    assert!((cut.asked() - 3.0).abs() < 1e-9);
    // With nothing after it, it ends with its last arrival.
    let trace =
        Load { profile: Profile::Trace { instants: vec![0, 9] }, requests: Some(2), ..Load::constant(1.0, None) };
    assert_eq!(Schedule::of(&scenario(trace, 1)).unwrap().window(), 10);
}

#[test]
fn payloads_are_chosen_by_weight() {
    let mut scenario = scenario(constant(1_000.0, 20, Arrivals::Poisson), 1);
    scenario.payloads = vec![payload("a", 9), payload("none", 0), payload("b", 1)];
    let mut counts = [0_u32; 3];
    for arrival in Schedule::of(&scenario).unwrap().iter() {
        counts[usize::from(arrival.place.payload)] += 1;
    }
    assert_eq!(counts[1], 0);
    let share = f64::from(counts[2]) / f64::from(counts[0] + counts[2]);
    assert!((share - 0.1).abs() < 0.01, "{share}");
}

#[test]
fn another_seed_or_load_gives_other_arrivals() {
    let base = arrivals(constant(50.0, 5, Arrivals::Poisson), 1);
    assert_ne!(base, arrivals(constant(50.0, 5, Arrivals::Poisson), 2));
    assert_ne!(base[0].seed, arrivals(constant(51.0, 5, Arrivals::Poisson), 1)[0].seed);
}

#[test]
fn an_arrival_belongs_to_the_stage_in_which_it_is_due() {
    let load = ramp(20.0, &[(20.0, 2), (200.0, 0), (200.0, 1), (20.0, 2)], Arrivals::Uniform);
    let load = Load { bursts: vec![(Duration::from_mins(1), 3)], ..load };
    for arrival in arrivals(load, 1) {
        let expected = match arrival.at / SECOND {
            0 | 1 => 0,
            // The step takes no time, so nothing is due in it.
            2 => 2,
            _ => 3,
        };
        assert_eq!(arrival.place.stage, expected, "{arrival:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arrivals_are_in_order_numbered_and_within_their_second(
        seed: u64, start in 0.0..500.0_f64, stages in prop::collection::vec((0.0..800.0_f64, 0_u64..4), 1..6), uniform: bool,
    ) {
        let kind = if uniform { Arrivals::Uniform } else { Arrivals::Poisson };
        let schedule = Schedule::of(&scenario(ramp(start, &stages, kind), seed)).unwrap();
        let mut k = 0;
        let mut last = 0;
        for b in 0..schedule.seconds() {
            let mut second = Vec::new();
            schedule.second(b, &mut second);
            for arrival in second {
                prop_assert_eq!(arrival.k, k);
                prop_assert_eq!(arrival.at / SECOND, b);
                prop_assert!(arrival.at >= last);
                last = arrival.at;
                k += 1;
            }
        }
        prop_assert_eq!(k, schedule.planned());
    }

    #[test]
    fn any_second_can_be_asked_for_alone(seed: u64, b in 0_u64..20) {
        let schedule = Schedule::of(&scenario(constant(137.5, 20, Arrivals::Poisson), seed)).unwrap();
        let mut alone = Vec::new();
        schedule.second(b, &mut alone);
        let within: Vec<Arrival> = schedule.iter().filter(|a| a.at / SECOND == b).collect();
        prop_assert_eq!(alone, within);
    }

    #[test]
    fn the_fingerprints_of_shards_add_up_to_that_of_the_whole(seed: u64, shards in prop::sample::select(vec![1_u32, 2, 3, 7, 64])) {
        let schedule = Schedule::of(&scenario(constant(90.0, 5, Arrivals::Poisson), seed)).unwrap();
        let mut whole = Fingerprint::default();
        schedule.iter().for_each(|a| whole.add(&a));
        let mut sum = Fingerprint::default();
        let mut planned = 0;
        for index in (0..shards).rev() {
            let shard = Shard::new(index, shards).unwrap();
            let mut part = Fingerprint::default();
            let mut own = Vec::new();
            (0..schedule.seconds()).for_each(|b| schedule.share_of_second(b, shard, &mut own));
            for arrival in &own {
                part.add(arrival);
            }
            prop_assert_eq!(own.len() as u64, shard.share(schedule.planned()));
            planned += own.len() as u64;
            sum += part;
        }
        prop_assert_eq!(planned, schedule.planned());
        prop_assert_eq!(whole, sum);
        prop_assert_eq!(whole.to_string().parse(), Ok(whole));
    }
}

#[test]
fn stages_that_take_no_time_are_none_and_the_others_keep_their_names_and_rates() {
    let load = ramp(0.0, &[(10.0, 20), (200.0, 0), (200.0, 15)], Arrivals::Uniform);
    let found = Ramp::all(&scenario(load, 1));
    let told: Vec<_> = found.iter().map(|s| (s.name.as_str(), s.start(), s.end(), s.rate_at(s.end()))).collect();
    assert_eq!(told, [("1", 0.0, 20.0, 10.0), ("3", 20.0, 35.0, 200.0)]);
    assert!((found[0].rate_at(5.0) - 2.5).abs() < 1e-9);
}
