//! Connections: used again, given up, and lost.

use std::net::TcpListener;

use serde_json::json;

use super::loadgen::{Run, output};
use super::server::{Reply, Server, started, uuid};

fn body(name: &str) -> String {
    format!("{{\"executionArn\":\"arn:aws:states:us-east-1:1:execution:W:{name}\",\"startDate\":1.5E9}}")
}

#[test]
fn few_connections_carry_many_requests() {
    let server = Server::healthy();
    let run = Run::of(&["--rps", "400", "-n", "200", "--arrivals", "uniform", "--url", &server.url]);
    assert_eq!(run.exit, 0);
    assert!(server.connections() < 50, "{} connections", server.connections());
}

#[test]
fn looking_up_the_name_of_the_target_is_timed_apart() {
    let server = Server::healthy();
    let by_address = Run::of(&["--rps", "400", "-n", "10", "--url", &server.url]);
    assert_eq!(by_address.summary["run"]["dns_us"], json!(null));
    let url = server.url.replace("127.0.0.1", "localhost");
    let by_name = Run::of(&["--rps", "400", "-n", "10", "--url", &url]);
    assert!(by_name.summary["run"]["dns_us"].is_u64() && by_name.stdout.contains("  dns "), "{}", by_name.stdout);
    let tried = output(&["try", "--url", &url]);
    let said = String::from_utf8(tried.stdout).unwrap();
    assert!(tried.status.success() && said.starts_with("dns "), "{said}");
}

#[test]
fn without_keep_alive_each_request_has_its_own_connection() {
    let server = Server::start(|request| {
        assert_eq!(request.header("connection"), Some("close"));
        Reply::LastBytes(started(&uuid(request.number)))
    });
    let run = Run::of(&["--rps", "400", "-n", "50", "--disable-keepalive", "--url", &server.url]);
    assert_eq!((run.exit, server.connections()), (0, 50), "{}", run.stdout);
}

#[test]
fn chunked_answers_and_answers_that_end_with_the_connection_are_read_whole() {
    let server = Server::start(|request| {
        let name = uuid(request.number);
        let body = body(&name);
        let (first, second) = body.split_at(20);
        let head = format!("HTTP/1.1 200 OK\r\nx-amzn-RequestId: {name}\r\n");
        if request.number % 2 == 0 {
            let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
            Reply::Bytes(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes())
        } else {
            Reply::LastBytes(format!("{head}\r\n{first}{second}").into_bytes())
        }
    });
    let run = Run::of(&["--rps", "400", "-n", "60", "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(60)), "{}", run.stdout);
}

#[test]
fn a_target_that_closes_after_each_answer_without_saying_so_costs_nothing() {
    let server = Server::start(|request| Reply::LastBytes(started(&uuid(request.number))));
    // A tenth of a second between requests: a close that comes while one is written would fail it, truthfully.
    let run = Run::of(&["--rps", "10", "-n", "10", "--arrivals", "uniform", "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(10)), "{}", run.stdout);
}

#[test]
fn nobody_listening_is_said_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/execute", listener.local_addr().unwrap());
    drop(listener);
    let run = Run::of(&["--rps", "200", "-n", "40", "--url", &url]);
    assert_eq!(run.exit, 99);
    assert_eq!(run.summary["outcomes"]["failed"], json!({"connect_refused": 40}));
    run.assert_conserved();
}

#[test]
fn what_is_no_http_is_a_protocol_failure() {
    let server = Server::start(|_| Reply::LastBytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()));
    let run = Run::of(&["--rps", "200", "-n", "20", "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["failed"]), (99, &json!({"protocol": 20})));
}

#[test]
fn a_closed_loop_never_has_more_requests_in_flight_than_clients() {
    let server = Server::healthy();
    let run = Run::of(&["--closed", "4", "-n", "300", "--url", &server.url]);
    assert_eq!((run.exit, server.requests().len(), server.connections()), (0, 300, 4), "{}", run.stdout);
    assert_eq!(run.summary["run"]["closed_loop"], true);
    assert_eq!(run.summary["plan"]["arrivals_sha256"], serde_json::Value::Null);
    assert!(run.stdout.contains("say nothing about queueing"));
    run.assert_conserved();
}

#[test]
fn threads_send_the_same_arrivals_as_one() {
    let sent = |threads: &str| {
        let server = Server::healthy();
        let arguments = ["--rps", "600", "-n", "120", "--seed", "9", "--threads", threads, "--url", &server.url];
        let run = Run::of(&[&arguments[..], &["-D", r#"{"n":"{{ seq() }}","id":"{{ uuid() }}"}"#]].concat());
        assert_eq!(run.exit, 0, "{}", run.stdout);
        let mut bodies: Vec<String> = server.requests().into_iter().map(|r| r.body).collect();
        bodies.sort();
        (bodies, run.summary["plan"]["arrivals_sha256"].clone())
    };
    assert_eq!(sent("1"), sent("3"));
}
