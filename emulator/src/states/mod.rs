//! Step Functions: state machines that really run, and the API that starts, stops and shows them.

mod options;
mod service;

pub use options::{Options, Quotas};
pub use service::{Counters, ExecutionStatus, ExecutionSummary, Reply, StepFunctions};
