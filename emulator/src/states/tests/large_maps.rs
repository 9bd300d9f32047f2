//! Map states with many items, or with large ones: what they take, and what is told of them.

use super::map_runs::{Folder, end_of, map, map_runs, output, pass, service, types};
use super::*;

/// The recorded end of a state whose output is too large.
const TOO_LARGE: &str =
    "The state/task 'MapState' returned a result with a size exceeding the maximum number of bytes service limit.";

fn counts(states: &StepFunctions, which: &str) -> Value {
    let arn = map_runs(states)[0]["mapRunArn"].clone();
    call(states, "DescribeMapRun", &json!({ "mapRunArn": arn })).1[which].clone()
}

#[test]
fn an_item_selector_that_fails_later_stops_what_is_under_way_and_fails_the_state() {
    let wait = json!({"Type": "Wait", "Seconds": 60, "End": true});
    let selector = json!({"ItemSelector": "{% $states.context.Map.Item.Value.n + 1 %}", "MaxConcurrency": 9});
    let mut definition = map(&wait, selector);
    definition["QueryLanguage"] = json!("JSONata");
    let states = service(&definition, None);
    let described = end_of(&states, &json!([{"n": 1}, {"n": 2}, {"n": "x"}, {"n": 4}]));
    assert_eq!(described["error"], "States.QueryEvaluationError", "{described}");
    let names: Vec<String> = types(&states).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names[3..], ["MapRunStarted", "EvaluationFailed", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
    let items = counts(&states, "itemCounts");
    assert_eq!((&items["aborted"], &items["pending"], &items["total"]), (&json!(2), &json!(2), &json!(4)), "{items}");
    assert_eq!(describe(&states, "name")["stopDate"], describe(&states, "name")["startDate"], "nobody waited for them");
}

#[test]
fn an_item_selector_that_fails_at_once_begins_nothing() {
    let states = service(&map(&pass(), json!({"ItemSelector": {"n.$": "$$.Map.Item.Value.n"}})), None);
    let described = end_of(&states, &json!([{"n": 1}, {"n": 2}, {}]));
    assert_eq!(described["error"], "States.Runtime", "{described}");
    assert_eq!(map_runs(&states), [] as [Value; 0]);
}

#[test]
fn a_map_run_that_fails_lists_what_was_never_begun_with_the_inputs_that_it_would_have_had() {
    let folder = Folder::new("pending", &[("keep", "")]);
    let fields = json!({"ItemSelector": {"n": "{% $states.context.Map.Item.Value * 10 %}"}, "MaxConcurrency": 1,
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "data"}}});
    let mut definition = map(&json!({"Type": "Fail"}), fields);
    definition["QueryLanguage"] = json!("JSONata");
    let states = service(&definition, Some(&folder));
    let described = end_of(&states, &json!([1, 2, 3, 4]));
    assert_eq!(described["error"], "States.ExceedToleratedFailureThreshold", "{described}");
    let arn = map_runs(&states)[0]["mapRunArn"].as_str().unwrap().to_owned();
    let pending = folder.json(&format!("{}/PENDING_0.json", arn.rsplit(':').next().unwrap()));
    let inputs: Vec<&Value> = pending.as_array().unwrap().iter().map(|row| &row["Input"]).collect();
    assert_eq!(inputs, ["{\"n\":20}", "{\"n\":30}", "{\"n\":40}"]);
}

#[test]
fn results_that_a_state_cannot_put_out_fail_it_and_those_that_it_does_not_look_at_do_not() {
    let run = |count: usize, fields: Value| {
        let big = json!({"Type": "Pass", "Result": "x".repeat(90_000), "End": true});
        let states = service(&map(&big, fields), None);
        let described = end_of(&states, &json!({"items": vec![0; count]}));
        let names: Vec<String> = types(&states).into_iter().map(|(name, _)| name).collect();
        (described, names)
    };
    // Beyond what is kept, and within.
    for count in [20, 4] {
        let (described, names) = run(count, json!({"ItemsPath": "$.items"}));
        assert_eq!((&described["error"], &described["cause"]), (&json!("States.DataLimitExceeded"), &json!(TOO_LARGE)));
        assert_eq!(names[3..], ["MapRunStarted", "MapRunSucceeded", "MapStateSucceeded", "ExecutionFailed"]);
    }
    let (described, _) = run(20, json!({"ItemsPath": "$.items", "ResultPath": null}));
    assert_eq!(output(&described)["items"].as_array().unwrap().len(), 20);
    let length = json!({"ItemsPath": "$.items", "ResultSelector": {"n.$": "States.ArrayLength($)"}});
    let (described, _) = run(5, length.clone());
    assert_eq!(output(&described), json!({"n": 5}), "what a state makes something smaller of");
    assert_eq!(run(20, length).0["cause"], TOO_LARGE, "this is more than is kept");
}

#[test]
fn results_are_written_whatever_their_size_and_in_the_order_of_their_items() {
    let folder = Folder::new("large", &[("keep", "")]);
    let fields = json!({"ItemsPath": "$.items", "ItemSelector": {"n.$": "$$.Map.Item.Value", "text.$": "$.text"},
        "ToleratedFailurePercentage": 100,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Which",
            "States": {
                "Which": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Late"}], "Default": "Now"},
                "Late": {"Type": "Wait", "Seconds": 60, "Next": "Now"},
                "Now": {"Type": "Pass", "End": true},
            }},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data"}}});
    let states = service(&map(&pass(), fields), Some(&folder));
    let described = end_of(&states, &json!({"items": [0, 1, 2, 3], "text": "x".repeat(240_000)}));
    let key = output(&described)["ResultWriterDetails"]["Key"].as_str().unwrap().to_owned();
    let file = folder.json(&key)["ResultFiles"]["SUCCEEDED"][0].clone();
    let told = folder.json(file["Key"].as_str().unwrap());
    assert_eq!(file["Size"], told.to_string().len());
    let numbers = told.as_array().unwrap().iter().map(|row| row["Input"].as_str().unwrap()[..6].to_owned());
    assert_eq!(numbers.collect::<Vec<_>>(), ["{\"n\":0", "{\"n\":1", "{\"n\":2", "{\"n\":3"], "the second ended last");
}

#[test]
fn causes_of_many_failures_are_not_kept_once_they_are_too_much() {
    let fails = json!({"Type": "Fail", "Error": "E", "Cause": "c".repeat(10_000)});
    let states = service(&map(&fails, json!({"ToleratedFailurePercentage": 100})), None);
    let described = end_of(&states, &json!(vec![0; 200]));
    assert_eq!((&described["error"], &described["cause"]), (&json!("States.DataLimitExceeded"), &json!(TOO_LARGE)));
    assert_eq!(counts(&states, "executionCounts")["failed"], 200);
}

#[test]
fn what_branches_put_out_together_is_bounded_where_their_state_looks_at_it() {
    let branch = json!({"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": "x".repeat(90_000), "End": true}}});
    let run = |branches: usize, fields: Value| {
        let all: Vec<Value> = (0..branches)
            .map(|n| json!({"StartAt": format!("B{n}"), "States": {format!("B{n}"): branch["States"]["B"]}}))
            .collect();
        let mut state = json!({"Type": "Parallel", "End": true, "Branches": all});
        state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        end_of(&standard(&json!({"StartAt": "MapState", "States": {"MapState": state}})), &json!({"a": 1}))
    };
    let length = json!({"ResultSelector": {"n.$": "States.ArrayLength($)"}});
    assert_eq!(output(&run(5, length.clone())), json!({"n": 5}));
    assert_eq!(run(20, length)["cause"], TOO_LARGE);
    assert_eq!(output(&run(20, json!({"ResultPath": null}))), json!({"a": 1}), "nobody looks at it");
}
