//! Executions that a task starts: `states:startExecution`, its `.sync` forms, and the same by `aws-sdk:sfn`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::asl::{IntegrationPattern, Target};
use super::data::Data;
use super::execution::{Execution, ExecutionStatus, Waiter, execution_arn};
use super::launch::{Launcher, NotLaunched, Order};
use super::run::{Call, Effect, Failure, TaskResult};
use super::wire::{iso, object};
use crate::doubles::Protocol;
use crate::java::jackson;

/// An execution that has been started for a task.
pub(crate) struct Begun {
    pub(crate) execution: u64,
    pub(crate) effects: Vec<Effect>,
    /// What the task is told at once.
    pub(crate) answer: TaskResult,
}

/// Starts what a call asks for; `told` hears of its end, if the task waits for that.
pub(crate) fn begin(
    launcher: &Launcher,
    call: &Call,
    now: Duration,
    told: impl FnOnce(Result<TaskResult, Failure>) + Send + 'static,
) -> Result<Begun, Failure> {
    let parameters = call.input.value();
    let sdk = matches!(&call.resource.target, Target::Service { sdk: true, .. });
    let protocol = Protocol::of("states").expect("Step Functions is a service that is spoken");
    let failed = |name: &str, message: &str| protocol.refusal(sdk, 400, name, message, &launcher.uuid()).into();
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let arn = text("StateMachineArn").unwrap_or_default();
    let Some((place, machine)) = launcher.find(arn) else {
        return Err(failed("StateMachineDoesNotExist", &format!("State Machine Does Not Exist: '{arn}'")));
    };
    let input = match parameters.get("Input") {
        // As recorded on AWS.
        None | Some(Value::Null) => Data::from(json!({})),
        Some(Value::String(text)) => Data::parse(text).map_err(|_| {
            let why = jackson::complaint(text);
            failed("InvalidExecutionInput", &format!("Invalid State Machine Execution Input: '{why}'"))
        })?,
        Some(value) => Data::from(value.clone()),
    };
    let pattern = call.resource.pattern;
    let waits = matches!(pattern, IntegrationPattern::Sync | IntegrationPattern::SyncJson);
    let waiter = waits.then(|| {
        let machine_arn = machine.plan.arn.clone();
        Waiter(Box::new(move |execution, _, panics| {
            told(panics.or_broken(|| ended(&machine_arn, execution, pattern)));
        }))
    });
    let order = Order { place, name: text("Name"), input, trace: None, case: None, now, waiter, map_run: None };
    let child = launcher.start(order).map_err(|why| match why {
        NotLaunched::AlreadyExists(arn) => {
            failed("ExecutionAlreadyExists", &format!("Execution Already Exists: '{arn}'"))
        }
        NotLaunched::TooManyOpen => failed("ExecutionLimitExceeded", "as many executions are open as may be"),
    })?;
    // One of the same name and input is under way: AWS answers as if it had been started now, and so do we; its end is
    // not this task's to wait for.
    // As recorded on AWS: integrations by the SDK tell times as text.
    let date = if sdk { iso(child.start).into() } else { json!(seconds(child.start)) };
    let mut begun = json!({ "ExecutionArn": child.arn, "StartDate": date });
    if !sdk {
        let body = object(|answer| {
            answer.text("executionArn", &child.arn).time("startDate", child.start);
        });
        begun = with_metadata(&begun, body.len(), now, &launcher.uuid());
    }
    let begun = Data::from(begun);
    let (execution, effects) = match child.effects {
        Some(new) => new,
        None if waits => {
            return Err(failed("ExecutionAlreadyExists", &format!("Execution Already Exists: '{}'", child.arn)));
        }
        None => (0, Vec::new()),
    };
    Ok(Begun {
        execution,
        effects,
        answer: if waits { TaskResult::Submitted(begun) } else { TaskResult::Result(begun) },
    })
}

/// What an optimised integration tells of the answer besides its members, as recorded on AWS.
fn with_metadata(begun: &Value, length: usize, now: Duration, request_id: &str) -> Value {
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + now);
    let headers = [
        ("connection", "keep-alive"),
        ("Content-Length", &length.to_string()),
        ("Content-Type", "application/x-amz-json-1.0"),
        ("Date", &date),
        ("x-amzn-RequestId", request_id),
    ];
    let all: Map<String, Value> = headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let single: Map<String, Value> = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({
        "ExecutionArn": begun["ExecutionArn"],
        "SdkHttpMetadata": { "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": 200 },
        "SdkResponseMetadata": { "RequestId": request_id },
        "StartDate": begun["StartDate"],
    })
}

/// What a `.sync` task hears at the end of its execution (developer guide, "Start a new AWS Step Functions execution").
fn ended(machine_arn: &str, execution: &Execution, pattern: IntegrationPattern) -> Result<TaskResult, Failure> {
    let (output, error, cause) = execution.result();
    let status = execution.status();
    let mut told = json!({
        "ExecutionArn": execution_arn(machine_arn, &execution.name, execution.express.as_deref()),
        "Input": json_or_text(execution.input(), pattern),
        "InputDetails": { "Included": true },
        "Name": &*execution.name,
        "StartDate": execution.start,
        "StateMachineArn": machine_arn,
        "Status": status.as_str(),
        "StopDate": execution.stop(),
    });
    if let Some(output) = output {
        told["Output"] = json_or_text(output, pattern);
        told["OutputDetails"] = json!({ "Included": true });
    }
    for (name, value) in [("Error", error), ("Cause", cause)] {
        if let Some(value) = value {
            told[name] = value.into();
        }
    }
    if status == ExecutionStatus::Succeeded {
        return Ok(TaskResult::Result(Data::from(told)));
    }
    Err(Failure::new("States.TaskFailed", told.to_string()))
}

/// `.sync` gives input and output as texts, `.sync:2` as JSON.
fn json_or_text(text: &str, pattern: IntegrationPattern) -> Value {
    if pattern == IntegrationPattern::SyncJson { Data::read_back(text).value().clone() } else { text.into() }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
