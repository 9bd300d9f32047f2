use crate::epoch;
use crate::error::{Error, ErrorKind};
use crate::payload::{self, is_same};
use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::SystemTime;

/// An execution as `DescribeExecution` tells it; a row of `ListExecutions` lacks input, output, error and cause.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Execution {
    /// The execution's ARN.
    #[serde(rename = "executionArn")]
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Whether it runs, and how it ended.
    pub status: Status,
    /// When it started.
    #[serde(default, deserialize_with = "instant")]
    pub start_date: Option<SystemTime>,
    /// When it ended.
    #[serde(default, deserialize_with = "instant")]
    pub stop_date: Option<SystemTime>,
    /// Its input, as JSON.
    #[serde(default, deserialize_with = "json")]
    pub input: Option<String>,
    /// Its output, as JSON, once it has succeeded.
    #[serde(default, deserialize_with = "json")]
    pub output: Option<String>,
    /// The error's name, if it failed.
    pub error: Option<String>,
    /// The error's cause, if it failed.
    pub cause: Option<String>,
}

impl Execution {
    /// Whether `payload` is what it was started with: the JSON that [`execute`](crate::Client::execute) would send for it,
    /// compared as values, so that a deployment may have written it anew (`1.0` for `1.00`, another order of members).
    /// Integers count to their last digit. `None` if the input is not told.
    ///
    /// # Errors
    /// [`ErrorKind::Payload`] if `payload` cannot be sent, as with `execute`.
    pub fn has_input<T: Serialize>(&self, payload: &T) -> Result<Option<bool>, Error> {
        let expected = payload::serialize(payload)?;
        let input = self.input.as_deref();
        Ok(input.map(|input| std::str::from_utf8(&expected).is_ok_and(|expected| is_same(input, expected))))
    }

    /// The output as `O`; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] if it is of another type. The source says where it differs, and repeats nothing of it.
    pub fn output<O: DeserializeOwned>(&self) -> Result<Option<O>, Error> {
        let parse = |output: &String| {
            let message = || format!("the output cannot be read as {}", std::any::type_name::<O>());
            serde_json::from_str(output).map_err(|source| Error::new(ErrorKind::Output, message()).with_misfit(&source))
        };
        self.output.as_ref().map(parse).transpose()
    }
}

impl fmt::Debug for Execution {
    /// Without input, output and cause, which hold the workflow's data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Execution")
            .field("arn", &self.arn)
            .field("status", &self.status)
            .field("start_date", &self.start_date)
            .field("stop_date", &self.stop_date)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Whether an execution runs, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Status {
    /// It runs.
    Running,
    /// It came to its end.
    Succeeded,
    /// It failed.
    Failed,
    /// It exceeded its time limit.
    TimedOut,
    /// It was stopped.
    Aborted,
    /// A redrive of it is pending.
    PendingRedrive,
    /// A status that this version does not know.
    #[serde(other)]
    Other,
}

impl Status {
    /// Whether it has come to an end.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::TimedOut | Self::Aborted)
    }

    /// The name that the API has for it; empty for one that this version does not know.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
            Self::PendingRedrive => "PENDING_REDRIVE",
            Self::Other => "",
        }
    }
}

/// What is no number of seconds is no instant, and costs nothing else of the description.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_f64().and_then(epoch::from_seconds))
}

/// JSON in a text, as Step Functions writes it; or by value, where a mapping template puts it in so.
fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        value => Some(value.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_input_is_the_same_however_it_is_written() {
        let execution = |input: &str| -> Execution {
            serde_json::from_value(json!({ "executionArn": "a", "name": "n", "status": "RUNNING", "input": input }))
                .unwrap()
        };
        let order = json!({ "id": 1, "price": 2.5, "items": ["a"] });
        let has = |input: &str| execution(input).has_input(&order).unwrap();
        assert_eq!(has(r#"{"items":["a"],"id":1.0,"price":2.50}"#), Some(true));
        for other in [r#"{"id":2,"price":2.5,"items":["a"]}"#, r#"{"id":1,"price":2.5,"items":[]}"#, "not json"] {
            assert_eq!(has(other), Some(false), "{other}");
        }
        // Just what `execute` sends: a single float as it is written, every digit, and no NaN.
        assert_eq!(execution("0.1").has_input(&0.1_f32).unwrap(), Some(true));
        assert_eq!(execution("9007199254740993").has_input(&9_007_199_254_740_992_u64).unwrap(), Some(false));
        for (digits, same) in
            [("340282366920938463463374607431768211455", true), ("340282366920938463463374607431768211454", false)]
        {
            assert_eq!(execution(digits).has_input(&u128::MAX).unwrap(), Some(same));
        }
        assert_eq!(execution("null").has_input(&f64::NAN).unwrap_err().kind(), ErrorKind::Payload);
        let told_nothing = Execution { input: None, ..execution("1") };
        assert_eq!(told_nothing.has_input(&1).unwrap(), None);
    }

    #[test]
    fn what_a_template_writes_otherwise_costs_nothing_else() {
        let told = |member: &str, value: serde_json::Value| -> Execution {
            let mut told = json!({ "executionArn": "a", "name": "n", "status": "SUCCEEDED" });
            told[member] = value;
            serde_json::from_value(told).unwrap()
        };
        for date in [json!("2026-11-28T05:00:00Z"), json!(null), json!({}), json!(-1)] {
            assert_eq!(told("startDate", date).start_date, None);
        }
        let by_value = told("output", json!({ "cents": 17 }));
        assert_eq!(by_value.output::<serde_json::Value>().unwrap(), Some(json!({ "cents": 17 })));
        assert_eq!(told("input", json!([1])).has_input(&[1]).unwrap(), Some(true));
        assert_eq!(told("input", json!(null)).input, None);
    }

    #[test]
    fn an_output_of_another_type_is_told_without_repeating_it() {
        let execution: Execution = serde_json::from_value(
            json!({ "executionArn": "a", "name": "n", "status": "SUCCEEDED", "output": r#"{"card":"4111-1111"}"# }),
        )
        .unwrap();
        let error = execution.output::<std::collections::BTreeMap<String, u32>>().unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "expected u32, found a string, at line 1 column 19");
        assert!(!format!("{error} {error:?}").contains("4111"), "{error:?}");
    }
}
