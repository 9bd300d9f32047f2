//! The binomial distribution function, for any size.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;

/// Variance up to which the distribution function is exact. Beyond it the library's continued fraction may run out of
/// terms, while the Edgeworth expansion is right to four digits.
const EXACT: f64 = 1_000.0;

/// The probability of at most `k` successes in `n` trials that each succeed with probability `p`. `k` and `n` may be
/// fractions: effective sizes are.
pub(super) fn at_most(k: f64, n: f64, p: f64) -> f64 {
    if k < 0.0 {
        return 0.0;
    }
    if k >= n {
        return 1.0;
    }
    if p <= 0.0 || p >= 1.0 {
        return if p <= 0.0 { 1.0 } else { 0.0 };
    }
    if n * p * (1.0 - p) <= EXACT {
        // Cannot fail: both shapes are positive and p lies within (0, 1).
        checked_beta_reg(n - k, k + 1.0, 1.0 - p).unwrap_or(0.0)
    } else {
        edgeworth(k, n, p)
    }
}

/// The normal distribution with continuity correction and the first term for skewness.
fn edgeworth(k: f64, n: f64, p: f64) -> f64 {
    let deviation = (n * p * (1.0 - p)).sqrt();
    let w = (k + 0.5 - n * p) / deviation;
    let skewness = (1.0 - 2.0 * p) / deviation;
    let normal = Normal::standard();
    (normal.cdf(w) - skewness * (w * w - 1.0) * normal.pdf(w) / 6.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cases_are_those_of_pascal_s_triangle() {
        for (k, expected) in [(0.0, 1.0), (1.0, 5.0), (2.0, 11.0), (3.0, 15.0), (4.0, 16.0)] {
            assert!((at_most(k, 4.0, 0.5) - expected / 16.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_expansion_goes_on_where_the_exact_function_ends() {
        for p in [0.001, 0.01, 0.1, 0.5, 0.9, 0.999] {
            let n = (EXACT / (p * (1.0 - p))).floor();
            let deviation = (n * p * (1.0 - p)).sqrt();
            for z in [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0] {
                let k = (n * p + z * deviation).round();
                let (exact, expanded) = (at_most(k, n, p), edgeworth(k, n, p));
                assert!((exact - expanded).abs() < 2e-4, "p={p} z={z}: {exact} {expanded}");
            }
        }
    }
}
