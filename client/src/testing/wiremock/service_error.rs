use super::json::quoted;
use super::names::MACHINE;

/// An error of Step Functions.
pub(super) struct ServiceError {
    /// Without its namespace.
    pub(super) name: String,
    pub(super) message: Option<String>,
}

impl ServiceError {
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), message: Some(message.into()) }
    }

    /// With the message that AWS is known to give: recorded, or in the service's model.
    pub(super) fn named(name: &str) -> Self {
        let message = match name {
            "ThrottlingException" => "Rate exceeded".to_owned(),
            "InvalidArn" => "Invalid Arn: 'Invalid ARN prefix: abcdef'".to_owned(),
            "InvalidExecutionInput" => "Invalid State Machine Execution Input: 'Invalid execution input.'".to_owned(),
            "InvalidName" => "Invalid Name: 'x y'".to_owned(),
            "StateMachineDoesNotExist" => format!("State Machine Does Not Exist: '{MACHINE}'"),
            "StateMachineTypeNotSupported" => {
                "This operation is not supported by this type of state machine".to_owned()
            }
            _ => return Self { name: name.to_owned(), message: None },
        };
        Self::new(name, message)
    }

    pub(super) fn already_exists(arn: &str) -> Self {
        Self::new("ExecutionAlreadyExists", format!("Execution Already Exists: '{arn}'"))
    }

    pub(super) fn validation(constraint: &str) -> Self {
        let message = format!("1 validation error detected: {constraint}");
        Self::new("ValidationException", message)
    }

    /// As Step Functions itself words it.
    pub(super) fn body(&self) -> String {
        let namespace = match self.name.as_str() {
            "ThrottlingException" => "com.amazon.coral.availability",
            "ValidationException" => "com.amazon.coral.validate",
            "AccessDeniedException"
            | "InternalFailure"
            | "SerializationException"
            | "ServiceUnavailable"
            | "UnknownOperationException" => "com.amazon.coral.service",
            _ => "com.amazonaws.swf.service.v2.model",
        };
        let message = self.message.as_ref().map(|message| format!(r#","message":{}"#, quoted(message)));
        format!(r#"{{"__type":"{namespace}#{}"{}}}"#, self.name, message.unwrap_or_default())
    }
}
