//! The embedded endpoint: the same binary as a child that survives nobody.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::loadgen::{Run, Running, Scratch};

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
fn a_moment_of_the_basic_scenario_is_too_short_to_tell_and_counts_as_passed() {
    let run = Run::of(&["--rps", "50", "-d", "2s", &basic(), "--threshold", "workflow_time:max<1m"]);
    // No failure among a hundred requests: a share of 3.6 % is still possible, and the scenario asks for 1 %.
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("~ failed rate<1% (0.00%, 0 of "), "{}", run.stdout);
    let passed = run.stdout.lines().find(|line| line.starts_with("PASS exit 0  no failure seen; 0 of ")).unwrap();
    assert!(passed.contains("; run -d ") && passed.ends_with("; counts as passed"), "{passed}");
    assert!(run.stderr.contains(" planned cannot show failed rate<1%: 368 needed, about -d "), "{}", run.stderr);
    assert!(run.stdout.contains("PAGE         ") && run.stdout.contains("/report.html\n"), "{}", run.stdout);
    let (started, workflows) = (&run.summary["outcomes"]["started"], &run.summary["workflows"]);
    assert_eq!((&workflows["succeeded"], &workflows["failed"], &workflows["open"]), (started, &json!(0), &json!(0)));
    assert_eq!(workflows["time_us"]["count"], *started);
    assert!(run.stdout.contains("✓ workflow_time max<1m ("), "{}", run.stdout);
    for figure in ["p50", "p90", "p95", "p99", "p999", "max", "mean"] {
        assert!(run.summary["response_us"][figure].is_number(), "{figure}: {}", run.summary["response_us"]);
    }
    let strict = Run::of(&["--rps", "5", "-d", "1s", &basic(), "--on-inconclusive", "98"]);
    assert_eq!(strict.exit, 98, "{}{}", strict.stdout, strict.stderr);
    assert_eq!(run.summary["names"]["unique"], *started);
    assert!(run.stdout.starts_with("POST http://127.0.0.1:"), "{}", run.stdout);
    assert!(run.stdout.lines().next().unwrap().ends_with("embedded (not AWS)"), "{}", run.stdout);
    run.assert_conserved();
}

#[test]
fn the_first_minutes_of_a_new_user_end_in_a_pass_that_says_what_it_does_not_prove() {
    let scratch = Scratch::new();
    let text = fs::read_to_string(basic()).unwrap();
    let key = r#"[{ threshold = "rate<1%", on_inconclusive = "pass" }]"#;
    assert!(text.contains(key), "{text}");
    let strict = scratch.write("strict.toml", &text.replace(key, r#"["rate<1%"]"#));
    let (basic, strict) = (basic(), strict.to_str().unwrap().to_owned());
    std::thread::scope(|scope| {
        for (scenario, duration, exit, mark) in
            [(&basic, "3s", 0, "~"), (&basic, "5s", 0, "~"), (&strict, "3s", 98, "?")]
        {
            scope.spawn(move || {
                let run = Run::of(&["--rps", "5", "-d", duration, scenario]);
                assert_eq!(run.exit, exit, "{}{}", run.stdout, run.stderr);
                assert!(run.stdout.contains(&format!("{mark} failed rate<1% (0.00%, 0 of ")), "{}", run.stdout);
            });
        }
    });
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
fn a_run_whose_own_endpoint_dies_is_invalid_and_ends() {
    let mut running = Running::start(&["--rps", "50", "-d", "60s", &basic()]);
    running.second();
    let endpoint = children_of(running.child.id());
    let killed = std::process::Command::new("kill").args(["-KILL", &endpoint[0].to_string()]).status().unwrap();
    assert!(killed.success());
    let run = running.wait();
    assert_eq!((run.exit, &run.summary["verdict"]), (97, &json!("invalid")), "{}{}", run.stdout, run.stderr);
    let reason = run.summary["reason"].as_str().unwrap();
    assert!(reason.starts_with("the embedded endpoint died during the run (signal: 9 (SIGKILL))"), "{reason}");
    assert!(run.summary["run"]["seconds"].as_f64().unwrap() < 50.0, "nothing is sent to nobody: {}", run.stdout);
    run.assert_conserved();
    let own = fs::read_to_string(run.directory.join("summary.json")).unwrap();
    assert_eq!(super::loadgen::output(&["report", run.directory.to_str().unwrap()]).status.code(), Some(97));
    assert_eq!(fs::read_to_string(run.directory.join("summary.json")).unwrap(), own);
}

#[test]
fn an_interrupted_run_still_says_how_its_workflows_ended() {
    let mut running = Running::start(&["--rps", "50", "-d", "60s", &basic()]);
    running.second();
    running.signal("TERM");
    let run = running.wait();
    assert_eq!(run.exit, 105);
    assert_eq!(run.summary["workflows"]["succeeded"], run.summary["outcomes"]["started"]);
    // Divided by the time that it ran, and not by that of the plan.
    let rate = |name: &str| run.summary["plan"][name].as_f64().unwrap();
    assert!(rate("completed_per_second") > 20.0, "{}", run.summary["plan"]);
    assert!((rate("asked_per_second") - 50.0).abs() < 0.01, "{}", run.summary["plan"]);
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
