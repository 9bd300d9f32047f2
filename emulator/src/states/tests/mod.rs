//! The service from outside: calls, answers and whole workflows on a virtual clock.

mod activities;
mod api;
mod attacks;
mod definitions;
mod depth;
mod doubles;
mod guide;
mod inspection;
mod large_maps;
mod load;
mod map_runs;
mod mistakes;
mod nested;
mod recorded;
mod settings;
mod switches;
mod tasks;
mod trials;
mod vectors;
mod workflow;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::clock::VirtualClock;
use crate::deployment::{Deployment, Function, FunctionCode, MachineKind, MachineSettings, Module, StateMachine};
use crate::document::{Position, json as document};
use crate::template::{LoadOptions, Source, load as load_template};

/// When every virtual clock begins.
const START: Duration = Duration::from_millis(1_573_573_209_347);
const MACHINE_ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:machine";
const EXECUTION_ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:machine";

/// The history of a machine that is one task, which tells its result after it was submitted.
const SUBMITTED_TASK: [&str; 8] = [
    "ExecutionStarted",
    "TaskStateEntered",
    "TaskScheduled",
    "TaskStarted",
    "TaskSubmitted",
    "TaskSucceeded",
    "TaskStateExited",
    "ExecutionSucceeded",
];

/// The handlers that machines in these tests may invoke, by the names of their exports.
const HANDLERS: &str = include_str!("handlers.mjs");
const NAMES: &[&str] = &["echo", "boom", "rejects", "throwsText", "sleep", "flaky", "item", "forever", "hungry"];

/// A state that goes back to `start`: a machine needs an end (`End`), if only one that nothing comes to.
fn again(start: &str) -> Value {
    let never = json!([{ "Variable": "$.never", "IsPresent": true, "Next": "End" }]);
    json!({ "Type": "Choice", "Choices": never, "Default": start })
}

fn corrected() -> Deployment {
    load_template(&Source::carried("deploy", stepgate_deploy::CORRECTED), &LoadOptions::default()).unwrap()
}

fn virtual_clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::starting_at(START))
}

/// A deployment of one machine and the test handlers.
fn deployment(definition: &str, kind: MachineKind) -> Deployment {
    let position = Position { file: "template.yaml".into(), line: 1, column: 1 };
    let function = |name: &&str| Function {
        position: position.clone(),
        arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"),
        name: (*name).to_owned(),
        logical_id: (*name).to_owned(),
        handler: format!("handlers.{name}"),
        runtime: "nodejs22.x".to_owned(),
        code: FunctionCode::Script(Module::alone("handlers.mjs", HANDLERS)),
        timeout: if *name == "forever" { Duration::from_millis(50) } else { Duration::from_mins(15) },
        memory: if *name == "hungry" { 16 } else { 128 },
        environment: vec![("COLOUR".to_owned(), "blue".to_owned())],
    };
    // Loading a handler takes longer than most machines run.
    let used = NAMES.iter().filter(|name| **name == "echo" || definition.contains(**name));
    let machine = StateMachine {
        arn: MACHINE_ARN.to_owned(),
        name: "machine".to_owned(),
        kind,
        role_arn: None,
        settings: MachineSettings::default(),
        definition: document::parse("machine.asl.json", definition).unwrap(),
        qualifiers: vec!["live".to_owned(), "1".to_owned()],
    };
    Deployment { machines: vec![machine], functions: used.map(function).collect(), ..corrected() }
}

pub(super) fn standard(definition: &Value) -> Arc<StepFunctions> {
    let deployment = deployment(&definition.to_string(), MachineKind::Standard);
    StepFunctions::new(&deployment, virtual_clock(), StatesOptions::default()).unwrap()
}

fn call(states: &StepFunctions, action: &str, body: &Value) -> (u16, Value) {
    let reply = states.call(action, body.to_string().as_bytes());
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

/// Starts the one machine under a name.
fn start(states: &StepFunctions, name: &str, input: &str) -> (u16, Value) {
    call(states, "StartExecution", &json!({"stateMachineArn": MACHINE_ARN, "name": name, "input": input}))
}

fn describe(states: &StepFunctions, name: &str) -> Value {
    let (code, described) =
        call(states, "DescribeExecution", &json!({"executionArn": format!("{EXECUTION_ARN}:{name}")}));
    assert_eq!(code, 200, "{described}");
    described
}

fn events(states: &StepFunctions, name: &str) -> Vec<Value> {
    let body = json!({"executionArn": format!("{EXECUTION_ARN}:{name}"), "maxResults": 1000});
    let (code, history) = call(states, "GetExecutionHistory", &body);
    assert_eq!(code, 200, "{history}");
    history["events"].as_array().unwrap().clone()
}

/// Waits until no execution runs any more: on a virtual clock that takes no time.
fn finish(states: &StepFunctions) {
    while states.counters().running > 0 {
        std::thread::yield_now();
    }
}
