//! From state to state.

use serde_json::Value;

use super::branch::Activity;
use super::cursor::At;
use super::{Effect, EventKind, Failure, Note, Outcome, Timer};
use crate::states::asl::{Choice, Next, Scope, Seconds, StateId, StateKind, Wait, WaitUntil, timestamp_since_epoch};
use crate::states::data::Data;
use crate::states::history::MAX_EVENTS;

/// The longest wait that a number in the input can ask for: AWS's largest number of seconds.
const MAX_SECONDS: f64 = 99_999_999.0;

impl At<'_, '_> {
    /// Enters the state that the branch has come to.
    pub(super) fn enter(&mut self) {
        let now = self.run.now;
        let here = self.here_mut();
        here.failures.clear();
        here.entered_at = now;
        let input = here.input.clone();
        let entered = self.note(Note::new(EventKind::StateEntered).first(input.text()));
        self.here_mut().entered = entered;
        self.perform();
    }

    /// Does what the state is there for; done again for every attempt.
    pub(super) fn perform(&mut self) {
        // Also what ends machines that go round in circles without ever waiting.
        if self.run.log.count() >= MAX_EVENTS - 1 {
            let cause = format!("The execution reached the maximum number of history events ({MAX_EVENTS}).");
            return self.run.end(Outcome::Failed(Failure::new("States.Runtime", cause)));
        }
        let input = self.here().input.clone();
        if let Err(failure) = self.attempt(&input) {
            self.fail_state(failure);
        }
    }

    fn attempt(&mut self, input: &Data) -> Result<(), Failure> {
        let state = self.state();
        if let StateKind::Fail { error, cause } = &state.kind {
            let error = error.as_ref().map(|words| self.words(words, input)).transpose()?;
            let cause = cause.as_ref().map(|words| self.words(words, input)).transpose()?;
            return Err(Failure { error, cause });
        }
        let effective = self.query(&state.input, input)?;
        match &state.kind {
            StateKind::Pass { result: Some(result) } => self.succeed_state(result),
            StateKind::Pass { result: None } => {
                let result = self.fill(state.parameters.as_ref(), &effective, None)?;
                self.succeed_state(&result)
            }
            StateKind::Succeed | StateKind::Fail { .. } => {
                let output = self.query(&state.output, &effective)?;
                self.leave(output, Next::End);
                Ok(())
            }
            StateKind::Choice { rules, default } => {
                let next = self.choose(rules, *default, &effective)?;
                let output = self.query(&state.output, &effective)?;
                self.leave(output, Next::State(next));
                Ok(())
            }
            StateKind::Wait(wait) => {
                let until = self.wait_until(wait, &effective)?;
                let output = self.query(&state.output, &effective)?;
                if until <= self.run.now {
                    self.leave(output, state.next);
                } else {
                    let key = self.arm(Activity::Waiting(output));
                    self.run.effects.push(Effect::Timer(Timer::Wait(key), until));
                }
                Ok(())
            }
            StateKind::Task(task) => self.invoke(task, &effective),
            StateKind::Parallel { branches } => self.fork(branches, &effective),
            StateKind::Map(map) => self.begin_map(map, &effective),
        }
    }

    /// The state has a result.
    pub(super) fn succeed_state(&mut self, result: &Data) -> Result<(), Failure> {
        let output = self.output(result)?;
        self.leave(output, self.state().next);
        Ok(())
    }

    /// The Wait state is over.
    pub(super) fn waited(&mut self) {
        match std::mem::replace(&mut self.here_mut().activity, Activity::Ready) {
            Activity::Waiting(output) => self.leave(output, self.state().next),
            other => unreachable!("the timer of a Wait state goes off while it waits, not while it is {other:?}"),
        }
    }

    /// Leaves the state for the next one, or for the end of the branch, which is the end of this cursor.
    pub(super) fn leave(&mut self, output: Data, next: Next) {
        let exited = self.note(Note::new(EventKind::StateExited).first(output.text()));
        let here = self.here_mut();
        here.serial = 0;
        here.activity = Activity::Ready;
        match (next, here.parent) {
            (Next::State(next), _) => {
                here.state = next;
                here.input = output;
                self.run.ready.push_back(self.branch);
            }
            (Next::End, None) => self.run.end(Outcome::Succeeded(output)),
            (Next::End, Some((parent, child))) => {
                self.run.drop_branch(self.branch);
                self.over(parent).join(child, output, exited);
            }
        }
    }

    fn choose(&self, rules: &[(Choice, StateId)], default: Option<StateId>, data: &Data) -> Result<StateId, Failure> {
        let context = || self.context(None);
        let scope = Scope { data: data.value(), context: &context };
        for (rule, next) in rules {
            let holds = rule.holds(&scope).map_err(|missing| {
                let why = format!(
                    "Invalid path '{}': The choice state's condition path references an invalid value.",
                    missing.0
                );
                self.runtime(&why)
            })?;
            if holds {
                return Ok(*next);
            }
        }
        default.ok_or_else(|| {
            let why = "Failed to transition out of the state. The state does not point to a next state.";
            self.failed_state("States.NoChoiceMatched", why)
        })
    }

    fn wait_until(&self, wait: &Wait, data: &Data) -> Result<std::time::Duration, Failure> {
        match wait {
            Wait::For(seconds) => Ok(self.run.now + self.seconds(seconds, data)?),
            Wait::Until(WaitUntil::At(at)) => Ok(*at),
            Wait::Until(WaitUntil::Path(path)) => {
                let value = self.select(path, data)?;
                value.as_str().and_then(timestamp_since_epoch).ok_or_else(|| {
                    let why = format!("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {value}", path.as_str());
                    self.runtime(&why)
                })
            }
        }
    }

    /// A number of seconds, from the definition or from the data.
    pub(super) fn seconds(&self, seconds: &Seconds, data: &Data) -> Result<std::time::Duration, Failure> {
        match seconds {
            Seconds::Of(duration) => Ok(*duration),
            Seconds::Path(path) => {
                let value: Value = self.select(path, data)?;
                let number = value.as_f64().filter(|number| (0.0..=MAX_SECONDS).contains(number));
                number.map(std::time::Duration::from_secs_f64).ok_or_else(|| {
                    let why = format!("Expected a non-negative integer at '{}', but got {value}", path.as_str());
                    self.runtime(&why)
                })
            }
        }
    }
}
