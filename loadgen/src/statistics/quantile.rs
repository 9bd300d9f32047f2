//! Which of the sorted observations bound a percentile: order statistics, whatever the distribution.

use super::Confidence;
use super::binomial::at_most;

/// The fewest independent observations with which percentile `q` (a fraction) can be bounded on both sides.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and `as` saturates")]
pub(crate) fn needed(q: f64, confidence: Confidence) -> u64 {
    // All observations lie on one side of the percentile with probability max(q, 1 - q)^n.
    (confidence.tail().ln() / q.max(1.0 - q).ln()).ceil() as u64
}

/// The ranks, from 1, of the observations between which percentile `q` lies among `n` independent ones; `None` where
/// even the first or the last observation does not bound it.
#[must_use]
pub(crate) fn ranks(n: u64, q: f64, confidence: Confidence) -> (Option<u64>, Option<u64>) {
    let low = low_rank(n, q, confidence.tail());
    // Mirrored: the percentile 1 - q of the observations counted from the top.
    let high = low_rank(n, 1.0 - q, confidence.tail()).map(|rank| n + 1 - rank);
    (low, high)
}

/// The greatest rank whose observation exceeds the percentile with at most the probability `tail`.
fn low_rank(n: u64, q: f64, tail: f64) -> Option<u64> {
    let exceeds = |rank: u64| at_most((rank - 1) as f64, n as f64, q) > tail;
    if n == 0 || exceeds(1) {
        return None;
    }
    let (mut low, mut high) = (1, n + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if exceeds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_fewest_observations_holds() {
        let sure = Confidence::default();
        for (q, n) in [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368), (0.999, 3_688), (0.9999, 36_887)] {
            assert_eq!(needed(q, sure), n, "q={q}");
            let (low, high) = ranks(n, q, sure);
            assert!(low.is_some() && high.is_some(), "q={q}");
            assert_eq!(ranks(n - 1, q, sure).1, None, "q={q}");
        }
    }

    /// Ranks in per cent of the observations, as published: rounded to a tenth or a hundredth.
    #[test]
    fn the_table_of_ranks_holds() {
        let table = [
            (1_000, 0.50, 46.9, 53.2, 0.05),
            (1_000, 0.95, 93.6, 96.4, 0.05),
            (1_000, 0.99, 98.30, 99.70, 0.005),
            (3_000, 0.50, 48.2, 51.8, 0.05),
            (3_000, 0.95, 94.2, 95.8, 0.05),
            (3_000, 0.99, 98.63, 99.37, 0.005),
            (10_000, 0.50, 49.0, 51.0, 0.05),
            (10_000, 0.95, 94.57, 95.43, 0.005),
            (10_000, 0.99, 98.80, 99.20, 0.005),
            (10_000, 0.999, 99.83, 99.97, 0.005),
            (100_000, 0.50, 49.7, 50.3, 0.05),
            (100_000, 0.95, 94.86, 95.14, 0.005),
            (100_000, 0.99, 98.94, 99.06, 0.005),
            (100_000, 0.999, 99.88, 99.92, 0.005),
        ];
        for (n, q, low, high, rounding) in table {
            let (l, h) = ranks(n, q, Confidence::default());
            let per_cent = |rank: Option<u64>| 100.0 * rank.unwrap() as f64 / n as f64;
            assert!((per_cent(l) - low).abs() <= rounding + 1e-9, "n={n} q={q}: {}", per_cent(l));
            assert!((per_cent(h) - high).abs() <= rounding + 1e-9, "n={n} q={q}: {}", per_cent(h));
        }
        for n in [1_000, 3_000] {
            assert_eq!(ranks(n, 0.999, Confidence::default()).1, None);
        }
    }

    #[test]
    fn the_last_thousandth_needs_thousands_of_observations() {
        assert_eq!(needed(0.999, Confidence::default()), 3_688);
    }
}
