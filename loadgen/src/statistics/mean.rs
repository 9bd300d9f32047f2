//! The interval of an average.

use std::ops::AddAssign;

use super::{Confidence, ConfidenceInterval};

/// Most batches that an average rests on. Longer ones depend less on each other, and beyond ten or so the interval
/// hardly becomes shorter (Schmeiser 1982).
const MOST_BATCHES: usize = 10;

/// How many observations an interval had, and what they sum up to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Total {
    /// Observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

impl AddAssign<&Self> for Total {
    fn add_assign(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// The average of all observations and its interval, from batches in order of time; the interval is `None` with fewer
/// than two batches, and the whole `None` without observations.
///
/// Batch means: however observations depend on each other within a batch, the batches' averages hardly do. As far as
/// neighbours still do, that is added to their variance.
#[must_use]
pub fn mean(batches: &[Total], confidence: Confidence) -> Option<(f64, Option<ConfidenceInterval>)> {
    let batches: Vec<Total> = batches.iter().copied().filter(|batch| batch.count > 0).collect();
    let batches: Vec<Total> = batches.chunks(batches.len().div_ceil(MOST_BATCHES).max(1)).map(sum).collect();
    let all = sum(&batches);
    if all.count == 0 {
        return None;
    }
    let (mean, size) = (all.sum / all.count as f64, batches.len() as f64);
    if batches.len() < 2 {
        return Some((mean, None));
    }
    // A ratio of two sums: batches need not be of the same size.
    let deviations: Vec<f64> = batches.iter().map(|batch| batch.sum - mean * batch.count as f64).collect();
    let squares: f64 = deviations.iter().map(|deviation| deviation.powi(2)).sum();
    let neighbours: f64 = deviations.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let error = ((squares + 2.0 * neighbours.max(0.0)) * size / (size - 1.0)).sqrt() / all.count as f64;
    let reach = confidence.student(size - 1.0) * error;
    Some((mean, Some(ConfidenceInterval { low: mean - reach, high: mean + reach })))
}

fn sum(batches: &[Total]) -> Total {
    batches.iter().fold(Total::default(), |mut sum, batch| {
        sum += batch;
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_batches_of_one_give_student_s_interval() {
        let batches: Vec<Total> = [9.0, 10.0, 11.0, 10.0].map(|sum| Total { count: 1, sum }).to_vec();
        let (mean, interval) = mean(&batches, Confidence::default()).unwrap();
        let interval = interval.unwrap();
        assert!((mean - 10.0).abs() < 1e-12);
        assert!((interval.high - 11.2992).abs() < 1e-3 && (interval.low - 8.7008).abs() < 1e-3, "{interval:?}");
    }

    #[test]
    fn a_single_batch_has_an_average_and_no_interval() {
        let batch = Total { count: 2, sum: 5.0 };
        assert_eq!(mean(&[batch, Total::default()], Confidence::default()), Some((2.5, None)));
        assert_eq!(mean(&[], Confidence::default()), None);
    }
}
