//! One answer, classified and owned.

use crate::error::{Error, ErrorKind};
use crate::wire::{self, Accepted, Class, Outcome};
use bytes::Bytes;

/// What one answer said.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) class: Class,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) reason: Option<String>,
    /// The execution that was started, or that exists already.
    pub(crate) execution: Option<Execution>,
    message: Option<String>,
}

/// An execution as an answer names it.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) start_date: Option<f64>,
    pub(crate) express: bool,
}

impl Judgement {
    pub(crate) fn of(response: &http::Response<Bytes>) -> Self {
        let status = response.status().as_u16();
        let request_id = response.headers().get("x-amzn-requestid").and_then(|value| value.to_str().ok());
        let outcome = wire::classify(status, response.headers(), response.body());
        let execution = match &outcome {
            Outcome::Started(accepted) => Some(Execution::of(accepted)),
            Outcome::AlreadyExists(fault) => fault.message.as_deref().and_then(Execution::in_message),
            _ => None,
        };
        let fault = outcome.fault();
        Self {
            class: outcome.class(),
            status,
            request_id: request_id.map(str::to_owned),
            reason: fault.and_then(|fault| fault.reason.as_deref()).map(str::to_owned),
            message: fault.and_then(|fault| fault.message.as_deref()).map(str::to_owned),
            execution,
        }
    }

    pub(crate) fn into_error(self) -> Error {
        let what = match self.class {
            Class::AlreadyExists => "an execution of that name exists already",
            Class::CreationFailed => "the execution was not created",
            Class::Throttled => "throttled",
            Class::Forbidden => "the gateway refused the caller",
            Class::Rejected => "the gateway refused the request",
            Class::ServerError => "the endpoint failed",
            Class::Started | Class::Unrecognized => "the answer is neither the gateway's nor Step Functions'",
        };
        let mut message = what.to_owned();
        let parts = [self.reason.as_deref(), self.message.as_deref().map(excerpt)];
        for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
            message.push_str(": ");
            // A body can be long; its beginning says enough.
            let printable = |character: char| if character.is_control() { ' ' } else { character };
            message.extend(part.chars().take(300).map(printable));
        }
        Error::new(ErrorKind::of_class(self.class), message).with_reason(self.reason)
    }
}

/// The gateway's refusal of a signature goes on with the canonical request, in which the session token stands.
fn excerpt(message: &str) -> &str {
    message.split("The Canonical String").next().unwrap_or(message).trim_ascii()
}

impl Execution {
    fn of(accepted: &Accepted<'_>) -> Self {
        Self {
            arn: accepted.execution_arn().to_owned(),
            name: accepted.name().to_owned(),
            start_date: accepted.start_date(),
            express: accepted.is_express(),
        }
    }

    /// `Execution Already Exists: 'arn:…'`
    fn in_message(message: &str) -> Option<Self> {
        let arn = message.split('\'').find_map(Accepted::of_arn)?;
        Some(Self { start_date: None, ..Self::of(&arn) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_repeat_the_canonical_request() {
        let body = r#"{"message":"The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\n/prod/execute\n\nx-amz-security-token:SECRET'"}"#;
        let response = http::Response::builder().status(403).header("x-amzn-errortype", "InvalidSignatureException");
        let error = Judgement::of(&response.body(Bytes::from_static(body.as_bytes())).unwrap()).into_error();
        assert!(!format!("{error} {error:?}").contains("SECRET"));
        assert!(error.to_string().ends_with("the signature you provided."), "{error}");
    }

    #[test]
    fn the_execution_that_exists_is_read_from_the_message() {
        let execution = Execution::in_message("Execution Already Exists: 'arn:aws:states:r:1:execution:m:n'").unwrap();
        assert_eq!((execution.name.as_str(), execution.start_date), ("n", None));
        assert!(Execution::in_message("Execution Already Exists: 'it'").is_none());
    }
}
