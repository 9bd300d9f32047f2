//! How the workflows of a run ended, and how long they took, where the target says so.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::empty_histogram;

/// How the workflows of a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowEnds {
    /// Succeeded.
    pub(crate) succeeded: u64,
    /// Failed, timed out or aborted.
    pub(crate) failed: u64,
    /// Still running when the run ended.
    pub(crate) open: u64,
    /// How many of those that ended took how many milliseconds from start to end.
    #[serde(default)]
    pub(crate) durations_ms: BTreeMap<u64, u64>,
    /// Why those failed that were looked at, the most frequent first.
    #[serde(default)]
    pub(crate) failures: Vec<FailedWorkflows>,
}

/// Workflows that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct FailedWorkflows {
    /// The error; `TIMED_OUT` or `ABORTED` where there is none.
    pub(crate) error: String,
    /// The state in which it came; empty where that is not known.
    pub(crate) state: String,
    /// The cause that one of them gave.
    pub(crate) cause: String,
    /// How many.
    pub(crate) count: u64,
}

impl FailedWorkflows {
    /// Adds others to a list, and keeps the most frequent first.
    pub(crate) fn add_all(list: &mut Vec<Self>, others: impl IntoIterator<Item = Self>) {
        for other in others {
            match list.iter_mut().find(|known| (&known.error, &known.state) == (&other.error, &other.state)) {
                Some(known) => known.count += other.count,
                None => list.push(other),
            }
        }
        list.sort_by_key(|known| std::cmp::Reverse(known.count));
    }
}

impl WorkflowEnds {
    /// The times of those that ended, in microseconds.
    #[must_use]
    pub(crate) fn times(&self) -> Histogram<u64> {
        let mut times = empty_histogram();
        for (milliseconds, count) in &self.durations_ms {
            times.saturating_record_n(milliseconds.saturating_mul(1_000), *count);
        }
        times
    }
}

impl AddAssign<&Self> for WorkflowEnds {
    fn add_assign(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.open += other.open;
        for (milliseconds, count) in &other.durations_ms {
            *self.durations_ms.entry(*milliseconds).or_default() += count;
        }
        FailedWorkflows::add_all(&mut self.failures, other.failures.iter().cloned());
    }
}
