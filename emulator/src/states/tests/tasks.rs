//! Tasks of machines that are created later, and tasks that cannot be carried out as they are written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
    let states = standard(&task("arn:aws:states:::snss:publish", &json!({})));
    let told = "resource `arn:aws:states:::snss:publish` of state `Call`: AWS documents no optimised integration of `snss`; other services are called as `aws-sdk:snss:publish`; did you mean `sns`?";
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

#[test]
fn events_that_fail_fail_their_task_and_others_have_no_metadata() {
    let put = |failed: u32| {
        let entries = json!({"Entries": [{"Detail": {}, "DetailType": "t", "Source": "s"}]});
        let answer = json!({"FailedEntryCount": failed, "Entries": [{"EventId": "e"}]});
        let options = StatesOptions::default().function("events:putEvents", move |call| {
            let told = json!([MACHINE_ARN, format!("{EXECUTION_ARN}:name")]);
            assert_eq!(call["Entries"][0]["Resources"], told, "recorded: where the event comes from");
            Ok(answer.clone())
        });
        run(&with(&task("arn:aws:states:::events:putEvents", &entries), options))
    };
    assert_eq!(output(&put(0)), json!({"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}));
    let failed = put(1);
    // Recorded.
    assert_eq!(failed["error"], "EventBridge.FailedEntry");
    assert_eq!(failed["cause"], r#"{"Entries":[{"EventId":"e"}],"FailedEntryCount":1}"#);
}

#[test]
fn a_task_that_asks_for_it_gets_the_end_of_the_function_s_log() {
    let told = |parameters: Value| output(&run(&standard(&task("arn:aws:states:::lambda:invoke", &parameters))));
    let invoked = told(json!({"FunctionName": "echo", "LogType": "Tail", "Payload": {"say": "it"}}));
    let members: Vec<_> = invoked.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["ExecutedVersion", "LogResult", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"];
    assert_eq!(members, expected);
    let log = &invoked["LogResult"];
    assert_eq!(&invoked["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Log-Result"], log);
    let text = String::from_utf8(STANDARD.decode(log.as_str().unwrap()).unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [first, said, last] = lines[..] else { panic!("{text}") };
    let id = last.strip_prefix("END RequestId: ").unwrap();
    assert_eq!(first, format!("START RequestId: {id} Version: $LATEST"));
    assert!(said.ends_with(&format!("\t{id}\tINFO\tsaid it")), "{said}");
    assert_eq!(told(json!({"FunctionName": "echo"})).get("LogResult"), None);
}

#[test]
fn the_version_of_a_function_that_an_alias_stands_for_is_told() {
    let told = |parameters: Value| output(&run(&standard(&task("arn:aws:states:::lambda:invoke", &parameters))));
    for (parameters, version) in [
        (json!({"FunctionName": "echo"}), "$LATEST"),
        (json!({"FunctionName": "echo", "Qualifier": "live"}), "1"),
        (json!({"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:echo:live"}), "1"),
        (json!({"FunctionName": "echo:7"}), "7"),
    ] {
        let invoked = told(parameters);
        let header = &invoked["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Executed-Version"];
        assert_eq!((&invoked["ExecutedVersion"], header), (&json!(version), &json!(version)));
    }
}

#[test]
fn a_call_of_a_web_server_names_it_and_the_method() {
    for (resource, parameters, missing) in [
        ("apigateway:invoke", json!({"Method": "GET"}), "ApiEndpoint"),
        ("apigateway:invoke", json!({"ApiEndpoint.$": "$.host"}), "Method"),
        ("http:invoke", json!({"ApiEndpoint": "https://a.example/"}), "Method"),
    ] {
        let wrong = task(&format!("arn:aws:states:::{resource}"), &parameters);
        let wrong = deployment(&wrong.to_string(), MachineKind::Standard);
        let error = StepFunctions::new(&wrong, virtual_clock(), StatesOptions::default()).unwrap_err();
        assert_eq!(error.message, format!("`Parameters` of state `Call` must have `{missing}`"));
    }
}

#[test]
fn a_service_that_is_not_listed_and_an_error_that_no_service_has_are_told() {
    let mut machine = task("arn:aws:states:::aws-sdk:dynamodbb:getItem", &json!({}));
    machine["States"]["Call"]["Catch"] =
        json!([{"ErrorEquals": ["DynamoDB.ResourceNotFoundException"], "Next": "Call"}]);
    let told = "resource `arn:aws:states:::aws-sdk:dynamodbb:getItem` of state `Call`: AWS lists no service `dynamodbb` for AWS SDK integrations; did you mean `dynamodb`?";
    assert_eq!(standard(&machine).passed_over(), [told]);
    machine["States"]["Call"]["Resource"] = json!("arn:aws:states:::aws-sdk:dynamodb:getItem");
    let told =
        "error `DynamoDB.ResourceNotFoundException` in state `Call`: it is called `DynamoDb.ResourceNotFoundException`";
    assert_eq!(standard(&machine).passed_over(), [told]);
}

#[test]
fn a_function_that_does_not_load_fails_its_tasks_as_on_lambda_unless_a_double_answers() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:echo";
    for (resource, parameters) in
        [(arn, json!({})), ("arn:aws:states:::lambda:invoke", json!({"FunctionName": arn, "Payload": {}}))]
    {
        let mut deployed = deployment(&task(resource, &parameters).to_string(), MachineKind::Standard);
        deployed.functions.truncate(1);
        deployed.functions[0].code = FunctionCode::Script(Module::alone("a.js", "exports.run = 1 +;"));
        let states = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap();
        assert!(states.passed_over()[0].contains("which fails when it is invoked"), "{:?}", states.passed_over());
        let described = run(&states);
        assert_eq!(described["error"], "Runtime.UserCodeSyntaxError", "{described:#}");
        let doubled = StatesOptions::default().function("echo", |_| Ok(json!("doubled")));
        let states = StepFunctions::new(&deployed, virtual_clock(), doubled).unwrap();
        let output = output(&run(&states));
        assert_eq!(output.get("Payload").unwrap_or(&output), "doubled");
    }
}
