//! Executions that ask for too much end alone, and soon.

use super::*;

/// Runs a machine of one Pass state with these fields on an input.
fn pass(fields: &Value, input: &Value) -> Value {
    let mut state = json!({ "Type": "Pass", "End": true });
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    run(&json!({ "StartAt": "S", "States": { "S": state } }), input)
}

fn run(definition: &Value, input: &Value) -> Value {
    let states = standard(definition);
    let (code, started) = start(&states, "attack", &input.to_string());
    assert_eq!(code, 200, "{started}");
    finish(&states);
    describe(&states, "attack")
}

fn exhausted(fields: &Value, input: &Value) {
    let shown = fields.to_string();
    let ended = pass(fields, input);
    let cause = ended["cause"].as_str().unwrap_or_default();
    assert_eq!(ended["error"], "States.Runtime", "{shown}: {cause:.200} {}", ended["status"]);
    assert!(cause.contains("this needs more"), "{shown}: {cause}");
}

#[test]
fn a_state_that_asks_for_too_much_fails_its_execution() {
    let wide = json!({ "list": (0..4_000).map(|x| json!({ "x": x })).collect::<Vec<_>>() });
    let quadratic = "$..[?(@.x in $..x)]";
    let choose = json!({ "StartAt": "C", "States": {
        "C": { "Type": "Choice", "Default": "P", "Choices": [{ "Variable": quadratic, "IsNull": true, "Next": "P" }] },
        "P": { "Type": "Pass", "End": true },
    }});
    for fields in [
        json!({ "InputPath": quadratic }),
        json!({ "OutputPath": quadratic }),
        json!({ "InputPath": "$..[?(@.x == $..x)]" }),
        json!({ "Parameters": { "a.$": quadratic } }),
        json!({ "Parameters": { "a.$": format!("States.JsonToString({quadratic})") } }),
        json!({ "Assign": { "a.$": quadratic } }),
    ] {
        exhausted(&fields, &wide);
    }
    let ended = run(&choose, &wide);
    assert_eq!(ended["error"], "States.Runtime", "{}", ended["cause"]);
    let text = json!({ "list": [{ "a": "a".repeat(100_000) }] });
    exhausted(&json!({ "InputPath": "$.list[?(@.a =~ /(a|aa)+(?=b)b/)]" }), &text);
    // Copies of copies: each level of a deep document holds all below it.
    let deep = (0..100).fold(json!("x".repeat(2_000)), |inner, level| json!({ "d": inner, "l": level }));
    let fields: Map = (0..400).map(|field| (format!("f{field}.$"), json!("$..*"))).collect();
    exhausted(&json!({ "Parameters": fields }), &deep);
}

type Map = serde_json::Map<String, Value>;

#[test]
fn what_would_be_quadratic_goes_through_its_arguments_once() {
    let letters: String = (0..10_000).filter_map(|letter| char::from_u32(0x4e00 + letter)).collect();
    let numbers: Vec<u32> = (0..15_000).chain(0..5_000).collect();
    let input = json!({ "letters": letters, "splitters": letters, "numbers": numbers, "a": "a".repeat(30_000) });
    let ended = pass(
        &json!({ "Parameters": {
            "parts.$": "States.ArrayLength(States.StringSplit($.letters, $.splitters))",
            "unique.$": "States.ArrayLength(States.ArrayUnique($.numbers))",
        }}),
        &input,
    );
    let output: Value = serde_json::from_str(ended["output"].as_str().unwrap_or_else(|| panic!("{ended}"))).unwrap();
    assert_eq!(output, json!({ "parts": 0, "unique": 15_000 }));
    let stars = "*a".repeat(2_000) + "*b";
    let choose = json!({ "StartAt": "C", "States": {
        "C": { "Type": "Choice", "Choices": [{ "Variable": "$.a", "StringMatches": stars, "Next": "P" }], "Default": "P" },
        "P": { "Type": "Pass", "OutputPath": "$.unknown[*]", "End": true },
    }});
    assert_eq!(run(&choose, &input)["output"], "[]");
}

#[test]
fn a_map_over_many_items_of_a_large_input_is_no_attack() {
    let items: Vec<Value> = (0..2_000).map(|item| json!({ "id": item, "text": "x".repeat(50) })).collect();
    let map = json!({ "StartAt": "M", "States": { "M": {
        "Type": "Map", "ItemsPath": "$.items", "End": true, "ResultPath": null, "OutputPath": "$.n",
        "ItemSelector": { "id.$": "$$.Map.Item.Value.id", "at.$": "$$.Map.Item.Index", "state.$": "$$.State.Name" },
        "ItemProcessor": { "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } },
    }}});
    let ended = run(&map, &json!({ "items": items, "n": 1 }));
    assert_eq!((&ended["status"], &ended["output"]), (&json!("SUCCEEDED"), &json!("1")), "{}", ended["cause"]);
}

/// 2,000 items, each of which sees an input of 130 KB, a variable and the execution's input: were these converted or copied
/// for every item, that would be a gigabyte, and more than the state may do.
#[test]
fn what_all_items_of_a_map_see_is_converted_once() {
    let items: Vec<Value> = (0..2_000).map(|item| json!({ "id": item, "text": "x".repeat(50) })).collect();
    let input = json!({ "items": items, "n": 1, "own": { "n": 2 } });
    let processor = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    for concurrency in [0, 40] {
        let expressions = json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": {
            "S": { "Type": "Pass", "Assign": { "all": "{% $states.input.items %}" }, "Next": "M" },
            "M": {
                "Type": "Map", "Items": "{% $states.input.items %}", "MaxConcurrency": concurrency, "End": true,
                "ItemSelector": {
                    "id": "{% $states.context.Map.Item.Value.id + $states.input.n %}",
                    "input": "{% $states.context.Execution.Input.own.n %}",
                    "variable": "{% $all[0].id %}",
                },
                "ItemProcessor": processor, "Output": "{% $states.result[1999] %}",
            },
        }});
        let ended = run(&expressions, &input);
        let output = ended["output"].as_str().unwrap_or_else(|| panic!("{}: {}", ended["error"], ended["cause"]));
        assert_eq!(serde_json::from_str::<Value>(output).unwrap(), json!({ "id": 2_000, "input": 2, "variable": 0 }));
        let paths = json!({ "StartAt": "M", "States": { "M": {
            "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": concurrency, "End": true, "ResultPath": "$.items",
            "OutputPath": "$.items[1999]",
            "ItemSelector": {
                "id.$": "$$.Map.Item.Value.id", "n.$": "$.n", "all.$": "$$.Execution.Input.own['n']",
                "name.$": "$$.Execution.Name", "each.$": "$$.Execution.Input.own.*",
            },
            "ItemProcessor": processor,
        }}});
        let ended = run(&paths, &input);
        let output = ended["output"].as_str().unwrap_or_else(|| panic!("{}: {}", ended["error"], ended["cause"]));
        let expected = json!({ "id": 1_999, "n": 1, "all": 2, "name": "attack", "each": [2] });
        assert_eq!(serde_json::from_str::<Value>(output).unwrap(), expected);
    }
}

#[test]
fn a_history_that_grows_without_end_ends_its_execution() {
    let circle = json!({ "StartAt": "Round", "States": { "Round": {
        "Type": "Pass", "Next": "Again",
        "Parameters": { "n.$": "States.MathAdd($.n, 1)", "text.$": "$.text" },
    }, "Again": again("Round"), "End": { "Type": "Succeed" } }});
    let ended = run(&circle, &json!({ "n": 0, "text": "x".repeat(200_000) }));
    let cause = ended["cause"].as_str().unwrap_or_default();
    assert_eq!(ended["error"], "States.Runtime");
    assert!(cause.contains("history is larger"), "{cause:.200}");
}

#[test]
fn what_a_function_says_of_its_error_is_cut_where_events_end() {
    let task = json!({ "StartAt": "T", "States": { "T": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:echo", "End": true,
    }}});
    let options = StatesOptions::default().function("echo", |_| {
        Err(crate::functions::FunctionError { error: "é".repeat(1_000), cause: "ü".repeat(10_000_000) })
    });
    let states =
        StepFunctions::new(&deployment(&task.to_string(), MachineKind::Standard), virtual_clock(), options).unwrap();
    start(&states, "attack", "{}");
    finish(&states);
    let described = describe(&states, "attack");
    assert_eq!((&described["error"], &described["cause"]), (&json!("é".repeat(256)), &json!("ü".repeat(32_768))));
    let told = events(&states, "attack");
    let failed = told.iter().find(|event| event["type"] == "LambdaFunctionFailed").unwrap();
    assert_eq!(failed["lambdaFunctionFailedEventDetails"]["cause"], described["cause"]);
}

#[test]
fn trials_are_bounded_with_all_else_that_is_open_and_end_with_their_callers() {
    let options = StatesOptions { open_executions: Some(3), ..StatesOptions::default() };
    let waits = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3_600, "End": true } } });
    // Not on virtual time, which would not wait.
    let clock = Arc::new(crate::clock::SystemClock::start());
    let states = StepFunctions::new(&deployment(&waits.to_string(), MachineKind::Standard), clock, options).unwrap();
    let trial =
        json!({ "definition": waits["States"]["W"].to_string(), "roleArn": "arn:aws:iam::123456789012:role/r" });
    let body = trial.to_string();
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(states.call_async("TestState", body.as_bytes()))).collect();
    let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
    for trial in &mut waiting {
        assert!(trial.as_mut().poll(&mut nobody).is_pending());
    }
    let (code, refused) = call(&states, "TestState", &trial);
    assert_eq!(
        (code, refused["__type"].as_str()),
        (400, Some("com.amazon.coral.availability#ThrottlingException")),
        "{refused}"
    );
    assert_eq!(start(&states, "one", "{}").0, 400, "as much is open as may be");
    drop(waiting);
    assert_eq!(start(&states, "one", "{}").0, 200, "nobody waits for the trials, so they have ended");
}
