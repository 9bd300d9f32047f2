//! Services of AWS's JSON protocols behind an endpoint: the documented request, and what comes back as a task's result.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::{Answered, EndpointRequest, EndpointResponse};
use super::endpoint::EndpointUrl;
use crate::functions::FunctionError;

/// How long a service may take; the SDKs' own default is of this order.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A service that can be called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Protocol {
    /// As resources name it, as `aws-sdk:` resources do, and as signatures do.
    names: [&'static str; 3],
    /// What stands before the action in `X-Amz-Target`.
    target: &'static str,
    /// The version in `Content-Type`.
    version: &'static str,
    /// What stands before the name of an error: of optimised integrations, and of `aws-sdk:` ones.
    errors: [&'static str; 2],
    /// Whether the service's members begin with a small letter; in a definition all of them begin with a capital one.
    small: bool,
}

/// The services and their targets are those of the published models of AWS's SDKs.
const PROTOCOLS: &[Protocol] = &[
    Protocol::new(["dynamodb"; 3], "DynamoDB_20120810", "1.0", ["DynamoDB", "DynamoDb"]),
    Protocol::new(["sqs"; 3], "AmazonSQS", "1.0", ["SQS", "Sqs"]),
    Protocol::new(["events", "eventbridge", "events"], "AWSEvents", "1.1", ["EventBridge"; 2]),
    Protocol {
        small: true,
        ..Protocol::new(["states", "sfn", "states"], "AWSStepFunctions", "1.0", ["StepFunctions", "Sfn"])
    },
];

/// Services whose tasks are requests of their own.
const WEB: [&str; 2] = ["apigateway", "http"];

/// Refuses an endpoint for what no endpoint can answer: `--service NAME=URL` takes services, their actions and hosts.
pub(super) fn check_service(name: &str) -> Result<(), String> {
    let is_host = name.contains(['.', '[']) || name == "localhost" || has_port(name);
    if is_host || name == "lambda" || is_spoken(name) {
        return Ok(());
    }
    if !name.contains(':') {
        return Err(format!("{}, and no host such as api.example.com; {}", not_spoken(name), instead(name)));
    }
    check_action(name)
}

/// Refuses an endpoint for an action, such as `sns:publish`, whose service no endpoint can answer for. Other names may be
/// those of functions.
pub(super) fn check_action(name: &str) -> Result<(), String> {
    let action = name.strip_prefix("aws-sdk:").unwrap_or(name);
    match action.split_once(':') {
        Some((service, _)) if service != "arn" && !has_port(name) && !is_spoken(service) => {
            Err(format!("{}; {}", not_spoken(service), instead(service)))
        }
        _ => Ok(()),
    }
}

fn is_spoken(service: &str) -> bool {
    WEB.contains(&service) || service == "lambda" || Protocol::of(service).is_some()
}

fn has_port(name: &str) -> bool {
    name.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn not_spoken(service: &str) -> String {
    let known = Protocol::all().chain(WEB).collect::<Vec<_>>().join(", ");
    format!("`{service}` is no service whose protocol is spoken here ({known})")
}

fn instead(service: &str) -> String {
    format!("mock it by --mocks FILE, or handle it by --function {service}:ACTION=FILE.js")
}

impl Protocol {
    /// One whose members begin with a capital letter.
    const fn new(
        names: [&'static str; 3],
        target: &'static str,
        version: &'static str,
        errors: [&'static str; 2],
    ) -> Self {
        Self { names, target, version, errors, small: false }
    }

    /// The protocol of a service, by any of its names.
    pub(crate) fn of(service: &str) -> Option<&'static Self> {
        PROTOCOLS.iter().find(|protocol| protocol.names.contains(&service))
    }

    /// The names of all services that can be called.
    pub(crate) fn all() -> impl Iterator<Item = &'static str> {
        PROTOCOLS.iter().map(|protocol| protocol.names[0])
    }

    /// Every name of the service: an endpoint may have been given under any of them.
    pub(crate) fn names(&self) -> &[&'static str; 3] {
        &self.names
    }

    /// The call of an action.
    pub(crate) fn call(
        &self,
        endpoint: &EndpointUrl,
        action: &str,
        parameters: &Value,
        region: &str,
    ) -> EndpointRequest {
        let mut body = parameters.clone();
        self.flatten_texts(action, &mut body);
        if self.small {
            body = renamed(body, char::to_ascii_lowercase);
        }
        let action = with_first(action, char::to_ascii_uppercase);
        EndpointRequest {
            method: "POST".to_owned(),
            url: endpoint.below("/"),
            headers: vec![
                ("Content-Type".to_owned(), format!("application/x-amz-json-{}", self.version)),
                ("X-Amz-Target".to_owned(), format!("{}.{action}", self.target)),
                ("Authorization".to_owned(), authorization(self.names[2], region)),
            ],
            body: body.to_string().into_bytes(),
            timeout: TIMEOUT,
        }
    }

    /// Members that are text for the service and may be JSON in a definition (developer guide, on SQS and on events).
    fn flatten_texts(&self, action: &str, body: &mut Value) {
        let flatten = |value: Option<&mut Value>| {
            if let Some(value) = value
                && !value.is_string()
            {
                *value = Value::String(value.to_string());
            }
        };
        match (self.target, action) {
            ("AmazonSQS", "sendMessage") => flatten(body.get_mut("MessageBody")),
            ("AWSStepFunctions", "startExecution" | "startSyncExecution") => {
                // As recorded on AWS: an input of null is none.
                if let Some(members) = body.as_object_mut() {
                    members.retain(|name, value| name != "Input" || !value.is_null());
                }
                flatten(body.get_mut("Input"));
            }
            ("AWSEvents", "putEvents") => {
                for entry in body.get_mut("Entries").and_then(Value::as_array_mut).into_iter().flatten() {
                    flatten(entry.get_mut("Detail"));
                }
            }
            _ => {}
        }
    }

    /// The service as causes of optimised integrations name it (recorded, but for events).
    fn in_causes(&self) -> &'static str {
        match self.target {
            "DynamoDB_20120810" => "AmazonDynamoDBv2",
            "AWSEvents" => self.errors[0],
            target => target,
        }
    }

    /// The failure of a call that the service has refused; `sdk` for `aws-sdk:` integrations.
    pub(crate) fn refusal(&self, sdk: bool, status: u16, name: &str, message: &str, id: &str) -> FunctionError {
        let prefix = self.errors[usize::from(sdk)];
        // The names of Step Functions' own errors lack an ending that tasks see (recorded).
        let own = self.target == "AWSStepFunctions" && !name.ends_with("Exception");
        let error = format!("{prefix}.{name}{}", if own { "Exception" } else { "" });
        let cause = if sdk {
            format!("{message} (Service: {prefix}, Status Code: {status}, Request ID: {id})")
        } else {
            optimised_cause(message, self.in_causes(), status, name, id)
        };
        FunctionError { error, cause }
    }

    /// What a task makes of the answer.
    pub(crate) fn result(&self, answered: Answered, sdk: bool) -> Result<Value, FunctionError> {
        let prefix = self.errors[usize::from(sdk)];
        let answer =
            answered.map_err(|cause| FunctionError { error: format!("{prefix}.SdkClientException"), cause })?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!({}));
        if !(200..300).contains(&answer.status) {
            let name = error_name(&answer).unwrap_or_else(|| "Unknown".to_owned());
            let message =
                ["message", "Message"].iter().find_map(|member| value.get(*member)?.as_str()).unwrap_or("null");
            return Err(self.refusal(sdk, answer.status, &name, message, &request_id(&answer)));
        }
        let mut value = if self.small { renamed(value, char::to_ascii_uppercase) } else { value };
        if sdk && self.small {
            write_dates(&mut value);
        }
        // As recorded on AWS: what `events:putEvents` answers has none.
        let told = !sdk && self.target != "AWSEvents";
        if let (true, Some(members)) = (told, value.as_object_mut()) {
            let (http, sdk) = metadata(&answer);
            members.insert("SdkHttpMetadata".to_owned(), http);
            members.insert("SdkResponseMetadata".to_owned(), sdk);
        }
        Ok(value)
    }
}

/// A header in the shape that local services read the service and region from. It signs nothing.
pub(super) fn authorization(service: &str, region: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=stepgate/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

/// The error's name without its namespace, from the body's `__type` or the header. A member `Type` is none: Lambda says
/// there whose fault it was.
pub(super) fn error_name(answer: &EndpointResponse) -> Option<String> {
    let value: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let told = value.as_ref().and_then(|value| value.get("__type")?.as_str());
    let header = || answer.headers.get("x-amzn-errortype")?.to_str().ok();
    let name = told.or_else(header)?;
    let name = name.split(':').next().unwrap_or(name);
    Some(name.rsplit('#').next().unwrap_or(name).to_owned()).filter(|name| !name.is_empty())
}

/// The cause of a failed optimised integration.
pub(super) fn optimised_cause(message: &str, service: &str, status: u16, name: &str, id: &str) -> String {
    format!("{message} (Service: {service}; Status Code: {status}; Error Code: {name}; Request ID: {id}; Proxy: null)")
}

pub(super) fn request_id(answer: &EndpointResponse) -> String {
    let header = answer.headers.get("x-amzn-requestid").and_then(|value| value.to_str().ok());
    header.unwrap_or("null").to_owned()
}

/// `SdkHttpMetadata` and `SdkResponseMetadata`, which optimised integrations add.
fn metadata(answer: &EndpointResponse) -> (Value, Value) {
    let (mut all, mut single) = (Map::new(), Map::new());
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        single.insert(name.to_string(), Value::String(value.clone()));
        let values = all.entry(name.to_string()).or_insert_with(|| Value::Array(Vec::new()));
        values.as_array_mut().expect("only lists are put into it").push(Value::String(value));
    }
    let http = json!({ "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": answer.status });
    (http, json!({ "RequestId": request_id(answer) }))
}

/// Times of Step Functions' answers as text, as integrations by the SDK give them (recorded).
fn write_dates(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let seconds = value.as_f64().filter(|_| name.ends_with("Date"));
                let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                // A double has no exact milliseconds.
                let millis = time.and_then(|time| i64::try_from((time.as_nanos() + 500_000) / 1_000_000).ok());
                let time = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
                match time {
                    Some(time) => *value = Value::String(format!("{time:.3}")),
                    None => write_dates(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_dates),
        _ => {}
    }
}

fn renamed(value: Value, change: fn(&char) -> char) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (with_first(&name, change), renamed(value, change))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| renamed(item, change)).collect(),
        other => other,
    }
}

fn with_first(name: &str, change: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| change(&first)).into_iter().chain(letters).collect()
}
