//! A stall of the target shows in the response times of all who came meanwhile, not only of those in flight.

use serde_json::json;

use super::loadgen::{Run, Running};
use super::server::{Gate, Reply, Server, started, uuid};

/// A target whose 50th request is held until the run says that its first second is over, and the end of that run.
fn stalled(arguments: &[&str]) -> Run {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |request| {
        if request.number == 50 {
            held.wait();
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let mut running = Running::start(&[arguments, &["--url", &server.url]].concat());
    running.second();
    gate.open();
    running.wait()
}

#[test]
fn queued_requests_wait_from_their_intended_instant() {
    // One connection. At 200/s the 50th request is held from 0.25 s on: some 150 arrivals come meanwhile.
    // Whoever judges response times has said how long a request may wait for its place.
    let judged = ["--threshold", "response_time:p(50)<60s"];
    let run = stalled(&[&["--rps", "200", "-n", "400", "--arrivals", "uniform", "-c", "1"][..], &judged].concat());
    assert_eq!(run.exit, 0, "{}", run.stdout);
    let percentile = |of: &str, name: &str| run.summary[of][name].as_u64().unwrap();
    // More than a third of the arrivals wait up to 750 ms: p90 is above 500 ms. Their service is as quick as ever.
    let response = percentile("response_us", "p90");
    assert!(response > 400_000, "{}", run.stdout);
    assert!(percentile("service_us", "p90") < response / 3, "{}", run.stdout);
    assert!(percentile("schedule_lag_us", "p90") > response / 2, "{}", run.stdout);
}

#[test]
fn a_load_that_the_cap_held_back_is_no_pass_though_all_of_it_was_sent() {
    // More in a tenth of a second than one connection carries in a whole one: every request waits for the answer before it.
    let server = Server::healthy();
    let run = Run::of(&["--rps", "300000", "-n", "30000", "-c", "1", "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["verdict"]), (97, &json!("invalid")), "{}", run.stdout);
    let reason = run.summary["reason"].as_str().unwrap();
    assert!(reason.contains("max_in_flight") && reason.contains("response_time"), "{reason}");
    assert_eq!(run.summary["plan"]["sent"], 30_000);
}

#[test]
fn dropped_requests_count_as_never_answered() {
    let scenario = "schema = 1\nname = \"drop\"\n[load]\nexecutor = \"constant-arrival-rate\"\nrate = 200\n\
        requests = 400\narrivals = \"uniform\"\nmax_in_flight = 1\non_saturation = \"drop\"\n\
        [[payload]]\nname = \"p\"\njson = {}\n";
    let scratch = super::loadgen::Scratch::new();
    let path = scratch.write("drop.toml", scenario);
    let run = stalled(&[path.to_str().unwrap()]);
    let dropped = run.summary["plan"]["dropped"].as_u64().unwrap();
    assert!((100..350).contains(&dropped), "{dropped}");
    assert_eq!(run.exit, 97, "far under 99 % were sent: {}", run.stdout);
    assert!(run.summary["response_us"]["at_least"].as_array().unwrap().contains(&json!("p90")), "{}", run.stdout);
    run.assert_conserved();
}

#[test]
fn saturation_can_abort_the_run() {
    let server = Server::start(|_| Reply::Silence);
    let scenario = "schema = 1\nname = \"abort\"\n[load]\nexecutor = \"constant-arrival-rate\"\nrate = 200\n\
        duration = \"30s\"\nmax_in_flight = 3\ngraceful_stop = \"100ms\"\non_saturation = \"abort\"\n[[payload]]\nname = \"p\"\njson = {}\n";
    let scratch = super::loadgen::Scratch::new();
    let path = scratch.write("abort.toml", scenario);
    let run = Run::of(&[path.to_str().unwrap(), "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["verdict"]), (108, &json!("aborted")));
    assert_eq!(run.summary["plan"]["sent"], 3);
    run.assert_conserved();
}
