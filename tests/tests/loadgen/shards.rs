//! One load on many machines: each shard sends its part, all at one instant, wherever a scheduler has put it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use super::loadgen::{Scratch, command};
use super::server::{Reply, Server, started, uuid};

/// Every variable by which a scheduler may number a process.
const VARIABLES: [&str; 14] = [
    "STEPGATE_SHARD_INDEX",
    "STEPGATE_SHARD_COUNT",
    "STEPGATE_SHARD_ATTEMPT",
    "JOB_COMPLETION_INDEX",
    "AWS_BATCH_JOB_ARRAY_INDEX",
    "AWS_BATCH_JOB_NODE_INDEX",
    "AWS_BATCH_JOB_ATTEMPT",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_MAX",
    "SLURM_ARRAY_TASK_COUNT",
    "SLURM_ARRAY_TASK_STEP",
    "SLURM_PROCID",
    "SLURM_STEP_NUM_TASKS",
];

/// The binary, numbered by nobody but `variables`.
pub(crate) fn numbered(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = command(arguments);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied());
    command
}

/// Starts a shard.
pub(crate) fn shard(arguments: &[&str], part: &str, output: &Path) -> Child {
    let mut command = numbered(arguments, &[]);
    command.args(["--shard", part, "-o"]).arg(output).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs all shards of a load at the same time.
pub(crate) fn shards(arguments: &[&str], count: usize, output: &Path) -> Vec<Output> {
    let children: Vec<Child> = (0..count).map(|index| shard(arguments, &format!("{index}/{count}"), output)).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

fn read_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn shards_that_wait_for_each_other_send_every_arrival_once() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let barrier = scratch.path("barrier");
    let body = r#"{"k": "{{ seq() }}"}"#;
    let arguments = ["--url", &server.url, "--rps", "400", "-n", "200", "--body", body];
    let waiting = ["--barrier", barrier.to_str().unwrap(), "--start-at", "+500ms"];
    let output = scratch.path("run");
    for shard in shards(&[&arguments[..], &waiting].concat(), 3, &output) {
        assert_eq!(shard.status.code(), Some(0), "{}", text(&shard.stderr));
    }
    let bodies: BTreeSet<String> = server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!((server.requests().len(), bodies.len()), (200, 200), "no arrival twice, and none left out");
    let directories: Vec<Value> = (0..3)
        .map(|index| read_json(&output.join(format!("shard-{index:03}-of-003.attempt-0/manifest.json"))))
        .collect();
    let planned: u64 = directories.iter().map(|manifest| manifest["planned"].as_u64().unwrap()).sum();
    assert_eq!(planned, 200);
    let starts: BTreeSet<&str> = directories.iter().map(|m| m["start"]["agreed"].as_str().unwrap()).collect();
    assert_eq!(starts.len(), 1, "one instant: {starts:?}");
}

#[test]
fn the_arrivals_of_shards_add_up_and_the_clients_of_a_closed_loop_are_divided() {
    let scratch = Scratch::new();
    let folder = scratch.path("planned");
    let plan = |shard: &str, more: &[&str]| {
        let own = ["validate", "--url", "http://127.0.0.1:1/x", "-o", folder.to_str().unwrap(), "--shard", shard];
        let arguments = [&own[..], more].concat();
        let output = numbered(&arguments, &[]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    let share = |shard: &str| {
        let plan = plan(shard, &["--rps", "100", "-d", "10s", "--arrivals", "uniform"]);
        let line = plan.lines().find_map(|line| line.strip_prefix("share ")).unwrap().trim().to_owned();
        line.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!((share("0/3"), share("1/3"), share("2/3")), (334, 333, 333));
    assert!(plan("1/4", &["--closed", "10", "-n", "100"]).contains("3 of 10 clients"));

    let server = Server::healthy();
    let arguments = ["--url", &server.url, "--closed", "5", "-n", "101", "--body", r#"{"k": "{{ seq() }}"}"#];
    for shard in shards(&arguments, 3, &scratch.path("run")) {
        assert_eq!(shard.status.code(), Some(0), "{}", text(&shard.stderr));
    }
    let bodies: BTreeSet<String> = server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!((server.requests().len(), bodies.len()), (101, 101));
    assert_eq!(server.connections(), 5, "two, two and one");
}

#[test]
fn what_a_scheduler_says_is_the_first_thing_printed() {
    let slurm = [
        ("SLURM_ARRAY_TASK_ID", "12"),
        ("SLURM_ARRAY_TASK_MIN", "10"),
        ("SLURM_ARRAY_TASK_MAX", "16"),
        ("SLURM_ARRAY_TASK_STEP", "2"),
        ("SLURM_ARRAY_TASK_COUNT", "4"),
    ];
    let scratch = Scratch::new();
    let folder = scratch.path("run");
    let validate =
        ["validate", "--url", "http://127.0.0.1:1/x", "--rps", "4", "-d", "1s", "-o", folder.to_str().unwrap()];
    let output = numbered(&validate, &slurm).output().unwrap();
    let first = text(&output.stdout).lines().next().unwrap();
    assert_eq!(first, "shard 1/4, attempt 0, by Slurm job array (SLURM_ARRAY_TASK_ID)");
    // srun within the array numbers its two tasks as well.
    let both = [&slurm[..], &[("SLURM_PROCID", "1"), ("SLURM_STEP_NUM_TASKS", "2")]].concat();
    let output = numbered(&validate, &both).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("say which part this process has with --shard"), "{}", text(&output.stderr));
}

#[test]
fn what_cannot_be_divided_is_refused_with_the_remedy() {
    let scratch = Scratch::new();
    let folder = scratch.path("run");
    let folder = folder.to_str().unwrap();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/basic.toml");
    let url = "http://127.0.0.1:1/x";
    for (arguments, says) in [
        (&[scenario, "--shard", "0/2", "-o", folder][..], "name the target with --url"),
        (&["--url", url, "-n", "1", "--shard", "0/2"], "-o DIR"),
        (&["--url", url, "--closed", "3", "-d", "1s", "--shard", "0/4", "-o", folder], "allow at least 4"),
        (&["--url", url, "-n", "1", "--shard", "4/4", "-o", folder], "numbered from 0 to 3"),
        // The bill is that of the whole load, however small the part.
        (&["--url", "http://192.0.2.1/x", "--rps", "1000", "-d", "60s", "--shard", "0/64", "-o", folder], "say --yes"),
    ] {
        let output = numbered(arguments, &[]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(says), "{arguments:?}: {}", text(&output.stderr));
    }
    let alone = ["--url", url, "-n", "1", "--barrier", folder];
    let output = numbered(&alone, &[]).arg("-o").arg(scratch.path("alone")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("with --shard"), "{}", text(&output.stderr));
}

#[test]
fn a_late_shard_sends_what_is_still_to_come_and_counts_the_rest_as_unsent() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1)).to_string();
    let arguments = ["--url", &server.url, "--rps", "100", "-d", "5s", "--arrivals", "uniform", "--start-at", &ago];
    let fail = [&arguments[..], &["--late", "fail"]].concat();
    let run = shard(&fail, "0/2", &scratch.path("run")).wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(text(&run.stderr).contains("--late fail"), "{}", text(&run.stderr));
    let run = shard(&arguments, "1/2", &scratch.path("run")).wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let directory = scratch.path("run/shard-001-of-002.attempt-0");
    let summary = read_json(&directory.join("summary.json"));
    let count = |pointer: &str| summary.pointer(pointer).and_then(Value::as_u64).unwrap();
    assert_eq!(count("/plan/planned"), 250);
    assert_eq!(count("/plan/sent") + count("/plan/unsent"), 250);
    assert!(count("/plan/unsent") >= 50, "{summary}");
    assert_eq!(summary["verdict"], "invalid", "a fifth of what was due was not sent");
    assert!(read_json(&directory.join("manifest.json"))["start"]["late_us"].as_u64().unwrap() >= 1_000_000);
}

/// Merges and gives the exit code, what was printed, and the summary.
fn merge(folders: &[&Path], output: &Path) -> (i32, String, Value) {
    let mut command = numbered(&["merge"], &[]);
    let merged = command.args(folders).arg("-o").arg(output).output().unwrap();
    let code = merged.status.code().unwrap();
    assert!(code >= 96 || code == 0, "{}", text(&merged.stderr));
    (code, text(&merged.stdout).to_owned(), read_json(&output.join("summary.json")))
}

#[test]
fn shards_merged_are_the_single_run_of_the_same_load() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let arguments =
        ["--url", &server.url, "--rps", "300", "-d", "2s", "--seed", "9", "--body", r#"{"k": "{{ seq() }}"}"#];
    let output = scratch.path("run");
    for shard in shards(&arguments, 4, &output) {
        assert_eq!(shard.status.code(), Some(0), "{}", text(&shard.stderr));
        assert!(text(&shard.stdout).contains("`loadgen merge` judges the whole"));
    }
    let before = server.requests().len();
    let (code, screen, merged) = merge(&[&output], &scratch.path("merged"));
    assert_eq!(code, 0, "{screen}");
    let single = numbered(&arguments, &[]).arg("-o").arg(scratch.path("single")).output().unwrap();
    assert_eq!(single.status.code(), Some(0), "{}", text(&single.stdout));
    let single = read_json(&scratch.path("single/summary.json"));
    for pointer in ["/plan/planned", "/plan/sent", "/plan/arrivals_sha256", "/outcomes", "/names/unique", "/run/digest"]
    {
        assert_eq!(merged.pointer(pointer), single.pointer(pointer), "{pointer}");
    }
    let bodies = |requests: &[super::server::Request]| -> BTreeSet<String> {
        requests.iter().map(|request| request.body.clone()).collect()
    };
    let requests = server.requests();
    assert_eq!(bodies(&requests[..before]), bodies(&requests[before..]), "the same payloads");
    assert_eq!(merged["shards"]["complete"], 4);
    assert!(screen.contains("SHARDS       4 of 4 complete, began within "), "{screen}");
    // What was merged is a run directory: its report is the same again.
    let report = numbered(&["report"], &[]).arg(scratch.path("merged")).output().unwrap();
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    assert_eq!(read_json(&scratch.path("merged/summary.json")), merged);
}

#[test]
fn one_shard_merged_is_its_own_report_byte_for_byte() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let arguments = ["--url", &server.url, "--rps", "200", "-d", "1s", "--threads", "2"];
    let run = shard(&arguments, "0/1", &scratch.path("run")).wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stdout));
    let own = fs::read_to_string(scratch.path("run/shard-000-of-001.attempt-0/summary.json")).unwrap();
    merge(&[&scratch.path("run")], &scratch.path("merged"));
    assert_eq!(fs::read_to_string(scratch.path("merged/summary.json")).unwrap(), own);
}

#[test]
fn duplicates_that_no_shard_can_see_are_found_when_merged() {
    // Every execution gets the name that an execution of another shard may have too: 50 names for 200 arrivals.
    let server = Server::start(|request| Reply::Bytes(started(&uuid(request.number % 50))));
    let scratch = Scratch::new();
    let arguments = ["--url", &server.url, "--rps", "1000", "-n", "200"];
    for shard in shards(&arguments, 8, &scratch.path("run")) {
        assert_eq!(shard.status.code(), Some(0), "{}", text(&shard.stderr));
    }
    let (code, screen, summary) = merge(&[&scratch.path("run")], &scratch.path("merged"));
    assert_eq!(code, 99, "{screen}");
    assert_eq!((&summary["names"]["checked"], &summary["names"]["duplicates"]), (&json!(200), &json!(150)));
    assert!(screen.contains("got the same name"), "{screen}");
}

#[test]
fn a_killed_shard_is_reported_as_partial_and_its_second_attempt_makes_the_load_whole() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let output = scratch.path("run");
    let arguments = ["--url", &server.url, "--rps", "200", "-d", "3s", "--arrivals", "uniform"];
    let whole = shard(&arguments, "0/2", &output);
    let mut killed = shard(&arguments, "1/2", &output);
    // It has written down at least one second when the next one has begun.
    let counters = output.join("shard-001-of-002.attempt-0/counters.jsonl");
    while fs::metadata(&counters).map_or(0, |file| file.len()) == 0 {
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(whole.wait_with_output().unwrap().status.success());
    let (code, screen, summary) = merge(&[&output], &scratch.path("partial"));
    assert_eq!((code, &summary["verdict"]), (96, &json!("partial")), "{screen}");
    assert!(screen.contains("PARTIAL 1/2 exit 96  shard 1 broke off"), "{screen}");
    assert_eq!(summary["plan"]["planned"], 600);
    let again = shard(&arguments, "1/2", &output).wait_with_output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert!(text(&again.stderr).contains("attempt 1: the one before it broke off"), "{}", text(&again.stderr));
    let needless = shard(&arguments, "1/2", &output).wait_with_output().unwrap();
    let said = text(&needless.stderr);
    assert_eq!(needless.status.code(), Some(1), "{said}");
    assert!(said.contains("shard 1/2 has sent all of its part") && said.contains("STEPGATE_SHARD_ATTEMPT=2"), "{said}");
    let (code, screen, summary) = merge(&[&output], &scratch.path("merged"));
    assert_eq!(code, 0, "{screen}");
    assert_eq!((&summary["outcomes"]["started"], &summary["names"]["duplicates"]), (&json!(600), &json!(0)));
    assert!(screen.contains("1 attempt 0") && screen.contains("NOT COUNTED"), "{screen}");
}

#[test]
fn what_cannot_be_merged_is_a_usage_error() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("empty")).unwrap();
    let output =
        numbered(&["merge"], &[]).arg(scratch.path("empty")).arg("-o").arg(scratch.path("out")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("holds no run"), "{}", text(&output.stderr));
    assert_eq!(numbered(&["merge", "x"], &[]).output().unwrap().status.code(), Some(2), "-o is required");
}
