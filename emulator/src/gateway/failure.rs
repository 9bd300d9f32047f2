//! What goes wrong at the gateway itself.

use std::borrow::Cow;
use std::fmt::Display;

use crate::budget::Exhausted;
use crate::deployment::ResourcePath;
use crate::signature::{Denial, Reason};

/// Why the gateway answers by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// By a gateway response.
    Response {
        /// Its type.
        kind: GatewayResponseType,
        /// `$context.error.message`; `None` is null.
        message: Option<Cow<'static, str>>,
        /// `x-amzn-ErrorType`, where it is not the type's own.
        error_type: Option<&'static str>,
        /// `$context.error.validationErrorString`
        validation: Option<String>,
    },
    /// By this endpoint, for a route whose integration it does not interpret: 501, as JSON.
    Unserved(String),
    /// By the front door, for a stage that does not exist and so has no gateway responses: 403 `Forbidden`.
    NoStage,
    /// By the front door, which knows nothing of gateway responses.
    Front {
        /// HTTP status.
        status: u16,
        /// The body.
        message: Cow<'static, str>,
    },
}

impl Failure {
    /// A failure with its type's own message.
    pub(super) fn of(kind: GatewayResponseType) -> Self {
        let message = kind.message().map(Cow::Borrowed);
        Self::Response { kind, message, error_type: None, validation: None }
    }

    /// A failure with a message of its own.
    pub(super) fn with(kind: GatewayResponseType, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Response { kind, message: Some(message.into()), error_type: None, validation: None }
    }

    /// A template that cannot be rendered: a mistake of the configuration, or of the caller.
    pub(super) fn unrenderable(blames_caller: bool) -> Self {
        if blames_caller {
            Self::with(GatewayResponseType::BadRequestBody, "Bad Request")
        } else {
            Self::of(GatewayResponseType::ApiConfigurationError)
        }
    }

    /// A body that does not fit its model.
    pub(super) fn invalid_body(validation: String) -> Self {
        let message = GatewayResponseType::BadRequestBody.message().map(Cow::Borrowed);
        let validation = Some(validation);
        Self::Response { kind: GatewayResponseType::BadRequestBody, message, error_type: None, validation }
    }

    /// A caller who is not who the signature says. `INVALID_SIGNATURE`, `EXPIRED_TOKEN` and `MISSING_AUTHENTICATION_TOKEN`
    /// are documented for their own cases; that an unreadable signature counts as a missing one, and an unknown key as
    /// denied access, is \[I\].
    pub(super) fn denied(denial: Denial) -> Self {
        let kind = match denial.reason {
            Reason::MissingToken | Reason::IncompleteSignature => GatewayResponseType::MissingAuthenticationToken,
            Reason::InvalidSignature => GatewayResponseType::InvalidSignature,
            Reason::UnrecognizedClient => GatewayResponseType::AccessDenied,
            Reason::ExpiredToken => GatewayResponseType::ExpiredToken,
        };
        let error_type = Some(denial.error_type());
        Self::Response { kind, message: Some(denial.message.into()), error_type, validation: None }
    }

    /// A route that is not answered here.
    pub(super) fn unserved(method: &str, path: &ResourcePath, why: &str) -> Self {
        Self::Unserved(unserved(method, path, why))
    }

    /// An answer of the front door.
    pub(super) fn front(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Front { status, message: message.into() }
    }
}

/// Inferred: what takes API Gateway too much is its own failure.
impl From<Exhausted> for Failure {
    fn from(_: Exhausted) -> Self {
        Self::of(GatewayResponseType::ApiConfigurationError)
    }
}

/// What is said of a route that is not answered here.
pub(super) fn unserved(method: &str, path: impl Display, why: &str) -> String {
    format!("{method} {path} is not answered by this endpoint: {why}")
}

macro_rules! kinds {
    ($($kind:ident $name:literal $status:literal $message:expr, $error_type:literal;)*) => {
        /// The types of gateway responses (developer guide, "Gateway response types for API Gateway").
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum GatewayResponseType { $(#[doc = concat!("`", $name, "`")] $kind,)* }

        impl GatewayResponseType {
            /// Its name in a document.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Its status.
            pub(super) fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            fn message(self) -> Option<&'static str> {
                match self { $(Self::$kind => $message,)* }
            }

            /// Its `x-amzn-ErrorType`.
            pub(super) fn error_type(self) -> &'static str {
                match self { $(Self::$kind => $error_type,)* }
            }
        }
    };
}

// Only what this endpoint can answer with: authorisers, usage plans and WAF are refused when a template is loaded.
kinds! {
    AccessDenied "ACCESS_DENIED" 403 None, "AccessDeniedException";
    ApiConfigurationError "API_CONFIGURATION_ERROR" 500 Some("Internal server error"), "InternalServerErrorException";
    BadRequestBody "BAD_REQUEST_BODY" 400 Some("Invalid request body"), "BadRequestException";
    BadRequestParameters "BAD_REQUEST_PARAMETERS" 400 None, "BadRequestException";
    ExpiredToken "EXPIRED_TOKEN" 403 None, "ExpiredTokenException";
    IntegrationFailure "INTEGRATION_FAILURE" 504 Some("Network error communicating with endpoint"), "InternalServerErrorException";
    IntegrationTimeout "INTEGRATION_TIMEOUT" 504 Some("Endpoint request timed out"), "InternalServerErrorException";
    InvalidApiKey "INVALID_API_KEY" 403 Some("Forbidden"), "ForbiddenException";
    InvalidSignature "INVALID_SIGNATURE" 403 None, "InvalidSignatureException";
    MalformedProxyResponse "DEFAULT_5XX" 502 Some("Internal server error"), "InternalServerErrorException";
    MissingAuthenticationToken "MISSING_AUTHENTICATION_TOKEN" 403 Some("Missing Authentication Token"), "MissingAuthenticationTokenException";
    Throttled "THROTTLED" 429 Some("Too Many Requests"), "TooManyRequestsException";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 Some("Unsupported Media Type"), "BadRequestException";
}
