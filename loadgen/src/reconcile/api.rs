//! The actions of the Step Functions API that an account needs.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::rows::Standing;
use crate::record::StateMachine;

/// Why an action has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Step Functions refused: the error's name, such as `ExecutionDoesNotExist`, and its message.
    Refused(String, String),
    /// There was no answer, or none that can be understood: in words.
    Failed(String),
    /// A signal asked to stop.
    Stopped,
}

/// Calls actions of the Step Functions API, paced.
pub trait StepFunctionsApi {
    /// Calls one action and gives its answer.
    ///
    /// # Errors
    /// See [`CallError`]. What may be called again was called again.
    fn call(&mut self, action: &'static str, query: &Value) -> Result<Value, CallError>;
}

/// What paces calls: a clock that can be waited on.
pub(crate) trait ApiClock {
    /// Time since some beginning.
    fn now(&self) -> Duration;
    /// Waits; false when a signal asked to stop.
    fn wait(&self, duration: Duration) -> bool;
}

/// A row of `ListExecutions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListRow {
    pub(super) name: String,
    pub(super) status: String,
    /// Seconds since 1970.
    pub(super) start_date: f64,
    pub(super) stop_date: Option<f64>,
}

/// A page of `ListExecutions`, newest first.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListPage {
    pub(super) executions: Vec<ListRow>,
    pub(super) next_token: Option<String>,
}

/// What `DescribeExecution` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Description {
    status: String,
    start_date: f64,
    stop_date: Option<f64>,
    pub(super) error: Option<String>,
}

impl ListRow {
    pub(super) fn standing(&self) -> Standing {
        Standing::of(&self.status)
    }

    pub(super) fn start_ms(&self) -> u64 {
        milliseconds(self.start_date)
    }

    pub(super) fn took_ms(&self) -> u64 {
        self.stop_date.map_or(0, |stop| milliseconds(stop).saturating_sub(self.start_ms()))
    }
}

impl Description {
    pub(super) fn standing(&self) -> Standing {
        Standing::of(&self.status)
    }

    pub(super) fn took_ms(&self) -> u64 {
        self.stop_date.map_or(0, |stop| milliseconds(stop).saturating_sub(milliseconds(self.start_date)))
    }
}

/// A page of a machine's executions: the first one, or the one that a token names.
pub(super) fn list(
    api: &mut dyn StepFunctionsApi,
    machine: &StateMachine,
    token: Option<&str>,
) -> Result<ListPage, CallError> {
    let mut query = json!({ "stateMachineArn": machine.arn(), "maxResults": 1_000 });
    if let Some(token) = token {
        query["nextToken"] = json!(token);
    }
    understood("ListExecutions", api.call("ListExecutions", &query)?)
}

/// An execution; `None` if Step Functions does not know it.
pub(super) fn describe(api: &mut dyn StepFunctionsApi, arn: &str) -> Result<Option<Description>, CallError> {
    match api.call("DescribeExecution", &json!({ "executionArn": arn })) {
        Ok(answer) => understood("DescribeExecution", answer).map(Some),
        Err(CallError::Refused(name, _)) if name == "ExecutionDoesNotExist" => Ok(None),
        Err(other) => Err(other),
    }
}

/// Stops an execution; one that has ended stays as it ended. False if Step Functions does not know it.
pub(super) fn stop(api: &mut dyn StepFunctionsApi, arn: &str) -> Result<bool, CallError> {
    let query = json!({
        "executionArn": arn,
        "error": "loadgen.Stopped",
        "cause": "stopped by `loadgen reconcile --stop`",
    });
    match api.call("StopExecution", &query) {
        Ok(_) => Ok(true),
        Err(CallError::Refused(name, _)) if name == "ExecutionDoesNotExist" => Ok(false),
        Err(other) => Err(other),
    }
}

fn understood<T: for<'de> Deserialize<'de>>(action: &str, answer: Value) -> Result<T, CallError> {
    serde_json::from_value(answer)
        .map_err(|e| CallError::Failed(format!("the answer to {action} is not understood: {e}")))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time since 1970")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1e3).round() as u64
}
