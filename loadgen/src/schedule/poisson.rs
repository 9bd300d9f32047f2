//! Poisson counts from whole numbers, `+ - * /` and square roots only: IEEE 754 fixes those to the last bit, so that a
//! seed gives the same arrivals on every platform, which no mathematical library does.

use crate::random::Random;

/// How many events with expectation `mean` happen.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "k is checked to be 0 or more, and small")]
pub(super) fn count(mean: f64, random: &mut Random) -> u64 {
    if mean <= 0.0 {
        return 0;
    }
    if mean < 10.0 {
        return count_gaps(mean, random);
    }
    // Transformed rejection with squeeze (Hörmann 1993, PTRS).
    let root = mean.sqrt();
    let width = 0.931 + 2.53 * root;
    let a = -0.059 + 0.024_83 * width;
    let inverse_alpha = 1.1239 + 1.1328 / (width - 3.4);
    let v_r = 0.9277 - 3.6224 / (width - 2.0);
    loop {
        let u = random.unit() - 0.5;
        let v = random.unit();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + width) * u + mean + 0.43).floor();
        if us >= 0.07 && v <= v_r {
            return k as u64;
        }
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let accept = ln(v) + ln(inverse_alpha) - ln(a / (us * us) + width);
        if accept <= k * ln(mean) - mean - ln_factorial(k) {
            return k as u64;
        }
    }
}

/// Exponential gaps until they reach `mean`.
fn count_gaps(mean: f64, random: &mut Random) -> u64 {
    let mut sum = 0.0;
    let mut events = 0;
    loop {
        sum -= ln(random.unit());
        if sum >= mean {
            return events;
        }
        events += 1;
    }
}

/// Half of ln(2π).
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// ln(k!) for a whole k: exact products below ten, Stirling's series from there (error below 1e-13).
fn ln_factorial(k: f64) -> f64 {
    if k < 10.0 {
        let mut product = 1.0;
        let mut i = 2.0;
        while i <= k {
            product *= i;
            i += 1.0;
        }
        return ln(product);
    }
    let square = k * k;
    (k + 0.5) * ln(k) - k + HALF_LN_TAU + (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / k
}

/// Natural logarithm of a normal positive number, within 2 units in the last place.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = f64::from(i32::try_from(bits >> 52).unwrap_or(0) - 1023);
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    // 2 artanh(s) = 2 (s + s³/3 + s⁵/5 + …) with |s| below 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut n = 25.0;
    while n > 0.0 {
        sum = sum * square + 1.0 / n;
        n -= 2.0;
    }
    exponent * std::f64::consts::LN_2 + 2.0 * s * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_logarithm_agrees_with_the_platforms() {
        let mut random = Random::at(1, Stream::Content, 0);
        for _ in 0..10_000 {
            let x = random.unit() * 1e6;
            assert!((ln(x) - x.ln()).abs() <= 4e-15 * x.ln().abs().max(1.0), "{x}");
        }
        assert!((ln_factorial(9.0) - 362_880_f64.ln()).abs() < 1e-13);
        assert!((ln_factorial(20.0) - 2_432_902_008_176_640_000_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_poisson() {
        for mean in [0.3, 4.0, 10.0, 50.0, 12_345.6] {
            let mut random = Random::at(7, Stream::Arrivals, 1);
            let n = 20_000;
            let drawn: Vec<f64> = (0..n).map(|_| count(mean, &mut random) as f64).collect();
            let average = drawn.iter().sum::<f64>() / f64::from(n);
            let variance = drawn.iter().map(|x| (x - average) * (x - average)).sum::<f64>() / f64::from(n - 1);
            let five_sigma = 5.0 * (mean / f64::from(n)).sqrt();
            assert!((average - mean).abs() < five_sigma, "mean {average} for {mean}");
            assert!((variance / mean - 1.0).abs() < 0.06, "variance {variance} for {mean}");
        }
    }
}
