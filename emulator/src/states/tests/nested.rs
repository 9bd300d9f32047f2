//! Executions that tasks start.

use super::*;

const CHILD_ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:child";

/// A machine that starts another by this resource with these parameters, and that other one.
fn family(resource: &str, parameters: &Value, child: &Value) -> Arc<StepFunctions> {
    let parent = json!({"StartAt": "Start", "States": {"Start":
        {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": true}}});
    let mut deployed = deployment(&parent.to_string(), MachineKind::Standard);
    deployed.machines.push(StateMachine {
        arn: CHILD_ARN.to_owned(),
        name: "child".to_owned(),
        kind: MachineKind::Standard,
        role_arn: None,
        settings: MachineSettings::default(),
        definition: document::parse("child.asl.json", &child.to_string()).unwrap(),
        qualifiers: vec!["live".to_owned()],
    });
    StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap()
}

fn run(states: &StepFunctions) -> Value {
    start(states, "name", "{}");
    finish(states);
    describe(states, "name")
}

fn usual() -> Value {
    json!({"StateMachineArn": CHILD_ARN, "Name": "kid", "Input": {"n": 1}})
}

fn waits() -> Value {
    json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": true}}})
}

#[test]
fn a_task_may_start_an_execution_by_an_alias_alone_that_is_there() {
    for (alias, status) in [("live", "SUCCEEDED"), ("gone", "FAILED")] {
        let mut parameters = usual();
        parameters["StateMachineArn"] = json!(format!("{CHILD_ARN}:{alias}"));
        let described = run(&family("arn:aws:states:::states:startExecution.sync:2", &parameters, &waits()));
        assert_eq!(described["status"], status, "{described}");
    }
}

#[test]
fn an_execution_is_really_started_and_not_waited_for() {
    let states = family("arn:aws:states:::states:startExecution", &usual(), &waits());
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
        let states = family(resource, &usual(), &waits());
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
    let described = run(&family("arn:aws:states:::states:startExecution.sync:2", &usual(), &fails));
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.TaskFailed")));
    let cause: Value = serde_json::from_str(described["cause"].as_str().unwrap()).unwrap();
    assert_eq!((&cause["Status"], &cause["Error"], &cause["Cause"]), (&json!("FAILED"), &json!("E"), &json!("C")));
}

#[test]
fn a_name_that_is_taken_and_a_machine_that_is_not_there_fail_the_task() {
    let states = family("arn:aws:states:::states:startExecution", &usual(), &waits());
    let body = json!({"stateMachineArn": CHILD_ARN, "name": "kid", "input": "{}"});
    assert_eq!(call(&states, "StartExecution", &body).0, 200);
    assert_eq!(run(&states)["error"], "StepFunctions.ExecutionAlreadyExistsException");
    let parameters = json!({"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"});
    let states = standard(&json!({"StartAt": "S", "States": {"S": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution", "Parameters": parameters}}}));
    assert_eq!(run(&states)["error"], "Sfn.StateMachineDoesNotExistException");
}

#[test]
fn an_input_of_null_is_an_empty_object_and_the_answer_has_metadata_as_recorded() {
    let parameters = json!({"StateMachineArn": CHILD_ARN, "Name": "kid", "Input": null});
    for (resource, told) in [("states:startExecution.sync", true), ("aws-sdk:sfn:startExecution", false)] {
        let states = family(&format!("arn:aws:states:::{resource}"), &parameters, &waits());
        let described = run(&states);
        let kid = json!({"executionArn": "arn:aws:states:us-east-1:123456789012:execution:child:kid"});
        assert_eq!(call(&states, "DescribeExecution", &kid).1["input"], "{}");
        let all = events(&states, "name");
        let submitted = all.iter().find(|event| event["type"] == "TaskSubmitted");
        let output = submitted.map_or(&described["output"], |it| &it["taskSubmittedEventDetails"]["output"]);
        let output: Value = serde_json::from_str(output.as_str().unwrap()).unwrap();
        let members: Vec<_> = output.as_object().unwrap().keys().map(String::as_str).collect();
        if told {
            assert_eq!(members, ["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"]);
            let (http, id) = (&output["SdkHttpMetadata"], &output["SdkResponseMetadata"]["RequestId"]);
            assert_eq!((&http["HttpStatusCode"], &http["HttpHeaders"]["x-amzn-RequestId"]), (&json!(200), id));
            let length = r#"{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:child:kid","startDate":1.573573209347E9}"#.len();
            assert_eq!(http["AllHttpHeaders"]["Content-Length"], json!([length.to_string()]));
        } else {
            assert_eq!(members, ["ExecutionArn", "StartDate"]);
            assert_eq!(output["StartDate"], "2019-11-12T15:40:09.347Z", "recorded: a time in text");
        }
    }
}

#[test]
fn the_cause_of_a_machine_that_is_not_there_ends_as_recorded() {
    let nobody = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody";
    let states = family("arn:aws:states:::states:startExecution", &json!({"StateMachineArn": nobody}), &waits());
    let described = run(&states);
    assert_eq!(described["error"], "StepFunctions.StateMachineDoesNotExistException");
    let cause = described["cause"].as_str().unwrap();
    let begins = format!(
        "State Machine Does Not Exist: '{nobody}' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: "
    );
    assert!(cause.starts_with(&begins) && cause.ends_with("; Proxy: null)"), "{cause}");
}
