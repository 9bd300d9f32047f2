//! Accounts for a run of so many executions against records that are made as they are asked for, and prints the greatest
//! resident size: it does not grow with their number.
//!
//! `cargo run --release -p stepgate-loadgen --example account -- DIR 10000000`
#![expect(clippy::print_stdout, reason = "its figures are its purpose")]

mod made_up;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use made_up::{BEGAN, SECOND};
use serde_json::{Value, json};
use stepgate_loadgen::archive::{Collector, Ending, NameStore, RunDirectory, rebuild};
use stepgate_loadgen::aws::Prices;
use stepgate_loadgen::random::{Random, Stream};
use stepgate_loadgen::reconcile::{CallError, Reconciler, StepFunctionsApi};
use stepgate_loadgen::record::{Class, Entry, Interval, Place, StateMachine};

const SEED: u64 = 1;
/// Seconds of the run.
const SECONDS: u64 = 3_600;
/// Rows of a page, as AWS has them at most.
const PAGE: u64 = 1_000;
/// Names that are written at a time.
const BATCH: u64 = 4_096;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("name a directory to write")?);
    let count: u64 = arguments.next().ok_or("say how many executions")?.parse()?;
    let manifest = made_up::manifest("account", SEED, SECONDS, count);
    let directory = RunDirectory::create(&path, &manifest)?;
    let mut collector = Collector::create(&directory, &manifest)?;
    let mut interval = Interval::default();
    let counts = interval.tally.counts_mut(Place::default());
    counts.sent = count;
    counts.ended[Class::Started as usize] = count;
    collector.take(&interval, None);
    drop(collector);
    let mut names = NameStore::create(&directory.file("names"))?;
    for first in (0..count).step_by(usize::try_from(BATCH)?) {
        let entries = (first..count.min(first + BATCH)).map(|k| Entry::of(&name(k), k));
        names.add(&entries.collect::<Vec<_>>())?;
    }
    drop(names);
    directory.write_ending(&Ending { elapsed_ns: SECONDS * SECOND, ..Ending::default() })?;
    println!("{:12} {count} executions, {} kB resident at most", "written", resident());

    let run = rebuild(&directory, &manifest)?;
    let reconciler = Reconciler {
        directory: &directory,
        manifest: &manifest,
        run: &run,
        broken_off: false,
        machines: vec![StateMachine::parse("arn:aws:states:eu-west-1:123456789012:stateMachine:Orders")?],
        margin: std::time::Duration::from_secs(5),
        describe: 1_000,
        prices: Prices::of_aws(),
    };
    let began = Instant::now();
    let started_ms = BEGAN.parse::<jiff::Timestamp>()?.as_millisecond();
    let found = reconciler.account(&mut Records { count, started_ms: u64::try_from(started_ms)? }, &mut |_| {})?;
    println!("{:12} {:.1} s, {} kB resident at most", "account", began.elapsed().as_secs_f64(), resident());
    println!("{}", found.account);
    reconciler.forget()?;
    Ok(())
}

/// The name of execution `k`.
fn name(k: u64) -> String {
    let mut random = Random::at(SEED, Stream::Content, k);
    let (high, low) = (random.next_u64(), random.next_u64());
    let (node, variant) = (low & 0xffff_ffff_ffff, low >> 48 & 0xfff);
    format!("{:08x}-{:04x}-4{:03x}-8{variant:03x}-{node:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff)
}

/// Kilobytes that were resident at most; 0 where the system does not say.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// What Step Functions would say of so many executions of a second each.
struct Records {
    count: u64,
    started_ms: u64,
}

impl Records {
    /// When execution `k` began, in seconds since 1970.
    fn began(&self, k: u64) -> f64 {
        (self.started_ms + SECONDS * 1_000 * k / self.count) as f64 / 1e3
    }

    /// A page, newest first.
    fn page(&self, query: &Value) -> Value {
        let skip = query["nextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let end = self.count.min(skip + PAGE);
        let rows = (skip..end).map(|at| {
            let k = self.count - 1 - at;
            let began = self.began(k);
            json!({ "name": name(k), "status": "SUCCEEDED", "startDate": began, "stopDate": began + 1.0 })
        });
        let mut page = json!({ "executions": rows.collect::<Vec<_>>() });
        if end < self.count {
            page["nextToken"] = json!(end.to_string());
        }
        page
    }
}

impl StepFunctionsApi for Records {
    fn call(&mut self, action: &'static str, query: &Value) -> Result<Value, CallError> {
        match action {
            "ListExecutions" => Ok(self.page(query)),
            "DescribeExecution" => Ok(json!({ "status": "SUCCEEDED", "startDate": 1.0, "stopDate": 2.0 })),
            "GetExecutionHistory" => Ok(json!({ "events": [
                { "id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": 1.0 },
                { "id": 2, "previousEventId": 0, "type": "PassStateEntered", "timestamp": 1.0 },
                { "id": 3, "previousEventId": 2, "type": "PassStateExited", "timestamp": 2.0 },
                { "id": 4, "previousEventId": 3, "type": "ExecutionSucceeded", "timestamp": 2.0 },
            ] })),
            other => Err(CallError::Failed(format!("nobody asks for {other} here"))),
        }
    }
}
