//! All thresholds of a run, judged together: each by the whole run, or window by window.

use super::facts::{Facts, Outlook};
use super::finding::Judged;
use super::threshold::Threshold;
use super::windows::SLACK;

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

/// Why the run is to end now, after so many seconds: the first threshold that has surely failed, whatever it counts as where
/// the data cannot tell, and whatever comes of the rest of the run.
#[must_use]
pub(crate) fn aborting(thresholds: &[Threshold], second: u64, facts: &Facts<'_>, ahead: Outlook<'_>) -> Option<String> {
    let complete = (facts.seconds - SLACK as f64).max(0.0);
    let seconds = ahead.planned.map_or(complete, |(_, planned)| complete.min(planned));
    let facts = &Facts { seconds, ahead: Some(ahead), ..*facts };
    let due = |threshold: &Threshold| threshold.terms.abort_on_fail && second >= threshold.terms.delay_abort_eval;
    let failed = |(number, threshold): (usize, &Threshold)| match threshold.terms.window {
        Some(_) => facts.windows.failed(number, second).map(|finding| threshold.concluded(finding)),
        None => threshold.failed_already(facts),
    };
    let mut due = thresholds.iter().enumerate().filter(|(_, threshold)| due(threshold));
    due.find_map(failed).map(|judged| format!("{}, after {second} s", judged.told_failed()))
}
