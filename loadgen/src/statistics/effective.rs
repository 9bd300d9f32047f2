//! How much dependent observations are worth.

use std::iter::Sum;
use std::ops::AddAssign;

use super::Confidence;

/// How many observations an interval had, and how many of them were hits: failures, or times up to a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trials {
    /// All observations.
    pub total: u64,
    /// Those that count.
    pub hits: u64,
}

impl AddAssign<&Self> for Trials {
    fn add_assign(&mut self, other: &Self) {
        self.total += other.total;
        self.hits += other.hits;
    }
}

impl Sum for Trials {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self { total: sum.total + tally.total, hits: sum.hits + tally.hits })
    }
}

impl Trials {
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
/// `n / d`. Batches are the rows of a [`Ladder`](super::Ladder), added up in pairs until a batch is ten times as long as
/// its design effect.
///
/// How far `d` exceeds 1 is itself an estimate, and a poor one where few batches have hits at all, as when failures come
/// in bursts: the excess is enlarged as Student's t exceeds the normal distribution, with the degrees of freedom that
/// the squared deviations leave it (Satterthwaite 1946), and no more than the batches with hits have. Without a hit,
/// nothing shows how they would come: such observations are taken for independent.
#[must_use]
pub fn effective_size(rows: &[Trials], confidence: Confidence) -> f64 {
    let mut batches: Vec<Trials> = rows.iter().copied().filter(|row| row.total > 0).collect();
    let total = batches.iter().map(|batch| batch.total as f64).sum::<f64>();
    if batches.len() < FEWEST_BATCHES {
        return total;
    }
    loop {
        let Some(Spread { effect, degrees }) = spread(&batches) else { return total };
        let long_enough = total / batches.len() as f64 >= LONG_ENOUGH * effect.max(1.0);
        if long_enough || batches.len().div_ceil(2) < FEWEST_BATCHES {
            let doubt = confidence.student(degrees) / confidence.normal();
            return total / (1.0 + (effect - 1.0).max(0.0) * doubt * doubt);
        }
        batches = pairs(&batches);
    }
}

/// How the rate varies from batch to batch.
struct Spread {
    /// By how much its variance exceeds that of independent observations.
    effect: f64,
    /// How many degrees of freedom this estimate has.
    degrees: f64,
}

/// `None` if hits are none or all.
fn spread(batches: &[Trials]) -> Option<Spread> {
    /// Below this, Student's t has no variance.
    const FEWEST_DEGREES: f64 = 2.0;
    let all = sum(batches);
    let (rate, count) = (all.rate(), batches.len() as f64);
    let expected = all.total as f64 * rate * (1.0 - rate);
    if expected <= 0.0 {
        return None;
    }
    let squares: Vec<f64> =
        batches.iter().map(|batch| (batch.hits as f64 - rate * batch.total as f64).powi(2)).collect();
    let mean = squares.iter().sum::<f64>() / count;
    let variance = squares.iter().map(|square| (square - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let telling = |tells: fn(&Trials) -> bool| batches.iter().filter(|batch| tells(batch)).count() as f64;
    let telling = telling(|batch| batch.hits > 0).min(telling(|batch| batch.hits < batch.total));
    let degrees = (2.0 * count * mean * mean / variance).min(telling - 1.0).max(FEWEST_DEGREES).min(count - 1.0);
    Some(Spread { effect: mean * count / expected * count / (count - 1.0), degrees })
}

fn pairs(batches: &[Trials]) -> Vec<Trials> {
    batches.chunks(2).map(sum).collect()
}

fn sum(batches: &[Trials]) -> Trials {
    batches.iter().copied().sum()
}
