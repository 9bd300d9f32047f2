//! `reconcile`: what the run says and what the endpoint did are the same, whatever became of the answers.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use stepgate_emulator::faults::FaultPlan;
use stepgate_emulator::states::{Counters, StatesOptions};
use stepgate_emulator::template::Source;
use stepgate_emulator::{Emulator, Serving};

use super::loadgen::{Run, Scratch, command, output};
use super::server::{Reply, Server, answer, uuid};
use super::shards::shards;

/// A workflow that ends at once, and one that does not end.
const PASS: &str = r#"{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}"#;
const WAIT: &str = r#"{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}"#;

/// An answer in eight is lost after the start, one in nine before it, one in ten torn after it, and one is throttled.
const LOSSES: &str = r#"
[[rule]]
name = "lost"
method = "POST"
path = "/prod/execute"
every = 8
reply = { status = 504 }

[[rule]]
name = "broken"
method = "POST"
path = "/prod/execute"
every = 9
reply = { status = 500, start = false }

[[rule]]
name = "torn"
method = "POST"
path = "/prod/execute"
every = 10
reset = { start = true }

[[rule]]
name = "cut"
method = "POST"
path = "/prod/execute"
every = 17
truncate = { after = 60 }

[[rule]]
name = "throttled"
method = "POST"
path = "/prod/execute"
every = 11
throttle = true
"#;

struct Deployment {
    serving: Serving,
    _scratch: Scratch,
}

impl Deployment {
    fn of(machine: &str, faults: &str, states: StatesOptions) -> Self {
        let scratch = Scratch::new();
        let file = scratch.write("workflow.asl.json", machine);
        let builder = Emulator::builder().source(Source::file(&file)).states_options(states);
        let emulator = builder.faults(FaultPlan::read(faults).unwrap()).build().unwrap();
        Self { serving: emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap(), _scratch: scratch }
    }

    fn url(&self) -> &str {
        self.serving.url()
    }

    fn counters(&self) -> Counters {
        self.serving.counters()
    }

    fn applied(&self, rule: &str) -> u64 {
        self.serving.fault_counts().iter().find(|count| count.name == rule).unwrap().applied
    }
}

/// A scenario with names of a kind.
fn scenario(scratch: &Scratch, names: &str, load: &str) -> String {
    let text = format!(
        "schema = 1\nname = \"account\"\nseed = 3\n[target]\nnames = \"{names}\"\ntimeout = \"10s\"\n[load]\n{load}\n\
         [[payload]]\nname = \"order\"\njson = {{ order = \"{{{{ uuid() }}}}\" }}\n"
    );
    scratch.write(&format!("{names}.toml"), &text).to_str().unwrap().to_owned()
}

const OPEN: &str = "executor = \"constant-arrival-rate\"\nrate = 400\nduration = \"1s\"";
const CLOSED: &str = "executor = \"closed\"\nclients = 5\nrequests = 300";

fn reconcile(run: &Path, more: &[&str]) -> Output {
    let mut command = command(&["reconcile", run.to_str().unwrap()]);
    for key in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(key);
    }
    command.args(more).output().unwrap()
}

/// The account, and the exit code.
fn account(run: &Path, more: &[&str]) -> (Value, i32) {
    let output = reconcile(run, &[&["--output-format", "json"], more].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    let account = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {stderr}"));
    (account, output.status.code().unwrap())
}

fn count(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {value}"))
}

fn total(endings: &Value) -> u64 {
    endings.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn lost_answers_are_as_many_as_the_endpoint_lost_in_every_mode_of_names() {
    let scratch = Scratch::new();
    for (names, load) in [("request-id", OPEN), ("key", OPEN), ("service", OPEN), ("key", CLOSED)] {
        let deployment = Deployment::of(PASS, LOSSES, StatesOptions::default());
        let run = Run::of(&[&scenario(&scratch, names, load), "--url", deployment.url()]);
        let (account, exit) = account(&run.directory, &[]);
        assert_eq!(exit, 0, "{names}: {account:#}");
        let after_the_start = ["lost", "torn", "cut"].map(|rule| deployment.applied(rule)).iter().sum::<u64>();
        let counters = deployment.counters();
        assert!(after_the_start > 20, "{names}");
        assert_eq!(count(&account, "/lost/did_start"), after_the_start, "{names}: {account:#}");
        assert_eq!(
            count(&account, "/lost/may_have_started"),
            after_the_start + deployment.applied("broken"),
            "{names}"
        );
        assert_eq!(account["lost"]["exact"], json!(names == "key"), "{names}");
        let remarks = account["remarks"].to_string();
        assert_eq!(remarks.contains("in the price as requests only"), names != "key", "{names}: {remarks}");
        assert_eq!(count(&account, "/not_started"), deployment.applied("throttled"), "{names}");
        assert_eq!(count(&account, "/answered_started") + after_the_start, counters.started, "{names}");
        assert_eq!(total(&account["started"]), count(&account, "/answered_started"), "{names}");
        assert_eq!(
            count(&account, "/started/succeeded") + count(&account, "/lost/endings/succeeded"),
            counters.succeeded,
            "{names}"
        );
        assert_eq!((count(&account, "/others"), count(&account, "/unknown")), (0, 0), "{names}");
        let (planned, sent) = (count(&account, "/planned"), count(&account, "/sent"));
        assert_eq!(planned, sent + count(&account, "/dropped") + count(&account, "/unsent"), "{names}");
        assert_eq!(
            count(&account, "/executes"),
            count(&account, "/answered_started")
                + count(&account, "/not_started")
                + count(&account, "/lost/may_have_started"),
            "{names}"
        );
    }
}

#[test]
fn executions_of_others_are_told_from_lost_answers_by_their_keys() {
    let deployment = Deployment::of(PASS, LOSSES, StatesOptions::default());
    let scratch = Scratch::new();
    let ours = Run::of(&[&scenario(&scratch, "key", OPEN), "--url", deployment.url()]);
    // The same key never comes twice: another seed, other keys.
    Run::of(&[&scenario(&scratch, "key", OPEN), "--url", deployment.url(), "--seed", "99", "-n", "50"]);
    let (account, exit) = account(&ours.directory, &["--margin", "10m"]);
    assert_eq!(exit, 0, "{account:#}");
    let mine = total(&account["started"]) + count(&account, "/lost/did_start");
    assert_eq!(mine + count(&account, "/others"), deployment.counters().started, "{account:#}");
    assert!(count(&account, "/others") > 30, "{account:#}");
}

#[test]
fn started_and_forgotten_is_an_account_that_does_not_close() {
    let mut options = StatesOptions::default();
    options.retain = 100;
    let deployment = Deployment::of(PASS, "", options);
    let run = Run::of(&["--url", deployment.url(), "--rps", "500", "-n", "300"]);
    let (account, exit) = account(&run.directory, &["--describe", "5"]);
    assert_eq!(exit, 99, "{account:#}");
    assert_eq!((count(&account, "/unknown"), count(&account, "/started/succeeded")), (200, 100), "{account:#}");
    assert_eq!(count(&account, "/described"), 5);
    let said = reconcile(&run.directory, &["--describe", "5"]);
    assert!(text(&said.stdout).contains("DOES NOT CLOSE exit 99"), "{}", text(&said.stdout));
    assert!(text(&said.stdout).contains("200 executions were answered as started"), "{}", text(&said.stdout));
}

#[test]
fn stop_stops_the_runs_open_executions_and_no_others() {
    let deployment = Deployment::of(WAIT, LOSSES, StatesOptions::default());
    let scratch = Scratch::new();
    let ours = Run::of(&[&scenario(&scratch, "key", OPEN), "--url", deployment.url()]);
    let before = deployment.counters().started;
    Run::of(&["--url", deployment.url(), "--rps", "200", "-n", "20"]);
    let others = deployment.counters().started - before;
    let asked = reconcile(&ours.directory, &["--stop", "--describe", "30"]);
    assert_eq!(asked.status.code(), Some(2), "{}", text(&asked.stderr));
    assert!(
        text(&asked.stderr).contains(&format!("{before} open executions would be stopped: say --yes")),
        "{}",
        text(&asked.stderr)
    );
    assert_eq!(deployment.counters().running, before + others, "nothing was stopped yet");
    let (account, exit) = account(&ours.directory, &["--stop", "--yes", "--describe", "30"]);
    assert_eq!(exit, 0, "{account:#}");
    assert_eq!((count(&account, "/stopped"), deployment.counters().aborted), (before, before));
    assert_eq!(deployment.counters().running, others);
    assert_eq!(count(&account, "/started/aborted") + count(&account, "/lost/endings/aborted"), before);
    // From now on the run's own report tells how its workflows ended.
    let report = command(&["report", ours.directory.to_str().unwrap(), "--output-format", "json"]).output().unwrap();
    let summary: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!((count(&summary, "/workflows/failed"), count(&summary, "/workflows/open")), (before, 0));
}

#[test]
fn merged_shards_have_one_account_and_a_single_shard_says_that_it_is_one() {
    let deployment = Deployment::of(PASS, LOSSES, StatesOptions::default());
    let scratch = Scratch::new();
    let output = scratch.path("run");
    let scenario = scenario(&scratch, "key", OPEN);
    shards(&[&scenario, "--url", deployment.url()], 3, &output);
    let merged = scratch.path("merged");
    command(&["merge", output.to_str().unwrap(), "-o", merged.to_str().unwrap()]).output().unwrap();
    let (whole, exit) = account(&merged, &[]);
    assert_eq!(exit, 0, "{whole:#}");
    assert_eq!(total(&whole["started"]) + count(&whole, "/lost/did_start"), deployment.counters().started);
    assert_eq!((count(&whole, "/others"), count(&whole, "/unknown")), (0, 0), "{whole:#}");
    let (part, exit) = account(&output.join("shard-001-of-003.attempt-0"), &[]);
    assert_eq!(exit, 0, "{part:#}");
    assert!(part["remarks"][0].as_str().unwrap().contains("one shard of several"), "{part:#}");
    assert!(count(&part, "/others") > 0, "{part:#}");
}

#[test]
fn what_a_run_cost_is_told_by_a_sample_of_histories() {
    let scratch = Scratch::new();
    // Two states, whatever comes: one order in ten fails in the second.
    let machine = r#"{"StartAt":"Look","States":{
        "Look":{"Type":"Choice","Choices":[{"Variable":"$.bad","BooleanEquals":true,"Next":"Break"}],"Default":"Done"},
        "Break":{"Type":"Fail","Error":"Bad"},"Done":{"Type":"Succeed"}}}"#;
    let deployment = Deployment::of(machine, "", StatesOptions::default());
    let text = "schema = 1\nname = \"priced\"\nseed = 3\n[load]\nexecutor = \"constant-arrival-rate\"\nrate = 200\n\
        duration = \"1s\"\n[[payload]]\nname = \"good\"\nweight = 9\njson = { bad = false }\n\
        [[payload]]\nname = \"bad\"\njson = { bad = true }\n";
    let scenario = scratch.write("priced.toml", text);
    let run = Run::of(&[scenario.to_str().unwrap(), "--url", deployment.url()]);
    let sent = run.summary["plan"]["sent"].as_f64().unwrap();
    let (whole, exit) = account(&run.directory, &[]);
    assert_eq!(exit, 0, "{whole:#}");
    let lines = whole["bill"]["lines"].as_array().unwrap();
    let line = |item: &str| lines.iter().find(|line| line["item"] == item).unwrap_or_else(|| panic!("{whole:#}"));
    assert_eq!(line("rest-request")["quantity"].as_f64(), Some(sent));
    // Every execution enters two states, whether it succeeds or fails.
    assert_eq!(line("state-transition")["quantity"].as_f64(), Some(2.0 * sent), "{whole:#}");
    let usd = whole["bill"]["usd"].as_f64().unwrap();
    assert!((usd - sent * (3.5e-6 + 2.0 * 25e-6)).abs() < 1e-12, "{usd}");
    assert!(count(&whole, "/histories") > 20, "{whole:#}");
    let shown = reconcile(&run.directory, &[]);
    assert!(self::text(&shown.stdout).contains("PRICE        $0.0"), "{}", self::text(&shown.stdout));
    // From then on the run's own report tells it.
    let told = output(&["report", run.directory.to_str().unwrap(), "--output-format", "json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((&told["cost"]["usd"], &told["cost"]["basis"]), (&whole["bill"]["usd"], &"records".into()));
    assert!(run.summary["cost"].is_null(), "nobody had asked before");
    let none = scratch.write("none.toml", "[sources]\n[[price]]\n");
    let refused = reconcile(&run.directory, &["--prices", none.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2), "{}", self::text(&refused.stderr));
}

#[test]
fn what_has_no_records_is_refused_by_name() {
    let express = Server::start(|request| {
        let arn = format!("arn:aws:states:us-east-1:123456789012:express:Fast:{}:id", uuid(request.number));
        let body = json!({ "executionArn": arn, "startDate": 1.5e9 }).to_string();
        Reply::Bytes(answer(200, &uuid(request.number), "", &body))
    });
    let run = Run::of(&["--url", &express.url, "--rps", "100", "-n", "5"]);
    let refused = reconcile(&run.directory, &[]);
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(said.contains("Fast is an EXPRESS workflow") && said.contains("execute-sync"), "{said}");
    let waits = Emulator::builder().parameter("Auth", "NONE").parameter("WorkflowType", "EXPRESS");
    let waits = waits.build().unwrap().serve("127.0.0.1:0".parse().unwrap()).unwrap();
    let sync = format!("{}/../scenarios/sync.toml", env!("CARGO_MANIFEST_DIR"));
    let waited = Run::of(&[&sync, "--url", waits.url(), "-n", "3", "--rps", "20"]);
    let refused = reconcile(&waited.directory, &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stdout));
    let said = text(&refused.stderr);
    assert!(said.contains("kind = \"execute-sync\"") && said.contains("loadgen report"), "{said}");
    let basic = format!("{}/../scenarios/basic.toml", env!("CARGO_MANIFEST_DIR"));
    let embedded = Run::of(&[&basic, "--rps", "20", "-d", "500ms"]);
    let refused = reconcile(&embedded.directory, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("embedded endpoint, which ended with it"), "{}", text(&refused.stderr));
    let none = Run::of(&["--url", "http://127.0.0.1:1/execute", "--rps", "100", "-n", "3"]);
    let refused = reconcile(&none.directory, &[]);
    assert!(text(&refused.stderr).contains("--state-machine ARN"), "{}", text(&refused.stderr));
    assert!(!fs::exists(none.directory.join("reconciliation.json")).unwrap());
}
