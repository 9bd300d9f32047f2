//! Machines with their inputs and what must come of them, as data: `../vectors/*.json`.

use super::*;

fn check(file: &str) {
    let path = format!("{}/src/states/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in &cases {
        let claim = &case["claim"];
        let states = standard(&case["machine"]);
        let input = case.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
        let (code, answer) = start(&states, "name", &input);
        assert_eq!(code, 200, "{claim}: {answer}");
        finish(&states);
        let described = describe(&states, "name");
        let expected = case.get("status").and_then(Value::as_str).unwrap_or("SUCCEEDED");
        assert_eq!(described["status"], expected, "{claim}: {described:#}");
        if let Some(output) = case.get("output") {
            let found: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
            assert_eq!(&found, output, "{claim}");
        }
        for field in ["error", "cause"] {
            if let Some(expected) = case.get(field) {
                assert_eq!(&described[field], expected, "{claim}");
            }
        }
        if let Some(seconds) = case.get("seconds") {
            let took = described["stopDate"].as_f64().unwrap() - described["startDate"].as_f64().unwrap();
            assert!((took - seconds.as_f64().unwrap()).abs() < 0.002, "{claim}: took {took} s");
        }
        if let Some(history) = case.get("history") {
            let types: Value = events(&states, "name").iter().map(|event| event["type"].clone()).collect();
            assert_eq!(&types, history, "{claim}");
        }
        if let Some(previous) = case.get("previous") {
            let found: Value = events(&states, "name").iter().map(|event| event["previousEventId"].clone()).collect();
            assert_eq!(&found, previous, "{claim}");
        }
        if let Some(location) = case.get("location") {
            let all = events(&states, "name");
            let failed = all.iter().find(|event| event["type"] == "EvaluationFailed").unwrap();
            let details = &failed["evaluationFailedEventDetails"];
            assert_eq!((&details["location"], &details["cause"]), (location, &case["cause"]), "{claim}");
        }
        for (state, variables) in case.get("assigned").and_then(Value::as_object).into_iter().flatten() {
            let all = events(&states, "name");
            let exits = all.iter().map(|event| &event["stateExitedEventDetails"]);
            let exit = exits.into_iter().find(|exit| exit["name"] == state.as_str()).unwrap();
            assert_eq!(&exit["assignedVariables"], variables, "{claim}");
        }
    }
}

#[test]
fn data_flows_as_the_language_says() {
    check("data");
}

#[test]
fn choices_take_the_first_rule_that_holds() {
    check("choice");
}

#[test]
fn intrinsic_functions_give_the_documented_values() {
    check("intrinsics");
}

#[test]
fn failures_are_retried_caught_or_end_the_execution() {
    check("failures");
}

#[test]
fn branches_and_items_run_side_by_side() {
    check("forks");
}

#[test]
fn variables_are_assigned_and_read() {
    check("variables");
}

#[test]
fn states_with_jsonata_say_what_aws_says() {
    check("jsonata");
}
