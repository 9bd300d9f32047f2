//! How much dependent observations are worth.

use std::iter::Sum;
use std::ops::AddAssign;

use super::Confidence;

/// How many observations an interval had, and how many of them were hits: failures, or times up to a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All observations.
    pub total: u64,
    /// Those that count.
    pub hits: u64,
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.total += other.total;
        self.hits += other.hits;
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self { total: sum.total + tally.total, hits: sum.hits + tally.hits })
    }
}

impl Tally {
    /// The share of hits; 0 without observations.
    #[must_use]
    pub fn rate(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.hits as f64 / self.total as f64 }
    }
}

/// Fewest batches from which dependence is estimated. With fewer, observations are taken for independent.
const FEWEST_BATCHES: usize = 8;

/// A batch must be so many times longer than observations depend on each other, or the estimate is too low.
const LONG_ENOUGH: f64 = 10.0;

/// How many independent observations would tell the rate of hits as surely as these do.
///
/// Requests in the same second share the target's state, so their outcomes resemble each other, and the rate varies
/// more from batch to batch than chance would have it: by the design effect `d` (Kish 1965). The effective size is
/// `n / d`, and a little less, because `d` is itself an estimate from few batches (Student's t). Batches are the
/// rows of a [`Ladder`](super::Ladder), added up in pairs until a batch is ten times as long as its design effect.
#[must_use]
pub fn effective_size(rows: &[Tally], confidence: Confidence) -> f64 {
    let mut batches: Vec<Tally> = rows.iter().copied().filter(|row| row.total > 0).collect();
    let total = batches.iter().map(|batch| batch.total as f64).sum::<f64>();
    if batches.len() < FEWEST_BATCHES {
        return total;
    }
    loop {
        let effect = design_effect(&batches);
        let long_enough = total / batches.len() as f64 >= LONG_ENOUGH * effect.max(1.0);
        if long_enough || batches.len().div_ceil(2) < FEWEST_BATCHES {
            let penalty = confidence.normal() / confidence.student(batches.len() - 1);
            return (total / effect * penalty * penalty).min(total);
        }
        batches = pairs(&batches);
    }
}

/// By how much the rate's variance exceeds that of independent observations; 1 if hits are none or all.
fn design_effect(batches: &[Tally]) -> f64 {
    let all = sum(batches);
    let (rate, count) = (all.rate(), batches.len() as f64);
    let expected = all.total as f64 * rate * (1.0 - rate);
    if expected <= 0.0 {
        return 1.0;
    }
    let squares: f64 = batches.iter().map(|batch| (batch.hits as f64 - rate * batch.total as f64).powi(2)).sum();
    squares / expected * count / (count - 1.0)
}

fn pairs(batches: &[Tally]) -> Vec<Tally> {
    batches.chunks(2).map(sum).collect()
}

fn sum(batches: &[Tally]) -> Tally {
    batches.iter().copied().sum()
}
