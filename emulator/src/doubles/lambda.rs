//! Functions behind an endpoint that speaks Lambda's `Invoke`: AWS's Runtime Interface Emulator, `sam local
//! start-lambda`, or any container.

use std::time::Duration;

use serde_json::Value;

use super::client::{Answered, EndpointRequest};
use super::endpoint::EndpointUrl;
use crate::functions::FunctionError;

/// No function of Lambda runs longer.
const TIMEOUT: Duration = Duration::from_mins(15);

/// The call that invokes a function; `event` for one whose answer nobody waits for.
pub(crate) fn invocation(endpoint: &EndpointUrl, function: &str, payload: &str, event: bool) -> EndpointRequest {
    // The Runtime Interface Emulator knows one function under one path, which is then given with the endpoint.
    let url = endpoint
        .as_given()
        .filter(|url| url.ends_with("/invocations"))
        .unwrap_or_else(|| endpoint.below(&format!("/2015-03-31/functions/{function}/invocations")));
    let kind = if event { "Event" } else { "RequestResponse" };
    EndpointRequest {
        method: "POST".to_owned(),
        url,
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Amz-Invocation-Type".to_owned(), kind.to_owned()),
            ("Authorization".to_owned(), super::service::authorization("lambda", "us-east-1")),
        ],
        body: payload.as_bytes().to_vec(),
        timeout: TIMEOUT,
    }
}

/// The payload that came back, or the failure.
pub(crate) fn payload(answered: Answered) -> Result<String, FunctionError> {
    let failed = |error: &str, cause: String| FunctionError { error: error.to_owned(), cause };
    let answer = answered.map_err(|why| failed("Lambda.SdkClientException", why))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let value: Option<Value> = serde_json::from_str(&text).ok();
    if !(200..300).contains(&answer.status) {
        let name = super::service::error_name(&answer).unwrap_or_else(|| match answer.status {
            404 => "ResourceNotFoundException".to_owned(),
            429 => "TooManyRequestsException".to_owned(),
            500.. => "ServiceException".to_owned(),
            _ => "Unknown".to_owned(),
        });
        let message = value.as_ref().and_then(|value| value.get("Message").or_else(|| value.get("message"))?.as_str());
        let cause = message.map(|message| {
            super::service::optimised_cause(
                message,
                "AWSLambda",
                answer.status,
                &name,
                &super::service::request_id(&answer),
            )
        });
        return Err(failed(&format!("Lambda.{name}"), cause.unwrap_or(text)));
    }
    // The Runtime Interface Emulator does not send the header: there a failure is known by its members.
    let told = answer.headers.contains_key("x-amz-function-error");
    let member = |name: &str| value.as_ref().and_then(|value| value.get(name)?.as_str());
    if told || (member("errorType").is_some() && member("errorMessage").is_some()) {
        return Err(failed(member("errorType").unwrap_or("Lambda.Unknown"), text));
    }
    Ok(if text.is_empty() { "null".to_owned() } else { text })
}
