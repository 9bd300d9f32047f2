//! What machines are created with besides their definitions, what callers ask to be left out, and values that there are not.

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:new";

fn pass() -> Value {
    json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}})
}

fn logging(level: &str) -> Value {
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";
    json!({"level": level, "includeExecutionData": true,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]})
}

fn create(states: &StepFunctions, more: &Value) -> (u16, Value) {
    let mut body = json!({"name": "new", "definition": pass().to_string(), "roleArn": ROLE});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call(states, "CreateStateMachine", &body)
}

#[test]
fn logging_tracing_and_encryption_are_kept_and_told() {
    let states = standard(&pass());
    let encryption = json!({"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k", "kmsDataKeyReusePeriodSeconds": 300});
    let given = json!({"loggingConfiguration": logging("ALL"), "tracingConfiguration": {"enabled": true},
        "encryptionConfiguration": encryption});
    assert_eq!(create(&states, &given).0, 200);
    let describe = || call(&states, "DescribeStateMachine", &json!({"stateMachineArn": ARN})).1;
    let told = |described: &Value| {
        ["loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"].map(|name| described[name].clone())
    };
    assert_eq!(told(&describe()), [logging("ALL"), json!({"enabled": true}), encryption.clone()]);
    assert_eq!(create(&states, &given).0, 200, "the same one again is the one that is there");
    assert_eq!(create(&states, &json!({})).1["__type"], "com.amazonaws.swf.service.v2.model#StateMachineAlreadyExists");

    let change = json!({"stateMachineArn": ARN, "loggingConfiguration": {"level": "OFF"}});
    let (code, changed) = call(&states, "UpdateStateMachine", &change);
    assert_eq!(code, 200, "{changed}");
    let described = describe();
    assert_eq!(described["revisionId"], changed["revisionId"]);
    let off = json!({"level": "OFF", "includeExecutionData": false});
    assert_eq!(told(&described), [off, json!({"enabled": true}), encryption]);
    let traced = json!({"stateMachineArn": ARN, "tracingConfiguration": {"enabled": false}});
    let (_, again) = call(&states, "UpdateStateMachine", &traced);
    assert_ne!(again["revisionId"], changed["revisionId"]);
    let (_, same) = call(&states, "UpdateStateMachine", &traced);
    assert_eq!(same["revisionId"], again["revisionId"], "what changes nothing is no new revision");
}

#[test]
fn the_settings_of_a_template_are_told() {
    let path = format!("{}/src/states/tests/logged.yaml", env!("CARGO_MANIFEST_DIR"));
    let deployed = load_template(&Source::file(path.as_ref()), &LoadOptions::default()).unwrap();
    let states = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap();
    let own = json!({"type": "AWS_OWNED_KEY"});
    let given = json!({"kmsKeyId": "k", "kmsDataKeyReusePeriodSeconds": 300, "type": "CUSTOMER_MANAGED_KMS_KEY"});
    for (name, level, data, group, encryption) in
        [("by-serverless", "ALL", true, "orders", own), ("by-cloudformation", "ERROR", false, "g", given)]
    {
        let arn = format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}");
        let (_, described) = call(&states, "DescribeStateMachine", &json!({"stateMachineArn": arn}));
        let group = format!("arn:aws:logs:us-east-1:123456789012:log-group:{group}:*");
        let logging = json!({"level": level, "includeExecutionData": data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]});
        assert_eq!(described["loggingConfiguration"], logging);
        assert_eq!(described["tracingConfiguration"], json!({"enabled": true}));
        assert_eq!(described["encryptionConfiguration"], encryption);
    }
}

#[test]
fn what_is_encrypted_by_no_key_of_the_caller_s_is_encrypted_by_one_of_awss() {
    let states = standard(&pass());
    start(&states, "n", "1");
    finish(&states);
    let activity = |name: &str| format!("arn:aws:states:us-east-1:123456789012:activity:{name}");
    let key = json!({"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"});
    let make = |name: &str, encryption: Option<&Value>| {
        call(&states, "CreateActivity", &json!({"name": name, "encryptionConfiguration": encryption}))
    };
    assert_eq!(make("plain", None).0, 200);
    assert_eq!(make("own", Some(&key)).0, 200);
    for (action, body, expected) in [
        ("DescribeStateMachine", json!({"stateMachineArn": MACHINE_ARN}), json!({"type": "AWS_OWNED_KEY"})),
        (
            "DescribeStateMachineForExecution",
            json!({"executionArn": format!("{EXECUTION_ARN}:n")}),
            json!({"type": "AWS_OWNED_KEY"}),
        ),
        ("DescribeActivity", json!({"activityArn": activity("plain")}), json!({"type": "AWS_OWNED_KEY"})),
        ("DescribeActivity", json!({"activityArn": activity("own")}), key.clone()),
    ] {
        assert_eq!(call(&states, action, &body).1["encryptionConfiguration"], expected, "{action}");
    }
    assert_eq!(make("plain", Some(&json!({"type": "AWS_OWNED_KEY"}))).0, 200, "that is what it has");
    let (code, other) = make("own", None);
    assert_eq!((code, &other["__type"]), (400, &json!("com.amazonaws.swf.service.v2.model#ActivityAlreadyExists")));
    let told = "1 validation error detected: Value 'NOPE' at 'encryptionConfiguration.type' failed to satisfy constraint: Member must satisfy enum value set: [AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY]";
    assert_eq!(make("never", Some(&json!({"type": "NOPE"}))).1["message"], told);
}

#[test]
fn the_variables_that_states_refer_to_are_told() {
    let machine = json!({"StartAt": "Start", "States": {
        "Start": {"Type": "Pass", "Assign": {"limit": 1, "bias": 2}, "Result": [1, 2], "Next": "Each"},
        "Each": {"Type": "Map", "MaxConcurrencyPath": "$limit", "End": true, "ItemProcessor": {"StartAt": "Add",
            "States": {"Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($limit, $bias)"}, "End": true}}}},
    }});
    let states = standard(&machine);
    start(&states, "n", "{}");
    finish(&states);
    let expected = json!({"Add": ["bias", "limit"], "Each": ["limit"]});
    for (action, body) in [
        ("DescribeStateMachine", json!({"stateMachineArn": MACHINE_ARN})),
        ("DescribeStateMachineForExecution", json!({"executionArn": format!("{EXECUTION_ARN}:n")})),
    ] {
        assert_eq!(call(&states, action, &body).1["variableReferences"], expected);
    }
    let none = call(&standard(&pass()), "DescribeStateMachine", &json!({"stateMachineArn": MACHINE_ARN})).1;
    assert_eq!(none.get("variableReferences"), None);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let states = standard(&pass());
    for (given, kind, message) in [
        (
            json!({"loggingConfiguration": {"level": "SOME"}}),
            "ValidationException",
            "1 validation error detected: Value 'SOME' at 'loggingConfiguration.level' failed to satisfy constraint: Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]",
        ),
        (
            json!({"encryptionConfiguration": {}}),
            "ValidationException",
            "1 validation error detected: Value null at 'encryptionConfiguration.type' failed to satisfy constraint: Member must not be null",
        ),
        (
            json!({"loggingConfiguration": {"level": "ALL"}}),
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        ),
        (json!({"publish": true}), "ValidationException", "This endpoint keeps no versions: leave out `publish`"),
        (
            json!({"versionDescription": "v"}),
            "ValidationException",
            "Version description can only be set when publish is true",
        ),
    ] {
        let (code, refused) = create(&states, &given);
        assert_eq!((code, refused["message"].as_str()), (400, Some(message)));
        assert!(refused["__type"].as_str().unwrap().ends_with(kind), "{refused}");
    }
    assert_eq!(create(&states, &json!({})).0, 200);
    let publish = json!({"stateMachineArn": ARN, "definition": pass().to_string(), "publish": true});
    let (code, refused) = call(&states, "UpdateStateMachine", &publish);
    assert_eq!((code, &refused["message"]), (400, &json!("This endpoint keeps no versions: leave out `publish`")));
}

#[test]
fn metadata_only_leaves_out_what_a_key_may_keep_secret() {
    let states = standard(&pass());
    start(&states, "n", "[1]");
    finish(&states);
    let execution = format!("{EXECUTION_ARN}:n");
    for (action, body) in [
        ("DescribeStateMachine", json!({"stateMachineArn": MACHINE_ARN})),
        ("DescribeStateMachineForExecution", json!({"executionArn": execution})),
        ("DescribeExecution", json!({"executionArn": execution})),
    ] {
        let ask = |included: &str| {
            let mut body = body.clone();
            body["includedData"] = json!(included);
            call(&states, action, &body)
        };
        let ((_, all), (_, metadata)) = (ask("ALL_DATA"), ask("METADATA_ONLY"));
        assert_eq!(all, call(&states, action, &body).1);
        if action == "DescribeExecution" {
            assert!(all["input"].is_string() && all["output"].is_string(), "{all}");
            assert!(
                ["input", "output", "error", "cause"].iter().all(|name| metadata.get(name).is_none()),
                "{metadata}"
            );
        } else {
            assert_eq!((&all["definition"], &metadata["definition"]), (&json!(pass().to_string()), &json!("{}")));
        }
        let (code, refused) = ask("SOME");
        let told = "1 validation error detected: Value 'SOME' at 'includedData' failed to satisfy constraint: Member must satisfy enum value set: [ALL_DATA, METADATA_ONLY]";
        assert_eq!((code, refused["message"].as_str()), (400, Some(told)));
    }
}

#[test]
fn a_synchronous_execution_is_told_without_its_data_on_request() {
    let deployed = deployment(&pass().to_string(), MachineKind::Express);
    let states = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ask = |included: &str| {
        let body = json!({"stateMachineArn": MACHINE_ARN, "input": "[1]", "includedData": included}).to_string();
        let reply = runtime.block_on(states.call_async("StartSyncExecution", body.as_bytes()));
        (reply.status, serde_json::from_slice::<Value>(&reply.body).unwrap())
    };
    let (_, all) = ask("ALL_DATA");
    assert_eq!((&all["output"], &all["outputDetails"]["included"]), (&json!("[1]"), &json!(true)));
    let (_, metadata) = ask("METADATA_ONLY");
    assert_eq!((metadata.get("input"), metadata.get("output")), (None, None));
    assert_eq!((&metadata["status"], &metadata["inputDetails"]["included"]), (&json!("SUCCEEDED"), &json!(false)));
    assert_eq!(ask("SOME").0, 400);
}

#[test]
fn redriven_executions_are_those_of_map_runs_alone() {
    let states = standard(&pass());
    let list = |filter: &str| {
        call(&states, "ListExecutions", &json!({"stateMachineArn": MACHINE_ARN, "redriveFilter": filter}))
    };
    let (code, refused) = list("REDRIVEN");
    assert_eq!((code, &refused["__type"]), (400, &json!("com.amazonaws.swf.service.v2.model#ValidationException")));
    let told = "1 validation error detected: Value 'SOME' at 'redriveFilter' failed to satisfy constraint: Member must satisfy enum value set: [REDRIVEN, NOT_REDRIVEN]";
    assert_eq!(list("SOME").1["message"], told);
}

#[test]
fn every_mistake_of_a_definition_is_told_in_its_place() {
    let states = standard(&pass());
    let validate = |definition: &Value, more: Value| {
        let mut body = more;
        body["definition"] = json!(definition.to_string());
        call(&states, "ValidateStateMachineDefinition", &body).1
    };
    let definition = json!({"StartAt": "Gone", "States": {
        "A": {"Type": "Sleep"},
        "B": {"Type": "Wait", "Seconds": -1, "Next": "P"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "Nowhere"}]},
        "P": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Next": "A"}}},
            {"StartAt": "R", "States": {"R": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.sync", "End": true}}}]},
        "T": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:none:act", "End": true},
    }});
    let told = |answer: &Value, member: &str| -> Vec<String> {
        let rows = answer["diagnostics"].as_array().unwrap();
        rows.iter().map(|row| row[member].as_str().unwrap().to_owned()).collect()
    };
    let found = validate(&definition, json!({}));
    let places = [
        "/States/A/Type",
        "/States/C/Choices[0]/Next",
        "/States/P/Branches[0]/States/Q/Next",
        "/States/B/Seconds",
        "/States/P/Branches[1]/States/R/Resource",
        "/StartAt",
    ];
    assert_eq!(told(&found, "location"), places, "{found:#}");
    assert_eq!(found["result"], "FAIL");
    let some = validate(&definition, json!({"maxResults": 2}));
    assert_eq!(
        (told(&some, "location"), &some["truncated"]),
        (places[..2].iter().map(ToString::to_string).collect(), &json!(true))
    );
    let (_, refused) = call(
        &states,
        "CreateStateMachine",
        &json!({"name": "n", "definition": definition.to_string(), "roleArn": ROLE}),
    );
    let cause = refused["message"].as_str().unwrap();
    assert!(places.iter().all(|place| cause.contains(&format!(" at {place}"))), "{cause}");

    let doubtful = json!({"StartAt": "T", "States": {"T": definition["States"]["T"]}});
    assert_eq!(
        validate(&doubtful, json!({"severity": "ERROR"})),
        json!({"diagnostics": [], "result": "OK", "truncated": false})
    );
    let warned = validate(&doubtful, json!({"severity": "WARNING"}));
    assert_eq!(
        (told(&warned, "severity"), told(&warned, "location")),
        (vec!["WARNING".to_owned()], vec!["/States/T/Resource".to_owned()])
    );
    assert_eq!(warned["result"], "OK");
    let message = "1 validation error detected: Value 'X' at 'severity' failed to satisfy constraint: Member must satisfy enum value set: [ERROR, WARNING]";
    assert_eq!(validate(&doubtful, json!({"severity": "X"}))["message"], message);
}
