//! Runs compared with runs of before.

#![expect(clippy::unwrap_used, reason = "a helper of tests panics as they do")]

use super::loadgen::{Run, Scratch, output};
use super::server::Server;

/// Four short runs against a target that answers when so many later requests have come, five milliseconds each.
fn runs(later: u64) -> Vec<Run> {
    let server = Server::slowed(later, 120);
    let load = ["--rps", "200", "-n", "120", "--arrivals", "uniform", "--url", &server.url];
    (0..4).map(|_| Run::of(&load)).collect()
}

fn compare(after: &[Run], before: &[Run]) -> (i32, String, String) {
    let directory = |run: &Run| run.directory.to_str().unwrap().to_owned();
    let mut arguments = vec!["compare".to_owned()];
    arguments.extend(after.iter().map(directory));
    arguments.push("--baseline".into());
    arguments.extend(before.iter().map(directory));
    let ended = output(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
}

#[test]
fn a_slowed_endpoint_is_a_regression_of_the_right_size() {
    let before = runs(2);
    let after = runs(30);
    let (exit, screen, warnings) = compare(&after, &before);
    assert_eq!((exit, warnings.as_str()), (99, ""), "{screen}");
    let line = screen.lines().find(|line| line.starts_with("  p50")).unwrap();
    assert!(line.contains("WORSE"), "{screen}");
    let change = line.split_whitespace().nth(2).unwrap().trim_start_matches('+').trim_end_matches("ms");
    assert!((100.0..200.0).contains(&change.parse::<f64>().unwrap()), "{screen}");

    let (exit, screen, _) = compare(&after[..1], &before[..1]);
    assert_eq!(exit, 98, "one run a side cannot tell: {screen}");
    let (exit, screen, _) = compare(&before, &after);
    assert!(screen.contains("better"), "{screen}");
    assert_ne!(exit, 99, "{screen}");
}

#[test]
fn one_run_counts_once_however_often_and_under_whatever_name_it_is_given() {
    let server = Server::healthy();
    let load = ["--rps", "200", "-n", "20", "--arrivals", "uniform", "--url", &server.url];
    let (before, after) = (Run::of(&load), Run::of(&load));
    let scratch = Scratch::new();
    let (copy, link) = (scratch.path("copy"), scratch.path("latest"));
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(after.directory.join("summary.json"), copy.join("summary.json")).unwrap();
    std::os::unix::fs::symlink(&after.directory, &link).unwrap();
    let [before, after, copy, link] = [&before.directory, &after.directory, &copy, &link].map(|p| p.to_str().unwrap());
    let ended = output(&["compare", after, after, copy, link, "--baseline", before, before]);
    let (screen, warnings) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(ended.status.code(), Some(98), "one run a side cannot tell: {screen}");
    assert_eq!(warnings.matches("and counts once").count(), 4, "{warnings}");
    assert!(
        warnings.contains(&format!("{copy} is given twice (it is the run in {after}) and counts once")),
        "{warnings}"
    );
    let json = output(&["compare", after, copy, "--baseline", before, "--output-format", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&found["runs"], &found["baseline"]), (&1.into(), &1.into()));
    let both = output(&["compare", after, "--baseline", before, link]);
    let error = String::from_utf8(both.stderr).unwrap();
    assert_eq!(both.status.code(), Some(2), "{error}");
    assert!(error.contains("is on both sides"), "{error}");
}

#[test]
fn a_directory_without_a_summary_is_named_with_the_remedy() {
    let scratch = Scratch::new();
    scratch.write("manifest.json", "{}");
    let here = scratch.path("");
    let here = here.to_str().unwrap();
    let ended = output(&["compare", "no-such-run", "--baseline", here]);
    assert_eq!(ended.status.code(), Some(1));
    let error = String::from_utf8(ended.stderr).unwrap();
    assert!(error.contains(&format!("`loadgen report {here}` makes it again")), "{error}");
    let ended = output(&["compare", here, "--baseline", "no-such-run"]);
    let error = String::from_utf8(ended.stderr).unwrap();
    assert!(error.contains("`no-such-run` is neither a run directory nor a baseline"), "{error}");
}

#[test]
fn a_comparison_without_a_baseline_is_a_usage_error() {
    assert_eq!(output(&["compare", "run"]).status.code(), Some(2));
    let silly = ["compare", "run", "--baseline", "run", "--confidence", "95"];
    assert_eq!(output(&silly).status.code(), Some(2));
}
