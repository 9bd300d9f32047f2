//! Errors as AWS writes them: HTTP 400, or 500 where the service has failed, a qualified `__type`, most with a message.

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// `__type`
    pub(super) kind: String,
    /// `message`
    pub(super) message: Option<String>,
}

impl ApiError {
    /// An error of the service's own model.
    pub(super) fn model(name: &str, message: impl Into<String>) -> Self {
        Self { kind: format!("com.amazonaws.swf.service.v2.model#{name}"), message: Some(message.into()) }
    }

    pub(super) fn invalid_arn(why: &str) -> Self {
        Self::model("InvalidArn", format!("Invalid Arn: '{why}'"))
    }

    pub(super) fn invalid_token(token: &str) -> Self {
        Self::model("InvalidToken", format!("Invalid Token: '{token}'"))
    }

    pub(super) fn wrong_type() -> Self {
        Self::model("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
    }

    /// The envelope is not JSON: an answer without a message, 60 bytes long.
    pub(super) fn serialization() -> Self {
        Self { kind: "com.amazon.coral.service#SerializationException".to_owned(), message: None }
    }

    /// A member is not of its type; the texts are those of other services with the same protocol.
    pub(super) fn wrong_member(message: &str) -> Self {
        Self { message: Some(message.to_owned()), ..Self::serialization() }
    }

    /// The service itself has failed, and nothing was done.
    pub(super) fn failure() -> Self {
        Self { kind: "com.amazon.coral.service#InternalFailure".to_owned(), message: None }
    }

    /// The status that it is answered with.
    pub(super) fn status(&self) -> u16 {
        if self.kind.ends_with("#InternalFailure") { 500 } else { 400 }
    }

    pub(super) fn unknown_operation() -> Self {
        Self { kind: "com.amazon.coral.service#UnknownOperationException".to_owned(), message: None }
    }

    /// The same error, of the service's own package; the one of 60 bytes was captured and stays.
    pub(crate) fn of_service(mut self) -> Self {
        if let Some((package, name)) = self.kind.split_once('#')
            && package.starts_with("com.amazon.coral.")
            && name != "SerializationException"
        {
            self.kind = format!("com.amazonaws.swf.service.v2.model#{name}");
        }
        self
    }

    /// A signature is refused; services of this protocol answer it like their other errors, with 400.
    pub(crate) fn denied(error_type: &str, message: &str) -> Self {
        Self { kind: format!("com.amazon.coral.service#{error_type}"), message: Some(message.to_owned()) }
    }

    pub(crate) fn throttled() -> Self {
        Self {
            kind: "com.amazon.coral.availability#ThrottlingException".to_owned(),
            message: Some("Rate exceeded".to_owned()),
        }
    }

    /// In the words of the API reference: those on the wire are not known.
    pub(super) fn too_many_executions() -> Self {
        Self::model(
            "ExecutionLimitExceeded",
            "The maximum number of running executions has been reached. Running executions must end or be stopped before a \
             new execution can be started.",
        )
    }

    pub(super) fn validation(violations: &[String]) -> Self {
        let plural = if violations.len() == 1 { "" } else { "s" };
        let message = format!("{} validation error{plural} detected: {}", violations.len(), violations.join("; "));
        Self { kind: "com.amazon.coral.validate#ValidationException".to_owned(), message: Some(message) }
    }
}
