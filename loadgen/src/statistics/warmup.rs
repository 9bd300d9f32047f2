//! Where a run becomes steady.

/// Observations in a batch of MSER-5.
const BATCH: usize = 5;

/// Fewest batches among which a cut is looked for.
const FEWEST: usize = 10;

/// Whether and from where a run is steady.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steady {
    /// From this observation on.
    From(usize),
    /// Not before its second half, so perhaps not at all.
    Never,
    /// It has fewer observations than this, and nothing can be said.
    TooShort(usize),
}

/// MSER-5 (White 1997; found best of the field by Hoad and Robinson 2011) on one figure an interval, such as its median
/// response time: cuts where the remaining observations tell their mean most precisely, whatever is known about them.
#[must_use]
pub(crate) fn warmup(figures: &[f64]) -> Steady {
    let means: Vec<f64> = figures.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if means.len() < FEWEST {
        return Steady::TooShort(FEWEST * BATCH);
    }
    // A few last batches alone would agree with each other by chance: at least a quarter must remain.
    let (mut best, mut cut) = (f64::INFINITY, 0);
    for start in 0..=means.len() * 3 / 4 {
        let error = squared_error(&means[start..]);
        if error < best {
            (best, cut) = (error, start);
        }
    }
    if cut > means.len() / 2 { Steady::Never } else { Steady::From(cut * BATCH) }
}

/// The squared standard error of the mean, up to a factor.
fn squared_error(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count * count)
}

#[cfg(test)]
mod tests {
    use super::super::simulation::Noise;
    use super::*;

    /// `length` seconds with noise of 1 around what `level` says.
    fn figures(seed: u64, length: u32, level: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut noise = Noise::new(seed);
        (0..length).map(|second| level(f64::from(second)) + noise.normal()).collect()
    }

    /// The cuts of those of 50 runs that are found steady: noise alone may look unsteady.
    fn cuts(level: impl Fn(f64) -> f64) -> Vec<usize> {
        let steady = |seed| match warmup(&figures(seed, 300, &level)) {
            Steady::From(cut) => Some(cut),
            Steady::Never | Steady::TooShort(_) => None,
        };
        (0..50).filter_map(steady).collect()
    }

    #[test]
    fn a_decaying_start_is_cut_off_where_it_drowns_in_the_noise() {
        let cuts = cuts(|s| 40.0 + 60.0 * (-s / 10.0).exp());
        assert!(cuts.len() >= 45, "steady in {} of 50", cuts.len());
        // 60 e^(-s/10) falls to the noise after 41 s.
        assert!(cuts.iter().all(|cut| *cut >= 20) && cuts.iter().sum::<usize>() / cuts.len() < 80, "{cuts:?}");
    }

    #[test]
    fn a_run_that_is_steady_from_the_start_loses_little() {
        let cuts = cuts(|_| 40.0);
        assert!(cuts.len() >= 45, "steady in {} of 50", cuts.len());
        assert!(cuts.iter().sum::<usize>() / cuts.len() < 60, "{cuts:?}");
    }

    #[test]
    fn a_run_that_never_settles_has_no_steady_state() {
        for seed in 0..50 {
            assert_eq!(warmup(&figures(seed, 300, |s| 40.0 + s)), Steady::Never, "seed {seed}");
            assert_eq!(warmup(&figures(seed, 300, |s| if s < 200.0 { 90.0 } else { 40.0 })), Steady::Never);
        }
    }

    #[test]
    fn a_short_run_is_told_to_be_too_short() {
        assert_eq!(warmup(&[1.0; 49]), Steady::TooShort(50));
        assert_eq!(warmup(&[1.0; 50]), Steady::From(0));
    }

    #[test]
    fn ten_slow_seconds_are_the_warmup() {
        // Ten slow seconds, then fifty that go up and down around 40 ms.
        let medians: Vec<f64> = (0..60).map(|s| if s < 10 { 90.0 } else { 40.0 + f64::from(s % 3) }).collect();
        assert_eq!(warmup(&medians), Steady::From(10));
    }
}
