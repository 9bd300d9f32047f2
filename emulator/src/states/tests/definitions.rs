//! State machines that callers create, change, delete and have checked.

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/r";

fn pass(result: i32) -> String {
    json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": result, "End": true}}}).to_string()
}

fn made(states: &StepFunctions, name: &str, definition: &str) -> (u16, Value) {
    call(states, "CreateStateMachine", &json!({"name": name, "definition": definition, "roleArn": ROLE}))
}

fn arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

fn empty() -> Arc<StepFunctions> {
    standard(&json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}))
}

fn end_of(states: &StepFunctions, machine: &str, name: &str) -> Value {
    let (code, started) = call(states, "StartExecution", &json!({"stateMachineArn": arn(machine), "name": name}));
    assert_eq!(code, 200, "{started}");
    call(states, "DescribeExecution", &json!({"executionArn": started["executionArn"]})).1
}

#[test]
fn a_machine_is_made_changed_and_deleted_while_its_executions_keep_what_they_began_with() {
    let states = empty();
    let (code, created) = made(&states, "new", &pass(1));
    assert_eq!((code, &created["stateMachineArn"]), (200, &json!(arn("new"))));
    assert_eq!(made(&states, "new", &pass(1)), (code, created), "the same one again is the one that is there");
    let (code, exists) = made(&states, "new", &pass(2));
    assert_eq!(
        (code, exists["message"].as_str()),
        (400, Some(&*format!("State Machine Already Exists: '{}'", arn("new"))))
    );
    assert_eq!(end_of(&states, "new", "before")["output"], "1");

    let (code, updated) =
        call(&states, "UpdateStateMachine", &json!({"stateMachineArn": arn("new"), "definition": pass(2)}));
    assert_eq!(code, 200);
    assert_eq!(updated.as_object().unwrap().keys().collect::<Vec<_>>(), ["revisionId", "updateDate"]);
    assert_eq!(end_of(&states, "new", "after")["output"], "2");
    let (_, described) = call(&states, "DescribeStateMachine", &json!({"stateMachineArn": arn("new")}));
    assert_eq!((&described["definition"], &described["revisionId"]), (&json!(pass(2)), &updated["revisionId"]));
    for (name, definition, revision) in [("before", 1, &json!(null)), ("after", 2, &updated["revisionId"])] {
        let execution = json!({"executionArn": format!("arn:aws:states:us-east-1:123456789012:execution:new:{name}")});
        let (_, followed) = call(&states, "DescribeStateMachineForExecution", &execution);
        assert_eq!((&followed["definition"], &followed["revisionId"]), (&json!(pass(definition)), revision));
    }
    let again = json!({"stateMachineArn": arn("new"), "definition": pass(2)});
    let (_, unchanged) = call(&states, "UpdateStateMachine", &again);
    assert_eq!(unchanged["revisionId"], updated["revisionId"], "recorded: what changes nothing is no new revision");
    let (_, nothing) = call(&states, "UpdateStateMachine", &json!({"stateMachineArn": arn("new")}));
    assert_eq!(nothing["__type"], "com.amazonaws.swf.service.v2.model#MissingRequiredParameter");

    let delete = json!({"stateMachineArn": arn("new")});
    assert_eq!(call(&states, "DeleteStateMachine", &delete), (200, json!({})));
    assert_eq!(call(&states, "DeleteStateMachine", &delete), (200, json!({})), "recorded: as often as one likes");
    let (code, gone) = call(&states, "DescribeStateMachine", &delete);
    assert_eq!(
        (code, gone["__type"].as_str()),
        (400, Some("com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist"))
    );
    let before = "arn:aws:states:us-east-1:123456789012:execution:new:before";
    assert_eq!(call(&states, "DescribeExecution", &json!({"executionArn": before})).1["output"], "1");
    assert_eq!(made(&states, "new", &pass(3)).0, 200);
    assert_eq!(end_of(&states, "new", "before")["output"], "3", "the name is free in the new machine");
}

#[test]
fn definitions_are_refused_and_diagnosed_in_aws_s_words() {
    let states = empty();
    let send = |resource: &str| {
        json!({"StartAt": "Send", "States": {"Send": {"Type": "Task", "Resource": resource, "End": true}}}).to_string()
    };
    let jsonata = json!({"QueryLanguage": "JSONata", "StartAt": "Pass",
        "States": {"Pass": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}});
    for (kind, definition, code, message, location) in [
        ("STANDARD", String::new(), "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", None),
        (
            "STANDARD",
            "{}".to_owned(),
            "SCHEMA_VALIDATION_FAILED",
            "These fields are required: [States, StartAt]",
            Some("/"),
        ),
        (
            "EXPRESS",
            json!({"States": {}}).to_string(),
            "SCHEMA_VALIDATION_FAILED",
            "These fields are required: [StartAt]",
            Some("/"),
        ),
        (
            "EXPRESS",
            send("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            "SCHEMA_VALIDATION_FAILED",
            "Express state machine does not support '.waitForTaskToken' service integration ",
            Some("/States/Send/Resource"),
        ),
        (
            "STANDARD",
            send("arn:aws:states:::dynamodb:query"),
            "SCHEMA_VALIDATION_FAILED",
            "The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.",
            Some("/States/Send/Resource"),
        ),
        (
            "STANDARD",
            jsonata.to_string(),
            "SCHEMA_VALIDATION_FAILED",
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            Some("/States/Pass"),
        ),
        (
            "STANDARD",
            json!({"StartAt": "S", "States": {"S": {"Type": "Sleep", "End": true}}}).to_string(),
            "SCHEMA_VALIDATION_FAILED",
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
            Some("/States/S/Type"),
        ),
        (
            "STANDARD",
            json!({"StartAt": "S", "States": {"S": {"Type": "Parallel", "Branches": [], "End": true}}}).to_string(),
            "SCHEMA_VALIDATION_FAILED",
            "Value cannot be empty",
            Some("/States/S/Branches"),
        ),
        ("STANDARD", " ".to_owned(), "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", None),
        (
            "STANDARD",
            "not a definition".to_owned(),
            "INVALID_JSON_DESCRIPTION",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, column: 4]",
            Some("[Source: (String)\"not a definition\"; line: 1, column: 4]"),
        ),
        (
            "STANDARD",
            json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Timestamp": "2016-03-14 01:59:00Z", "End": true}}})
                .to_string(),
            "SCHEMA_VALIDATION_FAILED",
            "String does not match RFC3339 timestamp",
            Some("/States/W/Timestamp"),
        ),
        (
            "STANDARD",
            json!({"StartAt": "T", "States": {"T": {"Type": "Task", "Credentials": {"Role": "r"}, "End": true,
                "Resource": "arn:aws:states:::sqs:sendMessage"}}})
            .to_string(),
            "SCHEMA_VALIDATION_FAILED",
            "The field 'RoleArn' is required but was missing",
            Some("/States/T/Credentials"),
        ),
    ] {
        let (http, answer) =
            call(&states, "ValidateStateMachineDefinition", &json!({"definition": definition, "type": kind}));
        assert_eq!((http, &answer["result"], &answer["truncated"]), (200, &json!("FAIL"), &json!(false)));
        let shown = &answer["diagnostics"][0];
        assert_eq!((&shown["code"], &shown["message"]), (&json!(code), &json!(message)));
        assert_eq!((shown["location"].as_str(), &shown["severity"]), (location, &json!("ERROR")));
    }
    let (_, unread) = made(&states, "bad", "{\"a\" 1}");
    let cause = "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value\n at [Source: (String)\"{\"a\" 1}\"; line: 1, column: 7]'";
    assert_eq!(unread["message"], cause);
    let (_, valid) = call(&states, "ValidateStateMachineDefinition", &json!({"definition": pass(1)}));
    assert_eq!(valid, json!({"diagnostics": [], "result": "OK", "truncated": false}));
    let (code, refused) = made(&states, "bad", &json!({"StartAt": "S"}).to_string());
    let cause =
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'";
    assert_eq!((code, refused["message"].as_str()), (400, Some(cause)));
}

#[test]
fn transitions_and_fields_are_diagnosed_as_measured_on_aws() {
    let states = empty();
    let (schema, target) = ("SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET");
    let missing = "Missing 'Next' target: NOPE";
    for (states_of_it, code, message, location) in [
        (
            json!({"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "NOPE"}]}}),
            target,
            missing,
            "/States/A/Catch[0]/Next",
        ),
        (
            json!({"A": {"Type": "Choice", "Default": "E", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "NOPE"}]},
                "E": {"Type": "Succeed"}}),
            target,
            missing,
            "/States/A/Choices[0]/Next",
        ),
        (
            json!({"A": {"Type": "Succeed"}, "C": {"Type": "Succeed"}}),
            target,
            "State \"C\" is not reachable.",
            "/States/C",
        ),
        (
            json!({"A": {"Type": "Pass", "TimeoutSeconds": 1, "End": true}}),
            schema,
            "Field 'TimeoutSeconds' is not supported",
            "/States/A",
        ),
        (
            json!({"A": {"Type": "Map", "End": true, "ItemProcessor": {"QueryLanguage": "JSONata", "StartAt": "P",
                "States": {"P": {"Type": "Pass", "End": true}}}}}),
            schema,
            "Field 'QueryLanguage' is not supported",
            "/States/A/ItemProcessor",
        ),
    ] {
        let definition = json!({"StartAt": "A", "States": states_of_it}).to_string();
        let (_, answer) = call(&states, "ValidateStateMachineDefinition", &json!({"definition": definition}));
        let expected = json!([{"code": code, "location": location, "message": message, "severity": "ERROR"}]);
        assert_eq!(answer["diagnostics"], expected, "{definition}");
        let cause = format!("Invalid State Machine Definition: '{code}: {message} at {location}'");
        assert_eq!(made(&states, "bad", &definition).1["message"], cause);
    }
}

#[test]
fn a_workflow_that_never_ends_is_refused_as_measured_on_aws() {
    let states = empty();
    let pass = |next: &str| json!({"Type": "Pass", "Next": next});
    let end = "MISSING_END_STATE: Workflow has no terminal state at null";
    let missing = "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next";
    for (states_of_it, told) in [
        (json!({"A": pass("B"), "B": pass("A")}), vec![end]),
        (json!({"A": pass("B"), "B": pass("A"), "C": pass("A")}), vec![end]),
        (json!({"A": pass("NOPE")}), vec![missing, end]),
        (
            json!({"A": pass("B"), "B": pass("A"), "C": {"Type": "Pass", "End": true}}),
            vec!["MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C"],
        ),
    ] {
        let definition = json!({"StartAt": "A", "States": states_of_it});
        let answer = validate(&states, &definition, &json!({}));
        let shown = |row: &Value| {
            let place = row["location"].as_str().unwrap_or("null");
            format!("{}: {} at {place}", row["code"].as_str().unwrap(), row["message"].as_str().unwrap())
        };
        let found: Vec<String> = answer["diagnostics"].as_array().unwrap().iter().map(shown).collect();
        assert_eq!((found, &answer["result"]), (told.iter().map(ToString::to_string).collect(), &json!("FAIL")));
        let cause = format!("Invalid State Machine Definition: '{}'", told.join(", "));
        assert_eq!(made(&states, "bad", &definition.to_string()).1["message"], cause);
    }
    // A branch that never ends is no such mistake (inferred).
    let branch = json!({"StartAt": "B", "States": {"B": pass("B")}});
    let around = json!({"StartAt": "A", "States": {"A": {"Type": "Parallel", "Branches": [branch], "End": true}}});
    assert_eq!(validate(&states, &around, &json!({}))["result"], "OK");
}

#[test]
fn a_created_machine_may_have_activities_and_map_runs() {
    let states = empty();
    let definition = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "Label": "Each", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}});
    assert_eq!(made(&states, "maps", &definition.to_string()).0, 200);
    let (_, started) =
        call(&states, "StartExecution", &json!({"stateMachineArn": arn("maps"), "name": "n", "input": "[1,2]"}));
    let described = loop {
        let (_, described) = call(&states, "DescribeExecution", &json!({"executionArn": started["executionArn"]}));
        if described["status"] != "RUNNING" {
            break described;
        }
        std::thread::yield_now();
    };
    assert_eq!(described["output"], "[1,2]");
    let (_, listed) = call(&states, "ListStateMachines", &json!({}));
    let names: Vec<_> = listed["stateMachines"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, [json!("machine"), json!("maps")]);
    call(&states, "DeleteStateMachine", &json!({"stateMachineArn": arn("maps")}));
    assert_eq!(call(&states, "StartExecution", &json!({"stateMachineArn": arn("maps")})).0, 400);
}

fn validate(states: &StepFunctions, definition: &Value, more: &Value) -> Value {
    let mut request = json!({"definition": definition.to_string()});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call(states, "ValidateStateMachineDefinition", &request).1
}

#[test]
fn a_diagnosis_has_what_was_asked_for_and_says_that_there_is_more() {
    let states = empty();
    let of = |state: Value| {
        let all: serde_json::Map<_, _> = (0..300).map(|number| (format!("S{number}"), state.clone())).collect();
        json!({"StartAt": "S0", "States": all})
    };
    let doubtful = json!({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:none:act", "End": true});
    for (state, told) in [
        (json!({"Type": "Sleep"}), "ERROR"),
        (json!({"Type": "Pass", "Next": "nowhere"}), "ERROR"),
        (json!({"Type": "Pass", "Next": "nowhere", "Comment": doubtful}), "ERROR"),
    ] {
        for (asked, count) in [(json!({}), 100), (json!({"maxResults": 2}), 2), (json!({"severity": "WARNING"}), 100)] {
            let answer = validate(&states, &of(state.clone()), &asked);
            let found = answer["diagnostics"].as_array().unwrap();
            assert_eq!((found.len(), &answer["truncated"], &answer["result"]), (count, &json!(true), &json!("FAIL")));
            assert!(found.iter().all(|it| it["severity"] == told));
        }
        let (_, refused) = made(&states, "bad", &of(state).to_string());
        let codes = ["SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"];
        let named = codes.map(|code| refused["message"].as_str().unwrap().matches(code).count());
        assert_eq!(named.iter().sum::<usize>(), 100, "an error names as many");
    }
    // Errors come before warnings, wherever they stand.
    let mut mixed = of(doubtful.clone());
    for number in 0..299 {
        let state = &mut mixed["States"][format!("S{number}")];
        state.as_object_mut().unwrap().remove("End");
        state["Next"] = json!(format!("S{}", number + 1));
    }
    mixed["States"]["S299"] = json!({"Type": "Sleep"});
    let answer = validate(&states, &mixed, &json!({"severity": "WARNING", "maxResults": 3}));
    let severities: Vec<_> =
        answer["diagnostics"].as_array().unwrap().iter().map(|it| it["severity"].clone()).collect();
    assert_eq!(
        (severities, &answer["truncated"]),
        (vec![json!("ERROR"), json!("WARNING"), json!("WARNING")], &json!(true))
    );
    let one = json!({"StartAt": "A", "States": {"A": doubtful}});
    let answer = validate(&states, &one, &json!({"severity": "WARNING", "maxResults": 1}));
    assert_eq!((&answer["truncated"], &answer["result"]), (&json!(false), &json!("OK")));
    assert_eq!(answer["diagnostics"][0]["severity"], "WARNING");
    assert_eq!(validate(&states, &one, &json!({}))["diagnostics"], json!([]));
}

#[test]
fn a_state_whose_name_is_too_long_is_not_looked_into() {
    let long = "n".repeat(100_000);
    let inner = json!({"StartAt": "I", "States": {"I": {"Type": "Sleep"}}});
    let state = json!({"Type": "Parallel", "Branches": [inner], "Retry": [{"ErrorEquals": []}], "End": true});
    let answer = validate(&empty(), &json!({"StartAt": long.clone(), "States": {long: state}}), &json!({}));
    let found = answer["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0]["message"].as_str().unwrap().ends_with("must have 1 to 80 characters, not 100000"));
}

#[test]
fn processors_are_shown_as_they_stand_in_the_definition_with_the_variables_of_their_own_states() {
    let states = empty();
    let processor = json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $v %}", "End": true}},
    });
    let definition = json!({"StartAt": "V", "States": {
        "V": {"Type": "Pass", "Assign": {"v": 1}, "Next": "M"},
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"v.$": "$v"}, "Label": "L", "End": true,
            "ItemProcessor": processor},
    }});
    assert_eq!(made(&states, "maps", &definition.to_string()).0, 200);
    let (_, whole) = call(&states, "DescribeStateMachine", &json!({"stateMachineArn": arn("maps")}));
    assert_eq!(whole["definition"], definition.to_string());
    assert_eq!(whole["variableReferences"], json!({"M": ["v"], "P": ["v"]}));
    let (_, part) = call(&states, "DescribeStateMachine", &json!({"stateMachineArn": format!("{}/L", arn("maps"))}));
    assert_eq!(serde_json::from_str::<Value>(part["definition"].as_str().unwrap()).unwrap(), processor);
    assert_eq!(part["variableReferences"], json!({"P": ["v"]}));
}

#[test]
fn no_more_definitions_are_kept_than_there_is_room_for() {
    let states = empty();
    let large = |number: usize| {
        let comment = format!("{number}{}", "x".repeat(1_000_000));
        json!({"Comment": comment, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}).to_string()
    };
    let kept = (0..100).take_while(|number| made(&states, &format!("m{number}"), &large(*number)).0 == 200).count();
    assert_eq!(kept, 67, "64 MiB");
    let (_, refused) = made(&states, "m67", &large(67));
    assert!(refused["__type"].as_str().unwrap().ends_with("#StateMachineLimitExceeded"), "{refused}");
    let update = json!({"stateMachineArn": arn("machine"), "definition": large(1)});
    let (_, refused) = call(&states, "UpdateStateMachine", &update);
    assert!(refused["__type"].as_str().unwrap().ends_with("#ServiceQuotaExceededException"), "{refused}");
    call(&states, "DeleteStateMachine", &json!({"stateMachineArn": arn("m0")}));
    assert_eq!(made(&states, "m67", &large(67)).0, 200);
}
