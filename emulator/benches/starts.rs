//! How many `StartExecution` calls one thread gets through, the service alone: no HTTP, no template.
//!
//! `cargo bench -p stepgate-emulator --bench starts`

use std::sync::Arc;
use std::time::{Duration, Instant};

use stepgate_emulator::clock::SystemClock;
use stepgate_emulator::deployment::{Deployment, MachineKind, StateMachine};
use stepgate_emulator::document::json;
use stepgate_emulator::states::{StatesOptions, StepFunctions};
use stepgate_emulator::template::{LoadOptions, Source, load};

const CALLS: u32 = 300_000;
const PASS: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;
const INPUT: &str = r#"{\"order\":\"9c3d8aab-83bf-4542-8256-36c9f42b6b01\",\"customer\":4711,\"items\":[\"a\",\"b\"]}"#;

#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = load(&Source::carried("deploy", stepgate_deploy::CORRECTED), &LoadOptions::default())?;
    let pass = StateMachine {
        arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pass".to_owned(),
        name: "pass".to_owned(),
        role_arn: None,
        kind: MachineKind::Standard,
        definition: json::parse("pass.asl.json", PASS)?,
    };
    println!("{:<28} {:>10} {:>12} {:>10}", "machine", "calls", "ns per call", "per s");
    measure("Pass", &Deployment { machines: vec![pass], ..seed.clone() }, CALLS)?;
    measure("the deployed workflow", &seed, CALLS / 100)?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
fn measure(name: &str, deployment: &Deployment, calls: u32) -> Result<(), Box<dyn std::error::Error>> {
    let states = StepFunctions::new(deployment, Arc::new(SystemClock::start()), StatesOptions::default())?;
    let machine = &deployment.machines[0].arn;
    let bodies: Vec<String> = (0..calls)
        .map(|number| format!(r#"{{"input":"{INPUT}","name":"run-{number}","stateMachineArn":"{machine}"}}"#))
        .collect();
    let begun = Instant::now();
    for body in &bodies {
        let reply = states.call("StartExecution", body.as_bytes());
        assert_eq!(reply.status, 200);
    }
    let took: Duration = begun.elapsed();
    let each = took / calls;
    let rate = f64::from(calls) / took.as_secs_f64();
    println!("{name:<28} {calls:>10} {:>12} {rate:>10.0}", each.as_nanos());
    Ok(())
}
