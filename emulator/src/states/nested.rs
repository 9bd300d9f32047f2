//! Executions that a task starts: `states:startExecution`, its `.sync` forms, and the same by `aws-sdk:sfn`.

use std::time::Duration;

use serde_json::{Value, json};

use super::asl::{IntegrationPattern, Target};
use super::data::Data;
use super::execution::{Execution, ExecutionStatus, Waiter, execution_arn};
use super::launch::{Launcher, NotLaunched, Order};
use super::run::{Call, Effect, Failure, TaskResult};

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
    let prefix = if sdk { "Sfn" } else { "StepFunctions" };
    let failed = |error: &str, cause: String| Failure::new(format!("{prefix}.{error}"), cause);
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let arn = text("StateMachineArn").unwrap_or_default();
    let Some((place, machine)) = launcher.find(arn) else {
        return Err(failed("StateMachineDoesNotExistException", format!("State Machine Does Not Exist: '{arn}'")));
    };
    let input = match parameters.get("Input") {
        None => Data::from(json!({})),
        Some(Value::String(text)) => Data::parse(text).map_err(|error| {
            failed("InvalidExecutionInputException", format!("Invalid State Machine Execution Input: '{error}'"))
        })?,
        Some(value) => Data::from(value.clone()),
    };
    let pattern = call.resource.pattern;
    let waits = matches!(pattern, IntegrationPattern::Sync | IntegrationPattern::SyncJson);
    let waiter = waits.then(|| {
        let machine_arn = machine.plan.arn.clone();
        Waiter(Box::new(move |execution, _| told(ended(&machine_arn, execution, pattern))))
    });
    let order = Order { place, name: text("Name"), input, trace: None, case: None, now, waiter, map_run: None };
    let child = launcher.start(order).map_err(|why| match why {
        NotLaunched::AlreadyExists(arn) => {
            failed("ExecutionAlreadyExistsException", format!("Execution Already Exists: '{arn}'"))
        }
        NotLaunched::TooManyOpen => {
            failed("ExecutionLimitExceededException", "as many executions are open as may be".to_owned())
        }
    })?;
    // One of the same name and input is under way: AWS answers as if it had been started now, and so do we; its end is
    // not this task's to wait for.
    let begun = Data::from(json!({ "ExecutionArn": child.arn, "StartDate": seconds(child.start) }));
    let (execution, effects) = match child.effects {
        Some(new) => new,
        None if waits => {
            let cause = format!("Execution Already Exists: '{}'", child.arn);
            return Err(failed("ExecutionAlreadyExistsException", cause));
        }
        None => (0, Vec::new()),
    };
    Ok(Begun {
        execution,
        effects,
        answer: if waits { TaskResult::Submitted(begun) } else { TaskResult::Result(begun) },
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
    if pattern == IntegrationPattern::SyncJson { serde_json::from_str(text).unwrap_or_default() } else { text.into() }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
