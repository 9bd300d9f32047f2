//! All thresholds of a run, judged together: each by the whole run, or window by window.

use super::facts::Facts;
use super::finding::Judged;
use super::threshold::Threshold;

/// What the facts say about each threshold. The windows in them are those of the same thresholds.
#[must_use]
pub(crate) fn judge(thresholds: &[Threshold], facts: &Facts<'_>) -> Vec<Judged> {
    let judged = |(number, threshold): (usize, &Threshold)| match threshold.terms.window {
        Some(_) => threshold.concluded(facts.windows.judge(number)),
        None => threshold.judge(facts),
    };
    let judged = thresholds.iter().enumerate().map(judged);
    judged.map(|judged| judged.with_remedy(facts.extent, facts.warmup)).collect()
}

/// The same, had the generator never kept a request waiting; `None` where it has no part in a threshold.
pub(super) fn judge_unlagged(thresholds: &[Threshold], facts: &Facts<'_>) -> Vec<Option<Judged>> {
    let judged = |(number, threshold): (usize, &Threshold)| match threshold.terms.window {
        Some(_) => facts.windows.judge_unlagged(number).map(|finding| threshold.concluded(finding)),
        None => threshold.judge_unlagged(facts),
    };
    thresholds.iter().enumerate().map(judged).collect()
}

/// The first threshold that is to end the run now, after so many seconds: one that surely fails, whatever it counts as
/// where the data cannot tell.
#[must_use]
pub(crate) fn aborting<'t>(thresholds: &'t [Threshold], second: u64, facts: &Facts<'_>) -> Option<&'t Threshold> {
    let due = |threshold: &Threshold| threshold.terms.abort_on_fail && second >= threshold.terms.delay_abort_eval;
    let failed = |number: usize, threshold: &Threshold| match threshold.terms.window {
        Some(_) => facts.windows.fails(number, second),
        None => threshold.has_failed(facts),
    };
    let mut due = thresholds.iter().enumerate().filter(|(_, threshold)| due(threshold));
    due.find(|(number, threshold)| failed(*number, threshold)).map(|(_, threshold)| threshold)
}
