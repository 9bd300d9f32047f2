//! A token bucket, measured by what passed it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was answered in a second of a level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SecondCounts {
    /// The second.
    pub(crate) second: u64,
    /// Requests that were answered with a started execution.
    pub(crate) started: u64,
    /// Requests that were throttled.
    pub(crate) throttled: u64,
}

/// A token bucket, as a level that it throttled shows it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MeasuredBucket {
    /// Starts a second that pass it for ever.
    pub(crate) refill: f64,
    /// Starts that pass it at once, when it was as full as at the beginning of the level.
    pub(crate) burst: f64,
    /// The second in which it was empty for the first time.
    pub(crate) empty_after_seconds: u64,
}

/// Fewest whole seconds after the first throttled one that tell a refill rate.
const FEWEST: usize = 3;

/// Least share of throttled requests in those seconds: below it the bucket was not empty all the time.
const LEAST_THROTTLED: f64 = 0.02;

/// The bucket that throttled a level whose arrivals came for `seconds` seconds at one rate; `None` where none did, or not
/// for long enough.
///
/// As long as a bucket is empty, what passes is its refill. So the rate of starts after the first throttling is the refill,
/// and all that passed in excess of it was in the bucket before. A target that is slow at first leaves a full bucket as it is,
/// so the excess counts from the second on since which it is greatest.
#[must_use]
pub(crate) fn measure_bucket(counts: &[SecondCounts], seconds: u64) -> Option<MeasuredBucket> {
    // The second after the last arrivals has only late answers.
    let within: Vec<&SecondCounts> = counts.iter().filter(|counts| counts.second < seconds).collect();
    let first = within.iter().position(|counts| counts.throttled > 0)?;
    let after = &within[first + 1..];
    let started: u64 = after.iter().map(|counts| counts.started).sum();
    let throttled: u64 = after.iter().map(|counts| counts.throttled).sum();
    if after.len() < FEWEST || (throttled as f64) < LEAST_THROTTLED * (started + throttled) as f64 {
        return None;
    }
    let refill = started as f64 / after.len() as f64;
    let until = within[first].second + 1;
    let mut since = 0;
    let excesses = within[..=first].iter().rev().map(|counts| {
        since += counts.started;
        since as f64 - refill * (until - counts.second) as f64
    });
    let burst = excesses.fold(0.0, f64::max);
    Some(MeasuredBucket { refill, burst, empty_after_seconds: until })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A bucket on virtual time, asked `rate` times a second at equal distances.
    fn throttled(size: f64, refill: f64, rate: u64, seconds: u64) -> Vec<SecondCounts> {
        let mut tokens = size;
        let mut counts = Vec::new();
        for second in 0..seconds {
            let mut of = SecondCounts { second, ..SecondCounts::default() };
            for _ in 0..rate {
                tokens = (tokens + refill / rate as f64).min(size);
                if tokens >= 1.0 {
                    tokens -= 1.0;
                    of.started += 1;
                } else {
                    of.throttled += 1;
                }
            }
            counts.push(of);
        }
        counts
    }

    #[test]
    fn aws_bucket_is_found_by_one_level_that_it_throttles() {
        let found = measure_bucket(&throttled(1_300.0, 300.0, 640, 10), 10).unwrap();
        assert!((found.refill - 300.0).abs() <= 1.0 && (found.burst - 1_300.0).abs() <= 10.0, "{found:?}");
        assert_eq!(found.empty_after_seconds, 4);
        assert_eq!(
            measure_bucket(&throttled(1_300.0, 300.0, 320, 10), 10),
            None,
            "a burst that it holds shows nothing"
        );
        assert_eq!(measure_bucket(&throttled(1_300.0, 300.0, 640, 6), 6), None, "two seconds tell no rate");
    }

    #[test]
    fn a_target_that_is_slow_at_first_hides_nothing_of_the_bucket() {
        let of = |(second, (started, throttled))| SecondCounts { second, started, throttled };
        let answered = [(240, 0), (290, 0), (280, 0), (1_000, 0), (900, 80), (300, 340), (300, 340), (300, 340)];
        let counts: Vec<SecondCounts> = (0..).zip(answered).map(of).collect();
        let found = measure_bucket(&counts, 8).unwrap();
        assert_eq!((found.refill, found.burst), (300.0, 1_300.0));
    }

    proptest! {
        #[test]
        fn any_bucket_is_found_within_two_per_cent(
            size in 50_u64..5_000, refill in 20_u64..500, factor in 2_u64..5,
        ) {
            let rate = refill * factor;
            let empty = size / (rate - refill) + 1;
            let seconds = empty + 6;
            let found = measure_bucket(&throttled(size as f64, refill as f64, rate, seconds), seconds);
            let found = found.expect("it was empty for five seconds");
            prop_assert!((found.refill / refill as f64 - 1.0).abs() < 0.02, "{found:?}");
            // A start more or less in each of the seconds before.
            prop_assert!((found.burst - size as f64).abs() < 0.02 * size as f64 + empty as f64 + 2.0, "{found:?}");
        }
    }
}
