//! The machine and the file of mocks of AWS's guide to Step Functions Local, case by case.

use super::*;
use crate::doubles::Doubles;

fn machine() -> Value {
    json!({"StartAt": "LambdaState", "States": {
        "LambdaState": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "HelloWorldFunction", "Payload.$": "$"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}],
            "Next": "SQSState",
        },
        "SQSState": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/myQueue", "MessageBody.$": "$"},
            "End": true,
        },
    }})
}

fn file() -> Value {
    let hello = json!({"StatusCode": 200, "Payload": {"StatusCode": 200, "body": "Hello from Lambda!"}});
    let sent = json!({"MD5OfMessageBody": "3bcb6e8e-7h85-4375-b0bc-1a59812c6e51", "MessageId": "3bcb6e8e-8b51-4375-b0bc-1a59812c6e51"});
    let throw = |error: &str, cause: &str| json!({"Throw": {"Error": error, "Cause": cause}});
    json!({
        "StateMachines": {"machine": {"TestCases": {
            "HappyPath": {"LambdaState": "MockedLambdaSuccess", "SQSState": "MockedSQSSuccess"},
            "RetryPath": {"LambdaState": "MockedLambdaRetry", "SQSState": "MockedSQSSuccess"},
            "HybridPath": {"LambdaState": "MockedLambdaSuccess"},
        }}},
        "MockedResponses": {
            "MockedLambdaSuccess": {"0": {"Return": hello}},
            "MockedSQSSuccess": {"0": {"Return": sent}},
            "MockedLambdaRetry": {
                "0": throw("Lambda.ResourceNotReadyException", "Lambda resource is not ready."),
                "1-2": throw("Lambda.TimeoutException", "Lambda timed out."),
                "3": {"Return": hello},
            },
        },
    })
}

/// The types of the events of one execution, and its description.
fn run(doubles: Doubles, case: &str) -> (Vec<String>, Value) {
    let deployed = deployment(&machine().to_string(), MachineKind::Standard);
    let options = StatesOptions { doubles, ..StatesOptions::default() };
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    let start = json!({"stateMachineArn": format!("{MACHINE_ARN}{case}"), "name": "name"});
    assert_eq!(call(&states, "StartExecution", &start).0, 200);
    finish(&states);
    let types = events(&states, "name").iter().map(|it| it["type"].as_str().unwrap().to_owned()).collect();
    (types, describe(&states, "name"))
}

fn mocks() -> Doubles {
    Doubles::default().read(&file().to_string(), std::path::Path::new("."), |path| Err(format!("no {path}"))).unwrap()
}

#[test]
fn the_happy_path_asks_nobody() {
    for (doubles, case) in [(mocks(), "#HappyPath"), (mocks().test_case("HappyPath"), "")] {
        let (types, described) = run(doubles, case);
        assert_eq!(described["status"], "SUCCEEDED", "{described:#}");
        let sent: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
        assert_eq!(sent["MessageId"], "3bcb6e8e-8b51-4375-b0bc-1a59812c6e51");
        let expected = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"];
        assert_eq!(types[1..6], expected);
        assert_eq!(types[6..11], expected);
    }
}

#[test]
fn the_retry_path_fails_three_times_and_succeeds_at_its_fourth_attempt() {
    let (types, described) = run(mocks(), "#RetryPath");
    assert_eq!(described["status"], "SUCCEEDED", "{described:#}");
    assert_eq!(types.iter().filter(|it| *it == "TaskFailed").count(), 3);
    assert_eq!(types.iter().filter(|it| *it == "TaskSucceeded").count(), 2);
}

#[test]
fn the_hybrid_path_goes_to_the_service_s_double_where_nothing_is_mocked() {
    let (_, described) = run(mocks(), "#HybridPath");
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.TaskFailed")));
    assert!(described["cause"].as_str().unwrap().contains("sqs:sendMessage has no double here"), "{described:#}");
}

#[test]
fn a_test_case_for_all_executions_must_be_one_of_the_file() {
    let deployed = deployment(&machine().to_string(), MachineKind::Standard);
    let options = StatesOptions { doubles: mocks().test_case("Happy"), ..StatesOptions::default() };
    let error = StepFunctions::new(&deployed, virtual_clock(), options).unwrap_err();
    let message =
        "no state machine of the file of mocks has a test case `Happy`: there is HappyPath, HybridPath, RetryPath";
    assert_eq!(error.message, message);
}
