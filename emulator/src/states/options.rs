//! What an embedder may choose.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::store::{OpenLimits, Retained};
use crate::doubles::Doubles;
use crate::functions::{FunctionError, Native};
use crate::switches::Switches;

/// How Step Functions and Lambda behave where the deployment leaves it open.
#[derive(Clone)]
#[non_exhaustive]
pub struct StatesOptions {
    /// Whether AWS's token buckets and Lambda's concurrency are applied (default: off, for load).
    pub quotas: Quotas,
    /// How many finished executions are remembered; the name of a forgotten one may be used again
    /// (default: 100,000, about 100 MB with short histories; AWS: 90 days).
    pub retain: usize,
    /// How many bytes of the histories of finished executions are remembered, inputs and results among them. Beyond that the
    /// oldest are forgotten, and their executions are known only by name, times and way to end (default: 256 MiB).
    pub retain_bytes: usize,
    /// Seeds retry jitter, request ids and generated names (default: drawn anew for every service).
    pub seed: u64,
    /// How long a new execution environment takes before its first invocation (default: no time at all).
    pub cold_start: Duration,
    /// Most invocations at a time, over all functions; further ones fail with `Lambda.TooManyRequestsException`, as on
    /// Lambda (default: 5,000, which take about 1 GB of memory, or AWS's 1,000 with [`Quotas::Aws`]).
    pub concurrency: Option<usize>,
    /// How many bytes all environments of handlers in JavaScript hold together, busy and idle; invocations that find no room
    /// fail with `Lambda.TooManyRequestsException`, and handlers that need more than is left as if their function's memory were
    /// used up (default: 2 GiB). The bound is the emulator's own.
    pub handler_bytes: usize,
    /// Most executions open at a time; more starts fail with `ExecutionLimitExceeded`, as on AWS (default: 250,000, which take
    /// about 500 MB and their data, or AWS's 1,000,000 with [`Quotas::Aws`]). Starts also fail while the histories and
    /// variables of all open executions take more than 1 GiB.
    pub open_executions: Option<usize>,
    /// Handlers in Rust that take the place of functions of the template, or of tasks (see [`Self::function`]).
    pub natives: Vec<Native>,
    /// Who answers in place of functions and services (default: none).
    pub doubles: Doubles,
    /// Whether a handler of the template that cannot be loaded is an error, and so is a handler that nothing deployed calls
    /// (default: no; tasks of the one then need a double, and the other waits for a machine that is created later).
    pub strict: bool,
    /// Behaviours of AWS that are only inferred (default: see [`crate::switches::SWITCHES`]).
    pub switches: Switches,
}

impl Default for StatesOptions {
    fn default() -> Self {
        Self {
            quotas: Quotas::Off,
            retain: 100_000,
            retain_bytes: 256 << 20,
            seed: fastrand::u64(..),
            cold_start: Duration::ZERO,
            concurrency: None,
            handler_bytes: 2 << 30,
            open_executions: None,
            natives: Vec::new(),
            doubles: Doubles::default(),
            strict: false,
            switches: Switches::default(),
        }
    }
}

impl fmt::Debug for StatesOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatesOptions")
            .field("quotas", &self.quotas)
            .field("retain", &self.retain)
            .field("retain_bytes", &self.retain_bytes)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl StatesOptions {
    /// Handles a function in Rust: named by its `FunctionName` or by its logical id in the template; or an action of a
    /// service: named as in a task's `Resource`, `sns:publish` or `aws-sdk:s3:getObject`.
    ///
    /// ```
    /// use serde_json::json;
    /// use stepgate_emulator::states::StatesOptions;
    ///
    /// let options = StatesOptions::default().function("Start", |input| Ok(json!({ "seen": input })));
    /// # assert_eq!(options.natives.len(), 1);
    /// ```
    #[must_use]
    pub fn function(
        mut self,
        name: impl Into<String>,
        handler: impl Fn(Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        self.natives.push(Native::new(name, handler));
        self
    }

    /// What is remembered of finished executions.
    pub(super) const fn retained(&self) -> Retained {
        Retained { executions: self.retain, bytes: self.retain_bytes }
    }

    /// What may be open at a time.
    pub(super) fn open_limits(&self) -> OpenLimits {
        let executions = self.open_executions.unwrap_or(match self.quotas {
            // Of an account and region (Step Functions developer guide, "Quotas related to accounts").
            Quotas::Aws => 1_000_000,
            Quotas::Off => 250_000,
        });
        OpenLimits { executions, bytes: 1 << 30 }
    }

    /// The concurrency that applies.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.unwrap_or(match self.quotas {
            // Lambda's default quota of an account ("Lambda quotas").
            Quotas::Aws => 1_000,
            // Each handler that waits holds an environment of some 200 kB: a limit of this machine's memory.
            Quotas::Off => 5_000,
        })
    }
}

/// Whether calls are throttled as AWS throttles them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quotas {
    /// Never.
    #[default]
    Off,
    /// By the region's token buckets (Step Functions developer guide, "Quotas related to API action throttling").
    Aws,
}
