//! A second of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens in a second of the plan. Seconds in which nothing begins are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SecondForecast {
    /// Which one, from 0.
    pub(crate) second: u64,
    /// Requests that are due.
    pub(crate) arrivals: u64,
    /// Executions that start.
    pub(crate) started: u64,
    /// Requests that a bucket refuses.
    pub(crate) throttled: u64,
    /// Lambda functions that are invoked.
    pub(crate) invocations: u64,
    /// Most invocations at once.
    pub(crate) concurrency: u64,
    /// Most open executions at once.
    pub(crate) open: u64,
}
