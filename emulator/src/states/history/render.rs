//! Events as `GetExecutionHistory` shows them.

use super::{Event, EventKind, Note};
use crate::java::{read_json, write_json};
use crate::states::asl::{Machine, State, StateKind, Target, Task};
use crate::states::wire::Object;

/// What events say of their machine.
pub(crate) struct Setting<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) role_arn: &'a str,
    pub(crate) region: &'a str,
    /// `includeExecutionData`
    pub(crate) with_data: bool,
}

impl Setting<'_> {
    /// Writes one event in the shape of AWS.
    pub(crate) fn render(&self, id: u32, event: &Event<'_>, shown: &mut Object<'_>) {
        let note = &event.note;
        let state = note.state.and_then(|state| self.machine.states.get(state as usize));
        shown.time("timestamp", event.at);
        match (note.kind, state) {
            (EventKind::StateEntered, Some(state)) => shown.text("type", &format!("{}StateEntered", state.kind.name())),
            (EventKind::StateExited, Some(state)) => shown.text("type", &format!("{}StateExited", state.kind.name())),
            (kind, _) => shown.text("type", kind.name()),
        };
        shown.number("id", id.into()).number("previousEventId", event.previous.into());
        if let Some(field) = details_field(note.kind) {
            shown.object(field, |details| self.details(note, state, details));
        }
    }

    fn details(&self, note: &Note<'_>, state: Option<&State>, details: &mut Object<'_>) {
        use EventKind as Kind;
        match note.kind {
            Kind::ExecutionStarted => {
                self.payload("input", note, details);
                details.text("roleArn", self.role_arn);
            }
            Kind::StateEntered => {
                details.maybe_text("name", state.map(|state| &*state.name));
                self.payload("input", note, details);
            }
            Kind::StateExited => {
                details.maybe_text("name", state.map(|state| &*state.name));
                self.payload("output", note, details);
                self.assigned(note, details);
            }
            Kind::EvaluationFailed => {
                details.text("error", "States.QueryEvaluationError").maybe_text("cause", note.second);
                details.maybe_text("location", note.first).maybe_text("state", state.map(|state| &*state.name));
            }
            Kind::ExecutionSucceeded | Kind::LambdaFunctionSucceeded | Kind::ActivitySucceeded => {
                self.payload("output", note, details);
            }
            Kind::ActivityStarted => {
                details.maybe_text("workerName", note.first);
            }
            Kind::LambdaFunctionScheduled | Kind::ActivityScheduled => {
                details.maybe_text("resource", state.and_then(task).map(|task| &*task.resource.text));
                self.payload("input", note, details);
                times(note, details);
            }
            Kind::TaskScheduled => {
                resource(state, details);
                details.text("region", self.region).maybe_text("parameters", note.first.filter(|_| self.with_data));
                times(note, details);
            }
            Kind::TaskStarted => resource(state, details),
            Kind::TaskSubmitted | Kind::TaskSucceeded => {
                resource(state, details);
                self.payload("output", note, details);
            }
            Kind::TaskFailed | Kind::TaskTimedOut => {
                resource(state, details);
                failure(note, details);
            }
            Kind::MapStateStarted => {
                details.number("length", note.number.unwrap_or_default().into());
            }
            Kind::MapIterationStarted
            | Kind::MapIterationSucceeded
            | Kind::MapIterationFailed
            | Kind::MapIterationAborted => {
                details.maybe_text("name", state.map(|state| &*state.name));
                details.number("index", note.number.unwrap_or_default().into());
            }
            Kind::MapRunStarted => {
                details.maybe_text("mapRunArn", note.first);
            }
            _ => failure(note, details),
        }
    }

    /// Each variable with its value as JSON text.
    fn assigned(&self, note: &Note<'_>, details: &mut Object<'_>) {
        let Some(text) = note.second.filter(|_| self.with_data) else { return };
        let variables = read_json(text).expect("what is assigned is one level above data, which can be read back");
        details.object("assignedVariables", |inner| {
            for (name, value) in variables.as_object().into_iter().flatten() {
                inner.text(name, &write_json(value));
            }
        });
        details.object("assignedVariablesDetails", |inner| {
            inner.flag("truncated", false);
        });
    }

    fn payload(&self, field: &str, note: &Note<'_>, details: &mut Object<'_>) {
        if let Some(text) = note.first.filter(|_| self.with_data) {
            details.text(field, text).object(&format!("{field}Details"), |inner| {
                inner.flag("truncated", false);
            });
        }
    }
}

/// Where the details of a kind stand; some kinds have none.
fn details_field(kind: EventKind) -> Option<&'static str> {
    use EventKind as Kind;
    Some(match kind {
        Kind::ExecutionStarted => "executionStartedEventDetails",
        Kind::ExecutionSucceeded => "executionSucceededEventDetails",
        Kind::ExecutionFailed => "executionFailedEventDetails",
        Kind::ExecutionTimedOut => "executionTimedOutEventDetails",
        Kind::ExecutionAborted => "executionAbortedEventDetails",
        Kind::StateEntered => "stateEnteredEventDetails",
        Kind::StateExited => "stateExitedEventDetails",
        Kind::EvaluationFailed => "evaluationFailedEventDetails",
        Kind::LambdaFunctionScheduled => "lambdaFunctionScheduledEventDetails",
        Kind::LambdaFunctionSucceeded => "lambdaFunctionSucceededEventDetails",
        Kind::LambdaFunctionFailed => "lambdaFunctionFailedEventDetails",
        Kind::LambdaFunctionTimedOut => "lambdaFunctionTimedOutEventDetails",
        Kind::TaskScheduled => "taskScheduledEventDetails",
        Kind::TaskStarted => "taskStartedEventDetails",
        Kind::TaskSubmitted => "taskSubmittedEventDetails",
        Kind::TaskSucceeded => "taskSucceededEventDetails",
        Kind::TaskFailed => "taskFailedEventDetails",
        Kind::TaskTimedOut => "taskTimedOutEventDetails",
        Kind::MapStateStarted => "mapStateStartedEventDetails",
        Kind::MapIterationStarted => "mapIterationStartedEventDetails",
        Kind::MapIterationSucceeded => "mapIterationSucceededEventDetails",
        Kind::MapIterationFailed => "mapIterationFailedEventDetails",
        Kind::MapIterationAborted => "mapIterationAbortedEventDetails",
        Kind::MapRunStarted => "mapRunStartedEventDetails",
        Kind::MapRunFailed => "mapRunFailedEventDetails",
        Kind::ActivityScheduled => "activityScheduledEventDetails",
        Kind::ActivityStarted => "activityStartedEventDetails",
        Kind::ActivitySucceeded => "activitySucceededEventDetails",
        Kind::ActivityFailed => "activityFailedEventDetails",
        Kind::ActivityTimedOut => "activityTimedOutEventDetails",
        Kind::LambdaFunctionStarted
        | Kind::TaskStateAborted
        | Kind::WaitStateAborted
        | Kind::ParallelStateStarted
        | Kind::ParallelStateSucceeded
        | Kind::ParallelStateFailed
        | Kind::ParallelStateAborted
        | Kind::MapStateSucceeded
        | Kind::MapStateFailed
        | Kind::MapStateAborted
        | Kind::MapRunSucceeded => return None,
    })
}

fn failure(note: &Note<'_>, details: &mut Object<'_>) {
    details.maybe_text("error", note.first).maybe_text("cause", note.second);
}

/// How long a task may take, and how long it may be silent.
fn times(note: &Note<'_>, details: &mut Object<'_>) {
    if let Some(seconds) = note.number {
        details.number("timeoutInSeconds", seconds.into());
    }
    if let Some(seconds) = note.second.and_then(|seconds| seconds.parse().ok()) {
        details.number("heartbeatInSeconds", seconds);
    }
}

fn task(state: &State) -> Option<&Task> {
    if let StateKind::Task(task) = &state.kind { Some(task) } else { None }
}

/// A service integration is shown as its service and its action, with the pattern at the end.
fn resource(state: Option<&State>, details: &mut Object<'_>) {
    let Some(resource) = state.and_then(task).map(|task| &task.resource) else { return };
    if let Target::Service { service, action, sdk } = &resource.target {
        let prefix = if *sdk { "aws-sdk:" } else { "" };
        let action = format!("{action}{}", resource.pattern.suffix());
        details.text("resourceType", &format!("{prefix}{service}")).text("resource", &action);
    }
}
