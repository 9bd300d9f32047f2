//! An execution of a map run, as its results tell it.

use serde_json::{Value, json};

use crate::java::write_json;
use crate::states::asl::{ResultShape, Transformation};
use crate::states::data::Data;
use crate::states::execution::{Execution, ExecutionStatus, execution_arn};
use crate::states::run::Failure;
use crate::states::wire::iso;

#[derive(Debug, Clone)]
pub(super) struct ChildRecord {
    pub(super) status: ExecutionStatus,
    name: String,
    arn: String,
    machine_arn: String,
    input: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
    /// In milliseconds since the Unix epoch.
    start: u64,
    /// In milliseconds since the Unix epoch.
    stop: u64,
}

impl ChildRecord {
    /// An execution that has just ended; its input also if it has succeeded, should that be told.
    pub(super) fn of(execution: &Execution, machine_arn: &str, tells_input: bool) -> Self {
        let (output, error, cause) = execution.result();
        let input = if tells_input || output.is_none() { execution.input() } else { "" };
        Self {
            status: execution.status(),
            name: execution.name.to_string(),
            arn: execution_arn(machine_arn, &execution.name, execution.express.as_deref()),
            machine_arn: machine_arn.to_owned(),
            input: input.to_owned(),
            output: output.map(str::to_owned),
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
            start: execution.start,
            stop: execution.stop().unwrap_or(execution.start),
        }
    }

    /// An execution that ended with a panic of the endpoint's, of which nothing else is known.
    pub(super) fn broken(execution: &Execution, machine_arn: &str) -> Self {
        let failure = Failure::broken();
        Self {
            status: ExecutionStatus::Failed,
            name: execution.name.to_string(),
            arn: execution_arn(machine_arn, &execution.name, execution.express.as_deref()),
            machine_arn: machine_arn.to_owned(),
            input: String::new(),
            output: None,
            error: failure.error,
            cause: failure.cause,
            start: execution.start,
            stop: execution.start,
        }
    }

    /// With all that is known of it, in the members and their order of AWS (developer guide, `ResultWriter`).
    fn whole(&self) -> Value {
        let mut told = json!({
            "ExecutionArn": self.arn,
            "Input": self.input,
            "InputDetails": { "Included": true },
            "Name": self.name,
        });
        let included = json!({ "Included": true });
        for (name, value) in [("Output", &self.output), ("Error", &self.error), ("Cause", &self.cause)] {
            if let Some(value) = value {
                told[name] = value.as_str().into();
            }
        }
        told["OutputDetails"] = included;
        told["RedriveCount"] = 0.into();
        if self.status == ExecutionStatus::Succeeded {
            told["RedriveStatus"] = "NOT_REDRIVABLE".into();
            told["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven".into();
        } else {
            told["RedriveStatus"] = "REDRIVABLE".into();
        }
        told["StartDate"] = iso(self.start).into();
        told["StateMachineArn"] = self.machine_arn.as_str().into();
        told["Status"] = self.status.as_str().into();
        told["StopDate"] = iso(self.stop).into();
        told
    }

    /// The documents that tell it, as `Transformation` says it, with `separator` between them. Failures are always told
    /// whole.
    pub(super) fn told(&self, shape: ResultShape, separator: &str) -> String {
        let output = self.output.as_ref().filter(|_| shape.transformation != Transformation::Whole);
        let Some(output) = output else { return write_json(&self.whole()) };
        match Data::read_back(output).value() {
            Value::Array(items) if shape.transformation == Transformation::Flatten => {
                items.iter().map(write_json).collect::<Vec<_>>().join(separator)
            }
            output => write_json(output),
        }
    }
}
