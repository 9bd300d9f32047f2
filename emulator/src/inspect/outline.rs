//! What is deployed, in outline: what a forecast of a load has to know of it.

use serde_json::{Value, json};

use crate::deployment::{Api, Deployment, MachineKind};

/// The API with the throttles of its methods, the state machines, and the functions with their memory.
pub(super) fn outline(deployment: &Deployment) -> Value {
    let machines = deployment.machines.iter().map(|machine| {
        let kind = match machine.kind {
            MachineKind::Standard => "STANDARD",
            MachineKind::Express => "EXPRESS",
        };
        json!({ "arn": machine.arn, "name": machine.name, "type": kind })
    });
    let functions = deployment
        .functions
        .iter()
        .map(|function| json!({ "arn": function.arn, "name": function.name, "memory_mb": function.memory }));
    json!({
        "region": deployment.stack.region,
        "api": match &deployment.api {
            Api::Rest(_) => "rest",
            Api::Http(_) => "http",
        },
        "methods": methods(&deployment.api),
        "machines": machines.collect::<Vec<_>>(),
        "functions": functions.collect::<Vec<_>>(),
    })
}

/// The methods of a REST API. An HTTP API has no throttles here.
fn methods(api: &Api) -> Vec<Value> {
    let Api::Rest(api) = api else { return Vec::new() };
    let method = |method: &crate::deployment::Method| {
        let throttle = method.throttle.map(|throttle| json!({ "rate": throttle.rate, "burst": throttle.burst }));
        json!({
            "method": method.http_method,
            "path": format!("/{}{}", api.stage, method.path),
            "throttle": throttle,
        })
    };
    api.methods.iter().map(method).collect()
}
