use crate::epoch;
use crate::error::{Error, ErrorKind};
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
    pub input: Option<String>,
    /// Its output, as JSON, once it has succeeded.
    pub output: Option<String>,
    /// The error's name, if it failed.
    pub error: Option<String>,
    /// The error's cause, if it failed.
    pub cause: Option<String>,
}

impl Execution {
    /// Whether `payload` is what it was started with, as JSON values, so that a deployment may have written it anew;
    /// `None` if the input is not told.
    ///
    /// # Errors
    /// [`ErrorKind::Payload`] if `payload` does not serialise.
    pub fn has_input<T: Serialize>(&self, payload: &T) -> Result<Option<bool>, Error> {
        let expected = serde_json::to_value(payload).map_err(|source| {
            Error::new(ErrorKind::Payload, "the payload does not serialise as JSON").with_source(source)
        })?;
        let input = self.input.as_deref().map(serde_json::from_str::<Value>);
        Ok(input.map(|input| input.is_ok_and(|input| is_same(&input, &expected))))
    }

    /// The output as `O`; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] if it is of another type.
    pub fn output<O: DeserializeOwned>(&self) -> Result<Option<O>, Error> {
        let parse = |output: &String| {
            let message = || format!("the output cannot be read as {}", std::any::type_name::<O>());
            serde_json::from_str(output).map_err(|source| Error::new(ErrorKind::Output, message()).with_source(source))
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

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.and_then(epoch::from_seconds))
}

/// Equal as JSON values, numbers by what they are worth: a mapping template writes `1.0` for `1.00`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(key, value): (&String, &Value)| other.get(key).is_some_and(|other| is_same(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
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
    }
}
