//! What was recorded on AWS (Step Functions tests of validated snapshots, 2023), reproduced with our own machines.

use super::*;

fn pass(result: &Value) -> Value {
    json!({"StartAt": "State_1", "States": {"State_1": {"Type": "Pass", "Result": result, "End": true}}})
}

fn without_timestamps(mut events: Vec<Value>) -> Value {
    for event in &mut events {
        assert!(event.as_object_mut().unwrap().remove("timestamp").unwrap().is_f64());
    }
    events.into()
}

#[test]
fn the_history_of_a_pass_state_is_the_recorded_one() {
    let states = standard(&pass(&json!({"Arg1": "argument1"})));
    start(&states, "name", "{}");
    let details = json!({"truncated": false});
    let role = "arn:aws:iam::123456789012:role/machine-role";
    let expected = json!([
        {"id": 1, "previousEventId": 0, "type": "ExecutionStarted",
         "executionStartedEventDetails": {"input": "{}", "inputDetails": details, "roleArn": role}},
        {"id": 2, "previousEventId": 0, "type": "PassStateEntered",
         "stateEnteredEventDetails": {"name": "State_1", "input": "{}", "inputDetails": details}},
        {"id": 3, "previousEventId": 2, "type": "PassStateExited",
         "stateExitedEventDetails": {"name": "State_1", "output": "{\"Arg1\":\"argument1\"}", "outputDetails": details}},
        {"id": 4, "previousEventId": 3, "type": "ExecutionSucceeded",
         "executionSucceededEventDetails": {"output": "{\"Arg1\":\"argument1\"}", "outputDetails": details}},
    ]);
    assert_eq!(without_timestamps(events(&states, "name")), expected);
}

#[test]
fn a_stopped_wait_ends_with_an_event_that_follows_none() {
    let wait = json!({"StartAt": "State_1", "States": {"State_1": {"Type": "Wait", "Seconds": 600, "End": true}}});
    let deployed = deployment(&wait.to_string(), MachineKind::Standard);
    let clock = Arc::new(crate::clock::SystemClock::start());
    let states = StepFunctions::new(&deployed, clock, StatesOptions::default()).unwrap();
    start(&states, "name", "{}");
    let arn = format!("{EXECUTION_ARN}:name");
    let (code, stopped) = call(&states, "StopExecution", &json!({"executionArn": arn}));
    assert_eq!(code, 200);
    assert_eq!(stopped.as_object().unwrap().keys().collect::<Vec<_>>(), ["stopDate"]);
    let history = without_timestamps(events(&states, "name"));
    assert_eq!(history[1]["type"], "WaitStateEntered");
    let aborted =
        json!({"id": 3, "previousEventId": 0, "type": "ExecutionAborted", "executionAbortedEventDetails": {}});
    assert_eq!(history[2], aborted);
    assert_eq!(states.counters().aborted, 1);
}

#[test]
fn a_parallel_state_has_the_recorded_number_of_events_and_predecessors() {
    let pass = |name: &str| json!({"StartAt": name, "States": {name: {"Type": "Pass", "End": true}}});
    let two = |first: &str, second: &str| json!({"StartAt": first, "States": {first: {"Type": "Pass", "Next": second}, second: {"Type": "Pass", "End": true}}});
    let three = json!({"StartAt": "Branch31", "States": {
        "Branch31": {"Type": "Pass", "Next": "Branch32"},
        "Branch32": {"Type": "Pass", "Next": "Branch33"},
        "Branch33": {"Type": "Pass", "End": true}}});
    let states = standard(&json!({"StartAt": "LoadInput", "States": {
        "LoadInput": {"Type": "Pass", "Result": [1, 2, 3, 4], "Next": "ParallelState"},
        "ParallelState": {"Type": "Parallel", "End": true,
            "Branches": [pass("Branch1"), two("Branch21", "Branch22"), three]}}}));
    start(&states, "name", "{}");
    let history = events(&states, "name");
    assert_eq!(history.len(), 20);
    let place =
        |index: usize| (history[index]["id"].as_u64().unwrap(), history[index]["previousEventId"].as_u64().unwrap());
    assert_eq!((history[4]["type"].as_str(), place(4)), (Some("ParallelStateStarted"), (5, 4)));
    assert_eq!((history[18]["type"].as_str(), place(18)), (Some("ParallelStateExited"), (19, 17)));
    assert_eq!((history[19]["type"].as_str(), place(19)), (Some("ExecutionSucceeded"), (20, 19)));
    assert_eq!(history[18]["stateExitedEventDetails"]["output"], "[[1,2,3,4],[1,2,3,4],[1,2,3,4]]");
}

#[test]
fn a_described_execution_has_the_recorded_members() {
    let states = standard(&pass(&json!({"Arg1": "argument1"})));
    start(&states, "name", "{}");
    let mut described = describe(&states, "name");
    for date in ["startDate", "stopDate"] {
        assert!(described.as_object_mut().unwrap().remove(date).unwrap().is_f64());
    }
    let expected = json!({
        "executionArn": format!("{EXECUTION_ARN}:name"),
        "stateMachineArn": MACHINE_ARN,
        "name": "name",
        "status": "SUCCEEDED",
        "input": "{}",
        "inputDetails": {"included": true},
        "output": "{\"Arg1\":\"argument1\"}",
        "outputDetails": {"included": true},
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    });
    assert_eq!(described, expected);
}

#[test]
fn repeating_a_running_start_answers_the_same_and_another_input_is_refused() {
    let wait = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}});
    let deployed = deployment(&wait.to_string(), MachineKind::Standard);
    let clock = Arc::new(crate::clock::SystemClock::start());
    let states = StepFunctions::new(&deployed, clock, StatesOptions::default()).unwrap();
    let first = start(&states, "name", r#"{"a":1}"#);
    assert_eq!(start(&states, "name", r#"{"a":1}"#), first);
    let exists = json!({
        "__type": "com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists",
        "message": format!("Execution Already Exists: '{EXECUTION_ARN}:name'"),
    });
    assert_eq!(start(&states, "name", r#"{"a":2}"#), (400, exists.clone()));
    assert_eq!(states.counters().started, 1);
    call(&states, "StopExecution", &json!({"executionArn": format!("{EXECUTION_ARN}:name")}));
    assert_eq!(start(&states, "name", r#"{"a":1}"#), (400, exists), "after its end even the same input is refused");
}

#[test]
fn inputs_that_are_not_json_are_refused_with_jacksons_words_and_scalars_start() {
    let states = standard(&pass(&json!(1)));
    for (input, complaint) in [
        (
            "not some json",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        ),
        ("{'not': 'json'", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ("", "Invalid execution input."),
    ] {
        let message = format!("Invalid State Machine Execution Input: '{complaint}'");
        let expected =
            json!({"__type": "com.amazonaws.swf.service.v2.model#InvalidExecutionInput", "message": message});
        assert_eq!(start(&states, "x", input), (400, expected));
    }
    for (name, input) in [("number", "2"), ("text", "\"some text\""), ("nothing", "null")] {
        assert_eq!(start(&states, name, input).0, 200);
    }
}

#[test]
fn arns_are_refused_with_the_recorded_messages() {
    let states = standard(&pass(&json!(1)));
    let model = "com.amazonaws.swf.service.v2.model";
    let nowhere = "arn:aws:states:us-east-1:123456789012:stateMachine:nowhere";
    for (action, body, kind, message) in [
        (
            "DescribeStateMachine",
            json!({"stateMachineArn": "not_a_valid_arn"}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'".to_owned(),
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": "invalid"}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: invalid'".to_owned(),
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": nowhere}),
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{nowhere}'"),
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": nowhere}),
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{nowhere}'"),
        ),
        (
            "DescribeExecution",
            json!({"executionArn": "invalid"}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: invalid'".to_owned(),
        ),
        (
            "GetExecutionHistory",
            json!({"executionArn": "invalid"}),
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: invalid'".to_owned(),
        ),
        (
            "DescribeExecution",
            json!({"executionArn": format!("{EXECUTION_ARN}:nobody")}),
            "ExecutionDoesNotExist",
            format!("Execution Does Not Exist: '{EXECUTION_ARN}:nobody'"),
        ),
        (
            "StopExecution",
            json!({"executionArn": "arn:aws:states:us-east-1:123456789012:express:machine:a:b"}),
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'".to_owned(),
        ),
    ] {
        let expected = json!({"__type": format!("{model}#{kind}"), "message": message});
        assert_eq!(call(&states, action, &body), (400, expected), "{action}");
    }
}

#[test]
fn lists_come_newest_first_in_pages_and_limits_are_checked() {
    let states = standard(&pass(&json!(1)));
    for number in 0..13 {
        start(&states, &format!("n{number}"), "{}");
    }
    let names = |answer: &Value| {
        let rows = answer["executions"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (_, first) = call(&states, "ListExecutions", &json!({"stateMachineArn": MACHINE_ARN, "maxResults": 10}));
    let expected: Vec<String> = (3..13).rev().map(|number| format!("n{number}")).collect();
    assert_eq!(names(&first), expected);
    let token = &first["nextToken"];
    let (_, second) = call(&states, "ListExecutions", &json!({"stateMachineArn": MACHINE_ARN, "nextToken": token}));
    assert_eq!(names(&second), ["n2", "n1", "n0"]);
    assert!(second.get("nextToken").is_none());
    let mut row = first["executions"][0].clone();
    for date in ["startDate", "stopDate"] {
        assert!(row.as_object_mut().unwrap().remove(date).unwrap().is_f64());
    }
    let expected = json!({"executionArn": format!("{EXECUTION_ARN}:n12"), "stateMachineArn": MACHINE_ARN, "name": "n12",
        "status": "SUCCEEDED", "redriveCount": 0});
    assert_eq!(row, expected);
    let long = "x".repeat(3_097);
    for (body, violation) in [
        (json!({"stateMachineArn": MACHINE_ARN, "maxResults": 1001}),
         "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000".to_owned()),
        (json!({"stateMachineArn": MACHINE_ARN, "nextToken": long}),
         format!("Value '{long}' at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 3096")),
    ] {
        let (code, answer) = call(&states, "ListExecutions", &body);
        assert_eq!((code, &answer["message"]), (400, &json!(format!("1 validation error detected: {violation}"))));
        assert_eq!(answer["__type"], "com.amazon.coral.validate#ValidationException");
    }
}
