//! What becomes of a failure: another attempt, a catcher, or the end of a branch.

use serde_json::{Map, Value};

use super::branch::Activity;
use super::cursor::At;
use super::{Effect, EventKind, Note, Outcome, Timer};
use crate::states::asl::{Next, StateKind};
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

    /// An event that tells of it.
    pub(super) fn note(&self, kind: EventKind) -> Note<'_> {
        Note { first: self.error.as_deref(), second: self.cause.as_deref(), ..Note::new(kind) }
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

impl At<'_, '_> {
    /// A failure of the interpreter in this state; nothing but its own name catches it.
    pub(super) fn runtime(&self, why: &str) -> Failure {
        self.failed_state("States.Runtime", why)
    }

    /// A failure with the cause that AWS puts around it.
    pub(super) fn failed_state(&self, error: &str, why: &str) -> Failure {
        let (name, entered) = (&self.state().name, self.here().entered);
        let cause =
            format!("An error occurred while executing the state '{name}' (entered at the event id #{entered}). {why}");
        Failure::new(error, cause)
    }

    /// The state has failed.
    pub(super) fn fail_state(&mut self, failure: Failure) {
        let state = self.state();
        let from_branch = matches!(self.here().activity, Activity::Joining(_));
        // What is still under way in it has nobody left to answer to.
        self.abort_children();
        self.here_mut().serial = 0;
        if self.retry(&failure, from_branch) {
            return;
        }
        let catcher = state.catch.iter().find(|catcher| failure.is_among(&catcher.errors, from_branch));
        let Some(catcher) = catcher else { return self.fail_branch(failure) };
        let mut error = Map::new();
        error.insert("Error".to_owned(), failure.error.unwrap_or_default().into());
        error.insert("Cause".to_owned(), failure.cause.unwrap_or_default().into());
        let input = self.here().input.clone();
        match self.put(&catcher.result, &input, &Data::from(Value::Object(error))) {
            Ok(output) => self.leave(output, Next::State(catcher.next)),
            Err(failure) => self.fail_branch(failure),
        }
    }

    /// Begins the pause before the next attempt, if there is to be one.
    fn retry(&mut self, failure: &Failure, from_branch: bool) -> bool {
        let retry = &self.state().retry;
        let found = retry.iter().position(|retrier| failure.is_among(&retrier.errors, from_branch));
        let Some(entry) = found else { return false };
        let retrier = &retry[entry];
        let draw = if retrier.backoff.jitter { self.run.randomness.fraction() } else { 0.0 };
        let failures = &mut self.here_mut().failures;
        failures.resize(retry.len(), 0);
        if failures[entry] >= retrier.attempts {
            return false;
        }
        failures[entry] += 1;
        let delay = retrier.backoff.delay(failures[entry], draw);
        let key = self.arm(Activity::Retrying);
        let at = self.run.now + delay;
        self.run.effects.push(Effect::Timer(Timer::Retry(key), at));
        true
    }

    /// The branch cannot go on: its siblings are dropped and the state that began it fails.
    fn fail_branch(&mut self, failure: Failure) {
        let branch = self.run.drop_branch(self.branch);
        let Some((parent, child)) = branch.parent else { return self.run.end(Outcome::Failed(failure)) };
        let mut parent = self.over(parent);
        parent.join_mut().children[child] = None;
        let state = parent.here().state;
        let is_map = matches!(parent.state().kind, StateKind::Map(_));
        let mut previous = branch.previous;
        if is_map {
            let note = Note::new(EventKind::MapIterationFailed).of(state).number(child);
            previous = parent.run.record(note, previous);
        }
        parent.abort_children();
        let kind = if is_map { EventKind::MapStateFailed } else { EventKind::ParallelStateFailed };
        let failed = parent.run.record(Note::new(kind).of(state), previous);
        parent.here_mut().previous = failed;
        parent.fail_state(failure);
    }

    /// Drops the children of the branch, if it has any, and says so in the history.
    fn abort_children(&mut self) {
        let (state, is_map) = (self.here().state, matches!(self.state().kind, StateKind::Map(_)));
        let Activity::Joining(join) = &mut self.here_mut().activity else { return };
        let children: Vec<_> =
            join.children.iter_mut().enumerate().filter_map(|(child, place)| Some((child, place.take()?))).collect();
        for (child, dropped) in children {
            self.over(dropped).abort_children();
            // It may have been about to enter a state; its place may be taken by another branch.
            self.run.ready.retain(|ready| *ready != dropped);
            let dropped = self.run.drop_branch(dropped);
            if is_map {
                let note = Note::new(EventKind::MapIterationAborted).of(state).number(child);
                self.run.record(note, dropped.previous);
                continue;
            }
            let kind = match &self.plan.machine.state(dropped.state).kind {
                _ if dropped.entered == 0 => continue,
                StateKind::Task(_) => EventKind::TaskStateAborted,
                StateKind::Wait(_) => EventKind::WaitStateAborted,
                StateKind::Parallel { .. } => EventKind::ParallelStateAborted,
                StateKind::Map(_) => EventKind::MapStateAborted,
                _ => continue,
            };
            self.run.record(Note::new(kind).of(dropped.state), dropped.previous);
        }
    }
}
