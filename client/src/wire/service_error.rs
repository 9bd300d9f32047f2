/// What the name of a Step Functions error says about the execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    AlreadyExists,
    NotStarted,
    Throttled,
    /// Whoever called was not let in.
    Forbidden,
    Ambiguous,
}

impl Meaning {
    /// The errors of `StartExecution` and `StartSyncExecution` (service model `stepfunctions/2016-11-23`) and the
    /// common ones of the protocol. A name that is not listed proves nothing.
    pub(super) fn of_type(name: &str) -> Self {
        match name {
            "ExecutionAlreadyExists" => Self::AlreadyExists,
            "ThrottlingException" | "KmsThrottlingException" => Self::Throttled,
            // Common errors of the protocol: they come before anything is carried out.
            "ExpiredToken"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "NotAuthorized"
            | "OptInRequired"
            | "RequestExpired"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException" => Self::Forbidden,
            "AccessDeniedException"
            | "ExecutionLimitExceeded"
            | "InvalidArn"
            | "InvalidExecutionInput"
            | "InvalidName"
            | "KmsAccessDeniedException"
            | "KmsInvalidStateException"
            | "SerializationException"
            | "StateMachineDeleting"
            | "StateMachineDoesNotExist"
            | "StateMachineTypeNotSupported"
            | "UnknownOperationException"
            | "ValidationException" => Self::NotStarted,
            _ => Self::Ambiguous,
        }
    }

    /// A deployment that answers `CREATION_FAILED` does so for Step Functions' 4xx, which start nothing, whatever
    /// their name; only the names that say otherwise count against it.
    pub(super) fn of_failed_creation(reason: Option<&str>) -> Self {
        match reason {
            Some("InternalFailure" | "ServiceUnavailable") => Self::Ambiguous,
            reason => match reason.map(Self::of_type) {
                Some(Self::Ambiguous) | None => Self::NotStarted,
                Some(meaning) => meaning,
            },
        }
    }
}
