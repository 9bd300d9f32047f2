//! Laws that delays follow.

use std::time::Duration;

use super::draw::Draws;

/// The longest delay that a law gives, so that the tail of a law cannot hold a connection for ever.
const MOST_DELAY: Duration = Duration::from_hours(1);

/// How a delay is distributed. No delay is longer than an hour.
#[derive(Debug, Clone, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant(Duration),
    /// Exponential with this mean.
    Exponential(Duration),
    /// Log-normal: half of all delays are below the median, and their logarithms have the standard deviation `sigma`.
    LogNormal {
        /// The median.
        median: Duration,
        /// The standard deviation of the logarithm, 0 or more: 0.5 makes p99 3.2 times the median.
        sigma: f64,
    },
    /// One of these, each as likely: measured values, for instance.
    Empirical(Vec<Duration>),
}

impl Law {
    /// What is wrong with it, if anything.
    pub(super) fn fault(&self) -> Option<&'static str> {
        match self {
            Self::LogNormal { sigma, .. } if !(0.0..=10.0).contains(sigma) => Some("`sigma` must be between 0 and 10"),
            Self::Empirical(values) if values.is_empty() => Some("`empirical` needs at least one value"),
            _ => None,
        }
    }

    pub(super) fn sample(&self, draws: &mut Draws) -> Duration {
        let delay = match self {
            Self::Constant(delay) => *delay,
            Self::Exponential(mean) => scaled(*mean, -draws.uniform().ln()),
            Self::LogNormal { median, sigma } => scaled(*median, (sigma * draws.normal()).exp()),
            Self::Empirical(values) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the product is below the length, which is a usize"
                )]
                let index = (draws.uniform() * values.len() as f64) as usize;
                values.get(index).or(values.last()).copied().unwrap_or_default()
            }
        };
        delay.min(MOST_DELAY)
    }
}

fn scaled(delay: Duration, by: f64) -> Duration {
    Duration::try_from_secs_f64(delay.as_secs_f64() * by).unwrap_or(MOST_DELAY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SAMPLES: u64 = 100_000;
    const SEED: u64 = 20_261_120;

    fn samples(law: &Law) -> Vec<Duration> {
        let mut samples: Vec<Duration> =
            (0..SAMPLES).map(|number| law.sample(&mut Draws::new(SEED, 0, number))).collect();
        samples.sort_unstable();
        samples
    }

    /// Checks each quantile of a law against its analytic value, in milliseconds: the share of samples below that value must be within
    /// five standard errors of the quantile. (One seed, so that it passes always or never.)
    #[track_caller]
    fn assert_quantiles(law: &Law, analytic: impl Fn(f64) -> f64) {
        let samples = samples(law);
        for quantile in [0.01, 0.1, 0.5, 0.9, 0.99, 0.999] {
            let value = analytic(quantile);
            let below = samples.partition_point(|sample| sample.as_secs_f64() * 1e3 < value) as f64 / SAMPLES as f64;
            let error = (quantile * (1.0 - quantile) / SAMPLES as f64).sqrt();
            assert!(
                (below - quantile).abs() < 5.0 * error,
                "seed {SEED}: {below} of samples below the {quantile} quantile"
            );
        }
    }

    #[test]
    fn exponential_delays_have_the_quantiles_of_their_law() {
        assert_quantiles(&Law::Exponential(40 * MS), |quantile| -40.0 * (1.0 - quantile).ln());
    }

    #[test]
    fn log_normal_delays_have_the_quantiles_of_their_law() {
        let standard_normal = |quantile: f64| match quantile {
            0.01 => -2.326_347_874,
            0.1 => -1.281_551_566,
            0.5 => 0.0,
            0.9 => 1.281_551_566,
            0.99 => 2.326_347_874,
            _ => 3.090_232_306,
        };
        let law = Law::LogNormal { median: 20 * MS, sigma: 0.5 };
        assert_quantiles(&law, |quantile| 20.0 * (0.5_f64 * standard_normal(quantile)).exp());
    }

    #[test]
    fn empirical_delays_are_drawn_evenly_from_those_given() {
        let samples = samples(&Law::Empirical(vec![MS, 2 * MS, 2 * MS, 10 * MS]));
        for (value, share) in [(MS, 0.25), (2 * MS, 0.5), (10 * MS, 0.25)] {
            let drawn = samples.iter().filter(|sample| **sample == value).count() as f64 / SAMPLES as f64;
            assert!(
                (drawn - share).abs() < 5.0 * (share * (1.0 - share) / SAMPLES as f64).sqrt(),
                "seed {SEED}: {drawn} for {value:?}"
            );
        }
    }

    #[test]
    fn a_constant_delay_is_constant() {
        assert!(samples(&Law::Constant(7 * MS)).iter().all(|sample| *sample == 7 * MS));
    }

    proptest! {
        #[test]
        fn no_law_delays_for_more_than_an_hour(delay in any::<u64>(), sigma in 0.0..10.0, number in any::<u64>()) {
            let delay = Duration::from_nanos(delay);
            for law in [
                Law::Constant(delay),
                Law::Exponential(delay),
                Law::LogNormal { median: delay, sigma },
                Law::Empirical(vec![delay]),
            ] {
                prop_assert!(law.sample(&mut Draws::new(SEED, 0, number)) <= MOST_DELAY);
            }
        }
    }
}
