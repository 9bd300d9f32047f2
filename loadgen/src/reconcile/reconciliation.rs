//! What `reconciliation.json` holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::durations::WorkflowTimes;
use super::rows::Standing;
use crate::aws::Bill;
use crate::json::JsonFormat;

/// How executions ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Endings {
    /// Came to their end.
    pub(crate) succeeded: u64,
    /// Failed.
    pub(crate) failed: u64,
    /// Took longer than the state machine allows.
    pub(crate) timed_out: u64,
    /// Were stopped.
    pub(crate) aborted: u64,
    /// Have not ended.
    pub(crate) open: u64,
}

impl Endings {
    pub(super) fn of(&mut self, standing: Standing) -> &mut u64 {
        match standing {
            Standing::Open => &mut self.open,
            Standing::Succeeded => &mut self.succeeded,
            Standing::Failed => &mut self.failed,
            Standing::TimedOut => &mut self.timed_out,
            Standing::Aborted => &mut self.aborted,
        }
    }

    /// All of them.
    #[must_use]
    pub(crate) const fn total(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted + self.open
    }
}

/// Executions that were started although no answer said so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LostAnswers {
    /// Requests whose answers leave open whether they started an execution.
    pub(crate) may_have_started: u64,
    /// Executions that they did start; where `exact` is false, at most so many.
    pub(crate) did_start: u64,
    /// Whether each was found by its key. Otherwise they are what nothing else accounts for in the time of the run.
    pub(crate) exact: bool,
    /// How they ended, and those that are `unwritten`; where `exact` is false, those that nothing else accounts for, if any
    /// may be lost.
    pub(crate) endings: Endings,
}

/// What became of every arrival: `reconciliation.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "loadgen reconciliation")]
pub struct Reconciliation {
    /// Version of this format: 1.
    pub(crate) schema: u32,
    /// The state machines, by ARN.
    pub(crate) state_machines: Vec<String>,
    /// When the records were read, RFC 3339 in UTC.
    pub(crate) read_at: String,
    /// Executions that Step Functions listed since shortly before the run.
    pub(crate) listed: u64,
    /// Executions that were described one by one.
    pub(crate) described: u64,
    /// Whether the run was killed, or its disk was full: what it sent last, it may not have written down.
    #[serde(default)]
    pub(crate) broken_off: bool,
    /// Arrivals planned: `sent + dropped + unsent`.
    pub(crate) planned: u64,
    /// Requests sent, of all kinds.
    pub(crate) sent: u64,
    /// Arrivals that were dropped because too many requests were in flight.
    pub(crate) dropped: u64,
    /// Arrivals that were not sent because the run ended first.
    pub(crate) unsent: u64,
    /// Requests to start an execution: `answered_started + not_started + lost.may_have_started`.
    pub(crate) executes: u64,
    /// Answers that said that an execution was started.
    pub(crate) answered_started: u64,
    /// Answers, or failures to connect, that say that none was.
    pub(crate) not_started: u64,
    /// How the executions ended that answers said were started.
    pub(crate) started: Endings,
    /// Of the executions that answers said were started, those that Step Functions does not know.
    pub(crate) unknown: u64,
    /// Answers that named an execution that another answer had named already.
    pub(crate) named_twice: u64,
    /// Executions without an answer.
    pub(crate) lost: LostAnswers,
    /// Of a run that was killed and gave its requests keys: executions of requests that it had not written down.
    #[serde(default)]
    pub(crate) unwritten: u64,
    /// Executions of attempts that another attempt replaced, in a merged run.
    pub(crate) replaced: Endings,
    /// Executions in the time of the run that are not the run's; where `lost.exact` is false, at least so many, but
    /// for what a killed run had not written down.
    pub(crate) others: u64,
    /// Errors of failed executions of the run, by name, as far as they were described.
    pub(crate) errors: BTreeMap<String, u64>,
    /// How long the run's workflows took, in milliseconds; `null` where none has ended.
    pub(crate) workflow_time_ms: Option<WorkflowTimes>,
    /// What the run cost, without what a remark says is left out; `null` where that is not known.
    pub(crate) bill: Option<Bill>,
    /// Histories that were read to know what executions took.
    pub(crate) histories: u64,
    /// Executions that were stopped by `--stop`.
    pub(crate) stopped: u64,
    /// Why the account does not close; empty where it does.
    pub(crate) open_questions: Vec<String>,
    /// What bears on the account and opens no question.
    pub(crate) remarks: Vec<String>,
}

impl JsonFormat for Reconciliation {}

impl Reconciliation {
    /// Whether everything is accounted for.
    #[must_use]
    pub(crate) fn closes(&self) -> bool {
        self.open_questions.is_empty()
    }

    /// Executions of the run that have not ended.
    #[must_use]
    pub(crate) const fn open(&self) -> u64 {
        let lost = if self.lost.exact { self.lost.endings.open } else { 0 };
        self.started.open + self.replaced.open + lost
    }
}
