use crate::call::{Call, LookUp, Settled, Target};
use crate::error::Error;
use crate::session::{Limits, Session};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The actions of the Step Functions API.
#[derive(Debug, Clone)]
pub(super) struct Actions {
    pub(super) session: Arc<Session>,
    pub(super) target: Target,
}

impl Actions {
    /// One action. `execution_arn`: the execution that the answer has to be about.
    pub(super) async fn call(
        &self,
        action: &str,
        query: &Value,
        execution_arn: Option<&str>,
        timeout: Duration,
    ) -> Result<Settled, Error> {
        let session = Arc::clone(&self.session);
        let target = HeaderValue::try_from(format!("AWSStepFunctions.{action}")).expect("an action's name is ASCII");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        headers.insert(HeaderName::from_static("x-amz-target"), target);
        // What an execution is stopped with is the caller's own.
        let payload = query.get("cause").map(Value::to_string).unwrap_or_default().into_bytes();
        let call = Call {
            target: self.target.clone(),
            method: http::Method::POST,
            headers,
            body: Bytes::from(query.to_string()),
            limits: Limits { timeout, ..session.limits },
            purpose: LookUp { execution: execution_arn.map(str::to_owned), payload, ..LookUp::default() },
            session,
        };
        call.settle().await
    }
}
