//! Targets whose response times follow a law that theory knows: the percentiles and their intervals have to be theory's.

use super::*;
use crate::statistics::{Confidence, Estimate, simulation::Noise};

/// Percentiles of the response times of a run, with their intervals at 99.9 %.
fn percentiles(settings: Settings, arrivals: Vec<Arrival>, target: impl Target) -> Vec<(f64, Estimate)> {
    let outcome = run(settings, arrivals, target, || Stop::No);
    assert_conserved(&outcome.account);
    let series = Population::due().series(&outcome.account.tally, &outcome.account.history);
    let sure = Confidence::new(0.999).unwrap();
    [0.5, 0.9, 0.95, 0.99].into_iter().map(|q| (q, series.percentile(q, sure).unwrap())).collect()
}

/// Whether each percentile is the law's: its interval holds the law's value, and is no wider than a tenth of it on either
/// side, so that holding it means something.
fn assert_law(told: &[(f64, Estimate)], law: impl Fn(f64) -> f64) {
    for (q, percentile) in told {
        let (exact, interval) = (law(*q), percentile.interval());
        // What a bucket of the histogram cannot tell apart: a thousandth, or a microsecond.
        let blur = 1.0 + exact / 1_000.0;
        assert!(interval.low - blur <= exact && exact <= interval.high + blur, "p{q}: {percentile:?} for {exact}");
        assert!(interval.low > 0.85 * exact && interval.high < 1.15 * exact, "p{q}: {percentile:?} for {exact}");
    }
}

/// Takes the same time for each.
struct Constant;

impl Target for Constant {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(0)
    }

    fn request(&mut self, _now: u64) -> Conduct {
        Conduct::Answer(20 * MILLISECOND)
    }
}

/// Takes a time drawn from an exponential law, whatever else it has to do.
struct Exponential {
    mean: f64,
    noise: Noise,
}

impl Target for Exponential {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(0)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^64")]
    fn request(&mut self, _now: u64) -> Conduct {
        Conduct::Answer((-self.mean * self.noise.uniform().ln() * 1e3) as u64)
    }
}

/// Serves one request at a time, in the order in which they come.
struct OneAtATime {
    takes: u64,
    free: u64,
}

impl Target for OneAtATime {
    fn accept(&mut self, _now: u64) -> Option<u64> {
        Some(0)
    }

    fn request(&mut self, now: u64) -> Conduct {
        self.free = self.free.max(now) + self.takes;
        Conduct::Answer(self.free - now)
    }
}

/// The share of waits of at most `x` services in M/D/1 with the load `rho` (Erlang 1909); exact enough up to 20 services.
fn waits(rho: f64, x: f64) -> f64 {
    let (mut sum, mut factorial) = (0.0, 0.0);
    for k in (0..=20).take_while(|k| f64::from(*k) <= x) {
        factorial += f64::from(k.max(1)).ln();
        // (-y)^k / k! · e^y, by its logarithm.
        let y = rho * (x - f64::from(k));
        let size = (f64::from(k) * y.max(f64::MIN_POSITIVE).ln() - factorial + y).exp();
        sum += if k % 2 == 0 { size } else { -size };
    }
    (1.0 - rho) * sum
}

/// The percentile `q` of wait and service together, in services.
fn queued(rho: f64, q: f64) -> f64 {
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if waits(rho, middle) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + 1.0
}

#[test]
fn a_constant_time_is_told_as_it_is() {
    let arrivals = arrivals(200.0, Duration::from_secs(30), Arrivals::Poisson);
    assert_law(&percentiles(settings(10_000, Saturation::Queue), arrivals, Constant), |_| 20_000.0);
}

#[test]
fn an_exponential_time_has_the_percentiles_of_its_logarithm() {
    let arrivals = arrivals(1_000.0, Duration::from_secs(50), Arrivals::Poisson);
    let target = Exponential { mean: 20_000.0, noise: Noise::new(11) };
    let told = percentiles(settings(10_000, Saturation::Queue), arrivals, target);
    assert_law(&told, |q| -20_000.0 * (1.0 - q).ln());
}

#[test]
fn a_queue_before_one_server_has_the_percentiles_of_m_d_1_wherever_it_stands() {
    // Nobody waits with the probability 1 - rho, and hardly anybody for fifteen services.
    assert!((waits(0.7, 0.0) - 0.3).abs() < 1e-12 && (0.999..=1.0).contains(&waits(0.7, 15.0)), "{}", waits(0.7, 15.0));
    let (takes, rate) = (MILLISECOND, 700.0);
    let arrivals = arrivals(rate, Duration::from_secs(100), Arrivals::Poisson);
    let law = |q| 1_000.0 * queued(0.7, q);
    // At the target, with as many in flight as like; and in the generator, which has room for one.
    let at_target = percentiles(settings(10_000, Saturation::Queue), arrivals.clone(), OneAtATime { takes, free: 0 });
    assert_law(&at_target, law);
    let in_generator = percentiles(settings(1, Saturation::Queue), arrivals, OneAtATime { takes, free: 0 });
    assert_law(&in_generator, law);
}
