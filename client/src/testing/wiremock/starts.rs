use super::answer::{Answer, Named, ORIGIN, Words};
use super::json::quoted;
use super::names::{MACHINE, execution_arn};
use super::service_error::ServiceError;

/// What starts and refuses executions.
impl Answer {
    /// An execution, named after the request id: the one that the request brings in `x-amzn-RequestId`, or a fresh one.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::started()).mount(&server).await;"
        "let started = client.execute(\"tea\").await?;"
        "assert_eq!(started.name_as_expected(), Some(true));"
    )]
    pub fn started() -> Self {
        Self::integration(200, Words::Started(Named::RequestId)).readable()
    }

    /// An execution, named after the request's `Idempotency-Key` as this project's deployment does; without one, after
    /// the request id.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::key_honoured()).mount(&server).await;"
        "let started = client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "assert_eq!((started.name(), started.key_honoured()), (\"order-17\", Some(true)));"
    )]
    pub fn key_honoured() -> Self {
        Self::integration(200, Words::Started(Named::Key)).readable()
    }

    /// An execution of this name, whatever the request asks for: what a deployment does that honours no key.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::started_as(\"another\")).mount(&server).await;"
        "let error = client.execute(\"tea\").idempotency_key(\"order-17\").await.unwrap_err();"
        "assert_eq!(error.kind(), ErrorKind::Mismatch);"
    )]
    pub fn started_as(name: impl Into<String>) -> Self {
        Self::integration(200, Words::Started(Named::Fixed(name.into()))).readable()
    }

    /// An execution of an EXPRESS workflow, whose ARN ends with one more id.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::started_express()).mount(&server).await;"
        "let started = client.execute(\"tea\").await?;"
        "assert!(started.execution_arn().contains(\":express:\"));"
    )]
    pub fn started_express() -> Self {
        Self::integration(200, Words::Started(Named::Express)).readable()
    }

    /// HTTP 403 `CREATION_FAILED`, which names the error of Step Functions: nothing was started.
    ///
    /// `ExecutionLimitExceeded`, `InvalidName`, `StateMachineDoesNotExist` and so on, with the message that AWS is known
    /// to give, if it is known.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::creation_failed(\"ExecutionLimitExceeded\")).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_creation_failed() && error.reason() == Some(\"ExecutionLimitExceeded\"));"
    )]
    pub fn creation_failed(reason: &str) -> Self {
        Self::coded(403, "CREATION_FAILED", &ServiceError::named(reason))
    }

    /// HTTP 403 `CREATION_FAILED`, because an execution of that name has ended, or has another input.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::already_exists(\"order-17\")).mount(&server).await;"
        "let started = client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "assert!(started.is_deduplicated());"
    )]
    pub fn already_exists(name: &str) -> Self {
        Self::coded(403, "CREATION_FAILED", &ServiceError::already_exists(&execution_arn(MACHINE, name)))
    }

    /// HTTP 429 `THROTTLED`, by Step Functions: nothing was started.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::throttled()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.is_throttled() && !error.may_have_started());"
    )]
    pub fn throttled() -> Self {
        Self::coded(429, "THROTTLED", &ServiceError::named("ThrottlingException"))
    }

    /// HTTP 502 `SERVICE_FAILED`, for `InternalFailure` or `ServiceUnavailable`: the execution may have been started.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::service_failed(\"InternalFailure\")).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert!(error.may_have_started());"
    )]
    pub fn service_failed(reason: &str) -> Self {
        Self::coded(502, "SERVICE_FAILED", &ServiceError::named(reason))
    }

    /// HTTP 200 and an error of Step Functions as `__type`: how the deployment as posted answers *every* failure.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::failed_inside_200(\"InvalidName\")).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert_eq!((error.status(), error.is_creation_failed()), (Some(200), true));"
    )]
    pub fn failed_inside_200(reason: &str) -> Self {
        Self::inside_200(&ServiceError::named(reason))
    }

    /// HTTP 200 and `ExecutionAlreadyExists`.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::already_exists_inside_200(\"order-17\")).mount(&server).await;"
        "let started = client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "assert!(started.is_deduplicated());"
    )]
    pub fn already_exists_inside_200(name: &str) -> Self {
        Self::inside_200(&ServiceError::already_exists(&execution_arn(MACHINE, name)))
    }

    /// HTTP 200 and `ThrottlingException`: nothing was started, though the status says success.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::throttled_inside_200()).mount(&server).await;"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert_eq!((error.status(), error.is_throttled()), (Some(200), true));"
    )]
    pub fn throttled_inside_200() -> Self {
        Self::failed_inside_200("ThrottlingException")
    }

    /// An error of Step Functions in the words of this project's deployment.
    pub(super) fn worded(error: &ServiceError) -> Self {
        match error.name.as_str() {
            "ThrottlingException" | "KmsThrottlingException" => Self::coded(429, "THROTTLED", error),
            "InternalFailure" | "ServiceUnavailable" => Self::coded(502, "SERVICE_FAILED", error),
            _ => Self::coded(403, "CREATION_FAILED", error),
        }
    }

    pub(super) fn inside_200(error: &ServiceError) -> Self {
        Self::integration(200, Words::Fixed(error.body())).readable_as_posted()
    }

    pub(super) fn coded(status: u16, code: &str, error: &ServiceError) -> Self {
        let message = quoted(error.message.as_deref().unwrap_or_default());
        let body = format!(r#"{{"code":"{code}","message":{message},"reason":{}}}"#, quoted(&error.name));
        Self::integration(status, Words::Fixed(body)).readable()
    }

    /// With the headers that the deployment as posted sets.
    pub(super) fn readable_as_posted(self) -> Self {
        self.header("Access-Control-Allow-Origin", ORIGIN)
            .header("Access-Control-Allow-Headers", "Content-Type,X-Amz-Date,Authorization,X-Api-Key")
    }
}
