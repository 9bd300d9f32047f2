//! Runs compared with runs of before: by how much, how surely, and whether that is worse. Pure.

mod difference;
mod figure;
mod text;

pub(crate) use self::difference::{Conclusion, Difference};
pub(crate) use self::figure::Figure;
pub(crate) use self::text::screen;
use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::Exit;
use crate::json::JsonFormat;
use crate::judge::Verdict;
use crate::mistake::Mistake;
use crate::report::{Identity, Summary};
use crate::statistics::Confidence;

/// What a difference must reach to matter, and how sure a conclusion is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Criteria {
    /// Confidence of the intervals.
    pub(crate) confidence: Confidence,
    /// Differences of times up to this share of the baseline's median run do not matter; 0.05 by default. For the share
    /// of failed requests a tenth of it does, as a difference: half a percentage point.
    pub(crate) tolerance: f64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { confidence: Confidence::default(), tolerance: 0.05 }
    }
}

/// Runs against runs, figure by figure.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Comparison {
    /// Version of this format: 1.
    pub(crate) schema: u32,
    /// How many runs are compared with.
    pub(crate) baseline: usize,
    /// How many runs are compared with them.
    pub(crate) runs: usize,
    /// How sure conclusions are.
    pub(crate) confidence: f64,
    /// Differences of times up to this share do not matter; of failed requests, up to a tenth of it.
    pub(crate) tolerance: f64,
    /// The figures, one after the other.
    pub(crate) differences: Vec<Difference>,
}

impl JsonFormat for Comparison {}

impl Comparison {
    /// Compares runs with their baseline; a run is one observation.
    ///
    /// # Errors
    /// A run that says nothing about the target, or a side without runs: in words.
    pub(crate) fn of(baseline: &[Summary], runs: &[Summary], criteria: Criteria) -> Result<Self, Mistake> {
        if baseline.is_empty() || runs.is_empty() {
            return Err(Mistake::other(
                "a comparison takes at least one run and one --baseline run, and four of each to conclude",
            ));
        }
        for summary in baseline.iter().chain(runs) {
            if !describes_the_target(summary) {
                let (run, verdict) = (told(&summary.run), summary.verdict.as_str());
                return Err(Mistake::other(format!("{run} is {verdict}: leave it out, or repeat it")));
            }
        }
        Ok(Self {
            schema: 1,
            baseline: baseline.len(),
            runs: runs.len(),
            confidence: criteria.confidence.level(),
            tolerance: criteria.tolerance,
            differences: Figure::ALL
                .into_iter()
                .map(|figure| Difference::of(figure, baseline, runs, criteria))
                .collect(),
        })
    }

    /// 99 when a figure is worse, 98 when one cannot be told or none was judged, else 0.
    #[must_use]
    pub(crate) fn exit(&self) -> Exit {
        let any = |conclusion| self.differences.iter().any(|difference| difference.conclusion == conclusion);
        if any(Conclusion::Worse) {
            Exit::Failed
        } else if any(Conclusion::CannotTell)
            || self.differences.iter().all(|d| matches!(d.conclusion, Conclusion::NotJudged | Conclusion::NotMeasured))
        {
            Exit::Inconclusive
        } else {
            Exit::Pass
        }
    }
}

/// Whether the figures of a run are those of its target.
#[must_use]
pub(crate) const fn describes_the_target(summary: &Summary) -> bool {
    !matches!(
        summary.verdict,
        Verdict::Invalid | Verdict::Interrupted | Verdict::Aborted | Verdict::Partial | Verdict::Torn
    )
}

/// A run as it is told apart from others: its directory has both in its name.
fn told(run: &Identity) -> String {
    format!("the run of {} of {}", run.scenario, run.started_at)
}

/// Why the runs may not be comparable at all, if so: a difference may then come from the load.
#[must_use]
pub(crate) fn unlike(baseline: &[Summary], runs: &[Summary]) -> Option<String> {
    let mut all = baseline.iter().chain(runs).map(|summary| &summary.run);
    let first = all.next()?;
    if let Some(other) = all.clone().find(|run| run.simulated.is_some() != first.simulated.is_some()) {
        let (simulated, real) = if first.simulated.is_some() { (first, other) } else { (other, first) };
        return Some(format!(
            "{} is simulated and {} is not: times of the two have nothing to do with each other",
            told(simulated),
            told(real)
        ));
    }
    let other = all.find(|run| run.digest != first.digest)?;
    Some(format!(
        "{} and {} have different loads (digests {:.8} and {:.8})",
        told(first),
        told(other),
        first.digest,
        other.digest
    ))
}

#[cfg(test)]
mod tests;
