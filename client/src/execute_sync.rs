use crate::attempt::Attempt;
use crate::call::Settled;
use crate::error::{Error, ErrorKind};
use crate::execute::Execute;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

/// A synchronous call that is ready to be awaited; made by [`Client::execute_sync`](crate::Client::execute_sync).
#[must_use = "nothing is sent until this is awaited"]
pub struct ExecuteSync<O> {
    call: Execute,
    output: PhantomData<fn() -> O>,
}

/// A synchronous execution that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed<O> {
    /// What the workflow put out.
    pub output: O,
    execution_arn: String,
    name: String,
    billed: Option<Duration>,
    attempts: Vec<Attempt>,
}

/// The answer of `StartSyncExecution`, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncReport {
    status: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
    billing_details: Option<BillingDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BillingDetails {
    billed_duration_in_milliseconds: Option<u64>,
}

impl<O> ExecuteSync<O> {
    pub(crate) const fn new(call: Execute) -> Self {
        Self { call, output: PhantomData }
    }

    /// The deadline of this call. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// The time that one attempt of this call may take. Default: the client's.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.attempt_timeout(timeout);
        self
    }

    /// A header for the requests of this call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.header(name, value);
        self
    }
}

impl<O: DeserializeOwned> IntoFuture for ExecuteSync<O> {
    type Output = Result<Completed<O>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Completed::of(self.call.into_call()?.pinned()?.settle().await?) })
    }
}

impl<O> fmt::Debug for ExecuteSync<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ExecuteSync").field(&self.call).finish()
    }
}

impl<O: DeserializeOwned> Completed<O> {
    fn of(settled: Settled) -> Result<Self, Error> {
        let report: SyncReport = match serde_json::from_slice(&settled.answer.body) {
            Ok(report) => report,
            Err(source) => {
                let message = "the answer has no status: is the method wired to StartSyncExecution?";
                return Err(settled.error(ErrorKind::Output, message).with_source(source));
            }
        };
        let failed = |kind, what: &str| {
            let reason = report.error.as_deref().map_or_else(String::new, |error| format!(" with {error}"));
            (kind, format!("the workflow {what}{reason}"), None)
        };
        let (kind, message, source) = match (report.status.as_str(), &report.output) {
            ("SUCCEEDED", Some(output)) => match serde_json::from_str(output) {
                Ok(output) => return Ok(Self::new(output, report.billing_details.as_ref(), settled)),
                Err(source) => {
                    let what = format!("the output cannot be read as {}", std::any::type_name::<O>());
                    (ErrorKind::Output, what, Some(source))
                }
            },
            ("SUCCEEDED", None) => (ErrorKind::Output, "the answer holds no output".to_owned(), None),
            ("TIMED_OUT", _) => failed(ErrorKind::WorkflowTimedOut, "timed out"),
            _ => failed(ErrorKind::WorkflowFailed, "failed"),
        };
        let error = settled.error(kind, message).with_reason(report.error).with_cause(report.cause);
        Err(match source {
            Some(source) => error.with_source(source),
            None => error,
        })
    }

    fn new(output: O, billing: Option<&BillingDetails>, settled: Settled) -> Self {
        let billed = billing.and_then(|details| details.billed_duration_in_milliseconds).map(Duration::from_millis);
        let execution = settled.answer.execution.expect("a settled start names its execution");
        Self { output, execution_arn: execution.arn, name: execution.name, billed, attempts: settled.attempts }
    }
}

impl<O> Completed<O> {
    /// The execution's ARN.
    #[must_use]
    pub fn execution_arn(&self) -> &str {
        &self.execution_arn
    }

    /// The execution's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The duration that is billed, in steps of 100 ms.
    #[must_use]
    pub const fn billed(&self) -> Option<Duration> {
        self.billed
    }

    /// Every attempt of the call.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}
