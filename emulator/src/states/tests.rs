//! The service from outside: calls, answers and whole workflows on a virtual clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::clock::{Clock, VirtualClock};
use crate::deployment::Deployment;
use crate::template::{LoadOptions, Source, load};

const MACHINE: &str = "stateMachine";

fn corrected() -> Deployment {
    load(&Source::carried("deploy", stepgate_deploy::CORRECTED), &LoadOptions::default()).unwrap()
}

fn as_posted() -> Deployment {
    let options = LoadOptions { as_posted: true, ..LoadOptions::default() };
    load(&Source::carried("as-posted", stepgate_deploy::AS_POSTED), &options).unwrap()
}

fn virtual_clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::starting_at(Duration::from_millis(1_573_573_209_347)))
}

fn call(states: &StepFunctions, action: &str, body: &Value) -> (u16, Value) {
    let reply = states.call(action, body.to_string().as_bytes());
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

/// Calls until no execution runs any more; the workflow thread needs no real time on a virtual clock.
fn finish(states: &StepFunctions) {
    while states.counters().running > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn the_workflow_takes_three_virtual_seconds_and_no_real_ones() {
    for deployment in [corrected(), as_posted()] {
        let clock = virtual_clock();
        let states = StepFunctions::new(&deployment, clock.clone(), Options::default()).unwrap();
        let machine = &deployment.machines[0].arn;
        let reply = states.call(
            "StartExecution",
            json!({"stateMachineArn": machine, "name": "9c3d8aab-83bf-4542-8256-36c9f42b6b01", "input": "{}"})
                .to_string()
                .as_bytes(),
        );
        let arn = machine.replace(MACHINE, "execution") + ":9c3d8aab-83bf-4542-8256-36c9f42b6b01";
        let expected = format!(r#"{{"executionArn":"{arn}","startDate":1.573573209347E9}}"#);
        assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
        finish(&states);
        let (status, described) = call(&states, "DescribeExecution", &json!({"executionArn": arn}));
        assert_eq!((status, &described["status"]), (200, &json!("SUCCEEDED")), "{described}");
        assert_eq!(described["output"], r#"{"function":"end"}"#);
        assert_eq!(described["stopDate"], 1_573_573_212.347_f64);
        assert!(
            clock.now() < Duration::from_millis(1_573_573_213_000),
            "the clock must not jump beyond the workflow's end"
        );
    }
}
