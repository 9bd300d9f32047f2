//! Functions behind an endpoint that speaks Lambda's `Invoke`: AWS's Runtime Interface Emulator, `sam local
//! start-lambda`, or any container.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Answered, EndpointRequest, EndpointResponse};
use super::endpoint::EndpointUrl;
use crate::functions::FunctionError;

/// No function of Lambda runs longer.
const TIMEOUT: Duration = Duration::from_mins(15);

/// The call that invokes a function; `event` for one whose answer nobody waits for, `tail` for one with the end of its log.
pub(crate) fn invocation(
    endpoint: &EndpointUrl,
    function: &str,
    payload: &str,
    event: bool,
    tail: bool,
) -> EndpointRequest {
    // The Runtime Interface Emulator knows one function under one path, which is then given with the endpoint.
    let url = endpoint
        .as_given()
        .filter(|url| url.ends_with("/invocations"))
        .unwrap_or_else(|| endpoint.below(&format!("/2015-03-31/functions/{function}/invocations")));
    let kind = if event { "Event" } else { "RequestResponse" };
    let log = tail.then(|| ("X-Amz-Log-Type".to_owned(), "Tail".to_owned()));
    let mut request = EndpointRequest {
        method: "POST".to_owned(),
        url,
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Amz-Invocation-Type".to_owned(), kind.to_owned()),
            ("Authorization".to_owned(), super::service::authorization("lambda", "us-east-1")),
        ],
        body: payload.as_bytes().to_vec(),
        timeout: TIMEOUT,
    };
    request.headers.extend(log);
    request
}

/// The end of the function's log, if the endpoint sends it.
pub(crate) fn log_result(answer: &EndpointResponse) -> Option<String> {
    Some(answer.headers.get("x-amz-log-result")?.to_str().ok()?.to_owned())
}

/// The payload that came back, or the failure.
pub(crate) fn payload(answered: Answered) -> Result<String, FunctionError> {
    let failed = |error: &str, cause: String| FunctionError { error: error.to_owned(), cause };
    let answer = answered.map_err(|why| failed("Lambda.SdkClientException", why))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let value: Option<Value> = serde_json::from_str(&text).ok();
    let member = |name: &str| value.as_ref().and_then(|value| value.get(name)?.as_str());
    // The Runtime Interface Emulator does not send the header: there a failure is known by its members. It sends those
    // of a function that has ended its process, or whose result is too long, with a status of 502 or 413.
    let told = answer.headers.contains_key("x-amz-function-error");
    if told || (member("errorType").is_some() && member("errorMessage").is_some()) {
        return Err(failed(member("errorType").unwrap_or("Lambda.Unknown"), text));
    }
    if !(200..300).contains(&answer.status) {
        return Err(refused(&answer, member("Message").or_else(|| member("message")), text));
    }
    // What it answers for a function that was too slow, as a text with status 200.
    if value.is_none() && text.starts_with("Task timed out after ") {
        let error = "Sandbox.Timedout";
        return Err(failed(error, json!({ "errorType": error, "errorMessage": text }).to_string()));
    }
    Ok(if text.is_empty() { "null".to_owned() } else { text })
}

/// The failure of a call that no function has answered.
fn refused(answer: &EndpointResponse, message: Option<&str>, text: String) -> FunctionError {
    let named = super::service::error_name(answer).map(|name| {
        // `sam local start-lambda` leaves it out.
        if name.ends_with("Exception") { name } else { format!("{name}Exception") }
    });
    let name = named.unwrap_or_else(|| {
        let name = match (answer.status, text.is_empty()) {
            // The Runtime Interface Emulator runs one invocation at a time, and refuses others so.
            (400, true) | (429, _) => "TooManyRequestsException",
            (400, false) => "InvalidRequestContentException",
            (403, _) => "AccessDeniedException",
            (404, _) => "ResourceNotFoundException",
            (413, _) => "RequestTooLargeException",
            (415, _) => "UnsupportedMediaTypeException",
            (500.., _) => "ServiceException",
            _ => "Unknown",
        };
        name.to_owned()
    });
    let cause = match message {
        Some(message) => {
            let id = super::service::request_id(answer);
            super::service::optimised_cause(message, "AWSLambda", answer.status, &name, &id)
        }
        None if text.is_empty() && answer.status == 400 => {
            "the endpoint has answered 400 and nothing else, as the Runtime Interface Emulator does while it runs another \
             invocation"
                .to_owned()
        }
        None if text.is_empty() => format!("the endpoint has answered {} and nothing else", answer.status),
        None => text,
    };
    FunctionError { error: format!("Lambda.{name}"), cause }
}
