//! From state to state.

use serde_json::Value;

use super::branch::Activity;
use super::{Effect, Event, EventKind, Failure, Outcome, Plan, Run, Timer};
use crate::states::asl::{
    Choice, Next, Scope, Seconds, State, StateId, StateKind, Wait, WaitUntil, timestamp_since_epoch,
};
use crate::states::data::Data;
use crate::states::history::MAX_EVENTS;

/// The longest wait that a number in the input can ask for: AWS's largest number of seconds.
const MAX_SECONDS: f64 = 99_999_999.0;

impl Run {
    /// Enters the state that a branch has come to.
    pub(super) fn enter(&mut self, plan: &Plan, index: u32) {
        let now = self.now;
        let Some(branch) = self.branch_mut(index) else { return };
        let (state, input, previous) = (branch.state, branch.input.clone(), branch.previous);
        branch.failures.clear();
        branch.entered_at = now;
        let event = self.event(EventKind::StateEntered, previous);
        let entered = self.record(Event { state: Some(state.0), first: Some(input.text()), ..event });
        if let Some(branch) = self.branch_mut(index) {
            branch.entered = entered;
            branch.previous = entered;
        }
        self.perform(plan, index);
    }

    /// Does what the state of a branch is there for; done again for every attempt.
    pub(super) fn perform(&mut self, plan: &Plan, index: u32) {
        // Also what ends machines that go round in circles without ever waiting.
        if self.log.count() >= MAX_EVENTS - 1 {
            let cause = format!("The execution reached the maximum number of history events ({MAX_EVENTS}).");
            return self.end(Outcome::Failed(Failure::new("States.Runtime", cause)));
        }
        let Some(branch) = self.branch(index) else { return };
        let state = plan.machine.state(branch.state);
        let input = branch.input.clone();
        if let Err(failure) = self.attempt(plan, index, state, &input) {
            self.fail_state(plan, index, failure);
        }
    }

    fn attempt(&mut self, plan: &Plan, index: u32, state: &State, input: &Data) -> Result<(), Failure> {
        if let StateKind::Fail { error, cause } = &state.kind {
            let error = error.as_ref().map(|words| self.words(plan, index, words, input)).transpose()?;
            let cause = cause.as_ref().map(|words| self.words(plan, index, words, input)).transpose()?;
            return Err(Failure { error, cause });
        }
        let effective = self.query(plan, index, &state.input, input)?;
        match &state.kind {
            StateKind::Pass { result: Some(result) } => self.succeed_state(plan, index, result),
            StateKind::Pass { result: None } => {
                let result = self.fill(plan, index, state.parameters.as_ref(), &effective, None)?;
                self.succeed_state(plan, index, &result)
            }
            StateKind::Succeed | StateKind::Fail { .. } => {
                let output = self.query(plan, index, &state.output, &effective)?;
                self.leave(plan, index, output, Next::End);
                Ok(())
            }
            StateKind::Choice { rules, default } => {
                let next = self.choose(plan, index, rules, *default, &effective)?;
                let output = self.query(plan, index, &state.output, &effective)?;
                self.leave(plan, index, output, Next::State(next));
                Ok(())
            }
            StateKind::Wait(wait) => {
                let until = self.wait_until(plan, index, wait, &effective)?;
                let output = self.query(plan, index, &state.output, &effective)?;
                if until <= self.now {
                    self.leave(plan, index, output, state.next);
                } else {
                    let key = self.arm(index, Activity::Waiting(output));
                    self.effects.push(Effect::Timer(Timer::Wait(key), until));
                }
                Ok(())
            }
            StateKind::Task(task) => self.invoke(plan, index, state, task, &effective),
            StateKind::Parallel { branches } => self.fork(plan, index, state, branches, &effective),
            StateKind::Map(map) => self.begin_map(plan, index, map, &effective),
        }
    }

    /// A state has a result.
    pub(super) fn succeed_state(&mut self, plan: &Plan, index: u32, result: &Data) -> Result<(), Failure> {
        let Some(branch) = self.branch(index) else { return Ok(()) };
        let state = plan.machine.state(branch.state);
        let output = self.output(plan, index, state, result)?;
        self.leave(plan, index, output, state.next);
        Ok(())
    }

    /// The Wait state of a branch is over.
    pub(super) fn waited(&mut self, plan: &Plan, index: u32) {
        let Some(branch) = self.branch_mut(index) else { return };
        let next = plan.machine.state(branch.state).next;
        if let Activity::Waiting(output) = std::mem::replace(&mut branch.activity, Activity::Ready) {
            self.leave(plan, index, output, next);
        }
    }

    /// Leaves a state for the next one, or for the end of the branch.
    pub(super) fn leave(&mut self, plan: &Plan, index: u32, output: Data, next: Next) {
        let Some(branch) = self.branch(index) else { return };
        let (state, previous) = (branch.state, branch.previous);
        let event = self.event(EventKind::StateExited, previous);
        let exited = self.record(Event { state: Some(state.0), first: Some(output.text()), ..event });
        let Some(branch) = self.branch_mut(index) else { return };
        branch.previous = exited;
        branch.serial = 0;
        branch.activity = Activity::Ready;
        match (next, branch.parent) {
            (Next::State(next), _) => {
                branch.state = next;
                branch.input = output;
                self.ready.push_back(index);
            }
            (Next::End, None) => self.end(Outcome::Succeeded(output)),
            (Next::End, Some((parent, child))) => {
                self.drop_branch(index);
                self.join(plan, parent, child, output, exited);
            }
        }
    }

    fn choose(
        &self,
        plan: &Plan,
        index: u32,
        rules: &[(Choice, StateId)],
        default: Option<StateId>,
        data: &Data,
    ) -> Result<StateId, Failure> {
        let context = || self.context(plan, index, None);
        let scope = Scope { data: data.value(), context: &context };
        for (rule, next) in rules {
            let holds = rule.holds(&scope).map_err(|missing| {
                let why = format!(
                    "Invalid path '{}': The choice state's condition path references an invalid value.",
                    missing.0
                );
                self.runtime(plan, index, &why)
            })?;
            if holds {
                return Ok(*next);
            }
        }
        default.ok_or_else(|| {
            let why = "Failed to transition out of the state. The state does not point to a next state.";
            self.failed_state(plan, index, "States.NoChoiceMatched", why)
        })
    }

    fn wait_until(&self, plan: &Plan, index: u32, wait: &Wait, data: &Data) -> Result<std::time::Duration, Failure> {
        match wait {
            Wait::For(seconds) => Ok(self.now + self.seconds(plan, index, seconds, data)?),
            Wait::Until(WaitUntil::At(at)) => Ok(*at),
            Wait::Until(WaitUntil::Path(path)) => {
                let value = self.select(plan, index, path, data)?;
                value.as_str().and_then(timestamp_since_epoch).ok_or_else(|| {
                    let why = format!("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {value}", path.as_str());
                    self.runtime(plan, index, &why)
                })
            }
        }
    }

    /// A number of seconds, from the definition or from the data.
    pub(super) fn seconds(
        &self,
        plan: &Plan,
        index: u32,
        seconds: &Seconds,
        data: &Data,
    ) -> Result<std::time::Duration, Failure> {
        match seconds {
            Seconds::Of(duration) => Ok(*duration),
            Seconds::Path(path) => {
                let value: Value = self.select(plan, index, path, data)?;
                let number = value.as_f64().filter(|number| (0.0..=MAX_SECONDS).contains(number));
                number.map(std::time::Duration::from_secs_f64).ok_or_else(|| {
                    let why = format!("Expected a non-negative integer at '{}', but got {value}", path.as_str());
                    self.runtime(plan, index, &why)
                })
            }
        }
    }
}
