//! What inspection tells: page by page, and never more than is kept.

use std::collections::BTreeSet;

use super::*;
use crate::faults::FaultPlan;
use crate::http::Response;
use crate::inspect::Inspector;

/// More than any page here may have: 256 KiB, a row beyond it, and an event beyond that.
const LARGEST: usize = (2 * 256 + 300) << 10;

fn get(states: &StepFunctions, target: &str) -> Response {
    let (route, query) = target.split_once('?').unwrap_or((target, ""));
    Inspector::default().answer(route, query, states, &FaultPlan::default())
}

/// All rows of a list, from page to page, and how many pages those were.
fn all(states: &StepFunctions, target: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut next) = (Vec::new(), 0, Some(target.to_owned()));
    while let Some(target) = next {
        let answer = get(states, &target);
        assert_eq!(answer.status, 200, "{target}");
        assert!(answer.body.len() < LARGEST, "{target}: {} bytes", answer.body.len());
        let page: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
        assert!(!page.is_empty(), "{target}");
        rows.extend(page);
        pages += 1;
        let link = answer.header("Link").map(|link| link.strip_prefix("</_stepgate/").unwrap());
        next = link.map(|link| link.strip_suffix(">; rel=\"next\"").unwrap().to_owned());
    }
    (rows, pages)
}

/// A machine that hands its input on through sixty states: a short log, and a long history.
fn sixty_states() -> Value {
    let states: serde_json::Map<String, Value> = (0..60)
        .map(|n| {
            let to = if n == 59 { json!({"End": true}) } else { json!({"Next": format!("s{}", n + 1)}) };
            let mut state = json!({"Type": "Pass"});
            state.as_object_mut().unwrap().extend(to.as_object().unwrap().clone());
            (format!("s{n}"), state)
        })
        .collect();
    json!({"StartAt": "s0", "States": states})
}

#[test]
fn histories_of_any_length_are_told_whole_in_pages_of_bounded_size() {
    let states = standard(&sixty_states());
    for name in ["first", "second", "third"] {
        start(&states, name, &json!("x".repeat(100_000)).to_string());
        finish(&states);
    }
    let (rows, pages) = all(&states, "history?limit=1000000");
    // Each is 122 events of 100 KB, which no page has more than five or six of.
    assert!(pages > 40, "{pages}");
    let mut whole: Vec<(String, Vec<Value>)> = Vec::new();
    for row in rows {
        let arn = row["executionArn"].as_str().unwrap().to_owned();
        assert_eq!((row["status"].as_str(), &row["forgotten"]), (Some("SUCCEEDED"), &Value::Null));
        if whole.last().is_none_or(|(last, _)| *last != arn) {
            whole.push((arn, Vec::new()));
        }
        whole.last_mut().unwrap().1.extend(row["events"].as_array().unwrap().clone());
    }
    assert_eq!(whole.len(), 3);
    for ((arn, events), name) in whole.iter().zip(["third", "second", "first"]) {
        assert_eq!(*arn, format!("{EXECUTION_ARN}:{name}"));
        let numbers: Vec<u64> = events.iter().map(|event| event["id"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=122).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn lists_of_executions_have_a_thousand_rows_at_most_and_go_on() {
    let states = standard(&json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}));
    for number in 0..2_500 {
        start(&states, &format!("n{number}"), "{}");
    }
    let (rows, pages) = all(&states, &format!("executions?limit={}", usize::MAX));
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..2_500).rev().map(|number| format!("n{number}")).collect();
    assert_eq!(names, expected);
    assert!(pages >= 3, "{pages}");
    let page: Vec<Value> = serde_json::from_slice(&get(&states, "executions").body).unwrap();
    assert_eq!(page.len(), 100);
    assert_eq!(get(&states, "executions?from=here").status, 400);
}

#[test]
fn of_a_forgotten_history_the_execution_stays() {
    let deployed = deployment(&sixty_states().to_string(), MachineKind::Standard);
    let options = StatesOptions { retain_bytes: 450_000, ..StatesOptions::default() };
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    for number in 0..50 {
        start(&states, &format!("n{number:02}"), &json!("x".repeat(100_000)).to_string());
        finish(&states);
    }
    let known = || {
        let (rows, _) = all(&states, "history");
        let kept = rows.iter().filter(|row| row["forgotten"].is_null());
        let names = kept.map(|row| row["executionArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned());
        names.collect::<BTreeSet<_>>()
    };
    // What was kept of the oldest goes just after the newest has ended.
    while known().len() > 4 {
        std::thread::yield_now();
    }
    assert_eq!(known().into_iter().collect::<Vec<_>>(), ["n46", "n47", "n48", "n49"], "the newest are kept");
    let (listed, _) = all(&states, "executions?limit=7");
    assert_eq!(listed.len(), 50, "what is counted is not lost");
    assert!(listed.iter().all(|row| row["status"] == "SUCCEEDED" && row["stop_ms"].is_u64()));
    assert_eq!(states.counters().succeeded, 50);
    assert_eq!(start(&states, "n00", "{}").0, 400, "its name is still taken");
    let described = describe(&states, "n00");
    assert_eq!((&described["status"], &described["inputDetails"]), (&json!("SUCCEEDED"), &json!({"included": false})));
    assert_eq!((described.get("input"), described.get("output")), (None, None));
    let (code, refused) =
        call(&states, "GetExecutionHistory", &json!({"executionArn": format!("{EXECUTION_ARN}:n00")}));
    assert_eq!(code, 400);
    assert!(refused["message"].as_str().unwrap().contains("(--retain-mib)"), "{refused}");
    assert_eq!(events(&states, "n49")[0]["type"], "ExecutionStarted");
}
