//! A run as one of the attempts at a shard.

use super::directory::{Ending, Manifest};
use crate::report::{Attempt, AttemptEnding, Summary};

/// A run as an attempt at its shard.
pub(super) fn attempt_of(manifest: &Manifest, summary: &Summary, ending: &Ending) -> Attempt {
    Attempt {
        shard: manifest.shard.index(),
        attempt: manifest.attempt,
        ending: match ending {
            Ending { missing: Some(_), .. } => AttemptEnding::Torn,
            Ending { interrupted: true, .. } => AttemptEnding::Interrupted,
            Ending { aborted: true, .. } => AttemptEnding::Aborted,
            _ => AttemptEnding::Complete,
        },
        lacking: ending.lost.clone(),
        counts: true,
        host: manifest.host.name.clone(),
        started_at: manifest.run.started_at.clone(),
        late_us: manifest.start.late_us,
        clock_error_us: manifest.start.clock.max_error_us,
        planned: manifest.planned,
        sent: summary.plan.sent,
        started: summary.outcomes.started,
        seconds: summary.run.seconds,
        sent_per_second: summary.plan.sent_per_second,
        response_p50_us: summary.response_us.p50,
        response_p99_us: summary.response_us.p99,
        lag_p50_us: summary.schedule_lag_us.p50,
        lag_p99_us: summary.schedule_lag_us.p99,
    }
}
