//! Planted trouble is seen, and counted to the last request.

use serde_json::{Value, json};

use super::loadgen::{Run, output};
use super::server::{Reply, Server, answer, named, started, uuid};

/// 200 requests as fast as they can be planned, one after the other at the target.
fn load(server: &Server) -> Run {
    let arguments = ["--rps", "2000", "-n", "200", "--arrivals", "uniform", "--threshold", "failed:rate<2%"];
    Run::of(&[&arguments[..], &["--url", &server.url]].concat())
}

#[test]
fn a_healthy_target_passes_with_every_name_distinct_and_as_expected() {
    let server = Server::healthy();
    let run = load(&server);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        run.summary["outcomes"],
        json!({"kind": "execute", "sent": 200, "started": 200, "unfinished": 0, "failed": {}, "http_2xx_failed": 0,
            "after_warmup": null})
    );
    assert_eq!(run.summary["names"]["unique"], 200);
    assert_eq!(run.summary["verdict"], "pass");
    assert_eq!(server.requests().len(), 200, "nothing is sent twice");
    run.assert_conserved();
}

#[test]
fn names_that_repeat_are_counted_exactly() {
    // Every tenth execution gets the name of the first.
    let server = Server::start(|request| {
        let number = if request.number % 10 == 0 { 0 } else { request.number };
        Reply::Bytes(started(&uuid(number)))
    });
    let run = load(&server);
    assert_eq!(run.exit, 99);
    let names = &run.summary["names"];
    assert_eq!((&names["checked"], &names["unique"], &names["duplicates"]), (&json!(200), &json!(181), &json!(19)));
    assert_eq!(names["mismatched"], 0);
    let example = &names["examples"][0];
    assert_eq!(example["violation"], "duplicate");
    assert_eq!(example["name"], uuid(0), "as it was sent");
    assert!(run.stdout.contains("got the same name"), "{}", run.stdout);
}

#[test]
fn names_other_than_the_request_id_are_counted_exactly() {
    let server = Server::start(|request| {
        let shift = if request.number % 4 == 0 { 1_000 } else { 0 };
        Reply::Bytes(named(&uuid(request.number), &uuid(request.number + shift)))
    });
    let run = load(&server);
    assert_eq!((run.exit, &run.summary["names"]["mismatched"]), (99, &json!(50)));
    assert_eq!(run.summary["names"]["duplicates"], 0);
    assert_eq!(run.summary["names"]["examples"][0]["violation"], "mismatched");
}

#[test]
fn a_throttled_start_inside_a_200_is_a_failure_on_its_own_line() {
    let throttled = r#"{"__type":"com.amazonaws.swf.base.model#ThrottlingException","message":"Rate exceeded"}"#;
    let server = Server::start(move |request| match request.number % 5 {
        0 => Reply::Bytes(answer(200, &uuid(request.number), "", throttled)),
        _ => Reply::Bytes(started(&uuid(request.number))),
    });
    let run = load(&server);
    assert_eq!(run.exit, 99);
    assert_eq!(
        run.summary["outcomes"],
        json!({"kind": "execute", "sent": 200, "started": 160, "unfinished": 0, "failed": {"throttled": 40}, "http_2xx_failed": 40,
            "after_warmup": null})
    );
    assert!(run.stdout.contains("HTTP 2xx that tells of no start: 40"), "{}", run.stdout);
    run.assert_conserved();
}

#[test]
fn every_kind_of_refusal_has_its_class() {
    let server = Server::start(|request| {
        let id = uuid(request.number);
        let gateway =
            |status, kind: &str| answer(status, &id, &format!("x-amzn-ErrorType: {kind}\r\n"), r#"{"message":"x"}"#);
        Reply::Bytes(match request.number % 5 {
            0 => answer(403, &id, "", r#"{"code":"CREATION_FAILED","message":"x","reason":"InvalidName"}"#),
            1 => gateway(403, "ForbiddenException"),
            2 => gateway(504, "InternalServerErrorException"),
            3 => answer(200, &id, "", "<html>welcome</html>"),
            _ => started(&id),
        })
    });
    let run = load(&server);
    assert_eq!(run.exit, 99);
    let failed = json!({"creation_failed": 40, "forbidden": 40, "server_error": 40, "unrecognized": 40});
    assert_eq!(run.summary["outcomes"]["failed"], failed);
    assert_eq!(run.summary["outcomes"]["http_2xx_failed"], 40);
    run.assert_conserved();
}

#[test]
fn a_connection_closed_without_an_answer_is_one_failure_and_no_second_request() {
    let server = Server::start(|request| match request.number % 10 {
        0 => Reply::Close,
        1 => Reply::LastBytes(started(&uuid(request.number))[..60].to_vec()),
        _ => Reply::Bytes(started(&uuid(request.number))),
    });
    let run = load(&server);
    assert_eq!(run.exit, 99);
    let failed = run.summary["outcomes"]["failed"].as_object().unwrap();
    let count = |class: &str| failed.get(class).and_then(Value::as_u64).unwrap_or(0);
    // A close with bytes of ours unread becomes a reset on some kernels.
    assert_eq!(count("closed") + count("truncated") + count("reset"), 40, "{failed:?}");
    assert!(count("truncated") > 0, "{failed:?}");
    assert_eq!(run.summary["outcomes"]["started"], 160);
    assert_eq!(server.requests().len(), 200, "nothing is sent twice");
    run.assert_conserved();
}

#[test]
fn every_class_of_failures_says_why_or_what_was_answered() {
    let server = Server::start(|request| {
        let bytes = |text: &str| Reply::LastBytes(text.as_bytes().to_vec());
        match request.number % 5 {
            0 => Reply::Close,
            1 => Reply::LastBytes(started(&uuid(request.number))[..60].to_vec()),
            2 => bytes("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"),
            3 => bytes("HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
            _ => Reply::Silence,
        }
    });
    let run = Run::of(&["--rps", "200", "-n", "50", "--timeout", "300ms", "--url", &server.url]);
    let failures = run.summary["failures"].as_array().unwrap();
    let of = |class: &str| failures.iter().find(|failures| failures["class"] == class);
    for class in run.summary["outcomes"]["failed"].as_object().unwrap().keys() {
        let told = of(class).unwrap_or_else(|| panic!("{class} is missing in {failures:?}"));
        assert!(told["cause"].is_string() != told["sample"].is_object(), "one of both: {told}");
    }
    assert_eq!(of("protocol").unwrap()["cause"], "the answer is larger than 1 MiB");
    assert_eq!(of("timeout").unwrap()["cause"], "no whole answer within 300ms; 0 bytes came");
    let redirect = of("unrecognized").unwrap();
    assert_eq!((&redirect["sample"]["status"], &redirect["sample"]["location"]), (&json!(307), &json!("/elsewhere")));
    assert!(run.stdout.contains("redirected to /elsewhere, which is not followed; an empty body"), "{}", run.stdout);
    assert!(run.stdout.contains("protocol: the answer is larger than 1 MiB"), "{}", run.stdout);
    let nobody = Run::of(&["--rps", "200", "-n", "3", "--url", "http://127.0.0.1:1/execute"]);
    assert!(nobody.stdout.contains("connect_refused: Connection refused"), "{}", nobody.stdout);
}

#[test]
fn names_of_which_none_is_as_expected_are_the_services_own_unless_somebody_said_otherwise() {
    let arn = "arn:aws:states:us-east-1:123456789012:execution:Workflow:";
    let server = Server::start(move |request| {
        let body = format!("{{\"executionArn\":\"{arn}{}\",\"startDate\":1.5E9}}", uuid(request.number));
        let length = body.len();
        Reply::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes())
    });
    let load = ["--rps", "200", "-n", "20", "--url", &server.url];
    let run = Run::of(&load);
    assert_eq!((run.exit, &run.summary["names"]["mismatched"]), (0, &json!(0)), "{}", run.stdout);
    assert!(run.stdout.contains("names are taken for Step Functions' own choice"), "{}", run.stdout);
    // Once more from the directory alone, and no sooner than somebody asks for it.
    let rebuilt = output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(rebuilt.status.code(), Some(0));
    let run = Run::of(&[&load[..], &["--names", "service"]].concat());
    assert!(run.exit == 0 && !run.stdout.contains("own choice"), "{}", run.stdout);
    let judged = Run::of(&[&load[..], &["--threshold", "mismatched:count==0"]].concat());
    assert_eq!((judged.exit, &judged.summary["names"]["mismatched"]), (99, &json!(20)));
    let run = Run::of(&[&load[..], &["--names", "request-id"]].concat());
    assert_eq!((run.exit, &run.summary["names"]["mismatched"]), (99, &json!(20)));
    assert!(run.stdout.contains("and its answer has no x-amzn-RequestId to compare it with"), "{}", run.stdout);
    let remarks = run.summary["remarks"].to_string();
    assert!(remarks.contains("set names = \\\"service\\\""), "{remarks}");
    let tried = output(&["try", "--url", &server.url]);
    let said = String::from_utf8(tried.stdout).unwrap();
    assert!(said.contains("mismatched   the answer has no x-amzn-RequestId"), "{said}");
}

#[test]
fn a_target_that_never_answers_gives_time_outs_that_count_as_at_least() {
    let server = Server::start(|request| match request.number {
        0..10 => Reply::Silence,
        number => Reply::Bytes(started(&uuid(number))),
    });
    let run = Run::of(&["--rps", "500", "-n", "100", "--timeout", "300ms", "--url", &server.url]);
    assert_eq!(run.summary["outcomes"]["failed"], json!({"timeout": 10}));
    let response = &run.summary["response_us"];
    assert!(response["max"].as_u64().unwrap() >= 300_000, "{response}");
    assert!(response["at_least"].as_array().unwrap().contains(&json!("max")), "{response}");
    assert!(run.stdout.contains("≥3"), "{}", run.stdout);
    run.assert_conserved();
}

#[test]
fn a_key_per_arrival_is_sent_and_expected_as_the_name() {
    let scenario = include_str!("../../../scenarios/basic.toml").replace("\"request-id\"", "\"key\"");
    let scratch = super::loadgen::Scratch::new();
    let path = scratch.write("key.toml", &scenario);
    let server = Server::start(|request| {
        let key = request.header("idempotency-key").unwrap().to_owned();
        assert_eq!(request.header("x-amzn-requestid"), Some(key.as_str()));
        Reply::Bytes(named(&uuid(request.number), &key))
    });
    let arguments = ["--rps", "1000", "-n", "600", path.to_str().unwrap(), "--url", &server.url];
    let run = Run::of(&arguments);
    assert_eq!(run.exit, 0, "{}", run.stdout);
    let keys = |server: &Server| -> std::collections::BTreeSet<String> {
        server.requests().iter().map(|r| r.header("idempotency-key").unwrap().to_owned()).collect()
    };
    let first = keys(&server);
    assert_eq!(first.len(), 600);
    // The same scenario and seed give the same keys and bodies once more.
    let bodies =
        |server: &Server| server.requests().iter().map(|r| r.body.clone()).collect::<std::collections::BTreeSet<_>>();
    let first_bodies = bodies(&server);
    Run::of(&arguments);
    assert_eq!((keys(&server), bodies(&server)), (first, first_bodies));
}

#[test]
fn answers_that_do_not_say_what_they_started_are_told_of_with_the_way_to_count_them_by_their_status() {
    let server = Server::start(|request| {
        let (status, body) =
            if request.number % 5 == 0 { (500, "{\"error\":\"Nope\"}") } else { (200, "{\"total\":7}") };
        Reply::Bytes(answer(status, &uuid(request.number), "", body))
    });
    let load = ["--rps", "200", "-n", "20", "--url", &server.url, "--threshold", "failed:rate<50%"];
    let run = Run::of(&load);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (99, &json!(0)), "{}", run.stdout);
    let remarks = run.summary["remarks"].to_string();
    assert!(remarks.contains("16 answers with HTTP 2xx do not say whether anything was started"), "{remarks}");
    assert!(remarks.contains("--kind execute-http"), "{remarks}");
    assert!(!run.stdout.contains("nothing started"), "{}", run.stdout);
    let tried = String::from_utf8(output(&["try", "--url", &server.url]).stdout).unwrap();
    assert!(
        tried.contains("outcome      server_error") || tried.contains("way out      --kind execute-http"),
        "{tried}"
    );
    let counted = Run::of(&[&load[..], &["--kind", "execute-http"]].concat());
    let outcomes = &counted.summary["outcomes"];
    assert_eq!((&outcomes["kind"], &outcomes["started"]), (&json!("execute-http"), &json!(16)), "{}", counted.stdout);
    assert_eq!((&outcomes["failed"], &outcomes["http_2xx_failed"]), (&json!({"server_error": 4}), &json!(0)));
    assert!(counted.stdout.contains("OUTCOMES     succeeded 16 (80.00%)"), "{}", counted.stdout);
    assert!(counted.stdout.contains("✓ succeeded count>0 (16)"), "{}", counted.stdout);
    assert_eq!((counted.exit, &counted.summary["workflows"]), (0, &Value::Null), "{}", counted.stdout);
    counted.assert_conserved();
}
