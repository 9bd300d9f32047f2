//! Each fault of the proxy between loadgen and the emulator: the figures, held against the emulator's own list.

use std::sync::Arc;
use std::time::Duration;

use contract_tests::proxy::{Fault, Front, Proxy, Schedule};
use contract_tests::truth::Truth;
use serde_json::Value;
use stepgate_emulator::Emulator;
use stepgate_emulator::clock::VirtualClock;

use super::loadgen::Run;

const SEED: u64 = 20_261_126;
const PATIENCE: Duration = Duration::from_millis(500);

/// Requests each, or as many as `STEPGATE_MATRIX_CALLS` says.
fn requests() -> u64 {
    std::env::var("STEPGATE_MATRIX_CALLS").map_or(60, |calls| calls.parse().unwrap())
}

/// A run through a proxy that does this to a third of the requests, and what the emulator says was started.
fn run(fault: Fault) -> (Run, u64) {
    let clock = Arc::new(VirtualClock::starting_at(Duration::from_hours(490_896)));
    let emulator = Emulator::builder().parameter("Auth", "NONE").clock(clock).build().unwrap();
    let endpoint = emulator.serve(([127, 0, 0, 1], 0).into()).unwrap();
    let schedule = Schedule::new(SEED, &[fault], 33, PATIENCE * 2);
    let proxy = Proxy::start(endpoint.address(), Front::Http1, schedule).unwrap();
    let path = endpoint.url().strip_prefix(endpoint.base_url()).unwrap();
    let url = format!("http://{}{path}", proxy.address());
    let count = requests().to_string();
    let patience = format!("{}ms", PATIENCE.as_millis());
    let run = Run::of(&[
        "--rps",
        "200",
        "-n",
        &count,
        "--timeout",
        &patience,
        "--threshold",
        "failed:rate<1%",
        "--url",
        &url,
    ]);
    (run, u64::try_from(Truth::of(&endpoint).total()).unwrap())
}

#[test]
fn no_fault_makes_a_figure_wrong_or_a_run_pass_that_lost_something() {
    println!("seed {SEED}");
    println!("| fault | sent | started | failed | executions | duplicates | mismatched | exit |");
    for faults in Fault::ALL.chunks(4) {
        let runs: Vec<_> = faults.iter().map(|fault| (*fault, std::thread::spawn(move || run(*fault)))).collect();
        for (fault, run) in runs {
            let (run, executions) = run.join().unwrap();
            check(fault, &run, executions);
        }
    }
}

#[expect(clippy::print_stdout, reason = "figures")]
fn check(fault: Fault, run: &Run, executions: u64) {
    let count = |pointer: &str| run.summary.pointer(pointer).and_then(Value::as_u64).unwrap();
    let (sent, started) = (count("/outcomes/sent"), count("/outcomes/started"));
    let (duplicates, mismatched) = (count("/names/duplicates"), count("/names/mismatched"));
    let failed = run.summary["outcomes"]["failed"].to_string();
    let name = fault.as_str();
    println!("| {name} | {sent} | {started} | {failed} | {executions} | {duplicates} | {mismatched} | {} |", run.exit);
    run.assert_conserved();
    assert_eq!(count("/plan/planned"), requests(), "{name}");
    // What was sent and not answered may have been started; nothing else may.
    assert!(executions <= sent, "{name}: {executions} executions of {sent} requests");
    assert!(started <= executions + duplicates, "{name}: {started} started, {executions} executions");
    let loses = !matches!(fault, Fault::Delay | Fault::Drip);
    if loses && started < sent {
        // Where timing let a fault hit only a request or two of sixty, they are too few to judge: 98. Never a pass.
        let is_judged = run.exit == 99 || run.exit == 98 && (sent - started) * 20 < sent;
        assert!(is_judged, "{name}: exit {}: {}", run.exit, run.stdout);
    }
    if !loses {
        // On a machine that has other things to do, an answer may come too late all the same.
        let late = run.summary.pointer("/outcomes/failed/timeout").and_then(Value::as_u64).unwrap_or(0);
        assert_eq!(started + late, sent, "{name}: {}", run.stdout);
        // A short run proves too little to pass.
        let passes = run.exit == 0 || run.exit == 98;
        assert!(late > 0 || (executions, passes) == (sent, true), "{name}: exit {}: {}", run.exit, run.stdout);
        assert!(late * 100 < sent || run.exit != 0, "{name}: {late} late, exit {}", run.exit);
    }
}
