//! What becomes of a failure: another attempt, a catcher, or the end of a branch.

use serde_json::{Map, Value};

use super::branch::Activity;
use super::{Effect, Event, EventKind, Outcome, Plan, Run, Timer};
use crate::states::asl::{Next, State, StateKind};
use crate::states::data::Data;

/// An error name with its cause, either of which may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Failure {
    /// The name that `ErrorEquals` is compared with.
    pub(crate) error: Option<String>,
    /// What is shown.
    pub(crate) cause: Option<String>,
}

impl Failure {
    /// A failure with a cause.
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: Some(error.into()), cause: Some(cause.into()) }
    }

    /// A failure of which only the name is known.
    pub(crate) fn named(error: &str) -> Self {
        Self { error: Some(error.to_owned()), cause: None }
    }

    /// Whether an `ErrorEquals` applies. `States.ALL` leaves out what cannot be recovered from; `States.TaskFailed`
    /// stands for everything but time-outs (Step Functions developer guide, "Error handling").
    fn is_among(&self, names: &[String], from_branch: bool) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        let terminal = matches!(error, "States.Runtime" | "States.DataLimitExceeded");
        names.iter().any(|name| match name.as_str() {
            "States.ALL" => !terminal,
            "States.TaskFailed" => {
                error == "States.TaskFailed"
                    || !(terminal || matches!(error, "States.Timeout" | "States.HeartbeatTimeout"))
            }
            "States.Timeout" => matches!(error, "States.Timeout" | "States.HeartbeatTimeout"),
            "States.BranchFailed" => from_branch || error == "States.BranchFailed",
            name => name == error,
        })
    }
}

impl Run {
    /// A failure of the interpreter in a state; nothing but its own name catches it.
    pub(super) fn runtime(&self, plan: &Plan, index: u32, why: &str) -> Failure {
        self.failed_state(plan, index, "States.Runtime", why)
    }

    /// A failure with the cause that AWS puts around it.
    pub(super) fn failed_state(&self, plan: &Plan, index: u32, error: &str, why: &str) -> Failure {
        let Some(branch) = self.branch(index) else { return Failure::new(error, why) };
        let name = &plan.machine.state(branch.state).name;
        let entered = branch.entered;
        let cause =
            format!("An error occurred while executing the state '{name}' (entered at the event id #{entered}). {why}");
        Failure::new(error, cause)
    }

    /// A state has failed.
    pub(super) fn fail_state(&mut self, plan: &Plan, index: u32, failure: Failure) {
        let Some(branch) = self.branch(index) else { return };
        let state = plan.machine.state(branch.state);
        let from_branch = matches!(branch.activity, Activity::Joining(_));
        self.cancel_children(plan, index);
        if self.retry(index, state, &failure, from_branch) {
            return;
        }
        let catcher = state.catch.iter().find(|catcher| failure.is_among(&catcher.errors, from_branch));
        let Some(catcher) = catcher else { return self.fail_branch(plan, index, failure) };
        let mut error = Map::new();
        error.insert("Error".to_owned(), failure.error.unwrap_or_default().into());
        error.insert("Cause".to_owned(), failure.cause.unwrap_or_default().into());
        let Some(input) = self.branch(index).map(|branch| branch.input.clone()) else { return };
        match self.put(plan, index, &catcher.result, &input, &Data::from(Value::Object(error))) {
            Ok(output) => self.leave(plan, index, output, Next::State(catcher.next)),
            Err(failure) => self.fail_branch(plan, index, failure),
        }
    }

    /// Begins the pause before the next attempt, if there is to be one.
    fn retry(&mut self, index: u32, state: &State, failure: &Failure, from_branch: bool) -> bool {
        let found = state.retry.iter().position(|retrier| failure.is_among(&retrier.errors, from_branch));
        let Some(entry) = found else { return false };
        let retrier = &state.retry[entry];
        let draw = if retrier.backoff.jitter { self.randomness.fraction() } else { 0.0 };
        let Some(branch) = self.branch_mut(index) else { return false };
        branch.failures.resize(state.retry.len(), 0);
        if branch.failures[entry] >= retrier.attempts {
            return false;
        }
        branch.failures[entry] += 1;
        let delay = retrier.backoff.delay(branch.failures[entry], draw);
        let key = self.arm(index, Activity::Retrying);
        self.effects.push(Effect::Timer(Timer::Retry(key), self.now + delay));
        true
    }

    /// A branch cannot go on: its siblings are dropped and the state that began it fails.
    fn fail_branch(&mut self, plan: &Plan, index: u32, failure: Failure) {
        let Some(branch) = self.drop_branch(index) else { return };
        let Some((parent, child)) = branch.parent else { return self.end(Outcome::Failed(failure)) };
        let Some(parent_branch) = self.branch_mut(parent) else { return };
        if let Activity::Joining(join) = &mut parent_branch.activity {
            join.children[child] = None;
        }
        let state = parent_branch.state;
        let is_map = matches!(plan.machine.state(state).kind, StateKind::Map(_));
        let mut previous = branch.previous;
        if is_map {
            let event = self.event(EventKind::MapIterationFailed, previous);
            previous = self.record(Event { state: Some(state.0), number: u32::try_from(child).ok(), ..event });
        }
        self.abort_children(plan, parent);
        let kind = if is_map { EventKind::MapStateFailed } else { EventKind::ParallelStateFailed };
        let failed = self.record(self.event(kind, previous));
        if let Some(parent) = self.branch_mut(parent) {
            parent.previous = failed;
        }
        self.fail_state(plan, parent, failure);
    }

    /// Drops the children of a branch and says so in the history.
    fn abort_children(&mut self, plan: &Plan, index: u32) {
        let Some(branch) = self.branch_mut(index) else { return };
        let state = branch.state;
        let Activity::Joining(join) = &mut branch.activity else { return };
        let children: Vec<_> =
            join.children.iter_mut().enumerate().filter_map(|(child, place)| Some((child, place.take()?))).collect();
        let is_map = matches!(plan.machine.state(state).kind, StateKind::Map(_));
        for (child, dropped) in children {
            self.abort_children(plan, dropped);
            let Some(dropped) = self.drop_branch(dropped) else { continue };
            let kind = match &plan.machine.state(dropped.state).kind {
                _ if is_map => Some(EventKind::MapIterationAborted),
                _ if dropped.entered == 0 => None,
                StateKind::Task(_) => Some(EventKind::TaskStateAborted),
                StateKind::Wait(_) => Some(EventKind::WaitStateAborted),
                StateKind::Parallel { .. } => Some(EventKind::ParallelStateAborted),
                StateKind::Map(_) => Some(EventKind::MapStateAborted),
                _ => None,
            };
            if let Some(kind) = kind {
                let number = if is_map { u32::try_from(child).ok() } else { None };
                let state = if is_map { Some(state.0) } else { None };
                self.record(Event { state, number, ..self.event(kind, dropped.previous) });
            }
        }
    }

    /// Drops the children of a branch that were still under way when it failed by itself.
    fn cancel_children(&mut self, plan: &Plan, index: u32) {
        self.abort_children(plan, index);
        if let Some(branch) = self.branch_mut(index) {
            branch.serial = 0;
        }
    }
}
