//! Writes the run directory of a day that nobody waited for: 86,400 seconds at about twenty requests each, with a busy
//! afternoon, failures that come and go, and an hour in which the target is slow.
//!
//! `cargo run --release -p stepgate-loadgen --example day -- DIR`, and then `loadgen report DIR`
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made-up times are small and positive")]

mod made_up;

use std::error::Error;
use std::path::PathBuf;

use made_up::{SECOND, payload};
use stepgate_loadgen::archive::{Collector, Ending, Manifest, RunDirectory};
use stepgate_loadgen::judge::{Metric, Threshold};
use stepgate_loadgen::random::{Random, Stream};
use stepgate_loadgen::record::{Class, Fate, Interval, Place, Places, Series, Timing};
use stepgate_loadgen::scenario::Warmup;
use stepgate_loadgen::schedule::Ramp;

const SECONDS: u64 = 86_400;
const SEED: u64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(std::env::args().nth(1).ok_or("name a directory to write")?);
    let manifest = manifest();
    let directory = RunDirectory::create(&path, &manifest)?;
    let mut collector = Collector::create(&directory, &manifest)?;
    let mut interval = Interval::default();
    for second in 0..SECONDS {
        interval.clear();
        fill(&mut interval, second);
        collector.take(&interval, Some(interval.tally.counts().sent * 45_000));
    }
    if let Some(failure) = collector.failure() {
        return Err(failure.to_string().into());
    }
    let ending = Ending { elapsed_ns: SECONDS * SECOND, ..Ending::default() };
    directory.write_ending(&ending)?;
    Ok(())
}

/// Requests a second: ten at night, thirty in the afternoon.
fn rate(second: u64) -> f64 {
    20.0 - 10.0 * (second as f64 / SECONDS as f64 * std::f64::consts::TAU).cos()
}

fn fill(interval: &mut Interval, second: u64) {
    let hour = second / 3_600;
    let count = rate(second).round() as u64;
    interval.second = second;
    interval.in_flight = (count / 8) as usize;
    for k in 0..count {
        let u = || Random::at(SEED, Stream::Content, second * 64 + k);
        let (mut random, place) = (u(), Place { stage: u16::from(hour >= 12), payload: u16::from(k % 3 == 2) });
        let class = match random.next_u64() % 1_000 {
            0..4 if hour == 15 => Class::Throttled,
            0..30 if hour == 18 => Class::ServerError,
            999 => Class::Reset,
            _ => Class::Started,
        };
        // A log-logistic law: a median, and a tail that is longer in the slow hour.
        let share = (random.next_u64() % 100_000 + 1) as f64 / 100_002.0;
        let (median, tail) = if hour == 18 { (90.0, 0.45) } else { (38.0 + rate(second) / 5.0, 0.22) };
        let service = (median * (share / (1.0 - share)).powf(tail) * 1e6) as u64;
        let lag = 40_000 + random.next_u64() % 90_000;
        let tally = &mut interval.tally;
        tally.record(place, Series::Times(Timing::Response, Fate::Ended(class)), service + lag);
        tally.record(place, Series::Times(Timing::Service, Fate::Ended(class)), service);
        tally.record(place, Series::Times(Timing::Lag, Fate::Ended(class)), lag);
        if class == Class::Started {
            tally.record(place, Series::Unlagged, service);
        }
        let counts = tally.counts_mut(place);
        counts.sent += 1;
        counts.ended[class as usize] += 1;
    }
}

fn manifest() -> Manifest {
    let ramp = |name: &str, start: u64, end: u64| Ramp {
        name: name.into(),
        start_ns: start * SECOND,
        end_ns: end * SECOND,
        from: rate(start),
        to: rate(end),
    };
    let threshold =
        |metric: Metric, expression: &str| Threshold::parse(metric, expression).expect("a condition on the metric");
    let planned = (0..SECONDS).map(|second| rate(second).round() as u64).sum();
    Manifest {
        places: Places {
            stages: vec!["morning".into(), "evening".into()],
            payloads: vec![payload("order"), payload("refund")],
        },
        ramps: vec![ramp("morning", 0, SECONDS / 2), ramp("evening", SECONDS / 2, SECONDS)],
        warmup: Warmup::Seconds(600),
        thresholds: vec![threshold(Metric::Failed, "rate<1%"), threshold(Metric::ResponseTime, "p(99)<800ms")],
        ..made_up::manifest("a day", SEED, SECONDS, planned)
    }
}
