//! Executions that tasks start.

use super::*;

const CHILD_ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:child";

/// A machine that starts another by this resource, and that other one.
fn family(resource: &str, child: &Value) -> Arc<StepFunctions> {
    let parameters = json!({"StateMachineArn": CHILD_ARN, "Name": "kid", "Input": {"n": 1}});
    let parent = json!({"StartAt": "Start", "States": {"Start":
        {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": true}}});
    let mut deployed = deployment(&parent.to_string(), MachineKind::Standard);
    deployed.machines.push(StateMachine {
        arn: CHILD_ARN.to_owned(),
        name: "child".to_owned(),
        kind: MachineKind::Standard,
        role_arn: None,
        definition: document::parse("child.asl.json", &child.to_string()).unwrap(),
    });
    StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap()
}

fn run(states: &StepFunctions) -> Value {
    start(states, "name", "{}");
    finish(states);
    describe(states, "name")
}

fn waits() -> Value {
    json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": true}}})
}

#[test]
fn an_execution_is_really_started_and_not_waited_for() {
    let states = family("arn:aws:states:::states:startExecution", &waits());
    let described = run(&states);
    let output: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["ExecutionArn"], "arn:aws:states:us-east-1:123456789012:execution:child:kid");
    assert_eq!(described["stopDate"], described["startDate"]);
    assert_eq!(states.counters().succeeded, 2);
}

#[test]
fn a_synchronous_task_waits_for_its_execution() {
    for (resource, expected) in [
        ("arn:aws:states:::states:startExecution.sync", json!("{\"n\":1}")),
        ("arn:aws:states:::states:startExecution.sync:2", json!({"n": 1})),
    ] {
        let states = family(resource, &waits());
        let described = run(&states);
        let output: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
        assert_eq!((&output["Status"], &output["Output"]), (&json!("SUCCEEDED"), &expected));
        let took = described["stopDate"].as_f64().unwrap() - described["startDate"].as_f64().unwrap();
        assert!((took - 5.0).abs() < 0.01, "{took}");
        let history = events(&states, "name");
        let kinds: Vec<&str> = history.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, SUBMITTED_TASK);
    }
}

#[test]
fn the_failure_of_an_execution_fails_the_task_that_waits_for_it() {
    let fails = json!({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}});
    let described = run(&family("arn:aws:states:::states:startExecution.sync:2", &fails));
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.TaskFailed")));
    let cause: Value = serde_json::from_str(described["cause"].as_str().unwrap()).unwrap();
    assert_eq!((&cause["Status"], &cause["Error"], &cause["Cause"]), (&json!("FAILED"), &json!("E"), &json!("C")));
}

#[test]
fn a_name_that_is_taken_and_a_machine_that_is_not_there_fail_the_task() {
    let states = family("arn:aws:states:::states:startExecution", &waits());
    let body = json!({"stateMachineArn": CHILD_ARN, "name": "kid", "input": "{}"});
    assert_eq!(call(&states, "StartExecution", &body).0, 200);
    assert_eq!(run(&states)["error"], "StepFunctions.ExecutionAlreadyExistsException");
    let parameters = json!({"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"});
    let states = standard(&json!({"StartAt": "S", "States": {"S": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution", "Parameters": parameters}}}));
    assert_eq!(run(&states)["error"], "Sfn.StateMachineDoesNotExistException");
}
