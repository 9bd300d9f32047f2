//! Loads on virtual time: what is foretold is what a real run then counts, and nobody takes it for a measurement.

use std::fs;

use serde_json::Value;

use super::loadgen::{Run, Scratch, command, output};

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

fn scenario(name: &str) -> String {
    format!("{}/../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// A simulation in a directory of its own.
fn simulated(arguments: &[&str]) -> Run {
    Run::of(&[&["plan", "--simulate", "--on-inconclusive", "pass"], arguments].concat())
}

fn refused(arguments: &[&str]) -> String {
    let ended = output(&[&["plan", "--simulate"], arguments].concat());
    assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {}", text(&ended.stderr));
    text(&ended.stderr).to_owned()
}

fn throttled(summary: &Value) -> u64 {
    summary["outcomes"]["failed"]["throttled"].as_u64().unwrap_or(0)
}

/// A state machine that ends at once.
fn pass(scratch: &Scratch) -> String {
    let machine = r#"{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}"#;
    scratch.write("machine.asl.json", machine).to_str().unwrap().to_owned()
}

#[test]
fn a_simulated_bad_day_counts_what_a_real_one_counts() {
    let load = [&scenario("chaos"), "--quotas", "aws", "--rps", "60", "-d", "5s"];
    let foretold = simulated(&load);
    let real = Run::of(&[&load[..], &["--on-inconclusive", "pass"]].concat());
    let told = |run: &Run| (run.summary["plan"]["sent"].clone(), run.summary["outcomes"].clone());
    assert_eq!(told(&foretold), told(&real), "{}{}", foretold.stderr, real.stderr);
    assert!(foretold.summary["outcomes"]["failed"]["reset"].as_u64() > Some(5), "{}", foretold.summary["outcomes"]);
    assert_eq!(foretold.summary["plan"]["arrivals_sha256"], real.summary["plan"]["arrivals_sha256"]);
    assert_eq!(foretold.summary["workflows"]["succeeded"], real.summary["workflows"]["succeeded"]);
    let judged = |run: &Run| -> Vec<(String, Value)> {
        let thresholds = run.summary["thresholds"].as_array().unwrap();
        thresholds.iter().map(|it| (format!("{} {}", it["metric"], it["expression"]), it["state"].clone())).collect()
    };
    assert_eq!(judged(&foretold), judged(&real));
}

#[test]
fn a_simulation_throttles_what_the_plan_foretells_and_says_when() {
    let scratch = Scratch::new();
    let machine = pass(&scratch);
    let load = ["--rps", "900", "-d", "5s", "--seed", "3", "--template", &machine, &scenario("basic")];
    let run = simulated(&load);
    let plan: Value = serde_json::from_slice(&fs::read(run.directory.join("plan.json")).unwrap()).unwrap();
    assert_eq!(plan["arrivals"], run.summary["plan"]["sent"]);
    assert!(throttled(&run.summary).abs_diff(plan["throttled"].as_u64().unwrap()) <= 1, "{}", run.summary["outcomes"]);
    assert_eq!(run.exit, 99, "the scenario allows hardly any failure: {}", run.stdout);
    // Without quotas nothing is throttled.
    let run = simulated(&[&load[..], &["--quotas", "off"]].concat());
    assert_eq!((throttled(&run.summary), run.exit), (0, 0), "{}", run.stdout);
}

#[test]
fn two_simulations_of_one_seed_are_the_same_to_the_last_name() {
    let scratch = Scratch::new();
    // Each execution draws how long it waits.
    let machine = r#"{"StartAt":"Draw","States":{
        "Draw":{"Type":"Pass","Parameters":{"seconds.$":"States.MathRandom(1, 20)"},"Next":"Wait"},
        "Wait":{"Type":"Wait","SecondsPath":"$.seconds","End":true}}}"#;
    let machine = scratch.write("machine.asl.json", machine);
    let told = |seed: &str| {
        let run =
            simulated(&["--template", machine.to_str().unwrap(), &scenario("chaos"), "-d", "10s", "--seed", seed]);
        let mut summary = run.summary.clone();
        // When it was is all that is left to chance.
        summary["run"]["started_at"] = Value::Null;
        let names =
            fs::read_dir(run.directory.join("names")).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let mut names: Vec<Vec<u8>> = names.collect();
        names.sort();
        assert!(summary["workflows"]["succeeded"].as_u64() > Some(100), "{summary}");
        (summary, names)
    };
    let first = told("3");
    assert_eq!(told("3"), first);
    let other = told("4");
    assert!(other.0["workflows"]["time_us"] != first.0["workflows"]["time_us"] && other.1 != first.1);
}

#[test]
fn ten_minutes_are_run_to_their_end_with_every_workflow() {
    let run = simulated(&[&scenario("basic"), "--rps", "2", "-d", "10m", "--arrivals", "uniform"]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    let seconds = run.summary["run"]["seconds"].as_f64().unwrap();
    assert!((599.0..601.0).contains(&seconds), "{seconds}");
    let workflows = &run.summary["workflows"];
    assert_eq!((&workflows["succeeded"], &workflows["open"]), (&1_200.into(), &0.into()), "{workflows}");
    // Times are told to three digits.
    let micros = workflows["time_us"]["p50"].as_f64().unwrap();
    assert!((micros / 3e6 - 1.0).abs() < 0.001, "{micros}");
    assert_eq!(run.summary["response_us"]["max"], 0, "answers take no time");
    assert_eq!(run.summary["lateness_us"]["max"], 0, "and nobody is late");
}

#[test]
fn nobody_takes_a_simulation_for_a_measurement() {
    let scratch = Scratch::new();
    let load = [&scenario("basic"), "--rps", "20", "-d", "10s", "--url", "https://api.test/prod/execute", "--region"];
    let run = simulated(&[&load[..], &["us-east-1", "--response-time", "25ms"]].concat());
    assert_eq!(run.summary["run"]["simulated"]["answers_take"], "25ms");
    let cost = &run.summary["cost"];
    assert_eq!((&cost["basis"], &cost["region"]), (&"plan".into(), &"us-east-1".into()), "{cost}");
    assert!(run.stdout.contains("in us-east-1, as planned"), "{}", run.stdout);
    for statistic in ["p50", "p99", "max"] {
        let micros = run.summary["service_us"][statistic].as_f64().unwrap();
        assert!((micros / 25_000.0 - 1.0).abs() < 0.001, "{statistic}: {micros}");
    }
    for said in ["SIMULATED", "SIMULATION   nothing was sent and nothing measured", "answers take 25ms"] {
        assert!(run.stdout.contains(said), "{said}: {}", run.stdout);
    }
    let page = fs::read_to_string(run.directory.join("report.html")).unwrap();
    assert!(page.contains("simulated (nothing was sent)") && page.contains("answers take 25ms"));
    let directory = run.directory.to_str().unwrap();
    let again = output(&["report", directory]);
    assert!(text(&again.stdout).contains("simulated (nothing was sent)"), "{}", text(&again.stdout));
    let account = output(&["reconcile", directory]);
    assert_eq!(account.status.code(), Some(2));
    assert!(text(&account.stderr).contains("the run was simulated"), "{}", text(&account.stderr));
    // Beside a real run it is said which of them is none.
    let real = Run::of(&[&scenario("basic"), "--rps", "20", "-d", "2s", "--on-inconclusive", "pass"]);
    let compared = output(&["compare", directory, "--baseline", real.directory.to_str().unwrap()]);
    assert!(text(&compared.stderr).contains("is simulated"), "{}{}", text(&compared.stdout), text(&compared.stderr));
    // The last run is still the last one that was one.
    let folder = scratch.path("here");
    fs::create_dir_all(&folder).unwrap();
    let arguments = ["plan", "--simulate", &scenario("basic"), "--rps", "5", "-d", "2s", "--on-inconclusive", "pass"];
    let ended = command(&arguments).current_dir(&folder).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    let runs: Vec<String> = fs::read_dir(folder.join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .map(|name| name.into_string().unwrap())
        .collect();
    assert!(runs.len() == 1 && runs[0].ends_with("-basic-simulated"), "{runs:?}");
}

#[test]
fn answers_take_what_they_took_in_a_run_of_before() {
    let before = Run::of(&[&scenario("chaos"), "--rps", "60", "-d", "3s", "--on-inconclusive", "pass"]);
    let run = simulated(&[
        &scenario("basic"),
        "--rps",
        "60",
        "-d",
        "20s",
        "--response-time",
        before.directory.to_str().unwrap(),
    ]);
    // The faults hold answers for 20 ms in the middle, which the service times of the run have in them.
    let (measured, drawn) =
        (&before.summary["classes"]["started"]["service_us"]["p50"], &run.summary["service_us"]["p50"]);
    let (measured, drawn) = (measured.as_f64().unwrap(), drawn.as_f64().unwrap());
    assert!((drawn / measured - 1.0).abs() < 0.25 && drawn > 15_000.0, "{drawn} for {measured}");
}

#[test]
fn a_closed_loop_is_simulated_where_answers_take_time() {
    let scratch = Scratch::new();
    let machine = pass(&scratch);
    let load = [&scenario("closed"), "--closed", "10", "-n", "400", "--template", &machine];
    assert!(refused(&load).contains("--response-time"), "{}", refused(&load));
    assert!(refused(&[&load[..], &["--response-time", "0s"]].concat()).contains("more than 0s"));
    let run = simulated(&[&load[..], &["--response-time", "25ms", "--quotas", "off"]].concat());
    assert_eq!(run.summary["plan"]["sent"], 400);
    let seconds = run.summary["run"]["seconds"].as_f64().unwrap();
    assert!((seconds - 1.0).abs() < 0.01, "ten clients take forty turns of 25 ms: {seconds}");
}

#[test]
fn answers_that_wait_for_a_workflow_come_when_it_has_ended() {
    let run = simulated(&[&scenario("sync"), "--rps", "5", "-d", "10s"]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    let micros = run.summary["response_us"]["p50"].as_f64().unwrap();
    assert!((micros / 3e6 - 1.0).abs() < 0.001, "{micros}");
}

#[test]
fn what_a_simulation_cannot_do_is_refused_by_name() {
    let basic = scenario("basic");
    for (arguments, says) in [
        (&["--shard", "0/2", "--url", "http://127.0.0.1:1/x"][..], "--shard"),
        (&["--threads", "2"], "--threads"),
        (&["--save-baseline", "main"], "--save-baseline"),
        (&["--prometheus", "0"], "--prometheus"),
        (&["--response-time", "soon"], "it is not a duration such as 25ms"),
        (&["--response-time=-5ms"], "-5ms"),
        (&["--max-cost", "0.0001USD"], "--max-cost allows"),
    ] {
        let said = refused(&[&[&*basic], arguments].concat());
        assert!(said.contains(says), "{says}: {said}");
    }
    // Before the plan is shown, where the plan itself is not the reason.
    let ended = output(&["plan", "--simulate", &basic, "--response-time", "soon"]);
    assert!(ended.stdout.is_empty(), "{}", text(&ended.stdout));
    let ended = output(&["plan", &basic, "--response-time", "25ms"]);
    assert_eq!(ended.status.code(), Some(2), "it belongs to --simulate");
    let scratch = Scratch::new();
    let nothing = scratch.path("nothing");
    fs::create_dir_all(&nothing).unwrap();
    let ended = output(&["plan", "--simulate", &basic, "--response-time", nothing.to_str().unwrap()]);
    assert!(text(&ended.stderr).contains("holds no run"), "{}", text(&ended.stderr));
}
