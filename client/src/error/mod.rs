//! The one error of the client.

mod kind;
mod misfit;

pub use kind::ErrorKind;

use crate::attempt::Attempt;
use crate::transport::Phase;
use misfit::Misfit;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

type Source = Box<dyn StdError + Send + Sync>;

/// Why a call failed, and whether a workflow may be running nevertheless.
///
/// One machine word wide. `Display` is one line without the source; the chain has the rest. Neither it nor `Debug`
/// holds a credential, a header that the caller set, the payload, an output or the query of a URL: where the endpoint repeats
/// one of these, it is replaced by `[redacted]`. What a payload's own `Serialize` says when it fails stands in the chain.
///
/// ```
/// # async fn doc(client: stepgate::Client, order: u32) {
/// match client.execute(order).await {
///     Ok(started) => println!("started {}", started.name()),
///     Err(error) if error.may_have_started() => println!("find out first: {error}"),
///     Err(error) => println!("safe to try again later: {error}"),
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    reason: Option<String>,
    cause: Option<String>,
    execution_arn: Option<String>,
    key: Option<String>,
    attempts: Vec<Attempt>,
    retry_after: Option<Duration>,
    source: Option<Source>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            reason: None,
            cause: None,
            execution_arn: None,
            key: None,
            attempts: Vec::new(),
            retry_after: None,
            source: None,
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// With why a text of the endpoint's is not of the type that it was read as. Nothing of the text is repeated.
    pub(crate) fn with_misfit(self, error: &serde_json::Error) -> Self {
        self.with_source(Misfit::of(error))
    }

    pub(crate) fn with_reason(mut self, reason: Option<String>) -> Self {
        self.0.reason = reason;
        self
    }

    pub(crate) fn with_cause(mut self, cause: Option<String>) -> Self {
        self.0.cause = cause;
        self
    }

    pub(crate) fn with_execution(mut self, arn: Option<String>) -> Self {
        self.0.execution_arn = arn;
        self
    }

    pub(crate) fn with_key(mut self, key: Option<String>) -> Self {
        self.0.key = key;
        self
    }

    /// With more to say to the message.
    pub(crate) fn with_caveat(mut self, caveat: Option<&str>) -> Self {
        if let Some(caveat) = caveat {
            self.0.message.push_str(": ");
            self.0.message.push_str(caveat);
        }
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What went wrong; its documentation says what to do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether any attempt of this call may have started a workflow. `false` is a proof: calling again cannot make a
    /// second one. `true` means that it cannot be known from here.
    #[must_use]
    pub fn may_have_started(&self) -> bool {
        self.0.attempts.iter().any(Attempt::may_have_started)
    }

    /// The name that Step Functions (`InvalidName`), the gateway (`ExpiredTokenException`) or a failed workflow has for
    /// the error.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The cause that a failed synchronous execution gives, for humans. It may hold data of the workflow, so neither
    /// `Display` nor `Debug` repeats it.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The execution that the answer names: of [`Mismatch`](ErrorKind::Mismatch) and
    /// [`AlreadyExists`](ErrorKind::AlreadyExists), where it cannot be proved to be this call's, and of a synchronous
    /// execution that ran ([`WorkflowFailed`](ErrorKind::WorkflowFailed),
    /// [`WorkflowTimedOut`](ErrorKind::WorkflowTimedOut), [`Output`](ErrorKind::Output)).
    #[must_use]
    pub fn execution_arn(&self) -> Option<&str> {
        self.0.execution_arn.as_deref()
    }

    /// The idempotency key of the call, also one that the client made for it under
    /// [`Delivery::Idempotent`](crate::Delivery::Idempotent): to call again under it, or to look the execution up. `None` for
    /// calls without a key, and for errors before a request could be made.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The HTTP status of the last answer, if the last attempt had one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.attempts.last().and_then(Attempt::status)
    }

    /// The request id of the last attempt, from the header `x-amzn-RequestId`: the one that the gateway logs.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.attempts.last().and_then(Attempt::request_id)
    }

    /// How long the last answer asks to wait before another call (`x-amz-retry-after`, `Retry-After`), however long that is: for a
    /// queue that tries again later. Within a call, the client waits at most 5 s more than it would by itself.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How far the last attempt came.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.0.attempts.last().map(Attempt::phase)
    }

    /// Every attempt of the call, in order; empty if nothing was tried.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether time was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether no connection came about, in time or at all, so that nothing was written by the last attempt.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.kind(), ErrorKind::Connect) || (self.is_timeout() && self.phase() == Some(Phase::Connecting))
    }

    /// Whether the gateway or Step Functions throttled.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
    }

    /// Whether the gateway refused the caller.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// Whether a synchronous execution ran and did not succeed.
    #[must_use]
    pub fn is_workflow_failure(&self) -> bool {
        matches!(self.kind(), ErrorKind::WorkflowFailed | ErrorKind::WorkflowTimedOut)
    }

    /// Whether Step Functions refused to start the execution.
    #[must_use]
    pub fn is_creation_failed(&self) -> bool {
        self.kind() == ErrorKind::CreationFailed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)?;
        if let Some(status) = self.status() {
            write!(formatter, " (HTTP {status}")?;
            if let Some(id) = self.request_id() {
                write!(formatter, ", request {id}")?;
            }
            formatter.write_str(")")?;
        }
        match self.kind() {
            // The message says that it ran.
            ErrorKind::WorkflowFailed | ErrorKind::WorkflowTimedOut => Ok(()),
            ErrorKind::Output if self.may_have_started() => formatter.write_str("; the workflow was started"),
            _ if self.may_have_started() => {
                formatter.write_str("; the workflow may have been started")?;
                let perhaps = self.0.attempts.iter().rev().find(|attempt| attempt.may_have_started());
                match perhaps.and_then(Attempt::expected_name) {
                    Some(name) => write!(formatter, ", as `{name}`"),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("reason", &self.0.reason)
            .field("may_have_started", &self.may_have_started())
            .field("key", &self.0.key)
            .field("attempts", &self.0.attempts)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
