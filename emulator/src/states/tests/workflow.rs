//! The deployed workflow.

use super::*;
use crate::clock::{Clock, SystemClock};
use std::time::Instant;

fn as_posted() -> Deployment {
    let options = LoadOptions { as_posted: true, ..LoadOptions::default() };
    load_template(&Source::carried("as-posted", stepgate_deploy::AS_POSTED), &options).unwrap()
}

#[test]
fn the_workflow_takes_three_virtual_seconds_and_no_real_ones() {
    for deployed in [corrected(), as_posted()] {
        let clock = virtual_clock();
        let states = StepFunctions::new(&deployed, clock.clone(), StatesOptions::default()).unwrap();
        let machine = &deployed.machines[0].arn;
        let name = "9c3d8aab-83bf-4542-8256-36c9f42b6b01";
        let body = json!({"stateMachineArn": machine, "name": name, "input": "{}"});
        let reply = states.call("StartExecution", body.to_string().as_bytes());
        let arn = machine.replace("stateMachine", "execution") + ":" + name;
        let expected = format!(r#"{{"executionArn":"{arn}","startDate":1.573573209347E9}}"#);
        assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
        finish(&states);
        let (_, described) = call(&states, "DescribeExecution", &json!({"executionArn": arn}));
        assert_eq!(described["status"], "SUCCEEDED", "{described}");
        assert_eq!(described["output"], r#"{"function":"end"}"#);
        assert_eq!(described["stopDate"], 1_573_573_212.347_f64);
        assert!(clock.now() < START + Duration::from_secs(4), "the clock must not jump beyond the workflow's end");
    }
}

#[test]
fn the_workflow_takes_three_seconds_on_the_machines_clock() {
    let deployed = corrected();
    let states = StepFunctions::new(&deployed, Arc::new(SystemClock::start()), StatesOptions::default()).unwrap();
    let begun = Instant::now();
    let (code, _) = call(&states, "StartExecution", &json!({"stateMachineArn": deployed.machines[0].arn}));
    assert_eq!(code, 200);
    while states.counters().running > 0 {
        std::thread::yield_now();
    }
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(states.counters(), Counters { started: 1, succeeded: 1, ..Counters::default() });
}

#[test]
fn handlers_are_heard_with_their_request_id() {
    let states = StepFunctions::new(&as_posted(), virtual_clock(), StatesOptions::default()).unwrap();
    let machine = as_posted().machines[0].arn.clone();
    call(&states, "StartExecution", &json!({"stateMachineArn": machine, "input": r#"{"a":[1,"x"]}"#}));
    finish(&states);
    let log: Vec<String> = states.handler_log(0, usize::MAX).into_iter().map(|(_, line)| line).collect();
    assert_eq!(log.len(), 8, "{log:#?}");
    let parts: Vec<&str> = log[0].splitn(4, '\t').collect();
    assert_eq!((parts[0], parts[2], parts[3]), ("2019-11-12T15:40:09.347Z", "INFO", "start event { a: [ 1, 'x' ] }"));
    assert_eq!(parts[1].len(), 36);
}

#[test]
fn a_handler_in_rust_takes_the_place_of_a_function() {
    let options = StatesOptions::default().function("End", |input| Ok(json!({ "branches": input })));
    let states = StepFunctions::new(&as_posted(), virtual_clock(), options).unwrap();
    let machine = as_posted().machines[0].arn.clone();
    let (_, started) = call(&states, "StartExecution", &json!({"stateMachineArn": machine}));
    finish(&states);
    let (_, described) = call(&states, "DescribeExecution", &json!({"executionArn": started["executionArn"]}));
    assert_eq!(described["output"], r#"{"branches":[{"function":"wait3000"},{"function":"wait500"}]}"#);
}

#[test]
fn a_strict_load_refuses_a_handler_in_rust_for_no_function_with_the_names_there_are() {
    let options = StatesOptions { strict: true, ..StatesOptions::default().function("Begin", Ok) };
    let error = StepFunctions::new(&as_posted(), virtual_clock(), options).unwrap_err();
    assert!(
        error.message.starts_with("there is no function or task `Begin` to handle: there is stepgate-end, "),
        "{error}"
    );
}

#[test]
fn memory_is_bounded_by_the_executions_to_retain() {
    let machine = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let deployed = deployment(&machine.to_string(), MachineKind::Standard);
    let options = StatesOptions { retain: 10, ..StatesOptions::default() };
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    for number in 0..3_000 {
        assert_eq!(start(&states, &format!("n{number}"), "{}").0, 200);
    }
    assert_eq!(states.executions(None, usize::MAX).len(), 10);
    assert_eq!(start(&states, "n2999", "{}").0, 400, "remembered names are taken");
    assert_eq!(start(&states, "n0", "{}").0, 200, "forgotten names are free");
    assert_eq!(states.counters().succeeded, 3_001);
}

#[test]
fn results_over_256_kib_fail_the_function_and_can_be_caught() {
    let caught = json!([{"ErrorEquals": ["States.ALL"], "Next": "C"}]);
    let large = json!({"StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:echo", "Catch": caught, "End": true},
        "C": {"Type": "Pass", "End": true}}});
    let deployment = deployment(&large.to_string(), MachineKind::Standard);
    let options = StatesOptions::default().function("echo", |_| Ok(json!("x".repeat(262_143))));
    let states = StepFunctions::new(&deployment, virtual_clock(), options).unwrap();
    start(&states, "name", "{}");
    finish(&states);
    let described = describe(&states, "name");
    let output: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["Error"], "States.DataLimitExceeded");
    assert_eq!(
        output["Cause"],
        "The state/task 'arn:aws:lambda:us-east-1:123456789012:function:echo' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    let types: Vec<_> = events(&states, "name").iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types[4], "LambdaFunctionFailed");
}

#[test]
fn express_executions_have_no_redrive_count() {
    let machine =
        json!({"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"e.$": "$$.Execution"}, "End": true}}});
    let deployment = deployment(&machine.to_string(), MachineKind::Express);
    let states = StepFunctions::new(&deployment, virtual_clock(), StatesOptions::default()).unwrap();
    let (code, answer) = call(&states, "StartSyncExecution", &json!({"stateMachineArn": MACHINE_ARN, "input": "{}"}));
    assert_eq!(code, 200, "{answer}");
    let output: Value = serde_json::from_str(answer["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["e"].get("RedriveCount"), None, "{output}");
}

#[test]
fn half_of_a_surrogate_pair_can_be_assigned_and_is_shown() {
    let states = standard(&json!({"StartAt": "P", "States": {
        "P": {"Type": "Pass", "Assign": {"v.$": "$.a"}, "End": true},
    }}));
    start(&states, "half", r#"{"a":"x\ud800y"}"#);
    finish(&states);
    let shown = events(&states, "half");
    let exited = shown.iter().find(|event| event["type"] == "PassStateExited").unwrap();
    let variables = &exited["stateExitedEventDetails"]["assignedVariables"];
    assert_eq!(variables, &json!({ "v": r#""x\ud800y""# }));
}
