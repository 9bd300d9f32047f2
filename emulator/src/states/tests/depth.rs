//! Data that grows deeper and deeper ends its execution, and nothing else.

use super::*;
use crate::states::data::MAX_DEPTH;

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(7), |inner, _| json!({ "a": inner }))
}

fn path(steps: usize) -> String {
    format!("${}", ".a".repeat(steps))
}

/// Two states that follow each other for ever, by way of one that could end it.
fn circle(fields: &Value) -> Value {
    let state = |next: &str| {
        let mut state = fields.clone();
        state["Type"] = "Pass".into();
        state["Next"] = next.into();
        state
    };
    json!({ "StartAt": "A", "States": { "A": state("B"), "B": state("C"), "C": again("A"),
        "End": { "Type": "Succeed" } } })
}

fn alone(state: &Value) -> Value {
    json!({ "StartAt": "A", "States": { "A": state, "End": { "Type": "Succeed" } } })
}

fn ended(definition: &Value, input: &Value) -> Value {
    let states = standard(definition);
    let (code, started) = start(&states, "deep", &input.to_string());
    assert_eq!(code, 200, "{started}");
    finish(&states);
    assert_eq!(states.panics(), 0);
    events(&states, "deep");
    describe(&states, "deep")
}

#[test]
fn whatever_grows_too_deep_fails_its_execution() {
    let result = |steps| json!({ "Type": "Pass", "Result": 1, "ResultPath": path(steps), "Next": "End" });
    let ten = "States.Array(".repeat(10) + "$v" + &")".repeat(10);
    let [pass, other] =
        ["P", "Q"].map(|name| json!({ "StartAt": name, "States": { name: { "Type": "Pass", "End": true } } }));
    let mut around = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Parallel", "Branches": [pass], "Next": "B" },
        "B": { "Type": "Map", "ItemProcessor": other, "Next": "C" },
        "C": again("A"), "End": { "Type": "Succeed" },
    }});
    let joined = around.clone();
    around["States"]["B"]["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    let caught = json!({ "StartAt": "M", "States": {
        "M": { "Type": "Map", "ItemsPath": "$.list", "ItemProcessor": { "StartAt": "F", "States": { "F": { "Type": "Fail" } } },
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": path(20_000), "Next": "End" }], "Next": "End" },
        "End": { "Type": "Succeed" },
    }});
    let mut first = circle(&json!({ "Assign": { "v.$": ten } }));
    first["StartAt"] = "V".into();
    first["States"]["V"] = json!({ "Type": "Pass", "Assign": { "v": 1 }, "Next": "A" });
    let mut bare = circle(&json!({ "Assign": { "v": { "a.$": "$v" } } }));
    bare["StartAt"] = "V".into();
    bare["States"]["V"] = first["States"]["V"].clone();
    let expressions = circle(&json!({ "QueryLanguage": "JSONata", "Output": { "a": ["{% $states.input %}"] } }));
    for (what, definition) in [
        ("one step too many", alone(&result(MAX_DEPTH + 1))),
        ("twenty thousand steps", alone(&result(20_000))),
        ("a result in its input", circle(&json!({ "ResultPath": "$.a" }))),
        ("thirty steps each time", circle(&json!({ "ResultPath": path(30) }))),
        ("a template around the input", circle(&json!({ "Parameters": { "a.$": "$" } }))),
        ("a list of the input", circle(&json!({ "Parameters": { "a.$": "States.Array($)" } }))),
        ("a catcher", caught),
        ("a variable", bare),
        ("ten lists around a variable", first),
        ("lists of outputs", joined),
        ("results of map runs", around),
        ("expressions", expressions),
    ] {
        let ended = ended(&definition, &json!({ "list": [1] }));
        let cause = ended["cause"].as_str().unwrap_or_default();
        let told = (&ended["status"], &ended["error"]);
        assert_eq!(told, (&json!("FAILED"), &json!("States.Runtime")), "{what}: {cause:.300}");
        assert!(cause.contains("nested deeper than 120 levels"), "{what}: {cause:.300}");
    }
    let deepest = ended(&alone(&result(MAX_DEPTH)), &json!({}));
    assert_eq!(deepest["output"], (0..MAX_DEPTH).fold(json!(1), |inner, _| json!({ "a": inner })).to_string());
}

#[test]
fn the_deepest_data_is_told_by_histories_and_variables() {
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Assign": { "v.$": "$" }, "Next": "B" },
        "B": { "Type": "Pass", "Parameters": { "v.$": "$v.a" }, "OutputPath": "$.v", "End": true },
    }});
    assert_eq!(ended(&definition, &nested(MAX_DEPTH))["output"], nested(MAX_DEPTH - 1).to_string());
}

#[test]
fn an_input_that_is_too_deep_is_refused_with_the_reason() {
    let states = standard(&alone(&json!({ "Type": "Pass", "Next": "End" })));
    let (code, refused) = start(&states, "deep", &nested(MAX_DEPTH + 1).to_string());
    assert_eq!((code, &refused["__type"]), (400, &json!("com.amazonaws.swf.service.v2.model#InvalidExecutionInput")));
    let why = refused["message"].as_str().unwrap();
    assert!(why.contains("Document nesting depth (121) exceeds the maximum allowed (120)"), "{why}");
    assert_eq!(start(&states, "deepest", &nested(MAX_DEPTH).to_string()).0, 200);
}

#[test]
fn the_output_of_a_nested_execution_is_told_or_the_task_fails() {
    let inner = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    for (levels, status) in [(MAX_DEPTH - 1, "SUCCEEDED"), (MAX_DEPTH, "FAILED")] {
        let outer = json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "End": true,
            "Resource": "arn:aws:states:::states:startExecution.sync:2", "OutputPath": "$.Output",
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:inner", "Input.$": "$.text" } } } });
        let states = standard(&outer);
        let role = "arn:aws:iam::123456789012:role/r";
        let created = json!({ "name": "inner", "definition": inner.to_string(), "roleArn": role });
        assert_eq!(call(&states, "CreateStateMachine", &created).0, 200);
        let text = nested(levels).to_string();
        start(&states, "deep", &json!({ "text": text }).to_string());
        finish(&states);
        let ended = describe(&states, "deep");
        assert_eq!(ended["status"], status, "{levels}: {}", ended["cause"]);
        if status == "SUCCEEDED" {
            assert_eq!(ended["output"], text);
        } else {
            assert!(ended["cause"].as_str().is_some_and(|cause| cause.contains("nested deeper than 120 levels")));
        }
    }
}

#[test]
fn a_state_that_is_tried_out_may_grow_no_deeper_either() {
    let states = standard(&alone(&json!({ "Type": "Pass", "Next": "End" })));
    let state = json!({ "Type": "Pass", "ResultPath": path(20_000), "End": true });
    let asked = json!({ "definition": state.to_string(), "input": "{}", "inspectionLevel": "DEBUG",
        "roleArn": "arn:aws:iam::123456789012:role/r" });
    let (code, answer) = call(&states, "TestState", &asked);
    assert_eq!(
        (code, &answer["status"], &answer["error"]),
        (200, &json!("FAILED"), &json!("States.Runtime")),
        "{answer}"
    );
    let asked = json!({ "definition": json!({ "Type": "Pass", "End": true }).to_string(), "input": "{}",
        "variables": json!({ "v": nested(MAX_DEPTH) }).to_string(), "roleArn": "arn:aws:iam::123456789012:role/r" });
    assert_eq!(call(&states, "TestState", &asked).0, 400);
}

#[test]
fn a_fixed_result_that_is_too_deep_is_refused_at_load() {
    let definition = alone(&json!({ "Type": "Pass", "Result": nested(MAX_DEPTH + 1), "Next": "End" }));
    let validated = json!({ "definition": definition.to_string() });
    let (_, answer) = call(
        &standard(&alone(&json!({ "Type": "Pass", "Next": "End" }))),
        "ValidateStateMachineDefinition",
        &validated,
    );
    assert_eq!(answer["result"], "FAIL", "{answer}");
}
