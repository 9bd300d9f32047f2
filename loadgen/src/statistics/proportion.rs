//! The interval of a rate.

use super::binomial::at_most;
use super::{Confidence, ConfidenceInterval};

/// The Clopper–Pearson interval of a rate of which `rate` was seen in `size` effective observations.
///
/// It inverts the same binomial test as the order-statistic interval of a percentile, so `p(99)<800ms` and "at most 1 %
/// take 800 ms" never contradict each other. Its error never exceeds the nominal one, on either side: Wilson's interval
/// is shorter, but its lower end is wrong in up to 16 % of cases where a single failure was seen, and a verdict of
/// "failed" rests on just that end.
#[must_use]
pub fn proportion(rate: f64, size: f64, confidence: Confidence) -> ConfidenceInterval {
    let hits = rate * size;
    if size <= 0.0 || hits.is_nan() {
        return ConfidenceInterval { low: 0.0, high: 1.0 };
    }
    let tail = confidence.tail();
    // The probability of so many or more grows with p, that of so many or fewer falls.
    let low = if rate <= 0.0 { 0.0 } else { root(0.0, rate, |p| 1.0 - at_most(hits - 1.0, size, p) > tail) };
    let high = if rate >= 1.0 { 1.0 } else { root(rate, 1.0, |p| at_most(hits, size, p) <= tail) };
    ConfidenceInterval { low, high }
}

/// Where `beyond` turns from false to true between `low` and `high`.
fn root(mut low: f64, mut high: f64, beyond: impl Fn(f64) -> bool) -> f64 {
    // 60 halvings reach the resolution of a double.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference values: R's `binom.test(x, n)$conf.int`.
    #[test]
    fn the_reference_values_of_clopper_and_pearson_come_out() {
        for (hits, size, low, high) in [
            (1.0, 100.0, 0.000_253, 0.054_459),
            (5.0, 50.0, 0.033_275, 0.218_135),
            (10.0, 10.0, 0.691_503, 1.0),
            (50.0, 100.0, 0.398_321, 0.601_679),
        ] {
            let interval = proportion(hits / size, size, Confidence::default());
            assert!((interval.low - low).abs() < 2e-6, "{hits}/{size}: {interval:?}");
            assert!((interval.high - high).abs() < 2e-6, "{hits}/{size}: {interval:?}");
        }
    }

    #[test]
    fn nothing_seen_tells_nothing() {
        assert_eq!(proportion(0.0, 0.0, Confidence::default()), ConfidenceInterval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn a_million_observations_give_the_normal_interval() {
        let interval = proportion(0.1, 1e6, Confidence::default());
        assert!((interval.low - 0.099_412).abs() < 2e-6 && (interval.high - 0.100_588).abs() < 2e-6, "{interval:?}");
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the lower end is nothing, bit by bit")]
    fn no_failure_among_300_still_allows_a_rate() {
        // No failure among 300: a rate of 1.2 % is still possible.
        let interval = proportion(0.0, 300.0, Confidence::default());
        assert_eq!(interval.low, 0.0);
        assert!((interval.high - 0.0122).abs() < 1e-4);
    }
}
