use super::answer::{Answer, ORIGIN, Words, milliseconds, now};
use super::json::{instant, quoted};
use super::names::{MACHINE, execution_arn, express_arn};
use super::service_error::ServiceError;
use crate::executions::{Execution, Status};
use serde::Serialize;
use std::fmt::Write as _;

const ALLOWED: &str = "Content-Type,Authorization,X-Amz-Date,X-Amz-Security-Token,X-Amz-Content-Sha256,X-Api-Key,\
                       X-Amzn-RequestId,X-Amzn-Trace-Id,Idempotency-Key";

/// Preflights, look-ups and synchronous workflows.
impl Answer {
    /// What a preflight of `POST /execute` is told by this project's deployment: pages of `origin` may send what a signed
    /// call sends.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::preflight(\"https://app.example.com\")).mount(&server).await;"
        "assert!(client.preflight(\"https://app.example.com\").await?.is_allowed());"
    )]
    pub fn preflight(origin: impl Into<String>) -> Self {
        Self::preflight_of("POST").header("Access-Control-Allow-Origin", origin)
    }

    pub(super) fn preflight_of(method: &str) -> Self {
        Self::own(204, "application/json", "")
            .header("Access-Control-Allow-Origin", ORIGIN)
            .header("Access-Control-Allow-Methods", format!("{method},OPTIONS"))
            .header("Access-Control-Allow-Headers", ALLOWED)
            .header("Access-Control-Max-Age", "600")
    }

    /// What a preflight is told by the deployment as posted.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::preflight_as_posted()).mount(&server).await;"
        "let cors = client.preflight(\"https://app.example.com\").await?;"
        "assert!(cors.violation().is_some(), \"it allows one origin alone\");"
    )]
    pub fn preflight_as_posted() -> Self {
        Self::own(200, "application/json", "{}\n")
            .header("Access-Control-Allow-Origin", ORIGIN)
            .header("Access-Control-Allow-Methods", "*")
            .header("Access-Control-Allow-Headers", "Content-Type,X-Amz-Date,Authorization,X-Api-Key")
    }

    /// What `GET /executions/{name}` and `DescribeExecution` say of an execution.
    ///
    #[doc = example!(
        "let deployment = Deployment::wired(Wiring::Template).mount(&MockServer::start().await).await;"
        "let starting = Client::builder(deployment.url()).build()?;"
        "starting.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "Mock::given(any()).respond_with(Answer::execution(&deployment.executions()[0])).mount(&server).await;"
        "let found = client.execution(\"order-17\").await?.expect(\"it is there\");"
        "assert_eq!(found.status, Status::Running);"
    )]
    pub fn execution(execution: &Execution) -> Self {
        let included = r#"{"included":true}"#;
        let mut body = format!(
            r#"{{"executionArn":{},"stateMachineArn":"{MACHINE}","name":{},"status":"{}""#,
            quoted(&execution.arn),
            quoted(&execution.name),
            execution.status.as_str(),
        );
        for (member, date) in [("startDate", execution.start_date), ("stopDate", execution.stop_date)] {
            if let Some(date) = date {
                let _ = write!(body, r#","{member}":{}"#, instant(milliseconds(date)));
            }
        }
        for (member, text) in [("input", &execution.input), ("output", &execution.output)] {
            if let Some(text) = text {
                let _ = write!(body, r#","{member}":{},"{member}Details":{included}"#, quoted(text));
            }
        }
        for (member, text) in [("error", &execution.error), ("cause", &execution.cause)] {
            if let Some(text) = text {
                let _ = write!(body, r#","{member}":{}"#, quoted(text));
            }
        }
        body.push_str(r#","redriveCount":0"#);
        if matches!(execution.status, Status::Running | Status::Succeeded) {
            let reason = format!("Execution is {} and cannot be redriven", execution.status.as_str());
            let _ = write!(body, r#","redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"{reason}"}}"#);
        } else {
            body.push_str(r#","redriveStatus":"REDRIVABLE"}"#);
        }
        Self::integration(200, Words::Fixed(body)).readable()
    }

    /// HTTP 404 `NOT_FOUND` of `GET /executions/{name}`: no execution has that name, as far as is known now.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::not_found(\"order-17\")).mount(&server).await;"
        "assert_eq!(client.execution(\"order-17\").await?, None);"
    )]
    pub fn not_found(name: &str) -> Self {
        let message = format!("Execution Does Not Exist: '{}'", execution_arn(MACHINE, name));
        Self::coded(404, "NOT_FOUND", &ServiceError::new("ExecutionDoesNotExist", message))
    }

    /// A synchronous workflow that came to its end with this output.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::completed(&17)).mount(&server).await;"
        "assert_eq!(client.execute_sync::<u32>(\"tea\").await?.output, 17);"
    )]
    ///
    /// # Panics
    /// If `output` does not serialise as JSON.
    pub fn completed(output: &impl Serialize) -> Self {
        let output = serde_json::to_string(output).expect("the output serialises as JSON");
        Self::ran("SUCCEEDED", &format!(r#","output":{},"outputDetails":{{"included":true}}"#, quoted(&output)))
    }

    /// A synchronous workflow that failed: HTTP 200 all the same.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::workflow_failed(\"OutOfTea\", \"the last leaf is gone\")).mount(&server).await;"
        "let error = client.execute_sync::<u32>(\"tea\").await.unwrap_err();"
        "assert_eq!((error.reason(), error.cause()), (Some(\"OutOfTea\"), Some(\"the last leaf is gone\")));"
    )]
    pub fn workflow_failed(error: &str, cause: &str) -> Self {
        Self::ran("FAILED", &format!(r#","error":{},"cause":{}"#, quoted(error), quoted(cause)))
    }

    /// A synchronous workflow that took longer than it may: HTTP 200 all the same.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::workflow_timed_out()).mount(&server).await;"
        "let error = client.execute_sync::<u32>(\"tea\").await.unwrap_err();"
        "assert_eq!(error.kind(), ErrorKind::WorkflowTimedOut);"
    )]
    pub fn workflow_timed_out() -> Self {
        Self::ran("TIMED_OUT", "")
    }

    fn ran(status: &str, result: &str) -> Self {
        let (now, arn) = (instant(now()), express_arn("order-17"));
        let billed = r#""billingDetails":{"billedDurationInMilliseconds":200,"billedMemoryUsedInMB":64}"#;
        let body = format!(
            r#"{{{billed},"executionArn":"{arn}","input":"{{}}","inputDetails":{{"included":true}},"name":"order-17","startDate":{now},"stateMachineArn":"{MACHINE}","status":"{status}","stopDate":{now}{result}}}"#
        );
        Self::integration(200, Words::Fixed(body)).readable()
    }
}
