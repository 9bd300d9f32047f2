//! The law on virtual time, against queues and buckets whose capacity is known.

use proptest::prelude::*;

use super::bucket::MeasuredBucket;
use super::*;
use crate::judge::{Facts, History, Metric, State, Threshold, Windows, judge};
use crate::random::{Random, Stream};
use crate::record::{Class, Place, Places, Series, Tally};

fn options() -> SearchOptions {
    SearchOptions {
        from: 10.0,
        to: 10_000.0,
        precision: 0.05,
        level_seconds: 20,
        repeats: 4,
        max_executions: None,
        max_seconds: 1e9,
        fresh: true,
    }
}

fn result(plan: LevelPlan, outcome: LevelOutcome, bucket: Option<MeasuredBucket>) -> LevelResult {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of executions")]
    let executions = plan.executions() as u64;
    LevelResult {
        plan,
        outcome,
        reason: None,
        executions,
        took_seconds: plan.duration(),
        p50_us: None,
        p99_us: None,
        failed: 0.0,
        throttled: false,
        lag_p99_us: None,
        bucket,
        directory: String::new(),
    }
}

/// Searches a target that says what becomes of a level.
fn search(options: &SearchOptions, mut target: impl FnMut(&LevelPlan) -> LevelResult) -> (Vec<LevelResult>, SearchEnd) {
    let mut levels = Vec::new();
    loop {
        match SearchLaw::of(options, &levels).next() {
            NextLevel::Try(plan) => levels.push(target(&plan)),
            NextLevel::End(end) => return (levels, end),
        }
        assert!(levels.len() < 200, "it does not end: {:?}", levels.last());
    }
}

/// Seconds that the single server of the queue takes for each request.
const SERVICE: f64 = 0.005;

/// A single server with Poisson arrivals, judged by `p(99)<20ms` as a run is.
fn queue(plan: &LevelPlan, seed: u64) -> LevelResult {
    let threshold = Threshold::parse(Metric::ResponseTime, "p(99)<20ms").unwrap();
    let mut random = Random::at(seed, Stream::Arrivals, plan.rate.to_bits() ^ plan.seconds);
    let (mut tally, mut history) = (Tally::default(), History::default());
    let (mut now, mut free) = (0.0, 0.0_f64);
    for second in 0..plan.seconds {
        let mut of_second = Tally::default();
        loop {
            if now >= (second + 1) as f64 {
                break;
            }
            let begun = free.max(now);
            free = begun + SERVICE;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds of a level")]
            let took = ((free - now) * 1e9) as u64;
            of_second.record(Place::default(), Series::response(Class::Started), took);
            let counts = of_second.counts_mut(Place::default());
            counts.sent += 1;
            counts.ended[Class::Started as usize] += 1;
            now -= random.unit().ln() / plan.rate;
        }
        history.add(second, &of_second);
        tally += &of_second;
    }
    let (places, windows) = (Places::default(), Windows::default());
    let facts = Facts { seconds: plan.seconds as f64, ..Facts::of(&places, &tally, &history, &windows) };
    let outcome = match judge(std::slice::from_ref(&threshold), &facts)[0].state {
        State::Pass => LevelOutcome::Holds,
        State::Fail => LevelOutcome::Fails,
        State::Inconclusive => LevelOutcome::Undecided,
    };
    result(*plan, outcome, None)
}

/// The share of requests of M/D/1 that are answered within `t` seconds (Erlang 1909).
fn answered_within(t: f64, rate: f64) -> f64 {
    let waits = t - SERVICE;
    let mut sum = 0.0;
    let (mut k, mut factorial) = (0.0, 1.0);
    while k * SERVICE <= waits {
        let left = rate * (waits - k * SERVICE);
        sum += (-left).powf(k) / factorial * left.exp();
        k += 1.0;
        factorial *= k;
    }
    (1.0 - rate * SERVICE) * sum
}

/// The rate up to which 99 in a hundred are answered within 20 ms.
fn exact() -> f64 {
    let (mut low, mut high) = (1.0, 199.0);
    for _ in 0..60 {
        let middle: f64 = f64::midpoint(low, high);
        if answered_within(0.02, middle) >= 0.99 { low = middle } else { high = middle }
    }
    low
}

#[test]
fn the_capacity_of_a_queue_is_found_within_five_per_cent_in_nine_of_ten_seeds() {
    let (options, exact) = (options(), exact());
    let mut near = 0;
    for seed in 0..10 {
        let (levels, end) = search(&options, |plan| queue(plan, seed));
        let law = SearchLaw::of(&options, &levels);
        let rate = law.rate().unwrap();
        let took: f64 = levels.iter().map(|level| level.took_seconds).sum();
        println!("seed {seed}: {rate:.1} of {exact:.1} in {} levels and {took:.0} s: {end:?}", levels.len());
        near += usize::from((rate / exact - 1.0).abs() <= 0.05);
    }
    assert!(near >= 9, "{near} of 10");
}

/// A level behind a token bucket on virtual time, judged by `failed rate<1%` after the drain.
fn bucket(plan: &LevelPlan, size: f64, refill: f64, tokens: &mut f64) -> LevelResult {
    *tokens = (*tokens + plan.rest_seconds * refill).min(size);
    let mut counts = Vec::new();
    let total = plan.drain_seconds + plan.seconds;
    for second in 0..total {
        let rate = if second < plan.drain_seconds { plan.drain_rate } else { plan.rate };
        let mut of = SecondCounts { second, ..SecondCounts::default() };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "arrivals of a second")]
        for _ in 0..rate.round() as u64 {
            *tokens = (*tokens + refill / rate).min(size);
            if *tokens >= 1.0 {
                *tokens -= 1.0;
                of.started += 1;
            } else {
                of.throttled += 1;
            }
        }
        counts.push(of);
    }
    let judged = &counts[usize::try_from(plan.drain_seconds).unwrap()..];
    let (started, throttled) = judged.iter().fold((0, 0), |(s, t), of| (s + of.started, t + of.throttled));
    let failed = throttled as f64 / (started + throttled).max(1) as f64;
    let outcome = if failed < 0.01 { LevelOutcome::Holds } else { LevelOutcome::Fails };
    let measured = if plan.is_drained() { None } else { measure_bucket(&counts, total) };
    LevelResult { failed, throttled: throttled > 0 && !plan.is_drained(), ..result(*plan, outcome, measured) }
}

#[test]
fn a_burst_is_not_taken_for_capacity() {
    // StartExecution's bucket in the large regions; 320 a second pass it for more than a minute.
    let options = SearchOptions { level_seconds: 10, ..options() };
    let (levels, end) = search(&options, |plan| bucket(plan, 1_300.0, 300.0, &mut 1_300.0));
    let report = SearchReport::of("", true, Vec::new(), &options, &levels, end);
    assert_eq!(end, SearchEnd::Found, "{report}");
    let (rate, found) = (report.rate.unwrap(), report.bucket.unwrap());
    assert!((rate / 300.0 - 1.0).abs() < 0.05, "{report}");
    assert!((found.burst / 1_300.0 - 1.0).abs() < 0.05, "{report}");
    assert!(
        levels.iter().any(|level| level.plan.rate > 305.0 && level.outcome == LevelOutcome::Holds),
        "the burst held"
    );
    let sweep = report.sweep.unwrap();
    assert!(report.executions < sweep.executions, "{report}");
}

/// A sweep as one does it by hand: equal steps up to the first level that fails, each repeated for twice as long where it
/// is undecided. Its answer lies between that level and the last one that held.
fn sweep(
    options: &SearchOptions,
    step: f64,
    mut target: impl FnMut(&LevelPlan) -> LevelResult,
) -> (Vec<LevelResult>, (f64, f64)) {
    let (mut levels, mut low) = (Vec::new(), 0.0);
    for rate in (1_u32..).map(|number| step * f64::from(number)) {
        for repeat in 0..=options.repeats {
            let level = target(&LevelPlan::plain(rate, options.level_seconds << repeat));
            let outcome = level.outcome;
            levels.push(level);
            match outcome {
                LevelOutcome::Fails => return (levels, (low, rate)),
                LevelOutcome::Holds => low = rate,
                LevelOutcome::Undecided | LevelOutcome::Generator => continue,
            }
            break;
        }
    }
    unreachable!("every target here has a limit")
}

/// What levels took together.
fn cost(levels: &[LevelResult]) -> (u64, f64) {
    (levels.iter().map(|level| level.executions).sum(), levels.iter().map(|level| level.took_seconds).sum())
}

fn tell(what: &str, (low, high): (f64, f64), levels: &[LevelResult]) {
    let (executions, seconds) = cost(levels);
    println!("{what:30} {low:>6.1}–{high:<6.1} {executions:>8} executions {seconds:>6.0} s {:>3} levels", levels.len());
}

/// The answer of a search, as an interval.
fn answer(options: &SearchOptions, levels: &[LevelResult]) -> (f64, f64) {
    let law = SearchLaw::of(options, levels);
    (law.low.unwrap(), law.high.unwrap())
}

/// The table in docs/capacity.md: `cargo test -p stepgate-loadgen --lib -- --nocapture beside_a_plain_sweep`.
#[test]
fn a_search_beside_a_plain_sweep_of_a_queue_tells_the_capacity_in_a_narrower_interval() {
    let (options, exact) = (options(), exact());
    println!("M/D/1, 5 ms, p(99)<20ms: exactly {exact:.1}/s");
    let (mut of_search, mut of_sweep) = ((0, 0.0, 0.0), (0, 0.0, 0.0));
    for seed in 0..10_u32 {
        let add = |sum: &mut (u64, f64, f64), levels: &[LevelResult], (low, high): (f64, f64)| {
            let (executions, seconds) = cost(levels);
            *sum = (sum.0 + executions, sum.1 + seconds, sum.2 + (high / low).sqrt() - 1.0);
        };
        let (searched, _) = search(&options, |plan| queue(plan, seed.into()));
        let found = answer(&options, &searched);
        tell(&format!("search, seed {seed}"), found, &searched);
        add(&mut of_search, &searched, found);
        // It is told which step is wide enough for the precision; where its grid lies is chance.
        let step = 2.0 * options.precision * exact * (0.91 + 0.02 * f64::from(seed));
        let (swept, found) = sweep(&options, step, |plan| queue(plan, seed.into()));
        tell(&format!("sweep, seed {seed}"), found, &swept);
        add(&mut of_sweep, &swept, found);
    }
    for (what, (executions, seconds, width)) in [("search", of_search), ("sweep", of_sweep)] {
        println!("{what}, mean: {} executions, {:.0} s, ±{:.1}%", executions / 10, seconds / 10.0, width * 10.0);
    }
    assert!(of_search.2 < of_sweep.2, "{of_search:?} {of_sweep:?}");
}

#[test]
fn a_search_beside_a_plain_sweep_of_a_bucket_is_not_misled_by_the_burst() {
    let (size, refill) = (1_300.0, 300.0);
    let options = SearchOptions { level_seconds: 10, ..options() };
    let (searched, _) = search(&options, |plan| bucket(plan, size, refill, &mut 1_300.0));
    let found = SearchLaw::of(&options, &searched).rate().unwrap();
    tell("search", answer(&options, &searched), &searched);
    let step = 2.0 * options.precision * refill;
    let (hasty, misled) = sweep(&options, step, |plan| bucket(plan, size, refill, &mut 1_300.0));
    tell("sweep, levels of 10 s", misled, &hasty);
    // A level one step above the refill shows it only when the bucket is empty.
    let patient = SearchOptions { level_seconds: 60, ..options };
    let (swept, right) = sweep(&patient, step, |plan| bucket(plan, size, refill, &mut 1_300.0));
    tell("sweep, levels that outlast it", right, &swept);
    assert!((found / refill - 1.0).abs() < 0.05 && right.0 <= refill && right.1 > refill, "{found} {right:?}");
    assert!(misled.0 > 1.3 * refill, "{misled:?}");
    assert!(cost(&searched).0 < cost(&swept).0 && cost(&searched).1 < cost(&swept).1);
}

#[test]
fn a_bucket_that_earlier_levels_have_emptied_is_measured_again_when_it_is_full() {
    let options = SearchOptions { level_seconds: 10, fresh: false, ..options() };
    let mut tokens = 800.0;
    let (levels, end) = search(&options, |plan| bucket(plan, 800.0, 150.0, &mut tokens));
    let found = SearchLaw::of(&options, &levels).bucket.unwrap();
    assert_eq!(end, SearchEnd::Found);
    assert!((found.burst / 800.0 - 1.0).abs() < 0.05 && (found.refill / 150.0 - 1.0).abs() < 0.05, "{found:?}");
    assert!(levels.last().unwrap().plan.rest_seconds > 5.0, "{:?}", levels.last());
}

#[test]
fn bounds_of_time_executions_and_rates_end_a_search_with_what_is_known() {
    let holds = |plan: &LevelPlan| result(*plan, LevelOutcome::Holds, None);
    let (levels, end) = search(&SearchOptions { to: 100.0, ..options() }, holds);
    assert_eq!((levels.len(), end), (5, SearchEnd::HighestHolds), "10, 20, 40, 80, 100");
    let (levels, end) = search(&SearchOptions { max_seconds: 70.0, ..options() }, holds);
    assert_eq!((levels.len(), end), (3, SearchEnd::TimeUp));
    let (levels, end) = search(&SearchOptions { max_executions: Some(1_000), ..options() }, holds);
    assert_eq!((levels.len(), end), (2, SearchEnd::ExecutionsUp), "200 and 400, and 800 more would be too many");
    let (levels, end) = search(&options(), |plan| result(*plan, LevelOutcome::Fails, None));
    assert_eq!(end, SearchEnd::NoneHolds);
    assert_eq!(SearchReport::of("", true, Vec::new(), &options(), &levels, end).exit().code(), 99);
    let of_few = |level: &LevelResult| level.plan.executions() < 9.9;
    assert!(!levels.iter().any(of_few), "of fewer requests a level tells nothing: {:?}", levels.last());
    let (levels, end) = search(&options(), |plan| {
        let outcome = if plan.rate < 1.0 { LevelOutcome::Undecided } else { LevelOutcome::Fails };
        result(*plan, outcome, None)
    });
    assert_eq!(end, SearchEnd::Undecided, "{:?}", levels.last());
    let slow = |plan: &LevelPlan| {
        let outcome = if plan.rate > 300.0 { LevelOutcome::Generator } else { LevelOutcome::Holds };
        result(*plan, outcome, None)
    };
    let (levels, end) = search(&options(), slow);
    let report = SearchReport::of("", true, Vec::new(), &options(), &levels, end);
    assert_eq!((end, report.exit().code()), (SearchEnd::Generator, 97));
    assert_eq!(
        (report.low, report.high),
        (Some(160.0), None),
        "what this machine cannot send says nothing of the target"
    );
}

proptest! {
    #[test]
    fn whatever_the_capacity_it_is_found_within_the_precision(
        capacity in 0.5_f64..5_000.0, precision in 0.01_f64..0.2, from in 1.0_f64..100.0,
    ) {
        let options = SearchOptions { from, precision, ..options() };
        let (levels, end) = search(&options, |plan| {
            let outcome = if plan.rate <= capacity { LevelOutcome::Holds } else { LevelOutcome::Fails };
            result(*plan, outcome, None)
        });
        prop_assert_eq!(end, SearchEnd::Found);
        let rate = SearchLaw::of(&options, &levels).rate().unwrap();
        prop_assert!((rate / capacity - 1.0).abs() <= precision * 1.01 + 1e-6, "{rate} for {capacity}");
    }

    #[test]
    fn levels_that_no_time_decides_end_the_search_with_an_interval_that_holds_the_capacity(
        capacity in 20.0_f64..2_000.0, blur in 0.01_f64..0.15,
    ) {
        let options = options();
        let (levels, end) = search(&options, |plan| {
            let outcome = match plan.rate / capacity {
                r if r < 1.0 - blur => LevelOutcome::Holds,
                r if r > 1.0 + blur => LevelOutcome::Fails,
                _ => LevelOutcome::Undecided,
            };
            result(*plan, outcome, None)
        });
        let law = SearchLaw::of(&options, &levels);
        prop_assert!(matches!(end, SearchEnd::Found | SearchEnd::Undecided), "{end:?}");
        prop_assert!(law.low.unwrap() <= capacity && law.high.unwrap() >= capacity);
    }

    #[test]
    fn a_search_that_was_broken_off_goes_on_as_if_it_had_not_been(capacity in 20.0_f64..2_000.0, cut in 1_usize..8) {
        let options = options();
        let target = |plan: &LevelPlan| {
            let outcome = if plan.rate <= capacity { LevelOutcome::Holds } else { LevelOutcome::Fails };
            result(*plan, outcome, None)
        };
        let (whole, _) = search(&options, target);
        let cut = cut.min(whole.len());
        let NextLevel::Try(plan) = SearchLaw::of(&options, &whole[..cut]).next() else { return Ok(()) };
        prop_assert_eq!(plan, whole[cut].plan);
    }
}
