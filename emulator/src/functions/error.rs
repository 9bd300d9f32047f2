//! Failures of functions as Lambda reports them.

use serde_json::json;

use super::invocation::Invocation;
use crate::java::read_json;

/// What comes of an invocation: JSON, or why there is none.
pub(crate) type InvocationResult = Result<String, FunctionError>;

/// Why an invocation has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// The name that `Retry` and `Catch` see: the error's type.
    pub error: String,
    /// What Lambda answers: a JSON object with `errorType` and `errorMessage`, for JavaScript also `trace`.
    pub cause: String,
}

impl FunctionError {
    /// A failure with a type and a message, as a handler in Rust reports it.
    #[must_use]
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        let (error, message) = (error_type.into(), message.into());
        let cause = json!({ "errorType": error, "errorMessage": message }).to_string();
        Self { error, cause }
    }

    /// A failure as its JSON.
    pub(super) fn from_payload(payload: String) -> Self {
        // A message may hold half of a surrogate pair.
        let error = read_json(&payload)
            .ok()
            .and_then(|payload| payload.get("errorType")?.as_str().map(str::to_owned))
            .unwrap_or_else(|| "Lambda.Unknown".to_owned());
        Self { error, cause: payload }
    }

    /// The function ran into its `Timeout`.
    pub(super) fn timed_out(invocation: &Invocation) -> Self {
        let seconds = invocation.deadline.saturating_sub(invocation.begun).as_secs_f64();
        let message = format!("RequestId: {} Error: Task timed out after {seconds:.2} seconds", invocation.request_id);
        Self::new("Sandbox.Timedout", message)
    }

    /// No environment is free and no more may be started.
    pub(super) fn throttled() -> Self {
        let cause = "Rate Exceeded. (Service: Lambda, Status Code: 429)".to_owned();
        Self { error: "Lambda.TooManyRequestsException".to_owned(), cause }
    }
}
