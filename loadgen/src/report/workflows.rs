//! How the workflows of a run ended, where that is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, Latency};
use crate::judge::Population;
use crate::record::{Class, FailedWorkflows, Kind, Series, WorkflowEnds};
use crate::statistics::{CensoredTimes, SparseHistogram, TimeSeries};

/// How the workflows ended: by what the embedded endpoint tells, or by the answers to requests that waited for them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Workflows {
    /// Succeeded.
    pub(crate) succeeded: u64,
    /// Failed, timed out or aborted.
    pub(crate) failed: u64,
    /// Still running when the run ended; of those that were waited for, the ones that nobody saw end.
    pub(crate) open: u64,
    /// Microseconds from start to end, told to the millisecond; those that are still running take at least as long.
    #[serde(default)]
    pub(crate) time_us: Latency,
    /// Why the newest of those failed of which the embedded endpoint knows it, the most frequent first.
    #[serde(default)]
    pub(crate) failures: Vec<FailedWorkflows>,
}

impl Workflows {
    pub(super) fn of(ends: &WorkflowEnds) -> Self {
        let WorkflowEnds { succeeded, failed, open, ref failures, .. } = *ends;
        let answered = ends.times();
        let mut sparse = SparseHistogram::default();
        sparse.add_answered(&answered);
        sparse.add_unanswered(open);
        let series = TimeSeries::new(CensoredTimes::new([&answered], [], open), vec![sparse]);
        Self { succeeded, failed, open, time_us: Latency::of(&series), failures: failures.clone() }
    }

    /// What answers tell of the executions that they waited for; `None` where none was waited for.
    pub(super) fn answered(account: &Account) -> Option<Self> {
        if account.places.starting_kind() != Kind::ExecuteSync {
            return None;
        }
        let counts = &account.executes();
        let times = Population::of(Series::Workflow).among(&account.places.starts());
        Some(Self {
            succeeded: counts.ended_in(Class::Succeeded),
            failed: counts.workflows_failed(),
            open: counts.unseen(),
            time_us: account.latency(&times),
            failures: Vec::new(),
        })
    }
}
