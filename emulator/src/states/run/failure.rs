//! What becomes of a failure: another attempt, a catcher, or the end of a branch.

use serde_json::{Value, json};

use super::branch::Activity;
use super::cursor::At;
use super::sight::Sight;
use super::{Effect, EventKind, Key, Note, Outcome, Timer};
use crate::budget::Exhausted;
use crate::states::asl::{CatchOutput, Catcher, Next, StateKind};
use crate::states::data::{Data, OutOfBounds};

/// Most characters of an error's name and of its cause in an event of a history (API reference, `TaskFailedEventDetails`).
const MOST_ERROR: usize = 256;
const MOST_CAUSE: usize = 32_768;

/// An error name with its cause, either of which may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Failure {
    /// The name that `ErrorEquals` is compared with.
    pub(crate) error: Option<String>,
    /// What is shown.
    pub(crate) cause: Option<String>,
    /// Whether nothing can recover from it, whatever names it.
    pub(crate) terminal: bool,
}

impl Failure {
    /// A failure with a cause.
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: Some(error.into()), cause: Some(cause.into()), terminal: false }
    }

    /// A failure of which only the name is known.
    pub(crate) fn named(error: &str) -> Self {
        Self { error: Some(error.to_owned()), ..Self::default() }
    }

    /// A mistake of the endpoint's own.
    pub(crate) fn broken() -> Self {
        let cause = "This endpoint has panicked in work for the execution. That is a mistake of its own, of which its stderr \
                     tells: please report it.";
        Self::new("States.Runtime", cause)
    }

    /// The same failure, which no `Retry` and no `Catch` sees.
    pub(super) fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }

    /// The same failure as an event can tell it. That AWS cuts what is longer is inferred from the API's limits.
    pub(super) fn within_limits(mut self) -> Self {
        for (text, most) in [(&mut self.error, MOST_ERROR), (&mut self.cause, MOST_CAUSE)] {
            if let Some(text) = text
                && let Some((end, _)) = text.char_indices().nth(most)
            {
                text.truncate(end);
                text.shrink_to_fit();
            }
        }
        self
    }

    /// An event that tells of it.
    pub(super) fn note(&self, kind: EventKind) -> Note<'_> {
        Note { first: self.error.as_deref(), second: self.cause.as_deref(), ..Note::new(kind) }
    }

    /// Whether an `ErrorEquals` applies. `States.TaskFailed` stands for everything but time-outs (Step Functions
    /// developer guide, "Error handling"). What the interpreter itself cannot do, as a path that finds nothing, is
    /// caught by neither `States.ALL` nor its own name, as recorded on AWS; nor is any other `States.Runtime` (as there).
    fn is_among(&self, names: &[String], from_branch: bool) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        let timeout = matches!(error, "States.Timeout" | "States.HeartbeatTimeout");
        !self.terminal
            && error != "States.Runtime"
            && names.iter().any(|name| match name.as_str() {
                "States.ALL" => true,
                "States.TaskFailed" => !timeout,
                "States.Timeout" => timeout,
                "States.BranchFailed" => from_branch || error == "States.BranchFailed",
                name => name == error,
            })
    }
}

impl At<'_, '_> {
    /// A failure of the interpreter in this state, which nothing catches.
    pub(super) fn runtime(&self, why: &str) -> Failure {
        self.failed_state("States.Runtime", why).terminal()
    }

    /// The state asks for more than it may cost. Nothing catches that: what AWS does is not known.
    pub(super) fn exhausted(&self, exhausted: Exhausted) -> Failure {
        self.runtime(&format!("{exhausted}."))
    }

    /// Data that the state has made of other data, which may have become too deep. Nothing catches that: what AWS does is not
    /// known.
    pub(super) fn made(&self, value: Value) -> Result<Data, Failure> {
        Data::made(value).map_err(|why| self.out_of_bounds(why))
    }

    /// Data that others have made for the state.
    pub(super) fn bounded(&self, data: Data) -> Result<Data, Failure> {
        data.check().map_err(|why| self.out_of_bounds(why)).map(|()| data)
    }

    /// What the state would make is none that data may be.
    pub(super) fn out_of_bounds(&self, why: OutOfBounds) -> Failure {
        self.runtime(&format!("The state's data is {why}."))
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
        let failure = failure.within_limits();
        let from_branch = matches!(self.here().activity, Activity::Joining(_));
        // What is still under way in it has nobody left to answer to.
        self.abort_children(self.here().previous);
        self.here_mut().serial = 0;
        if !self.retry(&failure, from_branch) {
            self.catch(failure, from_branch);
        }
    }

    /// The map run of the state has failed.
    pub(super) fn fail_map(&mut self, failure: Failure) {
        self.here_mut().serial = 0;
        // As for the states inside: an attempt that is followed by another leaves no failed state.
        if self.retry(&failure, false) {
            return;
        }
        self.note(Note::new(EventKind::MapStateFailed));
        self.catch(failure, false);
    }

    /// Goes on with the catcher that a failure meets, or fails the branch.
    fn catch(&mut self, failure: Failure, from_branch: bool) {
        let catchers = &self.state().catch;
        match catchers.iter().position(|catcher| failure.is_among(&catcher.errors, from_branch)) {
            Some(entry) => {
                let catcher = &catchers[entry];
                self.observe(|findings| {
                    findings.catch = Some(entry);
                    findings.failure = Some(failure.clone());
                });
                if let Err(failure) = self.recover(catcher, failure) {
                    self.fail_branch(failure);
                }
            }
            None => self.fail_branch(failure),
        }
    }

    fn recover(&mut self, catcher: &Catcher, failure: Failure) -> Result<(), Failure> {
        let error = Data::from(json!({
            "Error": failure.error.unwrap_or_default(),
            "Cause": failure.cause.unwrap_or_default(),
        }));
        let sight = Sight { error_output: Some(&error), ..Sight::default() };
        let output = match &catcher.output {
            CatchOutput::Path(path) => self.put(path, &self.here().input, &error)?,
            CatchOutput::Template(template) => self.fill(template.as_ref(), &error, sight)?,
        };
        let assigned = self.assigned(catcher.assign.as_ref(), &error, sight)?;
        self.leave(output, assigned, Next::State(catcher.next));
        Ok(())
    }

    /// Begins the pause before the next attempt, if there is to be one.
    fn retry(&mut self, failure: &Failure, from_branch: bool) -> bool {
        let retry = &self.state().retry;
        let found = retry.iter().position(|retrier| failure.is_among(&retrier.errors, from_branch));
        let Some(entry) = found else { return false };
        let retrier = &retry[entry];
        let draw = if retrier.backoff.jitter { self.run.randomness.fraction() } else { 0.0 };
        self.observe(|findings| findings.retry = Some(entry));
        let earlier = self.run.trial.as_ref().map(|trial| trial.retries);
        let failures = &mut self.here_mut().failures;
        failures.resize(retry.len(), 0);
        failures[entry] = earlier.unwrap_or(failures[entry]);
        if failures[entry] >= retrier.attempts {
            return false;
        }
        failures[entry] += 1;
        let delay = retrier.backoff.delay(failures[entry], draw);
        if self.would_retry(delay) {
            self.run.end(Outcome::Failed(failure.clone()));
            return true;
        }
        let key = self.arm(Activity::Retrying);
        let at = self.run.now + delay;
        self.run.effects.push(Effect::Timer(Timer::Retry(key), at));
        true
    }

    /// The branch cannot go on: its siblings are dropped and the state that began it fails.
    fn fail_branch(&mut self, failure: Failure) {
        let is_task = matches!(self.state().kind, StateKind::Task(_));
        let branch = self.run.drop_branch(self.branch);
        let Some((parent, child)) = branch.parent else { return self.run.end(Outcome::Failed(failure)) };
        let failed = branch.previous;
        let mut parent = self.over(parent);
        parent.join_mut().children[child] = None;
        let state = parent.here().state;
        let is_map = matches!(parent.state().kind, StateKind::Map(_));
        if is_map {
            let note = Note::new(EventKind::MapIterationFailed).of(state).number(child);
            parent.run.record(note, failed);
        }
        // As recorded on AWS: a task that was under way is aborted even though it has failed by itself.
        if is_task && failed != branch.entered {
            parent.run.record(Note::new(EventKind::TaskStateAborted).of(branch.state), failed);
        }
        parent.abort_children(failed);
        // As recorded on AWS: what comes next follows the state that failed, and an attempt that is followed by
        // another leaves no failed state.
        parent.here_mut().previous = failed;
        parent.here_mut().serial = 0;
        if parent.retry(&failure, true) {
            return;
        }
        let kind = if is_map { EventKind::MapStateFailed } else { EventKind::ParallelStateFailed };
        parent.note(Note::new(kind));
        parent.catch(failure, true);
    }

    /// Drops the children of the branch, if it has any, and says so in the history, as what comes after `failed`.
    fn abort_children(&mut self, failed: u32) {
        let (state, is_map) = (self.here().state, matches!(self.state().kind, StateKind::Map(_)));
        let Activity::Joining(join) = &mut self.here_mut().activity else { return };
        let children: Vec<_> =
            join.children.iter_mut().enumerate().filter_map(|(child, place)| Some((child, place.take()?))).collect();
        for (child, dropped) in children {
            self.over(dropped).abort_children(failed);
            // It may have been about to enter a state; its place may be taken by another branch.
            self.run.ready.retain(|ready| *ready != dropped);
            let place = dropped;
            let dropped = self.run.drop_branch(place);
            if matches!(dropped.activity, Activity::MapRun(_)) {
                let key = Key { branch: place, serial: dropped.serial };
                self.run.effects.push(Effect::StopMapRun(key));
            }
            if is_map {
                let note = Note::new(EventKind::MapIterationAborted).of(state).number(child);
                self.run.record(note, failed);
            }
            let kind = match &self.plan.machine.state(dropped.state).kind {
                _ if dropped.entered == 0 => continue,
                StateKind::Task(_) => EventKind::TaskStateAborted,
                StateKind::Wait(_) => EventKind::WaitStateAborted,
                StateKind::Parallel { .. } => EventKind::ParallelStateAborted,
                StateKind::Map(_) => EventKind::MapStateAborted,
                _ => continue,
            };
            self.run.record(Note::new(kind).of(dropped.state), failed);
        }
    }
}
