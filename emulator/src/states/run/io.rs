//! Data on its way into and out of a state.

use serde_json::{Map, Value, json};

use super::{Failure, Key, Plan, Run};
use crate::states::asl::{Query, Randomness, ReferencePath, Scope, Source, State, Template, Unfilled, Words};
use crate::states::data::Data;

/// Largest input or output of a state, in bytes of UTF-8 (Step Functions quotas).
pub(crate) const MAX_DATA: usize = 262_144;

impl Run {
    /// `InputPath` or `OutputPath`.
    pub(super) fn query(&self, plan: &Plan, index: u32, query: &Query, data: &Data) -> Result<Data, Failure> {
        match query {
            Query::Nothing => Ok(Data::from(Value::Object(Map::new()))),
            Query::At(source) if source.is_whole() => Ok(data.clone()),
            Query::At(source) => self.select(plan, index, source, data).map(Data::from),
        }
    }

    /// A path that must find something.
    pub(super) fn select(&self, plan: &Plan, index: u32, source: &Source, data: &Data) -> Result<Value, Failure> {
        let context = || self.context(plan, index, None);
        source.select(&Scope { data: data.value(), context: &context }).ok_or_else(|| {
            let path = source.as_str();
            self.runtime(plan, index, &format!("Invalid path '{path}' : No results for path: {path}"))
        })
    }

    /// `Parameters`, `ResultSelector`, `ItemSelector`; without one the data itself.
    pub(super) fn fill(
        &mut self,
        plan: &Plan,
        index: u32,
        template: Option<&Template>,
        data: &Data,
        key: Option<Key>,
    ) -> Result<Data, Failure> {
        let Some(template) = template else { return Ok(data.clone()) };
        // The context is read while numbers are drawn: the generator works on a copy and is put back.
        let mut randomness: Randomness = self.randomness.clone();
        let context = || self.context(plan, index, key);
        let filled = template.fill(&Scope { data: data.value(), context: &context }, &mut randomness);
        self.randomness = randomness;
        filled.map(Data::from).map_err(|why| match why {
            Unfilled::Path { field, path } => self.failed_state(
                plan,
                index,
                "States.ParameterPathFailure",
                &format!(
                    "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{}'",
                    data.text()
                ),
            ),
            Unfilled::Intrinsic(why) => self.failed_state(plan, index, "States.IntrinsicFailure", &why),
        })
    }

    /// `Error` and `Cause` of a Fail state.
    pub(super) fn words(&mut self, plan: &Plan, index: u32, words: &Words, data: &Data) -> Result<String, Failure> {
        match words {
            Words::Said(text) => Ok(text.clone()),
            Words::Selected(template) => match self.fill(plan, index, Some(template), data, None)?.value() {
                Value::String(text) => Ok(text.clone()),
                other => Err(self.runtime(plan, index, &format!("a Fail state needs a string, not {other}"))),
            },
        }
    }

    /// `ResultSelector`, `ResultPath` and `OutputPath`, in this order.
    pub(super) fn output(&mut self, plan: &Plan, index: u32, state: &State, result: &Data) -> Result<Data, Failure> {
        let result = self.fill(plan, index, state.selector.as_ref(), result, None)?;
        let Some(branch) = self.branch(index) else { return Ok(result) };
        let input = branch.input.clone();
        let combined = self.put(plan, index, &state.result, &input, &result)?;
        let output = self.query(plan, index, &state.output, &combined)?;
        if output.text().len() > MAX_DATA {
            let cause = format!(
                "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
                state.name
            );
            return Err(Failure::new("States.DataLimitExceeded", cause));
        }
        Ok(output)
    }

    /// `ResultPath`.
    pub(super) fn put(
        &self,
        plan: &Plan,
        index: u32,
        path: &ReferencePath,
        input: &Data,
        result: &Data,
    ) -> Result<Data, Failure> {
        match path {
            ReferencePath::Whole => Ok(result.clone()),
            ReferencePath::Discard => Ok(input.clone()),
            ReferencePath::At { text, .. } => {
                path.put(input.value(), result.value().clone()).map(Data::from).ok_or_else(|| {
                    let why = format!("Unable to apply ReferencePath {text} to input {}", input.text());
                    self.failed_state(plan, index, "States.ResultPathMatchFailure", &why)
                })
            }
        }
    }

    /// The context object as a state sees it.
    pub(super) fn context(&self, plan: &Plan, index: u32, key: Option<Key>) -> Value {
        let mut context = json!({
            "Execution": {
                "Id": self.identity.arn,
                "Input": self.identity.input.value(),
                "StartTime": iso(self.identity.start),
                "Name": self.identity.name,
                "RoleArn": plan.role_arn,
                "RedriveCount": 0,
            },
            "StateMachine": { "Id": plan.arn, "Name": plan.name },
        });
        let Some(fields) = context.as_object_mut() else { return context };
        if let Some(branch) = self.branch(index) {
            let state = json!({
                "Name": &*plan.machine.state(branch.state).name,
                "EnteredTime": iso(branch.entered_at),
                "RetryCount": branch.failures.iter().sum::<u32>(),
            });
            fields.insert("State".to_owned(), state);
            if let Some(item) = &branch.item {
                fields.insert("Map".to_owned(), json!({ "Item": { "Index": item.index, "Value": item.value } }));
            }
        }
        if let Some(key) = key {
            fields.insert("Task".to_owned(), json!({ "Token": super::task::token(self.identity.id, key) }));
        }
        context
    }
}

/// `2019-03-26T20:14:13.192Z`
fn iso(time: std::time::Duration) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |instant| format!("{instant:.3}"))
}
