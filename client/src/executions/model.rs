use crate::epoch;
use crate::error::{Error, ErrorKind};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
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
    /// The output as `O`; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] if it is of another type.
    pub fn output<O: DeserializeOwned>(&self) -> Result<Option<O>, Error> {
        let parse = |output: &String| {
            let message = || format!("the output is no {}", std::any::type_name::<O>());
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
