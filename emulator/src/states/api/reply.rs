//! Replies as they go over the wire.

use super::error::ApiError;
use crate::states::wire::object;

/// An answer of the Step Functions API: an `application/x-amz-json-1.0` body and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Compact JSON, byte for byte as AWS writes it where that is known.
    pub body: Vec<u8>,
}

impl Reply {
    /// The action was carried out.
    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self { status: 200, body }
    }

    /// The caller is not who it says, or says nothing; `error_type` as in `InvalidSignatureException`.
    pub(crate) fn denied(error_type: &str, message: &str) -> Self {
        ApiError::denied(error_type, message).into()
    }

    /// The call is one too many.
    pub(crate) fn throttled() -> Self {
        ApiError::throttled().into()
    }

    /// The service itself has failed: the execution may have been started.
    pub(crate) fn failure() -> Self {
        ApiError::failure().into()
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        let body = object(|answer| {
            answer.text("__type", &error.kind).maybe_text("message", error.message.as_deref());
        });
        Self { status: error.status(), body }
    }
}
