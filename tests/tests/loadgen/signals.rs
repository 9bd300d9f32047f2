//! Ends that nobody planned: what was measured is kept.

use std::fs;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::loadgen::{Running, output};
use super::server::{Reply, Server, started, uuid};

#[test]
fn a_signal_ends_the_run_with_a_full_report() {
    for signal in ["INT", "TERM"] {
        let server = Server::healthy();
        let running = Running::start(&["--rps", "200", "-d", "60s", "--url", &server.url]);
        server.wait_for(100);
        running.signal(signal);
        let run = running.wait();
        assert_eq!((run.exit, &run.summary["verdict"]), (105, &json!("interrupted")), "{signal}");
        assert!(run.summary["plan"]["unsent"].as_u64().unwrap() > 1_000);
        assert_eq!(run.summary["plan"]["sent"], server.requests().len());
        assert!(run.directory.join("DONE").exists());
        run.assert_conserved();
    }
}

#[test]
fn a_second_signal_does_not_wait_for_answers() {
    let server = Server::start(|request| match request.number {
        0..3 => Reply::Bytes(started(&uuid(request.number))),
        _ => Reply::Silence,
    });
    let mut running = Running::start(&["--rps", "50", "-d", "60s", "--url", &server.url]);
    server.wait_for(6);
    running.signal("INT");
    running.hears("a second signal ends the run at once");
    // The rest of the half minute that answers may take is not waited for.
    let before = Instant::now();
    running.signal("INT");
    running.silence();
    assert!(before.elapsed() < Duration::from_secs(15));
    let run = running.wait();
    assert_eq!(run.exit, 105);
    assert!(run.summary["outcomes"]["unfinished"].as_u64().unwrap() >= 2, "{}", run.summary["outcomes"]);
    let max = &run.summary["response_us"]["at_least"];
    assert!(max.as_array().unwrap().contains(&json!("max")), "{max}");
    run.assert_conserved();
}

#[test]
fn a_killed_run_can_be_reported_up_to_its_last_second() {
    let server = Server::healthy();
    let mut running = Running::start(&["--rps", "300", "-d", "60s", "--url", &server.url]);
    // More than three seconds' worth: the account of the first two is in.
    server.wait_for(1_000);
    running.child.kill().unwrap();
    let sent = server.requests().len() as u64;
    let (directory, _scratch) = running.wait_killed();
    assert!(!directory.join("DONE").exists());
    let report = output(&["report", directory.to_str().unwrap()]);
    assert_eq!(report.status.code(), Some(105), "{}", String::from_utf8_lossy(&report.stderr));
    let summary: Value = serde_json::from_str(&fs::read_to_string(directory.join("summary.json")).unwrap()).unwrap();
    let kept = summary["plan"]["sent"].as_u64().unwrap();
    // At most the second that was under way is lost: 300 requests, and some for the machine's delays.
    assert!(kept >= 600 && kept + 600 > sent, "{kept} of {sent}");
    assert!(summary["names"]["checked"].as_u64().unwrap() >= 600);
    assert_eq!(summary["names"]["duplicates"], 0);
}

#[test]
fn a_report_equals_the_summary_of_its_run() {
    let server = Server::start(|request| match request.number % 7 {
        0 => Reply::Close,
        1 => Reply::Bytes(started(&uuid(3))),
        number => Reply::Bytes(started(&uuid(request.number * 10 + number))),
    });
    let run = super::loadgen::Run::of(&["--rps", "300", "-n", "500", "--url", &server.url]);
    let own = fs::read_to_string(run.directory.join("summary.json")).unwrap();
    let report = output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(report.status.code(), Some(run.exit));
    assert_eq!(fs::read_to_string(run.directory.join("summary.json")).unwrap(), own);
}

#[test]
fn the_target_is_the_first_thing_printed() {
    let server = Server::healthy();
    let mut running = Running::start(&["--rps", "50", "-d", "60s", "--url", &format!("{}?key=secret", server.url)]);
    let mut first = String::new();
    BufReader::new(running.child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    running.signal("INT");
    assert_eq!(first, format!("POST {}?…\n", server.url));
    let run = running.wait();
    let manifest = fs::read_to_string(run.directory.join("manifest.json")).unwrap();
    assert!(!manifest.contains("secret"), "{manifest}");
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for how in ["timer_late_us", "spin_late_us"] {
        let late = &manifest["host"][how];
        assert!(late["p50"].as_u64().unwrap() <= late["p99"].as_u64().unwrap(), "{how} {late}");
    }
    assert!(run.stdout.contains("CPUs; wakes late by p50"), "{}", run.stdout);
    assert!(run.stdout.contains(", spinning p50"), "{}", run.stdout);
}
