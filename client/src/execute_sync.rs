use crate::attempt::Attempt;
use crate::call::Settled;
use crate::delivery::Delivery;
use crate::error::{Error, ErrorKind};
use crate::execute::Execute;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::value::RawValue;
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
#[derive(Clone, PartialEq)]
pub struct Completed<O> {
    /// What the workflow put out.
    pub output: O,
    execution_arn: String,
    name: String,
    billed: Option<Duration>,
    attempts: Vec<Attempt>,
}

/// The answer of `StartSyncExecution`, as far as it is read: of any member only a value of the expected type counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncReport<'a> {
    #[serde(default)]
    status: Value,
    /// A text that holds JSON; or the JSON itself, where a mapping template puts it in. Of a text that holds JSON it cannot be
    /// told whether it is meant by value: it counts as Step Functions' own form.
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    cause: Value,
    #[serde(default)]
    billing_details: Value,
}

impl<O> ExecuteSync<O> {
    /// An EXPRESS workflow honours no key, so a client whose calls are idempotent makes this one at most once.
    pub(crate) fn new(call: Execute) -> Self {
        let idempotent = call.client_delivery() == Delivery::Idempotent;
        let call = if idempotent { call.delivery(Delivery::AtMostOnce) } else { call };
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

    /// The attempts of this call, the first included; zero counts as one. Default: the client's.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.call = self.call.max_attempts(attempts);
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
        let body = settled.answer.body.clone();
        let report: SyncReport<'_> = match serde_json::from_slice(&body) {
            Ok(report) => report,
            Err(source) => {
                let message = "the answer is not one of StartSyncExecution";
                return Err(settled.ran(ErrorKind::Output, message).with_misfit(&source));
            }
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (error, cause) = (text(&report.error), text(&report.cause));
        let failed = |kind, what: &str| {
            let reason = error.as_deref().map_or_else(String::new, |error| format!(" with {error}"));
            (kind, format!("the workflow {what}{reason}"), None)
        };
        let (kind, message, source) = match (report.status.as_str(), report.output) {
            (Some("SUCCEEDED"), Some(output)) => match read(output) {
                Ok(output) => return Ok(Self::new(output, &report.billing_details, settled)),
                Err(source) => {
                    let what = format!("the output cannot be read as {}", std::any::type_name::<O>());
                    (ErrorKind::Output, what, Some(source))
                }
            },
            (Some("SUCCEEDED"), None) => (ErrorKind::Output, "the answer holds no output".to_owned(), None),
            (Some("TIMED_OUT"), _) => failed(ErrorKind::WorkflowTimedOut, "timed out"),
            (Some("FAILED"), _) => failed(ErrorKind::WorkflowFailed, "failed"),
            (Some(_), _) => (ErrorKind::Output, "the answer has a status that is not known".to_owned(), None),
            (None, _) => {
                let message = "the answer has no status: is the method wired to StartSyncExecution?";
                (ErrorKind::Output, message.to_owned(), None)
            }
        };
        let error = settled.ran(kind, message).with_reason(error).with_cause(cause);
        Err(match source {
            Some(source) => error.with_misfit(&source),
            None => error,
        })
    }

    fn new(output: O, billing: &Value, settled: Settled) -> Self {
        let billed = billing["billedDurationInMilliseconds"].as_u64().map(Duration::from_millis);
        let execution = settled.answer.execution.expect("a settled start names its execution");
        Self { output, execution_arn: execution.arn, name: execution.name, billed, attempts: settled.attempts }
    }
}

/// An output by value, or out of the text that holds it. A text that holds no JSON is a value itself.
fn read<O: DeserializeOwned>(output: &RawValue) -> Result<O, serde_json::Error> {
    if output.get().starts_with('"') {
        let text: String = serde_json::from_str(output.get())?;
        if serde_json::from_str::<IgnoredAny>(&text).is_ok() {
            return serde_json::from_str(&text);
        }
    }
    serde_json::from_str(output.get())
}

impl Settled {
    /// An error about an execution that ran.
    fn ran(mut self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let arn = self.answer.execution.take().map(|execution| execution.arn);
        self.error(kind, message).with_execution(arn)
    }
}

impl<O> fmt::Debug for Completed<O> {
    /// Without the output, which is the workflow's data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Completed")
            .field("execution_arn", &self.execution_arn)
            .field("billed", &self.billed)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
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
