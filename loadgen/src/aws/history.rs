//! Histories of executions, as `GetExecutionHistory` tells them.

use serde::Deserialize;
use serde_json::Value;

/// An execution and all that happened in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionHistory {
    /// Its ARN.
    pub(crate) execution_arn: String,
    /// How it stands, such as `SUCCEEDED`.
    pub(crate) status: String,
    /// Whether its workflow is EXPRESS.
    pub(crate) express: bool,
    /// What happened, in order.
    pub(crate) events: Vec<HistoryEvent>,
    /// Whether the embedded endpoint has forgotten what happened; AWS says nothing of the kind.
    #[serde(default)]
    pub(crate) forgotten: bool,
}

/// An event, as far as it counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryEvent {
    /// Its number, from 1.
    pub(crate) id: u64,
    /// The event that led to it; 0 for none.
    #[serde(default)]
    pub(crate) previous_event_id: u64,
    /// Its type, such as `TaskStateEntered`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// When, in seconds since 1970.
    pub(crate) timestamp: f64,
    /// What a function is called with.
    pub(crate) lambda_function_scheduled_event_details: Option<ScheduledFunction>,
    /// What a service is called with.
    pub(crate) task_scheduled_event_details: Option<ScheduledTask>,
    /// Why a function failed.
    lambda_function_failed_event_details: Option<Failure>,
    /// Why a task failed.
    task_failed_event_details: Option<Failure>,
    /// Why an activity failed.
    activity_failed_event_details: Option<Failure>,
    /// Why the execution failed.
    execution_failed_event_details: Option<Failure>,
    /// Which state was entered.
    state_entered_event_details: Option<EnteredState>,
}

/// A state that was entered.
#[derive(Debug, Clone, Deserialize)]
struct EnteredState {
    /// Its name.
    name: String,
}

/// Why something failed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Failure {
    /// The name of the error.
    #[serde(default)]
    pub(super) error: String,
    /// Its cause.
    #[serde(default)]
    pub(super) cause: String,
}

/// A function that is to be invoked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ScheduledFunction {
    /// Its ARN or name.
    pub(crate) resource: String,
}

/// A service that is to be called.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduledTask {
    /// The service, such as `lambda`.
    pub(crate) resource_type: String,
    /// The action, such as `invoke`.
    pub(crate) resource: String,
    /// The parameters, as JSON.
    pub(crate) parameters: Option<String>,
}

impl ExecutionHistory {
    /// When it began, in milliseconds since 1970.
    pub(super) fn began_ms(&self) -> u64 {
        self.events.first().map_or(0, HistoryEvent::at_ms)
    }

    /// The error that it failed with, if it did.
    pub(super) fn error(&self) -> Option<&str> {
        self.events
            .iter()
            .find_map(|event| event.execution_failed_event_details.as_ref())
            .map(|failure| &*failure.error)
    }

    /// The error and the cause with which it ended, and the state in which they came, as far as its events tell.
    #[must_use]
    pub(crate) fn failure(&self) -> Option<(&str, &str, &str)> {
        let last = self.events.last()?;
        let failure = last.execution_failed_event_details.as_ref();
        let (error, cause) = failure.map_or((&*self.status, ""), |failure| (&*failure.error, &*failure.cause));
        let of = |id: u64| self.events.iter().rfind(|event| event.id == id);
        let mut before = std::iter::successors(of(last.previous_event_id), |event| of(event.previous_event_id));
        let state = before.find_map(|event| event.state_entered_event_details.as_ref());
        Some((error, cause, state.map_or("", |state| &*state.name)))
    }

    /// Adds a row to a list of histories: one that is long goes on in the row that follows.
    pub(crate) fn gather(histories: &mut Vec<Self>, row: Self) {
        match histories.last_mut() {
            Some(last) if last.execution_arn == row.execution_arn => last.events.extend(row.events),
            _ => histories.push(row),
        }
    }

    /// How long it took, in milliseconds, as far as its events tell.
    pub(super) fn took_ms(&self) -> u64 {
        self.events.last().map_or(0, HistoryEvent::at_ms).saturating_sub(self.began_ms())
    }
}

impl HistoryEvent {
    /// When, in milliseconds since 1970.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "instants of this century")]
    pub(super) fn at_ms(&self) -> u64 {
        (self.timestamp * 1_000.0).round() as u64
    }

    /// The task that failed because nothing here answers it, by what its cause says.
    pub(super) fn without_double(&self) -> Option<&str> {
        let failures = [
            &self.lambda_function_failed_event_details,
            &self.task_failed_event_details,
            &self.activity_failed_event_details,
        ];
        let mut causes = failures.into_iter().flatten().map(|failure| failure.cause.as_str());
        causes.find_map(|cause| cause.split_once(" has no double here")).map(|(task, _)| task)
    }

    /// The name of the function that is to be invoked.
    pub(super) fn function(&self) -> Option<String> {
        if let Some(scheduled) = &self.lambda_function_scheduled_event_details {
            return Some(name_of(&scheduled.resource));
        }
        let task = self.task_scheduled_event_details.as_ref().filter(|task| task.resource_type == "lambda")?;
        let parameters: Value =
            serde_json::from_str(task.parameters.as_deref().unwrap_or_default()).unwrap_or_default();
        Some(name_of(parameters.get("FunctionName").and_then(Value::as_str).unwrap_or_default()))
    }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`, `NAME[:VERSION]`
fn name_of(function: &str) -> String {
    let name = function.split_once(":function:").map_or(function, |(_, name)| name);
    name.split(':').next().unwrap_or_default().to_owned()
}
