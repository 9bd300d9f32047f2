//! Data on its way into and out of a state.

use serde_json::{Map, Value, json};

use super::conversions::converted;
use super::cursor::At;
use super::sight::Sight;
use super::token::{TaskToken, TokenSecret};
use super::trial::TRIED_STATE;
use super::{EventKind, Failure, Key, Note};
use crate::jsonata::{Evaluation, ExpressionValue, Moment};
use crate::states::asl::{
    Assigned, ChoiceRule, ContextObject, Flow, Formula, MAX_ASSIGNED, MAX_KEPT, PayloadTemplate, Query, Randomness,
    ReferencePath, Scope, StateKind, StatePath, Unfilled, Words,
};
use crate::states::data::{Data, OutOfBounds};
use crate::states::wire::{iso, millis};
use crate::switches::Switch;

/// Largest input or output of a state, in bytes of UTF-8 (Step Functions quotas).
pub(crate) const MAX_DATA: usize = 262_144;
/// Most bytes that branches, items or executions of a map run may put out together where their state looks at it. AWS bounds
/// what comes of it, [`MAX_DATA`].
pub(crate) const MAX_RESULT: usize = 4 * MAX_DATA;

/// Units of work for a variable that is set, besides those for its text.
const VARIABLE: usize = 250;

impl At<'_, '_> {
    /// The input as the state uses it: after `InputPath`, or as it came.
    pub(super) fn effective(&self) -> Result<Data, Failure> {
        match &self.state().flow {
            Flow::Paths(paths) => self.query(&paths.input, &self.here().input),
            Flow::Expressions(_) => Ok(self.here().input.clone()),
        }
    }

    /// `InputPath` or `OutputPath`.
    fn query(&self, query: &Query, data: &Data) -> Result<Data, Failure> {
        match query {
            Query::Nothing => Ok(Data::from(Value::Object(Map::new()))),
            Query::Whole => Ok(data.clone()),
            Query::At(source) => self.select(source, data).and_then(|found| self.made(found)),
        }
    }

    /// A path that must find something.
    pub(super) fn select(&self, source: &StatePath, data: &Data) -> Result<Value, Failure> {
        let context = |with_input| self.context(None, with_input);
        let context = ContextObject::new(&context, self.execution_input());
        let (variables, budget) = (&self.here().variables, &self.run.budget);
        let scope = Scope { data: data.value(), context: &context, variables, evaluation: None, budget };
        let found = source.select(&scope).map_err(|exhausted| self.exhausted(exhausted))?;
        found.ok_or_else(|| self.runtime(&format!("Invalid path '{}' : {}", source.as_str(), source.missing(&scope))))
    }

    /// `Parameters`, `ResultSelector`, `ItemSelector`, `Arguments`, `Output`; without one the data itself.
    pub(super) fn fill(
        &mut self,
        template: Option<&PayloadTemplate>,
        data: &Data,
        sight: Sight<'_>,
    ) -> Result<Data, Failure> {
        let Some(template) = template else { return Ok(data.clone()) };
        let filled = self.look(data, sight, |scope, randomness| template.fill(scope, randomness))?;
        self.made(filled)
    }

    /// The value of an expression, which must be of the type that `read` reads.
    pub(super) fn evaluate_as<T>(
        &mut self,
        formula: &Formula,
        data: &Data,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, Failure> {
        let plain = self.plan.switches.is_turned(Switch::ExpressionTypeWords);
        self.look(data, Sight::default(), |scope, _| {
            let value = formula.evaluate(scope)?;
            let plain = plain && !formula.field().ends_with("Items");
            read(&value).ok_or_else(|| formula.unexpected(wanted, &value, plain))
        })
    }

    /// Has something filled in with all that the state can see.
    fn look<T>(
        &mut self,
        data: &Data,
        sight: Sight<'_>,
        fill: impl FnOnce(&Scope<'_>, &mut Randomness) -> Result<T, Unfilled>,
    ) -> Result<T, Failure> {
        let expressions = matches!(self.state().flow, Flow::Expressions(_));
        // What is seen is read while numbers are drawn: the generator works on a copy and is put back.
        let mut randomness: Randomness = self.run.randomness.clone();
        let this = &*self;
        let context = |with_input| this.context(sight.key, with_input);
        let context = ContextObject::new(&context, this.execution_input());
        let (variables, budget) = (&this.here().variables, &this.run.budget);
        let evaluation = expressions.then(|| {
            let moment = Moment { now: this.run.now, seed: randomness.seed() };
            Evaluation::within(&this.run.allowance, moment).with_variables(move |name| match name {
                "states" => Some(this.states(sight)),
                name => variables.get(name).map(|data| converted(data, budget)),
            })
        });
        let seen = evaluation.as_ref();
        let scope = Scope { data: data.value(), context: &context, variables, evaluation: seen, budget };
        let filled = fill(&scope, &mut randomness);
        drop(evaluation);
        self.run.randomness = randomness;
        filled.map_err(|why| match why {
            Unfilled::Path { field, path } => self.runtime(&format!(
                "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{}'",
                data.text()
            )),
            Unfilled::Intrinsic(why) => self.failed_state("States.IntrinsicFailure", &why),
            Unfilled::Exhausted(exhausted) => self.exhausted(exhausted),
            Unfilled::Query { location, why } => self.query_failed(location.as_deref(), &why),
        })
    }

    /// An evaluation that failed, after it has been written down.
    pub(super) fn query_failed(&mut self, location: Option<&str>, why: &str) -> Failure {
        // As recorded on AWS: it follows what came before the state.
        self.query_failed_after(self.here().before, location, why)
    }

    /// The same, following the event `previous`.
    pub(super) fn query_failed_after(&mut self, previous: u32, location: Option<&str>, why: &str) -> Failure {
        let failure = self.failed_state("States.QueryEvaluationError", why);
        let whole_field = self.plan.switches.is_turned(Switch::EvaluationLocation);
        let location = location.map(|at| if whole_field { at.split(['/', '[']).next().unwrap_or(at) } else { at });
        let state = self.here().state;
        let note = Note { first: location, second: failure.cause.as_deref(), ..Note::new(EventKind::EvaluationFailed) };
        let id = self.run.record(note.of(state), previous);
        self.here_mut().previous = id;
        failure
    }

    /// `$states`
    fn states(&self, sight: Sight<'_>) -> ExpressionValue {
        let convert = |data: &Data| converted(data, &self.run.budget);
        let mut context = ExpressionValue::from(&self.context(sight.key, false));
        if let (Some(input), Some(mut execution)) = (self.execution_input(), context.get("Execution")) {
            execution.set("Input", convert(input));
            context.set("Execution", execution);
        }
        let mut states = ExpressionValue::object([("input", convert(&self.here().input)), ("context", context)]);
        for (name, data) in [("result", sight.result), ("errorOutput", sight.error_output)] {
            if let Some(data) = data {
                states.set(name, convert(data));
            }
        }
        states
    }

    /// The text of data. To write it is charged to the state that does so first.
    pub(super) fn written<'d>(&self, data: &'d Data) -> Result<&'d str, Failure> {
        let is_written = data.is_written();
        let text = data.text();
        let written = if is_written { 0 } else { text.len() };
        self.run.budget.work(written).map_err(|exhausted| self.exhausted(exhausted))?;
        Ok(text)
    }

    /// What `Assign` sets; with JSONPath, `$` is the result.
    pub(super) fn assigned(
        &mut self,
        assign: Option<&PayloadTemplate>,
        result: &Data,
        sight: Sight<'_>,
    ) -> Result<Option<Assigned>, Failure> {
        let Some(assign) = assign else { return Ok(None) };
        let Value::Object(filled) = self.look(result, sight, |scope, randomness| assign.fill(scope, randomness))?
        else {
            unreachable!("`Assign` was read as an object")
        };
        let mut assigned = Assigned::new(&self.run.variable_bytes);
        for (name, value) in filled {
            self.run.budget.work(VARIABLE).map_err(|exhausted| self.exhausted(exhausted))?;
            let data = self.made(value)?;
            self.written(&data)?;
            assigned.set(name, data);
            let kept = assigned.size() + self.here().variables.size();
            // What is assigned is among the bytes of all branches already.
            let why = if assigned.size() > MAX_ASSIGNED || kept > MAX_KEPT {
                "The variables are larger than Step Functions allows."
            } else if self.run.variable_bytes.total() > self.run.most_held() {
                "The variables of all branches are larger than what is kept here."
            } else {
                continue;
            };
            let error = self.plan.switches.way(Switch::VariablesLimit);
            return Err(self.failed_state(error, why).terminal());
        }
        // As recorded on AWS: an empty `Assign` is as none.
        Ok(Some(assigned).filter(|assigned| !assigned.is_empty()))
    }

    /// `Error` and `Cause` of a Fail state.
    pub(super) fn words(&mut self, words: &Words, data: &Data) -> Result<String, Failure> {
        match words {
            Words::Said(text) => Ok(text.clone()),
            Words::Selected(template) => {
                if let PayloadTemplate::Evaluate(formula) = &**template {
                    return self.evaluate_as(formula, data, "string", |value| value.as_str().map(str::to_owned));
                }
                match self.fill(Some(template), data, Sight::default())?.value() {
                    Value::String(text) => Ok(text.clone()),
                    other => Err(self.runtime(&format!("a Fail state needs a string, not {other}"))),
                }
            }
        }
    }

    /// What the state puts out: `ResultSelector`, `ResultPath` and `OutputPath` in this order, or `Output`.
    pub(super) fn output(
        &mut self,
        rule: Option<&ChoiceRule>,
        result: &Data,
        sight: Sight<'_>,
    ) -> Result<Data, Failure> {
        let state = self.state();
        let output = match &state.flow {
            Flow::Paths(paths) => {
                let result = self.fill(paths.selector.as_ref(), result, sight)?;
                let combined = self.put(&paths.result, &self.here().input, &result)?;
                let has_result = matches!(
                    state.kind,
                    StateKind::Pass { .. } | StateKind::Task(_) | StateKind::Parallel { .. } | StateKind::Map(_)
                );
                if has_result {
                    self.observe(|findings| {
                        findings.after_result_selector = Some(result.clone());
                        findings.after_result_path = Some(combined.clone());
                    });
                }
                self.query(&paths.output, &combined)?
            }
            Flow::Expressions(expressions) => {
                let template = rule.map_or(expressions.output.as_ref(), |rule| rule.output.as_ref());
                self.fill(template, result, sight)?
            }
        };
        if self.written(&output)?.len() > MAX_DATA {
            return Err(self.too_large());
        }
        Ok(output)
    }

    /// The state puts out more than it may.
    pub(super) fn too_large(&self) -> Failure {
        let cause = format!(
            "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
            self.state().name
        );
        Failure::new("States.DataLimitExceeded", cause).terminal()
    }

    /// Whether the state has no use for its result.
    pub(super) fn discards_result(&self) -> bool {
        let state = self.state();
        let is_looked_at = state.assign.is_some() || self.run.trial.is_some();
        !is_looked_at
            && matches!(&state.flow, Flow::Paths(paths) if paths.selector.is_none() && matches!(paths.result, ReferencePath::Discard))
    }

    /// `ResultPath`.
    pub(super) fn put(&self, path: &ReferencePath, input: &Data, result: &Data) -> Result<Data, Failure> {
        match path {
            ReferencePath::Whole => Ok(result.clone()),
            ReferencePath::Discard => Ok(input.clone()),
            // Looked at before the way down is made, which may have any number of steps.
            path if path.is_too_deep() => Err(self.out_of_bounds(OutOfBounds::TooDeep)),
            ReferencePath::At { text, .. } => {
                let combined = path.put(input.value(), result.value().clone()).ok_or_else(|| {
                    let why = format!("Unable to apply ReferencePath {text} to input {}", input.text());
                    self.failed_state("States.ResultPathMatchFailure", &why)
                })?;
                self.made(combined)
            }
        }
    }

    /// The input of the execution, which the context object shows; a state that is tried out is given its context as it is.
    pub(super) fn execution_input(&self) -> Option<&Data> {
        self.tried_context().is_none().then_some(&self.run.identity.input)
    }

    /// The context object as the state sees it; the input of the execution, which may be large, only if it is wanted.
    pub(super) fn context(&self, key: Option<Key>, with_input: bool) -> Value {
        if let Some(given) = self.tried_context() {
            return given.clone();
        }
        let (identity, plan, here) = (&self.run.identity, self.plan, self.here());
        let name = if self.run.trial.is_some() { TRIED_STATE } else { &self.state().name };
        let mut context = json!({
            "Execution": {
                "Id": identity.arn,
                "Input": if with_input { identity.input.value().clone() } else { Value::Null },
                "StartTime": iso(millis(identity.start)),
                "Name": identity.name,
                // `TestState` can do without.
                "RoleArn": Some(&plan.role_arn).filter(|role| !role.is_empty()),
            },
            "StateMachine": { "Id": plan.arn, "Name": plan.name },
            "State": { "Name": name, "EnteredTime": iso(millis(here.entered_at)) },
        });
        // As recorded on AWS: each of these only where it can be anything else.
        if !plan.express {
            context["Execution"]["RedriveCount"] = json!(0);
        }
        let can_retry =
            matches!(self.state().kind, StateKind::Task(_) | StateKind::Parallel { .. } | StateKind::Map(_));
        if !self.state().retry.is_empty() || self.run.trial.is_some() && can_retry {
            context["State"]["RetryCount"] = json!(here.failures.iter().sum::<u32>());
        }
        if let Some(item) = &here.item {
            let mut shown = json!({ "Index": item.index, "Value": item.value.value() });
            for (name, text) in [("Key", item.key.as_deref()), ("Source", item.source.as_deref())] {
                if let Some(text) = text {
                    shown[name] = text.into();
                }
            }
            context["Map"] = json!({ "Item": shown });
        }
        if let Some(key) = key {
            let secret = self.run.activities.as_ref().map_or_else(TokenSecret::default, |known| known.secret());
            context["Task"] = json!({ "Token": TaskToken::of(identity.id, key, secret).text() });
        }
        context
    }
}
