//! Data on its way into and out of a state.

use serde_json::{Map, Value, json};

use super::cursor::At;
use super::token::token;
use super::{Failure, Key};
use crate::states::asl::{Query, Randomness, ReferencePath, Scope, Source, Template, Unfilled, Words};
use crate::states::data::Data;

/// Largest input or output of a state, in bytes of UTF-8 (Step Functions quotas).
pub(crate) const MAX_DATA: usize = 262_144;

impl At<'_, '_> {
    /// `InputPath` or `OutputPath`.
    pub(super) fn query(&self, query: &Query, data: &Data) -> Result<Data, Failure> {
        match query {
            Query::Nothing => Ok(Data::from(Value::Object(Map::new()))),
            Query::At(source) if source.is_whole() => Ok(data.clone()),
            Query::At(source) => self.select(source, data).map(Data::from),
        }
    }

    /// A path that must find something.
    pub(super) fn select(&self, source: &Source, data: &Data) -> Result<Value, Failure> {
        let context = || self.context(None);
        source.select(&Scope { data: data.value(), context: &context }).ok_or_else(|| {
            let path = source.as_str();
            self.runtime(&format!("Invalid path '{path}' : No results for path: {path}"))
        })
    }

    /// `Parameters`, `ResultSelector`, `ItemSelector`; without one the data itself.
    pub(super) fn fill(&mut self, template: Option<&Template>, data: &Data, key: Option<Key>) -> Result<Data, Failure> {
        let Some(template) = template else { return Ok(data.clone()) };
        // The context is read while numbers are drawn: the generator works on a copy and is put back.
        let mut randomness: Randomness = self.run.randomness.clone();
        let context = || self.context(key);
        let filled = template.fill(&Scope { data: data.value(), context: &context }, &mut randomness);
        self.run.randomness = randomness;
        filled.map(Data::from).map_err(|why| match why {
            Unfilled::Path { field, path } => self.failed_state(
                "States.ParameterPathFailure",
                &format!(
                    "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{}'",
                    data.text()
                ),
            ),
            Unfilled::Intrinsic(why) => self.failed_state("States.IntrinsicFailure", &why),
        })
    }

    /// `Error` and `Cause` of a Fail state.
    pub(super) fn words(&mut self, words: &Words, data: &Data) -> Result<String, Failure> {
        match words {
            Words::Said(text) => Ok(text.clone()),
            Words::Selected(template) => match self.fill(Some(template), data, None)?.value() {
                Value::String(text) => Ok(text.clone()),
                other => Err(self.runtime(&format!("a Fail state needs a string, not {other}"))),
            },
        }
    }

    /// `ResultSelector`, `ResultPath` and `OutputPath`, in this order.
    pub(super) fn output(&mut self, result: &Data) -> Result<Data, Failure> {
        let state = self.state();
        let result = self.fill(state.selector.as_ref(), result, None)?;
        let input = self.here().input.clone();
        let combined = self.put(&state.result, &input, &result)?;
        let output = self.query(&state.output, &combined)?;
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
    pub(super) fn put(&self, path: &ReferencePath, input: &Data, result: &Data) -> Result<Data, Failure> {
        match path {
            ReferencePath::Whole => Ok(result.clone()),
            ReferencePath::Discard => Ok(input.clone()),
            ReferencePath::At { text, .. } => {
                path.put(input.value(), result.value().clone()).map(Data::from).ok_or_else(|| {
                    let why = format!("Unable to apply ReferencePath {text} to input {}", input.text());
                    self.failed_state("States.ResultPathMatchFailure", &why)
                })
            }
        }
    }

    /// The context object as the state sees it.
    pub(super) fn context(&self, key: Option<Key>) -> Value {
        let (identity, plan, here) = (&self.run.identity, self.plan, self.here());
        let mut context = json!({
            "Execution": {
                "Id": identity.arn,
                "Input": identity.input.value(),
                "StartTime": iso(identity.start),
                "Name": identity.name,
                "RoleArn": plan.role_arn,
                "RedriveCount": 0,
            },
            "StateMachine": { "Id": plan.arn, "Name": plan.name },
            "State": {
                "Name": &*self.state().name,
                "EnteredTime": iso(here.entered_at),
                "RetryCount": here.failures.iter().sum::<u32>(),
            },
        });
        if let Some(item) = &here.item {
            context["Map"] = json!({ "Item": { "Index": item.index, "Value": item.value } });
        }
        if let Some(key) = key {
            context["Task"] = json!({ "Token": token(identity.id, key) });
        }
        context
    }
}

/// `2019-03-26T20:14:13.192Z`
fn iso(time: std::time::Duration) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |instant| format!("{instant:.3}"))
}
