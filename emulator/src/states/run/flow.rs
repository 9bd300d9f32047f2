//! From state to state.

use std::time::Duration;

use serde_json::Value;

use super::branch::Activity;
use super::cursor::At;
use super::sight::Sight;
use super::{Effect, EventKind, Failure, Note, Outcome, Run, Timer};
use crate::states::asl::{
    Amount, Assigned, ChoiceRule, Condition, ContextObject, Flow, Next, Scope, Seconds, StateKind, Undecided, Wait,
    WaitUntil, timestamp_since_epoch,
};
use crate::states::data::Data;
use crate::states::history::MAX_EVENTS;
use crate::switches::Switch;

/// Most bytes of texts in a history, and most that the variables of all branches take together. AWS bounds the number of
/// events, and the variables of each branch, alone: circles and maps would otherwise keep gigabytes.
const MAX_HELD: usize = 48 << 20;
/// Bytes that each may have besides for each byte of the execution's input.
const HELD_PER_BYTE: usize = 10;

/// The longest wait: AWS keeps its seconds in 31 bits (recorded: 24,855 days wait, 24,856 do not).
const LONGEST_WAIT: Duration = Duration::from_secs(0x7fff_ffff);

impl Run {
    /// Most bytes of its history, and most of the variables of all branches.
    pub(super) fn most_held(&self) -> usize {
        MAX_HELD + HELD_PER_BYTE * self.identity.input.text().len()
    }
}

impl At<'_, '_> {
    /// Enters the state that the branch has come to.
    pub(super) fn enter(&mut self) {
        if self.stalls() {
            self.arm(Activity::Waiting);
            return;
        }
        let now = self.run.now;
        let here = self.here_mut();
        here.failures.clear();
        here.entered_at = now;
        here.before = here.previous;
        let input = here.input.clone();
        let entered = self.note(Note::new(EventKind::StateEntered).first(input.text()));
        self.here_mut().entered = entered;
        self.perform();
    }

    /// Whether AWS never enters this state: recorded of a Map with a negative `MaxConcurrencyPath`.
    fn stalls(&self) -> bool {
        let StateKind::Map(map) = &self.state().kind else { return false };
        let Amount::Path { source, .. } = &map.concurrency else { return false };
        let limit = self.effective().and_then(|effective| self.select(source, &effective));
        let negative = limit.is_ok_and(|limit| Amount::found(&limit).as_i64().is_some_and(i64::is_negative));
        negative && !self.plan.switches.is_turned(Switch::NegativeConcurrency)
    }

    /// Does what the state is there for; done again for every attempt.
    pub(super) fn perform(&mut self) {
        // Also what ends machines that go round in circles without ever waiting.
        if self.run.log.count() >= MAX_EVENTS - 1 {
            let cause = format!("The execution reached the maximum number of history events ({MAX_EVENTS}).");
            return self.run.end(Outcome::Failed(Failure::new("States.Runtime", cause)));
        }
        if self.run.log.size() > self.run.most_held() {
            let cause = format!("The execution's history is larger than the {MAX_HELD} bytes that are kept here.");
            return self.run.end(Outcome::Failed(Failure::new("States.Runtime", cause)));
        }
        if self.run.held() > self.run.most_with_others {
            let cause =
                "The histories and variables of all open executions are larger than what is kept here.".to_owned();
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
            if matches!(state.flow, Flow::Paths(_)) {
                self.observe(|findings| findings.after_input_path = Some(input.clone()));
            }
            let error = error.as_ref().map(|words| self.words(words, input)).transpose()?;
            let cause = cause.as_ref().map(|words| self.words(words, input)).transpose()?;
            return Err(Failure { error, cause, ..Failure::default() });
        }
        let effective = self.effective()?;
        // As recorded on AWS: neither a fixed result nor the mock of branches has a use for it.
        let is_used = !matches!(&state.kind, StateKind::Pass { result: Some(_) } | StateKind::Parallel { .. });
        if is_used && matches!(state.flow, Flow::Paths(_)) {
            self.observe(|findings| findings.after_input_path = Some(effective.clone()));
        }
        match &state.kind {
            StateKind::Pass { result: Some(result) } => self.conclude(result, state.next),
            StateKind::Pass { result: None } => {
                let result = self.fill(state.flow.arguments(), &effective, Sight::default())?;
                if matches!(state.flow, Flow::Paths(_)) {
                    self.observe_arguments(&result);
                }
                self.conclude(&result, state.next)
            }
            StateKind::Succeed | StateKind::Fail { .. } => self.conclude(&effective, Next::End),
            StateKind::Choice { rules, default } => {
                if let Some(rule) = self.choose(rules, &effective)? {
                    return self.conclude_by(Some(rule), &effective, Next::State(rule.next));
                }
                let default = default.ok_or_else(|| {
                    let why = "Failed to transition out of the state. The state does not point to a next state.";
                    self.failed_state("States.NoChoiceMatched", why)
                })?;
                self.conclude(&effective, Next::State(default))
            }
            StateKind::Wait(wait) => {
                let until = self.wait_until(wait, &effective)?;
                if until <= self.run.now {
                    return self.conclude(&effective, state.next);
                }
                let key = self.arm(Activity::Waiting);
                self.run.effects.push(Effect::Timer(Timer::Wait(key), until));
                Ok(())
            }
            StateKind::Task(task) => self.invoke(task, &effective),
            StateKind::Parallel { branches } => match self.mocked(&effective)? {
                Some(outputs) => self.conclude(&outputs, state.next),
                None => self.fork(branches, &effective),
            },
            StateKind::Map(map) => match self.mocked(&effective)? {
                Some(outputs) => self.conclude(&outputs, state.next),
                None => self.begin_map(map, &effective),
            },
        }
    }

    /// The state has a result, from which its output and its variables are made.
    pub(super) fn conclude(&mut self, result: &Data, next: Next) -> Result<(), Failure> {
        self.conclude_by(None, result, next)
    }

    /// As [`At::conclude`]; a rule has its own output and variables in place of the state's.
    fn conclude_by(&mut self, rule: Option<&ChoiceRule>, result: &Data, next: Next) -> Result<(), Failure> {
        let state = self.state();
        let has_result = matches!(state.kind, StateKind::Task(_) | StateKind::Parallel { .. } | StateKind::Map(_));
        if matches!(state.kind, StateKind::Task(_) | StateKind::Pass { result: Some(_) }) {
            self.observe(|findings| findings.result = Some(result.clone()));
        }
        let sight = Sight { result: has_result.then_some(result), ..Sight::default() };
        // Both see the variables as they were.
        let output = self.output(rule, result, sight)?;
        let assign = rule.map_or(state.assign.as_ref(), |rule| rule.assign.as_ref());
        let assigned = self.assigned(assign, result, sight)?;
        self.leave(output, assigned, next);
        Ok(())
    }

    /// The Wait state is over.
    pub(super) fn waited(&mut self) {
        self.here_mut().activity = Activity::Ready;
        let concluded = self.effective().and_then(|effective| self.conclude(&effective, self.state().next));
        if let Err(failure) = concluded {
            self.fail_state(failure);
        }
    }

    /// Leaves the state for the next one, or for the end of the branch, which is the end of this cursor.
    pub(super) fn leave(&mut self, output: Data, assigned: Option<Assigned>, next: Next) {
        let variables = assigned.as_ref().map(Assigned::text);
        let note = Note { second: variables.as_deref(), ..Note::new(EventKind::StateExited).first(output.text()) };
        let exited = self.note(note);
        let here = self.here_mut();
        if let Some(assigned) = assigned {
            let copied = here.variables.assign(assigned);
            // Where that spends the budget, the turn is over as well.
            let _ = self.run.budget.work(copied);
        }
        let here = self.here_mut();
        here.serial = 0;
        here.activity = Activity::Ready;
        if self.is_tried_out(&output, next) {
            return self.run.end(Outcome::Succeeded(output));
        }
        let here = self.here_mut();
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

    /// The first rule that applies.
    fn choose<'p>(&mut self, rules: &'p [ChoiceRule], data: &Data) -> Result<Option<&'p ChoiceRule>, Failure> {
        for rule in rules {
            let applies = match &rule.condition {
                Condition::Said(said) => *said,
                Condition::True(formula) => self.evaluate_as(formula, data, "boolean", Value::as_bool)?,
                Condition::Holds(choice) => {
                    let context = |with_input| self.context(None, with_input);
                    let context = ContextObject::new(&context, self.execution_input());
                    let (variables, budget) = (&self.here().variables, &self.run.budget);
                    let scope = Scope { data: data.value(), context: &context, variables, evaluation: None, budget };
                    choice.holds(&scope).map_err(|why| match why {
                        Undecided::Unresolved(path) => self.runtime(&format!(
                            "Invalid path '{path}': The choice state's condition path references an invalid value."
                        )),
                        Undecided::Exhausted(exhausted) => self.exhausted(exhausted),
                    })?
                }
            };
            if applies {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    fn wait_until(&mut self, wait: &Wait, data: &Data) -> Result<Duration, Failure> {
        let until = match wait {
            Wait::For(seconds) => self.run.now.saturating_add(self.seconds(seconds, data)?),
            Wait::Until(WaitUntil::At(at)) => *at,
            Wait::Until(WaitUntil::Path(path)) => {
                let value = self.select(path, data)?;
                value.as_str().and_then(timestamp_since_epoch).ok_or_else(|| {
                    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    self.runtime(&format!(
                        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {shown}",
                        path.as_str()
                    ))
                })?
            }
            Wait::Until(WaitUntil::Formula(formula)) => {
                let text = self.evaluate_as(formula, data, "string", |value| value.as_str().map(str::to_owned))?;
                timestamp_since_epoch(&text).ok_or_else(|| {
                    let why = format!(
                        "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}"
                    );
                    let entered = self.here().entered;
                    self.query_failed_after(entered, Some(&formula.field()), &why)
                })?
            }
        };
        if until.saturating_sub(self.run.now) > LONGEST_WAIT {
            return Err(self.runtime("Wait state delay is too long."));
        }
        Ok(until)
    }

    /// So much later; what is longer than any wait is as long as the longest.
    pub(super) fn later(&self, by: Duration) -> Duration {
        self.run.now.saturating_add(by.min(LONGEST_WAIT))
    }

    /// A number of seconds, from the definition or from the data.
    pub(super) fn seconds(&mut self, seconds: &Seconds, data: &Data) -> Result<Duration, Failure> {
        match seconds {
            Seconds::Of(duration) => Ok(*duration),
            Seconds::Formula(formula) => {
                self.evaluate_as(formula, data, "number", Value::as_u64).map(Duration::from_secs)
            }
            Seconds::Path { field, source } => {
                let path = source.as_str();
                let value = self.select(source, data).map_err(|failure| match field.as_str() {
                    "SecondsPath" => {
                        self.runtime(&format!("The SecondsPath parameter does not reference an input value: {path}"))
                    }
                    _ => failure,
                })?;
                match value.as_i64() {
                    Some(number) => u64::try_from(number).map(Duration::from_secs).map_err(|_| {
                        self.runtime(&format!("The {field} parameter references a negative value: {path} == {value}"))
                    }),
                    None => Err(self.runtime(&format!(
                        "The {field} parameter cannot be parsed as a long value: {path} == {value}"
                    ))),
                }
            }
        }
    }
}
