//! What is told of a map run: the output of its state, and the files that `ResultWriter` writes.

use serde_json::{Map, Value, json};

use super::reader::bucket;
use crate::doubles::Buckets;
use crate::states::asl::{ResultShape, Transformation};
use crate::states::data::Data;
use crate::states::execution::{Execution, ExecutionStatus, execution_arn};
use crate::states::run::{Failure, MapRunOrder};
use crate::states::wire::iso;

/// An execution of a map run, as its results tell it.
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
    /// An execution that has just ended.
    pub(super) fn of(execution: &Execution, machine_arn: &str) -> Self {
        let (output, error, cause) = execution.result();
        Self {
            status: execution.status(),
            name: execution.name.to_string(),
            arn: execution_arn(machine_arn, &execution.name, execution.express.as_deref()),
            machine_arn: machine_arn.to_owned(),
            input: execution.input().to_owned(),
            output: output.map(str::to_owned),
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
            start: execution.start,
            stop: execution.stop().unwrap_or(execution.start),
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

    /// As `Transformation` says it; failures are always told whole.
    fn told(&self, transformation: Transformation, into: &mut Vec<Value>) {
        let output = self.output.as_ref().filter(|_| transformation != Transformation::Whole);
        let Some(output) = output else { return into.push(self.whole()) };
        match Data::read_back(output).value() {
            Value::Array(items) if transformation == Transformation::Flatten => into.extend_from_slice(items),
            output => into.push(output.clone()),
        }
    }
}

/// What came of a map run.
#[derive(Debug)]
pub(crate) struct Results {
    arn: String,
    machine_arn: String,
    shape: ResultShape,
    lines_ending: &'static str,
    destination: Option<Data>,
    ended: Vec<Option<ChildRecord>>,
    /// The inputs of what was never begun.
    pub(super) pending: Vec<Data>,
    /// Why it has failed, if it has.
    pub(super) failure: Option<Failure>,
}

impl Results {
    /// Nothing has ended yet.
    pub(super) fn new(order: &MapRunOrder, children: usize) -> Self {
        Self {
            arn: order.arn.clone(),
            machine_arn: order.machine_arn.clone(),
            shape: order.shape,
            lines_ending: order.lines_ending,
            destination: order.destination.clone(),
            ended: vec![None; children],
            pending: Vec::new(),
            failure: None,
        }
    }

    pub(super) fn add(&mut self, child: usize, record: ChildRecord) {
        self.ended[child] = Some(record);
    }

    /// Whether files are to be written.
    pub(crate) fn is_exported(&self) -> bool {
        self.destination.is_some()
    }

    /// Writes what is to be written; the output of the state, or why it has none.
    pub(crate) fn conclude(self, buckets: &Buckets) -> Result<Data, Failure> {
        let exported = match &self.destination {
            None => None,
            Some(destination) => match self.export(buckets, destination.value()) {
                Ok(details) => Some(details),
                Err(cause) if self.failure.is_none() => {
                    return Err(Failure::new("States.ResultWriterFailed", cause));
                }
                Err(_) => None,
            },
        };
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if let Some(details) = exported {
            return Ok(Data::from(details));
        }
        let told = told(self.ended.iter().flatten(), self.shape.transformation);
        Ok(Data::from(if self.shape.lines { Value::String(lines(&told)) } else { Value::Array(told) }))
    }

    fn export(&self, buckets: &Buckets, destination: &Value) -> Result<Value, String> {
        let text = |name: &str| destination.get(name).and_then(Value::as_str);
        let name = text("Bucket").ok_or("the parameters of ResultWriter name no `Bucket`")?;
        let bucket = bucket(buckets, name)?;
        let id = self.arn.rsplit(':').next().unwrap_or_default();
        let folder = match text("Prefix").map(|prefix| prefix.trim_matches('/')).filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => format!("{prefix}/{id}"),
            None => id.to_owned(),
        };
        let of = |wanted: fn(ExecutionStatus) -> bool| {
            let records = self.ended.iter().flatten().filter(|record| wanted(record.status));
            told(records, self.shape.transformation)
        };
        let pending = self.pending.iter().map(|input| {
            json!({
                "Input": input.text(),
                "InputDetails": { "Included": true },
                "StateMachineArn": self.machine_arn,
                "Status": "PENDING",
            })
        });
        let mut files = Map::new();
        for (status, told) in [
            ("FAILED", of(|status| status != ExecutionStatus::Succeeded)),
            ("PENDING", pending.collect()),
            ("SUCCEEDED", of(|status| status == ExecutionStatus::Succeeded)),
        ] {
            let mut listed = Vec::new();
            if !told.is_empty() {
                let (ending, text) = if self.shape.lines {
                    (self.lines_ending, lines(&told))
                } else {
                    ("json", Value::Array(told).to_string())
                };
                let key = format!("{folder}/{status}_0.{ending}");
                bucket.put(&key, text.as_bytes())?;
                listed.push(json!({ "Key": key, "Size": text.len() }));
            }
            files.insert(status.to_owned(), listed.into());
        }
        let key = format!("{folder}/manifest.json");
        let manifest = json!({ "DestinationBucket": name, "MapRunArn": self.arn, "ResultFiles": files });
        bucket.put(&key, manifest.to_string().as_bytes())?;
        Ok(json!({ "MapRunArn": self.arn, "ResultWriterDetails": { "Bucket": name, "Key": key } }))
    }
}

fn told<'r>(records: impl Iterator<Item = &'r ChildRecord>, transformation: Transformation) -> Vec<Value> {
    let mut told = Vec::new();
    for record in records {
        record.told(transformation, &mut told);
    }
    told
}

/// A document on every line.
fn lines(values: &[Value]) -> String {
    let mut lines = String::new();
    for value in values {
        lines.extend([&value.to_string(), "\n"]);
    }
    lines
}
