//! What became of one figure between two sets of runs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Criteria, Figure};
use crate::report::Summary;
use crate::statistics::Shift;

/// What became of one figure.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// The figure.
    pub figure: Figure,
    /// Its median over the baseline's runs, if those tell it.
    pub baseline: Option<f64>,
    /// By how much the runs lie above, if both sides tell.
    pub shift: Option<Shift>,
    /// Differences up to this do not matter.
    pub margin: f64,
    /// What follows.
    pub conclusion: Conclusion,
}

/// What the data say about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Worse, by more than the margin, at the confidence asked for.
    Worse,
    /// Better by more than the margin.
    Better,
    /// No difference that matters.
    Same,
    /// The interval reaches across the margin, there is none, or only some of the runs tell the figure.
    CannotTell,
    /// None of the runs tells the figure: nobody asked for it.
    NotMeasured,
}

impl Difference {
    /// Compares one figure.
    pub(super) fn of(figure: Figure, baseline: &[Summary], runs: &[Summary], criteria: Criteria) -> Self {
        let values = |summaries: &[Summary]| summaries.iter().map(|summary| figure.of(summary)).collect::<Vec<_>>();
        let (before, after) = (values(baseline), values(runs));
        if before.iter().chain(&after).all(Option::is_none) {
            return Self { figure, baseline: None, shift: None, margin: 0.0, conclusion: Conclusion::NotMeasured };
        }
        let before: Option<Vec<f64>> = before.into_iter().collect();
        let after: Option<Vec<f64>> = after.into_iter().collect();
        let baseline = before.as_deref().map(median);
        let margin = match figure {
            Figure::Failed => criteria.tolerance / 10.0,
            Figure::Response(_) => criteria.tolerance * baseline.unwrap_or_default(),
        };
        let shift = before.zip(after).and_then(|(before, after)| Shift::between(&before, &after, criteria.confidence));
        let conclusion = match shift.and_then(|shift| shift.interval) {
            // Every figure is one of which less is better.
            Some(interval) if interval.low > margin => Conclusion::Worse,
            Some(interval) if interval.high < -margin => Conclusion::Better,
            Some(interval) if interval.low >= -margin && interval.high <= margin => Conclusion::Same,
            Some(_) | None => Conclusion::CannotTell,
        };
        Self { figure, baseline, shift, margin, conclusion }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}
