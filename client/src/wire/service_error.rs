/// What the name of a Step Functions error says about the execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    AlreadyExists,
    NotStarted,
    Throttled,
    /// Whoever called was not let in.
    Forbidden,
    /// It failed, and may have been carried out.
    Ambiguous,
    /// A name that proves nothing.
    Unlisted,
}

impl Meaning {
    /// The errors of `StartExecution` and `StartSyncExecution` (service model `stepfunctions/2016-11-23`), the common ones
    /// of the protocol, and those of the gateway ("Gateway response types"): one table, whether the name stands in the
    /// body or in the header `x-amzn-ErrorType`.
    pub(super) fn of_type(name: &str) -> Self {
        match name {
            "ExecutionAlreadyExists" => Self::AlreadyExists,
            "KmsThrottlingException" | "ThrottlingException" | "TooManyRequestsException" => Self::Throttled,
            "InternalFailure"
            | "InternalServerErrorException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException" => Self::Ambiguous,
            // Common errors of the protocol: they come before anything is carried out.
            "ExpiredToken"
            | "ExpiredTokenException"
            | "ForbiddenException"
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
            | "UnauthorizedException"
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
            _ => Self::Unlisted,
        }
    }

    /// A deployment that answers `CREATION_FAILED` does so for Step Functions' 4xx, which start nothing, whatever
    /// their name; only the names that say otherwise count against it, and the words of the one that has lost its name.
    pub(super) fn of_failed_creation(reason: Option<&str>, message: Option<&str>) -> Self {
        match reason.map(Self::of_type) {
            Some(Self::Unlisted) | None if says_that_it_exists(message) => Self::AlreadyExists,
            Some(Self::Unlisted) | None => Self::NotStarted,
            Some(meaning) => meaning,
        }
    }
}

/// Whether it is known what an error of this name says about an execution.
pub(crate) fn is_listed(name: &str) -> bool {
    Meaning::of_type(name) != Meaning::Unlisted
}

/// The message of `ExecutionAlreadyExists`, where a mapping template passes that on alone.
pub(super) fn says_that_it_exists(message: Option<&str>) -> bool {
    message.is_some_and(|text| text.starts_with("Execution Already Exists: '"))
}
