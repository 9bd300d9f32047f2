//! How the workflows of an embedded run ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Latency;
use crate::record::WorkflowEnds;
use crate::statistics::{CensoredTimes, SparseHistogram, TimeSeries};

/// How the workflows of an embedded run ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Workflows {
    /// Succeeded.
    pub succeeded: u64,
    /// Failed, timed out or aborted.
    pub failed: u64,
    /// Still running when the run ended.
    pub open: u64,
    /// Microseconds from start to end, told to the millisecond; those that are still running take at least as long.
    #[serde(default)]
    pub time_us: Latency,
}

impl Workflows {
    pub(super) fn of(ends: &WorkflowEnds) -> Self {
        let WorkflowEnds { succeeded, failed, open, .. } = *ends;
        let answered = ends.times();
        let mut sparse = SparseHistogram::default();
        sparse.add_answered(&answered);
        sparse.add_unanswered(open);
        let series = TimeSeries::new(CensoredTimes::new([&answered], [], open), vec![sparse]);
        Self { succeeded, failed, open, time_us: Latency::of(&series) }
    }
}
