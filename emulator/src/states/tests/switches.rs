//! What is only inferred of Step Functions, both ways, and what a template's role and half a character become.

use super::*;
use crate::switches::{Switch, Switches};

/// A machine with one switch set.
fn switched(definition: &Value, switch: Switch, turned: bool) -> Arc<StepFunctions> {
    let switches = Switches::default().set(switch, turned);
    let deployment = deployment(&definition.to_string(), MachineKind::Standard);
    StepFunctions::new(&deployment, virtual_clock(), StatesOptions { switches, ..StatesOptions::default() }).unwrap()
}

/// What becomes of a machine that fails, by the ways of a switch.
fn failing(definition: &Value, input: &str, switch: Switch) -> [(Value, Vec<Value>); 2] {
    [false, true].map(|turned| {
        let states = switched(definition, switch, turned);
        assert_eq!(start(&states, "name", input).0, 200);
        finish(&states);
        (describe(&states, "name"), events(&states, "name"))
    })
}

#[test]
fn a_negative_concurrency_stalls_or_fails() {
    let machine = json!({"StartAt": "M", "TimeoutSeconds": 60, "States": {"M": {"Type": "Map", "End": true,
        "ItemsPath": "$.items", "MaxConcurrencyPath": "$.at_once",
        "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}});
    let [stalled, failed] = failing(&machine, r#"{"items":[1],"at_once":-1}"#, Switch::NegativeConcurrency);
    assert_eq!(stalled.0["status"], "TIMED_OUT");
    let types: Vec<&str> = stalled.1.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["ExecutionStarted", "ExecutionTimedOut"]);
    assert_eq!((&failed.0["status"], &failed.0["error"]), (&json!("FAILED"), &json!("States.Runtime")));
    assert!(
        failed.0["cause"].as_str().unwrap().ends_with("`MaxConcurrencyPath` finds -1 at $.at_once, which is negative.")
    );
}

#[test]
fn an_evaluation_that_fails_names_its_place_or_its_field() {
    let machine = json!({"StartAt": "P", "QueryLanguage": "JSONata", "States": {"P": {"Type": "Pass", "End": true,
        "Output": {"list": ["{% $error('no') %}"]}}}});
    let found = failing(&machine, "{}", Switch::EvaluationLocation).map(|(_, events)| {
        let failed = events.into_iter().find(|event| event["type"] == "EvaluationFailed").unwrap();
        failed["evaluationFailedEventDetails"]["location"].clone()
    });
    assert_eq!(found, ["Output/list[0]", "Output"]);
}

#[test]
fn an_expression_of_a_wrong_type_is_told_in_awss_words_or_in_ours() {
    let machine = json!({"StartAt": "W", "QueryLanguage": "JSONata", "States": {"W": {"Type": "Wait", "End": true,
        "Seconds": "{% 'soon' %}"}}});
    let causes = failing(&machine, "{}", Switch::ExpressionTypeWords)
        .map(|(described, _)| described["cause"].as_str().unwrap().to_owned());
    assert!(
        causes[0].contains("returned an unexpected result type. Expected 'number', but was 'string'"),
        "{causes:?}"
    );
    assert!(causes[1].ends_with("must give a number, not a string."), "{causes:?}");
}

#[test]
fn too_many_variables_are_an_error_by_one_name_or_the_other() {
    let machine =
        json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true, "Assign": {"a.$": "$", "b.$": "$"}}}});
    let input = format!("\"{}\"", "x".repeat(200_000));
    let errors = failing(&machine, &input, Switch::VariablesLimit).map(|(described, _)| described["error"].clone());
    assert_eq!(errors, ["States.DataLimitExceeded", "States.Runtime"]);
}

#[test]
fn an_inline_map_refuses_an_object_or_goes_through_its_pairs() {
    let pass = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let machine = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": pass}}});
    let ended = failing(&machine, r#"{"a":1}"#, Switch::InlineMapObjects)
        .map(|(described, _)| (described["error"].clone(), described["output"].clone()));
    let refused = (json!("States.Runtime"), json!(null));
    assert_eq!(ended, [refused, (json!(null), json!(r#"[{"Key":"a","Value":1}]"#))]);
}

#[test]
fn shared_errors_are_of_one_package_or_of_the_services() {
    let machine = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let kinds = [false, true].map(|turned| {
        let states = switched(&machine, Switch::ErrorPackage, turned);
        assert_eq!(states.call("StartExecution", b"no").body.len(), 60);
        call(&states, "StartExecution", &json!({})).1["__type"].clone()
    });
    let service = "com.amazonaws.swf.service.v2.model#ValidationException";
    assert_eq!(kinds, [json!("com.amazon.coral.validate#ValidationException"), json!(service)]);
}

#[test]
fn halves_of_surrogate_pairs_are_kept_in_inputs() {
    let machine = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true, "Parameters": {"b.$": "$.a"}}}});
    let states = standard(&machine);
    for (name, envelope) in [("inner", r#"{\"a\":\"\\ud800x\"}"#), ("outer", r#"{\"a\":\"\ud800x\"}"#)] {
        let body = format!(r#"{{"stateMachineArn":"{MACHINE_ARN}","name":"{name}","input":"{envelope}"}}"#);
        assert_eq!(states.call("StartExecution", body.as_bytes()).status, 200, "{name}");
        finish(&states);
        let described = describe(&states, name);
        assert_eq!(
            (&described["input"], &described["output"]),
            (&json!(r#"{"a":"\ud800x"}"#), &json!(r#"{"b":"\ud800x"}"#))
        );
    }
}

#[test]
fn a_machine_has_the_role_of_its_template() {
    let states = StepFunctions::new(&corrected(), virtual_clock(), StatesOptions::default()).unwrap();
    let arn = corrected().machines[0].arn.clone();
    let (code, described) = call(&states, "DescribeStateMachine", &json!({ "stateMachineArn": arn }));
    assert_eq!(code, 200);
    let role = described["roleArn"].as_str().unwrap();
    assert!(role.starts_with("arn:aws:iam::123456789012:role/stepgate-WorkflowRole-"), "{role}");
}
