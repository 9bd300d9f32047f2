//! `apigateway:invoke` and `http:invoke` behind an endpoint: the request that they describe, sent to the double.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::client::{Answered, EndpointRequest};
use super::endpoint::{EndpointUrl, taken_apart};
use crate::functions::FunctionError;

/// How long an HTTP task may take (developer guide, "Call third-party APIs").
const TIMEOUT: Duration = Duration::from_mins(1);
/// What a query keeps as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which of the two tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Web {
    /// `apigateway:invoke`
    ApiGateway,
    /// `http:invoke`
    Http,
}

impl Web {
    /// The task that a resource names, if it is one of the two.
    pub(crate) fn of(service: &str, action: &str) -> Option<Self> {
        match (service, action) {
            ("apigateway", "invoke") => Some(Self::ApiGateway),
            ("http", "invoke") => Some(Self::Http),
            _ => None,
        }
    }

    /// Why AWS does not even start the task, if it does not. As recorded in 2024, the values of `Headers` of
    /// `apigateway:invoke` are lists.
    pub(crate) fn refusal(self, parameters: &Value) -> Option<String> {
        let headers = parameters.get("Headers").filter(|headers| self == Self::ApiGateway && !headers.is_null())?;
        let are_lists = headers.as_object().is_some_and(|headers| headers.values().all(Value::is_array));
        let why = || {
            format!(
                "The Parameters '{parameters}' could not be used to start the Task: [The value of the field 'Headers' has \
                 an invalid format]"
            )
        };
        (!are_lists).then(why)
    }

    /// The request; an error says which parameter is missing.
    pub(crate) fn request(self, endpoint: &EndpointUrl, parameters: &Value) -> Result<EndpointRequest, String> {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let required =
            |name: &str| text(name).ok_or_else(|| format!("the parameter `{name}` is missing or not a text"));
        let target = required("ApiEndpoint")?;
        let method = required("Method")?.to_owned();
        let mut path = match self {
            Self::ApiGateway => {
                let stage = text("Stage").map(|stage| format!("/{}", stage.trim_matches('/'))).unwrap_or_default();
                stage + &text("Path").map(|path| format!("/{}", path.trim_start_matches('/'))).unwrap_or_default()
            }
            // Host and scheme give way to the double's; everything after them stays.
            Self::Http => taken_apart(target).1.to_owned(),
        };
        let mut separator = if path.contains('?') { '&' } else { '?' };
        for (name, value) in pairs(parameters.get("QueryParameters")) {
            let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
            path.extend([&separator.to_string(), &encode(&name), "=", &encode(&value)]);
            separator = '&';
        }
        let mut headers = pairs(parameters.get("Headers"));
        let body = parameters.get("RequestBody").filter(|body| !body.is_null());
        let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if body.is_some() && !has_type {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let body = match body {
            None => Vec::new(),
            Some(Value::String(text)) if has_type => text.as_bytes().to_vec(),
            Some(body) => body.to_string().into_bytes(),
        };
        Ok(EndpointRequest { method, url: endpoint.below(&path), headers, body, timeout: TIMEOUT })
    }

    /// What the task makes of the answer.
    pub(crate) fn result(self, answered: Answered) -> Result<Value, FunctionError> {
        let answer = answered.map_err(|cause| {
            let error = match self {
                Self::ApiGateway => "ApiGateway.SdkClientException",
                Self::Http => "States.Http.Socket",
            };
            FunctionError { error: error.to_owned(), cause }
        })?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let mut headers = Map::new();
        for (name, value) in &answer.headers {
            let value = Value::String(String::from_utf8_lossy(value.as_bytes()).into_owned());
            let values = headers.entry(name.to_string()).or_insert_with(|| Value::Array(Vec::new()));
            values.as_array_mut().expect("only lists are put into it").push(value);
        }
        let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
        let result = json!({
            "Headers": headers,
            "ResponseBody": body,
            "StatusCode": answer.status,
            "StatusText": reason.unwrap_or_default(),
        });
        if (200..400).contains(&answer.status) {
            return Ok(result);
        }
        let error = match self {
            Self::ApiGateway => format!("ApiGateway.{}", answer.status),
            Self::Http => format!("States.Http.StatusCode.{}", answer.status),
        };
        Err(FunctionError { error, cause: result.to_string() })
    }
}

/// Names with one value or a list of them.
fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|value| (name.clone(), text(value)))),
            Value::Null => {}
            value => pairs.push((name.clone(), text(value))),
        }
    }
    pairs
}
