//! Simulated measurements of which the truth is known: how often does an interval hold it?
//!
//! `cargo run --release -p stepgate-loadgen --example coverage` prints the table that `docs/benchmarks.md` shows.

use hdrhistogram::Histogram;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{
    CensoredTimes, Confidence, Estimate, Ladder, Shift, SparseHistogram, TimeSeries, Total, Trials, effective_size,
    mean, proportion,
};

/// A seeded source of noise: `SplitMix64` and what is made of it.
#[derive(Debug, Clone)]
pub(crate) struct Noise {
    state: u64,
}

impl Noise {
    /// The noise of a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        // Mixed, or the noise of the next seed would be that of this one, a number later.
        Self { state: mix(seed.wrapping_add(GOLDEN)) }
    }

    /// A number in (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(GOLDEN);
        ((mix(self.state) >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// A standard normal number (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Standard normal numbers, each correlated with the one before by `phi`: AR(1).
#[derive(Debug, Clone)]
pub(crate) struct Autoregressive {
    phi: f64,
    last: f64,
    noise: Noise,
}

impl Autoregressive {
    /// The process of a seed, begun in its steady state; independent with a `phi` of 0.
    pub(crate) fn new(phi: f64, seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        Self { phi, last: noise.normal(), noise }
    }

    /// The next number.
    pub(crate) fn next_normal(&mut self) -> f64 {
        self.last = self.phi * self.last + (1.0 - self.phi * self.phi).sqrt() * self.noise.normal();
        self.last
    }
}

/// A simulated run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Run {
    /// Requests a second.
    pub(crate) rate: u32,
    /// Its length.
    pub(crate) seconds: u32,
    /// Correlation of a request's time with that of the request before.
    pub(crate) phi: f64,
}

impl Run {
    /// Its requests, second by second, as standard normal numbers.
    fn seconds(self, seed: u64) -> impl Iterator<Item = Vec<f64>> {
        let mut process = Autoregressive::new(self.phi, seed);
        (0..self.seconds).map(move |_| (0..self.rate).map(|_| process.next_normal()).collect())
    }

    /// The response times that loadgen would keep of it: log-normal around a millisecond.
    pub(crate) fn series(self, seed: u64) -> TimeSeries {
        let mut times = CensoredTimes::default();
        let mut bins = Ladder::<SparseHistogram>::default();
        for (interval, second) in (0..).zip(self.seconds(seed)) {
            let Some(answered) = histogram(&second) else { continue };
            let mut sparse = SparseHistogram::default();
            sparse.add_answered(&answered);
            bins.add(interval, &sparse);
            times += &CensoredTimes::new([&answered], [], 0);
        }
        TimeSeries::new(times, bins.rows().to_vec())
    }

    /// Which of its requests are hits, with a true rate of `rate`.
    pub(crate) fn hits(self, rate: f64, seed: u64) -> Ladder<Trials> {
        let limit = Normal::standard().inverse_cdf(1.0 - rate);
        let mut ladder = Ladder::default();
        for (interval, second) in (0..).zip(self.seconds(seed)) {
            let hits = second.iter().filter(|&&z| z > limit).count() as u64;
            ladder.add(interval, &Trials { total: second.len() as u64, hits });
        }
        ladder
    }

    /// In how many of `runs` simulated runs the interval of each percentile holds the true percentile; `None` for one
    /// that more than a tenth of the runs cannot tell.
    pub(crate) fn percentile_coverage<const N: usize>(self, percentiles: [f64; N], runs: u32) -> [Option<f64>; N] {
        let (mut told, mut held) = ([0; N], [0; N]);
        for seed in 0..runs {
            let series = self.series(u64::from(seed));
            for (i, q) in percentiles.into_iter().enumerate() {
                let truth = micros(Normal::standard().inverse_cdf(q));
                let percentile = series.percentile(q, Confidence::default());
                if let Some(percentile) = percentile.filter(Estimate::is_told) {
                    told[i] += 1;
                    held[i] += u32::from(percentile.interval().contains(truth));
                }
            }
        }
        std::array::from_fn(|i| (10 * told[i] > 9 * runs).then(|| f64::from(held[i]) / f64::from(told[i])))
    }

    /// In how many of `runs` simulated runs the interval of a rate holds the true rate, among those with a hit at all; and
    /// how many independent hits such a run is worth, on average: its requests times the rate, divided by how much more
    /// their number varies from run to run than that of independent ones.
    pub(crate) fn rate_coverage(self, rate: f64, runs: u32) -> (f64, f64) {
        let confidence = Confidence::default();
        let (mut held, mut told) = (0, 0);
        let mut hits = Vec::new();
        for seed in 0..runs {
            let ladder = self.hits(rate, u64::from(seed));
            let all: Trials = ladder.rows().iter().copied().sum();
            hits.push(all.hits as f64);
            if all.hits > 0 {
                told += 1;
                let size = effective_size(ladder.rows(), confidence);
                held += u32::from(proportion(all.rate(), size, confidence).contains(rate));
            }
        }
        let expected = f64::from(self.rate) * f64::from(self.seconds) * rate;
        let variance = hits.iter().map(|hits| (hits - expected).powi(2)).sum::<f64>() / f64::from(runs);
        let effect = variance / (expected * (1.0 - rate));
        (f64::from(held) / f64::from(told), expected / effect.max(1.0))
    }

    /// In how many of `runs` simulated runs the interval of the average holds the true average.
    pub(crate) fn mean_coverage(self, runs: u32) -> f64 {
        share(runs, |seed| {
            let batches: Vec<Total> = self
                .seconds(seed)
                .map(|second| Total { count: second.len() as u64, sum: second.iter().sum() })
                .collect();
            matches!(mean(&batches, Confidence::default()), Some((_, Some(interval))) if interval.contains(0.0))
        })
    }
}

/// In how many of `runs` comparisons, of `size` runs with `size` others that take longer by 1, the interval holds 1.
pub(crate) fn shift_coverage(size: usize, runs: u32) -> f64 {
    share(runs, |seed| {
        let mut noise = Noise::new(seed);
        // Skewed, as latencies are.
        let mut draw = |level: f64| -> Vec<f64> { (0..size).map(|_| level + noise.normal().exp()).collect() };
        let (before, after) = (draw(0.0), draw(1.0));
        let shift = Shift::between(&before, &after, Confidence::default());
        shift.and_then(|shift| shift.interval).is_some_and(|interval| interval.contains(1.0))
    })
}

fn share(runs: u32, mut holds: impl FnMut(u64) -> bool) -> f64 {
    f64::from((0..runs).map(|seed| u32::from(holds(u64::from(seed)))).sum::<u32>()) / f64::from(runs)
}

/// A standard normal number as a log-normal time in microseconds.
fn micros(z: f64) -> f64 {
    (6.9 + 0.5 * z).exp()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^64")]
fn histogram(second: &[f64]) -> Option<Histogram<u64>> {
    let mut histogram = Histogram::new(3).ok()?;
    for &z in second {
        histogram.record(micros(z).round() as u64).ok()?;
    }
    Some(histogram)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many times fewer independent numbers would tell the median as surely: `1 + 2 Σ (2/π) asin(φ^k)`, since the
    /// signs of two normal numbers with correlation r correlate by `(2/π) asin r`.
    fn design_effect_of_median(phi: f64) -> f64 {
        let mut effect = 1.0;
        let mut power = phi;
        while power > 1e-12 {
            effect += 2.0 * std::f64::consts::FRAC_2_PI * power.asin();
            power *= phi;
        }
        effect
    }

    /// Few runs, so that the suite stays quick: the share of 100 scatters by 2 %. The example has 2,000.
    const RUNS: u32 = 100;

    fn cover(coverages: &[f64]) {
        assert!(coverages.iter().all(|coverage| *coverage >= 0.9), "{coverages:?}");
        let average = coverages.iter().sum::<f64>() / coverages.len() as f64;
        assert!((0.93..=0.98).contains(&average), "{average} of {coverages:?}");
    }

    #[test]
    fn intervals_of_percentiles_cover_as_often_as_they_claim() {
        let runs = [0.0, 0.9].map(|phi| Run { rate: 100, seconds: 60, phi });
        let coverages = runs.map(|run| run.percentile_coverage([0.5, 0.9, 0.99], RUNS));
        cover(&coverages.as_flattened().iter().flatten().copied().collect::<Vec<_>>());
    }

    #[test]
    fn intervals_of_rates_and_averages_cover_as_often_as_they_claim() {
        let runs = [0.0, 0.9].map(|phi| Run { rate: 100, seconds: 60, phi });
        cover(runs.map(|run| [run.rate_coverage(0.05, RUNS).0, run.mean_coverage(RUNS)]).as_flattened());
    }

    /// Hits in bursts, some of them only a few to a run: where intervals are most easily too short. The share of 500 scatters
    /// by 1 %.
    #[test]
    fn intervals_of_rates_cover_when_hits_come_in_bursts() {
        for (phi, rate) in [(0.9, 0.01), (0.9, 0.05), (0.97, 0.05), (0.97, 0.5)] {
            let (covered, hits) = Run { rate: 100, seconds: 20, phi }.rate_coverage(rate, 500);
            assert!(hits > 3.0 && (0.92..=0.98).contains(&covered), "phi {phi}, rate {rate}: {covered}, {hits} hits");
        }
    }

    #[test]
    fn intervals_of_shifts_cover_as_often_as_they_claim() {
        cover(&[5, 10].map(|size| shift_coverage(size, 500)));
    }

    #[test]
    fn taking_dependent_observations_for_independent_would_not_cover() {
        let run = Run { rate: 100, seconds: 60, phi: 0.9 };
        let truth = micros(0.0);
        let naive = share(RUNS, |seed| {
            let series = run.series(seed);
            let times = series.times();
            let percentile = times.percentile(0.5, times.count() as f64, Confidence::default());
            percentile.is_some_and(|p| p.interval().contains(truth))
        });
        assert!(naive < 0.6, "{naive}");
    }

    #[test]
    fn independent_requests_are_worth_about_their_number() {
        let run = Run { rate: 100, seconds: 600, phi: 0.0 };
        let sizes: Vec<f64> =
            (0..6).map(|seed| effective_size(run.hits(0.5, seed).rows(), Confidence::default())).collect();
        let average = sizes.iter().sum::<f64>() / sizes.len() as f64;
        assert!((0.85..=1.0).contains(&(average / 60_000.0)), "{average}");
    }

    #[test]
    fn dependent_requests_are_worth_what_theory_says() {
        for phi in [0.5, 0.8, 0.9, 0.95] {
            let run = Run { rate: 100, seconds: 600, phi };
            let sizes: Vec<f64> =
                (0..6).map(|seed| effective_size(run.hits(0.5, seed).rows(), Confidence::default())).collect();
            let average = sizes.iter().sum::<f64>() / sizes.len() as f64;
            let theory = 60_000.0 / design_effect_of_median(phi);
            assert!((0.8..=1.2).contains(&(average / theory)), "phi {phi}: {average}, in theory {theory}");
        }
    }
}
