//! What bears on a run and no threshold judges: said beside the verdict, with the remedy.

use super::{Latency, Statistic, Workflows};
use crate::judge::{Metric, Threshold};
use crate::units::show_microseconds;

/// Microseconds of lateness that are always worth a word: of the generator at its 99th percentile, or of one request that
/// waited for room.
const LATE: u64 = 100_000;

/// What is to be said of a run besides its figures, the most important first.
pub(super) struct Grounds<'r> {
    pub(super) thresholds: &'r [Threshold],
    pub(super) workflows: Option<&'r Workflows>,
    pub(super) sent: u64,
    pub(super) response: &'r Latency,
    pub(super) lateness: &'r Latency,
    pub(super) room_wait: &'r Latency,
}

impl Grounds<'_> {
    /// The remarks, each a sentence without a full stop.
    pub(super) fn remarks(&self) -> Vec<String> {
        [self.unjudged_workflows(), self.full(), self.late()].into_iter().flatten().collect()
    }

    /// Workflows that failed, and nobody asked.
    fn unjudged_workflows(&self) -> Option<String> {
        let Workflows { succeeded, failed, open, .. } = *self.workflows?;
        let asks = |threshold: &Threshold| threshold.subject.metric == Metric::WorkflowsFailed;
        if failed == 0 || self.thresholds.iter().any(asks) {
            return None;
        }
        let all = succeeded + failed + open;
        Some(format!(
            "{failed} of {all} workflows failed, which no threshold judges: add workflows_failed = [\"rate<1%\"]"
        ))
    }

    /// A cap on requests in flight that held requests back.
    fn full(&self) -> Option<String> {
        let (waited, longest) = (self.room_wait.count, self.room_wait.max?);
        // A few that hardly waited have their row, and change no figure.
        if waited.saturating_mul(1_000) < self.sent && longest < LATE {
            return None;
        }
        Some(format!(
            "max_in_flight was reached, so {waited} of {} requests left late, p50 {} max {}: raise it (-c), or lower the rate",
            self.sent,
            self.room_wait.show(Statistic::P50).trim_start_matches('~'),
            show_microseconds(longest)
        ))
    }

    /// A generator that was late by so much that response times are its own.
    fn late(&self) -> Option<String> {
        let (p50, p99) = (self.lateness.p50?, self.lateness.p99?);
        let response = self.response.p50?;
        if p99 < LATE && (p50 < 1_000 || p50 * 10 < response) {
            return None;
        }
        Some(format!(
            "the generator itself was late by p50 {} p99 {}, and response times include that: give it a processor of its own \
             (--pin), more threads (--threads), or lower the rate",
            show_microseconds(p50),
            show_microseconds(p99)
        ))
    }
}
