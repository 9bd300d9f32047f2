//! A recording of a deployment (`loadgen doctor --record FILE`), and what it shows of what is only inferred here.
//!
//! Everything is derived from the raw exchanges, so that a recording made for another version says as much.

use serde::Deserialize;

use crate::switches::Switch;

/// The version of the format that is read.
const SCHEMA: u32 = 1;

/// A recording: exchanges in the order in which they were made.
#[derive(Debug, Deserialize)]
pub struct Recording {
    schema: u32,
    /// The path of the execute method.
    execute: String,
    exchanges: Vec<RecordedExchange>,
}

#[derive(Debug, Deserialize)]
struct RecordedExchange {
    case: String,
    request: RecordedRequest,
    /// `None` where nothing was answered.
    response: Option<RecordedResponse>,
}

#[derive(Debug, Deserialize)]
struct RecordedRequest {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Debug, Deserialize)]
struct RecordedResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// What one exchange shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The switch that it decides.
    pub switch: Switch,
    /// Whether the deployment goes the other way than the default.
    pub turned: bool,
    /// The case that shows it.
    pub case: String,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// The text is no recording, or one of another version; says which.
    pub fn read(text: &str) -> Result<Self, String> {
        let recording: Self = serde_json::from_str(text).map_err(|error| format!("is not a recording: {error}"))?;
        if recording.schema != SCHEMA {
            return Err(format!("is a recording of version {}, not {SCHEMA}", recording.schema));
        }
        Ok(recording)
    }

    /// What it shows: at most one observation for each switch, by the first exchange that decides it.
    #[must_use]
    pub fn observations(&self) -> Vec<Observation> {
        let validates = self.exchanges.iter().any(RecordedExchange::is_refused_by_validator);
        let mut found: Vec<Observation> = Vec::new();
        for exchange in &self.exchanges {
            let Some(response) = &exchange.response else { continue };
            let shown = [
                caller_request_ids(&exchange.request, response),
                parser(exchange, response, validates),
                unrenderable_template(exchange, response),
                self.unknown_stage(&exchange.request, response),
                front_door(response),
                error_package(response),
            ];
            for (switch, turned) in shown.into_iter().flatten() {
                if !found.iter().any(|known| known.switch == switch) {
                    found.push(Observation { switch, turned, case: exchange.case.clone() });
                }
            }
        }
        found
    }

    /// A path of another stage than that of the execute method.
    fn unknown_stage(&self, request: &RecordedRequest, response: &RecordedResponse) -> Option<(Switch, bool)> {
        let stage = |path: &str| path.trim_start_matches('/').split(['/', '?']).next().map(str::to_owned);
        if response.status != 403 || stage(&request.path) == stage(&self.execute) {
            return None;
        }
        match response.message().as_deref() {
            Some("Missing Authentication Token") => Some((Switch::UnknownStage, false)),
            Some("Forbidden") => Some((Switch::UnknownStage, true)),
            _ => None,
        }
    }
}

impl RecordedExchange {
    /// Whether a request validator has refused the body: a template that cannot be rendered is told in other words.
    fn is_refused_by_validator(&self) -> bool {
        self.response.as_ref().is_some_and(|response| {
            response.status == 400 && response.message().as_deref() == Some("Invalid request body")
        })
    }
}

impl RecordedRequest {
    fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether it is a start with a JSON content type, and why its body is not JSON.
    fn mistake(&self) -> Option<serde_json::Error> {
        let json = self.header("content-type").is_none_or(|media| media.starts_with("application/json"));
        if self.method != "POST" || !json || self.body.is_empty() {
            return None;
        }
        serde_json::from_str::<serde::de::IgnoredAny>(&self.body).err()
    }
}

impl RecordedResponse {
    fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    fn member(&self, names: &[&str]) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        names.iter().find_map(|name| body.get(*name)?.as_str().map(str::to_owned))
    }

    fn message(&self) -> Option<String> {
        self.member(&["message", "Message"])
    }

    /// The ARN of the execution that it tells of.
    fn execution(&self) -> Option<String> {
        self.member(&["executionArn"])
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// A caller who sends a UUID and no key of its own: is it the execution's name?
fn caller_request_ids(request: &RecordedRequest, response: &RecordedResponse) -> Option<(Switch, bool)> {
    let chosen = request.header("x-amzn-requestid").filter(|id| id.len() == 36)?;
    if request.header("idempotency-key").is_some() {
        return None;
    }
    let arn = response.execution()?;
    Some((Switch::CallerRequestIds, !arn.split(':').any(|part| part == chosen)))
}

/// A body that is not JSON: who has read it, the validator or the template?
fn parser(exchange: &RecordedExchange, response: &RecordedResponse, validates: bool) -> Option<(Switch, bool)> {
    // A body that is cut short is no JSON to the most lenient parser either.
    exchange.request.mistake().filter(|error| !error.is_eof())?;
    match (response.execution().is_some(), exchange.is_refused_by_validator()) {
        (true, _) if validates => Some((Switch::ValidatorParser, true)),
        (true, _) => Some((Switch::BodyParser, false)),
        (false, true) => Some((Switch::ValidatorParser, false)),
        (false, false) if matches!(response.status, 400 | 500) && response.message().is_some() => {
            Some((Switch::BodyParser, true))
        }
        (false, false) => None,
    }
}

/// A body that is cut short, where no validator stands before the template.
fn unrenderable_template(exchange: &RecordedExchange, response: &RecordedResponse) -> Option<(Switch, bool)> {
    exchange.request.mistake().filter(serde_json::Error::is_eof)?;
    match response.status {
        500 => Some((Switch::UnrenderableTemplate, false)),
        400 if response.message().as_deref() == Some("Bad Request") => Some((Switch::UnrenderableTemplate, true)),
        _ => None,
    }
}

/// What the front door answers by itself.
fn front_door(response: &RecordedResponse) -> Option<(Switch, bool)> {
    if !matches!(response.status, 413 | 414 | 431) {
        return None;
    }
    Some((Switch::FrontDoor, response.header("content-type")?.starts_with("application/json")))
}

/// An error that is not of Step Functions' own model.
fn error_package(response: &RecordedResponse) -> Option<(Switch, bool)> {
    let kind = response.member(&["__type"])?;
    let (package, name) = kind.split_once('#')?;
    let shared = ["ValidationException", "ThrottlingException", "UnknownOperationException"].contains(&name);
    shared.then_some((Switch::ErrorPackage, !package.starts_with("com.amazon.coral.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(request: &str, response: &str) -> Recording {
        let text = format!(
            r#"{{"schema":1,"execute":"/prod/execute","exchanges":[{{"case":"c","request":{request},"response":{response}}}]}}"#
        );
        Recording::read(&text).unwrap()
    }

    fn shown(request: &str, response: &str) -> Vec<(Switch, bool)> {
        recording(request, response).observations().into_iter().map(|it| (it.switch, it.turned)).collect()
    }

    const POST: &str =
        r#"{"method":"POST","path":"/prod/execute","headers":[["Content-Type","application/json"]],"body":"not json"}"#;

    #[test]
    fn each_way_of_a_switch_is_seen_in_raw_exchanges() {
        let started = r#"{"status":200,"headers":[],"body":"{\"executionArn\":\"arn:aws:states:::execution:m:n\"}"}"#;
        let refused = r#"{"status":400,"headers":[["x-amzn-ErrorType","BadRequestException"]],"body":"{\"message\":\"Invalid request body\"}"}"#;
        let failed = r#"{"status":500,"headers":[],"body":"{\"message\":\"Internal server error\"}"}"#;
        assert_eq!(shown(POST, started), [(Switch::BodyParser, false)]);
        assert_eq!(shown(POST, refused), [(Switch::ValidatorParser, false)]);
        assert_eq!(shown(POST, failed), [(Switch::BodyParser, true)]);
        let typed = |package: &str| {
            format!(r#"{{"status":200,"headers":[],"body":"{{\"__type\":\"{package}#ValidationException\"}}"}}"#)
        };
        let get = r#"{"method":"GET","path":"/prod/executions/n","headers":[],"body":""}"#;
        assert_eq!(shown(get, &typed("com.amazon.coral.validate")), [(Switch::ErrorPackage, false)]);
        assert_eq!(shown(get, &typed("com.amazonaws.swf.service.v2.model")), [(Switch::ErrorPackage, true)]);
    }

    #[test]
    fn what_is_no_recording_is_refused_with_a_reason() {
        assert!(Recording::read("{}").unwrap_err().starts_with("is not a recording: missing field"));
        let later = r#"{"schema":2,"execute":"/","exchanges":[]}"#;
        assert_eq!(Recording::read(later).unwrap_err(), "is a recording of version 2, not 1");
    }
}
