//! Mistakes of the endpoint's own: a panic costs the execution that met it, and nobody else.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::clock::Clock;

/// A clock that panics once, the n-th time that the workflow thread looks at it.
#[derive(Debug)]
struct FaultyClock {
    clock: VirtualClock,
    until: AtomicUsize,
}

impl Clock for FaultyClock {
    fn now(&self) -> Duration {
        if std::thread::current().name() == Some("workflows") {
            let count = |left: usize| left.checked_sub(1);
            let last = self.until.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count) == Ok(1);
            assert!(!last, "on purpose");
        }
        self.clock.now()
    }

    fn block_for(&self, deadline: Duration) -> Duration {
        self.clock.block_for(deadline)
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

#[test]
fn a_panic_on_the_workflow_thread_ends_the_execution_that_met_it_and_others_go_on() {
    let definition = json!({ "StartAt": "C", "States": {
        "C": { "Type": "Choice", "Choices": [{ "Variable": "$.task", "IsPresent": true, "Next": "T" }], "Default": "W" },
        "T": { "Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {}, "Next": "W" },
        "W": { "Type": "Wait", "Seconds": 1, "End": true },
    }});
    let clock = Arc::new(FaultyClock { clock: VirtualClock::starting_at(START), until: AtomicUsize::new(0) });
    let deployed = deployment(&definition.to_string(), MachineKind::Standard);
    let states = StepFunctions::new(&deployed, Arc::clone(&clock) as Arc<dyn Clock>, StatesOptions::default()).unwrap();
    states.settle();
    // It is asked once before a task is carried out, and once when its answer is taken.
    clock.until.store(2, Ordering::SeqCst);
    start(&states, "meets", r#"{"task": 1}"#);
    finish(&states);
    let ended = describe(&states, "meets");
    assert_eq!((&ended["status"], &ended["error"]), (&json!("FAILED"), &json!("States.Runtime")), "{ended}");
    assert!(ended["cause"].as_str().is_some_and(|cause| cause.contains("panicked")), "{ended}");
    start(&states, "later", "{}");
    clock.until.store(1, Ordering::SeqCst);
    start(&states, "latest", "{}");
    finish(&states);
    assert_eq!(describe(&states, "later")["status"], "SUCCEEDED");
    assert_eq!(describe(&states, "latest")["status"], "SUCCEEDED");
    assert_eq!(states.panics(), 2);
    assert!(states.is_running());
}

#[test]
fn a_panic_over_the_end_of_a_child_ends_the_execution_whose_map_run_it_is() {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:a";
    let waits = json!({ "Type": "Task", "Resource": activity, "End": true });
    let map = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemsPath": "$.list", "End": true,
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Never" }],
        "ItemProcessor": { "StartAt": "T", "States": { "T": waits },
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" } } },
        "Never": { "Type": "Succeed" } } });
    let states = standard(&map);
    start(&states, "parent", r#"{"list": [1]}"#);
    states.settle();
    assert_eq!((describe(&states, "parent")["status"].clone(), states.panics()), (json!("RUNNING"), 0));
    states.tell_an_impossible_end();
    states.settle();
    let ended = describe(&states, "parent");
    assert_eq!((&ended["status"], &ended["error"]), (&json!("FAILED"), &json!("States.Runtime")), "{ended}");
    assert_eq!(states.panics(), 1);
    assert!(states.is_running());
}

#[test]
fn numbers_beyond_every_integer_are_refused_and_the_largest_do_no_harm() {
    const LARGEST: u64 = i64::MAX.cast_unsigned();
    let machine = |field: &str, number: &Value| {
        let mut map = json!({ "Type": "Map", "ItemsPath": "$.list", "End": true, "ItemBatcher": { "MaxItemsPerBatch": 1 },
            "ItemProcessor": { "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } },
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" } } });
        match field {
            "MaxItemsPerBatch" | "MaxInputBytesPerBatch" => map["ItemBatcher"][field] = number.clone(),
            "MaxItems" => {
                map["ItemReader"] = json!({ "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Parameters": { "Bucket": "b" }, "ReaderConfig": { "MaxItems": number } });
            }
            _ => map[field] = number.clone(),
        }
        json!({ "StartAt": "M", "States": { "M": map } })
    };
    let states = standard(&json!({ "StartAt": "S", "States": { "S": { "Type": "Succeed" } } }));
    for field in ["MaxItems", "MaxConcurrency", "ToleratedFailureCount", "MaxItemsPerBatch", "MaxInputBytesPerBatch"] {
        for number in [json!(LARGEST + 1), json!(u64::MAX), json!(1e300), json!(-0.0), json!(-1)] {
            let definition = machine(field, &number).to_string();
            let (_, answer) = call(&states, "ValidateStateMachineDefinition", &json!({ "definition": definition }));
            assert_eq!(answer["result"], "FAIL", "{field} {number}");
        }
        if field == "MaxInputBytesPerBatch" {
            continue;
        }
        let running = standard(&machine(field, &json!(LARGEST)));
        start(&running, "largest", r#"{"list": [1, 2]}"#);
        finish(&running);
        assert_eq!(running.panics(), 0, "{field}");
        let wanted = if field == "MaxItems" { "FAILED" } else { "SUCCEEDED" };
        assert_eq!(describe(&running, "largest")["status"], wanted, "{field}");
    }
}

#[test]
fn amounts_of_the_data_may_be_any_number() {
    let task = |field: &str| {
        json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {}, field: "$.n", "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "E" }], "Next": "E" },
            "E": { "Type": "Succeed" } } })
    };
    let map = |field: &str| {
        json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemsPath": "$.list", "End": true, field: "$.n",
            "ItemProcessor": { "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } },
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" } } } } })
    };
    let wait = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "SecondsPath": "$.n", "End": true } } });
    let expression = json!({ "QueryLanguage": "JSONata", "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": "{% $states.input.n %}", "End": true } } });
    let timed = json!({ "QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": { "Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Arguments": {},
            "TimeoutSeconds": "{% $states.input.n %}", "HeartbeatSeconds": "{% $states.input.n %}", "End": true } } });
    let machines = [
        task("TimeoutSecondsPath"),
        task("HeartbeatSecondsPath"),
        map("MaxConcurrencyPath"),
        map("ToleratedFailureCountPath"),
        map("ToleratedFailurePercentagePath"),
        wait,
        expression,
        timed,
    ];
    for machine in machines {
        let states = standard(&machine);
        let numbers = [
            "0",
            "-0",
            "-1",
            "1e300",
            "-1e300",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "\"NaN\"",
            "\"Infinity\"",
            "\"1e400\"",
            "0.5",
        ];
        for (count, number) in (1..).zip(numbers) {
            let (code, started) = start(&states, &format!("n{count}"), &format!(r#"{{"n": {number}, "list": [1]}}"#));
            assert_eq!(code, 200, "{number}: {started}");
        }
        // A negative limit is one of those that AWS waits on for ever.
        let stuck = u64::from(machine.to_string().contains("MaxConcurrencyPath"));
        while states.counters().running > stuck {
            std::thread::yield_now();
        }
        assert_eq!(states.panics(), 0, "{machine}");
    }
}
