use super::answer::Answer;
use super::json::quoted;

/// What the gateway says by itself, and what never was the gateway's.
impl Answer {
    /// The gateway's own answer of this status, in the words that it has unless a template changes them.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::gateway(504)).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.may_have_started());"
    )]
    ///
    /// # Panics
    /// For a status that the gateway gives no answer of its own with: it has 400, 401, 403, 404, 413, 415, 429, 500, 502
    /// and 504.
    pub fn gateway(status: u16) -> Self {
        let [_, error_type, message] = gateway_words(status);
        Self::gateway_error(status, error_type, message)
    }

    /// The gateway's own answer of this status as this project's deployment words it, with a `code` and with headers that
    /// let a browser read it.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::gateway_with_code(429)).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_throttled());"
    )]
    ///
    /// # Panics
    /// As [`gateway`](Self::gateway) does.
    pub fn gateway_with_code(status: u16) -> Self {
        let [code, error_type, message] = gateway_words(status);
        Self::gateway_coded(status, code, error_type, message)
    }

    /// An answer of the gateway's own, of any error type.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::gateway_error(403, \"AccessDeniedException\", \"Not authorized\")).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_forbidden() && error.to_string().contains(\"Not authorized\"));"
    )]
    pub fn gateway_error(status: u16, error_type: &str, message: &str) -> Self {
        // Recorded with a blank, which the documented default template does not have.
        let blank = if message == "Internal server error" { " " } else { "" };
        let body = format!(r#"{{"message":{blank}{}}}"#, quoted(message));
        Self::own(status, "application/json", body).header("x-amzn-ErrorType", error_type)
    }

    /// HTTP 403 `Missing Authentication Token`: no signature, or no such path or method.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::missing_authentication_token()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_forbidden());"
    )]
    pub fn missing_authentication_token() -> Self {
        Self::gateway_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    /// HTTP 403 for a signature that does not fit.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::invalid_signature()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_forbidden());"
    )]
    pub fn invalid_signature() -> Self {
        let message = "The request signature we calculated does not match the signature you provided. Check your AWS \
                       Secret Access Key and signing method. Consult the service documentation for details.";
        Self::gateway_error(403, "InvalidSignatureException", message)
    }

    /// HTTP 403 for credentials whose time is over.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::expired_token()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_forbidden());"
    )]
    pub fn expired_token() -> Self {
        let message = "The security token included in the request is expired";
        Self::gateway_error(403, "ExpiredTokenException", message)
    }

    /// HTTP 429 for a usage plan whose quota is used up, which no later attempt mends.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::quota_exceeded()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(!error.may_have_started());"
        "assert_eq!(error.attempts().len(), 1);"
    )]
    pub fn quota_exceeded() -> Self {
        Self::gateway_error(429, "LimitExceededException", "Limit Exceeded")
    }

    /// HTTP 500 of an authorizer that failed, before anything behind it was called.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::authorizer_failed()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert_eq!((error.status(), error.may_have_started()), (Some(500), false));"
    )]
    pub fn authorizer_failed() -> Self {
        let answer = Self::own(500, "application/json", r#"{"message":null}"#);
        answer.header("x-amzn-ErrorType", "AuthorizerConfigurationException")
    }

    /// HTTP 413 in plain text, for a body of more than 10 MiB.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::too_large()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert_eq!(error.kind(), ErrorKind::Rejected);"
    )]
    pub fn too_large() -> Self {
        Self::own(413, "text/plain", "HTTP content length exceeded 10485760 bytes.")
    }

    /// HTML of something on the way that is not the gateway: an edge, a firewall, a captive portal. It has no ids.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::opaque_html(502)).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.may_have_started());"
    )]
    pub fn opaque_html(status: u16) -> Self {
        Self::foreign(status, "text/html", format!("<!DOCTYPE HTML><html><body>{status}</body></html>"))
    }

    /// A status and nothing else.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::empty(200)).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert_eq!(error.kind(), ErrorKind::Unrecognized);"
    )]
    pub fn empty(status: u16) -> Self {
        Self::foreign(status, "", "")
    }

    /// A redirect, which the client does not follow.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::redirect(\"https://elsewhere.example.com/execute\")).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.to_string().contains(\"https://elsewhere.example.com/execute\"));"
    )]
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::empty(307).header("location", location)
    }

    pub(super) fn gateway_coded(status: u16, code: &str, error_type: &str, message: &str) -> Self {
        let body = format!(r#"{{"code":"{code}","message":{}}}"#, quoted(message));
        let answer = Self::own(status, "application/json", body);
        answer.header("x-amzn-ErrorType", error_type).readable()
    }
}

/// The response type, the error type and the message of the gateway's own answers (developer guide, "Gateway response
/// types for API Gateway").
fn gateway_words(status: u16) -> [&'static str; 3] {
    match status {
        400 => ["BAD_REQUEST_BODY", "BadRequestException", "Invalid request body"],
        401 => ["UNAUTHORIZED", "UnauthorizedException", "Unauthorized"],
        403 => ["INVALID_API_KEY", "ForbiddenException", "Forbidden"],
        404 => ["RESOURCE_NOT_FOUND", "NotFoundException", "Not Found"],
        413 => ["REQUEST_TOO_LARGE", "RequestTooLargeException", "Request Too Long"],
        415 => ["UNSUPPORTED_MEDIA_TYPE", "BadRequestException", "Unsupported Media Type"],
        429 => ["THROTTLED", "TooManyRequestsException", "Too Many Requests"],
        500 => ["API_CONFIGURATION_ERROR", "InternalServerErrorException", "Internal server error"],
        502 => ["INTEGRATION_FAILURE", "InternalServerErrorException", "Internal server error"],
        504 => ["INTEGRATION_TIMEOUT", "InternalServerErrorException", "Endpoint request timed out"],
        _ => panic!("the gateway gives no answer of its own with {status}: try `opaque_html` or `gateway_error`"),
    }
}
