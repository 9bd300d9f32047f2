//! A second of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens in a second of the plan. Seconds in which nothing begins are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondForecast {
    /// Which one, from 0.
    pub second: u64,
    /// Requests that are due.
    pub arrivals: u64,
    /// Executions that start.
    pub started: u64,
    /// Requests that a bucket refuses.
    pub throttled: u64,
    /// Lambda functions that are invoked.
    pub invocations: u64,
    /// Most invocations at once.
    pub concurrency: u64,
    /// Most open executions at once.
    pub open: u64,
}
