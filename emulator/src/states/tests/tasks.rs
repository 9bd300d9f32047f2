//! Tasks of machines that are created later, and tasks that cannot be carried out as they are written.

use super::doubles::{output, run, task, with};
use super::*;

#[test]
fn handlers_wait_for_machines_that_are_created_later() {
    let far = "arn:aws:lambda:us-east-1:123456789012:function:far";
    let options = StatesOptions::default().function("sns:publish", |_| Ok(json!("told"))).function("far", Ok);
    let pass = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let states = with(&pass, options);
    for (name, resource, parameters, expected) in [
        ("told", "arn:aws:states:::sns:publish", json!({}), json!("told")),
        ("called", far, json!({"a": 1}), json!({"a": 1})),
        ("invoked", "arn:aws:states:::lambda:invoke", json!({"FunctionName": "far", "Payload": 7}), json!(7)),
    ] {
        let definition = task(resource, &parameters).to_string();
        let made = json!({"name": name, "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/any"});
        let (code, made) = call(&states, "CreateStateMachine", &made);
        assert_eq!(code, 200, "{made}");
        let (_, started) = call(&states, "StartExecution", &json!({"stateMachineArn": made["stateMachineArn"]}));
        finish(&states);
        let (_, described) = call(&states, "DescribeExecution", &json!({"executionArn": started["executionArn"]}));
        let output = output(&described);
        assert_eq!(output.get("Payload").unwrap_or(&output), &expected, "{described:#}");
    }
}

#[test]
fn a_task_whose_action_is_not_documented_is_told_and_one_that_cannot_be_is_refused() {
    let states = standard(&task("arn:aws:states:::sns:publsh", &json!({})));
    let told = "resource `arn:aws:states:::sns:publsh` of state `Call`: AWS documents no action `publsh` of sns; did you mean `publish`?";
    assert_eq!(states.passed_over(), [told]);
    let wrong = task("arn:aws:states:::sqs:sendMessage.sync", &json!({}));
    let wrong = deployment(&wrong.to_string(), MachineKind::Standard);
    let error = StepFunctions::new(&wrong, virtual_clock(), StatesOptions::default()).unwrap_err();
    let told = "state `Call`: `arn:aws:states:::sqs:sendMessage.sync` cannot wait by `.sync`, which sqs does not have: it has `.waitForTaskToken`";
    assert_eq!(error.message, told);
}

#[test]
fn a_header_that_is_no_list_keeps_the_task_from_starting() {
    let parameters = json!({"ApiEndpoint": "a.example", "Method": "GET", "Headers": {"X-Id": "7"}});
    let described = run(&standard(&task("arn:aws:states:::apigateway:invoke", &parameters)));
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.Runtime")));
    let cause = "could not be used to start the Task: [The value of the field 'Headers' has an invalid format]";
    assert!(described["cause"].as_str().unwrap().ends_with(cause), "{described:#}");
}
