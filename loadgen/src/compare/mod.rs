//! Runs compared with runs of before: by how much, how surely, and whether that is worse. Pure.

mod figure;
mod text;

pub use self::figure::Figure;
pub use self::text::screen;
use crate::exit::Exit;
use crate::judge::Verdict;
use crate::report::Summary;
use crate::statistics::{Confidence, Shift};

/// What a difference must reach to matter, and how sure a conclusion is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criteria {
    /// Confidence of the intervals.
    pub confidence: Confidence,
    /// Differences of times up to this share of the baseline's median run do not matter; 0.05 by default. For the share
    /// of failed requests a tenth of it does, as a difference: half a percentage point.
    pub tolerance: f64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { confidence: Confidence::default(), tolerance: 0.05 }
    }
}

/// What became of one figure.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// The differences between the runs and their baseline, one a figure.
///
/// # Errors
/// A run that says nothing about the target, or a side without runs: in words.
pub fn compare(baseline: &[Summary], runs: &[Summary], criteria: Criteria) -> Result<Vec<Difference>, String> {
    if baseline.is_empty() || runs.is_empty() {
        return Err("a comparison takes at least one run and one --baseline run, and four of each to conclude".into());
    }
    for summary in baseline.iter().chain(runs) {
        if matches!(summary.verdict, Verdict::Invalid | Verdict::Interrupted | Verdict::Aborted) {
            let (run, verdict) = (&summary.run, summary.verdict.as_str());
            return Err(format!("the run of {} is {verdict}: leave it out, or repeat it", run.started_at));
        }
    }
    Ok(Figure::ALL.into_iter().map(|figure| difference(figure, baseline, runs, criteria)).collect())
}

/// Why the runs may not be comparable at all, if so: a difference may then come from the load.
#[must_use]
pub fn unlike(baseline: &[Summary], runs: &[Summary]) -> Option<String> {
    let mut all = baseline.iter().chain(runs).map(|summary| &summary.run);
    let first = all.next()?;
    let other = all.find(|run| run.digest != first.digest)?;
    Some(format!(
        "the runs of {} and {} have different loads (digests {:.8} and {:.8})",
        first.started_at, other.started_at, first.digest, other.digest
    ))
}

/// 99 when a figure is worse, 98 when one cannot be told or none was measured, else 0.
#[must_use]
pub fn exit(differences: &[Difference]) -> Exit {
    let any = |conclusion| differences.iter().any(|difference| difference.conclusion == conclusion);
    if any(Conclusion::Worse) {
        Exit::Failed
    } else if any(Conclusion::CannotTell) || differences.iter().all(|d| d.conclusion == Conclusion::NotMeasured) {
        Exit::Inconclusive
    } else {
        Exit::Pass
    }
}

fn difference(figure: Figure, baseline: &[Summary], runs: &[Summary], criteria: Criteria) -> Difference {
    let values = |summaries: &[Summary]| summaries.iter().map(|summary| figure.of(summary)).collect::<Vec<_>>();
    let (before, after) = (values(baseline), values(runs));
    if before.iter().chain(&after).all(Option::is_none) {
        return Difference { figure, baseline: None, shift: None, margin: 0.0, conclusion: Conclusion::NotMeasured };
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
    Difference { figure, baseline, shift, margin, conclusion }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

#[cfg(test)]
mod tests;
