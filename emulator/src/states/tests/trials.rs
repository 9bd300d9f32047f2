//! `TestState`: calls and their answers as data, in `../vectors/test-state.json`.

use super::*;

/// A call with its JSON members as the texts that the API wants.
fn as_call(call: &Value) -> Value {
    let mut call = call.clone();
    for name in ["definition", "input", "variables", "context"] {
        if let Some(member) = call.get_mut(name) {
            *member = Value::String(member.to_string());
        }
    }
    if let Some(result) = call.pointer_mut("/mock/result") {
        *result = Value::String(result.to_string());
    }
    call
}

/// An answer with texts that are JSON read.
fn read(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(output) = answer.get_mut("output") {
        *output = serde_json::from_str(output.as_str().unwrap()).unwrap();
    }
    for (_, member) in answer.get_mut("inspectionData").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Some(text) = member.as_str() {
            *member = serde_json::from_str(text).unwrap();
        }
    }
    answer
}

#[test]
fn a_state_that_is_tried_out_answers_as_recorded() {
    let path = format!("{}/src/states/vectors/test-state.json", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let echo = json!({"StartAt": "E", "States": {"E": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:echo", "End": true}}});
    let states = standard(&echo);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let body = as_call(&case["call"]).to_string();
        let reply = runtime.block_on(states.call_async("TestState", body.as_bytes()));
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let as_said = match case["refused"].as_str() {
            Some(error) => {
                let kind = answer["__type"].as_str().unwrap_or_default();
                let told = case.get("message").is_none_or(|message| *message == answer["message"]);
                reply.status == 400 && kind.ends_with(&format!("#{error}")) && told
            }
            None => reply.status == 200 && read(&answer) == case["answer"],
        };
        if !as_said {
            wrong.push(format!("{}: {answer:#}", case["claim"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(states.counters(), Counters::default(), "a trial is no execution of a machine");
    assert!(states.executions(None, 10).is_empty());
}
