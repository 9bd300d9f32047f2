//! `apigateway:invoke` and `http:invoke` behind an endpoint: the request that they describe, sent to the double.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::{Answered, EndpointRequest};
use super::endpoint::{EndpointUrl, taken_apart};
use super::form::{ArrayFormat, encoded};
use crate::functions::FunctionError;

/// How long an HTTP task may take (developer guide, "Call third-party APIs").
const TIMEOUT: Duration = Duration::from_mins(1);
/// How much of an answer an HTTP task asks for (as there).
const RANGE: &str = "bytes=0-262144";
/// How a task asks an API who it is (developer guide, "Create API Gateway REST APIs with Step Functions").
const AUTHORIZATIONS: [&str; 3] = ["NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY"];
/// The methods of both tasks (as in the guide).
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
/// Headers that fail an HTTP task (as there), and what others begin with that do.
const FORBIDDEN: [&str; 32] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
];
const FORBIDDEN_STARTS: [&str; 3] = ["x-forwarded-", "x-amz-", "x-amzn-"];

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

    /// Why AWS does not even start the task, if it does not: what is recorded or documented that a task may not have.
    pub(crate) fn refusal(self, parameters: &Value) -> Option<String> {
        let why = match self {
            Self::ApiGateway => api_gateway_refusal(parameters),
            Self::Http => http_refusal(parameters),
        }?;
        Some(format!("The Parameters '{parameters}' could not be used to start the Task: [{why}]"))
    }

    /// The request; an error says which parameter is missing.
    pub(crate) fn request(
        self,
        endpoint: &EndpointUrl,
        parameters: &Value,
        region: &str,
    ) -> Result<EndpointRequest, String> {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let required =
            |name: &str| text(name).ok_or_else(|| format!("the parameter `{name}` is missing or not a text"));
        let target = required("ApiEndpoint")?;
        let method = required("Method")?.to_owned();
        let path = match self {
            Self::ApiGateway => {
                let stage = text("Stage").map(|stage| format!("/{}", stage.trim_matches('/'))).unwrap_or_default();
                stage + &text("Path").map(|path| format!("/{}", path.trim_start_matches('/'))).unwrap_or_default()
            }
            // Host and scheme give way to the double's; everything after them stays.
            Self::Http => taken_apart(target).1.to_owned(),
        };
        let path = with_query(&path, parameters);
        let (mut headers, content_type, format) = match self {
            Self::ApiGateway => (pairs(parameters.get("Headers")), "application/json", None),
            Self::Http => {
                let format = ArrayFormat::of(parameters)?;
                (http_headers(parameters, region), "application/json; charset=UTF-8", format)
            }
        };
        let mut body = parameters.get("RequestBody").filter(|body| !body.is_null()).map(Cow::Borrowed);
        let drops_nulls = self == Self::ApiGateway && parameters.get("AllowNullValues") != Some(&Value::Bool(true));
        if let Some(body) = body.as_mut().filter(|_| drops_nulls) {
            drop_nulls(body.to_mut());
        }
        let body = body.as_deref();
        let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if body.is_some() && !has_type {
            headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        }
        let form = body.zip(format).and_then(|(body, format)| format.body(body));
        let body = match (form, body) {
            (Some(form), _) => form.into_bytes(),
            (None, None) => Vec::new(),
            (None, Some(Value::String(text))) if has_type => text.as_bytes().to_vec(),
            (None, Some(body)) => body.to_string().into_bytes(),
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

/// Takes the fields out that are null: an API is sent none unless `AllowNullValues` says so (developer guide, "Create API
/// Gateway REST APIs with Step Functions"). The items of lists keep their places.
fn drop_nulls(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The headers of an HTTP task: its own, and those that Step Functions sets.
pub(crate) fn http_headers(parameters: &Value, region: &str) -> Vec<(String, String)> {
    let set = [("User-Agent", format!("Amazon|StepFunctions|HttpInvoke|{region}")), ("Range", RANGE.to_owned())];
    let mut headers = pairs(parameters.get("Headers"));
    headers.retain(|(name, _)| !set.iter().any(|(set, _)| name.eq_ignore_ascii_case(set)));
    headers.extend(set.map(|(name, value)| (name.to_owned(), value)));
    headers
}

/// A URL or a path with the query that the parameters ask for.
pub(crate) fn with_query(url: &str, parameters: &Value) -> String {
    let mut all = url.to_owned();
    for (name, value) in pairs(parameters.get("QueryParameters")) {
        let separator = if all.contains('?') { "&" } else { "?" };
        all.extend([separator, &encoded(&name), "=", &encoded(&value)]);
    }
    all
}

/// What a call of an API has that it may not have. As recorded in 2024, the values of `Headers` are lists; what else is
/// asked of the parameters is documented, and its words are those of the recording or ours.
fn api_gateway_refusal(parameters: &Value) -> Option<String> {
    let malformed = |name: &str| Some(format!("The value of the field '{name}' has an invalid format"));
    for name in ["Headers", "QueryParameters"] {
        let given = parameters.get(name).filter(|given| !given.is_null());
        let are_lists = |given: &Value| given.as_object().is_some_and(|given| given.values().all(Value::is_array));
        if given.is_some_and(|given| !are_lists(given)) {
            return malformed(name);
        }
    }
    if parameters.get("ApiEndpoint").and_then(Value::as_str).is_some_and(|host| host.contains('/')) {
        return malformed("ApiEndpoint");
    }
    none_of("Method", parameters, &METHODS).or_else(|| none_of("AuthType", parameters, &AUTHORIZATIONS))
}

/// A value that is none of those that there are.
fn none_of(name: &str, parameters: &Value, known: &[&str]) -> Option<String> {
    let value = parameters.get(name)?.as_str().filter(|value| !known.contains(value))?;
    Some(format!("The value '{value}' of the field '{name}' is not one of {}", known.join(", ")))
}

/// What an HTTP task has that it may not have. The words are ours.
fn http_refusal(parameters: &Value) -> Option<String> {
    if let Some(why) = none_of("Method", parameters, &METHODS) {
        return Some(why);
    }
    for name in parameters.get("Headers").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        let lower = name.to_ascii_lowercase();
        if FORBIDDEN.contains(&lower.as_str()) || FORBIDDEN_STARTS.iter().any(|start| lower.starts_with(start)) {
            return Some(format!("The header '{name}' cannot be used"));
        }
    }
    ArrayFormat::of(parameters).err()
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
