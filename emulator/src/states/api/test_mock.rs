//! What `TestState` is given in the place of a state's work, and what AWS refuses of it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::ApiError;
use super::members::Violations;
use crate::states::asl::{IntegrationPattern, Processor, State, StateKind, Target};
use crate::states::data::Data;
use crate::states::run::{Failure, Trial};

/// The members that are structures.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Structures {
    mock: Option<StateMock>,
    state_configuration: Configuration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StateMock {
    result: Option<String>,
    error_output: Option<ErrorOutput>,
    /// Results are not checked against the models of services here, whatever it says.
    field_validation_mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorOutput {
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration {
    retrier_retry_count: Option<u32>,
    map_iteration_failure_count: Option<u64>,
    map_item_reader_data: Option<String>,
}

/// A refusal in the words that were recorded.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::model("ValidationException", message)
}

impl Structures {
    /// Reads them from the envelope, whose other members have been read already.
    pub(super) fn parse(body: &[u8], violations: &mut Violations) -> Result<Self, ApiError> {
        let read: Self = serde_json::from_slice(body)
            .map_err(|_| ApiError::wrong_member("Unexpected token received from parser"))?;
        let mode = read.mock.as_ref().and_then(|mock| mock.field_validation_mode.as_deref());
        violations.check_value("mock.fieldValidationMode", mode, &["STRICT", "PRESENT", "NONE"]);
        Ok(read)
    }

    pub(super) fn has_mock(&self) -> bool {
        self.mock.is_some()
    }

    /// Fills in a trial of the state.
    pub(super) fn apply(self, state: &State, trial: &mut Trial) -> Result<(), ApiError> {
        let Self { mock, state_configuration } = self;
        let name = state.kind.name();
        if state_configuration.map_iteration_failure_count.is_some() && mock.is_none() {
            return Err(invalid("TestState does not support MapIterationFailureCount when a mock is not specified."));
        }
        trial.retries = state_configuration.retrier_retry_count.unwrap_or(0);
        if let Some(data) = &state_configuration.map_item_reader_data {
            // Only a list of items is read here; other formats stay where they are.
            trial.items = Data::parse(data).ok().and_then(|data| data.value().as_array().cloned());
        }
        let Some(StateMock { result, error_output, .. }) = mock else { return unmocked(state) };
        if !matches!(state.kind, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel { .. }) {
            return Err(invalid(format!("State type '{name}' is not supported when a mock is specified")));
        }
        trial.mock = Some(match (result, error_output) {
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "A test mock should have only one of the following fields: [result, errorOutput].",
                ));
            }
            (None, Some(ErrorOutput { error, cause })) => Err(Failure { error, cause, ..Failure::default() }),
            (None, None) => {
                return Err(invalid("A test mock should have one of the following fields: [result, errorOutput]."));
            }
            (Some(text), None) => {
                let result = Data::parse(&text).map_err(|_| invalid("Mocked result must be valid JSON"))?;
                check(state, result.value())?;
                let failed = state_configuration.map_iteration_failure_count;
                if let (Some(failed), Some(items)) = (failed, result.value().as_array())
                    && failed > items.len() as u64
                {
                    let why = "Map iteration failure count must be less than or equal to the number of Map iterations";
                    return Err(invalid(why));
                }
                trial.failed_items = failed;
                Ok(result)
            }
        });
        Ok(())
    }
}

/// What a state cannot do without a mock.
fn unmocked(state: &State) -> Result<(), ApiError> {
    match &state.kind {
        StateKind::Map(_) | StateKind::Parallel { .. } => {
            let why = "TestState API does not support Map or Parallel states. Supported state types include: [Task, \
                       Wait, Pass, Succeed, Fail, Choice]";
            Err(ApiError::model("InvalidDefinition", why))
        }
        // Documented; the words are not known.
        StateKind::Task(task)
            if task.resource.target == Target::Activity
                || task.resource.pattern != IntegrationPattern::RequestResponse =>
        {
            let why = format!("TestState supports {} only when a mock is specified", task.resource.text);
            Err(ApiError::model("InvalidDefinition", why))
        }
        _ => Ok(()),
    }
}

/// What a mocked result must be.
fn check(state: &State, result: &Value) -> Result<(), ApiError> {
    match &state.kind {
        StateKind::Map(map) => {
            let writes = matches!(&map.processor, Processor::Distributed(distributed) if distributed.writer.is_some());
            match result {
                Value::Object(_) if writes => Ok(()),
                Value::Array(_) if !writes => Ok(()),
                _ if writes => Err(invalid("Mocked result must be a JSON object.")),
                _ => Err(invalid("Mocked result must be an array.")),
            }
        }
        StateKind::Parallel { branches } => match result.as_array() {
            None => Err(invalid("Mocked result must be an array.")),
            Some(items) if items.len() != branches.len() => {
                let why = "Mocked result must contain the same number of items as number of Parallel branches.";
                Err(invalid(why))
            }
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The object that a text is.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    Data::parse(text).ok()?.value().as_object().cloned()
}

/// A context object in the place of the one that would be made.
pub(super) fn context(text: &str, state: &State) -> Result<Value, ApiError> {
    let refused = |why: &str| invalid(format!("Invalid Context object provided: {why}"));
    let given = object(text).ok_or_else(|| refused("must be a JSON object"))?;
    let known: [(&str, &[&str]); 4] = [
        ("Execution", &["Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"]),
        ("State", &["EnteredTime", "Name", "RetryCount"]),
        ("StateMachine", &["Id", "Name"]),
        ("Task", &["Token"]),
    ];
    for (name, value) in &given {
        if name == "Map" {
            return Err(refused("'Map' field is not supported when mocking a Context object"));
        }
        let Some((_, fields)) = known.iter().find(|(known, _)| known == name) else {
            return Err(refused(&format!("Field '{name}' is not allowed")));
        };
        for (field, value) in value.as_object().into_iter().flatten() {
            if !fields.contains(&field.as_str()) {
                return Err(refused(&format!("Field '{field}' is not allowed")));
            }
            let is_text = !matches!(field.as_str(), "Input" | "RetryCount" | "RedriveCount");
            if is_text && !value.is_string() {
                return Err(refused(&format!("{name}.{field} must be a string")));
            }
        }
    }
    let waits =
        matches!(&state.kind, StateKind::Task(task) if task.resource.pattern != IntegrationPattern::RequestResponse);
    if given.contains_key("Task") && !waits {
        let why = "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' \
                   service integration pattern";
        return Err(refused(why));
    }
    Ok(Value::Object(given))
}
