use crate::attempt::Attempt;
use crate::call::Settled;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::execute::Execute;
use crate::payload;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

/// A synchronous call that is ready to be awaited; made by [`Client::execute_sync`].
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
struct Answer {
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

impl Client {
    /// Runs an EXPRESS workflow to its end, on a deployment whose method is wired to `StartSyncExecution`, and gives
    /// its output as `O`.
    ///
    /// API Gateway waits 29 s unless its quota was raised, and an EXPRESS workflow has no unique name: an ambiguous
    /// failure can be told, but not sent again safely.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); and [`ErrorKind::WorkflowFailed`], [`ErrorKind::WorkflowTimedOut`] although the
    /// deployment answers them with HTTP 200; [`ErrorKind::Output`] if the output is no `O`.
    ///
    /// ```
    /// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Quote { cents: u64 }
    ///
    /// let completed = client.execute_sync::<Quote>("tea").await?;
    /// println!("{} cents", completed.output.cents);
    /// # Ok(())
    /// # }
    /// ```
    pub fn execute_sync<O: DeserializeOwned>(&self, payload: impl Serialize) -> ExecuteSync<O> {
        ExecuteSync { call: Execute::new(self.clone(), payload::serialize(&payload)), output: PhantomData }
    }
}

impl<O> ExecuteSync<O> {
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
        Box::pin(async { Completed::of(self.call.into_call()?.run().await?) })
    }
}

impl<O> fmt::Debug for ExecuteSync<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ExecuteSync").field(&self.call).finish()
    }
}

impl<O: DeserializeOwned> Completed<O> {
    fn of(settled: Settled) -> Result<Self, Error> {
        let Settled { execution, response, attempts, .. } = settled;
        let answer: Answer = match serde_json::from_slice(response.body()) {
            Ok(answer) => answer,
            Err(source) => {
                let message = "the answer has no status: is the method wired to StartSyncExecution?";
                return Err(Error::new(ErrorKind::Output, message).with_source(source).with_attempts(attempts));
            }
        };
        let failed = |kind, what: &str| {
            let reason = answer.error.as_deref().map_or_else(String::new, |error| format!(" with {error}"));
            Error::new(kind, format!("the workflow {what}{reason}"))
        };
        let error = match (answer.status.as_str(), &answer.output) {
            ("SUCCEEDED", Some(output)) => match serde_json::from_str(output) {
                Ok(output) => {
                    let milliseconds =
                        answer.billing_details.and_then(|details| details.billed_duration_in_milliseconds);
                    let billed = milliseconds.map(Duration::from_millis);
                    return Ok(Self { output, execution_arn: execution.arn, name: execution.name, billed, attempts });
                }
                Err(source) => {
                    let what = format!("the output is no {}", std::any::type_name::<O>());
                    Error::new(ErrorKind::Output, what).with_source(source)
                }
            },
            ("SUCCEEDED", None) => Error::new(ErrorKind::Output, "the answer holds no output"),
            ("TIMED_OUT", _) => failed(ErrorKind::WorkflowTimedOut, "timed out"),
            _ => failed(ErrorKind::WorkflowFailed, "failed"),
        };
        Err(error.with_reason(answer.error).with_cause(answer.cause).with_attempts(attempts))
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
