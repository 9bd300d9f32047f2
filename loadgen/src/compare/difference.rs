//! What became of one figure between two sets of runs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Criteria, Figure};
use crate::report::Summary;
use crate::statistics::Shift;

/// What became of one figure.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Difference {
    /// The figure.
    pub(crate) figure: Figure,
    /// Its median over the baseline's runs, if all of those measured it.
    pub(crate) baseline: Option<f64>,
    /// Its median over the runs that are compared with it, if all of those measured it.
    pub(crate) value: Option<f64>,
    /// By how much the runs lie above, if both sides measured it.
    pub(crate) shift: Option<Shift>,
    /// The same as a share of the baseline; `None` where that is zero, or a share itself.
    pub(crate) relative: Option<f64>,
    /// Differences up to this do not matter.
    pub(crate) margin: f64,
    /// What follows.
    pub(crate) conclusion: Conclusion,
}

/// What the data say about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Conclusion {
    /// Worse, by more than the margin, at the confidence asked for.
    Worse,
    /// Better by more than the margin.
    Better,
    /// No difference that matters.
    Same,
    /// The interval reaches across the margin, there is none, or only some of the runs tell the figure.
    CannotTell,
    /// None of the runs has enough requests to tell the figure of another run: it is shown, and not judged.
    NotJudged,
    /// None of the runs measured the figure.
    NotMeasured,
}

impl Difference {
    /// Compares one figure.
    pub(super) fn of(figure: Figure, baseline: &[Summary], runs: &[Summary], criteria: Criteria) -> Self {
        let values = |summaries: &[Summary]| summaries.iter().map(|summary| figure.of(summary)).collect::<Vec<_>>();
        let (before, after) = (values(baseline), values(runs));
        let whole = |values: Vec<Option<f64>>| values.into_iter().collect::<Option<Vec<f64>>>();
        let measured = before.iter().chain(&after).any(Option::is_some);
        let bounds = baseline.iter().chain(runs).any(|run| figure.is_bound(run));
        let (before, after) = (whole(before), whole(after));
        let median_of = |values: &Option<Vec<f64>>| values.as_deref().map(median);
        let (middle, value) = (median_of(&before), median_of(&after));
        let margin = match figure {
            Figure::Failed => criteria.tolerance / 10.0,
            Figure::Response(_) => criteria.tolerance * middle.unwrap_or_default(),
        };
        let shift = before.zip(after).and_then(|(before, after)| Shift::between(&before, &after, criteria.confidence));
        let relative = match figure {
            Figure::Failed => None,
            Figure::Response(_) => {
                shift.zip(middle).filter(|(_, middle)| *middle > 0.0).map(|(shift, middle)| shift.by / middle)
            }
        };
        let loose = || baseline.iter().chain(runs).filter(|run| figure.is_loose(run)).count();
        let conclusion = match (loose(), shift.and_then(|shift| shift.interval)) {
            _ if !measured && !bounds => Conclusion::NotMeasured,
            (loose, _) if loose == baseline.len() + runs.len() => Conclusion::NotJudged,
            // Every figure is one of which less is better.
            (0, Some(interval)) if interval.low > margin => Conclusion::Worse,
            (0, Some(interval)) if interval.high < -margin => Conclusion::Better,
            (0, Some(interval)) if interval.low >= -margin && interval.high <= margin => Conclusion::Same,
            // There is no interval, it reaches across the margin, or only some of the runs tell the figure.
            _ => Conclusion::CannotTell,
        };
        Self { figure, baseline: middle, value, shift, relative, margin, conclusion }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}
