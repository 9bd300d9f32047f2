//! Runs compared with runs: how much longer, and how surely.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{Confidence, ConfidenceInterval};

/// Most observations, of both samples together, for which every permutation is counted.
const EXACT: usize = 50;

/// By how much the second of two samples lies above the first. One observation is one run: requests of the same run
/// share its luck, and are no evidence about the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Shift {
    /// The Hodges–Lehmann estimate: the median of all differences.
    pub(crate) by: f64,
    /// Its interval; `None` with too few runs for any at this confidence (four on each side do for 95 %).
    pub interval: Option<ConfidenceInterval>,
    /// The two-sided probability of a difference like this one between runs that do not differ (Mann–Whitney U).
    pub(crate) p: f64,
}

impl Shift {
    /// Compares two samples; `None` if one is empty or holds what is not a number.
    #[must_use]
    pub fn between(first: &[f64], second: &[f64], confidence: Confidence) -> Option<Self> {
        if first.is_empty() || second.is_empty() || first.iter().chain(second).any(|value| !value.is_finite()) {
            return None;
        }
        let mut differences: Vec<f64> =
            second.iter().flat_map(|after| first.iter().map(move |before| after - before)).collect();
        differences.sort_by(f64::total_cmp);
        Some(Self {
            by: median(&differences),
            interval: interval(&differences, first.len(), second.len(), confidence),
            p: mann_whitney(first, second),
        })
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// The differences of ranks `k` and `mn + 1 - k`, where `k` is the greatest whose U is improbable enough (Lehmann).
fn interval(differences: &[f64], m: usize, n: usize, confidence: Confidence) -> Option<ConfidenceInterval> {
    let pairs = differences.len();
    let k = if m + n <= EXACT {
        let ranks: Vec<usize> = (1..=m + n).map(|rank| 2 * rank).collect();
        let distribution = rank_sums(&ranks, m);
        let least = m * (m + 1);
        let mut sum = 0.0;
        // U is half the doubled rank sum above its least.
        (0..=pairs)
            .take_while(|u| {
                sum += distribution[least + 2 * u];
                // 1 - 0.9 is a hair less than 0.1: it still means a twentieth on either side.
                sum <= confidence.tail() * (1.0 + 1e-9)
            })
            .count()
    } else {
        let (m, n) = (m as f64, n as f64);
        let k = m * n / 2.0 - confidence.normal() * (m * n * (m + n + 1.0) / 12.0).sqrt() + 0.5;
        to_count(k)
    };
    (k >= 1).then(|| ConfidenceInterval { low: differences[k - 1], high: differences[pairs - k] })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, at zero from below")]
fn to_count(value: f64) -> usize {
    value.floor() as usize
}

/// The two-sided p-value of the Mann–Whitney U test: of all permutations for small samples, ties and all, and by the
/// normal distribution with corrections for ties and continuity beyond.
fn mann_whitney(first: &[f64], second: &[f64]) -> f64 {
    let (doubled, ties) = doubled_ranks(first, second);
    let (m, n) = (first.len(), second.len());
    let sum: usize = doubled[..m].iter().sum();
    let mean = m * (m + n + 1);
    let away = sum.abs_diff(mean);
    if m + n <= EXACT {
        let distribution = rank_sums(&doubled, m);
        let extreme = distribution.iter().enumerate().filter(|(sum, _)| sum.abs_diff(mean) >= away);
        return extreme.map(|(_, probability)| probability).sum::<f64>().min(1.0);
    }
    let (m, n, all) = (m as f64, n as f64, (m + n) as f64);
    let variance = m * n / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    // Doubled ranks: half of what lies between sum and mean, less the half that continuity takes.
    let z = ((away as f64 / 2.0) - 0.5).max(0.0) / variance.sqrt();
    (2.0 * Normal::standard().sf(z)).min(1.0)
}

/// Twice the rank of each value among all, the mean of the ranks for equal ones, and the sum of `t³ - t` over ties.
fn doubled_ranks(first: &[f64], second: &[f64]) -> (Vec<usize>, f64) {
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| all[a].total_cmp(&all[b]));
    let mut ranks = vec![0; all.len()];
    let mut ties = 0.0;
    let mut before = 0;
    for equal in order.chunk_by(|&a, &b| all[a].partial_cmp(&all[b]).is_some_and(std::cmp::Ordering::is_eq)) {
        for &index in equal {
            ranks[index] = 2 * before + equal.len() + 1;
        }
        before += equal.len();
        let size = equal.len() as f64;
        ties += size.powi(3) - size;
    }
    (ranks, ties)
}

/// The probability of each sum of `chosen` of the doubled ranks, all choices being equally likely.
fn rank_sums(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    // ways[c][s]: choices of c ranks with the sum s, among those looked at so far. Below 2^53 for 50 ranks: exact.
    let mut ways = vec![vec![0.0; most + 1]; chosen + 1];
    ways[0][0] = 1.0;
    for (looked_at, &rank) in ranks.iter().enumerate() {
        for c in (1..=chosen.min(looked_at + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(c);
            for (with, without) in more[0][rank..].iter_mut().zip(&fewer[c - 1]) {
                *with += without;
            }
        }
    }
    let mut sums = ways.swap_remove(chosen);
    let all: f64 = sums.iter().sum();
    for ways in &mut sums {
        *ways /= all;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::simulation::Noise;
    use super::*;

    fn between(first: &[f64], second: &[f64]) -> Shift {
        Shift::between(first, second, Confidence::default()).unwrap()
    }

    /// Reference values: scipy's `mannwhitneyu(method="exact")`.
    #[test]
    fn exact_p_values_are_the_published_ones() {
        // Completely apart: 2 / C(2n, n).
        assert!((between(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).p - 2.0 / 20.0).abs() < 1e-12);
        assert!((between(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]).p - 2.0 / 70.0).abs() < 1e-12);
        let (males, females) = ([19.0, 22.0, 16.0, 29.0, 24.0], [20.0, 11.0, 17.0, 12.0]);
        assert!((between(&males, &females).p - 1.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn equal_samples_do_not_differ() {
        let same = [40.0, 41.0, 42.0, 40.0, 39.0];
        let shift = between(&same, &same);
        assert!(shift.by.abs() < 1e-12 && (shift.p - 1.0).abs() < 1e-12, "{shift:?}");
        assert!(shift.interval.unwrap().contains(0.0));
        assert!(between(&[1.0; 40], &[1.0; 40]).p >= 1.0);
    }

    #[test]
    fn fewer_than_four_runs_a_side_bound_nothing() {
        assert_eq!(between(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0]).interval, None);
        assert!(between(&[1.0, 2.0, 3.0, 4.0], &[11.0, 12.0, 13.0, 14.0]).interval.is_some());
    }

    #[test]
    fn permutations_and_the_normal_distribution_agree_where_they_meet() {
        let mut noise = Noise::new(5);
        let mut draw = |count: usize, level: f64| -> Vec<f64> {
            // Rounded, so that there are ties.
            (0..count).map(|_| (level + 3.0 * noise.normal()).round()).collect()
        };
        for level in [0.0, 1.0, 2.0] {
            let (a, b) = (draw(25, 0.0), draw(25, level));
            let exact = between(&a, &b);
            let (one_more_a, one_more_b) = ([a.clone(), vec![0.0]].concat(), b.clone());
            let normal = between(&one_more_a, &one_more_b);
            assert!((exact.p - normal.p).abs() < 0.08, "{exact:?} {normal:?}");
        }
    }

    #[test]
    fn samples_without_numbers_have_no_shift() {
        assert_eq!(Shift::between(&[], &[1.0], Confidence::default()), None);
        assert_eq!(Shift::between(&[f64::NAN], &[1.0], Confidence::default()), None);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "a difference of whole numbers is exact")]
    fn a_shift_is_the_difference_between_two_samples() {
        let before = [101.0, 99.0, 104.0, 100.0, 98.0];
        let after = [121.0, 118.0, 125.0, 120.0, 119.0];
        let shift = Shift::between(&before, &after, Confidence::default()).unwrap();
        assert_eq!(shift.by, 20.0);
        assert!(shift.interval.unwrap().low > 14.0 && shift.p < 0.01);
    }
}
