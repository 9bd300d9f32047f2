//! The service: one value that the gateway's integrations and the JSON-1.0 API both call.

use std::sync::Arc;
use std::time::Duration;

use super::options::Options;
use crate::clock::Clock;
use crate::deployment::Deployment;
use crate::document::LoadError;

/// An answer of the Step Functions API: an `application/x-amz-json-1.0` body and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Compact JSON, byte for byte as AWS writes it where that is known.
    pub body: Vec<u8>,
}

/// How many executions there were and are, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Executions started; an idempotent repetition counts once.
    pub started: u64,
    /// Executions that have not ended.
    pub running: u64,
    /// Executions that reached the end of their machine.
    pub succeeded: u64,
    /// Executions that ended with an error.
    pub failed: u64,
    /// Executions that outlived their machine's `TimeoutSeconds`.
    pub timed_out: u64,
    /// Executions that were stopped.
    pub aborted: u64,
}

/// The state of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// `RUNNING`
    Running,
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `TIMED_OUT`
    TimedOut,
    /// `ABORTED`
    Aborted,
}

impl ExecutionStatus {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// One row of the executions listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// The execution's ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state machine's ARN.
    pub machine_arn: String,
    /// How it stands.
    pub status: ExecutionStatus,
    /// When it started, since the Unix epoch, to the millisecond.
    pub start: Duration,
    /// When it ended, since the Unix epoch, to the millisecond.
    pub stop: Option<Duration>,
}

/// Step Functions over one deployment.
#[derive(Debug)]
pub struct StepFunctions {
    clock: Arc<dyn Clock>,
    options: Options,
}

impl StepFunctions {
    /// Checks every state machine and handler of the deployment and starts the workflow threads.
    ///
    /// # Errors
    /// A definition that Step Functions would refuse, a construct that this endpoint does not run, or a handler that
    /// cannot be loaded: with its file, line and column.
    pub fn new(deployment: &Deployment, clock: Arc<dyn Clock>, options: Options) -> Result<Arc<Self>, LoadError> {
        let _ = &deployment.machines;
        Ok(Arc::new(Self { clock, options }))
    }

    /// Answers one action, such as `StartExecution`, at once; its body is the JSON envelope.
    ///
    /// `StartSyncExecution` is answered by [`Self::call_async`], because its answer may take minutes.
    #[must_use]
    pub fn call(&self, _action: &str, _body: &[u8]) -> Reply {
        let _ = (&self.clock, &self.options);
        Reply { status: 400, body: br#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_vec() }
    }

    /// As [`Self::call`], but `StartSyncExecution` is answered when its execution has ended. Needs no runtime of its own.
    pub async fn call_async(&self, action: &str, body: &[u8]) -> Reply {
        self.call(action, body)
    }

    /// Totals since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// The newest `limit` executions that are remembered, newest first.
    #[must_use]
    pub fn executions(&self, _limit: usize) -> Vec<ExecutionSummary> {
        Vec::new()
    }

    /// The last lines that handlers wrote to their console, oldest first.
    #[must_use]
    pub fn handler_log(&self) -> Vec<String> {
        Vec::new()
    }

    /// Ends the workflow threads; open executions stay as they are. Also done on drop.
    pub fn stop(&self) {}
}
