//! The embedded endpoint: the same binary as a child that survives nobody.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::loadgen::{Run, Running};

fn basic() -> String {
    format!("{}/../scenarios/basic.toml", env!("CARGO_MANIFEST_DIR"))
}

/// The processes whose parent is `parent`.
pub(crate) fn children_of(parent: u32) -> Vec<u32> {
    let stats = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry: PathBuf = entry.ok()?.path();
        let process: u32 = entry.file_name()?.to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.join("stat")).ok()?;
        // The name in parentheses may hold anything; state and parent follow it.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((process, parent))
    });
    stats.filter(|(_, p): &(u32, u32)| *p == parent).map(|(process, _)| process).collect()
}

#[test]
fn a_moment_of_the_basic_scenario_is_too_short_to_tell_and_its_workflows_succeed() {
    let run = Run::of(&["--rps", "50", "-d", "2s", &basic()]);
    // No failure among a hundred requests: a share of 3.6 % is still possible, and the scenario asks for 1 %.
    assert_eq!(run.exit, 98, "{}{}", run.stdout, run.stderr);
    let started = &run.summary["outcomes"]["started"];
    assert_eq!(run.summary["workflows"], json!({"succeeded": started, "failed": 0, "open": 0}));
    assert_eq!(run.summary["names"]["unique"], *started);
    assert!(run.stdout.starts_with("POST http://127.0.0.1:"), "{}", run.stdout);
    assert!(run.stdout.lines().next().unwrap().ends_with("embedded (not AWS)"), "{}", run.stdout);
    run.assert_conserved();
}

#[test]
fn a_killed_run_leaves_no_endpoint_behind() {
    let mut running = Running::start(&["--rps", "50", "-d", "60s", &basic()]);
    running.second();
    let run = running.child.id();
    let children = children_of(run);
    assert_eq!(children.len(), 1);
    // Both hold the same end of the pipe, so the other end is silent only when both have ended.
    let stderr = |process: u32| fs::read_link(format!("/proc/{process}/fd/2")).unwrap();
    assert_eq!(stderr(children[0]), stderr(run));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    running.silence();
}

#[test]
fn an_interrupted_run_still_says_how_its_workflows_ended() {
    let mut running = Running::start(&["--rps", "50", "-d", "60s", &basic()]);
    running.second();
    running.signal("INT");
    let run = running.wait();
    assert_eq!(run.exit, 105);
    assert_eq!(run.summary["workflows"]["succeeded"], run.summary["outcomes"]["started"]);
}

/// A moment of a committed scenario.
fn moment(name: &str, requests: &str) -> Run {
    let path = format!("{}/../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let run = Run::of(&["-n", requests, &path]);
    run.assert_conserved();
    assert_eq!(run.summary["plan"]["sent"].to_string(), requests, "{name}: {}", run.stdout);
    run
}

#[test]
fn every_committed_scenario_runs() {
    for name in ["spike", "soak", "closed", "signed"] {
        let run = moment(name, "20");
        // A moment is too short for their thresholds: nothing has failed, and nothing is proven.
        assert_eq!(run.exit, 98, "{name}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.summary["outcomes"]["started"], 20, "{name}: {}", run.stdout);
    }
}

#[test]
fn the_faults_of_the_chaos_scenario_are_counted_one_by_one() {
    let run = moment("chaos", "100");
    let count = |class: &str| run.summary["outcomes"]["failed"][class].as_u64().unwrap_or_default();
    assert!(count("server_error") >= 4 && count("throttled") >= 3, "{}", run.stdout);
    assert!(count("reset") + count("closed") >= 3, "{}", run.stdout);
    assert_eq!(run.summary["names"]["duplicates"], 0);
    let elsewhere = format!("{}/../scenarios/chaos.toml", env!("CARGO_MANIFEST_DIR"));
    let refused = super::loadgen::output(&[&elsewhere, "--url", "http://127.0.0.1:1/execute"]);
    assert_eq!(refused.status.code(), Some(2));
}
