//! What bears on a run and no threshold judges: said beside the verdict, with the remedy.

use super::{Latency, Statistic, Workflows};
use crate::judge::{Metric, Threshold};
use crate::record::{Class, Counts, Example, Violation};
use crate::units::show_microseconds;

/// Microseconds of lateness that are always worth a word: of the generator at its 99th percentile, or of one request that
/// waited for room or for a connection.
const LATE: u64 = 100_000;

/// Microseconds below which a median wait is worth none, whatever share of the response it is.
const FELT: u64 = 1_000;

/// What is to be said of a run besides its figures, the most important first.
pub(super) struct Grounds<'r> {
    pub(super) thresholds: &'r [Threshold],
    pub(super) workflows: Option<&'r Workflows>,
    pub(super) counts: &'r Counts,
    /// Those of the requests that start executions.
    pub(super) executes: &'r Counts,
    pub(super) examples: &'r [Example],
    /// Why this process could not have all the connections that it may use, if so.
    pub(super) scarce: Option<&'r str>,
    pub(super) response: &'r Latency,
    pub(super) lateness: &'r Latency,
    pub(super) room_wait: &'r Latency,
    pub(super) connection_wait: &'r Latency,
}

impl Grounds<'_> {
    /// The remarks, each a sentence without a full stop.
    pub(super) fn remarks(&self) -> Vec<String> {
        let remarks = [
            self.untold(),
            self.unjudged_workflows(),
            self.unnamed(),
            self.dropped(),
            self.full(),
            self.connecting(),
            self.late(),
        ];
        remarks.into_iter().flatten().collect()
    }

    /// A route of which no answer says what it started, though their status is that of success.
    fn untold(&self) -> Option<String> {
        let Counts { http_2xx_failed, names_checked, .. } = *self.executes;
        let unread = self.executes.ended_in(Class::Unrecognized) > 0;
        (http_2xx_failed > 0 && unread && names_checked == 0).then(|| {
            format!(
                "{http_2xx_failed} answers with HTTP 2xx do not say whether anything was started: where the route's response \
                 template gives out something else, as the output alone, kind = \"execute-http\" in [[payload]] (or --kind \
                 execute-http) counts answers by their HTTP status"
            )
        })
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

    /// Names that could not be checked, since answers do not say what they should be.
    fn unnamed(&self) -> Option<String> {
        let unnamed = |example: &Example| example.violation == Violation::Mismatched && example.expected.is_empty();
        self.examples.iter().any(unnamed).then(|| {
            "names count as mismatched because answers have no x-amzn-RequestId header: where Step Functions chooses the \
             names, set names = \"service\" in the scenario's [target], or --names service"
                .into()
        })
    }

    /// A cap on requests in flight beyond which arrivals were dropped.
    fn dropped(&self) -> Option<String> {
        let Counts { sent, dropped, .. } = *self.counts;
        (dropped > 0).then(|| {
            format!(
                "max_in_flight was reached, so {dropped} of {} due arrivals were dropped (on_saturation = \"drop\"): raise it \
                 (-c), or lower the rate",
                sent + dropped
            )
        })
    }

    /// A cap on requests in flight that held requests back.
    fn full(&self) -> Option<String> {
        let (waited, longest) = (self.room_wait.count, self.room_wait.max?);
        // A few that hardly waited have their row, and change no figure.
        if waited.saturating_mul(1_000) < self.counts.sent && longest < LATE {
            return None;
        }
        Some(format!(
            "max_in_flight was reached, so {waited} of {} requests left late, {}: raise it (-c), or lower the rate",
            self.counts.sent,
            times(self.room_wait, longest)
        ))
    }

    /// A target, or a limit of ours, that let connections come about one after the other.
    fn connecting(&self) -> Option<String> {
        let (waited, longest) = (self.connection_wait.count, self.connection_wait.max?);
        // At the start of every run a few wait for a moment: one connection is begun after the other.
        let many = waited.saturating_mul(100) >= self.counts.sent;
        let p50 = self.connection_wait.p50?;
        let felt = p50 >= FELT && p50.saturating_mul(10) >= self.response.p50?;
        if longest < LATE && !(many && felt) {
            return None;
        }
        Some(format!(
            "{waited} of {} requests waited for a connection to open, {}: {}",
            self.counts.sent,
            times(self.connection_wait, longest),
            self.scarce.unwrap_or(
                "they are begun one after the other, and only so many at a time (--max-connecting); keep them open, or see \
                 why the target is slow to accept"
            )
        ))
    }

    /// A generator that was late by so much that response times are its own.
    fn late(&self) -> Option<String> {
        let (p50, p99) = (self.lateness.p50?, self.lateness.p99?);
        let response = self.response.p50?;
        if p99 < LATE && (p50 < FELT || p50 * 10 < response) {
            return None;
        }
        Some(format!(
            "the generator itself was late by p50 {} p99 {}, and response times include that: {}",
            show_microseconds(p50),
            show_microseconds(p99),
            self.scarce
                .unwrap_or("give it a processor of its own (--pin), more threads (--threads), or lower the rate")
        ))
    }
}

/// How long requests waited.
fn times(waits: &Latency, longest: u64) -> String {
    format!("p50 {} max {}", waits.show(Statistic::P50).trim_start_matches('~'), show_microseconds(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_too_few_connections_is_not_advised_to_pin_threads() {
        let (times, none) =
            (Latency { p50: Some(200_000), p99: Some(300_000), ..Latency::default() }, Latency::default());
        let grounds = Grounds {
            thresholds: &[],
            workflows: None,
            examples: &[],
            scarce: None,
            counts: &Counts::default(),
            executes: &Counts::default(),
            response: &times,
            lateness: &times,
            room_wait: &none,
            connection_wait: &none,
        };
        assert!(grounds.remarks()[0].contains("--pin"));
        let scarce = Grounds { scarce: Some("at most 1 connection: raise the limit"), ..grounds };
        let remark = &scarce.remarks()[0];
        assert!(remark.ends_with("at most 1 connection: raise the limit") && !remark.contains("--pin"), "{remark}");
    }
}
