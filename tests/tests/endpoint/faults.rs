use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepgate_emulator::clock::VirtualClock;
use stepgate_emulator::faults::{Count, FaultPlan};
use stepgate_emulator::{Builder, Emulator, Serving};

const MS: Duration = Duration::from_millis(1);

fn open() -> Builder {
    Emulator::builder().parameter("Auth", "NONE")
}

fn serve(builder: Builder, rules: &str) -> Serving {
    let emulator = builder.faults(FaultPlan::read(rules).unwrap()).build().unwrap();
    emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// What a caller sees of a connection: the bytes up to its end, and whether that was a reset.
#[derive(Debug)]
struct Seen {
    text: String,
    reset: bool,
    took: Duration,
}

impl Seen {
    fn status(&self) -> &str {
        self.text.split(' ').nth(1).unwrap_or_default()
    }

    fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

/// Sends a request on a connection of its own and reads to the end of it.
fn send(endpoint: &Serving, target: &str, headers: &str, body: &str) -> Seen {
    let host: SocketAddr = endpoint.base_url().strip_prefix("http://").unwrap().parse().unwrap();
    let begun = Instant::now();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    write!(
        stream,
        "{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut bytes = Vec::new();
    let reset = match stream.read_to_end(&mut bytes) {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
        Err(error) => panic!("{error}"),
    };
    Seen { text: String::from_utf8(bytes).unwrap(), reset, took: begun.elapsed() }
}

fn execute(endpoint: &Serving) -> Seen {
    let path = endpoint.url().strip_prefix(endpoint.base_url()).unwrap();
    send(endpoint, &format!("POST {path}"), "Content-Type: application/json\r\n", r#"{"order":1}"#)
}

fn applied(endpoint: &Serving) -> Vec<u64> {
    endpoint.fault_counts().iter().map(|count| count.applied).collect()
}

#[test]
fn a_504_after_the_start_is_the_gateways_own_and_the_workflow_runs() {
    let endpoint = serve(open(), "[[rule]]\nevery = 2\nreply = { status = 504 }");
    let seen: Vec<Seen> = (0..6).map(|_| execute(&endpoint)).collect();
    let lost: Vec<&Seen> = seen.iter().filter(|seen| seen.status() == "504").collect();
    assert_eq!(lost.len(), 3);
    for lost in lost {
        assert!(lost.body().contains("Endpoint request timed out"), "{}", lost.text);
    }
    assert_eq!(applied(&endpoint), [3]);
    assert_eq!(endpoint.counters().started, 6);
}

#[test]
fn another_status_carries_the_request_id_that_the_execution_is_named_by() {
    let endpoint = serve(open(), "[[rule]]\nreply = { status = 503 }");
    let seen = execute(&endpoint);
    assert_eq!((seen.status(), seen.body()), ("503", r#"{"message":"Service Unavailable"}"#));
    let id = seen.text.lines().find_map(|line| line.strip_prefix("x-amzn-RequestId: ")).unwrap();
    let rows = send(&endpoint, "GET /_stepgate/executions", "", "");
    assert!(rows.body().contains(&format!("\"name\":\"{id}\"")), "{}", rows.text);
}

#[test]
fn a_reply_without_a_start_starts_nothing() {
    let endpoint = serve(
        open(),
        "[[rule]]\nreply = { status = 504, start = false }\nevery = 2\n[[rule]]\nreply = { status = 500, start = false }",
    );
    let statuses: Vec<String> = (0..4).map(|_| execute(&endpoint).status().to_owned()).collect();
    assert_eq!(statuses, ["500", "504", "500", "504"]);
    assert_eq!((applied(&endpoint), endpoint.counters().started), (vec![2, 2], 0));
}

#[test]
fn a_reset_after_the_start_shows_no_byte_and_the_workflow_runs() {
    for (start, started) in [(true, 4), (false, 2)] {
        let endpoint = serve(open(), &format!("[[rule]]\nevery = 2\nreset = {{ start = {start} }}"));
        let seen: Vec<Seen> = (0..4).map(|_| execute(&endpoint)).collect();
        let resets: Vec<&Seen> = seen.iter().filter(|seen| seen.reset).collect();
        assert!(resets.iter().all(|seen| seen.text.is_empty()), "{resets:?}");
        assert_eq!(applied(&endpoint), [resets.len() as u64]);
        assert_eq!((resets.len(), endpoint.counters().started), (2, started));
    }
}

#[test]
fn a_throttled_call_is_429_where_the_deployment_maps_it_and_200_as_posted() {
    let throttle = "[[rule]]\nthrottle = true\nmethod = 'POST'";
    for (builder, status) in [(open(), "429"), (Emulator::builder().as_posted(), "200")] {
        let endpoint = serve(builder, throttle);
        let seen = execute(&endpoint);
        assert_eq!(seen.status(), status);
        assert!(seen.body().contains("ThrottlingException"), "{}", seen.text);
        assert_eq!((applied(&endpoint), endpoint.counters().started), (vec![1], 0));
    }
}

#[test]
fn the_step_functions_api_meets_the_same_faults() {
    let endpoint = serve(open(), "[[rule]]\nthrottle = true");
    let seen = send(&endpoint, "POST /", "X-Amz-Target: AWSStepFunctions.ListStateMachines\r\n", "{}");
    assert_eq!(seen.status(), "400");
    let throttled = r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#;
    assert_eq!(seen.body(), throttled);
    assert_eq!(applied(&endpoint), [1]);
}

#[test]
fn a_truncated_answer_has_the_bytes_that_the_rule_counts() {
    for (rule, reset) in [("after = 25", false), ("after = 25, reset = true", true)] {
        let endpoint = serve(open(), &format!("[[rule]]\ntruncate = {{ {rule} }}"));
        let seen = execute(&endpoint);
        assert!(seen.text.starts_with("HTTP/1.1 200 OK\r\nDate: "), "{}", seen.text);
        assert_eq!((seen.text.len(), seen.reset), (25, reset));
        assert_eq!((applied(&endpoint), endpoint.counters().started), (vec![1], 1));
    }
}

#[test]
fn latency_comes_on_top_and_several_add_up() {
    let endpoint = serve(
        open(),
        "[[rule]]\nlatency = { constant = '40ms' }\n[[rule]]\nevery = 2\nlatency = { empirical = ['60ms'] }",
    );
    let took: Vec<Duration> = (0..2).map(|_| execute(&endpoint).took).collect();
    assert!(took[0] >= 40 * MS && took[1] >= 100 * MS, "{took:?}");
    assert_eq!(applied(&endpoint), [2, 1]);
}

#[test]
fn a_stalled_endpoint_is_silent_until_the_stall_is_over() {
    let clock = Arc::new(VirtualClock::starting_at(Duration::from_hours(500_000)));
    let endpoint = serve(open().clock(clock.clone()), "[[rule]]\nstall = { every = '10h', for = '100ms' }");
    // Nothing is started: a workflow's waits would move the clock on.
    assert_eq!(send(&endpoint, "GET /nowhere", "", "").status(), "403");
    assert_eq!(applied(&endpoint), [0]);
    clock.advance(Duration::from_hours(10));
    let stalled = send(&endpoint, "GET /nowhere", "", "");
    assert!(stalled.took >= 100 * MS, "{:?}", stalled.took);
    assert_eq!(applied(&endpoint), [1]);
}

#[test]
fn a_slow_accept_is_paid_once_a_connection() {
    let endpoint = serve(open(), "[[rule]]\naccept = { constant = '50ms' }");
    let seen: Vec<Seen> = (0..3).map(|_| execute(&endpoint)).collect();
    assert!(seen.iter().all(|seen| seen.took >= 50 * MS), "{seen:?}");
    assert_eq!(applied(&endpoint), [3]);

    let host: SocketAddr = endpoint.base_url().strip_prefix("http://").unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(b"GET /_stepgate/counters HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_string(&mut String::new()).unwrap();
    assert_eq!(applied(&endpoint), [4]);
}

#[test]
fn bandwidth_stretches_an_answer() {
    let endpoint = serve(open(), "[[rule]]\nbandwidth = 4_000");
    let seen = execute(&endpoint);
    assert_eq!(seen.status(), "200");
    // The last piece, a tenth of a second's worth at most, is not waited for.
    let least = Duration::from_secs_f64(seen.text.len() as f64 / 4_000.0).saturating_sub(100 * MS);
    assert!(seen.took >= least && least > Duration::ZERO, "{:?} for {} bytes", seen.took, seen.text.len());
    assert_eq!(applied(&endpoint), [1]);
}

#[test]
fn inspection_is_spared_and_tells_the_counts() {
    let endpoint = serve(open(), "[[rule]]\nname = 'torn'\nreset = {}");
    assert!(execute(&endpoint).reset);
    let seen = send(&endpoint, "GET /_stepgate/counters", "", "");
    let counters: serde_json::Value = serde_json::from_str(seen.body()).unwrap();
    let expected = serde_json::json!([{ "name": "torn", "fault": "reset", "matched": 1, "applied": 1 }]);
    assert_eq!(counters["faults"], expected);
    let count = Count { name: "torn".into(), fault: "reset", matched: 1, applied: 1 };
    assert_eq!(endpoint.fault_counts(), [count]);
}
