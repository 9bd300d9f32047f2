//! A stall of the target shows in the response times of all who came meanwhile, not only of those in flight.

use std::time::Duration;

use serde_json::json;

use super::loadgen::Run;
use super::server::{Reply, Server, started, uuid};

#[test]
fn queued_requests_wait_from_their_intended_instant() {
    // One connection, whose 50th request takes 600 ms; at 200/s some 120 arrivals come meanwhile.
    let server = Server::start(|request| {
        if request.number == 50 {
            std::thread::sleep(Duration::from_millis(600));
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let run = Run::of(&["--rps", "200", "-n", "400", "--arrivals", "uniform", "-c", "1", "--url", &server.url]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
    let percentile = |of: &str, name: &str| run.summary[of][name].as_u64().unwrap();
    // 30 % of the arrivals wait up to 600 ms: p90 is about 400 ms. Their service is as quick as ever.
    assert!((300_000..700_000).contains(&percentile("response_us", "p90")), "{}", run.stdout);
    assert!(percentile("service_us", "p90") < 100_000, "{}", run.stdout);
    assert!(percentile("schedule_lag_us", "p90") > 300_000, "{}", run.stdout);
}

#[test]
fn dropped_requests_count_as_never_answered() {
    let server = Server::start(|request| {
        if request.number == 50 {
            std::thread::sleep(Duration::from_millis(600));
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let scenario = "schema = 1\nname = \"drop\"\n[load]\nexecutor = \"constant-arrival-rate\"\nrate = 200\n\
        requests = 400\narrivals = \"uniform\"\nmax_in_flight = 1\non_saturation = \"drop\"\n\
        [[payload]]\nname = \"p\"\njson = {}\n";
    let scratch = super::loadgen::Scratch::new();
    let path = scratch.write("drop.toml", scenario);
    let run = Run::of(&[path.to_str().unwrap(), "--url", &server.url]);
    let dropped = run.summary["plan"]["dropped"].as_u64().unwrap();
    assert!((80..200).contains(&dropped), "{dropped}");
    assert_eq!(run.exit, 97, "far under 99 % were sent: {}", run.stdout);
    assert!(run.summary["response_us"]["at_least"].as_array().unwrap().contains(&json!("p90")), "{}", run.stdout);
    run.assert_conserved();
}

#[test]
fn saturation_can_abort_the_run() {
    let server = Server::start(|_| Reply::Silence(Duration::from_millis(300)));
    let scenario = "schema = 1\nname = \"abort\"\n[load]\nexecutor = \"constant-arrival-rate\"\nrate = 200\n\
        duration = \"30s\"\nmax_in_flight = 3\non_saturation = \"abort\"\n[[payload]]\nname = \"p\"\njson = {}\n";
    let scratch = super::loadgen::Scratch::new();
    let path = scratch.write("abort.toml", scenario);
    let run = Run::of(&[path.to_str().unwrap(), "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["verdict"]), (108, &json!("aborted")));
    assert_eq!(run.summary["plan"]["sent"], 3);
    run.assert_conserved();
}
