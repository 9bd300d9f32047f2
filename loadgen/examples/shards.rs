//! Writes the run directories of many shards as real runs leave them, to measure what a merge of them costs.
//!
//! ```sh
//! cargo run --release -p stepgate-loadgen --example shards -- target/shards 64 60 10000000
//! ```
//! A folder, shards, seconds of each, and executions in all: at most 1,000 shards and 200 million executions, 24 bytes each.

#![expect(clippy::print_stderr, reason = "an example that tells what it lacks")]

use std::io;
use std::path::Path;
use std::process::ExitCode;

use stepgate_loadgen::archive::{Collector, Ending, Host, Manifest, RunDirectory, Start, page, rebuild};
use stepgate_loadgen::judge::Extent;
use stepgate_loadgen::random::Random;
use stepgate_loadgen::record::{Class, Entry, Interval, Kind, Labelled, Place, Places, Recorder, Sent, Times};
use stepgate_loadgen::report::Identity;
use stepgate_loadgen::scenario::{Names, Warmup};
use stepgate_loadgen::shard::Shard;

const SECOND: u64 = 1_000_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, numbers @ ..] = arguments.as_slice() else { return usage() };
    let numbers: Vec<u64> = numbers.iter().filter_map(|n| n.parse().ok()).collect();
    let &[shards, seconds, executions] = numbers.as_slice() else { return usage() };
    let Ok(count) = u32::try_from(shards) else { return usage() };
    if !(1..=1_000).contains(&shards) || !(1..=86_400).contains(&seconds) || executions > 200_000_000 {
        return usage();
    }
    for index in 0..count {
        let written = Shard::new(index, count)
            .map_err(io::Error::other)
            .and_then(|shard| write(Path::new(folder), shard, seconds, executions));
        if let Err(e) = written {
            eprintln!("shard {index}: {e}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("shards FOLDER SHARDS SECONDS EXECUTIONS");
    ExitCode::from(2)
}

fn write(folder: &Path, shard: Shard, seconds: u64, executions: u64) -> io::Result<()> {
    let path = folder.join(format!("shard-{:03}-of-{:03}.attempt-0", shard.index(), shard.count()));
    let own = shard.share(executions);
    let manifest = manifest(shard, seconds, own);
    let directory = RunDirectory::create(&path, &manifest)?;
    let mut collector = Collector::create(&directory, &manifest)?;
    let mut recorder = Recorder::default();
    let mut random = Random::from_seed(u64::from(shard.index()));
    let mut k = u64::from(shard.index());
    let mut empty = Interval::default();
    for second in 0..seconds {
        let until = own * (second + 1) / seconds;
        for _ in own * second / seconds..until {
            // Times spread over two decades, as of a service that sometimes waits.
            let service = 200_000 + (random.next_u64() >> 44) * (1 + (random.next_u64() >> 61));
            let intended = second * SECOND;
            let released = intended + (random.next_u64() >> 47);
            let times = Times {
                intended,
                room: intended,
                ready: intended,
                released,
                unattended: 0,
                written: Some(released + 20_000),
                first_byte: Some(released + service - 10_000),
            };
            recorder.sent(Place::default());
            let sent = Sent { k, place: Place::default(), times: &times };
            recorder.ended(&sent, Class::Started, Some(200), released + service);
            empty.names.push(Entry { id: [random.next_u64(), random.next_u64()], k });
            k += u64::from(shard.count());
        }
        let names = std::mem::take(&mut empty.names);
        let mut full = recorder.hand_over(second, 0, empty);
        full.tally.counts_mut(Place::default()).names_checked = names.len() as u64;
        full.names = names;
        collector.take(&full, None);
        full.clear();
        empty = full;
    }
    if let Some(e) = collector.failure() {
        return Err(io::Error::new(e.kind(), e.to_string()));
    }
    drop(collector);
    directory.write_ending(&Ending { elapsed_ns: seconds * SECOND, ..Ending::default() })?;
    let run = rebuild(&directory, &manifest)?;
    directory.write_reports(&run.summary, &page(&manifest, &run, None))
}

fn manifest(shard: Shard, seconds: u64, planned: u64) -> Manifest {
    Manifest {
        schema: 1,
        run: Identity {
            loadgen: env!("CARGO_PKG_VERSION").into(),
            scenario: "shards".into(),
            digest: "0".repeat(64),
            seed: 0,
            target: "http://127.0.0.1/execute".into(),
            dns_us: None,
            embedded: false,
            simulated: None,
            closed_loop: false,
            started_at: "2026-01-01T00:00:00.000Z".into(),
            seconds: 0.0,
        },
        host: Host {
            name: format!("n{}", shard.index()),
            platform: String::new(),
            kernel: String::new(),
            processors: 1,
            timer_late_us: None,
            spin_late_us: None,
        },
        shard,
        attempt: 0,
        attempts: Vec::new(),
        start: Start::default(),
        planned: Some(planned),
        window_ns: seconds * SECOND,
        places: Places {
            stages: vec!["all".into()],
            payloads: vec![Labelled { name: "order".into(), kind: Kind::Execute }],
        },
        ramps: Vec::new(),
        asked_per_second: None,
        extent: Extent::default(),
        names: Names::RequestId,
        names_assumed: false,
        warmup: Warmup::None,
        scarce: None,
        thresholds: Vec::new(),
        scenario: None,
        arguments: Vec::new(),
    }
}
