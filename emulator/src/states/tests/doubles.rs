//! Tasks of every service, answered by whoever stands in for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use super::*;
use crate::doubles::Doubles;
use crate::functions::{FunctionError, HandlerModule};

pub(super) fn task(resource: &str, parameters: &Value) -> Value {
    json!({"StartAt": "Call", "States": {"Call":
        {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": true}}})
}

pub(super) fn with(machine: &Value, options: StatesOptions) -> Arc<StepFunctions> {
    StepFunctions::new(&deployment(&machine.to_string(), MachineKind::Standard), virtual_clock(), options).unwrap()
}

fn mocks(file: &Value) -> StatesOptions {
    let doubles = Doubles::default()
        .read(&file.to_string(), std::path::Path::new("."), |path| Err(format!("no {path}")))
        .unwrap();
    StatesOptions { doubles, ..StatesOptions::default() }
}

/// What comes of the one execution: its description.
pub(super) fn run(states: &StepFunctions) -> Value {
    assert_eq!(start(states, "name", "{}").0, 200);
    finish(states);
    describe(states, "name")
}

pub(super) fn output(described: &Value) -> Value {
    serde_json::from_str(described["output"].as_str().unwrap_or_else(|| panic!("{described:#}"))).unwrap()
}

fn types(states: &StepFunctions, name: &str) -> Vec<String> {
    events(states, name).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_task_without_a_double_loads_and_fails_by_name_with_the_remedy() {
    for (resource, parameters, start) in [
        (
            "arn:aws:states:::dynamodb:putItem",
            json!({}),
            "arn:aws:states:::dynamodb:putItem has no double here: give it one by --service dynamodb=URL, --function dynamodb:putItem=FILE.js or --mocks FILE",
        ),
        (
            "arn:aws:states:::aws-sdk:s3:getObject",
            json!({}),
            "arn:aws:states:::aws-sdk:s3:getObject has no double here: give it one by --function aws-sdk:s3:getObject=FILE.js or --mocks FILE",
        ),
        (
            "arn:aws:states:::ecs:runTask.sync",
            json!({}),
            "arn:aws:states:::ecs:runTask.sync has no double here: give it one by --function ecs:runTask=FILE.js",
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:elsewhere",
            json!({}),
            "arn:aws:lambda:eu-west-1:123456789012:function:elsewhere has no double here: give it one by --function elsewhere=FILE.js, --lambda-endpoint elsewhere=URL or --mocks FILE",
        ),
        (
            "arn:aws:states:::lambda:invoke",
            json!({"FunctionName": "elsewhere"}),
            "arn:aws:states:::lambda:invoke of function elsewhere has no double here: ",
        ),
        (
            "arn:aws:states:::http:invoke",
            json!({"ApiEndpoint": "https://example.com/", "Method": "GET"}),
            "arn:aws:states:::http:invoke has no double here: ",
        ),
    ] {
        let described = run(&standard(&task(resource, &parameters)));
        assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.TaskFailed")));
        assert!(described["cause"].as_str().unwrap().starts_with(start), "{described:#}");
    }
}

#[test]
fn a_function_that_a_path_names_and_nobody_knows_fails_as_recorded() {
    let machine = task("arn:aws:states:::lambda:invoke", &json!({"FunctionName.$": "$$.Execution.Name"}));
    let described = run(&standard(&machine));
    assert_eq!(described["error"], "Lambda.ResourceNotFoundException");
    let cause = described["cause"].as_str().unwrap();
    assert!(cause.starts_with("Function not found: arn:aws:lambda:us-east-1:123456789012:function:name:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: "), "{cause}");
}

#[test]
fn handlers_answer_for_functions_and_for_actions() {
    let script =
        |source: &str| HandlerModule { module: Module::alone("double.mjs", source), export: "handler".to_owned() };
    let echo = "export const handler = async (event) => ({ got: event });";
    for (resource, name, expected) in [
        ("arn:aws:lambda:us-east-1:123456789012:function:far", "far", json!({"got": {"a": 1}})),
        ("arn:aws:states:::sns:publish", "sns:publish", json!({"got": {"a": 1}})),
        ("arn:aws:states:::aws-sdk:sns:publish", "sns:publish", json!({"got": {"a": 1}})),
        ("arn:aws:states:::batch:submitJob.sync", "batch:submitJob", json!({"got": {"a": 1}})),
    ] {
        let doubles = Doubles::default().handler(name, script(echo));
        let states = with(&task(resource, &json!({"a": 1})), StatesOptions { doubles, ..StatesOptions::default() });
        assert_eq!(output(&run(&states)), expected, "{resource}");
    }
    let options = StatesOptions::default().function("sqs:sendMessage", |input| {
        if input["fail"] == true { Err(FunctionError::new("SQS.Odd", "no")) } else { Ok(json!({ "MessageId": "m" })) }
    });
    let states = with(&task("arn:aws:states:::sqs:sendMessage", &json!({})), options);
    assert_eq!(output(&run(&states)), json!({"MessageId": "m"}));
}

#[test]
fn a_handler_that_nothing_calls_is_told_with_what_may_be_meant_and_refused_when_strict() {
    let options = StatesOptions::default().function("sns:publsh", Ok);
    let deployed = deployment(&task("arn:aws:states:::sns:publish", &json!({})).to_string(), MachineKind::Standard);
    let strict = StatesOptions { strict: true, ..options.clone() };
    let error = StepFunctions::new(&deployed, virtual_clock(), strict).unwrap_err();
    let told =
        "there is no function or task `sns:publsh` to handle: there is echo, sns:publish; did you mean `sns:publish`?";
    assert_eq!(error.message, told);
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    let told = "handler of `sns:publsh`, until a machine is created that calls it; did you mean `sns:publish`?";
    assert_eq!(states.passed_over(), [told]);
}

#[test]
fn test_cases_wait_for_a_machine_that_is_created_later() {
    let file = json!({
        "StateMachines": {"other": {"TestCases": {"A": {"Call": "Done"}}}},
        "MockedResponses": {"Done": {"0": {"Return": {"done": true}}}},
    });
    let definition = task("arn:aws:states:::sns:publish", &json!({}));
    let deployed = deployment(&definition.to_string(), MachineKind::Standard);
    let states = StepFunctions::new(&deployed, virtual_clock(), mocks(&file)).unwrap();
    let told = "test cases for `other`, which is not deployed, until it is created; there is machine";
    assert!(states.passed_over().iter().any(|what| what == told), "{:?}", states.passed_over());
    let role = "arn:aws:iam::123456789012:role/any";
    let made = json!({"name": "other", "definition": definition.to_string(), "roleArn": role});
    let (code, made) = call(&states, "CreateStateMachine", &made);
    assert_eq!(code, 200, "{made}");
    let arn = format!("{}#A", made["stateMachineArn"].as_str().unwrap());
    let (code, started) = call(&states, "StartExecution", &json!({"stateMachineArn": arn}));
    assert_eq!(code, 200, "{started}");
    finish(&states);
    let (_, described) = call(&states, "DescribeExecution", &json!({"executionArn": started["executionArn"]}));
    assert_eq!(described["output"], json!("{\"done\":true}"), "{described:#}");
    let strict = StatesOptions { strict: true, ..mocks(&file) };
    let error = StepFunctions::new(&deployed, virtual_clock(), strict).unwrap_err();
    assert!(error.message.ends_with("`other`, which is not deployed: there is machine"), "{error}");
}

#[test]
fn the_events_of_a_task_follow_its_pattern() {
    let mock = json!({"MockedResponses": {"Done": {"0": {"Return": {"done": true}}}}, "Doubles": {
        "sqs:sendMessage": {"Response": "Done"}, "ecs:runTask": {"Response": "Done"}, "aws-sdk:s3:getObject": {"Response": "Done"}}});
    let about = |kind: &str| match kind {
        "arn:aws:states:::ecs:runTask.sync" => vec!["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"],
        _ => vec!["TaskScheduled", "TaskStarted", "TaskSucceeded"],
    };
    for (resource, kind, action) in [
        ("arn:aws:states:::sqs:sendMessage", "sqs", "sendMessage"),
        ("arn:aws:states:::ecs:runTask.sync", "ecs", "runTask.sync"),
        ("arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk:s3", "getObject"),
    ] {
        let states = with(&task(resource, &json!({})), mocks(&mock));
        assert_eq!(output(&run(&states)), json!({"done": true}));
        let history = events(&states, "name");
        let tasks: Vec<&Value> = history
            .iter()
            .filter(|event| {
                event["type"].as_str().unwrap().starts_with("Task")
                    && !event["type"].as_str().unwrap().starts_with("TaskState")
            })
            .collect();
        assert_eq!(tasks.iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>(), about(resource));
        let details = &tasks[0]["taskScheduledEventDetails"];
        assert_eq!((&details["resourceType"], &details["resource"]), (&json!(kind), &json!(action)));
    }
}

#[test]
fn a_token_goes_to_the_double_and_comes_back_by_the_api() {
    let machine = task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        &json!({"MessageBody": {"token.$": "$$.Task.Token"}}),
    );
    let (sender, tokens) = std::sync::mpsc::channel();
    let options = StatesOptions::default().function("sqs:sendMessage", move |input| {
        let _ = sender.send(input["MessageBody"]["token"].as_str().unwrap().to_owned());
        Ok(json!({"MessageId": "m"}))
    });
    let states = with(&machine, options);
    start(&states, "name", "{}");
    let token = tokens.recv_timeout(Duration::from_mins(1)).unwrap();
    while !types(&states, "name").contains(&"TaskSubmitted".to_owned()) {
        std::thread::yield_now();
    }
    assert_eq!(call(&states, "SendTaskSuccess", &json!({"taskToken": token, "output": "{\"back\":1}"})).0, 200);
    finish(&states);
    assert_eq!(output(&describe(&states, "name")), json!({"back": 1}));
    assert_eq!(types(&states, "name"), SUBMITTED_TASK);
}

/// A machine and a file of mocks in the shape of the example in AWS's guide to Step Functions Local.
fn guide() -> (Value, StatesOptions) {
    let retry =
        json!([{"ErrorEquals": ["Lambda.ResourceNotReadyException", "Lambda.TimeoutException"], "MaxAttempts": 3}]);
    let catch = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}]);
    let machine = json!({"StartAt": "Charge", "States": {
        "Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Tell",
            "Parameters": {"FunctionName": "charge", "Payload.$": "$"}, "Retry": retry, "Catch": catch, "ResultPath": "$.charge"},
        "Tell": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
            "Parameters": {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}, "ResultPath": "$.told"}}});
    let file = json!({
        "StateMachines": {"machine": {"TestCases": {
            "Happy": {"Charge": "Charged", "Tell": "Told"},
            "Retried": {"Charge": "ChargedAtLast", "Tell": "Told"},
            "Caught": {"Charge": "Broken", "Tell": "Told"},
            "Short": {"Charge": "OnlyTwice", "Tell": "Told"},
            "Hybrid": {"Tell": "Told"}}}},
        "MockedResponses": {
            "Charged": {"0": {"Return": {"StatusCode": 200, "Payload": {"ok": true}}}},
            "Told": {"0": {"Return": {"MessageId": "m"}}},
            "ChargedAtLast": {"0": {"Throw": {"Error": "Lambda.ResourceNotReadyException", "Cause": "not ready"}},
                "1-2": {"Throw": {"Error": "Lambda.TimeoutException", "Cause": "late"}},
                "3": {"Return": {"StatusCode": 200, "Payload": {"ok": "late"}}}},
            "OnlyTwice": {"0-1": {"Throw": {"Error": "Lambda.TimeoutException", "Cause": "late"}}},
            "Broken": {"0": {"Throw": {"Error": "Lambda.Unknown", "Cause": "broken"}}}}});
    (machine, mocks(&file))
}

#[test]
fn a_test_case_stands_in_for_its_states_attempt_by_attempt() {
    let (machine, options) = guide();
    let states = with(&machine, options);
    let run = |case: &str| {
        let body = json!({"stateMachineArn": format!("{MACHINE_ARN}#{case}"), "name": case});
        let (code, answer) = call(&states, "StartExecution", &body);
        assert_eq!((code, &answer["executionArn"]), (200, &json!(format!("{EXECUTION_ARN}:{case}"))), "{answer}");
        finish(&states);
        describe(&states, case)
    };
    let charged = json!({"StatusCode": 200, "Payload": {"ok": true}});
    assert_eq!(output(&run("Happy")), json!({"charge": charged, "told": {"MessageId": "m"}}));
    let token =
        ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited"];
    let attempt = ["TaskScheduled", "TaskStarted", "TaskFailed"];
    let happy = [
        &["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"],
        &token[..],
        &["ExecutionSucceeded"],
    ]
    .concat();
    assert_eq!(types(&states, "Happy"), happy);
    let retried = run("Retried");
    assert_eq!(output(&retried)["charge"]["Payload"], json!({"ok": "late"}));
    let expected = [
        &["ExecutionStarted", "TaskStateEntered"],
        &attempt[..],
        &attempt,
        &attempt,
        &["TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"],
        &token,
        &["ExecutionSucceeded"],
    ]
    .concat();
    assert_eq!(types(&states, "Retried"), expected);
    let took = retried["stopDate"].as_f64().unwrap() - retried["startDate"].as_f64().unwrap();
    assert!((took - 7.0).abs() < 0.01, "1 + 2 + 4 seconds of backoff, not {took}");
    assert_eq!(output(&run("Caught"))["error"], json!({"Error": "Lambda.Unknown", "Cause": "broken"}));
    let short = output(&run("Short"));
    assert_eq!(
        short["error"],
        json!({"Error": "States.TaskFailed", "Cause": "the mocked response `OnlyTwice` has no entry for attempt 2: add \"2\" or widen a range"})
    );
    let hybrid = output(&run("Hybrid"));
    let cause = hybrid["error"]["Cause"].as_str().unwrap();
    assert!(
        cause.contains("of function charge has no double here"),
        "a state without a mock goes its usual way: {cause}"
    );
}

#[test]
fn a_test_case_that_is_not_there_is_refused_with_those_that_are() {
    let (machine, options) = guide();
    let states = with(&machine, options);
    let (code, answer) = call(&states, "StartExecution", &json!({"stateMachineArn": format!("{MACHINE_ARN}#Happier")}));
    assert_eq!((code, &answer["__type"]), (400, &json!("com.amazonaws.swf.service.v2.model#InvalidArn")));
    assert!(answer["message"].as_str().unwrap().contains("it has Caught, Happy, Hybrid, Retried, Short"), "{answer}");
}

#[test]
fn mocks_count_attempts_over_all_visits_of_a_state() {
    let machine = json!({"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "End": true,
        "ItemProcessor": {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true}}}}}});
    let file = json!({"MockedResponses": {"R": {"0": {"Return": "first"}, "1-9": {"Return": "later"}}}, "Doubles": {"sns": {"Response": "R"}}});
    let states = with(&machine, mocks(&file));
    start(&states, "name", r#"{"items":[1,2,3]}"#);
    finish(&states);
    assert_eq!(output(&describe(&states, "name")), json!(["first", "later", "later"]));
}

/// Answers as many requests as there are answers, and gives what was asked.
fn endpoint(answers: &'static [(u16, &'static str)]) -> (String, std::thread::JoinHandle<Vec<(String, Value)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some((name, value)) = line.split_once(": ")
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
                head += &line;
            }
            let mut request = vec![0; length];
            reader.read_exact(&mut request).unwrap();
            asked.push((head, serde_json::from_slice(&request).unwrap_or_default()));
            write!(&stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
                .unwrap();
        }
        asked
    });
    (url, served)
}

fn endpoints(pairs: &[(&str, &str)]) -> StatesOptions {
    let doubles =
        pairs.iter().fold(Doubles::default(), |doubles, (name, url)| doubles.endpoint(*name, url.parse().unwrap()));
    StatesOptions { doubles, ..StatesOptions::default() }
}

#[test]
fn functions_run_behind_an_endpoint() {
    let (url, served) =
        endpoint(&[(200, r#"{"ran":true}"#), (200, r#"{"errorType":"ValueError","errorMessage":"no"}"#)]);
    let machine = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:far:live", "Next": "B"},
        "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "far", "Payload.$": "$"},
            "Catch": [{"ErrorEquals": ["ValueError"], "ResultPath": "$.error", "Next": "C"}], "End": true},
        "C": {"Type": "Pass", "End": true}}});
    let states = with(&machine, endpoints(&[("lambda", &url)]));
    let described = run(&states);
    assert_eq!(output(&described)["ran"], true);
    assert_eq!(output(&described)["error"]["Error"], "ValueError");
    let asked = served.join().unwrap();
    assert!(asked[0].0.starts_with("POST /2015-03-31/functions/far/invocations HTTP/1.1"), "{}", asked[0].0);
    assert_eq!(asked[1].1, json!({"ran": true}));
}

#[test]
fn services_answer_behind_an_endpoint() {
    let (url, served) = endpoint(&[(200, r#"{"MessageId":"m"}"#)]);
    let machine = task("arn:aws:states:::sqs:sendMessage", &json!({"QueueUrl": "q", "MessageBody": {"a": 1}}));
    let states = with(&machine, endpoints(&[("sqs", &url)]));
    let result = output(&run(&states));
    assert_eq!((&result["MessageId"], &result["SdkHttpMetadata"]["HttpStatusCode"]), (&json!("m"), &json!(200)));
    let asked = served.join().unwrap();
    assert!(asked[0].0.to_lowercase().contains("x-amz-target: amazonsqs.sendmessage"), "{}", asked[0].0);
    assert_eq!(asked[0].1, json!({"QueueUrl": "q", "MessageBody": "{\"a\":1}"}));
}

#[test]
fn an_endpoint_that_is_not_there_or_cannot_be_spoken_to_fails_the_task() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let put = task("arn:aws:states:::dynamodb:putItem", &json!({}));
    let described = run(&with(&put, endpoints(&[("dynamodb", &url)])));
    assert_eq!(described["error"], "DynamoDB.SdkClientException");
    let publish = task("arn:aws:states:::sns:publish", &json!({}));
    let described = run(&with(&publish, endpoints(&[("sns", &url)])));
    assert_eq!(described["error"], "States.TaskFailed");
    assert!(described["cause"].as_str().unwrap().contains("its protocol is not spoken here"), "{described}");
}

#[test]
fn web_tasks_ask_the_endpoint_and_nobody_else() {
    let (url, served) = endpoint(&[(200, r#"{"a":1}"#), (404, "gone")]);
    let machine = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "ResultPath": "$.first", "Next": "B",
            "Parameters": {"ApiEndpoint": "https://api.example.com/v1", "Method": "GET"}},
        "B": {"Type": "Task", "Resource": "arn:aws:states:::apigateway:invoke", "End": true,
            "Parameters": {"ApiEndpoint": "x.execute-api.us-east-1.amazonaws.com", "Method": "POST", "Stage": "prod", "RequestBody": {"b": 2}}}}});
    let states = with(&machine, endpoints(&[("http", &url), ("apigateway", &url)]));
    let described = run(&states);
    assert_eq!(described["error"], "ApiGateway.404");
    let asked = served.join().unwrap();
    assert!(asked[0].0.starts_with("GET /v1 HTTP/1.1"), "{}", asked[0].0);
    assert!(asked[1].0.starts_with("POST /prod HTTP/1.1") && asked[1].1 == json!({"b": 2}), "{asked:?}");
}

#[test]
fn a_function_with_a_made_up_name_goes_by_its_logical_id() {
    const NAME: &str = "stack-Charge-A1B2C3D4E5F6";
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{NAME}");
    let machine = json!({"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": arn, "End": true}}});
    let mut deployed = deployment(&machine.to_string(), MachineKind::Standard);
    let function = &mut deployed.functions[0];
    (function.name, function.logical_id, function.arn) = (NAME.to_owned(), "Charge".to_owned(), arn.clone());
    function.code = FunctionCode::Elsewhere("runtime python3.13".to_owned());
    let states = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap();
    let cause = format!(
        "{arn} of function Charge has no double here (runtime python3.13): give it one by --function Charge=FILE.js, \
         --lambda-endpoint Charge=URL or --mocks FILE"
    );
    let told = run(&states)["cause"].as_str().unwrap().to_owned();
    assert_eq!(told.replace(" of function Charge", ""), cause.replace(" of function Charge", ""));
    let file = json!({"MockedResponses": {"Paid": {"0": {"Return": 1}}}, "Doubles": {"Charge": {"Response": "Paid"}}});
    let states = StepFunctions::new(&deployed, virtual_clock(), mocks(&file)).unwrap();
    assert_eq!(output(&run(&states)), json!(1));
    // `sam local start-lambda` knows the logical id.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n2").unwrap();
        line
    });
    let doubles = Doubles::default().endpoint("Charge", url.parse().unwrap());
    let states =
        StepFunctions::new(&deployed, virtual_clock(), StatesOptions { doubles, ..StatesOptions::default() }).unwrap();
    assert_eq!(output(&run(&states)), json!(2));
    assert_eq!(asked.join().unwrap(), "POST /2015-03-31/functions/Charge/invocations HTTP/1.1\r\n");
}

#[test]
fn a_double_of_a_service_may_be_named_as_its_actions_are() {
    for name in ["aws-sdk:transcribe", "transcribe"] {
        let file = json!({"MockedResponses": {"Told": {"0": {"Return": 7}}}, "Doubles": {name: {"Response": "Told"}}});
        let machine = task("arn:aws:states:::aws-sdk:transcribe:listVocabularies", &json!({}));
        assert_eq!(output(&run(&with(&machine, mocks(&file)))), json!(7), "{name}");
    }
}

#[test]
fn a_runtime_error_is_neither_tried_again_nor_caught_wherever_it_comes_from() {
    for (error, status) in [("States.Runtime", "FAILED"), ("States.TaskFailed", "SUCCEEDED"), ("Mine", "SUCCEEDED")] {
        let file = json!({"MockedResponses": {"Down": {"0-9": {"Throw": {"Error": error, "Cause": "c"}}}},
            "Doubles": {"sns:publish": {"Response": "Down"}}});
        for name in ["States.ALL", "States.TaskFailed", error] {
            let mut machine = task("arn:aws:states:::sns:publish", &json!({}));
            let call = &mut machine["States"]["Call"];
            call["Retry"] = json!([{"ErrorEquals": [name], "MaxAttempts": 1}]);
            call["Catch"] = json!([{"ErrorEquals": [name], "Next": "Caught"}]);
            machine["States"]["Caught"] = json!({"Type": "Succeed"});
            let described = run(&with(&machine, mocks(&file)));
            assert_eq!(described["status"], status, "{error} by {name}: {described}");
        }
    }
}

#[test]
fn mocks_that_cannot_be_meant_are_named() {
    let read = |entry: Value| {
        let file = json!({"MockedResponses": {"Paid": {"0": entry}}});
        Doubles::default().read(&file.to_string(), std::path::Path::new("."), |_| Err(String::new()))
    };
    for entry in [json!({}), json!({"Return": 1, "Throw": {"Error": "E", "Cause": "c"}}), json!({"Throw": {}})] {
        let why = read(entry).unwrap_err().to_string();
        assert!(why.starts_with("the mocked response `Paid`, entry \"0\", needs either `Return` or `Throw`"), "{why}");
    }
    let file = json!({
        "StateMachines": {"machine": {"TestCases": {"A": {"Calls": "Paid", "Call": "Paid"}}}},
        "MockedResponses": {"Paid": {"0": {"Return": 1}}},
    });
    let definition = task("arn:aws:states:::sns:publish", &json!({}));
    let states = with(&definition, mocks(&file));
    let told = "mock of state `Calls` in test case `A` of `machine`, which has no such state";
    assert_eq!(states.passed_over().iter().filter(|what| what.starts_with("mock of")).collect::<Vec<_>>(), [told]);
    let deployed = deployment(&definition.to_string(), MachineKind::Standard);
    let error = StepFunctions::new(&deployed, virtual_clock(), StatesOptions { strict: true, ..mocks(&file) });
    assert!(error.unwrap_err().message.ends_with(told));
}
