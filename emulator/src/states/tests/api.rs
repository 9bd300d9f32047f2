//! The API beyond what was recorded.

use super::*;
use crate::clock::SystemClock;
use crate::states::execution::ExecutionStatus;

fn wait_machine() -> Value {
    json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": true}}})
}

fn pass_machine() -> Value {
    json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}})
}

#[test]
fn an_envelope_that_is_not_json_gets_sixty_bytes() {
    let states = standard(&pass_machine());
    for body in [r#"{"input": "it\'s"}"#.as_bytes(), b"{", b"\xff", b"[]"] {
        let reply = states.call("StartExecution", body);
        assert_eq!((reply.status, reply.body.len()), (400, 60));
        assert_eq!(reply.body, br#"{"__type":"com.amazon.coral.service#SerializationException"}"#);
    }
}

#[test]
fn members_of_another_type_are_a_serialization_exception_with_a_message() {
    let states = standard(&pass_machine());
    let (code, answer) = call(&states, "StartExecution", &json!({"stateMachineArn": MACHINE_ARN, "input": {"a": 1}}));
    assert_eq!((code, &answer["__type"]), (400, &json!("com.amazon.coral.service#SerializationException")));
    assert!(answer["message"].is_string());
}

#[test]
fn violations_of_the_model_are_reported_together() {
    let states = standard(&pass_machine());
    let body = json!({"name": "", "traceHeader": "x".repeat(257)});
    let (_, answer) = call(&states, "StartExecution", &body);
    let message = answer["message"].as_str().unwrap();
    assert!(message.starts_with("3 validation errors detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null; Value '' at 'name' "), "{message}");
}

#[test]
fn input_is_measured_in_bytes_of_utf_8() {
    let states = standard(&pass_machine());
    let fits = format!("\"{}\"", "é".repeat(131_071));
    assert_eq!(fits.len(), 262_144);
    assert_eq!(start(&states, "fits", &fits).0, 200);
    let (code, answer) = start(&states, "long", &format!("\"{}a\"", "é".repeat(131_071)));
    assert_eq!(
        (code, answer["message"].as_str().unwrap()),
        (
            400,
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144"
        )
    );
}

#[test]
fn illegal_names_are_refused_and_missing_ones_are_uuids() {
    let states = standard(&pass_machine());
    let (code, answer) = start(&states, "x y", "{}");
    assert_eq!((code, &answer["message"]), (400, &json!("Invalid Name: 'x y'")));
    assert_eq!(answer["__type"], "com.amazonaws.swf.service.v2.model#InvalidName");
    let (_, answer) = call(&states, "StartExecution", &json!({"stateMachineArn": MACHINE_ARN}));
    let name = answer["executionArn"].as_str().unwrap().rsplit(':').next().unwrap();
    assert!(uuid::Uuid::parse_str(name).is_ok_and(|uuid| uuid.get_version_num() == 4), "{name}");
    assert_eq!(describe(&states, name)["input"], "{}", "without an input it is an empty object");
}

#[test]
fn an_alias_or_a_version_that_is_there_starts_and_describes_its_machine() {
    let states = standard(&pass_machine());
    for (qualifier, described) in [("live", MACHINE_ARN.to_owned()), ("1", format!("{MACHINE_ARN}:1"))] {
        let arn = format!("{MACHINE_ARN}:{qualifier}");
        let started = call(&states, "StartExecution", &json!({"stateMachineArn": arn, "name": qualifier})).1;
        assert_eq!(started["executionArn"], format!("{EXECUTION_ARN}:{qualifier}"));
        assert_eq!(
            call(&states, "DescribeStateMachine", &json!({"stateMachineArn": arn})).1["stateMachineArn"],
            described
        );
        let changed =
            call(&states, "UpdateStateMachine", &json!({"stateMachineArn": arn, "roleArn": "arn:aws:iam::1:role/r"}));
        assert_eq!(changed.0, 400, "only the machine itself can be changed");
    }
    let gone = format!("{MACHINE_ARN}:gone");
    let refused = call(&states, "StartExecution", &json!({"stateMachineArn": gone})).1;
    assert_eq!(refused["message"], format!("State Machine Does Not Exist: '{gone}'"));
    let mut express = deployment(&pass_machine().to_string(), MachineKind::Express);
    express.machines[0].arn = MACHINE_ARN.to_owned();
    let states = StepFunctions::new(&express, virtual_clock(), StatesOptions::default()).unwrap();
    let answered = states.call("StartSyncExecution", json!({"stateMachineArn": gone}).to_string().as_bytes());
    assert_eq!(answered.status, 400);
    let started =
        states.call("StartExecution", json!({"stateMachineArn": format!("{MACHINE_ARN}:live")}).to_string().as_bytes());
    assert_eq!(started.status, 200);
}

#[test]
fn unknown_actions_are_unknown_operations() {
    let (code, answer) = call(&standard(&pass_machine()), "TagResource", &json!({}));
    assert_eq!((code, answer), (400, json!({"__type": "com.amazon.coral.service#UnknownOperationException"})));
}

#[test]
fn lists_can_be_filtered_by_status() {
    let states = standard(&json!({"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "BooleanEquals": true, "Next": "P"}], "Default": "F"},
        "P": {"Type": "Pass", "End": true}, "F": {"Type": "Fail", "Error": "E"}}}));
    start(&states, "good", "true");
    start(&states, "bad", "false");
    let list = |filter: &str| {
        call(&states, "ListExecutions", &json!({"stateMachineArn": MACHINE_ARN, "statusFilter": filter}))
    };
    assert_eq!(list("FAILED").1["executions"][0]["name"], "bad");
    assert_eq!(list("SUCCEEDED").1["executions"].as_array().unwrap().len(), 1);
    assert_eq!(list("RUNNING").1["executions"], json!([]));
    let (code, answer) = list("LOST");
    assert_eq!((code, answer["__type"].as_str().unwrap()), (400, "com.amazon.coral.validate#ValidationException"));
    assert_eq!(
        answer["message"],
        "1 validation error detected: Value 'LOST' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
    );
}

#[test]
fn an_execution_that_is_stopped_and_not_retained_still_has_its_stop_date() {
    let deployed = deployment(
        &json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": true}}}).to_string(),
        MachineKind::Standard,
    );
    let options = StatesOptions { retain: 0, ..StatesOptions::default() };
    let states = StepFunctions::new(&deployed, Arc::new(SystemClock::start()), options).unwrap();
    let (_, started) = start(&states, "name", "{}");
    let (code, answer) = call(&states, "StopExecution", &json!({"executionArn": format!("{EXECUTION_ARN}:name")}));
    assert_eq!(code, 200, "{answer}");
    assert!(answer["stopDate"].as_f64().unwrap() >= started["startDate"].as_f64().unwrap(), "{answer}");
}

#[test]
fn an_execution_that_timed_out_is_described_without_an_error() {
    let states = standard(
        &json!({"StartAt": "W", "TimeoutSeconds": 1, "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}}),
    );
    start(&states, "name", "{}");
    finish(&states);
    let described = describe(&states, "name");
    assert_eq!((&described["status"], described.get("error")), (&json!("TIMED_OUT"), None));
}

#[test]
fn an_express_machine_waits_for_no_token() {
    let machine = json!({"StartAt": "T", "States": {"T": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}}});
    let deployed = deployment(&machine.to_string(), MachineKind::Express);
    let error = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap_err();
    assert!(error.to_string().contains("state `T` waits for a task token or a job"), "{error}");
}

#[test]
fn histories_come_in_pages_backwards_and_without_data() {
    let states = standard(&wait_machine());
    start(&states, "name", "{}");
    finish(&states);
    let arn = format!("{EXECUTION_ARN}:name");
    let ids = |body: Value| {
        let (_, answer) = call(&states, "GetExecutionHistory", &body);
        let ids =
            answer["events"].as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()).collect::<Vec<_>>();
        (ids, answer["nextToken"].clone())
    };
    let (first, token) = ids(json!({"executionArn": arn, "maxResults": 3}));
    assert_eq!(first, [1, 2, 3]);
    assert_eq!(ids(json!({"executionArn": arn, "nextToken": token})), (vec![4], Value::Null));
    let (backwards, token) = ids(json!({"executionArn": arn, "maxResults": 3, "reverseOrder": true}));
    assert_eq!(backwards, [4, 3, 2]);
    assert_eq!(ids(json!({"executionArn": arn, "reverseOrder": true, "nextToken": token})).0, [1]);
    let (_, bare) = call(&states, "GetExecutionHistory", &json!({"executionArn": arn, "includeExecutionData": false}));
    assert!(bare["events"][0]["executionStartedEventDetails"].get("input").is_none());
    let (code, answer) = call(&states, "GetExecutionHistory", &json!({"executionArn": arn, "nextToken": "made up"}));
    assert_eq!((code, &answer["message"]), (400, &json!("Invalid Token: 'made up'")));
}

#[test]
fn a_page_of_a_history_is_bounded_in_bytes_and_the_next_ones_have_the_rest() {
    let pass = |next: &str| match next {
        "" => json!({"Type": "Pass", "End": true}),
        next => json!({"Type": "Pass", "Next": next}),
    };
    let names: Vec<String> = (0..20).map(|number| format!("S{number}")).collect();
    let next = names.iter().skip(1).map(String::as_str).chain([""]);
    let steps: serde_json::Map<_, _> = names.iter().zip(next).map(|(name, next)| (name.clone(), pass(next))).collect();
    let states = standard(&json!({"StartAt": "S0", "States": steps}));
    start(&states, "name", &json!({"x": "x".repeat(200_000)}).to_string());
    finish(&states);
    let mut body = json!({"executionArn": format!("{EXECUTION_ARN}:name"), "maxResults": 1_000});
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let (_, answer) = call(&states, "GetExecutionHistory", &body);
        assert!(answer.to_string().len() < 5 << 20);
        ids.extend(answer["events"].as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()));
        pages += 1;
        if answer["nextToken"].is_null() {
            break;
        }
        body["nextToken"] = answer["nextToken"].clone();
    }
    assert_eq!(ids, (1..=42).collect::<Vec<u64>>());
    assert!((2..5).contains(&pages), "{pages}");
}

#[test]
fn machines_are_listed_and_described() {
    let states = standard(&pass_machine());
    let (_, list) = call(&states, "ListStateMachines", &json!({}));
    assert_eq!(list["stateMachines"][0]["stateMachineArn"], MACHINE_ARN);
    assert_eq!(list["stateMachines"][0]["type"], "STANDARD");
    let (_, described) = call(&states, "DescribeStateMachine", &json!({"stateMachineArn": MACHINE_ARN}));
    let definition: Value = serde_json::from_str(described["definition"].as_str().unwrap()).unwrap();
    assert_eq!((definition, &described["status"]), (pass_machine(), &json!("ACTIVE")));
    start(&states, "name", "{}");
    let body = json!({"executionArn": format!("{EXECUTION_ARN}:name")});
    assert_eq!(call(&states, "DescribeStateMachineForExecution", &body).1["name"], "machine");
}

#[test]
fn start_execution_is_throttled_by_its_bucket() {
    let deployed = deployment(&pass_machine().to_string(), MachineKind::Standard);
    let options = StatesOptions { quotas: Quotas::Aws, ..StatesOptions::default() };
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    let codes: Vec<u16> = (0..1_301).map(|number| start(&states, &number.to_string(), "{}").0).collect();
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 1_300);
    let throttled = json!({"__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate exceeded"});
    assert_eq!(start(&states, "late", "{}"), (400, throttled));
    assert_eq!(states.counters().started, 1_300);
}

fn express(definition: &Value) -> Arc<StepFunctions> {
    let deployed = deployment(&definition.to_string(), MachineKind::Express);
    StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap()
}

/// Runs a future that another thread completes.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn express_executions_have_arns_of_their_own_and_are_never_the_same() {
    let states = express(&pass_machine());
    let arns: Vec<Value> = (0..2).map(|_| start(&states, "name", "{}").1["executionArn"].clone()).collect();
    assert_ne!(arns[0], arns[1]);
    let arn = arns[0].as_str().unwrap();
    let prefix = "arn:aws:states:us-east-1:123456789012:express:machine:name:";
    assert!(arn.strip_prefix(prefix).is_some_and(|id| uuid::Uuid::parse_str(id).is_ok()), "{arn}");
    let (_, refused) = call(&states, "DescribeExecution", &json!({"executionArn": arn}));
    assert_eq!(refused["message"], "Invalid Arn: 'Resource type not valid in this context: express'");
    let (_, refused) = call(&states, "ListExecutions", &json!({"stateMachineArn": MACHINE_ARN}));
    assert_eq!(refused["__type"], "com.amazonaws.swf.service.v2.model#StateMachineTypeNotSupported");
}

#[test]
fn a_synchronous_start_is_answered_at_the_end_of_its_execution() {
    let states = express(&wait_machine());
    let body = json!({"stateMachineArn": MACHINE_ARN, "name": "name", "input": "[1]"}).to_string();
    let reply = wait_for(states.call_async("StartSyncExecution", body.as_bytes()));
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &answer["status"], &answer["output"]), (200, &json!("SUCCEEDED"), &json!("[1]")));
    assert_eq!(answer["stopDate"], 1_573_573_211.347_f64);
    assert_eq!(answer["billingDetails"], json!({"billedDurationInMilliseconds": 2000, "billedMemoryUsedInMB": 64}));
}

#[test]
fn a_synchronous_start_is_answered_even_if_nothing_is_retained() {
    let deployed = deployment(&wait_machine().to_string(), MachineKind::Express);
    let options = StatesOptions { retain: 0, ..StatesOptions::default() };
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    let body = json!({"stateMachineArn": MACHINE_ARN}).to_string();
    assert_eq!(wait_for(states.call_async("StartSyncExecution", body.as_bytes())).status, 200);
    assert!(states.executions(None, 10).is_empty());
}

#[test]
fn a_synchronous_start_that_fails_is_still_an_answer() {
    let states = express(&json!({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}));
    let body = json!({"stateMachineArn": MACHINE_ARN}).to_string();
    let reply = states.call("StartSyncExecution", body.as_bytes());
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &answer["status"], &answer["error"]), (200, &json!("FAILED"), &json!("E")));
    assert!(answer.get("output").is_none());
    // Captured on the wire of AWS.
    let kind = "com.amazonaws.swf.base.model#CloudWatchEventsExecutionDataDetails";
    let members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(members.is_sorted(), "{members:?}");
    assert_eq!(answer["outputDetails"], json!({"__type": kind, "included": true}));
    assert_eq!(answer["inputDetails"], answer["outputDetails"]);
    assert_eq!(answer["billingDetails"]["billedDurationInMilliseconds"], 100);
}

#[test]
fn express_executions_end_after_five_minutes() {
    let states = express(&json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": true}}}));
    let body = json!({"stateMachineArn": MACHINE_ARN}).to_string();
    let reply = wait_for(states.call_async("StartSyncExecution", body.as_bytes()));
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(answer["status"], "TIMED_OUT");
    assert_eq!(answer["stopDate"], 1_573_573_509.347_f64);
}

#[test]
fn a_synchronous_start_of_a_standard_machine_is_refused() {
    let (code, answer) =
        call(&standard(&pass_machine()), "StartSyncExecution", &json!({"stateMachineArn": MACHINE_ARN}));
    assert_eq!(
        (code, &answer["message"]),
        (400, &json!("This operation is not supported by this type of state machine"))
    );
}

#[test]
fn a_task_token_ends_its_task_once() {
    let deployed = deployment(
        &json!({"StartAt": "T", "States": {"T": {"Type": "Task", "End": true, "HeartbeatSeconds": 60,
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}}}}})
        .to_string(),
        MachineKind::Standard,
    );
    let clock = Arc::new(SystemClock::start());
    let states = StepFunctions::new(&deployed, clock, StatesOptions::default()).unwrap();
    start(&states, "name", "{}");
    while !events(&states, "name").iter().any(|event| event["type"] == "TaskSubmitted") {
        std::thread::yield_now();
    }
    let submitted: Value = {
        let events = events(&states, "name");
        let output = events[4]["taskSubmittedEventDetails"]["output"].as_str().unwrap().to_owned();
        serde_json::from_str(&output).unwrap()
    };
    let token = &submitted["Payload"]["token"];
    assert_eq!(call(&states, "SendTaskHeartbeat", &json!({"taskToken": token})), (200, json!({})));
    let success = json!({"taskToken": token, "output": "{\"done\":true}"});
    assert_eq!(call(&states, "SendTaskSuccess", &success), (200, json!({})));
    assert_eq!(describe(&states, "name")["output"], "{\"done\":true}");
    let (code, answer) = call(&states, "SendTaskSuccess", &success);
    assert_eq!((code, answer["__type"].as_str().unwrap()), (400, "com.amazonaws.swf.service.v2.model#TaskTimedOut"));
    let (_, answer) = call(&states, "SendTaskSuccess", &json!({"taskToken": "made up", "output": "{}"}));
    assert_eq!(answer["__type"], "com.amazonaws.swf.service.v2.model#InvalidToken");
}

#[test]
fn executions_are_shown_newest_first_with_their_counts() {
    let states = standard(&pass_machine());
    for name in ["a", "b"] {
        start(&states, name, "{}");
    }
    let shown: Vec<_> = states.executions(None, 1).into_iter().map(|(_, shown)| shown).collect();
    assert_eq!((shown.len(), shown[0].name.as_str(), shown[0].status), (1, "b", ExecutionStatus::Succeeded));
    assert_eq!((shown[0].start, shown[0].stop), (START, Some(START)));
    assert_eq!(states.counters(), Counters { started: 2, succeeded: 2, ..Counters::default() });
}

#[test]
fn a_stopped_service_still_answers() {
    let states = standard(&wait_machine());
    states.stop();
    start(&states, "name", "{}");
    assert_eq!(describe(&states, "name")["status"], "RUNNING");
}

#[test]
fn more_than_may_be_open_is_refused_as_by_aws_and_nothing_starts() {
    let waits =
        json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 60, "End": true } } }).to_string();
    for (kind, error) in [
        (MachineKind::Standard, "com.amazonaws.swf.service.v2.model#ExecutionLimitExceeded"),
        (MachineKind::Express, "com.amazon.coral.availability#ThrottlingException"),
    ] {
        let clock = Arc::new(SystemClock::start());
        let options = StatesOptions { open_executions: Some(1), ..StatesOptions::default() };
        let states = StepFunctions::new(&deployment(&waits, kind), clock, options).unwrap();
        assert_eq!(start(&states, "first", "{}").0, 200);
        let (code, refused) = start(&states, "second", "{}");
        assert_eq!((code, refused["__type"].as_str()), (400, Some(error)), "{refused}");
        assert_eq!(states.counters().started, 1);
    }
}
