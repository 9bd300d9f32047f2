//! `search`: the greatest rate that holds, by levels that are runs.

use std::fs;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::Value;

use super::loadgen::{Scratch, command, output};
use super::server::{Reply, Server, answer, started, uuid};

/// A target behind a token bucket of the given size and refill a second.
fn behind_a_bucket(size: f64, refill: f64) -> Server {
    let bucket = Mutex::new((size, Instant::now()));
    Server::start(move |request| {
        let mut bucket = bucket.lock().unwrap();
        let now = Instant::now();
        let (tokens, last) = *bucket;
        let tokens = (tokens + now.duration_since(last).as_secs_f64() * refill).min(size);
        *bucket = if tokens >= 1.0 { (tokens - 1.0, now) } else { (tokens, now) };
        if tokens >= 1.0 {
            return Reply::Bytes(started(&uuid(request.number)));
        }
        let throttled = r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#;
        Reply::Bytes(answer(400, &uuid(request.number), "", throttled))
    })
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn a_bucket_is_told_from_capacity_and_a_search_that_ended_early_goes_on() {
    let server = behind_a_bucket(80.0, 40.0);
    let scratch = Scratch::new();
    let folder = scratch.path("search");
    let search = |max_time: &str| {
        let arguments = [
            "search",
            "--url",
            &server.url,
            "--threshold",
            "response_time:p(99)<5s",
            "--from",
            "20",
            "--level-time",
            "6s",
            "--precision",
            "10%",
            "--max-time",
            max_time,
            "--output-format",
            "json",
            "-o",
            folder.to_str().unwrap(),
        ];
        command(&arguments).output().unwrap()
    };
    let levels = || fs::read_to_string(folder.join("levels.jsonl")).unwrap_or_default();
    let early = search("14s");
    let report: Value = serde_json::from_slice(&early.stdout).unwrap();
    assert_eq!((early.status.code(), &report["end"]), (Some(98), &Value::from("time-up")), "{report:#}");
    let before = levels();
    assert!(!before.is_empty(), "{}", text(&early.stderr));
    let whole = search("20m");
    let report: Value =
        serde_json::from_slice(&whole.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&whole.stderr)));
    assert_eq!(whole.status.code(), Some(0), "{report:#}");
    assert!(levels().starts_with(&before), "what was tried is not tried again");
    let number = |pointer: &str| {
        report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {report:#}"))
    };
    assert!((number("/rate") / 40.0 - 1.0).abs() < 0.1, "{report:#}");
    assert!((number("/bucket/refill") / 40.0 - 1.0).abs() < 0.1, "{report:#}");
    assert!((number("/bucket/burst") / 80.0 - 1.0).abs() < 0.25, "{report:#}");
    assert!(number("/low") <= 40.0 && number("/high") >= 40.0, "{report:#}");
    let other =
        command(&["search", "--url", &server.url, "--threshold", "failed:rate<2%", "-o", folder.to_str().unwrap()]);
    let refused = { other }.output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("holds a search of another"), "{}", text(&refused.stderr));
}

#[test]
fn what_cannot_be_searched_is_a_usage_error() {
    let url = "http://127.0.0.1:1/execute";
    let spike = format!("{}/../scenarios/spike.toml", env!("CARGO_MANIFEST_DIR"));
    let threshold = ["--threshold", "failed:rate<1%"];
    for (arguments, says) in [
        (vec!["search", "--url", url], "say what has to hold"),
        ([&["search", "--url", url, "--rps", "5"][..], &threshold].concat(), "the rate is what is searched"),
        ([&["search", "--url", url, "-d", "5s"][..], &threshold].concat(), "--level-time"),
        (vec!["search", &spike], "constant-arrival-rate"),
        ([&["search", "--url", "http://192.0.2.1/x"][..], &threshold].concat(), "--max-executions"),
        ([&["search", "--url", url, "--level-time", "1s"][..], &threshold].concat(), "at least 5s"),
        ([&["search", "--url", url, "--quotas", "aws"][..], &threshold].concat(), "of the embedded endpoint"),
    ] {
        let refused = output(&arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains(says), "{arguments:?}: {}", text(&refused.stderr));
    }
}
